"""Tokens end, are renewed in band and taken back, as docs/protocol.md §1 has it."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from mock_seat import Seat, sit_down
from websockets.exceptions import InvalidStatus

from agent_tui.backends.mock.identities import Badge
from agent_tui.backends.mock.options import MockError, MockOptions
from agent_tui.backends.mock.server import DeskServer
from agent_tui.clock import ManualClock, SystemClock

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LIVES_100 = MockOptions(rate=0, hb=60, conversations=3, token_life=100)
SOON = 5.0


@asynccontextmanager
async def open_desk(
    options: MockOptions = LIVES_100, clock: ManualClock | SystemClock | None = None
) -> AsyncIterator[DeskServer]:
    server = DeskServer(options, clock or ManualClock(NOW))
    await server.start()
    try:
        yield server
    finally:
        await server.aclose()


@pytest.fixture
async def server() -> AsyncIterator[DeskServer]:
    """A desk whose tokens live a hundred seconds, so that their end is told 20 s ahead."""
    async with open_desk() as server:
        yield server


async def pass_time(server: DeskServer, seconds: float) -> None:
    assert isinstance(server.clock, ManualClock)
    server.clock.advance(seconds)
    await server.tick()


def newest(server: DeskServer) -> str:
    token = server.tokens.current
    assert token is not None
    return token


async def at_the_door(server: DeskServer, token: str) -> tuple[int, str]:
    """The status and the challenge that a token gets; 101: it is let in."""
    try:
        seat = await sit_down(server, token, "ben", "door")
    except InvalidStatus as error:
        return error.response.status_code, error.response.headers.get("WWW-Authenticate", "")
    await seat.link.close()
    return 101, ""


async def told(seat: Seat) -> float:
    """What `auth_expiring` says; it is the next thing heard, but for who comes and goes."""
    frame = await seat.hear()
    while frame["frame"] == "ev":
        frame = await seat.hear()
    assert frame["frame"] == "auth_expiring"
    return float(frame["expires_in"])


EXPIRED = (401, 'Bearer error="invalid_token", error_description="expired"')


async def test_a_link_hears_of_the_end_in_time_and_lives_on_with_a_fresh_token(
    server: DeskServer,
) -> None:
    """Nothing is interrupted; both tokens are good while the old one lives."""
    ana = await sit_down(server, server.token)
    assert ana.welcome["auth"] == {"expires_in": 100}
    await pass_time(server, 79)
    await ana.settle()
    assert newest(server) == server.token
    await pass_time(server, 1)
    assert await told(ana) == 20
    fresh = newest(server)
    assert fresh != server.token
    assert await at_the_door(server, server.token) == (101, "")
    assert await at_the_door(server, fresh) == (101, "")
    answer = await ana.ask(frame="auth", token=fresh)
    assert (answer["ok"], answer["result"]) == (True, {"expires_in": 100})
    await pass_time(server, 20)
    assert await at_the_door(server, server.token) == EXPIRED
    assert await at_the_door(server, fresh) == (101, "")
    await ana.settle()
    await pass_time(server, 60)
    assert [frame["frame"] for frame in ana.frames].count("auth_expiring") == 1
    assert await told(ana) == 20


async def test_a_link_without_a_renewal_is_closed_with_4002(server: DeskServer) -> None:
    """At the end, and not before."""
    ana = await sit_down(server, server.token)
    await pass_time(server, 99)
    assert await told(ana) == 1
    await ana.settle()
    await pass_time(server, 1)
    assert await ana.closed() == 4002
    assert ana.frames[-1]["resume"] is True


async def test_who_comes_late_is_told_at_once(server: DeskServer) -> None:
    """After the welcome."""
    await pass_time(server, 90)
    ana = await sit_down(server, server.token)
    assert ana.welcome["auth"] == {"expires_in": 10}
    await pass_time(server, 0)
    assert await told(ana) == 10


async def test_a_refused_renewal_changes_nothing(server: DeskServer) -> None:
    """Unknown, somebody else's, no text at all, expired, revoked."""
    server.register.issue("bens", Badge(agent="ben"))
    server.register.issue("old", expires=NOW)
    server.register.issue("taken").revoked = True
    ana = await sit_down(server, server.token)
    for token, why in {
        "nope": "unknown", "bens": "unknown", 7: "unknown", "old": "expired", "taken": "revoked",
    }.items():  # fmt: skip
        answer = await ana.ask(frame="auth", token=token)
        assert (answer["error"]["code"], answer["error"]["why"]) == ("unauthorised", why)
    await ana.settle()
    await pass_time(server, 100)
    assert await ana.closed() == 4002


