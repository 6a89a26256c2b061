"""The protocol and the program, each made weaker in one place: what the model has to find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from model.hall import Hall, PaperLink, SmallParts
from model.house import House
from model.seat import WireBackend

from agent_tui import keeping, outbox
from agent_tui.backends.base import Receipt, Rejected
from agent_tui.backends.desk import frames
from agent_tui.backends.desk.codec import Ev, Heartbeat, Welcome
from agent_tui.backends.desk.following import Follower, Taken
from agent_tui.backends.desk.questions import command_read
from agent_tui.backends.mock import commands, op_state, op_words
from agent_tui.backends.mock.floor import Floor
from agent_tui.backends.mock.identities import Badge, Grant
from agent_tui.change import NOTHING, Change
from agent_tui.desk import Desk
from agent_tui.events import Acked
from agent_tui.journal import KeptOp
from agent_tui.model import OpId
from agent_tui.ops import AnyOp
from agent_tui.outbox import Outbox, Pending
from agent_tui.session import Session
from agent_tui.shown import SendState
from agent_tui.store import Store

Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Weakening:
    """One defect, planted."""

    name: str
    plant: Patch
    shows: frozenset[str]
    """What goes wrong then (`judge.KINDS`); nothing else counts as having found it."""


WEAKENINGS: list[Weakening] = []


def weaker(name: str, *shows: str) -> Callable[[Patch], Patch]:
    """Put a patch into the table."""

    def enter(plant: Patch) -> Patch:
        WEAKENINGS.append(Weakening(name, plant, frozenset(shows)))
        return plant

    return enter


# ── the desk ────────────────────────────────────────────────────────────────────────


@weaker("no dedupe at the desk", "twice")
def no_dedupe(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(commands, "_keep", lambda *_: None)


@weaker("the desk forgets its answers when it restarts", "twice")
def forgets(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(House, "forgets", True)


@weaker("no compare and set", "overwrite")
def no_compare(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(op_state, "compare", lambda *_: None)


@weaker("no stale check", "blind")
def no_stale_check(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(op_words, "_check_stale", lambda *_: None)


@weaker("racy snapshot", "view")
def racy_snapshot(patch: pytest.MonkeyPatch) -> None:
    sound = Hall.admit

    class Racy(SmallParts):
        floor: Hall

        def parts(self, conversations: Any, at_seq: int) -> list[str]:
            seen = list(conversations)
            self.floor.somebody_writes()
            return super().parts(seen, self.floor.world.seq)

    def admit(self: Hall, link: Any, hello: Any, grant: Grant) -> None:
        self._snapshots = racy = Racy()
        racy.floor = self
        sound(self, link, hello, grant)

    patch.setattr(Hall, "admit", admit)


# ── the line ────────────────────────────────────────────────────────────────────────


@weaker("no epoch check", "view")
def no_epoch_check(patch: pytest.MonkeyPatch) -> None:
    missed, welcome = Floor._missed, Follower._welcome

    def any_epoch(self: Floor, resume: tuple[str, int] | None, badge: Badge) -> list[str] | None:
        here = None if resume is None else (badge.epoch(self.world.epoch), resume[1])
        return missed(self, here, badge)

    def trusting(self: Follower, frame: Welcome) -> Taken:
        if frame.event.resumed:
            self._resume = (frame.epoch, self.seq)
        return welcome(self, frame)

    patch.setattr(Floor, "_missed", any_epoch)
    patch.setattr(Follower, "_welcome", trusting)


@weaker("the desk drops for a slow console, heartbeats without a number", "view")
def drops(patch: pytest.MonkeyPatch) -> None:
    def push(self: PaperLink, text: str) -> None:
        if len(self.backlog) < self.room and not self.ended.done():
            self.backlog.append(text)
            self.pour()

    patch.setattr(PaperLink, "push", push)
    patch.setattr(Follower, "_heartbeat", lambda self, _frame: Taken(send=Heartbeat(self.seq)))


@weaker("and no gap check", "view")
def drops_and_no_gap_check(patch: pytest.MonkeyPatch) -> None:
    drops(patch)
    sound = Follower._event

    def careless(self: Follower, frame: Ev) -> Taken:
        if self._resume is not None and frame.seq > self.seq:
            self._resume = (self._resume[0], frame.seq - 1)
        return sound(self, frame)

    patch.setattr(Follower, "_event", careless)


@weaker("a new id for every retry", "twice")
def new_ids(patch: pytest.MonkeyPatch) -> None:
    tries: Counter[str] = Counter()

    async def submit(self: WireBackend, op: AnyOp) -> Receipt:
        tries[op.id] += 1
        again = replace(op, id=OpId(f"{op.id}.{tries[op.id]}"))
        read = command_read(op.id, op.conversation)
        answer = await self._ask(again.id, frames.command(again), read)
        if isinstance(answer, Acked):
            return Receipt(answer.seq)
        raise Rejected(answer)  # type: ignore[arg-type]

    patch.setattr(WireBackend, "submit", submit)


# ── the outbox ──────────────────────────────────────────────────────────────────────


@weaker("counts as sent before the answer", "early", "lost")
def marked_early(patch: pytest.MonkeyPatch) -> None:
    sound = Outbox.take_due

    def early(self: Outbox, *now: Any) -> list[AnyOp]:
        due = sound(self, *now)
        for op in due:
            self.remove(op.id)
        return due

    patch.setattr(Outbox, "take_due", early)


@weaker("several under way in a conversation", "order")
def pipelined(patch: pytest.MonkeyPatch) -> None:
    def all_at_once(self: Outbox, now: Any, epoch: str = "") -> list[AnyOp]:
        due = [p for p in self if p.settled_at_seq is None and outbox._may_leave(p, now)]
        for p in due:
            first = p.epoch if p.unsure else epoch
            self._put(replace(p, state=SendState.SENDING, attempts=p.attempts + 1, epoch=first))
        return [p.op for p in due]

    patch.setattr(Outbox, "take_due", all_at_once)


@weaker("what is under way can be taken back", "arrived", "both", "twice")
def too_late(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Pending, "waiting", property(lambda p: p.settled_at_seq is None))


@weaker("old work goes by itself", "old")
def nothing_is_held(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Outbox, "hold_old", lambda *_, **__: [])


@weaker("numbers of another stream are believed", "blind")
def old_numbers(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Outbox, "outdated", lambda *_, **__: [])


@weaker("the desk's name is not looked at", "elsewhere")
def any_desk(patch: pytest.MonkeyPatch) -> None:
    back = keeping._place_of

    def same(self: Store, desk_id: str) -> Change:
        self.desk_id = desk_id
        return NOTHING

    patch.setattr(Store, "_at_desk", same)
    patch.setattr(keeping, "_place_of", lambda store, kept: back(store, replace(kept, desk_id="")))


@weaker("what is let go overtakes what is under way", "flight", "order")
def overtakes(patch: pytest.MonkeyPatch) -> None:
    def hurry(self: Outbox, op_id: OpId, steady: Any = None) -> bool:
        pending = self.get(op_id)
        if pending is None or pending.state not in {SendState.HOLDING, SendState.HELD}:
            return False
        self._put(replace(pending, state=SendState.QUEUED, leaves_at=None, since=steady))
        return True

    def first(queue: list[Pending]) -> Pending | None:
        here = (p for p in queue if p.settled_at_seq is None and not outbox._parked(p))
        return next(here, None)

    patch.setattr(Outbox, "hurry", hurry)
    patch.setattr(outbox, "_head", first)


@weaker("what waits for the agent's word lets nothing pass", "restless")
def blocks(patch: pytest.MonkeyPatch) -> None:
    def first(queue: list[Pending]) -> Pending | None:
        return next((p for p in queue if p.settled_at_seq is None), None)

    patch.setattr(outbox, "_head", first)


@weaker("what was due in one stream leaves in another", "elsewhere", "blind")
def other_stream(patch: pytest.MonkeyPatch) -> None:
    sound = Session._submit
    patch.setattr(Session, "_submit", lambda self, op, _due_in: sound(self, op, self._stream))


# ── the disk ────────────────────────────────────────────────────────────────────────


@weaker("promised before it is on disk", "lost")
def promised_early(patch: pytest.MonkeyPatch) -> None:
    sound = Outbox.restore
    patch.setattr(Outbox, "restore", lambda self, p: sound(self, replace(p, saved=True)))


@weaker("written to disk after it was sent", "arrived", "both", "twice", "lost", "order")
def written_late(patch: pytest.MonkeyPatch) -> None:
    sound = Session._keep

    def keep(self: Session, due: Sequence[AnyOp] = ()) -> None:
        stream = (self.store.desk_id, self.store.epoch)
        for op in due:
            self._in_link(partial(self._submit, op, stream))
        self.turn()  # type: ignore[attr-defined]
        sound(self, ())

    patch.setattr(Session, "_keep", keep)


@weaker("a text leaves the disk before it is a draft there", "lost")
def taken_back_first(patch: pytest.MonkeyPatch) -> None:
    def at_once(name: str) -> None:
        sound = getattr(Desk, name)

        def early(self: Desk, *op_id: OpId) -> Any:
            result = sound(self, *op_id)
            self._line.pump()
            return result

        patch.setattr(Desk, name, early)

    at_once("undo")
    at_once("take_back")


@weaker("brought back as if it had never left", "arrived", "both", "twice", "order")
def never_left(patch: pytest.MonkeyPatch) -> None:
    sound = keeping._op_back

    def back(store: Store, kept: KeptOp, clock: Any) -> Change:
        return sound(store, replace(kept, left=False), clock)

    patch.setattr(keeping, "_op_back", back)
