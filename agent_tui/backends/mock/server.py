"""The mock desk as a real server: websockets on loopback, docs/protocol.md from its other side.

The world and its customers are pure, the floor only queues; what waits, listens or writes to
disk is here.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import secrets

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from agent_tui.backends.mock import gate
from agent_tui.backends.mock.floor import MAX_FRAME, Floor
from agent_tui.backends.mock.keeper import Keeper
from agent_tui.backends.mock.link import Goodbye, Link, hang_up
from agent_tui.backends.mock.opening import Opened, open_desk
from agent_tui.backends.mock.options import MockError, MockOptions
from agent_tui.backends.mock.simulation import Simulation
from agent_tui.backends.mock.wire import Json
from agent_tui.backends.mock.world import World
from agent_tui.backends.strict_json import NotJson, load_object
from agent_tui.clock import Clock, ManualClock
from agent_tui.i18n import _

MAX_LINKS = 64
HELLO_SECONDS = 10.0
CLOSE_SECONDS = 0.5
"""How long consoles may take to answer a goodbye; on loopback that is ample."""

LOG = logging.getLogger(__name__)
LOG.addHandler(logging.NullHandler())
LOG.setLevel(logging.WARNING)  # at DEBUG the library writes headers, and with them the token


class DeskServer:
    """The mock desk, listening on 127.0.0.1 from `start()` to `aclose()`.

    With a `ManualClock` nothing happens by itself: move the clock, then call `tick()`. With any
    other clock the desk lives on its own. Heartbeats follow real time; they are about the line.
    """

    def __init__(self, options: MockOptions, clock: Clock) -> None:
        self.options = options
        self.clock = clock
        self.token = secrets.token_hex(16) if options.token is None else options.token
        self._opened: Opened | None = None
        self._floor: Floor | None = None
        self._server: Server | None = None
        self._keeper: Keeper | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._poked = asyncio.Event()
        self._sockets: set[ServerConnection] = set()

    # ── what there is ───────────────────────────────────────────────────────────────

    @property
    def opened(self) -> Opened:
        """The desk as `start()` has built it."""
        if self._opened is None:
            raise RuntimeError("the desk has not been started")
        return self._opened

    @property
    def floor(self) -> Floor:
        """Who is connected."""
        if self._floor is None:
            raise RuntimeError("the desk has not been started")
        return self._floor

    @property
    def world(self) -> World:
        """The truth."""
        return self.opened.world

    @property
    def simulation(self) -> Simulation:
        """The customers."""
        return self.opened.simulation

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the corpus, one line each."""
        return self.opened.problems

    @property
    def agents(self) -> tuple[str, ...]:
        """The ids of those who work here."""
        return tuple(self.world.agents)

    @property
    def port(self) -> int:
        """The port it listens on."""
        if self._server is None:
            raise RuntimeError("the desk has not been started")
        return int(next(iter(self._server.sockets)).getsockname()[1])

    @property
    def url(self) -> str:
        """Where a console connects to."""
        return f"ws://127.0.0.1:{self.port}"

    # ── life ────────────────────────────────────────────────────────────────────────

    async def start(self) -> None:
        """Build the desk and listen; raises `MockError` if the port or a file forbids it."""
        self._opened = open_desk(self.options, self.clock.now(), f"e{secrets.token_hex(6)}")
        self._floor = Floor(self._opened, self.clock, self.options.hb)
        if self.options.state is not None:
            self._keeper = Keeper(self.options.state, self._opened)
            self._keeper.begin()
        self._server = await self._listen()
        if self._keeper is not None:
            self._keeping = asyncio.create_task(self._keeper.run())
        self._tasks = [asyncio.create_task(self._beat())]
        if not isinstance(self.clock, ManualClock):
            self._tasks.append(asyncio.create_task(self._live()))

    async def _listen(self) -> Server:
        try:
            return await serve(
                self._serve,
                "127.0.0.1",
                self.options.port,
                process_request=self._check,
                compression=None,
                max_size=MAX_FRAME,
                ping_interval=10,
                ping_timeout=10,
                close_timeout=2,
                server_header=None,
                logger=LOG,
            )
        except (OSError, OverflowError) as error:
            raise MockError(_why_not(self.options.port, error)) from error

    async def aclose(self) -> None:
        """Say goodbye to every console, stop listening, and keep the last state.

        Takes a second at most, plus the writing. Raises `MockError` if the state cannot be
        written.
        """
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        server, self._server = self._server, None
        if server is not None:
            await self._empty(server)
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            await keeper.end(self._keeping)

    async def _empty(self, server: Server) -> None:
        """Close every line; those that do not go along are cut, and who said no hello at once."""
        for link in self.floor.links:
            link.end(Goodbye(1012, _("The desk closes."), reconnect_after=1))
        for socket in self._sockets - {link.socket for link in self.floor.links}:
            socket.transport.abort()
        server.close(close_connections=False)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await server.wait_closed()
        for socket in tuple(self._sockets):
            socket.transport.abort()
        await server.wait_closed()

    # ── time ────────────────────────────────────────────────────────────────────────

    async def tick(self) -> None:
        """Apply at once what is due at the clock's present moment."""
        self.floor.publish(self.simulation.due(self.clock.now()))
        await asyncio.sleep(0)

    async def _live(self) -> None:
        """Let time pass on its own."""
        while True:
            due = self.simulation.next_due()
            wait = None if due is None else (due - self.clock.now()).total_seconds()
            if wait is None or wait > 0:
                self._poked.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._poked.wait()
            try:
                await self.tick()
            except Exception:
                LOG.exception("the simulation stumbled")

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.options.hb)
            self.floor.beat()

    # ── one console ─────────────────────────────────────────────────────────────────

    def _check(self, connection: ServerConnection, request: Request) -> Response | None:
        """Who may come in, before a single frame is read."""
        headers = request.headers
        refusal = gate.check(
            path=request.path,
            hosts=headers.get_all("Host"),
            origins=headers.get_all("Origin"),
            authorizations=headers.get_all("Authorization"),
            own=gate.own_hosts(self.port),
            token=self.token,
        )
        if refusal is not None:
            return connection.respond(refusal.status, refusal.text)
        if len(self._sockets) >= MAX_LINKS:
            return connection.respond(503, _("All seats at this desk are taken.\n"))
        return None

    async def _serve(self, socket: ServerConnection) -> None:
        """The life of one connection, from hello to goodbye."""
        self._sockets.add(socket)
        try:
            goodbye = await self._welcome(socket)
            await hang_up(socket, goodbye)
        except ConnectionClosed:
            pass
        finally:
            self._sockets.discard(socket)

    async def _welcome(self, socket: ServerConnection) -> Goodbye:
        """Hear the hello, seat the console, and stay until either side ends it."""
        try:
            hello = self.floor.understand(await self._first(socket))
        except Goodbye as goodbye:
            return goodbye
        latency = self.options.latency_ms / 1000
        link = Link(socket, hello.agent, hello.device, latency, self.options.queue)
        self.floor.admit(link, hello)
        try:
            return await self._converse(link)
        except Goodbye as goodbye:
            return goodbye
        finally:
            self.floor.leave(link)

    async def _first(self, socket: ServerConnection) -> Json:
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                return _read(await socket.recv())
        except TimeoutError:
            raise Goodbye(1002, _("No hello came.")) from None

    async def _converse(self, link: Link) -> Goodbye:
        """Read and write until either side ends it."""
        reader = asyncio.create_task(self._hear(link))
        writer = asyncio.create_task(link.write())
        try:
            await asyncio.wait((reader, writer, link.ended), return_when=asyncio.FIRST_COMPLETED)
            if link.ended.done():
                return link.ended.result()
            for task in (reader, writer):
                if task.done():
                    task.result()
            return Goodbye(1000, _("The end."))
        finally:
            for task in (reader, writer):
                task.cancel()
            await asyncio.gather(reader, writer, return_exceptions=True)

    async def _hear(self, link: Link) -> None:
        """Handle the console's frames in the order they come."""
        while True:
            self.floor.handle(link, _read(await link.socket.recv()))
            self._poked.set()


def _read(data: str | bytes) -> Json:
    """The object in a frame from a console; what is none ends the line."""
    if isinstance(data, bytes):
        raise Goodbye(1007, _("Frames have to be text."))
    try:
        return load_object(data)
    except NotJson as error:
        raise Goodbye(1007, str(error)) from None


def _why_not(port: int, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        message = _("Port {port} is in use already. Choose another with --port, or 0 for any.")
        return message.format(port=port)
    message = _("The desk cannot listen on port {port}: {why}. Choose another with --port.")
    why = error.strerror if isinstance(error, OSError) else error
    return message.format(port=port, why=why)
