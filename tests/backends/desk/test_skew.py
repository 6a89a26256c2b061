"""How a wrong clock is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent_tui.backends.desk.skew import words


@pytest.mark.parametrize(
    ("ahead", "told"),
    [
        (timedelta(seconds=61), "1 minute ahead of"),
        (timedelta(minutes=-7), "7 minutes behind"),
        (timedelta(hours=2), "120 minutes ahead of"),
    ],
)
def test_it_says_which_way_and_how_far(ahead: timedelta, told: str) -> None:
    """In whole minutes, from this computer's point of view."""
    assert words(ahead) == f"this computer's clock is {told} the desk's"
