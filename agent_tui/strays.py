"""Texts that have lost their place: their conversation is gone, or the desk is another one.

They are kept, listed and copied; nothing sends them.
"""

from __future__ import annotations

from collections import UserDict
from dataclasses import dataclass
from datetime import datetime

from agent_tui.journal.kept import Key, draft_key, op_key
from agent_tui.model import ContactId, ConversationId, SafeText
from agent_tui.ops import AnyOp, Note, Send
from agent_tui.shown import Mode, Words


@dataclass(frozen=True, slots=True)
class Home:
    """Where a draft belongs: at one desk, in one conversation, with one customer."""

    desk_id: str
    conversation: ConversationId
    contact_id: ContactId


@dataclass(frozen=True, slots=True)
class Stray:
    """One such text."""

    key: Key
    name: SafeText
    """Whom it was for."""
    text: str
    mode: Mode
    why: SafeText
    at: datetime | None = None
    """When it was asked to be sent; None: it never was."""
    home: Home | None = None
    """Of a draft: there it is one again."""


class Strays(UserDict[Key, Stray]):
    """All of them, and which of them were let go since somebody asked."""

    def __init__(self) -> None:
        super().__init__()
        self._gone: dict[Key, None] = {}

    def __delitem__(self, key: Key) -> None:
        super().__delitem__(key)
        self.let_go(key)

    def take_out(self, key: Key) -> None:
        """It has found its place again; the journal keeps it as what it is there."""
        self.data.pop(key, None)

    def let_go(self, key: Key) -> None:
        """Forget what the journal has under `key`: nothing of it is worth keeping."""
        self._gone[key] = None

    def take_gone(self) -> list[Key]:
        """What was let go since last asked."""
        gone, self._gone = list(self._gone), {}
        return gone


def stray_of_op(op: AnyOp, name: SafeText, at: datetime, why: SafeText) -> Stray | None:
    """What remains of something asked for: its words; None where it has none."""
    if not isinstance(op, Send | Note):
        return None
    mode = Mode.NOTE if isinstance(op, Note) else Mode.REPLY
    return Stray(op_key(op.id), name, op.text, mode, why, at)


def stray_of_draft(home: Home, mode: Mode, words: Words, name: SafeText, why: SafeText) -> Stray:
    """What remains of a draft."""
    key = draft_key(home.desk_id, home.contact_id, home.conversation, mode)
    return Stray(key, name, words.text, mode, why, home=home)
