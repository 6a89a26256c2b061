"""What the console says to the desk (docs/protocol.md §1, §4-§6), as frames."""

from __future__ import annotations

import json
from typing import assert_never

from agent_tui.backends.desk.fields import Json, stamp
from agent_tui.credentials.secret import Secret
from agent_tui.model import ConversationId
from agent_tui.ops import (
    AnyOp,
    Assign,
    AssignTeam,
    Label,
    MarkRead,
    MarkUnread,
    Note,
    Prioritise,
    Reopen,
    Resolve,
    Send,
    Signal,
    SnoozeUntil,
    StateOp,
    TypingSignal,
    ViewingSignal,
)

VERSION = 1
"""The version of the protocol spoken here."""


def hello(agent: str, device: str, resume: tuple[str, int] | None) -> str:
    """The first frame of a link."""
    again = None if resume is None else {"epoch": resume[0], "seq": resume[1]}
    return _dump(
        {"frame": "hello", "v": VERSION, "agent": agent, "device": device, "resume": again}
    )


def heartbeat(seq: int) -> str:
    """How far we have come."""
    return _dump({"frame": "hb", "seq": seq})


def auth(ask_id: str, token: Secret) -> str:
    """A fresh token for this link."""
    return _dump({"frame": "auth", "id": ask_id, "token": token.reveal()})


def question(ask_id: str, conversation: ConversationId, before: int | None, limit: int) -> str:
    """Asks for a page of a thread."""
    return _dump(
        {
            "frame": "get",
            "id": ask_id,
            "what": "thread",
            "conv": conversation,
            "before": before,
            "limit": limit,
        }
    )


def signal(value: Signal) -> str:
    """We type or look."""
    match value:
        case TypingSignal(conversation=conv, on=on, note=note):
            return _dump({"frame": "sig", "kind": "typing", "conv": conv, "on": on, "note": note})
        case ViewingSignal(conversation=conv):
            return _dump({"frame": "sig", "kind": "viewing", "conv": conv})
        case _:
            assert_never(value)


def command(op: AnyOp) -> str:
    """A durable request."""
    name, data = _op(op)
    frame: Json = {"frame": "cmd", "id": op.id, "op": name, "conv": op.conversation, "data": data}
    if isinstance(op, StateOp):
        frame["base_ver"] = op.base_ver
    if isinstance(op, Send) and op.seen_seq is not None:
        frame["seen_seq"] = op.seen_seq
    return _dump(frame)


def _op(op: AnyOp) -> tuple[str, Json]:
    match op:
        case Send(text=text, quick_replies=quick):
            return "send", {"text": text, "quick_replies": list(quick)}
        case Note(text=text):
            return "note", {"text": text}
        case Assign(agent=agent):
            return "assign", {"agent": agent}
        case AssignTeam(team=team):
            return "team", {"team": team}
        case SnoozeUntil(snooze=snooze):
            return "snooze", {"until": stamp(snooze.until), "keep_asleep": snooze.keep_asleep}
        case Resolve():
            return "resolve", {}
        case Reopen():
            return "reopen", {}
        case Prioritise(priority=priority):
            return "priority", {"priority": priority.value}
        case Label(add=add, remove=remove):
            return "label", {"add": list(add), "remove": list(remove)}
        case MarkRead(seq=seq):
            return "read", {"seq": seq}
        case MarkUnread():
            return "unread", {}
        case _:
            assert_never(op)


def _dump(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
