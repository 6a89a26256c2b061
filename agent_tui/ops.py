"""What an agent may ask for, in the imperative, and how each request looks when undone.

A durable op has an id made once, when the agent asks: it is the idempotency key and the
echo key. Ephemeral signals are another type: they are never queued and never kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent_tui.model import (
    AgentId,
    Conversation,
    ConversationId,
    OpId,
    Priority,
    SafeText,
    Snooze,
    Status,
    TeamId,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Op:
    """A durable request about one conversation."""

    id: OpId
    conversation: ConversationId


@dataclass(frozen=True, slots=True, kw_only=True)
class Send(Op):
    """A reply to the customer."""

    text: SafeText
    seen_seq: int | None
    """Newest sequence number the agent had on screen; None: send whatever came since."""
    quick_replies: tuple[SafeText, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Op):
    """A private note; never leaves the company."""

    text: SafeText


@dataclass(frozen=True, slots=True, kw_only=True)
class StateOp(Op):
    """A change of the conversation's state, compared with the version the agent saw."""

    base_ver: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign(StateOp):
    """Give it to an agent, or to nobody."""

    agent: AgentId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignTeam(StateOp):
    """Give it to a team, or to none."""

    team: TeamId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SnoozeUntil(StateOp):
    """Put it to sleep."""

    snooze: Snooze


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve(StateOp):
    """Call it done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen(StateOp):
    """Open it again: a resolved one, or one that sleeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prioritise(StateOp):
    """Say how much it matters."""

    priority: Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Label(Op):
    """Add and remove labels, as sets: two agents never undo each other."""

    add: tuple[SafeText, ...] = ()
    remove: tuple[SafeText, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRead(Op):
    """Everything up to `seq` has been in sight."""

    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkUnread(Op):
    """Show it as unread again."""


AnyOp = (
    Send
    | Note
    | Assign
    | AssignTeam
    | SnoozeUntil
    | Resolve
    | Reopen
    | Prioritise
    | Label
    | MarkRead
    | MarkUnread
)
"""Every durable request there is."""


@dataclass(frozen=True, slots=True)
class TypingSignal:
    """The agent is writing (or stopped); may be lost."""

    conversation: ConversationId
    on: bool
    note: bool = False


@dataclass(frozen=True, slots=True)
class ViewingSignal:
    """The agent has this conversation open, or none; may be lost."""

    conversation: ConversationId | None


Signal = TypingSignal | ViewingSignal


def inverse(op: AnyOp, before: Conversation, op_id: OpId, base_ver: int) -> AnyOp | None:
    """The op that takes `op` back, given the conversation `before` it; None: there is none.

    `base_ver` is the version after `op`: if anybody changed the state since, the desk
    refuses the inverse instead of overwriting. Messages have no inverse once they left.
    """
    conv = op.conversation
    match op:
        case Assign():
            return Assign(id=op_id, conversation=conv, base_ver=base_ver, agent=before.assignee)
        case AssignTeam():
            return AssignTeam(id=op_id, conversation=conv, base_ver=base_ver, team=before.team)
        case Prioritise():
            return Prioritise(
                id=op_id, conversation=conv, base_ver=base_ver, priority=before.priority
            )
        case SnoozeUntil() | Resolve() | Reopen():
            return _restore_status(before, op_id, base_ver)
        case Label():
            had = set(before.labels)
            return Label(
                id=op_id,
                conversation=conv,
                add=tuple(label for label in op.remove if label in had),
                remove=tuple(label for label in op.add if label not in had),
            )
        case MarkRead() if before.unread:
            return MarkUnread(id=op_id, conversation=conv)
        case MarkUnread():
            return MarkRead(id=op_id, conversation=conv, seq=before.seq)
        case _:
            return None


def _restore_status(before: Conversation, op_id: OpId, base_ver: int) -> AnyOp:
    """The op that leads back to the status `before` had."""
    if before.status is Status.RESOLVED:
        return Resolve(id=op_id, conversation=before.id, base_ver=base_ver)
    if before.status is Status.SNOOZED and before.snooze is not None:
        return SnoozeUntil(
            id=op_id, conversation=before.id, base_ver=base_ver, snooze=before.snooze
        )
    return Reopen(id=op_id, conversation=before.id, base_ver=base_ver)
