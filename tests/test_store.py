"""The store, fact by fact; `test_store_law.py` holds it against a desk as a whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from builders import (
    AGENTS,
    ANA,
    BEN,
    BOT,
    CUSTOMER,
    ME,
    NOW,
    activity,
    at,
    contact,
    conv_id,
    conversation,
    did,
    message,
    safe,
    store_of,
    welcomed,
    wrote,
)

from agent_tui.change import (
    NOTHING,
    Arrived,
    Change,
    Refused,
    TakenOver,
    Woke,
    merged,
    row,
    thread,
)
from agent_tui.events import (
    Acked,
    AgentChanged,
    ContactChanged,
    ConversationChanged,
    DeliveryChanged,
    HistoryFailed,
    HistoryLoaded,
    Link,
    LinkChanged,
    MessageReceived,
    Refusal,
    Rejected,
    SnapshotPart,
    TypingChanged,
    Unrecognised,
    Unsent,
    ViewingChanged,
)
from agent_tui.model import (
    NO_TEXT,
    AgentId,
    Availability,
    Conversation,
    Delivery,
    MessageId,
    MessageKind,
    OpId,
    Snooze,
    Status,
)
from agent_tui.ops import Assign, Label, MarkRead, Note, Resolve, Send
from agent_tui.presence import TYPING_LASTS
from agent_tui.shown import SendState
from agent_tui.store import AGAIN_AFTER, Store

C1, C2 = conv_id(1), conv_id(2)
BEN_ID = AgentId("ben")
OP = OpId("op-1")
CONV = conversation(1, ver=4, seq=90)


def resolve(op: str = "op-1", base_ver: int = 4) -> Resolve:
    return Resolve(id=OpId(op), conversation=C1, base_ver=base_ver)


def reply(op: str = "op-1") -> Send:
    return Send(id=OpId(op), conversation=C1, text=safe("hello"), seen_seq=90)


def sending(store: Store, *ops: Resolve | Send | Note | Label | Assign) -> None:
    """Ask for these and let the first leave."""
    for op in ops:
        store.propose(op, NOW)
    store.take_due(NOW)


def shown(store: Store) -> Conversation:
    value = store.get(C1)
    assert value is not None
    return value


def opened(store: Store, *seqs: int) -> None:
    """The thread of the first conversation is here."""
    store.threads.opened(C1).loading = True
    store.apply(HistoryLoaded(C1, None, tuple(message(s) for s in seqs), more=False), NOW)


# ── snapshots ───────────────────────────────────────────────────────────────────────────


def test_nothing_is_known_before_the_first_snapshot() -> None:
    store = Store()
    assert (len(store), store.ready, list(store.conversations())) == (0, False, [])
    assert store.get(C1) is None
    assert store.propose(resolve(), NOW) == NOTHING
    assert len(store.outbox) == 0


def test_a_snapshot_in_parts_is_whole_with_its_last_part() -> None:
    store = Store()
    store.apply(welcomed(100), NOW)
    parts = [SnapshotPart(n, 3, (conversation(n),), 100) for n in (1, 2, 3)]
    told, states = [], []
    for part in parts:
        told.append(store.apply(part, NOW).everything)
        states.append(store.ready)
    assert states == [False, False, True]
    assert told == [True, False, True], "a first screenful, then what is whole"
    assert {c.id for c in store.conversations()} == {C1, C2, conv_id(3)}


def test_a_snapshot_that_comes_again_is_told_when_it_is_whole() -> None:
    store = store_of(CONV)
    store.apply(welcomed(200), NOW)
    parts = [SnapshotPart(n, 3, (conversation(n),), 200) for n in (1, 2, 3)]
    assert [store.apply(part, NOW).everything for part in parts] == [False, False, True]


def test_a_snapshot_that_was_cut_short_is_told_with_the_cut() -> None:
    store = store_of(CONV)
    store.apply(welcomed(200), NOW)
    store.apply(SnapshotPart(1, 2, (replace(CONV, unread=7),), 200), NOW)
    assert store.apply(LinkChanged(Link.OFFLINE, NOW), NOW).everything
    assert not store.apply(LinkChanged(Link.CONNECTING, NOW), NOW).everything


def test_what_no_part_names_is_forgotten_with_the_last_part() -> None:
    store = store_of(conversation(1), conversation(2))
    store.apply(welcomed(200), NOW)
    store.apply(SnapshotPart(1, 2, (conversation(1),), 200), NOW)
    assert C2 in store
    store.apply(SnapshotPart(2, 2, (conversation(3),), 200), NOW)
    assert C2 not in store
    assert store.get(C2) is None
    assert len(store) == 2


def test_a_snapshot_that_was_cut_short_forgets_nothing() -> None:
    store = store_of(conversation(1), conversation(2))
    for _attempt in range(2):
        store.apply(welcomed(200), NOW)
        store.apply(SnapshotPart(1, 2, (conversation(1),), 200), NOW)
    store.apply(SnapshotPart(2, 2, (conversation(2),), 200), NOW)
    assert {c.id for c in store.conversations()} == {C1, C2}


def test_a_snapshot_is_the_truth_even_where_its_numbers_are_lower() -> None:
    """A desk that begins a new epoch may count from the start again."""
    store = store_of(conversation(1, ver=9, seq=900), seq=1000)
    fresh = conversation(1, ver=2, seq=3, assignee=BEN_ID)
    store.apply(welcomed(10, epoch="e2"), NOW)
    store.apply(SnapshotPart(1, 1, (fresh,), 10), NOW)
    assert store.base(C1) == fresh
    assert store.seq == 10


def test_an_event_between_two_parts_is_not_undone_by_a_later_part() -> None:
    store = store_of(conversation(1, seq=5))
    store.apply(welcomed(100), NOW)
    store.apply(SnapshotPart(1, 2, (), 100), NOW)
    newer = conversation(1, seq=101)
    store.apply(wrote(101, newer), NOW)
    store.apply(SnapshotPart(2, 2, (conversation(1, seq=100),), 100), NOW)
    assert store.base(C1) == newer


def test_events_after_the_point_of_the_snapshot_count_though_the_welcome_was_later() -> None:
    store = Store()
    store.apply(welcomed(105), NOW)
    store.apply(SnapshotPart(1, 1, (conversation(1, seq=99),), 100), NOW)
    store.apply(wrote(101, conversation(1, seq=101)), NOW)
    assert shown(store).seq == 101


def test_an_op_that_was_acknowledged_before_a_snapshot_does_not_outlive_it() -> None:
    store = store_of(CONV)
    sending(store, resolve())
    store.apply(Acked(OP, C1, 105), NOW)
    store.apply(welcomed(7, epoch="e2"), NOW)
    after = replace(CONV, status=Status.RESOLVED, ver=5, seq=6)
    store.apply(SnapshotPart(1, 1, (after,), 7), NOW)
    assert len(store.outbox) == 0
    assert shown(store) == after


def test_acknowledged_words_stay_in_sight_until_the_thread_has_them() -> None:
    store = store_of(CONV)
    opened(store, 90)
    sending(store, reply())
    store.apply(Acked(OP, C1, 105), NOW)
    store.apply(welcomed(105), NOW)
    customer = replace(CONV, seq=107, preview=safe("and?"), waiting_since=NOW)
    store.apply(SnapshotPart(1, 1, (customer,), 107), NOW)
    assert [p.op.id for p in store.outbox] == [OP]
    assert shown(store) == customer
    page = (message(90), message(105, by=ANA, op_id=OP), message(107))
    store.apply(HistoryLoaded(C1, None, page, more=False), NOW)
    assert len(store.outbox) == 0


# ── the stream ──────────────────────────────────────────────────────────────────────────


def test_what_was_told_before_changes_nothing_and_rings_no_bell() -> None:
    store = store_of(CONV)
    opened(store, 90)
    event = wrote(101, replace(CONV, seq=101, unread=1))
    assert store.apply(event, NOW).news
    assert store.apply(event, NOW) == NOTHING


def test_an_old_read_mark_does_not_come_back() -> None:
    """Read state has no version and no message: only its place in the stream tells its age."""
    store = store_of(CONV)
    read = ConversationChanged(101, replace(CONV, unread=0))
    store.apply(read, NOW)
    store.apply(ConversationChanged(102, replace(CONV, unread=1)), NOW)
    store.apply(read, NOW)
    assert shown(store).unread == 1


def test_a_customer_s_words_arrive_and_nobody_else_s() -> None:
    store = store_of(CONV)
    event = wrote(101, replace(CONV, seq=101))
    assert store.apply(event, NOW).news == (Arrived(C1, event.message),)
    for seq, author in ((102, BEN), (103, BOT)):
        assert store.apply(wrote(seq, replace(CONV, seq=seq), by=author), NOW).news == ()
    note = message(104, by=CUSTOMER, kind=MessageKind.NOTE)
    assert store.apply(MessageReceived(104, replace(CONV, seq=104), note), NOW).news == ()


def test_a_new_conversation_comes_with_its_first_message() -> None:
    store = store_of(CONV)
    change = store.apply(wrote(101, conversation(2, seq=101)), NOW)
    assert C2 in store
    assert C2 in change.conversations


def test_whoever_wrote_is_not_typing_any_more() -> None:
    store = store_of(CONV)
    store.apply(TypingChanged(C1, CUSTOMER, on=True), NOW)
    store.apply(wrote(101, replace(CONV, seq=101)), NOW)
    assert store.presence.typing_in(C1) == ()


def test_a_delivery_report_changes_its_thread() -> None:
    store = store_of(CONV)
    report = DeliveryChanged(101, C1, MessageId("m-90"), Delivery.READ)
    assert store.apply(report, NOW) == NOTHING
    opened(store, 90)
    change = store.apply(replace(report, seq=102), NOW)
    assert change.threads == {C1}
    state = store.threads.get(C1)
    assert state is not None
    assert state.messages[0].delivery is Delivery.READ


def test_contacts_and_colleagues_are_kept() -> None:
    store = store_of(CONV)
    assert store.contact_of(CONV) is None
    who = contact()
    assert store.apply(ContactChanged(101, who), NOW) == Change(contacts=frozenset({who.id}))
    assert store.contact_of(CONV) == who
    busy = replace(AGENTS[1], availability=Availability.BUSY)
    assert store.apply(AgentChanged(102, busy), NOW) == Change(people=True)
    assert store.agents[BEN_ID] == busy
    assert store.seq == 102


def test_what_is_not_known_still_counts_in_the_stream() -> None:
    store = store_of(CONV)
    sending(store, resolve())
    store.apply(Acked(OP, C1, 101), NOW)
    change = store.apply(Unrecognised(safe("merged"), 101), NOW)
    assert (store.unrecognised, store.seq) == (1, 101)
    assert len(store.outbox) == 0
    assert change.conversations == {C1}
    assert store.apply(Unrecognised(safe("frame")), NOW) == NOTHING


@pytest.mark.parametrize(
    "event",
    [
        DeliveryChanged(105, C2, MessageId("m-1"), Delivery.READ),
        ContactChanged(105, contact()),
        AgentChanged(105, AGENTS[1]),
        wrote(105, conversation(2, seq=105)),
    ],
)
def test_an_op_that_leaves_because_of_another_conversation_s_event_is_told_of(
    event: Any,
) -> None:
    store = store_of(CONV, conversation(2))
    sending(store, resolve())
    store.apply(Acked(OP, C1, 103), NOW)
    change = store.apply(event, NOW)
    assert C1 in change.conversations
    assert shown(store) == CONV


def test_the_link_is_kept() -> None:
    store = Store()
    link = LinkChanged(Link.OFFLINE, NOW, safe("cut"), at(1))
    assert store.apply(link, NOW) == Change(link=True)
    assert store.link == link


def test_a_welcome_names_everybody_and_forgets_old_marks() -> None:
    store = store_of(CONV)
    store.apply(TypingChanged(C1, CUSTOMER, on=True), NOW)
    store.apply(ContactChanged(101, contact()), NOW)
    store.apply(welcomed(101, resumed=True, labels=(safe("vip"),)), NOW)
    assert (store.me, store.labels, set(store.agents)) == (ME, ("vip",), {ME, BEN_ID})
    assert store.presence.typing_in(C1) == ()
    assert store.contact_of(CONV) is not None
    store.apply(welcomed(200), NOW)
    assert store.contact_of(CONV) is None


def test_names_are_those_the_desk_gave_and_ids_otherwise() -> None:
    store = store_of(CONV)
    assert store.agent_name(BEN_ID) == "Ben Keller"
    assert store.agent_name(AgentId("zoe")) == "zoe"
    assert store.agent_name(None) == NO_TEXT


def test_marks_fall_away_with_time() -> None:
    store = store_of(CONV)
    store.apply(TypingChanged(C1, CUSTOMER, on=True), NOW)
    change = store.apply(ViewingChanged(BEN_ID, C1), NOW)
    assert change.people
    assert change.conversations == {C1}
    assert store.tick(NOW) == NOTHING
    assert store.tick(NOW + TYPING_LASTS) == row(C1) | thread(C1)


# ── threads ─────────────────────────────────────────────────────────────────────────────


def test_a_page_brings_messages_and_contact() -> None:
    store = store_of(CONV)
    store.threads.opened(C1).loading = True
    page = HistoryLoaded(C1, None, (message(90),), more=True, contact=contact())
    change = store.apply(page, NOW)
    assert change == Change(threads=frozenset({C1}), contacts=frozenset({contact().id}))
    assert store.contact_of(CONV) == contact()


def test_a_page_that_failed_says_why() -> None:
    store = store_of(CONV)
    assert store.apply(HistoryFailed(C1, None, safe("no")), NOW).threads == {C1}
    state = store.threads.get(C1)
    assert state is not None
    assert state.problem == "no"


def test_a_resumed_link_leaves_threads_whole_and_a_snapshot_doubts_them() -> None:
    store = store_of(CONV)
    opened(store, 90)
    state = store.threads.get(C1)
    assert state is not None
    store.apply(welcomed(100, resumed=True), NOW)
    assert (state.loaded, state.stale) == (True, False)
    store.apply(welcomed(200), NOW)
    assert (state.loaded, state.stale) == (True, True)
    store.apply(welcomed(5, epoch="e2"), NOW)
    assert (state.loaded, state.messages) == (False, [])


# ── what we asked for ───────────────────────────────────────────────────────────────────


def test_what_is_asked_for_shows_at_once_and_confirming_it_changes_nothing() -> None:
    store = store_of(CONV)
    change = store.propose(resolve(), NOW)
    assert C1 in change.conversations
    before = shown(store)
    assert (before.status, before.ver) == (Status.RESOLVED, 5)
    assert store.base(C1) == CONV
    store.take_due(NOW)
    store.apply(Acked(OP, C1, 101), NOW)
    assert shown(store) == before
    store.apply(did(101, before, by=ANA, op_id=OP), NOW)
    assert shown(store) == before == store.base(C1)
    assert len(store.outbox) == 0


def test_an_op_that_changed_nothing_leaves_with_its_answer() -> None:
    store = store_of(CONV)
    sending(store, Label(id=OP, conversation=C1, add=(safe("vip"),)))
    store.apply(Acked(OP, C1, 0), NOW)
    assert len(store.outbox) == 0
    assert shown(store) == CONV


def test_words_show_in_the_thread_once_from_asking_to_the_end() -> None:
    store = store_of(CONV)
    opened(store, 90)
    sending(store, reply())
    event = replace(wrote(101, replace(CONV, seq=101), "hello", by=ANA), op_id=OP)
    event = replace(event, message=replace(event.message, op_id=OP))
    store.apply(event, NOW)
    assert OP not in store.outbox
    state = store.threads.get(C1)
    assert state is not None
    assert [m.op_id for m in state.messages] == [None, OP]


def test_taking_back_what_has_not_left_leaves_no_trace() -> None:
    store = store_of(CONV)
    store.propose(reply(), NOW, hold=3)
    pending, change = store.withdraw(OP)
    assert pending is not None
    assert C1 in change.conversations
    assert shown(store) == CONV
    assert store.withdraw(OP) == (None, NOTHING)


def test_what_is_under_way_cannot_be_taken_back() -> None:
    store = store_of(CONV)
    sending(store, reply())
    assert store.withdraw(OP) == (None, NOTHING)
    store.apply(Unsent(OP, C1), NOW)
    assert store.withdraw(OP) == (None, NOTHING)


def test_what_got_no_answer_goes_again_with_the_same_id_but_not_in_a_busy_loop() -> None:
    """The backend may know of a broken line before the store does."""
    store = store_of(CONV)
    sending(store, reply())
    store.apply(Unsent(OP, C1), NOW)
    assert store.take_due(NOW)[0] == []
    assert store.take_due(NOW + AGAIN_AFTER)[0] == [reply()]


def test_a_conflict_shows_the_conversation_as_it_is() -> None:
    store = store_of(CONV)
    sending(store, resolve())
    current = replace(CONV, ver=5, seq=95, assignee=BEN_ID)
    no = Rejected(OP, C1, Refusal.CONFLICT, safe("changed"), BEN_ID, current)
    change = store.apply(no, NOW)
    assert shown(store) == current
    (news,) = change.news
    assert isinstance(news, Refused)
    assert (news.pending.op, news.rejected, news.behind) == (resolve(), no, 0)


def test_the_first_answer_to_a_repeated_op_is_too_old_to_be_believed() -> None:
    """It may be from before a snapshot, even from another epoch with higher numbers."""
    store = store_of(CONV)
    sending(store, resolve())
    store.apply(Unsent(OP, C1), NOW)
    store.apply(welcomed(7, epoch="e2"), NOW)
    fresh = replace(CONV, ver=6, seq=6)
    store.apply(SnapshotPart(1, 1, (fresh,), 7), NOW)
    store.take_due(at(1))
    old = replace(CONV, ver=5, seq=1000)
    store.apply(Rejected(OP, C1, Refusal.CONFLICT, current=old), NOW)
    assert shown(store) == fresh


def test_a_refusal_does_not_bring_back_a_conversation_that_is_gone() -> None:
    store = store_of(CONV)
    sending(store, resolve())
    store.apply(welcomed(200), NOW)
    store.apply(SnapshotPart(1, 1, (), 200), NOW)
    store.apply(Rejected(OP, C1, Refusal.CONFLICT, current=CONV), NOW)
    assert C1 not in store


def test_a_refused_change_names_what_fell_with_it() -> None:
    store = store_of(CONV)
    label = Label(id=OpId("op-3"), conversation=C1, add=(safe("vip"),))
    sending(store, resolve(), resolve("op-2", 5), label, reply("op-4"))
    change = store.apply(Rejected(OP, C1, Refusal.CONFLICT), NOW)
    (news,) = change.news
    assert isinstance(news, Refused)
    assert (news.behind, news.dropped) == (3, ("op-2", "op-3"))
    assert [(p.op.id, p.state) for p in store.outbox] == [("op-4", SendState.HELD)]
    assert shown(store) == CONV


def test_a_refusal_of_something_unknown_is_no_news() -> None:
    store = store_of(CONV)
    assert store.apply(Rejected(OP, C1, Refusal.OTHER), NOW).news == ()


def test_a_desk_that_asks_for_patience_gets_it() -> None:
    store = store_of(CONV)
    sending(store, resolve())
    no = Rejected(OP, C1, Refusal.RATE_LIMITED, safe("too many"), retry_after=30)
    assert store.apply(no, NOW).news == ()
    assert store.take_due(at(0.49))[0] == []
    assert store.outbox.next_due() == at(0.5)
    (pending,) = store.outbox
    assert (pending.state, pending.problem) == (SendState.RETRY, "too many")
    assert store.take_due(at(0.5))[0] == [resolve()]


# ── news ────────────────────────────────────────────────────────────────────────────────

MINE = replace(CONV, assignee=ME)
BENS = replace(CONV, assignee=BEN_ID, ver=5, seq=101)


@pytest.mark.parametrize("op_id", [None, OpId("bens-own-command")])
def test_a_colleague_who_takes_what_was_mine_is_news(op_id: OpId | None) -> None:
    """Also by a command of hers: `cmd_id` names whoever's command it was, not only mine."""
    store = store_of(MINE)
    change = store.apply(did(101, BENS, by=BEN, op_id=op_id), NOW)
    assert change.news == (TakenOver(C1, BEN_ID, BEN_ID),)


