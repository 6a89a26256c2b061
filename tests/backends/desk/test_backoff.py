"""When the console dials again: never in a storm, never later than it has to."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from agent_tui.backends.desk.backoff import CAP, FLOOR, PER_MINUTE, Backoff

TINY = 1e-6
"""Seconds that the addition of floats may be off."""


class Fixed(Random):
    """Chance that always says the same."""

    def __init__(self, value: float) -> None:
        super().__init__(0)
        self.value = value

    def random(self) -> float:
        return self.value


ALMOST_ONE = 1 - 2**-53

link = st.tuples(
    st.floats(0, 90),
    st.none() | st.floats(0, 30),
    st.booleans(),
    st.booleans(),
)
"""One link: how long it lasted, the desk's hint, whether it was alone, whether it was healthy."""


@given(st.integers(), st.lists(link, max_size=120))
def test_attempts_never_storm_whatever_happens(
    seed: int, links: list[tuple[float, float | None, bool, bool]]
) -> None:
    """At least 250 ms between two, and no more than 20 in any minute, the first one included."""
    backoff, now, moments = Backoff(Random(seed)), 100.0, [100.0]
    backoff.begin(now)
    for lasted, hint, alone, healthy in links:
        now += lasted
        if healthy:
            backoff.healthy()
        pause = backoff.wait(now, hint, alone=alone)
        assert pause >= FLOOR
        assert hint is None or pause >= hint
        now += pause
        moments.append(now)
    for first, last in zip(moments, moments[PER_MINUTE:], strict=False):
        assert last - first >= 60 - TINY


@given(st.integers(), st.floats(FLOOR, 3600), st.booleans(), st.integers(0, 15))
def test_the_desk_s_word_outranks_the_schedule(
    seed: int, hint: float, alone: bool, failures: int
) -> None:
    """A hint counts as it is plus up to a fifth, after however many failures."""
    backoff = Backoff(Random(seed))
    for attempt in range(failures):
        backoff.wait(attempt * 1000.0)
    pause = backoff.wait(1_000_000.0, hint, alone=alone)
    assert hint <= pause <= hint * 1.2 + TINY


@given(st.integers(), st.booleans())
def test_the_waits_stay_within_their_bounds(seed: int, alone: bool) -> None:
    """First 0-1 s (0-5 s in an outage), then up to 2ⁿ s, then up to 30 s."""
    backoff = Backoff(Random(seed))
    bounds = [1.0 if alone else 5.0, 2, 4, 8, 16, CAP, CAP, CAP]
    for number, bound in enumerate(bounds):
        assert FLOOR <= backoff.wait(number * 1000.0, alone=alone) <= bound


def test_the_bounds_are_used_to_the_full() -> None:
    """Full jitter: a thousand consoles spread over all of each wait."""
    backoff = Backoff(Fixed(ALMOST_ONE))
    waits = [round(backoff.wait(n * 1000.0, alone=False), 6) for n in range(7)]
    assert waits == [5, 2, 4, 8, 16, 30, 30]


def test_health_begins_the_schedule_anew() -> None:
    """After a link that lived, the first wait is short again."""
    backoff = Backoff(Fixed(ALMOST_ONE))
    for number in range(10):
        backoff.wait(number * 1000.0)
    backoff.healthy()
    assert backoff.wait(20_000.0) <= 1


def test_at_once_is_believed_once() -> None:
    """A token that was replaced: no wait. Again and again without a link that lives: waits."""
    backoff = Backoff(Fixed(ALMOST_ONE))
    assert backoff.wait(0.0, at_once=True) == FLOOR
    assert backoff.wait(1000.0, at_once=True) > 1
    assert backoff.wait(2000.0, 7.0, at_once=True) > 7
    backoff.healthy()
    assert backoff.wait(3000.0, at_once=True) == FLOOR


def test_health_does_not_pardon_a_storm() -> None:
    """The attempts of the last minute count, healthy or not."""
    backoff = Backoff(Fixed(0))
    backoff.begin(0)
    for _attempt in range(PER_MINUTE - 1):
        backoff.healthy()
        backoff.wait(0)
    backoff.healthy()
    assert backoff.wait(0) == 60


@given(st.integers(), st.lists(st.tuples(st.floats(0, 20), st.booleans()), max_size=120))
def test_reconnecting_by_hand_is_no_way_round_the_measure(
    seed: int, steps: list[tuple[float, bool]]
) -> None:
    """It waits for no schedule, and takes the place of the attempt that was to come."""
    backoff, now, moments = Backoff(Random(seed)), 100.0, [100.0]
    assert backoff.begin(now) == 0
    for lasted, by_hand in steps:
        now = max(now, moments[-1]) + lasted
        if by_hand:
            backoff.wait(now)  # an attempt that is never made
            crowd = [moment for moment in moments if moment > now - 60]
            pause = backoff.begin(now)
            assert pause <= FLOOR or len(crowd) >= PER_MINUTE
        else:
            pause = backoff.wait(now)
        now += pause
        moments.append(now)
    assert all(last - first >= FLOOR - TINY for first, last in pairwise(moments))
    for first, last in zip(moments, moments[PER_MINUTE:], strict=False):
        assert last - first >= 60 - TINY


def test_an_outage_of_days_is_survived() -> None:
    """The number of failures has no end; the wait has."""
    backoff, now = Backoff(Random(1)), 0.0
    for _attempt in range(5_000):
        now += backoff.wait(now)
    assert FLOOR <= backoff.wait(now) <= CAP
