"""Frames into facts, purely: what the desk says (docs/protocol.md).

Nothing outside this folder knows a wire shape. What this version does not know decodes to
`Unknown`; what is broken raises `Malformed`, and the client asks for a resync.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agent_tui.backends.desk import fields as f
from agent_tui.backends.desk import values
from agent_tui.backends.desk.fields import Json, Malformed, Unfamiliar
from agent_tui.backends.strict_json import NotJson, loads
from agent_tui.events import (
    Acked,
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
from agent_tui.model import (
    AgentId,
    Conversation,
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
            try:
                return Ev(seq, _event(d, seq))
            except Unfamiliar as error:
                return Ev(seq, _unfamiliar(str(error), seq))
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
                return Sig(_unfamiliar(str(error)))
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
    conversations, left_out = f.familiar(d, "conversations", values.conversation)
    event = SnapshotPart(part, parts, conversations, at_seq)
    return Snap(at_seq, event, _all_unfamiliar(left_out))


def _unfamiliar(what: str, seq: int = 0) -> Unrecognised:
    return Unrecognised(plain_line(what), seq)


def _all_unfamiliar(left_out: tuple[str, ...]) -> tuple[Unrecognised, ...]:
    return tuple(_unfamiliar(what) for what in left_out)


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
    )
    hb = min(SLOWEST_BEAT, max(FASTEST_BEAT, f.seconds(d, "hb", 10)))
    return Welcome(event, event.epoch, seq, hb, _all_unfamiliar(left_out))


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


def receipt(body: Json, op_id: OpId, conversation: ConversationId) -> Acked:
    """The yes in a result."""
    seq = body.get("seq")
    return Acked(op_id, conversation, seq if isinstance(seq, int) else 0)


def history(
    body: Json, conversation: ConversationId, before: int | None
) -> tuple[HistoryLoaded, tuple[Unrecognised, ...]]:
    """The page in a result, and what of it this version does not know.

    Raises `Malformed`, also when it is another conversation's.
    """
    if f.ident(body, "conv") != conversation:
        raise Malformed("conv")
    contact = None if body.get("contact") is None else values.contact(body["contact"])
    messages, left_out = f.familiar(body, "messages", values.message)
    if any(message.conversation != conversation for message in messages):
        raise Malformed("messages")
    more, at_seq = f.flag(body, "more"), f.number_or_none(body, "at_seq")
    page = HistoryLoaded(conversation, before, messages, more, contact, at_seq)
    return page, _all_unfamiliar(left_out)


_REFUSALS = {refusal.value: refusal for refusal in Refusal}


def rejection(body: Json, op_id: OpId, conversation: ConversationId) -> Rejected:
    """The refusal in an error. Raises `Malformed`."""
    by = f.ident_or_none(body, "by")
    current = _current(body)
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
        f.familiar(body, "messages", lambda value: _message_in(conversation, value))[0],
        retry_after,
    )


def _current(body: Json) -> Conversation | None:
    try:
        return None if body.get("current") is None else values.conversation(body["current"])
    except Unfamiliar:
        return None
