"""From what was said to the instant that is meant.

The rules: a clock time or a weekday alone means its next occurrence; everything else says one
moment, and is refused when that is past. Days are days of the calendar and keep the time on the
wall; hours and minutes are real time, also across a change of the clocks. Seconds are dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from fractions import Fraction
from zoneinfo import ZoneInfo

from agent_tui.i18n import _
from agent_tui.when.hours import (
    MINUTES_A_DAY,
    BusinessHours,
    at_local,
    at_local_after,
    minute_of,
    shown,
)
from agent_tui.when.reading import (
    STEPS,
    Edge,
    Period,
    Reading,
    Refusal,
    Step,
    calendar_day,
    period_of,
)

HORIZON = timedelta(days=5 * 366)
"""Further ahead nobody means to be reminded; it is a slip of the keyboard."""

LATER = timedelta(hours=3)
EVENING = 18 * 60


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the day, all in minutes since midnight on the wall."""

    usual: int
    early: int
    late: int
    first: int
    last: int
    """Clock times said with it lie from `first` to `last`: "tonight at 8" is 20:00."""


PARTS: dict[str, Part] = {
    name: Part(*(int(hour * 60) for hour in hours))
    for name, hours in {
        "morning": (9, 8, 11, 0, 12),
        "noon": (12, 12, 12, 11, 14),
        "afternoon": (14, 13, 16, 12, 18),
        "evening": (18, 17, 20, 16, 24),
        "tonight": (20, 19, 22, 16, 28),
        "night": (20, 19, 22, 18, 30),
        "late night": (22, 21, 23, 18, 30),
        "midnight": (24, 24, 24, 24, 24),
    }.items()
}


@dataclass(frozen=True, slots=True)
class Here:
    """When and where a text is read."""

    now: datetime
    zone: ZoneInfo
    hours: BusinessHours

    @property
    def local(self) -> datetime:
        """Now, as the clocks on the wall show it."""
        return self.now.astimezone(self.zone)

    @property
    def today(self) -> date:
        """The day it is on the wall."""
        return self.local.date()

    @property
    def opens(self) -> int:
        """Minute of opening."""
        return minute_of(self.hours.opens)

    @property
    def closes(self) -> int:
        """Minute of closing."""
        return minute_of(self.hours.closes)

    def at(self, day: date, minute: int) -> datetime:
        """The instant of that local time, still ahead if the clocks show it once more."""
        return at_local_after(day, minute, self.zone, self.now)


def resolve(reading: Reading, here: Here) -> datetime:
    """The instant, in UTC, that `reading` means; always later than now.

    Raises:
        Refusal: if it is past, out of reach, or not said clearly.
        OverflowError: beyond the calendar.
    """
    moment = _moment(reading, here)
    if moment <= here.now:
        raise Refusal(
            _("{moment} is already past. Type a later time, for example “tomorrow 9”.").format(
                moment=shown(moment, here.zone)
            ),
            _next_time(reading, moment, here),
        )
    if moment > here.now + HORIZON:
        raise too_far()
    return moment


def too_far() -> Refusal:
    """The refusal of a moment beyond the horizon."""
    return Refusal(_("That is more than five years ahead. Type it shorter, like “in 6 months”."))


def later_today(here: Here) -> datetime:
    """Three hours from now, but not after closing; past once it has closed."""
    return min(whole_minute(here.now, LATER), here.at(here.today, here.closes))


def whole_minute(now: datetime, ahead: timedelta) -> datetime:
    """`ahead` of `now` in real time, in UTC and without seconds, but never as early as `now`."""
    moment = (now.astimezone(UTC) + ahead).replace(second=0, microsecond=0)
    return moment + timedelta(minutes=1) if moment <= now and ahead > timedelta() else moment


def _moment(reading: Reading, here: Here) -> datetime:
    minute = _minute(reading, here)
    if reading.offset is not None and reading.day is not None and minute is not None:
        return _stamped(reading.day, minute, reading.offset)
    if reading.part in ("tonight", "closing") and not (reading.names_day or reading.step):
        reading = replace(reading, day=here.today, again=STEPS["day"])
    only_today = reading.day == here.today and reading.again == STEPS["day"]
    if reading.step:
        return _stepped(reading, reading.step, minute, here, only_today)
    if minute is None and (only_today or not reading.names_day):
        return _today(reading, here)
    if minute is not None and not reading.names_day:
        return _next_showing(reading, minute % MINUTES_A_DAY, here)
    if reading.later and minute is None:
        raise Refusal
    day = _day(reading, minute, here)
    return here.at(day, here.opens if minute is None else minute)


def _today(reading: Reading, here: Here) -> datetime:
    """ "Later", "later today", or "today" with nothing else."""
    if reading.later:
        return later_today(here)
    if reading.day is None or reading.edge:
        raise Refusal
    moment = whole_minute(here.now, timedelta(hours=1))
    if moment.astimezone(here.zone).date() != here.today:
        raise Refusal(_("Less than an hour is left of today. Type “1h” or “tomorrow 9”."), "1h")
    return moment


def _next_showing(reading: Reading, minute: int, here: Here) -> datetime:
    if not reading.certain and reading.part is None and not reading.same_time:
        clock = f"{minute // 60}:{minute % 60:02}"
        sentence = _(
            "A number alone can be a time or a duration. Type “{clock}”, or “2h” for hours."
        )
        raise Refusal(sentence.format(clock=clock), clock)
    today = here.at(here.today, minute)
    return today if today > here.now else here.at(here.today + timedelta(days=1), minute)


