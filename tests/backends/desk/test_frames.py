"""What the console says, held against the page of the protocol."""

from __future__ import annotations

import json
from typing import Any

import protocol_page as page
import pytest
from builders import at, conv_id, safe
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.backends.desk import frames
from agent_tui.backends.strict_json import loads
from agent_tui.credentials.secret import Secret
from agent_tui.model import AgentId, ConversationId, OpId, Priority, Snooze, TeamId
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
    TypingSignal,
    ViewingSignal,
)

C1 = conv_id(1)
HEAD: dict[str, Any] = {"id": OpId("op-1"), "conversation": C1}
STATE: dict[str, Any] = {**HEAD, "base_ver": 4}
OPS: dict[str, AnyOp] = {
    "send": Send(text=safe("hi"), seen_seq=90, quick_replies=(safe("yes"),), **HEAD),
    "note": Note(text=safe("psst"), **HEAD),
    "assign": Assign(agent=AgentId("ana"), **STATE),
    "team": AssignTeam(team=TeamId("returns"), **STATE),
    "snooze": SnoozeUntil(snooze=Snooze(at(60), keep_asleep=True), **STATE),
    "resolve": Resolve(**STATE),
    "reopen": Reopen(**STATE),
    "priority": Prioritise(priority=Priority.HIGH, **STATE),
    "label": Label(add=(safe("vip"),), remove=(safe("new"),), **HEAD),
    "read": MarkRead(seq=90, **HEAD),
    "unread": MarkUnread(**HEAD),
}
DATA: dict[str, Any] = {
    "send": {"text": "hi", "quick_replies": ["yes"]},
    "note": {"text": "psst"},
    "assign": {"agent": "ana"},
    "team": {"team": "returns"},
    "snooze": {"until": "2026-11-23T09:00:00.000Z", "keep_asleep": True},
    "resolve": {},
    "reopen": {},
    "priority": {"priority": "high"},
    "label": {"add": ["vip"], "remove": ["new"]},
    "read": {"seq": 90},
    "unread": {},
}
TABLE = {page.codes(row[0])[0]: row for row in page.table("op")}


def test_the_page_and_the_code_have_the_same_ops() -> None:
    assert set(TABLE) == set(OPS) == set(DATA)


@pytest.mark.parametrize("name", OPS)
def test_an_op_has_the_shape_of_its_row(name: str) -> None:
    frame = loads(frames.command(OPS[name]))
    compares = page.codes(TABLE[name][2])
    expected = {"frame": "cmd", "id": "op-1", "op": name, "conv": "c-1", "data": DATA[name]}
    expected |= {key: {"base_ver": 4, "seen_seq": 90}[key] for key in compares}
    assert frame == expected
    assert set(page.codes(TABLE[name][1])) & set(DATA[name]) == set(DATA[name])


def test_nobody_and_no_end_are_said_as_null() -> None:
    assert loads(frames.command(Assign(agent=None, **STATE)))["data"] == {"agent": None}
    assert loads(frames.command(AssignTeam(team=None, **STATE)))["data"] == {"team": None}
    asleep = loads(frames.command(SnoozeUntil(snooze=Snooze(None), **STATE)))["data"]
    assert asleep == {"until": None, "keep_asleep": False}


def test_send_anyway_compares_nothing() -> None:
    assert "seen_seq" not in loads(frames.command(Send(text=safe("hi"), seen_seq=None, **HEAD)))


def test_the_page_s_own_examples_are_what_is_said() -> None:
    (hello,) = page.frames("hello")
    resume = (hello["resume"]["epoch"], hello["resume"]["seq"])
    assert loads(frames.hello("ana", hello["device"], resume)) == hello
    assert loads(frames.hello("ana", "d", None))["resume"] is None
    (cmd,) = page.frames("cmd")
    ids: dict[str, Any] = {"id": OpId(cmd["id"]), "conversation": ConversationId(cmd["conv"])}
    assert loads(frames.command(Assign(base_ver=4, agent=AgentId("ana"), **ids))) == cmd
    (get,) = page.frames("get")
    assert loads(frames.question("q-1", ConversationId("c-1042"), None, 50)) == get
    typing, viewing = page.frames("sig")
    signal = TypingSignal(ConversationId("c-1042"), on=True)
    assert loads(frames.signal(signal)) == typing
    assert loads(frames.signal(ViewingSignal(ConversationId("c-1042")))) == viewing
    beats = page.frames("hb")
    assert loads(frames.heartbeat(841)) in beats


def test_a_fresh_token_is_shown_in_the_frame_of_the_page() -> None:
    """The one frame with a secret in it."""
    shown = loads(frames.auth("a-1", Secret("<fresh token>")))
    assert shown == {"frame": "auth", "id": "a-1", "token": "<fresh token>"}
    assert json.dumps(shown, ensure_ascii=False)[1:-1] in page.page()


def test_looking_at_nothing_is_said_as_null() -> None:
    assert loads(frames.signal(ViewingSignal(None)))["conv"] is None


@given(st.text())
def test_whatever_is_written_is_one_text_frame_that_says_it(text: str) -> None:
    op = Send(text=safe(text), seen_seq=1, **HEAD)
    frame = frames.command(op)
    assert json.loads(frame.encode("utf-8"))["data"]["text"] == op.text
    assert "\n" not in frame
