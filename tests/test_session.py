"""The session: a backend in a thread of its own, and a screen that never waits for it."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from builders import NOW, contact, conv_id, conversation, live, safe, welcomed, wrote
from paper_journal import PaperJournal

from agent_tui.backends.base import Backend, Download, Receipt, Rejected, Unauthorised, Unreachable
from agent_tui.change import NOTHING, Change
from agent_tui.clock import ManualClock
from agent_tui.events import (
    Acked,
    Event,
    HistoryFailed,
    HistoryLoaded,
    Link,
    LinkChanged,
    Refusal,
    SnapshotPart,
)
from agent_tui.events import Rejected as RejectedEvent
from agent_tui.model import AttachmentId, ConversationId, OpId
from agent_tui.ops import AnyOp, Note, Signal, ViewingSignal
from agent_tui.session import AT_ONCE, DRAIN_FOR, Session
from agent_tui.shown import SendState
from agent_tui.store import Store

C1 = conv_id(1)
OPENING: tuple[Event, ...] = (welcomed(100), SnapshotPart(1, 1, (conversation(1),)), live())
SOON = 5.0
"""Seconds after which a thread that should have done something has failed to."""


class FakeBackend:
    """Tells what the test tells it, and answers as the test says."""

    def __init__(self, opening: tuple[Event, ...] = OPENING) -> None:
        self.asked: list[object] = []
        self.closed = 0
        self.answer: Callable[[], Any] = lambda: Receipt(0)
        self.hangs = False
        self.breaks: Exception | None = None
        self._opening = opening
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()

    @property
    def capabilities(self) -> frozenset[str]:
        return frozenset({"note"})

    def tell(self, *events: Event | None) -> None:
        """From any thread; None ends the events."""
        for event in events:
            self._loop.call_soon_threadsafe(self._queue.put_nowait, event)

    async def events(self) -> AsyncIterator[Event]:
        for event in self._opening:
            yield event
        while (told := await self._queue.get()) is not None:
            yield told
        if self.breaks is not None:
            raise self.breaks

    async def submit(self, op: AnyOp | Signal) -> Receipt:
        self.asked.append(op)
        try:
            receipt: Receipt = await self._answered()
        except Rejected as refusal:
            self._queue.put_nowait(refusal.event)
            raise
        if not isinstance(op, Signal):
            self._queue.put_nowait(Acked(op.id, op.conversation, receipt.seq))
        return receipt

    async def history(
        self, conversation: ConversationId, before: int | None, limit: int = 50
    ) -> HistoryLoaded:
        self.asked.append((conversation, before, limit))
        try:
            page: HistoryLoaded = await self._answered()
        except Rejected as refusal:
            self._queue.put_nowait(HistoryFailed(conversation, before, refusal.event.detail))
            raise
        self._queue.put_nowait(page)
        return page

    def attachment(self, attachment: AttachmentId) -> AbstractAsyncContextManager[Download]:
        raise NotImplementedError(attachment)

    async def probe(self) -> None:
        self.asked.append("probe")

    async def aclose(self) -> None:
        self.closed += 1
        while self.hangs:
            await asyncio.sleep(SOON * 10)
        self._queue.put_nowait(None)

    async def _answered(self) -> Any:
        answer = self.answer()
        while answer is None:  # never
            await asyncio.sleep(SOON * 10)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Line:
    """A session on fake backends, and someone who counts how often it calls."""

    def __init__(self, make: Callable[[], FakeBackend] = FakeBackend) -> None:
        self.backends: list[FakeBackend] = []
        self.clock = ManualClock(NOW)
        self.session = Session(lambda: self._made(make()), Store(), self.clock)
        self.wakes = 0
        self.woken = threading.Semaphore(0)

    def _made(self, backend: FakeBackend) -> FakeBackend:
        self.backends.append(backend)
        return backend

    @property
    def backend(self) -> FakeBackend:
        return self.backends[-1]

    @property
    def store(self) -> Store:
        return self.session.store

    def open(self) -> None:
        """Start, and apply all of the opening."""
        self.session.start()
        assert self.session.wait_settled(SOON)
        self.session.drain()
        self.session.listen(self._wake)

    def _wake(self) -> None:
        self.wakes += 1
        self.woken.release()

    def news(self, wanted: Callable[[], object]) -> Change:
        """Drain, whenever called, until it is so."""
        change = self.session.drain()
        while not wanted():
            assert self.woken.acquire(timeout=SOON), "nothing came"
            change |= self.session.drain()
        return change

    def ask(self, name: str = "op-1") -> Note:
        """Want something, and send what is due."""
        op = Note(id=OpId(name), conversation=C1, text=safe("look"))
        self.store.propose(op, NOW)
        self.session.pump()
        return op

    def state_of(self, op: Note) -> SendState | None:
        pending = self.store.outbox.get(op.id)
        return pending.state if pending else None

    def passed(self) -> None:
        """Wait until the link's thread has done all that it was asked so far."""
        done = threading.Event()
        self.session._in_link(self._nothing(done))
        assert done.wait(SOON)

    @staticmethod
    def _nothing(done: threading.Event) -> Any:
        async def work() -> None:
            done.set()

        return work


