"""How kept values are spelled: nothing changes on the way, and nothing odd gets in."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any, get_args

import pytest
from builders import NOW, safe
from hypothesis import given
from hypothesis import strategies as st
from journal.kit import draft, kept, send

from agent_tui.journal import KeptDraft, KeptOp, draft_key, key_of, op_key
from agent_tui.journal.fields import Unreadable
from agent_tui.journal.kept import KEPT_STATES
from agent_tui.journal.rows import spell, understand
from agent_tui.model import (
    AgentId,
    Channel,
    ContactId,
    ConversationId,
    OpId,
    Priority,
    SafeText,
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
)
from agent_tui.sanitise import Field, sanitise
from agent_tui.shown import Mode, SendState, Words

NAMES = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=30)
NUMBERS = st.integers(-(2**53), 2**53)
MOMENTS = st.integers(0, 10**9).map(lambda seconds: NOW + timedelta(seconds=seconds - 5 * 10**8))


def texts(field: Field) -> st.SearchStrategy[SafeText]:
    return st.text(max_size=60).map(lambda raw: sanitise(raw, field))


BODY = texts(Field.COMPOSER)
LABELS = st.lists(texts(Field.LINE), max_size=3).map(tuple)
KEYS: dict[str, st.SearchStrategy[Any]] = {
    "id": NAMES.map(OpId),
    "conversation": NAMES.map(ConversationId),
}
STATE = {**KEYS, "base_ver": NUMBERS}
SNOOZES = st.builds(Snooze, st.none() | MOMENTS, st.booleans())

OPS: dict[type[AnyOp], st.SearchStrategy[AnyOp]] = {
    Send: st.builds(Send, **KEYS, text=BODY, seen_seq=st.none() | NUMBERS, quick_replies=LABELS),
    Note: st.builds(Note, **KEYS, text=BODY),
    Assign: st.builds(Assign, **STATE, agent=st.none() | NAMES.map(AgentId)),
    AssignTeam: st.builds(AssignTeam, **STATE, team=st.none() | NAMES.map(TeamId)),
    SnoozeUntil: st.builds(SnoozeUntil, **STATE, snooze=SNOOZES),
    Resolve: st.builds(Resolve, **STATE),
    Reopen: st.builds(Reopen, **STATE),
    Prioritise: st.builds(Prioritise, **STATE, priority=st.sampled_from(Priority)),
    Label: st.builds(Label, **KEYS, add=LABELS, remove=LABELS),
    MarkRead: st.builds(MarkRead, **KEYS, seq=NUMBERS),
    MarkUnread: st.builds(MarkUnread, **KEYS),
}

KEPT_OPS = st.builds(
    KeptOp,
    op=st.one_of(list(OPS.values())),
    made_at=MOMENTS,
    desk_id=st.just("") | NAMES,
    contact_id=NAMES.map(ContactId),
    contact_name=texts(Field.NAME),
    channel=st.sampled_from(Channel),
    state=st.sampled_from(sorted(KEPT_STATES)),
    left=st.booleans(),
    problem=texts(Field.TOAST),
    order=NUMBERS,
    epoch=st.just("") | NAMES,
)


@st.composite
def drafts(make: st.DrawFn) -> KeptDraft:
    text = str(make(BODY))
    lines = text.split("\n")
    row = make(st.integers(0, len(lines) - 1))
    return KeptDraft(
        make(NAMES.map(ConversationId)),
        make(st.sampled_from(Mode)),
        Words(text, (row, make(st.integers(0, len(lines[row]))))),
        make(NAMES),
        make(NAMES.map(ContactId)),
        make(texts(Field.NAME)),
        make(MOMENTS),
    )


def test_every_kind_of_request_has_its_strategy_here() -> None:
    """A new op fails here first: then the laws below say whether it survives."""
    assert set(get_args(AnyOp)) == set(OPS)


@pytest.mark.parametrize("kind", list(OPS), ids=lambda kind: kind.__name__)
def test_every_kind_of_request_survives(kind: type[AnyOp]) -> None:
    @given(OPS[kind])
    def survives(op: AnyOp) -> None:
        back = understand(spell(kept(op)))
        assert isinstance(back, KeptOp)
        assert back.op == op
        assert type(back.op) is kind

    survives()


@given(KEPT_OPS)
def test_what_goes_with_a_request_survives(value: KeptOp) -> None:
    assert understand(spell(value)) == value


@given(drafts())
def test_a_draft_survives(value: KeptDraft) -> None:
    assert understand(spell(value)) == value


@pytest.mark.parametrize("state", list(SendState))
def test_a_state_that_ends_with_the_program_is_kept_as_queued(state: SendState) -> None:
    back = understand(spell(kept(send(1), state=state)))
    assert isinstance(back, KeptOp)
    assert back.state == (state if state in KEPT_STATES else SendState.QUEUED)


def test_keys_name_what_they_are_of() -> None:
    assert key_of(kept(send(7))) == op_key(OpId("op-7")) == "op:op-7"
    assert key_of(draft(3, mode=Mode.NOTE)) == "draft:note:desk-1:p-17:c-3"
    there = draft_key("d", ContactId("p"), ConversationId("c-3"), Mode.REPLY)
    assert there == "draft:reply:d:p:c-3"


def test_texts_pass_the_sanitiser_on_their_way_in() -> None:
    """A file can be edited: what it says is as little trusted as what a customer says."""
    evil = "\x1b]52;c;aGk=\x07 \u202eabc\x9b31m"
    fields = json.loads(spell(kept(send(1))))
    fields["op"]["text"] = fields["name"] = fields["problem"] = evil
    fields["op"]["quick_replies"] = [evil]
    back = understand(json.dumps(fields).encode())
    assert isinstance(back, KeptOp)
    assert isinstance(back.op, Send)
    shown = (back.op.text, back.contact_name, back.problem, *back.op.quick_replies)
    for text in shown:
        assert isinstance(text, SafeText)
        assert not set(text) & set("\x1b\x07\x9b\u202e")
    words = json.loads(spell(draft(1)))
    words["text"] = evil
    typed = understand(json.dumps(words).encode())
    assert isinstance(typed, KeptDraft)
    assert not set(typed.words.text) & set("\x1b\x07\x9b\u202e")


@pytest.mark.parametrize("cursor", [(5, 0), (0, 99), (1, 99)])
def test_a_cursor_stands_in_its_text(cursor: tuple[int, int]) -> None:
    fields = json.loads(spell(draft(1, "one\ntwo")))
    fields["cursor"] = list(cursor)
    back = understand(json.dumps(fields).encode())
    assert isinstance(back, KeptDraft)
    row, column = back.words.cursor
    assert column <= len(back.words.text.split("\n")[row])


WRONG: list[tuple[str, object]] = [
    ("kind", "wish"),
    ("made_at", "2026-11-23T08:00:00"),
    ("made_at", "yesterday"),
    ("made_at", "0001-01-01T00:00:00+12:00"),
    ("channel", "fax"),
    ("state", "sending"),
    ("left", 1),
    ("order", True),
    ("order", "1"),
    ("order", 2**60),
    ("contact", "p\x1b17"),
    ("contact", "p" * 300),
    ("name", None),
    ("op", []),
    ("op", {"op": "explode", "id": "op-1", "conversation": "c-1"}),
    ("op", {"op": "resolve", "id": "", "conversation": "c-1", "base_ver": 1}),
    ("op", {"op": "resolve", "id": "op-1", "conversation": "c-1"}),
    ("op", {"op": "unread", "id": "op-1", "conversation": "c-1", "more": 1}),
    ("op", {"op": "label", "id": "op-1", "conversation": "c-1", "add": [1], "remove": []}),
    ("more", 1),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_what_does_not_fit_is_refused(field: str, value: object) -> None:
    fields = json.loads(spell(kept(send(1))))
    fields[field] = value
    with pytest.raises(Unreadable):
        understand(json.dumps(fields).encode())


@pytest.mark.parametrize("field", json.loads(spell(kept(send(1)))))
def test_a_missing_field_is_refused(field: str) -> None:
    fields = json.loads(spell(kept(send(1))))
    del fields[field]
    with pytest.raises(Unreadable, match=field):
        understand(json.dumps(fields).encode())


@given(st.binary(max_size=40) | st.just(b"[" * 5000), st.integers(0, 400), st.integers(0, 40))
def test_no_bytes_raise_anything_else(junk: bytes, at: int, drop: int) -> None:
    body = spell(kept(send(1), made_at=NOW, problem=safe("no")))
    for damaged in (junk, body[:at] + junk + body[at + drop :]):
        with suppress(Unreadable):
            understand(damaged)
