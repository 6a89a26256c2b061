"""The mock desk as a real server: websockets on loopback, docs/protocol.md from its other side.

The world and the simulation are pure; everything that waits, listens or writes is here.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import re
import secrets
from collections.abc import Callable, Iterable
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from agent_tui.backends.mock import gate
from agent_tui.backends.mock.commands import CAPABILITIES, MAX_TEXT
from agent_tui.backends.mock.link import Goodbye, Link, hang_up
from agent_tui.backends.mock.opening import Opened, open_desk
from agent_tui.backends.mock.options import MockError, MockOptions
from agent_tui.backends.mock.simulation import Simulation
from agent_tui.backends.mock.stream import Snapshots, Stream, encode
from agent_tui.backends.mock.strict_json import Malformed, load_object
from agent_tui.backends.mock.wire import Json, agent_to_wire, stamp, team_to_wire
from agent_tui.backends.mock.world import HISTORY, World
from agent_tui.clock import Clock, ManualClock
from agent_tui.i18n import _
from agent_tui.model import Availability

VERSION = 1
MAX_FRAME = 512 * 1024
MAX_LINKS = 64
HELLO_SECONDS = 10.0

_ID = re.compile(r"[A-Za-z0-9._:#-]{1,64}")


class DeskServer:
    """The mock desk, listening on 127.0.0.1 from `start()` to `aclose()`.

    With a `ManualClock` nothing happens by itself: move the clock, then call `tick()`. With any
    other clock the desk lives on its own. `hb` always follows real time, it is about the line.
    """

    def __init__(self, options: MockOptions, clock: Clock) -> None:
        self.options = options
        self.clock = clock
        self.token = options.token if options.token is not None else secrets.token_hex(16)
        self.links: list[Link] = []
        self._opened: Opened | None = None
        self._server: Server | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._poked = asyncio.Event()
        self._snapshots = Snapshots()
        self._connections = 0

    # ── life ────────────────────────────────────────────────────────────────────────

    async def start(self) -> None:
        """Build the desk and listen; raises `MockError` if the port or a file forbids it."""
        self._opened = open_desk(self.options, self.clock.now())
        try:
            self._server = await serve(
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
            )
        except OSError as error:
            raise MockError(_why_not_listening(self.options.port, error)) from error
        self._tasks = [asyncio.create_task(self._beat())]
        if not isinstance(self.clock, ManualClock):
            self._tasks.append(asyncio.create_task(self._live()))

    async def aclose(self) -> None:
        """Say goodbye to every console and stop listening."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for link in self.links:
            link.end(Goodbye(1012, _("The desk closes."), reconnect_after=1))
        if self._server is not None:
            self._server.close(close_connections=False)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2.5):
                    await self._server.wait_closed()
            self._server.close()

    @property
    def opened(self) -> Opened:
        """The desk as it was built by `start()`."""
        if self._opened is None:
            raise RuntimeError("the desk has not been started")
        return self._opened

    @property
    def world(self) -> World:
        return self.opened.world

    @property
    def simulation(self) -> Simulation:
        return self.opened.simulation

    @property
    def stream(self) -> Stream:
        return self.opened.stream

    @property
    def problems(self) -> tuple[str, ...]:
        """What was wrong with the corpus, one line each."""
        return self.opened.problems

    @property
    def agents(self) -> tuple[str, ...]:
        """The ids of those who work here."""
        return tuple(self.world.agents)

    @property
    def port(self) -> int:
        if self._server is None:
            raise RuntimeError("the desk has not been started")
        return int(next(iter(self._server.sockets)).getsockname()[1])

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    # ── time ────────────────────────────────────────────────────────────────────────

    async def tick(self) -> None:
        """Apply at once what is due at the clock's present moment."""
        self._publish(self.simulation.due(self.clock.now()))
        await asyncio.sleep(0)

    def poke(self) -> None:
        """Something is due earlier than thought: look again."""
        self._poked.set()

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
            await self.tick()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.options.hb)
            text = encode({"frame": "hb", "seq": self.stream.seq, "t": stamp(self.clock.now())})
            for link in tuple(self.links):
                link.push(text)

    # ── one console ─────────────────────────────────────────────────────────────────

    def _check(self, connection: ServerConnection, request: Request) -> Response | None:
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
        if self._connections >= MAX_LINKS:
            return connection.respond(503, _("All seats at this desk are taken.\n"))
        return None

    async def _serve(self, socket: ServerConnection) -> None:
        """The life of one connection, from hello to goodbye."""
        self._connections += 1
        link: Link | None = None
        try:
            hello = await self._hello(socket)
            link = self._admit(socket, hello)
            goodbye = await self._converse(link)
        except Goodbye as bye:
            goodbye = bye
        except ConnectionClosed:
            return
        finally:
            self._connections -= 1
            if link is not None:
                self._leave(link)
        await hang_up(socket, goodbye)

    async def _hello(self, socket: ServerConnection) -> Json:
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                hello = _read(await socket.recv())
        except TimeoutError:
            raise Goodbye(1002, _("No hello came.")) from None
        if hello.get("frame") != "hello":
            raise Goodbye(1007, _("The first frame has to be a hello."))
        if hello.get("v") != VERSION or isinstance(hello.get("v"), bool):
            raise Goodbye(4010, _("This desk speaks version 1."), versions=[VERSION])
        if hello.get("agent") not in self.agents:
            raise Goodbye(
                4003,
                _("Nobody of that name works at this desk."),
                error="unknown_agent",
                agents=list(self.agents),
            )
        if not (isinstance(hello.get("device"), str) and _ID.fullmatch(hello["device"])):
            raise Goodbye(1007, _("The hello does not name its device."))
        return hello

    def _admit(self, socket: ServerConnection, hello: Json) -> Link:
        """Seat a console: nothing can happen between its snapshot and its first event."""
        agent, device = hello["agent"], hello["device"]
        link = Link(socket, agent, device, self.options.latency_ms / 1000, self.options.queue)
        for other in self.links:
            if (other.agent, other.device) == (agent, device):
                other.end(Goodbye(4009, _("The same console has connected anew.")))
        self._publish(self.world.presence(agent, Availability.ONLINE, self.clock.now()))
        missed = self._missed(hello.get("resume"))
        frames = [encode(self._welcome(agent, resumed=missed is not None))]
        if missed is None:
            missed = self._snapshots.parts(self.world.in_order(), self.world.seq)
        link.open_with((*frames, *missed))
        self.links.append(link)
        return link

    def _missed(self, resume: object) -> list[str] | None:
        """The events a console has missed; None: it needs a snapshot."""
        if resume is None:
            return None
        if not isinstance(resume, dict) or type(resume.get("seq")) is not int:
            raise Goodbye(1007, _("The hello does not say from where to resume."))
        if resume.get("epoch") != self.world.epoch:
            return None
        return self.stream.after(resume["seq"])

    def _welcome(self, agent: str, *, resumed: bool) -> Json:
        desk = self.world.desk
        return {
            "frame": "welcome",
            "v": VERSION,
            "mode": "resumed" if resumed else "snapshot",
            "epoch": self.world.epoch,
            "seq": self.world.seq,
            "server_time": stamp(self.clock.now()),
            "hb": self.options.hb,
            "retention": self.stream.keep,
            "desk": {"name": desk.name, "timezone": desk.timezone},
            "me": agent,
            "limits": {"frame": MAX_FRAME, "text": MAX_TEXT, "history": HISTORY},
            "capabilities": list(CAPABILITIES),
            "agents": [agent_to_wire(one) for one in self.world.agents.values()],
            "teams": [team_to_wire(team) for team in desk.teams],
            "labels": list(desk.labels),
        }

    async def _converse(self, link: Link) -> Goodbye:
        """Read and write until either side ends it."""
        reader = asyncio.create_task(self._listen(link))
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

    def _leave(self, link: Link) -> None:
        self.links.remove(link)
        if link.typing is not None:
            self._relay(link, {"kind": "typing", "conv": link.typing, "on": False, "note": False})
        if link.viewing is not None:
            self._relay(link, {"kind": "viewing", "conv": None})
        if all(other.agent != link.agent for other in self.links):
            self._publish(self.world.presence(link.agent, Availability.OFFLINE, self.clock.now()))

    # ── frames ──────────────────────────────────────────────────────────────────────

    async def _listen(self, link: Link) -> None:
        """Handle the console's frames in the order they come."""
        while True:
            frame = _read(await link.socket.recv())
            handle = self._handlers.get(str(frame.get("frame")))
            if handle is not None:
                handle(self, link, frame)

    def _cmd(self, link: Link, frame: Json) -> None:
        _need_id(frame)
        now = self.clock.now()
        outcome = self.world.command(link.agent, frame, now)
        self._publish((*outcome.events, *self.simulation.told(outcome.events, now)))
        link.push(encode(outcome.answer))
        self.poke()

    def _get(self, link: Link, frame: Json) -> None:
        _need_id(frame)
        link.push(encode(self.world.question(frame)))

    def _sig(self, link: Link, frame: Json) -> None:
        kind, conv = frame.get("kind"), frame.get("conv")
        if conv is not None and (not isinstance(conv, str) or conv not in self.world.threads):
            return
        if kind == "viewing":
            link.viewing = conv
            self._relay(link, {"kind": kind, "conv": conv})
        elif kind == "typing" and conv is not None:
            on, note = frame.get("on") is True, frame.get("note") is True
            link.typing = conv if on else None
            self._relay(link, {"kind": kind, "conv": conv, "on": on, "note": note})

    def _hb(self, link: Link, frame: Json) -> None:
        if type(frame.get("seq")) is int:
            link.applied = frame["seq"]

    _handlers: dict[str, Callable[[DeskServer, Link, Json], None]] = {  # noqa: RUF012 - constant
        "cmd": _cmd,
        "get": _get,
        "sig": _sig,
        "hb": _hb,
    }

    def _relay(self, link: Link, signal: Json) -> None:
        """Pass an agent's signal on to everybody else."""
        who = {"kind": "agent", "id": link.agent, "name": self.world.agents[link.agent].name}
        text = encode({"frame": "sig", **signal, "who": who})
        for other in self.links:
            if other is not link:
                other.push(text)

    def _publish(self, frames: Iterable[Json]) -> None:
        """Send events (kept for resuming) and signals (not kept) to every console."""
        for frame in frames:
            text = self.stream.append(frame) if frame["frame"] == "ev" else encode(frame)
            for link in self.links:
                link.push(text)


def _read(data: str | bytes) -> dict[str, Any]:
    """The object in a frame from a console; what is none ends the line."""
    if isinstance(data, bytes):
        raise Goodbye(1007, _("Frames have to be text."))
    try:
        return load_object(data)
    except Malformed as error:
        raise Goodbye(1007, str(error)) from None


def _need_id(frame: Json) -> None:
    value = frame.get("id")
    if not (isinstance(value, str) and _ID.fullmatch(value)):
        raise Goodbye(1007, _("A frame that wants an answer needs an id."))


def _why_not_listening(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        message = _("Port {port} is in use already. Choose another with --port, or 0 for any.")
        return message.format(port=port)
    return _("Cannot listen on port {port}: {reason}").format(port=port, reason=error.strerror)