def _stamped(day: date, minute: int, offset: int) -> datetime:
    east = timezone(timedelta(minutes=offset))
    return (datetime.combine(day, time(), east) + timedelta(minutes=minute)).astimezone(UTC)


def _stepped(
    reading: Reading, step: Step, minute: int | None, here: Here, only_today: bool
) -> datetime:
    """A duration from now, or whole days from a day that was named: "Monday in two weeks"."""
    placed = reading.names_day and not only_today
    if step.minutes and (placed or minute is not None):
        raise Refusal
    if not step.by_calendar:
        moment = whole_minute(here.now, timedelta(minutes=step.minutes))
        if minute is not None or (only_today and moment.astimezone(here.zone).date() != here.today):
            raise Refusal
        return moment
    if step.workdays > HORIZON.days:
        raise too_far()
    day = step.after(_day(reading, minute, here) if placed else here.today)
    day = here.hours.next_working_day(day, step.workdays)
    if minute is None:
        at_opening = placed or step.workdays
        minute = here.opens if at_opening else minute_of(here.local.time())
    return here.at(day, minute) + timedelta(minutes=step.minutes)


def _minute(reading: Reading, here: Here) -> int | None:
    """The time of day that was said, in minutes; None if none was."""
    said = reading.minute
    if reading.same_time:
        if said is not None or reading.part is not None:
            raise Refusal
        return minute_of(here.local.time())
    if reading.part == "closing":
        if said is not None:
            raise Refusal
        return here.closes
    if reading.part is not None:
        return _minute_of_part(reading, PARTS[reading.part], here)
    if said is None and reading.edge == "end" and reading.names_day:
        return here.closes
    return said


def _minute_of_part(reading: Reading, part: Part, here: Here) -> int:
    said = reading.minute
    if said is None:
        if reading.part == "morning" and not reading.shade and here.opens <= part.last:
            return here.opens
        return {"early": part.early, "late": part.late}.get(reading.shade, part.usual)
    half_day = MINUTES_A_DAY // 2
    candidates = [said, said + MINUTES_A_DAY]
    if said <= half_day and not reading.meridiem:
        candidates.insert(1, said + half_day)
    fitting = [minute for minute in candidates if part.first <= minute <= part.last]
    if not fitting:
        raise Refusal
    return fitting[0]


def _day(reading: Reading, minute: int | None, here: Here) -> date:
    """The day that was said."""
    if reading.period:
        return _day_in_period(reading, reading.period, here)
    if reading.day:
        day = reading.day
    elif reading.monthday:
        number = reading.monthday
        day = _coming(lambda day: day.day == number, minute, here)
    else:
        return _coming(lambda day: day.weekday() == reading.weekday, minute, here)
    if reading.weekday not in (None, day.weekday()):
        sentence = _("{date} is another day of the week. Leave one of the two out.")
        raise Refusal(sentence.format(date=f"{day:%Y-%m-%d}"), f"{day:%Y-%m-%d}")
    return day


def _coming(fits: Callable[[date], bool], minute: int | None, here: Here) -> date:
    """The next day that fits: today only if a time was said that is still ahead."""
    if fits(here.today) and minute is not None and here.at(here.today, minute) > here.now:
        return here.today
    return next(day for day in _following(here.today) if fits(day))


def _following(day: date) -> Iterable[date]:
    while True:
        day += timedelta(days=1)
        yield day


def _day_in_period(reading: Reading, period: Period, here: Here) -> date:
    if reading.day:
        if not reading.yearless or period.unit != "year":
            raise Refusal
        return calendar_day(
            period.first.year, reading.day.month, reading.day.day, f"{reading.day:%d.%m.}"
        )
    if reading.monthday:
        if period.unit != "month" or reading.weekday is not None:
            raise Refusal
        first = period.first
        return calendar_day(first.year, first.month, reading.monthday, f"{reading.monthday}.")
    if reading.weekday is not None:
        if period.unit != "week":
            raise Refusal
        return period.first + timedelta(days=reading.weekday)
    if reading.same_time and period.ahead:
        return STEPS[period.unit].times(Fraction(period.ahead)).after(here.today)
    return _day_at_edge(period, reading.edge, here.hours)


def _day_at_edge(period: Period, edge: Edge | None, hours: BusinessHours) -> date:
    """The first or last working day of `period`, or the middle of it."""
    length = (period.last - period.first).days
    if edge == "middle":
        middle = {"week": 2, "month": 14}.get(period.unit, length // 2)
        return period.first + timedelta(days=middle)
    days = [period.first + timedelta(days=ahead) for ahead in range(length + 1)]
    if edge == "end":
        days.reverse()
    return next((day for day in days if hours.is_working_day(day)), days[0])


def _next_time(reading: Reading, moment: datetime, here: Here) -> str | None:
    """What the same words would mean once more, to offer instead of a moment that is past."""
    if reading.again is None:
        return None
    if reading.period:
        first = reading.again.after(reading.period.first)
        following = replace(reading, period=period_of(reading.period.unit, first, 0))
        return shown(_moment(following, here), here.zone)
    local = moment.astimezone(here.zone)
    again = at_local(reading.again.after(local.date()), minute_of(local.time()), here.zone)
    return shown(again, here.zone)
