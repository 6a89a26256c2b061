"""What a token opens, what it lets see, and that a refusal leaves no trace."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock_seat import sit_down
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from agent_tui.backends.mock import rules
from agent_tui.backends.mock.floor import Floor, Hello
from agent_tui.backends.mock.identities import (
    EVERYTHING,
    HOME,
    Badge,
    Grant,
    Register,
    Role,
    Standing,
    register_of,
)
from agent_tui.backends.mock.link import Goodbye, Link
from agent_tui.backends.mock.opening import open_desk
from agent_tui.backends.mock.options import MockOptions
from agent_tui.backends.mock.records import Contact
from agent_tui.backends.mock.server import DeskServer
from agent_tui.backends.mock.sight import contact_seen_by, frame_seen_by, texts_seen_by
from agent_tui.backends.mock.staff import DESK
from agent_tui.backends.mock.stream import encode
from agent_tui.backends.mock.world import World
from agent_tui.clock import ManualClock
from agent_tui.model import Availability, Channel

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MAIL_ONLY = Badge(inboxes=frozenset({Channel.EMAIL}))
VIEWER = Badge(role=Role.VIEWER)

# ── tokens ──────────────────────────────────────────────────────────────────────────────


def test_a_register_finds_exactly_what_was_given_out() -> None:
    register = register_of({"one": EVERYTHING, "two": VIEWER})
    assert [register.find(token) is None for token in ("one", "two", "on", "onee", "", "ONE")] == [
        False, False, True, True, True, True,
    ]  # fmt: skip
    assert cast(Grant, register.find("two")).badge == VIEWER
    assert register.tenants == {HOME}
    assert "two" not in repr(register)


@given(st.text(), st.lists(st.text(), max_size=5))
def test_only_the_very_token_is_found(given_token: str, known: list[str]) -> None:
    register = register_of(dict.fromkeys(known, EVERYTHING))
    assert (register.find(given_token) is not None) == (given_token in known)


@pytest.mark.parametrize("token", ["first", "last", "none"])
def test_every_token_is_compared_whatever_is_shown(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How long it takes says nothing about how near somebody was."""
    compared: list[tuple[int, int]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return real(one, other)

    real = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", compare)
    register_of({"first": EVERYTHING, "middle": EVERYTHING, "last": EVERYTHING}).find(token)
    assert compared == [(32, 32)] * 3


def test_a_token_ends_at_its_moment_or_when_it_is_taken_back() -> None:
    register = Register()
    grant = register.issue("t", EVERYTHING, NOW)
    assert grant.standing(NOW - timedelta(microseconds=1)) is Standing.GOOD
    assert grant.standing(NOW) is Standing.EXPIRED
    register.revoke("t")
    assert grant.standing(NOW - timedelta(days=1)) is Standing.REVOKED


def test_what_a_token_opened_before_it_opens_no_more() -> None:
    register = register_of({"t": EVERYTHING})
    before = register.find("t")
    register.issue("t", MAIL_ONLY)
    assert before is not None
    assert before.standing(NOW) is Standing.REVOKED
    assert cast(Grant, register.find("t")).badge == MAIL_ONLY


# ── badges ──────────────────────────────────────────────────────────────────────────────


def test_whoever_sees_something_else_gets_another_stream() -> None:
    views = [None, frozenset({Channel.EMAIL}), frozenset({Channel.SMS}), frozenset(Channel)]
    epochs = [Badge(inboxes=view).epoch("e1") for view in views]
    assert epochs[0] == "e1"
    assert len(set(epochs)) == len(views)
    assert Badge(inboxes=frozenset({Channel.EMAIL}), role=Role.VIEWER).epoch("e1") == epochs[1]
    assert max(map(len, (Badge(inboxes=frozenset(Channel)).epoch("e" * 64), *epochs))) <= 64


def world_of(*channels: Channel) -> tuple[World, list[str]]:
    """A world in which one customer has written on each of `channels`."""
    world = World(DESK, "e1")
    contact = world.add_contact(Contact("", "Noah Brown"))
    convs = [world.add_conversation(rules.fresh(contact, one, NOW)).id for one in channels]
    for conv in convs:
        world.customer_writes(conv, "hi", NOW)
    return world, convs


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("message", {"conversation": {}, "message": {}}),
        ("conversation", {"conversation": {}, "message": None}),
        ("delivery", {"message_id": "m-1"}),
        ("contact", {"contact": {"earlier": [{"channel": "sms"}]}}),
        ("rumour", {"text": "secret"}),
        ("message", {}),
    ],
)
def test_what_is_kept_back_leaves_its_number_and_no_more(kind: str, data: dict[str, Any]) -> None:
    """Also an event of a kind that nobody has thought of here."""
    world, (conv,) = world_of(Channel.SMS)
    world.seq += 1
    event = world.event(kind, None if kind == "contact" else conv, data, NOW, "cmd-1")
    told = frame_seen_by(MAIL_ONLY, event, world.conversations)
    assert told == {
        "frame": "ev", "seq": world.seq, "conv": None, "type": "none", "ts": event["ts"],
        "cmd_id": None, "data": {},
    }  # fmt: skip
    assert texts_seen_by(MAIL_ONLY, [encode(event)], world.conversations) == [encode(told)]
    assert frame_seen_by(EVERYTHING, event, world.conversations) is event


@given(st.frozensets(st.sampled_from(sorted(Channel))), st.lists(st.sampled_from(sorted(Channel))))
def test_a_contact_shows_the_seen_inboxes_and_everything_else_of_hers(
    inboxes: frozenset[Channel], channels: Iterable[Channel]
) -> None:
    contact = {"name": "Noah", "earlier": [{"channel": one.value} for one in channels]}
    told = contact_seen_by(Badge(inboxes=inboxes), contact)
    assert told == {
        "name": "Noah",
        "earlier": [{"channel": one.value} for one in channels if one in inboxes],
    }


