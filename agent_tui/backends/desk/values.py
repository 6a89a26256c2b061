"""The protocol's values (docs/protocol.md §2) into the model's; the only maker of the text safe."""

from __future__ import annotations

from typing import Any

from agent_tui.backends.desk import fields as f
from agent_tui.model import (
    Activity,
    Agent,
    AgentId,
    Attachment,
    AttachmentId,
    Author,
    AuthorKind,
    Availability,
    Cart,
    Channel,
    Contact,
    ContactId,
    ContactNote,
    Conversation,
    ConversationId,
    Delivery,
    EarlierConversation,
    Identity,
    Message,
    MessageId,
    MessageKind,
    OpId,
    Order,
    OrderItem,
    Priority,
    Sla,
    Snooze,
    Status,
    Team,
    TeamId,
    Tracking,
)
from agent_tui.sanitise import Field, examine


def conversation(value: Any) -> Conversation:
    """A conversation. Raises `Malformed`."""
    d = f.obj(value, "conversation")
    contact_ = f.obj(d.get("contact"), "contact")
    assignee, team_ = f.ident_or_none(d, "assignee"), f.ident_or_none(d, "team")
    return Conversation(
        id=ConversationId(f.ident(d, "id")),
        number=f.number(d, "number"),
        channel=f.one_of(Channel, d, "channel"),
        contact_id=ContactId(f.ident(contact_, "id")),
        contact_name=f.text(contact_, "name", Field.NAME),
        status=f.one_of(Status, d, "status"),
        created_at=f.moment(d, "created_at"),
        last_at=f.moment(d, "last_at"),
        ver=f.number(d, "ver"),
        seq=f.number(d, "seq"),
        subject=f.text(d, "subject"),
        preview=f.text(d, "preview"),
        last_author=f.one_of(AuthorKind, d, "last_author", AuthorKind.CUSTOMER),
        unread=max(0, f.number(d, "unread", 0)),
        waiting_since=f.moment_or_none(d, "waiting_since"),
        assignee=AgentId(assignee) if assignee else None,
        team=TeamId(team_) if team_ else None,
        priority=f.one_of(Priority, d, "priority", Priority.NONE),
        labels=f.texts(d, "labels"),
        snooze=None if d.get("snooze") is None else snooze(d["snooze"]),
        window_closes_at=f.moment_or_none(d, "window_closes_at"),
        sla=None if d.get("sla") is None else sla(d["sla"]),
        reason=f.text(d, "reason"),
    )


def snooze(value: Any) -> Snooze:
    """How it sleeps."""
    d = f.obj(value, "snooze")
    return Snooze(f.moment_or_none(d, "until"), f.flag(d, "keep_asleep"))


def sla(value: Any) -> Sla:
    """The promises."""
    d = f.obj(value, "sla")
    return Sla(f.moment_or_none(d, "first_response_due"), f.moment_or_none(d, "next_response_due"))


def author(value: Any) -> Author:
    """Who speaks."""
    d = f.obj(value, "author")
    return Author(
        f.one_of(AuthorKind, d, "kind"),
        f.text(d, "name", Field.NAME),
        f.ident_or_none(d, "id") or "",
    )


def message(value: Any) -> Message:
    """One entry of a thread."""
    d = f.obj(value, "message")
    raw = d.get("text")
    if raw is not None and not isinstance(raw, str):
        raise f.Malformed("text")
    body = examine(raw or "", Field.BODY)
    cmd_id = f.ident_or_none(d, "cmd_id")
    return Message(
        id=MessageId(f.ident(d, "id")),
        conversation=ConversationId(f.ident(d, "conv")),
        author=author(d.get("author")),
        at=f.moment(d, "at"),
        kind=f.one_of(MessageKind, d, "kind", MessageKind.TEXT),
        text=body.text,
        seq=f.number(d, "seq"),
        delivery=None if d.get("delivery") is None else f.one_of(Delivery, d, "delivery"),
        failure=f.text(d, "failure", Field.TOAST),
        op_id=OpId(cmd_id) if cmd_id else None,
        activity=None if d.get("activity") is None else activity(d["activity"]),
        attachments=f.many(d, "attachments", attachment),
        quick_replies=f.texts(d, "quick_replies"),
        hidden=body.hidden,
    )


