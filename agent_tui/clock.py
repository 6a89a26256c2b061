"""Time, ids and chance: the one place they come from, so that tests can hold them still."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Protocol

from agent_tui.model import OpId


class Clock(Protocol):
    """What the program asks of time."""

    def now(self) -> datetime:
        """The wall clock, timezone-aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards, for waits and time limits."""
        ...

    def steady(self) -> datetime:
        """A clock that nobody sets and that runs on in sleep, in UTC: for moments to come and for
        how long ago something was. It agrees with `now` until somebody sets that one."""
        ...


def _elapsed() -> float:
    """Seconds, those in sleep included where the machine counts them."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


_BEGAN, _BEGAN_ELAPSED = datetime.now(UTC), _elapsed()


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def steady(self) -> datetime:
        return _BEGAN + timedelta(seconds=_elapsed() - _BEGAN_ELAPSED)


@dataclass(slots=True)
class ManualClock:
    """Time that stands still until it is moved."""

    at: datetime
    ticks: float = field(default=0.0)
    set_by: float = field(default=0.0)
    """Seconds that the wall clock was set forward by."""

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.ticks

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass on every clock."""
        self.at += timedelta(seconds=seconds)
        self.ticks += seconds

    def steady(self) -> datetime:
        return self.at - timedelta(seconds=self.set_by)

    def jump(self, seconds: float) -> None:
        """Somebody sets the wall clock forward, or back where `seconds` is negative."""
        self.at += timedelta(seconds=seconds)
        self.set_by += seconds

    def sleep(self, seconds: float) -> None:
        """The machine sleeps: time passes, and the clock that waits are made with stands still."""
        self.at += timedelta(seconds=seconds)


def chance() -> Random:
    """Chance that differs in every run: for spreading attempts over time, never for secrets."""
    return Random(secrets.randbits(64))  # noqa: S311 - keeps no secret


class Ids(Protocol):
    """What the program asks for names of operations."""

    def __call__(self) -> OpId:
        """A new id, never given before."""
        ...


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def uuid7(now: datetime, rand: int) -> OpId:
    """A UUID of version 7 (RFC 9562 §5.7) from a moment and 74 random bits."""
    millis = (now - _EPOCH) // timedelta(milliseconds=1) & ((1 << 48) - 1)
    value = (
        millis << 80 | 0x7 << 76 | (rand >> 62 & 0xFFF) << 64 | 0b10 << 62 | rand & (1 << 62) - 1
    )
    text = f"{value:032x}"
    return OpId("-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:])))


@dataclass(frozen=True, slots=True)
class SystemIds:
    """Ids from the clock and the machine's own source of chance."""

    clock: Clock

    def __call__(self) -> OpId:
        return uuid7(self.clock.now(), secrets.randbits(74))


@dataclass(frozen=True, slots=True)
class SeededIds:
    """Ids that are the same in every run."""

    clock: Clock
    random: Random

    def __call__(self) -> OpId:
        return uuid7(self.clock.now(), self.random.getrandbits(74))
