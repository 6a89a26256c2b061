"""The desk's books: conversations, threads and contacts, and the one sequence they grow by.

No I/O and no clock: `now` is passed in, ids come from counters. Every change goes through
`Ledger.record`, so that sequence, thread, record and event can never differ.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from agent_tui.backends.mock import media, rules
from agent_tui.backends.mock.records import (
    Activity,
    Agent,
    Attachment,
    Author,
    Contact,
    Conversation,
    Desk,
    Earlier,
    Message,
)
from agent_tui.backends.mock.wire import (
    Json,
    contact_to_wire,
    conversation_to_wire,
    message_to_wire,
    stamp,
)
from agent_tui.model import AuthorKind, Delivery, MessageKind, Status

FIRST_NUMBER = 1001


@dataclass(frozen=True, slots=True)
class Line:
    """What is about to be written into a thread: a message that has no place in it yet."""

    author: Author
    text: str = ""
    kind: MessageKind = MessageKind.TEXT
    activity: Activity | None = None
    delivery: Delivery | None = None
    attachments: tuple[Attachment, ...] = ()
    quick_replies: tuple[str, ...] = ()


def happened(author: Author, what: str, subject: str = "", until: datetime | None = None) -> Line:
    """The activity line that says what `author` did."""
    return Line(author, kind=MessageKind.ACTIVITY, activity=Activity(what, subject, until))


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer a command got, and what it was asked."""

    body: str
    """Hash of the command without its id."""
    answer: Json
    at: datetime


