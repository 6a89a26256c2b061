"""Every fault does on the wire what it says, to a raw client over a real socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from mock_seat import Frame, Seat, sit_down
from websockets.exceptions import ConnectionClosed, InvalidStatus

from agent_tui.backends.mock.faults.asking import FaultError
from agent_tui.backends.mock.faults.kinds import BREAKS, RateLimited
from agent_tui.backends.mock.faults.script import parse_plan
from agent_tui.backends.mock.options import MockError, MockOptions
from agent_tui.backends.mock.server import DeskServer
from agent_tui.backends.strict_json import NotJson, load_object
from agent_tui.clock import ManualClock, SystemClock

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
QUIET = MockOptions(rate=0, hb=60, conversations=5)
SOON = 5.0
"""Seconds in which what has to happen does, on a machine that others use, too."""


class Desk:
    """A desk, its clock, and who sits at it."""

    def __init__(self, server: DeskServer) -> None:
        self.server = server
        self.faults = server.faults
        self.seats: list[Seat] = []

    async def seat(self, agent: str = "ana", resume: Frame | None = None) -> Seat:
        seat = await asyncio.wait_for(
            sit_down(self.server, self.server.token, agent, f"of-{agent}", resume), SOON
        )
        self.seats.append(seat)
        return seat

    async def pass_time(self, seconds: float) -> None:
        assert isinstance(self.server.clock, ManualClock)
        self.server.clock.advance(seconds)
        await self.server.tick()

    def note(self, text: str = "") -> Frame:
        """A command that makes one event."""
        conv = next(iter(self.server.world.conversations))
        return {"frame": "cmd", "op": "note", "conv": conv, "data": {"text": text or "a note"}}


@asynccontextmanager
async def open_desk(
    options: MockOptions = QUIET, clock: ManualClock | SystemClock | None = None
) -> AsyncIterator[Desk]:
    server = DeskServer(options, clock or ManualClock(NOW))
    await server.start()
    desk = Desk(server)
    try:
        yield desk
    finally:
        for seat in desk.seats:
            seat.link.transport.abort()
        await server.aclose()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """A quiet desk whose clock the test moves."""
    async with open_desk() as desk:
        yield desk


async def nothing_comes(seat: Seat, seconds: float = 0.1) -> bool:
    """Whether the line stays silent for a while."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            await seat.link.recv()
    return True


def beat(desk: Desk) -> None:
    desk.server.floor.beat()


# ── frames to a console ─────────────────────────────────────────────────────────────────


async def test_latency_holds_every_frame_back_and_clear_lets_it_go(desk: Desk) -> None:
    """Also the frame that is already waiting."""
    ana = await desk.seat()
    desk.faults.set("latency", ms=150, jitter=20)
    began = time.monotonic()
    await ana.settle()
    assert time.monotonic() - began >= 0.13
    desk.faults.set("latency", ms=60_000)
    beat(desk)
    assert await nothing_comes(ana)
    assert desk.faults.clear() == ("latency ms=60000",)
    assert (await asyncio.wait_for(ana.hear(), SOON))["frame"] == "hb"


async def test_a_fault_ends_by_itself_and_may_be_for_one_agent(desk: Desk) -> None:
    """By the desk's clock."""
    ana, ben = await desk.seat(), await desk.seat("ben")
    await ana.settle()
    desk.faults.set("silence", for_=20, agent="ana")
    beat(desk)
    assert (await ben.hear())["frame"] == "hb"
    assert await nothing_comes(ana)
    await desk.pass_time(19)
    [(order, left)] = desk.faults.on()
    assert (str(order), left) == ("silence agent=ana", 1)
    await desk.pass_time(1)
    assert desk.faults.on() == ()
    beat(desk)
    assert (await ana.hear())["frame"] == "hb"


