"""A tiny desk to hold the store against: compare and set, one sequence, each command once.

It speaks in facts, not in frames, and knows nothing of how the store keeps them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from builders import ANA, BEN, CUSTOMER, NOW, activity, conversation, message, welcomed

from agent_tui.events import (
    Acked,
    ConversationChanged,
    HistoryLoaded,
    MessageReceived,
    Refusal,
    Rejected,
    SnapshotPart,
    Welcomed,
)
from agent_tui.model import (
    AgentId,
    Author,
    Conversation,
    ConversationId,
    Message,
    MessageId,
    MessageKind,
    OpId,
    Status,
)
from agent_tui.ops import (
    AnyOp,
    Assign,
    AssignTeam,
    Label,
    MarkRead,
    MarkUnread,
    Note,
    Prioritise,
    Reopen,
    Resolve,
    Send,
    SnoozeUntil,
    StateOp,
)

HIGHEST = 1000
"""Where the first stream begins: far above any number of a later one."""
PAGE = 3
"""Messages of a history page."""

StreamEvent = MessageReceived | ConversationChanged
Answer = Acked | Rejected


@dataclass
class ReferenceDesk:
    """The truth, and the stream of what happened to it."""

    conversations: dict[ConversationId, Conversation] = field(default_factory=dict)
    threads: dict[ConversationId, list[Message]] = field(default_factory=dict)
    stream: list[StreamEvent] = field(default_factory=list)
    """Event number `first + i` stands at place i."""
    first: int = HIGHEST
    answers: dict[OpId, Answer] = field(default_factory=dict)
    done: list[OpId] = field(default_factory=list)
    """Commands that were carried out, in order."""
    made: int = 0
    epoch: int = 1

    def __post_init__(self) -> None:
        for number in range(1, 4):
            conv = conversation(number, seq=0)
            self.conversations[conv.id] = conv
            self.threads[conv.id] = []

    @property
    def seq(self) -> int:
        """The newest number given out."""
        return self.first + len(self.stream) - 1

    # What a console asks

    def carry_out(self, op: AnyOp) -> Answer:
        """Carry out a command, or refuse it; the same id gets the first answer."""
        if op.id not in self.answers:
            self.answers[op.id] = self._attempt(op)
        return self.answers[op.id]

    def page(self, conv: ConversationId, before: int | None) -> HistoryLoaded:
        """A page of a thread as it is now."""
        whole = [m for m in self.threads[conv] if before is None or m.seq < before]
        return HistoryLoaded(conv, before, tuple(whole[-PAGE:]), more=len(whole) > PAGE)

    def after(self, seq: int) -> tuple[StreamEvent, ...]:
        """The events after number `seq`."""
        return tuple(self.stream[seq + 1 - self.first :])

    def welcome(self, *, resumed: bool) -> Welcomed:
        """What a console hears first."""
        return welcomed(self.seq, resumed=resumed, epoch=f"e{self.epoch}")

    def snapshot(self) -> tuple[SnapshotPart, ...]:
        """Everything, a part for each conversation."""
        values = tuple(self.conversations.values())
        return tuple(
            SnapshotPart(place, len(values), (value,), self.seq)
            for place, value in enumerate(values, 1)
        )

    def begin_anew(self) -> None:
        """A restart that lost the stream: everything gets other, lower numbers.

        The answers are kept: one that is repeated tells of a number of the older stream.
        """
        self.epoch += 1
        number = HIGHEST // self.epoch
        for conv, thread in self.threads.items():
            for place, line in enumerate(thread):
                number += 1
                thread[place] = replace(line, seq=number)
            newest = thread[-1].seq if thread else 0
            self.conversations[conv] = replace(self.conversations[conv], seq=newest)
        self.stream, self.first = [], number + 1

    # What happens by itself

    def customer_writes(self, conv: ConversationId) -> None:
        """One more message to answer; it wakes and opens."""
        now = self.conversations[conv]
        waiting = now.waiting_since or NOW
        after = replace(now, unread=now.unread + 1, waiting_since=waiting)
        if now.status is not Status.OPEN:
            after = replace(after, status=Status.OPEN, snooze=None, ver=now.ver + 1)
        self._write(after, CUSTOMER, "please answer")

    def colleague_writes(self, conv: ConversationId) -> None:
        """Ben answers before us."""
        now = self.conversations[conv]
        self._write(replace(now, unread=0, waiting_since=None), BEN, "Ben here")

    def colleague_changes(self, conv: ConversationId, to: AgentId | None) -> None:
        """Ben gives it to somebody, by a command of his own console."""
        now = self.conversations[conv]
        self.made += 1
        op_id = OpId(f"bens-{self.made}")
        self._change(replace(now, assignee=to, ver=now.ver + 1), BEN, op_id)

    # The rules

    def _attempt(self, op: AnyOp) -> Answer:
        now = self.conversations.get(op.conversation)
        if now is None:
            return Rejected(op.id, op.conversation, Refusal.UNKNOWN_CONVERSATION)
        if isinstance(op, StateOp) and op.base_ver != now.ver:
            return Rejected(op.id, now.id, Refusal.CONFLICT, by=AgentId("ben"), current=now)
        if isinstance(op, Send) and (missed := self._missed(op)):
            return Rejected(op.id, now.id, Refusal.STALE, missed=missed)
        before = self.seq
        self._do(op, now)
        self.done.append(op.id)
        return Acked(op.id, op.conversation, 0 if self.seq == before else self.seq)

    def _missed(self, op: Send) -> tuple[Message, ...]:
        if op.seen_seq is None:
            return ()
        return tuple(
            m
            for m in self.threads[op.conversation]
            if m.seq > op.seen_seq and m.kind is MessageKind.TEXT and m.author != ANA
        )

    def _do(self, op: AnyOp, now: Conversation) -> None:
        match op:
            case Send(text=text):
                self._write(replace(now, unread=0, waiting_since=None), ANA, text, op.id)
            case Note(text=text):
                self._write(now, ANA, text, op.id, kind=MessageKind.NOTE)
            case Assign(agent=agent):
                self._state(op, replace(now, assignee=agent))
            case AssignTeam(team=team):
                self._state(op, replace(now, team=team))
            case SnoozeUntil(snooze=snooze):
                self._state(op, replace(now, status=Status.SNOOZED, snooze=snooze))
            case Resolve():
                done = replace(now, status=Status.RESOLVED, snooze=None, waiting_since=None)
                self._state(op, done)
            case Reopen():
                self._state(op, replace(now, status=Status.OPEN, snooze=None))
            case Prioritise(priority=priority):
                self._state(op, replace(now, priority=priority))
            case Label(add=add, remove=remove):
                kept = [x for x in now.labels if x not in remove and x not in add]
                if (*kept, *add) != now.labels:
                    self._change(replace(now, labels=(*kept, *add)), ANA, op.id)
            case MarkRead(seq=seq):
                unread = sum(m.seq > seq and m.author == CUSTOMER for m in self.threads[now.id])
                self._quietly(replace(now, unread=min(now.unread, unread)), op.id)
            case MarkUnread():
                self._quietly(replace(now, unread=max(1, now.unread)), op.id)

    def _state(self, op: StateOp, after: Conversation) -> None:
        self._change(replace(after, ver=after.ver + 1), ANA, op.id)

    def _quietly(self, after: Conversation, op_id: OpId) -> None:
        if after != self.conversations[after.id]:
            self.conversations[after.id] = after
            self.stream.append(ConversationChanged(self.seq + 1, after, None, op_id))

    def _change(self, after: Conversation, by: Author, op_id: OpId) -> None:
        seq = self.seq + 1
        line = activity(seq, after.id, by=by, op_id=op_id, id=self._name())
        self._keep(replace(after, seq=seq), line)
        self.stream.append(ConversationChanged(seq, self.conversations[after.id], line, op_id))

    def _write(
        self,
        after: Conversation,
        by: Author,
        text: str,
        op_id: OpId | None = None,
        kind: MessageKind = MessageKind.TEXT,
    ) -> None:
        seq = self.seq + 1
        line = message(seq, after.id, text, by, op_id=op_id, kind=kind, id=self._name())
        after = replace(after, seq=seq, last_at=line.at)
        if kind is MessageKind.TEXT:
            after = replace(after, preview=line.text, last_author=by.kind)
        self._keep(after, line)
        self.stream.append(MessageReceived(seq, after, line, op_id))

    def _keep(self, after: Conversation, line: Message) -> None:
        self.conversations[after.id] = after
        self.threads[after.id].append(line)

    def _name(self) -> MessageId:
        self.made += 1
        return MessageId(f"m-{self.made}")
