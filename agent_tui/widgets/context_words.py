"""What the customer pane says: money, dates, promises, marks; pure words without drawing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent_tui import dates
from agent_tui.i18n import _, mark, ngettext
from agent_tui.model import (
    Cart,
    Contact,
    Conversation,
    EarlierConversation,
    Identity,
    OrderItem,
    Status,
    Tracking,
)
from agent_tui.names import short_name
from agent_tui.when import waiting
from agent_tui.widgets.message_words import Tone, clock_time

FALLBACK_LOCALE = "en"


@dataclass(frozen=True, slots=True)
class Place:
    """When and where the card is read."""

    now: datetime
    zone: ZoneInfo
    locale: str = FALLBACK_LOCALE
    """As babel names it: ``de``, ``de_DE``; an unknown one means English."""
    stars: bool = True
    """Ratings as ``★★``; else ``2/5``."""


def whole(text: str) -> str:
    """`text` with blanks at which no line is broken."""
    return text.replace(" ", "\u00a0").replace("\u202f", "\u00a0")


@lru_cache(maxsize=8)
def known_locale(name: str) -> str:
    """`name` where babel knows it, else English."""
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - late: heavy

    try:
        return str(Locale.parse(name.replace("-", "_")))
    except (UnknownLocaleError, ValueError, TypeError):
        return FALLBACK_LOCALE


@lru_cache(maxsize=512)
def money(cents: int, currency: str, locale: str) -> str:
    """``488,81 €``, as `locale` writes it; `cents` are hundredths. Its blanks do not break."""
    from babel.numbers import format_currency  # noqa: PLC0415 - late: heavy

    amount = Decimal(cents) / 100
    return whole(format_currency(amount, currency, locale=known_locale(locale)))


def day(at: datetime, place: Place) -> str:
    """``3 Oct``; another year's without the day. Its blanks do not break."""
    local, today = at.astimezone(place.zone).date(), place.now.astimezone(place.zone).date()
    write = dates.day_and_month if local.year == today.year else dates.month_and_year
    return whole(write(local, known_locale(place.locale)))


def standing(contact: Contact) -> str:
    """``gold · 2021 · de``, as far as it is known."""
    parts = [contact.tier, str(contact.since) if contact.since else "", contact.language]
    return " · ".join(part for part in parts if part)


def local_time(contact: Contact, now: datetime) -> str:
    """What the customer's wall clock shows, and where; empty: unknown."""
    if not contact.timezone:
        return contact.city
    try:
        zone = ZoneInfo(contact.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return contact.city
    words = _("local time {time}").format(time=clock_time(now, zone))
    return f"{words} · {contact.city}" if contact.city else words


def promises(conv: Conversation, now: datetime) -> list[tuple[str, Tone]]:
    """When the next answer is due."""
    if conv.sla is None or conv.status is Status.RESOLVED:
        return []
    dues = (
        (conv.sla.first_response_due, mark("first answer due in {time}")),
        (conv.sla.next_response_due, mark("next answer due in {time}")),
    )
    return [_promise(due, words, now) for due, words in dues if due is not None]


def _promise(due: datetime, words: str, now: datetime) -> tuple[str, Tone]:
    if due < now:
        return _("answer overdue for {time}").format(time=_span(due, now)), Tone.ALARM
    return _(words).format(time=_span(now, due)), Tone.QUIET


def _span(start: datetime, end: datetime) -> str:
    return _("under 1 m") if (end - start).total_seconds() < 60 else waiting(start, end)


def identity_marks(identity: Identity) -> str:
    """``✓ preferred``."""
    marks = ["✓"] if identity.verified else []
    if identity.preferred:
        marks.append(_("preferred"))
    return " ".join(marks)


_ORDER_STATES = {
    "pending": mark("pending"),
    "processed": mark("processed"),
    "shipped": mark("shipped"),
    "delivered": mark("delivered"),
    "cancelled": mark("cancelled"),
    "returned": mark("returned"),
    "refunded": mark("refunded"),
}


def order_state(status: str) -> str:
    """An order's state in the agent's language; one of the shop's own as it is."""
    return _(_ORDER_STATES[status]) if status in _ORDER_STATES else status


def item_words(item: OrderItem) -> str:
    """``2 × Water Bottle, 1000ml``."""
    words = f"{item.quantity} × {item.name}"
    return f"{words}, {item.options}" if item.options else words


def tracking_words(tracking: Tracking) -> str:
    """``DHL 357962501027 · held at depot``."""
    words = f"{tracking.carrier} {tracking.number}".strip()
    return f"{words} · {tracking.state}" if tracking.state else words


def cart_words(cart: Cart, place: Place) -> str:
    """``2 items · idle 12 m``."""
    count = sum(item.quantity for item in cart.items)
    words = whole(ngettext("{count} item", "{count} items", count).format(count=count))
    if cart.idle_since is not None and (place.now - cart.idle_since).total_seconds() >= 60:
        idle = _("idle {time}").format(time=waiting(cart.idle_since, place.now))
        words += " · " + whole(idle)
    return words


def rating_words(rating: int | None, place: Place) -> str:
    """``★★`` or ``2/5``; empty: none was given."""
    if rating is None:
        return ""
    return "★" * min(5, max(0, rating)) if place.stars else f"{rating}/5"


def earlier_words(earlier: EarlierConversation, place: Place) -> str:
    """Subject, state where it is not over, rating."""
    words = earlier.subject or _("no subject")
    if earlier.status is Status.OPEN:
        words += " · " + _("open now")
    elif earlier.status is Status.SNOOZED:
        words += " · " + _("snoozed")
    return f"{words} {rating_words(earlier.rating, place)}".rstrip()


def note_source(author: str, at: datetime, place: Place) -> str:
    """``(Ben, Oct 3)``."""
    who = whole(f"{short_name(author)}, ") if author else ""
    return f"({who}{day(at, place)})"
