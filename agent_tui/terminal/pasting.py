"""Pastes: collected whole, kept in bounds, and recognised where the terminal marks none."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from agent_tui.sanitise import Field
from agent_tui.terminal.sequences import COMPLETE, PASTE_END, PASTE_START, STRINGS

MOST: Final = Field.COMPOSER.chars
"""Characters that are kept of a paste."""

LINES_AT_ONCE: Final = 32
"""Characters that come in one go, with a line break among them, before they count as pasted."""
TEXT_AT_ONCE: Final = 128
"""The same without a line break. Over a slow line a few seconds of typing come in one go, and
they are typing; nobody types as much as this blindly."""

_BEGUN = re.compile(r"\x1b\[[ -?]*\Z")
_LINE_BREAK_INSIDE = re.compile(r"[\r\n].", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Pasted:
    """Text that may go where text goes, and presses nothing."""

    text: str
    """As it came, without what is beyond `MOST` characters."""
    whole: int
    """How many characters it had."""
    keys: bool = False
    """Keys came along that were not pressed."""

    def joined(self, other: Pasted) -> Pasted:
        """This one and what came right behind it."""
        text = (self.text + other.text)[:MOST]
        return Pasted(text, self.whole + other.whole, self.keys or other.keys)


@dataclass(slots=True)
class Paste:
    """A marked paste whose end has not come yet."""

    last: float
    """When something of it came last."""
    told: bool = False
    """It has been shown as far as it came, because it did not go on."""
    _held: str = ""
    """What may be the beginning of the end."""
    _parts: list[str] = field(default_factory=list)
    _kept: int = 0
    _whole: int = 0

    def add(self, data: str, now: float) -> str | None:
        """The next characters; returns what came behind the end, None where it goes on."""
        text = self._held + data
        self.last, self.told, self._held = now, False, ""
        end = text.find(PASTE_END)
        if end >= 0:
            self._keep(text[:end])
            return text[end + len(PASTE_END) :]
        most = min(len(PASTE_END) - 1, len(text))
        tail = next((n for n in range(most, 0, -1) if PASTE_END.startswith(text[-n:])), 0)
        self._held = text[len(text) - tail :]
        self._keep(text[: len(text) - tail])
        return None

    def _keep(self, text: str) -> None:
        self._whole += len(text)
        if text and self._kept < MOST:
            self._parts.append(text[: MOST - self._kept])
            self._kept += len(self._parts[-1])

    def take(self) -> Pasted:
        """What came of it since it was taken last."""
        pasted = Pasted("".join(self._parts), self._whole)
        self._parts, self._whole = [], 0
        return pasted

    def given_up(self, data: str, now: float, patience: float) -> bool:
        """Its end will not come: after a silence of `patience` seconds a single key was pressed."""
        silent = now - self.last >= patience
        return silent and (len(data) == 1 or COMPLETE.fullmatch(data) is not None)


def is_burst(data: str) -> bool:
    """Whether `data`, which came in one go, was pasted into a terminal that does not mark it."""
    if len(data) < LINES_AT_ONCE:
        return False
    data = data.partition(PASTE_START)[0]
    text = _BEGUN.sub("", COMPLETE.sub("", STRINGS.sub("", data)))
    written = sum(map(str.isprintable, text))
    return written >= TEXT_AT_ONCE or (
        written >= LINES_AT_ONCE and _LINE_BREAK_INSIDE.search(text) is not None
    )
