"""What an agent may ask for, and when the desk says no (docs/protocol.md §5).

Each op checks everything first and changes the books only then, so that a refused command
leaves no trace. A command is answered once: its answer is kept under (agent, id).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeGuard

from agent_tui.backends.mock import rules
from agent_tui.backends.mock.ledger import Kept, Ledger, Line, happened
from agent_tui.backends.mock.records import Author, Conversation, Snooze
from agent_tui.backends.mock.wire import (
    Json,
    conversation_to_wire,
    message_to_wire,
    moment_or_none,
)
from agent_tui.channels import RULES
from agent_tui.i18n import _
from agent_tui.model import Delivery, MessageKind, Priority, Status

MAX_TEXT = 25_000
MAX_LABEL = 64
KEEP_ANSWERS = timedelta(days=8)
"""The protocol promises seven days; a day more spares arguments about the border."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command led to: the answer for who asked, the events for everybody."""

    answer: Json
    events: tuple[Json, ...] = ()


class Refused(Exception):
    """The desk says no; nothing has changed. `more` goes into the error beside the code."""

    def __init__(self, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.code = code
        self.more = more

    def as_error(self) -> Json:
        """The error as the wire spells it."""
        return {"code": self.code, "message": str(self), **self.more}


@dataclass(frozen=True, slots=True)
class Call:
    """One command, with the conversation it is about."""

    agent: Author
    id: str
    conv: Conversation
    data: Mapping[str, Any]
    base_ver: object
    seen_seq: object
    now: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """An op that was carried out."""

    events: tuple[Json, ...] = ()
    message_id: str | None = None


Handler = Callable[[Ledger, Call], Done]


def execute(ledger: Ledger, agent: str, frame: Mapping[str, Any], now: datetime) -> Outcome:
    """Carry out the command in `frame` for `agent`, or refuse it, once for each id."""
    cmd_id = str(frame["id"])
    body = _body_hash(frame)
    kept = ledger.answers.get((agent, cmd_id))
    if kept is not None and kept.body == body:
        return Outcome(kept.answer)
    if kept is not None:
        reused = Refused("id_reused", _("This command id was used before for something else."))
        return Outcome(_answer_no(cmd_id, reused))
    answer, events = _attempt(ledger, agent, cmd_id, frame, now)
    _keep(ledger, (agent, cmd_id), Kept(body, answer, now))
    return Outcome(answer, events)


def _attempt(
    ledger: Ledger, agent: str, cmd_id: str, frame: Mapping[str, Any], now: datetime
) -> tuple[Json, tuple[Json, ...]]:
    """The answer and the events of a command that is heard for the first time."""
    try:
        handler = OPS.get(frame["op"]) if isinstance(frame.get("op"), str) else None
        if handler is None:
            raise Refused("unknown_op", _("This desk does not know that operation."))
        done = handler(ledger, _call(ledger, agent, cmd_id, frame, now))
    except Refused as no:
        return _answer_no(cmd_id, no), ()
    result: Json = {"seq": done.events[-1]["seq"] if done.events else ledger.seq}
    if done.message_id is not None:
        result["message_id"] = done.message_id
    return {"frame": "res", "id": cmd_id, "ok": True, "result": result}, done.events


def _call(ledger: Ledger, agent: str, cmd_id: str, frame: Mapping[str, Any], now: datetime) -> Call:
    conv_id = frame.get("conv")
    conv = ledger.conversations.get(conv_id) if isinstance(conv_id, str) else None
    if conv is None:
        raise Refused("unknown_conversation", _("There is no such conversation at this desk."))
    data = frame.get("data", {})
    if not isinstance(data, dict):
        raise Refused("bad_request", _("The data of the command is no object."))
    return Call(
        ledger.agent_author(agent), cmd_id, conv, data, frame.get("base_ver"),
        frame.get("seen_seq"), now,
    )  # fmt: skip


def _answer_no(cmd_id: str, no: Refused) -> Json:
    return {"frame": "res", "id": cmd_id, "ok": False, "error": no.as_error()}


def _body_hash(frame: Mapping[str, Any]) -> str:
    body = [frame.get(name) for name in ("op", "conv", "base_ver", "seen_seq", "data")]
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _keep(ledger: Ledger, key: tuple[str, str], kept: Kept) -> None:
    """Remember an answer, and let go of those past their time (they are kept in order)."""
    ledger.answers[key] = kept
    while True:
        oldest = next(iter(ledger.answers))
        if kept.at - ledger.answers[oldest].at <= KEEP_ANSWERS:
            return
        del ledger.answers[oldest]


# ── writing ─────────────────────────────────────────────────────────────────────────────


def _text(call: Call, limit: int) -> str:
    """The words of a reply or a note, within `limit` characters."""
    text = call.data.get("text")
    if not isinstance(text, str) or not text.strip() or _has_surrogates(text):
        raise Refused("bad_request", _("There is no text to write."))
    if len(text) > limit:
        message = _("The text has {count} characters, {limit} are allowed here.")
        raise Refused("too_long", message.format(count=len(text), limit=limit), limit=limit)
    return text


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


def _quick_replies(call: Call) -> tuple[str, ...]:
    options = call.data.get("quick_replies", [])
    if not _is_words(options):
        raise Refused("bad_request", _("The quick replies are no list of words."))
    limit = RULES[call.conv.channel].quick_replies
    if len(options) > limit:
        message = _("{count} quick replies are too many, this channel takes {limit}.")
        message = message.format(count=len(options), limit=limit)
        raise Refused("too_many_replies", message, limit=limit)
    return tuple(options)


def _is_words(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(word, str) and word.strip() and not _has_surrogates(word) for word in value
    )


def _send(ledger: Ledger, call: Call) -> Done:
    conv = call.conv
    text = _text(call, RULES[conv.channel].max_chars)
    options = _quick_replies(call)
    if conv.window_closes_at is not None and call.now >= conv.window_closes_at:
        raise Refused(
            "window_closed", _("The reply window of this channel has closed for this customer.")
        )
    _check_stale(ledger, call)
    line = Line(call.agent, text, delivery=Delivery.ACCEPTED, quick_replies=options)
    event = ledger.record(rules.agent_replied(conv), line, call.now, call.id)
    return Done((event,), event["data"]["message"]["id"])


def _check_stale(ledger: Ledger, call: Call) -> None:
    seen = call.seen_seq
    if seen is None:
        return
    if not _is_int(seen):
        raise Refused("bad_request", _("`seen_seq` is no number."))
    missed = rules.unseen(ledger.threads[call.conv.id], call.agent.id, seen)
    if missed:
        raise Refused(
            "stale",
            _("Something new was written here since you looked."),
            messages=[message_to_wire(message) for message in missed[-50:]],
        )


def _is_int(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _note(ledger: Ledger, call: Call) -> Done:
    line = Line(call.agent, _text(call, MAX_TEXT), MessageKind.NOTE)
    event = ledger.record(call.conv, line, call.now, call.id)
    return Done((event,), event["data"]["message"]["id"])


# ── owner, status, priority: compare and set ────────────────────────────────────────────


def _compare(ledger: Ledger, call: Call) -> None:
    """Refuse a change that was decided on an older version than the present one."""
    if not _is_int(call.base_ver):
        raise Refused("bad_request", _("The command needs the version it is based on."))
    if call.base_ver != call.conv.ver:
        raise Refused(
            "conflict",
            _("Somebody changed this conversation since you looked."),
            current=conversation_to_wire(call.conv),
            by=ledger.changed_by.get(call.conv.id),
        )


def _change(ledger: Ledger, call: Call, after: Conversation, line: Line | None) -> Done:
    """Keep the new state; the caller has raised its version by one."""
    ledger.changed_by[after.id] = call.agent.id
    return Done((ledger.record(after, line, call.now, call.id),))


def _assign(ledger: Ledger, call: Call) -> Done:
    to = _named(call, "agent")
    if to is not None and to not in ledger.agents:
        raise Refused("unknown_agent", _("Nobody of that name works at this desk."))
    _compare(ledger, call)
    before = call.conv.assignee
    line = None
    if to is not None and to != before:
        line = happened(call.agent, "assigned", ledger.agents[to].name)
    elif to is None and before is not None:
        line = happened(call.agent, "unassigned", ledger.agents[before].name)
    after = replace(call.conv, assignee=to, ver=call.conv.ver + 1)
    return _change(ledger, call, after, line)


def _team(ledger: Ledger, call: Call) -> Done:
    to = _named(call, "team")
    names = {team.id: team.name for team in ledger.desk.teams}
    if to is not None and to not in names:
        raise Refused("unknown_team", _("There is no team of that name at this desk."))
    _compare(ledger, call)
    line = None
    if to != call.conv.team:
        line = happened(call.agent, "team", "" if to is None else names[to])
    return _change(ledger, call, replace(call.conv, team=to, ver=call.conv.ver + 1), line)


def _named(call: Call, field: str) -> str | None:
    """An id or `null`, which must be said."""
    value = call.data.get(field, False)
    if value is None or isinstance(value, str):
        return value
    message = _("The command does not say which {field} (an id or null).")
    raise Refused("bad_request", message.format(field=field))


def _snooze(ledger: Ledger, call: Call) -> Done:
    keep = call.data.get("keep_asleep", False)
    try:
        until = moment_or_none(call.data.get("until", False))
    except ValueError:
        raise Refused("bad_request", _("The time to wake up is no time.")) from None
    if not isinstance(keep, bool) or (keep and until is None):
        raise Refused("bad_request", _("Without a time to wake up it would sleep for ever."))
    if until is not None and until <= call.now:
        raise Refused("in_the_past", _("The time to wake up has passed already."))
    _compare(ledger, call)
    after = rules.asleep(call.conv, Snooze(until, keep))
    return _change(ledger, call, after, happened(call.agent, "snoozed", until=until))


def _resolve(ledger: Ledger, call: Call) -> Done:
    _compare(ledger, call)
    was = call.conv.status is Status.RESOLVED
    line = None if was else happened(call.agent, "resolved")
    return _change(ledger, call, rules.resolved(call.conv), line)


def _reopen(ledger: Ledger, call: Call) -> Done:
    _compare(ledger, call)
    what = {Status.OPEN: None, Status.SNOOZED: "woken", Status.RESOLVED: "reopened"}
    word = what[call.conv.status]
    after = rules.reopened(call.conv, ledger.threads[call.conv.id])
    return _change(ledger, call, after, None if word is None else happened(call.agent, word))


def _priority(ledger: Ledger, call: Call) -> Done:
    value = call.data.get("priority")
    if not isinstance(value, str) or value not in set(Priority):
        raise Refused("bad_request", _("There is no such priority."))
    _compare(ledger, call)
    to = Priority(value)
    line = None if to is call.conv.priority else happened(call.agent, "priority", to.value)
    after = replace(call.conv, priority=to, ver=call.conv.ver + 1)
    return _change(ledger, call, after, line)


# ── labels and read state: nothing to compare ───────────────────────────────────────────


def _label(ledger: Ledger, call: Call) -> Done:
    add, remove = call.data.get("add", []), call.data.get("remove", [])
    if not (_is_words(add) and _is_words(remove)):
        raise Refused("bad_request", _("The labels are no lists of words."))
    if any(len(label) > MAX_LABEL for label in add):
        message = _("A label has at most {limit} characters.")
        raise Refused("too_long", message.format(limit=MAX_LABEL), limit=MAX_LABEL)
    conv, events = call.conv, []
    for label in dict.fromkeys(remove):
        if label in conv.labels and label not in add:
            conv = replace(conv, labels=tuple(one for one in conv.labels if one != label))
            events.append(_labelled(ledger, call, conv, "unlabelled", label))
            conv = ledger.conversations[conv.id]
    for label in dict.fromkeys(add):
        if label not in conv.labels:
            conv = replace(conv, labels=(*conv.labels, label))
            events.append(_labelled(ledger, call, conv, "labelled", label))
            conv = ledger.conversations[conv.id]
    return Done(tuple(events))


def _labelled(ledger: Ledger, call: Call, conv: Conversation, what: str, label: str) -> Json:
    return ledger.record(conv, happened(call.agent, what, label), call.now, call.id)


def _read(ledger: Ledger, call: Call) -> Done:
    seq = call.data.get("seq")
    if seq is None or not _is_int(seq):
        raise Refused("bad_request", _("The command does not say up to where it was read."))
    unread = rules.unread_after(ledger.threads[call.conv.id], seq)
    return _set_unread(ledger, call, min(unread, call.conv.unread))


def _unread(ledger: Ledger, call: Call) -> Done:
    return _set_unread(ledger, call, max(1, call.conv.unread))


def _set_unread(ledger: Ledger, call: Call, unread: int) -> Done:
    if unread == call.conv.unread:
        return Done()
    after = replace(call.conv, unread=unread)
    return Done((ledger.record(after, None, call.now, call.id),))


OPS: dict[str, Handler] = {
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
"""Every op the desk knows, by its name on the wire."""

CAPABILITIES = (
    "send", "note", "assign", "team", "snooze", "resolve", "reopen", "label", "priority",
    "read", "typing", "viewing",
)  # fmt: skip
