"""The values of a conversation: what is known, what is not told, and how money is written."""

from __future__ import annotations

import pytest
from canned_builders import contact, order, reply, values

from agent_tui.canned import fill
from agent_tui.model import Cart, Contact


def test_values_of_a_known_contact() -> None:
    orders = (order("#1", 1, "A"), order("#3", 9, "B", "C"), order("#2", None, "D"))
    cart = Cart((), 6490, "EUR")
    assert values(contact(orders=orders, cart=cart)) == {
        "contact": {"name": "Noah Brown", "first_name": "Noah"},
        "agent": {"name": "Ana Keller", "first_name": "Ana"},
        "company": {"name": "Nordlicht"},
        "channel": {"name": "WhatsApp"},
        "conversation": {"number": "#1042"},
        "order": {"id": "#3", "status": "shipped", "total": "488,81 €"},
        "tracking": {"carrier": "DHL", "number": "C", "state": "depot"},
        "cart": {"total": "64,90 €"},
    }


def test_without_dates_the_first_order_counts() -> None:
    text = fill(reply("{{ order.id }}"), values(contact(orders=(order("#1", None),)))).text
    assert text == "#1"


@pytest.mark.parametrize("who", [None, contact()])
def test_what_is_unknown_is_a_blank(who: Contact | None) -> None:
    body = "{{ contact.first_name }} {{ order.id }} {{ tracking.number }} {{ cart.total }}"
    name = "Noah" if who else "Lea"
    assert fill(reply(body), values(who)).text == f"{name} ⟦id⟧ ⟦number⟧ ⟦total⟧"


def test_nothing_of_an_account_that_is_not_linked_is_told() -> None:
    who = contact(orders=(order("#1", 1, "A"),), cart=Cart((), 100, "EUR"), account_linked=False)
    body = "{{ order.id }}{{ order.status }}{{ order.total }}{{ tracking.number }}{{ cart.total }}"
    assert fill(reply(body), values(who)).text == "⟦id⟧⟦status⟧⟦total⟧⟦number⟧⟦total⟧"


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("de", "1.234,50 €"),
        ("de_AT", "€ 1.234,50"),
        ("de-CH", "EUR 1’234.50"),
        ("en", "€1,234.50"),
        ("fr_FR", "1 234,50 €"),
        ("klingon", "€1,234.50"),
        ("", "€1,234.50"),
    ],
)
def test_money_is_written_as_the_locale_does_with_plain_spaces(locale: str, expected: str) -> None:
    who = contact(orders=(order("#1", 1, cents=123450),))
    assert fill(reply("{{ order.total }}"), values(who, locale)).text == expected


@pytest.mark.parametrize("currency", ["", "XXX", "eur", "⟦", "[b]", "€€"])
def test_an_odd_currency_does_not_raise(currency: str) -> None:
    who = contact(cart=Cart((), 100, currency))
    assert fill(reply("{{ cart.total }}"), values(who)).text


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Noah Brown", "Noah"),
        ("  Zoë  van Dijk", "Zoë"),
        ("mara.k", "mara.k"),
        ("Łucja", "Łucja"),
        ("Berg, Anna", "⟦first name⟧"),
        ("Dr. Anna Berg", "⟦first name⟧"),
        ("+49 171 2345904", "⟦first name⟧"),
        ("💐", "⟦first name⟧"),
        ("", "⟦first name⟧"),
    ],
)
def test_a_first_name_is_never_guessed(name: str, first: str) -> None:
    assert fill(reply("{{ contact.first_name }}"), values(contact(name))).text == first
