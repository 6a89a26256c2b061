"""The grammar of clock times, parts of the day and durations.

Hours are read as the 24-hour clock counts them: "9" is never taken for the evening, unless the
text says so ("tonight at 9", "9 pm").
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction

from agent_tui.i18n import _
from agent_tui.when.grammar import Rules, first_of, the, whole
from agent_tui.when.reading import STEPS, Reading, Refusal, Step, no_such_day, once
from agent_tui.when.words import Kind, Token

HALF_DAY = 12 * 60

CLOCKS = Rules()
"""Tried first: what can only be a clock time or a part of the day."""

AMOUNTS = Rules()
"""Tried last: durations, and words that mean something only beside others."""


@CLOCKS.on("at? number unit? past|to towards? number oclock|meridiem?")
def _minutes_off(reading: Reading, tokens: Sequence[Token]) -> bool | None:
    """As in "ten past nine", "half past nine", "fünf vor halb neun"."""
    minutes, hour = (token for token in tokens if token.kind is Kind.NUMBER)
    unit, towards = first_of(tokens, Kind.UNIT), first_of(tokens, Kind.TOWARDS)
    if (unit and unit.meaning != "minute") or (towards and towards.meaning != "30"):
        return False
    off = 30 if minutes.number == Fraction(1, 2) else whole(minutes)
    off = off if first_of(tokens, Kind.PAST) else -off
    _say_spoken(reading, hour, off - (30 if towards else 0), tokens[-1])
    return None


@CLOCKS.on("at? towards|quarter past|to number oclock|meridiem?")
def _quarter_off(reading: Reading, tokens: Sequence[Token]) -> bool | None:
    """As in "quarter to nine", "viertel nach neun"."""
    quarter = first_of(tokens, Kind.TOWARDS)
    if quarter and quarter.meaning != "45":
        return False
    off = 15 if first_of(tokens, Kind.PAST) else -15
    _say_spoken(reading, the(tokens, Kind.NUMBER), off, tokens[-1])
    return None


@CLOCKS.on("at? towards number oclock?")
def _towards(reading: Reading, tokens: Sequence[Token]) -> None:
    """As in "halb neun" (8:30), "viertel neun" (8:15), "drei viertel neun" (8:45)."""
    missing = int(the(tokens, Kind.TOWARDS).meaning)
    _say_spoken(reading, the(tokens, Kind.NUMBER), -missing, tokens[-1])


@CLOCKS.on("at? clock oclock|meridiem?", "at? number|dotted meridiem", "at? dotted oclock")
def say_clock(reading: Reading, tokens: Sequence[Token]) -> None:
    """As in "14:00", "9:30 pm", "9 am", "9.30 Uhr"."""
    said = the(tokens, Kind.CLOCK, Kind.NUMBER, Kind.DOTTED)
    if said.kind is Kind.NUMBER:
        say_time(reading, said.number, 0, said.text, tokens[-1])
    else:
        hour, minute, *_seconds = said.numbers
        say_time(reading, hour, minute, said.text, tokens[-1])


@CLOCKS.on(
    "at? number oclock number unit",
    "at? number oclock number !unit !month",
    "at? number oclock",
)
def _oclock(reading: Reading, tokens: Sequence[Token]) -> bool | None:
    """As in "17 Uhr 30", "17 Uhr"."""
    unit = first_of(tokens, Kind.UNIT)
    if unit and unit.meaning != "minute":
        return False
    hour, *minute = (token for token in tokens if token.kind is Kind.NUMBER)
    say_time(reading, hour.number, whole(minute[0]) if minute else 0, hour.text)
    return None


@CLOCKS.on("at? number unit number !unit !month", "at? number unit")
def _hour_sign(reading: Reading, tokens: Sequence[Token]) -> bool | None:
    """As in "heute 17h30"; a duration unless "um" or a day stands before it."""
    placed = tokens[0].kind is Kind.AT or reading.names_day
    if the(tokens, Kind.UNIT).text != "h" or reading.relative or not placed:
        return False
    hour, *minute = (token for token in tokens if token.kind is Kind.NUMBER)
    say_time(reading, hour.number, whole(minute[0]) if minute else 0, hour.text)
    return None


@CLOCKS.on("at number|ordinal !unit !month")
def _at_hour(reading: Reading, tokens: Sequence[Token]) -> None:
    """As in "at 9", "um 9."."""
    say_time(reading, tokens[1].number, 0, tokens[1].text)


@CLOCKS.on("at? year oclock", "at? year !unit")
def _four_digits(reading: Reading, tokens: Sequence[Token]) -> None:
    """As in "1430": four digits that no date has claimed."""
    said = the(tokens, Kind.YEAR)
    hour, minute = divmod(int(said.meaning), 100)
    say_time(reading, hour, minute, said.text)
    reading.certain = len(tokens) > 1


@CLOCKS.on("early|late? next? part")
def _part(reading: Reading, tokens: Sequence[Token]) -> None:
    """As in "morning", "this evening", "am späten Nachmittag"."""
    which = first_of(tokens, Kind.NEXT)
    reading.part = once(reading.part, tokens[-1].meaning)
    if tokens[0].kind in (Kind.EARLY, Kind.LATE):
        reading.shade = tokens[0].kind.value
    if which and which.meaning != "coming":
        ahead = int(which.meaning)
        reading.day = once(reading.day, reading.today + timedelta(days=ahead))
        reading.again = STEPS["day"] if ahead == 0 else None


@CLOCKS.on("sametime")
def _same_time(reading: Reading, _tokens: Sequence[Token]) -> None:
    """As in "same time tomorrow": the time it is now."""
    reading.same_time = True


@AMOUNTS.on("number unit number !unit !month", "number|dotted|year plushalf? unit plushalf?")
def _duration(reading: Reading, tokens: Sequence[Token]) -> bool | None:
    """As in "2h", "1h30", "anderthalb Stunden", "an hour and a half"."""
    unit = the(tokens, Kind.UNIT).meaning
    minutes = 0
    if tokens[-1].kind is Kind.NUMBER:
        minutes = whole(tokens[-1])
        if unit != "hour" or minutes > 59:
            return False
    halves = sum(token.kind is Kind.PLUS_HALF for token in tokens)
    step = STEPS[unit].times(tokens[0].number + Fraction(halves, 2)) + Step(minutes=minutes)
    reading.step = reading.step + step if reading.step else step
    return None


@AMOUNTS.on("unit")
def _unit_alone(reading: Reading, tokens: Sequence[Token]) -> bool | None:
    """As in "Viertelstunde": units that are an amount already."""
    unit = tokens[0].meaning
    if unit not in ("quarter hour", "three quarter hour", "fortnight"):
        return False
    reading.step = once(reading.step, STEPS[unit])
    return None


@AMOUNTS.on("early")
def _early(reading: Reading, _tokens: Sequence[Token]) -> None:
    """As in "morgen früh"."""
    reading.part = once(reading.part, "morning")


@AMOUNTS.on("late")
def _later(reading: Reading, _tokens: Sequence[Token]) -> None:
    """As in "later today"; in "2 hours later" it adds nothing."""
    reading.later = True


@AMOUNTS.on("number")
def _number_alone(reading: Reading, tokens: Sequence[Token]) -> None:
    """As in "tomorrow 9": a clock time only beside a day."""
    say_time(reading, tokens[0].number, 0, tokens[0].text)
    reading.certain = False


@AMOUNTS.on("ordinal")
def _ordinal_alone(reading: Reading, tokens: Sequence[Token]) -> None:
    """As in "on the 15th"; but a full stop after an hour does not make a date of it."""
    if reading.day:
        say_time(reading, tokens[0].number, 0, tokens[0].text)
        return
    if not 1 <= tokens[0].number <= 31:
        raise Refusal(no_such_day(tokens[0].text))
    reading.monthday = once(reading.monthday, whole(tokens[0]))


@AMOUNTS.on("at|until|in|hence", "past &number")
def _preposition(reading: Reading, tokens: Sequence[Token]) -> None:
    """Words that only lead to the next."""
    reading.relative = reading.relative or tokens[0].kind is Kind.IN


@AMOUNTS.on("past")
def _counted_from(reading: Reading, _tokens: Sequence[Token]) -> bool:
    """As in "two weeks after Monday"; "after Monday" alone says no moment."""
    return reading.step is not None


def say_time(
    reading: Reading, hour: Fraction | int, minute: int, said: str, tail: Token | None = None
) -> None:
    """Note a clock time; `tail` may be the "am" or "pm" after it.

    Raises:
        Refusal: if no clock shows it, or a time was said before.
    """
    half = tail.meaning if tail and tail.kind is Kind.MERIDIEM else ""
    exists = (0 <= hour < 24 and 0 <= minute < 60) or (hour, minute) == (24, 0)
    if Fraction(hour).denominator != 1 or not exists or (half and not 1 <= hour <= 12):
        sentence = _("There is no time “{time}”. Write it like “14:30”.")
        raise Refusal(sentence.format(time=f"{said.lstrip('t')} {half}".strip()))
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    reading.minute = once(reading.minute, int(hour) * 60 + minute)
    reading.certain = True
    reading.meridiem = bool(half)


def _say_spoken(reading: Reading, hour: Token, off: int, tail: Token) -> None:
    """`off` minutes from `hour`. Before one it is past twelve, as on the face of a clock."""
    if abs(off) > 60:
        raise Refusal
    say_time(reading, hour.number, 0, hour.text, tail)
    minute = (reading.minute or 0) + off
    if hour.number == 1 and off < 0:
        minute += -HALF_DAY if reading.meridiem and minute >= HALF_DAY else HALF_DAY
    reading.minute = minute % (2 * HALF_DAY)
