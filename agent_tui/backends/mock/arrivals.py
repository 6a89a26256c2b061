"""What happens at the desk without an agent's doing: new customers, and old ones who write on.

`Arrivals` keeps to a mean rate, in messages a second. Whatever a new customer writes after her
first line counts against the rate too, so that it holds however talkative they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from agent_tui.backends.mock import phrases, rules
from agent_tui.backends.mock.customers import Mood, Opened, Silence
from agent_tui.backends.mock.ledger import FIRST_NUMBER
from agent_tui.backends.mock.persona import Line, Persona
from agent_tui.backends.mock.records import Contact
from agent_tui.backends.mock.simulation import Act, Frames, Seat, Simulation
from agent_tui.backends.mock.world import World
from agent_tui.model import AuthorKind, Status

SOON = 8.0
"""Seconds within which something happens at a desk that has just opened."""
LIVELY = 12
"""How many of those who wait at the start lose their patience in the first minutes."""
MOST_DEBT = 40
"""More messages out of turn than this are forgiven, or nobody new would come for too long."""
MOST_LAG = timedelta(minutes=15)
"""A desk that stood still for longer does not make up for what it missed."""

Newcomer = Callable[[datetime], tuple[Persona, Contact]]
"""Who comes next at a moment, and her contact, which is in the books already."""

_IMPATIENT = 600.0
_FOR_EVER = 1e9
_NEW = 0.5
_WRITES_ON = 0.9
_MOST_UNREAD = 8
_TRIES = 30


class Arrivals:
    """Keeps customers coming, at `rate` messages a second (0: nobody comes)."""

    def __init__(self, simulation: Simulation, newcomer: Newcomer | None, rate: float) -> None:
        self.simulation = simulation
        self.newcomer = newcomer
        self.rate = rate
        self._paid = 0
        """How many of the messages nobody asked for have been counted against the rate."""

    def begin(self, now: datetime) -> None:
        """The desk opens: some of those who wait write soon, and new ones come."""
        if self.rate <= 0:
            return
        rng = self.simulation.rng
        fretful = [conv for conv, seat in self.simulation.seats.items() if self._frets(conv, seat)]
        for place, conv in enumerate(rng.sample(fretful, min(LIVELY, len(fretful)))):
            after = (0.8, 3.0)[place] if place < 2 else rng.uniform(SOON, 180)
            self._frets_at(conv, now + timedelta(seconds=after))
        first = min(rng.expovariate(self.rate), SOON)
        self.simulation.at(now + timedelta(seconds=first), self._next)

    def _frets(self, conv: str, seat: Seat) -> bool:
        """Whether this customer is likely to ask again soon."""
        waits = self.simulation.world.conversations[conv].waiting_since is not None
        persona = seat.persona
        return waits and persona.patience <= _IMPATIENT and seat.mood.nags < len(persona.impatient)

    def _frets_at(self, conv: str, moment: datetime) -> None:
        def act(now: datetime) -> Frames:
            if self.simulation.seats[conv].patience:
                return ()  # something else has happened to her since
            return self.simulation.stimulate(conv, Silence(_FOR_EVER), now)

        self.simulation.at(moment, act)

    def _next(self, now: datetime) -> Frames:
        """One turn: somebody writes, unless somebody has written out of turn already."""
        gap = timedelta(seconds=self.simulation.rng.expovariate(self.rate))
        self.simulation.at(max(now, self.simulation.now - MOST_LAG) + gap, self._next)
        unasked = self.simulation.unasked
        if unasked > self._paid:
            self._paid = max(self._paid + 1, unasked - MOST_DEBT)
            return ()
        self._paid += 1
        return self._somebody(now)

    def _somebody(self, now: datetime) -> Frames:
        """A new customer, or one who is here already."""
        rng = self.simulation.rng
        dice = rng.random()
        if dice < _NEW:
            return self._comes(now)
        wanted = Status.OPEN
        if dice >= _WRITES_ON:
            wanted = rng.choice((Status.SNOOZED, Status.RESOLVED))
        conv = self._pick(wanted)
        return self._comes(now) if conv is None else self._writes_on(conv, now)

    def _pick(self, wanted: Status) -> str | None:
        """A conversation whose customer could well write something more; None: none was found."""
        world, rng = self.simulation.world, self.simulation.rng
        for _ in range(_TRIES if world.conversations else 0):
            conv = world.conversations[f"c-{rng.randrange(FIRST_NUMBER, world.next_number)}"]
            if conv.status is not wanted or conv.unread >= _MOST_UNREAD:
                continue
            if wanted is not Status.OPEN or conv.waiting_since is not None:
                return conv.id
        return None

    def _writes_on(self, conv: str, now: datetime) -> Frames:
        """She asks again, or something occurs to her."""
        simulation = self.simulation
        seat = simulation.seats.get(conv)
        lines = phrases.FOLLOW_UPS[seat.persona.language if seat else "en"]
        if seat and simulation.world.conversations[conv].status is Status.RESOLVED:
            lines = seat.persona.comes_back or lines
        elif seat and simulation.rng.random() < 0.4:
            lines = seat.persona.impatient or lines
        simulation.unasked += 1
        return simulation.world.customer_writes(conv, simulation.rng.choice(lines), now)

    def _comes(self, now: datetime) -> Frames:
        """Somebody new writes; if the bot was there first, that is told as well."""
        simulation, world = self.simulation, self.simulation.world
        if self.newcomer is None:
            return ()
        persona, contact = self.newcomer(now)
        blank = replace(
            rules.fresh(contact, persona.channel, now),
            subject=persona.subject,
            labels=persona.labels,
            priority=persona.priority,
            reason="" if persona.before else persona.reason,
        )
        conv = world.add_conversation(blank).id
        simulation.seats[conv] = Seat(persona, Mood())
        moment = now
        for line in persona.before:
            simulation.at(moment, self._unasked(_earlier_line(world, conv, line)))
            moment += timedelta(seconds=simulation.rng.uniform(2, 9))
        if persona.before and persona.reason:
            handover = self._unasked(lambda at: world.hand_over(conv, persona.reason, at))
            simulation.at(moment, handover)
        simulation.at(moment, lambda at: simulation.stimulate(conv, Opened(), at))
        return ()

    def _unasked(self, act: Act) -> Act:
        def counted(now: datetime) -> Frames:
            self.simulation.unasked += 1
            return act(now)

        return counted


def _earlier_line(world: World, conv: str, line: Line) -> Act:
    if line.author is AuthorKind.CUSTOMER:
        return lambda now: world.customer_writes(conv, line.text, now)
    return lambda now: world.bot_writes(conv, line.text, now)
