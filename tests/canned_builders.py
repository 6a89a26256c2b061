"""Makers of canned replies and their values for tests, and the replies of the program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from agent_tui import canned
from agent_tui.canned import CannedReply, Library, fill, load, values_for
from agent_tui.model import (
    Agent,
    AgentId,
    Cart,
    Channel,
    Contact,
    ContactId,
    Conversation,
    ConversationId,
    Order,
    SafeText,
    Status,
    Tracking,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
GOOD = "---\nid: {id}\ntitle: {title}\nshortcut: {shortcut}\n{more}---\n{body}\n"
ROOT = Path(__file__).resolve().parents[1]


@cache
def shipped(language: str) -> Library:
    """The replies that come with the program."""
    return load([canned.built_in_folder()], language)


def write(  # noqa: PLR0917 - the fields of a file, all with defaults
    folder: Path,
    place: str,
    id: str = "late",
    body: str = "Sorry!",
    title: str = "Parcel is late",
    shortcut: str | None = None,
    more: str = "",
) -> Path:
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    text = GOOD.format(id=id, title=title, shortcut=shortcut or id, more=more, body=body)
    path.write_text(text, encoding="utf-8")
    return path


def reply(body: str) -> CannedReply:
    words = SafeText("x")
    return CannedReply("x", "en", words, words, frozenset(), words, body, Path("x.md"))


def filled(body: str, **values: object) -> str:
    return fill(reply(body), values).text


def ids(library: Library) -> list[str]:
    return [r.id for r in library.replies]


def order(id: str, day: int | None, *parcels: str, cents: int = 48881) -> Order:
    return Order(
        SafeText(id),
        SafeText("shipped"),
        cents,
        "EUR",
        tracking=tuple(Tracking(SafeText("DHL"), SafeText(n), SafeText("depot")) for n in parcels),
        placed_at=None if day is None else NOW + timedelta(days=day),
    )


def contact(name: str = "Noah Brown", **more: object) -> Contact:
    return Contact(ContactId("1"), SafeText(name), **more)  # type: ignore[arg-type]


CONVERSATION = Conversation(
    ConversationId("7"), 1042, Channel.WHATSAPP, ContactId("1"), SafeText("Lea Fischer"),
    Status.OPEN, NOW, NOW,
)  # fmt: skip
AGENT = Agent(AgentId("3"), SafeText("Ana Keller"))


def values(who: Contact | None, locale: str = "de") -> dict[str, object]:
    return values_for(who, CONVERSATION, AGENT, "Nordlicht", locale)


FULL = values(
    contact(
        "Maximiliane Oberhuber-Schwarz",
        orders=(order("#W7678072", 1, "00340434161094042557", cents=148881),),
        cart=Cart((), 129900, "EUR"),
    )
)


def names_in(level: Mapping[str, object], prefix: str = "") -> Iterator[str]:
    for key, value in level.items():
        if isinstance(value, Mapping):
            yield from names_in(value, f"{prefix}{key}.")
        else:
            yield prefix + key
