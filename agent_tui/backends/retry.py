"""Trying again over HTTP: which answers are worth it, how long to wait, and when to stop.

The rules are those of the reliability reference §2.4.10. Pure but for `persist`, which is handed
its effects. The same id goes with every try, so that what arrived twice is done once.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random
from typing import Final, Protocol, TypeVar

RETRIED: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP answers that a later try may not get."""
TRIES: Final = 5
WITHIN: Final = 60.0
"""Seconds from the first try on in which the others are made; waits the server asked for are not
counted."""
LONGEST_WAIT: Final = 300.0
"""Seconds a server may tell us to wait; more would look like a program that died."""
SPREAD: Final = 0.2
"""How much later than told, at most, so that not everybody comes back in the same second."""
LONGEST_OWN: Final = 30.0
LEAST: Final = 0.25

_SECONDS: Final = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class Failed:
    """A try that came to nothing."""

    status: int | None = None
    """The HTTP answer; None: no connection came about, or it broke."""
    retry_after: tuple[str, ...] = ()
    """Each ``Retry-After`` header of the answer."""
    date: datetime | None = None
    """The server's clock in the answer; a date in ``Retry-After`` is one of that clock."""

    @property
    def worth_repeating(self) -> bool:
        """Whether a later try may end otherwise."""
        return self.status is None or self.status in RETRIED


def told_wait(values: Sequence[str], now: datetime) -> float | None:
    """Seconds that ``Retry-After`` asks for, at most `LONGEST_WAIT`.

    Whole seconds or an HTTP date (RFC 9110 §10.2.3), of which one that is past means 0. None where
    the header is missing, there more than once, or makes no sense.
    """
    if len(values) != 1 or not values[0].isascii():
        return None
    value = values[0].strip()
    if _SECONDS.fullmatch(value):
        return min(LONGEST_WAIT, float(value))
    when = http_date(value)
    if when is None:
        return None
    return min(LONGEST_WAIT, max(0.0, (when - now).total_seconds()))


def http_date(value: str) -> datetime | None:
    """A moment as HTTP headers have it; None where it is none."""
    try:
        when = parsedate_to_datetime(value)
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


class Tries:
    """How often one request was tried, and whether it is to be tried again."""

    def __init__(self, random: Random, now: float) -> None:
        """`now` in monotonic seconds: the moment of the first try."""
        self._random = random
        self._began = now
        self._made = 1

    def wait(self, failed: Failed, now: float, wall: datetime) -> float | None:
        """Seconds until the next try, which is counted as made then; None: no more.

        `now` is monotonic; `wall` stands in where the answer does not tell the server's clock.
        """
        if not failed.worth_repeating or self._made >= TRIES:
            return None
        told = told_wait(failed.retry_after, failed.date or wall)
        if told is None:
            pause = max(LEAST, self._random.random() * min(LONGEST_OWN, 2.0**self._made))
            if now + pause - self._began > WITHIN:
                return None
        else:
            pause = told * (1 + self._random.random() * SPREAD)
            self._began += pause
        self._made += 1
        return pause


class Timed(Protocol):
    """What is asked of a clock here."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...


Y = TypeVar("Y")
Send = Callable[[str], Awaitable[Y | Failed]]
"""Sends the request once, under the key it is given: what came of it."""


async def persist(
    send: Send[Y],
    key: str,
    clock: Timed,
    random: Random,
    sleep: Callable[[float], Awaitable[None]],
) -> Y | Failed:
    """Send until it works or is given up; `key` names the request in each try (Idempotency-Key).

    What it comes to, or the last failure.
    """
    tries = Tries(random, clock.monotonic())
    while True:
        outcome = await send(key)
        if not isinstance(outcome, Failed):
            return outcome
        pause = tries.wait(outcome, clock.monotonic(), clock.now())
        if pause is None:
            return outcome
        await sleep(pause)
