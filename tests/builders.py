"""Small makers of model values for tests: everything has a default, nothing needs a backend."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from agent_tui.events import (
    ConversationChanged,
    Link,
    LinkChanged,
    MessageReceived,
    SnapshotPart,
    Welcomed,
)
from agent_tui.model import (
    Agent,
    AgentId,
    Author,
    AuthorKind,
    Channel,
    Contact,
    ContactId,
    Conversation,
    ConversationId,
    Message,
    MessageId,
    MessageKind,
    OpId,
    SafeText,
    Status,
)
from agent_tui.sanitise import sanitise
from agent_tui.store import Store

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""The moment at which tests begin."""

ME = AgentId("ana")
CAPABILITIES = frozenset(
    {"send", "note", "assign", "team", "snooze", "resolve", "reopen", "label", "priority", "read"}
)
AGENTS = (
    Agent(ME, SafeText("Ana Weber")),
    Agent(AgentId("ben"), SafeText("Ben Keller")),
)


def at(minutes: float) -> datetime:
    """`minutes` after `NOW`."""
    return NOW + timedelta(minutes=minutes)


def safe(text: str) -> SafeText:
    """`text` as it comes out of the sanitiser."""
    return sanitise(text)


def conv_id(name: str | int) -> ConversationId:
    """``c-1`` for 1; a name as it is."""
    return ConversationId(f"c-{name}" if isinstance(name, int) else name)


def conversation(name: str | int = 1, /, **fields: Any) -> Conversation:
    """An open conversation that waits for nobody; `fields` override."""
    key = conv_id(name)
    defaults: dict[str, Any] = {
        "id": key,
        "number": name if isinstance(name, int) else 1000,
        "channel": Channel.WEBCHAT,
        "contact_id": ContactId("p-17"),
        "contact_name": SafeText("Noah Brown"),
        "status": Status.OPEN,
        "created_at": NOW,
        "last_at": NOW,
        "ver": 1,
        "seq": 1,
    }
    return Conversation(**{**defaults, **fields})


CUSTOMER = Author(AuthorKind.CUSTOMER, SafeText("Noah Brown"), "p-17")
ANA = Author(AuthorKind.AGENT, SafeText("Ana Weber"), "ana")
BEN = Author(AuthorKind.AGENT, SafeText("Ben Keller"), "ben")
BOT = Author(AuthorKind.BOT, SafeText("Bot"), "bot")


def message(
    seq: int, conv: str | int = 1, /, text: str = "", by: Author = CUSTOMER, **fields: Any
) -> Message:
    """A message whose id comes from its number; `fields` override."""
    defaults: dict[str, Any] = {
        "id": MessageId(f"m-{seq}"),
        "conversation": conv_id(conv),
        "author": by,
        "at": NOW + timedelta(seconds=seq),
        "text": safe(text or f"message {seq}"),
        "seq": seq,
    }
    return Message(**{**defaults, **fields})


def activity(seq: int, conv: str | int = 1, /, by: Author = BEN, **fields: Any) -> Message:
    """The line of a thread that says what somebody did."""
    return message(seq, conv, by=by, kind=MessageKind.ACTIVITY, **fields)


def contact(name: str = "p-17", /, **fields: Any) -> Contact:
    """A customer's record."""
    return Contact(**{"id": ContactId(name), "name": SafeText("Noah Brown"), **fields})


def welcomed(seq: int = 0, *, resumed: bool = False, **fields: Any) -> Welcomed:
    """What a desk says first."""
    defaults: dict[str, Any] = {
        "me": ME,
        "desk_name": SafeText("Nordlicht Versand"),
        "timezone": "Europe/Berlin",
        "agents": AGENTS,
        "teams": (),
        "labels": (),
        "capabilities": CAPABILITIES,
        "server_time": NOW,
        "resumed": resumed,
        "seq": seq,
        "epoch": "e1",
    }
    return Welcomed(**{**defaults, **fields})


def live(since: datetime = NOW) -> LinkChanged:
    """The line is up."""
    return LinkChanged(Link.LIVE, since)


def store_of(*conversations: Conversation, seq: int = 100) -> Store:
    """A live store that has a snapshot of these conversations, taken at `seq`."""
    store = Store()
    for event in (welcomed(seq), SnapshotPart(1, 1, conversations), live()):
        store.apply(event, NOW)
    return store


def wrote(seq: int, conv: Conversation, text: str = "", by: Author = CUSTOMER) -> MessageReceived:
    """Somebody wrote in `conv`, which becomes `conv` after it."""
    return MessageReceived(seq, conv, message(seq, conv.id, text=text, by=by))


def did(
    seq: int, conv: Conversation, by: Author | None = BEN, op_id: OpId | None = None
) -> ConversationChanged:
    """Somebody changed `conv`, which becomes `conv`; without `by` no line says who."""
    line = None if by is None else activity(seq, conv.id, by=by, op_id=op_id)
    return ConversationChanged(seq, conv, line, op_id)


class Numbered:
    """Ids that say in which order they were given: ``op-1``, ``op-2``."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def __call__(self) -> OpId:
        return OpId(f"op-{next(self._numbers)}")
