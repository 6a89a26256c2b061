"""The desk's own records: what the server side keeps, as frozen values with raw text.

They mirror the values of `agent_tui.model`, but their text is what somebody typed, unaltered:
making it harmless is the console's work. Times are timezone-aware, in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agent_tui.model import (
    AuthorKind,
    Availability,
    Channel,
    Delivery,
    MessageKind,
    Priority,
    Status,
)


@dataclass(frozen=True, slots=True)
class Agent:
    """A person who answers."""

    id: str
    name: str
    availability: Availability = Availability.OFFLINE


@dataclass(frozen=True, slots=True)
class Team:
    """A group that conversations can be assigned to."""

    id: str
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """The house itself: its name, its time zone, who works there and how it sorts things."""

    name: str
    timezone: str
    agents: tuple[Agent, ...]
    teams: tuple[Team, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message."""

    kind: AuthorKind
    id: str = ""
    name: str = ""


SYSTEM = Author(AuthorKind.SYSTEM, "system")
BOT = Author(AuthorKind.BOT, "bot", "Bot")


@dataclass(frozen=True, slots=True)
class Activity:
    """What happened to a conversation, without words."""

    what: str
    subject: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file or medium, described."""

    kind: str
    name: str = ""
    size: int | None = None
    id: str = ""
    """Given when its message is written; empty: it cannot be fetched."""


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a thread."""

    id: str
    conv: str
    seq: int
    at: datetime
    kind: MessageKind
    author: Author
    text: str = ""
    delivery: Delivery | None = None
    failure: str = ""
    cmd_id: str | None = None
    activity: Activity | None = None
    attachments: tuple[Attachment, ...] = ()
    quick_replies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Snooze:
    """Asleep until a moment (None: until the customer writes)."""

    until: datetime | None
    keep_asleep: bool = False


@dataclass(frozen=True, slots=True)
class Sla:
    """When the company has promised to have answered."""

    first_response_due: datetime | None = None
    next_response_due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a row of the inbox needs to know."""

    id: str
    number: int
    channel: Channel
    contact_id: str
    contact_name: str
    created_at: datetime
    last_at: datetime
    status: Status = Status.OPEN
    ver: int = 1
    seq: int = 0
    subject: str = ""
    preview: str = ""
    last_author: AuthorKind = AuthorKind.CUSTOMER
    unread: int = 0
    waiting_since: datetime | None = None
    assignee: str | None = None
    team: str | None = None
    priority: Priority = Priority.NONE
    labels: tuple[str, ...] = ()
    snooze: Snooze | None = None
    window_closes_at: datetime | None = None
    sla: Sla | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """One way a contact is known."""

    channel: Channel
    address: str
    verified: bool = False
    preferred: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A line of an order or of a cart; `cents` is the price of one piece."""

    name: str
    quantity: int
    cents: int
    options: str = ""


@dataclass(frozen=True, slots=True)
class Tracking:
    """Where a parcel is."""

    carrier: str
    number: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """Something the contact bought; `currency` is ISO 4217."""

    id: str
    status: str
    total_cents: int
    currency: str
    placed_at: datetime | None = None
    items: tuple[Item, ...] = ()
    tracking: tuple[Tracking, ...] = ()


@dataclass(frozen=True, slots=True)
class Cart:
    """What lies in the contact's basket right now."""

    items: tuple[Item, ...]
    total_cents: int
    currency: str
    idle_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ContactNote:
    """A remark about the contact, kept over conversations."""

    author: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """A former conversation of the same contact, on whatever channel."""

    id: str
    channel: Channel
    status: Status
    subject: str
    at: datetime
    rating: int | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A customer."""

    id: str
    name: str
    identities: tuple[Identity, ...] = ()
    tier: str = ""
    since: int | None = None
    language: str = ""
    timezone: str = ""
    city: str = ""
    account_linked: bool = True
    labels: tuple[str, ...] = ()
    orders: tuple[Order, ...] = ()
    cart: Cart | None = None
    notes: tuple[ContactNote, ...] = ()
    earlier: tuple[Earlier, ...] = ()
