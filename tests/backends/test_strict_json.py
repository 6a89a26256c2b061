"""JSON as the protocol means it: what `json.loads` takes beyond that is refused."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.backends.strict_json import DEEPEST, NotJson, load_object, loads

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def depth(value: Any) -> int:
    if isinstance(value, list | dict):
        inner = value.values() if isinstance(value, dict) else value
        return 1 + max(map(depth, inner), default=0)
    return 0


@given(VALUES, st.booleans())
def test_what_json_means_comes_out_as_it_went_in(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    if depth(value) <= DEEPEST:
        assert loads(text) == value


@given(st.text())
def test_any_text_is_json_or_not_json_and_nothing_else(text: str) -> None:
    try:
        loads(text)
    except NotJson as reason:
        assert str(reason)


@given(st.text(alphabet='[]{}",:\\ aN1e-'))
def test_brackets_and_quotes_in_any_order_raise_nothing_else(text: str) -> None:
    try:
        value = loads(text)
    except NotJson:
        return
    assert depth(value) <= DEEPEST


@pytest.mark.parametrize(
    "text",
    [
        "NaN", "[Infinity]", '{"a": -Infinity}', '{"a": 1, "a": 2}', '{"x": {"a": 1, "a": 1}}',
        "", " ", "{", "[1,]", "{'a': 1}", "01", '"\t"', "\ufeff{}", "1 2", "tru",
        "1" * 5000, "[" * 100_000, '{"a":' * 100_000, "[" * 33 + "]" * 33,
    ],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(NotJson):
        loads(text)


@pytest.mark.parametrize("number", ["1e999", "-1e999", str(2**63), str(-(2**64)), "9" * 4000])
def test_a_number_that_does_not_fit_is_refused(number: str) -> None:
    with pytest.raises(NotJson):
        loads(f'{{"a": {number}}}')


def test_as_deep_as_allowed_is_taken_in_every_form() -> None:
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        text = opening * DEEPEST + "1" + closing * DEEPEST
        assert depth(loads(text)) == DEEPEST
        with pytest.raises(NotJson):
            loads(opening + text + closing)


def test_a_frame_is_an_object() -> None:
    assert load_object('{"a": [1]}') == {"a": [1]}
    for text in ("[]", "1", '"{}"', "null"):
        with pytest.raises(NotJson):
            load_object(text)


def test_brackets_in_texts_do_not_count() -> None:
    words = '[{"' * 100
    assert loads(json.dumps([words, words])) == [words, words]
    assert loads('["\\\\", "\\"[[[["]') == ["\\", '"[[[[']


@pytest.mark.parametrize(
    "text",
    ['"' + '\\"' * 250_000, "[" * 500_000, '"a' * 250_000, "[]" * 250_000,
     "{" + '"\\' * 200_000, '["' + "[" * 400_000 + '"]'],
    ids=lambda text: text[:6],
)  # fmt: skip
def test_a_frame_made_to_cost_time_costs_little(text: str) -> None:
    begun = time.process_time()
    with suppress(NotJson):
        loads(text)
    assert time.process_time() - begun < 0.5
