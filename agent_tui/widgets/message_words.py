"""The words around a message: who, when, how far it has come, what happened.

Pure: `SafeText` and values in, short texts in the agent's language out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import ceil
from zoneinfo import ZoneInfo

from agent_tui import dates
from agent_tui.i18n import _, language, mark
from agent_tui.model import (
    NO_TEXT,
    Attachment,
    Author,
    AuthorKind,
    Delivery,
    SafeText,
)
from agent_tui.names import short_name
from agent_tui.shown import Entry, SendState


def author_name(author: Author) -> str:
    """How the head line names who speaks."""
    if author.name.strip():
        return author.name if author.kind is AuthorKind.BOT else short_name(author.name.strip())
    match author.kind:
        case AuthorKind.CUSTOMER:
            return _("Customer")
        case AuthorKind.BOT:
            return _("Bot")
        case AuthorKind.AGENT:
            return _("Agent")
        case AuthorKind.SYSTEM:
            return _("Desk")


def clock_time(at: datetime, zone: ZoneInfo) -> str:
    """``09:26`` on the wall of `zone`."""
    return at.astimezone(zone).strftime("%H:%M")


def day_words(day: date, today: date) -> str:
    """Today, Yesterday, a weekday of the last week, or the date, with the year where it differs."""
    away = (today - day).days
    if away == 0:
        return _("Today")
    if away == 1:
        return _("Yesterday")
    if 1 < away < 7:
        return dates.weekday(day)
    return dates.weekday_and_day(day, year=day.year != today.year)


def moment_words(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """A moment to come: ``14:00`` today, else with its day."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    clock = local.strftime("%H:%M")
    if local.date() == today:
        return clock
    if local.date() == today + timedelta(days=1):
        return _("tomorrow {time}").format(time=clock)
    return f"{day_words(local.date(), today)} {clock}"


class Tone(StrEnum):
    """How loud a state is said."""

    QUIET = "quiet"
    WARN = "warn"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class State:
    """How far a message of ours has come."""

    word: str
    """For the head line."""
    short: str
    """The same where there is little room."""
    tone: Tone = Tone.QUIET
    reason: SafeText = NO_TEXT
    """What the agent has to know besides; empty: nothing."""


def state_of(entry: Entry, now: datetime, zone: ZoneInfo) -> State | None:
    """The state of a message that travels, or of one the desk has not confirmed yet."""
    if entry.state is not None:
        return _local_state(entry, entry.state, now, zone)
    match entry.message.delivery:
        case None:
            return None
        case Delivery.ACCEPTED:
            return _plain(_("accepted"))
        case Delivery.SENT:
            return _plain(_("sent ✓"))
        case Delivery.DELIVERED:
            return _plain(_("delivered ✓✓"))
        case Delivery.READ:
            return _plain(_("read ✓✓"))
        case Delivery.FAILED:
            return State(_("failed"), _("failed"), Tone.ALARM, entry.message.failure)


def _plain(word: str) -> State:
    return State(word, word)


def _local_state(entry: Entry, state: SendState, now: datetime, zone: ZoneInfo) -> State:
    """What is not on this machine's disk says so: the program's end would be its end."""
    told = _told_state(entry, state, now, zone)
    if entry.kept or state is SendState.SAVING:
        return told
    word = _("{state} · NOT SAVED").format(state=told.word)
    return replace(told, word=word, short=_("NOT SAVED"), tone=Tone.ALARM)


def _told_state(entry: Entry, state: SendState, now: datetime, zone: ZoneInfo) -> State:
    match state:
        case SendState.SAVING:
            return _plain(_("saving"))
        case SendState.HOLDING:
            return _holding(seconds_left(entry, now))
        case SendState.QUEUED:
            return _plain(_("waiting to leave"))
        case SendState.SENDING:
            return _plain(_("sending"))
        case SendState.RETRY:
            return _retry(entry, zone)
        case SendState.HELD:
            return State(_("held"), _("held"), Tone.WARN, entry.problem)
        case SendState.FAILED:
            return State(_("failed"), _("failed"), Tone.ALARM, entry.problem)


def _holding(seconds: int) -> State:
    if seconds <= 0:
        return _plain(_("sending"))
    return State(
        _("leaves in {seconds} s · z undo").format(seconds=seconds),
        _("leaves in {seconds} s").format(seconds=seconds),
    )


def _retry(entry: Entry, zone: ZoneInfo) -> State:
    if entry.leaves_at is None:
        return State(_("retry"), _("retry"), Tone.WARN, entry.problem)
    word = _("retry {time}").format(time=clock_time(entry.leaves_at, zone))
    return State(word, word, Tone.WARN, entry.problem)


def seconds_left(entry: Entry, now: datetime) -> int:
    """Whole seconds until a held message leaves, counted up; 0: now, or it is not held."""
    if entry.state is not SendState.HOLDING or entry.leaves_at is None:
        return 0
    return max(0, ceil((entry.leaves_at - now).total_seconds()))


def reason_line(state: State) -> str:
    """The state and its reason, for a line of their own under the message."""
    return _("{state}: {reason}").format(state=state.word, reason=state.reason)


_MEDIA = {
    "image": mark("photo"),
    "audio": mark("audio"),
    "video": mark("video"),
    "file": mark("file"),
    "location": mark("location"),
    "sticker": mark("sticker"),
}


def attachment_words(attachment: Attachment) -> str:
    """``[photo parcel.jpg · 240 kB]``: what is there, honestly, without opening it."""
    kind = _(_MEDIA[attachment.kind]) if attachment.kind in _MEDIA else _("attachment")
    parts = f"{kind} {attachment.name}".rstrip()
    if attachment.size is not None:
        parts += " · " + size_words(attachment.size)
    return f"[{parts}]"


def size_words(size: int) -> str:
    """Bytes as people say them; a kilobyte has 1,000."""
    if size < 1000:
        return _("{size} B").format(size=size)
    if size < 999_500:
        return _("{size} kB").format(size=round(size / 1000))
    from babel.numbers import format_decimal  # noqa: PLC0415 - late: heavy

    megabytes = format_decimal(round(size / 1_000_000, 1), locale=language())
    return _("{size} MB").format(size=megabytes)


def typing_words(names: tuple[SafeText, ...]) -> str:
    """Who is writing, in one line; empty: nobody."""
    short = [short_name(name) for name in names]
    match short:
        case []:
            return ""
        case [one]:
            return _("{name} is writing …").format(name=one)
        case [one, two]:
            return _("{first} and {second} are writing …").format(first=one, second=two)
        case _many:
            return _("{count} people are writing …").format(count=len(short))
