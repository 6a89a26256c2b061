"""The client over a real loopback websocket, against desks that follow a script."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from builders import NOW
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from agent_tui.backends.base import Receipt, Rejected, Unauthorised, Unreachable
from agent_tui.backends.desk import client, dialling, waking
from agent_tui.backends.desk import line as line_module
from agent_tui.backends.desk.backoff import PER_MINUTE, Backoff
from agent_tui.backends.desk.client import DeskAddress, DeskBackend
from agent_tui.clock import Clock, ManualClock, SystemClock
from agent_tui.credentials import CredentialError
from agent_tui.credentials.secret import Secret
from agent_tui.credentials.tokens import Tokens
from agent_tui.events import (
    Acked,
    DeliveryChanged,
    Event,
    HistoryFailed,
    HistoryLoaded,
    Link,
    LinkChanged,
    MessageReceived,
    Refusal,
    SnapshotPart,
    Unrecognised,
    Welcomed,
)
from agent_tui.events import Rejected as RejectedEvent
from agent_tui.model import ConversationId, OpId, SafeText
from agent_tui.ops import Note, Resolve, TypingSignal, ViewingSignal

Json = dict[str, Any]
Script = Callable[["Peer"], Awaitable[None]]

TOKEN = "t0ken-of-ana"
STAMP = "2026-11-23T08:00:00.000Z"
C1 = ConversationId("c-1")


def conv(number: int = 1, seq: int = 1) -> Json:
    """A conversation as the wire has it."""
    return {
        "id": f"c-{number}", "number": number, "channel": "webchat",
        "contact": {"id": "p-17", "name": "Noah Brown"}, "status": "open",
        "created_at": STAMP, "last_at": STAMP, "ver": 1, "seq": seq,
    }  # fmt: skip


def line(seq: int) -> Json:
    """A message as the wire has it."""
    author = {"kind": "customer", "id": "p-17", "name": "Noah Brown"}
    return {
        "id": f"m-{seq}", "conv": "c-1", "seq": seq, "at": STAMP, "kind": "text",
        "author": author, "text": f"message {seq}",
    }  # fmt: skip


def event(seq: int) -> Json:
    """An event of the sequence."""
    data = {"conversation": conv(seq=seq), "message": line(seq)}
    return {"frame": "ev", "seq": seq, "conv": "c-1", "type": "message", "ts": STAMP, "data": data}


def note(name: str = "op-1") -> Note:
    """Something to ask for."""
    return Note(id=OpId(name), conversation=C1, text=SafeText("look"))


class Peer:
    """The desk's end of one link."""

    def __init__(self, ws: ServerConnection) -> None:
        self.ws = ws
        self.hello: Json = {}

    async def say(self, *frames: Json) -> None:
        """Send frames."""
        for frame in frames:
            await self.ws.send(json.dumps(frame))

    async def hear(self) -> Json:
        """The next frame that is no heartbeat."""
        while True:
            frame: Json = json.loads(await self.ws.recv())
            if frame["frame"] != "hb":
                return frame

    async def welcome(self, seq: int = 10, mode: str = "snapshot", **more: Any) -> None:
        """Let the console in."""
        frame = {
            "frame": "welcome", "v": 1, "mode": mode, "epoch": "e1", "seq": seq, "hb": 30,
            "server_time": STAMP, "me": "ana", "capabilities": ["note"],
            "desk": {"name": "Nordlicht", "timezone": "Europe/Berlin"},
        }  # fmt: skip
        await self.say({**frame, **more})

    async def whole(self, seq: int = 10, **more: Any) -> None:
        """Let the console in with a snapshot of one part."""
        await self.welcome(seq, **more)
        await self.say(snap(seq=seq))

    async def go(self, code: int, **more: Any) -> None:
        """Say goodbye and close."""
        await self.say({"frame": "go", "code": code, "message": "bye", **more})
        await self.ws.close(code)

    async def stay(self) -> None:
        """Read to the end, or until the test is over."""
        with suppress(ConnectionClosed):
            while True:
                await self.hear()


def snap(part: int = 1, parts: int = 1, seq: int = 10) -> Json:
    """A part of a snapshot."""
    conversations = [conv(part)]
    return {
        "frame": "snap", "part": part, "parts": parts, "at_seq": seq,
        "conversations": conversations,
    }  # fmt: skip


class House:
    """A desk that plays one script a link (the last one again and again), and a console there."""

    def __init__(self, *scripts: Script) -> None:
        self.scripts = scripts
        self.peers: list[Peer] = []
        self.opened: list[float] = []
        self.seen: list[Event] = []
        self.url = ""
        self.backend: DeskBackend
        self.server: Server
        self._events: AsyncIterator[Event]

    async def play(self, ws: ServerConnection) -> None:
        """One link."""
        peer = Peer(ws)
        self.peers.append(peer)
        self.opened.append(asyncio.get_running_loop().time())
        script = self.scripts[min(len(self.peers), len(self.scripts)) - 1]
        with suppress(ConnectionClosed):
            peer.hello = json.loads(await ws.recv())
            await script(peer)

    @property
    def hellos(self) -> list[Json]:
        """What each link began with."""
        return [peer.hello for peer in self.peers]

    def sit_down(self, url: str, clock: Clock | None = None, random: Random | None = None) -> None:
        """Put a console in front of `url`."""
        self.url = url
        address = DeskAddress(url, Secret(TOKEN), "ana", "device-1")
        self.backend = DeskBackend(address, clock or SystemClock(), random or Random(7))
        self._events = self.backend.events()

    async def until(self, wanted: Callable[[Event], bool]) -> Event:
        """Read events up to the one that is wanted."""
        async with asyncio.timeout(5):
            async for one in self._events:
                self.seen.append(one)
                if wanted(one):
                    return one
        raise AssertionError(f"the events ended without it: {self.seen}")

    async def link(self, link: Link) -> LinkChanged:
        """Read events until the link is in that state."""
        found = await self.until(lambda e: isinstance(e, LinkChanged) and e.link is link)
        assert isinstance(found, LinkChanged)
        return found

    async def end(self) -> list[Event]:
        """Read events to their end; what came."""
        async with asyncio.timeout(5):
            rest = [one async for one in self._events]
        self.seen += rest
        return rest

    async def asking(self, question: Awaitable[Any]) -> Any:
        """Wait for an answer while the events are being read, as a session does."""
        reader = asyncio.create_task(self.end())
        try:
            async with asyncio.timeout(5):
                return await question
        finally:
            await self.backend.aclose()
            await reader