def test_giving_away_what_was_mine_myself_is_no_news() -> None:
    store = store_of(MINE)
    sending(store, Assign(id=OP, conversation=C1, base_ver=4, agent=BEN_ID))
    assert store.apply(did(101, BENS, by=None, op_id=OP), NOW).news == ()
    other_console = store_of(MINE)
    assert other_console.apply(did(101, BENS, by=ANA, op_id=OP), NOW).news == ()


def test_what_nobody_owned_or_somebody_else_is_not_taken_over() -> None:
    store = store_of(CONV)
    assert store.apply(did(101, BENS, by=BEN), NOW).news == ()


def test_waking_by_itself_is_news_and_being_woken_is_not() -> None:
    asleep = replace(CONV, status=Status.SNOOZED, snooze=Snooze(at(1)))
    awake = replace(CONV, ver=5, seq=101)
    assert store_of(asleep).apply(did(101, awake), NOW).news == (Woke(C1),)
    assert store_of(asleep).apply(did(101, awake, op_id=OpId("x")), NOW).news == ()


def test_it_is_remembered_who_else_changed_something_and_when() -> None:
    store = store_of(CONV)
    assert store.changed_by(C1) == (NO_TEXT, None)
    event = did(101, BENS, by=BEN)
    assert event.message is not None
    store.apply(event, NOW)
    assert store.changed_by(C1) == ("Ben Keller", event.message.at)
    own = ConversationChanged(102, replace(BENS, ver=6, seq=102), activity(102, by=ANA), OP)
    store.apply(own, NOW)
    assert store.changed_by(C1)[0] == "Ben Keller"


