"""Typing and viewing marks, and how they fall away."""

from __future__ import annotations

from datetime import timedelta

from builders import ANA, BEN, CUSTOMER, NOW, conv_id, message
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.events import TypingChanged, ViewingChanged
from agent_tui.model import AgentId
from agent_tui.presence import TYPING_LASTS, VIEWING_LASTS, Presence

C1, C2 = conv_id(1), conv_id(2)
BEN_ID = AgentId("ben")
BLINK = timedelta(milliseconds=1)


def test_who_types_is_named_until_she_stops() -> None:
    presence = Presence()
    presence.typing(TypingChanged(C1, CUSTOMER, on=True), NOW)
    presence.typing(TypingChanged(C1, BEN, on=True), NOW)
    assert presence.typing_in(C1) == (CUSTOMER, BEN)
    presence.typing(TypingChanged(C1, CUSTOMER, on=False), NOW)
    assert presence.typing_in(C1) == (BEN,)
    assert presence.typing_in(C2) == ()


def test_stopping_what_was_never_begun_changes_nothing() -> None:
    presence = Presence()
    presence.typing(TypingChanged(C1, CUSTOMER, on=False), NOW)
    assert presence.typing_in(C1) == ()
    assert presence.expire(NOW + TYPING_LASTS) == set()


def test_a_typing_mark_is_worth_thirty_seconds_from_the_last_one() -> None:
    assert timedelta(seconds=30) == TYPING_LASTS
    presence = Presence()
    presence.typing(TypingChanged(C1, CUSTOMER, on=True), NOW)
    presence.typing(TypingChanged(C1, CUSTOMER, on=True), NOW + timedelta(seconds=10))
    end = NOW + timedelta(seconds=10) + TYPING_LASTS
    assert presence.expire(end - BLINK) == set()
    assert presence.typing_in(C1) == (CUSTOMER,)
    assert presence.expire(end) == {C1}
    assert presence.typing_in(C1) == ()
    assert presence.expire(end) == set()


def test_a_viewing_mark_is_worth_twenty_five_seconds() -> None:
    assert timedelta(seconds=25) == VIEWING_LASTS
    presence = Presence()
    presence.viewing(ViewingChanged(BEN_ID, C1), NOW)
    assert presence.expire(NOW + VIEWING_LASTS - BLINK) == set()
    assert presence.viewers_of(C1) == (BEN_ID,)
    assert presence.expire(NOW + VIEWING_LASTS) == {C1}
    assert presence.viewers_of(C1) == ()


def test_a_colleague_looks_at_one_conversation_at_a_time() -> None:
    presence = Presence()
    assert presence.viewing(ViewingChanged(BEN_ID, C1), NOW) == {C1}
    assert presence.viewing(ViewingChanged(BEN_ID, C2), NOW) == {C1, C2}
    assert (presence.viewers_of(C1), presence.viewers_of(C2)) == ((), (BEN_ID,))
    assert presence.viewing(ViewingChanged(BEN_ID, None), NOW) == {C2}
    assert presence.viewers_of(C2) == ()


def test_whoever_has_written_is_not_typing_any_more() -> None:
    presence = Presence()
    presence.typing(TypingChanged(C1, CUSTOMER, on=True), NOW)
    presence.typing(TypingChanged(C1, ANA, on=True), NOW)
    presence.wrote(message(1, 1, by=CUSTOMER))
    assert presence.typing_in(C1) == (ANA,)
    presence.wrote(message(2, 2, by=ANA))
    assert presence.typing_in(C1) == (ANA,)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from([C1, C2]),
        st.sampled_from([CUSTOMER, ANA, BEN]),
        st.booleans(),
        st.integers(0, 20),
    )
)


@given(EVENTS)
def test_nothing_outlives_its_time(
    events: list[tuple[object, object, bool, int]],
) -> None:
    presence = Presence()
    now = NOW
    for conv, who, on, wait in events:
        now += timedelta(seconds=wait)
        presence.expire(now)
        presence.typing(TypingChanged(conv, who, on), now)  # type: ignore[arg-type]
        presence.viewing(ViewingChanged(AgentId(who.id), conv), now)  # type: ignore[attr-defined, arg-type]
    told = presence.expire(now + TYPING_LASTS)
    assert told <= {C1, C2}
    for conv in (C1, C2):
        assert presence.typing_in(conv) == ()
        assert presence.viewers_of(conv) == ()
