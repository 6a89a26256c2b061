"""The customer's card as lines: everything the agent should know before being told.

Pure drawing. A section without content is not drawn. Addresses and numbers are shown whole: what
does not fit goes on in the next line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from textual.strip import Strip

from agent_tui.channels import rules_of
from agent_tui.i18n import _
from agent_tui.model import Contact, EarlierConversation, Identity, Order
from agent_tui.shown import CustomerCard
from agent_tui.widgets import context_words as words
from agent_tui.widgets.context_words import Place
from agent_tui.widgets.ink import Ink
from agent_tui.widgets.message_lines import tone_style
from agent_tui.widgets.message_words import calm
from agent_tui.widgets.paint import Part, Style, cells, line, pad, spread, wrap

LEAST_COLUMN = 14
"""Narrower than this no column is worth having; its text goes below."""

INDENT = 2


@dataclass(frozen=True, slots=True)
class Card:
    """What lines are drawn on."""

    width: int
    ink: Ink
    place: Place

    @property
    def usable(self) -> int:
        """Cells between the margins, one on either side."""
        return max(1, self.width - 2)

    def row(self, parts: Sequence[Part]) -> Strip:
        """Parts behind the margin."""
        return line([(" ", self.ink.text), *parts], self.width, self.ink.text)

    def edges(self, left: Sequence[Part], right: Sequence[Part]) -> Strip:
        """Parts at both margins."""
        blank: Part = (" ", self.ink.text)
        return spread([blank, *left], [*right, blank], self.width, self.ink.text)

    def text(self, text: str, style: Style, indent: int = 0) -> Iterator[Strip]:
        """Text in as many lines as it takes."""
        for row in wrap(calm(text), max(1, self.usable - indent)):
            yield self.row([(" " * indent, style), (row, style)])

    def columns(self, fixed: Sequence[tuple[str, int]], text: str, style: Style) -> Iterator[Strip]:
        """Narrow columns of so many cells, dim, and beside them text in as many lines as it takes.

        Where that leaves the text too little room, it stands below.
        """
        front = "".join(pad(cell, size + 2) for cell, size in fixed)
        room = self.usable - cells(front)
        if room < LEAST_COLUMN:
            head = "  ".join(cell for cell, _size in fixed)
            yield from self.text(head, self.ink.dim)
            yield from self.text(text, style, INDENT)
            return
        for index, row in enumerate(wrap(calm(text), room)):
            yield self.row(
                [(front if index == 0 else " " * cells(front), self.ink.dim), (row, style)]
            )


def card_lines(shown: CustomerCard, width: int, ink: Ink, place: Place) -> list[Strip]:
    """All lines of the card."""
    card = Card(width, ink, place)
    contact = shown.contact
    if contact is None:
        return list(_waiting(shown, card))
    sections = (
        _head(shown, contact, card),
        _identities(contact.identities, card),
        _orders(contact.orders, card),
        _cart(contact, card),
        _labels(contact, card),
        _notes(contact, card),
        _earlier(contact.earlier, card),
    )
    lines: list[Strip] = []
    for section in sections:
        drawn = list(section)
        if lines and drawn:
            lines.append(card.row([]))
        lines.extend(drawn)
    return lines


def _waiting(shown: CustomerCard, card: Card) -> Iterator[Strip]:
    yield from card.text(shown.conversation.contact_name, card.ink.text)
    if shown.problem:
        problem = _("the customer's record did not come: {reason}").format(reason=shown.problem)
        yield from card.text(problem, card.ink.warn)
    else:
        yield from card.text(_("on its way …"), card.ink.dim)


def _title(title: str, card: Card) -> Strip:
    return card.row([(title, card.ink.dim)])


def _head(shown: CustomerCard, contact: Contact, card: Card) -> Iterator[Strip]:
    ink, conv = card.ink, shown.conversation
    name, standing = calm(contact.name), calm(words.standing(contact))
    bold = ink.text + Style(bold=True)
    if cells(name) + 2 + cells(standing) <= card.usable:
        yield card.edges([(name, bold)], [(standing, ink.dim)])
    else:
        yield from card.text(name, bold)
        yield from card.text(standing, ink.dim)
    local = words.local_time(contact, card.place.now)
    if local:
        yield from card.text(local, ink.dim)
    for promise, tone in words.promises(conv, card.place.now):
        yield from card.text(promise, tone_style(tone, ink))
    if conv.reason:
        yield from card.text(_("here because: {reason}").format(reason=conv.reason), ink.dim)
    if shown.problem:
        yield from card.text(shown.problem, ink.warn)
    if not contact.account_linked:
        yield from card.text(_("! account not linked: tell nothing of it before it is"), ink.warn)


def _identities(identities: Sequence[Identity], card: Card) -> Iterator[Strip]:
    size = max((cells(rules_of(one.channel).name) for one in identities), default=0)
    for one in identities:
        marks = words.identity_marks(one)
        channel = rules_of(one.channel).name
        beside = size + 2 + cells(one.address) + 2 + cells(marks)
        if marks and beside <= card.usable:
            left = [(pad(channel, size + 2), card.ink.dim), (calm(one.address), card.ink.text)]
            yield card.edges(left, [(marks, card.ink.good)])
            continue
        yield from card.columns([(channel, size)], one.address, card.ink.text)
        if marks:
            yield card.edges([], [(marks, card.ink.good)])


def _orders(orders: Sequence[Order], card: Card) -> Iterator[Strip]:
    if not orders:
        return
    yield _title(_("Orders"), card)
    size = max(cells(order.id) for order in orders)
    for order in orders:
        yield from _order(order, size, card)


def _order(order: Order, size: int, card: Card) -> Iterator[Strip]:
    ink, place = card.ink, card.place
    total = words.money(order.total_cents, order.currency, place.locale)
    state = calm(words.order_state(order.status))
    number = calm(order.id)
    if size + 2 + cells(state) + 2 + cells(total) <= card.usable:
        left = [(pad(number, size + 2), ink.text), (state, ink.text)]
        yield card.edges(left, [(total, ink.text)])
    else:
        yield from card.text(number, ink.text)
        yield card.edges([(" " * INDENT + state, ink.text)], [(total, ink.text)])
    for tracking in order.tracking:
        yield from card.text(words.tracking_words(tracking), ink.text, INDENT)
    for item in order.items:
        yield from card.text(words.item_words(item), ink.dim, INDENT)


def _cart(contact: Contact, card: Card) -> Iterator[Strip]:
    cart = contact.cart
    if cart is None or not cart.items:
        return
    yield from card.columns(
        [(_("Cart"), cells(_("Cart")))], words.cart_words(cart, card.place), card.ink.text
    )
    for item in cart.items:
        yield from card.text(words.item_words(item), card.ink.dim, INDENT)


def _labels(contact: Contact, card: Card) -> Iterator[Strip]:
    if contact.labels:
        title = _("Labels")
        yield from card.columns([(title, cells(title))], " · ".join(contact.labels), card.ink.text)


def _notes(contact: Contact, card: Card) -> Iterator[Strip]:
    if not contact.notes:
        return
    yield _title(_("Notes"), card)
    for note in contact.notes:
        source = words.note_source(note.author, note.at, card.place)
        yield from card.text(f"{note.text} {source}", card.ink.text)


def _earlier(earlier: Sequence[EarlierConversation], card: Card) -> Iterator[Strip]:
    if not earlier:
        return
    yield _title(_("Earlier"), card)
    days = [words.day(one.at, card.place) for one in earlier]
    names = [rules_of(one.channel).name for one in earlier]
    widths = _widest(days), _widest(names)
    for one, day, name in zip(earlier, days, names, strict=True):
        fixed = [(day, widths[0]), (name, widths[1])]
        yield from card.columns(fixed, words.earlier_words(one, card.place), card.ink.text)


def _widest(texts: Iterable[str]) -> int:
    return max(cells(text) for text in texts)
