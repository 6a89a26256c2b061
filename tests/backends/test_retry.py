"""What a server may ask for before the next try; the rest of the policy is row R17."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from builders import NOW
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.backends.retry import LONGEST_WAIT, http_date, told_wait

MOMENT = datetime(2026, 11, 23, 8, 41, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        ((), None),
        (("7",), 7),
        ((" 7 ",), 7),
        (("0",), 0),
        (("00000000000000030",), 30),
        (("9" * 5000,), LONGEST_WAIT),
        (("-1",), None),
        (("1.5",), None),
        (("٣",), None),
        (("soon",), None),
        (("1", "1"), None),
        (("Mon, 23 Nov 2026 08:41:35 GMT",), 30),
        (("Monday, 23-Nov-26 08:41:35 GMT",), 30),
        (("Mon Nov 23 08:41:35 2026",), 30),
        (("Mon, 23 Nov 2026 08:41:05 GMT",), 0),
        (("Mon, 23 Nov 2020 08:41:05 GMT",), 0),
        (("Mon, 23 Nov 2099 08:41:05 GMT",), LONGEST_WAIT),
        (("Mon, 99 Nov 2026 08:41:05 GMT",), None),
    ],
)
def test_both_forms_are_read_and_nothing_else(
    values: tuple[str, ...], seconds: float | None
) -> None:
    """Whole seconds, or a date in any of the three spellings of RFC 9110 §5.6.7."""
    assert told_wait(values, MOMENT) == seconds


@given(st.lists(st.text(max_size=60), max_size=2))
def test_whatever_it_says_it_is_a_wait_or_nothing(values: list[str]) -> None:
    """It comes from a stranger."""
    wait = told_wait(values, NOW)
    assert wait is None or 0 <= wait <= LONGEST_WAIT


@given(st.integers(0, 4_000_000_000))
def test_a_date_is_itself(stamp: int) -> None:
    """To the second, which is all it has."""
    moment = datetime.fromtimestamp(stamp, UTC)
    late = moment + timedelta(microseconds=999_999)
    assert http_date(format_datetime(late, usegmt=True)) == moment
