"""The pure desk: every op, compare and set, staleness, waking, and the protocol's definitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_tui.backends.mock import rules
from agent_tui.backends.mock.ledger import Ledger
from agent_tui.backends.mock.records import Contact, Conversation, Earlier, Order, Sla
from agent_tui.backends.mock.staff import DESK
from agent_tui.backends.mock.unwire import contact_from, conversation_from, message_from
from agent_tui.backends.mock.wire import (
    contact_to_wire,
    conversation_to_wire,
    message_to_wire,
    moment,
    stamp,
)
from agent_tui.backends.mock.world import World
from agent_tui.backends.strict_json import NotJson, load_object
from agent_tui.channels import RULES
from agent_tui.model import AuthorKind, Availability, Channel, Delivery, Priority, Status

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Bench:
    """A world with one conversation in which a customer has written twice."""

    def __init__(self, channel: Channel = Channel.WHATSAPP) -> None:
        self.world = World(DESK, "e1")
        self.now = NOW
        self.numbers = count(1)
        contact = self.world.add_contact(Contact("", "Noah Brown"))
        self.id = self.world.add_conversation(rules.fresh(contact, channel, NOW)).id
        self.writes("Where is my parcel?")
        self.writes("It was due Friday.")

    def conv(self) -> Conversation:
        return self.world.conversations[self.id]

    def passes(self, **time: float) -> None:
        self.now += timedelta(**time)

    def writes(self, text: str) -> tuple[dict[str, Any], ...]:
        self.now += SECOND
        return self.world.customer_writes(self.id, text, self.now)

    def asks(self, op: str, by: str = "ana", /, **data: Any) -> dict[str, Any]:
        return self.outcome(op, by, **data)[0]

    def outcome(
        self, op: str, by: str = "ana", /, **data: Any
    ) -> tuple[dict[str, Any], tuple[dict[str, Any], ...]]:
        """The answer and the events; `base_ver` and `seen_seq` go where they belong."""
        frame: dict[str, Any] = {"frame": "cmd", "op": op, "conv": self.id}
        frame["id"] = data.pop("id", f"cmd-{next(self.numbers)}")
        frame["base_ver"] = data.pop("base_ver", self.conv().ver)
        frame["seen_seq"] = data.pop("seen_seq", None)
        frame["conv"] = data.pop("conv", self.id)
        outcome = self.world.command(by, {**frame, "data": data}, self.now)
        return outcome.answer, outcome.events


@pytest.fixture
def bench() -> Bench:
    return Bench()


def code(answer: Mapping[str, Any]) -> str:
    assert answer["ok"] is False
    return str(answer["error"]["code"])


LATER = stamp(NOW + timedelta(hours=3))
EACH_OP: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    # op, data, what the activity or message says, and what the conversation is afterwards
    ("send", {"text": "On its way."}, "text", {"waiting_since": None, "unread": 0}),
    ("note", {"text": "asked the depot"}, "note", {"unread": 2}),
    ("assign", {"agent": "ben"}, "assigned", {"assignee": "ben"}),
    ("team", {"team": "returns"}, "team", {"team": "returns"}),
    ("snooze", {"until": LATER, "keep_asleep": False}, "snoozed", {"status": Status.SNOOZED}),
    ("snooze", {"until": None}, "snoozed", {"status": Status.SNOOZED}),
    ("resolve", {}, "resolved", {"status": Status.RESOLVED, "waiting_since": None}),
    ("priority", {"priority": "urgent"}, "priority", {"priority": Priority.URGENT}),
    ("label", {"add": ["vip"], "remove": []}, "labelled", {"labels": ("vip",)}),
]


@pytest.mark.parametrize(("op", "data", "what", "after"), EACH_OP)
def test_an_op_is_accepted_and_told(
    bench: Bench, op: str, data: dict[str, Any], what: str, after: dict[str, Any]
) -> None:
    before = bench.world.seq
    answer, events = bench.outcome(op, id="x-1", **data)
    assert answer == {"frame": "res", "id": "x-1", "ok": True, "result": answer["result"]}
    assert [event["seq"] for event in events] == [before + 1]
    (event,) = events
    message = event["data"]["message"]
    assert event["cmd_id"] == "x-1" == message["cmd_id"]
    assert what in {message["kind"], (message["activity"] or {}).get("what")}
    assert message["author"] == {"kind": "agent", "id": "ana", "name": "Ana Weber"}
    assert event["data"]["conversation"] == conversation_to_wire(bench.conv())
    assert answer["result"]["seq"] == event["seq"] == bench.conv().seq
    assert {name: getattr(bench.conv(), name) for name in after} == after


VERSIONED = [row for row in EACH_OP if row[0] not in {"send", "note", "label"}]


@pytest.mark.parametrize(("op", "data", "what", "after"), EACH_OP)
def test_the_version_grows_by_one_with_state_and_with_nothing_else(
    bench: Bench, op: str, data: dict[str, Any], what: str, after: dict[str, Any]
) -> None:
    before = bench.conv().ver
    bench.asks(op, **data)
    grows = (op, data, what, after) in VERSIONED
    assert bench.conv().ver == before + grows


@pytest.mark.parametrize(("op", "data", "what", "after"), VERSIONED)
def test_an_old_version_is_a_conflict_and_changes_nothing(
    bench: Bench, op: str, data: dict[str, Any], what: str, after: dict[str, Any]
) -> None:
    old = bench.conv().ver
    bench.asks("assign", "ben", agent="carla")
    before, seq = bench.conv(), bench.world.seq
    answer, events = bench.outcome(op, base_ver=old, **data)
    assert code(answer) == "conflict"
    assert answer["error"]["current"] == conversation_to_wire(before)
    assert answer["error"]["by"] == "ben"
    assert (events, bench.conv(), bench.world.seq) == ((), before, seq)


@pytest.mark.parametrize(("op", "data", "what", "after"), EACH_OP)
def test_a_repeated_command_gets_the_first_answer_and_does_nothing(
    bench: Bench, op: str, data: dict[str, Any], what: str, after: dict[str, Any]
) -> None:
    ver = bench.conv().ver
    first = bench.asks(op, id="same", base_ver=ver, **data)
    bench.writes("something new meanwhile")
    state, seq = bench.conv(), bench.world.seq
    again, events = bench.outcome(op, id="same", base_ver=ver, **data)
    assert again == first
    assert (events, bench.conv(), bench.world.seq) == ((), state, seq)


@pytest.mark.parametrize(("op", "data", "what", "after"), EACH_OP)
def test_the_same_id_for_something_else_is_refused(
    bench: Bench, op: str, data: dict[str, Any], what: str, after: dict[str, Any]
) -> None:
    bench.asks("note", id="same", text="first")
    state = bench.conv()
    assert code(bench.asks(op, id="same", **data)) == "id_reused"
    assert bench.conv() is state
    # Another agent's ids are her own.
    assert bench.asks(op, "ben", id="same", **data)["ok"] is True


def test_a_refusal_is_kept_like_any_answer(bench: Bench) -> None:
    first = bench.asks("assign", id="same", base_ver=99, agent="ben")
    assert code(first) == "conflict"
    bench.asks("resolve")
    assert bench.asks("assign", id="same", base_ver=99, agent="ben") == first


def test_answers_are_kept_for_a_week_and_then_forgotten(bench: Bench) -> None:
    bench.asks("note", id="old", text="one")
    bench.passes(days=7)
    assert bench.asks("note", id="old", text="two")["error"]["code"] == "id_reused"
    bench.passes(days=2)
    bench.asks("note", id="new", text="three")
    assert ("ana", "old") not in bench.world.answers


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("dance", {}, "unknown_op"),
    ("send", {"text": "hi", "conv": "c-1"}, "unknown_conversation"),
    ("send", {"text": "hi", "conv": 7}, "unknown_conversation"),
    ("send", {}, "bad_request"),
    ("send", {"text": "   "}, "bad_request"),
    ("send", {"text": 7}, "bad_request"),
    ("send", {"text": "half \ud83d"}, "bad_request"),
    ("send", {"text": "hi", "seen_seq": "1"}, "bad_request"),
    ("send", {"text": "hi", "quick_replies": "yes"}, "bad_request"),
    ("send", {"text": "hi", "quick_replies": ["x" * 300]}, "bad_request"),
    ("send", {"text": "hi", "quick_replies": ["a"] * 11}, "too_many_replies"),
    ("send", {"text": "x" * 4097}, "too_long"),
    ("note", {"text": "x" * 25_001}, "too_long"),
    ("assign", {"agent": "zoe"}, "unknown_agent"),
    ("assign", {}, "bad_request"),
    ("assign", {"agent": "ben", "base_ver": None}, "bad_request"),
    ("assign", {"agent": "ben", "base_ver": True}, "bad_request"),
    ("team", {"team": "moon"}, "unknown_team"),
    ("snooze", {}, "bad_request"),
    ("snooze", {"until": "tomorrow"}, "bad_request"),
    ("snooze", {"until": "2026-11-24T09:00:00"}, "bad_request"),
    ("snooze", {"until": 12}, "bad_request"),
    ("snooze", {"until": None, "keep_asleep": True}, "bad_request"),
    ("snooze", {"until": stamp(NOW)}, "in_the_past"),
    ("priority", {"priority": "huge"}, "bad_request"),
    ("priority", {"priority": ["high"]}, "bad_request"),
    ("label", {"add": "vip"}, "bad_request"),
    ("label", {"add": [" "]}, "bad_request"),
    ("label", {"add": ["x" * 65]}, "too_long"),
    ("label", {"add": [f"l{n}" for n in range(101)]}, "bad_request"),
    ("read", {}, "bad_request"),
    ("read", {"seq": True}, "bad_request"),
]


@pytest.mark.parametrize(("op", "data", "wanted"), REFUSED)
def test_what_cannot_be_done_is_refused_with_a_reason(
    bench: Bench, op: str, data: dict[str, Any], wanted: str
) -> None:
    state, seq = bench.conv(), bench.world.seq
    answer, events = bench.outcome(op, **data)
    assert code(answer) == wanted
    assert answer["error"]["message"]
    assert (events, bench.conv(), bench.world.seq) == ((), state, seq)


def test_a_command_without_an_object_for_data_is_refused(bench: Bench) -> None:
    frame = {"frame": "cmd", "id": "x", "op": "note", "conv": bench.id, "data": [1]}
    assert code(bench.world.command("ana", frame, bench.now).answer) == "bad_request"


@pytest.mark.parametrize("channel", list(Channel))
def test_each_channel_has_its_own_length(channel: Channel) -> None:
    bench, limit = Bench(channel), RULES[channel].max_chars
    assert bench.asks("send", text="x" * limit)["ok"] is True
    answer = bench.asks("send", text="x" * (limit + 1))
    assert (code(answer), answer["error"]["limit"]) == ("too_long", limit)


@pytest.mark.parametrize("channel", list(Channel))
def test_the_reply_window_closes_where_there_is_one(channel: Channel) -> None:
    bench, window = Bench(channel), RULES[channel].reply_window
    bench.passes(hours=23, minutes=59)
    assert bench.asks("send", text="still open")["ok"] is True
    bench.passes(minutes=1)
    answer = bench.asks("send", text="a day later")
    assert answer["ok"] is (window is None)
    if window is not None:
        assert code(answer) == "window_closed"
        assert bench.asks("note", text="notes always go")["ok"] is True
        bench.writes("I am back")
        assert bench.asks("send", text="open again")["ok"] is True


def test_of_many_agents_with_the_same_version_one_wins(bench: Bench) -> None:
    ver = bench.conv().ver
    answers = [bench.asks("assign", one, base_ver=ver, agent=one) for one in bench.world.agents]
    assert [answer["ok"] for answer in answers] == [True] + [False] * 5
    assert {answer["error"]["by"] for answer in answers[1:]} == {"ana"}
    assert bench.conv().assignee == "ana"


def test_a_change_to_the_same_value_counts_but_writes_no_line(bench: Bench) -> None:
    bench.asks("assign", agent="ben")
    ver = bench.conv().ver
    _answer, (event,) = bench.outcome("assign", agent="ben")
    assert (event["type"], event["data"]["message"], bench.conv().ver) == (
        "conversation", None, ver + 1,
    )  # fmt: skip


# ── staleness ───────────────────────────────────────────────────────────────────────────


def test_a_reply_to_what_the_agent_has_not_seen_is_stale(bench: Bench) -> None:
    seen = bench.conv().seq
    bench.writes("Forget it, it came.")
    answer = bench.asks("send", text="I am looking for it", seen_seq=seen)
    assert code(answer) == "stale"
    assert [one["text"] for one in answer["error"]["messages"]] == ["Forget it, it came."]
    assert bench.asks("send", text="Glad to hear", seen_seq=bench.conv().seq)["ok"] is True


def test_another_agents_reply_makes_stale_but_notes_changes_and_own_replies_do_not(
    bench: Bench,
) -> None:
    seen = bench.conv().seq
    bench.asks("note", "ben", text="depot asked")
    bench.asks("assign", "ben", agent="ben")
    bench.world.bot_writes(bench.id, "A colleague is coming.", bench.now)
    assert bench.asks("send", text="one", seen_seq=seen)["ok"] is True
    assert bench.asks("send", text="two", seen_seq=seen)["ok"] is True
    answer = bench.asks("send", "ben", text="three", seen_seq=seen)
    assert [one["text"] for one in answer["error"]["messages"]] == ["one", "two"]


def test_send_anyway_compares_nothing(bench: Bench) -> None:
    bench.writes("newer")
    assert bench.asks("send", text="anyway", seen_seq=None)["ok"] is True


# ── waiting, unread, preview ────────────────────────────────────────────────────────────


def test_waiting_begins_with_the_first_message_after_our_answer(bench: Bench) -> None:
    assert bench.conv().waiting_since == NOW + SECOND
    bench.asks("send", text="answer")
    assert bench.conv().waiting_since is None
    bench.passes(minutes=5)
    bench.writes("one")
    since = bench.now
    bench.writes("two")
    assert bench.conv().waiting_since == since


def test_the_bot_answers_but_the_customer_still_waits(bench: Bench) -> None:
    bench.world.bot_writes(bench.id, "I am a bot.", bench.now)
    assert bench.conv().waiting_since == NOW + SECOND
    assert bench.conv().last_author is AuthorKind.BOT
    bench.writes("A human please")
    assert bench.conv().waiting_since == bench.now


def test_reopening_finds_out_again_who_is_waited_for(bench: Bench) -> None:
    since = bench.conv().waiting_since
    bench.asks("resolve")
    assert bench.conv().waiting_since is None
    bench.asks("reopen")
    assert (bench.conv().status, bench.conv().waiting_since) == (Status.OPEN, since)
    bench.asks("send", text="answer")
    bench.asks("resolve")
    bench.asks("reopen")
    assert bench.conv().waiting_since is None


def test_read_and_unread(bench: Bench) -> None:
    assert bench.conv().unread == 2
    first = bench.world.threads[bench.id][0].seq
    bench.asks("read", seq=first)
    assert bench.conv().unread == 1
    answer, events = bench.outcome("read", seq=bench.conv().seq)
    assert bench.conv().unread == 0
    assert events[0]["data"]["message"] is None
    assert bench.outcome("read", seq=first)[1] == ()  # an old mark unreads nothing
    bench.asks("unread")
    bench.asks("unread")
    assert bench.conv().unread == 1
    assert answer["ok"] is True


def test_reading_does_not_change_the_newest_message(bench: Bench) -> None:
    seq, last = bench.conv().seq, bench.conv().last_at
    bench.passes(minutes=1)
    bench.asks("read", seq=seq)
    assert (bench.conv().seq, bench.conv().last_at) == (seq, last)


def test_the_preview_is_what_was_said_to_or_by_the_customer(bench: Bench) -> None:
    bench.asks("note", text="secret")
    bench.asks("assign", agent="ben")
    assert bench.conv().preview == "It was due Friday."
    assert bench.conv().last_author is AuthorKind.CUSTOMER
    bench.asks("send", text="y" * 300)
    assert bench.conv().preview == "y" * 200
    assert bench.conv().last_author is AuthorKind.AGENT


def test_promises(bench: Bench) -> None:
    promise = RULES[Channel.WHATSAPP].first_response
    assert bench.conv().sla == Sla(first_response_due=NOW + promise)
    bench.asks("send", text="answer")
    assert bench.conv().sla is None
    bench.passes(hours=1)
    bench.writes("and?")
    assert bench.conv().sla == Sla(next_response_due=bench.now + promise)


def test_labels_are_sets_and_each_change_is_a_line(bench: Bench) -> None:
    bench.asks("label", add=["vip", "refund"])
    answer, events = bench.outcome("label", add=["vip", "delivery"], remove=["refund", "none"])
    assert bench.conv().labels == ("vip", "delivery")
    told = [event["data"]["message"]["activity"] for event in events]
    assert [(one["what"], one["subject"]) for one in told] == [
        ("unlabelled", "refund"),
        ("labelled", "delivery"),
    ]
    assert [event["data"]["conversation"]["labels"] for event in events] == [
        ["vip"], ["vip", "delivery"],
    ]  # fmt: skip
    assert answer["result"]["seq"] == events[-1]["seq"]
    assert bench.outcome("label", add=["vip"])[1] == ()


# ── sleep ───────────────────────────────────────────────────────────────────────────────


def test_a_sleeper_wakes_at_the_moment_and_not_before(bench: Bench) -> None:
    until = moment(LATER)
    bench.asks("snooze", until=LATER)
    ver = bench.conv().ver
    assert bench.world.next_wake() == until
    assert bench.world.wake_due(until - SECOND) == ()
    (event,) = bench.world.wake_due(until)
    assert event["data"]["message"]["activity"]["what"] == "woken"
    assert event["data"]["message"]["author"]["kind"] == "system"
    assert (bench.conv().status, bench.conv().snooze, bench.conv().ver) == (
        Status.OPEN,
        None,
        ver + 1,
    )
    assert bench.world.wake_due(until + SECOND) == ()
    assert bench.world.next_wake() is None


def test_the_customer_wakes_a_sleeper_early(bench: Bench) -> None:
    bench.asks("snooze", until=LATER)
    woken, message = bench.writes("Hello?")
    assert woken["data"]["message"]["activity"]["what"] == "woken"
    assert woken["data"]["message"]["author"]["kind"] == "customer"
    assert message["data"]["message"]["text"] == "Hello?"
    assert bench.conv().status is Status.OPEN
    assert bench.world.wake_due(moment(LATER)) == ()


def test_until_the_customer_writes(bench: Bench) -> None:
    bench.asks("snooze", until=None)
    assert bench.world.next_wake() is None
    bench.writes("now")
    assert bench.conv().status is Status.OPEN


def test_keep_asleep_sleeps_through_the_customers_messages(bench: Bench) -> None:
    bench.asks("snooze", until=LATER, keep_asleep=True)
    assert len(bench.writes("Hello?")) == 1
    assert bench.conv().status is Status.SNOOZED
    assert bench.conv().unread == 3
    assert len(bench.world.wake_due(moment(LATER))) == 1


def test_only_the_newest_alarm_rings(bench: Bench) -> None:
    later = stamp(moment(LATER) + timedelta(hours=1))
    bench.asks("snooze", until=LATER)
    bench.asks("snooze", until=later)
    assert bench.world.wake_due(moment(LATER)) == ()
    assert len(bench.world.wake_due(moment(later))) == 1


def test_reopening_a_sleeper_wakes_it(bench: Bench) -> None:
    bench.asks("snooze", until=LATER)
    _answer, (event,) = bench.outcome("reopen")
    assert event["data"]["message"]["activity"]["what"] == "woken"
    assert bench.world.wake_due(moment(LATER)) == ()


def test_a_customer_opens_what_was_resolved(bench: Bench) -> None:
    bench.asks("assign", agent="ben")
    bench.asks("resolve")
    reopened, message = bench.writes("One more thing")
    assert reopened["data"]["message"]["activity"]["what"] == "reopened"
    assert reopened["data"]["message"]["author"]["kind"] == "customer"
    assert message["seq"] == reopened["seq"] + 1
    assert (bench.conv().status, bench.conv().assignee) == (Status.OPEN, "ben")
    assert bench.conv().waiting_since == bench.now
    answer = bench.asks("resolve", base_ver=bench.conv().ver - 1)
    assert answer["error"]["by"] is None  # no agent did that


# ── the rest of the desk ────────────────────────────────────────────────────────────────


def test_deliveries_only_move_on(bench: Bench) -> None:
    message = bench.asks("send", text="answer")["result"]["message_id"]

    def report(step: Delivery, failure: str = "") -> list[str]:
        events = bench.world.report_delivery(message, step, failure, bench.now)
        return [event["data"]["delivery"] for event in events]

    assert report(Delivery.DELIVERED) == ["delivered"]
    assert report(Delivery.SENT) == []
    assert report(Delivery.DELIVERED) == []
    assert report(Delivery.READ) == ["read"]
    assert report(Delivery.FAILED, "no such number") == []
    other = bench.asks("send", text="again")["result"]["message_id"]
    (event,) = bench.world.report_delivery(other, Delivery.FAILED, "no such number", bench.now)
    assert event["type"] == "delivery"
    assert event["data"] == {
        "message_id": other, "delivery": "failed", "failure": "no such number",
    }  # fmt: skip
    assert bench.world.threads[bench.id][-1].failure == "no such number"


def test_presence_is_told_when_it_changes(bench: Bench) -> None:
    (event,) = bench.world.presence("ben", Availability.ONLINE, bench.now)
    assert event["conv"] is None
    assert event["data"]["agent"]["availability"] == "online"
    assert bench.world.presence("ben", Availability.ONLINE, bench.now) == ()


def page(bench: Bench, **more: Any) -> dict[str, Any]:
    return bench.world.question({"id": "q", "what": "thread", "conv": bench.id, **more})


def test_a_thread_is_read_page_by_page_from_its_end(bench: Bench) -> None:
    for number in range(120):
        bench.writes(f"line {number}")
    newest = page(bench, before=None, limit=50)["result"]
    assert (len(newest["messages"]), newest["more"]) == (50, True)
    assert newest["contact"]["name"] == "Noah Brown"
    assert newest["at_seq"] == bench.world.seq
    seen, before = newest["messages"], newest["messages"][0]["seq"]
    while True:
        older = page(bench, before=before, limit=50)["result"]
        assert older["contact"] is None
        seen, before = older["messages"] + seen, older["messages"][0]["seq"]
        if not older["more"]:
            break
    assert seen == [message_to_wire(one) for one in bench.world.threads[bench.id]]


def test_a_page_never_outgrows_a_frame(bench: Bench) -> None:
    for _ in range(60):
        bench.asks("note", text="ß" * 25_000)
    result = page(bench, limit=200)["result"]
    assert 1 <= len(result["messages"]) < 10
    assert result["more"] is True


@pytest.mark.parametrize(
    ("frame", "wanted"),
    [
        ({"what": "weather"}, "unknown_op"),
        ({"conv": "c-1"}, "unknown_conversation"),
        ({"conv": None}, "unknown_conversation"),
        ({"before": "1"}, "bad_request"),
        ({"limit": 0}, "bad_request"),
        ({"limit": True}, "bad_request"),
    ],
)
def test_questions_that_make_no_sense(bench: Bench, frame: dict[str, Any], wanted: str) -> None:
    assert code(page(bench, **frame)) == wanted


def test_earlier_conversations_of_every_channel_stand_with_the_contact(bench: Bench) -> None:
    world = bench.world
    past = Earlier("old-1", Channel.EMAIL, Status.RESOLVED, "late parcel", NOW - 9 * SECOND, 2)
    contact = world.add_contact(replace(world.contacts[bench.conv().contact_id], earlier=(past,)))
    other = world.add_conversation(rules.fresh(contact, Channel.WEBCHAT, bench.now)).id
    world.customer_writes(other, "me again", bench.now)
    told = page(bench)["result"]["contact"]["earlier"]
    assert [(one["id"], one["channel"], one["status"]) for one in told] == [
        (other, "webchat", "open"),
        ("old-1", "email", "resolved"),
    ]
    thread = page(bench, conv="old-1")["result"]
    assert thread["messages"][0]["text"] == "late parcel"
    assert thread["messages"][-1]["activity"]["what"] == "resolved"
    assert [one["id"] for one in thread["contact"]["earlier"]] == [other, bench.id]
    assert code(bench.asks("note", conv="old-1", text="x")) == "unknown_conversation"


def test_a_rating_is_told_with_the_contact(bench: Bench) -> None:
    (event,) = bench.world.rate(bench.id, 4, bench.now)
    assert event["type"] == "contact"
    assert event["data"]["contact"]["earlier"][0]["rating"] == 4


def test_a_snapshot_names_open_ones_first_and_the_longest_waiting_first(bench: Bench) -> None:
    world = bench.world
    for number in range(4):
        contact = world.add_contact(Contact("", f"P{number}"))
        conv = world.add_conversation(rules.fresh(contact, Channel.EMAIL, NOW)).id
        world.customer_writes(conv, "hi", NOW + timedelta(minutes=9 - number))
    first, asleep = world.in_order()[1].id, world.in_order()[2].id
    frame = {"id": "a", "op": "resolve", "conv": first, "base_ver": 1, "data": {}}
    world.command("ana", frame, bench.now)
    frame = {"id": "b", "op": "snooze", "conv": asleep, "base_ver": 1, "data": {"until": None}}
    world.command("ana", frame, bench.now)
    order = world.in_order()
    statuses = [conv.status for conv in order]
    assert statuses == [Status.OPEN] * 3 + [Status.SNOOZED, Status.RESOLVED]
    waits = [conv.waiting_since for conv in order[:3] if conv.waiting_since]
    assert waits == sorted(waits)


# ── properties ──────────────────────────────────────────────────────────────────────────

STEPS = st.lists(
    st.sampled_from(
        [
            ("customer", {}), ("bot", {}), ("wake", {}),
            ("send", {"text": "a"}), ("note", {"text": "n"}), ("resolve", {}), ("reopen", {}),
            ("assign", {"agent": "ben"}), ("assign", {"agent": None}),
            ("team", {"team": "billing"}),
            ("snooze", {"until": LATER}), ("snooze", {"until": None}),
            ("priority", {"priority": "high"}), ("label", {"add": ["a"], "remove": ["b"]}),
            ("label", {"add": ["b"], "remove": ["a"]}), ("unread", {}), ("read", {"seq": 4}),
            ("priority", {"priority": "?"}),
        ]
    ),
    max_size=30,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_whatever_happens_events_have_no_holes_and_tell_the_whole_truth(
    steps: list[tuple[str, dict[str, Any]]],
) -> None:
    bench = Bench()
    told: list[dict[str, Any]] = []
    start = bench.world.seq
    for what, data in steps:
        bench.passes(minutes=20)
        match what:
            case "customer":
                told.extend(bench.writes("hello"))
            case "bot":
                told.extend(bench.world.bot_writes(bench.id, "beep", bench.now))
            case "wake":
                told.extend(bench.world.wake_due(bench.now))
            case _:
                told.extend(bench.outcome(what, **data)[1])
    assert [event["seq"] for event in told] == list(range(start + 1, start + 1 + len(told)))
    if told:
        assert told[-1]["data"]["conversation"] == conversation_to_wire(bench.conv())
    lines = [event["data"]["message"] for event in told if event["data"]["message"]]
    assert lines == [message_to_wire(one) for one in bench.world.threads[bench.id][2:]]
    assert (bench.conv().status is Status.SNOOZED) is (bench.conv().snooze is not None)
    assert bench.conv().status is not Status.RESOLVED or bench.conv().waiting_since is None


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_records_survive_the_wire(steps: list[tuple[str, dict[str, Any]]]) -> None:
    bench = Bench()
    for what, data in steps:
        if what not in {"customer", "bot", "wake"}:
            bench.outcome(what, **data)
    assert conversation_from(conversation_to_wire(bench.conv())) == bench.conv()
    for message in bench.world.threads[bench.id]:
        assert message_from(message_to_wire(message)) == message
    contact = replace(
        bench.world.contacts[bench.conv().contact_id],
        orders=(Order("#1", "shipped", 4884, "EUR", NOW),),
        since=2021,
    )
    assert contact_from(contact_to_wire(contact)) == contact


def test_books_know_everybody_from_the_start() -> None:
    ledger = Ledger(DESK, "e1")
    assert [agent.name for agent in ledger.agents.values()] == [
        "Ana Weber", "Ben Keller", "Carla Rossi", "Deniz Kaya", "Emma Schulz", "Finn Olsen",
    ]  # fmt: skip
    members = {member for team in DESK.teams for member in team.members}
    assert members == set(ledger.agents)


# ── strict JSON ─────────────────────────────────────────────────────────────────────────


NOT_STRICT = [
    "", "[]", "7", '{"a": NaN}', '{"a": 1e999}', '{"a": -Infinity}', '{"a": 1, "a": 2}',
    '{"a": {"b": 1, "b": 1}}', '{"a": 9223372036854775808}', f'{{"a": {"9" * 5000}}}',
    '{"a":' * 32 + "1" + "}" * 32 + "x", '{"a":' * 33 + "1" + "}" * 33, "[" * 100_000,
    '{"a":' * 100_000, '{"a": "\x01"}', "{'a': 1}", '{"a": 01}',
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_STRICT, ids=range(len(NOT_STRICT)))
def test_json_that_two_readers_could_understand_differently_is_refused(text: str) -> None:
    with pytest.raises(NotJson):
        load_object(text)


def test_json_at_the_limits_is_fine() -> None:
    assert load_object('{"a":' * 32 + "1" + "}" * 32)
    assert load_object('{"a": 9223372036854775807, "b": [1.5, true, null]}')["b"] == [
        1.5, True, None,
    ]  # fmt: skip
