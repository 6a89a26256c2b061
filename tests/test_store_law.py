"""base ⊕ outbox, held against a tiny desk over a line that loses, repeats and overtakes.

Whatever happens in whatever order: what is shown is what the desk has plus what we asked for,
every change is told of, our words are seen exactly once, and when everything has been
answered, what is shown is what the desk has.
"""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import Any

from builders import BEN, ME, NOW, at, conv_id, live, safe
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from reference_desk import Answer, ReferenceDesk, StreamEvent

from agent_tui.change import Change, Refused, merged
from agent_tui.events import (
    Event,
    HistoryFailed,
    HistoryLoaded,
    Link,
    LinkChanged,
    Refusal,
    Rejected,
    Unsent,
)
from agent_tui.model import NO_TEXT, AgentId, Conversation, ConversationId, OpId, Priority, Snooze
from agent_tui.ops import (
    AnyOp,
    Assign,
    Label,
    MarkRead,
    MarkUnread,
    Note,
    Prioritise,
    Reopen,
    Resolve,
    Send,
    SnoozeUntil,
)
from agent_tui.outbox import IN_FLIGHT
from agent_tui.overlay import overlay
from agent_tui.shown import SendState
from agent_tui.store import Store
from agent_tui.views import Views

CONVERSATIONS = st.sampled_from([conv_id(n) for n in (1, 2, 3)])
AGENTS = st.sampled_from([None, ME, AgentId(BEN.id)])
WORDS = {"send", "note"}
KINDS = ("send", "note", "assign", "snooze", "resolve", "reopen", "priority", "label", "read",
         "unread")  # fmt: skip
STUCK = {SendState.HELD, SendState.FAILED}