@pytest.fixture
def line() -> Iterator[Line]:
    """A session that is live."""
    line = Line()
    line.open()
    yield line
    for backend in line.backends:
        backend.hangs = False
    line.session.stop()


# What comes in


def test_a_session_opens_whole(line: Line) -> None:
    """Settled means that the inbox is there."""
    assert line.store.ready
    assert line.store.link.link is Link.LIVE


@pytest.mark.parametrize("link", [Link.OFFLINE, Link.CLOSED])
def test_a_desk_that_is_not_there_settles_too(link: Link) -> None:
    """Whoever waits for the inbox learns that there is none."""
    line = Line(lambda: FakeBackend((LinkChanged(link, NOW, safe("nobody there")),)))
    line.open()
    assert line.store.link.detail == "nobody there"
    assert not line.store.ready
    line.backend.tell(None)
    line.session.stop()


def test_waiting_for_a_silent_desk_has_an_end() -> None:
    """False, after the time that was given."""
    line = Line(lambda: FakeBackend((LinkChanged(Link.CONNECTING, NOW),)))
    line.session.start()
    assert not line.session.wait_settled(0.01)
    line.session.stop()


def test_what_came_is_applied_in_order(line: Line) -> None:
    """One drain takes all of it and says what became different."""
    for seq in (101, 102, 103):
        line.backend.tell(wrote(seq, conversation(1, seq=seq)))
    change = line.news(lambda: line.store.seq == 103)
    assert change.conversations == {C1}
    assert [news.message.seq for news in change.news if hasattr(news, "message")] == [101, 102, 103]
    assert line.session.drain() == NOTHING


def test_one_call_a_batch(line: Line) -> None:
    """Whoever was woken is not woken again before she has looked."""
    line.backend.tell(*(wrote(seq, conversation(1, seq=seq)) for seq in range(101, 151)))
    assert line.woken.acquire(timeout=SOON)
    line.passed()
    assert line.wakes == 1
    line.news(lambda: line.store.seq == 150)
    line.backend.tell(wrote(151, conversation(1, seq=151)))
    line.news(lambda: line.store.seq == 151)
    assert 2 <= line.wakes <= 3


def test_a_flood_comes_in_frames(line: Line) -> None:
    """One drain applies so many and no more, and sees to it that it is called again."""
    rest = 500
    line.backend.tell(
        *(wrote(seq, conversation(1, seq=seq)) for seq in range(101, 101 + AT_ONCE + rest))
    )
    line.passed()
    assert line.woken.acquire(timeout=SOON)
    line.session.drain()
    assert line.store.seq == 100 + AT_ONCE
    assert line.woken.acquire(blocking=False)
    change = line.session.drain()
    assert (line.store.seq, len(change.news)) == (100 + AT_ONCE + rest, rest)
    assert not line.woken.acquire(blocking=False)


class Slow(ManualClock):
    """Each look at it takes as long as a drain may."""

    def monotonic(self) -> float:
        self.advance(DRAIN_FOR)
        return super().monotonic()


