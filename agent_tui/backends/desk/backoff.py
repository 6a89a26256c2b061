"""When to try again (docs/protocol.md §7): jittered, floored, capped, and told by the desk.

The waits come from the herd simulation in the reliability reference §2.3: full jitter with a
random first wait keeps a thousand consoles from arriving in the same second.
"""

from __future__ import annotations

from collections import deque
from random import Random

FLOOR = 0.25
CAP = 30.0
PER_MINUTE = 20
ALWAYS = 5.0
"""Seconds that a wait may always take; a longer one takes no longer than the desk has been away."""
DOUBLINGS = 5
"""After these the cap is reached; after a thousand the number would be too large for a float."""


class Backoff:
    """The waits between attempts, of one link after the other. Times are monotonic seconds."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._failures = 0
        self._since = 0.0
        """When the first attempt failed."""
        self._attempts: deque[float] = deque()

    def begin(self, now: float) -> float:
        """Seconds to wait before an attempt that was asked for; it is counted as made then.

        It waits for nothing but the minute's measure, and takes the place of one that was to come.
        """
        while self._attempts and self._attempts[-1] > now:
            self._attempts.pop()
        last = self._attempts[-1] if self._attempts else now - FLOOR
        return self._count(now, max(0.0, last + FLOOR - now))

    def wait(
        self, now: float, hint: float | None = None, *, alone: bool = True, at_once: bool = False
    ) -> float:
        """Seconds to wait before the next attempt, which is counted as made then.

        `hint` is what the desk asked for and outranks our own schedule; `alone` says that
        nothing points to an outage of the desk, so that the first wait may be short; `at_once`
        that there is nothing to wait for, which is believed once.
        """
        if self._failures == 0:
            self._since = now
        if hint is not None:
            pause = hint * (1 + self._random.random() * 0.2)
        elif at_once and self._failures == 0:
            pause = FLOOR
        elif self._failures == 0:
            pause = self._within(1.0 if alone else 5.0)
        else:
            away = max(ALWAYS, now - self._since)
            pause = self._within(min(CAP, away, 2.0 ** min(self._failures, DOUBLINGS)))
        self._failures += 1
        return self._count(now, max(FLOOR, pause))

    def _within(self, bound: float) -> float:
        """Any time from the floor to `bound`, so that nobody meets at the floor."""
        return FLOOR + self._random.random() * (bound - FLOOR)

    def healthy(self) -> None:
        """A link has lived long enough (a welcome and 10 s): the schedule begins anew."""
        self._failures = 0

    def _count(self, now: float, pause: float) -> float:
        """`pause`, made longer where the minute is full; the attempt behind it is counted."""
        if len(self._attempts) >= PER_MINUTE:
            pause = max(pause, self._attempts[-PER_MINUTE] + 60.0 - now)
        self._attempts.append(now + pause)
        while len(self._attempts) > 2 * PER_MINUTE:
            self._attempts.popleft()
        return pause
