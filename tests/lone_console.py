"""A console without a screen: the real session in its threads, looked at as often as a screen does.

It writes down what its client said and what was to be seen, and when.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from random import Random
from time import monotonic
from typing import Any

from agent_tui.backends.desk.client import DeskAddress, DeskBackend
from agent_tui.clock import SystemClock
from agent_tui.credentials.secret import Secret
from agent_tui.events import Event, Link, LinkChanged, Sequenced, Welcomed
from agent_tui.session import Session
from agent_tui.store import Store

LOOK = 0.01
"""Seconds between two looks of the screen."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the client said, and when."""

    at: float
    event: Event


class Listening(DeskBackend):
    """Writes down when it says what."""

    def __init__(self, told: list[Told], *arguments: Any) -> None:
        super().__init__(*arguments)
        self._told = told

    async def events(self) -> AsyncIterator[Event]:
        async for event in super().events():
            self._told.append(Told(monotonic(), event))
            yield event


class Console:
    """A console without a screen: the session in its threads, looked at as the screen does."""

    def __init__(self, url: str, token: str, agent: str, random: Random) -> None:
        address = DeskAddress(url, Secret(token), agent, f"desk-{random.getrandbits(32)}")
        clock, self.told = SystemClock(), list[Told]()
        self.store = Store()
        self.session = Session(
            lambda: Listening(self.told, address, clock, random), self.store, clock
        )
        self.shown: list[tuple[float, Link]] = []
        self.session.start()
        self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while True:
            self.session.drain()
            link = self.store.link.link
            if not self.shown or self.shown[-1][1] is not link:
                self.shown.append((monotonic(), link))
            await asyncio.sleep(LOOK)

    async def until(self, holds: Callable[[], object], within: float) -> bool:
        """Whether something came to hold in time."""
        end = monotonic() + within
        while not holds():
            if monotonic() > end:
                return False
            await asyncio.sleep(LOOK)
        return True

    def is_live(self, seq: int) -> bool:
        return self.store.link.link is Link.LIVE and self.store.seq >= seq

    def first(self, link: Link, since: float) -> float | None:
        """When it was first told to be so, from then on."""
        return next(
            (
                told.at
                for told in self.told
                if told.at >= since
                and isinstance(told.event, LinkChanged)
                and told.event.link is link
            ),
            None,
        )

    def first_shown(self, link: Link, since: float) -> float | None:
        return next((at for at, one in self.shown if at >= since and one is link), None)

    def last_attempt(self, before: float) -> float:
        """When the attempt began that was the last one at that time."""
        return max(
            told.at
            for told in self.told
            if told.at <= before
            and isinstance(told.event, LinkChanged)
            and told.event.link in {Link.CONNECTING, Link.CATCHING_UP}
        )

    def resumed(self, since: float) -> bool:
        """No link since then began with a snapshot."""
        welcomes = [
            told.event
            for told in self.told
            if told.at >= since and isinstance(told.event, Welcomed)
        ]
        return bool(welcomes) and all(welcome.resumed for welcome in welcomes)

    def heard(self, first: int, last: int) -> bool:
        """Whether each event from `first` to `last` was told, and none of them twice."""
        numbers = [
            told.event.seq
            for told in self.told
            if isinstance(told.event, Sequenced) and first <= told.event.seq <= last
        ]
        return sorted(numbers) == list(range(first, last + 1))

    async def close(self) -> None:
        self._looking.cancel()
        await asyncio.to_thread(self.session.stop)
