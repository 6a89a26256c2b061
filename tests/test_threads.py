"""Threads: pages, live messages, and never a hole that nobody sees."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import NOW, conv_id, message, safe
from hypothesis import given
from hypothesis import strategies as st

from agent_tui import threads as module
from agent_tui.events import DeliveryChanged, HistoryFailed, HistoryLoaded
from agent_tui.model import NO_TEXT, Delivery, Message, MessageId, OpId
from agent_tui.threads import KEPT, Threads, ThreadState

C1 = conv_id(1)


def page(*seqs: int, before: int | None = None, more: bool = False) -> HistoryLoaded:
    return HistoryLoaded(C1, before, tuple(message(seq) for seq in seqs), more)


def asked(threads: Threads) -> ThreadState:
    thread = threads.opened(C1)
    thread.loading = True
    return thread


def loaded(*seqs: int, more: bool = False) -> tuple[Threads, ThreadState]:
    threads = Threads()
    thread = asked(threads)
    threads.page(page(*seqs, more=more))
    return threads, thread


def seqs_of(thread: ThreadState) -> list[int]:
    assert thread.seqs == [m.seq for m in thread.messages]
    return thread.seqs


@given(st.lists(st.integers(1, 30), max_size=40))
def test_messages_stand_in_the_order_of_their_numbers_and_never_twice(seqs: list[int]) -> None:
    thread = ThreadState()
    for seq in seqs:
        thread.put(message(seq))
    assert seqs_of(thread) == sorted(set(seqs))


def test_a_message_that_comes_again_replaces_itself() -> None:
    thread = ThreadState()
    thread.put(message(5, text="old"))
    thread.put(message(5, text="new"))
    assert [m.text for m in thread.messages] == ["new"]


def test_a_live_message_of_a_thread_that_nobody_opened_is_not_kept() -> None:
    threads = Threads()
    assert not threads.receive(message(5))
    assert threads.get(C1) is None


def test_the_first_page_says_whether_there_is_more() -> None:
    _threads, thread = loaded(3, 4, 5, more=True)
    assert seqs_of(thread) == [3, 4, 5]
    assert (thread.more, thread.loaded, thread.loading) == (True, True, False)


def test_an_older_page_goes_in_front_and_says_whether_there_is_still_more() -> None:
    threads, thread = loaded(6, 7, more=True)
    threads.page(page(4, 5, before=6, more=False))
    assert seqs_of(thread) == [4, 5, 6, 7]
    assert not thread.more


def test_an_older_page_that_does_not_join_on_is_not_shown() -> None:
    """It was asked for before the thread was begun anew: between the two there would be a hole."""
    threads, thread = loaded(100, 101, more=True)
    threads.doubt_all()
    thread.loading = True
    threads.page(page(300, 301, more=True))
    threads.page(page(98, 99, before=100))
    assert seqs_of(thread) == [300, 301]
    assert thread.more


def test_a_live_message_that_outruns_the_first_page_is_not_lost() -> None:
    """Page and event may be delivered in either order; both are here in the end."""
    threads = Threads()
    thread = asked(threads)
    assert threads.receive(message(9))
    threads.page(page(6, 7, 8))
    assert seqs_of(thread) == [6, 7, 8, 9]


def test_a_page_that_failed_leaves_no_hole_behind() -> None:
    threads = Threads()
    thread = asked(threads)
    threads.receive(message(9))
    threads.page_failed(HistoryFailed(C1, None, safe("unreachable")))
    assert (thread.loading, thread.problem) == (False, "unreachable")
    threads.receive(message(10))
    asked(threads)
    threads.page(page(60, 61))
    assert seqs_of(thread) == [60, 61]
    assert thread.problem == NO_TEXT


def test_after_a_break_a_page_that_joins_on_keeps_what_is_older() -> None:
    threads, thread = loaded(1, 2, 3, 4, more=True)
    threads.doubt_all()
    assert thread.stale
    threads.page(page(3, 4, 5, 6))
    assert seqs_of(thread) == [1, 2, 3, 4, 5, 6]
    assert (thread.stale, thread.more) == (False, True)


def test_after_a_break_a_page_that_does_not_join_on_begins_anew() -> None:
    threads, thread = loaded(1, 2, 3)
    threads.doubt_all()
    threads.page(page(50, 51, 52, more=True))
    assert seqs_of(thread) == [50, 51, 52]
    assert thread.more


def test_a_live_message_behind_a_hole_does_not_hide_the_hole() -> None:
    """The page begins with a message that came live after the hole: that joins on to nothing."""
    threads, thread = loaded(1, 2, 3)
    threads.doubt_all()
    threads.receive(message(50))
    threads.page(page(50, 51, more=True))
    assert seqs_of(thread) == [50, 51]
    assert thread.more


def test_a_live_message_that_outruns_the_mending_page_stays() -> None:
    threads, thread = loaded(1, 2, 3)
    threads.doubt_all()
    threads.receive(message(53))
    threads.page(page(50, 51, 52, more=True))
    assert seqs_of(thread) == [50, 51, 52, 53]


def test_an_older_page_does_not_mend_a_hole_at_the_end() -> None:
    threads, thread = loaded(6, 7, more=True)
    threads.doubt_all()
    threads.page(page(4, 5, before=6))
    assert thread.stale


def test_numbers_that_a_desk_gave_anew_do_not_join_on() -> None:
    """A new epoch may number its messages from the start: the same number, another message."""
    threads, thread = loaded(1, 2, 3)
    version = thread.version
    threads.begin_all_anew()
    assert thread.version > version
    assert not thread.loaded
    fresh = tuple(message(seq, id=MessageId(f"new-{seq}")) for seq in (2, 3, 4))
    threads.page(HistoryLoaded(C1, None, fresh, more=False))
    assert [m.id for m in thread.messages] == ["new-2", "new-3", "new-4"]


@given(st.data())
def test_a_loaded_thread_has_no_hole_whatever_was_missed(data: st.DataObject) -> None:
    """Breaks, live messages and pages in any order: what is here is a stretch of the desk's own
    thread without a hole, up to the newest message, as soon as no page is owed."""
    truth: list[Message] = []
    heard = 0
    threads = Threads()
    for action in data.draw(st.lists(st.sampled_from("wwwlbpo"), max_size=60)):
        thread = threads.get(C1)
        match action:
            case "w":  # somebody writes, and we hear it
                truth.append(message(len(truth) + 1))
                threads.receive(truth[-1])
                heard += 1
            case "l":  # somebody writes while the line is down
                truth.append(message(len(truth) + 1))
                threads.doubt_all()
            case "b":
                threads.doubt_all()
            case "p":
                asked(threads)
                threads.page(HistoryLoaded(C1, None, tuple(truth[-3:]), len(truth) > 3))
            case _ if thread is not None and thread.seqs and thread.more:
                first = thread.seqs[0]
                older = [m for m in truth if m.seq < first][-3:]
                more = bool(older) and older[0].seq > 1
                threads.page(HistoryLoaded(C1, first, tuple(older), more))
        thread = threads.get(C1)
        if thread is not None and thread.loaded and not thread.stale:
            here = seqs_of(thread)
            assert here == list(range(len(truth) - len(here) + 1, len(truth) + 1))
            assert thread.more is (bool(here) and here[0] > 1)


def test_a_delivery_report_finds_its_message_and_only_that() -> None:
    threads, thread = loaded(1, 2)
    report = DeliveryChanged(9, C1, MessageId("m-2"), Delivery.FAILED, safe("blocked"))
    assert threads.delivery(report)
    assert [(m.delivery, m.failure) for m in thread.messages] == [
        (None, ""),
        (Delivery.FAILED, "blocked"),
    ]
    unknown = DeliveryChanged(9, C1, MessageId("m-99"), Delivery.READ)
    elsewhere = DeliveryChanged(9, conv_id(2), MessageId("m-2"), Delivery.READ)
    assert not threads.delivery(unknown)
    assert not threads.delivery(elsewhere)


def test_a_message_is_found_by_its_op_however_old_it_is() -> None:
    thread = ThreadState()
    thread.put(message(1, op_id=OpId("op-1")))
    for seq in range(2, 100):
        thread.put(message(seq))
    assert thread.has_op(OpId("op-1"))
    assert not thread.has_op(OpId("op-2"))


def test_the_thread_not_looked_at_for_longest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 3)
    threads = Threads()
    for name in (1, 2, 3, 1, 4):
        threads.opened(conv_id(name))
    assert [n for n in range(1, 5) if threads.get(conv_id(n)) is not None] == [1, 3, 4]
    assert KEPT >= 50


@pytest.mark.parametrize("change", ["put", "page", "fail", "doubt", "delivery"])
def test_every_change_shows_in_the_version(change: str) -> None:
    threads, thread = loaded(1, 2)
    before = thread.version
    match change:
        case "put":
            threads.receive(message(3))
        case "page":
            threads.page(page(1, 2))
        case "fail":
            threads.page_failed(HistoryFailed(C1, None, safe("no")))
        case "doubt":
            threads.doubt_all()
        case _:
            threads.delivery(DeliveryChanged(9, C1, MessageId("m-1"), Delivery.READ))
    assert thread.version > before


def test_the_order_is_that_of_the_numbers_and_not_of_the_clock() -> None:
    thread = ThreadState()
    thread.put(message(1, at=NOW + timedelta(hours=1)))
    thread.put(message(2, at=NOW))
    assert seqs_of(thread) == [1, 2]
