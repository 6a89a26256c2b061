"""One console's line: a bounded queue of frames towards it, and who sits at the other end.

Here the faults take effect: what `mishaps` decides for each frame, and a line that is frozen.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed, ProtocolError

from agent_tui.backends.mock.faults.mishaps import Mishaps, TooMany
from agent_tui.backends.mock.faults.pouring import Outlet, Torn
from agent_tui.backends.mock.stream import encode
from agent_tui.backends.mock.wire import Json
from agent_tui.i18n import _

CLOSE_SECONDS = 2.0
ROOM_BYTES = 16 * 1024 * 1024
CUT = 1006
"""No close code that is ever sent (RFC 6455 §7.4.1): the line is to be cut without a word."""
OVERTAKEN_SECONDS = 1.0
"""How long a frame that is to be overtaken waits for one that does."""


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
    mishaps: Mishaps | None = None
    """What goes wrong on this line; None: nothing ever does."""
    frozen: bool = False
    """Half open: nothing is read and nothing is written, until it is cut."""
    _opening: list[str] = field(default_factory=list)
    _queue: deque[tuple[float, str]] = field(default_factory=deque)
    _bytes: int = 0
    _more: asyncio.Event = field(default_factory=asyncio.Event)
    _outlet: Outlet = field(init=False)

    def __post_init__(self) -> None:
        self._outlet = Outlet(self.socket)

    def open_with(self, frames: Iterable[str]) -> None:
        """What is sent in front of everything else; however much it is, it is no backlog."""
        self._opening = list(frames)

    def push(self, text: str) -> None:
        """Queue a frame; a console whose queue is full is cut off, never skipped over."""
        if self.ended.done():
            return
        if self.frozen and len(self._queue) >= self.room:
            return  # a dead line complains of nothing
        self._bytes += len(text)
        if len(self._queue) >= self.room or self._bytes > ROOM_BYTES:
            self.end(Goodbye(4012, _("This console reads too slowly.")))
            return
        self._queue.append((asyncio.get_running_loop().time(), text))
        self._more.set()

    def end(self, goodbye: Goodbye) -> None:
        """Ask for the end of this line; the first reason counts. A frozen line can only be cut."""
        if not self.ended.done() and not (self.frozen and goodbye.code != CUT):
            self.ended.set_result(goodbye)

    def freeze(self) -> None:
        """Stop reading and writing, and keep the connection open; `cut` ends it."""
        self.frozen = True
        self.socket.transport.pause_reading()
        if self.socket.keepalive_task is not None:
            self.socket.keepalive_task.cancel()

    def cut(self) -> None:
        """Cut the connection without a word."""
        self.end(Goodbye(CUT, _("The line is cut.")))

    # ── towards the console ─────────────────────────────────────────────────────────

    async def write(self) -> None:
        """Send what is queued, in order, for as long as the line lives."""
        opened = asyncio.get_running_loop().time()
        while self._opening:
            await self._pass(opened, self._opening.pop(0))
        while True:
            while self._queue:
                since, text = self._queue[0]
                await self._pass(since, text)
                self._queue.popleft()
                self._bytes -= len(text)
            self._more.clear()
            if self.mishaps is not None and self.mishaps.holding:
                with suppress(TimeoutError):
                    async with asyncio.timeout(OVERTAKEN_SECONDS):
                        await self._more.wait()
                        continue
                await self._pour(self.mishaps.let_go())
            await self._more.wait()

    async def _pass(self, since: float, text: str) -> None:
        """Send the frame that was ready at `since` (the loop's time), as the faults let it."""
        wait = since + self.latency - asyncio.get_running_loop().time()
        if wait > 0:
            await asyncio.sleep(wait)
        if self.mishaps is None:
            await self._pour([text])
        else:
            await self._pour(await self.mishaps.ready(text, since + self.latency))

    async def _pour(self, payloads: Iterable[str | bytes]) -> None:
        toxics = () if self.mishaps is None else self.mishaps.toxics()
        for payload in payloads:
            if self.frozen:
                raise await asyncio.shield(self.ended)
            try:
                await self._outlet.send(payload, toxics)
            except Torn:
                raise Goodbye(CUT, _("The line is cut.")) from None

    # ── from the console ────────────────────────────────────────────────────────────

    async def heard(self, frame: Json) -> Json | None:
        """Take as long over a frame as the faults want; an answer to give instead of any other.

        Raises `Goodbye` for a console that does not wait although it was told to.
        """
        if self.mishaps is not None:
            await self.mishaps.heard(frame)
        if self.frozen:
            raise await asyncio.shield(self.ended)
        try:
            return None if self.mishaps is None else self.mishaps.refusal(frame)
        except TooMany as error:
            raise Goodbye(4008, str(error), reconnect_after=error.retry_after) from None


async def hang_up(socket: ServerConnection, goodbye: Goodbye, slowly: float = 0) -> None:
    """Say why, close, and cut the line if the other side does not go along in time.

    A console that reads too slowly is not told first: the frame would only queue behind the rest.
    `slowly`: seconds between the last word and the close.
    """
    if goodbye.code == CUT:
        socket.transport.abort()
        return
    try:
        async with asyncio.timeout(CLOSE_SECONDS + slowly):
            if goodbye.code not in {4012, 1007}:
                with suppress(ProtocolError):  # the line ends in the middle of a frame
                    await socket.send(encode(goodbye.go()))
            await asyncio.sleep(slowly)
            await socket.close(goodbye.code, str(goodbye)[:100])
    except (TimeoutError, ConnectionClosed):
        socket.transport.abort()
