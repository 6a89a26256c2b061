"""R17: HTTP answers that pass: the right wait, the same key, at most 5 tries, on a fake clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise, product
from random import Random
from typing import TypeVar

import pytest
from builders import NOW
from row import Row

from agent_tui.backends import retry
from agent_tui.backends.retry import Failed
from agent_tui.clock import ManualClock

T = TypeVar("T")
STATUSES = (None, 200, 400, 401, 403, 404, 408, 409, 422, 425, 429, 500, 501, 502, 503, 504)
"""None: no connection came about."""
PASSING = {None, 408, 425, 429, 500, 502, 503, 504}
TOLD = ("7", "0", "date", "past", "soon", "-3", "1e3", "²", "", "99999999", "date-far", "7,7")
"""What Retry-After says; the dates are made when they are sent, in the server's own time."""
NEEDED = "the right wait ±20 %, the same key, at most 5 tries"


def right_wait(told: str | None) -> float | None:
    """Seconds that are right; None: whatever our own schedule says."""
    fixed = {"7": 7.0, "0": 0.0, "date": 90.0, "past": 0.0, "99999999": 300.0, "date-far": 300.0}
    return None if told is None else fixed.get(told)


@dataclass
class Server:
    """Answers each try with one status and one Retry-After; notes when it came, under which key."""

    clock: ManualClock
    status: int | None
    told: str | None
    ahead: timedelta
    """How far its clock is ahead of ours."""
    works_at: int = 99
    """The try that is answered well."""
    takes: float = 0.1
    """Seconds that each try takes."""
    tries: list[tuple[float, str]] = field(default_factory=list)

    async def take(self, key: str) -> str | Failed:
        """One try."""
        self.tries.append((self.clock.monotonic(), key))
        self.clock.advance(self.takes)
        if len(self.tries) >= self.works_at:
            return "done"
        if self.status is None:
            return Failed()
        header: tuple[str, ...] = () if self.told is None else (self._header(self.told),)
        if self.told == "7,7":
            header = ("7", "7")
        return Failed(self.status, header, self.clock.now() + self.ahead)

    def _header(self, told: str) -> str:
        seconds = {"date": 90, "past": -90, "date-far": 86_400}.get(told)
        if seconds is None:
            return told
        moment = self.clock.now() + self.ahead + timedelta(seconds=seconds)
        return format_datetime(moment.replace(microsecond=0), usegmt=True)


Persist = Callable[..., Awaitable[object]]


async def one(server: Server, persist: Persist, random: Random) -> list[str]:
    """Send one command at `server`; what went wrong."""
    clock = server.clock
    started = clock.monotonic()

    async def sleep(seconds: float) -> None:
        clock.advance(seconds)

    outcome = await persist(server.take, "op-1", clock, random, sleep)
    times = [at for at, _key in server.tries]
    waits = [later - at - server.takes for at, later in pairwise(times)]
    case = f"{server.status} {server.told!r}"
    wrong = []
    if {key for _at, key in server.tries} != {"op-1"}:
        wrong.append(f"{case}: another key")
    if server.status not in PASSING and len(times) != min(1, server.works_at):
        wrong.append(f"{case}: tried {len(times)} times")
    if server.status in PASSING and not _ended_well(server, outcome, times, started):
        wrong.append(f"{case}: ended after {len(times)} tries with {outcome!r}")
    right = right_wait(server.told) if server.status is not None else None
    for wait in waits:
        # HTTP dates have whole seconds.
        if right is None and not 0.249 <= wait <= 30.001:
            wrong.append(f"{case}: an own wait of {wait:.2f} s")
        if right is not None and not right - 1.01 <= wait <= right * 1.2 + 0.01:
            wrong.append(f"{case}: waited {wait:.2f} s instead of {right:g}")
    return wrong


def _ended_well(server: Server, outcome: object, times: Sequence[float], started: float) -> bool:
    if len(times) > 5:
        return False
    if server.works_at <= 5 and outcome == "done":
        return len(times) == server.works_at
    told = right_wait(server.told) is not None and server.status is not None
    return isinstance(outcome, Failed) and (len(times) == 5 if told else times[-1] - started <= 60)


async def check(random: Random, runs: int, persist: Persist) -> tuple[int, list[str]]:
    """Every status with every Retry-After, each with clocks apart: how many, and what was wrong."""
    made, wrong = 0, []
    for status, told in product(STATUSES, (None, *TOLD)):
        if status == 200:
            continue
        for _run in range(runs):
            ahead = timedelta(seconds=random.choice((0, 3600, -3600)))
            works_at = random.choice((2, 3, 5, 99))
            clock = ManualClock(NOW, random.random() * 1e6)
            takes = random.choice((0.1, 0.1, 15.0))
            server = Server(clock, status, told, ahead, works_at, takes)
            wrong += await one(server, persist, random)
            made += 1
    return made, wrong


@pytest.mark.row("R17", NEEDED)
def test_r17_http_retry(row: Row) -> None:
    """Statuses × forms of Retry-After × clocks that differ by an hour."""
    runs = row.pick(quick=50, full=1000)
    made, wrong = asyncio.run(check(row.random(), runs, retry.persist))
    row.reached(f"{len(wrong)} wrong in {made} commands {wrong[:3]}", ok=not wrong)


def date_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "http_date", lambda _value: None)


def dates_are_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = retry.told_wait
    monkeypatch.setattr(retry, "told_wait", lambda values, now: sound(values, NOW))


def six_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "TRIES", 6)


def no_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "LONGEST_WAIT", 1e9)


def refusals_are_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "RETRIED", retry.RETRIED | {409})


def no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "WITHIN", 1e9)


def a_new_key_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = retry.persist

    async def persist(
        send: retry.Send[T],
        key: str,
        clock: retry.Timed,
        random: Random,
        sleep: Callable[[float], Awaitable[None]],
    ) -> T | Failed:
        made = iter(range(1, 100))
        return await sound(lambda _key: send(f"op-{next(made)}"), key, clock, random, sleep)

    monkeypatch.setattr(retry, "persist", persist)


@pytest.mark.row_defect("R17", "date form ignored, dates by our clock, 6 tries, no cap, new key, …")
@pytest.mark.parametrize(
    "plant",
    [
        date_is_ignored,
        dates_are_ours,
        six_tries,
        no_cap,
        refusals_are_repeated,
        no_end,
        a_new_key_each_time,
    ],
)
def test_r17_catches(
    plant: Callable[[pytest.MonkeyPatch], None], row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same check finds each of them."""
    plant(monkeypatch)
    _made, wrong = asyncio.run(check(row.random(), 50, retry.persist))
    assert wrong


def test_the_checks_clock_is_not_the_server_s() -> None:
    """Else a date would be right whoever's clock it is compared with."""
    server = Server(ManualClock(NOW), 503, "date", timedelta(hours=1))
    failed = asyncio.run(server.take("k"))
    assert isinstance(failed, Failed) and isinstance(failed.date, datetime)
    assert failed.date - NOW > timedelta(minutes=59)
