"""How long a key takes until it shows, while something else goes on.

Keys are pressed at fixed moments, whether the ones before them have been answered or not, as a hand
does: a screen that stands still for a second makes twenty keys wait, not one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from statistics import median
from time import monotonic
from typing import Any, cast

from far_desk import FarDesk
from journeys.floor import Floor, Seat
from textual._compositor import Compositor
from textual.events import Key

from agent_tui.clock import SystemClock
from agent_tui.console.walking import Walking
from agent_tui.events import Event, Link, LinkChanged

EVERY = 0.04
"""Seconds between two keys: a held one."""


@dataclass
class KeyMeter:
    """Presses j and k in turn."""

    seat: Seat
    shown: list[tuple[float, float]] = field(default_factory=list)
    """When each key was pressed, and after how many seconds a picture showed what it did."""
    links: list[tuple[float, Link]] = field(default_factory=list)
    """What became of the line, and when the client said so."""
    window: tuple[float, float] = (float("-inf"), float("inf"))
    """Keys that were pressed then count."""
    _until: float = float("inf")
    _pressed: deque[float] = field(default_factory=deque)
    _done: deque[float] = field(default_factory=deque)

    @property
    def times(self) -> list[float]:
        """How long the keys took that count; also the last one before them."""
        first, last = self.window
        return [took for at, took in self.shown if first - EVERY <= at <= last]

    @property
    def words(self) -> str:
        """How it went."""
        return (
            f"median {self.middle * 1000:.0f} ms, worst {self.worst * 1000:.0f} ms "
            f"of {len(self.times)}"
        )

    def since(self, link: Link) -> float:
        """When the line turned so, the last time."""
        return max(at for at, one in self.links if one is link)

    @property
    def middle(self) -> float:
        return median(self.times or [float("inf")])

    @property
    def worst(self) -> float:
        return max(self.times, default=float("inf"))

    @asynccontextmanager
    async def pressing(self) -> AsyncIterator[KeyMeter]:
        """Press all the while; at the end every key has been answered."""
        with self._watching():
            hand = asyncio.create_task(self._press())
            yield self
            self._until = monotonic()  # what a standing screen kept from being pressed, is
            await hand
            end = monotonic() + 10
            while (self._pressed or self._done) and monotonic() < end:
                await asyncio.sleep(0.01)
            assert not self._pressed, "keys were never answered"

    async def _press(self) -> None:
        due = monotonic() + EVERY
        for key in cycle("jk"):
            await asyncio.sleep(max(0.0, due - monotonic()))
            if due > self._until:
                return
            self._pressed.append(due)
            self.seat.app.post_message(Key(key, key))
            due += EVERY

    @contextmanager
    def _watching(self) -> Iterator[None]:
        move, paint = Walking.move, Compositor.render_update
        session = self.seat.app._session
        deliver = session._deliver

        def moved(walking: Walking, rows: int) -> None:
            move(walking, rows)
            if self._pressed:
                self._done.append(self._pressed.popleft())

        def painted(compositor: Compositor, **how: Any) -> Any:
            update = paint(compositor, **how)
            while self._done:
                pressed = self._done.popleft()
                self.shown.append((pressed, monotonic() - pressed))
            return update

        def told(event: Event) -> None:
            if isinstance(event, LinkChanged):
                self.links.append((monotonic(), event.link))
            deliver(event)

        Walking.move = moved  # type: ignore[method-assign, assignment]
        Compositor.render_update = painted  # type: ignore[method-assign, assignment]
        session._deliver = told  # type: ignore[method-assign]
        try:
            yield
        finally:
            Walking.move = move  # type: ignore[method-assign]
            Compositor.render_update = paint  # type: ignore[method-assign]
            session._deliver = deliver  # type: ignore[method-assign]


@asynccontextmanager
async def screen_at(desk: FarDesk, agent: str = "ana") -> AsyncIterator[Seat]:
    """A whole console, without a terminal, at a desk in another process."""
    async with AsyncExitStack() as stack:
        floor = Floor(cast(Any, desk), cast(Any, SystemClock()), stack)
        yield await floor.seat(agent)