class StoreAgainstDesk(RuleBasedStateMachine):
    """One console, one desk, and everything that can go wrong between them."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = ReferenceDesk()
        self.store = Store()
        self.views = Views()
        self.now = NOW
        self.mirror: dict[ConversationId, Conversation] = {}
        """The rows as somebody has them who looks only where a change sends her."""
        self.events: deque[StreamEvent] = deque()
        self.answers: deque[Answer | HistoryLoaded] = deque()
        self.uplink: deque[AnyOp] = deque()
        self.heard: list[StreamEvent] = []
        self.sent_up_to = 0
        self.words: dict[OpId, ConversationId] = {}
        """Words that were asked for and neither refused nor taken back."""
        self.order: dict[ConversationId, list[OpId]] = {}
        self.asked_in: dict[OpId, int] = {}
        """The desk's stream of whose numbers an op tells."""
        self.left: set[OpId] = set()
        self.number = 0
        self.alone = True
        """Nobody but us has changed anything, and nothing was fetched anew."""
        self.connect(resumed=False)
        for number in (1, 2):
            self.open_thread(conv_id(number), older=False)
            self.hear_answer()

    # The line

    def apply(self, event: Event) -> None:
        self.look(self.store.apply(event, self.now))

    def look(self, change: Change) -> None:
        """Look where the change says, and nowhere else."""
        shown = {conv.id: conv for conv in self.store.conversations()}
        if change.everything:
            self.mirror = dict(shown)
            self.views.rebuild(self.store.conversations(), self.store.me)
        for key in change.conversations:
            self.views.update(key, self.store.get(key), self.store.me)
            if key in shown:
                self.mirror[key] = shown[key]
        assert self.mirror == shown

    def hear_of(self, change: Change) -> None:
        """What was held is given back, as the screen does: no reply goes into a new stream."""
        for news in change.news:
            assert isinstance(news, Refused)
            assert news.rejected.refusal is Refusal.STALE
            assert news.pending.op.id not in self.desk.done

    def connect(self, *, resumed: bool) -> None:
        if resumed:
            self.apply(self.desk.welcome(resumed=True))
            self.events.extend(self.desk.after(self.store.seq))
        else:
            self.apply(self.desk.welcome(resumed=False))
            told = [self.store.apply(part, self.now) for part in self.desk.snapshot()]
            self.look(merged(told))
            self.hear_of(merged(told))
            assert all(p.folded for p in self.store.outbox if p.settled_at_seq is not None)
            if not any(p.settled_at_seq is None for p in self.store.outbox):
                assert {c.id: c for c in self.store.conversations()} == self.desk.conversations
        self.sent_up_to = self.desk.seq
        self.apply(live(self.now))

    def flush(self) -> None:
        """Put onto the line what the desk has told since."""
        self.events.extend(self.desk.after(self.sent_up_to))
        self.sent_up_to = self.desk.seq

    def cut(self) -> None:
        """Everything on the way is lost; whoever waits for an answer learns that none comes."""
        pages = [answer for answer in self.answers if isinstance(answer, HistoryLoaded)]
        for line in (self.events, self.answers, self.uplink):
            line.clear()
        self.apply(LinkChanged(Link.OFFLINE, self.now))
        for pending in [*self.store.outbox]:
            if pending.state is SendState.SENDING and pending.settled_at_seq is None:
                self.apply(Unsent(pending.op.id, pending.op.conversation))
        for page in pages:
            self.apply(HistoryFailed(page.conversation, page.before, NO_TEXT))

    # What the agent does

    @rule(conv=CONVERSATIONS, kind=st.sampled_from(KINDS), hold=st.booleans(), data=st.data())
    def ask(self, conv: ConversationId, kind: str, hold: bool, data: st.DataObject) -> None:
        shown = self.store.get(conv)
        assert shown is not None
        self.number += 1
        op = self._op(kind, shown, data)
        if kind in WORDS:
            self.words[op.id] = conv
        self.order.setdefault(conv, []).append(op.id)
        self.asked_in[op.id] = self.desk.epoch
        self.look(self.store.propose(op, self.now, 3.0 if hold and kind == "send" else 0.0))
        self.pump()

    def _op(self, kind: str, shown: Conversation, data: st.DataObject) -> AnyOp:
        head: dict[str, Any] = {"id": OpId(f"op-{self.number}"), "conversation": shown.id}
        state = {**head, "base_ver": shown.ver}
        match kind:
            case "send":
                return Send(text=safe(f"text {self.number}"), seen_seq=shown.seq, **head)
            case "note":
                return Note(text=safe(f"note {self.number}"), **head)
            case "assign":
                return Assign(agent=data.draw(AGENTS), **state)
            case "snooze":
                return SnoozeUntil(snooze=Snooze(at(600)), **state)
            case "resolve":
                return Resolve(**state)
            case "reopen":
                return Reopen(**state)
            case "priority":
                return Prioritise(priority=data.draw(st.sampled_from(Priority)), **state)
            case "label":
                return Label(add=(safe("vip"),), remove=(safe("new"),), **head)
            case "read":
                return MarkRead(seq=shown.seq, **head)
            case _:
                return MarkUnread(**head)

    @precondition(lambda self: bool(len(self.store.outbox)))
    @rule(which=st.integers(0, 9))
    def take_back(self, which: int) -> None:
        """Words, or what was asked for last: that is what the seat does."""
        known = [
            p.op.id
            for p in self.store.outbox
            if isinstance(p.op, Send | Note) or p == self.store.outbox.of(p.op.conversation)[-1]
        ]
        if known:
            pending, change = self.store.withdraw(known[which % len(known)])
            self.look(change)
            if pending is not None:
                self.words.pop(pending.op.id, None)
                assert pending.op.id not in self.desk.done

    @rule(seconds=st.sampled_from([1, 4, 20]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.look(self.store.tick(self.now))
        self.pump()

    def pump(self) -> None:
        if self.store.link.link is not Link.LIVE:
            return
        due, change = self.store.take_due(self.now)
        self.look(change)
        for op in due:
            first = op.id not in self.left
            assert not (isinstance(op, Send) and first) or self.asked_in[op.id] == self.desk.epoch
            self.left.add(op.id)
        self.uplink.extend(due)

    @precondition(lambda self: self.store.link.link is Link.LIVE)
    @rule(conv=CONVERSATIONS, older=st.booleans())
    def open_thread(self, conv: ConversationId, older: bool) -> None:
        thread = self.store.threads.opened(conv)
        if thread.loading:
            return
        if older and thread.loaded and not thread.stale and thread.more:
            thread.loading = True
            self.answers.append(self.desk.page(conv, thread.seqs[0]))
        elif thread.stale or not thread.loaded:
            thread.loading = True
            self.answers.append(self.desk.page(conv, None))

    # What the desk and the others do

    @precondition(lambda self: self.uplink)
    @rule(answered=st.sampled_from(["at once", "later"]))
    def serve(self, answered: str = "later") -> None:
        self.answers.append(self.desk.carry_out(self.uplink.popleft()))
        self.flush()
        if answered == "at once":
            while self.answers:
                self.hear_answer()

    @precondition(lambda self: self.uplink)
    @rule()
    def serve_later(self) -> None:
        op = self.uplink.popleft()
        self.answers.append(Rejected(op.id, op.conversation, Refusal.RATE_LIMITED, retry_after=2.0))

    @rule(conv=CONVERSATIONS, what=st.sampled_from(["customer", "ben writes", "ben changes"]),
          agent=AGENTS)  # fmt: skip
    def somebody(self, conv: ConversationId, what: str, agent: AgentId | None) -> None:
        self.alone = False
        match what:
            case "customer":
                self.desk.customer_writes(conv)
            case "ben writes":
                self.desk.colleague_writes(conv)
            case _:
                self.desk.colleague_changes(conv, agent)
        if self.store.link.link is Link.LIVE:
            self.flush()

    # What arrives

    @precondition(lambda self: self.events)
    @rule()
    def hear(self) -> None:
        event = self.events.popleft()
        self.heard.append(event)
        self.apply(event)
        pending = None if event.op_id is None else self.store.outbox.get(event.op_id)
        assert pending is None or pending.folded

    @precondition(lambda self: self.answers)
    @rule()
    def hear_answer(self) -> None:
        answer = self.answers.popleft()
        if isinstance(answer, Rejected) and answer.retry_after is None:
            assert not (self.alone and answer.refusal is Refusal.CONFLICT)
            self.words.pop(answer.op_id, None)
        self.apply(answer)
        self.pump()

    @precondition(lambda self: self.heard)
    @rule(which=st.integers(0, 50))
    def hear_again(self, which: int) -> None:
        shown = {conv.id: conv for conv in self.store.conversations()}
        threads = {key: self._thread(key) for key in shown}
        change = self.store.apply(self.heard[which % len(self.heard)], self.now)
        assert not change
        assert {conv.id: conv for conv in self.store.conversations()} == shown
        assert {key: self._thread(key) for key in shown} == threads

    @rule(how=st.sampled_from(["resume", "resume", "snapshot", "cut short", "anew"]))
    def reconnect(self, how: str) -> None:
        self.cut()
        if how == "anew":
            self.desk.begin_anew()
        if how == "cut short":
            self.apply(self.desk.welcome(resumed=False))
            for part in self.desk.snapshot()[:2]:
                self.store.apply(part, self.now)
            self.apply(LinkChanged(Link.OFFLINE, self.now))
        if how != "resume":
            self.alone = False
            self.heard.clear()
        self.connect(resumed=how == "resume")
        if how == "resume":
            self.pump()

    @rule(conv=CONVERSATIONS, kind=st.sampled_from(KINDS), data=st.data(),
          answered=st.sampled_from(["at once", "later"]),
          how=st.sampled_from(["resume", "snapshot", "anew"]))  # fmt: skip
    def break_in_the_middle(
        self, conv: ConversationId, kind: str, data: st.DataObject, answered: str, how: str
    ) -> None:
        """The line breaks when the desk has a command and we know it, or do not know it."""
        self.ask(conv, kind, hold=False, data=data)
        while self.uplink:
            self.serve(answered)
        self.reconnect(how)

    # What always holds

    def _thread(self, conv: ConversationId) -> list[OpId | None]:
        """The ops of the words in sight, as `console.presenting` puts a thread together."""
        thread = self.store.threads.get(conv)
        here = [] if thread is None else [m.op_id for m in thread.messages]
        outbox = (p.op for p in self.store.outbox.of(conv))
        own = [op.id for op in outbox if isinstance(op, Send | Note)]
        return [*here, *(op for op in own if thread is None or not thread.has_op(op))]

    @invariant()
    def what_is_shown_is_what_the_desk_has_and_what_we_asked_for(self) -> None:
        for conv in self.store.conversations():
            base = self.store.base(conv.id)
            assert base is not None
            assert conv == self.store.get(conv.id) == overlay(base, self.store.outbox.of(conv.id))

    @invariant()
    def one_in_flight_a_conversation(self) -> None:
        flying = [
            p.op.conversation
            for p in self.store.outbox
            if p.state is SendState.SENDING and p.settled_at_seq is None
        ]
        assert len(flying) == len(set(flying)) <= IN_FLIGHT

    @invariant()
    def our_words_are_seen_exactly_once(self) -> None:
        for op, conv in self.words.items():
            times = self._thread(conv).count(op)
            assert times <= 1
            thread = self.store.threads.get(conv)
            if thread is not None and thread.loaded and times == 0:
                place = next(m.seq for m in self.desk.threads[conv] if m.op_id == op)
                assert thread.more, f"{op} is out of sight"
                assert place < thread.seqs[0]

    @invariant()
    def the_desk_did_things_in_the_order_of_asking(self) -> None:
        for asked in self.order.values():
            done = [op for op in self.desk.done if op in asked]
            assert done == [op for op in asked if op in done]

    @invariant()
    def the_views_are_those_of_a_fresh_start(self) -> None:
        fresh = Views()
        fresh.rebuild(self.store.conversations(), self.store.me)
        for view_id, index in fresh.indexes.items():
            kept = self.views[view_id]
            assert [index.id_at(i) for i in range(len(index))] == [
                kept.id_at(i) for i in range(len(kept))
            ]

    def teardown(self) -> None:
        """Let everything be answered: then nothing is left of it."""
        for _round in range(200):
            self.now += timedelta(seconds=30)
            self.pump()
            while self.uplink:
                self.serve()
            if not (self.events or self.answers):
                break
            while self.events:
                self.hear()
            while self.answers:
                self.hear_answer()
            self.what_is_shown_is_what_the_desk_has_and_what_we_asked_for()
        for conv in self.desk.conversations:
            self.open_thread(conv, older=False)
        while self.answers:
            self.hear_answer()
        self._all_is_told()

    def _all_is_told(self) -> None:
        assert {p.state for p in self.store.outbox} <= STUCK
        assert {c.id: c for c in self.store.conversations()} == self.desk.conversations
        self.our_words_are_seen_exactly_once()
        for conv, truth in self.desk.threads.items():
            thread = self.store.threads.get(conv)
            assert thread is not None
            assert thread.messages == truth[len(truth) - len(thread.messages) :]


TestStoreAgainstDesk = StoreAgainstDesk.TestCase
TestStoreAgainstDesk.settings = settings(
    max_examples=120, stateful_step_count=50, deadline=None, report_multiple_bugs=False
)
