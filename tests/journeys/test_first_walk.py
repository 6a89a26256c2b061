"""An agent sits down, sees who waits, takes one, answers her, and is done with it."""

from __future__ import annotations

from journeys.floor import Floor

from agent_tui.model import Delivery, Status


async def test_look_take_answer_resolve(floor: Floor) -> None:
    """The first walk of an agent: look, take, answer, resolve; the desk has it all."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("2", "j")
    customer = ana.selected.id
    assert ana.selected.contact_name[:12] in ana.cursor_row
    await ana.press("A")
    await ana.until(lambda: floor.truth(customer).assignee == "ana", "hers at the desk")
    await ana.press("r", *"Hello there", "ctrl+s")
    await ana.sees("Hello there", "Transcript")
    await floor.pass_time(20)
    await ana.confirmed()
    assert floor.texts(customer) == ["Hello there"]
    await floor.pass_time(5)
    assert floor.said(customer)[0].delivery is Delivery.DELIVERED
    assert ana.selected.id == customer
    await ana.press("escape", "e")
    await ana.until(lambda: floor.truth(customer).status is Status.RESOLVED, "resolved")
    await ana.sees("is resolved. z undoes it.")
    assert ana.counts == floor.counts("ana")
