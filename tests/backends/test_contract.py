"""What every backend must do, whatever desk is behind it.

A backend joins by a `Stage` of its own in `STAGES`: a desk in which it can work, and hands to
make things happen there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Protocol, TypeVar

import pytest
from builders import NOW

from agent_tui.backends.base import (
    Backend,
    CannotFetch,
    Receipt,
    Rejected,
    Unauthorised,
    Unreachable,
)
from agent_tui.backends.desk.client import DeskAddress, DeskBackend
from agent_tui.backends.mock.options import MockOptions
from agent_tui.backends.mock.server import DeskServer
from agent_tui.clock import ManualClock, SystemClock
from agent_tui.credentials.secret import Secret
from agent_tui.events import (
    Acked,
    ConversationChanged,
    Event,
    HistoryFailed,
    HistoryLoaded,
    Link,
    LinkChanged,
    MessageReceived,
    Refusal,
    SnapshotPart,
    Welcomed,
)
from agent_tui.events import Rejected as RejectedEvent
from agent_tui.model import AttachmentId, ConversationId, MessageKind, OpId, SafeText, Status
from agent_tui.ops import Assign, Label, Note, Send, TypingSignal, ViewingSignal

E = TypeVar("E")
TEXT = SafeText("hello?")
PATIENCE = 5.0
"""Seconds after which what should have happened has failed to."""


class Stage(Protocol):
    """A desk, seen from a test."""

    conversation: ConversationId
    """An open one in which a customer may write and an agent answer."""
    nowhere: ConversationId
    """One that there is not."""

    def backend(self) -> Backend:
        """A backend that may come in."""
        ...

    def stranger(self) -> Backend:
        """A backend with a wrong token."""
        ...

    async def customer_writes(self, text: str) -> None:
        """The customer of `conversation` writes."""
        ...

    async def cut(self) -> None:
        """Break every link in the middle."""
        ...


class Soonest(Random):
    """Chance that lets nobody wait longer than must be."""

    def random(self) -> float:
        return 0.0


@dataclass
class MockStage:
    """The mock desk, over a real socket."""

    server: DeskServer
    conversation: ConversationId
    nowhere: ConversationId

    def backend(self, token: str | None = None) -> DeskBackend:
        secret = Secret(self.server.token if token is None else token)
        address = DeskAddress(self.server.url, secret, "ana", "device-1")
        return DeskBackend(address, SystemClock(), Soonest())

    def stranger(self) -> DeskBackend:
        return self.backend("wrong")

    async def customer_writes(self, text: str) -> None:
        now = self.server.clock.now()
        self.server.floor.publish(self.server.world.customer_writes(self.conversation, text, now))

    async def cut(self) -> None:
        for link in self.server.floor.links:
            link.socket.transport.abort()


@asynccontextmanager
async def mock_stage() -> AsyncIterator[Stage]:
    """A quiet desk of a dozen conversations."""
    server = DeskServer(MockOptions(rate=0, conversations=12), ManualClock(NOW))
    await server.start()
    try:
        world = server.world
        open_ones = (key for key, one in world.conversations.items() if one.status is Status.OPEN)
        longest = max(open_ones, key=lambda key: len(world.threads[key]))
        yield MockStage(server, ConversationId(longest), ConversationId("c-nowhere"))
    finally:
        await server.aclose()


STAGES: dict[str, Callable[[], AbstractAsyncContextManager[Stage]]] = {"desk": mock_stage}


@pytest.fixture(params=list(STAGES))
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """Each desk in turn."""
    async with STAGES[request.param]() as here:
        yield here


class Reader:
    """Reads a backend's events, as a session does, and remembers them."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.seen: list[Event] = []
        self._more = asyncio.Event()
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for event in self.backend.events():
            self.seen.append(event)
            self._more.set()
        self._more.set()

    async def until(self, kind: type[E], wanted: Callable[[E], bool], start: int = 0) -> E:
        """The first event of the kind, from number `start` on, that is wanted."""
        async with asyncio.timeout(PATIENCE):
            while True:
                self._more.clear()
                for event in self.seen[start:]:
                    if isinstance(event, kind) and wanted(event):
                        return event
                assert not self._task.done(), f"ended without it: {self.seen}"
                await self._more.wait()

    async def link(self, link: Link, start: int = 0) -> LinkChanged:
        """The first time, from event number `start` on, that the link is in that state."""
        return await self.until(LinkChanged, lambda event: event.link is link, start)

    async def end(self) -> None:
        """Wait until the events have ended."""
        async with asyncio.timeout(PATIENCE):
            await self._task

    async def leave(self) -> None:
        """Close the backend and read to the end."""
        await self.backend.aclose()
        with suppress(asyncio.CancelledError):
            await self.end()


