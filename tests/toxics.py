"""A wire to a desk that can be made bad in every way a network is, while it is in use.

Its toxics hold for each direction: ``proxy.down`` is what comes from the desk, ``proxy.up`` what
goes there. They may be changed at any time, and count from the next byte on.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Final

PIECE: Final = 65_536
BREATH: Final = 0.01
"""Seconds between two looks whether a stalled wire flows again."""
RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER so that a close says RST (reset_peer)."""


@dataclass
class Toxics:
    """What a direction does to bytes. Times are seconds, sizes bytes."""

    latency: float = 0.0
    """How late bytes come, in order."""
    jitter: float = 0.0
    """... and how much more or less, evenly spread."""
    bandwidth: float | None = None
    """Bytes a second."""
    slicer: int | None = None
    """Bytes come in pieces of so many ..."""
    slicer_delay: float = 0.0
    """... so long apart."""
    limit_data: int | None = None
    """After so many bytes, of a connection, it is cut."""
    stalled: bool = False
    """Nothing passes, and nothing is closed (a half-open line, timeout): bytes wait."""
    slow_close: float = 0.0
    """How long an end of the other side is kept back."""


@dataclass(eq=False)
class _Passage:
    """One connection through the wire."""

    console: asyncio.StreamWriter
    desk: asyncio.StreamWriter
    dead: bool = False
    """Nothing passes any more, whatever the toxics say, and nothing is closed."""
    passed: dict[str, int] = field(default_factory=lambda: {"up": 0, "down": 0})

    def cut(self, *, reset: bool = False) -> None:
        for end in (self.console, self.desk):
            handle = end.get_extra_info("socket")
            if reset and handle is not None:
                with suppress(OSError):
                    handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            end.transport.abort()


class ToxicProxy:
    """Stands between consoles and one desk on this machine."""

    def __init__(self, desk_port: int, random: Random | None = None) -> None:
        """`random` decides the jitter."""
        self.desk_port = desk_port
        self.up, self.down = Toxics(), Toxics()
        self.port = 0
        """Where it begins; the same after `open` again."""
        self.refusing = False
        """New connections are reset at once."""
        self._random = random or Random(0)
        self._server: asyncio.Server | None = None
        self._passages: set[_Passage] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where a console connects to."""
        return f"ws://127.0.0.1:{self.port}"

    @property
    def open_lines(self) -> int:
        """Connections that are open."""
        return len(self._passages)

    def both(self) -> Iterator[Toxics]:
        """The two directions."""
        yield self.up
        yield self.down

    def heal(self) -> None:
        """No toxics from now on; what is dead stays dead."""
        self.up, self.down = Toxics(), Toxics()
        self.refusing = False

    def stall(self, *, on: bool = True) -> None:
        """Half open: nothing passes in either direction, new connections included."""
        for direction in self.both():
            direction.stalled = on

    def forget(self) -> None:
        """The connections there are stay open and carry nothing, for ever: a router forgot them."""
        for passage in self._passages:
            passage.dead = True

    def reset_peer(self) -> None:
        """Every connection is reset (RST)."""
        for passage in tuple(self._passages):
            passage.cut(reset=True)

    def inject(self, data: bytes) -> None:
        """Bytes come to every console as if the desk had sent them."""
        for passage in self._passages:
            passage.console.write(data)

    async def open(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Cut everything, and listen no more."""
        if self._server is not None:
            self._server.close()
        self.reset_peer()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._pass(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._tasks.discard(task)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            handle = writer.get_extra_info("socket")
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()
            return
        request = await reader.readuntil(b"\r\n\r\n")
        there, back = await asyncio.open_connection("127.0.0.1", self.desk_port)
        passage = _Passage(writer, back)
        self._passages.add(passage)
        # The desk talks only to who calls it by its own name.
        named = request.replace(b":%d\r\n" % self.port, b":%d\r\n" % self.desk_port, 1)
        up = asyncio.create_task(self._flow(passage, "up", reader, back, named))
        down = asyncio.create_task(self._flow(passage, "down", there, writer))
        try:
            await asyncio.wait({up, down}, return_when=asyncio.ALL_COMPLETED)
        finally:
            for one in (up, down):
                one.cancel()
            await asyncio.gather(up, down, return_exceptions=True)
            self._passages.discard(passage)
            passage.cut()

    def _toxics(self, way: str) -> Toxics:
        return self.up if way == "up" else self.down

    async def _flow(
        self,
        passage: _Passage,
        way: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        first: bytes = b"",
    ) -> None:
        """One direction of one connection, to its end."""
        loop = asyncio.get_running_loop()
        waiting: deque[tuple[float, bytes]] = deque()
        more = asyncio.Event()

        def take(data: bytes) -> None:
            toxics = self._toxics(way)
            late = toxics.latency + self._random.uniform(-toxics.jitter, toxics.jitter)
            at = loop.time() + max(0.0, late)
            waiting.append((max(at, waiting[-1][0]) if waiting else at, data))
            more.set()

        async def read() -> None:
            data = b""
            with suppress(OSError):
                while data := await reader.read(PIECE):
                    take(data)
            take(b"")

        if first:
            take(first)
        reading = asyncio.create_task(read())
        try:
            while True:
                await more.wait()
                at, data = waiting[0]
                await asyncio.sleep(max(0.0, at - loop.time()))
                if not data:
                    await asyncio.sleep(self._toxics(way).slow_close)
                    await self._flowing(passage, way)
                    break
                await self._send(passage, way, writer, data)
                waiting.popleft()
                if not waiting:
                    more.clear()
            writer.write_eof()
        except (OSError, RuntimeError):
            passage.cut()
        finally:
            reading.cancel()

    async def _flowing(self, passage: _Passage, way: str) -> None:
        """Wait until something passes."""
        while passage.dead or self._toxics(way).stalled:
            await asyncio.sleep(BREATH)

    async def _send(
        self, passage: _Passage, way: str, writer: asyncio.StreamWriter, data: bytes
    ) -> None:
        async for piece in self._pieces(way, data):
            await self._flowing(passage, way)
            limit = self._toxics(way).limit_data
            if limit is not None and passage.passed[way] + len(piece) > limit:
                writer.write(piece[: max(0, limit - passage.passed[way])])
                await asyncio.sleep(0)
                raise ConnectionResetError("as much as was to pass")
            passage.passed[way] += len(piece)
            writer.write(piece)
            await writer.drain()

    async def _pieces(self, way: str, data: bytes) -> AsyncIterator[bytes]:
        """`data` as slowly, and in as small pieces, as the toxics have it just then."""
        while data:
            toxics = self._toxics(way)
            size = toxics.slicer or len(data)
            if toxics.bandwidth is not None:
                size = min(size, max(1, int(toxics.bandwidth * 0.05)))
            piece, data = data[:size], data[size:]
            yield piece
            if data and toxics.slicer is not None:
                await asyncio.sleep(toxics.slicer_delay)
            if toxics.bandwidth is not None:
                await asyncio.sleep(len(piece) / toxics.bandwidth)


@asynccontextmanager
async def toxic_proxy(desk_port: int, random: Random | None = None) -> AsyncIterator[ToxicProxy]:
    """A wire, open."""
    proxy = ToxicProxy(desk_port, random)
    await proxy.open()
    try:
        yield proxy
    finally:
        await proxy.close()
