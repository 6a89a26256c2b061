"""The customers' side of the desk: a queue of what is due, turned into calls to the world.

Pure: driven by `due(now)`, with chance from a seeded `Random`. Everything happens at the moment
it was due, however late one looks, so that the same commands at the same times make the same
day. What a customer does is decided in `customers`; that somebody new comes, in `arrivals`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from agent_tui.backends.mock import delivery
from agent_tui.backends.mock.customers import (
    AgentTyping,
    AgentWrote,
    Mood,
    Resolved,
    Says,
    Silence,
    Stimulus,
    StopsTyping,
    Types,
    Waits,
    Woken,
    react,
)
from agent_tui.backends.mock.media import said
from agent_tui.backends.mock.persona import Persona
from agent_tui.backends.mock.wire import Json
from agent_tui.backends.mock.world import World
from agent_tui.model import AuthorKind, Channel, Delivery

Frames = tuple[Json, ...]
"""Events and signals, in the order they are to be sent."""
Act = Callable[[datetime], Frames]

RATES = 0.35
"""How likely a customer says how content she was."""
_NO_TYPING_MARK = frozenset({Channel.EMAIL, Channel.SMS})


@dataclass(slots=True)
class Seat:
    """A customer in her conversation."""

    persona: Persona
    mood: Mood
    busy_until: datetime | None = None
    """She is writing, and reads what comes meanwhile when she has finished."""
    heard: list[str] = field(default_factory=list)
    """Answers that came while she was writing."""
    patience: int = 0
    """Counts stimuli: a timer set before the newest one no longer counts."""


class Simulation:
    """The customers of a world, and what they will do next."""

    def __init__(self, world: World, rng: Random, now: datetime) -> None:
        self.world = world
        self.rng = rng
        self.now = now
        """When somebody looked last."""
        self.seats: dict[str, Seat] = {}
        self.unasked = 0
        """Messages of customers that no agent's answer brought about."""
        self._due: list[tuple[datetime, int, Act]] = []
        self._count = 0

    # ── the queue ───────────────────────────────────────────────────────────────────

    def at(self, moment: datetime, act: Act) -> None:
        """Do `act` at `moment`."""
        self._count += 1
        heapq.heappush(self._due, (moment, self._count, act))

    def next_due(self) -> datetime | None:
        """When the next thing is due; None: nothing is."""
        wake = self.world.next_wake()
        act = self._due[0][0] if self._due else None
        return min((at for at in (wake, act) if at is not None), default=None)

    def due(self, now: datetime) -> Frames:
        """Do what is due at `now` or was before; the events and signals it caused, in order."""
        self.now = now
        frames: list[Json] = []
        while self._due and self._due[0][0] <= now:
            frames.extend(self._wake(self._due[0][0]))
            at, _count, act = heapq.heappop(self._due)
            frames.extend(act(at))
        frames.extend(self._wake(now))
        return tuple(frames)

    def _wake(self, now: datetime) -> Frames:
        """Wake who sleeps until `now`; each at her own moment."""
        frames: list[Json] = []
        while (until := self.world.next_wake()) is not None and until <= now:
            woken = self.world.wake_due(until)
            frames.extend(woken)
            for event in woken:
                frames.extend(self.stimulate(event["conv"], Woken(), until))
        return tuple(frames)

    # ── what agents do ──────────────────────────────────────────────────────────────

    def told(self, events: Iterable[Json], now: datetime) -> Frames:
        """Hear what an agent's command has caused."""
        frames: list[Json] = []
        for event in events:
            message = event["data"].get("message")
            if message is None or message["author"]["kind"] != AuthorKind.AGENT:
                continue
            if message["kind"] == "text":
                frames.extend(self._sent(event["conv"], message["id"], message["text"], now))
            elif message["activity"] is not None and message["activity"]["what"] == "resolved":
                frames.extend(self._resolved(event["conv"], now))
        return tuple(frames)

    def agent_types(self, conv: str, now: datetime) -> Frames:
        """The customer sees that somebody is writing to her."""
        return self.stimulate(conv, AgentTyping(), now)

    def _sent(self, conv: str, message_id: str, text: str, now: datetime) -> Frames:
        """A reply is on its way; a customer it does not reach cannot answer it."""
        seat = self.seats.get(conv)
        channel = self.world.conversations[conv].channel
        plan = delivery.plan(channel, seat.persona.topic if seat else "", self.rng)
        for after, step, failure in plan.reports:
            self.report_at(message_id, now + timedelta(seconds=after), step, failure)
        if plan.failed:
            return ()
        arrives = now + timedelta(seconds=plan.arrives_after)
        if seat is None:
            return ()
        seat.heard.append(text)
        start = arrives if seat.busy_until is None else max(arrives, seat.busy_until)
        self.at(start, lambda at: self._listens(conv, message_id, at))
        return ()

    def report_at(self, message: str, moment: datetime, step: Delivery, failure: str) -> None:
        self.at(moment, lambda now: self.world.report_delivery(message, step, failure, now))

    def _listens(self, conv: str, message_id: str, now: datetime) -> Frames:
        """She reads everything that has come, and reacts to it as one answer."""
        seat = self.seats[conv]
        if seat.busy_until is not None and seat.busy_until > now:
            self.at(seat.busy_until, lambda at: self._listens(conv, message_id, at))
            return ()
        frames: list[Json] = []
        if delivery.shows_reading(self.world.conversations[conv].channel):
            frames.extend(self._reads(message_id, now))
        heard, seat.heard = seat.heard, []
        if heard:
            frames.extend(self.stimulate(conv, AgentWrote("\n".join(heard)), now))
        return tuple(frames)

    def _reads(self, message_id: str, now: datetime) -> Frames:
        return self.world.report_delivery(message_id, Delivery.READ, "", now)

    def _resolved(self, conv: str, now: datetime) -> Frames:
        frames = self.stimulate(conv, Resolved(), now)
        seat = self.seats.get(conv)
        if seat is not None and seat.mood.away and self.rng.random() < RATES:
            stars = self.rng.choice((5, 5, 5, 4, 4, 3, 2, 1))
            after = timedelta(seconds=self.rng.uniform(6, 40))
            self.at(now + after, lambda at: self.world.rate(conv, stars, at))
        return frames

    # ── what customers do ───────────────────────────────────────────────────────────

    def stimulate(self, conv: str, stimulus: Stimulus, now: datetime) -> Frames:
        """Let the customer of `conv` react, now and in what she does after it."""
        seat = self.seats.get(conv)
        if seat is None:
            return ()
        seat.patience += 1
        seat.mood, acts = react(seat.persona, seat.mood, stimulus, self.rng)
        asked = isinstance(stimulus, AgentWrote)
        for act in acts:
            match act:
                case Types(after):
                    self._moves(seat, now, after, self._typing(conv, on=True))
                case StopsTyping(after):
                    self._moves(seat, now, after, self._typing(conv, on=False))
                case Says(after, text):
                    self._moves(seat, now, after, self._saying(conv, text, asked=asked))
                case Waits(until):
                    self._lose_patience_after(conv, seat, now, until)
                case _:
                    pass  # who leaves does nothing more
        return ()

    def _moves(self, seat: Seat, now: datetime, after: float, act: Act) -> None:
        moment = now + timedelta(seconds=after)
        seat.busy_until = moment
        self.at(moment, act)

    def _typing(self, conv: str, *, on: bool) -> Act:
        def act(_now: datetime) -> Frames:
            if self.world.conversations[conv].channel in _NO_TYPING_MARK:
                return ()
            return (self.world.customer_types(conv, on),)

        return act

    def _saying(self, conv: str, text: str, *, asked: bool) -> Act:
        def act(now: datetime) -> Frames:
            self.unasked += not asked
            words, attachments = said(text, self.rng)
            return self.world.customer_writes(conv, words, now, attachments)

        return act

    def _lose_patience_after(self, conv: str, seat: Seat, now: datetime, seconds: float) -> None:
        timer = seat.patience

        def act(moment: datetime) -> Frames:
            if seat.patience != timer:
                return ()
            return self.stimulate(conv, Silence(seconds), moment)

        self.at(now + timedelta(seconds=seconds), act)
