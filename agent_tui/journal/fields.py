"""Reading the fields of a kept value: each once, each of the right type, or `Unreadable`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TypeVar

from agent_tui.model import SafeText
from agent_tui.sanitise import Field, sanitise

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")

_LONGEST_ID: Final = 200
_EDGES: Final = frozenset({1, 9999})
"""Years in which changing the zone may leave the calendar, which raises."""


class Unreadable(ValueError):
    """The bytes are no kept value of this version; the message names the field."""


class Fields:
    """The fields of an object, each taken once and of the right type."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise Unreadable("object")
        self._left: dict[object, object] = dict(value)

    def finished(self, made: T) -> T:
        """`made`, if no field is left over."""
        if self._left:
            raise Unreadable(min(map(str, self._left)))
        return made

    def take(self, key: str) -> object:
        if key not in self._left:
            raise Unreadable(key)
        return self._left.pop(key)

    def maybe(self, key: str, read: Callable[[str], T]) -> T | None:
        if key in self._left and self._left[key] is None:
            del self._left[key]
            return None
        return read(key)

    def text(self, key: str) -> str:
        value = self.take(key)
        if not isinstance(value, str):
            raise Unreadable(key)
        return value

    def safe(self, key: str, field: Field) -> SafeText:
        return sanitise(self.text(key), field)

    def label(self, key: str) -> str:
        """An id that may be empty; it may stand on the screen, so it is printable."""
        value = self.text(key)
        if len(value) > _LONGEST_ID or not value.isprintable():
            raise Unreadable(key)
        return value

    def ident(self, key: str) -> str:
        value = self.label(key)
        if not value:
            raise Unreadable(key)
        return value

    def number(self, key: str) -> int:
        value = self.take(key)
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**53:
            raise Unreadable(key)
        return value

    def flag(self, key: str) -> bool:
        value = self.take(key)
        if not isinstance(value, bool):
            raise Unreadable(key)
        return value

    def moment(self, key: str) -> datetime:
        try:
            at = datetime.fromisoformat(self.text(key))
        except ValueError as error:
            raise Unreadable(key) from error
        if at.tzinfo is None or at.year in _EDGES:
            raise Unreadable(key)
        return at.astimezone(UTC)

    def one_of(self, kind: type[E], key: str) -> E:
        try:
            return kind(self.text(key))
        except ValueError as error:
            raise Unreadable(key) from error

    def texts(self, key: str) -> tuple[SafeText, ...]:
        value = self.take(key)
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise Unreadable(key)
        return tuple(sanitise(text, Field.LINE) for text in value)

    def cursor(self, key: str) -> tuple[int, int]:
        match self.take(key):
            case [int(row), int(column)] if row >= 0 and column >= 0:
                return row, column
            case _:
                raise Unreadable(key)
