"""Where two things meet in one moment: what comes from outside never bends what she is doing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from journeys.floor import Floor, Seat
from journeys.wire import Wire

from agent_tui.events import Link
from agent_tui.model import Channel, ConversationId, MessageKind, Status
from agent_tui.ops import MarkRead
from agent_tui.shown import Mode


@pytest.fixture
async def wire(floor: Floor) -> AsyncIterator[Wire]:
    """A wire to the desk, whole."""
    wire = Wire(floor.server.port)
    await wire.mend()
    yield wire
    await wire.cut()


async def _until_link(seat: Seat, link: Link) -> None:
    await seat.until(lambda: seat.desk.store.link.link is link, link.value)


async def _reconnect(seat: Seat) -> None:
    """Fetch everything again, over a new link."""
    before = seat.desk.store.link
    await seat.do(seat.app._session.reconnect)
    await seat.until(lambda: seat.desk.store.link is not before, "the old link is left")
    await _until_link(seat, Link.LIVE)


async def _vanishes(floor: Floor, seat: Seat, conversation: str) -> None:
    """The desk forgets a conversation, and the console hears of it."""
    del floor.world.conversations[conversation]
    await seat.do(seat.app._session.reconnect)
    key = ConversationId(conversation)
    await seat.until(lambda: key not in seat.desk.store, "gone from the console")


def _below(seat: Seat) -> ConversationId:
    """The conversation in the row under the cursor's."""
    index = seat.desk.view.index_of(seat.selected.id)
    assert index is not None
    below = seat.desk.view.id_at(index + 1)
    assert below is not None
    return below


# ── words that come back ────────────────────────────────────────────────────────────────


async def test_a_note_stays_a_note_when_a_reply_comes_back(floor: Floor) -> None:
    """Her reply is refused while she writes a note about the customer: she goes on in the note,
    and the customer never reads it; the reply waits as a draft of its own."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    ana = await floor.seat("ana")
    await ana.go_to(customer.id)
    await ana.press("r", *"first line", "ctrl+s", "escape", "n", *"this customer is ")
    await floor.says(customer.id, "wait!")
    await floor.pass_time(3)
    await ana.sees("something new came")
    await ana.type("a liar")
    assert "does not see this" in ana.part("Composer")
    assert ana.console.composer.words.text == "this customer is a liar"

    await ana.press("ctrl+s")
    await floor.pass_time(12)
    await ana.confirmed()
    assert floor.texts(customer.id, MessageKind.NOTE) == ["this customer is a liar"]
    assert not floor.texts(customer.id)
    assert ana.desk.draft(ana.selected.id, Mode.REPLY).text == "first line"


async def test_the_cursor_stays_at_its_letter_when_a_reply_comes_back(floor: Floor) -> None:
    """She has gone back in the line she writes when the one before is refused: it is put in
    front, and the next letters are where she was, not at the end."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    ana = await floor.seat("ana")
    await ana.go_to(customer.id)
    await ana.press("r", *"first", "ctrl+s", *"abc def", "home")
    await floor.says(customer.id, "wait!")
    await floor.pass_time(3)
    await ana.sees("something new came")
    await ana.type("XY")
    assert ana.console.composer.words.text == "first\n\nXYabc def"


async def test_a_letter_on_its_way_does_not_wipe_words_that_come_back(floor: Floor) -> None:
    """A letter is typed in the very moment in which refused words come back: both are there,
    also after she has been with another customer."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("3")
    here, below = ana.selected.id, _below(ana)
    await ana.press("r", *"new")

    def both() -> None:
        ana.console.composer._area.put("x")
        ana.console.write.restore(here, Mode.REPLY, "refused words")

    await ana.do(both)
    assert ana.console.composer.words.text == "refused words\n\nnewx"
    await ana.go_to(below)
    await ana.go_to(here)
    assert ana.console.composer.words.text == "refused words\n\nnewx"


async def test_a_reply_does_not_leave_past_what_was_not_in_sight(floor: Floor) -> None:
    """She has scrolled up in a long thread, the customer's last word is below the edge: a reply
    that was written without it stops, and her words are kept."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    ana = await floor.seat("ana", (100, 24))
    for number in range(60):
        await floor.says(customer.id, f"line {number}")
    await floor.told(ana)
    await ana.go_to(customer.id)
    await ana.opened()
    await ana.press("enter", "g", "g")
    await floor.says(customer.id, "STOP do not send that")
    await floor.told(ana)
    await ana.press("r", *"unseen")
    assert "STOP do not send" not in ana.thread

    await ana.press("ctrl+s")
    await floor.pass_time(12)
    await ana.sees("something new came")
    await ana.confirmed()
    assert not floor.texts(customer.id)
    assert ana.desk.draft(ana.selected.id, Mode.REPLY).text == "unseen"