@pytest.fixture
async def reader(stage: Stage) -> AsyncIterator[Reader]:
    """A backend that is live."""
    reader = Reader(stage.backend())
    try:
        await reader.link(Link.LIVE)
        yield reader
    finally:
        await reader.leave()


def note(stage: Stage, text: str = "look here", name: str = "op-1") -> Note:
    return Note(id=OpId(name), conversation=stage.conversation, text=SafeText(text))


def untold(value: object) -> list[str]:
    """Every string and time in `value` that breaks what the model promises."""
    if isinstance(value, datetime):
        return [] if value.utcoffset() == timedelta(0) else [repr(value)]
    if isinstance(value, SafeText):
        return [repr(value)] if any(ord(c) < 32 and c != "\n" for c in value) else []
    if isinstance(value, tuple | frozenset):
        return [fault for one in value for fault in untold(one)]
    if is_dataclass(value):
        return [fault for one in fields(value) for fault in untold(getattr(value, one.name))]
    return []


# Opening


async def test_events_begin_with_the_state_of_the_link(stage: Stage) -> None:
    """Before anything is known, that it is being fetched is."""
    reader = Reader(stage.backend())
    assert reader.backend.capabilities == frozenset()
    await reader.link(Link.LIVE)
    assert isinstance(reader.seen[0], LinkChanged)
    assert reader.seen[0].link is Link.CONNECTING
    assert "send" in reader.backend.capabilities
    await reader.leave()


async def test_live_means_that_the_inbox_is_whole(stage: Stage, reader: Reader) -> None:
    """Welcome first, then every part once and in order, then live."""
    kinds = [type(event) for event in reader.seen if not isinstance(event, LinkChanged)]
    assert kinds[0] is Welcomed
    parts = [event for event in reader.seen if isinstance(event, SnapshotPart)]
    assert [(one.part, one.parts) for one in parts] == [
        (place, len(parts)) for place in range(1, len(parts) + 1)
    ]
    assert stage.conversation in {conv.id for one in parts for conv in one.conversations}
    assert reader.seen.index(parts[-1]) < reader.seen.index(await reader.link(Link.LIVE))


async def test_what_is_told_is_harmless_and_in_utc(stage: Stage, reader: Reader) -> None:
    """Texts are `SafeText` without control characters; times know their zone."""
    await stage.customer_writes("\x1b[31mred\x1b[0m [b]bold[/b]\r\n\x07second line")
    told = await reader.until(MessageReceived, lambda event: True)
    page = await reader.backend.history(stage.conversation, None)
    assert isinstance(told.message.text, SafeText)
    assert "red" in told.message.text and "[b]bold[/b]" in told.message.text
    assert untold(tuple(reader.seen)) == [] and untold(page) == []


async def test_a_wrong_token_is_final(stage: Stage) -> None:
    """The link closes in words, the events end, and asking says why."""
    reader = Reader(stage.stranger())
    closed = await reader.link(Link.CLOSED)
    await reader.end()
    assert closed.detail
    with pytest.raises(Unauthorised):
        await reader.backend.submit(note(stage))


# What happens


async def test_what_happens_is_told_in_order_without_holes(stage: Stage, reader: Reader) -> None:
    """Each event carries the conversation after it and the next number."""
    for number in range(3):
        await stage.customer_writes(f"line {number}")
    await reader.until(MessageReceived, lambda event: event.message.text == "line 2")
    told = [event for event in reader.seen if isinstance(event, MessageReceived)]
    assert [event.message.text for event in told] == ["line 0", "line 1", "line 2"]
    assert [event.seq for event in told] == list(range(told[0].seq, told[0].seq + 3))
    assert all(event.conversation.id == stage.conversation for event in told)
    assert told[-1].conversation.preview == "line 2"


async def test_a_broken_link_mends_itself_and_loses_nothing(stage: Stage, reader: Reader) -> None:
    """Offline, with a time to try again; then live again, with what came meanwhile."""
    start = len(reader.seen)
    await stage.cut()
    await stage.customer_writes("are you there?")
    offline = await reader.link(Link.OFFLINE, start)
    assert offline.detail and offline.retry_at is not None
    await reader.link(Link.LIVE, start)
    page = await reader.backend.history(stage.conversation, None)
    assert page.messages[-1].text == "are you there?"


# What is asked for


