"""The truth: what the desk has told us (base) and what we have asked for (outbox).

``apply`` takes a fact, ``propose`` a wish; both say what became different. Everything shown
is computed from here, so taking a wish back or having it refused needs no repair: it leaves
the outbox, and what is shown is right again. No I/O, no clock but the one passed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from agent_tui import change as changes
from agent_tui.change import (
    NOTHING,
    Arrived,
    Change,
    DiskTrouble,
    HeldBack,
    Refused,
    Strayed,
    TakenOver,
    Woke,
)
from agent_tui.drafts import Drafts
from agent_tui.events import (
    Acked,
    AgentChanged,
    ContactChanged,
    ConversationChanged,
    DeliveryChanged,
    DiskChanged,
    Event,
    HistoryFailed,
    HistoryLoaded,
    Link,
    LinkChanged,
    MessageReceived,
    Refusal,
    Rejected,
    Saved,
    Sequenced,
    SnapshotPart,
    TypingChanged,
    Unrecognised,
    Unsent,
    ViewingChanged,
    Welcomed,
)
from agent_tui.i18n import _
from agent_tui.model import (
    NO_TEXT,
    Agent,
    AgentId,
    AuthorKind,
    Contact,
    ContactId,
    Conversation,
    ConversationId,
    MessageKind,
    OpId,
    SafeText,
    Status,
    Team,
    TeamId,
)
from agent_tui.ops import AnyOp, MarkRead, Note, Send, StateOp
from agent_tui.outbox import Outbox, Pending
from agent_tui.overlay import overlay
from agent_tui.presence import Presence
from agent_tui.sanitise import literal, plain_line
from agent_tui.shown import Mode, SendState, Words
from agent_tui.strays import Home, Strays, stray_of_draft, stray_of_op
from agent_tui.threads import Threads

AGAIN_AFTER = timedelta(seconds=1)
"""How long an op rests that got no answer: the line may be about to break without knowing it."""


_DOWN = frozenset({Link.CONNECTING, Link.CATCHING_UP, Link.OFFLINE})


class Store:
    """base ⊕ outbox, and the indexes to find things in it."""

    def __init__(self) -> None:
        self.outbox = Outbox()
        self.threads = Threads()
        self.presence = Presence()
        self.drafts = Drafts()
        self.strays = Strays()
        self.agents: dict[AgentId, Agent] = {}
        self.teams: dict[TeamId, Team] = {}
        self.labels: tuple[SafeText, ...] = ()
        self.contacts: dict[ContactId, Contact] = {}
        self.me = AgentId("")
        self.desk_name: SafeText = NO_TEXT
        self.capabilities: frozenset[str] = frozenset()
        self.link = LinkChanged(Link.CONNECTING, datetime.min)  # noqa: DTZ901 - before any time
        self.desk_id = ""
        self.epoch = ""
        self.seq = 0
        self.ready = False
        """A whole snapshot is here."""
        self.unrecognised = 0
        self.disk_problem: SafeText = NO_TEXT
        """Why what is unsent cannot be kept on this machine; empty: it can."""
        self._base: dict[ConversationId, Conversation] = {}
        self._shown: dict[ConversationId, Conversation] = {}
        self._unnamed: set[ConversationId] = set()
        self._strayed = 0
        """Texts that lost their conversation and were not told of yet."""
        self._untold = False
        """Parts of a snapshot are here that no change has told of."""
        self._whole_epoch = ""
        """The stream of the last snapshot that came to its end."""
        self._contact_seqs: dict[ContactId, int] = {}
        """Up to where in the stream a customer's record is known to be true."""
        self._changers: dict[ConversationId, tuple[SafeText, datetime]] = {}

    # What is shown

    def __contains__(self, conversation: ConversationId) -> bool:
        return conversation in self._base

    def __len__(self) -> int:
        return len(self._base)

    def base(self, conversation: ConversationId) -> Conversation | None:
        """The conversation as the desk has it."""
        return self._base.get(conversation)

    def get(self, conversation: ConversationId) -> Conversation | None:
        """The conversation as it is shown: with what we have asked for."""
        return self._shown.get(conversation) or self._base.get(conversation)

    def conversations(self) -> Iterator[Conversation]:
        """All of them, as shown, in no order."""
        for key, value in self._base.items():
            yield self._shown.get(key, value)

    def contact_of(self, conversation: Conversation) -> Contact | None:
        """The customer's record, once it has come."""
        return self.contacts.get(conversation.contact_id)

    def agent_name(self, agent: AgentId | None) -> SafeText:
        """A colleague's name; the bare id where the desk never named her."""
        if agent is None:
            return NO_TEXT
        known = self.agents.get(agent)
        return known.name if known else literal(agent)

    def changed_by(self, conversation: ConversationId) -> tuple[SafeText, datetime | None]:
        """Who else changed its state last, and when, as far as this console saw it."""
        return self._changers.get(conversation, (NO_TEXT, None))

    # What is asked for

    def propose(
        self, op: AnyOp, now: datetime, hold: float = 0.0, steady: datetime | None = None
    ) -> Change:
        """Take a wish in: shown at once, sent when it is due. `hold` is in seconds.

        `steady` is `now` by the steady clock.
        """
        shown = self.get(op.conversation)
        if shown is None:
            return NOTHING
        self.outbox.add(op, shown, now, hold, self._whole_epoch or self.epoch, steady)
        return self._touch(op.conversation)

    def restore(self, pending: Pending) -> Change:
        """Take in a wish that an earlier run of the program left; its conversation is here."""
        self.outbox.restore(pending)
        return self._touch(pending.op.conversation)

    def release(self, op_id: OpId, steady: datetime, *, seen: bool) -> Change:
        """Let go what is held back, by the agent's word.

        `seen`: she looks at the conversation as it is now; else the desk still stops a reply that
        misses a newer message, and one with another stream's numbers is not let go. Changes of
        state that were held in front of it go with it: it was built on them.
        """
        pending = self.outbox.get(op_id)
        if pending is None:
            return NOTHING
        for ahead in self.outbox.of(pending.op.conversation):
            if ahead.op.id == op_id:
                break
            if ahead.state is SendState.HELD and isinstance(ahead.op, StateOp):
                self.outbox.hurry(ahead.op.id, steady)
        if pending.state is not SendState.HELD or self._numbered(pending, seen=seen):
            self.outbox.hurry(op_id, steady)
        return self._touch(pending.op.conversation)

    def _numbered(self, pending: Pending, *, seen: bool) -> bool:
        """Whether the newest message it speaks of is known; made so where that is safe.

        What may have reached the desk keeps its body: the desk knows it by that.
        """
        op, shown, epoch = pending.op, self.get(pending.op.conversation), self._whole_epoch
        if not isinstance(op, Send) or pending.left or shown is None:
            return True
        foreign = pending.epoch != epoch
        if seen and (foreign or not pending.restored):
            self.outbox.amend(op.id, replace(op, seen_seq=shown.seq), epoch or self.epoch)
        return seen or not foreign

    def withdraw(self, op_id: OpId) -> tuple[Pending | None, Change]:
        """Take a wish back that has not left (or that failed); says what it was."""
        pending = self.outbox.get(op_id)
        if pending is None or not pending.waiting:
            return None, NOTHING
        self.outbox.remove(op_id)
        return pending, self._touch(pending.op.conversation)

    def take_due(self, now: datetime) -> tuple[list[AnyOp], Change]:
        """What goes out at `now` of the steady clock, and where that shows.

        The machine may have slept since the line was last known to be up, so that what is too old
        is held here as well.
        """
        change = self.hold_old(now)
        due = self.outbox.take_due(now, self.epoch)
        return due, change | changes.thread(*(op.conversation for op in due)) if due else change

    # What happened

    def apply(self, event: Event, now: datetime) -> Change:
        """Take a fact in; says what became different. What was told before changes nothing.

        `now` is by the steady clock.
        """
        change = self._apply(event, now)
        if not self._strayed:
            return change
        count, self._strayed = self._strayed, 0
        return change | Change(news=(Strayed(count),))

    def _apply(self, event: Event, now: datetime) -> Change:  # noqa: PLR0912 - one arm a fact
        if isinstance(event, Sequenced) and 0 < event.seq <= self.seq:
            return NOTHING
        match event:
            case MessageReceived():
                return self._message(event)
            case ConversationChanged():
                return self._changed(event)
            case SnapshotPart():
                return self._snapshot(event)
            case Welcomed():
                return self._welcome(event)
            case DeliveryChanged():
                change = self._advance(event.seq)
                known = self.threads.delivery(event)
                return change | changes.thread(event.conversation) if known else change
            case ContactChanged():
                return self._contact(event.contact, event.seq) | self._advance(event.seq)
            case AgentChanged():
                self.agents[event.agent.id] = event.agent
                return self._advance(event.seq) | Change(people=True)
            case TypingChanged():
                self.presence.typing(event, now)
                return changes.thread(event.conversation) | changes.row(event.conversation)
            case ViewingChanged():
                touched = self.presence.viewing(event, now)
                return Change(people=True) | changes.row(*touched)
            case HistoryLoaded():
                return self._history(event)
            case HistoryFailed():
                self.threads.page_failed(event)
                return changes.thread(event.conversation)
            case Acked():
                return self._acked(event)
            case Rejected():
                return self._rejected(event, now)
            case Unsent():
                return self._unsent(event, now)
            case LinkChanged():
                return self._link_changed(event, now)
            case Saved():
                return self._saved(event)
            case DiskChanged(problem=problem):
                self.disk_problem = problem
                return Change(link=True, news=(DiskTrouble(problem),))
            case Unrecognised():
                self.unrecognised += 1
                return self._advance(event.seq)
            case _:
                assert_never(event)

    def tick(self, now: datetime) -> Change:
        """Let what is only good for a while fall away."""
        gone = self.presence.expire(now)
        return changes.row(*gone) | changes.thread(*gone) if gone else NOTHING

    def _message(self, event: MessageReceived) -> Change:
        message = event.message
        self._put(event.conversation)
        self.threads.receive(message)
        if event.op_id is not None:
            self._told_of(event.op_id)
        change = self._advance(event.seq)
        self.presence.wrote(message)
        change |= self._touch(event.conversation.id)
        if message.author.kind is AuthorKind.CUSTOMER and message.kind is MessageKind.TEXT:
            change |= Change(news=(Arrived(message.conversation, message),))
        return change

    def _changed(self, event: ConversationChanged) -> Change:
        before = self._base.get(event.conversation.id)
        ours = event.op_id is not None and event.op_id in self.outbox
        self._put(event.conversation)
        if event.message is not None:
            self.threads.receive(event.message)
            if event.message.author.id != self.me:
                who = event.message.author.name
                self._changers[event.conversation.id] = (who, event.message.at)
        if event.op_id is not None:
            self._told_of(event.op_id)
        change = self._advance(event.seq) | self._touch(event.conversation.id)
        return change if ours else change | self._news_of(before, event)

    def _news_of(self, before: Conversation | None, event: ConversationChanged) -> Change:
        after = event.conversation
        if before is None:
            return NOTHING
        if before.status is Status.SNOOZED and after.status is Status.OPEN and not event.op_id:
            return Change(news=(Woke(after.id),))
        if before.assignee == self.me and after.assignee != self.me:
            by = AgentId(event.message.author.id) if event.message is not None else None
            if by != self.me:
                return Change(news=(TakenOver(after.id, by, after.assignee),))
        return NOTHING

    def _link_changed(self, event: LinkChanged, now: datetime) -> Change:
        """A line that is not up is down since it was up last, however often it was tried since."""
        known = self.link.since.tzinfo is not None
        if known and event.link in _DOWN and self.link.link in _DOWN:
            event = replace(event, since=self.link.since)
        self.link = event
        untold, self._untold = self._untold, False
        change = Change(link=True, everything=untold)
        return change | self.hold_old(now) if event.link is Link.LIVE else change

    def hold_old(self, now: datetime) -> Change:
        """What waited too long for the line does not go by itself; `now` by the steady clock."""
        words = plain_line(_("over ten minutes without a line"))
        held = self.outbox.hold_old(now, words)
        if not held:
            return NOTHING
        change = Change(news=(HeldBack(len(held)),))
        for pending in held:
            change |= self._touch(pending.op.conversation)
        return change

    def _saved(self, event: Saved) -> Change:
        here = [op_id for op_id in event.ops if op_id in self.outbox]
        for op_id in here:
            self.outbox.mark_saved(op_id)
        return changes.thread(*(self.outbox.home(op_id) for op_id in here)) if here else NOTHING

    def _snapshot(self, event: SnapshotPart) -> Change:
        """The first part of all shows at once; after that it is told when it is whole."""
        news: tuple[Refused, ...] = ()
        if event.part == 1:
            self._unnamed = set(self._base)
            self._changers.clear()
            self.seq = self.seq if event.at_seq is None else event.at_seq
        for conversation in event.conversations:
            self._put(conversation)
        if event.part == event.parts:
            for gone in self._unnamed:
                self._base.pop(gone, None)
                self._shown.pop(gone, None)
            self._unnamed = set()
            self._told_of_settled()
            self._whole_epoch = self.epoch
            news = self.hold_outdated()
        elif self.ready or event.part > 1:
            self._untold = True
            return NOTHING
        self.ready = self.ready or event.part == event.parts
        self._untold = False
        return Change(everything=True, news=news)

    def hold_outdated(self) -> tuple[Refused, ...]:
        """What has not left and tells of numbers of another stream must not go out by itself.

        The desk could not see that such a reply missed a question, nor what such a mark means.
        """
        news: list[Refused] = []
        for outdated in self.outbox.outdated(self._whole_epoch):
            op = outdated.op
            now = self.outbox.get(op.id)
            if now is None or now.state is not outdated.state:
                continue  # it was behind another one that was held
            if isinstance(op, MarkRead):
                self.outbox.remove(op.id)
            else:
                words = plain_line(_("the desk began anew meanwhile; read it, then send again"))
                no = Rejected(op.id, op.conversation, Refusal.STALE, words)
                news.append(self._refuse(outdated, no))
            self._overlay(op.conversation)
        return tuple(news)

    def _told_of_settled(self) -> None:
        """A snapshot has in it whatever was acknowledged before: nothing later will tell of it."""
        settled = [p for p in self.outbox if p.settled_at_seq is not None]
        for pending in settled:
            self._told_of(pending.op.id)
            self._overlay(pending.op.conversation)

    def _welcome(self, event: Welcomed) -> Change:
        change = self._at_desk(event.desk_id)
        anew = not event.resumed or self._untold or self.me != event.me
        self.me = event.me
        self.desk_name = event.desk_name
        self.capabilities = event.capabilities
        self.agents = {agent.id: agent for agent in event.agents}
        self.teams = {team.id: team for team in event.teams}
        self.labels = event.labels
        self.presence = Presence()
        self._untold = False
        if not event.resumed:
            if event.epoch == self.epoch:
                self.threads.doubt_all()
            else:
                self.threads.begin_all_anew()
            self.contacts.clear()
            self._contact_seqs.clear()
            self.seq, self.epoch = event.seq, event.epoch
        return change | Change(everything=anew, people=True)

    def _at_desk(self, desk_id: str) -> Change:
        """At another desk the same ids mean other people: nothing unsent may go there."""
        known, self.desk_id = self.desk_id, desk_id
        if known in {"", desk_id}:
            return NOTHING
        before = len(self.strays)
        why = plain_line(_("it was written at another desk"))
        for pending in list(self.outbox):
            self._stray_op(pending, why)
        for conversation, mode in list(self.drafts):
            self._stray_draft(known, conversation, mode, why)
        strays = len(self.strays) - before
        return Change(news=(Strayed(strays),)) if strays else NOTHING

    def _stray_from(self, conversation: Conversation) -> None:
        """Somebody else has the conversation's id now: nothing unsent may go to her."""
        before = len(self.strays)
        why = plain_line(_("the conversation belongs to somebody else now"))
        for pending in self.outbox.of(conversation.id):
            self._stray_op(pending, why)
        for mode in Mode:
            if (conversation.id, mode) in self.drafts:
                self._stray_draft(self.desk_id, conversation.id, mode, why)
        self._strayed += len(self.strays) - before

    def _stray_op(self, pending: Pending, why: SafeText) -> None:
        stray = stray_of_op(pending.op, pending.before.contact_name, pending.made_at, why)
        if pending.settled_at_seq is None and stray is not None:
            self.strays[stray.key] = stray
        self.outbox.remove(pending.op.id)

    def _stray_draft(
        self, desk_id: str, conversation: ConversationId, mode: Mode, why: SafeText
    ) -> None:
        conv = self.get(conversation)
        name = conv.contact_name if conv is not None else literal(conversation)
        contact = conv.contact_id if conv is not None else ContactId("")
        words = self.drafts.pop((conversation, mode))
        home = Home(desk_id, conversation, contact)
        stray = stray_of_draft(home, mode, words, name, why)
        self.strays[stray.key] = stray

    def _drafts_of(self, desk_id: str, conversation: Conversation) -> None:
        """A conversation is here (again): what was being written for it is a draft again."""
        if not self.strays:
            return
        home = Home(desk_id, conversation.id, conversation.contact_id)
        for key, stray in list(self.strays.items()):
            place = (conversation.id, stray.mode)
            if stray.home == home and place not in self.drafts:
                self.drafts[place] = Words(stray.text)
                self.drafts.kept_as[place] = key
                self.strays.take_out(key)

    def _history(self, event: HistoryLoaded) -> Change:
        self.threads.page(event)
        if event.before is None:
            for pending in self.outbox.of(event.conversation):
                if pending.folded:
                    self.outbox.remove(pending.op.id)
        change = changes.thread(event.conversation)
        if event.contact is not None:
            at_seq = self.seq if event.at_seq is None else event.at_seq
            change |= self._contact(event.contact, at_seq)
        return change

    def _contact(self, contact: Contact, at_seq: int) -> Change:
        """A customer's record as of `at_seq`; an older one than what is here changes nothing."""
        if at_seq < self._contact_seqs.get(contact.id, at_seq):
            return NOTHING
        self.contacts[contact.id] = contact
        self._contact_seqs[contact.id] = at_seq
        return Change(contacts=frozenset({contact.id}))

    def _acked(self, event: Acked) -> Change:
        """The desk has it. The number is the first answer's, which may tell of an older stream."""
        pending = self.outbox.get(event.op_id)
        if pending is None or event.seq <= self.seq:
            self._told_of(event.op_id)
        elif pending.epoch == self.epoch:
            self.outbox.settle(event.op_id, event.seq, self.seq)
        else:
            self._told_somewhere(pending)
        return self._touch(event.conversation)

    def _told_somewhere(self, pending: Pending) -> None:
        """The desk has it, and which event tells of it cannot be known: words wait for a page."""
        thread = self.threads.get(pending.op.conversation)
        words = isinstance(pending.op, Send | Note)
        if words and thread is not None and thread.loaded and not thread.has_op(pending.op.id):
            thread.doubt()
        self._told_of(pending.op.id)

    def _unsent(self, event: Unsent, now: datetime) -> Change:
        again = now + AGAIN_AFTER
        self.outbox.retry(event.op_id, again, event.detail or None, unsure=event.sent)
        change = changes.thread(event.conversation)
        news = self.hold_outdated()
        return change | self._touch(event.conversation) | Change(news=news) if news else change

    def _rejected(self, event: Rejected, now: datetime) -> Change:
        """An op that is asked again gets its first answer, which may tell of an older stream."""
        if event.retry_after is not None:
            self.outbox.retry(event.op_id, now + timedelta(seconds=event.retry_after), event.detail)
            return changes.thread(event.conversation)
        known = self.outbox.get(event.op_id)
        fresh = known is not None and not known.unsure
        if event.current is not None and event.current.id in self._base and fresh:
            self._put(event.current)
        if known is None:
            return self._touch(event.conversation)
        refused = self._refuse(known, event)
        return self._touch(event.conversation) | Change(news=(refused,))

    def _refuse(self, pending: Pending, event: Rejected) -> Refused:
        _kept, behind = self.outbox.refuse(event, event.detail)
        dropped = tuple(p.op.id for p in behind if p.op.id not in self.outbox)
        return Refused(pending, event, len(behind), dropped)

    def _put(self, conversation: Conversation) -> None:
        """Keep the newer of what is here and what came: an answer may outrun the events.

        What was here before a snapshot began counts for nothing: the desk may have begun anew.
        """
        known = self._base.get(conversation.id)
        if (
            known is not None
            and conversation.id not in self._unnamed
            and (conversation.seq, conversation.ver) < (known.seq, known.ver)
        ):
            return
        self._unnamed.discard(conversation.id)
        if known is not None and known.contact_id != conversation.contact_id:
            self._stray_from(known)
        self._base[conversation.id] = conversation
        self._drafts_of(self.desk_id, conversation)
        self._overlay(conversation.id)

    def _told_of(self, op_id: OpId) -> None:
        """What the desk told us includes this op: it leaves, when its words are in the thread.

        They are not where the thread has a hole at its end that the newest page is to fill.
        """
        pending = self.outbox.get(op_id)
        if pending is None:
            return
        thread = self.threads.get(pending.op.conversation)
        if isinstance(pending.op, Send | Note) and thread is not None and thread.awaits(op_id):
            self.outbox.fold(op_id)
        else:
            self.outbox.remove(op_id)

    def _advance(self, seq: int) -> Change:
        self.seq = max(self.seq, seq)
        change = NOTHING
        for pending in self.outbox.reached(self.seq):
            change |= self._touch(pending.op.conversation)
        return change

    def _touch(self, conversation: ConversationId) -> Change:
        self._overlay(conversation)
        return changes.row(conversation) | changes.thread(conversation)

    def _overlay(self, conversation: ConversationId) -> None:
        base = self._base.get(conversation)
        pending: Iterable[Pending] = self.outbox.of(conversation)
        if base is None or not pending:
            self._shown.pop(conversation, None)
        else:
            self._shown[conversation] = overlay(base, pending)
