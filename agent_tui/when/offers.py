"""The presets of the snooze picker: the moments that are offered without typing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from agent_tui.i18n import mark
from agent_tui.when.answer import At, UntilReply, When
from agent_tui.when.hours import BusinessHours, at_local, aware, shown
from agent_tui.when.reading import period_of
from agent_tui.when.resolve import EVENING, Here, later_today, whole_minute

FRIDAY, MONDAY = 4, 0


@dataclass(frozen=True, slots=True)
class Preset:
    """One line of the snooze picker."""

    letter: str
    title: str
    """English message id; translate it where it is shown."""
    when: When


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


def _opening(day: date, here: Here) -> datetime:
    return at_local(day, here.opens, here.zone)


def _coming_weekday(today: date, weekday: int) -> date:
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
