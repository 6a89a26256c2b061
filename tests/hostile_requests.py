"""What comes to the mock desk's door, or behind it, and should not: requests and frames by hand."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
import zlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from agent_tui.backends.mock.floor import MAX_FRAME
from agent_tui.backends.mock.hearing import MOST_PIECES
from agent_tui.backends.mock.server import DeskServer

PATIENCE = 20.0
"""Seconds that a reply may take on a machine that others use, too."""
CUT = 1006
"""The line ends without a word."""
Headers = Mapping[str, str | Sequence[str] | None]
"""What is different from a good request; a list is sent line by line, None leaves the line out."""

# ── raw lines ───────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Line:
    """A connection by hand."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def status(self, request: bytes, *, last: bool = False) -> tuple[int, bytes]:
        """The status of the reply and its head; 0: there was none.

        `last`: nothing is sent after it.
        """
        head = b""
        with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            self.writer.write(request)
            if last:
                self.writer.write_eof()
            await self.writer.drain()
            async with asyncio.timeout(PATIENCE):
                head = await self.reader.readuntil(b"\r\n\r\n")
        words = head.split(b" ", 2)
        return (int(words[1]) if len(words) > 1 else 0), head

    async def code(self, frames: Iterable[bytes]) -> int:
        """Send `frames`; the code that the line is closed with then; 0: it is not."""
        sending = asyncio.create_task(self._send(frames))
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    first, second = await self.reader.readexactly(2)
                    size = second & 127
                    if size > 125:
                        wide = await self.reader.readexactly(2 if size == 126 else 8)
                        size = int.from_bytes(wide, "big")
                    payload = await self.reader.readexactly(size)
                    if first & 15 == 8:
                        return int.from_bytes(payload[:2], "big") if payload else 1005
        except TimeoutError:
            return 0
        except (OSError, asyncio.IncompleteReadError):
            return CUT
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _send(self, frames: Iterable[bytes]) -> None:
        with suppress(OSError):
            for one in frames:
                self.writer.write(one)
                await self.writer.drain()


@asynccontextmanager
async def dial(port: int) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def request(start: str, changed: Headers, desk: DeskServer) -> bytes:
    """A request with a good upgrade's headers, but for what is `changed`; the first line first."""
    good = {
        "Host": "127.0.0.1:PORT",
        "Authorization": "Bearer TOKEN",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(b"sixteen bytes it").decode(),
    }
    lines = [start]
    for name, value in {**good, **changed}.items():
        if value is not None:
            lines += [f"{name}: {one}" for one in ([value] if isinstance(value, str) else value)]
    text = "\r\n".join((*lines, "", ""))
    return text.replace("TOKEN", desk.token).replace("PORT", str(desk.port)).encode("utf-8")


def frame(
    payload: bytes | str = b"", opcode: int = 1, *, fin: bool = True, rsv: int = 0,
    masked: bool = True, size: int | None = None,
) -> bytes:  # fmt: skip
    """A websocket frame, right or wrong; `size` is what it says of its length."""
    data = payload.encode() if isinstance(payload, str) else payload
    told = len(data) if size is None else size
    mask = 128 if masked else 0
    head = bytes([fin << 7 | rsv << 4 | opcode])
    if told < 126:
        head += bytes([mask | told])
    elif told < 65_536:
        head += bytes([mask | 126]) + struct.pack(">H", told)
    else:
        head += bytes([mask | 127]) + struct.pack(">Q", told)
    return head + (b"\0\0\0\0" if masked else b"") + data


