"""Two agents at one desk: each sees what the other does, as it happens."""

from __future__ import annotations

import asyncio

from journeys.floor import Floor

from agent_tui.model import Channel, MessageKind, Priority, Status


async def test_each_sees_what_the_other_does(floor: Floor) -> None:
    """Assignment, reply, note, label, priority, snooze, resolve: on the other screen within the
    second, in the row, in the header and in the open thread; the counts agree with the desk."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    ana, ben = await floor.seat("ana"), await floor.seat("ben")
    await ana.press("3")
    await ana.go_to(customer.id)
    await ben.press("3")
    await ben.go_to(customer.id)
    await ana.opened()
    await ben.opened()

    await ben.press("A")
    await ana.sees("Ben took this", "Transcript")
    assert "Ben" in ana.part("ConversationHeader")
    assert "Ben" in ana.row_of(customer.id)

    await ben.press("r", *"On its way", "ctrl+s", "ctrl+s")
    await ana.sees("On its way", "Transcript")
    await ana.sees("→ On its way", "InboxList")
    assert ana.shown(customer.id).waiting_since is None

    await ana.press("n", *"he is angry", "ctrl+s", "escape")
    await ben.sees("he is angry", "Transcript")
    assert "he is angry" not in ben.row_of(customer.id)

    await ana.press("escape", "l", *"vip", "enter")
    await ben.sees("vip", "ConversationHeader")
    await ana.press("p", "u", "enter")
    await ben.sees("!!", "InboxList")
    await ben.sees("urgent", "ConversationHeader")

    await ana.press("s", "t", "enter")
    await ben.sees("snoozed until tomorrow 09:00", "ConversationHeader")
    assert ben.selected.id == customer.id
    await ben.press("escape", "escape", "e")
    await ana.until(lambda: ana.shown(customer.id).status is Status.RESOLVED, "resolved")

    await floor.told(ana, ben)
    truth = floor.truth(customer.id)
    assert (truth.status, truth.assignee) == (Status.RESOLVED, "ben")
    assert truth.priority is Priority.URGENT
    assert floor.texts(customer.id, MessageKind.NOTE) == ["he is angry"]
    assert ana.counts == floor.counts("ana")
    assert ben.counts == floor.counts("ben")


async def test_who_is_here_and_who_writes(floor: Floor) -> None:
    """Ben has the same customer open and begins to write: Ana reads both, and reads when he
    has gone."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    ana, ben = await floor.seat("ana"), await floor.seat("ben")
    await ana.go_to(customer.id)
    await ben.go_to(customer.id)
    await ana.opened()
    await ben.second()
    await ana.sees("Ben is here", "ConversationHeader")
    assert "Ben is here" in ana.row_of(customer.id) or "Ben" in ana.row_of(customer.id)

    await ben.press("r", *"Moment")
    await ana.sees("Ben is writing", "Transcript")
    await ben.press("escape")
    await ana.until(lambda: "Ben is writing" not in ana.thread, "not writing any more")
    await ben.press("escape", "j")
    await ben.second()
    await ana.until(lambda: "Ben is here" not in ana.part("ConversationHeader"), "gone")
    assert customer.id in {key for key, _mode in ben.desk.drafts}


async def test_a_reply_that_was_overtaken_stops(floor: Floor) -> None:
    """While Ana's reply is held, Ben answers the same customer: hers stops, she is told, her
    words are in the composer again; read, corrected and sent once more they go out, once."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    ana, ben = await floor.seat("ana"), await floor.seat("ben")
    await ana.go_to(customer.id)
    await ben.go_to(customer.id)
    await ana.opened()
    await ana.press("r", *"Tomorrow at nine", "ctrl+s")
    await ana.sees("Tomorrow at nine", "Transcript")
    await ben.press("r", *"Today at five", "ctrl+s", "ctrl+s")
    await ana.sees("Today at five", "Transcript")
    await floor.pass_time(3)
    await ana.sees("something new came; read it, then send again. Your text is kept.")
    await ana.sees("Tomorrow at nine", "Composer")
    assert "Tomorrow at nine" not in ana.thread
    assert floor.texts(customer.id) == ["Today at five"]

    await ana.press(" ", *"I mean", "ctrl+s", "ctrl+s")
    await ana.confirmed()
    assert floor.texts(customer.id) == ["Today at five", "Tomorrow at nine I mean"]
    assert floor.said(customer.id)[1].author.id == "ana"


async def test_the_customer_overtakes_a_held_reply(floor: Floor) -> None:
    """The customer writes while the reply is held and the agent is already with somebody else:
    it does not leave, and the words wait as a draft in that row."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    ana = await floor.seat("ana")
    await ana.press("3")
    await ana.go_to(customer.id)
    await ana.press("r", *"Which size?", "ctrl+s", "escape", "escape", "escape", "k")
    elsewhere = ana.selected.id
    await floor.says(customer.id, "Size M, by the way")
    await floor.pass_time(3)
    await ana.sees("something new came")
    assert ana.selected.id == elsewhere
    assert not floor.texts(customer.id)
    assert "Which size?" not in ana.part("Composer")
    await ana.go_to(customer.id)
    await ana.sees("Size M, by the way", "Transcript")
    assert "Which size?" in ana.part("Composer")
    assert "✎" in ana.row_of(customer.id)


async def test_taken_from_under_me_is_told(floor: Floor) -> None:
    """A customer of Ana's is taken over, and given away, by a colleague: she is told by whom."""
    floor.hush()
    mine = floor.find(lambda c: c.assignee == "ana" and c.status is Status.OPEN)
    ana, ben = await floor.seat("ana"), await floor.seat("ben")
    await ben.go_to(mine.id)
    await ben.press("A")
    await ana.sees(f"Ben Keller took {mine.contact_name} over.")
    assert ana.counts["Mine"] == floor.counts("ana")["Mine"]
    await ben.press("a", *"ana", "enter")
    await ana.until(lambda: ana.shown(mine.id).assignee == "ana", "hers again")
    await ben.press("a", *"carla", "enter")
    await ana.sees(f"Ben Keller gave {mine.contact_name} to Carla")


async def test_many_changes_from_two_sides_end_in_one_truth(floor: Floor) -> None:
    """Both work through the same list at the same time: whatever was refused on the way, in the
    end both screens show what the desk has."""
    floor.hush()
    ana, ben = await floor.seat("ana"), await floor.seat("ben")
    await asyncio.gather(ana.press("2"), ben.press("2"))
    script = ("A", "j", "p", "h", "enter", "e", "j", "A", "S", "z", "j", "e", "k", "A", "e", "z")
    await asyncio.gather(ana.press(*script), ben.press(*script))
    await ana.confirmed()
    await ben.confirmed()
    await floor.told(ana, ben)
    for truth in floor.world.conversations.values():
        for seat in (ana, ben):
            shown = seat.shown(truth.id)
            assert (shown.assignee, shown.status, shown.priority, shown.ver) == (
                truth.assignee,
                truth.status,
                truth.priority,
                truth.ver,
            )
    assert ana.counts == floor.counts("ana")
    assert ben.counts == floor.counts("ben")
