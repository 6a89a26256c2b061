"""R8: tokens that end while replies are being sent. Nothing is lost or doubled, nobody is asked.

The whole way is real: store, session, backend, websocket, mock desk, and a token file that is
read again. Only waits between attempts and the minute's measure run faster.
"""

from __future__ import annotations

import asyncio
import getpass
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from row import Row

from agent_tui import store
from agent_tui.backends.desk import client, codec, frames, renewing
from agent_tui.backends.desk.client import DeskAddress, DeskBackend
from agent_tui.backends.mock.options import MockOptions
from agent_tui.backends.mock.server import DeskServer
from agent_tui.backends.mock.world import World
from agent_tui.clock import SystemClock, SystemIds
from agent_tui.credentials import Account, find_token
from agent_tui.credentials.secret import Secret
from agent_tui.credentials.tokens import Tokens
from agent_tui.events import Event, Link, LinkChanged
from agent_tui.model import ConversationId, OpId, SafeText, Status
from agent_tui.ops import AnyOp, Send
from agent_tui.session import Session
from agent_tui.store import Store

FASTER = 300.0
"""How much faster than real the measure of attempts and the waits run."""
NEEDED = "100 expiries during sends: 0 lost, 0 doubled, 0 prompts; revoked: log in, outbox intact"
PATIENCE = 5.0
"""Seconds in which what is on its way has to arrive."""


class FastClock(SystemClock):
    """Attempts are measured by this one."""

    def monotonic(self) -> float:
        return super().monotonic() * FASTER


class FastAsyncio:
    """asyncio as the client sees it; its waits between attempts are shorter."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / FASTER)


class NoRing:
    """A machine without a key ring; whoever asks it for more counts as a prompt."""

    def get(self, account: str) -> Secret | None:
        return None

    def set(self, account: str, token: Secret) -> None: ...

    def delete(self, account: str) -> None: ...


@dataclass
class Shift:
    """An agent who writes all the time, at a desk whose tokens end."""

    server: DeskServer
    session: Session
    store: Store
    conversations: tuple[ConversationId, ...]
    links: list[LinkChanged]
    prompts: list[str]
    ids: SystemIds = field(default_factory=lambda: SystemIds(SystemClock()))
    written: dict[ConversationId, list[str]] = field(default_factory=dict)
    armed: bool = False
    """Every token ends with the next command."""

    def write(self) -> None:
        """One more reply, to each customer in turn."""
        number = sum(map(len, self.written.values()))
        conversation = self.conversations[number % len(self.conversations)]
        text = SafeText(f"reply {number}")
        self.written.setdefault(conversation, []).append(text)
        op = Send(id=self.ids(), conversation=conversation, text=text, seen_seq=None)
        clock = SystemClock()
        self.store.propose(op, clock.now(), steady=clock.steady())

    def turn(self) -> None:
        """What the screen does in a frame."""
        self.session.drain()
        self.session.pump()

    async def work(self, seconds: float) -> None:
        """Write for so long."""
        until = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < until:
            self.write()
            self.turn()
            await asyncio.sleep(0.01)

    async def expire(self) -> None:
        """Every token ends, at the worst moment: the desk has done what it was asked for, and
        neither the answer nor the event that tells of it leaves any more."""
        self.armed = True
        async with asyncio.timeout(PATIENCE):
            while self.armed:
                await self.work(0.01)

    def executed(self) -> None:
        """The desk has carried out a command, and has told nobody yet."""
        if self.armed:
            self.armed = False
            self.server.tokens.expire()

    async def settle(self, patience: float = PATIENCE) -> None:
        """Wait until nothing is on its way."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while len(self.store.outbox) and not self.given_up:
                    self.turn()
                    await asyncio.sleep(0.005)

    @property
    def given_up(self) -> bool:
        return any(one.link is Link.CLOSED for one in self.links)

    @property
    def drops(self) -> int:
        """How often a link was lost."""
        live = [one.link is Link.LIVE for one in self.links]
        return sum(1 for before, now in pairwise(live) if before and not now)

    def wrong(self) -> list[str]:
        """What is not as it should be at the desk."""
        found = [f"gave up: {one.detail}" for one in self.links if one.link is Link.CLOSED]
        found += [f"asked: {question}" for question in self.prompts]
        for conversation, texts in self.written.items():
            thread = self.server.world.threads[conversation]
            there = [m.text for m in thread if m.text.startswith("reply ")]
            count = Counter(there)
            found += [f"lost: {text}" for text in texts if not count[text]]
            found += [f"doubled: {text}" for text in texts if count[text] > 1]
            if list(dict.fromkeys(there)) != [text for text in texts if count[text]]:
                found.append(f"out of order in {conversation}")
        return found