@dataclass(slots=True)
class Touched:
    """What has changed since somebody looked last, each in the order it changed first."""

    contacts: dict[str, None] = field(default_factory=dict)
    conversations: dict[str, None] = field(default_factory=dict)
    messages: dict[tuple[str, int], None] = field(default_factory=dict)
    """By conversation and place in its thread."""
    agents: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Ledger:
    """Everything the desk knows; mutable, its values are not."""

    desk: Desk
    epoch: str
    ident: str = ""
    """Which desk this is, among all there ever were; opaque, the same for as long as it is kept."""
    seq: int = 0
    """The newest sequence number given out."""
    agents: dict[str, Agent] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    threads: dict[str, list[Message]] = field(default_factory=dict)
    """Each in the order of `seq`."""
    contacts: dict[str, Contact] = field(default_factory=dict)
    changed_by: dict[str, str | None] = field(default_factory=dict)
    """Which agent changed a conversation's state last; None: the customer or the desk did."""
    ratings: dict[str, int] = field(default_factory=dict)
    """Satisfaction, 1 to 5, of conversations that have been rated."""
    answers: dict[tuple[str, str], Kept] = field(default_factory=dict)
    """By agent and command id, oldest first."""
    next_number: int = FIRST_NUMBER
    next_contact: int = 1
    next_message: int = 1
    of_contact: dict[str, list[str]] = field(default_factory=dict)
    archive: dict[str, str] = field(default_factory=dict)
    """Whose earlier conversation an id names: contacts by the ids of what they had before."""
    sent: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Where a reply stands: its conversation and its index in the thread."""
    files: dict[str, tuple[str, Attachment]] = field(default_factory=dict)
    """The attachments that can be fetched, by their ids, each with its conversation."""
    wakes: list[tuple[datetime, str]] = field(default_factory=list)
    """A heap of wake-up times; entries whose conversation changed since are stale."""
    touched: Touched | None = None
    """What is not on disk yet; None: nobody keeps this desk."""

    def __post_init__(self) -> None:
        if not self.agents:
            self.agents = {agent.id: agent for agent in self.desk.agents}

    def add_contact(self, contact: Contact) -> Contact:
        """Enter a customer; an empty id gets the next number."""
        if not contact.id:
            contact = replace(contact, id=f"p-{self.next_contact}")
            self.next_contact += 1
        self.put_contact(contact)
        self.of_contact.setdefault(contact.id, [])
        self.archive.update((earlier.id, contact.id) for earlier in contact.earlier)
        return contact

    def add_conversation(self, conv: Conversation) -> Conversation:
        """Enter a conversation whose id is empty; it gets the next number and an empty thread."""
        number = self.next_number
        self.next_number += 1
        conv = replace(conv, id=f"c-{number}", number=number)
        self.put(conv)
        self.threads[conv.id] = []
        self.of_contact[conv.contact_id].append(conv.id)
        return conv

    def put_contact(self, contact: Contact) -> None:
        """Keep `contact` as the present value."""
        self.contacts[contact.id] = contact
        if self.touched is not None:
            self.touched.contacts[contact.id] = None

    def put_agent(self, agent: Agent) -> None:
        """Keep `agent` as the present value."""
        self.agents[agent.id] = agent
        if self.touched is not None:
            self.touched.agents[agent.id] = None

    def put_rating(self, conv: str, rating: int) -> None:
        """Keep how content the customer was with a conversation, 1 to 5."""
        self.ratings[conv] = rating
        if self.touched is not None:
            self.touched.conversations[conv] = None

    def put_message(self, place: int, message: Message) -> None:
        """Keep `message` as the present value at its place in its thread, or one behind the end."""
        thread = self.threads[message.conv]
        thread[place : place + 1] = [message]
        if message.delivery is not None:
            self.sent[message.id] = (message.conv, place)
        self.files.update((one.id, (message.conv, one)) for one in message.attachments if one.id)
        if self.touched is not None:
            self.touched.messages[message.conv, place] = None

    def put(self, conv: Conversation) -> None:
        """Keep `conv` as the present value, and its alarm clock with it."""
        self.conversations[conv.id] = conv
        if self.touched is not None:
            self.touched.conversations[conv.id] = None
        if conv.snooze is not None and conv.snooze.until is not None:
            heapq.heappush(self.wakes, (conv.snooze.until, conv.id))

    def _append(self, conv: Conversation, line: Line, at: datetime, cmd_id: str | None) -> Message:
        """Write `line` into the thread under the next sequence number."""
        self.seq += 1
        name = f"m-{self.next_message}"
        message = Message(
            id=name,
            conv=conv.id,
            seq=self.seq,
            at=at,
            kind=line.kind,
            author=line.author,
            text=line.text,
            delivery=line.delivery,
            cmd_id=cmd_id,
            activity=line.activity,
            attachments=tuple(
                media.named(one, name, place) for place, one in enumerate(line.attachments, 1)
            ),
            quick_replies=line.quick_replies,
        )
        self.next_message += 1
        self.put_message(len(self.threads[conv.id]), message)
        return message

    def write(
        self, conv: Conversation, line: Line, at: datetime, cmd_id: str | None = None
    ) -> Message:
        """Write `line` into the thread and keep `conv` as it is after that."""
        message = self._append(conv, line, at, cmd_id)
        self.put(rules.with_message(conv, message))
        return message

    def record(
        self, conv: Conversation, line: Line | None, now: datetime, cmd_id: str | None = None
    ) -> Json:
        """Keep `conv`, write `line` into its thread, and return the event that says so."""
        message: Message | None = None
        if line is None:
            self.seq += 1
            self.put(conv)
        else:
            message = self.write(conv, line, now, cmd_id)
        spoken = message is not None and message.kind is not MessageKind.ACTIVITY
        data = {
            "conversation": conversation_to_wire(self.conversations[conv.id]),
            "message": None if message is None else message_to_wire(message),
        }
        return self.event("message" if spoken else "conversation", conv.id, data, now, cmd_id)

    def event(
        self, kind: str, conv: str | None, data: Json, now: datetime, cmd_id: str | None = None
    ) -> Json:
        """The event frame under the sequence number given out last."""
        return {
            "frame": "ev",
            "seq": self.seq,
            "conv": conv,
            "type": kind,
            "ts": stamp(now),
            "cmd_id": cmd_id,
            "data": data,
        }

    def agent_author(self, agent: str) -> Author:
        """An agent as the author of a message."""
        return Author(AuthorKind.AGENT, agent, self.agents[agent].name)

    def customer_author(self, conv: Conversation) -> Author:
        """The customer of `conv` as the author of a message."""
        return Author(AuthorKind.CUSTOMER, conv.contact_id, conv.contact_name)

    def contact_view(self, contact: Contact, besides: str | None) -> Json:
        """The contact with every other conversation of hers under `earlier`, newest first.

        `besides` is the conversation she is looked at from; it is left out.
        """
        live = [
            Earlier(one.id, one.channel, one.status, one.subject or one.preview, one.created_at,
                    self.ratings.get(one.id))
            for one in self._conversations_of(contact.id)
            if one.id != besides
        ]  # fmt: skip
        kept = [one for one in contact.earlier if one.id != besides]
        earlier = sorted((*live, *kept), key=lambda one: (one.at, one.id), reverse=True)
        return contact_to_wire(replace(contact, earlier=tuple(earlier)))

    def _conversations_of(self, contact: str) -> Iterable[Conversation]:
        return (self.conversations[conv] for conv in self.of_contact.get(contact, ()))

    def in_order(self) -> list[Conversation]:
        """All conversations as a snapshot names them: open first, longest waiting first."""

        def rank(conv: Conversation) -> tuple[int, float, float]:
            waiting = conv.waiting_since
            return (
                _STATUS_RANK[conv.status],
                float("inf") if waiting is None else waiting.timestamp(),
                -conv.last_at.timestamp(),
            )

        return sorted(self.conversations.values(), key=rank)


_STATUS_RANK = {Status.OPEN: 0, Status.SNOOZED: 1, Status.RESOLVED: 2}
