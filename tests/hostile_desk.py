"""A desk whose every word is somebody's attack: it serves given strings in every field it has.

Each string is a conversation of its own, and stands in all of that conversation's fields and its
customer's, between two marks that say which field and which string: ``B7: … :7B``. What is asked of
the desk is refused, with the string as the reason, and remembered.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

Json = dict[str, Any]

TOKEN = "token-of-the-hostile-desk"
AT = "2026-11-20T09:00:00.000Z"
LATER = "2026-11-20T09:05:00.000Z"
LONGEST_BODY, LONGEST_FIELD = 380_000, 2_000
"""Bytes on the wire, of a body and of anything else: a frame has at most 512 KiB."""
AGENT, TEAM = "agent-{}", "team-{}"

FIELDS: Mapping[str, str] = {
    "N": "name of the contact in the row and the head",
    "S": "subject",
    "P": "preview",
    "L": "label of the conversation",
    "R": "reason",
    "B": "body of a message",
    "A": "name of an author",
    "O": "note",
    "V": "subject of an activity",
    "W": "unknown activity",
    "F": "name of a file",
    "K": "kind of a file",
    "Q": "quick reply",
    "X": "reason of a failure",
    "C": "name of the customer",
    "T": "tier",
    "G": "language",
    "Z": "time zone",
    "Y": "city",
    "D": "address",
    "E": "label of the customer",
    "H": "order",
    "I": "status of an order",
    "U": "currency",
    "J": "article",
    "M": "options of an article",
    "CA": "carrier",
    "TR": "tracking number",
    "TS": "state of a parcel",
    "CI": "article in the cart",
    "NA": "author of a remark",
    "NT": "remark",
    "ES": "earlier subject",
    "GN": "name of an agent",
    "TN": "name of a team",
    "LN": "label of the desk",
    "RM": "reason of a refusal",
    "TY": "name of who types",
}
"""What the first mark's letters say."""


def before(code: str, number: int) -> str:
    """The mark in front of a string."""
    return f"{code}{number}:"


def behind(code: str, number: int) -> str:
    """The mark behind it."""
    return f":{number}{code}"


