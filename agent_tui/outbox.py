"""What we have asked for and not yet heard back about, in order, one at a time per conversation.

Pure rules: no clock, no socket. The session asks what is due, hands it to the backend and tells
what came of it. An op leaves only when the desk's own account of it is here (or when the agent
takes it back): a local message disappears only when its confirmed twin is present.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from agent_tui.events import Refusal, Rejected
from agent_tui.model import NO_TEXT, Conversation, ConversationId, OpId, SafeText
from agent_tui.ops import AnyOp, MarkRead, Note, Send
from agent_tui.shown import SendState

IN_FLIGHT = 8
"""How many conversations may have a command under way at once (protocol §5.4)."""
HELD_AFTER = timedelta(minutes=10)
"""What waited longer than this for the line does not go by itself (reliability reference §2.4)."""


@dataclass(frozen=True, slots=True)
class Pending:
    """An op on its way."""

    op: AnyOp
    made_at: datetime
    """By the wall clock, to be shown and kept."""
    since: datetime
    """The same by the steady clock, to tell how long ago it was."""
    before: Conversation
    """The conversation as it was shown when the op was asked for: what undo leads back to."""
    state: SendState = SendState.QUEUED
    leaves_at: datetime | None = None
    """While holding or retrying: not before this moment of the steady clock."""
    problem: SafeText = NO_TEXT
    rejection: Rejected | None = None
    settled_at_seq: int | None = None
    """The desk has it; it leaves the outbox once the stream has reached this number."""
    folded: bool = False
    """What the desk has told us includes it; its words stay until its twin is in the thread."""
    unsure: bool = False
    """The line broke while it was under way: the desk may have it."""
    attempts: int = 0
    epoch: str = ""
    """The stream whose numbers it was asked with; once it left, the first it may have reached."""
    order: int = 0
    """Counts what was asked for, over all conversations."""
    saved: bool = False
    """It is on this machine's disk."""

    restored: bool = False
    """An earlier run of the program asked for it; what became of it then is not known for sure."""

    @property
    def left(self) -> bool:
        """The desk may have it."""
        return self.state is SendState.SENDING or self.unsure

    @property
    def waiting(self) -> bool:
        """It can still be taken back: the desk does not have it for certain, or the agent was
        asked what to do about it."""
        return self.settled_at_seq is None and (_parked(self) or not self.left)


