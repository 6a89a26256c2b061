"""The inbox's views: kept up change by change, they are what a fresh start would make of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import ME, NOW, at, conv_id, conversation
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.model import AgentId, Conversation, ConversationId, Snooze, Status
from agent_tui.views import VIEWS, ViewIndex, Views, by_newest, by_waiting, by_waking

BEN = AgentId("ben")
MOMENTS = st.integers(-3, 3).map(at)
NAMES = st.integers(1, 8)


@st.composite
def conversations(draw: st.DrawFn, name: int) -> Conversation:
    status = draw(st.sampled_from(Status))
    asleep = Snooze(draw(st.none() | MOMENTS)) if status is Status.SNOOZED else None
    return conversation(
        name,
        status=status,
        snooze=asleep,
        assignee=draw(st.sampled_from([None, ME, BEN])),
        waiting_since=draw(st.none() | MOMENTS),
        last_at=draw(MOMENTS),
    )


def ids(index: ViewIndex) -> list[ConversationId]:
    return [index.id_at(place) for place in range(len(index))]


@given(st.data())
def test_after_any_changes_each_view_is_what_a_fresh_start_makes(data: st.DataObject) -> None:
    views = Views()
    here: dict[ConversationId, Conversation] = {}
    for name in data.draw(st.lists(NAMES, max_size=30)):
        key = conv_id(name)
        conv = data.draw(st.none() | conversations(name))
        before = {view: ids(index) for view, index in views.indexes.items()}
        if conv is None:
            here.pop(key, None)
        else:
            here[key] = conv
        touched = views.update(key, conv, ME)
        fresh = Views()
        fresh.rebuild(here.values(), ME)
        for view, index in views.indexes.items():
            assert ids(index) == ids(fresh[view])
            assert [index.index_of(one) for one in ids(index)] == list(range(len(index)))
            assert (ids(index) == before[view]) or view in touched


@given(st.data())
def test_a_view_that_was_not_named_did_not_change(data: st.DataObject) -> None:
    views = Views()
    everything = [data.draw(conversations(name)) for name in range(1, 6)]
    views.rebuild(everything, ME)
    conv = data.draw(conversations(1))
    before = {view: ids(index) for view, index in views.indexes.items()}
    touched = views.update(conv.id, conv, ME)
    for view, index in views.indexes.items():
        if view not in touched:
            assert ids(index) == before[view]


@given(st.data())
def test_every_conversation_is_found_where_it_belongs(data: st.DataObject) -> None:
    conv = data.draw(conversations(1))
    views = Views()
    views.rebuild([conv], ME)
    found = {view for view, index in views.indexes.items() if conv.id in index}
    match conv.status:
        case Status.SNOOZED:
            assert found == {"snoozed"}
        case Status.RESOLVED:
            assert found == {"resolved"}
        case _ if conv.assignee == ME:
            assert found == {"mine", "all"}
        case _ if conv.assignee is None:
            assert found == {"unassigned", "all"}
        case _:
            assert found == {"all"}


def test_whoever_waits_longest_comes_first_and_who_does_not_wait_comes_last() -> None:
    wait = [conversation(n, waiting_since=at(-n)) for n in (1, 2, 3)]
    rest = [conversation(n, last_at=at(-n)) for n in (4, 5)]
    order = sorted([*rest, *wait], key=by_waiting)
    assert [c.number for c in order] == [3, 2, 1, 4, 5]


def test_the_next_to_wake_comes_first_and_who_sleeps_until_a_word_comes_last() -> None:
    timed = [conversation(n, snooze=Snooze(at(n))) for n in (2, 1)]
    rest = [conversation(n, snooze=Snooze(None), last_at=at(-n)) for n in (4, 3)]
    assert [c.number for c in sorted([*rest, *timed], key=by_waking)] == [1, 2, 3, 4]


def test_the_newest_resolved_comes_first() -> None:
    order = sorted([conversation(n, last_at=at(-n)) for n in (3, 1, 2)], key=by_newest)
    assert [c.number for c in order] == [1, 2, 3]


@pytest.mark.parametrize("key", [by_waiting, by_waking, by_newest])
def test_equal_moments_are_told_apart_so_that_rows_never_swap(key: object) -> None:
    a, b = conversation("a", waiting_since=NOW), conversation("b", waiting_since=NOW)
    assert callable(key)
    assert key(a) != key(b)


def test_a_place_outside_is_an_error_and_a_stranger_has_no_place() -> None:
    index = Views()["all"]
    index.rebuild([conversation(1)], ME)
    for place in (-1, 1):
        with pytest.raises(IndexError):
            index.id_at(place)
    assert index.index_of(conv_id(2)) is None
    assert conv_id(2) not in index


def test_a_change_that_moves_nothing_touches_no_view() -> None:
    views = Views()
    conv = conversation(1, waiting_since=NOW, unread=1)
    views.rebuild([conv], ME)
    assert views.update(conv.id, replace(conv, unread=5, ver=9), ME) == set()
    assert views.update(conv_id(99), None, ME) == set()


WAITING = {"waiting_since": NOW - timedelta(minutes=1)}


@pytest.mark.parametrize(
    ("rows", "view"),
    [
        ([], "mine"),
        ([conversation(1, assignee=ME, **WAITING), conversation(2, **WAITING)], "mine"),
        ([conversation(1, assignee=ME), conversation(2, **WAITING)], "unassigned"),
        ([conversation(1), conversation(2, assignee=BEN, **WAITING)], "all"),
        ([conversation(1, assignee=ME), conversation(2)], "mine"),
        ([conversation(2)], "unassigned"),
        ([conversation(1, status=Status.SNOOZED, snooze=Snooze(None))], "snoozed"),
        ([conversation(1, status=Status.RESOLVED)], "resolved"),
    ],
)
def test_the_first_view_is_the_first_in_which_somebody_waits(
    rows: list[Conversation], view: str
) -> None:
    views = Views()
    views.rebuild(rows, ME)
    assert views.first_waiting({c.id: c for c in rows}.get) == view


def test_each_view_has_a_digit_of_its_own_and_words() -> None:
    assert [view.key for view in VIEWS] == ["1", "2", "3", "4", "5"]
    assert len({view.id for view in VIEWS}) == len(VIEWS)
    assert all(view.title and view.order for view in VIEWS)
