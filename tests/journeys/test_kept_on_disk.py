"""What an agent wrote outlives the line, the program and the desk's patience."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from journeys.floor import Floor, Seat
from journeys.wire import Wire
from paper_journal import PaperJournal

from agent_tui.backends.mock.records import Conversation as Record
from agent_tui.events import Link
from agent_tui.model import Channel, ConversationId, SafeText, Status
from agent_tui.shown import SendState


@pytest.fixture
async def wire(floor: Floor) -> AsyncIterator[Wire]:
    """A wire to the desk, whole."""
    wire = Wire(floor.server.port)
    await wire.mend()
    yield wire
    await wire.cut()


async def _offline(seat: Seat, wire: Wire) -> None:
    await wire.cut()
    await seat.until(lambda: seat.desk.store.link.link is Link.OFFLINE, "offline")


async def _live(seat: Seat, wire: Wire) -> None:
    await wire.mend()
    await seat.until(lambda: seat.desk.store.link.link is Link.LIVE, "live")


async def _write(seat: Seat, customer: Record, text: str) -> None:
    await seat.press("3")
    await seat.go_to(customer.id)
    await seat.press("r", *text, "ctrl+s", "escape")


async def test_a_new_console_sends_what_the_old_one_could_not(floor: Floor, wire: Wire) -> None:
    """A reply, a snooze and a draft are made without a line, and the console dies. The next one
    sends the reply once, snoozes, and has the draft where it was written."""
    floor.hush()
    customer, other = floor.waiting(Channel.TELEGRAM), floor.waiting(Channel.SMS)
    journal = PaperJournal()
    first = await floor.seat("ana", wire=wire, journal=journal)
    await _offline(first, wire)
    await _write(first, customer, "on its way")
    await first.press("S")
    await first.go_to(other.id)
    await first.press("r", *"half a sen")
    await floor.pass_time(1)
    await first.do(first.app._pump)

    second = await floor.seat("ana", journal=PaperJournal(journal.paper))
    await second.until(lambda: not second.wishes, "all gone")
    await floor.pass_time(1)
    assert floor.texts(customer.id) == ["on its way"]
    assert floor.truth(customer.id).status is Status.SNOOZED
    assert (
        second.desk.draft(ConversationId(other.id), second.console.write.mode).text == "half a sen"
    )
    await second.press("U")
    await second.sees("half a sen")
    await second.press("enter")
    await second.sees("half a sen", "Composer")


async def test_sent_and_confirmed_leaves_nothing_on_disk(floor: Floor) -> None:
    """Nothing is brought back that has arrived."""
    floor.hush()
    journal = PaperJournal()
    ana = await floor.seat("ana", journal=journal)
    customer = floor.waiting(Channel.TELEGRAM)
    await _write(ana, customer, "hello")
    assert any(row.op.id for row in journal.found().ops) or journal.paper
    await floor.pass_time(11)
    await ana.do(ana.app._pump)
    await ana.confirmed()
    await ana.do(ana.app._pump)
    assert floor.texts(customer.id) == ["hello"]
    assert journal.paper == {}


async def test_the_text_leaves_the_draft_in_the_moment_it_is_kept_as_asked_for(
    floor: Floor,
) -> None:
    """Draft and wish change places in one transaction: neither twice nor not at all."""
    journal = PaperJournal()
    ana = await floor.seat("ana", journal=journal)
    customer = floor.waiting(Channel.TELEGRAM)
    await ana.press("3")
    await ana.go_to(customer.id)
    await ana.opened()
    await ana.press("r", *"precious")
    await ana.do(ana.app._pump)
    assert [key.split(":")[0] for key in journal.paper] == ["draft"]
    await ana.press("ctrl+s")
    swap = next(rows for rows in journal.written if any(key.startswith("op:") for key in rows))
    gone = [key for key, row in swap.items() if row is None]
    assert [key.split(":")[0] for key in gone] == ["draft"]


async def test_older_than_ten_minutes_asks(floor: Floor, wire: Wire) -> None:
    """What was done eleven minutes before the line is back waits for a word; what was done a
    minute before goes. The foot says so, U lists it, and one key lets it go."""
    floor.hush()
    old, young = floor.waiting(Channel.TELEGRAM), floor.waiting(Channel.SMS)
    ana = await floor.seat("ana", wire=wire, journal=PaperJournal())
    await _offline(ana, wire)
    await _write(ana, old, "an old reply")
    await ana.press("p", "u", "enter")
    await floor.pass_time(11 * 60)
    await _write(ana, young, "a young reply")
    await floor.pass_time(11)
    await _live(ana, wire)
    await ana.sees("2 actions are over ten minutes old")
    await ana.until(lambda: floor.texts(young.id) == ["a young reply"], "the young one")
    assert floor.texts(old.id) == []
    held = [p.state for p in ana.desk.store.outbox.of(ConversationId(old.id))]
    assert held == [SendState.HELD, SendState.HELD]
    await ana.press("escape", "U")
    await ana.sees("an old reply")
    await ana.sees("Do all 2 now")
    await ana.press("enter")
    await ana.confirmed()
    assert floor.texts(old.id) == ["an old reply"]


async def test_a_held_reply_can_be_taken_back(floor: Floor, wire: Wire) -> None:
    """Chosen in the list, it is asked about, and becomes a draft again."""
    floor.hush()
    old = floor.waiting(Channel.TELEGRAM)
    ana = await floor.seat("ana", wire=wire, journal=PaperJournal())
    await _offline(ana, wire)
    await _write(ana, old, "not true any more")
    await floor.pass_time(11 * 60)
    await _live(ana, wire)
    await ana.press("U", "enter")
    await ana.sees("Do it now")
    await ana.press("x", "enter")
    assert (
        ana.desk.draft(ConversationId(old.id), ana.console.write.mode).text == "not true any more"
    )
    await floor.pass_time(20)
    await ana.do(ana.app._pump)
    assert floor.texts(old.id) == []


async def test_another_desk_gets_nothing(floor: Floor, wire: Wire) -> None:
    """The desk that answers is another one: the same ids mean other people. Nothing unsent goes
    there; the texts are listed, and can be used."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    journal = PaperJournal()
    first = await floor.seat("ana", wire=wire, journal=journal)
    await _offline(first, wire)
    await _write(first, customer, "for the other one")
    await first.do(first.app._pump)
    floor.world.ident = "somebody-else"
    paper = dict(journal.paper)
    second = await floor.seat("ana", journal=PaperJournal(paper))
    await second.sees("1 unsent text has lost its conversation")
    await floor.pass_time(20)
    await second.do(second.app._pump)
    assert floor.texts(customer.id) == []
    await second.press("U")
    await second.sees("for the other one")
    await second.press("enter")
    await second.sees("it was written at another desk")
    await second.press("i", "enter")
    await second.sees("for the other one", "Composer")
    await second.do(second.app._pump)
    assert not any(key.startswith("op:") for key in paper)


