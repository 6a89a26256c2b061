"""The nouns of the desk as frozen values: what every other module speaks about.

Times are timezone-aware ``datetime`` in UTC. Text that came from outside is `SafeText`.
Nothing here does I/O, and nothing here knows how a backend spells it on the wire.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

AgentId = NewType("AgentId", str)
TeamId = NewType("TeamId", str)
ContactId = NewType("ContactId", str)
ConversationId = NewType("ConversationId", str)
MessageId = NewType("MessageId", str)
AttachmentId = NewType("AttachmentId", str)
OpId = NewType("OpId", str)


class SafeText(str):
    """Text from outside that has passed the sanitiser; only `agent_tui.sanitise` makes it."""

    __slots__ = ()


NO_TEXT = SafeText()
"""The empty text, the one `SafeText` that needs no sanitiser."""


class Channel(StrEnum):
    """The way a customer reaches the company; the rules of each are in `agent_tui.channels`."""

    WHATSAPP = "whatsapp"
    MESSENGER = "messenger"
    INSTAGRAM = "instagram"
    TELEGRAM = "telegram"
    SMS = "sms"
    EMAIL = "email"
    WEBCHAT = "webchat"
    X = "x"
    THREEMA = "threema"
    INAPP = "inapp"


class Status(StrEnum):
    """Where a conversation stands."""

    OPEN = "open"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class Priority(StrEnum):
    """How much it matters, set by an agent or a rule."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"

    @property
    def rank(self) -> int:
        """0 for none up to 4 for urgent."""
        return list(Priority).index(self)


class AuthorKind(StrEnum):
    """Who speaks."""

    CUSTOMER = "customer"
    AGENT = "agent"
    BOT = "bot"
    SYSTEM = "system"


class MessageKind(StrEnum):
    """What a message is; a note never leaves the company, an activity is a line of the desk's."""

    TEXT = "text"
    NOTE = "note"
    ACTIVITY = "activity"


class Delivery(StrEnum):
    """How far an outgoing message has come, as the channel reports it."""

    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


class Availability(StrEnum):
    """An agent's presence at the desk."""

    ONLINE = "online"
    BUSY = "busy"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Agent:
    """A person who answers."""

    id: AgentId
    name: SafeText
    availability: Availability = Availability.OFFLINE


