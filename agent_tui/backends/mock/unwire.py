"""Records from their wire spelling: the way back of `wire`, for what the desk itself has kept.

Every function raises KeyError, TypeError, ValueError or AttributeError for what `wire` would
never have written; the one caller takes all of them for damage.
"""

from __future__ import annotations

from agent_tui.backends.mock.records import (
    Activity,
    Attachment,
    Author,
    Cart,
    Contact,
    ContactNote,
    Conversation,
    Earlier,
    Identity,
    Item,
    Message,
    Order,
    Sla,
    Snooze,
    Tracking,
)
from agent_tui.backends.mock.wire import Json, moment, moment_or_none
from agent_tui.model import AuthorKind, Channel, Delivery, MessageKind, Priority, Status


def conversation_from(wire: Json) -> Conversation:
    """A conversation as it was kept."""
    snooze, sla = wire["snooze"], wire["sla"]
    return Conversation(
        id=_text(wire["id"]),
        number=_whole(wire["number"]),
        channel=Channel(wire["channel"]),
        contact_id=_text(wire["contact"]["id"]),
        contact_name=_text(wire["contact"]["name"]),
        created_at=moment(wire["created_at"]),
        last_at=moment(wire["last_at"]),
        status=Status(wire["status"]),
        ver=_whole(wire["ver"]),
        seq=_whole(wire["seq"]),
        subject=_text(wire["subject"]),
        preview=_text(wire["preview"]),
        last_author=AuthorKind(wire["last_author"]),
        unread=_whole(wire["unread"]),
        waiting_since=moment_or_none(wire["waiting_since"]),
        assignee=_text_or_none(wire["assignee"]),
        team=_text_or_none(wire["team"]),
        priority=Priority(wire["priority"]),
        labels=tuple(map(_text, wire["labels"])),
        snooze=None
        if snooze is None
        else Snooze(moment_or_none(snooze["until"]), snooze["keep_asleep"] is True),
        window_closes_at=moment_or_none(wire["window_closes_at"]),
        sla=None
        if sla is None
        else Sla(
            moment_or_none(sla["first_response_due"]), moment_or_none(sla["next_response_due"])
        ),
        reason=_text(wire["reason"]),
    )


def message_from(wire: Json) -> Message:
    """A message as it was kept."""
    author, activity = wire["author"], wire["activity"]
    return Message(
        id=_text(wire["id"]),
        conv=_text(wire["conv"]),
        seq=_whole(wire["seq"]),
        at=moment(wire["at"]),
        kind=MessageKind(wire["kind"]),
        author=Author(AuthorKind(author["kind"]), _text(author["id"]), _text(author["name"])),
        text=_text(wire["text"]),
        delivery=None if wire["delivery"] is None else Delivery(wire["delivery"]),
        failure=_text(wire["failure"]),
        cmd_id=_text_or_none(wire["cmd_id"]),
        activity=None
        if activity is None
        else Activity(
            _text(activity["what"]), _text(activity["subject"]), moment_or_none(activity["until"])
        ),
        attachments=tuple(
            Attachment(
                _text(one["kind"]),
                _text(one["name"]),
                _whole_or_none(one["size"]),
                _text(one.get("id") or ""),  # none in files of a desk that did not serve them
            )
            for one in wire["attachments"]
        ),
        quick_replies=tuple(map(_text, wire["quick_replies"])),
    )


def contact_from(wire: Json) -> Contact:
    """A contact as it was kept."""
    return Contact(
        id=_text(wire["id"]),
        name=_text(wire["name"]),
        identities=tuple(
            Identity(
                Channel(one["channel"]),
                _text(one["address"]),
                one["verified"] is True,
                one["preferred"] is True,
            )
            for one in wire["identities"]
        ),
        tier=_text(wire["tier"]),
        since=_whole_or_none(wire["since"]),
        language=_text(wire["language"]),
        timezone=_text(wire["timezone"]),
        city=_text(wire["city"]),
        account_linked=wire["account_linked"] is True,
        labels=tuple(map(_text, wire["labels"])),
        orders=tuple(map(_order, wire["orders"])),
        cart=None if wire["cart"] is None else _cart(wire["cart"]),
        notes=tuple(
            ContactNote(_text(one["author"]), moment(one["at"]), _text(one["text"]))
            for one in wire["notes"]
        ),
        earlier=tuple(map(_earlier, wire["earlier"])),
    )


def _earlier(wire: Json) -> Earlier:
    return Earlier(
        _text(wire["id"]),
        Channel(wire["channel"]),
        Status(wire["status"]),
        _text(wire["subject"]),
        moment(wire["at"]),
        _whole_or_none(wire["rating"]),
    )


def _order(wire: Json) -> Order:
    return Order(
        id=_text(wire["id"]),
        status=_text(wire["status"]),
        total_cents=_whole(wire["total_cents"]),
        currency=_text(wire["currency"]),
        placed_at=moment_or_none(wire["placed_at"]),
        items=tuple(map(_item, wire["items"])),
        tracking=tuple(
            Tracking(_text(one["carrier"]), _text(one["number"]), _text(one["state"]))
            for one in wire["tracking"]
        ),
    )


def _item(wire: Json) -> Item:
    return Item(
        _text(wire["name"]),
        _whole(wire["quantity"]),
        _whole(wire["cents"]),
        _text(wire["options"]),
    )


def _cart(wire: Json) -> Cart:
    return Cart(
        tuple(map(_item, wire["items"])),
        _whole(wire["total_cents"]),
        _text(wire["currency"]),
        moment_or_none(wire["idle_since"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("not a whole number")
    return value


def _whole_or_none(value: object) -> int | None:
    return None if value is None else _whole(value)