def test_after_a_snapshot_nobody_is_named_who_may_not_have_been_the_last() -> None:
    store = store_of(CONV)
    store.apply(did(101, BENS, by=BEN), NOW)
    store.apply(welcomed(200), NOW)
    store.apply(SnapshotPart(1, 1, (replace(BENS, ver=9),), 200), NOW)
    assert store.changed_by(C1) == (NO_TEXT, None)


def test_changes_add_up() -> None:
    one = Change(frozenset({C1}), news=(Woke(C1),))
    two = Change(threads=frozenset({C2}), link=True)
    assert one | two == Change(frozenset({C1}), frozenset({C2}), link=True, news=(Woke(C1),))
    assert not NOTHING
    assert not (NOTHING | NOTHING)
    for change in (one, two, Change(people=True), Change(everything=True),
                   Change(contacts=frozenset({contact().id}))):  # fmt: skip
        assert change


# ── another stream ──────────────────────────────────────────────────────────────────────


def begin_anew(store: Store, seq: int = 5, **fields: Any) -> Change:
    """The desk comes back with another stream, whose numbers are lower."""
    store.apply(welcomed(seq, epoch="e2"), NOW)
    fresh = replace(CONV, seq=3, **fields)
    return store.apply(SnapshotPart(1, 1, (fresh,), seq), NOW)


