"""Faults as values: what is asked for is read strictly, and fates follow from a seed alone."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.backends.mock.faults.asking import HALF_OPEN_SECONDS, FaultError, Order, understand
from agent_tui.backends.mock.faults.breaking import broken, torn
from agent_tui.backends.mock.faults.fate import Draw, Fate, fate, kind_of
from agent_tui.backends.mock.faults.kinds import (
    BREAKS,
    FAULTS,
    FRAMES,
    Drop,
    Duplicate,
    Fault,
    HalfOpen,
    Latency,
    Lose,
    LostAnswers,
    Malformed,
    Range,
    Reorder,
    Silence,
    kinds_of,
)
from agent_tui.backends.mock.faults.script import parse_plan
from agent_tui.backends.mock.options import MockError
from agent_tui.backends.strict_json import DEEPEST, NotJson, load_object

PAGE = Path(__file__).resolve().parents[3] / "docs" / "mock-desk.md"
DAY = Path("day.toml")

# ── asking ──────────────────────────────────────────────────────────────────────────────


def test_a_fault_is_asked_for_by_name_and_numbers() -> None:
    """With how long and for whom."""
    order = understand("latency", {"ms": 250, "jitter": 0.5, "for": 20, "agent": "ana"})
    assert order == Order(Latency(250, 0.5), 20.0, "ana")
    assert str(order) == "latency ms=250 jitter=0.5 agent=ana"
    assert understand("lose", {"only": ["ev", "hb"]}).fault == Lose(only=("ev", "hb"))
    assert understand("half_open", {}) == Order(HalfOpen(), HALF_OPEN_SECONDS)
    assert understand("drop", {"every": 5, "for": 60}).seconds == 60


@pytest.mark.parametrize(
    ("name", "given", "key", "words"),
    [
        ("latncy", {}, "latncy", "did you mean 'latency'"),
        (7, {}, "7", "there is: latency, "),
        ("latency", {"msec": 3}, "msec", "did you mean 'ms'"),
        ("latency", {"ms": "300"}, "ms", "number from 0 to 60000"),
        ("latency", {"ms": True}, "ms", "number"),
        ("latency", {"ms": float("nan")}, "ms", "number"),
        ("latency", {"ms": -1}, "ms", "from 0"),
        ("lose", {"share": 1.5}, "share", "from 0 to 1"),
        ("lose", {"count": 1.5}, "count", "whole number"),
        ("lose", {"only": "ev"}, "only", "list of some of: ev, res"),
        ("lose", {"only": []}, "only", "list"),
        ("lose", {"only": ["ev", []]}, "only", "list"),
        ("malformed", {"kind": "odd"}, "kind", "one of: any, broken"),
        ("latency", {"for": -1}, "for", "from 0"),
        ("latency", {"agent": "a b"}, "agent", "id of an agent"),
        ("drop", {"for": 3}, "for", "over at once"),
        ("epoch", {"for": 3}, "for", "over at once"),
        ("goodbye", {"code": 1006}, "code", "may be sent"),
        ("goodbye", {"code": 2000}, "code", "may be sent"),
    ],
)
def test_what_means_nothing_is_named(
    name: object, given: dict[str, Any], key: str, words: str
) -> None:
    """By the word that is wrong, and with what to do."""
    with pytest.raises(FaultError) as caught:
        understand(name, given)
    assert caught.value.key == key
    assert words in str(caught.value)


def test_every_fault_can_be_had_without_a_word_more() -> None:
    """And each of its values has its limits."""
    for name, kind in FAULTS.items():
        order = understand(name, {})
        assert type(order.fault) is kind
        assert kind.words
        for key, field in kinds_of(kind).items():
            if isinstance(field, Range):
                assert field.least <= getattr(order.fault, key) <= field.most


def test_the_page_names_every_fault_and_what_it_can_be_given() -> None:
    """With the values that hold where none is given."""
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    told = {line.split("`")[1]: line.split("|")[2] for line in rows}
    assert list(told) == list(FAULTS)
    for name, kind in FAULTS.items():
        fault = kind()
        usual = []
        for key in kinds_of(kind):
            value = getattr(fault, key)
            shown = " ".join(value) if isinstance(value, tuple) else f"{value}"
            usual.append(f"`{key}` {shown}")
        assert told[name].strip() == ", ".join(usual), name


# ── the script ──────────────────────────────────────────────────────────────────────────


def test_the_script_on_the_page_can_be_used() -> None:
    """As it stands there."""
    text = PAGE.read_text("utf-8").split("```toml\n")[1].split("```")[0]
    plan = parse_plan(DAY, text)
    assert plan.seed == 7
    assert [step.at for step in plan.steps] == sorted(step.at for step in plan.steps)
    assert plan.steps[0].order == Order(Latency(300, 50), 60)
    assert len(plan.steps) == text.count("fault =")


def test_steps_may_be_tables_and_come_in_any_order() -> None:
    """Of the same time, as they stand."""
    text = '[[steps]]\nat = 9\nfault = "drop"\n[[steps]]\nat = 1\nfault = "epoch"\n'
    plan = parse_plan(DAY, text)
    assert [(step.at, step.order.fault.name) for step in plan.steps] == [(1, "epoch"), (9, "drop")]
    assert plan.seed is None
    assert parse_plan(DAY, "").steps == ()


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("seed = [", "day.toml", "not valid TOML"),
        ("\nsede = 3", "line 2: sede", "did you mean 'seed'"),
        ("seed = 1.5", "line 1: seed", "whole number"),
        ("steps = 3", "line 1: steps", "list of steps"),
        ('steps = ["drop"]', "line 1: steps", "list of steps"),
        ("steps = [\n {at = 1},\n]", "line 2: step 1", "has no fault"),
        ('steps = [\n {fault = "drop"},\n]', "line 2: step 1", "has no at"),
        (
            'steps = [ # {\n {at = 1, fault = "drop"},\n {at = 2, fault = "drpo"},\n]',
            "line 3: step 2: fault",
            "drpo is not known here; did you mean 'drop'",
        ),
        (
            'steps = [\n {at = 1, fault = "lose", agent = "a{b"},\n]',
            "line 2: step 1: agent",
            "id of an agent",
        ),
        (
            '[[steps]]\nat = 1\nfault = "drop"\n\n[[steps]]\nat = 2\nfault = "lose"\nshare = 2\n',
            "line 8: step 2: share",
            "from 0 to 1",
        ),
        ('steps = [{at = "1", fault = "drop"}]', "line 1: step 1: at", "number"),
        ('steps = [{at = 1, fault = "drop", for = 3}]', "step 1: for", "leave it out"),
        ('steps = [{at = 1, fault = "latency", "ms" = -3}]', "step 1: ms", "from 0"),
    ],
)
def test_a_mistake_in_a_script_is_told_with_its_place(text: str, place: str, words: str) -> None:
    """Which file, which line, which key, and what to do."""
    with pytest.raises(MockError) as caught:
        parse_plan(DAY, text)
    assert str(caught.value).startswith("day.toml")
    assert place in str(caught.value)
    assert words in str(caught.value)


@given(st.text(max_size=200))
def test_any_text_is_a_script_or_refused(text: str) -> None:
    """Never another error."""
    try:
        parse_plan(DAY, text)
    except MockError as error:
        assert str(error)


# ── fates ───────────────────────────────────────────────────────────────────────────────

EVERYTHING: tuple[Fault, ...] = (
    Latency(300, 100),
    Lose(0.3),
    Duplicate(0.3),
    Reorder(0.3),
    Malformed(share=0.3),
    LostAnswers(0.3),
    Silence(),
)


def fates(seed: int, toxics: tuple[Fault, ...] = EVERYTHING, line: str = "ana/1") -> list[Fate]:
    """What becomes of 400 frames, every kind in turn."""
    kinds = [FRAMES[number % len(FRAMES)] for number in range(400)]
    return [
        fate(toxics, kind, Draw(seed, line, number), {}, "commands")
        for number, kind in enumerate(kinds)
    ]


def test_the_same_seed_makes_the_same_fates() -> None:
    """Another seed, or another line, others."""
    assert fates(7) == fates(7)
    assert fates(7) != fates(8)
    assert fates(7) != fates(7, line="ana/2")


def test_a_fault_decides_the_same_whatever_else_is_on() -> None:
    """Which frames are lost does not change because others are late."""
    alone = [one.copies == 0 for one in fates(7, (Lose(0.3),))]
    among = [one.copies == 0 for one in fates(7, (Latency(5, 5), Lose(0.3), Reorder(0.9)))]
    assert alone == among
    assert sum(alone) > 0


@given(st.floats(0, 1), st.integers())
def test_a_share_is_about_kept(share: float, seed: int) -> None:
    """0 befalls none and 1 all."""
    hit = sum(one.copies == 0 for one in fates(seed, (Lose(share, only=FRAMES),)))
    assert abs(hit / 400 - share) < 0.15
    assert share not in (0, 1) or hit == 400 * share


def test_jitter_stays_within_its_bounds_and_spreads() -> None:
    """Around the milliseconds, never below none."""
    late = [one.seconds for one in fates(7, (Latency(300, 100),))]
    assert all(0.2 <= one <= 0.4 for one in late)
    assert min(late) < 0.22
    assert max(late) > 0.38
    assert min(one.seconds for one in fates(7, (Latency(10, 100),))) == 0


def test_a_fault_is_only_about_what_it_names() -> None:
    """Kinds of frames, answers to commands, heartbeats; and not more often than it may."""
    draw = Draw(1, "ana/1", 1)
    assert fate((Lose(1),), "ev", draw, {}).copies == 0
    assert fate((Lose(1),), "hb", draw, {}).copies == 1
    assert fate((Silence(),), "hb", draw, {}).copies == 0
    assert fate((LostAnswers(1),), "res", draw, {}, "commands").copies == 0
    assert fate((LostAnswers(1),), "res", draw, {}, "questions").copies == 1
    assert fate((LostAnswers(1, of="all"),), "res", draw, {}, "questions").copies == 0
    assert fate((Lose(1, count=2),), "ev", draw, {"lose": 1}).befell == ("lose",)
    assert fate((Lose(1, count=2),), "ev", draw, {"lose": 2}) == Fate()
    assert fate((Drop(), Lose(1), Duplicate(1)), "ev", draw, {}).copies == 0


def test_the_kind_of_a_frame_is_read_from_its_beginning() -> None:
    """As this desk writes it, or with spaces."""
    assert kind_of('{"frame":"ev","seq":1}') == "ev"
    assert kind_of('{ "frame" : "auth_expiring"}') == "auth_expiring"
    assert kind_of('{"seq":1,"frame":"ev"}') == ""


FRAME = json.dumps({"frame": "ev", "seq": 5, "conv": "c-1", "type": "message", "data": {"x": "]}"}})


@pytest.mark.parametrize("how", BREAKS)
@pytest.mark.parametrize("seed", range(5))
def test_every_broken_frame_is_one_that_no_desk_may_send(how: str, seed: int) -> None:
    """In the way it says."""
    spoilt = broken(FRAME, how, Random(seed))
    if how == "binary":
        assert spoilt == FRAME.encode()
    elif how == "wrong_type":
        good, bad = load_object(FRAME), load_object(str(spoilt))
        assert good.keys() == bad.keys()
        [key] = [key for key in good if good[key] != bad[key]]
        assert type(good[key]) is not type(bad[key]) or bad[key] == "\ud800"
    elif how == "oversize":
        assert len(spoilt) > 512 * 1024
        assert load_object(str(spoilt))["frame"] == "ev"
    else:
        with pytest.raises(NotJson):
            load_object(str(spoilt))
    if how == "deep":
        assert str(spoilt).count("[") > DEEPEST


@pytest.mark.parametrize("size", [10, 200, 70_000])
def test_a_torn_frame_promises_more_than_it_holds(size: int) -> None:
    """Its head says how long it would be (RFC 6455 §5.2)."""
    data = torn("x" * size)
    head, length = {10: (2, data[1]), 200: (4, int.from_bytes(data[2:4])),
                    70_000: (10, int.from_bytes(data[2:10]))}[size]  # fmt: skip
    assert data[0] == 0x81
    assert length == size
    assert len(data) == head + size // 2