async def test_a_renewal_without_an_id_ends_the_line(server: DeskServer) -> None:
    """As every frame that wants an answer."""
    ana = await sit_down(server, server.token)
    await ana.say(frame="auth", token=server.token)
    assert await ana.closed() == 1007


async def test_tokens_end_when_somebody_wants_it(server: DeskServer) -> None:
    """Links close with 4002, the door says expired, and a fresh one is there."""
    ana = await sit_down(server, server.token)
    server.faults.set("expire")
    assert await ana.closed() == 4002
    assert await at_the_door(server, server.token) == EXPIRED
    assert await at_the_door(server, newest(server)) == (101, "")


async def test_a_revoked_token_is_no_expired_one(server: DeskServer) -> None:
    """4001 and a plain 401, for every token there was, until there is a new one."""
    ana = await sit_down(server, server.token)
    await pass_time(server, 80)
    fresh = newest(server)
    server.faults.set("revoke")
    assert await ana.closed() == 4001
    assert await at_the_door(server, server.token) == (401, "Bearer")
    assert await at_the_door(server, fresh) == (401, "Bearer")
    assert server.tokens.current is None
    await pass_time(server, 1000)
    assert server.tokens.current is None
    server.faults.set("renew")
    assert await at_the_door(server, newest(server)) == (101, "")


async def test_a_life_may_begin_later(server: DeskServer) -> None:
    """Counted from then; 0 is for ever."""
    server.faults.set("token_life", seconds=0)
    ana = await sit_down(server, server.token)
    assert ana.welcome["auth"] == {"expires_in": None}
    await pass_time(server, 1_000_000)
    assert newest(server) == server.token
    server.faults.set("token_life", seconds=1000)
    await pass_time(server, 940)
    assert await told(ana) == 60


async def test_the_newest_token_is_in_the_file(tmp_path: Path) -> None:
    """For its owner only; whoever reads it at any moment finds a good one."""
    file = tmp_path / "desk.token"
    file.write_text("old")
    file.chmod(0o644)
    async with open_desk(replace(LIVES_100, token_file=file)) as server:
        for _second in range(350):
            assert file.read_text() == f"{newest(server)}\n"
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            found = server.register.find(newest(server))
            assert found is not None
            assert found.expires is not None
            assert found.expires - server.clock.now() > timedelta(seconds=19)
            await pass_time(server, 1)
    assert list(tmp_path.iterdir()) == [file]
    with pytest.raises(MockError, match="cannot be written"):
        await DeskServer(
            replace(LIVES_100, token_file=tmp_path / "no" / "x"), ManualClock(NOW)
        ).start()


async def test_tokens_age_by_themselves_where_time_does() -> None:
    """On the machine's own clock: the word comes, then the next token works, then the old ends."""
    async with open_desk(replace(LIVES_100, token_life=1.5), SystemClock()) as server:
        renews = await sit_down(server, server.token)
        does_not = await sit_down(server, server.token, "ben", "other")
        async with asyncio.timeout(SOON):
            assert 0 < await told(renews) <= 0.3
            answer = await renews.ask(frame="auth", token=newest(server))
            assert answer["ok"] is True
            assert await does_not.closed() == 4002
            await renews.settle()
