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
from agent_tui.widgets.paint import Part, Style, calm, cells, line, pad, spread, wrap

LEAST_COLUMN = 16
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
        return line([(" ", self.ink.text), *_set(parts)], self.width, self.ink.text)

    def edges(self, left: Sequence[Part], right: Sequence[Part]) -> Strip:
        """Parts at both margins."""
        blank: Part = (" ", self.ink.text)
        left, right = [blank, *_set(left)], [*_set(right), blank]
        return spread(left, right, self.width, self.ink.text)

    def text(self, text: str, style: Style, indent: int = 0) -> Iterator[Strip]:
        """Text in as many lines as it takes; the further lines of indented text hang."""
        rows = _rows(text, self.usable - indent)
        if indent and len(rows) > 1:
            rows = _rows(text, self.usable - 2 * indent)
        for index, row in enumerate(rows):
            yield self.row([(" " * (2 * indent if index else indent), style), (row, style)])

    def beside(self, front: str, text: str, style: Style) -> Iterator[Strip]:
        """Dim words, and beside them text in as many lines as it takes; below them, where it
        would have too little room."""
        room = self.usable - cells(front)
        if room < LEAST_COLUMN:
            yield from self.text(front.strip(), self.ink.dim)
            yield from self.text(text, style, INDENT)
            return
        for row in _rows(text, room):
            yield self.row([(front, self.ink.dim), (row, style)])
            front = " " * cells(front)


def _set(parts: Sequence[Part]) -> Iterator[Part]:
    """Parts as they are drawn: the lines are broken, so every blank is a plain one."""
    for text, style in parts:
        yield text.replace("\u00a0", " "), style


def _rows(text: str, width: int) -> list[str]:
    return wrap(calm(text), max(1, width))


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
    ink = card.ink
    size = max((cells(rules_of(one.channel).name) for one in identities), default=0) + 2
    for one in identities:
        channel, marks = rules_of(one.channel).name, words.identity_marks(one)
        address = calm(one.address)
        if size + cells(address) + (2 + cells(marks) if marks else 0) <= card.usable:
            left = [(pad(channel, size), ink.dim), (address, ink.text)]
            yield card.edges(left, [(marks, ink.good)])
        else:
            yield card.edges([(channel, ink.dim)], [(marks, ink.good)])
            yield from card.text(address, ink.text, INDENT)


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
    cart, ink = contact.cart, card.ink
    if cart is None or not cart.items:
        return
    title, content = _("Cart") + "  ", words.cart_words(cart, card.place)
    total = words.money(cart.total_cents, cart.currency, card.place.locale)
    if cells(title) + cells(content) + 2 + cells(total) <= card.usable:
        yield card.edges([(title, ink.dim), (content, ink.text)], [(total, ink.text)])
    else:
        yield from card.beside(title, f"{content} · {total}", ink.text)
    for item in cart.items:
        yield from card.text(words.item_words(item), ink.dim, INDENT)


def _labels(contact: Contact, card: Card) -> Iterator[Strip]:
    if contact.labels:
        yield from card.beside(_("Labels") + "  ", " · ".join(contact.labels), card.ink.text)


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
    if card.usable - _widest(days) - _widest(names) - 4 < LEAST_COLUMN:
        names = [rules_of(one.channel).mark for one in earlier]
    for one, day, name in zip(earlier, days, names, strict=True):
        front = pad(day, _widest(days) + 2) + pad(name, _widest(names) + 2)
        yield from card.beside(front, words.earlier_words(one, card.place), card.ink.text)


def _widest(texts: Iterable[str]) -> int:
    return max(cells(text) for text in texts)
