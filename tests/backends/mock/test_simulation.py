"""The customers' side: reactions, deliveries, impatience, arrivals, all in simulated time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any

import pytest

from agent_tui.backends.mock import delivery
from agent_tui.backends.mock.opening import Opened, open_desk
from agent_tui.backends.mock.options import MockOptions
from agent_tui.backends.mock.persona import Persona
from agent_tui.backends.mock.wire import moment, stamp
from agent_tui.channels import RULES
from agent_tui.model import Channel, Status

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
Frame = dict[str, Any]


class Shift:
    """A desk under a clock of its own."""

    def __init__(self, rate: float = 0, seed: int = 1, conversations: int | None = None) -> None:
        options = MockOptions(rate=rate, seed=seed, conversations=conversations)
        self.opened: Opened = open_desk(options, NOW, "e1")
        self.world, self.simulation = self.opened.world, self.opened.simulation
        self.now = NOW
        self.numbers = count(1)

    def passes(self, seconds: float, step: float | None = None) -> list[Frame]:
        """Let time pass, all at once or looking every `step` seconds."""
        frames: list[Frame] = []
        end = self.now + timedelta(seconds=seconds)
        while self.now < end:
            ahead = end if step is None else self.now + timedelta(seconds=step)
            self.now = min(ahead, end)
            frames.extend(self.simulation.due(self.now))
        return frames

    def asks(self, op: str, conv: str, **data: Any) -> Frame:
        frame: Frame = {"id": f"c{next(self.numbers)}", "op": op, "conv": conv, "data": data}
        frame["base_ver"] = self.world.conversations[conv].ver
        outcome = self.world.command("ana", frame, self.now)
        assert outcome.answer["ok"], outcome.answer
        self.simulation.told(outcome.events, self.now)
        return outcome.answer

    def waiting(self, *channels: Channel, topic: str | None = None) -> str:
        """Somebody who waits, on one of the channels, and will answer."""
        for conv, seat in self.simulation.seats.items():
            present = self.world.conversations[conv]
            fits = seat.persona.topic == topic if topic else _talks(seat.persona)
            if present.channel in channels and fits and present.status is Status.OPEN:
                return conv
        raise LookupError(channels)


def _talks(persona: Persona) -> bool:
    usual = persona.topic not in {"hostile", "wrong_number", "spam", "opt_out"}
    return usual and any(not reply.keywords for reply in persona.replies)


def said(frames: list[Frame], conv: str, who: str = "customer") -> list[str]:
    return [
        frame["data"]["message"]["text"]
        for frame in frames
        if frame["frame"] == "ev" and frame["type"] == "message" and frame["conv"] == conv
        if frame["data"]["message"]["author"]["kind"] == who
    ]


def messages(frames: list[Frame]) -> list[Frame]:
    return [frame for frame in frames if frame["frame"] == "ev" and frame["type"] == "message"]


def deliveries(frames: list[Frame], message: str) -> list[str]:
    return [
        frame["data"]["delivery"]
        for frame in frames
        if frame["frame"] == "ev"
        if frame["type"] == "delivery" and frame["data"]["message_id"] == message
    ]


MESSENGERS = (Channel.WHATSAPP, Channel.MESSENGER, Channel.TELEGRAM, Channel.WEBCHAT)


def test_an_answer_is_delivered_read_and_answered() -> None:
    shift = Shift()
    conv = shift.waiting(*MESSENGERS)
    message = shift.asks("send", conv, text="Let me see.")["result"]["message_id"]
    frames = shift.passes(120)
    assert deliveries(frames, message) == ["sent", "delivered", "read"]
    assert said(frames, conv)
    kinds = [(one["kind"], one["on"]) for one in frames if one["frame"] == "sig"]
    assert ("typing", True) in kinds
    read = next(
        place for place, one in enumerate(frames) if one["frame"] == "ev" and "read" in str(one)
    )
    typed = next(place for place, one in enumerate(frames) if one["frame"] == "sig")
    assert read < typed, "she reads before she writes"
    signal = frames[typed]
    assert signal["who"]["kind"] == "customer"
    assert signal["who"]["name"] == shift.world.conversations[conv].contact_name


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL])
def test_some_channels_show_no_typing_and_sms_knows_nothing_of_reading(channel: Channel) -> None:
    shift = Shift(conversations=200)
    conv = shift.waiting(channel)
    message = shift.asks("send", conv, text="Let me see.")["result"]["message_id"]
    frames = shift.passes(600)
    steps = ["sent", "delivered"] + ["read"] * (channel is not Channel.SMS)
    assert deliveries(frames, message) == steps
    assert said(frames, conv)
    assert not [one for one in frames if one["frame"] == "sig"]


def test_a_reply_to_a_wrong_number_sometimes_comes_back_with_a_reason() -> None:
    shift = Shift(conversations=200)
    conv = shift.waiting(Channel.WHATSAPP, Channel.SMS, topic="wrong_number")
    outcomes = []
    for _ in range(12):
        shift.asks("send", conv, text="Who is this for?")
        frames = shift.passes(5)
        outcomes += [one["data"] for one in frames if one.get("type") == "delivery"]
    failed = [one for one in outcomes if one["delivery"] == "failed"]
    assert 1 <= len(failed) < 12
    assert all(one["failure"] for one in failed)
    assert all(one["failure"] == "" for one in outcomes if one["delivery"] != "failed")


def test_nobody_else_fails() -> None:
    shift = Shift()
    for channel in Channel:
        plans = [delivery.plan(channel, "tracking", shift.simulation.rng) for _ in range(50)]
        assert not any(plan.failed for plan in plans)
        assert all(a[0] < b[0] for plan in plans for a, b in pairwise(plan.reports))


def test_what_comes_while_she_writes_is_one_answer() -> None:
    single, several = Shift(), Shift()
    conv = single.waiting(*MESSENGERS)
    single.asks("send", conv, text="One moment.")
    alone = said(single.passes(300), conv)
    several.asks("send", conv, text="One moment.")
    together = several.passes(3)
    several.asks("send", conv, text="I am looking.")
    several.asks("send", conv, text="Nearly there.")
    together += several.passes(300)
    assert len(said(together, conv)) < 3 * len(alone) + 1
    for message in several.world.threads[conv][-6:]:
        if message.author.id == "ana":
            assert message.delivery is not None
            assert message.delivery.value == "read"


def test_without_a_rate_nothing_happens_but_what_agents_and_alarms_do() -> None:
    shift = Shift()
    frames = shift.passes(3600)
    told = {frame["data"]["message"]["activity"]["what"] for frame in frames}
    assert told == {"woken"}
    assert shift.simulation.next_due() is not None


def test_with_the_usual_rate_the_desk_is_alive_within_ten_seconds() -> None:
    for seed in (1, 2, 3, 4):
        frames = Shift(rate=0.15, seed=seed).passes(10)
        assert any(frame["frame"] == "sig" for frame in frames)
        assert messages(frames)


@pytest.mark.parametrize(("rate", "seconds"), [(0.15, 7200), (1.0, 1200), (20.0, 60)])
def test_arrivals_keep_to_their_rate(rate: float, seconds: int) -> None:
    shift = Shift(rate=rate, conversations=300)
    came = len(messages(shift.passes(seconds, step=300)))
    assert 0.8 * rate * seconds <= came <= 1.25 * rate * seconds + 20


def test_arrivals_are_new_customers_and_old_ones() -> None:
    shift = Shift(rate=2)
    before = set(shift.world.conversations)
    frames = messages(shift.passes(300))
    assert len(set(shift.world.conversations) - before) >= 50
    assert len({frame["conv"] for frame in frames} & before) >= 10
    first = {frame["conv"]: frame for frame in reversed(frames) if frame["conv"] not in before}
    for frame in first.values():
        conv = frame["data"]["conversation"]
        assert conv["created_at"] == frame["ts"], "the first event of a conversation is its first"
    handed = [one for one in shift.world.conversations.values() if one.id not in before]
    assert any(one.reason.startswith("bot: handed over") for one in handed)


def test_an_empty_desk_fills_up() -> None:
    shift = Shift(rate=1, conversations=0)
    shift.passes(120)
    assert len(shift.world.conversations) >= 10


def test_a_desk_that_slept_long_does_not_make_up_for_all_of_it() -> None:
    shift = Shift(rate=1)
    assert len(messages(shift.passes(8 * 3600))) <= 2000


def test_how_often_one_looks_changes_nothing() -> None:
    at_once, often = Shift(rate=0.5), Shift(rate=0.5)
    assert at_once.passes(600) == often.passes(600, step=0.37)


def test_everything_happens_at_its_moment_and_in_order() -> None:
    shift = Shift(rate=1)
    start = shift.world.seq
    for conv in list(shift.world.conversations)[-20:]:
        shift.asks("note", conv, text="looking")
    frames = [frame for frame in shift.passes(900) if frame["frame"] == "ev"]
    assert [frame["seq"] for frame in frames] == list(range(start + 21, start + 21 + len(frames)))
    stamps = [frame["ts"] for frame in frames]
    assert stamps == sorted(stamps)
    due = shift.simulation.next_due()
    assert due is not None
    assert due > shift.now


def test_a_sleeper_wakes_at_its_moment_however_late_one_looks() -> None:
    shift = Shift()
    conv = shift.waiting(*MESSENGERS)
    until = stamp(NOW + timedelta(seconds=30))
    shift.asks("snooze", conv, until=until, keep_asleep=False)
    (woken,) = [frame for frame in shift.passes(45) if frame["frame"] == "ev"]
    assert moment(woken["ts"]) == moment(until)
    assert woken["data"]["conversation"]["status"] == "open"


def test_silence_after_an_answer_tries_her_patience() -> None:
    shift = Shift()
    conv = next(
        conv
        for conv, seat in shift.simulation.seats.items()
        if _talks(seat.persona)
        and seat.persona.impatient
        and seat.persona.patience <= 100
        and shift.world.conversations[conv].waiting_since
    )
    shift.asks("send", conv, text="One moment please.")
    persona = shift.simulation.seats[conv].persona
    early = said(shift.passes(60), conv)
    late = said(shift.passes(900), conv)
    assert early or late
    assert set(late) & set(persona.impatient)
    shift.passes(24 * 3600)
    quiet = said(shift.passes(3600), conv)
    assert quiet == [], "she gives up at some time"


def test_somebody_who_is_done_thanks_and_may_come_back() -> None:
    shift = Shift(conversations=120)
    came_back = rated = 0
    for conv, seat in list(shift.simulation.seats.items()):
        present = shift.world.conversations[conv]
        if not _talks(seat.persona) or present.status is not Status.OPEN:
            continue
        if present.window_closes_at and present.window_closes_at - shift.now < timedelta(hours=1):
            continue
        shift.asks("send", conv, text="Done.")
        shift.asks("resolve", conv)
    frames = shift.passes(1800)
    for frame in frames:
        message = frame["data"].get("message") if frame["frame"] == "ev" else None
        came_back += bool(message and (message["activity"] or {}).get("what") == "reopened")
        rated += frame["frame"] == "ev" and frame["type"] == "contact"
    assert came_back >= 3
    assert rated >= 3


def test_a_customer_who_sees_somebody_type_waits_longer() -> None:
    calm, typed = Shift(), Shift()
    conv = calm.waiting(Channel.WEBCHAT, Channel.INAPP)
    for shift in (calm, typed):
        shift.asks("send", conv, text="Let me see.")
        shift.passes(40)
    for _ in range(20):
        typed.simulation.agent_types(conv, typed.now)
        typed.passes(10)
    calm_said = said(calm.passes(200), conv)
    nagging = set(calm.simulation.seats[conv].persona.impatient)
    assert nagging & set(calm_said)
    assert not nagging & {one.text for one in typed.world.threads[conv][-3:]}


def test_an_invitation_can_be_answered() -> None:
    shift = Shift()
    conv = next(
        conv for conv, seat in shift.simulation.seats.items() if seat.persona.topic == "idle_cart"
    )
    assert shift.world.conversations[conv].waiting_since is None
    shift.asks("send", conv, text="Can I help you with your cart?")
    assert said(shift.passes(200), conv)


def test_pictures_come_as_pictures() -> None:
    shift = Shift(rate=5, conversations=200)
    shift.passes(300)
    pictures = [
        message
        for thread in shift.world.threads.values()
        for message in thread
        if message.attachments
    ]
    assert pictures
    assert all(one.attachments[0].kind == "image" for one in pictures)
    assert all("[" not in one.text for one in pictures)


def test_every_channel_is_known_to_the_delivery() -> None:
    assert {channel for channel in Channel if delivery.shows_reading(channel)} == set(RULES) - {
        Channel.SMS
    }
