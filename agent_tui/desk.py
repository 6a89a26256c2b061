"""The agent's seat: what is selected, what is being written, and every verb of her work.

Commands, pickers and the screen act through this and through nothing else. It knows no
widget; what it cannot do it says by raising `CannotDo` with the reason in words.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Protocol, TypedDict

from agent_tui import change as changes
from agent_tui.change import NOTHING, Change, Refused
from agent_tui.channels import rules_of
from agent_tui.clock import Clock, Ids
from agent_tui.events import Link
from agent_tui.i18n import _
from agent_tui.model import (
    AgentId,
    Conversation,
    ConversationId,
    OpId,
    Priority,
    SafeText,
    Snooze,
    Status,
    TeamId,
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
    Signal,
    SnoozeUntil,
    StateOp,
    inverse,
)
from agent_tui.outbox import Pending
from agent_tui.sanitise import Field, sanitise
from agent_tui.shown import NO_WORDS, Mode, SendState, Words
from agent_tui.store import Store
from agent_tui.views import ViewIndex, Views

UNDO_DEPTH = 50
"""Actions that can be taken back, newest first (competitors reference §5.5)."""


class CannotDo(Exception):
    """The key cannot act here; the message says why, in words for the agent."""


class Line(Protocol):
    """What the seat needs of the session."""

    @property
    def keeps(self) -> bool: ...
    def pump(self) -> Change: ...
    def ask_history(self, conversation: ConversationId, before: int | None) -> None: ...
    def signal(self, signal: Signal) -> None: ...


class _StateArguments(TypedDict):
    id: OpId
    conversation: ConversationId
    base_ver: int


@dataclass(frozen=True, slots=True)
class Done:
    """An action that can be taken back."""

    op: AnyOp
    before: Conversation
    leaves: int
    """The version at which it leaves the conversation; another one is somebody else's doing."""
    step: int = 0
    """What one key did shares a number, and is taken back by one key."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What undo did."""

    conversation: ConversationId
    words: str
    """What to tell the agent."""
    text: str | None = None
    """The words of a reply or note that were taken back."""
    mode: Mode = Mode.REPLY