def test_what_takes_long_comes_in_frames(line: Line) -> None:
    """A drain ends with its time, but has always done something; `drain_all` does all of it."""
    line.session._clock = Slow(NOW)
    line.backend.tell(*(wrote(seq, conversation(1, seq=seq)) for seq in range(101, 111)))
    line.passed()
    line.session.drain()
    assert line.store.seq == 101
    assert len(line.session.drain_all().news) == 9
    assert line.store.seq == 110


def test_who_listens_late_is_told_what_waits(line: Line) -> None:
    """Events from before the screen was there wake it as soon as it listens."""
    line.session.listen(lambda: None)
    line.backend.tell(wrote(101, conversation(1, seq=101)))
    line.passed()
    calls: list[str] = []
    line.session.listen(lambda: calls.append("wake"))
    assert calls == ["wake"]
    line.session.drain()
    line.session.listen(lambda: calls.append("again"))
    assert calls == ["wake"]


# What goes out


def test_what_is_due_is_sent_once(line: Line) -> None:
    """And nothing else; the answer takes it out of the outbox."""
    op = line.ask()
    assert line.session.pump() == NOTHING
    line.news(lambda: op.id not in line.store.outbox)
    assert line.backend.asked == [op]


def test_nothing_is_sent_while_the_link_is_down(line: Line) -> None:
    """It waits in the outbox, untouched."""
    line.backend.tell(LinkChanged(Link.OFFLINE, NOW))
    line.news(lambda: line.store.link.link is Link.OFFLINE)
    op = line.ask()
    line.passed()
    assert line.backend.asked == []
    assert line.state_of(op) is SendState.QUEUED


@pytest.mark.parametrize("error", [Unreachable(), Unauthorised(safe("who are you?"))])
def test_what_got_no_answer_goes_again_with_the_same_id(line: Line, error: Exception) -> None:
    """The desk may have it: the id says so, and the words never leave the outbox."""
    line.backend.answer = lambda: error
    op = line.ask()
    line.news(lambda: line.state_of(op) is SendState.RETRY)
    line.clock.advance(60)
    line.backend.answer = lambda: Receipt(0)
    line.session.pump()
    line.news(lambda: op.id not in line.store.outbox)
    assert line.backend.asked == [op, op]


def test_what_was_never_sent_can_be_taken_back(line: Line) -> None:
    """The line was gone before the op was written: the desk cannot have it."""
    line.backend.answer = lambda: Unreachable(sent=False)
    op = line.ask()
    line.news(lambda: line.state_of(op) is SendState.RETRY)
    pending = line.store.outbox.get(op.id)
    assert pending is not None and pending.waiting and not pending.unsure


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_mistake_under_way_leaves_nothing_hanging(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    """An op goes again, a thread stops loading, both in words; the terminal stays as it is."""
    line.backend.answer = lambda: ZeroDivisionError("by \x1b[31mzero")
    op = line.ask()
    thread = line.store.threads.opened(C1)
    thread.loading = True
    line.session.ask_history(C1, None)
    line.session.signal(ViewingSignal(C1))
    line.news(lambda: line.state_of(op) is SendState.RETRY and not thread.loading)
    pending = line.store.outbox.get(op.id)
    assert pending is not None
    for words in (pending.problem, thread.problem):
        assert "ZeroDivisionError" in words and "\x1b" not in words
    line.passed()
    gc.collect()
    assert "never retrieved" not in caplog.text


def test_what_is_due_when_no_link_is_there_any_more_is_not_lost(line: Line) -> None:
    """The thread has ended: the op stays in the outbox, and can be taken back."""
    line.session.stop(SOON)
    op = line.ask()
    line.session.drain()
    pending = line.store.outbox.get(op.id)
    assert pending is not None and pending.waiting


def test_a_refusal_reaches_the_outbox(line: Line) -> None:
    """The words stay, with the reason."""
    no = RejectedEvent(OpId("op-1"), C1, Refusal.TOO_LONG, safe("at most 5"))
    line.backend.answer = lambda: Rejected(no)
    op = line.ask()
    line.news(lambda: line.state_of(op) is SendState.FAILED)
    pending = line.store.outbox.get(op.id)
    assert pending is not None and pending.problem == "at most 5"


def test_a_page_comes_as_an_event(line: Line) -> None:
    """It carries the conversation that it was asked for."""
    line.backend.answer = lambda: HistoryLoaded(C1, None, (), False, contact())
    line.store.threads.opened(C1)
    line.session.ask_history(C1, None)
    line.news(lambda: line.store.contacts)
    assert line.backend.asked == [(C1, None, 50)]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Rejected(RejectedEvent(OpId("q-1"), C1, Refusal.OTHER, safe("not yours"))), "not yours"),
        (Unreachable(), "the desk cannot be reached"),
        (Unauthorised(safe("who are you?")), "the desk cannot be reached"),
    ],
)
def test_a_page_that_cannot_be_had_says_so(line: Line, error: Exception, words: str) -> None:
    """The thread stops waiting and shows why."""
    thread = line.store.threads.opened(C1)
    thread.loading = True
    line.backend.answer = lambda: error
    line.session.ask_history(C1, None)
    line.news(lambda: not thread.loading)
    assert words in thread.problem


