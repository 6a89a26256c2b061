"""One frame from a console, or the reason why the line has to end."""

from __future__ import annotations

from websockets.asyncio.server import ServerConnection

from agent_tui.backends.mock.link import Goodbye
from agent_tui.backends.mock.wire import Json
from agent_tui.backends.strict_json import NotJson, load_object
from agent_tui.i18n import _

MOST_PIECES = 512
"""How many websocket fragments a frame may come in. Empty ones count for nothing in its length,
and half a million of one byte each would take hundreds of times their size in memory."""


async def hear(socket: ServerConnection) -> Json:
    """The object in the next frame; what is none raises `Goodbye`."""
    pieces: list[str] = []
    async for piece in socket.recv_streaming():
        if isinstance(piece, bytes):
            raise Goodbye(1007, _("Frames have to be text."))
        if len(pieces) == MOST_PIECES:
            raise Goodbye(1009, _("The frame came in too many pieces."))
        pieces.append(piece)
    try:
        return load_object("".join(pieces))
    except NotJson as error:
        raise Goodbye(1007, str(error)) from None