class Watched(DeskBackend):
    """The backend, of which the test hears what it says of the link."""

    links: list[LinkChanged]

    async def events(self) -> AsyncIterator[Event]:
        async for event in super().events():
            if isinstance(event, LinkChanged):
                self.links.append(event)
            yield event


@asynccontextmanager
async def shift(
    folder: Path, monkeypatch: pytest.MonkeyPatch, life: float | None, random: Random
) -> AsyncIterator[Shift]:
    """An agent at work; `life`: seconds that a token lives, None: until somebody ends it."""
    prompts: list[str] = []
    monkeypatch.setattr(client, "asyncio", FastAsyncio())

    def ask(question: str = "") -> str:
        prompts.append(question)
        return "x"

    monkeypatch.setattr(getpass, "getpass", ask)
    monkeypatch.setattr(store, "AGAIN_AFTER", timedelta(seconds=0.1))
    file = folder / "token"
    options = MockOptions(rate=0, conversations=8, hb=1, token_life=life, token_file=file)
    server = DeskServer(options, SystemClock())
    await server.start()
    links: list[LinkChanged] = []
    found = find_token(Account(server.url, "ana", (), file), {}, NoRing())
    address = DeskAddress(server.url, Tokens(found.token, found.again), "ana", "device-1")

    def backend() -> DeskBackend:
        made = Watched(address, FastClock(), random)
        made.links = links
        return made

    session = Session(backend, Store(), SystemClock())
    session.start()
    try:
        assert await asyncio.to_thread(session.wait_settled, PATIENCE)
        session.drain_all()
        mine = [
            ConversationId(key)
            for key, one in server.world.conversations.items()
            if one.status is Status.OPEN and one.channel in {"email", "webchat", "sms"}
        ]
        here = Shift(server, session, session.store, tuple(mine[:4]), links, prompts)
        sound = World.command

        def command(world: World, *request: Any) -> Any:
            outcome = sound(world, *request)
            here.executed()
            return outcome

        monkeypatch.setattr(World, "command", command)
        yield here
    finally:
        await asyncio.to_thread(session.stop)
        await server.aclose()


async def ended_by_the_desk(here: Shift, expiries: int, patience: float = PATIENCE) -> list[str]:
    """Tokens that end at once, one after the other, in the middle of sending."""
    for _expiry in range(expiries):
        await here.work(0.08)
        with suppress(TimeoutError):  # a console that has given up sends nothing
            await here.expire()
    await here.settle(patience)
    wrong = here.wrong()
    if here.drops < expiries:
        wrong.append(f"only {here.drops} links ended")
    return wrong


async def ended_by_age(here: Shift, expiries: int, life: float) -> list[str]:
    """Tokens that are renewed in time: hardly a link is lost."""
    await here.work(expiries * life * 0.85)
    await here.settle()
    wrong = here.wrong()
    if here.drops > expiries * 0.4:
        wrong.append(f"{here.drops} links lost over {expiries} renewals")
    return wrong


