"""An agent sits down, sees who waits, answers, takes, and a colleague sees it."""

from __future__ import annotations

from journeys.floor import Floor


async def test_take_and_answer(floor: Floor) -> None:
    """The first walk of an agent: look, take, answer; the customer's row says so."""
    ana = await floor.seat("ana")
    await ana.press("2")
    await ana.press("j")
    conversation = ana.selected.id
    await ana.press("A")
    await ana.until(lambda: ana.shown(conversation).assignee == "ana", "hers")
    await ana.press("r")
    await ana.type("Hello there")
    await ana.press("ctrl+s")
    await ana.sees("Hello there")
    await floor.pass_time(20)
    await ana.until(lambda: not len(ana.desk.store.outbox), "everything confirmed")
    messages = ana.desk.store.threads.opened(conversation).messages
    assert [m.text for m in messages if m.op_id][-1:] == ["Hello there"]


async def test_two_consoles_one_race(floor: Floor) -> None:
    """Both take the same conversation: one wins, the other is told who."""
    ana = await floor.seat("ana")
    ben = await floor.seat("ben")
    await ana.press("2")
    await ben.press("2")
    conversation = ana.selected.id
    await ben.go_to(conversation)
    ana.console.run_by_id("take")
    ben.console.run_by_id("take")
    await ana.until(lambda: not len(ana.desk.store.outbox), "ana heard back")
    await ben.until(lambda: not len(ben.desk.store.outbox), "ben heard back")
    owner = ana.shown(conversation).assignee
    assert owner == ben.shown(conversation).assignee
    loser, winner = (ben, "Ana Weber") if owner == "ana" else (ana, "Ben Keller")
    await loser.sees(f"{winner} was faster")