async def test_a_lost_event_leaves_a_gap_and_a_lost_tail_shows_in_the_heartbeat(
    desk: Desk,
) -> None:
    """The desk itself knows nothing of it."""
    ana = await desk.seat()
    desk.faults.set("lose", share=1, count=1)
    lost = (await ana.ask(**desk.note()))["result"]["seq"]
    beat(desk)
    assert (await ana.hear())["seq"] == lost
    await ana.ask(**desk.note())
    assert [event["seq"] for event in ana.events] == [lost + 1]


async def test_a_frame_comes_twice(desk: Desk) -> None:
    """Word for word."""
    ana = await desk.seat()
    desk.faults.set("duplicate", share=1, only=["ev"])
    await ana.ask(**desk.note())
    first, second, _answer = ana.texts[-3:]
    assert first == second
    assert load_object(first)["frame"] == "ev"


async def test_two_frames_change_places(desk: Desk) -> None:
    """Here the event and the answer; one that nothing overtakes comes all the same."""
    ana = await desk.seat()
    desk.faults.set("reorder", share=1, count=1)
    await ana.ask(**desk.note())
    event = await ana.hear()
    assert [frame["frame"] for frame in ana.frames[-2:]] == ["res", "ev"]
    assert event["seq"] == ana.frames[-2]["result"]["seq"]
    desk.faults.set("reorder", share=1, only=["hb"])
    beat(desk)
    assert (await asyncio.wait_for(ana.hear(), SOON))["frame"] == "hb"


@pytest.mark.parametrize("how", [one for one in BREAKS if one not in ("binary", "oversize")])
async def test_a_malformed_frame_is_no_frame(desk: Desk, how: str) -> None:
    """And the next one is well again."""
    ana = await desk.seat()
    desk.faults.set("malformed", kind=how, share=1, only=["hb"], count=1)
    beat(desk)
    beat(desk)
    spoilt, good = str(await ana.link.recv()), str(await ana.link.recv())
    if how == "wrong_type":
        assert type(load_object(spoilt).get("seq")) is not int
    else:
        with pytest.raises(NotJson):
            load_object(spoilt)
    assert load_object(good)["frame"] == "hb"


async def test_a_malformed_frame_may_be_binary_or_too_large(desk: Desk) -> None:
    """The second is more than a client takes at all."""
    ana = await desk.seat()
    desk.faults.set("malformed", kind="binary", share=1, only=["hb"])
    beat(desk)
    assert isinstance(await ana.link.recv(), bytes)
    desk.faults.set("malformed", kind="oversize", share=1, only=["hb"])
    beat(desk)
    with pytest.raises(ConnectionClosed) as caught:
        await ana.link.recv()
    assert caught.value.sent is not None
    assert caught.value.sent.code == 1009


async def test_a_lost_answer_is_one_of_a_command_that_was_done(desk: Desk) -> None:
    """The same command again gets it."""
    ana = await desk.seat()
    desk.faults.set("lost_answers")
    note = desk.note("only once")
    await ana.say(**note, id="n-1")
    assert (await ana.hear())["data"]["message"]["text"] == "only once"
    assert await nothing_comes(ana)
    await ana.settle()  # questions are answered
    desk.faults.clear("lost_answers")
    seq = desk.server.world.seq
    assert (await ana.ask(**note, id="n-1"))["result"]["seq"] == seq
    assert desk.server.world.seq == seq


async def test_pieces_and_a_thin_line(desk: Desk) -> None:
    """A frame comes in fragments, and no faster than it may; then it is whole."""
    ana = await desk.seat()
    desk.faults.set("slicer", bytes=10)
    beat(desk)
    pieces = [str(piece) async for piece in ana.link.recv_streaming()]
    assert max(map(len, pieces)) == 10
    assert load_object("".join(pieces))["frame"] == "hb"
    desk.faults.clear()
    desk.faults.set("bandwidth", kilobytes=0.5)
    began = time.monotonic()
    beat(desk)
    frame = str(await ana.link.recv())
    assert time.monotonic() - began >= len(frame) / 500 - 0.06
    desk.faults.set("slicer", bytes=1, ms=100)
    beat(desk)
    await asyncio.sleep(0.05)
    desk.faults.set("goodbye", code=4003)  # in the middle of a frame
    assert await ana.closed() == 4003