@dataclass(frozen=True, slots=True)
class Team:
    """A group that conversations can be assigned to."""

    id: TeamId
    name: SafeText
    members: tuple[AgentId, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """One way a contact is known: an address on a channel."""

    channel: Channel
    address: SafeText
    verified: bool = False
    preferred: bool = False


@dataclass(frozen=True, slots=True)
class OrderItem:
    """A line of an order or of a cart."""

    name: SafeText
    quantity: int
    cents: int
    """Price of one piece, in hundredths of the currency's unit."""
    options: SafeText = NO_TEXT
    """Size, colour and the like, as one line."""


@dataclass(frozen=True, slots=True)
class Tracking:
    """Where a parcel is."""

    carrier: SafeText
    number: SafeText
    state: SafeText = NO_TEXT


@dataclass(frozen=True, slots=True)
class Order:
    """Something the contact bought."""

    id: SafeText
    status: SafeText
    total_cents: int
    currency: str
    """ISO 4217."""
    items: tuple[OrderItem, ...] = ()
    tracking: tuple[Tracking, ...] = ()
    placed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cart:
    """What lies in the contact's basket right now."""

    items: tuple[OrderItem, ...]
    total_cents: int
    currency: str
    idle_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ContactNote:
    """A remark about the contact, kept over conversations."""

    author: SafeText
    at: datetime
    text: SafeText


@dataclass(frozen=True, slots=True)
class EarlierConversation:
    """A former conversation of the same contact, on whatever channel."""

    id: ConversationId
    channel: Channel
    status: Status
    subject: SafeText
    at: datetime
    rating: int | None = None
    """Satisfaction, 1 to 5, where the customer gave one."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A customer: everything the agent should know before being told."""

    id: ContactId
    name: SafeText
    identities: tuple[Identity, ...] = ()
    tier: SafeText = NO_TEXT
    since: int | None = None
    """Year of the first order."""
    language: str = ""
    """Two letters, ISO 639-1; empty when unknown."""
    timezone: str = ""
    """IANA name; empty when unknown."""
    city: SafeText = NO_TEXT
    account_linked: bool = True
    """False: nothing of the account may be told before the customer links it."""
    labels: tuple[SafeText, ...] = ()
    orders: tuple[Order, ...] = ()
    cart: Cart | None = None
    notes: tuple[ContactNote, ...] = ()
    earlier: tuple[EarlierConversation, ...] = ()


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message."""

    kind: AuthorKind
    name: SafeText = NO_TEXT
    id: str = ""


@dataclass(frozen=True, slots=True)
class Activity:
    """What happened to a conversation, without words: each console says it in its own language."""

    what: str
    """``assigned``, ``team``, ``snoozed``, ``woken``, ``resolved``, ``reopened``, ``labelled``,
    ``unlabelled``, ``priority``, ``handover``, ``opened``; others are shown as they are."""
    subject: SafeText = NO_TEXT
    """To whom, which label, which priority, why."""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file or medium, described; the bytes stay with the backend."""

    kind: str
    """``image``, ``audio``, ``video``, ``file``, ``location``, ``sticker``."""
    name: SafeText = NO_TEXT
    size: int | None = None
    """Bytes."""
    id: AttachmentId | None = None
    """What the desk calls it when it is fetched; None: it cannot be fetched."""


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a conversation's thread."""

    id: MessageId
    conversation: ConversationId
    author: Author
    at: datetime
    kind: MessageKind = MessageKind.TEXT
    text: SafeText = NO_TEXT
    seq: int = 0
    """Place in the desk's stream; the order of a thread is the order of `seq`, never of `at`."""
    delivery: Delivery | None = None
    """None for everything that does not travel to the customer."""
    failure: SafeText = NO_TEXT
    """Why `delivery` is failed."""
    op_id: OpId | None = None
    """The op this message came from, where an agent's console made it."""
    activity: Activity | None = None
    attachments: tuple[Attachment, ...] = ()
    quick_replies: tuple[SafeText, ...] = ()
    hidden: bool = False
    """The sanitiser took out or replaced characters that cannot be seen."""


@dataclass(frozen=True, slots=True)
class Snooze:
    """Asleep until a moment, until the customer writes, or whichever is first."""

    until: datetime | None
    """None: only the customer wakes it."""
    keep_asleep: bool = False
    """Stay asleep when the customer writes; only `until` wakes it."""


@dataclass(frozen=True, slots=True)
class Sla:
    """When the company has promised to have answered."""

    first_response_due: datetime | None = None
    next_response_due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a row of the inbox needs to know; the thread itself is a sequence of `Message`."""

    id: ConversationId
    number: int
    """The short number people say aloud (#1042)."""
    channel: Channel
    contact_id: ContactId
    contact_name: SafeText
    status: Status
    created_at: datetime
    last_at: datetime
    """When the last message of anybody was written."""
    ver: int = 0
    """Grows by one with every change of owner, team, status, snooze or priority, and with
    nothing else; what compare-and-set compares."""
    seq: int = 0
    """Sequence number of the newest message in it."""
    subject: SafeText = NO_TEXT
    preview: SafeText = NO_TEXT
    last_author: AuthorKind = AuthorKind.CUSTOMER
    unread: int = 0
    waiting_since: datetime | None = None
    """Since when the customer has been owed the next word; None when she is not."""
    assignee: AgentId | None = None
    team: TeamId | None = None
    priority: Priority = Priority.NONE
    labels: tuple[SafeText, ...] = ()
    snooze: Snooze | None = None
    window_closes_at: datetime | None = None
    """When the channel stops taking free-text replies; None: never."""
    sla: Sla | None = None
    reason: SafeText = NO_TEXT
    """Why it came to the desk, where that is known ("cart idle 12 min", "bot: handed over")."""