def activity(value: Any) -> Activity:
    """What happened to a conversation."""
    d = f.obj(value, "activity")
    return Activity(
        f.text(d, "what"), f.text(d, "subject", Field.NAME), f.moment_or_none(d, "until")
    )


def attachment(value: Any) -> Attachment:
    """A file, described."""
    d = f.obj(value, "attachment")
    ident = f.ident_or_none(d, "id")
    return Attachment(
        kind=f.text(d, "kind"),
        name=f.text(d, "name", Field.FILENAME),
        size=f.number_or_none(d, "size"),
        id=AttachmentId(ident) if ident else None,
    )


def agent(value: Any) -> Agent:
    """A colleague."""
    d = f.obj(value, "agent")
    return Agent(
        AgentId(f.ident(d, "id")),
        f.text(d, "name", Field.NAME),
        f.one_of(Availability, d, "availability", Availability.OFFLINE),
    )


def team(value: Any) -> Team:
    """A team."""
    d = f.obj(value, "team")
    members = tuple(AgentId(member) for member in f.texts(d, "members"))
    return Team(TeamId(f.ident(d, "id")), f.text(d, "name", Field.NAME), members)


def contact(value: Any) -> Contact:
    """A customer's record."""
    d = f.obj(value, "contact")
    return Contact(
        id=ContactId(f.ident(d, "id")),
        name=f.text(d, "name", Field.NAME),
        identities=f.familiar(d, "identities", _identity)[0],
        tier=f.text(d, "tier"),
        since=f.number_or_none(d, "since"),
        language=f.text(d, "language"),
        timezone=f.text(d, "timezone"),
        city=f.text(d, "city"),
        account_linked=f.flag(d, "account_linked", default=True),
        labels=f.texts(d, "labels"),
        orders=f.many(d, "orders", _order),
        cart=None if d.get("cart") is None else _cart(d["cart"]),
        notes=f.many(d, "notes", _note),
        earlier=f.familiar(d, "earlier", _earlier)[0],
    )


def _identity(value: Any) -> Identity:
    d = f.obj(value, "identity")
    return Identity(
        f.one_of(Channel, d, "channel"),
        f.text(d, "address"),
        f.flag(d, "verified"),
        f.flag(d, "preferred"),
    )


def _item(value: Any) -> OrderItem:
    d = f.obj(value, "item")
    return OrderItem(
        f.text(d, "name"), f.number(d, "quantity", 1), f.number(d, "cents", 0), f.text(d, "options")
    )


def _tracking(value: Any) -> Tracking:
    d = f.obj(value, "tracking")
    return Tracking(f.text(d, "carrier"), f.text(d, "number"), f.text(d, "state"))


def _order(value: Any) -> Order:
    d = f.obj(value, "order")
    return Order(
        id=f.text(d, "id"),
        status=f.text(d, "status"),
        total_cents=f.number(d, "total_cents", 0),
        currency=f.text(d, "currency"),
        items=f.many(d, "items", _item),
        tracking=f.many(d, "tracking", _tracking),
        placed_at=f.moment_or_none(d, "placed_at"),
    )


def _cart(value: Any) -> Cart:
    d = f.obj(value, "cart")
    return Cart(
        f.many(d, "items", _item),
        f.number(d, "total_cents", 0),
        f.text(d, "currency"),
        f.moment_or_none(d, "idle_since"),
    )


def _note(value: Any) -> ContactNote:
    d = f.obj(value, "note")
    return ContactNote(f.text(d, "author", Field.NAME), f.moment(d, "at"), f.text(d, "text"))


def _earlier(value: Any) -> EarlierConversation:
    d = f.obj(value, "earlier")
    return EarlierConversation(
        ConversationId(f.ident(d, "id")),
        f.one_of(Channel, d, "channel"),
        f.one_of(Status, d, "status", Status.RESOLVED),
        f.text(d, "subject"),
        f.moment(d, "at"),
        f.number_or_none(d, "rating"),
    )
