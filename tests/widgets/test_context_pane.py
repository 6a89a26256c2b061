"""The customer pane: what it tells, what it leaves out, and that addresses stay whole."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.style import Style
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from agent_tui import i18n
from agent_tui.model import (
    Cart,
    Channel,
    Contact,
    ContactId,
    ContactNote,
    Conversation,
    ConversationId,
    EarlierConversation,
    Identity,
    Order,
    OrderItem,
    SafeText,
    Sla,
    Status,
    Tracking,
)
from agent_tui.sanitise import Field, sanitise
from agent_tui.shown import CustomerCard
from agent_tui.theme import DARK
from agent_tui.widgets.context_lines import card_lines
from agent_tui.widgets.context_pane import ContextPane
from agent_tui.widgets.context_words import Place, known_locale, money
from agent_tui.widgets.ink import Ink

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 8, 41, tzinfo=UTC)
PLACE = Place(NOW, BERLIN, "de_DE")
INK = Ink(**{f.name: Style(color=f"color({n})") for n, f in enumerate(fields(Ink))})
S = SafeText

CONV = Conversation(
    id=ConversationId("c1"),
    number=1042,
    channel=Channel.WHATSAPP,
    contact_id=ContactId("p1"),
    contact_name=S("Noah Brown"),
    status=Status.OPEN,
    created_at=NOW,
    last_at=NOW,
)
BARE = Contact(ContactId("p1"), S("Noah Brown"))
BOTTLE = OrderItem(S("Water Bottle"), 2, 4784, S("1000ml, glass"))


def told(
    contact: Contact | None, width: int = 36, place: Place = PLACE, **conv: object
) -> list[str]:
    i18n.use_language("en")
    card = CustomerCard(replace(CONV, **conv), contact)  # type: ignore[arg-type]
    return [strip.text.rstrip() for strip in card_lines(card, width, INK, place)]


# Sections ----------------------------------------------------------------------------------------


def test_what_is_not_known_is_not_there() -> None:
    assert told(BARE) == [" Noah Brown"]


def test_without_a_record_it_is_on_its_way_or_says_why_not() -> None:
    assert told(None) == [" Noah Brown", " on its way …"]
    card = CustomerCard(CONV, None, S("no line"))
    text = " ".join(strip.text.strip() for strip in card_lines(card, 60, INK, PLACE))
    assert text == "Noah Brown the customer's record did not come: no line"


def test_name_and_standing_share_a_line_where_there_is_room() -> None:
    gold = replace(BARE, tier=S("gold"), since=2021, language="de")
    assert told(gold)[0] == " Noah Brown        gold · 2021 · de"
    assert told(gold, 24) == [" Noah Brown", " gold · 2021 · de"]


def test_the_customers_own_clock() -> None:
    assert told(replace(BARE, timezone="America/Denver", city=S("Denver")))[1] == (
        " local time 01:41 · Denver"
    )


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "\\", "Europe"])
def test_a_zone_nobody_knows_leaves_the_city(zone: str) -> None:
    assert told(replace(BARE, timezone=zone, city=S("Denver")))[1] == " Denver"


def test_why_it_came_and_what_was_promised() -> None:
    sla = Sla(NOW + timedelta(minutes=4), NOW - timedelta(minutes=3))
    assert told(BARE, sla=sla, reason=S("cart idle"))[1:] == [
        " first answer due in 4 m",
        " answer overdue for 3 m",
        " here because: cart idle",
    ]


def test_a_resolved_conversation_owes_no_answer() -> None:
    assert told(BARE, sla=Sla(NOW), status=Status.RESOLVED) == [" Noah Brown"]


def test_an_account_that_is_not_linked_is_a_warning() -> None:
    unlinked = CustomerCard(CONV, replace(BARE, account_linked=False))
    lines = card_lines(unlinked, 80, INK, PLACE)
    (warning,) = [seg for seg in lines[1] if seg.style == INK.warn]
    assert "account not linked" in warning.text


def test_orders_with_money_by_locale_tracking_and_items() -> None:
    order = Order(
        S("#W7678072"), S("shipped"), 148_881, "EUR", (BOTTLE,),
        (Tracking(S("DHL"), S("357962501027"), S("held at depot")),),
    )  # fmt: skip
    assert told(replace(BARE, orders=(order,)))[2:] == [
        " Orders",
        " #W7678072  shipped      1.488,81 €",
        "   DHL 357962501027 · held at depot",
        "   2 × Water Bottle, 1000ml, glass",
    ]
    english = told(replace(BARE, orders=(order,)), place=replace(PLACE, locale="en_US"))
    assert english[3].endswith(" €1,488.81")


def test_the_total_of_an_order_is_never_cut() -> None:
    order = Order(S("#W7678072-and-longer"), S("waiting for the customer"), 999_999_999, "USD")
    for width in range(22, 60):
        assert any("9.999.999,99 $" in row for row in told(replace(BARE, orders=(order,)), width))


def test_the_cart_and_how_long_it_has_been_idle() -> None:
    cart = Cart((BOTTLE,), 6490, "EUR", NOW - timedelta(minutes=12))
    assert told(replace(BARE, cart=cart))[2:] == [
        " Cart  2 items · idle 12 m  64,90 €",
        "   2 × Water Bottle, 1000ml, glass",
    ]
    assert told(replace(BARE, cart=Cart((), 0, "EUR"))) == [" Noah Brown"]
    narrow = told(replace(BARE, cart=cart), 30)
    assert [row.strip() for row in narrow[2:4]] == ["Cart  2 items · idle 12 m ·", "64,90 €"]


def test_earlier_conversations_of_every_channel() -> None:
    earlier = (
        EarlierConversation(
            ConversationId("a"), Channel.EMAIL, Status.RESOLVED, S("late"), NOW - timedelta(51), 2
        ),
        EarlierConversation(
            ConversationId("b"), Channel.X, Status.OPEN, S(""), NOW - timedelta(400)
        ),
    )
    contact = replace(BARE, earlier=earlier)
    english = replace(PLACE, locale="en")
    assert told(contact, 50, english)[3:] == [
        " 3 Oct     E-mail  late ★★",
        " Oct 2025  X       no subject · open now",
    ]
    assert told(contact, 50, replace(english, stars=False))[3].endswith("late 2/5")
    assert told(contact, 34, english)[3] == " 3 Oct     MA  late ★★"


def test_notes_say_whose_they_are() -> None:
    note = ContactNote(S("Ben Keller"), NOW - timedelta(days=1), S("short answers"))
    english = replace(PLACE, locale="en")
    assert told(replace(BARE, notes=(note,)), 50, english)[2:] == [
        " Notes",
        " short answers (Ben, 22 Nov)",
    ]


# Addresses ---------------------------------------------------------------------------------------

IDENTITIES = (
    Identity(Channel.WHATSAPP, S("+49 1555 0100231"), verified=True, preferred=True),
    Identity(Channel.EMAIL, S("noah.brown7922@example.com"), verified=True),
    Identity(Channel.MESSENGER, S("noah.b")),
)


def test_identities_with_what_is_known_of_them() -> None:
    assert told(replace(BARE, identities=IDENTITIES), 50)[2:] == [
        " WhatsApp   +49 1555 0100231          ✓ preferred",
        " E-mail     noah.brown7922@example.com          ✓",
        " Messenger  noah.b",
    ]


@pytest.mark.parametrize("width", range(10, 60))
def test_addresses_are_whole_at_any_width(width: int) -> None:
    rows = told(replace(BARE, identities=IDENTITIES), width)
    together = "".join(row.replace(" ", "") for row in rows)
    for identity in IDENTITIES:
        assert identity.address.replace(" ", "") in together.replace("✓", "").replace("…", "")


def test_an_address_that_fits_a_line_is_not_broken() -> None:
    rows = told(replace(BARE, identities=IDENTITIES), 37)
    assert "   noah.brown7922@example.com" in rows


# Words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["", "xx", "de-de-de-de", "../../etc", "tlh"])
def test_an_unknown_locale_is_english(locale: str) -> None:
    assert known_locale(locale) == "en"
    assert money(100, "EUR", locale) == "€1.00"


@given(st.integers(-(10**12), 10**12), st.text(max_size=8))
def test_money_of_any_currency_is_told(cents: int, currency: str) -> None:
    assert money(cents, currency, "de")


# Whatever comes ----------------------------------------------------------------------------------

NAMES = st.text(max_size=60).map(lambda text: sanitise(text, Field.LINE))
MOMENTS = st.sampled_from([NOW, NOW - timedelta(days=800), NOW + timedelta(days=3)])
ITEMS = st.lists(st.builds(OrderItem, NAMES, st.integers(0, 99), st.just(1), NAMES), max_size=2)
CONTACTS = st.builds(
    Contact,
    st.just(ContactId("p1")),
    NAMES,
    st.lists(
        st.builds(Identity, st.sampled_from(Channel), NAMES, st.booleans(), st.booleans()),
        max_size=3,
    ).map(tuple),
    NAMES,
    st.none() | st.integers(1900, 2100),
    st.text(max_size=3),
    st.text(max_size=20),
    NAMES,
    st.booleans(),
    st.lists(NAMES, max_size=3).map(tuple),
    st.lists(
        st.builds(
            Order,
            NAMES,
            NAMES,
            st.integers(-(10**9), 10**9),
            st.text(max_size=5),
            ITEMS.map(tuple),
            st.lists(st.builds(Tracking, NAMES, NAMES, NAMES), max_size=2).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    st.none() | st.builds(Cart, ITEMS.map(tuple), st.integers(0, 10**6), st.just("EUR"), MOMENTS),
    st.lists(st.builds(ContactNote, NAMES, MOMENTS, NAMES), max_size=2).map(tuple),
    st.lists(
        st.builds(
            EarlierConversation,
            st.just(ConversationId("e")),
            st.sampled_from(Channel),
            st.sampled_from(Status),
            NAMES,
            MOMENTS,
            st.none() | st.integers(-9, 99),
        ),
        max_size=2,
    ).map(tuple),
)


@settings(max_examples=150, deadline=None)
@given(CONTACTS, st.integers(1, 80))
def test_any_contact_is_drawn_in_lines_of_exactly_the_width(contact: Contact, width: int) -> None:
    for strip in card_lines(CustomerCard(CONV, contact), width, INK, PLACE):
        assert strip.cell_length == width
        assert sum(segment.cell_length for segment in strip) == width
        assert not any(ord(char) < 32 for char in strip.text)


# On the screen -----------------------------------------------------------------------------------


class Stage(App[None]):
    CSS = "Screen { background: $background; }"

    def compose(self) -> ComposeResult:
        yield ContextPane()

    @property
    def pane(self) -> ContextPane:
        return self.query_one(ContextPane)

    def lines(self) -> list[str]:
        return [self.pane.render_line(y).text.rstrip() for y in range(self.pane.size.height)]


MANY = replace(
    BARE,
    notes=tuple(ContactNote(S(""), NOW, S(f"remark {n}")) for n in range(30)),
)


@asynccontextmanager
async def stage(contact: Contact | None = MANY) -> AsyncIterator[tuple[Stage, Pilot[None]]]:
    i18n.use_language("en")
    app = Stage()
    app.register_theme(DARK)
    app.theme = DARK.name
    async with app.run_test(size=(40, 10)) as pilot:
        app.pane.show(CustomerCard(CONV, contact), NOW, BERLIN, "de")
        await pilot.pause()
        yield app, pilot


async def test_scrolls_by_the_line_and_says_how_much_is_below() -> None:
    async with stage() as (app, _pilot):
        assert app.lines()[0] == " Noah Brown"
        assert app.lines()[-1].strip() == "24 more lines ↓"
        app.pane.scroll_lines(3)
        assert app.lines()[0].startswith(" remark 0")
        app.pane.scroll_page(1)
        assert app.lines()[0].startswith(" remark 8")
        app.pane.scroll_half(-1)
        assert app.lines()[0].startswith(" remark 3")
        app.pane.to_end()
        assert app.lines()[-1].startswith(" remark 29")
        app.pane.to_start()
        assert app.lines()[0] == " Noah Brown"


async def test_a_change_of_the_same_customer_keeps_the_place_and_another_begins_at_the_top() -> (
    None
):
    async with stage() as (app, _pilot):
        app.pane.scroll_lines(5)
        before = app.lines()
        app.pane.show(CustomerCard(CONV, MANY), NOW + timedelta(minutes=1), BERLIN, "de")
        assert app.lines() == before
        other = replace(CONV, id=ConversationId("c2"))
        app.pane.show(CustomerCard(other, MANY), NOW, BERLIN, "de")
        assert app.lines()[0] == " Noah Brown"


async def test_wraps_anew_when_the_pane_gets_wider() -> None:
    note = ContactNote(S(""), NOW, S("one two three four five six seven eight nine ten eleven"))
    async with stage(replace(BARE, notes=(note,))) as (app, pilot):
        assert app.lines()[4].strip() != ""
        await pilot.resize_terminal(90, 10)
        await pilot.pause()
        assert app.lines()[4] == ""


async def test_nobody_is_nothing() -> None:
    async with stage() as (app, _pilot):
        app.pane.show(None, NOW, BERLIN)
        assert set(app.lines()) == {""}
