"""Who types and who looks, as long as that is worth knowing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from agent_tui.events import TypingChanged, ViewingChanged
from agent_tui.model import AgentId, Author, AuthorKind, ConversationId, Message

TYPING_LASTS = timedelta(seconds=30)
VIEWING_LASTS = timedelta(seconds=25)


@dataclass(frozen=True, slots=True)
class _Mark:
    who: Author
    until: datetime


class Presence:
    """Marks that fall away by themselves (protocol §6)."""

    def __init__(self) -> None:
        self._typing: dict[ConversationId, dict[tuple[AuthorKind, str], _Mark]] = {}
        self._viewing: dict[AgentId, tuple[ConversationId, datetime]] = {}

    def typing(self, event: TypingChanged, now: datetime) -> None:
        """Somebody started or stopped writing."""
        key = (event.who.kind, event.who.id)
        marks = self._typing.setdefault(event.conversation, {})
        if event.on:
            marks[key] = _Mark(event.who, now + TYPING_LASTS)
        else:
            marks.pop(key, None)
        if not marks:
            del self._typing[event.conversation]

    def wrote(self, message: Message) -> None:
        """Whoever has written is not writing that any more."""
        marks = self._typing.get(message.conversation)
        if marks is not None:
            marks.pop((message.author.kind, message.author.id), None)
            if not marks:
                del self._typing[message.conversation]

    def viewing(self, event: ViewingChanged, now: datetime) -> set[ConversationId]:
        """A colleague looks at something else; returns the conversations it concerns."""
        touched = set()
        before = self._viewing.pop(event.agent, None)
        if before is not None:
            touched.add(before[0])
        if event.conversation is not None:
            self._viewing[event.agent] = (event.conversation, now + VIEWING_LASTS)
            touched.add(event.conversation)
        return touched

    def typing_in(self, conversation: ConversationId) -> tuple[Author, ...]:
        """Who is writing there."""
        return tuple(mark.who for mark in self._typing.get(conversation, {}).values())

    def viewers_of(self, conversation: ConversationId) -> tuple[AgentId, ...]:
        """Which colleagues have it open."""
        return tuple(agent for agent, (where, _) in self._viewing.items() if where == conversation)

    def expire(self, now: datetime) -> set[ConversationId]:
        """Drop what is too old; returns the conversations it concerns."""
        gone: set[ConversationId] = set()
        for conversation, marks in list(self._typing.items()):
            late = [key for key, mark in marks.items() if mark.until <= now]
            for key in late:
                del marks[key]
                gone.add(conversation)
            if not marks:
                del self._typing[conversation]
        for agent, (conversation, until) in list(self._viewing.items()):
            if until <= now:
                del self._viewing[agent]
                gone.add(conversation)
        return gone