class Desk:
    """One agent's work on one desk."""

    def __init__(
        self, store: Store, line: Line, clock: Clock, ids: Ids, zone: tzinfo | None = None
    ) -> None:
        """Times are told in `zone`; None: the machine's."""
        self.store = store
        self._zone = zone
        self.views = Views()
        self.clock = clock
        self.view_id = "mine"
        self.selected: ConversationId | None = None
        self.drafts = store.drafts
        self.changes = NOTHING
        """What the verbs made different; taken by the screen with `take_changes`."""
        self._line = line
        self._ids = ids
        self._done: deque[Done] = deque(maxlen=UNDO_DEPTH)
        self._step = 0
        self._joined = False
        self._too_late_for: ConversationId | None = None
        """Whose text had left when undo was last asked for."""

    # Looking

    @property
    def view(self) -> ViewIndex:
        """The rows of the view that is open."""
        return self.views[self.view_id]

    @property
    def conversation(self) -> Conversation | None:
        """The selected conversation, as shown."""
        return None if self.selected is None else self.store.get(self.selected)

    def need(self, at: ConversationId | None = None) -> Conversation:
        """The conversation `at`, or else the selected one. Raises `CannotDo` where none is."""
        conversation = self.conversation if at is None else self.store.get(at)
        if conversation is None:
            raise CannotDo(_("No conversation is selected: choose one with j and k first."))
        return conversation

    def follow(self, change: Change) -> set[str]:
        """Bring the views up to date; returns the ids of those whose rows or order changed."""
        store = self.store
        self._forget_refused(change)
        if change.everything:
            self.views.rebuild(store.conversations(), store.me)
            return set(self.views.indexes)
        touched: set[str] = set()
        for key in change.conversations:
            touched |= self.views.update(key, store.get(key), store.me)
        return touched

    def take_changes(self) -> Change:
        """What changed since last asked, through this seat's own verbs."""
        change, self.changes = self.changes, NOTHING
        return change

    @property
    def keeps(self) -> bool:
        """What is unsent is on disk, and survives the end of the program."""
        return self._line.keeps and not self.store.disk_problem

    def open_thread(self, conversation: ConversationId) -> None:
        """See to it that the newest page of its thread and the contact are here or asked for."""
        thread = self.store.threads.opened(conversation)
        if (not thread.loaded or thread.stale) and not thread.loading:
            thread.loading = True
            thread.version += 1
            self._line.ask_history(conversation, None)
            self.changes |= changes.thread(conversation)

    def older(self, conversation: ConversationId, before: int) -> None:
        """Ask for the page in front of message `before`."""
        thread = self.store.threads.opened(conversation)
        if thread.more and not thread.loading:
            thread.loading = True
            thread.version += 1
            self._line.ask_history(conversation, before)
            self.changes |= changes.thread(conversation)

    # Changing: the conversation `at`, or else the selected one

    def assign(self, agent: AgentId | None, at: ConversationId | None = None) -> None:
        """Give a conversation to `agent`, or to nobody."""
        conv = self.need(at)
        self._allow("assign")
        if conv.assignee == agent:
            who = self.store.agent_name(agent) or _("nobody")
            raise CannotDo(_("It already belongs to {name}.").format(name=who))
        self._do(Assign(agent=agent, **self._state(conv)), conv)

    def take(self, at: ConversationId | None = None) -> None:
        """Assign a conversation to the agent who sits here."""
        conv = self.need(at)
        if conv.assignee == self.store.me:
            raise CannotDo(_("It is yours already."))
        self.assign(self.store.me, at)

    def assign_team(self, team: TeamId | None, at: ConversationId | None = None) -> None:
        """Give a conversation to a team, or to none."""
        conv = self.need(at)
        self._allow("team")
        self._do(AssignTeam(team=team, **self._state(conv)), conv)

    def snooze(
        self,
        until: datetime | None,
        at: ConversationId | None = None,
        *,
        keep_asleep: bool = False,
    ) -> None:
        """Put a conversation to sleep; `until` None: until the customer writes."""
        conv = self.need(at)
        self._allow("snooze")
        if until is not None and until <= self.clock.now():
            raise CannotDo(_("That moment has passed: choose a later one."))
        plan = Snooze(until, keep_asleep)
        self._do(SnoozeUntil(snooze=plan, **self._state(conv)), conv)

    def resolve(self, at: ConversationId | None = None) -> None:
        """Call a conversation done."""
        conv = self.need(at)
        self._allow("resolve")
        if conv.status is Status.RESOLVED:
            raise CannotDo(_("It is resolved already; E opens it again."))
        self._do(Resolve(**self._state(conv)), conv)

    def reopen(self, at: ConversationId | None = None) -> None:
        """Open a conversation again, or wake it."""
        conv = self.need(at)
        self._allow("reopen")
        if conv.status is Status.OPEN:
            raise CannotDo(_("It is open already."))
        self._do(Reopen(**self._state(conv)), conv)

    def prioritise(self, priority: Priority, at: ConversationId | None = None) -> None:
        """Say how much a conversation matters."""
        conv = self.need(at)
        self._allow("priority")
        if conv.priority is priority:
            raise CannotDo(_("It has that priority already."))
        self._do(Prioritise(priority=priority, **self._state(conv)), conv)

    def label(
        self,
        add: tuple[SafeText, ...],
        remove: tuple[SafeText, ...],
        at: ConversationId | None = None,
    ) -> None:
        """Add and remove labels of a conversation."""
        conv = self.need(at)
        self._allow("label")
        if add or remove:
            op = Label(id=self._ids(), conversation=conv.id, add=add, remove=remove)
            self._do(op, conv)

    def mark_read(self, conversation: ConversationId, seq: int) -> None:
        """The newest message was in sight for a second. Not part of what undo takes back."""
        conv = self.store.get(conversation)
        if conv is not None and conv.unread and "read" in self.store.capabilities:
            op = MarkRead(id=self._ids(), conversation=conversation, seq=seq)
            self._propose(op)

    def toggle_unread(self) -> None:
        """Mark the selected conversation unread, or read."""
        conv = self.need()
        self._allow("read")
        op: AnyOp
        if conv.unread:
            op = MarkRead(id=self._ids(), conversation=conv.id, seq=conv.seq)
        else:
            op = MarkUnread(id=self._ids(), conversation=conv.id)
        self._do(op, conv)

    # Writing

    def send(
        self, conversation: ConversationId, text: str, mode: Mode, seen_seq: int | None = None
    ) -> None:
        """Send a reply or add a note; a reply is held for the channel's undo time first.

        `seen_seq` is the newest message that has been in sight; None: all there are.
        Raises `CannotDo` where the channel does not take it now.
        """
        conv = self.store.get(conversation)
        if conv is None:
            raise CannotDo(_("This conversation is not at the desk any more; the text is kept."))
        self._check_disk(conv)
        body = sanitise(text.rstrip(), Field.COMPOSER)
        if not body.strip():
            raise CannotDo(_("There is nothing to send: the text is empty."))
        op: AnyOp
        if mode is Mode.NOTE:
            self._allow("note")
            op = Note(id=self._ids(), conversation=conversation, text=body)
            hold = 0.0
        else:
            self._allow("send")
            self._check_window(conv)
            seen = conv.seq if seen_seq is None else seen_seq
            op = Send(id=self._ids(), conversation=conversation, text=body, seen_seq=seen)
            hold = rules_of(conv.channel).undo_seconds
        self.drafts.pop((conversation, mode), None)
        self._do(op, conv, hold)

    def send_now(self, conversation: ConversationId) -> bool:
        """Let a held reply of this conversation leave at once; False: none is held."""
        for pending in self.store.outbox.of(conversation):
            if pending.state in {SendState.HOLDING, SendState.HELD}:
                self.release(pending.op.id)
                return True
        return False

    def release(self, op_id: OpId) -> None:
        """Let something go that is held back, for its undo time or because it is old; the agent
        has its conversation before her."""
        released = self.store.release(op_id, self.clock.steady(), seen=True)
        self.changes |= released | self._line.pump()

    def let_all_go(self) -> int:
        """Let everything go that waited too long for the line; says how much that is. A reply
        that misses a newer message is still stopped by the desk."""
        held = [p.op.id for p in self.store.outbox if p.state is SendState.HELD]
        for op_id in held:
            self.changes |= self.store.release(op_id, self.clock.steady(), seen=False)
        still = [p for p in self.store.outbox if p.state is SendState.HELD]
        self.changes |= self._line.pump()
        return len(held) - len(still)

    def forget_stray(self, key: str) -> None:
        """A text without a place is not needed any more."""
        self.store.strays.pop(key, None)
        self.changes |= self._line.pump()

    def take_back(self, op_id: OpId) -> Pending | None:
        """Take a reply or note that failed or has not left out of the thread again.

        The words have to become a draft at once, so that both reach the disk together.
        """
        pending, change = self.store.withdraw(op_id)
        self.changes |= change
        return pending

    def draft(self, conversation: ConversationId, mode: Mode) -> Words:
        """What has been written there and not sent."""
        return self.drafts.get((conversation, mode), NO_WORDS)

    def keep_draft(self, conversation: ConversationId, mode: Mode, words: Words) -> None:
        """Remember what is being written, under the conversation it is written for."""
        had = (conversation, mode) in self.drafts
        if words.text.strip():
            self.drafts[conversation, mode] = words
        else:
            self.drafts.pop((conversation, mode), None)
        if had != ((conversation, mode) in self.drafts):
            self.changes |= changes.row(conversation)

    def has_draft(self, conversation: ConversationId) -> bool:
        """Unsent words wait there."""
        return (conversation, Mode.REPLY) in self.drafts or (conversation, Mode.NOTE) in self.drafts

    def signal(self, signal: Signal) -> None:
        """Tell the others that we type or look."""
        self._line.signal(signal)

    # Taking back

    def undo(self) -> Undone:
        """Take back what the last key did. Raises `CannotDo` where that is too late, with why."""
        if not self._done:
            raise CannotDo(_("Nothing to undo."))
        self._mind_whose(self._done[-1])
        step = self._done[-1].step
        undone: Undone | None = None
        too_late: CannotDo | None = None
        while self._done and self._done[-1].step == step:
            try:
                one = self._undo_one(self._done.pop())
                undone = one if undone is None or one.text is not None else undone
            except CannotDo as reason:
                too_late = reason
        if undone is None and too_late is not None:
            raise too_late
        assert undone is not None
        if too_late is not None:
            return replace(undone, words=f"{undone.words} {too_late}")
        return undone

    @contextmanager
    def one_step(self) -> Iterator[None]:
        """What is done inside was asked for by one key, and one undo takes all of it back."""
        self._step += 1
        self._joined = True
        try:
            yield
        finally:
            self._joined = False

    def _undo_one(self, done: Done) -> Undone:
        pending = self.store.outbox.get(done.op.id)
        if pending is not None and pending.waiting:
            _gone, change = self.store.withdraw(done.op.id)
            self.changes |= change  # kept with the draft that its words become
            return self._withdrawn(done)
        name = done.before.contact_name
        if isinstance(done.op, Send | Note):
            self._too_late_for = done.op.conversation
            raise CannotDo(_("The text to {name} has left already.").format(name=name))
        self._check_unchanged(done)
        op = inverse(done.op, done.before, self._ids(), done.leaves)
        if op is None:
            raise CannotDo(_("That cannot be undone."))
        self._propose(op)
        self._stands_again(done)
        return Undone(done.op.conversation, _("Undone for {name}.").format(name=name))

    def _mind_whose(self, done: Done) -> None:
        """Behind a text that had left, stop once before another customer's action is undone."""
        too_late_for, self._too_late_for = self._too_late_for, None
        if too_late_for not in {None, done.op.conversation}:
            words = _("What you did before was for {name}: z once more undoes it.")
            raise CannotDo(words.format(name=done.before.contact_name))

    def forget(self, op_id: OpId) -> None:
        """An op was refused: there is nothing to take back."""
        self._done = deque((d for d in self._done if d.op.id != op_id), maxlen=UNDO_DEPTH)

    def _forget_refused(self, change: Change) -> None:
        for news in change.news:
            if isinstance(news, Refused):
                for op_id in (news.pending.op.id, *news.dropped):
                    self.forget(op_id)

    @property
    def can_undo(self) -> bool:
        """There is something to take back."""
        return bool(self._done)

    def _withdrawn(self, done: Done) -> Undone:
        name = done.before.contact_name
        conversation = done.op.conversation
        if isinstance(done.op, Send | Note):
            mode = Mode.NOTE if isinstance(done.op, Note) else Mode.REPLY
            words = _("Taken back; the text to {name} is in the composer.").format(name=name)
            return Undone(conversation, words, done.op.text, mode)
        return Undone(conversation, _("Undone for {name}.").format(name=name))

    def _check_unchanged(self, done: Done) -> None:
        now = self.store.get(done.op.conversation)
        if now is None:
            raise CannotDo(_("This conversation is not at the desk any more; nothing was undone."))
        if isinstance(done.op, StateOp) and now.ver != done.leaves:
            who, at = self.store.changed_by(done.op.conversation)
            raise CannotDo(
                _("{who} changed {name} at {time}; nothing was undone.").format(
                    who=who or _("Somebody"),
                    name=done.before.contact_name,
                    time=at.astimezone(self._zone).strftime("%H:%M") if at else "?",
                )
            )

    def _stands_again(self, done: Done) -> None:
        """What was there before `done` is there again under a newer version, so that what led to
        it can be taken back in its turn."""
        if isinstance(done.op, StateOp):
            built_on = (done.op.conversation, done.op.base_ver)
            self._done = deque(
                (
                    replace(d, leaves=done.leaves + 1)
                    if (d.op.conversation, d.leaves) == built_on
                    else d
                    for d in self._done
                ),
                maxlen=UNDO_DEPTH,
            )

    def _state(self, conv: Conversation) -> _StateArguments:
        return {"id": self._ids(), "conversation": conv.id, "base_ver": conv.ver}

    def _allow(self, capability: str) -> None:
        if capability not in self.store.capabilities:
            raise CannotDo(_("This desk cannot do that."))

    def _check_disk(self, conv: Conversation) -> None:
        """What can neither leave nor be kept must stay where the agent sees it."""
        if self.store.disk_problem and self.store.link.link is not Link.LIVE:
            words = _("Not sent to {name}: the desk cannot be reached. {problem}")
            problem = self.store.disk_problem
            raise CannotDo(words.format(name=conv.contact_name, problem=problem))

    def _check_window(self, conv: Conversation) -> None:
        closes = conv.window_closes_at
        if closes is not None and closes <= self.clock.now():
            channel = rules_of(conv.channel).name
            raise CannotDo(
                _("{channel} closed the reply window; {name} has to write first.").format(
                    channel=channel, name=conv.contact_name
                )
            )

    def _do(self, op: AnyOp, before: Conversation, hold: float = 0.0) -> None:
        self._propose(op, hold)
        leaves = op.base_ver + 1 if isinstance(op, StateOp) else before.ver
        self._step += not self._joined
        self._too_late_for = None
        self._done.append(Done(op, before, leaves, self._step))

    def _propose(self, op: AnyOp, hold: float = 0.0) -> None:
        now, steady = self.clock.now(), self.clock.steady()
        self.changes |= self.store.propose(op, now, hold, steady) | self._line.pump()
