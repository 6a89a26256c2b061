"""Row S10: what comes to the mock desk's door and may not come in, or comes in and misbehaves."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import hostile_requests
import pytest
from hostile_requests import (
    AFTER_HELLO,
    AT_THE_DOOR,
    BEFORE_HELLO,
    CUT,
    GARBAGE,
    GET,
    HELLO,
    Line,
    dial,
    frame,
    request,
)
from mock_seat import sit_down
from row import Row
from websockets.asyncio.server import ServerConnection, serve

from agent_tui.backends.mock import gate, hearing, link, opening, server
from agent_tui.backends.mock.identities import Badge, Grant, Register, Standing
from agent_tui.backends.mock.options import MockOptions
from agent_tui.backends.mock.persona import load_personas
from agent_tui.backends.mock.server import MAX_LINKS, DeskServer
from agent_tui.clock import ManualClock

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MOST_GROWTH = 8.0
"""MB, over all rounds."""
_personas = cache(load_personas)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Customers are read once, and nobody is waited for as long as usual."""
    monkeypatch.setattr(opening, "load_personas", _personas)
    monkeypatch.setattr(server, "HELLO_SECONDS", 0.1)
    monkeypatch.setattr(link, "CLOSE_SECONDS", 0.1)


# ── the check ───────────────────────────────────────────────────────────────────────────


class Enough(Exception):
    """A failure was found, and one was asked for."""


@dataclass(slots=True)
class Found:
    """What the requests came to."""

    one_is_enough: bool = False
    refused: int = 0
    failures: list[str] = field(default_factory=list)
    grown_by: float = 0
    """MB that all rounds but the first have added to this process."""

    def need(self, good: object, words: str) -> None:
        if good:
            self.refused += 1
            return
        self.failures.append(words)
        if self.one_is_enough:
            raise Enough