@dataclass(slots=True)
class HostileDesk:
    """A context manager; the desk listens while it is open."""

    strings: Sequence[str]
    signals: bool = False
    """Somebody with a hostile name types in each conversation that is opened."""
    url: str = ""
    commands: list[Json] = field(default_factory=list)
    """What consoles asked to be done."""
    _thread: threading.Thread | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _ready: threading.Event = field(default_factory=threading.Event)
    _over: asyncio.Event | None = None

    def __enter__(self) -> HostileDesk:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_error: object) -> None:
        assert self._loop is not None
        assert self._over is not None
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    async def _run(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        async with serve(
            self._serve, "127.0.0.1", 0, process_request=_gate, compression=None, max_size=2**21
        ) as server:
            self.url = f"ws://127.0.0.1:{_port(server)}"
            self._ready.set()
            await self._over.wait()

    async def _serve(self, ws: ServerConnection) -> None:
        path = ws.request.path if ws.request is not None else "/"
        try:
            await ws.recv()
            if path != "/":
                await self._turn_away(ws, *path.split("/")[1:])
            for frame in self._opening():
                await ws.send(json.dumps(frame))
            beating = asyncio.create_task(_beat(ws))
            try:
                async for raw in ws:
                    for frame in self._answers(json.loads(raw)):
                        await ws.send(json.dumps(frame))
            finally:
                beating.cancel()
        except ConnectionClosed:
            pass

    async def _turn_away(self, ws: ServerConnection, way: str, number: str) -> None:
        """At ``/go/7`` and ``/close/7`` the console is told to go, in the words of string 7."""
        words = self.strings[int(number)]
        if way == "go":
            go = {"frame": "go", "code": 4003, "message": words, "error": "unknown_agent"}
            await ws.send(json.dumps(go | {"agents": [words], "reconnect_after": None}))
        # A reason has 123 bytes of UTF-8, and none of half a character.
        await ws.close(4003, words.encode("utf-8", "replace")[:120].decode("utf-8", "ignore"))

    # Frames ---------------------------------------------------------------------------------------

    def put(self, code: str, number: int, longest: int = LONGEST_FIELD) -> str:
        """String `number` as it stands in a field."""
        text = self.strings[number][:longest]
        while len(json.dumps(text)) > longest + 2:
            text = text[: len(text) * 9 // 10]
        return f"{before(code, number)} {text} {behind(code, number)}"

    def _opening(self) -> list[Json]:
        every = range(len(self.strings))
        welcome: Json = {
            "frame": "welcome",
            "v": 1,
            "mode": "snapshot",
            "epoch": "e1",
            "seq": 1_000,
            "server_time": LATER,
            "hb": 10,
            "desk": {"name": "DN: " + " ".join(self.strings)[:300], "timezone": "\x1b[2J"},
            "me": "ana",
            "limits": {"frame": 524288, "text": 25000, "history": 200},
            "capabilities": [
                *("send", "note", "assign", "team", "snooze", "resolve", "reopen", "label"),
                *("priority", "read", "typing", "viewing", "\x1b[2J"),
            ],
            "agents": [
                {"id": "ana", "name": "Ana", "availability": "online"},
                *(self._person(number) for number in every),
            ],
            "teams": [
                {"id": TEAM.format(n), "name": self.put("TN", n, 300), "members": []} for n in every
            ],
            "labels": [self.put("LN", number, 300) for number in every],
        }
        parts = [[self._conversation(n) for n in every[at : at + 10]] for at in every[::10]]
        snaps = [
            {
                "frame": "snap",
                "part": i,
                "parts": len(parts),
                "at_seq": 1_000,
                "conversations": part,
            }
            for i, part in enumerate(parts, 1)
        ]
        return [welcome, *snaps]

    def _person(self, number: int) -> Json:
        name = self.put("GN", number, 300)
        return {"id": AGENT.format(number), "name": name, "availability": "online"}

    def _answers(self, frame: Json) -> list[Json]:
        match frame.get("frame"):
            case "get":
                page = self._page(_number(frame["conv"]))
                answer: Json = {"frame": "res", "id": frame["id"], "ok": True, "result": page}
                return [answer, *self._signals(frame["conv"])]
            case "cmd" if frame["op"] not in {"read", "unread"}:
                self.commands.append(frame)
                number = _number(frame["conv"])
                error = {"code": "bad_request", "message": self.put("RM", number, 300)}
                return [{"frame": "res", "id": frame["id"], "ok": False, "error": error}]
            case "cmd":
                return [{"frame": "res", "id": frame["id"], "ok": True, "result": {"seq": 1_000}}]
        return []

    def _signals(self, conv: str) -> list[Json]:
        who = {"kind": "customer", "id": "x-1", "name": self.put("TY", _number(conv), 300)}
        typing = {"frame": "sig", "kind": "typing", "conv": conv, "who": who, "on": True}
        return [typing | {"note": False}] if self.signals else []

    def _conversation(self, number: int) -> Json:
        put = self.put
        return {
            "id": f"c-{number}",
            "number": number,
            "channel": "email",
            "contact": {"id": f"p-{number}", "name": put("N", number)},
            "status": "open",
            "created_at": AT,
            "last_at": AT,
            "ver": 1,
            "seq": 900,
            "subject": put("S", number),
            "preview": put("P", number),
            "last_author": "customer",
            "unread": 1,
            "waiting_since": f"2026-11-19T08:{number // 60 % 60:02}:{number % 60:02}.000Z",
            "assignee": AGENT.format(number),
            "team": TEAM.format(number),
            "priority": "none",
            "labels": [put("L", number)],
            "reason": put("R", number),
        }

    def _page(self, number: int) -> Json:
        put = self.put
        customer = {"kind": "customer", "id": f"p-{number}", "name": put("A", number)}
        agent = {"kind": "agent", "id": AGENT.format(number), "name": put("A", number)}
        file = {"id": None, "kind": put("K", number), "name": put("F", number), "size": 7}
        said: list[tuple[Json, Json]] = [
            (customer, {"text": put("B", number, LONGEST_BODY), "attachments": [file]}),
            (agent, {"text": "sent", "delivery": "failed", "failure": put("X", number)}),
            (agent, {"text": "asked", "quick_replies": [put("Q", number)]}),
            (agent, {"kind": "note", "text": put("O", number, 20_000)}),
            (agent, _activity("assigned", put("V", number))),
            (agent, _activity(put("W", number), "")),
        ]
        where: Json = {"conv": f"c-{number}", "at": AT, "kind": "text"}
        messages = [
            {**where, "id": f"m-{number}-{i}", "seq": 800 + i, "author": author, **rest}
            for i, (author, rest) in enumerate(said)
        ]
        return {
            "conv": f"c-{number}",
            "messages": messages,
            "more": False,
            "contact": self._contact(number),
            "at_seq": 1_000,
        }

    def _contact(self, number: int) -> Json:
        put = self.put
        item = {"name": put("J", number), "quantity": 1, "cents": 100, "options": put("M", number)}
        parcel = {"carrier": "CA", "number": "TR", "state": "TS"}
        return {
            "id": f"p-{number}",
            "name": put("C", number),
            "tier": put("T", number),
            "language": put("G", number),
            "timezone": put("Z", number),
            "city": put("Y", number),
            "account_linked": True,
            "labels": [put("E", number)],
            "identities": [{"channel": "email", "address": put("D", number), "verified": True}],
            "orders": [
                {
                    "id": put("H", number),
                    "status": put("I", number),
                    "total_cents": 100,
                    "currency": put("U", number),
                    "items": [item],
                    "tracking": [{key: put(code, number) for key, code in parcel.items()}],
                    "placed_at": AT,
                }
            ],
            "cart": {
                "items": [{"name": put("CI", number), "quantity": 2, "cents": 5}],
                "total_cents": 10,
                "currency": "EUR",
            },
            "notes": [{"author": put("NA", number), "at": AT, "text": put("NT", number)}],
            "earlier": [
                {
                    "id": "c-900",
                    "channel": "sms",
                    "status": "resolved",
                    "at": AT,
                    "subject": put("ES", number),
                    "rating": 3,
                }
            ],
        }


async def _beat(ws: ServerConnection) -> None:
    """Say that the desk is there."""
    with suppress(ConnectionClosed):
        while True:
            await asyncio.sleep(4)
            await ws.send(json.dumps({"frame": "hb", "seq": 1_000, "t": LATER}))


def _activity(what: str, subject: str) -> Json:
    return {"kind": "activity", "text": "", "activity": {"what": what, "subject": subject}}


def _number(conv: str) -> int:
    return int(conv.removeprefix("c-"))


def _port(server: Server) -> int:
    return int(next(iter(server.sockets)).getsockname()[1])


def _gate(ws: ServerConnection, request: Request) -> Response | None:
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        return ws.respond(HTTPStatus.UNAUTHORIZED, "\x1b]0;no\x07\n")
    if request.path.startswith("/no/"):
        response = ws.respond(HTTPStatus.FORBIDDEN, "\x1b]0;no\x07\n")
        response.headers["X-Why"] = "\x9b2J"
        return response
    return None