@pytest.mark.row("R8", NEEDED)
async def test_r08_tokens_that_end_at_once(
    row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """4002 in the middle of a send: the token is read again, the link resumed, the id kept."""
    expiries = row.pick(quick=10, full=100)
    async with shift(tmp_path, monkeypatch, None, row.random()) as here:
        wrong = await ended_by_the_desk(here, expiries)
        sent = sum(map(len, here.written.values()))
    words = f"{expiries} tokens ended at once during {sent} sends ({here.drops} links): {wrong[:3]}"
    row.reached(words, ok=not wrong)


@pytest.mark.row("R8", NEEDED)
async def test_r08_tokens_that_are_renewed_in_band(
    row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end is announced; the new token goes over the same link, and sending never stops."""
    expiries = row.pick(quick=4, full=100)
    async with shift(tmp_path, monkeypatch, 0.6, row.random()) as here:
        wrong = await ended_by_age(here, expiries, 0.6)
        sent = sum(map(len, here.written.values()))
    words = f"{expiries} tokens renewed in band during {sent} sends: {wrong[:3]}"
    row.reached(words, ok=not wrong)


@pytest.mark.row("R8", NEEDED)
async def test_r08_a_token_that_is_taken_back(
    row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link is given up, with words; what was written stays, and goes out after the login."""
    async with shift(tmp_path, monkeypatch, None, row.random()) as here:
        here.server.tokens.revoke()
        await here.server.tick()
        for _reply in range(5):
            here.write()
        async with asyncio.timeout(PATIENCE):
            while here.store.link.link is not Link.CLOSED:
                here.turn()
                await asyncio.sleep(0.01)
        words, kept = here.store.link.detail, len(here.store.outbox)
        here.server.tokens.renew()  # somebody logged in: the file holds the new one
        here.links.clear()
        here.session.reconnect()
        await here.settle()
        wrong = here.wrong()
    ok = "agent-tui login" in words and "unsent is kept" in words and kept == 5 and not wrong
    row.reached(f"revoked: {words!r}, {kept} of 5 kept, after the login: {wrong[:3]}", ok=ok)


# Planted


async def never_read_again(self: Tokens) -> Secret:
    """The token of the start is all there is."""
    return self.current


async def asks_the_agent(self: Tokens) -> Secret:
    """Reading it again means a question on the terminal."""
    getpass.getpass("Token:")
    assert self._reread is not None
    self._current = await asyncio.to_thread(self._reread)
    return self._current


def another_id_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A retry is a new request: the desk cannot know it. Only answers acknowledge."""
    ids, sound, decode = SystemIds(SystemClock()), frames.command, codec.decode
    sent: set[OpId] = set()

    def command(op: AnyOp) -> str:
        frame = sound(op)
        again = op.id in sent
        sent.add(op.id)
        return frame.replace(op.id, ids()) if again else frame

    monkeypatch.setattr(frames, "command", command)
    nameless = re.compile(r'"cmd_id":"[^"]*"')
    monkeypatch.setattr(codec, "decode", lambda raw: decode(nameless.sub('"cmd_id":null', raw)))


@pytest.mark.row_defect("R8", "the token is never read again")
async def test_r08_catches_a_token_that_is_never_read_again(
    row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link ends at the first expiry."""
    monkeypatch.setattr(Tokens, "read", never_read_again)
    monkeypatch.setattr(f"{__name__}.PATIENCE", 1.0)
    async with shift(tmp_path, monkeypatch, None, row.random()) as here:
        assert await ended_by_the_desk(here, 2)


@pytest.mark.row_defect("R8", "the agent is asked for a token")
async def test_r08_catches_a_prompt(
    row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything else is well then."""
    monkeypatch.setattr(Tokens, "read", asks_the_agent)
    async with shift(tmp_path, monkeypatch, None, row.random()) as here:
        wrong = await ended_by_the_desk(here, 2)
    assert wrong and all(one.startswith("asked") for one in wrong)


@pytest.mark.row_defect("R8", "no renewal in band")
async def test_r08_catches_a_console_that_renews_nothing(
    row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each token's end ends a link."""
    monkeypatch.setattr(renewing.Renewing, "lives", lambda _self, _seconds: None)
    monkeypatch.setattr(renewing.Renewing, "ends_soon", lambda _self, _seconds: None)
    async with shift(tmp_path, monkeypatch, 0.3, row.random()) as here:
        assert await ended_by_age(here, 4, 0.3)


@pytest.mark.row_defect("R8", "another id for a retry")
async def test_r08_catches_doubles(
    row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reply that was under way when the token ended comes twice."""
    another_id_each_time(monkeypatch)
    async with shift(tmp_path, monkeypatch, None, row.random()) as here:
        wrong = await ended_by_the_desk(here, 2, patience=1.5)
    assert any(one.startswith("doubled") for one in wrong), wrong