def test_who_looks_at_something_unseen_is_seen_to_leave() -> None:
    world, (seen, unseen) = world_of(Channel.EMAIL, Channel.SMS)
    sig = {"frame": "sig", "kind": "viewing", "conv": unseen, "who": {"id": "ben"}}
    assert frame_seen_by(MAIL_ONLY, sig, world.conversations) == {**sig, "conv": None}
    typing = {**sig, "kind": "typing", "on": True}
    assert frame_seen_by(MAIL_ONLY, typing, world.conversations) is None
    assert frame_seen_by(MAIL_ONLY, {**typing, "conv": seen}, world.conversations) is not None


# ── refusals ────────────────────────────────────────────────────────────────────────────


def note(conv: str, ident: str = "x-1", op: str = "note") -> dict[str, Any]:
    return {"frame": "cmd", "id": ident, "op": op, "conv": conv, "data": {"text": "hm"}}


def test_a_refusal_for_want_of_a_right_is_not_kept() -> None:
    """Else an id would be burnt, and using it again would tell what is there from what is not."""
    world, (seen, unseen) = world_of(Channel.EMAIL, Channel.SMS)
    for badge, conv, code in (
        (MAIL_ONLY, unseen, "unknown_conversation"),
        (MAIL_ONLY, "c-9", "unknown_conversation"),
        (VIEWER, seen, "forbidden"),
    ):
        refused = world.command("ana", note(conv), NOW, badge)
        assert (refused.answer["error"]["code"], refused.events) == (code, ())
    assert not world.answers
    first = world.command("ana", note(seen), NOW, MAIL_ONLY)
    assert first.answer["ok"] is True
    for conv in (unseen, "c-9"):
        again = world.command("ana", note(conv), NOW, MAIL_ONLY).answer
        assert again["error"]["code"] == "unknown_conversation"
    assert world.command("ana", note(seen), NOW, MAIL_ONLY).answer == first.answer


def test_a_viewer_gets_the_same_answer_whatever_is_asked() -> None:
    world, (conv,) = world_of(Channel.EMAIL)
    answers = [
        world.command("ana", note(*asked), NOW, VIEWER).answer
        for asked in ((conv, "x", "note"), ("c-9", "x", "note"), (conv, "x", "dance"))
    ]
    assert answers[0] == answers[1] == answers[2]


# ── at the desk ─────────────────────────────────────────────────────────────────────────


def sit(floor: Floor, badge: Badge, agent: str = "ana", device: str = "d") -> Link:
    link = Link(cast(ServerConnection, None), agent, device, latency=0, room=100)
    floor.admit(link, Hello(agent, device, None), Grant(badge))
    return link


def floor_at(now: datetime) -> Floor:
    return Floor(open_desk(MockOptions(rate=0, conversations=0), now, "e1"), ManualClock(now), 10)


def presence(floor: Floor) -> Availability:
    return floor.world.agents["ana"].availability


async def test_a_viewer_is_not_there_to_answer() -> None:
    floor = floor_at(NOW)
    viewer = sit(floor, VIEWER)
    assert presence(floor) is Availability.OFFLINE
    agent = sit(floor, EVERYTHING)
    assert presence(floor) is Availability.ONLINE
    assert not viewer.ended.done(), "an agent's console replaced a viewer's"
    sit(floor, VIEWER)
    assert not agent.ended.done(), "a viewer's console replaced an agent's"
    assert viewer.ended.result().code == 4009
    floor.leave(agent)
    assert presence(floor) is Availability.OFFLINE


async def test_a_token_for_one_agent_knows_no_other() -> None:
    floor, grant = floor_at(NOW), Grant(Badge(agent="ben"))
    hello = {"frame": "hello", "v": 1, "device": "d", "resume": None}
    assert floor.understand({**hello, "agent": "ben"}, grant).agent == "ben"
    told = []
    for agent in ("ana", "nobody"):
        with pytest.raises(Goodbye) as refused:
            floor.understand({**hello, "agent": agent}, grant)
        told.append(refused.value.go())
    assert told[0] == told[1]
    assert (told[0]["code"], told[0]["agents"]) == (4003, ["ben"])


async def test_each_tenant_has_a_desk_of_its_own() -> None:
    """Other customers, other streams, one clock; a new one needs a new start."""
    clock = ManualClock(NOW)
    people = (("t-b", Badge("b")), ("t-c", Badge("c")))
    desk = DeskServer(MockOptions(rate=2, hb=600, conversations=5, people=people), clock)
    desk_names = (HOME, "b", "c")
    await desk.start()
    try:
        worlds = [desk.floor_of(tenant).world for tenant in desk_names]
        assert len({world.epoch for world in worlds}) == 3
        names = [sorted(one.name for one in world.contacts.values()) for world in worlds]
        assert names[0] != names[1] != names[2] != names[0]
        before = [world.seq for world in worlds]
        clock.advance(120)
        await desk.tick()
        assert all(world.seq > seq for world, seq in zip(worlds, before, strict=True))
        seat = await sit_down(desk, "t-b")
        snapshot = [json.loads(text) for text in seat.texts[1:]]
        shown = {one["contact"]["name"] for part in snapshot for one in part["conversations"]}
        assert shown <= {one.name for one in worlds[1].contacts.values()}
        await seat.link.close()
        desk.register.issue("t-d", replace(EVERYTHING, tenant="d"))
        with pytest.raises(ConnectionClosed) as late:
            await sit_down(desk, "t-d")
        assert late.value.rcvd is not None
        assert late.value.rcvd.code == 4003
    finally:
        await desk.aclose()
