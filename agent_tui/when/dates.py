"""The grammar of dates, weekdays, weeks, months and the days that have names.

"Next" means the following one: "next Friday" is in the week after this one. A date without a
year means the occurrence nearest to today, so that a slip by a few days is noticed as past and
does not become a date in a year from now.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import cast

from agent_tui.i18n import _
from agent_tui.when.clocks import say_clock, say_time
from agent_tui.when.grammar import Rules, first_of, the, whole
from agent_tui.when.reading import (
    STEPS,
    Edge,
    Period,
    Reading,
    Refusal,
    calendar_day,
    named_month,
    nearest_day,
    no_such_day,
    numbered_week,
    once,
    period_of,
    week_of,
)
from agent_tui.when.words import Kind, Token

DATES = Rules()


@DATES.on("date clock offset")
def _stamp(reading: Reading, tokens: Sequence[Token]) -> None:
    """As in "2026-11-24T09:00+01:00": an instant that says its own zone."""
    _date(reading, tokens[:1])
    say_clock(reading, tokens[1:2])
    sign = -1 if tokens[2].meaning.startswith("-") else 1
    digits = re.sub(r"\D", "", tokens[2].meaning) or "0000"
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 14 or minutes > 59:
        raise Refusal
    reading.offset = sign * (hours * 60 + minutes)


@DATES.on("date")
def _date(reading: Reading, tokens: Sequence[Token]) -> None:
    """As in "2026-12-01", "1.12.2026", "1-12-2026"."""
    first, month, last = tokens[0].numbers
    year, day = (first, last) if tokens[0].text[:4].isdigit() else (last, first)
    reading.day = once(reading.day, calendar_day(year, month, day, tokens[0].text))


@DATES.on("daymonth")
def _day_and_month(reading: Reading, tokens: Sequence[Token]) -> None:
    """As in "1.12."."""
    day, month = tokens[0].numbers
    _say_yearless(reading, month, day, tokens[0].text)


@DATES.on("at? dotted !unit")
def _dotted(reading: Reading, tokens: Sequence[Token]) -> None:
    """As in "9.30": a time after a day or "um", else a date where there is such a day."""
    said = the(tokens, Kind.DOTTED)
    first, second = said.numbers
    if reading.names_day or tokens[0].kind is Kind.AT or not (first <= 31 and 1 <= second <= 12):
        say_time(reading, first, second, said.text)
    else:
        _say_yearless(reading, second, first, said.text)


@DATES.on("slash")
def _slashed(reading: Reading, tokens: Sequence[Token]) -> None:
    """As in "24/12"; "1/12" has two readings and is asked about."""
    said = tokens[0].text
    first, second, *year = tokens[0].numbers
    readings = (
        _existing_day(reading.today, year, month=second, day=first),
        _existing_day(reading.today, year, month=first, day=second),
    )
    days = [day for day in readings if day]
    if not days:
        raise Refusal(no_such_day(said))
    if days[0] != days[-1]:
        iso, other = (f"{day:%Y-%m-%d}" for day in days)
        sentence = _("“{date}” can be {first} or {second}. Write one of these instead.")
        raise Refusal(sentence.format(date=said, first=iso, second=other), iso, replaces=said)
    reading.day = once(reading.day, days[0])


@DATES.on("isoweek")
def _iso_week(reading: Reading, tokens: Sequence[Token]) -> None:
    """As in "2026-W48", "2026-W48-2"."""
    year, week, *weekday = tokens[0].numbers
    reading.period = once(reading.period, numbered_week(reading.today, week, year))
    if weekday:
        if not 1 <= weekday[0] <= 7:
            raise Refusal
        reading.weekday = once(reading.weekday, weekday[0] - 1)


@DATES.on("kw number year?", "unit number year !unit", "unit number !unit !oclock !meridiem")
def _calendar_week(reading: Reading, tokens: Sequence[Token]) -> bool | None:
    """As in "KW 48", "week 48 2027"."""
    if tokens[0].kind is Kind.UNIT and tokens[0].meaning != "week":
        return False
    year = int(tokens[2].meaning) if len(tokens) > 2 else None
    reading.period = once(reading.period, numbered_week(reading.today, whole(tokens[1]), year))
    return None


@DATES.on("ordinal unit month year?", "ordinal month unit year?", "month ordinal unit year?")
def _part_of_month(reading: Reading, tokens: Sequence[Token]) -> bool | None:
    """As in "first week of April" (its first seven days), "5th day of January"."""
    unit = the(tokens, Kind.UNIT).meaning
    if unit not in ("week", "day"):
        return False
    number = whole(the(tokens, Kind.ORDINAL))
    month = _month_said(reading.today, tokens)
    if not 1 <= number <= (5 if unit == "week" else month.last.day):
        raise Refusal(no_such_day(" ".join(token.text for token in tokens)))
    if unit == "day":
        reading.day = once(reading.day, month.first.replace(day=number))
        return None
    first = month.first.replace(day=min(7 * number - 6, month.last.day))
    last = month.first.replace(day=min(7 * number, month.last.day))
    reading.period = once(reading.period, Period("days", first, last))
    return None


@DATES.on(
    "ordinal|number month year?",
    "month ordinal|number year",
    "month ordinal|number !unit !oclock !meridiem",
)
def _day_of_month(reading: Reading, tokens: Sequence[Token]) -> None:
    """As in "1 Dec", "1. Dezember 2026", "December 1st"."""
    month, year = int(the(tokens, Kind.MONTH).meaning), first_of(tokens, Kind.YEAR)
    day = whole(the(tokens, Kind.ORDINAL, Kind.NUMBER))
    said = " ".join(token.text for token in tokens)
    if year:
        reading.day = once(reading.day, calendar_day(int(year.meaning), month, day, said))
    else:
        _say_yearless(reading, month, day, said)


@DATES.on("edge|early|late? month year?", "edge? next month")
def _month(reading: Reading, tokens: Sequence[Token]) -> None:
    """As in "December", "Anfang Dezember", "next April"."""
    reading.period = once(reading.period, _month_said(reading.today, tokens))
    reading.again = STEPS["year"]
    _say_edge(reading, tokens[0])


@DATES.on("edge|early|late? next unit|quarter", "edge unit|quarter", "unit|quarter edge|next")
def _period(reading: Reading, tokens: Sequence[Token]) -> bool | None:
    """As in "next week", "end of the month", "Anfang nächster Woche", "week after next"."""
    unit, which = the(tokens, Kind.UNIT, Kind.QUARTER).meaning, first_of(tokens, Kind.NEXT)
    ahead = _ahead(which, coming=1) if which else 0
    if tokens[-1] is which and ahead != 2:
        return False
    if unit in ("week", "month", "quarter", "year"):
        reading.period = once(reading.period, period_of(unit, reading.today, ahead))
        reading.again = STEPS[unit]
        _say_edge(reading, tokens[-1] if tokens[-1].kind is Kind.EDGE else tokens[0])
        return None
    if ahead == 0 or tokens[0].kind not in (Kind.NEXT, Kind.UNIT):
        return False
    step = STEPS[unit].times(Fraction(ahead))
    if unit == "day":
        reading.day = once(reading.day, step.after(reading.today))
    else:
        reading.step = once(reading.step, step)
    return None


@DATES.on("next weekday|weekend", "weekday|weekend next !unit !quarter", "weekday|weekend")
def _weekday(reading: Reading, tokens: Sequence[Token]) -> bool | None:
    """As in "Friday", "this Friday" (of this week), "next Friday" (of the next)."""
    which = first_of(tokens, Kind.NEXT)
    if which and tokens[0] is not which and which.meaning != "2":
        return False
    reading.weekday = once(reading.weekday, int(the(tokens, Kind.WEEKDAY, Kind.WEEKEND).meaning))
    if which and which.meaning != "coming":
        reading.period = once(reading.period, week_of(reading.today, int(which.meaning)))
        reading.again = STEPS["week"]
    return None


@DATES.on("day")
def _named_day(reading: Reading, tokens: Sequence[Token]) -> None:
    """As in "tomorrow"; but "Freitag morgen" is Friday morning."""
    if tokens[0].text == "morgen" and reading.names_day:
        reading.part = once(reading.part, "morning")
        return
    ahead = int(tokens[0].meaning)
    reading.day = once(reading.day, reading.today + timedelta(days=ahead))
    reading.again = STEPS["day"] if ahead == 0 else None


@DATES.on("edge")
def _edge(reading: Reading, tokens: Sequence[Token]) -> None:
    """As in "Ende Freitag", "next week, end"."""
    _say_edge(reading, tokens[0])


def _existing_day(today: date, year: list[int], month: int, day: int) -> date | None:
    try:
        if year:
            return calendar_day(year[0], month, day, "")
        return nearest_day(today, month, day, "")
    except Refusal:
        return None


def _say_yearless(reading: Reading, month: int, day: int, said: str) -> None:
    nearest = nearest_day(reading.today, month, day, said)
    reading.day = once(reading.day, nearest)
    reading.again = STEPS["year"]
    reading.yearless = True


def _say_edge(reading: Reading, token: Token) -> None:
    names = {Kind.EDGE: token.meaning, Kind.EARLY: "start", Kind.LATE: "end"}
    if token.kind in names:
        reading.edge = once(reading.edge, cast(Edge, names[token.kind]))


def _month_said(today: date, tokens: Sequence[Token]) -> Period:
    """The month that is named: of the year that is, else the coming one.

    The month it is now counts as coming, but not for "next".
    """
    number, year = int(the(tokens, Kind.MONTH).meaning), first_of(tokens, Kind.YEAR)
    which = first_of(tokens, Kind.NEXT)
    if year:
        return named_month(calendar_day(int(year.meaning), number, 1, year.text).year, number)
    if which and which.meaning == "0":
        return named_month(today.year, number)
    following = number < today.month or (which is not None and number == today.month)
    return named_month(today.year + following + (_ahead(which, 1) == 2 if which else 0), number)


def _ahead(which: Token, coming: int) -> int:
    return coming if which.meaning == "coming" else int(which.meaning)
