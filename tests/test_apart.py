"""Calls that may hang are left behind, and hold nothing open."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from agent_tui.apart import apart


async def test_the_outcome_comes_back() -> None:
    """What was returned or raised, from a thread of its own."""
    assert await apart(lambda: threading.current_thread().name, "look-up") == "look-up"

    def fail() -> None:
        raise OSError("no such host")

    with pytest.raises(OSError, match="no such host"):
        await apart(fail, "look-up")


def test_a_call_that_hangs_holds_up_neither_the_loop_nor_its_end() -> None:
    """The loop's own pool of threads would be waited for."""
    release = threading.Event()

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await apart(release.wait, "look-up")

    began = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - began < 5
    hanging = [one for one in threading.enumerate() if one.name == "look-up"]
    assert [one.daemon for one in hanging] == [True]
    release.set()  # it ends with nobody to tell
    hanging[0].join(5)
    assert not hanging[0].is_alive()
