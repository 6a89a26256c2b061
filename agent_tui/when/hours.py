"""Business hours and local time: the calendar that snoozes, presets and deadlines are read against.

Wall-clock times are turned into instants here and nowhere else, so that the two awkward days of
the year are settled once: a local time that the clocks skip moves forward by the gap, one that
they show twice means its first showing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from holidays import HolidayBase

MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """When somebody is at the desk, in the wall-clock time of the zone it is asked about.

    Raises:
        ValueError: if the day would close before it opens, or no weekday is worked.
    """

    opens: time = time(9)
    closes: time = time(18)
    workdays: frozenset[int] = frozenset(range(5))
    """As `date.weekday()` counts: Monday is 0, Sunday 6."""
    country: str = "DE"
    """ISO 3166 code whose public holidays are free; empty: none are. See `known_country`."""
    region: str | None = None
    """Subdivision with holidays of its own ("BY"); None: only what the whole country keeps."""

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise ValueError(f"business hours open at {self.opens} but close at {self.closes}")
        if not self.workdays or not self.workdays <= frozenset(range(7)):
            raise ValueError(f"workdays are numbers from 0 (Monday) to 6, not {self.workdays}")

    def is_working_day(self, day: date) -> bool:
        """Whether `day` is a workday of the week and no public holiday."""
        if day.weekday() not in self.workdays:
            return False
        return day not in _public_holidays(self.country, self.region, day.year)

    def next_working_day(self, after: date, count: int = 1) -> date:
        """The `count`th working day later than `after`."""
        day = after
        while count > 0:
            day += timedelta(days=1)
            count -= self.is_working_day(day)
        return day

    def next_opening(self, after: datetime, zone: ZoneInfo) -> datetime:
        """The first opening of a working day later than `after` (aware), in UTC.

        It can still be on the same day, when `after` is before opening.
        """
        today = aware(after).astimezone(zone).date()
        if self.is_working_day(today):
            opening = at_local(today, minute_of(self.opens), zone)
            if opening > after:
                return opening
        return at_local(self.next_working_day(today), minute_of(self.opens), zone)


def known_country(country: str, region: str | None = None) -> bool:
    """Whether the public holidays of `country`, and of its `region` if one is given, are known.

    Codes are in capitals, as in ISO 3166. The empty country, which has no holidays, is known.
    Ask before making `BusinessHours` of what somebody typed: where the answer is no, every
    workday of the week counts as worked, Christmas too.
    """
    return not country or _calendar(country, region) is not None


def aware(moment: datetime) -> datetime:
    """`moment` itself.

    Raises:
        ValueError: if it has no time zone; guessing one would move every reminder.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment


def minute_of(clock: time) -> int:
    """Whole minutes from midnight to `clock`, as the clock on the wall counts them."""
    return clock.hour * 60 + clock.minute


def at_local(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, when the clocks of `zone` show `minute` of `day`.

    `minute` counts from midnight on the wall and may run into the following days (1440 is the
    next midnight). A skipped time moves forward by the gap, a repeated one is the first of two.
    """
    return _showings(day, minute, zone)[0]


def at_local_after(day: date, minute: int, zone: ZoneInfo, now: datetime) -> datetime:
    """As `at_local`, but the second showing of a repeated time once the first is past."""
    first, second = _showings(day, minute, zone)
    return second if first <= now < second else first


def shown(moment: datetime, zone: ZoneInfo) -> str:
    """`moment` as "2026-11-24 09:00" in `zone`, with its offset where the clocks show it twice."""
    local = moment.astimezone(zone)
    text = f"{local:%Y-%m-%d %H:%M}"
    first, second = _showings(local.date(), minute_of(local.time()), zone)
    return text if first >= second else f"{text} {local.isoformat()[-6:]}"


def _showings(day: date, minute: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    days, minute = divmod(minute, MINUTES_A_DAY)
    wall = datetime.combine(day + timedelta(days=days), time(minute // 60, minute % 60))
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second


@lru_cache(maxsize=64)
def _public_holidays(country: str, region: str | None, year: int) -> frozenset[date]:
    if not country:
        return frozenset()
    return frozenset(_calendar(country, region, year) or ())


def _calendar(country: str, region: str | None, year: int | None = None) -> HolidayBase | None:
    """The public holidays of a country in `year`, or None if there is no such country or region."""
    import holidays  # noqa: PLC0415 - late: heavy

    try:
        found = holidays.country_holidays(country, subdiv=region, years=year)
    except (NotImplementedError, TypeError):  # TypeError: another name of the library, as "MON"
        return None
    return found if getattr(found, "country", None) else None
