"""A customer writes: everybody at the desk sees it, and nobody's cursor moves."""

from __future__ import annotations

from journeys.floor import Floor

from agent_tui.model import Channel


async def test_a_message_comes_into_the_row_and_the_open_thread(floor: Floor) -> None:
    """It is in the row (unread, last words, waiting clock) and in the open thread; while the
    customer writes, the row and the thread say so; the cursor stays."""
    floor.hush()
    ana = await floor.seat("ana")
    answered = floor.find(lambda c: c.assignee == "ana" and c.waiting_since is None)
    await ana.press("1")
    await ana.go_to(answered.id)
    await ana.opened()
    name = answered.contact_name.split()[0]
    await floor.types(answered.id)
    await ana.sees("is writing …", "InboxList")
    await ana.sees(f"{name} is writing", "Transcript")

    unread = floor.truth(answered.id).unread
    await floor.says(answered.id, "Where is my teapot?")
    await ana.sees("Where is my teapot?", "Transcript")
    assert "is writing" not in ana.thread
    row = ana.cursor_row
    assert "Where is my teapot?" in row
    assert "now" in row
    assert f" {unread + 1} " in row
    assert ana.selected.id == answered.id
    assert ana.shown(answered.id).waiting_since == floor.clock.now()

    await floor.pass_time(4 * 60)
    await ana.second()
    assert " 4 m" in ana.cursor_row


async def test_a_message_elsewhere_moves_rows_and_not_the_cursor(floor: Floor) -> None:
    """Somebody below writes and begins to wait: her row comes up, counted as unread; the
    cursor is on the same customer as before, who is still open."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("3", "G")
    here = ana.selected.id
    await ana.opened()
    thread = ana.thread
    other = floor.waiting(Channel.WHATSAPP)
    before = floor.truth(other.id).unread
    await floor.says(other.id, "anybody there?")
    await ana.until(lambda: ana.shown(other.id).preview == "anybody there?", "the last words")
    assert floor.truth(other.id).unread == ana.shown(other.id).unread == before + 1
    assert ana.selected.id == here
    assert ana.selected.contact_name[:12] in ana.cursor_row
    assert ana.thread == thread
    await ana.press("g", "g", *"jjjjjjjj")
    await ana.go_to(other.id)
    await ana.sees("anybody there?", "Transcript")


async def test_a_new_customer_comes_in(floor: Floor) -> None:
    """Whom the desk did not know stands in Unassigned, and the counts say so."""
    ana = await floor.seat("ana")
    before = ana.counts
    customer = next(iter(floor.world.contacts))
    conv = floor.opens(customer, Channel.TELEGRAM, "Guten Tag zusammen")
    await ana.until(lambda: ana.counts["Unassigned"] == before["Unassigned"] + 1, "one more")
    assert ana.counts == floor.counts("ana")
    await ana.go_to(conv)
    await ana.sees("Guten Tag zusammen", "Transcript")
    assert "Guten Tag zusammen" in ana.cursor_row