def test_an_answer_that_tells_of_an_older_stream_pins_nothing() -> None:
    store = store_of(CONV)
    sending(store, resolve())
    store.apply(Unsent(OP, C1), NOW)
    begin_anew(store, ver=5, status=Status.RESOLVED)
    store.take_due(at(1))
    store.apply(Acked(OP, C1, 901), NOW)
    assert len(store.outbox) == 0
    store.apply(wrote(6, replace(CONV, ver=6, seq=6)), NOW)
    assert shown(store).status is Status.OPEN


def test_words_whose_event_cannot_be_known_stay_until_a_page_has_them() -> None:
    store = store_of(CONV)
    sending(store, reply())
    store.apply(Unsent(OP, C1), NOW)
    begin_anew(store)
    opened(store, 3)
    store.take_due(at(1))
    store.apply(Acked(OP, C1, 901), NOW)
    thread_ = store.threads.get(C1)
    assert thread_ is not None and thread_.stale
    assert OP in store.outbox
    page = (message(3), message(4, by=ANA, op_id=OP))
    store.apply(HistoryLoaded(C1, None, page, more=False), NOW)
    assert len(store.outbox) == 0


def test_an_answer_of_this_stream_waits_for_its_event() -> None:
    store = store_of(CONV)
    sending(store, resolve())
    store.apply(Acked(OP, C1, 101), NOW)
    assert shown(store).status is Status.RESOLVED
    assert OP in store.outbox


