"""What has happened before the desk opens, as steps that are carried out in the books.

A step is what somebody did at a moment; the books apply the same rules to it as to live events,
only that nobody is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from agent_tui.backends.mock import rules
from agent_tui.backends.mock.customers import Mood
from agent_tui.backends.mock.ledger import Ledger, Line, happened
from agent_tui.backends.mock.persona import Persona
from agent_tui.backends.mock.records import (
    BOT,
    SYSTEM,
    Attachment,
    Contact,
    Conversation,
    Snooze,
)
from agent_tui.model import Channel, Delivery, MessageKind, Priority

Deed = Callable[[Ledger, Conversation, datetime], None]
"""What somebody does to a conversation at a moment."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A conversation before it is in the books: whose it is and what has happened in it."""

    contact: Contact
    """In the books already, or with an empty id; drafts of one new contact share the object."""
    channel: Channel
    steps: tuple[tuple[datetime, Deed], ...]
    """Oldest first, at least one."""
    persona: Persona
    mood: Mood
    subject: str = ""
    reason: str = ""
    labels: tuple[str, ...] = ()
    priority: Priority = Priority.NONE
    team: str | None = None
    rating: int | None = None


@dataclass(slots=True)
class Telling:
    """Tells a story forwards, in seconds from its start; `ending` hangs it into time."""

    at: float = 0.0
    deeds: list[tuple[float, Deed]] = field(default_factory=list)

    def then(self, after: float, deed: Deed) -> None:
        """`after` seconds later, `deed`."""
        self.at += after
        self.deeds.append((self.at, deed))

    def ending(self, end: datetime) -> tuple[tuple[datetime, Deed], ...]:
        """The story as steps, the last of them at `end`."""
        return tuple((end - timedelta(seconds=self.at - at), deed) for at, deed in self.deeds)


def customer(text: str, attachments: tuple[Attachment, ...] = ()) -> Deed:
    """The customer writes."""

    def deed(books: Ledger, conv: Conversation, at: datetime) -> None:
        line = Line(books.customer_author(conv), text, attachments=attachments)
        books.write(rules.customer_wrote(conv, at), line, at)

    return deed


def bot(text: str) -> Deed:
    """The bot writes."""
    return lambda books, conv, at: _discard(books.write(conv, Line(BOT, text), at))


def handed_over(reason: str) -> Deed:
    """The bot gives up."""
    line = happened(BOT, "handover", reason)
    return lambda books, conv, at: _discard(books.write(conv, line, at))


def opened(reason: str) -> Deed:
    """The desk opens a conversation nobody has written in yet."""
    line = happened(SYSTEM, "opened", reason)
    return lambda books, conv, at: _discard(books.write(conv, line, at))


def answered(agent: str, text: str, delivery: Delivery, failure: str = "") -> Deed:
    """An agent replies; how far the reply came is known by now."""

    def deed(books: Ledger, conv: Conversation, at: datetime) -> None:
        line = Line(books.agent_author(agent), text, delivery=delivery)
        message = books.write(rules.agent_replied(conv), line, at)
        if failure:
            books.threads[conv.id][-1] = replace(message, failure=failure)

    return deed


def noted(agent: str, text: str) -> Deed:
    """An agent leaves a private note."""

    def deed(books: Ledger, conv: Conversation, at: datetime) -> None:
        books.write(conv, Line(books.agent_author(agent), text, MessageKind.NOTE), at)

    return deed


def assigned(by: str, to: str) -> Deed:
    """`by` gives the conversation to `to`."""

    def deed(books: Ledger, conv: Conversation, at: datetime) -> None:
        line = happened(books.agent_author(by), "assigned", books.agents[to].name)
        books.changed_by[conv.id] = by
        books.write(replace(conv, assignee=to, ver=conv.ver + 1), line, at)

    return deed


def snoozed(by: str, snooze: Snooze) -> Deed:
    """`by` puts the conversation to sleep."""

    def deed(books: Ledger, conv: Conversation, at: datetime) -> None:
        line = happened(books.agent_author(by), "snoozed", until=snooze.until)
        books.changed_by[conv.id] = by
        books.write(rules.asleep(conv, snooze), line, at)

    return deed


def resolved(by: str) -> Deed:
    """`by` calls it done, having read everything."""

    def deed(books: Ledger, conv: Conversation, at: datetime) -> None:
        books.changed_by[conv.id] = by
        done = rules.resolved(replace(conv, unread=0))
        books.write(done, happened(books.agent_author(by), "resolved"), at)

    return deed


def looked_at(books: Ledger, conv: Conversation, _at: datetime) -> None:
    """An agent reads everything."""
    books.put(replace(conv, unread=0))


def _discard(_message: object) -> None:
    """A deed returns nothing."""


def enter(books: Ledger, drafts: list[Draft]) -> list[str]:
    """Enter `drafts` into empty books, in the order things happened; their ids, in their order.

    Numbers grow with the moment a conversation began, sequence numbers with every step.
    """
    contacts: dict[int, Contact] = {}
    ids = [""] * len(drafts)
    for place in sorted(range(len(drafts)), key=lambda one: drafts[one].steps[0][0]):
        draft = drafts[place]
        known = draft.contact if draft.contact.id else contacts.get(id(draft.contact))
        if known is None:
            known = contacts[id(draft.contact)] = books.add_contact(draft.contact)
        ids[place] = books.add_conversation(_blank(draft, known)).id
    moments = [
        (at, place, turn)
        for place, draft in enumerate(drafts)
        for turn, (at, _deed) in enumerate(draft.steps)
    ]
    for at, place, turn in sorted(moments):
        drafts[place].steps[turn][1](books, books.conversations[ids[place]], at)
    books.ratings.update(
        (ids[place], draft.rating) for place, draft in enumerate(drafts) if draft.rating is not None
    )
    return ids


def _blank(draft: Draft, contact: Contact) -> Conversation:
    """The conversation of `draft` before anything happened in it."""
    return replace(
        rules.fresh(contact, draft.channel, draft.steps[0][0]),
        subject=draft.subject,
        reason=draft.reason,
        labels=draft.labels,
        priority=draft.priority,
        team=draft.team,
    )
