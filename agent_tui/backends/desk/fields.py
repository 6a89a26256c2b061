"""Reading one field of a JSON object: of the right type, or `Malformed` with its name."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar, cast

from agent_tui.model import NO_TEXT, SafeText
from agent_tui.sanitise import Field, sanitise

Json = dict[str, Any]
E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")

_ID = re.compile(r"[A-Za-z0-9._:#-]{1,64}")
_LONGEST_LIST = 100_000
_EDGES = frozenset({1, 9999})
"""Years in which changing the zone may leave the calendar, which raises."""


class Malformed(ValueError):
    """A frame does not have the form the protocol gives it; the message names the field."""


class Unfamiliar(Malformed):
    """A value that fits its form but is none of those this version knows."""


def obj(value: Any, what: str) -> Json:
    """`value` as an object."""
    if not isinstance(value, dict):
        raise Malformed(what)
    return cast(Json, value)


def text(source: Json, key: str, field: Field = Field.LINE) -> SafeText:
    """A text made harmless; missing or null means empty."""
    value = source.get(key)
    if value is None:
        return NO_TEXT
    if not isinstance(value, str):
        raise Malformed(key)
    return sanitise(value, field)


def ident(source: Json, key: str) -> str:
    """An id, of harmless characters."""
    value = source.get(key)
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise Malformed(key)
    return value


def ident_or_none(source: Json, key: str) -> str | None:
    """An id, or None where there is none."""
    return None if source.get(key) is None else ident(source, key)


def number(source: Json, key: str, default: int | None = None) -> int:
    """A whole number that fits in 53 bits."""
    value = source.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**53:
        raise Malformed(key)
    return value


def number_or_none(source: Json, key: str) -> int | None:
    """A whole number, or None."""
    return None if source.get(key) is None else number(source, key)


def seconds(source: Json, key: str, default: float) -> float:
    """A finite, non-negative number of seconds."""
    value = source.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise Malformed(key)
    return float(value)


def flag(source: Json, key: str, *, default: bool = False) -> bool:
    """True or false."""
    value = source.get(key, default)
    if not isinstance(value, bool):
        raise Malformed(key)
    return value


def moment(source: Json, key: str) -> datetime:
    """A time with its zone, as UTC; one that every other zone can tell, too."""
    value = source.get(key)
    if not isinstance(value, str) or len(value) > 40:
        raise Malformed(key)
    try:
        parsed = datetime.fromisoformat(value)
        if parsed.tzinfo is None:
            raise Malformed(key)
        parsed = parsed.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Malformed(key) from error
    if parsed.year in _EDGES:
        raise Malformed(key)
    return parsed


def moment_or_none(source: Json, key: str) -> datetime | None:
    """A time, or None."""
    return None if source.get(key) is None else moment(source, key)


def one_of(kind: type[E], source: Json, key: str, default: E | None = None) -> E:
    """A member of an enumeration; a word that is none of them raises `Unfamiliar`."""
    value = source.get(key, default)
    if not isinstance(value, str):
        raise Malformed(key)
    try:
        return kind(value)
    except ValueError as error:
        raise Unfamiliar(key) from error


def many(source: Json, key: str, read: Callable[[Any], T]) -> tuple[T, ...]:
    """A list, each element read by `read`; missing or null means empty."""
    value = source.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > _LONGEST_LIST:
        raise Malformed(key)
    return tuple(read(element) for element in value)


def familiar(
    source: Json, key: str, read: Callable[[Any], T]
) -> tuple[tuple[T, ...], tuple[str, ...]]:
    """A list without the elements that hold something `Unfamiliar`; and what that was, of each."""
    left_out: list[str] = []

    def one(value: Any) -> T | None:
        try:
            return read(value)
        except Unfamiliar as error:
            left_out.append(str(error))
            return None

    kept = tuple(value for value in many(source, key, one) if value is not None)
    return kept, tuple(left_out)


def texts(source: Json, key: str) -> tuple[SafeText, ...]:
    """A list of one-line texts."""

    def one(value: Any) -> SafeText:
        if not isinstance(value, str):
            raise Malformed(key)
        return sanitise(value, Field.LINE)

    return many(source, key, one)


def stamp(moment_: datetime | None) -> str | None:
    """A time as the wire has it."""
    if moment_ is None:
        return None
    return moment_.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
