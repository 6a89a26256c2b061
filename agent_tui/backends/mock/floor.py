"""The room where the consoles sit: who is here, what each says, and who gets to hear it.

No waiting and no sockets here: a frame comes in and frames are queued on links. Whatever
happens is complete when the method returns, so nothing can come in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from agent_tui.backends.mock.calls import IDS
from agent_tui.backends.mock.commands import CAPABILITIES
from agent_tui.backends.mock.identities import Badge, Grant, Standing
from agent_tui.backends.mock.link import Goodbye, Link
from agent_tui.backends.mock.op_words import MAX_TEXT
from agent_tui.backends.mock.opening import Opened
from agent_tui.backends.mock.sight import (
    conversation_seen_by,
    frame_seen_by,
    texts_seen_by,
)
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
        self.grants: dict[Link, Grant] = {}
        """What each line came in with."""
        self._snapshots = Snapshots()

    # ── coming and going ────────────────────────────────────────────────────────────

    def understand(self, frame: Json, grant: Grant) -> Hello:
        """The first frame of a console; raises `Goodbye` if it is no good hello."""
        goodbye = _last_words(grant, self.clock.now())
        if goodbye is not None:
            raise goodbye
        if frame.get("frame") != "hello":
            raise Goodbye(1007, _("The first frame has to be a hello."))
        if type(frame.get("v")) is not int or frame["v"] != VERSION:
            raise Goodbye(4010, _("This desk speaks version 1."), versions=[VERSION])
        agent, device = frame.get("agent"), frame.get("device")
        known = grant.badge.may_sit_as(self.world.agents)
        if not isinstance(agent, str) or agent not in known:
            message = _("Nobody of that name works at this desk.")
            raise Goodbye(4003, message, error="unknown_agent", agents=known)
        if not isinstance(device, str) or not IDS.fullmatch(device):
            raise Goodbye(1007, _("The hello does not name its device."))
        return Hello(agent, device, _resume(frame.get("resume")))

    def admit(self, link: Link, hello: Hello, grant: Grant) -> None:
        """Seat a console: from its snapshot, or where it left off, it misses nothing.

        A viewer is nobody's colleague: it is not present.
        """
        badge = grant.badge
        for other in self.links:
            same = (other.agent, other.device) == (link.agent, link.device)
            if same and self.grants[other].badge.role is badge.role:
                other.end(Goodbye(4009, _("The same console has connected anew.")))
        self.grants[link] = grant
        if badge.may_write:
            self.publish(self.world.presence(link.agent, Availability.ONLINE, self.clock.now()))
        missed = self._missed(hello.resume, badge)
        words = self._welcome(link.agent, badge, resumed=missed is not None)
        welcome = encode({**words, "auth": expires_in(grant, self.clock.now())})
        if missed is None:
            seen = (conv for conv in self.world.in_order() if badge.sees(conv.channel))
            missed = self._snapshots.parts(seen, self.world.seq)
        link.open_with((welcome, *missed))
        self.links.append(link)

    def leave(self, link: Link) -> None:
        """A console is gone, and what it showed of its agent with it."""
        self.links.remove(link)
        grant = self.grants.pop(link)
        if link.typing is not None:
            self._relay(link, {"kind": "typing", "conv": link.typing, "on": False, "note": False})
        if link.viewing is not None:
            self._relay(link, {"kind": "viewing", "conv": None})
        if grant.badge.may_write and link.agent not in self._present():
            self.publish(self.world.presence(link.agent, Availability.OFFLINE, self.clock.now()))

    def _present(self) -> set[str]:
        """Who is here to answer."""
        return {link.agent for link in self.links if self.grants[link].badge.may_write}

    def _missed(self, resume: tuple[str, int] | None, badge: Badge) -> list[str] | None:
        """The events since then; None: a snapshot is needed."""
        if resume is None or resume[0] != badge.epoch(self.world.epoch):
            return None
        missed = self.stream.after(resume[1])
        if missed is None:
            return None
        return texts_seen_by(badge, missed, self.world.conversations)

    def _welcome(self, agent: str, badge: Badge, *, resumed: bool) -> Json:
        desk = self.world.desk
        return {
            "frame": "welcome",
            "v": VERSION,
            "mode": "resumed" if resumed else "snapshot",
            "epoch": badge.epoch(self.world.epoch),
            "seq": self.world.seq,
            "server_time": stamp(self.clock.now()),
            "hb": self.hb,
            "retention": self.stream.keep,
            "desk": {"id": self.world.ident, "name": desk.name, "timezone": desk.timezone},
            "me": agent,
            "limits": {"frame": MAX_FRAME, "text": MAX_TEXT, "history": HISTORY},
            "capabilities": list(CAPABILITIES) if badge.may_write else [],
            "agents": [agent_to_wire(one) for one in self.world.agents.values()],
            "teams": [team_to_wire(team) for team in desk.teams],
            "labels": list(desk.labels),
        }

    # ── frames ──────────────────────────────────────────────────────────────────────

    def handle(self, link: Link, frame: Json) -> None:
        """A console says something; kinds of frames nobody knows are passed over.

        Raises `Goodbye` for a frame that cannot be answered. Whose time here has ended is no
        longer heard.
        """
        self._show_out()
        if link.ended.done():
            return
        if frame.get("frame") == "hello":
            raise Goodbye(1007, _("There is one hello on each line, and it is the first frame."))
        handler = _HANDLERS.get(str(frame.get("frame")))
        if handler is not None:
            handler(self, link, frame)

    def command(self, link: Link, frame: Json) -> None:
        """Carry out a command; everybody hears of it, and the console gets its answer."""
        _need_id(frame)
        now = self.clock.now()
        outcome = self.world.command(link.agent, frame, now, self.grants[link].badge)
        self.publish((*outcome.events, *self.simulation.told(outcome.events, now)))
        link.push(encode(outcome.answer))

    def question(self, link: Link, frame: Json) -> None:
        """Answer a question."""
        _need_id(frame)
        link.push(encode(self.world.question(frame, self.grants[link].badge)))

    def signal(self, link: Link, frame: Json) -> None:
        """Pass a signal on; one that makes no sense is lost, as signals may be.

        So is a viewer's: it answers nobody, and nobody need make room for it.
        """
        kind, conv, badge = frame.get("kind"), frame.get("conv"), self.grants[link].badge
        seen = conv is None or conversation_seen_by(badge, conv, self.world.conversations)
        if not seen or not badge.may_write:
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
        self._show_out()
        beat = encode({"frame": "hb", "seq": self.stream.seq, "t": stamp(self.clock.now())})
        for link in self.links:
            link.push(beat)

    def publish(self, frames: Iterable[Json]) -> None:
        """Send events (kept for resuming) and signals (not kept) to everybody who may see them."""
        self._show_out()
        for frame in frames:
            event = frame["frame"] == "ev"
            self._tell(frame, self.stream.append(frame) if event else encode(frame))

    def _tell(self, frame: Json, text: str, besides: Link | None = None) -> None:
        """Send `frame`, whose text is `text`, to each as far as she may see it."""
        for link in self.links:
            if link is besides:
                continue
            seen = frame_seen_by(self.grants[link].badge, frame, self.world.conversations)
            if seen is not None:
                link.push(text if seen is frame else encode(seen))

    def _show_out(self) -> None:
        """End every line whose token is good no longer, before it hears or says another thing."""
        now = self.clock.now()
        for link in self.links:
            goodbye = _last_words(self.grants[link], now)
            if goodbye is not None:
                link.end(goodbye)

    def _relay(self, link: Link, signal: Json) -> None:
        """Pass an agent's signal on to everybody else."""
        who = {"kind": "agent", "id": link.agent, "name": self.world.agents[link.agent].name}
        frame = {"frame": "sig", **signal, "who": who}
        self._tell(frame, encode(frame), besides=link)


_HANDLERS: dict[str, Callable[[Floor, Link, Json], None]] = {
    "cmd": Floor.command,
    "get": Floor.question,
    "sig": Floor.signal,
    "hb": Floor.heartbeat,
}


def _last_words(grant: Grant, now: datetime) -> Goodbye | None:
    """What to say to whose token is good no longer; None: it is."""
    match grant.standing(now):
        case Standing.GOOD:
            return None
        case Standing.EXPIRED:
            return Goodbye(4002, _("The token has expired."), resume=True)
        case Standing.REVOKED:
            return Goodbye(4001, _("The token is good no longer. Log in again."))


def expires_in(grant: Grant, now: datetime) -> Json:
    """How long a token is good, as the wire says it."""
    if grant.expires is None:
        return {"expires_in": None}
    return {"expires_in": round(max(0.0, (grant.expires - now).total_seconds()), 3)}


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