async def test_a_failing_disk_is_said_and_nothing_is_promised(floor: Floor, wire: Wire) -> None:
    """A red line as long as it fails; sending works while the line is there and says that it is
    not saved; without a line the text stays in the composer."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    journal = PaperJournal()
    ana = await floor.seat("ana", wire=wire, journal=journal)
    journal.fail(SafeText("the disk is full"))
    await _write(ana, customer, "goes anyway")
    await ana.sees("NOT SAVED", "Transcript")
    await floor.pass_time(13)
    await ana.second()
    await ana.sees("NOT SAVED on this machine")
    await ana.do(ana.app._pump)
    await ana.until(lambda: floor.texts(customer.id) == ["goes anyway"], "it goes")
    await ana.confirmed()
    await _offline(ana, wire)
    await _write(ana, customer, "stays here")
    await ana.sees("Not sent to")
    assert not ana.wishes
    assert ana.desk.draft(ConversationId(customer.id), ana.console.write.mode).text == "stays here"
    await floor.pass_time(13)
    await ana.second()
    journal.fail(SafeText(""))
    await ana.sees("kept on this machine again")


async def test_quitting_says_that_it_is_kept(floor: Floor, wire: Wire) -> None:
    """Drafts need no question any more; what waits for the line is asked about, without fear."""
    customer = floor.waiting(Channel.TELEGRAM)
    ana = await floor.seat("ana", wire=wire, journal=PaperJournal())
    await _offline(ana, wire)
    await _write(ana, customer, "later")
    await ana.press("q")
    await ana.sees("it is kept, and goes when you open agent-tui again")
