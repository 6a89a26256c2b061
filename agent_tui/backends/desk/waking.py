"""Noticing that the machine slept: a link that was open before may be dead, and nobody said so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from agent_tui.clock import Clock

PULSE: Final = 2.0
"""Seconds between two looks."""
GAP: Final = 15.0
"""Seconds that the clocks may drift apart between two looks without anybody having slept."""


class Sleeping:
    """Compares the clock that waits are made with, which stands still in sleep, with the others.

    Somebody who sets the wall clock looks like sleep. That costs one question to the desk.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._marks = self._read()

    def slept(self) -> bool:
        """Whether the machine slept since the last look."""
        before, self._marks = self._marks, self._read()
        ticks = timedelta(seconds=self._marks[0] - before[0] + GAP)
        return any(after - at > ticks for after, at in zip(self._marks[1], before[1], strict=True))

    def _read(self) -> tuple[float, tuple[datetime, ...]]:
        return self._clock.monotonic(), (self._clock.steady(), self._clock.now())


async def watch(clock: Clock, woken: Callable[[], Awaitable[None]]) -> None:
    """Call `woken` each time after the machine slept; never ends."""
    sleeping = Sleeping(clock)
    while True:
        await asyncio.sleep(PULSE)
        if sleeping.slept():
            await woken()
