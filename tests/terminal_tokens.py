"""What a terminal is sent, cut into tokens: which are allowed, and what stands on the screen.

The allowed list is everything the framework itself emits between start and exit (reliability
reference §1.6). Whatever else appears was put there by somebody's text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rich.cells import cell_len

ALLOWED = re.compile(
    r"\x1b\[[0-9;]*m"
    r"|\x1b\[\d+;\d+H"
    r"|\x1b\[\?\d+[hl]"
    r"|\x1b\[\?\d+\$p"
    r"|\x1b\[>\d+u"
    r"|\x1b\[<u"
    r"|\x1b\]22;[a-z-]+\x07"
    r"|\x1b\]52;c;[A-Za-z0-9+/=]*\x07"
)
_TEXT = re.compile(r"[^\x00-\x1f\x7f-\x9f]+")
_POSITION = re.compile(r"\x1b\[(\d+);(\d+)H")
_BEGUN = re.compile(
    r"\x1b(\[[?<>]?[0-9;]*\$?|\](2(2(;[a-z-]*)?)?|5(2(;(c(;[A-Za-z0-9+/=]*)?)?)?)?)?)?"
)
_LONGEST = 1 << 20
"""Characters an unfinished sequence may have (a copy is long) before it counts as a violation."""

INVISIBLE = re.compile(
    "[\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\u00ad\u034f"
    "\ufff0-\ufffb\ud800-\udfff]"
)
"""Code points that turn or hide text; none may leave."""


@dataclass(slots=True)
class Terminal:
    """A terminal that understands what is allowed, and notes everything else."""

    columns: int
    lines: int
    violations: list[str] = field(default_factory=list)
    modes: set[int] = field(default_factory=set)
    """Private modes that are on: 1049 is the second screen, 25 the cursor, 2004 pastes."""
    kitty_keys: int = 0
    """How many times the keyboard protocol was pushed and not popped."""
    copied: list[str] = field(default_factory=list)
    _rest: str = ""
    _row: int = 0
    _column: int = 0
    _grid: list[list[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.resize(self.columns, self.lines)

    def resize(self, columns: int, lines: int) -> None:
        """The window got another size; what was shown is gone."""
        self.columns, self.lines = columns, lines
        self._grid = [[" "] * columns for _ in range(lines)]
        self._row = self._column = 0

    def feed(self, data: str) -> None:
        """The next characters the program wrote."""
        data, self._rest = self._rest + data, ""
        at = 0
        while at < len(data):
            text = _TEXT.match(data, at)
            if text is not None:
                self._print(text.group())
                at = text.end()
                continue
            at = self._control(data, at)

    def _control(self, data: str, at: int) -> int:
        char = data[at]
        if char == "\r":
            self._column = 0
            return at + 1
        if char == "\n":
            self._row = min(self._row + 1, self.lines - 1)
            return at + 1
        if char == "\x1b":
            token = ALLOWED.match(data, at)
            if token is not None:
                self._obey(token.group())
                return token.end()
            if len(data) - at < _LONGEST and _unfinished(data[at:]):
                self._rest = data[at:]
                return len(data)
        self.violations.append(repr(data[at : at + 40]))
        return at + 1

    def _obey(self, token: str) -> None:
        position = _POSITION.fullmatch(token)
        if position is not None:
            self._row = min(int(position[1]) - 1, self.lines - 1)
            self._column = int(position[2]) - 1
        elif token.startswith("\x1b[?") and token[-1] in "hl":
            mode = int(token[3:-1])
            (self.modes.add if token[-1] == "h" else self.modes.discard)(mode)
            if mode == 1049:
                self.resize(self.columns, self.lines)
        elif token.startswith("\x1b[>"):
            self.kitty_keys += 1
        elif token == "\x1b[<u":
            self.kitty_keys -= 1
        elif token.startswith("\x1b]52"):
            self.copied.append(token)

    def _print(self, text: str) -> None:
        hidden = INVISIBLE.search(text)
        if hidden is not None:
            self.violations.append(f"U+{ord(hidden.group()):04X} in {text[:40]!r}")
        for char in text:
            width = cell_len(char)
            row = self._grid[self._row]
            if width == 0:
                if 0 < self._column <= len(row):
                    row[self._column - 1] += char
            elif self._column < len(row):
                row[self._column] = char
                if width == 2 and self._column + 1 < len(row):
                    row[self._column + 1] = ""
            self._column += width

    @property
    def text(self) -> str:
        """What stands on the screen, a line each."""
        return "\n".join("".join(row).rstrip() for row in self._grid)

    @property
    def restored(self) -> bool:
        """The terminal is as a shell wants it: first screen, cursor, no mouse, no paste marks."""
        return not self.modes & {1049, 1000, 1002, 1003, 1006, 1015, 2004, 2048} and (
            self.kitty_keys <= 0
        )


def _unfinished(data: str) -> bool:
    """`data` may still become an allowed sequence once more of it has come."""
    return _BEGUN.fullmatch(data) is not None
