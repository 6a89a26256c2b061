"""Records as the protocol spells them, and back again (the state file uses the same spelling).

See docs/protocol.md §2. Times are ISO 8601 in UTC with milliseconds and a ``Z``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from agent_tui.backends.mock.records import (
    Agent,
    Attachment,
    Cart,
    Contact,
    Conversation,
    Item,
    Message,
    Order,
    Team,
)

Json = dict[str, Any]
"""A JSON object as Python holds it."""


def stamp(at: datetime) -> str:
    """`at` as the wire spells it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def stamp_or_null(at: datetime | None) -> str | None:
    """`at` as the wire spells it, `null` for None."""
    return None if at is None else stamp(at)


def agent_to_wire(agent: Agent) -> Json:
    """A colleague and her presence."""
    return {"id": agent.id, "name": agent.name, "availability": str(agent.availability)}


def team_to_wire(team: Team) -> Json:
    """A team with the ids of its members."""
    return {"id": team.id, "name": team.name, "members": list(team.members)}


def conversation_to_wire(conv: Conversation) -> Json:
    """The whole value of a conversation."""
    snooze = conv.snooze
    return {
        "id": conv.id,
        "number": conv.number,
        "channel": conv.channel.value,
        "contact": {"id": conv.contact_id, "name": conv.contact_name},
        "status": conv.status.value,
        "created_at": stamp(conv.created_at),
        "last_at": stamp(conv.last_at),
        "ver": conv.ver,
        "seq": conv.seq,
        "subject": conv.subject,
        "preview": conv.preview,
        "last_author": conv.last_author.value,
        "unread": conv.unread,
        "waiting_since": stamp_or_null(conv.waiting_since),
        "assignee": conv.assignee,
        "team": conv.team,
        "priority": conv.priority.value,
        "labels": list(conv.labels),
        "snooze": None
        if snooze is None
        else {"until": stamp_or_null(snooze.until), "keep_asleep": snooze.keep_asleep},
        "window_closes_at": stamp_or_null(conv.window_closes_at),
        "sla": None
        if conv.sla is None
        else {
            "first_response_due": stamp_or_null(conv.sla.first_response_due),
            "next_response_due": stamp_or_null(conv.sla.next_response_due),
        },
        "reason": conv.reason,
    }


def message_to_wire(message: Message) -> Json:
    """One entry of a thread."""
    author, activity = message.author, message.activity
    return {
        "id": message.id,
        "conv": message.conv,
        "seq": message.seq,
        "at": stamp(message.at),
        "kind": message.kind.value,
        "author": {"kind": author.kind.value, "id": author.id, "name": author.name},
        "text": message.text,
        "delivery": None if message.delivery is None else message.delivery.value,
        "failure": message.failure,
        "cmd_id": message.cmd_id,
        "activity": None
        if activity is None
        else {
            "what": activity.what,
            "subject": activity.subject,
            "until": stamp_or_null(activity.until),
        },
        "attachments": [_attachment_to_wire(one) for one in message.attachments],
        "quick_replies": list(message.quick_replies),
    }


def _attachment_to_wire(attachment: Attachment) -> Json:
    return {
        "id": attachment.id or None,
        "kind": attachment.kind,
        "name": attachment.name,
        "size": attachment.size,
    }


def contact_to_wire(contact: Contact) -> Json:
    """Everything the desk knows about a customer."""
    return {
        "id": contact.id,
        "name": contact.name,
        "tier": contact.tier,
        "since": contact.since,
        "language": contact.language,
        "timezone": contact.timezone,
        "city": contact.city,
        "account_linked": contact.account_linked,
        "labels": list(contact.labels),
        "identities": [
            {
                "channel": one.channel.value,
                "address": one.address,
                "verified": one.verified,
                "preferred": one.preferred,
            }
            for one in contact.identities
        ],
        "orders": [_order_to_wire(order) for order in contact.orders],
        "cart": None if contact.cart is None else _cart_to_wire(contact.cart),
        "notes": [
            {"author": note.author, "at": stamp(note.at), "text": note.text}
            for note in contact.notes
        ],
        "earlier": [
            {
                "id": one.id,
                "channel": one.channel.value,
                "status": one.status.value,
                "subject": one.subject,
                "at": stamp(one.at),
                "rating": one.rating,
            }
            for one in contact.earlier
        ],
    }


def _item_to_wire(item: Item) -> Json:
    return {
        "name": item.name,
        "quantity": item.quantity,
        "cents": item.cents,
        "options": item.options,
    }


def _order_to_wire(order: Order) -> Json:
    return {
        "id": order.id,
        "status": order.status,
        "total_cents": order.total_cents,
        "currency": order.currency,
        "placed_at": stamp_or_null(order.placed_at),
        "items": [_item_to_wire(item) for item in order.items],
        "tracking": [
            {"carrier": one.carrier, "number": one.number, "state": one.state}
            for one in order.tracking
        ],
    }


def _cart_to_wire(cart: Cart) -> Json:
    return {
        "items": [_item_to_wire(item) for item in cart.items],
        "total_cents": cart.total_cents,
        "currency": cart.currency,
        "idle_since": stamp_or_null(cart.idle_since),
    }


def moment(value: object) -> datetime:
    """The time that `value` spells, in UTC; ValueError if it is none or has no time zone."""
    if not isinstance(value, str) or not 10 < len(value) <= 40:
        raise ValueError("not a time")
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time out of range") from error


def moment_or_none(value: object) -> datetime | None:
    """Like `moment`, and None for `null`."""
    return None if value is None else moment(value)
