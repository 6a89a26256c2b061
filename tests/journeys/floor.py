"""A desk on a real socket, and seats at it: whole consoles without a terminal.

The desk's time and the consoles' time is one clock that the test moves; nothing waits for
real seconds but for the socket and the screen. Keys are typed ahead: all that are pressed at
once reach the console in one go, as they do over a slow line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from journeys.wire import Wire
from textual._context import active_app, visible_screen_stack
from textual.drivers.headless_driver import HeadlessDriver
from textual.events import Key, Resize
from textual.geometry import Region, Size
from textual.keys import _character_to_key
from textual.pilot import Pilot

from agent_tui.app import AgentTui
from agent_tui.backends.desk.client import DeskAddress, DeskBackend
from agent_tui.backends.mock import rules
from agent_tui.backends.mock.records import Conversation as Record
from agent_tui.backends.mock.records import Message as Written
from agent_tui.backends.mock.server import DeskServer
from agent_tui.backends.mock.world import World
from agent_tui.clock import ManualClock
from agent_tui.config import RawConfig, Settings, resolve
from agent_tui.console.screen import Console
from agent_tui.credentials.secret import Secret
from agent_tui.desk import Desk
from agent_tui.journal import Journal
from agent_tui.model import AuthorKind, Channel, Conversation, ConversationId, MessageKind, Status
from agent_tui.ops import AnyOp, MarkRead
from agent_tui.session import Session
from agent_tui.shown import RowSource
from agent_tui.store import Store

MORNING = datetime(2026, 11, 23, 8, 41, tzinfo=UTC)
"""When a journey begins: a Monday, 09:41 in Berlin."""

PATIENCE = 8.0
"""Real seconds until something awaited counts as missing."""

VIEWS = ("Mine", "Unassigned", "All", "Snoozed", "Resolved")


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
        """The conversation the keys act on, which is the one under the cursor."""
        conversation = self.desk.conversation
        assert conversation is not None
        return conversation

    @property
    def in_picker(self) -> bool:
        """A question is open."""
        return self.app.screen is not self.console

    @property
    def wishes(self) -> list[AnyOp]:
        """What she has asked for and the desk has not answered yet; reading is no wish."""
        return [p.op for p in self.desk.store.outbox if not isinstance(p.op, MarkRead)]

    @property
    def walk_rows(self) -> RowSource:
        """The rows of the list, as they are narrowed now."""
        return self.console.walk.rows

    def shown(self, conversation: str) -> Conversation:
        """A conversation as this console shows it."""
        value = self.desk.store.get(ConversationId(conversation))
        assert value is not None
        return value

    # ── what she does ───────────────────────────────────────────────────────────────

    async def press(self, *keys: str) -> None:
        """Press keys as Textual names them, all at once, and let the screen follow."""
        for key in keys:
            self.app.post_message(Key(_name(key), key if len(key) == 1 else None))
        await self.settle()

    async def type(self, text: str) -> None:
        """Type a text, letter by letter."""
        await self.press(*("enter" if char == "\n" else char for char in text))

    async def go_to(self, conversation: str) -> None:
        """Put the cursor on a conversation."""
        await self.do(lambda: self.console.walk.go_to(ConversationId(conversation)))
        assert self.selected.id == conversation

    async def do(self, work: Callable[[], object]) -> None:
        """Have the program do something in its own loop."""
        self.app.call_later(work)
        await self.settle()

    async def resize(self, width: int, height: int) -> None:
        """Pull at the corner of the terminal."""
        size = Size(width, height)
        driver = self.app._driver
        assert isinstance(driver, HeadlessDriver)
        driver._size = size
        self.app.post_message(Resize(size, size))
        await self.until(lambda: self.app.screen.size == self.console.size == size, "the new size")
        await self.settle()

    async def settle(self) -> None:
        """Let the screen do what it was asked for so far."""
        await self.pilot._wait_for_screen()
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        while not self.app._turnstile.idle:
            assert loop.time() < end, "the keys do not get through"
            await asyncio.sleep(0.001)
        await self.pilot._wait_for_screen()
        screen = self.app.screen
        if screen._layout_required:
            with self._in_app():
                screen._on_timer_update()

    # ── what she sees ───────────────────────────────────────────────────────────────

    def lines(self, region: Region | None = None) -> list[str]:
        """The lines of the screen, or of a part of it, each as wide as it is drawn."""
        with self._in_app():
            size = self.app.size
            strips = self.app.screen._compositor.render_strips(size)
        if region is None:
            return [strip.text for strip in strips]
        rows = strips[region.y : region.bottom]
        return [strip.crop(region.x, region.right).text for strip in rows]

    def screen(self) -> str:
        """Everything on the screen, as text."""
        return "\n".join(line.rstrip() for line in self.lines())

    def part(self, selector: str) -> str:
        """What stands in a part of the console, by its selector."""
        region = self.console.query_one(selector).region
        return "\n".join(line.rstrip() for line in self.lines(region))

    @property
    def top(self) -> str:
        """The first line of the screen."""
        return self.lines()[0]

    @property
    def foot(self) -> str:
        """The words at the foot of the screen, as one line."""
        return " ".join(self.part("BottomBar").split())

    @property
    def thread(self) -> str:
        """The messages in sight."""
        return self.part("Transcript")

    @property
    def cursor_row(self) -> str:
        """The row under the cursor; empty when it is not in sight."""
        rows = self.part("InboxList").split("\n")
        return "\n".join(row for row in rows if row.startswith("▌"))

    def row_of(self, conversation: str) -> str:
        """The two lines of a row; empty when it is not in sight."""
        inbox = self.console.inbox
        index = inbox._source.index_of(ConversationId(conversation))
        top = (index or 0) * 2 - int(inbox.scroll_offset.y)
        rows = self.part("InboxList").split("\n")
        inside = index is not None and 0 <= top < len(rows) - 1
        return "\n".join(rows[top : top + 2]) if inside else ""

    @property
    def counts(self) -> dict[str, int]:
        """What the first line says about the views."""
        words = self.top.split()
        after = {view: words[words.index(view) + 1 :] for view in VIEWS}
        return {
            view: int(rest[0]) if rest and rest[0].isdigit() and not _is_key(rest) else 0
            for view, rest in after.items()
        }

    async def until(self, holds: Callable[[], object], what: str) -> None:
        """Wait until something holds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        while not holds():
            if loop.time() > end:
                pytest.fail(f"still not so: {what}\n{self.screen()}")
            await asyncio.sleep(0.01)
            await self.settle()

    async def sees(self, text: str, part: str | None = None) -> None:
        """Wait until a text stands on the screen, or in a part of it."""

        def there() -> bool:
            return text in (self.screen() if part is None else self.part(part))

        await self.until(there, f"{text!r} on the screen")

    async def confirmed(self) -> None:
        """Wait until the desk has answered everything."""
        outbox = self.desk.store.outbox
        await self.until(lambda: all(p.folded for p in outbox), "everything confirmed")

    async def opened(self) -> None:
        """Wait until the selected conversation's messages are here."""

        def there() -> bool:
            thread = self.desk.store.threads.get(self.selected.id)
            return thread is not None and thread.loaded and not thread.loading

        await self.until(there, "the messages")

    async def second(self) -> None:
        """Let the console look at its clock."""
        await self.do(self.console.show.second)

    @contextmanager
    def _in_app(self) -> Iterator[None]:
        app = active_app.set(self.app)
        behind = visible_screen_stack.set(list(self.app._background_screens))
        try:
            yield
        finally:
            visible_screen_stack.reset(behind)
            active_app.reset(app)


