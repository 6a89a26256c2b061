"""The desk's side: the mock desk's own reducers, without a socket, and a witness beside them.

Whatever the real desk is asked or does is done in the `Book`, too, and the two have to agree.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random

from model.book import STATE_OPS, Book, Case
from model.hall import BEAT, Hall, PaperLink
from model.wire import Closing, Wire

from agent_tui.backends.mock import rules
from agent_tui.backends.mock.commands import Outcome
from agent_tui.backends.mock.identities import Grant
from agent_tui.backends.mock.link import Goodbye
from agent_tui.backends.mock.opening import Opened
from agent_tui.backends.mock.records import Contact
from agent_tui.backends.mock.simulation import Simulation
from agent_tui.backends.mock.staff import DESK
from agent_tui.backends.mock.state_rows import Restored, everything, restore, rows_of
from agent_tui.backends.mock.stream import RETENTION, Stream, encode
from agent_tui.backends.mock.wire import Json, stamp
from agent_tui.backends.mock.world import World
from agent_tui.clock import ManualClock
from agent_tui.model import Availability, Channel, Delivery

DEAF = 20.0
"""Seconds after which the desk takes a silent line for dead."""
CHANNELS = (Channel.WEBCHAT, Channel.EMAIL, Channel.TELEGRAM)
"""Held for three seconds or fifteen before a reply leaves, and open at any time."""

LONG_AGO = 1000
"""Where the first stream begins: far above any number of a later one."""

Wrong = Callable[[str, str], None]
"""Takes a kind of defect, and what was found."""


class House:
    """One desk, over all its restarts."""

    forgets = False
    """A defect: answers do not outlive a restart."""

    def __init__(self, ident: str, clock: ManualClock, chance: Random, wrong: Wrong) -> None:
        self.ident, self.clock, self.chance, self.wrong = ident, clock, chance, wrong
        self.busy = 0.0
        """How often a command is answered with "not now"."""
        self.room = chance.choice((3, 8, 1000))
        self.keep = chance.choice((6, RETENTION))
        """How many events can be resumed from."""
        self.grant = Grant()
        """The token that is to be had now."""
        self.said: Counter[str] = Counter()
        """How often each word of the agents is in a thread."""
        self.done: list[str] = []
        """Commands that were carried out, in order."""
        self.asked: Callable[[str, Json], None] = lambda _agent, _frame: None
        """Told of each command that is carried out."""
        self._told = 0
        self._epochs = itertools.count(1)
        self._next_beat = clock.monotonic() + BEAT
        self.up = True
        self.wires: dict[Wire, PaperLink | None] = {}
        self._since: dict[Wire, float] = {}
        self.book = Book(self._epoch(), LONG_AGO)
        self._open(self._found())

    def _epoch(self) -> str:
        """The name of the next stream: no other of this desk or another has it."""
        return f"{self.ident}.e{next(self._epochs)}"

    def _found(self) -> Restored:
        world = World(DESK, self.book.epoch, self.ident, LONG_AGO)
        now = self.clock.now()
        for number, channel in enumerate(CHANNELS, 1):
            contact = world.add_contact(Contact("", f"Customer {number}"))
            conv = world.add_conversation(rules.fresh(contact, channel, now))
            self.book.cases[conv.id] = Case()
            for line in range(self.chance.randint(1, 3)):
                world.customer_writes(conv.id, f"hello {line}", now)
                self.book.customer(conv.id, f"hello {line}")
        self._told = len(self.book.ring)
        return Restored(world, Stream(world.seq), {})

    def _open(self, restored: Restored) -> None:
        simulation = Simulation(restored.world, self.chance, self.clock.now())
        opened = Opened(restored.world, simulation, restored.stream)
        self.world = restored.world
        restored.stream.keep = self.keep
        self.floor = Hall(opened, self.clock, self)

    @property
    def conversations(self) -> list[str]:
        return list(self.book.cases)

    # The witness

    def witness(self, agent: str, frame: Json, outcome: Outcome, ver: int) -> None:
        """A command was carried out, or not: was that right?"""
        first = (agent, frame["id"]) not in self.book.answers
        if outcome.events and frame["op"] in STATE_OPS and frame["base_ver"] != ver:
            self.wrong("overwrite", f"{frame['op']} on {frame['base_ver']} at {ver}")
        for event in outcome.events:
            message = event["data"].get("message")
            if message is not None and message["kind"] != "activity":
                self.said.update(message["text"].split())
        if outcome.answer["ok"] and (first or outcome.events):
            self.asked(agent, frame)
            self.done.append(frame["id"])
        answered = self.book.command(agent, frame, stamp(self.clock.now()))
        error = outcome.answer.get("error", {}).get("code", "")
        seq = outcome.answer.get("result", {}).get("seq", 0)
        if (error, seq) != (answered.code, answered.seq):
            self.wrong("desk", f"{frame['op']}: {error!r} {seq}, the book says {answered}")

    def compare(self, frame: Json) -> None:
        """An event is about to be told: the book has it, too."""
        if frame["frame"] != "ev":
            return
        ring = self.book.ring
        if self._told == len(ring):
            self._heard(frame)
        told = frame["seq"], frame["type"], frame["conv"], frame["cmd_id"]
        expected = ring[self._told] if self._told < len(ring) else None
        self._told += 1
        if told != expected:
            self.wrong("desk", f"event {told}, the book says {expected}")

    def _heard(self, frame: Json) -> None:
        """Something the desk does by itself."""
        if frame["type"] != "conversation":
            self.book.other(frame["type"], frame["conv"])
            return
        case = self.book.cases[frame["conv"]]
        now = stamp(self.clock.now())
        if case.snooze is None or (case.snooze["until"] or "~") > now:
            self.wrong("desk", f"{frame['conv']} woke before its time")
        self.book.wake(frame["conv"])

    # Consoles

    def connect(self) -> Wire | None:
        """A new connection; None: nobody is at home."""
        if not self.up:
            return None
        wire = Wire(self.grant)
        self.wires[wire] = None
        return wire

    def serve(self, wire: Wire, count: int) -> None:
        """Hear up to `count` frames of a console, and see who has to go."""
        for _frame in range(count):
            if not wire.up or wire not in self.wires:
                break
            self._hear(wire, json.loads(wire.up.popleft()))
            self.settle()
        if wire.over_for_desk and wire in self.wires:
            self._drop(wire)

    def _hear(self, wire: Wire, frame: Json) -> None:
        link = self.wires[wire]
        try:
            if link is None:
                hello = self.floor.understand(frame, wire.grant)
                link = PaperLink(wire, hello.agent, hello.device, self.room)
                self.floor.admit(link, hello, wire.grant)
                self.wires[wire] = link
            elif frame["frame"] == "cmd" and self.chance.random() < self.busy:
                error = {"code": "rate_limited", "message": "busy", "retry_after": 2}
                link.push(encode({"frame": "res", "id": frame["id"], "ok": False, "error": error}))
            else:
                self.floor.handle(link, frame)
        except Goodbye as goodbye:
            self._hang_up(wire, goodbye)

    def settle(self) -> None:
        """See out whoever has to go; put on the wires what they take."""
        while ended := [wire for wire, link in self.wires.items() if link and link.ended.done()]:
            for wire in ended:
                link = self.wires[wire]
                assert link is not None
                self._hang_up(wire, link.ended.result())
        for link in self.wires.values():
            if link is not None:
                link.pour()

    def _hang_up(self, wire: Wire, goodbye: Goodbye) -> None:
        """As `hang_up`: what waited is not sent any more."""
        self._drop(wire)
        last = () if goodbye.code in {4012, 1007} else (encode(goodbye.go()),)
        wire.close(*last, Closing(goodbye.code))

    def _drop(self, wire: Wire) -> None:
        link = self.wires.pop(wire)
        self._since.pop(wire, None)
        if link is not None:
            self.floor.leave(link)

    # What happens

    def customer(self, conv: str, text: str) -> None:
        """The customer writes."""
        self.book.customer(conv, text)
        self.floor.publish(self.floor.world.customer_writes(conv, text, self.clock.now()))
        self.settle()

    def colleague(self, frame: Json) -> None:
        """Ben's console asks for something."""
        now = self.clock.now()
        outcome = self.floor.world.command("ben", frame, now)
        told = self.floor.simulation.told(outcome.events, now)
        self.floor.publish((*outcome.events, *told))
        self.settle()

    def time(self) -> None:
        """What is due by now."""
        if not self.up:
            return
        self.floor.publish(self.floor.simulation.due(self.clock.now()))
        if self.clock.monotonic() >= self._next_beat:
            self._next_beat = self.clock.monotonic() + BEAT
            self.floor.beat()
        self.settle()
        for wire in list(self.wires):
            since = self._since.setdefault(wire, self.clock.monotonic())
            if not wire.silent:
                self._since[wire] = self.clock.monotonic()
            elif self.clock.monotonic() - since > DEAF and wire in self.wires:
                self._drop(wire)

    def expire(self) -> None:
        """The token ends; there is a fresh one."""
        self.grant.expires = self.clock.now()
        self.grant = Grant()
        self.time()

    def revoke(self) -> None:
        """The token is taken back, until somebody logs in."""
        self.grant.revoked = True
        self.time()

    # The end of the process

    def kill(self) -> None:
        """kill -9. Whatever was told is on disk; what no console was told yet it will be."""
        for wire in self.wires:
            wire.cut(self.chance)
        self.wires.clear()
        self._since.clear()
        self.up = False

    def start(self, how: str) -> None:
        """Come back: `kept`, without the ring (`lost`), or without the ring and counting `anew`."""
        world = self.world
        epoch = self._epoch()
        if how == "anew":
            self._renumber(epoch)
        elif how == "lost":
            lines = (line.seq for thread in world.threads.values() for line in thread)
            self.book.begin_anew(epoch, {seq: seq for seq in lines}, world.seq)
        answers = () if self.forgets else tuple(world.answers.items())
        texts = self.floor.stream.kept()
        events = tuple(enumerate(texts, self.floor.stream.seq - len(texts) + 1))
        rows = rows_of(world, {}, everything(world), answers, events if how == "kept" else ())
        restored = restore(rows, DESK, epoch, trusted=how == "kept")
        self._open(restored)
        self.up = True
        self._settle_in(restored.world)

    def _settle_in(self, world: World) -> None:
        """As a desk that opens again: nobody is here, and every report will come."""
        now = self.clock.now()
        for agent in world.agents:
            self.floor.publish(world.presence(agent, Availability.OFFLINE, now))
        for message, (conv, place) in world.sent.items():
            if world.threads[conv][place].delivery in {Delivery.ACCEPTED, Delivery.SENT}:
                later = now + timedelta(seconds=1)
                self.floor.simulation.report_at(message, later, Delivery.DELIVERED, "")

    def _renumber(self, epoch: str) -> None:
        """Count anew: from 1, or from a little below where it was."""
        world = self.world
        old = sorted(line.seq for thread in world.threads.values() for line in thread)
        few = self.chance.randint(0, 5)
        first = self.chance.choice((1, max(1, world.seq - len(old) - few)))
        numbers = {number: place for place, number in enumerate(old, first)}
        for conv, thread in world.threads.items():
            thread[:] = [replace(line, seq=numbers[line.seq]) for line in thread]
            world.conversations[conv] = replace(world.conversations[conv], seq=thread[-1].seq)
        world.seq = first + len(old) - 1 + self.chance.randint(0, few)
        self.book.begin_anew(epoch, numbers, world.seq)