def test_signals_go_straight_through(line: Line) -> None:
    """They have no place in the outbox and no answer."""
    line.session.signal(ViewingSignal(C1))
    line.passed()
    assert line.backend.asked == [ViewingSignal(C1)]
    assert len(line.store.outbox) == 0


# What never waits


def test_nothing_the_screen_calls_waits_for_the_backend(line: Line) -> None:
    """Every verb returns at once while the backend answers nothing at all."""
    line.backend.answer = lambda: None
    line.backend.hangs = True
    began = time.monotonic()
    line.ask()
    line.session.ask_history(C1, None)
    line.session.signal(ViewingSignal(C1))
    line.session.reconnect()
    line.session.drain()
    line.session.pump()
    line.session.listen(lambda: None)
    assert time.monotonic() - began < 0.5


# The end


def test_stopping_closes_the_backend_and_ends_the_thread(line: Line) -> None:
    """At once, and no new backend is made."""
    line.session.stop(SOON)
    assert not line.session._thread.is_alive()
    assert [backend.closed for backend in line.backends] == [1]


def test_stopping_has_an_end_whatever_hangs(line: Line) -> None:
    """A backend that neither answers nor closes costs the time that was given, no more."""
    line.backend.answer = lambda: None
    line.backend.hangs = True
    line.ask()
    began = time.monotonic()
    line.session.stop(0.2)
    assert 0.15 <= time.monotonic() - began < 1.5


def test_stopping_twice_or_too_early_hurts_nobody() -> None:
    """Before the start, right after it, and again."""
    line = Line()
    line.session.stop()
    started = Line(lambda: FakeBackend(()))
    started.session.start()
    started.session.stop(SOON)
    assert not started.session._thread.is_alive()
    started.session.stop()


def test_requests_after_the_end_are_answered(line: Line) -> None:
    """A thread that is opened after the link was given up does not load for ever."""
    line.session.stop(SOON)
    thread = line.store.threads.opened(C1)
    thread.loading = True
    line.session.ask_history(C1, None)
    line.session.signal(ViewingSignal(C1))
    line.session.drain()
    assert not thread.loading
    assert "cannot be reached" in thread.problem


def test_reconnecting_begins_anew(line: Line) -> None:
    """The old backend is closed, another one made, and its events go on in the same store."""
    line.session.reconnect()
    while len(line.backends) < 2:
        assert line.woken.acquire(timeout=SOON)
    line.backend.tell(wrote(101, conversation(1, seq=101)))
    line.news(lambda: line.store.seq == 101)
    assert line.backends[0].closed == 1
    op = line.ask()
    line.news(lambda: op.id not in line.store.outbox)
    assert line.backends[1].asked == [op]


def test_a_link_that_gave_up_is_made_again_when_the_agent_says_so(line: Line) -> None:
    """Closed stays closed by itself; reconnecting begins a new link, which fetches everything."""
    line.backend.tell(LinkChanged(Link.CLOSED, NOW, safe("replaced")), None)
    line.news(lambda: line.store.link.link is Link.CLOSED)
    line.passed()
    assert len(line.backends) == 1
    line.session.reconnect()
    line.news(lambda: line.store.link.link is Link.LIVE)
    assert len(line.backends) == 2
    op = line.ask()
    line.news(lambda: op.id not in line.store.outbox)
    assert line.backend.asked == [op]


