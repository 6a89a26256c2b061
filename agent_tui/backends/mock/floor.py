"""The room where the consoles sit: who is here, what each says, and who gets to hear it.

No waiting and no sockets here: a frame comes in and frames are queued on links. Whatever
happens is complete when the method returns, so nothing can come in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from agent_tui.backends.mock.calls import IDS
from agent_tui.backends.mock.commands import CAPABILITIES
from agent_tui.backends.mock.link import Goodbye, Link
from agent_tui.backends.mock.op_words import MAX_TEXT
from agent_tui.backends.mock.opening import Opened
from agent_tui.backends.mock.stream import Snapshots, encode
from agent_tui.backends.mock.wire import Json, agent_to_wire, stamp, team_to_wire
from agent_tui.backends.mock.world import HISTORY
from agent_tui.clock import Clock
from agent_tui.i18n import _
from agent_tui.model import Availability

VERSION = 1
MAX_FRAME = 512 * 1024


@dataclass(frozen=True, slots=True)
class Hello:
    """Who has come, and where she left off."""

    agent: str
    device: str
    resume: tuple[str, int] | None
    """Epoch and sequence number of the newest event she has."""


class Floor:
    """Everybody who has said hello, around one desk."""

    def __init__(self, opened: Opened, clock: Clock, hb: float) -> None:
        self.world = opened.world
        self.simulation = opened.simulation
        self.stream = opened.stream
        self.clock = clock
        self.hb = hb
        self.links: list[Link] = []
        self._snapshots = Snapshots()

    # ── coming and going ────────────────────────────────────────────────────────────

    def understand(self, frame: Json) -> Hello:
        """The first frame of a console; raises `Goodbye` if it is no good hello."""
        if frame.get("frame") != "hello":
            raise Goodbye(1007, _("The first frame has to be a hello."))
        if type(frame.get("v")) is not int or frame["v"] != VERSION:
            raise Goodbye(4010, _("This desk speaks version 1."), versions=[VERSION])
        agent, device = frame.get("agent"), frame.get("device")
        if not isinstance(agent, str) or agent not in self.world.agents:
            message = _("Nobody of that name works at this desk.")
            known = list(self.world.agents)
            raise Goodbye(4003, message, error="unknown_agent", agents=known)
        if not isinstance(device, str) or not IDS.fullmatch(device):
            raise Goodbye(1007, _("The hello does not name its device."))
        return Hello(agent, device, _resume(frame.get("resume")))

    def admit(self, link: Link, hello: Hello) -> None:
        """Seat a console: from its snapshot, or where it left off, it misses nothing."""
        for other in self.links:
            if (other.agent, other.device) == (link.agent, link.device):
                other.end(Goodbye(4009, _("The same console has connected anew.")))
        self.publish(self.world.presence(link.agent, Availability.ONLINE, self.clock.now()))
        missed = self._missed(hello.resume)
        welcome = encode(self._welcome(link.agent, resumed=missed is not None))
        if missed is None:
            missed = self._snapshots.parts(self.world.in_order(), self.world.seq)
        link.open_with((welcome, *missed))
        self.links.append(link)

    def leave(self, link: Link) -> None:
        """A console is gone, and what it showed of its agent with it."""
        self.links.remove(link)
        if link.typing is not None:
            self._relay(link, {"kind": "typing", "conv": link.typing, "on": False, "note": False})
        if link.viewing is not None:
            self._relay(link, {"kind": "viewing", "conv": None})
        if all(other.agent != link.agent for other in self.links):
            self.publish(self.world.presence(link.agent, Availability.OFFLINE, self.clock.now()))

    def _missed(self, resume: tuple[str, int] | None) -> list[str] | None:
        """The events since then; None: a snapshot is needed."""
        if resume is None or resume[0] != self.world.epoch:
            return None
        return self.stream.after(resume[1])

    def _welcome(self, agent: str, *, resumed: bool) -> Json:
        desk = self.world.desk
        return {
            "frame": "welcome",
            "v": VERSION,
            "mode": "resumed" if resumed else "snapshot",
            "epoch": self.world.epoch,
            "seq": self.world.seq,
            "server_time": stamp(self.clock.now()),
            "hb": self.hb,
            "retention": self.stream.keep,
            "desk": {"name": desk.name, "timezone": desk.timezone},
            "me": agent,
            "limits": {"frame": MAX_FRAME, "text": MAX_TEXT, "history": HISTORY},
            "capabilities": list(CAPABILITIES),
            "agents": [agent_to_wire(one) for one in self.world.agents.values()],
            "teams": [team_to_wire(team) for team in desk.teams],
            "labels": list(desk.labels),
        }

    # ── frames ──────────────────────────────────────────────────────────────────────

    def handle(self, link: Link, frame: Json) -> None:
        """A console says something; kinds of frames nobody knows are passed over.

        Raises `Goodbye` for a frame that cannot be answered.
        """
        handler = _HANDLERS.get(str(frame.get("frame")))
        if handler is not None:
            handler(self, link, frame)

    def command(self, link: Link, frame: Json) -> None:
        """Carry out a command; everybody hears of it, and the console gets its answer."""
        _need_id(frame)
        now = self.clock.now()
        outcome = self.world.command(link.agent, frame, now)
        self.publish((*outcome.events, *self.simulation.told(outcome.events, now)))
        link.push(encode(outcome.answer))

    def question(self, link: Link, frame: Json) -> None:
        """Answer a question."""
        _need_id(frame)
        link.push(encode(self.world.question(frame)))

    def signal(self, link: Link, frame: Json) -> None:
        """Pass a signal on; one that makes no sense is lost, as signals may be."""
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
            if on and not note:
                self.publish(self.simulation.agent_types(conv, self.clock.now()))

    def heartbeat(self, link: Link, frame: Json) -> None:
        """The console says how far it has come."""
        if type(frame.get("seq")) is int:
            link.applied = frame["seq"]

    # ── to the consoles ─────────────────────────────────────────────────────────────

    def beat(self) -> None:
        """Tell everybody the newest sequence number, so that a lost tail is seen."""
        self._tell(encode({"frame": "hb", "seq": self.stream.seq, "t": stamp(self.clock.now())}))

    def publish(self, frames: Iterable[Json]) -> None:
        """Send events (kept for resuming) and signals (not kept) to everybody."""
        for frame in frames:
            self._tell(self.stream.append(frame) if frame["frame"] == "ev" else encode(frame))

    def _tell(self, text: str) -> None:
        for link in self.links:
            link.push(text)

    def _relay(self, link: Link, signal: Json) -> None:
        """Pass an agent's signal on to everybody else."""
        who = {"kind": "agent", "id": link.agent, "name": self.world.agents[link.agent].name}
        text = encode({"frame": "sig", **signal, "who": who})
        for other in self.links:
            if other is not link:
                other.push(text)


_HANDLERS: dict[str, Callable[[Floor, Link, Json], None]] = {
    "cmd": Floor.command,
    "get": Floor.question,
    "sig": Floor.signal,
    "hb": Floor.heartbeat,
}


def _resume(value: object) -> tuple[str, int] | None:
    if value is None:
        return None
    if isinstance(value, dict):
        epoch, seq = value.get("epoch"), value.get("seq")
        if isinstance(epoch, str) and type(seq) is int:
            return epoch, seq
    raise Goodbye(1007, _("The hello does not say from where to resume."))


def _need_id(frame: Json) -> None:
    value = frame.get("id")
    if not isinstance(value, str) or not IDS.fullmatch(value):
        raise Goodbye(1007, _("A frame that wants an answer needs an id."))
