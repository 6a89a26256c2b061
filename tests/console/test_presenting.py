"""From the seat to the screen: what is counted, what is found, what is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import (
    CAPABILITIES,
    NOW,
    Numbered,
    conv_id,
    conversation,
    did,
    safe,
    store_of,
    welcomed,
)
from hypothesis import given
from hypothesis import strategies as st

from agent_tui import i18n
from agent_tui.change import NOTHING, Change
from agent_tui.clock import ManualClock
from agent_tui.console import presenting
from agent_tui.console.presenting import FoundRows, on_its_way, unsent
from agent_tui.desk import Desk
from agent_tui.events import Link, LinkChanged, SnapshotPart
from agent_tui.model import Conversation, ConversationId, Status
from agent_tui.shown import Mode
from agent_tui.when import waits


@pytest.fixture(autouse=True)
def english() -> None:
    i18n.use_language("en")


class NoLine:
    keeps = False

    def pump(self) -> Change:
        return NOTHING

    def ask_history(self, conversation: ConversationId, before: int | None) -> None: ...

    def signal(self, signal: object) -> None: ...


def desk_of(*conversations: Conversation, offline: bool = False) -> Desk:
    store = store_of(*conversations)
    store.apply(welcomed(100, resumed=True, capabilities=CAPABILITIES), NOW)
    if offline:
        store.apply(LinkChanged(Link.OFFLINE, NOW), NOW)
    desk = Desk(store, NoLine(), ManualClock(NOW), Numbered())
    desk.follow(Change(everything=True))
    desk.view_id = "all"
    return desk


# ── what is under way ───────────────────────────────────────────────────────────────────

UNREAD = conversation(1, unread=2, seq=5)


def test_that_something_was_read_is_no_alarm_and_not_asked_about() -> None:
    desk = desk_of(UNREAD, offline=True)
    desk.mark_read(UNREAD.id, 5)
    assert len(desk.store.outbox) == 1
    assert on_its_way(desk) == ("", False)
    assert unsent(desk) == 0


def test_what_was_asked_for_by_hand_waits_for_the_line() -> None:
    desk = desk_of(UNREAD, offline=True)
    desk.mark_read(UNREAD.id, 5)
    desk.selected = UNREAD.id
    desk.resolve()
    desk.send(UNREAD.id, "hello", Mode.NOTE)
    assert on_its_way(desk) == ("2 wait for the line", True)
    assert unsent(desk) == 2


def test_what_the_desk_has_confirmed_is_not_asked_about() -> None:
    desk = desk_of(UNREAD)
    desk.selected = UNREAD.id
    desk.resolve()
    (pending,) = desk.store.outbox
    desk.store.outbox.settle(pending.op.id, 500, 100)
    assert unsent(desk) == 0


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "waits under 1 m"), (59, "waits under 1 m"), (60, "waits 1 m"), (7300, "waits 2 h")],
)
def test_how_long_somebody_waits_in_words(seconds: int, said: str) -> None:
    assert waits(NOW - timedelta(seconds=seconds), NOW) == said


# ── what is searched for ────────────────────────────────────────────────────────────────

WORDS = ("parcel", "refund", "parcel refund", "")
SHAPES = st.fixed_dictionaries(
    {
        "preview": st.sampled_from(WORDS).map(safe),
        "status": st.sampled_from((Status.OPEN, Status.RESOLVED)),
        "waiting_since": st.none() | st.integers(1, 9).map(lambda n: NOW - timedelta(minutes=n)),
        "labels": st.lists(st.sampled_from(("parcel", "vip")).map(safe), max_size=1).map(tuple),
    }
)
CHANGES = st.lists(st.tuples(st.integers(1, 6), SHAPES | st.none()), max_size=12)


def found(rows: FoundRows) -> list[str]:
    return [rows.id_at(place) for place in range(len(rows))]


@given(begins=st.lists(SHAPES, min_size=6, max_size=6), steps=CHANGES, query=st.sampled_from(WORDS))
def test_a_search_kept_up_by_each_change_is_the_search_made_anew(
    begins: list[dict[str, object]],
    steps: list[tuple[int, dict[str, object] | None]],
    query: str,
) -> None:
    """Conversations change their words, their place and their view, and leave the desk."""
    desk = desk_of(*(conversation(n, **shape) for n, shape in enumerate(begins, 1)))
    rows = FoundRows(desk, desk.view, query)
    for seq, (number, shape) in enumerate(steps, 101):
        if shape is None:
            rest = [c for c in desk.store.conversations() if c.id != conv_id(number)]
            desk.store.apply(SnapshotPart(1, 1, tuple(rest), seq), NOW)
            desk.follow(Change(conversations=frozenset({conv_id(number)})))
            rows.follow([conv_id(number)])
        else:
            conv = conversation(number, seq=seq, ver=seq, **shape)
            change = desk.store.apply(did(seq, conv), NOW)
            desk.follow(change)
            rows.follow(change.conversations)
        fresh = FoundRows(desk, desk.view, query)
        assert found(rows) == found(fresh)
        assert [rows.index_of(ConversationId(key)) for key in found(rows)] == [*range(len(rows))]
        shown = [rows.row(place).conversation.id for place in range(len(rows))]
        assert shown == found(rows)


def test_a_change_of_somebody_else_reads_one_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search in a long list costs nothing while it stands."""
    desk = desk_of(*(conversation(n, preview=safe("parcel")) for n in range(1, 500)))
    rows = FoundRows(desk, desk.view, "parcel")
    read: list[str] = []
    fits = presenting._fits

    def counted(conv: Conversation, words: Sequence[str]) -> bool:
        read.append(conv.id)
        return fits(conv, words)

    monkeypatch.setattr(presenting, "_fits", counted)
    change = desk.store.apply(did(101, conversation(7, ver=2, seq=101)), NOW)
    desk.follow(change)
    rows.follow(change.conversations)
    assert read == ["c-7"]
    assert rows.index_of(conv_id(7)) is None
    assert len(rows) == 498


def test_a_search_answers_its_own_view_and_words_only() -> None:
    desk = desk_of(conversation(1))
    rows = FoundRows(desk, desk.view, "parcel")
    assert rows.answers(desk.views["all"], "parcel")
    assert not rows.answers(desk.views["mine"], "parcel")
    assert not rows.answers(desk.views["all"], "parce")


def test_a_row_that_is_not_there_is_an_index_error() -> None:
    desk = desk_of(conversation(1, preview=safe("parcel")))
    rows = FoundRows(desk, desk.view, "parcel")
    assert rows.row(0).conversation == replace(conversation(1), preview=safe("parcel"))
    with pytest.raises(IndexError):
        rows.row(1)
