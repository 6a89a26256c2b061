"""The agent's seat: her verbs, her drafts, and taking things back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC
from itertools import count

import pytest
from builders import (
    ANA,
    BEN,
    CAPABILITIES,
    ME,
    NOW,
    Numbered,
    at,
    conv_id,
    conversation,
    did,
    message,
    safe,
    store_of,
    welcomed,
    wrote,
)
from hypothesis import given
from hypothesis import strategies as st
from reference_desk import ReferenceDesk

from agent_tui.change import NOTHING, Change
from agent_tui.clock import ManualClock
from agent_tui.desk import UNDO_DEPTH, CannotDo, Desk
from agent_tui.events import (
    Acked,
    Event,
    HistoryLoaded,
    Link,
    LinkChanged,
    MessageReceived,
    Refusal,
    Rejected,
    SnapshotPart,
    Unsent,
)
from agent_tui.model import (
    AgentId,
    Channel,
    Conversation,
    ConversationId,
    OpId,
    Priority,
    Snooze,
    Status,
    TeamId,
)
from agent_tui.ops import AnyOp, Assign, Label, MarkRead, Note, Reopen, Send, Signal, ViewingSignal
from agent_tui.shown import NO_WORDS, Mode, SendState, Words
from agent_tui.store import Store

C1, C2 = conv_id(1), conv_id(2)
BEN_ID = AgentId("ben")
CONV = conversation(1, ver=4, seq=90, labels=(safe("refund"),))


@dataclass
class FakeLine:
    """Sends what is due while the link is live, and notes what it was asked."""

    store: Store
    clock: ManualClock
    sent: list[AnyOp] = field(default_factory=list)
    pages: list[tuple[ConversationId, int | None]] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)

    keeps = False

    def pump(self) -> Change:
        if self.store.link.link is not Link.LIVE:
            return NOTHING
        due, change = self.store.take_due(self.clock.now())
        self.sent += due
        return change

    def ask_history(self, conversation: ConversationId, before: int | None) -> None:
        self.pages.append((conversation, before))

    def signal(self, signal: Signal) -> None:
        self.signals.append(signal)


class Seat:
    """A desk with everything around it held still."""

    def __init__(self, *conversations: Conversation) -> None:
        self.store = store_of(*conversations)
        self.clock = ManualClock(NOW)
        self.line = FakeLine(self.store, self.clock)
        self.desk = Desk(self.store, self.line, self.clock, Numbered(), UTC)
        if conversations:
            self.desk.selected = conversations[0].id
        self._seq = count(101)
        self.follow(Change(everything=True))

    def follow(self, change: Change) -> None:
        self.desk.follow(change)

    def hear(self, event: Event) -> None:
        self.follow(self.store.apply(event, self.clock.now()))

    def offline(self) -> None:
        self.hear(LinkChanged(Link.OFFLINE, NOW))

    @property
    def shown(self) -> Conversation:
        value = self.store.get(C1)
        assert value is not None
        return value

    def confirm(self, op: AnyOp | None = None) -> None:
        """The desk did the newest command: its answer and its event come."""
        op = op or self.line.sent[-1]
        seq, after = next(self._seq), replace(self.shown, seq=0)
        after = replace(after, seq=seq)
        self.hear(Acked(op.id, op.conversation, seq))
        if isinstance(op, Send | Note):
            line = message(seq, text=op.text, by=ANA, op_id=op.id)
            self.hear(MessageReceived(seq, after, line, op.id))
        else:
            self.hear(did(seq, after, by=ANA, op_id=op.id))
        assert op.id not in self.store.outbox

    def ben(self, **fields: object) -> None:
        """Ben changes something."""
        seq, base = next(self._seq), self.store.base(C1)
        assert base is not None
        after = replace(base, seq=seq, ver=base.ver + 1, **fields)  # type: ignore[arg-type]
        self.hear(did(seq, after, by=BEN, op_id=OpId("bens")))


@pytest.fixture
def seat() -> Seat:
    return Seat(CONV, conversation(2))


def refused(seat: Seat, act: Callable[[], object]) -> str:
    with pytest.raises(CannotDo) as reason:
        act()
    assert str(reason.value)
    return str(reason.value)


# ── looking ─────────────────────────────────────────────────────────────────────────────


def test_views_follow_the_store_change_by_change(seat: Seat) -> None:
    desk = seat.desk
    assert (len(desk.view), len(desk.views["unassigned"])) == (0, 2)
    desk.take()
    assert desk.follow(desk.take_changes()) >= {"mine", "unassigned"}
    assert desk.view.id_at(0) == C1
    assert desk.take_changes() == NOTHING
    assert desk.follow(NOTHING) == set()


def test_without_a_selected_conversation_nothing_can_be_done() -> None:
    seat = Seat()
    for act in (seat.desk.take, seat.desk.resolve, seat.desk.reopen, seat.desk.toggle_unread):
        assert "selected" in refused(seat, act)
    assert seat.desk.conversation is None


def test_opening_a_thread_asks_for_its_newest_page_once(seat: Seat) -> None:
    seat.desk.open_thread(C1)
    seat.desk.open_thread(C1)
    assert seat.line.pages == [(C1, None)]
    assert seat.desk.take_changes().threads == {C1}
    seat.hear(HistoryLoaded(C1, None, (message(90),), more=True))
    seat.desk.open_thread(C1)
    assert len(seat.line.pages) == 1
    seat.hear(welcomed(100))
    seat.desk.open_thread(C1)
    assert len(seat.line.pages) == 2


def test_older_pages_are_asked_for_while_there_are_any(seat: Seat) -> None:
    seat.desk.older(C1, 90)
    assert seat.line.pages == []
    seat.desk.open_thread(C1)
    seat.hear(HistoryLoaded(C1, None, (message(90),), more=True))
    seat.desk.older(C1, 90)
    seat.desk.older(C1, 90)
    assert seat.line.pages == [(C1, None), (C1, 90)]
    seat.hear(HistoryLoaded(C1, 90, (message(80),), more=False))
    seat.desk.older(C1, 80)
    assert len(seat.line.pages) == 2


# ── changing ────────────────────────────────────────────────────────────────────────────


def test_each_verb_shows_at_once_and_compares_with_what_was_shown(seat: Seat) -> None:
    desk = seat.desk
    desk.take()
    desk.prioritise(Priority.HIGH)
    desk.snooze(at(60))
    desk.assign_team(TeamId("returns"))
    shown = seat.shown
    assert (shown.assignee, shown.priority, shown.team) == (ME, Priority.HIGH, "returns")
    assert (shown.status, shown.snooze) == (Status.SNOOZED, Snooze(at(60)))
    asked = [p.op for p in seat.store.outbox]
    assert [getattr(op, "base_ver", None) for op in asked] == [4, 5, 6, 7]
    assert len({op.id for op in asked}) == 4
    assert seat.line.sent == asked[:1]


MINE = replace(CONV, assignee=ME)
RESOLVED = replace(CONV, status=Status.RESOLVED)


@pytest.mark.parametrize(
    ("conv", "act"),
    [
        (MINE, lambda d: d.take()),
        (MINE, lambda d: d.assign(ME)),
        (CONV, lambda d: d.assign(None)),
        (RESOLVED, lambda d: d.resolve()),
        (CONV, lambda d: d.reopen()),
        (CONV, lambda d: d.prioritise(Priority.NONE)),
        (CONV, lambda d: d.snooze(NOW)),
    ],
)
def test_what_would_change_nothing_is_refused_in_words(
    conv: Conversation, act: Callable[[Desk], None]
) -> None:
    seat = Seat(conv)
    refused(seat, lambda: act(seat.desk))
    assert len(seat.store.outbox) == 0
    assert not seat.desk.can_undo


VERBS: dict[str, Callable[[Desk], None]] = {
    "assign": lambda d: d.assign(BEN_ID),
    "team": lambda d: d.assign_team(None),
    "snooze": lambda d: d.snooze(None),
    "resolve": lambda d: d.resolve(),
    "priority": lambda d: d.prioritise(Priority.HIGH),
    "label": lambda d: d.label((safe("vip"),), ()),
    "read": lambda d: d.toggle_unread(),
    "send": lambda d: d.send(C1, "hi", Mode.REPLY),
    "note": lambda d: d.send(C1, "hi", Mode.NOTE),
}


@pytest.mark.parametrize("capability", VERBS)
def test_a_desk_that_cannot_is_not_asked(capability: str) -> None:
    seat = Seat(CONV)
    seat.hear(welcomed(100, resumed=True, capabilities=CAPABILITIES - {capability}))
    assert "cannot" in refused(seat, lambda: VERBS[capability](seat.desk))
    assert len(seat.store.outbox) == 0


def test_reading_marks_read_once_and_is_not_for_undo() -> None:
    seat = Seat(replace(CONV, unread=2))
    seat.desk.mark_read(C1, 90)
    seat.desk.mark_read(C1, 90)
    assert [type(p.op) for p in seat.store.outbox] == [MarkRead]
    assert seat.shown.unread == 0
    assert not seat.desk.can_undo


def test_the_read_mark_goes_both_ways(seat: Seat) -> None:
    seat.desk.toggle_unread()
    assert seat.shown.unread == 1
    seat.desk.toggle_unread()
    assert seat.shown.unread == 0


# ── writing ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("channel", "seconds"), [(Channel.WEBCHAT, 3), (Channel.SMS, 8), (Channel.EMAIL, 15)]
)
def test_a_reply_is_held_for_its_channel_s_undo_time(channel: Channel, seconds: float) -> None:
    seat = Seat(replace(CONV, channel=channel))
    seat.desk.send(C1, "Hello\n", Mode.REPLY)
    (pending,) = seat.store.outbox
    assert (pending.state, pending.leaves_at) == (SendState.HOLDING, at(seconds / 60))
    assert isinstance(pending.op, Send)
    assert (pending.op.text, pending.op.seen_seq) == ("Hello", 90)
    seat.clock.advance(seconds - 0.1)
    seat.line.pump()
    assert seat.line.sent == []
    seat.clock.advance(0.1)
    seat.line.pump()
    assert seat.line.sent == [pending.op]


def test_a_held_reply_can_be_sent_now(seat: Seat) -> None:
    assert not seat.desk.send_now(C1)
    seat.desk.send(C1, "Hello", Mode.REPLY)
    assert seat.desk.send_now(C1)
    assert [type(op) for op in seat.line.sent] == [Send]
    assert not seat.desk.send_now(C1)


def test_a_note_leaves_at_once(seat: Seat) -> None:
    seat.desk.send(C1, "psst", Mode.NOTE)
    assert [type(op) for op in seat.line.sent] == [Note]


def test_nothing_but_white_space_is_not_sent(seat: Seat) -> None:
    for mode in Mode:
        refused(seat, lambda mode=mode: seat.desk.send(C1, " \n ", mode))  # type: ignore[misc]
    assert len(seat.store.outbox) == 0


def test_a_closed_window_is_said_before_the_desk_has_to() -> None:
    seat = Seat(replace(CONV, channel=Channel.WHATSAPP, window_closes_at=NOW))
    words = refused(seat, lambda: seat.desk.send(C1, "hi", Mode.REPLY))
    assert "WhatsApp" in words
    assert "Noah Brown" in words
    seat.desk.send(C1, "note all the same", Mode.NOTE)


def test_words_for_a_conversation_that_is_gone_are_kept(seat: Seat) -> None:
    gone = conv_id(99)
    seat.desk.keep_draft(gone, Mode.REPLY, Words("hello"))
    refused(seat, lambda: seat.desk.send(gone, "hello", Mode.REPLY))
    assert seat.desk.draft(gone, Mode.REPLY).text == "hello"


def test_drafts_belong_to_a_conversation_and_a_mode(seat: Seat) -> None:
    desk = seat.desk
    desk.keep_draft(C1, Mode.REPLY, Words("to Noah"))
    desk.keep_draft(C1, Mode.NOTE, Words("about Noah"))
    assert desk.take_changes().conversations == {C1}
    assert desk.draft(C1, Mode.REPLY).text == "to Noah"
    assert desk.draft(C1, Mode.NOTE).text == "about Noah"
    assert desk.draft(C2, Mode.REPLY) == NO_WORDS
    assert (desk.has_draft(C1), desk.has_draft(C2)) == (True, False)
    desk.send(C1, "to Noah", Mode.REPLY)
    assert desk.draft(C1, Mode.REPLY) == NO_WORDS
    assert desk.draft(C1, Mode.NOTE).text == "about Noah"
    desk.keep_draft(C1, Mode.NOTE, Words("  "))
    assert not desk.has_draft(C1)


def test_signals_are_passed_on(seat: Seat) -> None:
    seat.desk.signal(ViewingSignal(C1))
    assert seat.line.signals == [ViewingSignal(C1)]


# ── taking back ─────────────────────────────────────────────────────────────────────────


def test_there_is_nothing_to_undo_at_first(seat: Seat) -> None:
    assert not seat.desk.can_undo
    refused(seat, seat.desk.undo)


@pytest.mark.parametrize("mode", Mode)
def test_a_reply_that_has_not_left_is_taken_back_with_its_words(seat: Seat, mode: Mode) -> None:
    if mode is Mode.NOTE:
        seat.offline()
    before = seat.shown
    seat.desk.send(C1, "Hello Noah,\nsorry.", mode)
    undone = seat.desk.undo()
    assert (undone.conversation, undone.text, undone.mode) == (C1, "Hello Noah,\nsorry.", mode)
    assert seat.shown == before
    assert len(seat.store.outbox) == 0
    seat.clock.advance(60)
    seat.line.pump()
    assert seat.line.sent == []


def test_a_reply_that_has_left_is_not_taken_back(seat: Seat) -> None:
    seat.desk.send(C1, "Hello", Mode.REPLY)
    seat.desk.send_now(C1)
    assert "left already" in refused(seat, seat.desk.undo)
    assert len(seat.store.outbox) == 1


def test_a_reply_that_may_have_left_is_not_said_to_be_taken_back(seat: Seat) -> None:
    """The line broke before the answer: the customer may be reading it."""
    seat.desk.send(C1, "Hello", Mode.REPLY)
    seat.desk.send_now(C1)
    seat.offline()
    seat.hear(Unsent(seat.line.sent[0].id, C1))
    assert "left already" in refused(seat, seat.desk.undo)
    assert len(seat.store.outbox) == 1


def test_a_change_that_has_not_left_just_goes_away(seat: Seat) -> None:
    seat.offline()
    seat.desk.take()
    assert seat.desk.undo().text is None
    assert seat.shown == CONV
    assert len(seat.store.outbox) == 0


def test_an_acknowledged_change_is_taken_back_by_its_inverse(seat: Seat) -> None:
    seat.desk.take()
    seat.confirm()
    seat.desk.undo()
    op = seat.line.sent[-1]
    assert isinstance(op, Assign)
    assert (op.agent, op.base_ver) == (None, 5)
    assert op.id != seat.line.sent[0].id
    assert (seat.shown.assignee, seat.shown.ver) == (None, 6)


def test_a_change_under_way_is_taken_back_behind_it(seat: Seat) -> None:
    seat.desk.resolve()
    seat.desk.undo()
    queue = [p.op for p in seat.store.outbox.of(C1)]
    assert isinstance(queue[1], Reopen)
    assert queue[1].base_ver == 5
    assert seat.line.sent == queue[:1]
    seat.confirm()
    seat.line.pump()
    assert seat.line.sent == queue


def test_undo_is_refused_when_somebody_else_changed_it_since(seat: Seat) -> None:
    seat.desk.take()
    seat.confirm()
    seat.ben(assignee=BEN_ID)
    words = refused(seat, seat.desk.undo)
    assert "Ben Keller" in words
    assert "08:01" in words
    assert "Noah Brown" in words
    assert len(seat.line.sent) == 1
    assert seat.shown.assignee == BEN_ID


def test_undo_is_refused_when_the_conversation_is_gone(seat: Seat) -> None:
    seat.desk.take()
    seat.confirm()
    seat.hear(welcomed(200))
    seat.hear(SnapshotPart(1, 1, (), 200))
    refused(seat, seat.desk.undo)


def test_a_customer_s_message_since_does_not_stand_in_the_way(seat: Seat) -> None:
    seat.desk.take()
    seat.confirm()
    seat.hear(wrote(150, replace(seat.shown, seq=150)))
    seat.desk.undo()
    assert seat.shown.assignee is None


def test_several_changes_are_taken_back_one_by_one(seat: Seat) -> None:
    """Our own undo raises the version, too, and is nobody else's change."""
    act = seat.desk
    act.take()
    seat.confirm()
    act.prioritise(Priority.URGENT)
    seat.confirm()
    act.resolve()
    seat.confirm()
    for _step in range(3):
        act.undo()
        seat.confirm()
    assert replace(seat.shown, ver=4, seq=90, waiting_since=None) == CONV
    assert not act.can_undo


