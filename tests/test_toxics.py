"""The bad wire of the tests: each toxic does what it says, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from time import monotonic

import pytest
from toxics import ToxicProxy

HEAD = b"GET / HTTP/1.1\r\n\r\n"
"""What every connection begins with; the echo does not repeat it."""


class Line:
    """A connection to an echo, through the wire."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def echo(self, data: bytes, within: float = 5.0) -> bytes:
        """Say something, and hear it."""
        self.writer.write(data)
        return await self.hear(len(data), within)

    async def hear(self, size: int, within: float = 5.0) -> bytes:
        async with asyncio.timeout(within):
            return await self.reader.readexactly(size)


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


@asynccontextmanager
async def wire() -> AsyncIterator[tuple[ToxicProxy, Line]]:
    """A wire, and a connection through it."""
    server = await asyncio.start_server(_echo, "127.0.0.1", 0)
    proxy = ToxicProxy(server.sockets[0].getsockname()[1], Random(1))
    await proxy.open()
    try:
        yield proxy, await dial(proxy)
    finally:
        await proxy.close()
        server.close()


async def dial(proxy: ToxicProxy) -> Line:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(HEAD)
    return Line(reader, writer)


async def test_without_toxics_everything_passes_unchanged() -> None:
    async with wire() as (_proxy, line):
        data = Random(1).randbytes(300_000)
        assert await line.echo(data) == data


async def test_latency_and_its_jitter_keep_the_order() -> None:
    async with wire() as (proxy, line):
        proxy.down.latency, proxy.down.jitter = 0.2, 0.1
        began = monotonic()
        assert await line.echo(b"late") == b"late"
        assert monotonic() - began >= 0.1
        for number in range(10):
            line.writer.write(b"%d" % number)
            await asyncio.sleep(0.005)
        assert await line.hear(10) == b"0123456789"


async def test_bandwidth_is_what_flows_in_a_second() -> None:
    async with wire() as (proxy, line):
        proxy.up.bandwidth = 10_000
        began = monotonic()
        assert len(await line.echo(b"x" * 3000)) == 3000
        assert monotonic() - began >= 0.25


async def test_the_slicer_loses_nothing() -> None:
    async with wire() as (proxy, line):
        proxy.down.slicer, proxy.down.slicer_delay = 3, 0.001
        assert await line.echo(bytes(range(200))) == bytes(range(200))


async def test_a_stalled_line_carries_nothing_until_it_flows() -> None:
    async with wire() as (proxy, line):
        proxy.stall()
        with pytest.raises(TimeoutError):
            await line.echo(b"lost?", within=0.1)
        other = await dial(proxy)
        other.writer.write(b"me, too")
        proxy.heal()
        assert await line.hear(5) == b"lost?"
        assert await other.hear(7) == b"me, too"


async def test_a_forgotten_line_stays_dead_and_others_live() -> None:
    async with wire() as (proxy, line):
        assert await line.echo(b"a") == b"a"
        proxy.forget()
        proxy.heal()
        with pytest.raises(TimeoutError):
            await line.echo(b"b", within=0.1)
        assert await (await dial(proxy)).echo(b"c") == b"c"


async def test_limit_data_cuts_in_the_middle() -> None:
    async with wire() as (proxy, line):
        proxy.down.limit_data = 4
        line.writer.write(b"seven77")
        async with asyncio.timeout(5):
            heard = b""
            with pytest.raises(ConnectionError):
                while data := await line.reader.read(10):
                    heard += data
                raise ConnectionResetError  # an end is an end
        assert heard == b"seve"[: len(heard)]


async def test_reset_peer_and_a_refusing_wire_reset() -> None:
    async with wire() as (proxy, line):
        assert await line.echo(b"a") == b"a"
        proxy.reset_peer()
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await line.hear(1)
        proxy.refusing = True
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await (await dial(proxy)).echo(b"b")


async def test_a_slow_close_keeps_the_end_back() -> None:
    async with wire() as (proxy, line):
        proxy.down.slow_close = 0.2
        assert await line.echo(b"a") == b"a"
        began = monotonic()
        line.writer.write_eof()
        async with asyncio.timeout(5):
            assert await line.reader.read(1) == b""
        assert monotonic() - began >= 0.2


async def test_what_is_injected_comes_as_from_the_desk() -> None:
    async with wire() as (proxy, line):
        assert await line.echo(b"a") == b"a"
        proxy.inject(b"!")
        assert await line.hear(1) == b"!"
