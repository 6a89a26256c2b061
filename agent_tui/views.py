"""The inbox's views: which conversations, in which order, kept right by each change.

A view is a rule (who belongs) and an order (a key that sorts). A change takes a row out of
its old place and puts it into its new one; nothing is ever sorted whole but at a snapshot.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from agent_tui.i18n import mark
from agent_tui.model import AgentId, Conversation, ConversationId, Status

SortKey = tuple[float, float, str]
"""Two numbers and the id: the id makes the order total, so that rows never swap by chance."""


@dataclass(frozen=True, slots=True)
class View:
    """A named rule over conversations."""

    id: str
    key: str
    """The digit that opens it."""
    title: str
    order: str
    """The order in words, for the list's head line."""
    belongs: Callable[[Conversation, AgentId], bool]
    sort: Callable[[Conversation], SortKey]


def by_waiting(conv: Conversation) -> SortKey:
    """Longest waiting first; behind them those who wait for nothing, newest first."""
    if conv.waiting_since is not None:
        return (0.0, conv.waiting_since.timestamp(), conv.id)
    return (1.0, -conv.last_at.timestamp(), conv.id)


def by_waking(conv: Conversation) -> SortKey:
    """The next to wake first; those that only the customer wakes at the end, newest first."""
    if conv.snooze is not None and conv.snooze.until is not None:
        return (0.0, conv.snooze.until.timestamp(), conv.id)
    return (1.0, -conv.last_at.timestamp(), conv.id)


def by_newest(conv: Conversation) -> SortKey:
    """The one somebody wrote in last comes first."""
    return (0.0, -conv.last_at.timestamp(), conv.id)


def _open(conv: Conversation) -> bool:
    return conv.status is Status.OPEN


VIEWS: tuple[View, ...] = (
    View(
        "mine",
        "1",
        mark("Mine"),
        mark("longest waiting first"),
        lambda conv, me: _open(conv) and conv.assignee == me,
        by_waiting,
    ),
    View(
        "unassigned",
        "2",
        mark("Unassigned"),
        mark("longest waiting first"),
        lambda conv, _me: _open(conv) and conv.assignee is None,
        by_waiting,
    ),
    View(
        "all",
        "3",
        mark("All"),
        mark("longest waiting first"),
        lambda conv, _me: _open(conv),
        by_waiting,
    ),
    View(
        "snoozed",
        "4",
        mark("Snoozed"),
        mark("next to wake first"),
        lambda conv, _me: conv.status is Status.SNOOZED,
        by_waking,
    ),
    View(
        "resolved",
        "5",
        mark("Resolved"),
        mark("newest first"),
        lambda conv, _me: conv.status is Status.RESOLVED,
        by_newest,
    ),
)
"""The views on the digits, in their order."""


class ViewIndex:
    """One view's rows in order."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._order: list[SortKey] = []
        self._keys: dict[ConversationId, SortKey] = {}

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, conversation: ConversationId) -> bool:
        return conversation in self._keys

    def id_at(self, index: int) -> ConversationId:
        """The conversation at `index`, counted from 0. Raises IndexError outside."""
        if index < 0:
            raise IndexError(index)
        return ConversationId(self._order[index][2])

    def index_of(self, conversation: ConversationId) -> int | None:
        """Where it stands; None: not in this view."""
        key = self._keys.get(conversation)
        return None if key is None else bisect_left(self._order, key)

    def rebuild(self, conversations: Iterable[Conversation], me: AgentId) -> None:
        """Begin anew from everything."""
        view = self.view
        self._keys = {c.id: view.sort(c) for c in conversations if view.belongs(c, me)}
        self._order = sorted(self._keys.values())

    def update(self, key: ConversationId, conv: Conversation | None, me: AgentId) -> bool:
        """One conversation changed (None: is gone). True when the rows or their order did."""
        old = self._keys.get(key)
        new = self.view.sort(conv) if conv is not None and self.view.belongs(conv, me) else None
        if old == new:
            return False
        if old is not None:
            del self._order[bisect_left(self._order, old)]
            del self._keys[key]
        if new is not None:
            insort(self._order, new)
            self._keys[key] = new
        return True


class Views:
    """All views, kept up together."""

    def __init__(self, views: tuple[View, ...] = VIEWS) -> None:
        self.indexes = {view.id: ViewIndex(view) for view in views}

    def __getitem__(self, view_id: str) -> ViewIndex:
        return self.indexes[view_id]

    def rebuild(self, conversations: Iterable[Conversation], me: AgentId) -> None:
        """Begin all of them anew."""
        everything = tuple(conversations)
        for index in self.indexes.values():
            index.rebuild(everything, me)

    def update(self, key: ConversationId, conv: Conversation | None, me: AgentId) -> set[str]:
        """One conversation changed; returns the ids of the views whose rows or order did."""
        return {view_id for view_id, index in self.indexes.items() if index.update(key, conv, me)}

    def first_waiting(self, get: Callable[[ConversationId], Conversation | None]) -> str:
        """The first view in which somebody waits; else the first with rows; else the first."""
        for view_id in ("mine", "unassigned", "all"):
            index = self.indexes.get(view_id)
            if index is None or len(index) == 0:
                continue
            head = get(index.id_at(0))
            if head is not None and head.waiting_since is not None:
                return view_id
        filled = (view_id for view_id, index in self.indexes.items() if len(index))
        return next(filled, next(iter(self.indexes)))
