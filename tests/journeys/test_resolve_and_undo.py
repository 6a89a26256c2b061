"""Being done with a customer, and taking back what was done."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from journeys.floor import Floor, Seat

from agent_tui.model import Channel, ConversationId, MessageKind, Priority, Status


def _cursor_in_sight(ana: Seat) -> bool:
    return ana.selected.contact_name[:10] in ana.cursor_row


def _is_open(floor: Floor, conversation: ConversationId) -> bool:
    return floor.truth(conversation).status is Status.OPEN


async def test_resolve_goes_on_to_the_next_row_shown(floor: Floor) -> None:
    """e, e, e: each time the cursor is on the row that stood below, in sight, and its thread is
    open; at the end of the list it goes up. z brings them back one by one, cursor and all."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("2", "j")
    done = []
    for _time in range(3):
        here = ana.selected.id
        index = ana.desk.view.index_of(here)
        assert index is not None
        below = ana.desk.view.id_at(index + 1)
        await ana.press("e")
        done.append(here)
        assert ana.selected.id == below
        assert _cursor_in_sight(ana)
        assert ana.selected.contact_name[:10] in ana.part("ConversationHeader")
    await ana.confirmed()
    assert all(floor.truth(key).status is Status.RESOLVED for key in done)
    assert ana.counts == floor.counts("ana")

    await ana.press("G")
    here, above = ana.selected.id, ana.desk.view.id_at(len(ana.desk.view) - 2)
    await ana.press("e")
    assert ana.selected.id == above
    done.append(here)
    await ana.confirmed()

    for key in reversed(done):
        await ana.press("z")
        await ana.sees(f"Undone for {ana.shown(key).contact_name}"[:40])
        assert ana.selected.id == key
        assert _cursor_in_sight(ana)
        await ana.until(partial(_is_open, floor, key), "open again")
    await ana.confirmed()
    await floor.told(ana)
    assert ana.counts == floor.counts("ana")


async def test_resolve_after_taking_goes_on_from_the_gap(floor: Floor) -> None:
    """Taken from Unassigned, a customer leaves that list and stays on the screen; done with
    her, the agent is on the row that came after, not on nothing."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("2", "j", "j")
    here = ana.selected.id
    index = ana.desk.view.index_of(here)
    assert index is not None
    below = ana.desk.view.id_at(index + 1)
    await ana.press("A")
    await ana.confirmed()
    assert ana.selected.id == here
    await ana.press("enter", "e")
    await ana.confirmed()
    assert floor.truth(here).status is Status.RESOLVED
    assert ana.selected.id == below
    assert _cursor_in_sight(ana)


async def test_the_last_one_leaves_words(floor: Floor) -> None:
    """When the last of the view is done, the list says so, and the keys are in the list."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("1", "enter")
    for _time in range(len(ana.desk.view)):
        await ana.press("e")
    await ana.confirmed()
    await floor.told(ana)
    assert floor.counts("ana")["Mine"] == 0
    assert "Nobody is yours." in ana.part("InboxList")
    await ana.press("e")
    await ana.sees("No conversation is selected")
    await ana.press("2")
    assert _cursor_in_sight(ana)