# ── a conversation that is gone ─────────────────────────────────────────────────────────


async def test_letters_do_not_fall_to_the_next_customer(floor: Floor) -> None:
    """The customer she writes to is gone from the desk in the middle of a sentence: the rest of
    it is neither a text for somebody else nor a row of commands."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    ana = await floor.seat("ana")
    await ana.go_to(customer.id)
    await ana.press("r", *"Dear Noah, ")
    await _vanishes(floor, ana, customer.id)
    seq = floor.world.seq
    await ana.type("your iban is DE00")
    await ana.press("ctrl+s")
    assert all(isinstance(parked.op, MarkRead) for parked in ana.desk.store.outbox)
    assert floor.world.seq == seq
    assert {key for key, _mode in ana.desk.drafts} <= {ConversationId(customer.id)}


async def test_words_for_who_is_gone_do_not_claim_to_be_in_the_composer(floor: Floor) -> None:
    """Her held reply has nobody to go to any more: she is told that it was not sent and is kept,
    and is not sent to look for it where she cannot find it."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    ana = await floor.seat("ana")
    await ana.go_to(customer.id)
    await ana.press("r", *"precious words", "ctrl+s")
    await _vanishes(floor, ana, customer.id)
    await floor.pass_time(12)
    await ana.sees(f"Not sent to {customer.id}", "BottomBar")
    assert "Your text is kept." in ana.foot
    assert "in the composer" not in ana.foot
    drafts = {key: words.text for (key, _mode), words in ana.desk.drafts.items()}
    assert drafts == {ConversationId(customer.id): "precious words"}


# ── one key, one customer ───────────────────────────────────────────────────────────────


async def test_send_and_resolve_is_for_whom_it_was_written(floor: Floor) -> None:
    """F9, and in the same moment the cursor goes on: who was written to is resolved, and nothing
    happens to who stands under the cursor now."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("3")
    here, below = ana.selected.id, _below(ana)
    await ana.press("r", *"bye")

    def both() -> None:
        ana.console.composer.act("send-resolve")
        ana.console.walk.go_to(below)

    await ana.do(both)
    await floor.pass_time(12)
    await ana.confirmed()
    assert floor.truth(here).status is Status.RESOLVED
    assert floor.texts(here)[-1] == "bye"
    assert floor.truth(below).status is Status.OPEN


async def test_send_and_resolve_is_one_step_among_others(floor: Floor) -> None:
    """F9, then the next customer is taken: the first z gives her back and leaves the reply alone,
    the second takes back the resolve and the reply together, and a third finds nothing."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    ana = await floor.seat("ana")
    await ana.press("2")
    await ana.go_to(customer.id)
    await ana.press("r", *"bye", "f9", "escape", "escape")
    other = ana.selected.id
    assert other != customer.id
    await ana.press("A", "z")
    assert ana.shown(other).assignee is None
    assert ana.shown(customer.id).status is Status.RESOLVED

    await ana.press("z")
    assert ana.shown(customer.id).status is Status.OPEN
    assert ana.console.composer.words.text == "bye"
    await ana.press("escape", "z")
    await ana.sees("Nothing to undo.")
    await floor.pass_time(12)
    await ana.confirmed()
    assert not floor.texts(customer.id)
    assert floor.truth(customer.id).status is Status.OPEN


