"""A wire to the desk that can be cut and mended."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Wire:
    """Passes everything on to a port on this machine, as long as it is whole."""

    def __init__(self, port: int) -> None:
        """`port` is where the desk listens."""
        self._desk = port
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self.port = 0
        """Where the wire begins; the same after it was mended."""

    @property
    def url(self) -> str:
        """Where a console connects to."""
        return f"ws://127.0.0.1:{self.port}"

    async def mend(self) -> None:
        """Be whole, from now on."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Break in the middle: nothing that is under way arrives, and nobody says goodbye."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for end in tuple(self._ends):
            end.transport.abort()
        await asyncio.sleep(0)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._desk)
        ends = {writer, back}
        self._ends |= ends
        with suppress(OSError, asyncio.IncompleteReadError):
            # The desk talks only to who calls it by its own name.
            request = await reader.readuntil(b"\r\n\r\n")
            back.write(request.replace(b":%d\r\n" % self.port, b":%d\r\n" % self._desk, 1))
        try:
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        finally:
            self._ends -= ends
            for end in ends:
                end.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()