class Outbox:
    """Ops by conversation, each conversation in the order they were asked for."""

    def __init__(self) -> None:
        self._queues: dict[ConversationId, list[Pending]] = {}
        self._homes: dict[OpId, ConversationId] = {}
        self.durable = False
        """What is asked for is put on disk, and counts as saved only when it is there."""
        self._order = 0
        self._changed: dict[OpId, None] = {}

    def __len__(self) -> int:
        return len(self._homes)

    def __contains__(self, op_id: OpId) -> bool:
        return op_id in self._homes

    def __iter__(self) -> Iterator[Pending]:
        for queue in self._queues.values():
            yield from queue

    def of(self, conversation: ConversationId) -> tuple[Pending, ...]:
        """What is on its way for `conversation`, oldest first."""
        return tuple(self._queues.get(conversation, ()))

    def home(self, op_id: OpId) -> ConversationId:
        """The conversation it is about. Raises KeyError where it is not here."""
        return self._homes[op_id]

    def get(self, op_id: OpId) -> Pending | None:
        """The pending op of that id."""
        home = self._homes.get(op_id)
        if home is None:
            return None
        return next(p for p in self._queues[home] if p.op.id == op_id)

    def add(  # noqa: PLR0913, PLR0917 - two clocks, and what is known of the op
        self,
        op: AnyOp,
        before: Conversation,
        now: datetime,
        hold: float = 0.0,
        epoch: str = "",
        steady: datetime | None = None,
    ) -> Pending:
        """Take an op in; with `hold` seconds it waits that long, so that it can be undone.

        `epoch` names the stream of which its numbers tell; `steady` is `now` by the steady clock.
        """
        saved = not self.durable
        pending = Pending(op, now, steady or now, before, epoch=epoch, saved=saved)
        if hold > 0:
            leaves = pending.since + timedelta(seconds=hold)
            pending = replace(pending, state=SendState.HOLDING, leaves_at=leaves)
        return self.restore(pending)

    def restore(self, pending: Pending) -> Pending:
        """Take in something that was asked for before, behind what is here."""
        self._order += 1
        pending = replace(pending, order=self._order)
        self._queues.setdefault(pending.op.conversation, []).append(pending)
        self._homes[pending.op.id] = pending.op.conversation
        self._changed[pending.op.id] = None
        return pending

    def take_changed(self) -> list[OpId]:
        """What became different, since last asked, of what has to be kept on disk."""
        changed, self._changed = list(self._changed), {}
        return changed

    def mark_saved(self, op_id: OpId) -> None:
        """It is on disk."""
        pending = self.get(op_id)
        if pending is not None and not pending.saved:
            queue = self._queues[pending.op.conversation]
            queue[queue.index(pending)] = replace(pending, saved=True)

    def take_due(self, now: datetime, epoch: str = "") -> list[AnyOp]:
        """The heads of the queues that go out now, marked as under way; `IN_FLIGHT` at most.

        `epoch` names the stream in which they go out.
        """
        room = IN_FLIGHT - sum(
            1 for p in self if p.state is SendState.SENDING and p.settled_at_seq is None
        )
        due: list[AnyOp] = []
        for queue in self._queues.values():
            if len(due) >= room:
                break
            head = _head(queue)
            if head is not None and _may_leave(head, now):
                first = head.epoch if head.unsure else epoch
                attempts = head.attempts + 1
                self._put(replace(head, state=SendState.SENDING, attempts=attempts, epoch=first))
                due.append(head.op)
        return due

    def next_due(self) -> datetime | None:
        """The next moment at which `take_due` has something that it has not now."""
        timed = {SendState.HOLDING, SendState.RETRY}
        times = [p.leaves_at for p in self if p.leaves_at is not None and p.state in timed]
        return min(times, default=None)

    def hurry(self, op_id: OpId, steady: datetime | None = None) -> bool:
        """Send a held message now; False when it is not held any more.

        What had waited too long for the line counts as asked for anew, at `steady`: words stand
        behind what was asked for meanwhile, which may be under way.
        """
        pending = self.get(op_id)
        if pending is None or pending.state not in {SendState.HOLDING, SendState.HELD}:
            return False
        since = steady or pending.since
        freed = replace(
            pending, state=SendState.QUEUED, leaves_at=None, since=since, problem=NO_TEXT
        )
        if pending.state is SendState.HELD and isinstance(pending.op, Send | Note):
            self.remove(op_id)
            self.restore(freed)
        else:
            self._put(freed)
        return True

    def amend(self, op_id: OpId, op: AnyOp, epoch: str) -> None:
        """Ask for it as `op`, with the numbers of stream `epoch`: what was asked before never
        left."""
        pending = self.get(op_id)
        if pending is not None and pending.waiting and not pending.left:
            self._put(replace(pending, op=op, epoch=epoch))

    def hold_old(self, steady: datetime, problem: SafeText) -> list[Pending]:
        """Hold what has waited too long for the line, and what was asked for behind it.

        What may have reached the desk already is asked again under its id, however old: only
        so can be learnt what became of it. That something was read is never held.
        """
        held: list[Pending] = []
        for queue in list(self._queues.values()):
            waiting = [p for p in queue if _can_wait(p)]
            old = next((i for i, p in enumerate(waiting) if steady - p.since > HELD_AFTER), None)
            for pending in waiting[old:] if old is not None else []:
                changed = replace(pending, state=SendState.HELD, leaves_at=None, problem=problem)
                self._put(changed)
                held.append(changed)
        return held

    def settle(self, op_id: OpId, seq: int, reached: int) -> Pending | None:
        """The desk has it, as of `seq`; it goes once the stream has `reached` that far."""
        pending = self.get(op_id)
        if pending is None:
            return None
        if reached >= seq:
            return self.remove(op_id)
        self._put(replace(pending, settled_at_seq=seq, leaves_at=None))
        return pending

    def fold(self, op_id: OpId) -> None:
        """What the desk has told us includes it, but its words are not in the thread yet."""
        pending = self.get(op_id)
        if pending is not None:
            self._put(replace(pending, settled_at_seq=0, leaves_at=None, folded=True))

    def outdated(self, epoch: str) -> list[Pending]:
        """Replies and read marks that have not left and whose numbers tell of another stream."""
        return [
            p
            for p in self
            if isinstance(p.op, Send | MarkRead)
            and p.waiting
            and p.epoch != epoch
            and not (isinstance(p.op, Send) and p.op.seen_seq is None)
            and not _parked(p)
        ]

    def reached(self, seq: int) -> list[Pending]:
        """The stream came to `seq`: what was settled up to there leaves."""
        gone = [
            p
            for p in self
            if p.settled_at_seq is not None and p.settled_at_seq <= seq and not p.folded
        ]
        for pending in gone:
            self.remove(pending.op.id)
        return gone

    def retry(
        self, op_id: OpId, at: datetime, problem: SafeText | None = None, *, unsure: bool = False
    ) -> None:
        """It goes again with the same id, not before `at`; `unsure`: the desk may have it."""
        pending = self.get(op_id)
        if pending is None or pending.settled_at_seq is not None:
            return
        self._put(
            replace(
                pending,
                state=SendState.RETRY,
                leaves_at=at,
                problem=problem or pending.problem,
                unsure=pending.unsure or unsure,
            )
        )

    def refuse(self, rejected: Rejected, problem: SafeText) -> tuple[Pending | None, list[Pending]]:
        """The desk said no: words are kept as failed or held, anything else is dropped.

        Returns the refused op and what was behind it: those were asked for on the ground that
        the first would work, so state changes are dropped with it and words are held.
        """
        pending = self.get(rejected.op_id)
        if pending is None:
            return None, []
        queue = self._queues[pending.op.conversation]
        place = next(i for i, p in enumerate(queue) if p.op.id == pending.op.id)
        behind = [p for p in queue[place + 1 :] if p.settled_at_seq is None and not p.left]
        if isinstance(pending.op, Send | Note):
            state = SendState.HELD if rejected.refusal is Refusal.STALE else SendState.FAILED
            self._put(
                replace(
                    pending,
                    state=state,
                    problem=problem,
                    rejection=rejected,
                    leaves_at=None,
                    unsure=False,
                )
            )
        else:
            self.remove(pending.op.id)
        for later in behind:
            if isinstance(later.op, Send | Note):
                self._put(replace(later, state=SendState.HELD, leaves_at=None, problem=problem))
            else:
                self.remove(later.op.id)
        return pending, behind

    def remove(self, op_id: OpId) -> Pending | None:
        """Forget an op; returns what it was."""
        home = self._homes.pop(op_id, None)
        if home is None:
            return None
        queue = self._queues[home]
        index = next(i for i, p in enumerate(queue) if p.op.id == op_id)
        pending = queue.pop(index)
        if not queue:
            del self._queues[home]
        self._changed[op_id] = None
        return pending

    def _put(self, pending: Pending) -> None:
        queue = self._queues[pending.op.conversation]
        index = next(i for i, p in enumerate(queue) if p.op.id == pending.op.id)
        queue[index] = pending
        self._changed[pending.op.id] = None


def _parked(pending: Pending) -> bool:
    """It waits for the agent; what she asks for afterwards does not wait behind it."""
    return pending.state in {SendState.HELD, SendState.FAILED}


def _head(queue: list[Pending]) -> Pending | None:
    """What is next to leave: one at a time, also where something in front of it was let go while
    it was under way."""
    on_their_way = [p for p in queue if p.settled_at_seq is None and not _parked(p)]
    if any(p.state is SendState.SENDING for p in on_their_way):
        return None
    return next(iter(on_their_way), None)


def _can_wait(pending: Pending) -> bool:
    """It waits to leave, and may be made to wait for the agent's word."""
    states = {SendState.QUEUED, SendState.RETRY, SendState.HOLDING}
    return pending.waiting and pending.state in states and not isinstance(pending.op, MarkRead)


def _may_leave(pending: Pending, now: datetime) -> bool:
    match pending.state:
        case SendState.QUEUED:
            return True
        case SendState.HOLDING | SendState.RETRY:
            return pending.leaves_at is None or pending.leaves_at <= now
        case SendState.SAVING | SendState.SENDING | SendState.HELD | SendState.FAILED:
            return False