def test_a_reply_that_has_not_left_does_not_go_into_another_stream() -> None:
    store = store_of(CONV)
    store.apply(LinkChanged(Link.OFFLINE, NOW), NOW)
    store.propose(reply(), NOW, hold=10)
    store.propose(resolve("op-2"), NOW)
    change = begin_anew(store)
    (news,) = change.news
    assert isinstance(news, Refused)
    assert (news.pending.op.id, news.dropped) == (OP, (OpId("op-2"),))
    assert news.rejected.refusal is Refusal.STALE and news.rejected.detail
    pending = store.outbox.get(OP)
    assert pending is not None and pending.state is SendState.HELD
    assert store.take_due(at(5))[0] == []
    assert shown(store).status is Status.OPEN


def test_a_reply_that_the_desk_may_have_is_asked_again_in_another_stream() -> None:
    store = store_of(CONV)
    sending(store, reply())
    store.apply(Unsent(OP, C1), NOW)
    assert begin_anew(store).news == ()
    assert [op.id for op in store.take_due(at(1))[0]] == [OP]


def test_a_reply_that_turns_out_not_to_have_left_is_held_too() -> None:
    store = store_of(CONV)
    sending(store, reply())
    assert begin_anew(store).news == ()
    (news,) = store.apply(Unsent(OP, C1, sent=False), NOW).news
    assert isinstance(news, Refused)
    assert store.take_due(at(5))[0] == []


