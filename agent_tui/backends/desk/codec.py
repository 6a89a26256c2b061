"""Frames into facts, purely: what the desk says (docs/protocol.md).

Nothing outside this folder knows a wire shape. What this version does not know decodes to
`Unknown`; what is broken raises `Malformed`, and the client asks for a resync.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agent_tui.backends.desk import fields as f
from agent_tui.backends.desk import values
from agent_tui.backends.desk.fields import Json, Malformed
from agent_tui.backends.strict_json import NotJson, loads
from agent_tui.events import (
    AgentChanged,
    ContactChanged,
    ConversationChanged,
    DeliveryChanged,
    Event,
    HistoryLoaded,
    MessageReceived,
    Refusal,
    Rejected,
    SnapshotPart,
    TypingChanged,
    Unrecognised,
    ViewingChanged,
    Welcomed,
)
from agent_tui.model import AgentId, ConversationId, Delivery, Message, MessageId, OpId, SafeText
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


@dataclass(frozen=True, slots=True)
class Snap:
    """A part of the snapshot."""

    at_seq: int
    event: SnapshotPart


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
class Unknown:
    """A kind of frame this version does not know."""

    event: Unrecognised


Frame = Welcome | Snap | Ev | Res | Heartbeat | Sig | Go | Unknown


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
            return Ev(seq, _event(d, seq))
        case "res":
            ok = f.flag(d, "ok")
            body = f.obj(d.get("result" if ok else "error") or {}, "result")
            return Res(f.ident(d, "id"), ok, body)
        case "hb":
            return Heartbeat(f.number(d, "seq"))
        case "sig":
            return Sig(_signal(d))
        case "snap":
            return _snap(d)
        case "welcome":
            return _welcome(d)
        case "go":
            after = d.get("reconnect_after")
            return Go(
                f.number(d, "code"),
                f.text(d, "message", Field.TOAST),
                f.texts(d, "agents"),
                None if after is None else _wait(d, "reconnect_after"),
            )
        case other:
            return Unknown(Unrecognised(plain_line(other)))


def _wait(source: Json, key: str) -> float:
    """How long the desk asks us to wait, 1 s where it does not say."""
    return min(LONGEST_WAIT, f.seconds(source, key, 1))


def _snap(d: Json) -> Snap:
    part, parts, at_seq = f.number(d, "part"), f.number(d, "parts"), f.number(d, "at_seq")
    if not 1 <= part <= parts:
        raise Malformed("part")
    conversations = f.many(d, "conversations", values.conversation)
    return Snap(at_seq, SnapshotPart(part, parts, conversations, at_seq))


def _welcome(d: Json) -> Welcome:
    desk = f.obj(d.get("desk") or {}, "desk")
    seq = f.number(d, "seq")
    event = Welcomed(
        me=AgentId(f.ident(d, "me")),
        desk_name=f.text(desk, "name", Field.NAME),
        timezone=f.text(desk, "timezone"),
        agents=f.many(d, "agents", values.agent),
        teams=f.many(d, "teams", values.team),
        labels=f.texts(d, "labels"),
        capabilities=frozenset(f.texts(d, "capabilities")),
        server_time=f.moment(d, "server_time"),
        resumed=d.get("mode") == "resumed",
        seq=seq,
        epoch=f.ident(d, "epoch"),
    )
    hb = min(SLOWEST_BEAT, max(FASTEST_BEAT, f.seconds(d, "hb", 10)))
    return Welcome(event, event.epoch, seq, hb)


def _event(d: Json, seq: int) -> Event:
    data = f.obj(d.get("data") or {}, "data")
    cmd_id = f.ident_or_none(d, "cmd_id")
    op_id = OpId(cmd_id) if cmd_id else None
    match d.get("type"):
        case "message":
            conv = values.conversation(data.get("conversation"))
            return MessageReceived(seq, conv, _message_in(conv.id, data.get("message")), op_id)
        case "conversation":
            conv = values.conversation(data.get("conversation"))
            line = data.get("message")
            said = None if line is None else _message_in(conv.id, line)
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


def _message_in(conversation: ConversationId, value: Any) -> Message:
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


def history(body: Json, conversation: ConversationId, before: int | None) -> HistoryLoaded:
    """The page in a result. Raises `Malformed`, also when it is another conversation's."""
    if f.ident(body, "conv") != conversation:
        raise Malformed("conv")
    contact = None if body.get("contact") is None else values.contact(body["contact"])
    messages = f.many(body, "messages", values.message)
    if any(message.conversation != conversation for message in messages):
        raise Malformed("messages")
    return HistoryLoaded(conversation, before, messages, f.flag(body, "more"), contact)


_REFUSALS = {refusal.value: refusal for refusal in Refusal}


def rejection(body: Json, op_id: OpId, conversation: ConversationId) -> Rejected:
    """The refusal in an error. Raises `Malformed`."""
    by = f.ident_or_none(body, "by")
    current = None if body.get("current") is None else values.conversation(body["current"])
    if current is not None and current.id != conversation:
        raise Malformed("current")
    refusal = _REFUSALS.get(str(body.get("code")), Refusal.OTHER)
    retry_after = None
    if refusal is Refusal.RATE_LIMITED:
        retry_after = _wait(body, "retry_after")
    return Rejected(
        op_id,
        conversation,
        refusal,
        f.text(body, "message", Field.TOAST),
        AgentId(by) if by else None,
        current,
        f.many(body, "messages", lambda value: _message_in(conversation, value)),
        retry_after,
    )
