"""Each reader takes what the protocol means and says `Malformed` with the field's name else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent_tui.backends.desk import fields as f
from agent_tui.backends.desk.fields import Malformed
from agent_tui.model import Priority, SafeText

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)

READERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "text": lambda d: f.text(d, "x"),
    "ident": lambda d: f.ident(d, "x"),
    "ident_or_none": lambda d: f.ident_or_none(d, "x"),
    "number": lambda d: f.number(d, "x"),
    "number_or_none": lambda d: f.number_or_none(d, "x"),
    "seconds": lambda d: f.seconds(d, "x", 1.0),
    "flag": lambda d: f.flag(d, "x"),
    "moment": lambda d: f.moment(d, "x"),
    "moment_or_none": lambda d: f.moment_or_none(d, "x"),
    "one_of": lambda d: f.one_of(Priority, d, "x"),
    "texts": lambda d: f.texts(d, "x"),
    "many": lambda d: f.many(d, "x", lambda value: f.obj(value, "x")),
}


@pytest.mark.parametrize("name", READERS)
@given(value=ANYTHING)
def test_anything_is_read_or_malformed_with_the_field_s_name(name: str, value: Any) -> None:
    try:
        READERS[name]({"x": value})
    except Malformed as error:
        assert str(error) == "x"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", 1), ("text", ["a"]), ("ident", ""), ("ident", "a b"), ("ident", "a\n"),
        ("ident", "é"), ("ident", "a" * 65), ("ident", None), ("ident", 7), ("number", True),
        ("number", 1.5), ("number", "1"), ("number", None), ("number", 2**53 + 1),
        ("seconds", -1), ("seconds", True), ("seconds", 1e300), ("seconds", float("nan")),
        ("seconds", float("inf")), ("flag", 1), ("flag", "true"), ("flag", None),
        ("moment", "2026-11-23T08:41:05"), ("moment", "yesterday"), ("moment", 12),
        ("moment", "2026-11-23"), ("moment", "2026-11-23T08:41:05Z" + " " * 40),
        ("moment", "0001-01-01T00:00:00+14:00"), ("moment", "9999-12-31T23:59:59-14:00"),
        ("one_of", "enormous"), ("one_of", None), ("one_of", ["high"]), ("texts", "abc"),
        ("texts", [1]), ("texts", {"a": "b"}), ("many", [1]),
    ],
)  # fmt: skip
def test_what_is_not_of_the_form_is_malformed(name: str, value: Any) -> None:
    with pytest.raises(Malformed):
        READERS[name]({"x": value})


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("text", "  a \t b ", "a b"), ("text", None, ""), ("ident", "Az.09_:#-", "Az.09_:#-"),
        ("ident", "a" * 64, "a" * 64), ("ident_or_none", None, None), ("number", -3, -3),
        ("number", 2**53, 2**53), ("number_or_none", None, None), ("seconds", 3, 3.0),
        ("flag", True, True), ("one_of", "high", Priority.HIGH), ("texts", None, ()),
        ("texts", ["a", "b"], ("a", "b")), ("moment_or_none", None, None),
        ("moment", "2026-11-23T08:41:05.120Z", datetime(2026, 11, 23, 8, 41, 5, 120_000, UTC)),
        ("moment", "2026-11-23T09:41:05+01:00", datetime(2026, 11, 23, 8, 41, 5, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_what_is_of_the_form_is_read(name: str, value: Any, read: Any) -> None:
    assert READERS[name]({"x": value}) == read


def test_what_is_missing_has_its_default() -> None:
    assert f.text({}, "x") == ""
    assert f.number({}, "x", 4) == 4
    assert f.seconds({}, "x", 2.5) == 2.5
    assert f.flag({}, "x", default=True)
    assert f.one_of(Priority, {}, "x", Priority.LOW) is Priority.LOW
    assert f.many({}, "x", f.obj) == ()  # type: ignore[arg-type]
    for required in ("ident", "number", "moment", "one_of"):
        with pytest.raises(Malformed):
            READERS[required]({})


def test_text_is_made_harmless() -> None:
    read = f.text({"x": "a\x1b[31m\u202eb"}, "x")
    assert isinstance(read, SafeText)
    assert "\x1b" not in read
    assert "\u202e" not in read


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


@given(st.datetimes(timezones=ZONES))
@example(datetime.min.replace(tzinfo=UTC))
@example(datetime.max.replace(tzinfo=UTC))
def test_a_moment_that_is_read_can_be_told_in_any_zone(moment: datetime) -> None:
    """At the ends of the calendar, converting raises: such a time must not get in."""
    try:
        read = f.moment({"x": moment.isoformat()}, "x")
    except Malformed:
        assert moment.year in {1, 9999}
        return
    assert read == moment
    assert read.tzinfo is UTC
    for hours in (-14, 14):
        assert read.astimezone(timezone(timedelta(hours=hours))) == moment


@given(st.datetimes(min_value=datetime(2, 1, 2), max_value=datetime(9998, 1, 1), timezones=ZONES))  # noqa: DTZ001
def test_a_moment_comes_back_from_the_wire_to_the_millisecond(moment: datetime) -> None:
    text = f.stamp(moment)
    assert text is not None
    assert text.endswith("Z")
    back = f.moment({"x": text}, "x")
    assert timedelta(0) <= moment - back < timedelta(milliseconds=1)
    assert f.stamp(back) == text
    assert f.stamp(None) is None