def test_notes_and_later_replies_go_into_another_stream() -> None:
    store = store_of(CONV)
    store.propose(Note(id=OpId("note"), conversation=C1, text=safe("look")), NOW)
    assert begin_anew(store).news == ()
    store.propose(Send(id=OP, conversation=C1, text=safe("hello"), seen_seq=3), NOW)
    first, _change = store.take_due(NOW)
    store.apply(Acked(first[0].id, C1, 0), NOW)
    then, _change = store.take_due(NOW)
    assert [op.id for op in (*first, *then)] == ["note", OP]


def test_a_read_mark_of_another_stream_is_dropped() -> None:
    store = store_of(replace(CONV, unread=2))
    store.propose(MarkRead(id=OP, conversation=C1, seq=90), NOW)
    assert begin_anew(store, unread=2).news == ()
    assert len(store.outbox) == 0
    assert shown(store).unread == 2


def test_a_resync_of_the_same_stream_holds_nothing() -> None:
    store = store_of(CONV)
    store.propose(reply(), NOW)
    store.apply(welcomed(120), NOW)
    assert store.apply(SnapshotPart(1, 1, (CONV,), 120), NOW).news == ()
    assert [op.id for op in store.take_due(NOW)[0]] == [OP]


# ── what overtakes ──────────────────────────────────────────────────────────────────────