def test_somebody_else_s_change_in_between_stops_at_itself(seat: Seat) -> None:
    seat.desk.take()
    seat.confirm()
    seat.ben(priority=Priority.LOW)
    seat.desk.resolve()
    seat.confirm()
    seat.desk.undo()
    seat.confirm()
    assert "Ben Keller" in refused(seat, seat.desk.undo)
    assert seat.shown.assignee == ME


def test_taking_labels_back_leaves_others_alone(seat: Seat) -> None:
    seat.desk.label((safe("vip"),), (safe("refund"),))
    seat.confirm()
    seat.ben(labels=(safe("vip"), safe("bens")))
    seat.desk.undo()
    op = seat.line.sent[-1]
    assert isinstance(op, Label)
    assert (op.add, op.remove) == (("refund",), ("vip",))
    assert set(seat.shown.labels) == {"bens", "refund"}


def test_what_was_refused_cannot_be_undone(seat: Seat) -> None:
    seat.desk.take()
    seat.hear(Rejected(seat.line.sent[0].id, C1, Refusal.CONFLICT, by=BEN_ID))
    assert not seat.desk.can_undo


def test_what_fell_with_something_refused_cannot_be_undone(seat: Seat) -> None:
    """Else undo would take a label away that somebody else has put on since."""
    seat.desk.send(C1, "Hello", Mode.REPLY)
    seat.desk.send_now(C1)
    seat.desk.label((safe("vip"),), ())
    seat.desk.resolve()
    seat.hear(Rejected(seat.line.sent[0].id, C1, Refusal.STALE))
    assert not seat.desk.can_undo
    assert [p.state for p in seat.store.outbox] == [SendState.HELD]


