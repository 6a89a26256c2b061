"""Row R9: whoever races for a conversation, one wins each version, and all the others are told.

Two to eight consoles on real sockets take conversations from one another, each with the version
it has seen. The history is checked afterwards: the winners of a conversation are a chain without
a gap or a fork, every loser was told who was faster, and all consoles end with the same picture.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from row import Row
from websockets.asyncio.client import ClientConnection, connect

from agent_tui.backends.mock import op_state
from agent_tui.backends.mock.calls import Done
from agent_tui.backends.mock.floor import MAX_FRAME
from agent_tui.backends.mock.link import Link
from agent_tui.backends.mock.options import MockOptions
from agent_tui.backends.mock.server import DeskServer
from agent_tui.backends.mock.wire import conversation_to_wire
from agent_tui.backends.mock.world import World
from agent_tui.clock import ManualClock

NEEDED = "exactly one winner per version, losers told <= 500 ms"
TOLD_SECONDS = 0.5
WORST_SECONDS = 2.0
"""What a busy machine may make of it once in a hundred times."""
MOST_SEATS = 8
WANTED = 3
"""Conversations that everybody wants."""
PATIENCE = 20.0

Frame = dict[str, Any]
Version = tuple[str, int]


@dataclass(slots=True)
class Attempt:
    """One console's try to give a conversation to somebody."""

    agent: str
    conv: str
    base_ver: int
    wish: str
    sent: float
    told: float = 0.0
    answer: Frame = field(default_factory=dict)

    @property
    def won(self) -> bool:
        return self.answer.get("ok") is True


@dataclass(slots=True)
class Found:
    """What the check found."""

    attempts: int = 0
    lost: int = 0
    late: list[float] = field(default_factory=list)
    """Seconds from the winner's commit (or the loser's question, if that came later) until a
    loser knew."""
    failures: list[str] = field(default_factory=list)

    @property
    def worst(self) -> float:
        return max(self.late, default=0.0)

    @property
    def usual(self) -> float:
        """What ninety-nine in a hundred losers did not have to wait longer for."""
        return sorted(self.late)[len(self.late) * 99 // 100] if self.late else 0.0

    @property
    def ok(self) -> bool:
        timely = self.usual <= TOLD_SECONDS and self.worst <= WORST_SECONDS
        return not self.failures and timely and self.lost > 0


class Seat:
    """A console that knows only what its socket tells it."""

    def __init__(self, agent: str, link: ClientConnection) -> None:
        self.agent = agent
        self.link = link
        self.view: dict[str, Frame] = {}
        self.seq = 0
        self.holes = 0
        self.asked: dict[str, tuple[Attempt, asyncio.Future[None]]] = {}
        self.count = 0

    async def greet(self, device: str) -> None:
        hello = {"frame": "hello", "v": 1, "agent": self.agent, "device": device, "resume": None}
        await self.link.send(json.dumps(hello))
        self.seq = json.loads(await self.link.recv())["seq"]
        while True:
            part = json.loads(await self.link.recv())
            self.view.update((conv["id"], conv) for conv in part["conversations"])
            if part["part"] == part["parts"]:
                return

    async def listen(self) -> None:
        while True:
            frame = json.loads(await self.link.recv())
            if frame["frame"] == "ev":
                self.holes += frame["seq"] != self.seq + 1
                self.seq = frame["seq"]
                conv = frame["data"].get("conversation")
                if conv is not None:
                    self.view[conv["id"]] = conv
            elif frame["frame"] == "res":
                attempt, told = self.asked.pop(frame["id"])
                attempt.told, attempt.answer = time.monotonic(), frame
                told.set_result(None)

    async def attempt(self, conv: str, wish: str) -> Attempt:
        """Give `conv` to `wish`, going by the version this console shows."""
        self.count += 1
        ident = f"{id(self)}-{self.count}"
        one = Attempt(self.agent, conv, self.view[conv]["ver"], wish, time.monotonic())
        told = asyncio.get_running_loop().create_future()
        self.asked[ident] = one, told
        frame = {"frame": "cmd", "id": ident, "op": "assign", "conv": conv,
                 "base_ver": one.base_ver, "data": {"agent": wish}}  # fmt: skip
        await self.link.send(json.dumps(frame))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(told, PATIENCE)
        return one


@contextlib.contextmanager
def commits_noted() -> Iterator[dict[str, float]]:
    """When the desk carried out which command, by its id."""
    command = World.command
    commits: dict[str, float] = {}

    def noted(self: World, agent: str, frame: Frame, *more: Any) -> Any:
        outcome = command(self, agent, frame, *more)
        commits.setdefault(frame["id"], time.monotonic())
        return outcome

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(World, "command", noted)
        yield commits


async def race(options: MockOptions, seats: list[int], each: int, rng: Random) -> Found:
    """`each` attempts for every number of consoles in `seats`, on one desk; what came of them."""
    server = DeskServer(options, ManualClock(datetime(2026, 11, 23, 8, 0, tzinfo=UTC)))
    await server.start()
    try:
        async with AsyncExitStack() as stack:
            consoles = [await _seated(stack, server, nth) for nth in range(MOST_SEATS)]
            await asyncio.gather(
                *(seat.greet(f"device-{nth}") for nth, seat in enumerate(consoles))
            )
            listening = [asyncio.create_task(one.listen()) for one in consoles]
            wanted = [conv.id for conv in server.world.in_order()[:WANTED]]
            start = {conv: server.world.conversations[conv].ver for conv in wanted}
            attempts: list[Attempt] = []
            with commits_noted() as commits:
                for count in seats:
                    attempts += await _compete(consoles[:count], wanted, each, server, rng)
                await _settled(consoles, server)
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)
            return _checked(attempts, commits, start, consoles, server)
    finally:
        await server.aclose()


