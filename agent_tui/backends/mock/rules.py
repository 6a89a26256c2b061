"""What an event does to a conversation: pure rules from one record to the next.

The protocol's definitions of `waiting_since`, `unread`, `ver`, `preview` and the reply window
(docs/protocol.md §2) live here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from agent_tui.backends.mock.records import Contact, Conversation, Message, Sla, Snooze
from agent_tui.channels import RULES
from agent_tui.model import AuthorKind, Channel, Delivery, MessageKind, Status

PREVIEW_CHARS = 200


def closing_time(channel: Channel, at: datetime) -> datetime | None:
    """When the reply window shuts, counted from a customer's message; None: never."""
    window = RULES[channel].reply_window
    return None if window is None else at + window


def promise(channel: Channel) -> timedelta:
    """How soon the company has promised to answer on `channel`."""
    return RULES[channel].first_response


def fresh(contact: Contact, channel: Channel, at: datetime) -> Conversation:
    """A conversation that begins at `at`, before anybody has said a word; its id is empty."""
    return Conversation(
        id="",
        number=0,
        channel=channel,
        contact_id=contact.id,
        contact_name=contact.name,
        created_at=at,
        last_at=at,
        sla=Sla(first_response_due=at + promise(channel)),
    )


def preview_of(message: Message) -> str:
    """The line of the inbox for a message; a medium without words is named by its kind."""
    media = " ".join(f"[{one.kind}]" for one in message.attachments)
    return f"{media} {message.text}".strip()[:PREVIEW_CHARS]


def with_message(conv: Conversation, message: Message) -> Conversation:
    """`conv` after `message` was written in it, whoever wrote it and whatever it is."""
    if message.kind is MessageKind.ACTIVITY:
        return replace(conv, seq=message.seq)
    if message.kind is MessageKind.NOTE:
        return replace(conv, seq=message.seq, last_at=message.at)
    return replace(
        conv,
        seq=message.seq,
        last_at=message.at,
        preview=preview_of(message),
        last_author=message.author.kind,
    )


def customer_wrote(conv: Conversation, now: datetime) -> Conversation:
    """The customer is owed a word since her first message after ours; the window opens anew."""
    waiting = conv.waiting_since
    since = now if waiting is None or conv.last_author is AuthorKind.BOT else waiting
    return replace(
        conv,
        unread=conv.unread + 1,
        waiting_since=since,
        window_closes_at=closing_time(conv.channel, now),
        sla=_owed(conv, since),
    )


def _owed(conv: Conversation, since: datetime) -> Sla:
    """The promise that runs while the customer waits."""
    if conv.sla is not None and conv.sla.first_response_due is not None:
        return conv.sla
    return Sla(next_response_due=since + promise(conv.channel))


def agent_replied(conv: Conversation) -> Conversation:
    """Nothing is owed and nothing is unread once an agent has answered."""
    return replace(conv, unread=0, waiting_since=None, sla=None)


def awake(conv: Conversation) -> Conversation:
    """`conv` open again."""
    return replace(conv, status=Status.OPEN, snooze=None, ver=conv.ver + 1)


def asleep(conv: Conversation, snooze: Snooze) -> Conversation:
    """`conv` put to sleep."""
    return replace(conv, status=Status.SNOOZED, snooze=snooze, ver=conv.ver + 1)


def resolved(conv: Conversation) -> Conversation:
    """`conv` called done: nobody waits any more."""
    return replace(
        conv,
        status=Status.RESOLVED,
        snooze=None,
        waiting_since=None,
        sla=None,
        ver=conv.ver + 1,
    )


def reopened(conv: Conversation, thread: Sequence[Message]) -> Conversation:
    """`conv` opened by an agent; what is owed is read from the thread again."""
    conv = awake(conv)
    since = owed_since(thread)
    if conv.waiting_since is not None or since is None:
        return conv
    return replace(conv, waiting_since=since, sla=_owed(conv, since))


def owed_since(thread: Sequence[Message]) -> datetime | None:
    """When the customer wrote first after our last answer; None: the last word is ours."""
    since: datetime | None = None
    for message in reversed(thread):
        if message.kind is not MessageKind.TEXT:
            continue
        if message.author.kind is AuthorKind.CUSTOMER:
            since = message.at
        elif message.author.kind is AuthorKind.AGENT or since is not None:
            return since
    return since


def unread_after(thread: Sequence[Message], seq: int) -> int:
    """How many of the customer's messages came after `seq`."""
    count = 0
    for message in reversed(thread):
        if message.seq <= seq:
            break
        count += from_customer(message)
    return count


def from_customer(message: Message) -> bool:
    """Whether the customer wrote it."""
    return message.kind is MessageKind.TEXT and message.author.kind is AuthorKind.CUSTOMER


def unseen(thread: Sequence[Message], agent: str, seen_seq: int) -> list[Message]:
    """What an agent who saw up to `seen_seq` must know before she answers, oldest first."""
    missed: list[Message] = []
    for message in reversed(thread):
        if message.seq <= seen_seq:
            break
        other = message.author.kind is AuthorKind.AGENT and message.author.id != agent
        if from_customer(message) or (other and message.kind is MessageKind.TEXT):
            missed.append(message)
    return missed[::-1]


_STEPS = (Delivery.ACCEPTED, Delivery.SENT, Delivery.DELIVERED, Delivery.READ)


def moves_on(before: Delivery | None, after: Delivery) -> bool:
    """Whether a channel's report says something new: reports may come twice or out of order."""
    if before is None or before is Delivery.FAILED or before is Delivery.READ:
        return False
    return after is Delivery.FAILED or _STEPS.index(after) > _STEPS.index(before)
