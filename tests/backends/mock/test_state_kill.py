"""`kill -9` at any moment takes back nothing that a console was told.

A real desk in a process of its own, two consoles that note everything they hear, and a kill
while both are busy; then the next desk on the same file, and so on. In the end an auditor reads
the whole stream and every thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from agent_tui.backends.mock.floor import MAX_FRAME
from agent_tui.backends.mock.stream import RETENTION

ON_A_FULL_DISK = """
import resource, sys
from agent_tui.cli.main import main
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
sys.exit(main(["mock", "--token", "t0ken", "--rate", "0", "--state", sys.argv[1]]))
"""
PROJECT = Path(__file__).resolve().parents[3]
TOKEN = "t0ken"
AGENTS = ("ana", "ben")
CONVERSATIONS = ("c-1001", "c-1002", "c-1003")
DESK = """
import sys
from pathlib import Path
from websockets.asyncio.server import ServerConnection
from agent_tui.backends.mock import keeper, server
from agent_tui.backends.mock.options import MockOptions
from agent_tui.backends.mock.run import run_mock
{defect}
options = MockOptions(token="t0ken", state=Path(sys.argv[1]), conversations=6, rate=30)
sys.exit(run_mock(options, sys.stdout))
"""
TELLS_FIRST = "server.kept_line = lambda keep: ServerConnection"
"""Writes later, in its own time: the mistake that all of this is about."""
FORGETS_ANSWERS = "keeper.Keeper._answers = lambda self: []"
"""Keeps what happened, but not that it was asked for: whoever asks again gets it twice."""
AT_ONCE = 4
"""Commands that a console does not wait for before it sends more."""

Frame = dict[str, Any]


@dataclass
class History:
    """What the consoles asked and what they were told, over all the lives of the desk."""

    asked: dict[str, tuple[str, Frame]] = field(default_factory=dict)
    """Who asked what, by command id."""
    answered: dict[str, Frame] = field(default_factory=dict)
    events: dict[int, Frame] = field(default_factory=dict)
    desk: tuple[str, str] | None = None
    """Its id and the epoch."""
    first: int = 0
    """Where the stream stood when the first console came."""
    newest: dict[str, int] = field(default_factory=dict)
    """The newest event each console has."""
    versions: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    goal: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    """There are as many answers as the goal says."""

    def welcome(self, agent: str, frame: Frame) -> None:
        desk = (frame["desk"]["id"], frame["epoch"])
        if self.desk is None:
            self.desk, self.first = desk, frame["seq"]
        elif self.desk != desk:
            self.failures.append(f"another desk or epoch: {desk} after {self.desk}")
        if agent in self.newest and frame["mode"] != "resumed":
            self.failures.append(f"{agent} got a {frame['mode']} instead of what was missed")
        self.newest.setdefault(agent, frame["seq"])

    def event(self, agent: str, frame: Frame) -> None:
        seq = frame["seq"]
        if seq != self.newest.get(agent, seq - 1) + 1:
            self.failures.append(f"{agent} got event {seq} after {self.newest[agent]}")
        self.newest[agent] = seq
        if self.events.setdefault(seq, frame) != frame:
            self.failures.append(f"event {seq} was something else before")
        conv = frame["data"].get("conversation")
        if conv is not None:
            self.versions[conv["id"]] = conv["ver"]

    def answer(self, frame: Frame) -> None:
        if self.answered.setdefault(frame["id"], frame) != frame:
            self.failures.append(f"{frame['id']} got another answer than before")
        if len(self.answered) >= self.goal:
            self.reached.set()

    async def more_answers(self, count: int) -> None:
        """Wait until so many more commands have been answered."""
        self.goal = len(self.answered) + count
        self.reached.clear()
        await self.reached.wait()

    def heard(self, agent: str, frame: Frame) -> None:
        if frame["frame"] == "ev":
            self.event(agent, frame)
        elif frame["frame"] == "res":
            self.answer(frame)


class Console:
    """One agent's console in one life of the desk."""

    def __init__(self, agent: str, link: ClientConnection, history: History) -> None:
        self.agent = agent
        self.link = link
        self.history = history
        self.room = asyncio.Semaphore(AT_ONCE)

    async def greet(self) -> None:
        desk, seq = self.history.desk, self.history.newest.get(self.agent)
        resume = None if seq is None or desk is None else {"epoch": desk[1], "seq": seq}
        hello = {"frame": "hello", "v": 1, "agent": self.agent, "device": "d", "resume": resume}
        await self.link.send(json.dumps(hello))
        self.history.welcome(self.agent, json.loads(await self.link.recv()))

    async def listen(self) -> None:
        """Note what comes, to the very last frame that got out before the kill."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                frame = json.loads(await self.link.recv())
                self.history.heard(self.agent, frame)
                if frame["frame"] == "res":
                    self.room.release()

    async def hear_to(self, seq: int) -> None:
        """Note what comes up to that event."""
        while self.history.newest[self.agent] < seq:
            self.history.heard(self.agent, json.loads(await self.link.recv()))

    async def ask(self, frame: Frame) -> None:
        self.history.asked[frame["id"]] = self.agent, frame
        await self.room.acquire()
        await self.link.send(json.dumps(frame))

    async def work(self, life: int, rng: Random) -> None:
        """Repeat what has no answer and some of what has one, then ask for more and more."""
        mine = [frame for agent, frame in self.history.asked.values() if agent == self.agent]
        with contextlib.suppress(ConnectionClosed):
            for frame in mine[-20:]:
                await self.ask(frame)
            for number in range(10_000):
                await self.ask(self._something(f"{self.agent}-{life}-{number}", rng))

    def _something(self, ident: str, rng: Random) -> Frame:
        conv = rng.choice(CONVERSATIONS)
        frame: Frame = {
            "frame": "cmd",
            "id": ident,
            "conv": conv,
            "op": "note",
            "data": {"text": ident},
        }
        if rng.random() < 0.3:
            ver = self.history.versions.get(conv, 1)
            frame |= {"op": "assign", "data": {"agent": self.agent}, "base_ver": ver}
        return frame


@asynccontextmanager
async def process_of(program: str, path: Path) -> AsyncIterator[Process]:
    """A desk in a process of its own, which ends with the block at the latest."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(path),
        cwd=PROJECT, stdout=PIPE, stderr=PIPE, env={**os.environ, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@asynccontextmanager
async def desk(path: Path, defect: str) -> AsyncIterator[tuple[Process, str]]:
    """A desk that listens, and where."""
    async with process_of(DESK.format(defect=defect), path) as process:
        yield process, await address(process)


async def address(process: Process) -> str:
    """Where a desk listens, once it does."""
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 30)
    return str(json.loads(line)["url"])


