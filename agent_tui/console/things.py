"""What a conversation has to open: its links and attachments, as rows to choose from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from agent_tui.console.choices import by_words
from agent_tui.i18n import _
from agent_tui.links.find import links_in
from agent_tui.links.host import Doubt, NotOpened, examine
from agent_tui.model import Attachment, Message, MessageKind
from agent_tui.widgets.message_words import attachment_words, author_name, clock_time, day_words
from agent_tui.widgets.picker import Choice, Find

MOST = 300
"""Rows; whoever looks for an older one scrolls to it and reads."""


HARMLESS = frozenset({Doubt.PLAIN, Doubt.LONG, Doubt.LEFT_OUT, Doubt.PORT})
"""Doubts that many honest links raise: they are said before one is opened, not in the list."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link in a message."""

    message: Message
    text: str
    """As it stands there."""


@dataclass(frozen=True, slots=True)
class File:
    """An attachment of a message."""

    message: Message
    attachment: Attachment


Thing = Link | File


def things_in(messages: Sequence[Message]) -> list[Thing]:
    """What there is to open, the newest message first, at most `MOST`; a link only once."""
    found: list[Thing] = []
    seen: set[str] = set()
    for message in reversed(messages):
        for thing in _things_of(message):
            if isinstance(thing, Link):
                if thing.text in seen:
                    continue
                seen.add(thing.text)
            found.append(thing)
            if len(found) >= MOST:
                return found
    return found


def _things_of(message: Message) -> Iterator[Thing]:
    if message.kind is MessageKind.ACTIVITY:
        return
    for attachment in message.attachments:
        yield File(message, attachment)
    for link in links_in(message.text):
        yield Link(message, link)


def finding(things: Sequence[Thing], now: datetime, zone: ZoneInfo) -> Find[Thing]:
    """The rows that fit what is typed: a part of what is shown, or of what was written."""
    rows = [choice_of(thing, now, zone) for thing in things]

    def find(query: str) -> Sequence[Choice[Thing]]:
        wanted = query.strip().casefold()
        exact = [row for row in rows if wanted in _searched(row)]
        return exact or by_words(rows, query)

    return find


def _searched(row: Choice[Thing]) -> str:
    written = row.value.text if isinstance(row.value, Link) else ""
    return f"{row.title} {row.right} {written}".casefold()


def choice_of(thing: Thing, now: datetime, zone: ZoneInfo) -> Choice[Thing]:
    """The row of a thing: what it is, from whom and when; a link by where it really leads."""
    right = f"{author_name(thing.message.author)} {_moment(thing, now, zone)}"
    if isinstance(thing, File):
        title = attachment_words(thing.attachment)
        return Choice(thing, title, right, preview=title, faint=thing.attachment.id is None)
    try:
        target = examine(thing.text)
    except NotOpened as why:
        return Choice(thing, thing.text, right, preview=f"{why}\n{thing.text}", faint=True)
    title = target.address.removeprefix("https://").removesuffix("/")
    if target.doubts.keys() - HARMLESS:
        title = f"! {title}"
    doubts = (f"! {words}" for words in target.doubts.values())
    return Choice(thing, title, right, preview="\n".join((thing.text, *doubts)))


def said_by(thing: Thing, now: datetime, zone: ZoneInfo) -> str:
    """Who sent it, and when."""
    name, at = author_name(thing.message.author), _moment(thing, now, zone)
    return _("from {name}, {time}").format(name=name, time=at)


def _moment(thing: Thing, now: datetime, zone: ZoneInfo) -> str:
    """When it came: the time, and the day where that is not today."""
    at, clock = thing.message.at, clock_time(thing.message.at, zone)
    day, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    return clock if day == today else f"{day_words(day, today)} {clock}"