def reports(store: Store) -> list[tuple[Delivery | None, str]]:
    """What is known of the delivery of the messages of the first conversation."""
    thread_ = store.threads.get(C1)
    assert thread_ is not None
    return [(one.delivery, one.failure) for one in thread_.messages]


def test_an_older_page_takes_nothing_back() -> None:
    """A page made at 100 that comes behind what happened at 101: the newer facts stay."""
    store = store_of(CONV)
    store.threads.opened(C1).loading = True
    failed = DeliveryChanged(101, C1, MessageId("m-90"), Delivery.FAILED, safe("no such number"))
    store.apply(failed, NOW)
    store.apply(ContactChanged(102, contact(city="Denver")), NOW)
    sent = message(90, by=ANA, delivery=Delivery.SENT)
    old = contact(city="Boulder")
    store.apply(HistoryLoaded(C1, None, (sent,), False, old, at_seq=100), NOW)
    assert reports(store) == [(Delivery.FAILED, "no such number")]
    assert store.contacts[old.id].city == "Denver"
    read = replace(sent, delivery=Delivery.READ)
    new = contact(city="Aspen")
    store.apply(HistoryLoaded(C1, None, (read,), False, new, at_seq=103), NOW)
    assert reports(store) == [(Delivery.READ, "")]
    assert store.contacts[old.id].city == "Aspen"


def test_a_line_is_down_since_it_was_up_last() -> None:
    store = store_of(CONV)
    for minute, link in enumerate((Link.OFFLINE, Link.CATCHING_UP, Link.OFFLINE, Link.CONNECTING)):
        store.apply(LinkChanged(link, at(minute + 1)), NOW)
        assert (store.link.link, store.link.since) == (link, at(1))
    store.apply(LinkChanged(Link.LIVE, at(9)), NOW)
    assert store.link.since == at(9)
    store.apply(LinkChanged(Link.OFFLINE, at(10)), NOW)
    assert store.link.since == at(10)


def test_many_changes_become_one() -> None:
    """The same as one after the other; of eight thousand, at once."""
    news = (Woke(C1),)
    some = [row(C1), thread(C2), NOTHING, Change(link=True), Change(news=news), row(C2)]
    one = NOTHING
    for change in some:
        one |= change
    assert merged(some) == one == Change(frozenset({C1, C2}), frozenset({C2}), link=True, news=news)
    assert merged(()) == NOTHING
    many = merged(row(conv_id(n)) for n in range(8_000))
    assert len(many.conversations) == 8_000
