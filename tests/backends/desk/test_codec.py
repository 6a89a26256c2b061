"""Frames into facts: the page's examples, and whatever else a desk may say."""

from __future__ import annotations

import copy
import json
from typing import Any

import protocol_page as page
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.backends.desk import answers, codec
from agent_tui.backends.desk.answers import Granted
from agent_tui.backends.desk.fields import Malformed
from agent_tui.events import (
    AgentChanged,
    ContactChanged,
    ConversationChanged,
    DeliveryChanged,
    HistoryLoaded,
    MessageReceived,
    Refusal,
    Sequenced,
    TypingChanged,
    Unrecognised,
    ViewingChanged,
)
from agent_tui.model import AgentId, AuthorKind, ConversationId, Delivery, MessageId, OpId, SafeText

Json = dict[str, Any]
C = ConversationId("c-1042")
OP = OpId("0192f0")


def decode(frame: Any) -> codec.Frame:
    return codec.decode(json.dumps(frame))


def ev(kind: str, seq: int = 841, **data: Any) -> Json:
    return {"frame": "ev", "seq": seq, "conv": C, "type": kind, "ts": page.MOMENT, "cmd_id": None,
            "data": data}  # fmt: skip


def malformed(frame: Any) -> None:
    with pytest.raises(Malformed):
        decode(frame)


# ── the page's examples ─────────────────────────────────────────────────────────────────


def test_the_page_s_welcome() -> None:
    (frame,) = page.frames("welcome")
    welcome = decode(frame)
    assert isinstance(welcome, codec.Welcome)
    assert (welcome.epoch, welcome.seq, welcome.hb) == ("e1", 840, 10)
    event = welcome.event
    assert (event.me, event.desk_name, event.timezone) == (
        "ana",
        "Nordlicht Versand",
        "Europe/Berlin",
    )
    assert event.capabilities == set(frame["capabilities"])
    assert (event.labels, event.teams[0].members) == (("refund", "delivery"), ("ana", "ben"))
    assert (event.resumed, event.seq, event.epoch) == (False, 840, "e1")
    resumed = decode({**frame, "mode": "resumed"})
    assert isinstance(resumed, codec.Welcome)
    assert resumed.event.resumed


def test_the_page_s_snapshot() -> None:
    (frame,) = page.frames("snap")
    snap = decode(frame)
    assert isinstance(snap, codec.Snap)
    part = snap.event
    assert (snap.at_seq, part.part, part.parts, part.at_seq) == (840, 1, 3, 840)
    assert [conv.id for conv in part.conversations] == [C]


def test_the_page_s_event() -> None:
    (frame,) = page.frames("ev")
    event = decode(frame)
    assert isinstance(event, codec.Ev)
    assert event.seq == 841
    assert isinstance(event.event, MessageReceived)
    assert event.event.message.text == "Where is my parcel?"
    caused = decode({**frame, "cmd_id": OP})
    assert isinstance(caused, codec.Ev)
    assert isinstance(caused.event, MessageReceived)
    assert caused.event.op_id == OP


EVENTS: dict[str, tuple[Json, type]] = {
    "message": (
        {"conversation": page.conversation(), "message": page.message()},
        MessageReceived,
    ),
    "conversation": (
        {"conversation": page.conversation(), "message": None},
        ConversationChanged,
    ),
    "delivery": (
        {"message_id": "m-9", "delivery": "failed", "failure": "blocked"},
        DeliveryChanged,
    ),
    "contact": ({"contact": page.contact()}, ContactChanged),
    "agent": ({"agent": {"id": "ben", "name": "Ben", "availability": "busy"}}, AgentChanged),
    "none": ({}, Unrecognised),
}
EVENT_TABLE = {page.codes(row[0])[0]: page.codes(row[1]) for row in page.table("type")}


def test_the_page_and_the_code_have_the_same_events() -> None:
    assert set(EVENT_TABLE) == set(EVENTS)


