"""One console's line: a bounded queue of frames towards it, and who sits at the other end."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from agent_tui.backends.mock.stream import encode
from agent_tui.backends.mock.wire import Json
from agent_tui.i18n import _

CLOSE_SECONDS = 2.0
ROOM_BYTES = 16 * 1024 * 1024


class Goodbye(Exception):
    """The server ends this line: a close code and the reason, told in a `go` frame first."""

    def __init__(self, code: int, message: str, **more: object) -> None:
        super().__init__(message)
        self.code = code
        self.more = more

    def go(self) -> Json:
        """The frame that announces it."""
        return {
            "frame": "go",
            "code": self.code,
            "reconnect_after": self.more.get("reconnect_after"),
            "resume": self.code in {1012, 1013, 4012},
            "message": str(self),
            **self.more,
        }


@dataclass(slots=True, eq=False)
class Link:
    """The line to one console that has said hello."""

    socket: ServerConnection
    agent: str
    device: str
    latency: float
    """Seconds every frame is held back."""
    room: int
    """How many frames may wait; one more and the console reads too slowly."""
    viewing: str | None = None
    typing: str | None = None
    applied: int = 0
    """The newest event the console says it has applied."""
    ended: asyncio.Future[Goodbye] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    _opening: list[str] = field(default_factory=list)
    _queue: deque[tuple[float, str]] = field(default_factory=deque)
    _bytes: int = 0
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    def open_with(self, frames: Iterable[str]) -> None:
        """What is sent in front of everything else; however much it is, it is no backlog."""
        self._opening = list(frames)

    def push(self, text: str) -> None:
        """Queue a frame; a console whose queue is full is cut off, never skipped over."""
        if self.ended.done():
            return
        self._bytes += len(text)
        if len(self._queue) >= self.room or self._bytes > ROOM_BYTES:
            self.end(Goodbye(4012, _("This console reads too slowly.")))
            return
        self._queue.append((asyncio.get_running_loop().time() + self.latency, text))
        self._more.set()

    def end(self, goodbye: Goodbye) -> None:
        """Ask for the end of this line; the first reason counts."""
        if not self.ended.done():
            self.ended.set_result(goodbye)

    async def write(self) -> None:
        """Send what is queued, in order, for as long as the line lives."""
        loop = asyncio.get_running_loop()
        if self.latency:
            await asyncio.sleep(self.latency)
        while self._opening:
            await self.socket.send(self._opening.pop(0))
        while True:
            while self._queue:
                due, text = self._queue[0]
                if due > loop.time():
                    await asyncio.sleep(due - loop.time())
                await self.socket.send(text)
                self._queue.popleft()
                self._bytes -= len(text)
            self._more.clear()
            await self._more.wait()


async def hang_up(socket: ServerConnection, goodbye: Goodbye) -> None:
    """Say why, close, and cut the line if the other side does not go along in time.

    A console that reads too slowly is not told first: the frame would only queue behind the rest.
    """
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            if goodbye.code not in {4012, 1007}:
                await socket.send(encode(goodbye.go()))
            await socket.close(goodbye.code, str(goodbye)[:100])
    except (TimeoutError, ConnectionClosed):
        socket.transport.abort()