async def test_a_line_is_cut_in_the_middle_of_a_frame(desk: Desk) -> None:
    """What came before is whole; of the last frame nothing is seen."""
    ana = await desk.seat()
    await ana.settle()
    heard = len(ana.texts)
    desk.faults.set("limit_data", bytes=sum(map(len, ana.texts)) + 150)
    for _again in range(4):
        beat(desk)
    assert await ana.closed() == 1006
    assert 1 <= len(ana.texts) - heard < 4
    desk.faults.set("limit_data", bytes=0)
    with pytest.raises(ConnectionClosed):
        await desk.seat()


# ── frames from a console ───────────────────────────────────────────────────────────────


async def test_a_slow_desk_and_a_slow_reader(desk: Desk) -> None:
    """Each frame takes its time, the next one after it."""
    ana = await desk.seat()
    desk.faults.set("slow_server", ms=60)
    began = time.monotonic()
    await ana.settle()
    await ana.settle()
    assert time.monotonic() - began >= 0.12
    desk.faults.clear()
    desk.faults.set("slow_reader", kilobytes=1)
    began = time.monotonic()
    await ana.ask(**desk.note("x" * 200))
    assert time.monotonic() - began >= 0.2


async def test_too_many_commands_are_refused_and_not_remembered(desk: Desk) -> None:
    """The same one counts when it comes again; questions are not counted."""
    ana = await desk.seat()
    desk.faults.set("rate_limited", retry_after=3)
    seq, note = desk.server.world.seq, desk.note()
    refused = await ana.ask(**note, id="n-1")
    assert refused["error"]["code"] == "rate_limited"
    assert refused["error"]["retry_after"] == 3
    assert desk.server.world.seq == seq
    await ana.settle()
    desk.faults.clear()
    assert (await ana.ask(**note, id="n-1"))["ok"] is True


async def test_who_does_not_wait_is_closed_with_4008(desk: Desk) -> None:
    """And told how long to wait; who waits is not."""
    ana = await desk.seat()
    desk.faults.order(desk.faults.set("rate_limited", retry_after=3, patience=1))
    for _again in range(4):
        await ana.ask(**desk.note())
        await desk.pass_time(3)
    await ana.ask(**desk.note())
    await ana.ask(**desk.note())
    await ana.say(**desk.note(), id="n-9")
    assert await ana.closed() == 4008
    assert ana.frames[-1]["frame"] == "go"
    assert ana.frames[-1]["reconnect_after"] == 3
    assert isinstance(desk.faults.on()[0][0].fault, RateLimited)


# ── at the door ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_who_comes_is_refused_and_told_when_to_come_again(desk: Desk, form: str) -> None:
    """In seconds, or as a date by the desk's clock."""
    desk.faults.set("refuse", status=429, retry_after=90, form=form)
    with pytest.raises(InvalidStatus) as caught:
        await desk.seat()
    response = caught.value.response
    assert response.status_code == 429
    after = response.headers["Retry-After"]
    if form == "date":
        assert parsedate_to_datetime(after) == NOW + timedelta(seconds=90)
        assert parsedate_to_datetime(response.headers["Date"]) == NOW
    else:
        assert after == "90"
    desk.faults.set("refuse", retry_after=0)
    with pytest.raises(InvalidStatus) as caught:
        await desk.seat()
    assert caught.value.response.status_code == 503
    assert "Retry-After" not in caught.value.response.headers
    desk.faults.clear()
    await desk.seat()


async def test_who_comes_gets_no_answer_until_it_is_over(desk: Desk) -> None:
    """A desk that hangs can be closed as well."""
    desk.faults.set("hang", for_=9)
    coming = asyncio.create_task(desk.seat())
    await asyncio.sleep(0.1)
    assert not coming.done()
    await desk.pass_time(9)
    await coming
    desk.faults.set("hang")
    waiting = asyncio.create_task(desk.seat("ben"))
    await asyncio.sleep(0.05)
    began = time.monotonic()
    await desk.server.aclose()
    assert time.monotonic() - began < SOON
    with pytest.raises((ConnectionClosed, InvalidStatus, OSError, EOFError, TimeoutError)):
        await waiting