@pytest.mark.parametrize("kind", EVENTS)
def test_every_event_of_the_page_is_known(kind: str) -> None:
    data, fact = EVENTS[kind]
    assert set(data) <= set(EVENT_TABLE[kind])
    frame = decode(ev(kind, **data))
    assert isinstance(frame, codec.Ev)
    assert isinstance(frame.event, fact)
    assert isinstance(frame.event, Sequenced)
    assert frame.event.seq == 841


def test_a_delivery_report_says_which_and_why() -> None:
    frame = decode(ev("delivery", **EVENTS["delivery"][0]))
    assert isinstance(frame, codec.Ev)
    assert frame.event == DeliveryChanged(
        841, C, MessageId("m-9"), Delivery.FAILED, SafeText("blocked")
    )


def test_the_page_s_heartbeat_and_signals() -> None:
    for beat in page.frames("hb"):
        assert decode(beat) == codec.Heartbeat(841)
    who = {"kind": "agent", "id": "ben", "name": "Ben Keller"}
    typing, viewing = ({**frame, "who": who} for frame in page.frames("sig"))
    signal = decode(typing)
    assert isinstance(signal, codec.Sig)
    assert isinstance(signal.event, TypingChanged)
    assert (signal.event.conversation, signal.event.on, signal.event.note) == (C, True, False)
    assert (signal.event.who.kind, signal.event.who.name) == (AuthorKind.AGENT, "Ben Keller")
    looks = decode(viewing)
    assert looks == codec.Sig(ViewingChanged(AgentId("ben"), C))
    away = decode({**viewing, "conv": None})
    assert away == codec.Sig(ViewingChanged(AgentId("ben"), None))


def test_the_page_s_answers() -> None:
    done, refused, thread = (decode(frame) for frame in page.frames("res"))
    assert isinstance(done, codec.Res)
    assert (done.ok, done.body["seq"]) == (True, 842)
    assert isinstance(refused, codec.Res)
    assert not refused.ok
    no = answers.rejection(refused.body, OP, C)
    assert (no.op_id, no.refusal, no.by) == (OP, Refusal.CONFLICT, "ben")
    assert no.current is not None
    assert no.current.id == C
    assert isinstance(thread, codec.Res)
    history, left_out = answers.history(thread.body, C, None)
    assert left_out == () and history.at_seq == 841
    assert isinstance(history, HistoryLoaded)
    assert [m.id for m in history.messages] == ["m-9"]
    assert history.more
    assert history.contact is not None


def test_the_page_s_goodbye() -> None:
    (frame,) = page.frames("go")
    assert decode(frame) == codec.Go(1012, SafeText(page.MOMENT), (), 5.0)
    go = decode({"frame": "go", "code": 4003, "agents": ["ana", "ben"]})
    assert isinstance(go, codec.Go)
    assert (go.agents, go.reconnect_after) == (("ana", "ben"), None)


# ── refusals ────────────────────────────────────────────────────────────────────────────

ERROR_CODES = page.codes(page.page().partition("5. Error codes:")[2].partition("\n## ")[0])


def test_the_page_names_every_refusal_that_is_told_apart() -> None:
    assert {r.value for r in Refusal} - {"other"} <= set(ERROR_CODES)


@pytest.mark.parametrize("code", [*ERROR_CODES, "brand_new", None, 7])
def test_every_code_is_a_refusal_in_words(code: Any) -> None:
    no = answers.rejection({"code": code, "message": "no \x1b[2J way"}, OP, C)
    assert no.refusal == (code if code in {r.value for r in Refusal} else Refusal.OTHER)
    assert no.detail.startswith("no ")
    assert "\x1b" not in no.detail


def test_only_a_desk_that_is_asked_too_much_is_asked_again() -> None:
    busy = {"code": "rate_limited", "message": "", "retry_after": 3}
    assert answers.rejection(busy, OP, C).retry_after == 3
    assert answers.rejection({"code": "rate_limited"}, OP, C).retry_after == 1
    assert answers.rejection({"code": "conflict", "retry_after": 3}, OP, C).retry_after is None


