"""The line to the desk breaks, and the work goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from journeys.floor import MORNING, Floor, Seat
from journeys.wire import Wire

from agent_tui.backends.mock.options import MockOptions
from agent_tui.backends.mock.server import DeskServer
from agent_tui.clock import ManualClock
from agent_tui.events import Link
from agent_tui.i18n import use_language
from agent_tui.model import AuthorKind, Channel, MessageKind, Status


@pytest.fixture
async def wire(floor: Floor) -> AsyncIterator[Wire]:
    """A wire to the desk, whole."""
    wire = Wire(floor.server.port)
    await wire.mend()
    yield wire
    await wire.cut()


async def _until_link(seat: Seat, link: Link) -> None:
    await seat.until(lambda: seat.desk.store.link.link is link, link.value)


async def test_the_line_breaks_and_comes_back(floor: Floor, wire: Wire) -> None:
    """Offline stands in the first line, and since when. Reading goes on, writing goes on: what is
    sent waits for the line and says so. When the line is back it goes out, once; what was written
    meanwhile is there; and nothing of it moved the cursor."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    other = floor.waiting(Channel.SMS)
    ana = await floor.seat("ana", wire=wire)
    await ana.press("3")
    await ana.go_to(customer.id)
    await ana.opened()
    assert "● live" in ana.top

    await wire.cut()
    await ana.sees("○ offline since 09:41")
    assert customer.contact_name[:8] in ana.cursor_row
    await ana.press("r", *"We are on it", "ctrl+s")
    await ana.sees("We are on it", "Transcript")
    await floor.pass_time(5)
    await ana.sees("1 waits for the line")
    await ana.press("escape", "A", "l", *"vip", "enter")
    assert ana.shown(customer.id).assignee == "ana"
    assert not floor.texts(customer.id)
    await floor.says(other.id, "while you were away")

    await wire.mend()
    await ana.sees("● live")
    await ana.confirmed()
    assert floor.texts(customer.id) == ["We are on it"]
    truth = floor.truth(customer.id)
    assert truth.assignee == "ana"
    assert "vip" in truth.labels
    await floor.told(ana)
    assert ana.selected.id == customer.id
    assert ana.thread.count("We are on it") == 1
    assert ana.shown(other.id).preview == "while you were away"
    await ana.go_to(other.id)
    await ana.sees("while you were away", "Transcript")
    assert ana.counts == floor.counts("ana")


async def test_broken_in_the_middle_of_sending(floor: Floor, wire: Wire) -> None:
    """The line breaks again and again while replies are under way, so that the desk may have them
    or not: in the end each is there exactly once, in its order."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    ana = await floor.seat("ana", wire=wire)
    await ana.go_to(customer.id)
    await ana.opened()
    for number in range(4):
        await ana.press("r", *f"line {number}", "ctrl+s", "ctrl+s", "escape")
        await wire.cut()
        await ana.until(lambda: ana.desk.store.link.link is not Link.LIVE, "broken")
        await wire.mend()
        await _until_link(ana, Link.LIVE)
        await floor.pass_time(11)  # long enough for the link to count as healthy
        await ana.second()
    await ana.confirmed()
    assert floor.texts(customer.id) == [f"line {number}" for number in range(4)]
    assert [ana.thread.count(f"line {number}") for number in range(4)] == [1, 1, 1, 1]


async def test_a_colleague_was_faster_meanwhile(floor: Floor, wire: Wire) -> None:
    """Offline she took a customer and answered; Ben had him by then. Back on line she is told
    who has him, and her words are in the composer: nothing went out behind Ben's back."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    ana, ben = await floor.seat("ana", wire=wire), await floor.seat("ben")
    await ana.go_to(customer.id)
    await ana.opened()
    await wire.cut()
    await ana.sees("○ offline")
    await ana.press("A", "r", *"I have an idea", "ctrl+s", "ctrl+s")
    await ben.go_to(customer.id)
    await ben.press("A")
    await ben.confirmed()
    await wire.mend()
    await ana.sees("Ben Keller was faster")
    await ana.confirmed()
    await floor.told(ana)
    assert floor.truth(customer.id).assignee == "ben"
    assert not floor.texts(customer.id)
    assert "I have an idea" in ana.part("Composer")
    assert "I have an idea" not in ana.thread
    await ana.press("ctrl+s", "ctrl+s")
    await ana.confirmed()
    assert floor.texts(customer.id) == ["I have an idea"]


async def test_the_desk_restarts(tmp_path: Path) -> None:
    """The desk goes down in the middle of the day and comes up again at the same address: the
    console says so, keeps what was asked for, and goes on without a key."""
    use_language("en")
    clock = ManualClock(MORNING)
    options = MockOptions(seed=1, rate=0.0, conversations=20, state=tmp_path / "desk.json")
    server = DeskServer(options, clock)
    await server.start()
    port, token = server.port, server.token
    async with AsyncExitStack() as stack:
        floor = Floor(server, clock, stack)
        floor.hush()
        ana = await floor.seat("ana")
        await ana.press("2")
        customer = ana.selected.id
        await ana.opened()
        await ana.press("r", *"before the restart", "ctrl+s", "ctrl+s", "escape")
        await ana.confirmed()
        await server.aclose()
        await ana.until(lambda: ana.desk.store.link.link is not Link.LIVE, "broken")
        await ana.press("r", *"after the restart", "ctrl+s", "ctrl+s", "escape", "e")
        assert ana.shown(customer).status is Status.RESOLVED

        floor.server = DeskServer(
            MockOptions(port=port, token=token, rate=0.0, state=options.state), clock
        )
        await floor.server.start()
        stack.push_async_callback(floor.server.aclose)
        floor.hush()
        await _until_link(ana, Link.LIVE)
        await ana.confirmed()
        await floor.told(ana)
        said = [
            message.text
            for message in floor.world.threads[customer]
            if message.author.kind is AuthorKind.AGENT and message.kind is MessageKind.TEXT
        ]
        assert said[-2:] == ["before the restart", "after the restart"]
        assert floor.truth(customer).status is Status.RESOLVED
        assert ana.counts == floor.counts("ana")
