"""The desk over a real loopback socket, spoken to by a raw websockets client."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any, cast

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from agent_tui.backends.mock.floor import MAX_FRAME
from agent_tui.backends.mock.link import ROOM_BYTES, Link
from agent_tui.backends.mock.options import MockError, MockOptions
from agent_tui.backends.mock.server import MAX_LINKS, DeskServer
from agent_tui.backends.mock.stream import PART_BYTES
from agent_tui.clock import ManualClock, SystemClock

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
Frame = dict[str, Any]
QUIET = MockOptions(rate=0, hb=60)


class Console:
    """A client that remembers every frame it got."""

    def __init__(self, link: ClientConnection) -> None:
        self.link = link
        self.frames: list[Frame] = []
        self.welcome: Frame = {}
        self.conversations: list[Frame] = []

    async def say(self, **frame: Any) -> None:
        await self.link.send(json.dumps(frame))

    async def hear(self) -> Frame:
        frame: Frame = json.loads(await asyncio.wait_for(self.link.recv(), 5))
        self.frames.append(frame)
        return frame

    async def until(self, wanted: Callable[[Frame], bool]) -> Frame:
        while True:
            frame = await self.hear()
            if wanted(frame):
                return frame

    async def event(self, seq: int) -> Frame:
        return await self.until(lambda frame: frame["frame"] == "ev" and frame["seq"] == seq)

    async def answer(self, cmd: str) -> Frame:
        return await self.until(lambda frame: frame["frame"] == "res" and frame["id"] == cmd)

    async def closed(self) -> int:
        """Read to the end; the close code."""
        try:
            while True:
                await self.hear()
        except ConnectionClosed as error:
            return error.rcvd.code if error.rcvd else 1006

    async def greet(self, agent: str, device: str, resume: Frame | None = None) -> None:
        await self.say(frame="hello", v=1, agent=agent, device=device, resume=resume)
        self.welcome = await self.hear()
        if self.welcome["frame"] == "welcome" and self.welcome["mode"] == "snapshot":
            while True:
                part = await self.hear()
                assert part["frame"] == "snap"
                self.conversations.extend(part["conversations"])
                if part["part"] == part["parts"]:
                    return

    @property
    def events(self) -> list[int]:
        return [frame["seq"] for frame in self.frames if frame["frame"] == "ev"]


class House:
    """A desk and the consoles that a test opens on it."""

    def __init__(self, server: DeskServer, stack: AsyncExitStack) -> None:
        self.server = server
        self.stack = stack

    async def dial(self, headers: dict[str, str] | None = None, **more: Any) -> Console:
        token = {"Authorization": f"Bearer {self.server.token}"}
        url = more.pop("url", self.server.url)
        link = await self.stack.enter_async_context(
            connect(
                url, additional_headers=token if headers is None else headers, proxy=None,
                max_size=MAX_FRAME, compression=None, **more,
            )
        )  # fmt: skip
        return Console(link)

    async def console(
        self, agent: str = "ana", device: str = "", resume: Frame | None = None
    ) -> Console:
        console = await self.dial()
        await console.greet(agent, device or f"device-of-{agent}", resume)
        return console


@asynccontextmanager
async def open_house(
    options: MockOptions = QUIET, clock: ManualClock | SystemClock | None = None
) -> AsyncIterator[House]:
    server = DeskServer(options, clock or ManualClock(NOW))
    await server.start()
    try:
        async with AsyncExitStack() as stack:
            yield House(server, stack)
    finally:
        await server.aclose()


def chat(console: Console) -> str:
    """A conversation in which a reply with quick replies is possible."""
    for conv in console.conversations:
        if conv["channel"] in {"whatsapp", "webchat", "telegram"} and conv["waiting_since"]:
            return str(conv["id"])
    raise LookupError("no chat")


def command(op: str, conv: str, ident: str, **data: Any) -> Frame:
    return {"frame": "cmd", "id": ident, "op": op, "conv": conv, "data": data}


# ── coming in ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Basic TOKEN"}, 401),
        ({"Authorization": "TOKEN"}, 401),
        ({"Authorization": "Bearer TOKEN x"}, 401),
        ({"Authorization": "Bearer TÖKEN"}, 401),
        ({"Authorization": "Bearer TOKEN", "Origin": "http://localhost"}, 403),
        ({"Authorization": "Bearer TOKEN", "Origin": "null"}, 403),
        ({"Authorization": "Bearer TOKEN", "Host": "evil.example"}, 421),
        ({"Authorization": "Bearer TOKEN", "Host": "localhost"}, 421),
        ({"Authorization": "Bearer TOKEN", "Host": "localhost:1"}, 421),
        ({"Authorization": "Bearer TOKEN", "Host": "localhost.evil.example:PORT"}, 421),
    ],
)
async def test_who_may_not_come_in(headers: dict[str, str], status: int) -> None:
    async with open_house() as house:
        names = {"TOKEN": house.server.token, "PORT": str(house.server.port)}
        for name, value in names.items():
            headers = {key: text.replace(name, value) for key, text in headers.items()}
        assert await http_status(house.server.port, headers) == status


async def http_status(port: int, headers: dict[str, str], path: str = "/") -> int:
    """The status of an upgrade request made by hand, with exactly these headers."""
    lines = [f"GET {path} HTTP/1.1"]
    full = {"Host": f"127.0.0.1:{port}", **headers}
    full |= {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    full["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    lines += [f"{name}: {value}" for name, value in full.items()]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write("\r\n".join([*lines, "", ""]).encode("utf-8"))
    status = int((await reader.readline()).split()[1])
    writer.close()
    return status


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"])
async def test_who_may_come_in(host: str) -> None:
    async with open_house() as house:
        port, token = house.server.port, house.server.token
        headers = {"Authorization": f"Bearer {token}", "Host": f"{host}:{port}"}
        assert await http_status(port, headers) == 101
        assert await http_status(port, headers, f"/?token={token}") == 404


async def test_it_listens_on_loopback_only() -> None:
    async with open_house() as house:
        assert house.server.url.startswith("ws://127.0.0.1:")
        assert len(house.server.token) == 32
        with pytest.raises(InvalidStatus):
            await house.dial(headers={})


async def test_a_port_in_use_is_an_error_that_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(MockError, match=f"Port {port} is in use"):
            await DeskServer(MockOptions(port=port, rate=0), ManualClock(NOW)).start()


async def test_there_are_only_so_many_seats() -> None:
    async with open_house() as house:
        consoles = [await house.dial() for _ in range(MAX_LINKS)]
        with pytest.raises(InvalidStatus) as refused:
            await house.dial()
        assert refused.value.response.status_code == 503
        await consoles[0].link.close()
        await house.console()


# ── hello ───────────────────────────────────────────────────────────────────────────────


async def test_welcome_and_a_snapshot_in_parts() -> None:
    async with open_house(MockOptions(rate=0, conversations=900, hb=60)) as house:
        ana = await house.console()
        welcome = ana.welcome
        assert (welcome["mode"], welcome["me"], welcome["hb"]) == ("snapshot", "ana", 60)
        assert welcome["desk"] == {"id": house.server.world.ident, "name": "Nordlicht Versand",
                                   "timezone": "Europe/Berlin"}  # fmt: skip
        assert welcome["server_time"] == "2026-11-23T08:00:00.000Z"
        assert [one["id"] for one in welcome["agents"]] == list(house.server.agents)
        assert welcome["agents"][0]["availability"] == "online"
        parts = [frame for frame in ana.frames if frame["frame"] == "snap"]
        assert len(parts) >= 2
        assert [part["part"] for part in parts] == list(range(1, len(parts) + 1))
        assert {part["at_seq"] for part in parts} == {welcome["seq"]}
        sizes = [len(json.dumps(part, separators=(",", ":"))) for part in parts]
        assert max(sizes) <= PART_BYTES
        assert [one["id"] for one in ana.conversations] == [
            conv.id for conv in house.server.world.in_order()
        ]


async def test_an_empty_desk_still_sends_a_part() -> None:
    async with open_house(MockOptions(rate=0, conversations=0, hb=60)) as house:
        ana = await house.console()
        assert ana.conversations == []
        assert ana.frames[-1]["parts"] == 1


BAD_HELLOS: list[tuple[Any, int]] = [
    ({"frame": "hello", "v": 1, "agent": "zoe", "device": "d", "resume": None}, 4003),
    ({"frame": "hello", "v": 1, "agent": None, "device": "d", "resume": None}, 4003),
    ({"frame": "hello", "v": 2, "agent": "ana", "device": "d", "resume": None}, 4010),
    ({"frame": "hello", "v": True, "agent": "ana", "device": "d", "resume": None}, 4010),
    ({"frame": "hello", "v": 1, "agent": "ana", "resume": None}, 1007),
    ({"frame": "hello", "v": 1, "agent": "ana", "device": "white space"}, 1007),
    ({"frame": "hello", "v": 1, "agent": "ana", "device": "d", "resume": 7}, 1007),
    ({"frame": "hello", "v": 1, "agent": "ana", "device": "d", "resume": {"seq": "1"}}, 1007),
    ({"frame": "cmd", "id": "x"}, 1007),
    ([], 1007),
]


@pytest.mark.parametrize(("hello", "wanted"), BAD_HELLOS)
async def test_a_bad_hello_ends_it(hello: Any, wanted: int) -> None:
    async with open_house() as house:
        console = await house.dial()
        await console.link.send(json.dumps(hello))
        assert await console.closed() == wanted
        if wanted in {4003, 4010}:
            go = console.frames[-1]
            assert (go["frame"], go["code"]) == ("go", wanted)
            assert go.get("agents", list(house.server.agents)) == list(house.server.agents)
            assert "agents" in go if wanted == 4003 else go["versions"] == [1]
        await house.console()


async def test_the_same_device_replaces_the_older_console_and_others_do_not() -> None:
    async with open_house() as house:
        first = await house.console(device="one")
        other = await house.console(device="two")
        again = await house.console(device="one")
        assert await first.closed() == 4009
        assert first.frames[-1]["frame"] == "go"
        await again.say(**command("note", "c-1001", "n1", text="still here"))
        seq = (await again.answer("n1"))["result"]["seq"]
        await other.event(seq)
        events = [frame for frame in other.frames if frame["frame"] == "ev"]
        assert all(frame["type"] != "agent" for frame in events), "ana was here all the time"


# ── events, commands, signals ───────────────────────────────────────────────────────────


async def test_two_consoles_see_each_others_events() -> None:
    async with open_house() as house:
        ana, ben = await house.console("ana"), await house.console("ben")
        online = await ana.hear()
        assert online["data"]["agent"] == {
            "id": "ben", "name": "Ben Keller", "availability": "online",
        }  # fmt: skip
        reply = {"text": "Hallo", "quick_replies": ["ja"]}
        await ana.say(**command("send", chat(ana), "s1", **reply))
        result = (await ana.answer("s1"))["result"]
        event = await ben.event(result["seq"])
        assert event["cmd_id"] == "s1"
        assert event["data"]["message"]["id"] == result["message_id"]
        assert event["data"]["message"]["quick_replies"] == ["ja"]
        assert event in ana.frames


async def test_a_race_has_one_winner() -> None:
    async with open_house() as house:
        consoles = {agent: await house.console(agent) for agent in house.server.agents}
        target = next(iter(consoles.values())).conversations[0]
        for agent, console in consoles.items():
            frame = command("assign", target["id"], "take", agent=agent)
            await console.say(**frame, base_ver=target["ver"])
        answers = [await console.answer("take") for console in consoles.values()]
        won = [answer["ok"] for answer in answers]
        assert sum(won) == 1
        winner = list(consoles)[won.index(True)]
        lost = [answer["error"] for answer in answers if not answer["ok"]]
        assert {error["code"] for error in lost} == {"conflict"}
        assert {error["by"] for error in lost} == {winner}
        assert {error["current"]["assignee"] for error in lost} == {winner}


async def test_a_thread_is_answered_to_who_asked() -> None:
    async with open_house() as house:
        ana = await house.console()
        threads = house.server.world.threads
        long = max(threads, key=lambda conv: len(threads[conv]))
        await ana.say(frame="get", id="q1", what="thread", conv=long, before=None, limit=50)
        result = (await ana.answer("q1"))["result"]
        assert (result["conv"], len(result["messages"]), result["more"]) == (long, 50, True)
        assert result["contact"]["id"]
        assert result["at_seq"] == house.server.world.seq


async def test_signals_reach_the_others_with_a_name_and_never_come_back() -> None:
    async with open_house() as house:
        ana, ben = await house.console("ana"), await house.console("ben")
        await ana.say(frame="sig", kind="viewing", conv="c-1001")
        await ana.say(frame="sig", kind="typing", conv="c-1001", on=True, note=False)
        await ana.say(frame="sig", kind="typing", conv="nowhere", on=True, note=False)
        await ana.say(frame="sig", kind="dancing", conv="c-1001")
        who = {"kind": "agent", "id": "ana", "name": "Ana Weber"}
        assert await ben.hear() == {
            "frame": "sig", "kind": "viewing", "conv": "c-1001", "who": who,
        }  # fmt: skip
        typing = {"frame": "sig", "kind": "typing", "conv": "c-1001", "on": True, "note": False}
        assert await ben.hear() == {**typing, "who": who}
        await ana.say(frame="get", id="q", what="thread", conv="c-1001")
        await ana.answer("q")
        assert not [frame for frame in ana.frames if frame["frame"] == "sig"]
        await ana.link.close()
        assert await ben.hear() == {**typing, "on": False, "who": who}
        assert (await ben.hear())["conv"] is None
        assert (await ben.hear())["data"]["agent"]["availability"] == "offline"


async def test_time_passes_only_when_a_manual_clock_says_so() -> None:
    clock = ManualClock(NOW)
    async with open_house(clock=clock) as house:
        ana = await house.console()
        await ana.say(**command("send", chat(ana), "s1", text="Einen Moment"))
        seq = (await ana.answer("s1"))["result"]["seq"]
        await house.server.tick()
        clock.advance(10)
        await house.server.tick()
        events = [await ana.event(seq + step) for step in (1, 2, 3)]
        assert [one["data"]["delivery"] for one in events] == ["sent", "delivered", "read"]


async def test_a_real_clock_needs_no_ticks() -> None:
    async with open_house(MockOptions(rate=50, hb=60), SystemClock()) as house:
        ana = await house.console()
        frame = await ana.until(lambda frame: frame["frame"] == "ev")
        assert frame["seq"] == ana.welcome["seq"] + 1


async def test_heartbeats_carry_the_newest_number() -> None:
    async with open_house(MockOptions(rate=0, hb=0.02)) as house:
        ana = await house.console()
        beat = await ana.until(lambda frame: frame["frame"] == "hb")
        assert beat["seq"] == house.server.world.seq
        await ana.say(frame="hb", seq=beat["seq"])
        await ana.until(lambda _frame: house.server.floor.links[0].applied == beat["seq"])


async def test_latency_holds_back_everything_and_keeps_the_order() -> None:
    async with open_house(MockOptions(rate=0, hb=60, latency_ms=60)) as house:
        loop = asyncio.get_running_loop()
        start = loop.time()
        ana = await house.console()
        assert loop.time() - start >= 0.06
        start = loop.time()
        for number in range(20):
            await ana.say(**command("note", "c-1001", f"n{number}", text="x"))
        await ana.answer("n19")
        assert 0.06 <= loop.time() - start < 0.6
        assert ana.events == sorted(ana.events)


# ── resuming ────────────────────────────────────────────────────────────────────────────


async def test_resuming_misses_nothing() -> None:
    async with open_house() as house:
        ana, ben = await house.console("ana"), await house.console("ben")
        last = (await ana.hear())["seq"]
        await ana.link.close()
        await ben.until(lambda frame: frame["frame"] == "ev")  # ana is offline
        for number in range(300):
            await ben.say(**command("note", "c-1001", f"n{number}", text=str(number)))
        await ben.answer("n299")
        back = await house.console("ana", resume={"epoch": ana.welcome["epoch"], "seq": last})
        assert back.welcome["mode"] == "resumed"
        newest = house.server.world.seq
        assert back.welcome["seq"] == newest
        await back.event(newest)
        assert back.events == list(range(last + 1, newest + 1))
        texts = [one["data"]["message"]["text"] for one in back.frames if "data" in one
                 and one["data"].get("message")]  # fmt: skip
        assert texts == [str(number) for number in range(300)]


async def test_resuming_from_now_brings_only_what_comes() -> None:
    async with open_house() as house:
        ana = await house.console()
        here = {"epoch": ana.welcome["epoch"], "seq": ana.welcome["seq"]}
        again = await house.console(device="other", resume=here)
        assert again.welcome["mode"] == "resumed"
        await again.say(**command("note", "c-1001", "n", text="x"))
        await again.event(here["seq"] + 1)


@pytest.mark.parametrize("where", ["another epoch", "the future", "long ago", "before time"])
async def test_where_resuming_is_impossible_there_is_a_snapshot(where: str) -> None:
    async with open_house() as house:
        ana = await house.console()
        epoch, seq = ana.welcome["epoch"], ana.welcome["seq"]
        resume = {
            "another epoch": {"epoch": "e-other", "seq": seq},
            "the future": {"epoch": epoch, "seq": seq + 1},
            "long ago": {"epoch": epoch, "seq": seq - 2},
            "before time": {"epoch": epoch, "seq": -5},
        }[where]
        again = await house.console(device="other", resume=resume)
        assert again.welcome["mode"] == "snapshot"
        assert len(again.conversations) == 61


async def test_ten_thousand_events_are_kept() -> None:
    async with open_house() as house:
        server = house.server
        start = server.world.seq
        for _ in range(10_000):
            server.floor.publish(server.world.customer_writes("c-1001", "hi", NOW))
        kept = await house.console("ben", resume={"epoch": server.world.epoch, "seq": start + 200})
        assert kept.welcome["mode"] == "resumed"
        await kept.event(server.world.seq)
        assert kept.events == list(range(start + 201, server.world.seq + 1))
        gone = await house.console("carla", resume={"epoch": server.world.epoch, "seq": start})
        assert gone.welcome["mode"] == "snapshot"


# ── hostile clients ─────────────────────────────────────────────────────────────────────

MALFORMED: list[str | bytes] = [
    b"\x00", b"{}", "", "{", "[]", "null", "NaN", '{"frame": "cmd"}', '{"frame": "cmd", "id": 7}',
    '{"frame": "cmd", "id": "a b"}', '{"frame": "get", "id": ""}', '{"frame": "get", "id": null}',
    '{"frame": "hb", "frame": "hb"}', '{"frame": "hb", "seq": NaN}',
    '{"frame": "hb", "seq": 1e999}', '{"frame": "hb", "seq": ' + "9" * 5000 + "}",
    '{"frame": ' + "[" * 40 + "]" * 40 + "}",
    "[" * 100_000, '{"a":' * 60_000,
]  # fmt: skip


@pytest.mark.parametrize("text", MALFORMED, ids=range(len(MALFORMED)))
async def test_malformed_frames_end_only_their_own_line(text: str | bytes) -> None:
    async with open_house() as house:
        ana, ben = await house.console("ana"), await house.console("ben")
        await ana.link.send(text)
        assert await ana.closed() == 1007
        await ben.say(**command("note", "c-1001", "n", text="still here"))
        assert (await ben.answer("n"))["ok"] is True


async def test_a_frame_that_is_too_large_ends_its_line() -> None:
    async with open_house() as house:
        ana = await house.console()
        await ana.say(**command("note", "c-1001", "n", text="x" * MAX_FRAME))
        assert await ana.closed() == 1009
        await house.console()


async def test_unknown_frames_and_wrong_values_are_survived() -> None:
    """Two thousand frames of nonsense: each is passed over, refused, or ends its line."""
    rng = Random(4)
    values: list[Any] = [None, True, -1, 2**40, 1.5, "", "x", "c-1001", [], {}, ["ana"], {"a": 1}]
    names = ["op", "conv", "data", "base_ver", "seen_seq", "what", "before", "limit", "kind", "on"]
    ops = ["send", "note", "assign", "team", "snooze", "resolve", "label", "read", "unread"]
    async with open_house() as house:
        server, ana = house.server, await house.console()
        for number in range(2000):
            frame = {name: rng.choice(values) for name in rng.sample(names, 6)}
            frame |= {"frame": rng.choice(["cmd", "get", "sig", "hb", "odd"]), "id": f"n{number}"}
            if rng.random() < 0.7:
                fields = ("text", "agent", "until", "add", "seq", "priority")
                frame |= {"op": rng.choice(ops), "conv": "c-1001"}
                frame["data"] = {name: rng.choice(values) for name in fields}
            await ana.say(**frame)
        await ana.say(**command("note", "c-1001", "last", text="still here"))
        assert (await ana.answer("last"))["ok"] is True
        first = ana.welcome["seq"] + 1
        assert ana.events == list(range(first, server.world.seq + 1))


async def test_an_answer_with_a_lone_surrogate_is_still_a_frame() -> None:
    async with open_house() as house:
        ana = await house.console()
        await ana.link.send('{"frame":"cmd","id":"x","op":"label","conv":"c-1001",'
                            '"data":{"add":["\\ud83d"]}}')  # fmt: skip
        assert (await ana.answer("x"))["error"]["code"] == "bad_request"


async def test_who_reads_too_slowly_is_cut_off_and_nobody_else() -> None:
    async with open_house(MockOptions(rate=0, hb=60, queue=40)) as house:
        server, ben = house.server, await house.console("ben")
        slow = await house.dial(max_queue=1)
        await slow.greet("ana", "slow")
        await ben.until(lambda frame: frame["frame"] == "ev")
        sent = 0
        while any(link.device == "slow" for link in server.floor.links):
            server.floor.publish(server.world.customer_writes("c-1001", "y" * 20_000, NOW))
            await ben.event(server.world.seq)
            sent += 1
            assert sent < 3000, "the slow console was never cut off"
        assert await slow.closed() == 4012
        seen = slow.events
        assert seen == list(range(seen[0], seen[0] + len(seen))), "cut off, but never skipped over"
        assert len(seen) < sent


@pytest.mark.parametrize(("room", "size"), [(3, 10), (10_000, ROOM_BYTES // 3)])
async def test_a_queue_holds_so_many_frames_and_so_many_bytes(room: int, size: int) -> None:
    link = Link(cast(ServerConnection, None), "ana", "d", latency=0, room=room)
    for _ in range(3):
        link.push("x" * size)
        assert not link.ended.done()
    link.push("x" * size)
    assert link.ended.result().code == 4012


async def test_closing_says_goodbye_and_is_quick_even_with_a_console_that_does_not_listen() -> None:
    server = DeskServer(QUIET, ManualClock(NOW))
    await server.start()
    async with AsyncExitStack() as stack:
        house = House(server, stack)
        polite = await house.console()
        await house.dial()  # has not even said hello
        loop = asyncio.get_running_loop()
        start = loop.time()
        ending = asyncio.create_task(server.aclose())
        assert await polite.closed() == 1012
        assert polite.frames[-1]["reconnect_after"] == 1
        await ending
        assert loop.time() - start < 0.5
    await server.aclose()
