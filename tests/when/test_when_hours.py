"""Business hours: working days, openings, and what cannot be."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.when import BusinessHours
from agent_tui.when.hours import known_country

BERLIN = ZoneInfo("Europe/Berlin")
GERMANY = BusinessHours()


def on(local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 18), True),
        (date(2026, 11, 21), False),
        (date(2026, 12, 24), True),
        (date(2026, 12, 25), False),
        (date(2026, 4, 6), False),
    ],
)
def test_weekends_and_public_holidays_are_free(day: date, works: bool) -> None:
    assert GERMANY.is_working_day(day) is works


def test_regions_have_holidays_of_their_own() -> None:
    epiphany = date(2026, 1, 6)
    assert GERMANY.is_working_day(epiphany)
    assert not BusinessHours(region="BY").is_working_day(epiphany)


def test_without_a_country_weekends_alone_are_free() -> None:
    hours = BusinessHours(country="", region="BY")
    assert hours.is_working_day(date(2026, 12, 25))
    assert not hours.is_working_day(date(2026, 12, 26))  # a Saturday


@pytest.mark.parametrize(
    ("country", "region"),
    [("DE", None), ("DE", "BY"), ("DE", ""), ("AT", None), ("JP", None), ("", None), ("", "BY")],
)
def test_a_country_with_holidays_or_none_at_all_is_known(country: str, region: str | None) -> None:
    assert known_country(country, region)


@pytest.mark.parametrize(
    ("country", "region"),
    [
        ("XX", None),
        ("de", None),
        ("DE", "QQ"),
        ("AT", "BY"),
        (" ", None),
        ("ECB", None),
        ("MON", None),
        ("utils", None),
        ("HolidayBase", None),
        ("__doc__", None),
    ],
)
def test_what_is_no_country_or_none_of_its_regions_is_not_known_and_has_no_holidays(
    country: str, region: str | None
) -> None:
    assert not known_country(country, region)
    assert BusinessHours(country=country, region=region).is_working_day(date(2026, 12, 25))


@given(st.text(max_size=12), st.none() | st.text(max_size=4))
def test_no_country_whatsoever_raises(country: str, region: str | None) -> None:
    known_country(country, region)
    BusinessHours(country=country, region=region).is_working_day(date(2026, 12, 25))


def test_importing_costs_nothing_heavy() -> None:
    heavy = ("textual", "holidays", "babel", "dateutil")
    code = f"import sys, agent_tui.when; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("after", "opening"),
    [
        ("2026-11-18 07:00", "2026-11-18 09:00"),
        ("2026-11-18 09:00", "2026-11-19 09:00"),
        ("2026-11-20 12:00", "2026-11-23 09:00"),
        ("2026-12-25 07:00", "2026-12-28 09:00"),
        ("2026-03-28 12:00", "2026-03-30 09:00"),
    ],
)
def test_the_next_opening(after: str, opening: str) -> None:
    found = GERMANY.next_opening(on(after), BERLIN)
    assert found == on(opening)
    assert found.tzinfo is UTC


def test_the_opening_is_that_of_the_zone_asked_about() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    found = BusinessHours(country="JP").next_opening(on("2026-11-18 20:00"), tokyo)
    assert found == datetime(2026, 11, 19, 9, tzinfo=tokyo)


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        GERMANY.next_opening(datetime(2026, 11, 18), BERLIN)  # noqa: DTZ001 - what is refused


def test_hours_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="open at"):
        BusinessHours(opens=time(18), closes=time(9))
    with pytest.raises(ValueError, match="workdays"):
        BusinessHours(workdays=frozenset())
    with pytest.raises(ValueError, match="workdays"):
        BusinessHours(workdays=frozenset({7}))


@given(
    st.datetimes(
        min_value=datetime(2001, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
        max_value=datetime(2090, 1, 1),  # noqa: DTZ001
        timezones=st.just(BERLIN),
    )
)
def test_an_opening_is_ahead_on_a_working_day_and_none_lies_between(after: datetime) -> None:
    opening = GERMANY.next_opening(after, BERLIN)
    wall = opening.astimezone(BERLIN)
    assert opening > after
    assert GERMANY.is_working_day(wall.date())
    assert wall.time() == time(9)
    skipped = (wall.date() - after.date()).days
    for ahead in range(skipped):
        day = after.date() + timedelta(days=ahead)
        opened_before = ahead == 0 and after.time() >= time(9)
        assert opened_before or not GERMANY.is_working_day(day)
