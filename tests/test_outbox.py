"""Order, holding, retrying and giving up of what is on its way."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from builders import ME, NOW, at, conv_id, conversation, safe
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.events import Refusal, Rejected
from agent_tui.model import NO_TEXT, OpId
from agent_tui.ops import AnyOp, Assign, Label, Note, Resolve, Send
from agent_tui.outbox import IN_FLIGHT, Outbox
from agent_tui.shown import SendState

PROBLEM = safe("no")
BLINK = timedelta(milliseconds=1)


def reply(op: str, conv: int = 1) -> Send:
    return Send(id=OpId(op), conversation=conv_id(conv), text=safe(f"text {op}"), seen_seq=1)


def note(op: str, conv: int = 1) -> Note:
    return Note(id=OpId(op), conversation=conv_id(conv), text=safe(f"note {op}"))


def resolve(op: str, conv: int = 1) -> Resolve:
    return Resolve(id=OpId(op), conversation=conv_id(conv), base_ver=1)


def add(outbox: Outbox, *ops: AnyOp, hold: float = 0.0) -> None:
    for op in ops:
        outbox.add(op, conversation(1), NOW, hold)


def ids(ops: list[AnyOp]) -> list[str]:
    return [op.id for op in ops]


def state(outbox: Outbox, op: str) -> SendState | None:
    pending = outbox.get(OpId(op))
    return None if pending is None else pending.state


def no(op: AnyOp, refusal: Refusal = Refusal.OTHER) -> Rejected:
    return Rejected(op.id, op.conversation, refusal, PROBLEM)


def test_one_op_of_a_conversation_is_under_way_and_the_next_goes_after_its_answer() -> None:
    outbox = Outbox()
    add(outbox, reply("a"), reply("b"), reply("x", 2))
    assert ids(outbox.take_due(NOW)) == ["a", "x"]
    assert outbox.take_due(NOW) == []
    outbox.settle(OpId("a"), seq=5, reached=4)
    assert ids(outbox.take_due(NOW)) == ["b"]


def test_no_more_conversations_than_allowed_have_one_under_way() -> None:
    outbox = Outbox()
    add(outbox, *(reply(f"op-{n}", n) for n in range(IN_FLIGHT + 3)))
    first = ids(outbox.take_due(NOW))
    assert len(first) == IN_FLIGHT
    outbox.settle(OpId(first[0]), seq=1, reached=1)
    assert len(outbox.take_due(NOW)) == 1


def test_a_held_reply_leaves_when_its_time_has_come_and_nothing_passes_it() -> None:
    outbox = Outbox()
    add(outbox, reply("a"), hold=3)
    add(outbox, resolve("b"))
    assert outbox.next_due() == at(0.05)
    assert outbox.take_due(at(0.049)) == []
    assert ids(outbox.take_due(at(0.05))) == ["a"]
    assert outbox.next_due() is None


def test_a_held_reply_can_be_hurried_once() -> None:
    outbox = Outbox()
    add(outbox, reply("a"), hold=3)
    assert outbox.hurry(OpId("a"))
    assert not outbox.hurry(OpId("a"))
    assert ids(outbox.take_due(NOW)) == ["a"]
    assert not outbox.hurry(OpId("never heard of"))


@pytest.mark.parametrize(("seq", "reached", "gone"), [(5, 4, False), (5, 5, True), (0, 0, True)])
def test_an_op_leaves_only_when_the_stream_has_come_to_it(
    seq: int, reached: int, gone: bool
) -> None:
    outbox = Outbox()
    add(outbox, reply("a"))
    outbox.take_due(NOW)
    outbox.settle(OpId("a"), seq, reached)
    assert (OpId("a") in outbox) is not gone
    assert [p.op.id for p in outbox.reached(seq)] == ([] if gone else ["a"])
    assert len(outbox) == 0


def test_what_went_unanswered_goes_again_with_the_same_id_before_what_is_behind_it() -> None:
    outbox = Outbox()
    add(outbox, reply("a"), reply("b"))
    outbox.take_due(NOW)
    outbox.retry(OpId("a"), NOW, unsure=True)
    assert ids(outbox.take_due(NOW)) == ["a"]
    pending = outbox.get(OpId("a"))
    assert pending is not None
    assert pending.attempts == 2


def test_a_retry_waits_until_its_moment() -> None:
    outbox = Outbox()
    add(outbox, reply("a"))
    outbox.take_due(NOW)
    outbox.retry(OpId("a"), at(1), PROBLEM)
    assert state(outbox, "a") is SendState.RETRY
    assert outbox.next_due() == at(1)
    assert outbox.take_due(at(0.9)) == []
    assert ids(outbox.take_due(at(1))) == ["a"]
    assert outbox.next_due() is None
    outbox.retry(OpId("a"), at(2), unsure=True)
    assert outbox.next_due() == at(2)


def test_a_settled_op_is_not_sent_again() -> None:
    outbox = Outbox()
    add(outbox, reply("a"))
    outbox.take_due(NOW)
    outbox.settle(OpId("a"), seq=9, reached=1)
    outbox.retry(OpId("a"), NOW, unsure=True)
    assert outbox.take_due(NOW) == []


def test_an_op_whose_fate_is_unknown_cannot_be_taken_back() -> None:
    """The desk may have it: telling the agent that it was taken back could be a lie."""
    outbox = Outbox()
    pending = outbox.add(reply("a"), conversation(1), NOW)
    assert pending.waiting
    outbox.take_due(NOW)
    outbox.retry(OpId("a"), NOW, unsure=True)
    unsure = outbox.get(OpId("a"))
    assert unsure is not None
    assert not unsure.waiting
    outbox.refuse(no(reply("a")), PROBLEM)
    refused = outbox.get(OpId("a"))
    assert refused is not None
    assert refused.waiting


def test_an_op_that_the_desk_asked_to_repeat_can_be_taken_back() -> None:
    """A desk that says "too many" has not done it; not this time."""
    outbox = Outbox()
    add(outbox, reply("a"), reply("b", 2))
    outbox.take_due(NOW)
    outbox.retry(OpId("b"), NOW, unsure=True)
    outbox.take_due(NOW)
    for op in ("a", "b"):
        outbox.retry(OpId(op), at(1), PROBLEM)
    assert [p.waiting for p in outbox] == [True, False]


@pytest.mark.parametrize(
    ("refusal", "kept_as"),
    [(Refusal.STALE, SendState.HELD), (Refusal.WINDOW_CLOSED, SendState.FAILED)],
)
@pytest.mark.parametrize("words", [reply("a"), note("a")])
def test_refused_words_are_kept(refusal: Refusal, kept_as: SendState, words: AnyOp) -> None:
    outbox = Outbox()
    add(outbox, words)
    outbox.take_due(NOW)
    outbox.refuse(no(words, refusal), PROBLEM)
    pending = outbox.get(OpId("a"))
    assert pending is not None
    assert (pending.state, pending.problem, pending.op) == (kept_as, PROBLEM, words)
    assert pending.rejection == no(words, refusal)
    assert outbox.take_due(NOW) == []


def test_a_refused_change_leaves_and_takes_with_it_what_was_built_on_it() -> None:
    outbox = Outbox()
    add(outbox, resolve("a"), resolve("b"), reply("c"), resolve("x", 2))
    outbox.take_due(NOW)
    pending, behind = outbox.refuse(no(resolve("a")), PROBLEM)
    assert pending is not None
    assert pending.op.id == "a"
    assert [p.op.id for p in behind] == ["b", "c"]
    assert [p.op.id for p in outbox] == ["c", "x"]
    assert state(outbox, "c") is SendState.HELD
    assert state(outbox, "x") is SendState.SENDING


def test_a_refusal_does_not_touch_what_was_asked_for_before() -> None:
    outbox = Outbox()
    first = reply("a")
    add(outbox, first)
    outbox.take_due(NOW)
    outbox.refuse(no(first, Refusal.WINDOW_CLOSED), safe("the window has closed"))
    add(outbox, resolve("b"))
    outbox.take_due(NOW)
    _pending, behind = outbox.refuse(no(resolve("b"), Refusal.CONFLICT), PROBLEM)
    assert behind == []
    kept = outbox.get(OpId("a"))
    assert kept is not None
    assert (kept.state, kept.problem) == (SendState.FAILED, "the window has closed")


def test_what_the_desk_has_already_is_not_counted_as_stopped() -> None:
    outbox = Outbox()
    add(outbox, reply("a"), resolve("b"))
    outbox.take_due(NOW)
    outbox.settle(OpId("a"), seq=9, reached=1)
    outbox.take_due(NOW)
    _pending, behind = outbox.refuse(no(resolve("b")), PROBLEM)
    assert behind == []
    assert OpId("a") in outbox


def test_words_that_wait_for_the_agent_do_not_hold_up_what_she_asks_for_next() -> None:
    outbox = Outbox()
    first = reply("a")
    add(outbox, first)
    outbox.take_due(NOW)
    outbox.refuse(no(first), PROBLEM)
    add(outbox, reply("b"))
    assert ids(outbox.take_due(NOW)) == ["b"]


def test_what_is_not_there_changes_nothing() -> None:
    outbox = Outbox()
    ghost = reply("ghost")
    assert outbox.get(ghost.id) is None
    assert outbox.remove(ghost.id) is None
    assert outbox.settle(ghost.id, 1, 1) is None
    assert outbox.refuse(no(ghost), NO_TEXT) == (None, [])
    outbox.retry(ghost.id, NOW)
    assert len(outbox) == 0
    assert outbox.of(conv_id(1)) == ()


# ── whatever happens, in whatever order ─────────────────────────────────────────────────

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "hold", "take", "settle", "retry", "later", "refuse", "remove"]),
        st.integers(0, 11),
        st.integers(1, 10),
    ),
    max_size=60,
)


def _step(outbox: Outbox, action: str, number: int, conv: int, now: datetime) -> list[AnyOp]:
    known = [p.op.id for p in outbox]
    op = known[number % len(known)] if known else OpId("none")
    match action:
        case "add" | "hold":
            new = (reply, note, resolve)[number % 3](f"op-{now.timestamp()}", conv)
            outbox.add(new, conversation(conv), now, 3.0 if action == "hold" else 0.0)
        case "take":
            return outbox.take_due(now)
        case "settle":
            outbox.settle(op, number, 5)
        case "retry":
            outbox.retry(op, now, unsure=True)
        case "later":
            outbox.retry(op, at(number))
        case "refuse":
            pending = outbox.get(op)
            if pending is not None:
                outbox.refuse(no(pending.op), PROBLEM)
        case _:
            outbox.remove(op)
    return []


@given(STEPS)
def test_at_most_one_a_conversation_and_eight_in_all_are_ever_under_way(
    steps: list[tuple[str, int, int]],
) -> None:
    outbox = Outbox()
    for number, (action, which, conv) in enumerate(steps):
        _step(outbox, action, which, conv, at(number))
        flying = [p.op.conversation for p in outbox if p.state is SendState.SENDING
                  and p.settled_at_seq is None]  # fmt: skip
        assert len(flying) == len(set(flying)) <= IN_FLIGHT


@given(STEPS)
def test_the_order_of_a_conversation_is_the_order_of_asking(
    steps: list[tuple[str, int, int]],
) -> None:
    """Whatever leaves, nothing of the same conversation that was asked for earlier stays behind,
    but for words that wait for the agent."""
    outbox = Outbox()
    for number, (action, which, conv) in enumerate(steps):
        for op in _step(outbox, action, which, conv, at(number)):
            queue = outbox.of(op.conversation)
            place = [p.op.id for p in queue].index(op.id)
            for earlier in queue[:place]:
                parked = earlier.state in {SendState.HELD, SendState.FAILED}
                assert parked or earlier.settled_at_seq is not None
        for queue_of in {p.op.conversation for p in outbox}:
            made = [p.made_at for p in outbox.of(queue_of)]
            assert made == sorted(made)


@given(STEPS)
def test_next_due_names_the_moment_at_which_something_leaves(
    steps: list[tuple[str, int, int]],
) -> None:
    outbox = Outbox()
    for number, (action, which, conv) in enumerate(steps):
        _step(outbox, action, which, conv, at(number))
    now = at(len(steps))
    outbox.take_due(now)
    while (due := outbox.next_due()) is not None:
        assert outbox.take_due(due - BLINK) == []
        if not outbox.take_due(due):
            return  # it waits for the answer to another one
        now = due
    assert outbox.take_due(at(10_000)) == []


def test_a_state_op_names_the_agent_it_is_for() -> None:
    """Frozen values: an op that is pending is the op that was asked for."""
    op = Assign(id=OpId("a"), conversation=conv_id(1), base_ver=1, agent=ME)
    label = Label(id=OpId("b"), conversation=conv_id(1), add=(safe("vip"),))
    outbox = Outbox()
    add(outbox, op, label)
    assert [p.op for p in outbox.of(conv_id(1))] == [op, label]


# ── what waited too long ────────────────────────────────────────────────────────────────

LATE = NOW + timedelta(minutes=11)


def test_what_waited_too_long_is_held_with_all_that_was_asked_for_behind_it() -> None:
    outbox = Outbox()
    add(outbox, reply("a"), resolve("b"))
    outbox.add(reply("c"), conversation(1), LATE - timedelta(minutes=1))
    outbox.add(reply("d", 2), conversation(2), LATE - timedelta(minutes=1))
    held = outbox.hold_old(LATE, PROBLEM)
    assert [p.op.id for p in held] == ["a", "b", "c"]
    assert ids(outbox.take_due(LATE)) == ["d"]


def test_what_may_have_arrived_is_asked_again_however_old() -> None:
    outbox = Outbox()
    add(outbox, reply("a"), reply("b"))
    outbox.take_due(NOW)
    outbox.retry(OpId("a"), NOW, unsure=True)
    assert [p.op.id for p in outbox.hold_old(LATE, PROBLEM)] == ["b"]
    assert ids(outbox.take_due(LATE)) == ["a"]


def test_what_has_to_be_kept_is_told_once() -> None:
    outbox = Outbox()
    add(outbox, reply("a"), reply("b", 2))
    assert outbox.take_changed() == ["a", "b"]
    assert outbox.take_changed() == []
    outbox.take_due(NOW)
    outbox.remove(OpId("b"))
    assert sorted(outbox.take_changed()) == ["a", "b"]
    outbox.mark_saved(OpId("a"))
    assert outbox.take_changed() == []


def test_nothing_waits_in_silence_behind_what_asks() -> None:
    outbox = Outbox()
    add(outbox, resolve("a"))
    outbox.hold_old(LATE, PROBLEM)
    outbox.add(reply("b"), conversation(1), LATE)
    assert ids(outbox.take_due(LATE)) == ["b"]


def test_what_is_let_go_waits_for_what_is_under_way() -> None:
    outbox = Outbox()
    add(outbox, resolve("a"))
    outbox.hold_old(LATE, PROBLEM)
    outbox.add(reply("b"), conversation(1), LATE)
    outbox.take_due(LATE)
    assert outbox.hurry(OpId("a"), LATE)
    assert outbox.hold_old(LATE, PROBLEM) == []
    assert outbox.take_due(LATE) == []
    outbox.settle(OpId("b"), seq=5, reached=5)
    assert ids(outbox.take_due(LATE)) == ["a"]


def test_words_that_are_let_go_stand_behind_what_was_asked_for_meanwhile() -> None:
    outbox = Outbox()
    add(outbox, reply("a"))
    outbox.hold_old(LATE, PROBLEM)
    outbox.add(reply("b"), conversation(1), LATE)
    assert ids(outbox.take_due(LATE)) == ["b"]
    assert outbox.hurry(OpId("a"), LATE)
    assert outbox.take_due(LATE) == []
    outbox.settle(OpId("b"), seq=5, reached=5)
    assert ids(outbox.take_due(LATE)) == ["a"]


def test_a_refusal_leaves_what_is_under_way_alone() -> None:
    """The desk may have it: it must not come back as words to be sent once more."""
    outbox = Outbox()
    add(outbox, resolve("a"), reply("b"), reply("c"))
    outbox.take_due(NOW)
    outbox.retry(OpId("b"), NOW, unsure=True)
    outbox.refuse(no(resolve("a")), PROBLEM)
    assert (state(outbox, "b"), state(outbox, "c")) == (SendState.RETRY, SendState.HELD)
