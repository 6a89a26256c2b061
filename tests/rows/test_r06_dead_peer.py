"""R6: the desk is dead, and nobody closed the line. The console finds out, says so, and is back as
soon as there is a desk again, with everything that it missed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import Any

import pytest
from far_desk import FarDesk
from lone_console import Console
from row import Row
from toxics import ToxicProxy, toxic_proxy

from agent_tui.backends.desk import line
from agent_tui.backends.desk.client import DeskBackend
from agent_tui.backends.desk.following import Follower
from agent_tui.events import Link

REQUIRED = (
    "half-open, stopped desk, protocol error, silence: noticed <= 22 s, shown <= 25 s, "
    "resumed <= 2 s after return"
)

BEATS = 2.2
"""Heartbeats after which silence is death (docs/protocol.md §4): 22 s of 10 s."""
SHOWN_AFTER = 3.0
"""Seconds from noticing to showing: 25 s less 22 s."""
RESUMED = 2.0
BREATH = 0.3
"""Seconds that a fault goes on after it was noticed."""
PATIENCE = 60.0


Fault = Callable[["Scene"], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Death:
    """A way in which the desk is dead."""

    name: str
    begin: Fault
    end: Fault


@dataclass
class Scene:
    """One console, and the wire between it and the desk."""

    desk: FarDesk
    proxy: ToxicProxy
    agent: str


async def _stall(scene: Scene) -> None:
    scene.proxy.stall()


async def _heal(scene: Scene) -> None:
    scene.proxy.heal()


async def _forget(scene: Scene) -> None:
    scene.proxy.forget()


async def _deaf(scene: Scene) -> None:
    scene.proxy.down.stalled = True


async def _drip(scene: Scene) -> None:
    scene.proxy.down.bandwidth = 1.0


async def _nonsense(scene: Scene) -> None:
    """A frame that no desk may send (RFC 6455 §5.2: opcode 3), and the line stays open."""
    scene.proxy.inject(b"\x83\x00")
    scene.proxy.forget()


async def _silence(scene: Scene) -> None:
    scene.desk.fault("silence", agent=scene.agent)


async def _frozen(scene: Scene) -> None:
    scene.desk.fault("half_open", agent=scene.agent, for_=600)


async def _stop(scene: Scene) -> None:
    scene.desk.stop()


async def _go_on(scene: Scene) -> None:
    scene.desk.stop(on=False)


async def _nothing(_scene: Scene) -> None:
    """There is a desk as soon as one is looked for."""


HALF_OPEN = Death("half-open line", _stall, _heal)
DEATHS = (
    HALF_OPEN,
    Death("desk neither reads nor writes", _frozen, _nothing),
    Death("nothing comes", _deaf, _heal),
    Death("line forgotten by a router", _forget, _nothing),
    Death("one byte a second", _drip, _heal),
    Death("protocol error, line open", _nonsense, _nothing),
)
SILENT = Death("desk without heartbeats", _silence, _nothing)
STOPPED = Death("stopped process", _stop, _go_on)


@dataclass
class Outcome:
    """How it went with one of them; seconds, None: never."""

    name: str
    noticed: float | None = None
    shown: float | None = None
    back: float | None = None
    """From the desk's return, or from the attempt that found it."""
    resumed: bool = False

    def __str__(self) -> str:
        words = [
            f"{one:.1f} s" if one is not None else "never" for one in (self.noticed, self.back)
        ]
        return f"{self.name}: noticed {words[0]}, back {words[1]}"


@dataclass
class Findings:
    """How it went with all, held against `hb`."""

    hb: float
    slack: float
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def bad(self) -> list[Outcome]:
        return [one for one in self.outcomes if not self._good(one)]

    @property
    def limit(self) -> float:
        """Seconds in which it has to be noticed."""
        return BEATS * self.hb + self.slack

    def _good(self, one: Outcome) -> bool:
        limit = self.limit
        return (
            one.noticed is not None
            and one.noticed <= limit
            and one.shown is not None
            and one.shown <= limit + SHOWN_AFTER
            and one.back is not None
            and one.back <= RESUMED + self.slack
            and one.resumed
        )

    def __str__(self) -> str:
        worst = [max((getattr(one, name) or 0.0) for one in self.outcomes) for name in _TIMES]
        words = (
            f"hb {self.hb:g} s: noticed after {worst[0]:.2f} s at most, shown after "
            f"{worst[1]:.2f} s, back in {worst[2]:.2f} s ({len(self.outcomes)} ways to be dead)"
        )
        return "; ".join((words, *map(str, self.bad)))


_TIMES = ("noticed", "shown", "back")


