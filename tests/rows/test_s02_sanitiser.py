"""S2: the sanitiser lets nothing through, changes nothing twice, and leaves honest text alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

import nasty
import pytest
from hypothesis import HealthCheck, given, seed, settings
from rich.cells import cell_len
from row import Row
from second_opinion import LEGIT, LONG, drawn, faults, never, sequence_faults

from agent_tui import sanitise as module
from agent_tui.sanitise import Field, sanitise
from agent_tui.unicode_rules import KINDS, STAND_INS

REQUIRED = "20,000 texts and all 1,114,112 code points: 0 bad, idempotent; honest text unchanged"
SPECIAL = (
    range(0x250), range(0x300, 0x370), range(0x5B0, 0x620), range(0x1100, 0x1200),
    range(0x17B0, 0x1810), range(0x1AB0, 0x1B00), range(0x2000, 0x2100), range(0x20D0, 0x2100),
    range(0x2400, 0x2440), range(0x2800, 0x2810), range(0x3000, 0x3010), range(0x3130, 0x3190),
    range(0xD7F0, 0xDC10), range(0xDFF0, 0xE010), range(0xFDC0, 0xFE30), range(0xFE70, 0x10010),
    range(0x13430, 0x13440), range(0x1BCA0, 0x1BCA8), range(0x1D150, 0x1D180),
    range(0x1F1E0, 0x1F200), range(0x1F3F0, 0x1F400), range(0x1FFF0, 0x20010),
    range(0xE0000, 0xE0200), range(0xEFFF0, 0xF0010), range(0x10FFF0, 0x110000),
)  # fmt: skip
"""Blocks in which something has to be done."""


def points(step: int) -> list[int]:
    """Every code point of the special blocks, and of the others each that `step` lands on."""
    chosen = {*range(0, 0x110000, step), *(point for block in SPECIAL for point in block)}
    return sorted(chosen - {0x0D})


def point_faults(chosen: list[int]) -> Iterator[str]:
    """Each first in a row and between letters: none forbidden, nothing left to do, none lost.

    What stands first takes a cell of its own: it is not drawn into what is left of the row.
    """
    for start in range(0, len(chosen), 9_000):
        characters = [chr(point) for point in chosen[start : start + 9_000]]
        text = sanitise("\n".join(f"{c}\na{c}b" for c in characters), Field.COMPOSER)
        yield from (f"U+{ord(c):04X} passed" for c in sorted(never() & set(text)))
        if sanitise(text, Field.COMPOSER) != text:
            yield f"from U+{ord(characters[0]):04X} on: changed twice"
        yield from sequence_faults(text)
        yield from (f"{c!r} was lost" for c in sorted(drawn() & set(characters) - set(text)))
        firsts = {line[:1] for line in text.split("\n")} - {""}
        yield from (f"{c!r} takes no cell" for c in firsts if not cell_len(c))


def text_faults(texts: Iterable[str]) -> Iterator[str]:
    """Each text in each field: harmless and settled."""
    for raw in texts:
        for field in Field:
            text = sanitise(raw, field)
            yield from (f"{field.value} {raw[:60]!r}: {bad}" for bad in faults(text, field))
            if sanitise(text, field) != text:
                yield f"{field.value} {raw[:60]!r}: changed twice"


def legit_faults() -> Iterator[str]:
    """Honest text is as it was."""
    honest = [*LEGIT.values(), *(one.text for one in nasty.corpus() if one.unchanged)]
    yield from (f"{text[:60]!r} was changed" for text in honest if sanitise(text) != text)


def any_text_faults(count: int, number: int) -> Iterator[str]:
    """`count` texts of Hypothesis's making, each in one field after the other."""
    found: list[str] = []
    turn = iter(range(10**9))

    @seed(number)
    @settings(
        max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(LONG)
    def look(raw: str) -> None:
        field = list(Field)[next(turn) % len(Field)]
        text = sanitise(raw, field)
        found.extend(f"{field.value} {raw[:60]!r}: {bad}" for bad in faults(text, field))
        if sanitise(text, field) != text:
            found.append(f"{field.value} {raw[:60]!r}: changed twice")

    look()
    yield from found


@pytest.mark.row("S2", REQUIRED)
def test_s02_code_points(row: Row) -> None:
    chosen = points(row.pick(quick=17, full=1))
    bad = list(point_faults(chosen))
    row.reached(f"{len(chosen):,} code points: {len(bad)} bad {bad[:3] or ''}", ok=not bad)


@pytest.mark.row("S2", REQUIRED)
def test_s02_texts(row: Row) -> None:
    count, near = row.pick(quick=2_000, full=20_000), row.pick(quick=200, full=4_000)
    strings = [*nasty.OWN, *nasty.corpus()]
    likes = [one.text for one in nasty.neighbours(row.random(), strings, near)]
    bad = [*any_text_faults(count, row.seed), *text_faults(likes), *legit_faults()]
    words = (
        f"{count:,} texts and {near:,} neighbours of hostile ones: {len(bad)} bad {bad[:3] or ''}"
    )
    row.reached(words, ok=not bad)


def _hole(at: pytest.MonkeyPatch) -> None:
    at.setitem(STAND_INS, 0x9D, 0x9D)


def _loss(at: pytest.MonkeyPatch) -> None:
    at.setitem(KINDS, 0x1F1, "!")
    at.setitem(STAND_INS, 0x1F1, "")


def _grammar(at: pytest.MonkeyPatch) -> None:
    at.setattr(module, "_PIECES", re.compile(".+"))


def _marks(at: pytest.MonkeyPatch) -> None:
    at.setattr(module, "_limit_marks", lambda text, _shape: text)


def _growth(at: pytest.MonkeyPatch) -> None:
    sound = module._replace
    at.setattr(module, "_replace", lambda text: (sound(text)[0] + "é", *sound(text)[1:]))


@pytest.mark.parametrize("plant", [_hole, _loss, _grammar, _marks, _growth])
@pytest.mark.row_defect("S2", "a hole in the tables, a letter lost, no grammar, no limit, growth")
def test_s02_a_planted_defect_is_caught(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    special = [point for block in SPECIAL[:4] for point in block if point != 0x0D]
    likes = [one.text for one in nasty.OWN if len(one.text) < 1_000]
    assert [*point_faults(special), *text_faults(likes), *legit_faults()]
