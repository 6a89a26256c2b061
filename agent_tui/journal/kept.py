"""What a journal keeps: requests that are not known to be at the desk, texts being written.

Plain values. How they are spelled on disk is in `agent_tui.journal.rows`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from agent_tui.model import Channel, ContactId, ConversationId, OpId, SafeText
from agent_tui.ops import AnyOp
from agent_tui.shown import Mode, SendState, Words

Key: TypeAlias = str
"""Names one kept value; the newest value of a key replaces the one before it."""

KEPT_STATES: Final = frozenset(
    {SendState.HOLDING, SendState.QUEUED, SendState.HELD, SendState.FAILED}
)
"""The states that outlast the program; one of the others is kept as queued."""


@dataclass(frozen=True, slots=True)
class KeptOp:
    """A request of the agent's that the desk is not known to have."""

    op: AnyOp
    made_at: datetime
    """When the agent asked, in UTC."""
    desk_id: str
    """Which desk's ids it speaks of; empty: unknown."""
    contact_id: ContactId
    """Whom the conversation is with: shown when the conversation is gone."""
    contact_name: SafeText
    channel: Channel
    state: SendState
    """One of `KEPT_STATES`."""
    left: bool
    """It may have reached the desk already."""
    problem: SafeText
    """Why it is held or failed."""
    order: int
    """Grows with every op: the order in which they were asked for."""
    epoch: str = ""
    """The stream whose numbers it was asked with (protocol §1); empty: unknown."""


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """A text that is being written."""

    conversation: ConversationId
    mode: Mode
    words: Words
    desk_id: str
    """Which desk's ids it speaks of; empty: unknown."""
    contact_id: ContactId
    contact_name: SafeText
    changed_at: datetime
    """When its last letter was typed, in UTC."""


Kept: TypeAlias = KeptOp | KeptDraft


@dataclass(frozen=True, slots=True)
class Found:
    """What a journal held when it was opened."""

    ops: tuple[KeptOp, ...] = ()
    """In the order in which they were asked for."""
    drafts: tuple[KeptDraft, ...] = ()
    problems: tuple[SafeText, ...] = ()
    """For the agent: what could not be read, and what became of it."""


def op_key(op_id: OpId) -> Key:
    """The key of a request."""
    return f"op:{op_id}"


def draft_key(desk_id: str, contact_id: ContactId, conversation: ConversationId, mode: Mode) -> Key:
    """The key of a text that is being written: conversations of two desks may share an id, and
    one conversation may come to another customer."""
    return f"draft:{mode.value}:{desk_id}:{contact_id}:{conversation}"


def key_of(kept: Kept) -> Key:
    """The key under which `kept` belongs."""
    if isinstance(kept, KeptOp):
        return op_key(kept.op.id)
    return draft_key(kept.desk_id, kept.contact_id, kept.conversation, kept.mode)
