"""What is unsent, put on disk and brought back where it belongs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOW, at, conv_id, conversation, live, message, safe, welcomed
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.change import Change, HeldBack, Strayed
from agent_tui.clock import ManualClock
from agent_tui.events import MessageReceived, SnapshotPart
from agent_tui.journal.kept import Found, KeptDraft, KeptOp
from agent_tui.keeping import bring_back, to_keep
from agent_tui.model import ContactId, Conversation, OpId
from agent_tui.ops import AnyOp, MarkRead, Note, Resolve, Send
from agent_tui.shown import Mode, SendState, Words
from agent_tui.store import Store

DESK = "desk-1"
ONE = conversation(1)
TWO = conversation(2, contact_id=ContactId("p-18"))


def store_of(*conversations: Conversation, desk_id: str = DESK) -> Store:
    store = Store()
    store.outbox.durable = True
    store.apply(replace(welcomed(100), desk_id=desk_id), NOW)
    store.apply(SnapshotPart(1, 1, conversations), NOW)
    store.apply(live(), NOW)
    return store


def reply(op: str, conv: int = 1) -> Send:
    return Send(id=OpId(op), conversation=conv_id(conv), text=safe(f"text {op}"), seen_seq=1)


def arrived(conversation: Conversation) -> MessageReceived:
    """The customer wrote there."""
    seq = max(conversation.seq, 101)
    changed = replace(conversation, seq=seq)
    return MessageReceived(seq, changed, message(seq, conversation.id, text="hello"))


def left_by(store: Store, clock: ManualClock) -> Found:
    """What is on disk of `store`."""
    rows = to_keep(store, clock).rows.values()
    ops = tuple(row for row in rows if isinstance(row, KeptOp))
    return Found(ops, tuple(row for row in rows if isinstance(row, KeptDraft)))


def again(found: Found, clock: ManualClock, *conversations: Conversation) -> tuple[Store, Change]:
    """The next run, at the same desk."""
    store = store_of(*(conversations or (ONE, TWO)))
    return store, bring_back(store, found, clock)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


def test_what_waits_comes_back_in_its_order_and_is_saved(clock: ManualClock) -> None:
    store = store_of(ONE, TWO)
    ops: list[AnyOp] = [
        reply("a"),
        reply("b", 2),
        Note(id=OpId("c"), conversation=ONE.id, text=safe("n")),
    ]
    for op in ops:
        store.propose(op, NOW)
    after, _change = again(left_by(store, clock), clock)
    assert sorted(after.outbox, key=lambda p: p.order) == [
        replace(p, saved=True, restored=True) for p in sorted(store.outbox, key=lambda p: p.order)
    ]


def test_what_was_under_way_may_have_arrived(clock: ManualClock) -> None:
    store = store_of(ONE)
    store.propose(reply("a"), NOW)
    store.take_due(NOW)
    after, _change = again(left_by(store, clock), clock)
    pending = after.outbox.get(OpId("a"))
    assert pending is not None
    assert pending.unsure
    assert not pending.waiting


def test_what_never_left_can_be_taken_back(clock: ManualClock) -> None:
    store = store_of(ONE)
    store.propose(reply("a"), NOW, hold=5)
    after, _change = again(left_by(store, clock), clock)
    assert after.withdraw(OpId("a"))[0] is not None


def test_old_work_asks_and_young_work_goes(clock: ManualClock) -> None:
    store = store_of(ONE, TWO)
    store.propose(reply("old"), NOW)
    store.propose(reply("young", 2), at(9))
    found = left_by(store, clock)
    clock.advance(11 * 60)
    after, change = again(found, clock)
    states = {p.op.id: p.state for p in after.outbox}
    assert states == {"old": SendState.HELD, "young": SendState.QUEUED}
    assert HeldBack(1) in change.news


def test_what_may_have_arrived_long_ago_is_never_asked_again(clock: ManualClock) -> None:
    """The desk may have forgotten the id, and would take it for a new reply."""
    store = store_of(ONE)
    store.propose(reply("a"), NOW)
    store.take_due(NOW)
    found = left_by(store, clock)
    clock.advance(4 * 24 * 3600)
    after, change = again(found, clock)
    assert len(after.outbox) == 0
    assert [stray.text for stray in after.strays.values()] == ["text a"]
    assert Strayed(1) in change.news


@pytest.mark.parametrize(
    "conversations",
    [(TWO,), (replace(ONE, contact_id=ContactId("p-99")), TWO)],
    ids=["gone", "somebody else's"],
)
def test_words_without_their_conversation_are_kept_and_not_sent(
    clock: ManualClock, conversations: tuple[Conversation, ...]
) -> None:
    store = store_of(ONE)
    store.propose(reply("a"), NOW)
    store.propose(Resolve(id=OpId("b"), conversation=ONE.id, base_ver=1), NOW)
    store.drafts[ONE.id, Mode.NOTE] = Words("a draft", (0, 7))
    after, _change = again(left_by(store, clock), clock, *conversations)
    assert len(after.outbox) == 0
    assert not after.drafts
    assert sorted(stray.text for stray in after.strays.values()) == ["a draft", "text a"]
    assert to_keep(after, clock).rows == {"op:b": None}


def test_another_desk_while_the_console_runs(clock: ManualClock) -> None:
    """Nothing unsent goes there; what was written stays on disk until the agent lets it go."""
    store = store_of(ONE)
    store.propose(reply("a"), NOW)
    store.drafts[ONE.id, Mode.REPLY] = Words("half", (0, 4))
    on_disk = set(to_keep(store, clock).rows)
    change = store.apply(replace(welcomed(7), desk_id="another", epoch="e9"), NOW)
    store.apply(SnapshotPart(1, 1, (ONE,)), NOW)
    store.apply(live(), NOW)
    assert Strayed(2) in change.news
    assert store.take_due(at(5))[0] == []
    assert set(store.strays) == on_disk
    rows = to_keep(store, clock).rows
    assert not on_disk & set(rows)
    for key in on_disk:
        del store.strays[key]
    assert to_keep(store, clock).rows == dict.fromkeys(on_disk)


def test_reading_marks_are_not_worth_a_disk(clock: ManualClock) -> None:
    store = store_of(ONE)
    store.propose(MarkRead(id=OpId("a"), conversation=ONE.id, seq=1), NOW)
    assert not any(to_keep(store, clock).rows.values())


def test_what_the_desk_has_leaves_the_disk(clock: ManualClock) -> None:
    store = store_of(ONE)
    store.propose(reply("a"), NOW)
    to_keep(store, clock)
    store.take_due(NOW)
    store.outbox.settle(OpId("a"), seq=500, reached=100)
    assert to_keep(store, clock).rows == {"op:a": None}


@given(st.lists(st.sampled_from(["ask", "type", "leave", "lose", "settle", "take back"])))
def test_the_disk_always_holds_what_would_be_lost(steps: list[str]) -> None:
    """After any steps the rows told so far, laid over one another, are what the store holds."""
    clock = ManualClock(NOW)
    store = store_of(ONE, TWO)
    disk: dict[str, object] = {}
    for number, step in enumerate(steps):
        ids = [p.op.id for p in store.outbox]
        match step:
            case "ask":
                store.propose(reply(f"o{number}", 1 + number % 2), NOW)
            case "type":
                store.drafts[ONE.id, Mode.REPLY] = Words(f"d{number}")
            case "leave":
                store.take_due(NOW + timedelta(hours=number))
            case "lose" if ids:
                store.outbox.retry(ids[0], NOW, unsure=True)
            case "settle" if ids:
                store.outbox.settle(ids[0], seq=900, reached=100)
            case "take back" if ids:
                store.withdraw(ids[0])
        for key, row in to_keep(store, clock).rows.items():
            disk.pop(key, None)
            if row is not None:
                disk[key] = row
        wanted = {f"op:{p.op.id}" for p in store.outbox if p.settled_at_seq is None}
        wanted |= {f"draft:{mode}:{DESK}:p-17:{conv}" for conv, mode in store.drafts}
        assert set(disk) == wanted


def test_what_the_desk_has_already_is_no_stray(clock: ManualClock) -> None:
    store = store_of(ONE)
    store.propose(reply("a"), NOW)
    store.take_due(NOW)
    store.outbox.settle(OpId("a"), seq=900, reached=100)
    change = store.apply(replace(welcomed(7), desk_id="another", epoch="e9"), NOW)
    assert not store.strays
    assert not any(isinstance(news, Strayed) for news in change.news)


def test_a_desk_that_is_back_has_its_drafts_again(clock: ManualClock) -> None:
    store = store_of(ONE)
    store.drafts[ONE.id, Mode.REPLY] = Words("half", (0, 4))
    store.apply(replace(welcomed(7), desk_id="another", epoch="e9"), NOW)
    assert not store.drafts
    store.apply(replace(welcomed(100), desk_id=DESK), NOW)
    store.apply(SnapshotPart(1, 1, (ONE,)), NOW)
    assert store.drafts[ONE.id, Mode.REPLY].text == "half"
    assert not store.strays


def test_a_reply_from_another_stream_asks(clock: ManualClock) -> None:
    """The desk could not see that it misses a question."""
    store = store_of(ONE)
    store.propose(reply("a"), NOW)
    found = left_by(store, clock)
    old = replace(found, ops=tuple(replace(op, epoch="e0") for op in found.ops))
    after, _change = again(old, clock)
    assert [p.state for p in after.outbox] == [SendState.HELD]


def test_what_a_change_was_built_on_goes_with_it(clock: ManualClock) -> None:
    store = store_of(ONE)
    for version, op in enumerate(("a", "b"), 1):
        store.propose(Resolve(id=OpId(op), conversation=ONE.id, base_ver=version), NOW)
    store.hold_old(at(11))
    assert store.take_due(at(11))[0] == []
    store.release(OpId("b"), at(11), seen=False)
    assert [op.id for op in store.take_due(at(11))[0]] == ["a"]
    assert {p.state for p in store.outbox} == {SendState.SENDING, SendState.QUEUED}


def test_a_conversation_that_comes_to_somebody_else(clock: ManualClock) -> None:
    """In a running console, too: nothing that was written for the one goes to the other."""
    store = store_of(ONE)
    store.propose(reply("a"), NOW)
    store.drafts[ONE.id, Mode.REPLY] = Words("half", (0, 4))
    on_disk = set(to_keep(store, clock).rows)
    other = replace(ONE, contact_id=ContactId("p-99"), contact_name=safe("Mallory"), seq=200)
    change = store.apply(SnapshotPart(1, 1, (other,)), NOW)
    assert Strayed(2) in change.news
    assert store.take_due(at(1))[0] == []
    assert not store.drafts
    store.drafts[ONE.id, Mode.REPLY] = Words("to Mallory")
    rows = to_keep(store, clock).rows
    assert len(rows) == 1 and not on_disk & set(rows)
    del store.drafts[ONE.id, Mode.REPLY]
    assert to_keep(store, clock).rows == dict.fromkeys(rows)


def test_a_draft_whose_conversation_comes_later(clock: ManualClock) -> None:
    """It is a draft there, and sending it takes it off the disk."""
    store = store_of(ONE, TWO)
    store.drafts[ONE.id, Mode.REPLY] = Words("half", (0, 4))
    after, _change = again(left_by(store, clock), clock, TWO)
    assert after.strays
    after.apply(arrived(ONE), NOW)
    assert not after.strays
    del after.drafts[ONE.id, Mode.REPLY]
    assert list(to_keep(after, clock).rows.values()) == [None]


def test_a_reply_that_slept_through_its_undo_time_asks(clock: ManualClock) -> None:
    """The lid was closed on it: in the morning it does not go by itself."""
    store = store_of(ONE)
    store.propose(reply("a"), NOW, hold=10)
    due, change = store.take_due(at(8 * 60))
    assert due == []
    assert HeldBack(1) in change.news


def test_all_at_once_does_not_speak_for_what_was_not_looked_at(clock: ManualClock) -> None:
    """The desk still sees which message was the newest when it was written."""
    store = store_of(ONE)
    store.propose(reply("a"), NOW)
    store.hold_old(at(11))
    store.apply(arrived(replace(ONE, seq=150)), NOW)
    store.release(OpId("a"), at(11), seen=False)
    (op,) = store.take_due(at(11))[0]
    assert isinstance(op, Send) and op.seen_seq == 1


def test_what_was_let_go_by_hand_has_seen_the_newest(clock: ManualClock) -> None:
    store = store_of(ONE)
    store.propose(reply("a"), NOW)
    store.hold_old(at(11))
    store.apply(arrived(replace(ONE, seq=150)), NOW)
    store.release(OpId("a"), at(11), seen=True)
    (op,) = store.take_due(at(11))[0]
    assert isinstance(op, Send) and op.seen_seq == 150


def test_what_is_held_and_may_have_left_can_be_dropped(clock: ManualClock) -> None:
    store = store_of(ONE)
    store.propose(reply("a"), NOW)
    found = left_by(store, clock)
    doubtful = replace(found.ops[0], state=SendState.HELD, left=True)
    after, _change = again(replace(found, ops=(doubtful,)), clock)
    assert after.withdraw(OpId("a"))[0] is not None
    assert to_keep(after, clock).rows == {"op:a": None}