@pytest.mark.parametrize("seconds", [1e6, 999_999_999])
def test_no_desk_can_put_a_console_to_sleep_for_days(seconds: float) -> None:
    busy = {"code": "rate_limited", "retry_after": seconds}
    assert answers.rejection(busy, OP, C).retry_after == codec.LONGEST_WAIT == 300
    go = decode({"frame": "go", "code": 1012, "reconnect_after": seconds})
    assert isinstance(go, codec.Go)
    assert go.reconnect_after == 300


def test_a_stale_reply_says_what_was_missed() -> None:
    no = answers.rejection({"code": "stale", "messages": [page.message()]}, OP, C)
    assert [m.id for m in no.missed] == ["m-9"]


# ── what is not for here, and what is not known ─────────────────────────────────────────


def test_another_conversation_s_page_is_refused() -> None:
    (_done, _no, thread) = page.frames("res")
    body = thread["result"]
    with pytest.raises(Malformed, match="conv"):
        answers.history(body, ConversationId("c-7"), None)
    body["messages"][0]["conv"] = "c-7"
    with pytest.raises(Malformed, match="messages"):
        answers.history(body, C, None)


@pytest.mark.parametrize("kind", ["message", "conversation"])
def test_a_message_of_another_conversation_is_refused(kind: str) -> None:
    stray = {**page.message(), "conv": "c-7"}
    malformed(ev(kind, conversation=page.conversation(), message=stray))


def test_a_refusal_that_tells_of_another_conversation_is_refused() -> None:
    other = {**page.conversation(), "id": "c-7"}
    for body in (
        {"code": "conflict", "current": other},
        {"code": "stale", "messages": [{**page.message(), "conv": "c-7"}]},
    ):
        with pytest.raises(Malformed):
            answers.rejection(body, OP, C)


@pytest.mark.parametrize("kind", ["merged", "", None, 7, "\x1b[31m"])
def test_an_unknown_event_still_counts_in_the_sequence(kind: Any) -> None:
    frame = decode({**ev("x", seq=900, strange=[1]), "type": kind})
    assert isinstance(frame, codec.Ev)
    assert frame.seq == 900
    assert isinstance(frame.event, Unrecognised)
    assert frame.event.seq == 900
    assert "\x1b" not in frame.event.what


@pytest.mark.parametrize("kind", ["poll", None, 7, ["ev"], {"a": 1}])
def test_an_unknown_frame_is_a_fact_and_no_error(kind: Any) -> None:
    assert isinstance(decode({"frame": kind}), codec.Unknown)
    assert isinstance(decode({}), codec.Unknown)


def test_an_unknown_signal_is_ignored() -> None:
    who = {"kind": "agent", "id": "ben", "name": "Ben"}
    frame = decode({"frame": "sig", "kind": "waving", "who": who})
    assert isinstance(frame, codec.Sig)
    assert isinstance(frame.event, Unrecognised)


def test_unknown_fields_are_ignored_everywhere() -> None:
    for frame in (page.frames("ev"), page.frames("snap"), page.frames("welcome")):
        assert decode({**frame[0], "novel": {"x": 1}}) == decode(frame[0])


# ── what is broken ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "raw",
    [b"{}", b"\xff", "", "[]", "null", '{"frame": "hb", "seq": NaN}', '{"frame": 1, "frame": 2}',
     '{"frame": "hb"}', '{"frame": "hb", "seq": 1.5}', '{"frame": "res", "id": "a b", "ok": true}',
     '{"frame": "res", "id": "a", "ok": 1}', '{"frame": "res", "id": "a", "ok": true, "result": 1}',
     '{"frame": "ev", "seq": 1, "type": "message"}', '{"frame": "go"}',
     '{"frame": "sig", "kind": "typing"}'],
)  # fmt: skip
def test_a_broken_frame_is_malformed(raw: str | bytes) -> None:
    with pytest.raises(Malformed):
        codec.decode(raw)