@asynccontextmanager
async def house(*scripts: Script, **options: Any) -> AsyncIterator[House]:
    """A desk that follows `scripts`, and a console that has not looked at it yet."""
    here = House(*scripts)
    async with serve(here.play, "127.0.0.1", 0, compression=None, **options) as here.server:
        port = next(iter(here.server.sockets)).getsockname()[1]
        here.sit_down(f"ws://127.0.0.1:{port}")
        try:
            yield here
        finally:
            await here.backend.aclose()
            with suppress(RuntimeError):  # it is being read by a task of the test
                await here.end()
            for peer in here.peers:
                peer.ws.transport.abort()


class Asyncio:
    """asyncio as the client sees it, with another way to wait between attempts."""

    def __init__(self, sleep: Callable[[float], Awaitable[None]]) -> None:
        self.sleep = sleep

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between attempts are a tenth; how long they are is tested with the backoff."""
    monkeypatch.setattr(client, "asyncio", Asyncio(lambda delay: asyncio.sleep(delay / 10)))


async def settled(peer: Peer) -> None:
    """A desk that lets us in and stays."""
    await peer.whole()
    await peer.stay()


async def resumed(peer: Peer) -> None:
    """A desk that goes on where we were."""
    await peer.welcome(peer.hello["resume"]["seq"], mode="resumed")
    await peer.stay()


# Opening


async def test_a_first_link_says_hello_and_takes_a_snapshot() -> None:
    """Welcome, every part, then live; the hello asks to resume nothing."""

    async def script(peer: Peer) -> None:
        await peer.welcome()
        await peer.say(snap(1, 2), snap(2, 2))
        await peer.stay()

    async with house(script) as here:
        assert here.backend.capabilities == frozenset()
        await here.link(Link.LIVE)
        hello = {"frame": "hello", "v": 1, "agent": "ana", "device": "device-1", "resume": None}
        assert here.hellos == [hello]
        assert [type(one) for one in here.seen] == [
            LinkChanged, Welcomed, LinkChanged, SnapshotPart, SnapshotPart, LinkChanged,
        ]  # fmt: skip
        assert isinstance(here.seen[0], LinkChanged) and here.seen[0].link is Link.CONNECTING
        assert here.backend.capabilities == {"note"}


async def test_the_token_travels_in_the_header_and_never_to_a_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Not even when everything is logged, and not in the address."""
    caplog.set_level(logging.DEBUG)
    mine: list[str] = []

    def check(_ws: ServerConnection, request: Request) -> None:
        mine.extend((request.headers["Authorization"], request.path))

    quiet = logging.getLogger("quiet-desk")
    quiet.setLevel(logging.WARNING)
    async with house(settled, process_request=check, logger=quiet) as here:
        await here.link(Link.LIVE)
    assert mine == [f"Bearer {TOKEN}", "/"]
    assert TOKEN not in caplog.text


async def test_redirects_are_not_followed() -> None:
    """Neither token nor hello goes anywhere the agent has not named."""
    async with house(settled) as other:
        port = next(iter(other.server.sockets)).getsockname()[1]
        asked: list[str] = []

        def away(ws: ServerConnection, request: Request) -> Response:
            asked.append(request.path)
            response = ws.respond(302, "elsewhere\n")
            places = (f"ws://127.0.0.1:{port}/", "/deeper")
            response.headers["Location"] = places[len(asked) - 1]
            return response

        for _place in range(2):
            async with house(settled, process_request=away) as here:
                closed = await here.link(Link.CLOSED)
                assert "302" in closed.detail
        assert asked == ["/", "/"]
        assert other.peers == []


@pytest.mark.parametrize("status", [401, 403])
async def test_a_wrong_token_is_final_and_says_what_to_do(status: int) -> None:
    """One attempt, and the words name the address and the command."""
    attempts: list[int] = []

    def refuse(ws: ServerConnection, _request: Request) -> Response:
        attempts.append(status)
        return ws.respond(status, "no\n")

    async with house(settled, process_request=refuse) as here:
        closed = await here.link(Link.CLOSED)
        assert "agent-tui login ws://127.0.0.1" in closed.detail
        assert await here.end() == []
        assert attempts == [status]
        with pytest.raises(Unauthorised) as refused:
            await here.backend.submit(note())
        assert refused.value.detail == closed.detail


async def test_a_busy_desk_is_tried_again_when_it_says() -> None:
    """503 with Retry-After: not before that many seconds (and at most a fifth more)."""
    answers = [503]

    def refuse(ws: ServerConnection, _request: Request) -> Response | None:
        if not answers:
            return None
        response = ws.respond(answers.pop(), "later\n")
        response.headers["Retry-After"] = "2"
        return response

    async with house(settled, process_request=refuse) as here:
        offline = await here.link(Link.OFFLINE)
        assert offline.retry_at is not None
        assert 2.0 <= (offline.retry_at - offline.since).total_seconds() <= 2.4
        await here.link(Link.LIVE)


async def test_headers_that_make_no_sense_stop_nothing() -> None:
    """Two Retry-After headers are as good as none."""

    def refuse(ws: ServerConnection, _request: Request) -> Response:
        response = ws.respond(503, "later\n")
        response.headers["Retry-After"] = "1"
        response.headers["Retry-After"] = "soon"
        return response

    async with house(settled, process_request=refuse) as here:
        offline = await here.link(Link.OFFLINE)
        assert "503" in offline.detail


