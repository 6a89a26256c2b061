"""Kept values as bytes and back. Strict: what does not fit raises `Unreadable` and says why.

Texts pass the sanitiser again on their way in: a file can be edited by anybody who can write it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias, assert_never

from agent_tui.journal.fields import Fields, Unreadable
from agent_tui.journal.kept import KEPT_STATES, Kept, KeptDraft, KeptOp
from agent_tui.model import (
    AgentId,
    Channel,
    ContactId,
    ConversationId,
    OpId,
    Priority,
    Snooze,
    TeamId,
)
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
    SnoozeUntil,
    StateOp,
)
from agent_tui.sanitise import Field
from agent_tui.shown import Mode, SendState, Words

Json: TypeAlias = dict[str, Any]


def spell(kept: Kept) -> bytes:
    """`kept` as UTF-8 JSON."""
    value = _op_fields(kept) if isinstance(kept, KeptOp) else _draft_fields(kept)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def understand(body: bytes) -> Kept:
    """What `spell` was given. Raises `Unreadable`."""
    try:
        value = json.loads(body.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise Unreadable("JSON") from error
    fields = Fields(value)
    kind = fields.text("kind")
    if kind == "op":
        return fields.finished(_read_op(fields))
    if kind == "draft":
        return fields.finished(_read_draft(fields))
    raise Unreadable("kind")


def _op_fields(kept: KeptOp) -> Json:
    state = kept.state if kept.state in KEPT_STATES else SendState.QUEUED
    return {
        "kind": "op",
        "op": _spell_op(kept.op),
        "made_at": _stamp(kept.made_at),
        "desk": kept.desk_id,
        "contact": kept.contact_id,
        "name": kept.contact_name,
        "channel": kept.channel.value,
        "state": state.value,
        "left": kept.left,
        "problem": kept.problem,
        "order": kept.order,
        "epoch": kept.epoch,
    }


def _draft_fields(kept: KeptDraft) -> Json:
    return {
        "kind": "draft",
        "conversation": kept.conversation,
        "mode": kept.mode.value,
        "text": kept.words.text,
        "cursor": list(kept.words.cursor),
        "desk": kept.desk_id,
        "contact": kept.contact_id,
        "name": kept.contact_name,
        "changed_at": _stamp(kept.changed_at),
    }


def _spell_op(op: AnyOp) -> Json:
    name, data = _name_and_data(op)
    value: Json = {"op": name, "id": op.id, "conversation": op.conversation, **data}
    if isinstance(op, StateOp):
        value["base_ver"] = op.base_ver
    return value


def _name_and_data(op: AnyOp) -> tuple[str, Json]:
    match op:
        case Send(text=text, seen_seq=seen, quick_replies=quick):
            return "send", {"text": text, "seen_seq": seen, "quick_replies": list(quick)}
        case Note(text=text):
            return "note", {"text": text}
        case Assign(agent=agent):
            return "assign", {"agent": agent}
        case AssignTeam(team=team):
            return "team", {"team": team}
        case SnoozeUntil(snooze=snooze):
            until = None if snooze.until is None else _stamp(snooze.until)
            return "snooze", {"until": until, "keep_asleep": snooze.keep_asleep}
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


def _read_op(fields: Fields) -> KeptOp:
    op = Fields(fields.take("op"))
    state = fields.one_of(SendState, "state")
    if state not in KEPT_STATES:
        raise Unreadable("state")
    return KeptOp(
        op=op.finished(_understand_op(op)),
        made_at=fields.moment("made_at"),
        desk_id=fields.label("desk"),
        contact_id=ContactId(fields.label("contact")),
        contact_name=fields.safe("name", Field.NAME),
        channel=fields.one_of(Channel, "channel"),
        state=state,
        left=fields.flag("left"),
        problem=fields.safe("problem", Field.TOAST),
        order=fields.number("order"),
        epoch=fields.label("epoch"),
    )


def _read_draft(fields: Fields) -> KeptDraft:
    text = fields.safe("text", Field.COMPOSER)
    return KeptDraft(
        conversation=ConversationId(fields.ident("conversation")),
        mode=fields.one_of(Mode, "mode"),
        words=Words(str(text), _within(text, fields.cursor("cursor"))),
        desk_id=fields.label("desk"),
        contact_id=ContactId(fields.label("contact")),
        contact_name=fields.safe("name", Field.NAME),
        changed_at=fields.moment("changed_at"),
    )


def _understand_op(f: Fields) -> AnyOp:
    name = f.text("op")
    reader = _READERS.get(name)
    if reader is None:
        raise Unreadable("op")
    return reader(OpId(f.ident("id")), ConversationId(f.ident("conversation")), f)


def _send(key: OpId, conv: ConversationId, f: Fields) -> AnyOp:
    return Send(
        id=key,
        conversation=conv,
        text=f.safe("text", Field.COMPOSER),
        seen_seq=f.maybe("seen_seq", f.number),
        quick_replies=f.texts("quick_replies"),
    )


def _note(key: OpId, conv: ConversationId, f: Fields) -> AnyOp:
    return Note(id=key, conversation=conv, text=f.safe("text", Field.COMPOSER))


def _assign(key: OpId, conv: ConversationId, f: Fields) -> AnyOp:
    agent = f.maybe("agent", f.ident)
    who = None if agent is None else AgentId(agent)
    return Assign(id=key, conversation=conv, base_ver=f.number("base_ver"), agent=who)


def _team(key: OpId, conv: ConversationId, f: Fields) -> AnyOp:
    team = f.maybe("team", f.ident)
    which = None if team is None else TeamId(team)
    return AssignTeam(id=key, conversation=conv, base_ver=f.number("base_ver"), team=which)


def _snooze(key: OpId, conv: ConversationId, f: Fields) -> AnyOp:
    plan = Snooze(f.maybe("until", f.moment), f.flag("keep_asleep"))
    return SnoozeUntil(id=key, conversation=conv, base_ver=f.number("base_ver"), snooze=plan)


def _resolve(key: OpId, conv: ConversationId, f: Fields) -> AnyOp:
    return Resolve(id=key, conversation=conv, base_ver=f.number("base_ver"))


def _reopen(key: OpId, conv: ConversationId, f: Fields) -> AnyOp:
    return Reopen(id=key, conversation=conv, base_ver=f.number("base_ver"))


def _priority(key: OpId, conv: ConversationId, f: Fields) -> AnyOp:
    level = f.one_of(Priority, "priority")
    return Prioritise(id=key, conversation=conv, base_ver=f.number("base_ver"), priority=level)


def _label(key: OpId, conv: ConversationId, f: Fields) -> AnyOp:
    return Label(id=key, conversation=conv, add=f.texts("add"), remove=f.texts("remove"))


def _read(key: OpId, conv: ConversationId, f: Fields) -> AnyOp:
    return MarkRead(id=key, conversation=conv, seq=f.number("seq"))


def _unread(key: OpId, conv: ConversationId, f: Fields) -> AnyOp:
    del f
    return MarkUnread(id=key, conversation=conv)


_READERS: dict[str, Callable[[OpId, ConversationId, Fields], AnyOp]] = {
    "send": _send,
    "note": _note,
    "assign": _assign,
    "team": _team,
    "snooze": _snooze,
    "resolve": _resolve,
    "reopen": _reopen,
    "priority": _priority,
    "label": _label,
    "read": _read,
    "unread": _unread,
}


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _within(text: str, cursor: tuple[int, int]) -> tuple[int, int]:
    """`cursor`, or the nearest place that `text` has."""
    lines = text.split("\n")
    row = min(cursor[0], len(lines) - 1)
    return row, min(cursor[1], len(lines[row]))