@pytest.mark.parametrize(
    "part", [{"part": 0}, {"part": 4}, {"part": -1}, {"parts": 0}, {"part": None}, {"at_seq": None}]
)
def test_a_part_that_is_none_of_the_parts_is_malformed(part: Json) -> None:
    """Else the snapshot would never be whole, or would be whole with a part missing."""
    (frame,) = page.frames("snap")
    malformed({**frame, **part})


@pytest.mark.parametrize("hb", [0, 1e-9, 10, 1e6])
def test_a_heartbeat_is_never_so_seldom_that_a_dead_link_goes_unseen(hb: float) -> None:
    (frame,) = page.frames("welcome")
    welcome = decode({**frame, "hb": hb})
    assert isinstance(welcome, codec.Welcome)
    assert 0.05 <= welcome.hb <= 60


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)
KINDS = ["welcome", "snap", "ev", "res", "hb", "sig", "go", "other"]


@given(st.one_of(st.text(), st.binary(), JUNK.map(json.dumps)))
def test_anything_is_a_frame_or_malformed(raw: str | bytes) -> None:
    try:
        codec.decode(raw)
    except Malformed as error:
        assert str(error)


@given(
    st.sampled_from(KINDS),
    st.dictionaries(
        st.sampled_from(
            [
                "seq",
                "id",
                "ok",
                "result",
                "error",
                "part",
                "parts",
                "at_seq",
                "conversations",
                "type",
                "data",
                "cmd_id",
                "conv",
                "kind",
                "who",
                "code",
                "agents",
                "me",
                "epoch",
                "hb",
            ]
        ),
        JUNK,
    ),
)
def test_a_frame_of_a_known_kind_with_anything_in_it_is_read_or_malformed(
    kind: str, fields: Json
) -> None:
    try:
        frame = decode({"frame": kind, **fields})
    except Malformed:
        return
    if isinstance(frame, codec.Res):
        for read in (lambda b: answers.rejection(b, OP, C), lambda b: answers.history(b, C, None)):
            try:
                read(frame.body)
            except Malformed as error:
                assert str(error)


@given(data=st.data())
def test_an_example_with_anything_in_any_place_is_read_or_malformed(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["welcome", "snap", "ev", "res", "go"]))
    frame = copy.deepcopy(data.draw(st.sampled_from(page.frames(kind))))
    inside = _places(frame)
    container, key = data.draw(st.sampled_from(inside))
    container[key] = data.draw(JUNK)
    try:
        decode(frame)
    except Malformed as error:
        assert str(error)


def _places(value: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            found += [(value, key), *_places(value[key])]
    return found


# The life of a token


def test_a_token_that_ends_is_told_in_three_places() -> None:
    """In the welcome, ahead of the end, and in the answer to a fresh one; null: it does not end."""
    (welcome,) = page.frames("welcome")
    told = [decode({**welcome, "auth": auth}) for auth in ({"expires_in": 900}, {}, None)]
    told.append(decode({**welcome, "auth": {"expires_in": None}}))
    lives = [one.expires_in for one in told if isinstance(one, codec.Welcome)]
    assert lives == [900, None, None, None]
    assert decode({"frame": "auth_expiring", "expires_in": 60}) == codec.AuthExpiring(60)
    yes = decode({"frame": "res", "id": "a-1", "ok": True, "result": {"expires_in": 900}})
    no = decode({"frame": "res", "id": "a-1", "ok": False, "error": {"code": "unauthorised"}})
    assert isinstance(yes, codec.Res) and isinstance(no, codec.Res)
    assert answers.granted(yes) == Granted(True, 900)
    assert answers.granted(no) == Granted(False)


@pytest.mark.parametrize("bad", ["soon", -1, True, 1e12, [900]])
def test_a_life_that_makes_no_sense_is_malformed(bad: object) -> None:
    (welcome,) = page.frames("welcome")
    with pytest.raises(Malformed, match="expires_in"):
        decode({**welcome, "auth": {"expires_in": bad}})
    with pytest.raises(Malformed, match="expires_in"):
        decode({"frame": "auth_expiring", "expires_in": bad})
