"""When a conversation shall come back: typed times, the presets of the picker, and distances.

`parse` reads English and German whatever language the program speaks. It returns a moment only
when the whole text says one that is still ahead; everything else comes back as `Unclear` with a
sentence for the agent. Nothing is rolled to another day in silence, except clock times and
weekdays alone, which mean their next occurrence. The words are in `when_words`, the rules they
form in `when_grammar`, their meaning in `when_resolve`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from agent_tui.i18n import _, mark
from agent_tui.when_clocks import AMOUNTS, CLOCKS
from agent_tui.when_dates import DATES
from agent_tui.when_grammar import read
from agent_tui.when_hours import BusinessHours, at_local, aware, shown
from agent_tui.when_reading import Refusal, period_of
from agent_tui.when_resolve import EVENING, Here, later_today, resolve, too_far, whole_minute
from agent_tui.when_tokens import corrected, tokens_of
from agent_tui.when_words import Kind

__all__ = [
    "At",
    "BusinessHours",
    "Preset",
    "Unclear",
    "UntilReply",
    "When",
    "distance",
    "parse",
    "presets",
    "waiting",
]

LONGEST_TEXT = 100
"""Characters of a text that are worth reading as a time."""

FRIDAY, MONDAY = 4, 0
_WORDS_ABOUT_REPLIES = {Kind.REPLY, Kind.UNTIL, Kind.CUSTOMER, Kind.NEXT, Kind.NUMBER}


@dataclass(frozen=True, slots=True)
class At:
    """At a moment."""

    moment: datetime
    """Aware, in UTC, on a whole minute."""
    text: str = ""
    """The moment on the wall, "2026-11-24 09:00": `parse` reads it back to the same moment."""


@dataclass(frozen=True, slots=True)
class UntilReply:
    """When the customer writes."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """No moment: what is wrong with the text."""

    reason: str
    """A sentence in the agent's language, with an example of what works."""
    suggestion: str | None = None
    """A text that `parse` takes, if one is near."""


When = At | UntilReply | Unclear


@dataclass(frozen=True, slots=True)
class Preset:
    """One line of the snooze picker."""

    letter: str
    title: str
    """English message id; translate it where it is shown."""
    when: When


def parse(
    text: str,
    now: datetime,
    zone: ZoneInfo,
    hours: BusinessHours = BusinessHours(),  # noqa: B008 - frozen value
    last: When | None = None,
) -> When:
    """When `text`, typed at `now` (aware) by somebody in `zone`, says that it shall be.

    `last` is what "=" and "same as last" stand for. Without a time of day, opening is meant.

    Raises:
        ValueError: if `now` has no time zone. No text raises anything.
    """
    here = Here(aware(now), zone, hours)
    text = text.strip()
    try:
        return _parsed(text, here, last)
    except Refusal as refusal:
        reason = refusal.reason or _not_understood(text)
        offered = refusal.suggestion
        if offered and refusal.replaces:
            offered = text.replace(refusal.replaces, offered)
        if not refusal.reason and len(text) <= LONGEST_TEXT:
            offered = corrected(text)
        return Unclear(reason, offered if offered and _is_taken(offered, here, last) else None)
    except OverflowError:
        return Unclear(too_far().reason)


def presets(
    now: datetime, zone: ZoneInfo, hours: BusinessHours, last: When | None
) -> tuple[Preset, ...]:
    """The choices of the snooze picker at `now` (aware); those that are past are left out.

    Friday and Monday are the coming ones, never today. `last` is offered again while it is
    still ahead.

    Raises:
        ValueError: if `now` has no time zone.
    """
    here = Here(aware(now), zone, hours)
    chosen = [Preset("r", mark("Until reply"), UntilReply())]
    chosen += [
        Preset(letter, title, At(moment, shown(moment, zone)))
        for letter, title, moment in _preset_moments(here)
        if moment > now
    ]
    if isinstance(last, UntilReply) or (isinstance(last, At) and last.moment > now):
        chosen.append(Preset("=", mark("Same time as last"), last))
    return tuple(chosen)


