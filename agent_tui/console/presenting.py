"""From the seat to the screen: the values the widgets show, computed from what is true now."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from agent_tui import dates, shown
from agent_tui.desk import Desk
from agent_tui.events import Link
from agent_tui.i18n import _, ngettext
from agent_tui.model import (
    NO_TEXT,
    Author,
    AuthorKind,
    Conversation,
    ConversationId,
    SafeText,
)
from agent_tui.names import short_name
from agent_tui.ops import MarkRead
from agent_tui.outbox import Pending
from agent_tui.overlay import entry_of
from agent_tui.sanitise import Field, sanitise
from agent_tui.shown import Entry, Row, SendState, Thread
from agent_tui.views import VIEWS, SortKey, ViewIndex


def first_name(name: SafeText) -> SafeText:
    """A name as it is shown where there is little room."""
    return sanitise(short_name(name), Field.NAME)


def row(desk: Desk, conversation: Conversation) -> Row:
    """One line of the inbox."""
    store = desk.store
    pending = store.outbox.of(conversation.id)
    stuck = {SendState.FAILED, SendState.HELD}
    return Row(
        conversation,
        owner_name(desk, conversation),
        mine=conversation.assignee == store.me,
        pending=any(p.state not in stuck and not p.folded for p in pending),
        failed=any(p.state in stuck for p in pending),
        draft=desk.has_draft(conversation.id),
        typing=any(
            who.kind is AuthorKind.CUSTOMER for who in store.presence.typing_in(conversation.id)
        ),
        viewers=_viewers(desk, conversation.id),
    )


def owner_name(desk: Desk, conversation: Conversation) -> SafeText:
    """Who owns it, by first name, or the team's name, or nothing."""
    if conversation.assignee is not None:
        return first_name(desk.store.agent_name(conversation.assignee))
    team = desk.store.teams.get(conversation.team) if conversation.team else None
    return team.name if team else NO_TEXT


def _viewers(desk: Desk, conversation: ConversationId) -> tuple[SafeText, ...]:
    store = desk.store
    return tuple(
        first_name(store.agent_name(agent))
        for agent in store.presence.viewers_of(conversation)
        if agent != store.me
    )


class Rows:
    """A view's rows for the inbox, made when they are drawn."""

    def __init__(self, desk: Desk, index: ViewIndex) -> None:
        self._desk = desk
        self._index = index

    def __len__(self) -> int:
        return len(self._index)

    def row(self, index: int) -> Row:
        """The row at `index`."""
        conversation = self._desk.store.get(self._index.id_at(index))
        if conversation is None:
            raise IndexError(index)
        return row(self._desk, conversation)

    def id_at(self, index: int) -> ConversationId:
        """The conversation at `index`."""
        return self._index.id_at(index)

    def index_of(self, conversation: ConversationId) -> int | None:
        """Where it stands."""
        return self._index.index_of(conversation)


class FoundRows:
    """The rows of a view that fit what is searched for, kept right by each change."""

    def __init__(self, desk: Desk, index: ViewIndex, query: str) -> None:
        self._desk = desk
        self._index = index
        self._query = query
        self._words = query.casefold().split()
        every = (index.id_at(place) for place in range(len(index)))
        self._keys = {key: sort for key in every if (sort := self._place(key)) is not None}
        self._order = list(self._keys.values())

    def _place(self, key: ConversationId) -> SortKey | None:
        """Where a conversation belongs in the order; None: not among these rows."""
        conv = self._desk.store.get(key) if key in self._index else None
        if conv is None or not _fits(conv, self._words):
            return None
        return self._index.view.sort(conv)

    def answers(self, index: ViewIndex, query: str) -> bool:
        """These are the rows that this search in this view is for."""
        return self._index is index and self._query == query

    def follow(self, conversations: Iterable[ConversationId]) -> None:
        """These conversations changed, and the view has followed already; no others are read."""
        for key in conversations:
            old, new = self._keys.get(key), self._place(key)
            if old == new:
                continue
            if old is not None:
                del self._order[bisect_left(self._order, old)]
                del self._keys[key]
            if new is not None:
                insort(self._order, new)
                self._keys[key] = new

    def __len__(self) -> int:
        return len(self._order)

    def row(self, index: int) -> Row:
        """The row at `index`."""
        conversation = self._desk.store.get(self.id_at(index))
        if conversation is None:
            raise IndexError(index)
        return row(self._desk, conversation)

    def id_at(self, index: int) -> ConversationId:
        """The conversation at `index`."""
        return ConversationId(self._order[index][2])

    def index_of(self, conversation: ConversationId) -> int | None:
        """Where it stands."""
        key = self._keys.get(conversation)
        return None if key is None else bisect_left(self._order, key)


