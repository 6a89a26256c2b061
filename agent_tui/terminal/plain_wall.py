"""The wall of the plain output: lines, and nothing that a terminal would obey.

What the command line says passes the sanitiser where it is said; what comes past that (a library's
warning, the interpreter's own words at a bad end) passes here. The console does not: it writes to
the terminal itself, behind `output_wall`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TextIO, cast

from agent_tui.sanitise import plain_text


class PlainWall:
    """A text stream that passes on only lines of text; everything else is that stream's."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write `text` made harmless; returns how much of it was dealt with: all."""
        self._stream.write(plain_text(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each of `lines`."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


@contextmanager
def walled_streams() -> Iterator[None]:
    """In here both outputs of this process stand behind the wall."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast(TextIO, PlainWall(stream)) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