async def test_a_receipt_names_the_event_that_tells_of_it(stage: Stage, reader: Reader) -> None:
    """And that event names the op."""
    receipt = await reader.backend.submit(note(stage))
    told = await reader.until(MessageReceived, lambda event: event.op_id == "op-1")
    assert told.seq == receipt.seq > 0
    assert (told.message.kind, told.message.text) == (MessageKind.NOTE, "look here")
    assert told.message.op_id == "op-1"


async def test_answers_are_among_the_events(stage: Stage, reader: Reader) -> None:
    """Each once, at its place: what is asked after another's answer is answered behind it."""
    receipt = await reader.backend.submit(note(stage))
    page = await reader.backend.history(stage.conversation, None)
    with pytest.raises(Rejected) as refused:
        await reader.backend.submit(Note(id=OpId("op-2"), conversation=stage.nowhere, text=TEXT))
    with pytest.raises(Rejected) as unknown:
        await reader.backend.history(stage.nowhere, 7)
    failed = HistoryFailed(stage.nowhere, 7, unknown.value.event.detail)
    await reader.until(HistoryFailed, lambda event: event == failed)
    answers = (Acked, HistoryLoaded, RejectedEvent, HistoryFailed)
    assert [event for event in reader.seen if isinstance(event, answers)] == [
        Acked(OpId("op-1"), stage.conversation, receipt.seq), page, refused.value.event, failed,
    ]  # fmt: skip


async def test_the_same_op_twice_happens_once(stage: Stage, reader: Reader) -> None:
    """The second time gets the first answer, and nothing follows."""
    first = await reader.backend.submit(note(stage))
    assert await reader.backend.submit(note(stage)) == first
    await stage.customer_writes("thanks")
    thanks = await reader.until(MessageReceived, lambda event: event.message.text == "thanks")
    assert thanks.seq == first.seq + 1


async def test_the_same_op_over_another_link_happens_once(stage: Stage, reader: Reader) -> None:
    """An id belongs to the agent's installation, not to one link."""
    first = await reader.backend.submit(note(stage))
    await reader.leave()
    later = Reader(stage.backend())
    await later.link(Link.LIVE)
    assert (await later.backend.submit(note(stage))).seq == first.seq
    page = await later.backend.history(stage.conversation, None)
    assert [one.text for one in page.messages].count(SafeText("look here")) == 1
    await later.leave()


async def test_what_changes_nothing_has_no_event(stage: Stage, reader: Reader) -> None:
    """Taking off a label that is not there: the receipt names nothing still to come."""
    op = Label(id=OpId("op-1"), conversation=stage.conversation, remove=(SafeText("never-there"),))
    before = await reader.until(Welcomed, lambda event: True)
    assert (await reader.backend.submit(op)).seq <= before.seq
    await stage.customer_writes("well?")
    told = await reader.until(MessageReceived, lambda event: True)
    assert told.seq == before.seq + 1 and told.op_id is None


async def test_a_change_of_what_is_no_more_is_a_conflict(stage: Stage, reader: Reader) -> None:
    """Compare and set: the second of two learns what is there now."""
    known = {
        conv.id: conv
        for event in reader.seen
        if isinstance(event, SnapshotPart)
        for conv in event.conversations
    }[stage.conversation]
    first, second = (
        Assign(id=OpId(name), conversation=known.id, base_ver=known.ver, agent=None)
        for name in ("op-1", "op-2")
    )
    await reader.backend.submit(first)
    told = await reader.until(ConversationChanged, lambda event: event.op_id == "op-1")
    assert told.conversation.ver == known.ver + 1
    with pytest.raises(Rejected) as refused:
        await reader.backend.submit(second)
    assert refused.value.event.refusal is Refusal.CONFLICT
    assert refused.value.event.op_id == "op-2"
    assert refused.value.event.current == told.conversation


async def test_a_reply_that_missed_a_question_is_stale(stage: Stage, reader: Reader) -> None:
    """With what was missed; without `seen_seq` it goes all the same."""
    await stage.customer_writes("one more thing")
    told = await reader.until(MessageReceived, lambda event: True)
    where, text = stage.conversation, SafeText("done")
    blind = Send(id=OpId("op-1"), conversation=where, text=text, seen_seq=told.seq - 1)
    with pytest.raises(Rejected) as refused:
        await reader.backend.submit(blind)
    assert refused.value.event.refusal is Refusal.STALE
    assert [one.text for one in refused.value.event.missed] == ["one more thing"]
    anyway = Send(id=OpId("op-2"), conversation=where, text=text, seen_seq=None)
    assert (await reader.backend.submit(anyway)).seq > told.seq


