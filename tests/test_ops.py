"""What taking an op back means."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import ME, NOW, at, conversation, safe
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.model import (
    AgentId,
    Conversation,
    OpId,
    Priority,
    SafeText,
    Snooze,
    Status,
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
    inverse,
)
from agent_tui.outbox import Pending
from agent_tui.overlay import overlay

OP, BACK = OpId("op-1"), OpId("op-2")
LABELS = tuple(safe(word) for word in ("refund", "delivery", "vip", "angry"))
AGENTS = st.sampled_from([None, ME, AgentId("ben")])
SNOOZES = st.builds(Snooze, st.sampled_from([None, at(60), at(120)]), keep_asleep=st.just(False))
SOME_LABELS = st.lists(st.sampled_from(LABELS), unique=True).map(tuple)


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    status = draw(st.sampled_from(Status))
    return conversation(
        1,
        status=status,
        snooze=draw(SNOOZES) if status is Status.SNOOZED else None,
        assignee=draw(AGENTS),
        team=draw(st.sampled_from([None, TeamId("returns")])),
        priority=draw(st.sampled_from(Priority)),
        labels=draw(SOME_LABELS),
        ver=draw(st.integers(1, 50)),
    )


@st.composite
def state_ops(draw: st.DrawFn, base: Conversation) -> AnyOp:
    match draw(st.integers(0, 5)):
        case 0:
            return Assign(id=OP, conversation=base.id, base_ver=base.ver, agent=draw(AGENTS))
        case 1:
            return AssignTeam(
                id=OP, conversation=base.id, base_ver=base.ver, team=TeamId("delivery")
            )
        case 2:
            snooze = draw(SNOOZES)
            return SnoozeUntil(id=OP, conversation=base.id, base_ver=base.ver, snooze=snooze)
        case 3:
            return Resolve(id=OP, conversation=base.id, base_ver=base.ver)
        case 4:
            return Reopen(id=OP, conversation=base.id, base_ver=base.ver)
        case _:
            priority = draw(st.sampled_from(Priority))
            return Prioritise(id=OP, conversation=base.id, base_ver=base.ver, priority=priority)


def done(base: Conversation, op: AnyOp) -> Conversation:
    return overlay(base, [Pending(op, NOW, NOW, base)])


@given(st.data())
def test_an_op_and_its_inverse_lead_back_but_for_the_version(data: st.DataObject) -> None:
    before = data.draw(conversations())
    op = data.draw(state_ops(before))
    after = done(before, op)
    back = inverse(op, before, BACK, after.ver)
    assert isinstance(back, StateOp)
    assert (back.id, back.conversation, back.base_ver) == (BACK, before.id, after.ver)
    again = done(after, back)
    assert replace(again, ver=before.ver, waiting_since=before.waiting_since) == before


@given(before=conversations(), add=SOME_LABELS, remove=SOME_LABELS, theirs=SOME_LABELS)
def test_taking_labels_back_leaves_alone_what_others_did(
    before: Conversation,
    add: tuple[SafeText, ...],
    remove: tuple[SafeText, ...],
    theirs: tuple[SafeText, ...],
) -> None:
    add = tuple(label for label in add if label not in remove)
    others = tuple(x for x in theirs if x not in add and x not in remove)
    op = Label(id=OP, conversation=before.id, add=add, remove=remove)
    after = done(before, op)
    meanwhile = replace(after, labels=(*(x for x in after.labels if x not in others), *others))
    back = inverse(op, before, BACK, 0)
    assert isinstance(back, Label)
    again = done(meanwhile, back)
    assert set(again.labels) == set(before.labels) | set(others)


@pytest.mark.parametrize(
    "op",
    [
        Send(id=OP, conversation=conversation().id, text=safe("hi"), seen_seq=None),
        Note(id=OP, conversation=conversation().id, text=safe("hi")),
    ],
)
def test_words_that_have_left_have_no_inverse(op: AnyOp) -> None:
    assert inverse(op, conversation(), BACK, 2) is None


def test_marking_read_is_taken_back_by_marking_unread_and_the_other_way_round() -> None:
    unread, read = conversation(unread=2, seq=7), conversation(unread=0, seq=7)
    mark = MarkRead(id=OP, conversation=unread.id, seq=7)
    assert inverse(mark, unread, BACK, 0) == MarkUnread(id=BACK, conversation=unread.id)
    assert inverse(mark, read, BACK, 0) is None
    back = inverse(MarkUnread(id=OP, conversation=read.id), read, BACK, 0)
    assert back == MarkRead(id=BACK, conversation=read.id, seq=7)