def deflated(text: str) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (packer.compress(text.encode()) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


HELLO = json.dumps({"frame": "hello", "v": 1, "agent": "ana", "device": "bad", "resume": None})


# ── at the door ─────────────────────────────────────────────────────────────────────────

GET = "GET / HTTP/1.1"
EVIL = "https://evil.example"
AT_THE_DOOR: list[tuple[str, int, str, Headers]] = [
    # what it is, the status it gets, the first line, what differs from a good upgrade
    *((f"Origin {one!r}", 403, GET, {"Origin": one}) for one in (
        EVIL, "http://localhost", "http://127.0.0.1:PORT", "null", "", "file://",
        "chrome-extension://abc", [EVIL, EVIL],
    )),
    ("origin in small letters", 403, GET, {"origin": EVIL}),
    *((f"Host {one!r}", 421, GET, {"Host": one}) for one in (
        None, "", "evil.example", "evil.example:PORT", "localhost", "127.0.0.1", "localhost:1",
        "127.0.0.1.evil.example:PORT", "localhost.:PORT", "user@localhost:PORT", "0.0.0.0:PORT",
        "127.1:PORT", "2130706433:PORT", "0x7f.1:PORT", "[::ffff:127.0.0.1]:PORT",
        "169.254.169.254", "localhost:PORT, evil.example", "localhost:PORT/", "ⓛocalhost:PORT",
        ["127.0.0.1:PORT", "evil.example"], ["evil.example", "127.0.0.1:PORT"],
        ["127.0.0.1:PORT", "127.0.0.1:PORT"],
    )),
    ("X-Forwarded-Host does not help", 421, GET,
     {"Host": "evil.example", "X-Forwarded-Host": "127.0.0.1:PORT"}),
    *((f"Authorization {one!r}", 401, GET, {"Authorization": one}) for one in (
        None, "", "Bearer", "Bearer ", "Bearer 0123456789abcdef0123456789abcdef",
        "Bearer TOKENx", "Bearer xTOKEN", "Bearer TOKEN TOKEN", "Bearer TOKEN,", "TOKEN",
        "Basic TOKEN", "Token TOKEN", "BearerTOKEN", "Bearer=TOKEN", "Bearer ⓣOKEN",
        'Bearer "TOKEN"', "Bearer *", "Bearer t-ended", "Bearer t-revoked",
        ["Bearer TOKEN", "Bearer TOKEN"], ["Bearer wrong", "Bearer TOKEN"],
        ["Bearer TOKEN", "Basic x"],
    )),
    ("token in the URL", 401, "GET /?token=TOKEN HTTP/1.1", {"Authorization": None}),
    ("token in the URL, too", 404, "GET /?token=TOKEN HTTP/1.1", {}),
    ("token as a cookie", 401, GET, {"Authorization": None, "Cookie": "token=TOKEN"}),
    ("token as a subprotocol", 401, GET,
     {"Authorization": None, "Sec-WebSocket-Protocol": "bearer, TOKEN"}),
    ("token for a proxy", 401, GET,
     {"Authorization": None, "Proxy-Authorization": "Bearer TOKEN"}),
    *((f"path {one!r}", 404, f"GET {one} HTTP/1.1", {}) for one in (
        "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//", "/.", "*", "/#", "/admin",
        "/attachments", "/attachments/", "/attachments/../../etc/passwd", "http://evil.example/",
        "/attachments/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/\\..\\..", "/attachments/m-1.1",
    )),
    *((f"method {one}", 405, f"{one} / HTTP/1.1", {}) for one in (
        "POST", "PUT", "DELETE", "PATCH", "HEAD", "TRACE", "CONNECT", "get",
    )),
    ("a preflight", 403, "OPTIONS / HTTP/1.1",
     {"Origin": EVIL, "Access-Control-Request-Method": "POST", "Authorization": None}),
    ("a preflight without its origin", 401, "OPTIONS / HTTP/1.1", {"Authorization": None}),
    ("POST for an attachment", 405, "POST /attachments/m-1.1 HTTP/1.1", {}),
    ("a form", 0, "POST / HTTP/1.1",
     {"Content-Type": "text/plain", "Content-Length": "9", "Upgrade": None}),
    ("h2c", 426, GET, {"Upgrade": "h2c", "Connection": "Upgrade, HTTP2-Settings",
                       "HTTP2-Settings": "AAMAAABkAAQAAP__"}),
    ("no upgrade", 426, GET, {"Upgrade": None}),
    ("no connection", 426, GET, {"Connection": "close"}),
    ("websocket version 12", 400, GET, {"Sec-WebSocket-Version": "12"}),
    ("no websocket version", 400, GET, {"Sec-WebSocket-Version": None}),
    ("two websocket versions", 400, GET, {"Sec-WebSocket-Version": ["13", "13"]}),
    ("no key", 400, GET, {"Sec-WebSocket-Key": None}),
    ("a short key", 400, GET, {"Sec-WebSocket-Key": "AAAA"}),
    ("two keys", 400, GET, {"Sec-WebSocket-Key": ["c2l4dGVlbiBieXRlcyBpdA=="] * 2}),
    ("a header of 100 kB", 431, GET, {"X": "x" * 100_000}),
    ("a token of 100 kB", 431, GET, {"Authorization": "Bearer " + "x" * 100_000}),
    ("a thousand headers", 431, GET, {f"X-{number}": "x" for number in range(1000)}),
    ("a path of 100 kB", 414, f"GET /{'x' * 100_000} HTTP/1.1", {}),
    ("a body", 0, GET, {"Content-Length": "10000000000"}),
    ("a body in chunks", 0, GET, {"Transfer-Encoding": "chunked"}),
    ("HTTP/1.0", 505, "GET / HTTP/1.0", {}),
    ("HTTP/2", 0, "PRI * HTTP/2.0", {}),
    ("HTTP/0.9", 0, "GET /", {}),
    ("two blanks", 0, "GET  / HTTP/1.1", {}),
    ("a header without a colon", 0, f"{GET}\r\nnonsense", {}),
    ("a header that goes on", 0, f"{GET}\r\nX: a\r\n b", {}),
    ("a blank before the colon", 0, f"{GET}\r\nOrigin : {EVIL}", {}),
]  # fmt: skip

GARBAGE: dict[str, bytes] = {
    "TLS": bytes.fromhex("16030100f8010000f40303") + bytes(range(256)),
    "zeros": bytes(4096),
    "line feeds only": b"GET / HTTP/1.1\nHost: 127.0.0.1\n\n",
    "empty lines": b"\r\n" * 100,
    "a line without end": b"A" * 200_000,
    "a frame without a handshake": frame(HELLO),
    "SSH": b"SSH-2.0-OpenSSH_9.9\r\n",
}


# ── behind it ───────────────────────────────────────────────────────────────────────────

PIECES = MOST_PIECES + 50
BEFORE_HELLO: list[tuple[str, int, list[bytes]]] = [
    ("no hello", 1002, []),
    ("only pings instead of a hello", 1002, [frame("x", 9)] * 20),
    ("a command instead of a hello", 1007, [frame('{"frame":"cmd","id":"x"}')]),
    ("no JSON", 1007, [frame("hello")]),
    ("an empty frame", 1007, [frame()]),
    ("a binary hello", 1007, [frame(HELLO, 2)]),
    ("a binary frame without end", 1007, [frame(b"x", 2, fin=False)]),
    ("duplicate keys", 1007, [frame(HELLO[:-1] + ', "agent": "ben"}')]),
    ("NaN", 1007, [frame(HELLO.replace("1", "NaN", 1))]),
    ("deep", 1007, [frame('{"frame":' + "[" * 100_000)]),
    ("nobody's name", 4003, [frame(HELLO.replace("ana", "zoe"))]),
    ("a name with a path in it", 4003, [frame(HELLO.replace("ana", "../ana"))]),
    ("version 99", 4010, [frame(HELLO.replace('"v": 1', '"v": 99'))]),
    ("no device", 1007, [frame(HELLO.replace("device", "d"))]),
    ("bad UTF-8", 1007, [frame(b'{"frame":"\xff"}')]),
    ("overlong UTF-8", 1007, [frame(b'{"frame":"\xc0\xaf"}')]),
    ("a surrogate in UTF-8", 1007, [frame(b'{"frame":"\xed\xa0\x80"}')]),
    ("half a character", 1007, [frame(b'{"frame":"\xe2\x82', fin=False), frame(b'"}', 0)]),
    ("not masked", 1002, [frame(HELLO, masked=False)]),
    ("a compressed frame nobody agreed on", 1002, [frame(deflated(HELLO), rsv=4)]),
    ("a compression bomb", 1002, [frame(deflated("x" * 20_000_000), rsv=4)]),
    ("reserved bit 2", 1002, [frame(HELLO, rsv=2)]),
    ("reserved bit 3", 1002, [frame(HELLO, rsv=1)]),
    ("opcode 3", 1002, [frame(HELLO, 3)]),
    ("opcode 11", 1002, [frame(b"", 11)]),
    ("a long ping", 1002, [frame(b"x" * 126, 9)]),
    ("a ping in pieces", 1002, [frame(b"x", 9, fin=False)]),
    ("the rest of nothing", 1002, [frame(HELLO, 0)]),
    ("a text within a text", 1002, [frame("{", fin=False), frame(HELLO)]),
    ("a close with half a code", 1002, [frame(b"\x03", 8)]),
    ("a close with no code there is", 1002, [frame(struct.pack(">H", 999), 8)]),
    ("a close with a code for inside", 1002, [frame(struct.pack(">H", 1005), 8)]),
    ("a close with bad words", 1007, [frame(struct.pack(">H", 1000) + b"\xff", 8)]),
    ("a frame that is too long", 1009, [frame("x" * (MAX_FRAME + 1))]),
    ("a frame that says it is endless", 1009, [frame(b"", size=2**62)]),
    ("a length below nothing", 1009, [frame(b"", size=2**64 - 1)]),
    ("too long in pieces", 1009, [frame("x" * 60_000, fin=False),
                                 *[frame("x" * 60_000, 0, fin=False)] * 10]),
    ("empty pieces without end", 1009, [frame(fin=False), *[frame(b"", 0, fin=False)] * PIECES]),
    ("small pieces without end", 1009, [frame("{", fin=False),
                                        *[frame(" ", 0, fin=False)] * PIECES]),
]  # fmt: skip
AFTER_HELLO: list[tuple[str, int, list[bytes]]] = [
    ("another hello", 1007, [frame(HELLO)]),
    ("a hello as somebody else", 1007, [frame(HELLO.replace("ana", "ben"))]),
    ("a thousand hellos", 1007, [frame(HELLO)] * 1000),
    ("a command without an id", 1007, [frame('{"frame":"cmd","op":"note"}')]),
    ("an id with a path in it", 1007, [frame('{"frame":"cmd","id":"../x"}')]),
    ("a frame that is too long, later", 1009, [frame("x" * (MAX_FRAME + 1))]),
    ("bad UTF-8, later", 1007, [frame(b"\xff")]),
    ("not masked, later", 1002, [frame("{}", masked=False)]),
]
