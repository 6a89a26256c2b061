"""When a link's token is renewed, and with what."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from random import Random

import pytest
from builders import NOW

from agent_tui.backends.desk import renewing
from agent_tui.backends.desk.answers import Granted
from agent_tui.backends.desk.renewing import Renewing
from agent_tui.clock import ManualClock
from agent_tui.credentials import CredentialError
from agent_tui.credentials.secret import Secret
from agent_tui.credentials.tokens import Tokens

OLD, NEW = Secret("old"), Secret("new")


class Fixed(Random):
    """Chance that always says the same."""

    def __init__(self, value: float) -> None:
        super().__init__(0)
        self.value = value

    def random(self) -> float:
        return self.value


class Bench:
    """A renewing whose waits are noted and passed over: time moves as far as it would have."""

    def __init__(
        self,
        kept: Iterable[Secret | None],
        grants: Iterable[Granted | None] = (),
        part: float = 0.5,
    ) -> None:
        self.clock = ManualClock(NOW)
        self.kept: Iterator[Secret | None] = iter(kept)
        self.grants = iter(grants)
        self.offered: list[tuple[float, Secret]] = []
        self.read_at: list[float] = []
        self.tokens = Tokens(OLD, self._read)
        self.renewing = Renewing(self.tokens, OLD, self.clock, Fixed(part), self._offer)

    def _read(self) -> Secret:
        self.read_at.append(self.clock.monotonic())
        token = next(self.kept, OLD)
        if token is None:
            raise CredentialError("locked")
        return token

    @property
    def shown(self) -> list[tuple[float, str]]:
        """When which token was shown."""
        return [(round(at, 3), token.reveal()) for at, token in self.offered]

    async def _offer(self, token: Secret) -> Granted | None:
        self.offered.append((self.clock.monotonic(), token))
        return next(self.grants, Granted(True))

    @asynccontextmanager
    async def at_work(self, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
        """Let it renew."""
        monkeypatch.setattr(renewing, "asyncio", Leaping(self.clock))
        running = asyncio.create_task(self.renewing.run())
        try:
            yield
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


class Leaping:
    """asyncio whose time limits pass at once, while the clock moves on by them."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock

    def timeout(self, seconds: float | None) -> asyncio.Timeout:
        if seconds is not None:
            self._clock.advance(seconds)
        return asyncio.timeout(None if seconds is None else 0)


async def settle() -> None:
    """Let everything happen that happens by itself."""
    for _turn in range(40):
        await asyncio.sleep(0.002)


@pytest.mark.parametrize(("part", "after"), [(0.0, 70), (0.5, 80), (1.0, 90)])
async def test_it_is_renewed_at_four_fifths_of_its_life(
    part: float, after: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten parts of a hundred sooner or later, so that not everybody renews at once."""
    bench = Bench([NEW], [Granted(True)], part)
    bench.renewing.lives(100)
    async with bench.at_work(monkeypatch):
        await settle()
    assert bench.shown == [(after, "new")]
    assert bench.renewing.accepted == NEW


async def test_the_next_one_is_renewed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each grant says how long it is good for; one that does not end is left alone."""
    third = Secret("third")
    bench = Bench([NEW, third], [Granted(True, 50), Granted(True, None)])
    bench.renewing.lives(100)
    async with bench.at_work(monkeypatch):
        await settle()
    assert bench.shown == [(80, "new"), (120, "third")]


async def test_a_desk_that_says_so_is_believed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the token had still to live."""
    bench = Bench([NEW])
    bench.renewing.ends_soon(60)
    async with bench.at_work(monkeypatch):
        await settle()
    assert bench.shown == [(0, "new")]


async def test_the_same_token_is_shown_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked for again, ever sooner, and not for ever."""
    bench = Bench([OLD, None, OLD])
    bench.renewing.lives(100)
    async with bench.at_work(monkeypatch):
        await settle()
    assert bench.offered == []
    assert [round(at, 3) for at in bench.read_at[:4]] == [80, 90, 95, 97.5]
    assert 4 <= len(bench.read_at) <= 6


@pytest.mark.parametrize("answer", [Granted(False), None])
async def test_a_refusal_changes_nothing(
    answer: Granted | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link lives on its old token; the next try may do."""
    bench = Bench([NEW, NEW], [answer, Granted(True)])
    bench.renewing.lives(100)
    async with bench.at_work(monkeypatch):
        await settle()
    assert bench.shown == [(80, "new"), (90, "new")]
    assert bench.renewing.accepted == NEW


async def test_what_cannot_be_read_again_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token from the environment or a prompt."""
    bench = Bench([])
    only = Renewing(Tokens(OLD), OLD, bench.clock, Fixed(0), bench._offer)
    only.lives(1)
    only.ends_soon(1)
    bench.renewing = only
    async with bench.at_work(monkeypatch):
        await settle()
    assert not bench.offered and not bench.read_at


async def test_sleep_counts_as_life(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine slept over the time: it is renewed when it wakes, and not much later."""
    bench = Bench([NEW])
    running = asyncio.create_task(bench.renewing.run())
    bench.renewing.lives(3600)
    await settle()
    assert bench.offered == []
    bench.clock.sleep(3600)
    bench.renewing.look()
    await settle()
    running.cancel()
    assert [token for _at, token in bench.offered] == [NEW]
    assert bench.clock.steady() - NOW == timedelta(hours=1)


async def test_a_desk_that_says_so_all_the_time_starts_no_storm() -> None:
    """Each look may start a program of the agent's; those in vain are a second apart."""
    bench = Bench([])
    running = asyncio.create_task(bench.renewing.run())
    for _time in range(50):
        bench.renewing.ends_soon(60)
        await asyncio.sleep(0.001)
    running.cancel()
    assert len(bench.read_at) == 1