async def test_every_change_is_undone(floor: Floor) -> None:
    """Assignment, team, snooze, labels and priority: z leads back to what was, at the desk,
    newest first; the cursor goes to where it was done."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("2")
    customer = ana.selected.id
    before = floor.truth(customer)
    await ana.press("a", *"carla", "enter")
    await ana.press("t", *"returns" if before.team != "returns" else "billing", "enter")
    await ana.press("l", *"vip", "enter")
    await ana.press("p", "h" if before.priority is not Priority.HIGH else "l", "enter")
    await ana.confirmed()
    changed = floor.truth(customer)
    assert changed.assignee == "carla"
    assert changed.team != before.team
    assert changed.labels != before.labels
    assert changed.priority is not before.priority
    await ana.press("s", "t", "enter")
    await ana.confirmed()
    assert floor.truth(customer).status is Status.SNOOZED
    assert ana.selected.id != customer

    await ana.press("z", "z", "z", "z", "z")
    await ana.confirmed()
    after = floor.truth(customer)
    assert (after.status, after.snooze) == (Status.OPEN, None)
    assert (after.assignee, after.team) == (before.assignee, before.team)
    assert (after.labels, after.priority) == (before.labels, before.priority)
    assert ana.selected.id == customer
    await ana.press("z")
    await ana.sees("Nothing to undo.")


async def test_undo_does_not_overwrite_a_colleague(floor: Floor) -> None:
    """Ana resolved, Ben opened it again and took it: her z says who changed it and when, and
    changes nothing."""
    floor.hush()
    ana, ben = await floor.seat("ana"), await floor.seat("ben")
    await ana.press("2")
    customer = ana.selected.id
    await ana.press("e")
    await ana.confirmed()
    await floor.told(ana, ben)
    await ben.go_to(customer)
    await ben.press("E", "A")
    await ben.confirmed()
    await floor.told(ana, ben)
    await ana.press("z")
    await ana.sees("Ben Keller changed ")
    assert "nothing was undone." in ana.foot
    assert "09:41" in ana.foot
    await ana.confirmed()
    assert floor.truth(customer).status is Status.OPEN
    assert floor.truth(customer).assignee == "ben"


async def test_a_held_reply_comes_back(floor: Floor) -> None:
    """z within the undo time: the words are in the composer again, the cursor behind them and
    typing goes on; nothing was sent. A second Ctrl+S sends at once. What has left says so."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    ana = await floor.seat("ana")
    await ana.go_to(customer.id)
    await ana.press("r", *"See you tomorow", "ctrl+s")
    await ana.sees("See you tomorow", "Transcript")
    await ana.press("escape", "escape", "j", "z")
    assert ana.selected.id == customer.id
    assert "See you tomorow" in ana.part("Composer")
    assert "See you tomorow" not in ana.thread
    assert "typing" in ana.foot
    await ana.press("backspace", "backspace", *"row at nine", "ctrl+s")
    await ana.sees("See you tomorrow at nine", "Transcript")
    await floor.pass_time(1)
    assert not floor.texts(customer.id)

    await ana.press("ctrl+s")
    await ana.sees("It leaves now.")
    await ana.confirmed()
    assert floor.texts(customer.id) == ["See you tomorrow at nine"]
    assert ana.clock.now() - floor.said(customer.id)[0].at <= timedelta(seconds=1)
    await ana.press("escape", "z")
    await ana.sees("has left already.")
    assert floor.texts(customer.id) == ["See you tomorrow at nine"]


async def test_send_and_resolve_are_undone_together(floor: Floor) -> None:
    """F9 sends and resolves; one z opens it again and brings the words back, and nothing of it
    has happened."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    ana = await floor.seat("ana")
    await ana.press("2")
    await ana.go_to(customer.id)
    await ana.press("r", *"All done", "f9")
    await ana.sees("is resolved, with your text before it. z undoes")
    assert ana.selected.id != customer.id
    assert ana.shown(customer.id).status is Status.RESOLVED
    await ana.press("escape", "escape", "z")
    assert ana.selected.id == customer.id
    assert ana.shown(customer.id).status is Status.OPEN
    assert "All done" in ana.part("Composer")
    await floor.pass_time(10)
    await ana.confirmed()
    assert not floor.texts(customer.id)
    assert floor.truth(customer.id).status is Status.OPEN
    assert floor.truth(customer.id).ver == customer.ver


async def test_a_note_is_no_reply(floor: Floor) -> None:
    """n writes a note: it says that the customer does not see it, goes at once, and z says that
    it is written."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    ana = await floor.seat("ana")
    await ana.go_to(customer.id)
    await ana.press("n")
    await ana.sees("does not see this", "Composer")
    await ana.press(*"asks for the floor", "ctrl+s")
    await ana.sees("does not see it.")
    await ana.confirmed()
    assert floor.texts(customer.id, MessageKind.NOTE) == ["asks for the floor"]
    assert not floor.texts(customer.id)
    assert floor.truth(customer.id).waiting_since == customer.waiting_since