class Noise(logging.Handler):
    """Everything from warnings on that anybody says."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(f"{record.name}: {record.getMessage()} {record.exc_info or ''}")


async def check(*, rounds: int, one_is_enough: bool = False) -> Found:
    """Every hostile request, `rounds` times, while somebody works who may; what is left of it."""
    found, noise = Found(one_is_enough), Noise()
    people = (("t-ended", Badge()), ("t-revoked", Badge()), ("t-other", Badge("other")))
    options = MockOptions(rate=0, hb=600, conversations=4, people=people)
    desk = DeskServer(options, ManualClock(NOW))
    logging.getLogger().addHandler(noise)
    await desk.start()
    try:
        with suppress(Enough):
            desk.register.issue("t-ended", Badge(), expires=NOW)
            desk.register.revoke("t-revoked")
            good = await sit_down(desk, desk.token, "ben", "good")
            for number in range(rounds):
                before = resident()
                await one_round(desk, found)
                if number:
                    found.grown_by += (resident() - before) / 1e6
                body = {"frame": "cmd", "op": "note", "conv": "c-1001", "data": {"text": "here"}}
                told = await good.ask(**body, id=f"n-{number}")
                found.need(told["ok"], f"who may work was answered {told}")
            seqs = [event["seq"] for event in good.events]
            first = good.welcome["seq"] + 1
            found.need(seqs == list(range(first, first + len(seqs))), "who may work missed events")
            found.need(not noise.heard, f"there was noise: {noise.heard[:3]}")
            found.need(found.grown_by <= MOST_GROWTH, f"grown by {found.grown_by:.1f} MB")
            await good.link.close()
    finally:
        await desk.aclose()
        logging.getLogger().removeHandler(noise)
    return found


async def one_round(desk: DeskServer, found: Found) -> None:
    for name, wanted, start, changed in AT_THE_DOOR:
        await at_the_door(desk, found, name, wanted, request(start, changed, desk))
    for name, data in GARBAGE.items():
        async with dial(desk.port) as line:
            status, _head = await line.status(data, last=True)
        found.need(status in {0, 400, 414, 421, 431}, f"{name}: {status}")
    for greeted, cases in ((False, BEFORE_HELLO), (True, AFTER_HELLO)):
        for name, code, frames in cases:
            await behind_it(desk, found, name, code, [frame(HELLO)] * greeted + frames)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "HELLO_SECONDS", hostile_requests.PATIENCE)
        await seats(desk, found)
    await other_tenant(desk, found)
    await nobody_left(desk, found)


async def at_the_door(desk: DeskServer, found: Found, name: str, want: int, data: bytes) -> None:
    async with dial(desk.port) as line:
        status, head = await line.status(data)
    found.need(status == want, f"{name}: {status}, not {want}")
    small = head.lower()
    told = b"access-control" in small or desk.token.encode() in small or b"server:" in small
    found.need(not told, f"{name}: the reply says too much: {head!r}")


async def behind_it(
    desk: DeskServer, found: Found, name: str, want: int, frames: list[bytes]
) -> None:
    deflate = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    async with dial(desk.port) as line:
        status, head = await line.status(request(GET, deflate, desk))
        code = await line.code(frames) if status == 101 else 0
    found.need(b"extensions" not in head.lower(), f"{name}: compression was agreed on")
    # What is cut off in the middle of a long frame may be gone before its reason is read.
    large = sum(map(len, frames)) > 20_000
    found.need(code == want or (large and code == CUT), f"{name}: {status}, {code}, not {want}")


async def seats(desk: DeskServer, found: Found) -> None:
    """More lines than there are seats, at once; then one more."""
    done = await until(lambda: len(desk._sockets) == 1)
    found.need(done, f"{len(desk._sockets)} lines were not let go")
    good = request(GET, {}, desk)
    lines = [await asyncio.open_connection("127.0.0.1", desk.port) for _ in range(MAX_LINKS + 20)]
    held = [Line(*line) for line in lines]
    await asyncio.gather(*(line.status(good) for line in held))
    full = await until(lambda: len(desk._sockets) == MAX_LINKS)
    found.need(full, f"{len(desk._sockets)} lines have a seat")
    async with dial(desk.port) as line:
        status, _head = await line.status(good)
    found.need(status == 503, f"one more than there are seats: {status}")
    for line in held:
        line.writer.close()
    await asyncio.gather(*(line.writer.wait_closed() for line in held), return_exceptions=True)
    done = await until(lambda: len(desk._sockets) == 1)
    found.need(done, f"{len(desk._sockets)} lines are left")


async def other_tenant(desk: DeskServer, found: Found) -> None:
    """The other tenant's token opens the other tenant's desk."""
    stranger = await sit_down(desk, "t-other", "ana", "stranger")
    new = desk.world.add_conversation(next(iter(desk.world.conversations.values())))
    told = await stranger.ask(frame="get", what="thread", conv=new.id)
    code = told.get("error", {}).get("code")
    found.need(code == "unknown_conversation", f"another tenant: {told}")
    await stranger.link.close()


async def nobody_left(desk: DeskServer, found: Found) -> None:
    done = await until(lambda: len(desk._sockets) == 1 and len(desk.floor.links) == 1)
    found.need(done, f"{len(desk._sockets)} lines and {len(desk.floor.links)} seats are left")


async def until(true: Callable[[], bool]) -> bool:
    """Whether it comes true while everything that is under way goes on."""
    with suppress(TimeoutError):
        async with asyncio.timeout(hostile_requests.PATIENCE):
            while not true():
                await asyncio.sleep(0.005)
    return true()


def resident() -> int:
    """Bytes of this process in memory; 0 where the system does not say."""
    gc.collect()
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
    except OSError:
        return 0


@pytest.mark.row("S10", "40 hostile requests refused, alive, memory flat")
async def test_s10_hostile_requests_are_refused_and_the_desk_goes_on(row: Row) -> None:
    found = await check(rounds=row.pick(quick=2, full=40))
    kinds = len(AT_THE_DOOR) + len(GARBAGE) + len(BEFORE_HELLO) + len(AFTER_HELLO) + 3
    words = (
        f"{kinds} kinds of requests, {found.failures or 'all'} refused, {found.grown_by:+.1f} MB"
    )
    row.reached(words, ok=not found.failures and kinds >= 40)


# ── only this machine ───────────────────────────────────────────────────────────────────


async def reachable() -> list[str]:
    """Addresses other than 127.0.0.1 at which the desk listens."""
    desk = DeskServer(MockOptions(rate=0, conversations=0), ManualClock(NOW))
    await desk.start()
    found = [str(one.getsockname()) for one in desk._server.sockets if desk._server]  # type: ignore[union-attr]
    found = [one for one in found if not one.startswith("('127.0.0.1', ")]
    for address in ("127.0.0.2", "::1", *outside()):
        with suppress(OSError):
            _reader, writer = await asyncio.open_connection(address, desk.port)
            writer.close()
            found.append(address)
    await desk.aclose()
    return found


def outside() -> list[str]:
    """The address under which others would see this machine, if it has one; nothing is sent."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.connect(("192.0.2.1", 9))
        return [asked.getsockname()[0]]
    return []


