"""What an agent can rely on in the list: the cursor is a customer, and walking reads nothing."""

from __future__ import annotations

import asyncio
from random import Random

from journeys.floor import Floor

from agent_tui.model import Status


async def test_rows_move_and_the_cursor_stays(floor: Floor) -> None:
    """Twenty customers write in any order, some begin to wait, rows change places all over the
    list: the cursor stays with its customer and in sight, on the line where it was."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("3", "g", "g", *"j" * 22)
    here = ana.selected
    line = ana.part("InboxList").split("\n").index(ana.cursor_row.split("\n")[0])
    random = Random(8)
    opened = [c.id for c in floor.world.conversations.values() if c.status is Status.OPEN]
    others = [key for key in opened if key != here.id]
    for number, key in enumerate(random.choices(others, k=20)):
        floor.clock.advance(1)
        await floor.says(key, f"line {number}")
        await floor.told(ana)
        assert ana.selected.id == here.id
        assert here.contact_name[:10] in ana.cursor_row
        assert ana.part("InboxList").split("\n")[line] == ana.cursor_row.split("\n")[0]
    await floor.says(here.id, "and I")
    await floor.told(ana)
    assert "and I" in ana.cursor_row
    order = [ana.desk.view.id_at(i) for i in range(len(ana.desk.view))]
    waiting = [since for key in order if (since := floor.truth(key).waiting_since) is not None]
    assert waiting == sorted(waiting)
    assert set(order) == set(opened)


async def test_a_key_acts_on_the_row_under_the_cursor(floor: Floor) -> None:
    """j and A without a pause, many times, while rows change places: who is taken is always the
    one the cursor stands on when the keys have come to rest, and nobody else."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("3")
    random = Random(4)
    opened = [c.id for c in floor.world.conversations.values() if c.status is Status.OPEN]
    others = [c for c in opened if floor.truth(c).assignee != "ana"]
    for _time in range(15):
        mine = {key for key in opened if floor.truth(key).assignee == "ana"}
        floor.clock.advance(1)
        await asyncio.gather(
            ana.press(random.choice("jk"), "A"),
            floor.says(random.choice(others), "me first"),
        )
        await ana.confirmed()
        taken = {key for key in opened if floor.truth(key).assignee == "ana"} - mine
        assert taken <= {ana.selected.id}
        assert floor.truth(ana.selected.id).assignee == "ana"
        assert ana.selected.contact_name[:10] in ana.cursor_row


async def test_who_is_taken_away_stays_on_the_screen(floor: Floor) -> None:
    """While Ana writes to a customer of the Unassigned view, Ben takes him: he leaves that list,
    but not the screen, and not one letter is lost; the reply goes to him. The next move goes on
    from where he stood."""
    floor.hush()
    ana, ben = await floor.seat("ana"), await floor.seat("ben")
    await ana.press("2", "j", "j")
    customer = ana.selected
    below = ana.desk.view.id_at((ana.desk.view.index_of(customer.id) or 0) + 1)
    await ben.go_to(customer.id)
    await ana.press("r", *"We have found ")
    await ben.press("A")
    await ana.until(lambda: ana.shown(customer.id).assignee == "ben", "Ben's")
    assert customer.id not in ana.desk.view
    await ana.type("your parcel")
    assert "We have found your parcel" in ana.part("Composer")
    assert customer.contact_name[:10] in ana.part("ConversationHeader")
    assert "Ben" in ana.part("ConversationHeader")
    await ana.press("ctrl+s", "ctrl+s")
    await ana.confirmed()
    assert floor.texts(customer.id) == ["We have found your parcel"]
    await ana.press("escape", "escape", "j")
    assert ana.selected.id == below


async def test_walking_reads_nothing(floor: Floor) -> None:
    """What is selected when the console opens stays unread, however long it stands there; so do
    all one walks past; a second of rest on one that was chosen reads that one."""
    floor.hush()
    unread = {key: conv.unread for key, conv in floor.world.conversations.items()}
    ana = await floor.seat("ana")
    await ana.opened()
    await asyncio.sleep(1.3)
    await ana.settle()
    assert {key: conv.unread for key, conv in floor.world.conversations.items()} == unread

    await ana.press("2", *"jjjjj", *"kk", *"jjjjjjj")
    await ana.press("G", "g", "g", *"jjj")
    chosen = ana.selected.id
    assert unread[chosen]
    await ana.until(lambda: floor.truth(chosen).unread == 0, "read after a second")
    now = {key: conv.unread for key, conv in floor.world.conversations.items()}
    assert now == {**unread, chosen: 0}
    assert "●" not in ana.cursor_row

    await ana.press("u")
    await ana.confirmed()
    assert floor.truth(chosen).unread == 1
