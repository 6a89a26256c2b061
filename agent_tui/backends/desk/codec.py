"""Frames into facts, purely: what the desk says (docs/protocol.md).

Nothing outside this folder knows a wire shape. What this version does not know decodes to
`Unknown`; what is broken raises `Malformed`, and the client asks for a resync.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agent_tui.backends.desk import fields as f
from agent_tui.backends.desk import values
from agent_tui.backends.desk.fields import Json, Malformed, Unfamiliar
from agent_tui.backends.strict_json import NotJson, loads
from agent_tui.events import (
    AgentChanged,
    ContactChanged,
    ConversationChanged,
    DeliveryChanged,
    Event,
    MessageReceived,
    SnapshotPart,
    TypingChanged,
    Unrecognised,
    ViewingChanged,
    Welcomed,
)
from agent_tui.model import (
    AgentId,
    ConversationId,
    Delivery,
    Message,
    MessageId,
    OpId,
    SafeText,
)
from agent_tui.sanitise import Field, plain_line

LONGEST_WAIT = 300.0
"""Seconds a desk may tell us to wait; more would look like a console that died."""
FASTEST_BEAT, SLOWEST_BEAT = 0.05, 60.0
"""Seconds between heartbeats: seldom enough to cost nothing, often enough to notice a dead link."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """The desk let us in."""

    event: Welcomed
    epoch: str
    seq: int
    hb: float
    """Seconds between heartbeats."""
    left_out: tuple[Unrecognised, ...] = ()
    """Colleagues with something in them that this version does not know."""
    expires_in: float | None = None
    """Seconds that the token of this link is good for; None: it does not end by itself."""
    longest_page: int | None = None
    """Messages in a page, at most; None: the desk does not say."""


@dataclass(frozen=True, slots=True)
class Snap:
    """A part of the snapshot."""

    at_seq: int
    event: SnapshotPart
    left_out: tuple[Unrecognised, ...] = ()
    """Conversations with something in them that this version does not know."""


@dataclass(frozen=True, slots=True)
class Ev:
    """An event of the sequence."""

    seq: int
    event: Event


@dataclass(frozen=True, slots=True)
class Res:
    """An answer; what is in it is read by whoever asked."""

    id: str
    ok: bool
    body: Json


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The desk is there, and stands at `seq`."""

    seq: int


@dataclass(frozen=True, slots=True)
class Sig:
    """Somebody types or looks."""

    event: Event


@dataclass(frozen=True, slots=True)
class Go:
    """The desk will close."""

    code: int
    message: SafeText
    agents: tuple[SafeText, ...]
    reconnect_after: float | None


