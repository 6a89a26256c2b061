"""R19: somebody sets the clock, or the machine sleeps. What waits leaves when it was promised to
leave, in the order it was asked for, and only what is really old asks again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

import pytest
from builders import NOW, conv_id, conversation, live, safe, welcomed
from row import Row

from agent_tui.backends.desk.backoff import Backoff
from agent_tui.clock import ManualClock
from agent_tui.events import Link, LinkChanged, Refusal, Rejected, SnapshotPart, TypingChanged
from agent_tui.journal.kept import Found, KeptOp
from agent_tui.keeping import bring_back, to_keep
from agent_tui.model import Author, AuthorKind, OpId
from agent_tui.ops import Send
from agent_tui.outbox import HELD_AFTER
from agent_tui.shown import SendState
from agent_tui.store import Store

HOUR = 3600.0
HOLD = 5.0


class WallOnly(ManualClock):
    """The defect: moments to come are told by the clock that somebody sets."""

    def steady(self) -> datetime:
        return self.at


@dataclass
class Day:
    """A store whose clock is set at random; finds out what went wrong."""

    clock: ManualClock
    random: Random

    def __post_init__(self) -> None:
        self.wrong: list[str] = []
        self.store = self._open()

    def _open(self) -> Store:
        store = Store()
        store.apply(welcomed(100), self.clock.steady())
        parts = tuple(conversation(number) for number in range(1, 5))
        store.apply(SnapshotPart(1, 1, parts), self.clock.steady())
        store.apply(live(), self.clock.steady())
        return store

    def disturb(self) -> None:
        """Somebody sets the clock, by up to an hour."""
        self.clock.jump(self.random.uniform(-HOUR, HOUR))

    def ask(self, name: str, conv: int, hold: float = 0.0) -> None:
        op = Send(id=OpId(name), conversation=conv_id(conv), text=safe(name), seen_seq=1)
        self.store.propose(op, self.clock.now(), hold, self.clock.steady())

    def due(self) -> list[str]:
        return [op.id for op in self.store.take_due(self.clock.steady())[0]]

    def expect(self, what: str, got: object, wanted: object) -> None:
        if got != wanted:
            self.wrong.append(f"{what}: {got!r} instead of {wanted!r}")

    def line(self, link: Link) -> None:
        self.store.apply(LinkChanged(link, self.clock.now()), self.clock.steady())


def holding(day: Day) -> None:
    """A reply is held for its undo time, whatever the clock on the wall does."""
    day.ask("a", 1, HOLD)
    day.disturb()
    day.clock.advance(HOLD - 0.5)
    day.expect("held", day.due(), [])
    day.disturb()
    day.clock.advance(1)
    day.expect("leaves", day.due(), ["a"])


def waiting_as_told(day: Day) -> None:
    """The desk said: again in thirty seconds."""
    day.ask("a", 1)
    day.expect("first", day.due(), ["a"])
    no = Rejected(OpId("a"), conv_id(1), Refusal.RATE_LIMITED, retry_after=30)
    day.store.apply(no, day.clock.steady())
    day.disturb()
    day.clock.advance(29)
    day.expect("too early", day.due(), [])
    day.disturb()
    day.clock.advance(2)
    day.expect("again", day.due(), ["a"])


def no_false_expiry(day: Day) -> None:
    """Nine minutes without a line are nine minutes."""
    day.line(Link.OFFLINE)
    day.ask("a", 1)
    day.disturb()
    day.clock.advance(HELD_AFTER.total_seconds() - 60)
    day.line(Link.LIVE)
    day.expect("goes", day.due(), ["a"])


def old_is_old(day: Day) -> None:
    """Eleven minutes without a line are eleven, also while the machine sleeps."""
    day.line(Link.OFFLINE)
    day.ask("a", 1)
    day.disturb()
    half = HELD_AFTER.total_seconds() / 2 + 30
    day.clock.advance(half)
    day.clock.sleep(half)
    day.disturb()
    day.line(Link.LIVE)
    day.expect("asks", day.due(), [])
    day.expect("held", [p.state for p in day.store.outbox], [SendState.HELD])


def order_is_as_asked(day: Day) -> None:
    """The clock goes back between two replies; they leave, and come back from disk, in order."""
    day.line(Link.OFFLINE)
    names = [f"m{number}" for number in range(6)]
    for name in names:
        day.ask(name, 1)
        day.disturb()
    rows = to_keep(day.store, day.clock).rows.values()
    found = Found(tuple(row for row in rows if isinstance(row, KeptOp)))
    after = day._open()
    bring_back(after, replace(found, ops=tuple(reversed(found.ops))), day.clock)
    day.expect("order", [p.op.id for p in after.outbox], names)


def marks_last(day: Day) -> None:
    """Somebody types: that is known for half a minute."""
    who = Author(AuthorKind.CUSTOMER, safe("Noah"), "p-17")
    day.store.apply(TypingChanged(conv_id(1), who, on=True), day.clock.steady())
    day.disturb()
    day.clock.advance(10)
    day.store.tick(day.clock.steady())
    day.expect("types", len(list(day.store.presence.typing_in(conv_id(1)))), 1)
    day.clock.advance(25)
    day.store.tick(day.clock.steady())
    day.expect("stopped", len(list(day.store.presence.typing_in(conv_id(1)))), 0)


def no_storm(day: Day) -> None:
    """The desk does not answer for ten minutes, and the clock is set all the while."""
    backoff = Backoff(day.random)
    attempts: list[float] = []
    end = day.clock.monotonic() + 600
    while day.clock.monotonic() < end:
        day.disturb()
        day.clock.advance(backoff.wait(day.clock.monotonic()))
        attempts.append(day.clock.monotonic())
    worst = max(sum(1 for b in attempts if a <= b < a + 60) for a in attempts)
    day.expect("at most 20 a minute", worst <= 20, True)


SCENES: tuple[Callable[[Day], None], ...] = (
    holding,
    waiting_as_told,
    no_false_expiry,
    old_is_old,
    order_is_as_asked,
    marks_last,
    no_storm,
)


def found_wrong(clock: Callable[[datetime], ManualClock], random: Random, runs: int) -> list[str]:
    """What goes wrong in so many runs of every scene."""
    wrong: list[str] = []
    for _run in range(runs):
        for scene in SCENES:
            day = Day(clock(NOW + timedelta(days=random.random())), random)
            scene(day)
            wrong += [f"{scene.__name__}: {words}" for words in day.wrong]
    return wrong


@pytest.mark.row(
    "R19", "order right, no storm, no false expiry under ±1 h jumps and 10 min of sleep"
)
def test_r19_the_clock_is_set_and_the_machine_sleeps(row: Row) -> None:
    runs = row.pick(quick=40, full=2000)
    wrong = found_wrong(ManualClock, row.random(), runs)
    row.reached(f"{len(wrong)} wrong in {runs * len(SCENES)} scenes", ok=not wrong)


@pytest.mark.row_defect("R19", "timers read the wall clock")
def test_r19_catches_timers_on_the_wall_clock(row: Row) -> None:
    wrong = {words.split(":")[0] for words in found_wrong(WallOnly, row.random(), 20)}
    assert {"holding", "waiting_as_told", "no_false_expiry", "old_is_old", "marks_last"} <= wrong


@pytest.mark.row_defect("R19", "what comes back from disk is ordered by the wall clock")
def test_r19_catches_an_order_by_the_wall_clock(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    from agent_tui import keeping  # noqa: PLC0415 - the module whose rule is broken

    sound = keeping.bring_back

    def by_wall(store: Store, found: Found, clock: ManualClock) -> object:
        by_time = sorted(found.ops, key=lambda one: one.made_at)
        ops = tuple(replace(one, order=place) for place, one in enumerate(by_time))
        return sound(store, replace(found, ops=ops), clock)

    monkeypatch.setitem(globals(), "bring_back", by_wall)
    assert any(words.startswith("order_is") for words in found_wrong(ManualClock, row.random(), 5))