def _name(key: str) -> str:
    """A key as the framework names it."""
    return key if key.isalnum() or len(key) != 1 else _character_to_key(key)


def _is_key(words: list[str]) -> bool:
    """A view without a count is followed by the key and the name of the next one."""
    return len(words) > 1 and words[1] in VIEWS


class Floor:
    """The desk, and whoever sits at it."""

    def __init__(self, server: DeskServer, clock: ManualClock, stack: AsyncExitStack) -> None:
        self.server = server
        self.clock = clock
        self._stack = stack
        self._commands = 0

    # ── the desk ────────────────────────────────────────────────────────────────────

    @property
    def world(self) -> World:
        """The desk's own truth."""
        return self.server.world

    @property
    def deeds(self) -> tuple[int, int]:
        """How much has been said and changed so far; reading counts for nothing."""
        lines = sum(len(thread) for thread in self.world.threads.values())
        return lines, sum(conv.ver for conv in self.world.conversations.values())

    def truth(self, conversation: str) -> Record:
        """A conversation as the desk has it."""
        return self.world.conversations[conversation]

    def said(self, conversation: str, kind: MessageKind = MessageKind.TEXT) -> list[Written]:
        """What agents have written there."""
        return [
            message
            for message in self.world.threads[conversation]
            if message.author.kind is AuthorKind.AGENT and message.kind is kind
        ]

    def texts(self, conversation: str, kind: MessageKind = MessageKind.TEXT) -> list[str]:
        """The words of what agents have written there."""
        return [message.text for message in self.said(conversation, kind)]

    def find(self, holds: Callable[[Record], object]) -> Record:
        """The first conversation of which something holds."""
        return next(conv for conv in self.world.conversations.values() if holds(conv))

    def waiting(self, channel: Channel = Channel.TELEGRAM) -> Record:
        """An open, unassigned conversation on a channel, whose customer waits."""
        return self.find(
            lambda c: (
                c.channel is channel
                and c.status is Status.OPEN
                and c.assignee is None
                and c.waiting_since is not None
            )
        )

    def counts(self, agent: str) -> dict[str, int]:
        """How many conversations the views of an agent hold."""
        everything = self.world.conversations.values()
        opened = [conv for conv in everything if conv.status is Status.OPEN]
        numbers = (
            sum(conv.assignee == agent for conv in opened),
            sum(conv.assignee is None for conv in opened),
            len(opened),
            sum(conv.status is Status.SNOOZED for conv in everything),
            sum(conv.status is Status.RESOLVED for conv in everything),
        )
        return dict(zip(VIEWS, numbers, strict=True))

    def hush(self, besides: str = "") -> None:
        """From now on customers say only what the test has them say; one may go on answering."""
        simulation = self.server.simulation
        simulation.seats = {key: seat for key, seat in simulation.seats.items() if key == besides}
        simulation._due.clear()

    async def says(self, conversation: str, text: str) -> None:
        """The customer writes."""
        now = self.clock.now()
        self.server.floor.publish(self.world.customer_writes(conversation, text, now))
        await asyncio.sleep(0)

    def opens(self, contact: str, channel: Channel, text: str) -> str:
        """A customer of the desk begins another conversation; returns its id."""
        now = self.clock.now()
        fresh = rules.fresh(self.world.contacts[contact], channel, now)
        conv = self.world.add_conversation(fresh)
        self.server.floor.publish(self.world.customer_writes(conv.id, text, now))
        return conv.id

    def takes(self, agent: str, conversation: str) -> None:
        """A colleague without a console takes a conversation."""
        now = self.clock.now()
        self._commands += 1
        frame = {
            "id": f"test-{self._commands}",
            "op": "assign",
            "conv": conversation,
            "base_ver": self.truth(conversation).ver,
            "data": {"agent": agent},
        }
        self.server.floor.publish(self.world.command(agent, frame, now).events)

    async def types(self, conversation: str, *, on: bool = True) -> None:
        """The customer is writing, or stops."""
        self.server.floor.publish((self.world.customer_types(conversation, on),))
        await asyncio.sleep(0)

    async def pass_time(self, seconds: float) -> None:
        """Let time pass at the desk and in the consoles."""
        self.clock.advance(seconds)
        await self.server.tick()

    async def told(self, *seats: Seat) -> None:
        """Wait until these consoles have heard of everything that has happened at the desk."""
        for seat in seats:
            await seat.until(partial(self._has_told, seat), "all news")

    def _has_told(self, seat: Seat) -> bool:
        return seat.desk.store.seq >= self.world.seq

    # ── seats ───────────────────────────────────────────────────────────────────────

    async def seat(
        self,
        agent: str,
        size: tuple[int, int] = (160, 45),
        *,
        wire: Wire | None = None,
        journal: Journal | None = None,
    ) -> Seat:
        """Sit an agent down in front of a console, behind `wire` where one is given, with what is
        unsent kept in `journal`."""
        url = self.server.url if wire is None else wire.url
        address = DeskAddress(url, Secret(self.server.token), agent, f"test-{agent}")
        session = Session(
            lambda: DeskBackend(address, self.clock, Random(7)), Store(), self.clock, journal
        )
        session.start()
        loop = asyncio.get_running_loop()
        assert await loop.run_in_executor(None, session.wait_settled, PATIENCE)
        self._stack.push_async_callback(asyncio.to_thread, session.stop)
        app = AgentTui(session, settings(), "demo", self.clock)
        seat = Seat(app, await self._open(app, size), self.clock)
        await seat.until(lambda: seat.desk.store.ready and seat.desk.selected, "an inbox")
        await seat.until(lambda: seat.console.library.replies, "the canned replies")
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
        task.add_done_callback(lambda done: _fail(ready, done))
        return await ready


def _fail(ready: asyncio.Future[Pilot[None]], done: asyncio.Task[None]) -> None:
    """A console that ended before it was there says why."""
    if not ready.done():
        ready.set_exception(done.exception() or RuntimeError("the console ended at once"))


async def _end(task: asyncio.Task[None], leave: asyncio.Event) -> None:
    leave.set()
    await task


def settings(theme: str = "dark") -> Settings:
    """The settings of a new agent in Berlin."""
    berlin = ZoneInfo("Europe/Berlin")
    return resolve(
        RawConfig(Path("/none/config.toml")), {}, lambda: berlin, theme=theme, language="en"
    )
