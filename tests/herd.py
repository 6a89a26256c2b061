"""A thousand real clients and a desk without sockets, in a world in which waiting takes no time.

The clients are the program's: their waits, their counting of attempts, their reading of what the
desk answers. Only the way in is not: `Door.dial` opens a line that is paper, or refuses.
"""

from __future__ import annotations

import asyncio
import errno
import json
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Any

from paper_line import PaperLine, text_frame
from virtual_time import LoopClock
from websockets.asyncio.client import ClientConnection
from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus
from websockets.frames import Close, Frame, Opcode
from websockets.http11 import Response

from agent_tui.backends.desk.client import DeskAddress, DeskBackend
from agent_tui.credentials.secret import Secret
from agent_tui.events import Link, LinkChanged

STAMP = "2026-11-23T08:00:00.000Z"
WINDOW = 0.1
"""Seconds in which a crowd is counted."""


def _text(**frame: Any) -> bytes:
    return text_frame(json.dumps(frame))


OPENING = _text(
    frame="welcome", v=1, mode="snapshot", epoch="e1", seq=1, hb=60, server_time=STAMP, me="ana"
) + _text(frame="snap", part=1, parts=1, at_seq=1, conversations=[])


@dataclass(eq=False)
class Client:
    """One console's client."""

    backend: DeskBackend
    attempts: list[float] = field(default_factory=list)
    live: list[float] = field(default_factory=list)
    """When it had everything."""


class Door:
    """The desk's end of it all."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.loop = asyncio.get_running_loop()
        self.clients: list[Client] = []
        self.arrived: list[float] = []
        """When somebody was let in."""
        self.asked: list[float] = []
        """When somebody came to a door behind which there is a desk."""
        self.refuse: Callable[[], Exception] | None = None
        """Why nobody gets in just now."""
        self.hangs_up = False
        """Everybody is let in, welcomed, and cut off."""
        self._lines: set[PaperLine] = set()
        self._tasks: list[asyncio.Task[None]] = []

    def seat(self, number: int, chance: Callable[[int], Random]) -> None:
        """Sit somebody down in front of a console."""
        address = DeskAddress("ws://127.0.0.1:1", Secret("t"), "ana", f"desk-{number}")
        client = Client(DeskBackend(address, LoopClock(), chance(number)))
        self.clients.append(client)

        async def dial(_token: Secret) -> ClientConnection:
            return await self._dialled(client)

        client.backend._dialling.dial = dial  # type: ignore[method-assign, assignment]
        self._tasks.append(asyncio.create_task(self._run(client)))

    async def _run(self, client: Client) -> None:
        async for event in client.backend.events():
            if isinstance(event, LinkChanged) and event.link is Link.LIVE:
                client.live.append(self.loop.time())

    async def _dialled(self, client: Client) -> ClientConnection:
        client.attempts.append(self.loop.time())
        await asyncio.sleep(self._random.uniform(0.001, 0.01))
        if self.refuse is not None:
            raise self.refuse()
        self.arrived.append(client.attempts[-1])
        line = PaperLine()
        self._lines.add(line)
        self._tasks.append(asyncio.create_task(self._serve(line)))
        return line.ws

    async def _serve(self, line: PaperLine) -> None:
        await line.said()
        line.feed(OPENING)
        if self.hangs_up:
            await line.read()
            line.cut(ConnectionResetError())

    def cut_all(self) -> None:
        """Every line breaks, in this moment."""
        for line in self._lines:
            line.cut(ConnectionResetError())
        self._lines.clear()

    def say_goodbye(self, code: int, after: float) -> None:
        """The desk closes every line, and says when to come back."""
        go = _text(frame="go", code=code, reconnect_after=after, resume=True, message="")
        close = Frame(Opcode.CLOSE, Close(code, "").serialize()).serialize(mask=False)
        for line in self._lines:
            line.feed(go + close)
            line.cut_soon()
        self._lines.clear()

    async def go_home(self) -> None:
        """The end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def refused() -> Exception:
    """Nobody listens."""
    return ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed")


def busy(status: int, retry_after: float) -> Exception:
    """Too many are here; `retry_after` in seconds."""
    headers = Headers({"Retry-After": f"{retry_after:.0f}"})
    return InvalidStatus(Response(status, "busy", headers))


def crowd(moments: Iterable[float], window: float = WINDOW) -> int:
    """Most of them in any span of `window` seconds."""
    at = sorted(moments)
    return max((bisect_left(at, first + window) - n for n, first in enumerate(at)), default=0)


def after(moments: Sequence[float], moment: float) -> float | None:
    """The first one from then on."""
    return next((one for one in moments if one >= moment), None)


def waits(moments: Sequence[float]) -> list[float]:
    """How long it was between each two."""
    return [later - earlier for earlier, later in pairwise(moments)]
