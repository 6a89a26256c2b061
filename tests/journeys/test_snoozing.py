"""Putting a customer to sleep: by a letter, in words, until she writes; and how she wakes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

from journeys.floor import Floor, Seat

from agent_tui.model import Status

TOMORROW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
"""Tuesday, 09:00 in Berlin."""


def _stands(seat: Seat, words: str) -> bool:
    """These words are on the screen, wherever they are broken."""
    return words in " ".join(seat.screen().split())


async def test_a_letter_and_enter(floor: Floor) -> None:
    """s, the letter of a preset, Enter: the moment stood beside it before; she is in Snoozed,
    the cursor on the next row; the header of the sleeper says until when."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("2")
    customer = ana.selected.id
    await ana.press("s")
    await ana.sees("Snooze ")
    screen = ana.screen()
    assert "Tue 24 Nov 09:00 · in 23 h" in screen
    assert "when the customer writes" in screen
    await ana.press("t", "enter")
    await ana.until(lambda: floor.truth(customer).status is Status.SNOOZED, "asleep")
    snooze = floor.truth(customer).snooze
    assert snooze is not None
    assert snooze.until == TOMORROW
    assert ana.selected.id != customer
    await ana.sees("sleeps until Tue 24 Nov 09:00")
    await floor.told(ana)
    assert ana.counts == floor.counts("ana")
    await ana.press("4")
    await ana.go_to(customer)
    assert "snoozed until tomorrow 09:00" in ana.part("ConversationHeader")


async def test_a_typed_moment_is_shown_before_enter(floor: Floor) -> None:
    """A moment in words, English or German: what it means stands there before Enter, and that is
    what the desk gets."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("2")
    for words, until in (
        ("tomorrow 9", TOMORROW),
        ("morgen früh", TOMORROW),
        ("2h", datetime(2026, 11, 23, 10, 41, tzinfo=UTC)),
        ("Fr 14:00", datetime(2026, 11, 27, 13, 0, tzinfo=UTC)),
    ):
        customer = ana.selected.id
        await ana.press("s")
        await ana.type(words)
        local = until.astimezone(ana.console.zone)
        assert local.strftime("%a %-d %b %H:%M · in ") in ana.screen()
        assert floor.truth(customer).status is Status.OPEN
        await ana.press("enter")
        await ana.confirmed()
        snooze = floor.truth(customer).snooze
        assert snooze is not None
        assert snooze.until == until


async def test_past_and_nonsense_say_why(floor: Floor) -> None:
    """What is past or no time at all is answered with a reason; Enter does nothing then."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("2")
    customer = ana.selected.id
    for words, reason in (
        ("yesterday", "2026-11-22 09:00 is already past. Type a later time"),
        ("08:00 today", "2026-11-23 08:00 is already past. Type a later time"),
        ("qqqq", "“qqqq” is not a time that is known here."),
        ("17", "A number alone can be a time or a duration."),
    ):
        await ana.press("s")
        await ana.type(words)
        await ana.until(partial(_stands, ana, reason), reason)
        assert "“tomorrow 9”" in ana.screen() or "2h" in ana.screen()
        await ana.press("enter")
        assert ana.in_picker
        await ana.press("escape")
    assert floor.truth(customer).status is Status.OPEN
    assert not ana.wishes


async def test_a_moment_that_passed_while_the_question_was_open(floor: Floor) -> None:
    """Enter long after the list was opened: the moment has gone by, so nothing happens."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("2")
    customer = ana.selected.id
    await ana.press("s")
    await ana.type("5 min")
    floor.clock.advance(600)
    await ana.press("enter")
    await ana.sees("That moment has passed: choose a later one.")
    assert floor.truth(customer).status is Status.OPEN


async def test_wakes_on_time_and_early(floor: Floor) -> None:
    """On time she is back by herself, and the agent is told; who writes before wakes early;
    both are in the thread and in the counts."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("2")
    on_time = ana.selected.id
    await ana.press("s", *"1h", "enter")
    early = ana.selected.id
    await ana.press("s", "t", "enter")
    await ana.confirmed()
    assert {floor.truth(key).status for key in (on_time, early)} == {Status.SNOOZED}

    await floor.says(early, "I found it, thanks")
    await ana.sees(f"{ana.shown(early).contact_name[:20]}")
    await ana.sees("is awake again.")
    assert floor.truth(early).status is ana.shown(early).status is Status.OPEN

    await floor.pass_time(3599)
    assert floor.truth(on_time).status is Status.SNOOZED
    await floor.pass_time(1)
    assert floor.truth(on_time).status is Status.OPEN
    await ana.sees(f"{ana.shown(on_time).contact_name} is awake again."[:45])
    await floor.told(ana)
    assert ana.counts == floor.counts("ana")
    await ana.go_to(on_time)
    await ana.opened()
    await ana.sees("woke", "Transcript")


async def test_until_the_customer_writes_and_wake_now(floor: Floor) -> None:
    """S sleeps without a time, however long; the customer's word wakes her. w wakes at once,
    and z puts her back to sleep with the moment she had."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("2")
    customer = ana.selected.id
    await ana.press("S")
    await ana.sees("sleeps until the customer writes. z undoes it.")
    await ana.confirmed()
    await floor.pass_time(timedelta(days=30).total_seconds())
    assert floor.truth(customer).status is Status.SNOOZED
    await floor.says(customer, "Hello again")
    await ana.until(lambda: ana.shown(customer).status is Status.OPEN, "awake")

    await ana.go_to(customer)
    await ana.press("s", *"tomorrow 9", "enter")
    await ana.confirmed()
    snooze = floor.truth(customer).snooze
    await ana.go_to(customer)
    await ana.press("w")
    await ana.confirmed()
    assert floor.truth(customer).status is Status.OPEN
    assert ana.selected.id == customer
    await ana.press("z")
    await ana.confirmed()
    assert floor.truth(customer).snooze == snooze
    assert snooze is not None
