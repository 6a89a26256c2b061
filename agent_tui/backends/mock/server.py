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
from dataclasses import replace
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from agent_tui.backends.mock import gate, serving
from agent_tui.backends.mock.faults.live import Faults
from agent_tui.backends.mock.faults.weather import Weather
from agent_tui.backends.mock.floor import MAX_FRAME, Floor
from agent_tui.backends.mock.hearing import hear
from agent_tui.backends.mock.identities import EVERYTHING, HOME, Grant, register_of
from agent_tui.backends.mock.keeper import Keeper, kept_line
from agent_tui.backends.mock.link import Goodbye, Link, hang_up
from agent_tui.backends.mock.opening import Opened, open_desk
from agent_tui.backends.mock.options import MockError, MockOptions
from agent_tui.backends.mock.simulation import Simulation
from agent_tui.backends.mock.stream import encode
from agent_tui.backends.mock.token_life import TokenLife
from agent_tui.backends.mock.wire import Json
from agent_tui.backends.mock.world import World
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
        self.register = register_of({self.token: EVERYTHING, **dict(options.people)})
        """Every token and what it opens; may be changed while the desk runs."""
        self._opened: Opened | None = None
        self._floors: dict[str, Floor] = {}
        self._weather = Weather(options, clock, self.register, self.token, self._all_floors)
        self._server: Server | None = None
        self._keeper: Keeper | None = None
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
        """Who is connected to the desk that the options describe."""
        return self.floor_of(HOME)

    def _all_floors(self) -> tuple[Floor, ...]:
        return tuple(self._floors.values())

    def floor_of(self, tenant: str) -> Floor:
        """Who is connected to a tenant's desk."""
        if not self._floors:
            raise RuntimeError("the desk has not been started")
        return self._floors[tenant]

    @property
    def faults(self) -> Faults:
        """What goes wrong here, and what could: `set`, `clear`, `on`."""
        return self._weather.faults

    @property
    def tokens(self) -> TokenLife:
        """The console's tokens, one after the other; `tokens.current` is the newest."""
        return self._weather.tokens

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
        self._floors = {HOME: Floor(self._opened, self.clock, self.options.hb)}
        for nth, tenant in enumerate(sorted(self.register.tenants - {HOME}), 1):
            self._floors[tenant] = self._floor_for(nth)
        if self.options.state is not None:
            self._keeper = Keeper(self.options.state, self._opened)
            self._keeper.begin()
        try:
            self._weather.begin()
            self._server = await self._listen()
        except BaseException:
            if self._keeper is not None:
                self._keeper.end()
            raise
        self._tasks = [asyncio.create_task(self._beat())]
        if self._keeper is not None:
            self._tasks.append(asyncio.create_task(self._keeper.run()))
        if not isinstance(self.clock, ManualClock):
            self._tasks.append(asyncio.create_task(self._live()))
            self._tasks.append(asyncio.create_task(self._weather.run()))

    def _floor_for(self, nth: int) -> Floor:
        """The desk of the `nth` tenant after the first: other customers, kept nowhere."""
        other = replace(self.options, seed=self.options.seed + nth, corpus=None, state=None)
        opened = open_desk(other, self.clock.now(), f"e{secrets.token_hex(6)}")
        return Floor(opened, self.clock, self.options.hb)

    async def _listen(self) -> Server:
        try:
            return await serve(
                self._serve,
                "127.0.0.1",
                self.options.port,
                process_request=self._door,
                compression=None,
                max_size=MAX_FRAME,
                ping_interval=10,
                ping_timeout=10,
                close_timeout=2,
                create_connection=None if self._keeper is None else kept_line(self._keeper.keep),
                server_header=None,
                logger=LOG,
            )
        except (OSError, OverflowError) as error:
            raise MockError(_why_not(self.options.port, error)) from error

    async def until(self, stop: asyncio.Event) -> None:
        """Serve until `stop`; raises `MockError` if the desk cannot be kept on disk any more."""
        stopped = asyncio.create_task(stop.wait())
        ends: set[asyncio.Future[Any]] = {stopped}
        if self._keeper is not None:
            ends.add(self._keeper.broken)
        try:
            done, _rest = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                one.result()
        finally:
            stopped.cancel()

    async def aclose(self) -> None:
        """Say goodbye to every console, stop listening, and keep the last state.

        Takes a second at most, plus the writing. Raises `MockError` if the state cannot be
        written.
        """
        self.faults.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        server, self._server = self._server, None
        if server is not None:
            await self._empty(server)
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.end()

    async def _empty(self, server: Server) -> None:
        """Close every line; those that do not go along are cut, and who said no hello at once."""
        links = [link for floor in self._floors.values() for link in floor.links]
        for link in links:
            link.end(Goodbye(1012, _("The desk closes."), reconnect_after=1))
        for socket in self._sockets - {link.socket for link in links}:
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
        self._weather.tend()
        for floor in self._floors.values():
            floor.publish(floor.simulation.due(self.clock.now()))
        await asyncio.sleep(0)

    async def _live(self) -> None:
        """Let time pass on its own."""
        while True:
            moments = [floor.simulation.next_due() for floor in self._floors.values()]
            due = min((moment for moment in moments if moment is not None), default=None)
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
            for floor in self._floors.values():
                floor.beat()

    # ── one console ─────────────────────────────────────────────────────────────────

    async def _door(self, connection: ServerConnection, request: Request) -> Response | None:
        """Who may come in, once the faults let anybody."""
        refused = await self._weather.at_the_door(connection)
        return self._check(connection, request) if refused is None else refused

    def _check(self, connection: ServerConnection, request: Request) -> Response | None:
        """Who may come in, before a single frame is read."""
        headers = request.headers
        file = serving.wanted(request.path)
        answer = gate.check(
            method=getattr(request, "method", "GET"),  # older libraries let nothing else through
            path=request.path if file is None else "/",
            hosts=headers.get_all("Host"),
            origins=headers.get_all("Origin"),
            authorizations=headers.get_all("Authorization"),
            own=gate.own_hosts(self.port),
            register=self.register,
            now=self.clock.now(),
        )
        if isinstance(answer, gate.Refusal):
            response = connection.respond(answer.status, answer.text)
            response.headers.update(answer.headers)
            return response
        if file is not None:
            return serving.attachment(file, answer, self._floors)
        if len(self._sockets) >= MAX_LINKS:
            return connection.respond(503, _("All seats at this desk are taken.\n"))
        return None

    async def _serve(self, socket: ServerConnection) -> None:
        """The life of one connection, from hello to goodbye."""
        self._sockets.add(socket)
        try:
            if len(self._sockets) > MAX_LINKS:  # many came at the same moment
                goodbye = Goodbye(1013, _("All seats at this desk are taken."), reconnect_after=5)
            else:
                goodbye = await self._welcome(socket)
            await hang_up(socket, goodbye, self._weather.slow_close)
        except ConnectionClosed:
            pass
        finally:
            self._sockets.discard(socket)

    async def _welcome(self, socket: ServerConnection) -> Goodbye:
        """Hear the hello, seat the console, and stay until either side ends it."""
        grant = self._grant_of(socket)
        floor = self._floors.get(grant.badge.tenant)
        if floor is None:
            return Goodbye(4003, _("That tenant has no desk here."))
        try:
            hello = floor.understand(await self._first(socket), grant)
        except Goodbye as goodbye:
            return goodbye
        latency = self.options.latency_ms / 1000
        link = Link(socket, hello.agent, hello.device, latency, self.options.queue)
        link.mishaps = self._weather.over(link.agent)
        floor.admit(link, hello, grant)
        try:
            return await self._converse(floor, link)
        except Goodbye as goodbye:
            return goodbye
        finally:
            floor.leave(link)

    def _grant_of(self, socket: ServerConnection) -> Grant:
        """What the token opens that the line came in with; it was good a moment ago."""
        assert socket.request is not None
        given = socket.request.headers.get_all("Authorization")
        return gate.grant_of(given, self.register) or Grant(revoked=True)

    async def _first(self, socket: ServerConnection) -> Json:
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                return await hear(socket)
        except TimeoutError:
            raise Goodbye(1002, _("No hello came.")) from None

    async def _converse(self, floor: Floor, link: Link) -> Goodbye:
        """Read and write until either side ends it."""
        reader = asyncio.create_task(self._hear(floor, link))
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

    async def _hear(self, floor: Floor, link: Link) -> None:
        """Handle the console's frames in the order they come."""
        while True:
            frame = await hear(link.socket)
            instead = await self._weather.instead(floor, link, frame)
            if instead is None:
                floor.handle(link, frame)
            for answer in instead or ():
                link.push(encode(answer))
            self._poked.set()


def _why_not(port: int, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        message = _("Port {port} is in use already. Choose another with --port, or 0 for any.")
        return message.format(port=port)
    message = _("The desk cannot listen on port {port}: {why}. Choose another with --port.")
    why = error.strerror if isinstance(error, OSError) else error
    return message.format(port=port, why=why)