async def test_an_op_on_nothing_is_refused(stage: Stage, reader: Reader) -> None:
    """The refusal names the op and the conversation."""
    op = Note(id=OpId("op-1"), conversation=stage.nowhere, text=SafeText("hello?"))
    with pytest.raises(Rejected) as refused:
        await reader.backend.submit(op)
    told = refused.value.event
    assert (told.op_id, told.conversation) == ("op-1", stage.nowhere)
    assert told.refusal is Refusal.UNKNOWN_CONVERSATION


async def test_answers_do_not_get_mixed_up(stage: Stage, reader: Reader) -> None:
    """Each answer goes to its own question."""
    ops = [note(stage, f"note {number}", f"op-{number}") for number in range(8)]
    receipts = await asyncio.gather(*(reader.backend.submit(op) for op in ops))
    await reader.until(MessageReceived, lambda event: event.seq == receipts[-1].seq)
    told = {event.op_id: event for event in reader.seen if isinstance(event, MessageReceived)}
    for op, receipt in zip(ops, receipts, strict=True):
        assert (told[op.id].seq, told[op.id].message.text) == (receipt.seq, op.text)


async def test_signals_never_raise(stage: Stage) -> None:
    """Before the link is there, while it is, and after it."""
    reader = Reader(stage.backend())
    signals = (
        TypingSignal(stage.conversation, on=True),
        ViewingSignal(stage.conversation),
        ViewingSignal(None),
    )
    for signal in signals:
        assert await reader.backend.submit(signal) == Receipt(0)
    await reader.link(Link.LIVE)
    for signal in signals:
        assert await reader.backend.submit(signal) == Receipt(0)
    await reader.leave()
    for signal in signals:
        assert await reader.backend.submit(signal) == Receipt(0)


# Threads


async def test_pages_lead_back_to_the_beginning(stage: Stage, reader: Reader) -> None:
    """Oldest first, joined without hole or overlap; the contact comes with the newest only."""
    before, pages = None, []
    while True:
        page = await reader.backend.history(stage.conversation, before, limit=3)
        assert (page.conversation, page.before) == (stage.conversation, before)
        assert (page.contact is not None) is (before is None)
        assert 0 < len(page.messages) <= 3
        pages.append(page)
        if not page.more:
            break
        before = page.messages[0].seq
    assert len(pages) > 1
    thread = [message for page in reversed(pages) for message in page.messages]
    whole = await reader.backend.history(stage.conversation, None, limit=200)
    assert tuple(thread) == whole.messages and not whole.more
    seqs = [message.seq for message in thread]
    assert seqs == sorted(set(seqs))
    assert {message.conversation for message in thread} == {stage.conversation}


async def test_there_is_no_thread_of_nothing(stage: Stage, reader: Reader) -> None:
    """An unknown conversation is refused, with words."""
    with pytest.raises(Rejected) as refused:
        await reader.backend.history(stage.nowhere, None)
    assert refused.value.event.refusal is Refusal.UNKNOWN_CONVERSATION
    assert refused.value.event.detail


async def test_there_is_no_attachment_of_nothing(stage: Stage, reader: Reader) -> None:
    """Entering says why, in words; the link goes on."""
    with pytest.raises(CannotFetch) as refused:
        async with reader.backend.attachment(AttachmentId("nowhere")):
            pytest.fail("it came")
    assert refused.value.detail
    assert (await reader.backend.submit(note(stage))).seq > 0


# The end


async def test_nothing_can_be_asked_before_the_link_is_there(stage: Stage) -> None:
    """It may be asked again later: nothing was sent."""
    backend = stage.backend()
    for question in (backend.submit(note(stage)), backend.history(stage.conversation, None)):
        with pytest.raises(Unreachable) as nobody:
            await question
        assert not nobody.value.sent
    await backend.aclose()


async def test_closing_ends_the_events_and_every_question(stage: Stage, reader: Reader) -> None:
    """Also twice; whoever asks afterwards learns that nobody answers."""
    await reader.backend.aclose()
    await reader.end()
    await reader.backend.aclose()
    with pytest.raises(Unreachable):
        await reader.backend.submit(note(stage))
    with pytest.raises(Unreachable):
        await reader.backend.history(stage.conversation, None)


async def test_a_question_under_way_at_the_end_is_answered(stage: Stage, reader: Reader) -> None:
    """By the desk or by nobody, but at once."""
    question = asyncio.create_task(reader.backend.submit(note(stage)))
    await asyncio.sleep(0)
    await reader.leave()
    async with asyncio.timeout(PATIENCE):
        with suppress(Unreachable):
            assert (await question).seq > 0