def test_refused_words_can_be_taken_out_of_the_thread(seat: Seat) -> None:
    seat.desk.send(C1, "Hello", Mode.REPLY)
    seat.desk.send_now(C1)
    op = seat.line.sent[0]
    assert seat.desk.take_back(op.id) is None
    seat.hear(Rejected(op.id, C1, Refusal.WINDOW_CLOSED))
    pending = seat.desk.take_back(op.id)
    assert pending is not None
    assert pending.op == op
    assert len(seat.store.outbox) == 0


def test_as_many_actions_as_promised_can_be_taken_back(seat: Seat) -> None:
    for number in range(UNDO_DEPTH + 5):
        seat.desk.label((safe(f"label {number}"),), ())
        seat.confirm()
    for _step in range(UNDO_DEPTH):
        seat.desk.undo()
        seat.confirm()
    assert not seat.desk.can_undo
    assert len(seat.shown.labels) == 6


ACTIONS: list[Callable[[Desk], None]] = [
    lambda d: d.take(),
    lambda d: d.assign(BEN_ID),
    lambda d: d.assign(None),
    lambda d: d.prioritise(Priority.URGENT),
    lambda d: d.prioritise(Priority.LOW),
    lambda d: d.snooze(at(600)),
    lambda d: d.resolve(),
    lambda d: d.reopen(),
    lambda d: d.label((safe("vip"),), ()),
    lambda d: d.label((), (safe("vip"),)),
    lambda d: d.toggle_unread(),
]