async def _seated(stack: AsyncExitStack, server: DeskServer, nth: int) -> Seat:
    """The nth console; there are more of them than agents, so some have two."""
    headers = {"Authorization": f"Bearer {server.token}"}
    link = await stack.enter_async_context(
        connect(server.url, additional_headers=headers, proxy=None, max_size=MAX_FRAME)
    )
    return Seat(server.agents[nth % len(server.agents)], link)


async def _compete(
    seats: list[Seat], wanted: list[str], count: int, server: DeskServer, rng: Random
) -> list[Attempt]:
    """`count` attempts, each console as fast as it gets answers."""
    attempts: list[Attempt] = []

    async def compete(seat: Seat, times: int) -> None:
        for _ in range(times):
            one = await seat.attempt(rng.choice(wanted), rng.choice(server.agents))
            attempts.append(one)

    shares = [len(range(nth, count, len(seats))) for nth in range(len(seats))]
    await asyncio.gather(*map(compete, seats, shares))
    return attempts


async def _settled(seats: list[Seat], server: DeskServer) -> None:
    """Everybody has heard the newest event, or will not hear it any more."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while any(seat.seq < server.world.seq for seat in seats):
                await asyncio.sleep(0.01)


def _checked(
    attempts: list[Attempt],
    commits: dict[str, float],
    start: dict[str, int],
    seats: list[Seat],
    server: DeskServer,
) -> Found:
    found = Found(len(attempts), sum(not one.won for one in attempts))
    winners: dict[Version, Attempt] = {}
    for one in attempts:
        if not one.answer:
            found.failures.append(f"{one.agent} was told nothing about {one.conv}")
        elif one.won and winners.setdefault((one.conv, one.base_ver), one) is not one:
            found.failures.append(f"version {one.base_ver} of {one.conv} has two winners")
    for one in attempts:
        if one.answer and not one.won:
            _check_loser(one, winners, commits, found)
    truth = {conv.id: conversation_to_wire(conv) for conv in server.world.in_order()}
    for conv, first in start.items():
        chain = [version for name, version in winners if name == conv]
        if sorted(chain) != list(range(first, truth[conv]["ver"])):
            found.failures.append(f"the versions of {conv} are no chain")
        elif chain and winners[conv, max(chain)].wish != truth[conv]["assignee"]:
            found.failures.append(f"{conv} is not with whom the last winner gave it to")
    for seat in seats:
        if seat.view != truth or seat.holes:
            found.failures.append(f"a console of {seat.agent} ends with another picture")
    return found


def _check_loser(
    one: Attempt, winners: dict[Version, Attempt], commits: dict[str, float], found: Found
) -> None:
    """A loser hears of the conflict, of the present state, and of who was last to change it."""
    error = one.answer["error"]
    if error["code"] != "conflict":
        found.failures.append(f"a loser was told {error['code']}")
        return
    current, winner = error["current"], winners.get((one.conv, one.base_ver))
    last = winners.get((one.conv, current["ver"] - 1))
    if winner is None or last is None or current["ver"] <= one.base_ver:
        found.failures.append(f"version {one.base_ver} of {one.conv} was lost to nobody")
        return
    if (error["by"], current["assignee"]) != (last.agent, last.wish):
        found.failures.append(f"a loser was told that {error['by']} has won, not {last.agent}")
    found.late.append(one.told - max(one.sent, commits[winner.answer["id"]]))


def quiet(tmp_path: Path) -> MockOptions:
    return MockOptions(rate=0, hb=60, conversations=8, state=tmp_path / "desk.db")


@pytest.mark.row("R9", NEEDED)
async def test_r09_one_winner_for_each_version(row: Row, tmp_path: Path) -> None:
    seats = list(range(2, MOST_SEATS + 1))
    each = row.pick(quick=420, full=10_010) // len(seats)
    found = await race(quiet(tmp_path), seats, each, row.random())
    row.reached(
        f"{len(found.failures)} failures, {found.attempts - found.lost} winners, {found.lost}"
        f" losers told after {found.worst * 1000:.0f} ms at most ({found.attempts} attempts of"
        f" 2 to {MOST_SEATS} consoles) {found.failures[:3]}".replace(" []", ""),
        ok=found.ok,
    )


@pytest.mark.row_defect("R9", "a desk that does not compare versions")
async def test_r09_catches_a_desk_without_compare_and_set(
    row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(op_state, "compare", lambda ledger, call: None)
    found = await race(quiet(tmp_path), [MOST_SEATS], 80, row.random())
    assert any("two winners" in failure for failure in found.failures)
    assert not found.ok


@pytest.mark.row_defect("R9", "a desk that names the wrong winner")
async def test_r09_catches_a_desk_that_names_the_wrong_winner(
    row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(ledger: Any, call: Any, after: Any, line: Any) -> Any:
        ledger.changed_by.setdefault(after.id, call.agent.id)
        return Done((ledger.record(after, line, call.now, call.id),))

    monkeypatch.setattr(op_state, "_change", changed)
    found = await race(quiet(tmp_path), [MOST_SEATS], 80, row.random())
    assert any("has won, not" in failure for failure in found.failures)


@pytest.mark.row_defect("R9", "an event that one console never gets")
async def test_r09_catches_a_console_that_is_not_told(
    row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    push, seen = Link.push, []

    def forgetful(self: Link, text: str) -> None:
        seen.append(text)
        if len(seen) != 200:
            push(self, text)

    monkeypatch.setattr(Link, "push", forgetful)
    found = await race(quiet(tmp_path), [MOST_SEATS], 80, row.random())
    assert found.failures


@pytest.mark.row_defect("R9", "losers who are told late")
async def test_r09_catches_losers_who_are_told_late(row: Row, tmp_path: Path) -> None:
    options = replace(quiet(tmp_path), latency_ms=600)
    found = await race(options, [MOST_SEATS], MOST_SEATS, row.random())
    assert found.failures == []
    assert not found.ok
