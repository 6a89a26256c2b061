"""Personas as contacts of the desk."""

from __future__ import annotations

from datetime import datetime, timedelta

from agent_tui.backends.mock.persona import Persona, PersonaItem, PersonaOrder
from agent_tui.backends.mock.records import (
    Cart,
    Contact,
    ContactNote,
    Earlier,
    Identity,
    Item,
    Order,
    Tracking,
)
from agent_tui.model import Status


def contact_of(persona: Persona, now: datetime) -> Contact:
    """The contact's record, dated backwards from `now`; its id is still empty."""
    linked = persona.account_linked
    own = Identity(persona.channel, persona.address, verified=linked, preferred=True)
    others = (Identity(one.channel, one.address, verified=linked) for one in persona.other)
    return Contact(
        id="",
        name=persona.name,
        identities=(own, *others),
        tier=persona.tier,
        since=persona.since,
        language=persona.language,
        timezone=persona.timezone,
        city=persona.city,
        account_linked=linked,
        labels=persona.labels,
        orders=tuple(_order(order, now) for order in persona.orders),
        cart=_cart(persona, now),
        notes=tuple(
            ContactNote(note.author, now - timedelta(days=30 * (place + 1)), note.text)
            for place, note in enumerate(persona.notes)
        ),
        earlier=tuple(
            Earlier(
                f"{persona.id}-e{place}",
                one.channel,
                Status.RESOLVED,
                one.subject,
                now - timedelta(days=one.days_ago),
                one.rating,
            )
            for place, one in enumerate(persona.earlier)
        ),
    )


def _order(order: PersonaOrder, now: datetime) -> Order:
    tracking = Tracking(order.carrier, order.tracking_number, order.tracking_state)
    return Order(
        id=order.id,
        status=order.status,
        total_cents=sum(item.quantity * item.cents for item in order.items),
        currency="EUR",
        placed_at=now - timedelta(days=order.days_ago),
        items=tuple(map(_item, order.items)),
        tracking=(tracking,) if order.carrier else (),
    )


def _item(item: PersonaItem) -> Item:
    return Item(item.name, item.quantity, item.cents, item.options)


def _cart(persona: Persona, now: datetime) -> Cart | None:
    cart = persona.cart
    if cart is None:
        return None
    total = sum(item.quantity * item.cents for item in cart.items)
    idle_since = now - timedelta(minutes=cart.idle_minutes)
    return Cart(tuple(map(_item, cart.items)), total, "EUR", idle_since)
