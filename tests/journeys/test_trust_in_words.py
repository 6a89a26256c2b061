"""What an agent can rely on while she writes: words stay, and go to whom they were written for."""

from __future__ import annotations

from datetime import timedelta

from journeys.floor import Floor

from agent_tui.model import Channel, ConversationId, MessageKind, Status
from agent_tui.shown import Mode


async def test_drafts_survive(floor: Floor) -> None:
    """Esc, another customer, the other mode, another view, another size: what was begun is there
    again, reply and note apart, cursor where it was; nothing was sent."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("2")
    first = ana.selected.id
    await ana.press("r", *"for the first", "ctrl+t", *"noted on the first", "escape")
    await ana.press("escape", "j")
    second = ana.selected.id
    assert "first" not in ana.part("Composer")
    await ana.press("n", *"noted on the second", "escape", "escape", "5", "2")
    await ana.go_to(first)
    await ana.press("r")
    assert "for the first" in ana.part("Composer")
    await ana.press("ctrl+t")
    assert "noted on the first" in ana.part("Composer")
    assert "does not see this" in ana.part("Composer")
    await ana.press("ctrl+t", "left", "left", "left", "left", "left", "escape", "r")
    await ana.type("very ")
    assert "for the very first" in ana.part("Composer")
    await ana.press("escape", "escape")
    await ana.go_to(second)
    assert "noted on the second" in ana.part("Composer")
    assert "✎" in ana.row_of(first)
    assert "✎" in ana.row_of(second)
    for key in (first, second):
        assert not floor.texts(key)
        assert not floor.texts(key, MessageKind.NOTE)


async def test_a_closed_window_keeps_the_words(floor: Floor) -> None:
    """25 hours after the customer's last word WhatsApp takes no free text: Ctrl+S says so and
    why, the words stay; when she writes again, they go out."""
    floor.hush()
    customer = floor.waiting(Channel.WHATSAPP)
    ana = await floor.seat("ana")
    await ana.go_to(customer.id)
    await ana.press("r", *"Is it there by now?")
    await floor.pass_time(timedelta(hours=25).total_seconds())
    await ana.press("ctrl+s")
    await ana.sees("WhatsApp closed the reply window")
    assert "Is it there by now?" in ana.part("Composer")
    assert not ana.wishes

    await floor.says(customer.id, "Still nothing")
    await floor.told(ana)
    await ana.press("ctrl+s", "ctrl+s")
    await ana.confirmed()
    assert floor.texts(customer.id) == ["Is it there by now?"]


async def test_a_window_that_closes_while_the_reply_is_held(floor: Floor) -> None:
    """The desk refuses what it gets too late: she is told, and the words are in the composer;
    the note she adds about it has no window."""
    floor.hush()
    customer = floor.waiting(Channel.WHATSAPP)
    ana = await floor.seat("ana")
    await ana.go_to(customer.id)
    closes = floor.truth(customer.id).window_closes_at
    assert closes is not None
    await floor.pass_time((closes - floor.clock.now()).total_seconds() - 2)
    await ana.press("r", *"Just in time", "ctrl+s")
    await ana.sees("Just in time", "Transcript")
    await floor.pass_time(3)
    await ana.sees("the reply window has closed. Your text is kept.")
    assert "Just in time" in ana.part("Composer")
    assert "Just in time" not in ana.thread
    assert not floor.texts(customer.id)
    await ana.press("escape", "n", *"window closed", "ctrl+s")
    await ana.confirmed()
    assert floor.texts(customer.id, MessageKind.NOTE) == ["window closed"]
    assert ana.desk.draft(ana.selected.id, Mode.REPLY).text == "Just in time"


async def test_words_that_come_back_do_not_disturb(floor: Floor) -> None:
    """She is writing the next line already when the one before is refused: it comes back in
    front of it, the focus stays in the text, and not a letter becomes a command."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    ana = await floor.seat("ana")
    await ana.go_to(customer.id)
    await ana.press("r", *"first line", "ctrl+s", *"second ")
    await floor.says(customer.id, "wait!")
    await floor.pass_time(3)
    await ana.sees("something new came")
    await ana.type("line, see")
    composer = ana.part("Composer")
    assert "first line" in composer
    assert "second line, see" in composer
    assert floor.truth(customer.id).status is Status.OPEN
    await ana.press("ctrl+s", "ctrl+s")
    await ana.confirmed()
    assert floor.texts(customer.id) == ["first line\n\nsecond line, see"]


async def test_too_long_says_by_how_much(floor: Floor) -> None:
    """An SMS has 320 characters: more is counted, said, and kept."""
    floor.hush()
    customer = floor.waiting(Channel.SMS)
    ana = await floor.seat("ana")
    await ana.go_to(customer.id)
    await ana.press("r")
    await ana.type("abcdefghi " * 33)
    await ana.press("x", "ctrl+s")
    await ana.sees("Not sent: 11 characters too long for SMS.")
    assert "331 / 320" in ana.part("Composer")
    assert not ana.wishes


async def test_every_reply_goes_where_it_was_written(floor: Floor) -> None:
    """Ten replies in a hurry, each begun, sent and left in one breath, while others write and
    rows move: each is with the customer it was written for, once."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("3")
    wanted = {}
    others = [c.id for c in floor.world.conversations.values() if c.status is Status.OPEN]
    for number in range(10):
        customer = ana.selected.id
        wanted[customer] = [f"reply {number}"]
        await ana.press("r", *f"reply {number}", "ctrl+s", "escape", "escape", "j", "j")
        await floor.says(others[-number], "hm")
    await floor.told(ana)
    for _time in range(6):
        await floor.pass_time(3)
        await ana.settle()
    await ana.confirmed()
    stale = {key for key, _mode in ana.desk.drafts}
    for conv in floor.world.conversations.values():
        texts = floor.texts(conv.id)
        sent = [text for text in texts if text.startswith("reply ")]
        assert sent == ([] if conv.id in stale else wanted.get(ConversationId(conv.id), []))