async def test_a_desk_that_dies_while_we_dial_is_tried_again() -> None:
    """A port that accepts and closes is a desk that restarts, not a wrong address."""
    dialled = 0

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal dialled
        dialled += 1
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        here = House()
        here.sit_down(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await here.link(Link.OFFLINE)
        await here.link(Link.OFFLINE)
        assert dialled == 2
        await here.backend.aclose()
        await here.end()


@pytest.mark.parametrize(
    "url", ["ws://127.0.0.1:99999", "wss://.example.com", "http://127.0.0.1:1", "ws://a..b"]
)
async def test_an_impossible_address_ends_in_words(url: str) -> None:
    """Whatever the library makes of it, the link closes and says why."""
    here = House()
    here.sit_down(url)
    closed = await here.link(Link.CLOSED)
    assert closed.detail.startswith(url)
    assert await here.end() == []


# The sequence


async def test_a_gap_is_resumed_from_the_newest_event_that_fitted() -> None:
    """11 comes, 13 is not applied: the next hello asks for what follows 11."""

    async def torn(peer: Peer) -> None:
        await peer.whole()
        await peer.say(event(11), event(13))
        await peer.stay()

    async def mend(peer: Peer) -> None:
        await peer.welcome(13, mode="resumed")
        await peer.say(event(12), event(13))
        await peer.stay()

    async with house(torn, mend) as here:
        await here.until(lambda e: isinstance(e, MessageReceived) and e.seq == 13)
        assert [e.seq for e in here.seen if isinstance(e, MessageReceived)] == [11, 12, 13]
        assert here.hellos[1]["resume"] == {"epoch": "e1", "seq": 11}


async def test_what_was_told_before_is_not_told_again() -> None:
    """An event at or below the newest is dropped."""

    async def script(peer: Peer) -> None:
        await peer.whole()
        await peer.say(event(11), event(11), event(3), event(12))
        await peer.stay()

    async with house(script) as here:
        await here.until(lambda e: isinstance(e, MessageReceived) and e.seq == 12)
        assert [e.seq for e in here.seen if isinstance(e, MessageReceived)] == [11, 12]


async def test_a_lost_tail_is_seen_by_the_heartbeat() -> None:
    """The desk stands at 12 and nothing after 11 came: resume from 11."""

    async def torn(peer: Peer) -> None:
        await peer.whole()
        await peer.say(event(11), {"frame": "hb", "seq": 12, "t": STAMP})
        await peer.stay()

    async with house(torn, resumed) as here:
        await here.link(Link.LIVE)
        await here.link(Link.LIVE)
        assert here.hellos[1]["resume"] == {"epoch": "e1", "seq": 11}


async def test_a_heartbeat_is_answered_with_how_far_we_are() -> None:
    """The newest applied event, not the newest there is."""
    answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()

    async def script(peer: Peer) -> None:
        await peer.whole()
        await peer.say(event(11), {"frame": "hb", "seq": 11, "t": STAMP})
        answer.set_result(json.loads(await peer.ws.recv()))
        await peer.stay()

    async with house(script) as here:
        await here.until(lambda e: isinstance(e, MessageReceived))
        async with asyncio.timeout(5):
            assert await answer == {"frame": "hb", "seq": 11}


async def test_an_unknown_event_counts_in_the_sequence() -> None:
    """It becomes a value with its number, and the next event fits behind it."""

    async def script(peer: Peer) -> None:
        await peer.whole()
        await peer.say({"frame": "ev", "seq": 11, "type": "poll", "data": {}}, event(12))
        await peer.stay()

    async with house(script) as here:
        await here.until(lambda e: isinstance(e, MessageReceived))
        assert Unrecognised(SafeText("poll"), 11) in here.seen
        assert len(here.peers) == 1


async def test_values_of_a_later_version_stop_nothing() -> None:
    """A channel, a status, a kind that is not known: that one is left out and counted."""
    strange, familiar = {**conv(2), "channel": "carrier pigeon"}, conv(1)
    page = {"conv": "c-1", "messages": [line(4), {**line(5), "kind": "poll"}], "more": False}

    async def script(peer: Peer) -> None:
        await peer.welcome(agents=[{"id": "ben", "name": "Ben", "availability": "asleep"}])
        await peer.say({**snap(), "conversations": [strange, familiar]})
        told = event(11)
        await peer.say({**told, "data": {**told["data"], "conversation": strange}}, event(12))
        asked = await peer.hear()
        await peer.say({"frame": "res", "id": asked["id"], "ok": True, "result": page})
        await peer.stay()

    async with house(script) as here:
        await here.until(lambda e: isinstance(e, MessageReceived) and e.seq == 12)
        parts = [one.conversations for one in here.seen if isinstance(one, SnapshotPart)]
        assert [[one.id for one in part] for part in parts] == [[C1]]
        loaded = await here.asking(here.backend.history(C1, None))
        assert [one.seq for one in loaded.messages] == [4]
        assert [one for one in here.seen if isinstance(one, Unrecognised)] == [
            Unrecognised(SafeText("availability")), Unrecognised(SafeText("channel")),
            Unrecognised(SafeText("channel"), 11), Unrecognised(SafeText("kind")),
        ]  # fmt: skip
        assert len(here.peers) == 1


async def test_a_silent_desk_is_dead_after_two_missed_heartbeats() -> None:
    """2.2 heartbeats without a frame end the link, and what follows resumes."""

    async def mute(peer: Peer) -> None:
        await peer.whole(hb=0.05)
        await peer.ws.wait_closed()

    async with house(mute, resumed) as here:
        await here.link(Link.LIVE)
        began = asyncio.get_running_loop().time()
        offline = await here.link(Link.OFFLINE)
        assert 0.1 <= asyncio.get_running_loop().time() - began < 1.0
        assert "silent" in offline.detail
        await here.link(Link.LIVE)
        assert here.hellos[1]["resume"] == {"epoch": "e1", "seq": 10}


async def test_a_snapshot_that_was_cut_short_is_not_resumed() -> None:
    """What came of it is not the truth at any point: the next hello asks for all of it."""

    async def cut(peer: Peer) -> None:
        await peer.welcome()
        await peer.say(snap(1, 2))
        await peer.ws.close(1012)

    async with house(cut, settled) as here:
        await here.link(Link.LIVE)
        assert here.hellos[1]["resume"] is None


async def test_a_resumed_link_that_breaks_is_resumed_again() -> None:
    """A whole snapshot stays whole over any number of links."""

    async def cut(peer: Peer) -> None:
        await peer.whole()
        await peer.ws.close(1001)

    async def again(peer: Peer) -> None:
        await peer.welcome(11, mode="resumed")
        await peer.say(event(11))
        await peer.ws.close(1001)

    async with house(cut, again, resumed) as here:
        for _link in range(3):
            await here.link(Link.LIVE)
        seqs = [hello["resume"] and hello["resume"]["seq"] for hello in here.hellos]
        assert seqs == [None, 10, 11]


async def test_the_snapshot_says_where_the_stream_goes_on() -> None:
    """Events are counted from `at_seq`, wherever the welcome stood."""

    async def script(peer: Peer) -> None:
        await peer.welcome(20)
        await peer.say(snap(seq=10), event(11))
        await peer.stay()

    async with house(script) as here:
        found = await here.until(lambda e: isinstance(e, MessageReceived))
        assert isinstance(found, MessageReceived) and found.seq == 11
        assert [e.at_seq for e in here.seen if isinstance(e, SnapshotPart)] == [10]


# What makes no sense


async def broken(peer: Peer) -> None:
    """A desk whose frames cannot be read."""
    if peer.hello["resume"] is None:
        await peer.whole()
    else:
        await peer.welcome(mode="resumed")
    await peer.ws.send('{"frame": "ev", "seq": NaN}')
    await peer.stay()


async def too_long(peer: Peer) -> None:
    """A desk whose frames are larger than agreed."""
    await peer.whole()
    await peer.ws.send("x" * (dialling.MAX_FRAME + 1))
    await peer.stay()


async def offended(peer: Peer) -> None:
    """A desk that does not understand us."""
    await peer.whole()
    await peer.go(1007)


@pytest.mark.parametrize("script", [broken, too_long, offended])
async def test_nonsense_is_resumed_then_fetched_anew_then_final(script: Script) -> None:
    """Protocol §7: resume once, then a snapshot, then stop and say so."""
    async with house(script) as here:
        closed = await here.link(Link.CLOSED)
        assert closed.detail
        assert [hello["resume"] for hello in here.hellos] == [
            None, {"epoch": "e1", "seq": 10}, None,
        ]  # fmt: skip
        assert await here.end() == []


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param([snap(2, 2)], id="without its first part"),
        pytest.param([snap(1, 3), snap(3, 3)], id="with a hole"),
        pytest.param([snap(1, 0)], id="of no parts"),
    ],
)
async def test_a_snapshot_that_is_not_whole_never_counts(frames: list[Json]) -> None:
    """Else every conversation of the missing part would be forgotten."""

    async def script(peer: Peer) -> None:
        await peer.welcome()
        await peer.say(*frames)
        await peer.stay()

    async with house(script, settled) as here:
        await here.link(Link.OFFLINE)
        assert not any(isinstance(e, LinkChanged) and e.link is Link.LIVE for e in here.seen)
        await here.link(Link.LIVE)
        assert here.hellos[1]["resume"] is None


