"""Answering with a canned reply, from the slash to the customer's eyes."""

from __future__ import annotations

from journeys.floor import Floor

from agent_tui.model import Channel, Delivery

_STATES = ("sent ✓", "delivered ✓✓", "read ✓✓")
"""How far a reply has come, as the thread says it."""


async def test_a_canned_reply_from_the_slash_to_read(floor: Floor) -> None:
    """r, a slash, a few letters, Enter: the reply stands in the composer with its blanks marked.
    It does not leave while one is open, and the cursor goes there; Tab goes on. Sent, it is held,
    then sent, delivered and read."""
    customer = floor.waiting(Channel.TELEGRAM)
    floor.hush(besides=customer.id)
    ana = await floor.seat("ana")
    await ana.go_to(customer.id)
    await ana.opened()
    await ana.press("r", "/")
    assert ana.in_picker
    await ana.sees("Canned replies")
    await ana.type("how long delivery")
    assert "How long delivery takes in general" in ana.screen()
    assert "Delivery takes ⟦days⟧ working days" in " ".join(ana.screen().split())
    await ana.press("enter")
    await ana.until(lambda: not ana.in_picker, "the picker closed")
    await ana.sees("Delivery takes ⟦days⟧ working days", "Composer")

    await ana.press("ctrl+s")
    await ana.sees("Not sent: fill in the marked blank first.")
    assert not ana.wishes
    await ana.press(*"2", "tab", *"4 Euro", "tab", *"14:00")
    words = "Delivery takes 2 working days and costs 4 Euro."
    assert words in ana.part("Composer")
    await ana.press("ctrl+s")

    await ana.sees(words, "Transcript")
    await ana.sees("leaves in 3 s", "Transcript")
    await ana.sees("1 sending · undo Esc z (3 s)")
    assert not floor.texts(customer.id)
    assert words not in ana.part("Composer")
    await floor.pass_time(3)
    await ana.sees("accepted", "Transcript")
    assert floor.texts(customer.id)[0].startswith(words)
    states: list[str] = []
    while Delivery.READ is not floor.said(customer.id)[0].delivery:
        await floor.pass_time(0.1)
        await floor.told(ana)
        states += [word for word in _STATES if f"{word}  Ana " in ana.thread]
    assert tuple(dict.fromkeys(states)) == _STATES


async def test_esc_in_the_picker_leaves_the_slash(floor: Floor) -> None:
    """Who wanted to write a slash presses Esc and has it, with what she typed behind it; a blank
    right behind it needs no Esc; and in the middle of a word it is a letter like any other."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("2", "r", *"3 pcs", " ", "/", *"stock", "escape")
    assert not ana.in_picker
    await ana.type(" day and/or week")
    await ana.sees("3 pcs /stock day and/or week", "Composer")
    await ana.type(", Mon / Tue")
    assert not ana.in_picker
    await ana.sees("week, Mon / Tue", "Composer")
    assert ana.desk.drafts
    assert not floor.texts(ana.selected.id)
