"""How what is to be sent gets onto the line: whole, in pieces, slowly, or only half."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from websockets.asyncio.server import ServerConnection

from agent_tui.backends.mock.faults.breaking import torn
from agent_tui.backends.mock.faults.kinds import Bandwidth, Fault, LimitData, Slicer

STEPS_A_SECOND: Final = 20
"""How smoothly a slow line flows."""


@dataclass(frozen=True, slots=True)
class Flow:
    """In which pieces something is sent, and how fast."""

    piece: int | None = None
    """Characters in a piece; None: all at once."""
    bytes_a_second: float | None = None
    pause: float = 0
    """Seconds after each piece, at least."""

    def seconds(self, size: int) -> float:
        """How long a piece of `size` takes."""
        rate = self.bytes_a_second
        return max(self.pause, 0.0 if rate is None else size / rate)


def flow_of(toxics: Iterable[Fault]) -> Flow:
    """How things flow while `toxics` are on."""
    pieces, rate, pause = [], None, 0.0
    for toxic in toxics:
        match toxic:
            case Bandwidth(kilobytes=kilobytes):
                rate = kilobytes * 1000
                pieces.append(max(1, int(rate / STEPS_A_SECOND)))
            case Slicer(bytes=size, ms=ms):
                pieces.append(size)
                pause = ms / 1000
    return Flow(min(pieces, default=None), rate, pause)


class Torn(Exception):
    """The line was cut in the middle of a frame."""


class Outlet:
    """Sends on one socket, as the faults let it."""

    def __init__(self, socket: ServerConnection) -> None:
        self._socket = socket
        self._carried = 0

    async def send(self, payload: str | bytes, toxics: tuple[Fault, ...]) -> None:
        """Send a frame. Raises `Torn` if the line carries no more, and what the socket raises."""
        self._carried += len(payload)
        for toxic in toxics:
            if isinstance(toxic, LimitData) and self._carried > toxic.bytes:
                self._socket.transport.write(torn(str(payload)))
                raise Torn
        flow = flow_of(toxics)
        if flow.piece is None:
            await self._socket.send(payload)
        elif isinstance(payload, str):
            await self._socket.send(_poured(payload, flow))
        else:
            await self._socket.send(_poured(payload, flow))


Piece = TypeVar("Piece", str, bytes)


async def _poured(payload: Piece, flow: Flow) -> AsyncIterator[Piece]:
    """`payload` piece by piece, each when there is room for it."""
    assert flow.piece is not None
    for begin in range(0, len(payload), flow.piece):
        piece = payload[begin : begin + flow.piece]
        yield piece
        await asyncio.sleep(flow.seconds(len(piece)))