async def test_nothing_is_believed_before_the_welcome() -> None:
    """A snapshot or an event that comes first is nonsense."""

    async def snap_first(peer: Peer) -> None:
        await peer.say(snap())
        await peer.stay()

    async def event_first(peer: Peer) -> None:
        await peer.say(event(1))
        await peer.stay()

    async with house(snap_first, event_first, settled) as here:
        await here.link(Link.OFFLINE)
        await here.link(Link.OFFLINE)
        assert {type(one) for one in here.seen} == {LinkChanged}
        await here.link(Link.LIVE)


async def test_a_stream_that_was_not_asked_for_is_not_resumed() -> None:
    """ "Resumed" under another epoch would join two streams that do not fit."""

    async def wrong(peer: Peer) -> None:
        await peer.welcome(mode="resumed", epoch="e2")
        await peer.stay()

    async def first(peer: Peer) -> None:
        await peer.whole()
        await peer.ws.close(1001)

    async with house(first, wrong, settled) as here:
        await here.link(Link.LIVE)
        await here.link(Link.LIVE)
        assert len(here.peers) == 3
        assert [e.epoch for e in here.seen if isinstance(e, Welcomed)] == ["e1", "e1"]


# Goodbyes


@pytest.mark.parametrize(
    ("code", "more", "words"),
    [
        (4001, {}, "agent-tui login"),
        (4003, {"agents": ["ben", "cleo"]}, "there are: ben, cleo"),
        (4003, {}, "does not let ana in"),
        (4009, {}, "another console"),
        (4010, {}, "another version of the protocol; update agent-tui (bye)"),
    ],
)
async def test_some_goodbyes_are_final(code: int, more: Json, words: str) -> None:
    """One link, no second attempt, and words that say what to do."""

    async def script(peer: Peer) -> None:
        await peer.go(code, **more)

    async with house(script) as here:
        closed = await here.link(Link.CLOSED)
        assert words in closed.detail
        assert await here.end() == []
        assert len(here.peers) == 1


@pytest.mark.parametrize("code", [1000, 1001, 1012, 1013, 4008, 4012, 4099])
async def test_other_goodbyes_are_waited_out(code: int) -> None:
    """The desk's own word on when to come back counts, with at most a fifth more."""

    async def script(peer: Peer) -> None:
        await peer.whole()
        await peer.go(code, reconnect_after=1)

    async with house(script, resumed) as here:
        offline = await here.link(Link.OFFLINE)
        assert offline.retry_at is not None
        assert 1.0 <= (offline.retry_at - offline.since).total_seconds() <= 1.2
        await here.link(Link.LIVE)
        assert here.hellos[1]["resume"] == {"epoch": "e1", "seq": 10}


async def test_one_goodbye_says_nothing_about_the_next_link() -> None:
    """What the desk asked for before a restart does not slow down later reconnects."""

    async def goes(peer: Peer) -> None:
        await peer.whole()
        await peer.go(1012, reconnect_after=3)

    async def breaks(peer: Peer) -> None:
        await peer.welcome(mode="resumed")
        peer.ws.transport.abort()

    async with house(goes, breaks, resumed) as here:
        await here.link(Link.OFFLINE)
        offline = await here.link(Link.OFFLINE)
        assert offline.retry_at is not None
        assert (offline.retry_at - offline.since).total_seconds() < 3


