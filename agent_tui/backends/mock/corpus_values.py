"""The entries of a corpus as values: what each must hold to be of use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent_tui.backends.mock.records import Item, Order, Tracking
from agent_tui.i18n import _

_PLAIN_OPTIONS = frozenset({"capacity", "color", "colour", "material", "size", "style", "type"})
"""Options whose value speaks for itself."""
_SPEAKERS = ("customer", "agent")


class Damaged(ValueError):
    """A piece of the corpus that cannot be used; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who has bought something; a name is all that is always known."""

    id: str
    name: str
    email: str = ""
    street: str = ""
    city: str = ""
    state: str = ""
    """Two letters, in the USA."""
    zip: str = ""
    orders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """A conversation as it once took place."""

    id: str
    user: str | None
    """None: nobody knows who that was."""
    turns: tuple[tuple[str, str], ...]
    """(``customer`` or ``agent``, text), the first of them the customer's."""


@dataclass(frozen=True, slots=True)
class Sale:
    """An order and who placed it."""

    user: str
    order: Order


def customer_from(key: str, entry: Mapping[str, Any]) -> Customer:
    """An entry of ``users.json``; raises `Damaged`."""
    name = _object(entry, "name")
    address = _object(entry, "address")
    full = f"{_text(name, 'first_name')} {_text(name, 'last_name')}".strip()
    if not full:
        raise Damaged(_("the name is empty"))
    lines = (_text(address, "address1"), _text(address, "address2"))
    return Customer(
        id=key,
        name=full,
        email=_text(entry, "email"),
        street=", ".join(line for line in lines if line),
        city=_text(address, "city"),
        state=_text(address, "state"),
        zip=_text(address, "zip"),
        orders=tuple(one for one in _list(entry, "orders") if isinstance(one, str)),
    )


def name_in(user: str) -> str:
    """The name that a customer's id was made from (``noah_brown_6181``)."""
    words = [word for word in re.split(r"[^\w]|_", user) if word and not word.isdecimal()]
    return " ".join(word.capitalize() for word in words) or user


def variants_from(key: str, entry: Mapping[str, Any]) -> dict[str, Item]:
    """An entry of ``products.json``: its variants by item id; raises `Damaged`."""
    name = _text(entry, "name") or key
    variants = _object(entry, "variants")
    return {
        item: Item(name, 1, _cents(_as_object(one), "price"), _options(_as_object(one)))
        for item, one in variants.items()
    }


def sale_from(key: str, entry: Mapping[str, Any], sold: Mapping[str, Item]) -> Sale:
    """An entry of ``orders.json``; `sold` knows items by their id. Raises `Damaged`."""
    user = _text(entry, "user_id")
    if not user:
        raise Damaged(_("“{field}” is missing").format(field="user_id"))
    items = tuple(_item(_as_object(one), sold) for one in _list(entry, "items"))
    status = _text(entry, "status")
    order = Order(
        id=_text(entry, "order_id") or key,
        status=status,
        total_cents=_paid(entry) or sum(item.quantity * item.cents for item in items),
        currency="USD",
        items=items,
        tracking=tuple(
            Tracking("", number, "delivered" if status == "delivered" else "")
            for parcel in _list(entry, "fulfillments")
            for number in _list(_as_object(parcel), "tracking_id")
            if isinstance(number, str)
        ),
    )
    return Sale(user, order)


def recorded_from(entry: Mapping[str, Any]) -> Recorded:
    """A line of ``conversations.jsonl``; raises `Damaged`."""
    ident, user = entry.get("id"), entry.get("user_id")
    if not isinstance(ident, str) or not ident:
        raise Damaged(_("“{field}” is missing").format(field="id"))
    if user is not None and not isinstance(user, str):
        raise Damaged(_("“{field}” is neither a text nor null").format(field="user_id"))
    turns = []
    for number, one in enumerate(_list(entry, "turns"), 1):
        turn = one if isinstance(one, dict) else {}
        who, text = turn.get("from"), turn.get("text")
        if who not in _SPEAKERS or not isinstance(text, str):
            raise Damaged(_("turn {number} needs “from” and “text”").format(number=number))
        turns.append((str(who), text))
    while turns and turns[0][0] != "customer":
        turns.pop(0)
    if not turns:
        raise Damaged(_("the customer says nothing in it"))
    return Recorded(ident, user or None, tuple(turns))


def _item(entry: Mapping[str, Any], sold: Mapping[str, Item]) -> Item:
    """A line of an order; what it does not say itself is looked up."""
    known = sold.get(str(entry.get("item_id")))
    if known is not None and not ("name" in entry and "price" in entry):
        return known
    return Item(_text(entry, "name") or "?", 1, _cents(entry, "price"), _options(entry))


def _options(entry: Mapping[str, Any]) -> str:
    """The options as one line: values that speak for themselves, the others with their key."""
    return ", ".join(
        str(value) if key in _PLAIN_OPTIONS else f"{key} {value}"
        for key, value in _object(entry, "options").items()
        if isinstance(value, str | int | float)
    )


def _paid(entry: Mapping[str, Any]) -> int:
    payments = [_as_object(one) for one in _list(entry, "payment_history")]
    return sum(
        _cents(one, "amount") for one in payments if one.get("transaction_type") == "payment"
    )


# ── fields ──────────────────────────────────────────────────────────────────────────────


def _as_object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Damaged(_("an object belongs here"))
    return value


def _object(entry: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    value = entry.get(field, {})
    if not isinstance(value, dict):
        raise Damaged(_("“{field}” is no object").format(field=field))
    return value


def _list(entry: Mapping[str, Any], field: str) -> list[Any]:
    value = entry.get(field, [])
    if not isinstance(value, list):
        raise Damaged(_("“{field}” is no list").format(field=field))
    return value


def _text(entry: Mapping[str, Any], field: str) -> str:
    value = entry.get(field, "")
    if not isinstance(value, str):
        raise Damaged(_("“{field}” is no text").format(field=field))
    return value


def _cents(entry: Mapping[str, Any], field: str) -> int:
    """An amount of money in hundredths."""
    value = entry.get(field)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9:
        return round(value * 100)
    raise Damaged(_("“{field}” is no amount").format(field=field))
