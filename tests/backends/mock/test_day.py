"""The opening inbox: the same for the same seed, mixed as a working day is, and quickly made."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise

import pytest

from agent_tui.backends.mock.opening import open_desk
from agent_tui.backends.mock.options import MockOptions
from agent_tui.backends.mock.records import Conversation, Message
from agent_tui.backends.mock.wire import contact_to_wire, conversation_to_wire, message_to_wire
from agent_tui.backends.mock.world import World
from agent_tui.channels import RULES
from agent_tui.model import AuthorKind, Channel, Delivery, MessageKind, Status

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SEEDS = (1, 2, 3, 77)


@cache
def day(seed: int = 1, count: int | None = None, now: datetime = NOW) -> World:
    options = MockOptions(seed=seed, conversations=count, rate=0)
    return open_desk(options, now, "e1").world


def told(world: World) -> object:
    """Everything a console could ever see of it."""
    return (
        [conversation_to_wire(conv) for conv in world.in_order()],
        [message_to_wire(one) for thread in world.threads.values() for one in thread],
        [contact_to_wire(contact) for contact in world.contacts.values()],
    )


def test_the_same_seed_makes_the_same_day() -> None:
    options = MockOptions(seed=5, rate=0)
    again = open_desk(options, NOW, "another epoch").world
    assert told(day(5)) == told(again)


def test_another_seed_makes_another_day() -> None:
    assert told(day(1)) != told(day(2))


def test_the_day_is_told_relative_to_the_moment_it_opens() -> None:
    later = timedelta(minutes=90)  # the same morning: "tomorrow at nine" is the same moment

    def offsets(world: World, now: datetime) -> list[tuple[str, timedelta]]:
        threads = world.threads.values()
        return [(one.text, now - one.at) for thread in threads for one in thread]

    assert offsets(day(1), NOW) == offsets(day(1, now=NOW + later), NOW + later)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_believable_mix(seed: int) -> None:
    inbox = list(day(seed).conversations.values())
    assert len(inbox) == 61
    waiting = [one for one in inbox if one.waiting_since and one.status is Status.OPEN]
    unseen = [one for one in waiting if one.assignee is None]
    assert 17 <= len(unseen) <= 27, "about a third waits and nobody has it"
    owned = Counter(one.assignee for one in inbox if one.status is Status.OPEN)
    assert all(owned[agent] >= 1 for agent in day(seed).agents)
    assert owned["ana"] >= 4
    statuses = Counter(one.status for one in inbox)
    assert 4 <= statuses[Status.SNOOZED] <= 7
    assert 8 <= statuses[Status.RESOLVED] <= 18
    assert {one.channel for one in inbox} == set(Channel)
    assert len({one.priority for one in inbox}) >= 3
    assert any(one.labels for one in inbox)
    assert any(one.team for one in inbox)
    assert any(one.reason.startswith("bot: handed over") for one in inbox)
    assert any(one.reason.startswith("cart idle") for one in inbox)
    assert day(seed).ratings
    hostile = [one for one in inbox if one.contact_name.startswith("[") or "\x1b" in one.preview]
    assert len(hostile) <= 4


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_waits_longer_than_one_would_believe(seed: int) -> None:
    longest = {Channel.EMAIL: timedelta(hours=30), Channel.X: timedelta(hours=6)}
    for conv in day(seed).conversations.values():
        if conv.waiting_since is None or conv.assignee is not None:
            continue
        waited = NOW - conv.waiting_since
        most = timedelta(minutes=20) if RULES[conv.channel].live else timedelta(hours=4)
        assert timedelta(0) < waited <= longest.get(conv.channel, most), conv


@pytest.mark.parametrize("seed", SEEDS)
def test_sleepers_wake_at_different_times(seed: int) -> None:
    naps = [one.snooze for one in day(seed).conversations.values() if one.snooze]
    times = sorted(nap.until for nap in naps if nap.until)
    assert timedelta(minutes=3) <= times[0] - NOW <= timedelta(minutes=5)
    assert len(set(times)) == len(times)
    assert any(nap.until is None for nap in naps)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_thread_is_long_and_some_reach_back_over_days(seed: int) -> None:
    threads = day(seed).threads.values()
    assert max(map(len, threads)) >= 260
    days = [len({message.at.date() for message in thread}) for thread in threads if thread]
    assert sum(count >= 2 for count in days) >= 3
    assert max(days) >= 7


@pytest.mark.parametrize("seed", SEEDS)
def test_some_reply_windows_close_soon(seed: int) -> None:
    closing = [
        conv
        for conv in day(seed).conversations.values()
        if conv.status is not Status.RESOLVED
        and conv.window_closes_at is not None
        and timedelta(0) < conv.window_closes_at - NOW < timedelta(hours=2)
    ]
    assert closing


@pytest.mark.parametrize("seed", SEEDS)
def test_the_records_agree_with_their_threads(seed: int) -> None:
    world = day(seed)
    seqs = sorted(one.seq for thread in world.threads.values() for one in thread)
    assert seqs == list(range(1, world.seq + 1))
    for conv in world.conversations.values():
        thread = world.threads[conv.id]
        assert all(a.seq < b.seq and a.at <= b.at for a, b in pairwise(thread))
        assert thread[0].at == conv.created_at
        assert thread[-1].at <= NOW
        assert conv.seq == thread[-1].seq
        assert_waiting(conv, thread)
        for message in thread:
            sent = message.author.kind is AuthorKind.AGENT and message.kind is MessageKind.TEXT
            assert (message.delivery is not None) is sent
            assert (message.delivery is Delivery.FAILED) is bool(message.failure)


def assert_waiting(conv: Conversation, thread: list[Message]) -> None:
    spoken = [one for one in thread if one.kind is MessageKind.TEXT]
    last = spoken[-1].author.kind if spoken else None
    if conv.status is Status.RESOLVED or last in {AuthorKind.AGENT, None}:
        assert conv.waiting_since is None
    else:
        assert conv.waiting_since is not None
    assert conv.last_author is (last or AuthorKind.CUSTOMER)


def test_numbers_and_moments_grow_together() -> None:
    inbox = sorted(day(1).conversations.values(), key=lambda conv: conv.number)
    assert [conv.number for conv in inbox] == list(range(1001, 1062))
    assert all(a.created_at <= b.created_at for a, b in pairwise(inbox))


def test_regulars_have_several_ways_and_several_conversations() -> None:
    world = day(1, 400)
    regulars = [ids for ids in world.of_contact.values() if len(ids) > 1]
    assert regulars
    for ids in regulars:
        contact = world.contacts[world.conversations[ids[0]].contact_id]
        known = {one.channel for one in contact.identities}
        assert {world.conversations[conv].channel for conv in ids} <= known
    assert any(contact.cart for contact in world.contacts.values())
    assert any(contact.notes for contact in world.contacts.values())
    assert any(contact.earlier for contact in world.contacts.values())


def test_in_a_large_inbox_people_differ() -> None:
    world = day(1, 1500)
    names = Counter(contact.name for contact in world.contacts.values())
    assert len(names) >= 700
    addresses = {one.address for contact in world.contacts.values() for one in contact.identities}
    assert len(addresses) >= 1400
    assert {conv.status for conv in world.conversations.values()} == set(Status)


def test_no_conversations_at_all_is_a_day_too() -> None:
    assert day(1, 0).conversations == {}
    assert len(day(1, 1).conversations) == 1