async def test_a_desk_that_lets_us_in_and_throws_us_out_is_not_stormed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A welcome alone is no health: the waits grow, and a minute has no more than 20 attempts."""
    passed = 0.0

    async def sleep(delay: float) -> None:
        nonlocal passed
        passed += delay

    class Passing(SystemClock):
        def monotonic(self) -> float:
            return passed

    class Least(Random):
        def random(self) -> float:
            return 0.0

    moments: list[float] = []

    async def slam(peer: Peer) -> None:
        moments.append(passed)
        await peer.whole()
        await peer.ws.close(1001)

    monkeypatch.setattr(client, "asyncio", Asyncio(sleep))
    async with house(slam) as here:
        here.sit_down(here.url, clock=Passing(), random=Least())
        while len(moments) < 45:
            await here.link(Link.OFFLINE)
    assert all(later - earlier >= 0.25 for earlier, later in pairwise(moments))
    crowds = [sum(start <= at < start + 60 for at in moments) for start in moments]
    assert max(crowds) == 20


async def test_a_backend_keeps_the_measure_of_those_before_it() -> None:
    """The minute is full: a link that the agent asks for waits, too, and says so."""
    backoff, clock = Backoff(Random(7)), SystemClock()
    for _attempt in range(PER_MINUTE):
        backoff._attempts.append(clock.monotonic())
    async with house(settled) as here:
        address = DeskAddress(here.url, Secret(TOKEN), "ana", "device-1")
        here.backend = DeskBackend(address, clock, Random(7), backoff)
        here._events = here.backend.events()
        offline = await here.link(Link.OFFLINE)
        assert "too many attempts" in offline.detail
        assert offline.retry_at is not None
        assert 59 < (offline.retry_at - offline.since).total_seconds() <= 60
        assert here.peers == []


# Questions


async def test_answers_find_their_questions_by_id() -> None:
    """Two questions, answered in the other order, and an answer nobody asked for."""

    async def script(peer: Peer) -> None:
        await peer.whole()
        first, second = await peer.hear(), await peer.hear()
        await peer.say(
            {"frame": "res", "id": "nobody", "ok": True, "result": {"seq": 99}},
            {"frame": "res", "id": second["id"], "ok": True, "result": {"seq": 22}},
            {"frame": "res", "id": first["id"], "ok": True, "result": {"seq": 11}},
        )
        await peer.stay()

    async with house(script) as here:
        await here.link(Link.LIVE)
        ask = here.backend.submit
        first, second = await here.asking(asyncio.gather(ask(note("a")), ask(note("b"))))
        assert (first.seq, second.seq) == (11, 22)


async def test_answers_stand_among_the_events_in_the_order_they_came() -> None:
    """A page, then a report about a message of it, then an answer: nothing overtakes anything."""
    page = {"conv": "c-1", "messages": [line(5)], "more": False, "at_seq": 10}
    data = {"message_id": "m-5", "delivery": "failed", "failure": "no such number"}
    report = {
        "frame": "ev", "seq": 11, "conv": "c-1", "type": "delivery", "ts": STAMP, "data": data,
    }  # fmt: skip

    async def script(peer: Peer) -> None:
        await peer.whole()
        asked = [await peer.hear() for _question in range(3)]
        yes, no = {"seq": 11}, {"code": "too_long", "message": "at most 5"}
        await peer.say(
            {"frame": "res", "id": asked[0]["id"], "ok": True, "result": page},
            report,
            {"frame": "res", "id": asked[1]["id"], "ok": True, "result": yes},
            {"frame": "res", "id": asked[2]["id"], "ok": False, "error": no},
            event(12),
        )
        await peer.stay()

    async with house(script) as here:
        await here.link(Link.LIVE)
        start, ask = len(here.seen), here.backend
        questions = (ask.history(C1, None), ask.submit(note("a")), ask.submit(note("b")))
        answers = asyncio.gather(*questions, return_exceptions=True)
        await here.until(lambda e: isinstance(e, MessageReceived))
        told = here.seen[start:]
        assert [type(one) for one in told] == [
            HistoryLoaded, DeliveryChanged, Acked, RejectedEvent, MessageReceived,
        ]  # fmt: skip
        loaded, receipt, refused = await answers
        assert isinstance(loaded, HistoryLoaded) and isinstance(receipt, Receipt)
        assert told[0] is loaded and loaded.at_seq == 10
        assert told[2] == Acked(OpId("a"), C1, receipt.seq)
        assert isinstance(refused, Rejected) and told[3] is refused.event


async def test_a_page_that_is_refused_fails_among_the_events() -> None:
    """With the desk's words; whoever asked gets them, too."""

    async def script(peer: Peer) -> None:
        await peer.whole()
        asked = await peer.hear()
        error = {"code": "unknown_conversation", "message": "there is none"}
        await peer.say({"frame": "res", "id": asked["id"], "ok": False, "error": error})
        await peer.stay()

    async with house(script) as here:
        await here.link(Link.LIVE)
        with pytest.raises(Rejected):
            await here.asking(here.backend.history(C1, 7))
        assert HistoryFailed(C1, 7, SafeText("there is none")) in here.seen


async def test_an_answer_that_comes_while_the_link_is_let_go_is_told() -> None:
    """Whoever got a receipt finds its fact among the events, however late."""

    async def script(peer: Peer) -> None:
        await peer.whole()
        asked = await peer.hear()
        await peer.say({"frame": "res", "id": asked["id"], "ok": True, "result": {"seq": 3}})
        await peer.stay()

    async with house(script) as here:
        await here.link(Link.LIVE)
        question = asyncio.create_task(here.backend.submit(note()))
        await question
        await here.backend.aclose()
        assert Acked(OpId("op-1"), C1, 3) in await here.end()


async def test_what_was_never_written_is_told_from_what_was_not_answered() -> None:
    """Before the link and after it nothing was sent; under way the desk may have it."""

    async def script(peer: Peer) -> None:
        await peer.whole()
        await peer.hear()
        peer.ws.transport.abort()

    async def sent(question: Awaitable[Any]) -> bool:
        with pytest.raises(Unreachable) as error:
            await question
        return error.value.sent

    async with house(script, settled) as here:
        assert not await sent(here.backend.submit(note()))
        assert not await sent(here.backend.history(C1, None))
        await here.link(Link.LIVE)
        assert await sent(here.asking(here.backend.submit(note())))
        assert not await sent(here.backend.submit(note()))


async def test_a_link_lost_under_way_leaves_the_answer_unknown() -> None:
    """Not an error of the desk's: the op may be asked again, with the same id."""

    async def script(peer: Peer) -> None:
        await peer.whole()
        await peer.hear()
        peer.ws.transport.abort()

    async with house(script, settled) as here:
        await here.link(Link.LIVE)
        with pytest.raises(Unreachable):
            await here.asking(here.backend.submit(note()))


