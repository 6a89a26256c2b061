"""A day at the desk: one console, two desks under one address, and everything that can go wrong.

Whoever drives it orders one step after the other (`steps.STEPS`); after each the `Judge` looks on.
Nothing here waits, and nothing happens that was not ordered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random

from builders import NOW
from model.house import House
from model.judge import Judge
from model.paper import Killed, Paper, PaperDisk
from model.seat import Life
from model.wire import Wire

from agent_tui.clock import ManualClock
from agent_tui.events import Link
from agent_tui.model import ConversationId, OpId
from agent_tui.ops import AnyOp, Send
from agent_tui.shown import Mode, SendState

ROUNDS = 60
"""Turns after which everything has to have come to rest."""


@dataclass
class Word:
    """Something the agent typed that is nowhere twice: what must not get lost."""

    name: str
    house: str
    """At which desk."""
    life: int
    """In which life of the console."""
    promised: bool = False
    """It was on paper."""
    dropped: bool = False
    """The agent has crossed it out."""
    over: bool = False
    """At the desk, and shown as such; or lost before it was promised."""


@dataclass
class Asked:
    """Something that was asked for."""

    op: AnyOp
    house: str
    number: int
    """Counts what the agent did."""
    last: int
    """When she last said that it is to go."""
    since: datetime
    """The same by the steady clock."""
    sight: tuple[str, int | None]
    """The stream, and the newest of its numbers she had seen in the conversation."""


class Day:
    """The world that the steps act on."""

    def __init__(self, seed: int, wanted: frozenset[str] | None = None) -> None:
        """`wanted`: the kinds of defects that end the day; None: all."""
        self.chance = Random(seed)
        self.judge = Judge(self, wanted)
        self.clock = ManualClock(NOW)
        self.words: dict[str, Word] = {}
        self.ops: dict[str, Asked] = {}
        self.paper: Paper = {}
        self.houses = {
            name: House(name, self.clock, self.chance, self.judge.wrong) for name in ("d-1", "d-2")
        }
        for house in self.houses.values():
            house.asked = lambda agent, frame, at=house: self.judge.carried_out(at, agent, frame)  # type: ignore[misc]
        self.at = "d-1"
        self.disk_speed = self.chance.choice((0.1, 0.6))
        """How often the disk is faster than what happens next."""
        self.deadly = 0.0
        self.count = self.lives = 0
        self.live_at = NOW
        self._ids: list[OpId] = []
        self.life = self._born()
        for _turn in range(4):
            self.flow()
        self.deadly = self.life.disk.deadly = 0.05
        for house in self.houses.values():
            house.busy = self.chance.choice((0.0, 0.3))

    @property
    def house(self) -> House:
        """The desk that answers under the address."""
        return self.houses[self.at]

    @property
    def wire(self) -> Wire | None:
        return self.life.backend.wire

    def next_number(self) -> int:
        self.count += 1
        return self.count

    def next_id(self) -> OpId:
        name = OpId(f"op-{self.next_number()}")
        self._ids.append(name)
        return name

    # One step

    def do(self, step: Callable[[Day], None], seed: int) -> bool:
        """Do a step whose chance is `seed`; False when a defect was found."""
        self.chance.seed(seed)
        try:
            step(self)
            self.note_asked()
        except Killed:
            self.note_asked()
            self.end_life()
        self.judge.look()
        return not self.judge.found

    def note_asked(self) -> None:
        """Keep in mind what the agent asked for in this step."""
        for name in self._ids:
            pending = self.life.store.outbox.get(name)
            if pending is not None:
                self.ops[name] = self._asked(pending.op, pending.epoch)
        self._ids.clear()

    def _asked(self, op: AnyOp, epoch: str) -> Asked:
        number = self.next_number()
        seen = op.seen_seq if isinstance(op, Send) else None
        house = self.life.store.desk_id
        return Asked(op, house, number, number, self.clock.steady(), (epoch, seen))

    def released(self, op_id: OpId) -> None:
        """The agent said again that it is to go."""
        pending = self.life.store.outbox.get(op_id)
        if pending is not None and op_id in self.ops:
            before = self.ops[op_id]
            self.ops[op_id] = again = self._asked(pending.op, pending.epoch)
            again.number = before.number

    def new_word(self) -> str:
        name = f"w{self.next_number()}"
        self.words[name] = Word(name, self.life.store.desk_id, self.lives)
        return name

    # Turns

    def dial(self) -> None:
        """Connect, where there is no line."""
        if self.wire is None and not self.life.backend.closed:
            self.life.backend.dial(self.house)

    def serve(self, count: int) -> None:
        """The desks hear what came."""
        for house in self.houses.values():
            for wire in list(house.wires):
                house.serve(wire, count)

    def hear(self, count: int) -> None:
        """The link's turn."""
        self.life.session.turn()
        self.life.backend.hear(count)
        self.life.session.turn()
        self.house.settle()

    def breathe(self) -> None:
        """The screen's turn."""
        life = self.life
        brought = life.session._brought_back
        before = life.store.link
        life.breathe()
        back = life.session._brought_back and not brought
        if back or (life.store.link is not before and life.store.link.link is Link.LIVE):
            self.live_at = self.clock.steady()
        if back:
            self.judge.brought_back()

    def flow(self, *, commit: bool = True) -> None:
        """Everybody has a turn, and nothing is in the way; the disk may be slow."""
        self.dial()
        self.hear(50)
        self.serve(50)
        self.hear(50)
        self.breathe()
        if commit:
            self.life.disk.commit()

    def wait(self, seconds: float) -> None:
        """Time passes; the program's threads do not sleep that long."""
        self.life.disk.commit()
        self.life.session.turn()
        self._let_pass(seconds)
        self.life.backend.time(self.chance)

    def _let_pass(self, seconds: float) -> None:
        self.clock.advance(seconds)
        for house in self.houses.values():
            house.time()

    # The console's life

    def _born(self) -> Life:
        self.lives += 1
        name = f"life-{self.lives}"
        disk = PaperDisk(self.paper, self.chance, self.deadly, self.disk_speed)
        life = Life(name, self.clock, self.next_id, disk)
        life.disk.kept = self.judge.kept
        life.backend.leaves = self.judge.leaves
        return life

    def end_life(self) -> None:
        """The console is killed, and started again: at once, or much later."""
        self._ids.clear()
        self.judge.killed()
        if self.wire is not None:
            self.wire.leave(self.chance)
        if self.chance.random() < 0.4:
            self._let_pass(700.0)
        self.life = self._born()

    def log_in(self) -> None:
        """The agent logs in again."""
        house = self.house
        if house.grant.revoked:
            house.grant = type(house.grant)()
        if self.life.backend.closed:
            self.life.log_in()
            self.life.backend.leaves = self.judge.leaves

    # The end

    def rest(self) -> None:
        """Every link heals, and time passes, until nothing moves any more."""
        self.deadly = self.life.disk.deadly = 0.0
        for house in self.houses.values():
            house.busy = 0.0
            if not house.up:
                house.start("kept")
        self.go_to("d-1")
        still = 0
        for _round in range(ROUNDS):
            self.log_in()
            self.wait(12.0)
            self.flow()
            self.judge.look()
            still = still + 1 if self._at_rest() else 0
            if still == 3 or self.judge.found:
                return
        self.judge.wrong("restless", f"not at rest: {[p.state for p in self.life.store.outbox]}")

    def last_customers(self) -> None:
        """Some write just before the end, and nothing comes after it."""
        if self.house.up and self.chance.random() < 0.3:
            for _line in range(self.chance.randint(1, 15)):
                self.house.customer(self.favour(self.house.conversations), f"q{self.next_number()}")

    def send_what_is_left(self) -> None:
        """The agent lets go what is held, and sends what she was writing."""
        desk = self.life.desk
        for pending in list(self.life.store.outbox):
            if pending.state is SendState.HELD:
                desk.release(pending.op.id)
                self.released(pending.op.id)
        for (conv, mode), words in sorted(desk.drafts.items()):
            desk.send(conv, words.text, mode)
        self.note_asked()

    def go_to(self, name: str) -> None:
        """That desk answers under the address from now on."""
        if name != self.at:
            self.breathe()  # to find the other one takes longer than a turn of each thread
            self.life.disk.commit()
            self.at = name
            if self.wire is not None:
                self.wire.cut(self.chance)

    def _at_rest(self) -> bool:
        life, wire = self.life, self.wire
        quiet = wire is not None and not (wire.up or wire.down or wire.is_cut or life.backend.asks)
        done = life.disk.idle and life.session.idle and life.backend.live
        return quiet and done and not any(self.judge.moving())

    def read_everything(self) -> None:
        """Open every thread, and fetch every page of it."""
        for conv in list(self.life.store.conversations()):
            for _page in range(60):
                thread = self.life.store.threads.opened(conv.id)
                if thread.loaded and not thread.stale and not thread.more:
                    break
                if thread.loaded and not thread.stale:
                    self.life.desk.older(conv.id, thread.seqs[0])
                else:
                    self.life.desk.open_thread(conv.id)
                self.flow()

    # What a step picks

    def conversation(self) -> ConversationId | None:
        """One of those on the screen."""
        known = sorted(conv.id for conv in self.life.store.conversations())
        return ConversationId(self.favour(list(known))) if known else None

    def favour(self, conversations: list[str]) -> str:
        """One of them, and most often the first: where much happens, much goes wrong."""
        return conversations[0] if self.chance.random() < 0.5 else self.chance.choice(conversations)

    def mode(self) -> Mode:
        return Mode.NOTE if self.chance.random() < 0.2 else Mode.REPLY
