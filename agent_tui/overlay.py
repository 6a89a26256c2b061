"""base ⊕ outbox: how a conversation looks when everything we have asked for comes true."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from agent_tui.model import (
    AgentId,
    Author,
    AuthorKind,
    Conversation,
    Delivery,
    Message,
    MessageId,
    MessageKind,
    SafeText,
    Status,
)
from agent_tui.ops import (
    AnyOp,
    Assign,
    AssignTeam,
    Label,
    MarkRead,
    MarkUnread,
    Note,
    Prioritise,
    Reopen,
    Resolve,
    Send,
    SnoozeUntil,
    StateOp,
)
from agent_tui.outbox import Pending
from agent_tui.sanitise import Field, sanitise
from agent_tui.shown import Entry, SendState

PREVIEW = 200
"""Characters of a preview, as the desk makes it (protocol §2)."""


def overlay(base: Conversation, pending: Iterable[Pending]) -> Conversation:
    """`base` with the pending ops of this conversation applied, in order."""
    for entry in pending:
        stuck = entry.state is SendState.FAILED or entry.state is SendState.HELD
        if not stuck and not entry.folded:
            base = _apply(base, entry.op, entry.made_at)
    return base


def _apply(  # noqa: PLR0912 - one arm an op
    conv: Conversation, op: AnyOp, at: datetime
) -> Conversation:
    if isinstance(op, StateOp):
        conv = replace(conv, ver=conv.ver + 1)
    match op:
        case Send(text=text):
            return replace(
                conv,
                preview=sanitise(text[:PREVIEW], Field.LINE),
                last_author=AuthorKind.AGENT,
                last_at=at,
                waiting_since=None,
            )
        case Note():
            return conv
        case Assign(agent=agent):
            return replace(conv, assignee=agent)
        case AssignTeam(team=team):
            return replace(conv, team=team)
        case SnoozeUntil(snooze=snooze):
            return replace(conv, status=Status.SNOOZED, snooze=snooze)
        case Resolve():
            return replace(conv, status=Status.RESOLVED, snooze=None, waiting_since=None)
        case Reopen():
            return replace(conv, status=Status.OPEN, snooze=None)
        case Prioritise(priority=priority):
            return replace(conv, priority=priority)
        case Label(add=add, remove=remove):
            kept = [label for label in conv.labels if label not in remove and label not in add]
            return replace(conv, labels=(*kept, *add))
        case MarkRead(seq=seq):
            return replace(conv, unread=0) if seq >= conv.seq else conv
        case MarkUnread():
            return replace(conv, unread=max(1, conv.unread))
        case _:
            assert_never(op)


def entry_of(pending: Pending, me: AgentId, name: SafeText) -> Entry | None:
    """The local message of a pending reply or note; None for ops that write nothing."""
    op = pending.op
    if not isinstance(op, Send | Note):
        return None
    message = Message(
        id=MessageId(op.id),
        conversation=op.conversation,
        author=Author(AuthorKind.AGENT, name, me),
        at=pending.made_at,
        kind=MessageKind.NOTE if isinstance(op, Note) else MessageKind.TEXT,
        text=op.text,
        op_id=op.id,
        delivery=Delivery.ACCEPTED if pending.settled_at_seq is not None else None,
        quick_replies=op.quick_replies if isinstance(op, Send) else (),
    )
    return Entry(
        message,
        state=None if pending.settled_at_seq is not None else pending.state,
        leaves_at=pending.leaves_at,
        problem=pending.problem,
        kept=pending.saved,
        op_id=op.id,
        mine=True,
    )
