"""The opening inbox: a working day in full swing, the same for the same seed.

A day is a mix of situations (somebody waits unseen, an agent is in the middle of it, asleep,
done …); each conversation is told as the story that led to its situation (`story`). Everything
is relative to the moment the desk opens.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import cycle
from random import Random
from zoneinfo import ZoneInfo

from agent_tui.backends.mock.cast import HOSTILE, played
from agent_tui.backends.mock.past import Draft
from agent_tui.backends.mock.people import contact_of
from agent_tui.backends.mock.persona import Persona
from agent_tui.backends.mock.records import Contact, Snooze
from agent_tui.backends.mock.story import Situation, Story, invitation, long_story
from agent_tui.channels import RULES

DEFAULT_CONVERSATIONS = 61
OWNERS = ("ana", "ben", "ana", "carla", "deniz", "ana", "emma", "finn")
"""Who owns what, in turn; whoever tries the desk is most likely Ana, so she has more."""

Plot = tuple[Situation, Persona]

_SHARES = {
    Situation.WAITING: 35,
    Situation.OWNED_WAITING: 15,
    Situation.OWNED_ANSWERED: 15,
    Situation.BOT: 5,
    Situation.SNOOZED: 8,
    Situation.RESOLVED: 22,
}
"""Percent of the inbox."""
_OWNED = (Situation.OWNED_WAITING, Situation.OWNED_ANSWERED)
_STRANGERS = frozenset({HOSTILE, "spam", "wrong_number", "opt_out"})
"""Topics of people one does not plan a café with."""
_MANY = 40
"""From so many conversations on, the day has its long thread."""
_REGULARS = 0.3
"""How many of the resolved conversations belong to somebody who is here with another, too."""


def build_day(
    cast: Iterator[Persona], count: int, now: datetime, timezone: str, rng: Random
) -> list[Draft]:
    """`count` conversations of the customers `cast` brings, as they stand at `now`.

    `timezone` is the desk's: there its mornings begin.
    """
    plots = list(zip(_situations(count, rng), cast, strict=False))
    long_at = _first(plots, _can_go_on_for_days) if count >= _MANY else None
    closing_at = _first(plots, _can_be_late)
    owners, naps = cycle(OWNERS), _naps(now, timezone, rng)
    drafts: list[Draft] = []
    for place, (situation, persona) in enumerate(plots):
        contact, part = contact_of(persona, now), persona
        if not persona.opening:
            drafts.append(invitation(persona, contact, now, rng))
            continue
        if situation is Situation.RESOLVED and persona.topic != HOSTILE:
            contact, part = _perhaps_regular(persona, contact, drafts[-30:], rng)
        story = Story(part, contact, now, rng, next(owners))
        if place == closing_at:
            story.closing = True
            drafts.append(story.tell(Situation.OWNED_ANSWERED, naps))
        else:
            drafts.append(story.tell(situation, naps))
    if long_at is not None:
        drafts[long_at] = long_story(drafts[long_at], OWNERS[0], now, rng)
    return drafts


def _first(plots: Sequence[Plot], fits: Callable[[Plot], bool]) -> int | None:
    return next((place for place, plot in enumerate(plots) if fits(plot)), None)


def _can_go_on_for_days(plot: Plot) -> bool:
    """Whether this can be the long thread, which is in German and not a live chat."""
    situation, persona = plot
    usual = persona.language == "de" and persona.topic not in _STRANGERS
    windowed = RULES[persona.channel].reply_window is not None
    return situation in _OWNED and usual and not windowed and not RULES[persona.channel].live


def _can_be_late(plot: Plot) -> bool:
    """Whether this can be the conversation whose reply window is about to close."""
    situation, persona = plot
    return situation in _OWNED and RULES[persona.channel].reply_window is not None


def _situations(count: int, rng: Random) -> list[Situation]:
    """Every situation in its share, by largest remainder, shuffled."""
    exact = {one: count * share / 100 for one, share in _SHARES.items()}
    shares = {one: math.floor(share) for one, share in exact.items()}
    by_rest = sorted(Situation, key=lambda one: shares[one] - exact[one])
    for one in by_rest[: count - sum(shares.values())]:
        shares[one] += 1
    mixed = [one for one, share in shares.items() for _ in range(share)]
    rng.shuffle(mixed)
    return mixed


def _perhaps_regular(
    persona: Persona, contact: Contact, others: Sequence[Draft], rng: Random
) -> tuple[Contact, Persona]:
    """`persona` as herself, or played by one of the `others`, on another of her channels."""
    known = [
        other.contact
        for other in others
        if len(other.contact.identities) > 1 and other.contact.language == persona.language
    ]
    if not known or rng.random() >= _REGULARS:
        return contact, persona
    regular = rng.choice(known)
    way = rng.choice(regular.identities[1:])
    part = played(persona, rng.randrange(1, 100), regular.name)
    return regular, replace(part, channel=way.channel, address=way.address)


def _naps(now: datetime, timezone: str, rng: Random) -> Iterator[Snooze]:
    """When sleepers wake: one very soon, some later, some only when the customer writes."""
    tomorrow = (now.astimezone(ZoneInfo(timezone)) + timedelta(days=1)).replace(
        hour=9, minute=0, second=0, microsecond=0
    )
    yield Snooze(now + timedelta(seconds=rng.uniform(190, 290)))
    while True:
        yield Snooze(None)
        yield Snooze(tomorrow)
        yield Snooze(now + timedelta(minutes=rng.uniform(20, 50)))
        yield Snooze(None)
        yield Snooze(now + timedelta(hours=rng.uniform(1, 4)), keep_asleep=True)
        yield Snooze(tomorrow + timedelta(days=rng.randrange(1, 6)))
