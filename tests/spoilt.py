"""The real client on a spoilt session and then on good ones, many times; and what became of it.

Without sockets, in a world in which waiting takes no time, and over TCP.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import virtual_time
from builders import NOW, safe
from paper_line import QUIET, PaperLine, text_frame
from recorded import Recording
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from agent_tui.backends.base import Rejected, Unreachable
from agent_tui.backends.desk import codec
from agent_tui.backends.desk.backoff import Backoff
from agent_tui.backends.desk.client import DeskAddress, DeskBackend
from agent_tui.backends.desk.following import Follower
from agent_tui.clock import Clock, SystemClock
from agent_tui.credentials.secret import Secret
from agent_tui.events import LinkChanged
from agent_tui.model import ConversationId, OpId
from agent_tui.ops import Note
from agent_tui.store import Store

TRIES = 6
"""Links after which a console counts as one that never comes to rest."""
PATIENCE = 30.0
"""Seconds of real time."""


@dataclass(frozen=True, slots=True)
class Case:
    """One spoilt session."""

    kind: str
    recording: Recording
    spoilt: bytes
    """What the first link carries."""
    honest: bool = True
    """What was believed of it is true, so that it is gone on from there."""
    refused: bool = False
    """It has to be noticed on the first link."""


@dataclass
class Found:
    """What became of many."""

    crashes: Counter[str] = field(default_factory=Counter)
    resyncs: Counter[int] = field(default_factory=Counter)
    """By how often the console began anew."""
    wrong: Counter[str] = field(default_factory=Counter)
    """Not the desk's truth in the end, by the kind of damage."""
    believed: Counter[str] = field(default_factory=Counter)
    """Was to be refused, and was not."""

    @property
    def restless(self) -> int:
        """Sessions in which it began anew more than once."""
        return sum(number for times, number in self.resyncs.items() if times > 1)

    @property
    def sound(self) -> bool:
        return not (self.crashes or self.restless or self.wrong or self.believed)

    def __str__(self) -> str:
        words = f"{self.crashes.total()} crashes, {self.restless} with more than one resync, "
        words += f"{self.wrong.total()} wrong in the end, {self.believed.total()} believed"
        worst = {**self.crashes, **self.wrong, **self.believed}
        return f"{words} {worst}" if worst else words


def shown(store: Store) -> dict[str, object]:
    """What a console has, but for what time and chance give."""
    return {
        "conversations": {conv.id: conv for conv in store.conversations()},
        "people": (store.agents, store.teams, store.labels, store.me, store.desk_name),
        "stream": (store.epoch, store.seq),
        "ready": store.ready,
        "link": store.link.link,
    }


class Sitting:
    """The real client, on one spoilt link and then on good ones; a line is opened by `dial`."""

    def __init__(self, case: Case, clock: Clock, random: Random, store: Store) -> None:
        address = DeskAddress("ws://127.0.0.1:1", Secret("t"), "ana", "desk-1")
        self.backend = DeskBackend(address, clock, random)
        self.backend._dialling.dial = self.dial  # type: ignore[method-assign, assignment]
        self.case, self.store, self.clock = case, store, clock
        self._random = random
        self.links = 0
        self.unreadable = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self.failures: list[BaseException] = []

    async def dial(self, _token: Secret) -> ClientConnection:
        """A line is there at once."""
        self.links += 1
        line = PaperLine()
        self._begin(self._spoilt(line) if self.links == 1 else self._good(line))
        return line.ws

    async def run(self) -> None:
        """To the end of a good link, or of too many."""
        async for event in self.backend.events():
            self.store.apply(event, self.clock.steady())
            if isinstance(event, LinkChanged) and self.links == 1 and event.retry_at is not None:
                self.unreadable = "unreadable" in event.detail
        for done in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(done, Exception) and not isinstance(done, Unreachable | Rejected):
                raise done

    def _begin(self, work: Any) -> None:
        self._tasks.add(asyncio.create_task(work))

    async def _spoilt(self, line: PaperLine) -> None:
        await line.said()
        data, asked = self.case.spoilt, False
        cuts = sorted(self._random.choices(range(len(data) + 1), k=2))
        if len(data) > 100_000:
            cuts = []
        for start, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
            line.feed(data[start:end])
            await line.read()
            current = self.backend._line
            if not asked and current is not None and current.live:
                asked = True
                await self._ask()
        line.cut()

    async def _ask(self) -> None:
        """What was asked in the recording is asked here: there are answers to it."""
        for ask in self.case.recording.asks:
            conv = ConversationId(ask["conv"])
            if ask["frame"] == "get":
                self._begin(self.backend.history(conv, None))
            else:
                self._begin(
                    self.backend.submit(Note(id=OpId(ask["id"]), conversation=conv, text=safe("x")))
                )
        await asyncio.sleep(0)

    async def _good(self, line: PaperLine) -> None:
        hello = (await line.said())[0]
        epoch = None if self.case.honest else "e-new"
        frames = self.case.recording.good(hello["resume"], epoch)
        line.feed(b"".join(map(text_frame, frames)))
        await line.read()
        await asyncio.sleep(0)
        if line.open or self.links >= TRIES:
            await self.backend.aclose()
        line.cut()