def test_a_link_that_gave_up_can_be_stopped(line: Line) -> None:
    """The thread that waits for the agent's word does not outlive the console."""
    line.backend.tell(LinkChanged(Link.CLOSED, NOW, safe("replaced")), None)
    line.news(lambda: line.store.link.link is Link.CLOSED)
    line.session.stop(SOON)
    assert not line.session._thread.is_alive()


def test_what_was_under_way_when_the_link_gave_up_can_be_taken_back(line: Line) -> None:
    """No op stays "sending" on a link that is no more."""
    gone = threading.Event()

    async def lost() -> Receipt:
        while not gone.is_set():
            await asyncio.sleep(0)
        raise Unreachable

    line.backend.submit = lambda _op: lost()  # type: ignore[method-assign,assignment] # late answer
    op = line.ask()
    line.passed()
    line.backend.tell(LinkChanged(Link.CLOSED, NOW, safe("replaced")), None)
    line.news(lambda: line.store.link.link is Link.CLOSED)
    gone.set()
    line.news(lambda: line.state_of(op) is SendState.RETRY)


@pytest.mark.parametrize("where", ["making", "telling"])
def test_a_backend_that_breaks_is_no_quiet_desk(where: str) -> None:
    """A mistake in the link closes it in words: the agent learns that nothing more will come."""

    def make() -> FakeBackend:
        if where == "making":
            raise ZeroDivisionError("by \x1b[31mzero")
        backend = FakeBackend(())
        backend.breaks = ZeroDivisionError("by \x1b[31mzero")
        backend.tell(None)
        return backend

    line = Line(make)
    line.open()
    assert line.store.link.link is Link.CLOSED
    assert "ZeroDivisionError" in line.store.link.detail
    assert "\x1b" not in line.store.link.detail
    line.session.stop(SOON)
    assert not line.session._thread.is_alive()


# Beside the link


def test_work_beside_the_link_is_done_in_its_thread(line: Line) -> None:
    """With the backend that is there; the answer, or what went wrong, comes in the future."""

    async def work(backend: Backend) -> tuple[str, bool]:
        return threading.current_thread().name, backend is line.backend

    async def broken(_backend: Backend) -> None:
        raise ZeroDivisionError

    assert line.session.ask_backend(work).result(SOON) == ("link", True)
    with pytest.raises(ZeroDivisionError):
        line.session.ask_backend(broken).result(SOON)


def test_work_beside_the_link_can_be_given_up(line: Line) -> None:
    begun, ended = threading.Event(), threading.Event()

    async def work(_backend: Backend) -> None:
        try:
            begun.set()
            await asyncio.sleep(SOON * 10)
        finally:
            ended.set()

    future = line.session.ask_backend(work)
    assert begun.wait(SOON)
    future.cancel()
    assert ended.wait(SOON)


def test_there_is_nothing_beside_a_link_that_has_not_begun_or_is_over() -> None:
    line = Line()

    async def work(_backend: Backend) -> None: ...

    with pytest.raises(Unreachable):
        line.session.ask_backend(work)
    line.open()
    line.session.stop(SOON)
    with pytest.raises(Unreachable):
        line.session.ask_backend(work)


def test_after_standing_still_the_line_is_looked_at(line: Line) -> None:
    line.session.probe()
    end = time.monotonic() + SOON
    while "probe" not in line.backend.asked:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_the_disk_would_not_take_is_saved_once_it_does() -> None:
    """Told while it fails; never called saved before it is there."""
    journal = PaperJournal()
    store = Store()
    session = Session(FakeBackend, store, ManualClock(NOW), journal)
    session.start()
    assert session.wait_settled(SOON)
    session.drain()
    journal.fail(safe("the disk is full"))
    note = Note(id=OpId("n-1"), conversation=C1, text=safe("look"))
    store.propose(note, NOW)
    session.pump()
    session.drain()
    pending = store.outbox.get(note.id)
    assert pending is not None and not pending.saved
    assert store.disk_problem == "the disk is full"
    journal.fail(safe(""))
    session.drain()
    pending = store.outbox.get(note.id)
    assert pending is None or pending.saved
    assert not store.disk_problem
    assert session.stop(SOON)
