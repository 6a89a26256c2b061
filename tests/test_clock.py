"""Time, ids and chance."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from random import Random

from builders import NOW
from hypothesis import example, given
from hypothesis import strategies as st

from agent_tui.clock import ManualClock, SeededIds, SystemClock, SystemIds, uuid7

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 - the zone is given beside it
    max_value=datetime(9000, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(now=MOMENTS, rand=st.integers(0, 2**74 - 1))
def test_an_id_is_a_uuid_of_version_7_that_tells_its_moment(now: datetime, rand: int) -> None:
    value = uuid.UUID(uuid7(now, rand))
    assert value.version == 7
    assert value.variant == uuid.RFC_4122
    assert value.int >> 80 == (now - EPOCH) // timedelta(milliseconds=1)


@given(now=MOMENTS, first=st.integers(0, 2**74 - 1), second=st.integers(0, 2**74 - 1))
def test_no_random_bit_is_lost(now: datetime, first: int, second: int) -> None:
    assert (uuid7(now, first) == uuid7(now, second)) is (first == second)


@example(now=datetime(1970, 1, 2, 0, 0, 0, 9_000, UTC), later=1, low=0)
@example(now=datetime(2026, 11, 23, 8, 0, 0, 1_000, UTC), later=1, low=0)
@given(now=MOMENTS, later=st.integers(1, 10**9), low=st.integers(0, 2**74 - 1))
def test_ids_of_later_milliseconds_sort_behind(now: datetime, later: int, low: int) -> None:
    assert uuid7(now, 2**74 - 1) < uuid7(now + timedelta(milliseconds=later), low)


def test_an_id_is_one_that_the_protocol_takes() -> None:
    text = uuid7(NOW, 0)
    assert len(text) == 36
    assert text == str(uuid.UUID(text))


def test_seeded_ids_are_the_same_in_every_run_and_never_twice() -> None:
    clock = ManualClock(NOW)
    one, two = SeededIds(clock, Random(0)), SeededIds(clock, Random(0))
    first = [one() for _ in range(100)]
    assert first == [two() for _ in range(100)]
    assert len(set(first)) == 100


def test_system_ids_never_come_twice() -> None:
    ids = SystemIds(ManualClock(NOW))
    assert len({ids() for _ in range(1000)}) == 1000


def test_a_manual_clock_moves_only_when_it_is_moved() -> None:
    clock = ManualClock(NOW)
    assert (clock.now(), clock.monotonic()) == (NOW, 0.0)
    clock.advance(1.5)
    assert clock.now() - NOW == timedelta(seconds=1.5)
    assert clock.monotonic() == 1.5


def test_the_system_clock_knows_its_zone_and_does_not_run_backwards() -> None:
    clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)
    readings = [clock.monotonic() for _ in range(100)]
    assert readings == sorted(readings)
