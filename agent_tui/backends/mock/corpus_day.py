"""The opening inbox of a corpus: its conversations wait, and go on as they once did."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import cycle
from random import Random

from agent_tui.backends.mock.cast import address_for
from agent_tui.backends.mock.corpus import Corpus
from agent_tui.backends.mock.corpus_values import Customer, Recorded
from agent_tui.backends.mock.customers import script_persona
from agent_tui.backends.mock.ledger import Ledger
from agent_tui.backends.mock.past import Draft
from agent_tui.backends.mock.persona import Persona
from agent_tui.backends.mock.records import Contact, ContactNote, Identity
from agent_tui.backends.mock.story import Situation, Story
from agent_tui.model import Channel

CHANNELS = (
    Channel.WEBCHAT, Channel.EMAIL, Channel.WHATSAPP, Channel.INAPP, Channel.MESSENGER,
    Channel.SMS, Channel.INSTAGRAM, Channel.WEBCHAT, Channel.TELEGRAM, Channel.X,
)  # fmt: skip
"""Where the conversations come in, in turn."""
_SUBJECT_CHARS = 60

_EASTERN = "CT DC DE FL GA IN MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV KY"
_CENTRAL = "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI"
_MOUNTAIN = "CO ID MT NM UT WY"
_PACIFIC = "CA NV OR WA"
TIMEZONES: dict[str, str] = {
    **dict.fromkeys(_EASTERN.split(), "America/New_York"),
    **dict.fromkeys(_CENTRAL.split(), "America/Chicago"),
    **dict.fromkeys(_MOUNTAIN.split(), "America/Denver"),
    **dict.fromkeys(_PACIFIC.split(), "America/Los_Angeles"),
    "AK": "America/Anchorage",
    "AZ": "America/Phoenix",
    "HI": "Pacific/Honolulu",
    "IN": "America/Indiana/Indianapolis",
    "MI": "America/Detroit",
}
"""By state; where a state has two, that of most of its people."""


class CorpusCast:
    """The customers of a corpus, in the books of a desk."""

    def __init__(self, books: Ledger, corpus: Corpus, now: datetime, rng: Random) -> None:
        self.books = books
        self.rng = rng
        known = {_likeness(contact): contact for contact in books.contacts.values()}
        self.contacts: dict[str, Contact] = {}
        """By customer id."""
        for user, customer in corpus.customers.items():
            contact = _contact(customer, corpus, now)
            self.contacts[user] = known.get(_likeness(contact)) or books.add_contact(contact)
        self.parts = tuple(
            (self._part(one, channel), one.user)
            for one, channel in zip(corpus.conversations, cycle(CHANNELS), strict=False)
        )
        """Every conversation as a persona who says the customer's lines, and whose it is."""
        self._next = 0

    @property
    def personas(self) -> tuple[Persona, ...]:
        return tuple(persona for persona, _user in self.parts)

    def drafts(self, count: int | None, now: datetime) -> list[Draft]:
        """The first `count` conversations (None: all), waiting at `now`."""
        chosen = self.parts[:count]
        self._next = len(chosen)
        return [
            Story(persona, self._contact_for(persona, user), now, self.rng, owner="").tell(
                Situation.WAITING, iter(())
            )
            for persona, user in chosen
        ]

    def newcomer(self, _now: datetime) -> tuple[Persona, Contact]:
        """Who comes next: first those who are not here yet, then all of them again."""
        persona, user = self.parts[self._next % len(self.parts)]
        self._next += 1
        return persona, self._contact_for(persona, user)

    def _part(self, one: Recorded, channel: Channel) -> Persona:
        """Who says what the customer once said; without a name she is a visitor."""
        name = f"Visitor {one.id}" if one.user is None else self.contacts[one.user].name
        persona = script_persona(one.id, name, one.turns, channel)
        subject = ""
        if channel is Channel.EMAIL:
            subject = " ".join(persona.opening[0].split())[:_SUBJECT_CHARS]
        return replace(persona, address=address_for(channel, name, self.rng), subject=subject)

    def _contact_for(self, persona: Persona, user: str | None) -> Contact:
        """The contact of a conversation; its channel becomes one of the contact's ways."""
        way = Identity(persona.channel, persona.address)
        if user is None:
            unknown = Contact("", persona.name, (way,), language="en", account_linked=False)
            return self.books.add_contact(unknown)
        contact = self.contacts[user]
        if all(one.channel is not persona.channel for one in contact.identities):
            contact = replace(contact, identities=(*contact.identities, way))
            self.contacts[user] = self.books.add_contact(contact)
        return contact


def _likeness(contact: Contact) -> tuple[str, str]:
    """What tells that two records are of the same customer: her name and her e-mail address."""
    mail = next((one for one in contact.identities if one.channel is Channel.EMAIL), None)
    return contact.name, mail.address if mail else ""


def _contact(customer: Customer, corpus: Corpus, now: datetime) -> Contact:
    """A customer of the corpus as a new contact."""
    placed = corpus.orders_of.get(customer.id, ())
    in_order = dict.fromkeys((*(key for key in customer.orders if key in placed), *placed))
    mail = Identity(Channel.EMAIL, customer.email, verified=True, preferred=True)
    place = " ".join(part for part in (customer.city, customer.state, customer.zip) if part)
    ships_to = ", ".join(part for part in (customer.street, place) if part)
    return Contact(
        id="",
        name=customer.name,
        identities=(mail,) if customer.email else (),
        language="en",
        timezone=TIMEZONES.get(customer.state, ""),
        city=customer.city,
        orders=tuple(corpus.orders[key] for key in in_order),
        notes=(ContactNote("Shop", now, f"Ships to {ships_to}"),) if ships_to else (),
    )
