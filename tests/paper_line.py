"""The console's end of a websocket without a socket: the library's real connection, fed by hand."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any, Final

from websockets.asyncio.client import ClientConnection
from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from agent_tui.backends.desk.dialling import MAX_FRAME

Json = dict[str, Any]

QUIET: Final = logging.getLogger("paper-line")
QUIET.setLevel(logging.CRITICAL)
_NOWHERE: Final = parse_uri("ws://127.0.0.1:1/")


def text_frame(text: str) -> bytes:
    """A websocket frame from a desk, as bytes."""
    return frame(Opcode.TEXT, text.encode("utf-8", "surrogatepass"))


def frame(opcode: Opcode, data: bytes, *, fin: bool = True) -> bytes:
    """Any websocket frame from a desk."""
    return Frame(opcode, data, fin).serialize(mask=False)


class _Paper(asyncio.Transport):
    """Where bytes would leave."""

    def __init__(self, line: PaperLine) -> None:
        super().__init__()
        self._line = line
        self.written = bytearray()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def writelines(self, list_of_data: Any) -> None:
        for data in list_of_data:
            self.write(data)

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self._line.cut_soon()

    def is_closing(self) -> bool:
        return self._line.over

    def close(self) -> None:
        self._line.cut_soon()

    def abort(self) -> None:
        self._line.cut_soon()

    def pause_reading(self) -> None:
        """Whoever feeds looks at `waiting`."""

    def resume_reading(self) -> None:
        """See `pause_reading`."""

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Paper is patient."""


class PaperLine:
    """An open line; the desk's end is this object."""

    def __init__(self) -> None:
        protocol = ClientProtocol(_NOWHERE, state=State.OPEN, max_size=MAX_FRAME, logger=QUIET)
        self.over = False
        self._transport = _Paper(self)
        self._listening = ServerProtocol(state=State.OPEN, max_size=None, logger=QUIET)
        self.ws = ClientConnection(protocol, ping_interval=None, close_timeout=2)
        self.ws.response = Response(101, "", Headers())
        self.ws.connection_made(self._transport)

    def feed(self, data: bytes) -> None:
        """Bytes come from the desk."""
        if not self.over:
            self.ws.data_received(data)

    def cut(self, error: Exception | None = None) -> None:
        """The connection is no more."""
        if not self.over:
            self.over = True
            if error is None:
                self.ws.eof_received()
            self.ws.connection_lost(error)

    def cut_soon(self) -> None:
        """The desk's end closes, too."""
        asyncio.get_running_loop().call_soon(self.cut)

    @property
    def waiting(self) -> int:
        """Frames that have come and were not read yet."""
        return len(self.ws.recv_messages.frames)

    @property
    def open(self) -> bool:
        """Neither end has begun to close it."""
        return self.ws.state is State.OPEN

    async def read(self) -> None:
        """Wait until the console has read all that came, or reads no more."""
        while self.waiting and self.open:
            await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def said(self) -> list[Json]:
        """What the console has said since the last time; waits for something."""
        while not self._transport.written and not self.over:
            await asyncio.sleep(0)
        data, self._transport.written = bytes(self._transport.written), bytearray()
        self._listening.receive_data(data)
        return [
            json.loads(bytes(event.data))
            for event in self._listening.events_received()
            if isinstance(event, Frame) and event.opcode is Opcode.TEXT
        ]
