"""What became different: the one thing the store tells those who watch it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from agent_tui.events import Rejected
from agent_tui.model import AgentId, ContactId, ConversationId, Message, OpId, SafeText
from agent_tui.outbox import Pending


@dataclass(frozen=True, slots=True)
class Refused:
    """The desk refused something of ours."""

    pending: Pending
    rejected: Rejected
    behind: int
    """How many later requests were stopped with it."""
    dropped: tuple[OpId, ...] = ()
    """Those of them that are not kept: changes of state that were built on this one."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A customer wrote, live (not in a snapshot)."""

    conversation: ConversationId
    message: Message


@dataclass(frozen=True, slots=True)
class Woke:
    """A snoozed conversation woke, live."""

    conversation: ConversationId


@dataclass(frozen=True, slots=True)
class TakenOver:
    """Somebody else changed who owns a conversation that was mine."""

    conversation: ConversationId
    by: AgentId | None
    to: AgentId | None


@dataclass(frozen=True, slots=True)
class HeldBack:
    """The line is back, and what was asked for too long ago waits for the agent's word."""

    count: int


@dataclass(frozen=True, slots=True)
class Strayed:
    """These texts cannot be sent where they were written for: kept, and listed."""

    count: int


@dataclass(frozen=True, slots=True)
class DiskTrouble:
    """What is unsent is not safe on this machine any more, or is again."""

    problem: SafeText


News = Refused | Arrived | Woke | TakenOver | HeldBack | Strayed | DiskTrouble
"""What somebody may want to be told about."""


@dataclass(frozen=True, slots=True)
class Change:
    """Which values differ from before; an empty one is false."""

    conversations: frozenset[ConversationId] = frozenset()
    """Their rows."""
    threads: frozenset[ConversationId] = frozenset()
    """Their messages, typing marks or loading state."""
    contacts: frozenset[ContactId] = frozenset()
    people: bool = False
    """Agents, teams, labels, who views what."""
    link: bool = False
    everything: bool = False
    """A snapshot came in: nothing that was read before holds."""
    news: tuple[News, ...] = field(default=())

    def __bool__(self) -> bool:
        return bool(
            self.conversations
            or self.threads
            or self.contacts
            or self.people
            or self.link
            or self.everything
            or self.news
        )

    def __or__(self, other: Change) -> Change:
        return Change(
            self.conversations | other.conversations,
            self.threads | other.threads,
            self.contacts | other.contacts,
            self.people or other.people,
            self.link or other.link,
            self.everything or other.everything,
            self.news + other.news,
        )


NOTHING = Change()
EVERYTHING = Change(everything=True)


def merged(changes: Iterable[Change]) -> Change:
    """All of them as one, in time that grows with what they hold and no faster."""
    all_of_them = tuple(changes)
    return Change(
        frozenset().union(*(one.conversations for one in all_of_them)),
        frozenset().union(*(one.threads for one in all_of_them)),
        frozenset().union(*(one.contacts for one in all_of_them)),
        any(one.people for one in all_of_them),
        any(one.link for one in all_of_them),
        any(one.everything for one in all_of_them),
        tuple(news for one in all_of_them for news in one.news),
    )


def row(*conversations: ConversationId) -> Change:
    """The rows of these conversations changed."""
    return Change(conversations=frozenset(conversations))


def thread(*conversations: ConversationId) -> Change:
    """The threads of these conversations changed."""
    return Change(threads=frozenset(conversations))