@given(
    st.lists(st.tuples(st.sampled_from(ACTIONS), st.sampled_from(["now", "later"])), max_size=8),
    st.integers(1, 8),
)
def test_undo_leads_back_through_everything_when_nobody_else_acts(
    actions: list[tuple[Callable[[Desk], None], str]], steps: int
) -> None:
    """Against a desk that compares and sets: each undo shows the state before its action, and
    the desk never refuses one; however many answers are still out."""
    truth = ReferenceDesk()
    seat = Seat(*truth.conversations.values())
    seat.store.seq = truth.seq
    before: list[Conversation] = []

    def settle() -> None:
        while True:
            seat.line.pump()
            heard = truth.seq
            sent, seat.line.sent = seat.line.sent, []
            if not sent:
                return
            for op in sent:
                answer = truth.carry_out(op)
                assert isinstance(answer, Acked)
                seat.hear(answer)
            for event in truth.after(heard):
                seat.hear(event)

    for act, when in actions:
        shown = seat.shown
        try:
            act(seat.desk)
        except CannotDo:
            continue
        before.append(shown)
        if when == "now":
            settle()
    for was in before[: -steps - 1 : -1]:
        seat.desk.undo()
        now = replace(seat.shown, ver=was.ver, seq=was.seq, labels=was.labels, unread=was.unread)
        assert now == was
        assert set(seat.shown.labels) == set(was.labels)
        settle()
        assert seat.shown.unread == was.unread
    settle()
    assert seat.shown == truth.conversations[C1]
