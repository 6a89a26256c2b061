"""The desk's counter: every op by its name, each command answered once (docs/protocol.md §5).

The answer is kept under (agent, id): whoever repeats a command gets it again, and nothing
happens twice. What somebody may not do is refused before that, and not kept: it is decided anew
each time, and the memory tells nothing to a token that sees less than another of the same agent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agent_tui.backends.mock import op_state, op_words
from agent_tui.backends.mock.calls import Call, Done, Refused, authorise, no_such_conversation
from agent_tui.backends.mock.identities import EVERYTHING, Badge
from agent_tui.backends.mock.ledger import Kept, Ledger
from agent_tui.backends.mock.wire import Json
from agent_tui.i18n import _

KEEP_ANSWERS = timedelta(days=8)
"""The protocol promises seven days; a day more spares arguments about the border."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command led to: the answer for who asked, the events for everybody."""

    answer: Json
    events: tuple[Json, ...] = ()


Handler = Callable[[Ledger, Call], Done]

OPS: dict[str, Handler] = {
    "send": op_words.send,
    "note": op_words.note,
    "assign": op_state.assign,
    "team": op_state.team,
    "snooze": op_state.snooze,
    "resolve": op_state.resolve,
    "reopen": op_state.reopen,
    "priority": op_state.priority,
    "label": op_words.label,
    "read": op_words.read,
    "unread": op_words.unread,
}
"""Every op the desk knows, by its name on the wire."""

CAPABILITIES = (
    "send", "note", "assign", "team", "snooze", "resolve", "reopen", "label", "priority",
    "read", "typing", "viewing",
)  # fmt: skip


def execute(
    ledger: Ledger, agent: str, frame: Mapping[str, Any], now: datetime, badge: Badge = EVERYTHING
) -> Outcome:
    """Carry out the command in `frame` for `agent`, or refuse it, once for each id."""
    cmd_id = str(frame["id"])
    try:
        authorise(ledger, badge, frame)
    except Refused as no:
        return Outcome(_answer_no(cmd_id, no))
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
        raise no_such_conversation()
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