@dataclass(frozen=True, slots=True)
class AuthExpiring:
    """The token of this link ends soon; a fresh one is to be had."""

    expires_in: float
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A kind of frame this version does not know."""

    event: Unrecognised


Frame = Welcome | Snap | Ev | Res | Heartbeat | Sig | Go | AuthExpiring | Unknown


def decode(raw: str | bytes) -> Frame:
    """One frame. Raises `Malformed`."""
    if isinstance(raw, bytes):
        raise Malformed("binary frame")
    try:
        d = f.obj(loads(raw), "frame")
    except NotJson as error:
        raise Malformed(str(error)) from error
    match d.get("frame"):
        case "ev":
            seq = f.number(d, "seq")
            try:
                return Ev(seq, _event(d, seq))
            except Unfamiliar as error:
                return Ev(seq, unfamiliar(str(error), seq))
        case "res":
            ok = f.flag(d, "ok")
            body = f.obj(d.get("result" if ok else "error") or {}, "result")
            return Res(f.ident(d, "id"), ok, body)
        case "hb":
            return Heartbeat(f.number(d, "seq"))
        case "sig":
            try:
                return Sig(_signal(d))
            except Unfamiliar as error:
                return Sig(unfamiliar(str(error)))
        case "snap":
            return _snap(d)
        case "welcome" | "auth_expiring" | "go" as kind:
            return _EDGES[kind](d)
        case other:
            return Unknown(Unrecognised(plain_line(other)))


def told_wait(source: Json, key: str) -> float:
    """How long the desk asks us to wait, 1 s where it does not say."""
    return min(LONGEST_WAIT, f.seconds(source, key, 1))


def expires_in(source: Json) -> float | None:
    """How many seconds a token is good for; None: it does not end by itself."""
    return None if source.get("expires_in") is None else f.seconds(source, "expires_in", 0)


def _go(d: Json) -> Go:
    after = d.get("reconnect_after")
    return Go(
        f.number(d, "code"),
        f.text(d, "message", Field.TOAST),
        f.texts(d, "agents"),
        None if after is None else told_wait(d, "reconnect_after"),
    )


def _snap(d: Json) -> Snap:
    part, parts, at_seq = f.number(d, "part"), f.number(d, "parts"), f.number(d, "at_seq")
    if not 1 <= part <= parts:
        raise Malformed("part")
    conversations, left_out = f.familiar(d, "conversations", values.conversation)
    event = SnapshotPart(part, parts, conversations, at_seq)
    return Snap(at_seq, event, all_unfamiliar(left_out))


def unfamiliar(what: str, seq: int = 0) -> Unrecognised:
    return Unrecognised(plain_line(what), seq)


def all_unfamiliar(left_out: tuple[str, ...]) -> tuple[Unrecognised, ...]:
    return tuple(unfamiliar(what) for what in left_out)


def _welcome(d: Json) -> Welcome:
    desk = f.obj(d.get("desk") or {}, "desk")
    seq = f.number(d, "seq")
    agents, left_out = f.familiar(d, "agents", values.agent)
    event = Welcomed(
        me=AgentId(f.ident(d, "me")),
        desk_name=f.text(desk, "name", Field.NAME),
        timezone=f.text(desk, "timezone"),
        agents=agents,
        teams=f.many(d, "teams", values.team),
        labels=f.texts(d, "labels"),
        capabilities=frozenset(f.texts(d, "capabilities")),
        server_time=f.moment(d, "server_time"),
        resumed=d.get("mode") == "resumed",
        seq=seq,
        epoch=f.ident(d, "epoch"),
        desk_id=f.ident_or_none(desk, "id") or "",
    )
    hb = min(SLOWEST_BEAT, max(FASTEST_BEAT, f.seconds(d, "hb", 10)))
    limits = f.obj(d.get("limits") or {}, "limits")
    return Welcome(
        event,
        event.epoch,
        seq,
        hb,
        all_unfamiliar(left_out),
        expires_in(f.obj(d.get("auth") or {}, "auth")),
        f.number_or_none(limits, "history"),
    )


def _event(d: Json, seq: int) -> Event:
    data = f.obj(d.get("data") or {}, "data")
    cmd_id = f.ident_or_none(d, "cmd_id")
    op_id = OpId(cmd_id) if cmd_id else None
    match d.get("type"):
        case "message":
            conv = values.conversation(data.get("conversation"))
            return MessageReceived(seq, conv, message_in(conv.id, data.get("message")), op_id)
        case "conversation":
            conv = values.conversation(data.get("conversation"))
            line = data.get("message")
            said = None if line is None else message_in(conv.id, line)
            return ConversationChanged(seq, conv, said, op_id)
        case "delivery":
            return DeliveryChanged(
                seq,
                ConversationId(f.ident(d, "conv")),
                MessageId(f.ident(data, "message_id")),
                f.one_of(Delivery, data, "delivery"),
                f.text(data, "failure", Field.TOAST),
            )
        case "contact":
            return ContactChanged(seq, values.contact(data.get("contact")))
        case "agent":
            return AgentChanged(seq, values.agent(data.get("agent")))
        case other:
            return Unrecognised(plain_line(other), seq)


def message_in(conversation: ConversationId, value: Any) -> Message:
    """A message of that conversation and of no other."""
    message = values.message(value)
    if message.conversation != conversation:
        raise Malformed("conv")
    return message


def _signal(d: Json) -> Event:
    match d.get("kind"):
        case "typing":
            who = values.author(d.get("who"))
            conv = ConversationId(f.ident(d, "conv"))
            return TypingChanged(conv, who, f.flag(d, "on"), f.flag(d, "note"))
        case "viewing":
            who = values.author(d.get("who"))
            where = f.ident_or_none(d, "conv")
            return ViewingChanged(AgentId(who.id), ConversationId(where) if where else None)
        case other:
            return Unrecognised(plain_line(other))


def _auth_expiring(d: Json) -> AuthExpiring:
    return AuthExpiring(f.seconds(d, "expires_in", 0))


_EDGES: dict[str, Callable[[Json], Frame]] = {
    "welcome": _welcome,
    "auth_expiring": _auth_expiring,
    "go": _go,
}
"""How a link begins and how it ends."""