async def stillborn(path: Path, rng: Random) -> None:
    """A desk that is killed while it starts."""
    async with process_of(DESK.format(defect=""), path):
        await asyncio.sleep(rng.uniform(0.2, 0.6))


async def seated(stack: AsyncExitStack, url: str, agent: str, history: History) -> Console:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    link = await stack.enter_async_context(
        connect(url, additional_headers=headers, proxy=None, max_size=MAX_FRAME, max_queue=None)
    )
    console = Console(agent, link, history)
    await console.greet()
    return console


async def live(path: Path, defect: str, life: int, history: History, rng: Random) -> None:
    """One life of the desk, from its start to the kill."""
    async with desk(path, defect) as (process, url), AsyncExitStack() as stack:
        consoles = [await seated(stack, url, agent, history) for agent in AGENTS]
        listening = [asyncio.create_task(console.listen()) for console in consoles]
        working = [asyncio.create_task(console.work(life, rng)) for console in consoles]
        await asyncio.wait_for(history.more_answers(rng.randrange(5, 120)), 20)
        await asyncio.sleep(rng.uniform(0, 0.01))
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await asyncio.gather(*listening)
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)


async def audit(path: Path, history: History) -> None:
    """The last desk, asked for everything: whatever was told has to be there, once."""
    async with desk(path, "") as (_process, url), AsyncExitStack() as stack:
        told = max(history.events, default=0)
        history.newest["carla"] = max(history.first, told - RETENTION // 2)
        auditor = await seated(stack, url, "carla", history)
        for agent in AGENTS:
            console = await seated(stack, url, agent, history)
            hearing = asyncio.create_task(console.listen())
            for asker, frame in tuple(history.asked.values()):
                if asker == agent:
                    await console.ask(frame)
            await asyncio.wait_for(_empty(console), 20)
            hearing.cancel()
        try:
            await asyncio.wait_for(auditor.hear_to(told), 20)
        except TimeoutError:
            history.failures.append(f"event {told} was told, {history.newest['carla']} is the last")
        _count(history)
        await _read_threads(auditor.link, history)


async def _empty(console: Console) -> None:
    """Wait until nothing that was asked is without an answer."""
    for _ in range(AT_ONCE):
        await console.room.acquire()


def _count(history: History) -> None:
    """Every command has an answer, and its events are in the stream as often as it says."""
    times = Counter(frame["cmd_id"] for frame in history.events.values())
    for ident in history.asked:
        answer = history.answered.get(ident)
        wanted = 1 if answer and answer["ok"] else 0
        if answer is None or times[ident] != wanted:
            history.failures.append(f"{ident} happened {times[ident]} times: {answer}")
        elif answer["ok"] and history.events[answer["result"]["seq"]]["cmd_id"] != ident:
            history.failures.append(f"{ident} is not where its answer says")


async def _read_threads(link: ClientConnection, history: History) -> None:
    times: Counter[str] = Counter()
    for conv in CONVERSATIONS:
        before, more = None, True
        while more:
            frame = {"frame": "get", "id": "q", "what": "thread", "conv": conv, "before": before,
                     "limit": 200}  # fmt: skip
            await link.send(json.dumps(frame))
            while (answer := json.loads(await link.recv()))["frame"] != "res":
                pass
            page, more = answer["result"]["messages"], answer["result"]["more"]
            times.update(one["text"] for one in page if one["kind"] == "note")
            before = page[0]["seq"]
    for ident, (_agent, frame) in history.asked.items():
        if frame["op"] == "note" and times[ident] != 1:
            history.failures.append(f"note {ident} is {times[ident]} times in its thread")


async def kills(path: Path, count: int, rng: Random, defect: str = "") -> History:
    """What came of a desk that was killed `count` times."""
    history = History()
    for life in range(count):
        if rng.random() < 0.2:
            await stillborn(path, rng)
        await live(path, defect, life, history, rng)
        if history.failures:
            return history
    await audit(path, history)
    return history


async def test_whatever_a_console_was_told_outlives_kill_9(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    count = 200 if request.config.getoption("--rows") == "full" else 12
    history = await kills(tmp_path / "desk.db", count, Random(9))
    told = f"{len(history.answered)} answers, {len(history.events)} events, {count} kills"
    sys.stdout.write(f"{told}\n")
    assert history.failures == []
    assert len(history.answered) >= 5 * count, "the consoles were busy"


@pytest.mark.parametrize("defect", [TELLS_FIRST, FORGETS_ANSWERS], ids=["first", "forgets"])
async def test_a_desk_with_a_planted_defect_is_caught(tmp_path: Path, defect: str) -> None:
    history = await kills(tmp_path / "desk.db", 3, Random(9), defect)
    assert history.failures


async def test_where_the_disk_is_full_the_command_says_so_and_ends_with_2(tmp_path: Path) -> None:
    history, path = History(), tmp_path / "desk.db"
    async with process_of(ON_A_FULL_DISK, path) as process, AsyncExitStack() as stack:
        console = await seated(stack, await address(process), "ana", history)
        working = asyncio.create_task(console.work(0, Random(1)))
        await asyncio.wait_for(console.listen(), 20)
        working.cancel()
        _out, err = await asyncio.wait_for(process.communicate(), 10)
        assert process.returncode == 2
        assert "desk.db cannot be written" in err.decode()
        assert err.decode().count("\n") == 1
    await audit(path, history)
    assert history.failures == []
    assert len(history.answered) > 20
