"""The machine slept, or it did not."""

from __future__ import annotations

import asyncio

import pytest
from builders import NOW

from agent_tui.backends.desk import waking
from agent_tui.backends.desk.waking import GAP, Sleeping, watch
from agent_tui.clock import ManualClock


def test_sleep_is_told_once() -> None:
    """Time passes on all clocks alike; in sleep the one for waits stands still."""
    clock = ManualClock(NOW)
    sleeping = Sleeping(clock)
    clock.advance(3600)
    assert not sleeping.slept()
    clock.sleep(600)
    clock.advance(2)
    assert sleeping.slept()
    assert not sleeping.slept()


@pytest.mark.parametrize(("seconds", "slept"), [(GAP - 1, False), (GAP + 1, True), (-3600, False)])
def test_a_little_is_no_sleep(seconds: float, slept: bool) -> None:
    """Clocks that are set a little, or back, are nothing to ask about."""
    clock = ManualClock(NOW)
    sleeping = Sleeping(clock)
    clock.jump(seconds)
    assert sleeping.slept() is slept


async def test_whoever_watches_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time, and only then."""
    monkeypatch.setattr(waking, "PULSE", 0.005)
    clock, woken = ManualClock(NOW), asyncio.Event()

    async def wake() -> None:
        woken.set()

    watching = asyncio.create_task(watch(clock, wake))
    await asyncio.sleep(0.03)
    assert not woken.is_set()
    for _sleep in range(2):
        woken.clear()
        clock.sleep(60)
        async with asyncio.timeout(5):
            await woken.wait()
    watching.cancel()