def truth(recording: Recording, epoch: str | None) -> Store:
    """A console that heard the good end of a session, and nothing else."""
    store, following = Store(), Follower()
    for text in recording.good(None, epoch):
        taken = following.take(codec.decode(text))
        for event in taken.events:
            store.apply(event, NOW)
        if taken.link is not None:
            store.apply(LinkChanged(taken.link, NOW), NOW)
    return store


class Court:
    """Tries cases, one after the other."""

    def __init__(self, found: Found) -> None:
        self.found = found
        self.clock = virtual_time.LoopClock()
        self._truths: dict[tuple[int, bool], dict[str, object]] = {}

    async def trial(self, case: Case, random: Random) -> None:
        """What becomes of one."""
        store = Store()
        sitting = Sitting(case, self.clock, random, store)
        try:
            async with asyncio.timeout(600):
                await sitting.run()
        except Exception as error:
            self.found.crashes[f"{case.kind}: {error!r:.120}"] += 1
            return
        self.found.resyncs[sitting.links - 1] += 1
        if case.refused and not sitting.unreadable:
            self.found.believed[case.kind] += 1
        if shown(store) != self._truth(case):
            self.found.wrong[case.kind] += 1

    def _truth(self, case: Case) -> dict[str, object]:
        key = id(case.recording), case.honest
        if key not in self._truths:
            store = truth(case.recording, None if case.honest else "e-new")
            self._truths[key] = shown(store)
        return self._truths[key]


def tried(cases: Iterable[Case], random: Random) -> Found:
    """What becomes of all of them."""
    found = Found()

    async def all_of_them() -> None:
        court = Court(found)
        for case in cases:
            await court.trial(case, random)

    virtual_time.run(all_of_them())
    return found


class AtOnce(Backoff):
    """No time is lost between two links; how long they wait is R5's."""

    def begin(self, now: float) -> float:
        return 0.0

    def wait(
        self, now: float, hint: float | None = None, *, alone: bool = True, at_once: bool = False
    ) -> float:
        return 0.001


class Live:
    """The same over TCP: the first link of a console carries the spoilt session."""

    def __init__(self) -> None:
        self.found = Found()
        self._cases: dict[str, Case] = {}
        self._links: Counter[str] = Counter()

    async def desk(self, ws: ServerConnection) -> None:
        """Whatever has to be said is written past the library, as it is."""
        with suppress(ConnectionClosed):
            hello = json.loads(await ws.recv())
            console = hello["device"]
            self._links[console] += 1
            case = self._cases[console]
            if self._links[console] == 1:
                ws.transport.write(case.spoilt)
                ws.transport.close()
                return
            epoch = None if case.honest else "e-new"
            for text in case.recording.good(hello["resume"], epoch):
                await ws.send(text)
            async for _text in ws:
                pass

    async def trial(self, url: str, name: str, case: Case, truth_: dict[str, object]) -> None:
        """One console."""
        self._cases[name] = case
        clock, store = SystemClock(), Store()
        address = DeskAddress(url, Secret("t"), "ana", name)
        backend = DeskBackend(address, clock, Random(1), AtOnce(Random(1)))
        try:
            async with asyncio.timeout(PATIENCE):
                async for event in backend.events():
                    store.apply(event, clock.steady())
                    again = self._links[name] > 1 and shown(store) == truth_
                    if again or self._links[name] >= TRIES:
                        await backend.aclose()
        except Exception as error:
            self.found.crashes[f"{case.kind}: {error!r:.120}"] += 1
        self.found.resyncs[self._links[name] - 1] += 1
        if shown(store) != truth_:
            self.found.wrong[case.kind] += 1


async def tried_live(cases: Sequence[Case]) -> Found:
    """What becomes of all of them, some at a time."""
    live, room = Live(), asyncio.Semaphore(8)
    epochs = {True: None, False: "e-new"}
    truths = {
        (id(case.recording), case.honest): shown(truth(case.recording, epochs[case.honest]))
        for case in cases
    }

    async def one(url: str, number: int, case: Case) -> None:
        async with room:
            truth_ = truths[id(case.recording), case.honest]
            await live.trial(url, f"desk-{number}", case, truth_)

    async with serve(live.desk, "127.0.0.1", 0, compression=None, logger=QUIET) as server:
        url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        await asyncio.gather(*(one(url, number, case) for number, case in enumerate(cases)))
    return live.found
