"""The journal: what is unsent and what is being written, on disk, so that no end of the program
loses it.

A message travels `kept` (values) → `rows` (spelled) → `writer` (the thread) → `database` (the
file). Opening goes the other way: `place` and `lock` say where and who, `reading` judges the
bytes that are there, `rescue` saves what it can from damaged ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agent_tui.clock import Clock
from agent_tui.journal.base import Done, Journal, JournalBusy, JournalError, NoJournal
from agent_tui.journal.kept import (
    Found,
    Kept,
    KeptDraft,
    KeptOp,
    Key,
    draft_key,
    key_of,
    op_key,
)

if TYPE_CHECKING:
    from agent_tui.journal.writer import FileJournal

__all__ = [
    "Done",
    "Found",
    "Journal",
    "JournalBusy",
    "JournalError",
    "Kept",
    "KeptDraft",
    "KeptOp",
    "Key",
    "NoJournal",
    "draft_key",
    "key_of",
    "op_key",
    "open_journal",
]


def open_journal(folder: Path, account: str, clock: Clock) -> FileJournal:
    """The journal of `account` ("ana wss://desk.example") in a folder of its own below `folder`.

    Raises `JournalBusy` while another instance has it, `JournalError` where none can be kept.
    A disk that is full or read-only raises nothing: what is there is read, and `problem` says it.
    """
    from agent_tui.journal.opening import open_at  # noqa: PLC0415 - late: heavy (sqlite3)

    return open_at(folder, account, clock)
