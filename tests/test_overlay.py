"""How a conversation looks when what we asked for comes true."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import ME, NOW, at, conversation, safe

from agent_tui.model import (
    NO_TEXT,
    AuthorKind,
    Delivery,
    MessageKind,
    OpId,
    Priority,
    Snooze,
    Status,
)
from agent_tui.ops import (
    AnyOp,
    Assign,
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
from agent_tui.outbox import Pending
from agent_tui.overlay import entry_of, overlay
from agent_tui.sanitise import Field, sanitise
from agent_tui.shown import SendState

BASE = conversation(1, ver=4, seq=10, unread=2, waiting_since=at(-5), labels=(safe("refund"),))
OP = OpId("op-1")


def after(op: AnyOp, state: SendState = SendState.QUEUED) -> object:
    return overlay(BASE, [Pending(op, at(1), at(1), BASE, state=state)])


def state_op(kind: type[Resolve] | type[Reopen]) -> AnyOp:
    return kind(id=OP, conversation=BASE.id, base_ver=4)


def reply(text: str) -> Send:
    return Send(id=OP, conversation=BASE.id, text=safe(text), seen_seq=10)


@pytest.mark.parametrize(
    ("op", "changed"),
    [
        (Assign(id=OP, conversation=BASE.id, base_ver=4, agent=ME), {"assignee": ME, "ver": 5}),
        (
            Prioritise(id=OP, conversation=BASE.id, base_ver=4, priority=Priority.HIGH),
            {"priority": Priority.HIGH, "ver": 5},
        ),
        (
            SnoozeUntil(id=OP, conversation=BASE.id, base_ver=4, snooze=Snooze(at(60))),
            {"status": Status.SNOOZED, "snooze": Snooze(at(60)), "ver": 5},
        ),
        (state_op(Resolve), {"status": Status.RESOLVED, "waiting_since": None, "ver": 5}),
        (state_op(Reopen), {"ver": 5}),
        (
            Label(id=OP, conversation=BASE.id, add=(safe("vip"),), remove=(safe("refund"),)),
            {"labels": (safe("vip"),)},
        ),
        (MarkRead(id=OP, conversation=BASE.id, seq=10), {"unread": 0}),
        (MarkRead(id=OP, conversation=BASE.id, seq=9), {}),
        (MarkUnread(id=OP, conversation=BASE.id), {"unread": 2}),
        (Note(id=OP, conversation=BASE.id, text=safe("psst")), {}),
    ],
)
def test_each_op_changes_what_it_says_and_nothing_else(
    op: AnyOp, changed: dict[str, object]
) -> None:
    assert after(op) == replace(BASE, **changed)  # type: ignore[arg-type]


def test_a_reply_answers_whoever_waits() -> None:
    shown = after(reply("It comes today."))
    assert shown == replace(
        BASE,
        preview=safe("It comes today."),
        last_author=AuthorKind.AGENT,
        last_at=at(1),
        waiting_since=None,
    )


def test_the_preview_of_a_long_reply_is_one_short_line_as_the_desk_would_make_it() -> None:
    words = "Hello\n\n" + "word " * 100
    shown = overlay(BASE, [Pending(reply(words), NOW, NOW, BASE)])
    assert shown.preview == sanitise(words[:200], Field.LINE)
    assert "\n" not in shown.preview


@pytest.mark.parametrize("state", [SendState.FAILED, SendState.HELD])
def test_words_that_did_not_go_change_nothing(state: SendState) -> None:
    assert after(reply("no"), state) == BASE


def test_ops_apply_in_the_order_they_were_asked_for() -> None:
    steps = [
        Assign(id=OP, conversation=BASE.id, base_ver=4, agent=ME),
        state_op(Resolve),
        Assign(id=OP, conversation=BASE.id, base_ver=6, agent=None),
    ]
    shown = overlay(BASE, [Pending(op, NOW, NOW, BASE) for op in steps])
    assert (shown.assignee, shown.status, shown.ver) == (None, Status.RESOLVED, 7)


def test_the_local_message_of_a_reply_says_how_far_it_is() -> None:
    held = Pending(reply("hi"), at(1), at(1), BASE, state=SendState.HOLDING, leaves_at=at(2))
    entry = entry_of(held, ME, safe("Ana"))
    assert entry is not None
    assert (entry.state, entry.leaves_at, entry.mine, entry.op_id) == (
        SendState.HOLDING,
        at(2),
        True,
        OP,
    )
    assert (entry.message.text, entry.message.kind, entry.message.delivery) == (
        "hi",
        MessageKind.TEXT,
        None,
    )
    assert entry.message.author.name == "Ana"


def test_a_message_that_the_desk_has_counts_as_accepted() -> None:
    entry = entry_of(replace(Pending(reply("hi"), NOW, NOW, BASE), settled_at_seq=12), ME, NO_TEXT)
    assert entry is not None
    assert entry.state is None
    assert entry.message.delivery is Delivery.ACCEPTED


def test_a_note_is_a_note_and_a_state_change_is_no_message() -> None:
    note = entry_of(
        Pending(Note(id=OP, conversation=BASE.id, text=safe("psst")), NOW, NOW, BASE), ME, NO_TEXT
    )
    assert note is not None
    assert note.message.kind is MessageKind.NOTE
    assert entry_of(Pending(state_op(Resolve), NOW, NOW, BASE), ME, NO_TEXT) is None