@pytest.mark.row("S10", "reached from this machine only")
async def test_s10_the_desk_listens_on_loopback_only(row: Row) -> None:
    found = await reachable()
    row.reached(f"listens on 127.0.0.1 and {found or 'nowhere else'}", ok=not found)


# ── planted defects ─────────────────────────────────────────────────────────────────────


def gate_without(**ignored: Any) -> Callable[..., Grant | gate.Refusal]:
    """The gate with something that it does not look at."""
    real = gate.check
    return lambda **parts: real(**{**parts, **ignored})


class Anybody:
    """Every name there is."""

    def __contains__(self, _name: object) -> bool:
        return True


def first_of(headers: str) -> Callable[..., Grant | gate.Refusal]:
    """A gate that takes the first of two headers, or the last."""
    real = gate.check
    return lambda **parts: real(**{**parts, headers: parts[headers][-1:]})


def any_token(register: Register, _token: str) -> Grant:
    return next(iter(register._grants.values()))


async def never_let_go(desk: DeskServer, line: ServerConnection) -> None:
    """A line that is gone still counts."""
    await _serve(desk, line)
    desk._sockets.add(line)


def keeps_everything(**parts: Any) -> Grant | gate.Refusal:
    """Every request leaves something behind."""
    _kept.append(bytearray(b"x" * 150_000))
    return _gate(**parts)


_kept: list[bytearray] = []
_gate, _serve = gate.check, DeskServer._serve
_find = Register.find
Plant = tuple[object, str, object]
PLANTS: dict[str, Plant] = {
    "no origin is looked at": (gate, "check", gate_without(origins=[])),
    "no host is looked at": (gate, "check", gate_without(own=Anybody())),
    "one good host is enough": (gate, "check", first_of("hosts")),
    "one good token is enough": (gate, "check", first_of("authorizations")),
    "any token": (Register, "find", any_token),
    "the beginning of the token": (
        Register, "find", lambda register, token: _find(register, token[:32])),
    "tokens never end": (Grant, "standing", lambda _grant, _now: Standing.GOOD),
    "every path": (gate, "check", gate_without(path="/")),
    "pieces without end": (hearing, "MOST_PIECES", 10**9),
    "seats without end": (server, "MAX_LINKS", 10**9),
    "nobody is missed": (server, "HELLO_SECONDS", 10**9),
    "every method": (gate, "check", gate_without(method="GET")),
    "lines are never let go": (DeskServer, "_serve", never_let_go),
    "every request is kept": (gate, "check", keeps_everything),
    "bad JSON is a surprise": (hearing, "load_object", json.loads),
}  # fmt: skip


ENDLESS = {"pieces without end", "nobody is missed", "lines are never let go", "seats without end"}
"""Here nothing happens, and that is what is wrong."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.row_defect("S10", name)) for name in PLANTS]
)
@pytest.mark.usefixtures("row")
async def test_s10_catches(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, attribute, wrong = PLANTS[name]
    monkeypatch.setattr(owner, attribute, wrong)
    if name in ENDLESS:
        monkeypatch.setattr(hostile_requests, "PATIENCE", 0.5)
    found = await check(rounds=2, one_is_enough=True)
    _kept.clear()
    assert found.failures


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is only one such address")
@pytest.mark.row_defect("S10", "a desk that listens at another address, too")
@pytest.mark.usefixtures("row")
async def test_s10_catches_another_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def listen(handler: Any, _host: str, port: int, **how: Any) -> Any:
        both: Any = ["127.0.0.1", "127.0.0.2"]
        return serve(handler, both, port, **how)

    monkeypatch.setattr(server, "serve", listen)
    assert await reachable()
