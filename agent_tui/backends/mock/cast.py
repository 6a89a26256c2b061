"""Who plays the customers: the personas in changing order, as many as an inbox needs.

There are some sixty personas; a large inbox meets each of them many times, under other names,
addresses and order numbers, in the same words. A part is named ``persona#nth``, so that it can
be cast again after a restart.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from random import Random

from agent_tui.backends.mock.persona import Persona, Reply
from agent_tui.model import Channel

HOSTILE = "hostile"
HOSTILE_EVERY = 20
"""One customer in so many writes text that wants to be more than text."""

_FIRST = {
    "de": (
        "Anna", "Jonas", "Miriam", "Lukas", "Ayşe", "Felix", "Katharina", "Emre", "Sophie", "Paul",
        "Nadine", "Tobias", "Elif", "Moritz", "Johanna", "Stefan", "Marlene", "Ruben", "Ida",
        "Piotr", "Greta", "Hannes", "Leyla", "Oskar", "Birgit", "Mehmet", "Clara", "Jürgen",
    ),
    "en": (
        "Olivia", "Liam", "Amara", "Noah", "Grace", "Ethan", "Zara", "Callum", "Maya", "Owen",
        "Freya", "Isaac", "Niamh", "Theo", "Leila", "Jack", "Ruth", "Samir", "Ella", "Declan",
        "Ingrid", "Mateo", "Joyce", "Kwame", "Saoirse", "Felipe", "Heather", "Arjun",
    ),
}  # fmt: skip
_LAST = {
    "de": (
        "Becker", "Hoffmann", "Yıldız", "Krüger", "Wagner", "Nowak", "Schäfer", "Böhm", "Vogel",
        "Arslan", "Lindner", "Kowalski", "Roth", "Huber", "Jansen", "Öztürk", "Brandt", "Seidel",
        "Pfeiffer", "Grünwald", "Marx", "Köhler", "Wolff", "Engel", "Haas", "Busch", "Thiel",
    ),
    "en": (
        "Carter", "Hughes", "Okafor", "Bennett", "Murphy", "Shah", "Reid", "Fletcher", "Walsh",
        "Nguyen", "Harper", "Doyle", "Clarke", "Mensah", "Foster", "Kaur", "Barnes", "Silva",
        "Hayes", "Pereira", "Lowe", "Quinn", "Marsh", "Tanaka", "Frost", "Osei", "Dunn",
    ),
}  # fmt: skip
_PHONES = frozenset({Channel.WHATSAPP, Channel.SMS})
_ORDER_ID = re.compile(r"NV(\d{5})")


def cast(personas: Sequence[Persona], rng: Random, first_round: int = 0) -> Iterator[Persona]:
    """All personas in changing order, for ever; the hostile ones thinly spread.

    In round 0 everybody plays herself; later rounds bring other people.
    """
    usual = _rounds([one for one in personas if one.topic != HOSTILE], rng, first_round)
    hostile = _rounds([one for one in personas if one.topic == HOSTILE], rng, first_round)
    for place in count(1):
        yield next(hostile if place % HOSTILE_EVERY == 0 else usual)


def _rounds(personas: Sequence[Persona], rng: Random, first: int) -> Iterator[Persona]:
    for nth in count(first):
        for persona in rng.sample(personas, len(personas)):
            yield another(persona, nth, rng)


def another(persona: Persona, nth: int, rng: Random) -> Persona:
    """The `nth` person who behaves like `persona`; the 0th is the persona herself."""
    if nth == 0:
        return persona
    name = persona.name
    if any(map(str.isalpha, name)) and persona.topic != HOSTILE:
        name = f"{rng.choice(_FIRST[persona.language])} {rng.choice(_LAST[persona.language])}"
    address = address_for(persona.channel, name, rng)
    if persona.name == persona.address:
        name = address
    other = tuple(
        replace(one, address=address_for(one.channel, name, rng)) for one in persona.other
    )
    return replace(played(persona, nth, name), address=address, other=other)


def played(persona: Persona, nth: int, name: str) -> Persona:
    """`persona` as the `nth` person says it, who is called `name`."""

    def say(lines: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_reworded(line, persona.name, name, nth) for line in lines)

    return replace(
        persona,
        id=f"{persona.id}#{nth}",
        name=name,
        subject=_reworded(persona.subject, persona.name, name, nth),
        before=tuple(
            replace(line, text=_reworded(line.text, persona.name, name, nth))
            for line in persona.before
        ),
        opening=say(persona.opening),
        replies=tuple(Reply(say(reply.say), reply.keywords) for reply in persona.replies),
        orders=tuple(replace(one, id=_renumbered(one.id, nth)) for one in persona.orders),
    )


def recast(personas: Sequence[Persona], part: str, name: str) -> Persona | None:
    """The persona of a part (``persona#nth``) that `name` plays; None: nobody knows it."""
    base, _mark, nth = part.partition("#")
    for persona in personas:
        if persona.id == base:
            return played(persona, int(nth), name) if nth.isdecimal() else persona
    return None


def _reworded(text: str, name: str, new_name: str, nth: int) -> str:
    """`text` as somebody else would have written it: her own name, her own order numbers."""
    text = _renumbered(text, nth) if "NV" in text else text
    return text.replace(name, new_name) if name in text else text


def _renumbered(text: str, nth: int) -> str:
    return _ORDER_ID.sub(lambda found: f"NV{(int(found[1]) + 7919 * nth) % 100_000:05d}", text)


def address_for(channel: Channel, name: str, rng: Random) -> str:
    """An address on `channel` from the ranges that are kept for examples."""
    if channel in _PHONES:
        return f"+49 1555 01{rng.randrange(100_000):05d}"
    slug = slug_of(name)
    match channel:
        case Channel.EMAIL:
            return f"{slug}{rng.randrange(100)}@example.com"
        case Channel.WEBCHAT:
            return f"visitor-{rng.getrandbits(24):06x}"
        case Channel.INAPP:
            return f"app-{rng.randrange(10_000, 100_000)}"
        case Channel.THREEMA:
            return "".join(rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ23456789") for _letter in range(8))
        case Channel.TELEGRAM | Channel.X:
            return f"@{slug.replace('.', '_')}{rng.randrange(100)}"
        case _:
            return f"{slug}.{rng.randrange(1000)}"


def slug_of(name: str) -> str:
    """A name as it looks in an address: lower case, ASCII, dots for spaces."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", ".", plain).strip(".") or "kunde"