# ── lines ───────────────────────────────────────────────────────────────────────────────


async def test_lines_are_cut_now_or_again_and_again(desk: Desk) -> None:
    """Without a word; the desk is there for who comes back."""
    ana, ben = await desk.seat(), await desk.seat("ben")
    desk.faults.set("drop", agent="ana")
    assert await ana.closed() == 1006
    assert ana.frames[-1]["frame"] != "go"
    await ben.settle()
    desk.faults.set("drop", every=30, for_=70)
    for _cut in range(2):
        ana = await desk.seat()
        await desk.pass_time(29)
        await ana.settle()
        await desk.pass_time(1)
        assert await ana.closed() == 1006
    ana = await desk.seat()
    await desk.pass_time(3600)
    await ana.settle()


async def test_a_half_open_line_says_nothing_hears_nothing_and_stays(desk: Desk) -> None:
    """Not even a ping is answered; a new line works; in the end the old one is cut."""
    ana = await desk.seat()
    desk.faults.set("half_open", for_=20)
    seq = desk.server.world.seq
    await ana.say(**desk.note(), id="n-1")
    pong = asyncio.ensure_future(await ana.link.ping())
    beat(desk)
    assert await nothing_comes(ana, 0.2)
    assert not pong.done()
    again = await desk.seat()
    await again.settle()
    assert desk.server.world.seq == seq
    await desk.pass_time(20)
    assert await ana.closed() == 1006
    await again.settle()


async def test_a_desk_with_half_open_lines_closes_in_time(desk: Desk) -> None:
    """What is wrong with it ends with it."""
    ana = await desk.seat()
    desk.faults.set("half_open", for_=3600)
    desk.faults.set("slow_close", ms=60_000)
    began = time.monotonic()
    await desk.server.aclose()
    assert time.monotonic() - began < SOON
    assert await ana.closed() == 1006


async def test_a_goodbye_is_told_and_a_restart_lets_nobody_in(desk: Desk) -> None:
    """For as long as it says."""
    ana = await desk.seat()
    desk.faults.set("goodbye", code=1013, reconnect_after=7)
    assert await ana.closed() == 1013
    assert (ana.frames[-1]["frame"], ana.frames[-1]["reconnect_after"]) == ("go", 7)
    ana = await desk.seat()
    desk.faults.set("restart", down=4)
    assert await ana.closed() == 1012
    assert ana.frames[-1]["reconnect_after"] == 4
    with pytest.raises(InvalidStatus):
        await desk.seat()
    await desk.pass_time(4)
    await desk.seat()


async def test_closing_may_take_long(desk: Desk) -> None:
    """From the last word on."""
    ana = await desk.seat()
    desk.faults.set("slow_close", ms=150)
    desk.faults.set("goodbye")
    while (await ana.hear())["frame"] != "go":
        pass
    began = time.monotonic()
    assert await ana.closed() == 1012
    assert time.monotonic() - began >= 0.1


# ── the desk ────────────────────────────────────────────────────────────────────────────


async def test_in_a_new_epoch_nobody_can_resume(desk: Desk) -> None:
    """Before it one could."""
    ana = await desk.seat()
    where = {"epoch": ana.welcome["epoch"], "seq": ana.welcome["seq"]}
    ana = await desk.seat(resume=where)
    assert ana.welcome["mode"] == "resumed"
    desk.faults.set("epoch")
    assert await ana.closed() == 1012
    ana = await desk.seat(resume=where)
    assert ana.welcome["mode"] == "snapshot"
    assert ana.welcome["epoch"] != where["epoch"]


