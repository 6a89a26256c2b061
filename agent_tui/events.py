"""What happened, in the past tense: the only thing a backend tells the rest of the program."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agent_tui.model import (
    NO_TEXT,
    Agent,
    AgentId,
    Author,
    Contact,
    Conversation,
    ConversationId,
    Delivery,
    Message,
    MessageId,
    OpId,
    SafeText,
    Team,
)


class Link(StrEnum):
    """The state of the line to the desk."""

    CONNECTING = "connecting"
    CATCHING_UP = "catching up"
    LIVE = "live"
    OFFLINE = "offline"
    CLOSED = "closed"
    """Given up for a reason that waiting does not mend."""


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The line to the desk changed its state."""

    link: Link
    since: datetime
    detail: SafeText = NO_TEXT
    """Why, in words for the agent; empty when all is well."""
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Welcomed:
    """The desk said who is here and what it can do; comes before everything else of a link."""

    me: AgentId
    desk_name: SafeText
    timezone: str
    agents: tuple[Agent, ...]
    teams: tuple[Team, ...]
    labels: tuple[SafeText, ...]
    capabilities: frozenset[str]
    server_time: datetime
    resumed: bool
    """False: a snapshot follows, and nothing known before holds."""
    seq: int
    """Where the stream stands for this link's first event."""
    epoch: str = ""
    """Names the stream; another one: the numbers known so far mean nothing any more."""
    desk_id: str = ""
    """Names the desk; at another one the ids of conversations mean other people. Empty: unknown."""


@dataclass(frozen=True, slots=True)
class SnapshotPart:
    """A piece of the whole truth at one point of the stream."""

    part: int
    """Counted from 1."""
    parts: int
    conversations: tuple[Conversation, ...]
    at_seq: int | None = None
    """The point of the stream it is the truth at; None: where the welcome said."""


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """Somebody wrote; `conversation` is the whole value after it."""

    seq: int
    conversation: Conversation
    message: Message
    op_id: OpId | None = None


@dataclass(frozen=True, slots=True)
class ConversationChanged:
    """Owner, status, snooze, labels, priority or read state changed."""

    seq: int
    conversation: Conversation
    message: Message | None = None
    """The activity line that says so in the thread."""
    op_id: OpId | None = None


@dataclass(frozen=True, slots=True)
class DeliveryChanged:
    """A channel reported on a reply."""

    seq: int
    conversation: ConversationId
    message: MessageId
    delivery: Delivery
    failure: SafeText = NO_TEXT


@dataclass(frozen=True, slots=True)
class ContactChanged:
    """The customer's record changed."""

    seq: int
    contact: Contact


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """A colleague came, went or got busy."""

    seq: int
    agent: Agent


@dataclass(frozen=True, slots=True)
class TypingChanged:
    """Somebody types in a conversation, or stopped; forgotten after 30 s."""

    conversation: ConversationId
    who: Author
    on: bool
    note: bool = False


@dataclass(frozen=True, slots=True)
class ViewingChanged:
    """A colleague has a conversation open, or none; forgotten after 25 s."""

    agent: AgentId
    conversation: ConversationId | None


@dataclass(frozen=True, slots=True)
class HistoryLoaded:
    """A page of a thread arrived; carries the conversation it was asked for."""

    conversation: ConversationId
    before: int | None
    """Sequence number the page ends in front of; None: the newest page."""
    messages: tuple[Message, ...]
    more: bool
    contact: Contact | None = None
    """With the newest page only."""
    at_seq: int | None = None
    """The point of the stream it is the truth at; None: where the stream stands when it comes."""


@dataclass(frozen=True, slots=True)
class HistoryFailed:
    """A page could not be had; asking again is allowed."""

    conversation: ConversationId
    before: int | None
    reason: SafeText


@dataclass(frozen=True, slots=True)
class Acked:
    """The desk has it, durably."""

    op_id: OpId
    conversation: ConversationId
    seq: int = 0
    """The event that tells of it; 0: it changed nothing."""


class Refusal(StrEnum):
    """Why the desk said no."""

    CONFLICT = "conflict"
    STALE = "stale"
    TOO_LONG = "too_long"
    WINDOW_CLOSED = "window_closed"
    RATE_LIMITED = "rate_limited"
    UNKNOWN_CONVERSATION = "unknown_conversation"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Rejected:
    """The desk said no; nothing happened there."""

    op_id: OpId
    conversation: ConversationId
    refusal: Refusal
    detail: SafeText = NO_TEXT
    by: AgentId | None = None
    """Who changed it meanwhile, for a conflict."""
    current: Conversation | None = None
    """The conversation as it is, for a conflict."""
    missed: tuple[Message, ...] = ()
    """What the agent had not seen, for a stale reply."""
    retry_after: float | None = None
    """Seconds, where repeating is allowed."""


@dataclass(frozen=True, slots=True)
class Unsent:
    """The line broke before an answer came; the op goes out again with the same id."""

    op_id: OpId
    conversation: ConversationId
    sent: bool = True
    """It may have reached the desk; False: it never left this machine."""
    detail: SafeText = NO_TEXT
    """Why, where that is not just the line; in words for the agent."""


@dataclass(frozen=True, slots=True)
class Saved:
    """These are on this machine's disk: they survive its end."""

    ops: tuple[OpId, ...]


@dataclass(frozen=True, slots=True)
class DiskChanged:
    """What is unsent cannot be kept on this machine, or can be again."""

    problem: SafeText = NO_TEXT
    """Why not, in words for the agent; empty: all is well."""


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """Something this version does not know; counted, never an error."""

    what: SafeText
    seq: int = 0
    """Its place in the stream; 0: it has none."""


Event = (
    LinkChanged
    | Welcomed
    | SnapshotPart
    | MessageReceived
    | ConversationChanged
    | DeliveryChanged
    | ContactChanged
    | AgentChanged
    | TypingChanged
    | ViewingChanged
    | HistoryLoaded
    | HistoryFailed
    | Acked
    | Rejected
    | Unsent
    | Saved
    | DiskChanged
    | Unrecognised
)
"""Every fact there is."""

Sequenced = (
    MessageReceived
    | ConversationChanged
    | DeliveryChanged
    | ContactChanged
    | AgentChanged
    | Unrecognised
)
"""Facts with a place in the desk's stream."""