def _fits(conv: Conversation, words: Sequence[str]) -> bool:
    text = " ".join(
        (
            conv.contact_name,
            conv.preview,
            conv.subject,
            f"#{conv.number}",
            conv.channel,
            conv.reason,
            *conv.labels,
        )
    ).casefold()
    return all(word in text for word in words)


def thread(desk: Desk, conversation: ConversationId, read_seq: int) -> Thread:
    """A conversation's messages: what the desk has, then what is on its way."""
    store = desk.store
    state = store.threads.opened(conversation)
    name = store.agent_name(store.me)
    entries = [
        Entry(message, op_id=message.op_id, mine=message.author.id == store.me)
        for message in state.messages
    ]
    for pending in store.outbox.of(conversation):
        entry = entry_of(pending, store.me, name)
        if entry is not None and not state.has_op(pending.op.id):
            if entry.state is not None:
                leaves_at = _on_the_wall(desk, entry.leaves_at)
                entry = replace(entry, state=state_of(desk, pending), leaves_at=leaves_at)
            entries.append(entry)
    typing = (w for w in store.presence.typing_in(conversation) if w.id != store.me)
    return Thread(
        conversation,
        tuple(entries),
        more=state.more,
        loading=state.loading,
        problem=state.problem,
        typing=tuple(_typist(who) for who in typing),
        read_seq=read_seq,
    )


def _typist(who: Author) -> SafeText:
    return first_name(who.name)


def header(desk: Desk, conversation: Conversation) -> shown.Header:
    """The line above the thread."""
    store = desk.store
    team = store.teams.get(conversation.team) if conversation.team else None
    return shown.Header(
        conversation,
        first_name(store.agent_name(conversation.assignee)),
        mine=conversation.assignee == store.me,
        team=team.name if team else NO_TEXT,
        viewers=_viewers(desk, conversation.id),
    )


def card(desk: Desk, conversation: Conversation) -> shown.CustomerCard:
    """The customer pane."""
    state = desk.store.threads.get(conversation.id)
    contact = desk.store.contact_of(conversation)
    problem = state.problem if state is not None and contact is None else NO_TEXT
    return shown.CustomerCard(conversation, contact, problem)


def top_bar(desk: Desk, source: str, now: datetime, zone: ZoneInfo) -> shown.TopBar:
    """The first line."""
    store = desk.store
    tabs = tuple(
        shown.ViewTab(v.key, _(v.title), len(desk.views[v.id]), v.id == desk.view_id) for v in VIEWS
    )
    return shown.TopBar(
        agent=(store.me and sanitise(store.me, Field.NAME)) or NO_TEXT,
        desk=store.desk_name,
        link=store.link.link,
        link_detail=_link_words(desk, zone),
        source=source,
        tabs=tabs,
        clock=dates.weekday_day_and_time(now.astimezone(zone)),
    )


def _link_words(desk: Desk, zone: ZoneInfo) -> SafeText:
    link = desk.store.link
    if link.link is Link.OFFLINE:
        since = link.since.astimezone(zone).strftime("%H:%M")
        return sanitise(_("since {time}").format(time=since), Field.LINE)
    return link.detail