async def play(death: Death, scene: Scene, console: Console, limit: float) -> Outcome:
    """The desk dies in one way, and comes back."""
    outcome = Outcome(death.name)
    began = monotonic()
    await death.begin(scene)
    await console.until(lambda: console.first_shown(Link.OFFLINE, began), limit + SHOWN_AFTER)
    noticed, shown = console.first(Link.OFFLINE, began), console.first_shown(Link.OFFLINE, began)
    outcome.noticed = None if noticed is None else noticed - began
    outcome.shown = None if shown is None else shown - began
    if shown is None:
        await death.end(scene)
        return outcome
    if death.end is not _nothing:
        await asyncio.sleep(BREATH)
    await death.end(scene)
    returned = monotonic() if death.end is not _nothing else began
    seq = await asyncio.to_thread(scene.desk.say, 3)
    if await console.until(lambda: console.is_live(seq), PATIENCE):
        now = monotonic()
        outcome.back = now - max(returned, console.last_attempt(now))
        outcome.resumed = console.resumed(began)
    return outcome


@asynccontextmanager
async def seated(desk: FarDesk, agent: str, random: Random) -> AsyncIterator[tuple[Scene, Console]]:
    """A console behind a wire of its own."""
    async with toxic_proxy(desk.port, random) as proxy:
        console = Console(proxy.url, desk.token, agent, random)
        try:
            yield Scene(desk, proxy, agent), console
        finally:
            await console.close()


async def _one(desk: FarDesk, death: Death, agent: str, random: Random, findings: Findings) -> None:
    async with seated(desk, agent, random) as (scene, console):
        assert await console.until(lambda: console.is_live(0), PATIENCE)
        await asyncio.sleep(random.uniform(0.1, 0.9) * findings.hb)
        findings.outcomes.append(await play(death, scene, console, findings.limit))


async def _all(
    groups: Sequence[Sequence[Death]], desks: Sequence[FarDesk], random: Random, findings: Findings
) -> None:
    plays = []
    for group, desk in zip(groups, desks, strict=True):
        agents = desk.tell("agents")["agents"]
        for death, agent in zip(group, agents, strict=False):
            plays.append(_one(desk, death, agent, Random(random.random()), findings))
    await asyncio.gather(*plays)


def found(
    desk: FarDesk, slack: float, random: Random, first: Sequence[Death], *others: Sequence[Death]
) -> Findings:
    """What becomes of a console when the desk dies in each of these ways: the `first` at `desk`,
    each other group at one of its own."""
    findings, groups = Findings(desk.options["hb"], slack), (first, *others)
    with ExitStack() as stack:
        desks = [desk, *(stack.enter_context(FarDesk(desk.options)) for _group in others)]
        asyncio.run(_all(groups, desks, random, findings))
    assert len(findings.outcomes) == sum(map(len, groups))
    return findings


# ── the row ─────────────────────────────────────────────────────────────────────────────

QUICK, SLACK = 0.4, 1.0
"""Seconds between heartbeats in the quick form, and what others on this machine may take."""


def _desk(hb: float) -> FarDesk:
    return FarDesk({"hb": hb, "conversations": 5})


@pytest.fixture(scope="module")
def quick_desk() -> Iterator[FarDesk]:
    """A desk whose heart beats fast."""
    with _desk(QUICK) as desk:
        yield desk


@pytest.mark.row("R6", REQUIRED)
def test_r06_a_dead_desk_is_noticed(row: Row, quick_desk: FarDesk) -> None:
    with _desk(10.0) if row.full else nullcontext(quick_desk) as desk:
        slack = row.pick(quick=SLACK, full=0.0)
        findings = found(desk, slack, row.random(), DEATHS, [SILENT], [STOPPED])
    row.reached(str(findings), ok=not findings.bad)


# ── planted defects ─────────────────────────────────────────────────────────────────────


@pytest.mark.row_defect("R6", "nobody watches for silence")
def test_r06_catches_a_console_that_waits_for_ever(
    row: Row, quick_desk: FarDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "SILENCE", 1e6)
    monkeypatch.setitem(globals(), "SHOWN_AFTER", 0.2)
    (outcome,) = found(quick_desk, 0.3, row.random(), [HALF_OPEN]).bad
    assert outcome.noticed is None


@pytest.mark.row_defect("R6", "a lost line is not said to be lost")
def test_r06_catches_a_console_that_says_nothing(
    row: Row, quick_desk: FarDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = DeskBackend._tell

    def mum(self: DeskBackend, link: Link, *more: Any, **named: Any) -> None:
        if link is not Link.OFFLINE:
            sound(self, link, *more, **named)

    monkeypatch.setattr(DeskBackend, "_tell", mum)
    monkeypatch.setitem(globals(), "SHOWN_AFTER", 0.2)
    assert found(quick_desk, 0.3, row.random(), [HALF_OPEN]).bad


@pytest.mark.row_defect("R6", "a new line begins from nothing")
def test_r06_catches_a_console_that_does_not_resume(
    row: Row, quick_desk: FarDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Follower, "hello", lambda _self: None)
    (outcome,) = found(quick_desk, SLACK, row.random(), [HALF_OPEN]).bad
    assert not outcome.resumed