async def test_no_answer_is_no_arrival(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while the op counts as not arrived; a late answer to it hurts nobody."""
    monkeypatch.setattr(line_module, "ANSWER_WITHIN", 0.05)

    async def script(peer: Peer) -> None:
        await peer.whole()
        late = await peer.hear()
        again = await peer.hear()
        assert late == again
        answer = {"frame": "res", "id": again["id"], "ok": True, "result": {"seq": 3}}
        await peer.say(answer, answer)
        await peer.stay()

    async with house(script) as here:
        await here.link(Link.LIVE)
        with pytest.raises(Unreachable):
            await here.backend.submit(note())
        monkeypatch.setattr(line_module, "ANSWER_WITHIN", 5)
        receipt = await here.asking(here.backend.submit(note()))
        assert receipt.seq == 3


async def test_nothing_is_asked_before_the_inbox_is_whole() -> None:
    """While catching up, an op waits at home."""

    async def script(peer: Peer) -> None:
        await peer.welcome()
        await peer.stay()

    async with house(script) as here:
        with pytest.raises(Unreachable):
            await here.backend.submit(note())
        await here.link(Link.CATCHING_UP)
        with pytest.raises(Unreachable):
            await here.backend.submit(note())
        with pytest.raises(Unreachable):
            await here.backend.history(C1, None)


async def test_a_refusal_says_why() -> None:
    """The desk's no, with what it has instead."""

    async def script(peer: Peer) -> None:
        await peer.whole()
        asked = await peer.hear()
        error = {"code": "conflict", "message": "too late", "current": conv(), "by": "ben"}
        await peer.say({"frame": "res", "id": asked["id"], "ok": False, "error": error})
        await peer.stay()

    async with house(script) as here:
        await here.link(Link.LIVE)
        op = Resolve(id=OpId("op-1"), conversation=C1, base_ver=1)
        with pytest.raises(Rejected) as refused:
            await here.asking(here.backend.submit(op))
        told = refused.value.event
        assert (told.op_id, told.refusal, told.by, told.detail) == (
            "op-1", Refusal.CONFLICT, "ben", "too late",
        )  # fmt: skip
        assert told.current is not None and told.current.id == C1


async def test_a_refusal_that_cannot_be_read_is_a_refusal() -> None:
    """Asked again it would come again: it must not look like an answer that never came."""

    async def script(peer: Peer) -> None:
        await peer.whole()
        asked = await peer.hear()
        error = {"code": "conflict", "message": "too late", "current": {"id": 7}}
        await peer.say({"frame": "res", "id": asked["id"], "ok": False, "error": error})
        await peer.stay()

    async with house(script) as here:
        await here.link(Link.LIVE)
        with pytest.raises(Rejected) as refused:
            await here.asking(here.backend.submit(note()))
        assert refused.value.event.refusal is Refusal.OTHER


@pytest.mark.parametrize("whose", ["c-1", "c-2"])
async def test_a_page_lands_in_its_own_conversation_or_nowhere(whose: str) -> None:
    """Another conversation's page is no answer."""

    async def script(peer: Peer) -> None:
        await peer.whole()
        asked = await peer.hear()
        assert {**asked, "id": ""} == {
            "frame": "get", "id": "", "what": "thread", "conv": "c-1", "before": 7, "limit": 50,
        }  # fmt: skip
        page = {"conv": whose, "messages": [line(5)], "more": True, "at_seq": 10}
        await peer.say({"frame": "res", "id": asked["id"], "ok": True, "result": page})
        await peer.stay()

    async with house(script) as here:
        await here.link(Link.LIVE)
        if whose == "c-1":
            page = await here.asking(here.backend.history(C1, 7))
            assert isinstance(page, HistoryLoaded)
            assert (page.conversation, page.before, page.more) == (C1, 7, True)
        else:
            with pytest.raises(Unreachable):
                await here.asking(here.backend.history(C1, 7))


async def test_signals_are_sent_or_lost_but_never_raise() -> None:
    """Before the link, on it and after it."""
    heard: list[Json] = []
    got = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.whole()
        heard.append(await peer.hear())
        got.set()
        await peer.stay()

    async with house(script) as here:
        await here.backend.submit(ViewingSignal(C1))
        await here.link(Link.LIVE)
        assert (await here.backend.submit(TypingSignal(C1, on=True))).seq == 0
        async with asyncio.timeout(5):
            await got.wait()
        await here.backend.aclose()
        await here.end()
        await here.backend.submit(ViewingSignal(None))
        assert heard == [
            {"frame": "sig", "kind": "typing", "conv": "c-1", "on": True, "note": False}
        ]


# The token


class Kept:
    """A place where a token is kept: what it holds each time it is read, or why it cannot be."""

    def __init__(self, *later: str | CredentialError) -> None:
        self.later = list(later)
        self.reads = 0

    def again(self) -> Secret:
        """Read it again."""
        self.reads += 1
        held = self.later.pop(0) if len(self.later) > 1 else self.later[0]
        if isinstance(held, CredentialError):
            raise held
        return Secret(held)

    def sit_down(self, here: House) -> None:
        """Put a console in front of the desk, with the token that was read at the start."""
        tokens = Tokens(Secret(TOKEN), self.again)
        address = DeskAddress(here.url, tokens, "ana", "device-1")
        here.backend = DeskBackend(address, SystemClock(), Random(7))
        here._events = here.backend.events()


class Door:
    """Lets in who has one of these tokens, and notes who came."""

    def __init__(self, *good: str) -> None:
        self.good = good
        self.shown: list[str] = []

    def check(self, ws: ServerConnection, request: Request) -> Response | None:
        """For `serve`."""
        self.shown.append(request.headers["Authorization"].removeprefix("Bearer "))
        return None if self.shown[-1] in self.good else ws.respond(401, "no\n")


def outages(seen: list[Event]) -> list[LinkChanged]:
    """What the agent was told of links that are not there."""
    gone = {Link.OFFLINE, Link.CLOSED}
    return [one for one in seen if isinstance(one, LinkChanged) and one.link in gone]


async def test_a_token_that_was_changed_elsewhere_is_read_again() -> None:
    """HTTP 401, and the key ring holds another one by now: no word to the agent."""
    door, kept = Door("t2"), Kept("t2")
    async with house(settled, process_request=door.check) as here:
        kept.sit_down(here)
        await here.link(Link.LIVE)
        assert door.shown == [TOKEN, "t2"]
        assert kept.reads == 1 and outages(here.seen) == []


async def test_the_same_token_again_is_final() -> None:
    """It is read once more and shown no more; the words say what to do."""
    door, kept = Door("t2"), Kept(TOKEN)
    async with house(settled, process_request=door.check) as here:
        kept.sit_down(here)
        closed = await here.link(Link.CLOSED)
        assert "agent-tui login" in closed.detail and "unsent is kept" in closed.detail
        assert await here.end() == []
        assert door.shown == [TOKEN] and kept.reads == 1
        with pytest.raises(Unauthorised):
            await here.backend.submit(note())


async def test_two_wrong_tokens_are_final() -> None:
    """Each is shown once."""
    door, kept = Door("t3"), Kept("t2")
    async with house(settled, process_request=door.check) as here:
        kept.sit_down(here)
        await here.link(Link.CLOSED)
        assert door.shown == [TOKEN, "t2"]


async def test_a_place_that_cannot_be_read_now_is_asked_again() -> None:
    """A locked key ring, a command that needs the network: it may mend, so that we go on."""
    door, kept = Door("t2"), Kept(CredentialError("the key ring gave no answer"), "t2")
    async with house(settled, process_request=door.check) as here:
        kept.sit_down(here)
        offline = await here.link(Link.OFFLINE)
        assert "the key ring gave no answer" in offline.detail
        await here.link(Link.LIVE)
        assert door.shown == [TOKEN, TOKEN, "t2"]


async def expired(peer: Peer) -> None:
    """A desk that lets us in until the token ends, which is soon."""
    if peer.hello["resume"] is None:
        await peer.whole()
    else:
        await peer.welcome(mode="resumed")
    await peer.go(4002)


async def test_an_expired_token_is_replaced_and_the_link_resumed_at_once() -> None:
    """4002: nobody sees an outage, nothing is fetched again."""
    door, kept = Door(TOKEN, "t2"), Kept("t2")
    async with house(expired, resumed, process_request=door.check) as here:
        kept.sit_down(here)
        await here.link(Link.LIVE)
        began = asyncio.get_running_loop().time()
        await here.link(Link.LIVE)
        assert asyncio.get_running_loop().time() - began < 1
        assert here.hellos[1]["resume"] == {"epoch": "e1", "seq": 10}
        assert door.shown == [TOKEN, "t2"] and outages(here.seen) == []


async def test_tokens_that_expire_as_soon_as_they_are_read_do_not_storm() -> None:
    """At once is believed once; after that the waits grow, and are told."""
    kept = Kept(*(f"t{n}" for n in range(2, 40)))
    async with house(expired) as here:
        kept.sit_down(here)
        for _link in range(4):
            await here.link(Link.LIVE)
        offline = outages(here.seen)
        assert offline and all(one.link is Link.OFFLINE for one in offline)


async def test_an_expired_token_that_is_all_there_is_ends_it() -> None:
    """One from the environment or a prompt."""
    async with house(expired) as here:
        closed = await here.link(Link.CLOSED)
        assert "expired" in closed.detail and "agent-tui login" in closed.detail


@pytest.mark.parametrize("told", ["welcome", "frame"])
async def test_a_token_is_renewed_on_the_link(told: str, caplog: pytest.LogCaptureFixture) -> None:
    """In time, or when the desk says so; a command under way does not notice."""
    caplog.set_level(logging.DEBUG)
    asked: list[Json] = []

    async def script(peer: Peer) -> None:
        await peer.whole(auth={"expires_in": 0.05 if told == "welcome" else None})
        if told == "frame":
            await peer.say({"frame": "auth_expiring", "expires_in": 60})
        for _question in range(2):
            asked.append(await peer.hear())
            more = {"expires_in": None} if asked[-1]["frame"] == "auth" else {"seq": 3}
            await peer.say({"frame": "res", "id": asked[-1]["id"], "ok": True, "result": more})
        await peer.stay()

    quiet = logging.getLogger("quiet-desk")
    quiet.setLevel(logging.WARNING)
    async with house(script, logger=quiet) as here:
        Kept("t2-secret").sit_down(here)
        await here.link(Link.LIVE)
        question = asyncio.create_task(here.backend.submit(note()))
        async with asyncio.timeout(5):
            while len(asked) < 2:
                await asyncio.sleep(0.01)
            assert (await question).seq == 3
        [shown] = [frame for frame in asked if frame["frame"] == "auth"]
        assert shown == {"frame": "auth", "id": shown["id"], "token": "t2-secret"}
        assert len(here.peers) == 1 and outages(here.seen) == []
    assert "t2-secret" not in caplog.text and "t2-secret" not in repr(here.seen)


@pytest.mark.parametrize("accepted", [True, False])
async def test_what_expired_is_the_token_that_the_desk_knows(accepted: bool) -> None:
    """One that was accepted on the link is no other one. One that was read too late to be shown
    is: it opens the next link."""

    async def script(peer: Peer) -> None:
        if peer.hello["resume"] is not None:
            await resumed(peer)
        await peer.whole()
        await peer.say({"frame": "auth_expiring", "expires_in": 60})
        asked = await peer.hear()
        if accepted:
            await peer.say({"frame": "res", "id": asked["id"], "ok": True, "result": {}})
        await peer.go(4002)

    door = Door(TOKEN, "t2")
    async with house(script, process_request=door.check) as here:
        Kept("t2").sit_down(here)
        await here.link(Link.LIVE)
        if accepted:
            await here.link(Link.CLOSED)
        else:
            await here.link(Link.LIVE)
        assert door.shown == ([TOKEN] if accepted else [TOKEN, "t2"])


# Standing still


async def test_a_link_that_died_in_sleep_is_noticed_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`probe` asks; a desk that does not answer is cut, and the link resumed."""
    monkeypatch.setattr(line_module, "PROBE_WITHIN", 0.1)

    async def dead(peer: Peer) -> None:
        await peer.whole()
        peer.ws.transport.pause_reading()
        await peer.ws.wait_closed()

    async with house(dead, resumed) as here:
        await here.link(Link.LIVE)
        await here.backend.probe()
        await here.link(Link.OFFLINE)
        await here.link(Link.LIVE)
        assert here.hellos[1]["resume"] == {"epoch": "e1", "seq": 10}


async def test_a_link_that_lives_is_left_alone() -> None:
    """The question is answered, and that is all; without a link there is nothing to ask."""
    async with house(settled) as here:
        await here.backend.probe()
        await here.link(Link.LIVE)
        async with asyncio.timeout(2):
            await here.backend.probe()
        assert len(here.peers) == 1 and outages(here.seen) == []


async def breaks(peer: Peer) -> None:
    """A line that is cut."""
    await peer.whole()
    peer.ws.transport.abort()


async def test_whoever_wakes_up_waits_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wait of our own is cut short."""
    monkeypatch.setattr(client, "asyncio", asyncio)
    monkeypatch.setattr(Backoff, "wait", lambda *_args, **_more: 3600.0)
    async with house(breaks, resumed) as here:
        await here.link(Link.OFFLINE)
        await here.backend.probe()
        await here.link(Link.LIVE)


async def test_a_wait_that_the_desk_asked_for_is_kept() -> None:
    """Also by who wakes up; the minute's measure holds anyway."""

    async def goes(peer: Peer) -> None:
        await peer.whole()
        await peer.go(1013, reconnect_after=3)

    async with house(goes, resumed) as here:
        await here.link(Link.OFFLINE)
        began = asyncio.get_running_loop().time()
        await here.backend.probe()
        await here.link(Link.LIVE)
        assert asyncio.get_running_loop().time() - began > 0.25  # a tenth of it, in these tests


async def test_sleep_is_noticed_without_anybody_s_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clocks tell."""
    monkeypatch.setattr(waking, "PULSE", 0.01)
    clock = ManualClock(NOW)
    probed = asyncio.Event()

    async def probe(_self: DeskBackend) -> None:
        probed.set()

    monkeypatch.setattr(DeskBackend, "probe", probe)
    async with house(settled) as here:
        here.sit_down(here.url, clock=clock)
        await here.link(Link.LIVE)
        clock.sleep(600)
        async with asyncio.timeout(5):
            await probed.wait()


async def test_a_desk_that_does_not_read_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own frames may still come: our answer to them must not hold us up for ever."""
    sound = ClientConnection.send

    async def send(self: ClientConnection, message: str) -> None:
        if '"hb"' in message:
            await asyncio.Event().wait()
        await sound(self, message)

    monkeypatch.setattr(ClientConnection, "send", send)

    async def beats(peer: Peer) -> None:
        await peer.whole(hb=0.05)
        for _beat in range(200):
            await peer.say({"frame": "hb", "seq": 10, "t": STAMP})
            await asyncio.sleep(0.05)

    async with house(beats, resumed) as here:
        await here.link(Link.LIVE)
        offline = await here.link(Link.OFFLINE)
        assert "silent" in offline.detail


# Clocks and limits


@pytest.mark.parametrize(
    ("minutes", "told"), [(0, ""), (-3, "3 minutes behind"), (90, "90 minutes ahead")]
)
async def test_clocks_that_disagree_are_told(minutes: int, told: str) -> None:
    """While the link lives; nothing is ordered by them."""
    server_time = datetime.now(UTC) - timedelta(minutes=minutes)

    async def script(peer: Peer) -> None:
        await peer.whole(server_time=server_time.isoformat())
        await peer.stay()

    async with house(script) as here:
        live = await here.link(Link.LIVE)
        assert told in live.detail and bool(told) is bool(live.detail)


async def test_a_clock_that_is_far_off_is_named_when_a_token_does_not_hold() -> None:
    """It may be the cause: the desk's answer tells the time there."""

    def door(ws: ServerConnection, _request: Request) -> Response:
        response = ws.respond(401, "no\n")
        del response.headers["Date"]
        there = datetime.now(UTC) + timedelta(minutes=20)
        response.headers["Date"] = format_datetime(there, usegmt=True)
        return response

    async with house(settled, process_request=door) as here:
        closed = await here.link(Link.CLOSED)
        assert "20 minutes behind the desk's" in closed.detail


async def test_no_page_is_longer_than_the_desk_allows() -> None:
    """`limits.history` of the welcome."""
    asked: list[Json] = []

    async def script(peer: Peer) -> None:
        await peer.whole(limits={"frame": 524288, "history": 20})
        asked.append(await peer.hear())
        page = {"conv": "c-1", "messages": [], "more": False}
        await peer.say({"frame": "res", "id": asked[-1]["id"], "ok": True, "result": page})
        await peer.stay()

    async with house(script) as here:
        await here.link(Link.LIVE)
        await here.asking(here.backend.history(C1, None))
        assert asked[0]["limit"] == 20


# The end


@pytest.mark.parametrize("when", ["before", "live", "waiting"])
async def test_closing_ends_the_events_whenever(when: str) -> None:
    """Before the first link, on a link and between two: the events end and nothing is left."""

    async def leave(peer: Peer) -> None:
        await peer.whole()
        await peer.go(1012, reconnect_after=300)

    async with house(leave if when == "waiting" else settled) as here:
        if when == "live":
            await here.link(Link.LIVE)
        if when == "waiting":
            await here.link(Link.OFFLINE)
        await here.backend.aclose()
        await here.end()
        with pytest.raises(Unreachable):
            await here.backend.submit(note())
        with pytest.raises(Unreachable):
            await here.backend.history(C1, None)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not [task for task in others if "_run" in repr(task.get_coro())]


async def test_a_reader_that_leaves_takes_the_questions_along() -> None:
    """Whoever waits for an answer learns at once that none will come."""

    async def script(peer: Peer) -> None:
        await peer.whole()
        await peer.stay()

    async with house(script) as here:
        await here.link(Link.LIVE)
        question = asyncio.create_task(here.backend.submit(note()))
        await asyncio.sleep(0)
        assert not question.done()
        await here._events.aclose()  # type: ignore[attr-defined] # it is a generator
        with pytest.raises(Unreachable):
            async with asyncio.timeout(1):
                await question


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("ws://127.0.0.1:8765", True), ("ws://localhost:1", True), ("ws://[::1]:1", True),
        ("wss://127.0.0.1", True), ("ws://127.evil.example", False),
        ("ws://localhost.evil.example", False), ("wss://desk.example.com", False),
        ("ws://[::1", False),
    ],
)  # fmt: skip
def test_this_machine_is_known_by_its_address(url: str, here: bool) -> None:
    """Not by how a name begins: whatever is elsewhere goes through the proxy."""
    assert DeskAddress(url, Secret(TOKEN), "ana", "device-1").loopback is here


def test_the_scripts_speak_of_the_time_of_the_other_tests() -> None:
    """The one moment on the wire is the builders' moment."""
    assert datetime.fromisoformat(STAMP) == NOW.astimezone(UTC)
