"""What a typed time says, before it is held against the calendar.

The grammar fills a `Reading` word by word; `resolve` turns it into an instant. Whatever can
be said only once (a day, a clock time) refuses a second value, so "Monday Tuesday" is a question
and never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import ceil
from typing import Literal, TypeVar

from agent_tui.i18n import _

T = TypeVar("T")
Edge = Literal["start", "middle", "end"]

NEAR_PAST = timedelta(days=183)
"""A date without a year means the occurrence nearest to today: at most this far back."""


class Refusal(Exception):
    """A text that is not taken, with the sentence that says why; no reason: not understood.

    `suggestion` can be typed instead of `replaces`, or of the whole text if that is empty.
    """

    def __init__(
        self, reason: str = "", suggestion: str | None = None, *, replaces: str = ""
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.suggestion = suggestion
        self.replaces = replaces


@dataclass(frozen=True, slots=True)
class Step:
    """A distance in time: months and days by the calendar, working days, minutes by the clock."""

    months: int = 0
    days: int = 0
    workdays: int = 0
    minutes: int = 0

    def __add__(self, other: Step) -> Step:
        return Step(
            self.months + other.months,
            self.days + other.days,
            self.workdays + other.workdays,
            self.minutes + other.minutes,
        )

    def times(self, amount: Fraction) -> Step:
        """`amount` of these: half a month is 15 days, half a day 12 hours.

        Raises:
            Refusal: for a part of a working day, which has no length.
        """
        months, rest = divmod(self.months * amount, 1)
        days, rest = divmod(self.days * amount + rest * 30, 1)
        workdays, part = divmod(self.workdays * amount, 1)
        if part:
            raise Refusal
        return Step(months, days, workdays, ceil(self.minutes * amount + rest * 24 * 60))

    @property
    def by_calendar(self) -> bool:
        """Whether it moves to another day of the calendar."""
        return bool(self.months or self.days or self.workdays)

    def after(self, day: date) -> date:
        """The day that its months and days lead to from `day`; a missing 31st is the last.

        Raises:
            OverflowError: beyond the year 9999.
        """
        year, month = divmod(day.year * 12 + day.month - 1 + self.months, 12)
        if year > date.max.year:
            raise OverflowError(f"the year {year} is out of reach")
        last = last_of_month(year, month + 1).day
        return date(year, month + 1, min(day.day, last)) + timedelta(days=self.days)


STEPS: dict[str, Step] = {
    "minute": Step(minutes=1),
    "quarter hour": Step(minutes=15),
    "three quarter hour": Step(minutes=45),
    "hour": Step(minutes=60),
    "day": Step(days=1),
    "workday": Step(workdays=1),
    "week": Step(days=7),
    "fortnight": Step(days=14),
    "month": Step(months=1),
    "quarter": Step(months=3),
    "year": Step(months=12),
}
"""How long the units of `words` are."""


@dataclass(frozen=True, slots=True)
class Period:
    """A week, month, quarter or year of the calendar."""

    unit: str
    first: date
    last: date
    ahead: int = 0
    """How many of its units after the current one, if it was named so ("next week" is 1)."""


@dataclass(slots=True)
class Reading:
    """Everything one text has said so far. `today` is the local day it is read on."""

    today: date
    day: date | None = None
    again: Step | None = None
    """How much later the same words would be meant, should the day turn out to be past."""
    yearless: bool = False
    """`day` was said without a year."""
    monthday: int | None = None
    weekday: int | None = None
    period: Period | None = None
    edge: Edge | None = None
    minute: int | None = None
    """Clock time in minutes since midnight on the wall."""
    certain: bool = False
    """The clock time cannot be anything else; a lone "9" could also be a duration."""
    meridiem: bool = False
    """It was said whether it is before or after noon."""
    offset: int | None = None
    """Minutes east of UTC, when the text says so itself."""
    part: str | None = None
    shade: str = ""
    """"early" or "late" in the part of the day."""
    step: Step | None = None
    relative: bool = False
    """"in" was said: a number that follows is a duration."""
    later: bool = False
    same_time: bool = False

    @property
    def names_day(self) -> bool:
        """Whether a day was said, in whatever form."""
        named = (self.day, self.monthday, self.weekday, self.period)
        return any(value is not None for value in named)


def once(old: T | None, new: T) -> T:
    """`new`, for something that may be said only once.

    Raises:
        Refusal: if it was said before.
    """
    if old is not None:
        raise Refusal(_("That names two different times. Name one, for example “tomorrow 9”."))
    return new


def calendar_day(year: int, month: int, day: int, said: str) -> date:
    """The day of the calendar that was `said`.

    Raises:
        Refusal: if the calendar has no such day.
    """
    try:
        return date(year if year > 99 else 2000 + year, month, day)
    except ValueError:
        raise Refusal(no_such_day(said)) from None


def no_such_day(said: str) -> str:
    """The sentence about a date that no calendar has."""
    return _("There is no day “{date}”. Write it like “1.12.” or “2026-12-01”.").format(
        date=said.strip()
    )


def nearest_day(today: date, month: int, day: int, said: str) -> date:
    """The day and month that was `said` without a year: the occurrence nearest to `today`.

    Raises:
        Refusal: if no year has such a day.
    """
    for year in range(today.year - 1, min(today.year + 9, date.max.year)):
        try:
            candidate = date(year, month, day)
        except ValueError:
            continue
        if candidate >= today - NEAR_PAST:
            return candidate
    raise Refusal(no_such_day(said))


def week_of(day: date, ahead: int = 0) -> Period:
    """The week, Monday to Sunday, `ahead` weeks after the one `day` is in."""
    monday = day + timedelta(days=7 * ahead - day.weekday())
    return Period("week", monday, monday + timedelta(days=6), ahead)


def numbered_week(today: date, number: int, year: int | None) -> Period:
    """The week of that number (ISO 8601); without a year, the nearest to `today`.

    Raises:
        Refusal: if there is no such week.
    """
    years = range(today.year - 1, today.year + 2) if year is None else (year,)
    for candidate in years:
        try:
            monday = date.fromisocalendar(candidate, number, 1)
        except ValueError:
            continue
        if year is not None or monday >= today - NEAR_PAST:
            return week_of(monday)
    raise Refusal(_("There is no week {week}. Write it like “KW 48”.").format(week=number))


def period_of(unit: str, today: date, ahead: int) -> Period:
    """The week, month, quarter or year that is `ahead` of the one `today` is in."""
    if unit == "week":
        return week_of(today, ahead)
    months = STEPS[unit].months
    start = Step(months=months * ahead).after(today.replace(day=1))
    start = start.replace(month=(start.month - 1) // months * months + 1)
    end = Step(months=months - 1).after(start)
    return Period(unit, start, last_of_month(end.year, end.month), ahead)


def named_month(year: int, month: int) -> Period:
    """The month of that year.

    Raises:
        OverflowError: beyond the year 9999.
    """
    if year > date.max.year:
        raise OverflowError(f"the year {year} is out of reach")
    return Period("month", date(year, month, 1), last_of_month(year, month))


def last_of_month(year: int, month: int) -> date:
    """The last day of a month."""
    if (year, month) == (date.max.year, 12):
        return date.max
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
