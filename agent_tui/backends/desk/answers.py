"""What an answer of the desk means, read by whoever asked (docs/protocol.md §1, §5, §6)."""

from __future__ import annotations

from dataclasses import dataclass

from agent_tui.backends.desk import codec, values
from agent_tui.backends.desk import fields as f
from agent_tui.backends.desk.fields import Json, Malformed, Unfamiliar
from agent_tui.events import Acked, HistoryLoaded, Refusal, Rejected, Unrecognised
from agent_tui.model import AgentId, Conversation, ConversationId, OpId
from agent_tui.sanitise import Field


@dataclass(frozen=True, slots=True)
class Granted:
    """The desk's word on a fresh token."""

    ok: bool
    expires_in: float | None = None
    """Seconds that it is good for; None: it does not end by itself."""


def receipt(body: Json, op_id: OpId, conversation: ConversationId) -> Acked:
    """The yes in a result."""
    seq = body.get("seq")
    return Acked(op_id, conversation, seq if isinstance(seq, int) else 0)


def granted(frame: codec.Res) -> Granted:
    """The answer to a fresh token. Raises `Malformed`."""
    return Granted(True, codec.expires_in(frame.body)) if frame.ok else Granted(False)


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
    return page, codec.all_unfamiliar(left_out)


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
        retry_after = codec.told_wait(body, "retry_after")
    return Rejected(
        op_id,
        conversation,
        refusal,
        f.text(body, "message", Field.TOAST),
        AgentId(by) if by else None,
        current,
        f.familiar(body, "messages", lambda value: codec.message_in(conversation, value))[0],
        retry_after,
    )


def _current(body: Json) -> Conversation | None:
    try:
        return None if body.get("current") is None else values.conversation(body["current"])
    except Unfamiliar:
        return None