def empty_words(desk: Desk, zone: ZoneInfo) -> str:
    """What an empty view says."""
    if not desk.store.ready:
        return _("Fetching the inbox …")
    snoozed, unassigned = desk.views["snoozed"], desk.views["unassigned"]
    if desk.view_id == "mine" and len(unassigned):
        return ngettext(
            "Nobody is yours. {count} is unassigned: 2 shows it, A takes it.",
            "Nobody is yours. {count} are unassigned: 2 shows them, A takes one.",
            len(unassigned),
        ).format(count=len(unassigned))
    if desk.view_id == "snoozed":
        return _("Nobody sleeps. s puts a conversation to sleep.")
    if desk.view_id == "resolved":
        return _("Nothing is resolved yet.")
    if not len(snoozed):
        return _("Nobody is waiting.")
    sleeping = ngettext("{count} is snoozed", "{count} are snoozed", len(snoozed)).format(
        count=len(snoozed)
    )
    first = desk.store.get(snoozed.id_at(0))
    if first is not None and first.snooze is not None and first.snooze.until is not None:
        at = first.snooze.until.astimezone(zone).strftime("%H:%M")
        return _("Nobody is waiting. {sleeping}, the next wakes at {time}.").format(
            sleeping=sleeping, time=at
        )
    return _("Nobody is waiting. {sleeping}.").format(sleeping=sleeping)


def _on_the_wall(desk: Desk, steady: datetime | None) -> datetime | None:
    """A moment of the steady clock as the clock on the wall will show it."""
    if steady is None:
        return None
    return steady + (desk.clock.now() - desk.clock.steady())


def state_of(desk: Desk, pending: Pending) -> SendState:
    """How far it has come: what has waited out its undo time waits for the line while that is
    down, and nothing waits before it is on disk."""
    waits = pending.state in {SendState.HOLDING, SendState.QUEUED}
    if waits and not pending.saved and not desk.store.disk_problem:
        return SendState.SAVING
    over = pending.leaves_at is None or pending.leaves_at <= desk.clock.steady()
    if pending.state is SendState.HOLDING and over and desk.store.link.link is not Link.LIVE:
        return SendState.QUEUED
    return pending.state


def waiting(desk: Desk) -> Iterator[Pending]:
    """What the agent asked for and the desk has not confirmed. That something was read is told
    by the program: losing it costs nobody anything."""
    for pending in desk.store.outbox:
        if pending.settled_at_seq is None and not isinstance(pending.op, MarkRead):
            yield pending


def unsent(desk: Desk) -> int:
    """How much of what the agent asked for has not reached the desk."""
    return sum(1 for _pending in waiting(desk))


def on_its_way(desk: Desk, *, typing: bool = False) -> tuple[str, bool]:
    """What is under way, for the last line, and whether that is an alarm.

    While `typing` a z is a letter, so Esc comes first.
    """
    if desk.store.disk_problem:
        return _("NOT SAVED on this machine"), True
    counts = dict.fromkeys(SendState, 0)
    leaves: datetime | None = None
    for pending in waiting(desk):
        state = state_of(desk, pending)
        counts[state] += 1
        if state is SendState.HOLDING and pending.leaves_at is not None:
            leaves = max(leaves or pending.leaves_at, pending.leaves_at)
    offline = desk.store.link.link is not Link.LIVE
    unsaid = sum(counts[s] for s in (SendState.SAVING, SendState.QUEUED, SendState.RETRY))
    if offline and unsaid:
        words = ngettext("{count} waits for the line", "{count} wait for the line", unsaid)
        return words.format(count=unsaid), True
    if counts[SendState.HELD]:
        words = ngettext(
            "{count} held · U decides", "{count} held · U decides", counts[SendState.HELD]
        )
        return words.format(count=counts[SendState.HELD]), True
    if leaves is not None:
        seconds = max(0, round((leaves - desk.clock.steady()).total_seconds() + 0.4))
        words = ngettext("{count} sending", "{count} sending", counts[SendState.HOLDING])
        held = words.format(count=counts[SendState.HOLDING])
        key = "Esc z" if typing else "z"
        words = _("{held} · undo {key} ({seconds} s)")
        return words.format(held=held, key=key, seconds=seconds), False
    return "", False