def _preset_moments(here: Here) -> tuple[tuple[str, str, datetime], ...]:
    """Letter, title and moment of the presets that have one, past or not."""
    today, hours = here.today, here.hours
    end_of_month = period_of("month", today, 0).last
    return (
        ("h", mark("One hour"), whole_minute(here.now, timedelta(hours=1))),
        ("l", mark("Later today"), later_today(here)),
        ("e", mark("This evening"), here.at(today, EVENING)),
        ("t", mark("Tomorrow"), _opening(today + timedelta(days=1), here)),
        ("w", mark("Next working day"), _opening(hours.next_working_day(today), here)),
        ("f", mark("Friday"), _opening(_coming_weekday(today, FRIDAY), here)),
        ("m", mark("Next Monday"), _opening(_coming_weekday(today, MONDAY), here)),
        ("n", mark("Next month"), _opening(hours.next_working_day(end_of_month), here)),
    )


def distance(moment: datetime, now: datetime) -> str:
    """How far `moment` is from `now` (both aware), to the nearest unit: "in 2 h", "3 d ago"."""
    minutes = round((moment - now) / timedelta(minutes=1))
    ahead = minutes > 0
    minutes = abs(minutes)
    hours = round(minutes / 60)
    if minutes == 0:
        return _("now")
    if minutes < 60:
        return (_("in {n} m") if ahead else _("{n} m ago")).format(n=minutes)
    if hours < 24:
        return (_("in {n} h") if ahead else _("{n} h ago")).format(n=hours)
    days = round(minutes / (24 * 60))
    return (_("in {n} d") if ahead else _("{n} d ago")).format(n=days)


def waiting(since: datetime, now: datetime) -> str:
    """How long somebody has waited (both aware), in whole units: "12 m", "3 h", "2 d".

    Under a minute, or with a `since` that another clock has put ahead: "now".
    """
    minutes = (now - since) // timedelta(minutes=1)
    if minutes < 1:
        return _("now")
    if minutes < 60:
        return f"{minutes} m"
    if minutes < 24 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} d"


def _parsed(text: str, here: Here, last: When | None) -> When:
    if not text:
        raise Refusal(_("Type when it shall come back, for example “tomorrow 9” or “2h”."))
    if len(text) > LONGEST_TEXT:
        raise Refusal(_("That is too long for a time. Type it like “tomorrow 9” or “2h”."))
    tokens = tokens_of(text)
    kinds = {token.kind for token in tokens}
    if Kind.REPLY in kinds and kinds <= _WORDS_ABOUT_REPLIES:
        return UntilReply()
    if kinds & {Kind.LAST, Kind.SAME_TIME} and len(tokens) == 1:
        return _repeated(last, here)
    moment = resolve(read(tokens, here.today, (CLOCKS, DATES, AMOUNTS)), here)
    return At(moment, shown(moment, here.zone))


def _repeated(last: When | None, here: Here) -> When:
    if last is None or isinstance(last, Unclear):
        raise Refusal(_("There is no earlier choice to repeat. Type a time like “tomorrow 9”."))
    if isinstance(last, At) and last.moment <= here.now:
        raise Refusal(
            _("The last choice, {moment}, is past. Type a later time like “tomorrow 9”.").format(
                moment=shown(last.moment, here.zone)
            )
        )
    return last


def _is_taken(text: str, here: Here, last: When | None) -> bool:
    try:
        return not isinstance(_parsed(text, here, last), Unclear)
    except (Refusal, OverflowError):
        return False


def _not_understood(text: str) -> str:
    words = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    short = words if len(words) <= 40 else f"{words[:39]}…"
    sentence = _(
        "“{text}” is not a time that is known here. Try “tomorrow 9”, “2h” or “Fri 14:00”."
    )
    return sentence.format(text=short)


def _opening(day: date, here: Here) -> datetime:
    return at_local(day, here.opens, here.zone)


def _coming_weekday(today: date, weekday: int) -> date:
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