async def test_a_desk_inside_another_program_cannot_be_killed(desk: Desk) -> None:
    """Neither at once nor by a script."""
    with pytest.raises(FaultError, match="agent-tui mock"):
        desk.faults.set("kill")
    script = parse_plan(Path("day.toml"), 'steps = [{at = 1, fault = "kill"}]')
    with pytest.raises(MockError, match="kill"):
        await DeskServer(MockOptions(faults=script), ManualClock(NOW)).start()


async def test_what_is_cleared_must_have_a_name(desk: Desk) -> None:
    """One that a fault has, on or off."""
    assert desk.faults.clear("latency") == ()
    with pytest.raises(FaultError, match="did you mean 'latency'"):
        desk.faults.clear("latncy")


# ── a scripted day ──────────────────────────────────────────────────────────────────────

DAY = """
seed = 7
steps = [
  {at = 10, fault = "lose", share = 0.3, for = 60},
  {at = 20, fault = "duplicate", share = 0.3, for = 60},
  {at = 30, fault = "reorder", share = 0.3, only = ["ev"], for = 60},
  {at = 65, fault = "drop"},
  {at = 66, fault = "malformed", kind = "nan", share = 0.2, only = ["res"], for = 30},
]
"""


async def _day(text: str) -> list[str]:
    """What ana hears on a scripted day of a hundred seconds, in which she writes notes."""
    options = replace(QUIET, faults=parse_plan(Path("day.toml"), text))
    heard: list[str] = []
    async with open_desk(options) as desk:
        links = desk.server.floor.links
        ana = await desk.seat()
        for second in range(100):
            before = desk.server.world.seq
            await ana.say(**desk.note(f"at {second}"), id=f"n-{second}")
            while desk.server.world.seq == before:
                await asyncio.sleep(0)
            beat(desk)  # of which this day's faults know nothing: it ends the second
            frame = ""
            while '"frame":"hb"' not in frame:
                frame = str(await asyncio.wait_for(ana.link.recv(), SOON))
                heard.append(frame[:50])
            await desk.pass_time(1)
            if links[0].ended.done():
                heard.append(f"cut {await ana.closed()}")
                while links:
                    await asyncio.sleep(0)
                ana = await desk.seat()
        assert desk.faults.to_come == ()
    return heard


async def test_the_same_script_and_seed_make_the_same_day() -> None:
    """Frame by frame, cut by cut; with another seed it is another day."""
    first, again = await _day(DAY), await _day(DAY)
    assert first == again
    assert "cut 1006" in first
    other = await _day(DAY.replace("seed = 7", "seed = 8"))
    assert other != first


async def test_steps_come_in_their_order_however_far_the_clock_moves() -> None:
    """Each with the time at which it was due: what ended in between has ended."""
    script = parse_plan(
        Path("day.toml"),
        'steps = [{at = 1, fault = "silence", for = 5}, {at = 3, fault = "latency", for = 100},'
        ' {at = 50, fault = "lose"}]',
    )
    async with open_desk(replace(QUIET, faults=script)) as desk:
        assert [step.at for step in desk.faults.to_come] == [1, 3, 50]
        await desk.pass_time(2)
        assert [str(order) for order, _left in desk.faults.on()] == ["silence"]
        await desk.pass_time(10)
        assert [(str(order), left) for order, left in desk.faults.on()] == [("latency ms=300", 91)]
        assert desk.faults.clear("script") == ("lose share=0.1",)
        await desk.pass_time(100)
        assert desk.faults.on() == ()


async def test_a_script_runs_by_itself_where_time_does() -> None:
    """On the machine's own clock."""
    text = 'steps = [{at = 0.1, fault = "drop"}, {at = 0.2, fault = "silence", for = 0.1}]'
    options = replace(QUIET, faults=parse_plan(Path("day.toml"), text))
    async with open_desk(options, SystemClock()) as desk:
        ana = await desk.seat()
        assert await asyncio.wait_for(ana.closed(), SOON) == 1006
        async with asyncio.timeout(SOON):
            while desk.faults.to_come or desk.faults.on():
                await asyncio.sleep(0.02)
