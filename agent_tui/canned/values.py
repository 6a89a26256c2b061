"""What the variables of a reply stand for in a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from agent_tui.canned.reply import FALLBACK
from agent_tui.channels import rules_of
from agent_tui.model import Agent, Cart, Contact, Conversation, Order
from agent_tui.names import given_name


def values_for(
    contact: Contact | None, conversation: Conversation, agent: Agent, company: str, locale: str
) -> dict[str, object]:
    """What the variables of a reply stand for in `conversation`; what is unknown is empty.

    `locale` (``de``, ``de_AT``) says how money is written. Orders, parcels and carts stay
    out while the contact's account is not linked: nothing of it may be told before.
    """
    known = contact if contact and contact.account_linked else None
    order = _newest(known.orders) if known else None
    name = contact.name if contact else conversation.contact_name
    return {
        "contact": {"name": name, "first_name": given_name(name)},
        "agent": {"name": agent.name, "first_name": given_name(agent.name)},
        "company": {"name": company},
        "channel": {"name": rules_of(conversation.channel).name},
        "conversation": {"number": f"#{conversation.number}"},
        "order": _order_values(order, locale),
        "tracking": _tracking_values(order),
        "cart": {"total": _total(known.cart if known else None, locale)},
    }


def _newest(orders: Sequence[Order]) -> Order | None:
    """The order placed last; the first of the list where no moment is known."""
    dated = [(order.placed_at, order) for order in orders if order.placed_at]
    if dated:
        return max(dated, key=lambda pair: pair[0])[1]
    return orders[0] if orders else None


def _order_values(order: Order | None, locale: str) -> dict[str, str]:
    if order is None:
        return {"id": "", "status": "", "total": ""}
    return {"id": order.id, "status": order.status, "total": _total(order, locale)}


def _tracking_values(order: Order | None) -> dict[str, str]:
    """The parcel of `order` that was sent last."""
    if order is None or not order.tracking:
        return {"carrier": "", "number": "", "state": ""}
    parcel = order.tracking[-1]
    return {"carrier": parcel.carrier, "number": parcel.number, "state": parcel.state}


def _total(bought: Order | Cart | None, locale: str) -> str:
    """What it costs in `locale`'s way, with plain spaces: others make an SMS twice as long."""
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - late: heavy
    from babel.numbers import format_currency  # noqa: PLC0415 - late: heavy

    if bought is None:
        return ""
    try:
        spoken = Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        spoken = Locale(FALLBACK)
    amount = format_currency(Decimal(bought.total_cents) / 100, bought.currency, locale=spoken)
    return amount.replace("\xa0", " ").replace("\u202f", " ")