async def test_undo_does_not_reach_past_a_reply_that_left(floor: Floor) -> None:
    """A customer is resolved, a reply to the next one has left: z says so, and z again names the
    customer before, whom only a third z would open."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("3")
    resolved = ana.selected
    await ana.press("e")
    await ana.confirmed()
    await ana.press("r", *"oops", "ctrl+s", "ctrl+s")
    await ana.confirmed()
    await ana.press("escape", "z")
    await ana.sees("has left already.")
    await ana.press("z")
    await ana.sees(f"What you did before was for {resolved.contact_name}")
    await ana.confirmed()
    assert floor.truth(resolved.id).status is Status.RESOLVED


async def test_an_answer_does_not_take_from_who_was_faster(floor: Floor) -> None:
    """She chooses whose the customer shall be, and Ben takes him meanwhile: he stays in her view,
    but her Enter is refused with Ben's name, and he stays Ben's."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    ana, ben = await floor.seat("ana"), await floor.seat("ben")
    await ana.press("3")
    await ana.go_to(customer.id)
    await ben.go_to(customer.id)
    await ana.press("a")
    await ben.press("A")
    await ben.confirmed()
    await floor.told(ana)
    await ana.press("enter")
    await ana.sees("Ben Keller changed ")
    await ana.confirmed()
    assert floor.truth(customer.id).assignee == "ben"


# ── the line ────────────────────────────────────────────────────────────────────────────


async def test_the_open_thread_is_whole_at_a_desk_that_began_anew(floor: Floor, wire: Wire) -> None:
    """The line was broken and the desk cannot say what was missed: what the customer wrote
    meanwhile stands in the thread that is open, without a key."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    ana = await floor.seat("ana", wire=wire)
    await ana.go_to(customer.id)
    await ana.opened()
    floor.world.epoch = "another"
    await wire.cut()
    await ana.sees("○ offline")
    await floor.says(customer.id, "while you were away")
    await wire.mend()
    await _until_link(ana, Link.LIVE)
    await ana.sees("while you were away", "Transcript")


async def test_the_open_thread_is_fresh_after_fetching_again(floor: Floor) -> None:
    """Everything is fetched again over a line that was whole: the open thread does not stay
    behind as one that may have holes."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    ana = await floor.seat("ana")
    await ana.go_to(customer.id)
    await ana.opened()
    await _reconnect(ana)
    await ana.opened()
    thread = ana.desk.store.threads.get(ana.selected.id)
    assert thread is not None
    await ana.until(lambda: not thread.stale, "a thread without holes")


async def test_a_thread_opened_offline_is_fetched_later(floor: Floor, wire: Wire) -> None:
    """Offline she goes to a customer whose messages are not here: they come with the line,
    without a key."""
    floor.hush()
    ana = await floor.seat("ana", wire=wire)
    await ana.press("3")
    await wire.cut()
    await ana.sees("○ offline")
    await ana.press("G")
    thread = ana.desk.store.threads.get(ana.selected.id)
    assert thread is None or not thread.loaded
    await wire.mend()
    await _until_link(ana, Link.LIVE)
    await ana.opened()


async def test_offline_since_when_it_broke(floor: Floor, wire: Wire) -> None:
    """The desk hangs up on every further attempt: the first line goes on saying since when the
    line is down, not when it was tried last."""
    floor.hush()
    ana = await floor.seat("ana", wire=wire)
    await wire.cut()
    await ana.sees("○ offline since 09:41")
    floor.clock.advance(600)
    calls = 0

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        writer.transport.abort()

    async with await asyncio.start_server(hang_up, "127.0.0.1", wire.port):
        await ana.until(lambda: calls >= 2, "tried again, twice")
    await _until_link(ana, Link.OFFLINE)
    await ana.second()
    assert "○ offline since 09:41" in ana.top


async def test_writing_on_after_a_note_writes_a_note(floor: Floor) -> None:
    """She adds a note and types on: the next line is a note too, and never reaches the customer.
    Only when she has left is the composer one for replies again."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    ana = await floor.seat("ana")
    await ana.go_to(customer.id)
    await ana.press("n", *"he is angry", "ctrl+s", *"and a liar", "ctrl+s")
    await ana.confirmed()
    await floor.pass_time(20)
    assert floor.texts(customer.id, MessageKind.NOTE) == ["he is angry", "and a liar"]
    assert not floor.texts(customer.id)
    assert "Private note" in ana.part("Composer")
    await ana.press("escape")
    await ana.sees("Reply to", "Composer")


async def test_sent_and_resolved_leaves_the_composer(floor: Floor) -> None:
    """F9 goes on to the next customer: the keys are not in her composer."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    ana = await floor.seat("ana")
    await ana.press("2")
    await ana.go_to(customer.id)
    await ana.press("r", *"All done", "f9")
    assert ana.selected.id != customer.id
    assert "typing" not in ana.foot
    assert not ana.desk.has_draft(ana.selected.id)
