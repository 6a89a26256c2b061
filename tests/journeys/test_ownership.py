"""Whose a customer is: take her, give her to somebody, to a team, to nobody; be too late."""

from __future__ import annotations

import asyncio

from journeys.floor import Floor

from agent_tui.model import Channel


async def test_take_and_give_away(floor: Floor) -> None:
    """A takes; a asks to whom, finds a colleague by a few letters (presence and load beside
    her name), a team by its name, nobody by 0; the counts follow each step."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("2")
    customer = ana.selected.id

    await ana.press("A")
    await ana.until(lambda: floor.truth(customer).assignee == "ana", "hers")
    await ana.sees("is yours. z undoes it.")
    assert ana.selected.id == customer
    assert ana.counts == floor.counts("ana")

    await ana.press("a", *"keller")
    assert "Ben Keller" in ana.screen()
    assert "away · " in ana.screen()
    await ana.press("enter")
    await ana.until(lambda: floor.truth(customer).assignee == "ben", "Ben's")
    await ana.sees("goes to Ben Keller. z undoes it.")
    await floor.told(ana)
    assert ana.counts == floor.counts("ana")

    await ana.press("a", "0", "enter")
    await ana.until(lambda: floor.truth(customer).assignee is None, "nobody's")
    await ana.sees("belongs to nobody now.")

    await ana.press("t", *"billing", "enter")
    await ana.until(lambda: floor.truth(customer).team == "billing", "Billing's")
    await ana.sees("goes to Billing.")
    assert "team Billing" in ana.part("ConversationHeader")

    await ana.press("a", "m", "enter")
    await ana.until(lambda: floor.truth(customer).assignee == "ana", "hers again")
    assert "yours" in ana.part("ConversationHeader")
    await ana.press("escape", "escape", "a", "m", "enter")
    await ana.sees("It already belongs to Ana Weber.")


async def test_esc_closes_the_question_without_a_trace(floor: Floor) -> None:
    """Who looked at the list and thought better of it has changed nothing."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("2")
    await ana.until(
        lambda: not floor.truth(ana.selected.id).unread, "read, so that it stands still"
    )
    await floor.told(ana)
    deeds, screen = floor.deeds, ana.screen()
    for key in ("a", "t", "s", "l", "p", "?", "ctrl+p"):
        await ana.press(key)
        assert ana.in_picker, key
        await ana.press(*"ben", "down", "escape")
        assert not ana.in_picker, key
    assert ana.screen() == screen
    assert floor.deeds == deeds
    assert not ana.wishes


async def test_both_take_and_one_is_told_who_was_faster(floor: Floor) -> None:
    """Two agents press A on the same customer at the same moment: she is whose the desk says,
    on both screens, and the other one reads who has her."""
    floor.hush()
    ana, ben = await floor.seat("ana"), await floor.seat("ben")
    customer = floor.waiting(Channel.TELEGRAM)
    await asyncio.gather(ana.go_to(customer.id), ben.go_to(customer.id))
    await asyncio.gather(ana.press("A"), ben.press("A"))
    await ana.confirmed()
    await ben.confirmed()
    await floor.told(ana, ben)
    owner = floor.truth(customer.id).assignee
    assert owner in {"ana", "ben"}
    assert ana.shown(customer.id).assignee == ben.shown(customer.id).assignee == owner
    loser, winner = (ben, "Ana Weber") if owner == "ana" else (ana, "Ben Keller")
    await loser.sees(f"{winner} was faster: {customer.contact_name} belongs to {winner}.")
    assert loser.selected.id == customer.id
    await loser.press("z")
    await loser.sees("Nothing to undo.")
    assert floor.truth(customer.id).assignee == owner


async def test_an_answer_to_what_is_no_more(floor: Floor) -> None:
    """While she chooses to whom to give a customer, Ben resolves him and he leaves the view:
    her answer changes nothing, neither with him nor with whoever stands there now, and she is
    told why. What a customer writes meanwhile does not disturb the answer."""
    floor.hush()
    ana, ben = await floor.seat("ana"), await floor.seat("ben")
    await ana.press("2")
    customer = ana.selected
    await ana.press("a")
    await ben.go_to(customer.id)
    await ben.press("e")
    await ben.confirmed()
    await floor.told(ana, ben)
    deeds = floor.deeds
    await ana.press(*"carla", "enter")
    await ana.sees(f"Ben Keller changed {customer.contact_name} meanwhile")
    assert floor.truth(customer.id).assignee is None
    assert floor.deeds == deeds
    assert ana.selected.id == customer.id

    await ana.press("j")
    other = ana.selected.id
    await ana.press("a")
    await floor.says(other, "still there?")
    await floor.told(ana)
    await ana.press(*"carla", "enter")
    await ana.until(lambda: floor.truth(other).assignee == "carla", "Carla's")
