"""A desk on a real socket, and seats at it: whole consoles without a terminal.

The desk's time and the consoles' time is one clock that the test moves; nothing waits for
real seconds but for the socket and the screen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from textual.pilot import Pilot

from agent_tui.app import AgentTui
from agent_tui.backends.desk.client import DeskAddress, DeskBackend
from agent_tui.backends.mock.server import DeskServer
from agent_tui.clock import ManualClock
from agent_tui.config import RawConfig, Settings, resolve
from agent_tui.console import Console
from agent_tui.desk import Desk
from agent_tui.model import Conversation, ConversationId
from agent_tui.secret import Secret
from agent_tui.session import Session
from agent_tui.store import Store

MORNING = datetime(2026, 11, 23, 8, 41, tzinfo=UTC)
"""When a journey begins: a Monday, 09:41 in Berlin."""

PATIENCE = 8.0
"""Real seconds until something awaited counts as missing."""


@dataclass
class Seat:
    """A console in front of an agent."""

    app: AgentTui
    pilot: Pilot[None]
    clock: ManualClock

    @property
    def console(self) -> Console:
        return self.app.console_screen

    @property
    def desk(self) -> Desk:
        return self.app.desk

    @property
    def selected(self) -> Conversation:
        conversation = self.desk.conversation
        assert conversation is not None
        return conversation

    def shown(self, conversation: ConversationId) -> Conversation:
        value = self.desk.store.get(conversation)
        assert value is not None
        return value

    async def press(self, *keys: str) -> None:
        """Press keys as Textual names them, and let the screen follow."""
        for key in keys:
            await self.pilot.press(key)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Type a text, letter by letter."""
        names = {" ": "space", "\n": "enter", "/": "slash"}
        await self.press(*(names.get(char, char) for char in text))

    def screen(self) -> str:
        """Everything on the screen, as text."""
        size = self.app.size
        strips = self.app.screen._compositor.render_strips(size)
        return "\n".join(strip.text.rstrip() for strip in strips)

    async def until(self, holds: Callable[[], object], what: str) -> None:
        """Wait until something holds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        while not holds():
            if loop.time() > end:
                pytest.fail(f"still not so: {what}\n{self.screen()}")
            await asyncio.sleep(0.01)
            await self.pilot.pause()

    async def sees(self, text: str) -> None:
        """Wait until a text stands on the screen."""
        await self.until(lambda: text in self.screen(), f"{text!r} on the screen")

    async def go_to(self, conversation: ConversationId) -> None:
        """Put the cursor on a conversation."""
        self.console.walk.go_to(conversation)
        await self.pilot.pause()


class Floor:
    """The desk, and whoever sits at it."""

    def __init__(self, server: DeskServer, clock: ManualClock, stack: AsyncExitStack) -> None:
        self.server = server
        self.clock = clock
        self._stack = stack

    async def seat(self, agent: str, size: tuple[int, int] = (160, 45)) -> Seat:
        """Sit an agent down in front of a console."""
        address = DeskAddress(self.server.url, Secret(self.server.token), agent, f"test-{agent}")
        session = Session(lambda: DeskBackend(address, self.clock, Random(7)), Store(), self.clock)
        session.start()
        loop = asyncio.get_running_loop()
        assert await loop.run_in_executor(None, session.wait_settled, PATIENCE)
        self._stack.push_async_callback(loop.run_in_executor, None, session.stop)
        app = AgentTui(session, settings(), "demo", self.clock)
        seat = Seat(app, await self._open(app, size), self.clock)
        await seat.until(lambda: seat.desk.store.ready and seat.desk.selected, "an inbox")
        return seat

    async def _open(self, app: AgentTui, size: tuple[int, int]) -> Pilot[None]:
        """Run a console in a task of its own: the framework keeps the running app by context."""
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[Pilot[None]] = loop.create_future()
        leave = asyncio.Event()

        async def host() -> None:
            async with app.run_test(size=size) as pilot:
                ready.set_result(pilot)
                await leave.wait()

        task = asyncio.create_task(host())
        self._stack.push_async_callback(_end, task, leave)
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        return ready.result()

    async def pass_time(self, seconds: float) -> None:
        """Let time pass at the desk and in the consoles."""
        self.clock.advance(seconds)
        await self.server.tick()


async def _end(task: asyncio.Task[None], leave: asyncio.Event) -> None:
    leave.set()
    await task


def settings(theme: str = "dark") -> Settings:
    """The settings of a new agent in Berlin."""
    berlin = ZoneInfo("Europe/Berlin")
    return resolve(RawConfig(Path("none")), {}, lambda: berlin, theme=theme, language="en")
