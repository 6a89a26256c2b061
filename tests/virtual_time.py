"""Minutes in milliseconds: an event loop whose clock jumps to the next thing that is due.

Whatever waits for time waits no real time; whatever is ready runs in its order. Nothing in such a
loop may wait for the world outside: there is none.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from builders import NOW

T = TypeVar("T")


class _Jumps(selectors.DefaultSelector):
    """Instead of waiting, says for how long it would have."""

    slept = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready: list[Any] = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("everything waits, and nothing will ever come")
            self.slept += max(0.0, timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in which time passes only while everybody waits."""

    def __init__(self) -> None:
        self._jumps = _Jumps()
        super().__init__(self._jumps)

    def time(self) -> float:
        return self._jumps.slept


@dataclass
class LoopClock:
    """The program's clock, as the running loop has it."""

    began: datetime = NOW
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    def now(self) -> datetime:
        return self.began + timedelta(seconds=self.loop.time())

    def monotonic(self) -> float:
        return self.loop.time()

    def steady(self) -> datetime:
        return self.now()


def run(main: Coroutine[Any, Any, T]) -> T:
    """What `main` comes to, in a world without waiting."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
