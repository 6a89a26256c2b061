"""What a canned reply is, and what is said about one that cannot be used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent_tui.model import Channel, SafeText

FALLBACK: Final = "en"
"""The language that stands in for replies missing in the one asked for."""

MAX_FILES: Final = 2000
"""How many replies one folder may hold; guards against a folder chosen by mistake."""


@dataclass(frozen=True, slots=True)
class CannedReply:
    """One reply as its file gives it."""

    id: str
    """The same in every language; a file with the same id in a later folder replaces this one."""
    language: str
    """Two letters; empty when the reply is valid for every language."""
    title: SafeText
    shortcut: SafeText
    channels: frozenset[Channel]
    """Where it may be sent; empty: everywhere."""
    group: SafeText
    """The folder the file lies in; empty at the top."""
    body: str
    """Liquid source, sanitised line by line, so that line numbers are those of the file."""
    source: Path

    def fits(self, channel: Channel | None) -> bool:
        """Whether it may be sent on `channel`; None asks for any channel."""
        return channel is None or not self.channels or channel in self.channels


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that could not be used, or not without doubt."""

    path: Path
    line: int | None
    """Counted from 1; None where no single line is to blame."""
    message: str
    """One translated line: the end of the path and the line, what is wrong and what to do."""


class DamagedError(Exception):
    """A file that cannot be used: the line (None: all of it) and what to do about it."""

    def __init__(self, line: int | None, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message
