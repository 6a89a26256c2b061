"""Help, palette and Tab while words are typed or searched: nothing is a dead end or a trap."""

from __future__ import annotations

from journeys.floor import Floor
from journeys.wire import Wire

from agent_tui.commands import Place
from agent_tui.model import ConversationId


async def test_the_palette_leads_out_of_the_words_and_keeps_them(floor: Floor) -> None:
    """What is done to the conversation is done there; the draft is there afterwards."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("3", "r", *"half a sentence", "ctrl+p", *"priority", "enter")
    assert ana.in_picker
    await ana.press("u", "enter")
    await ana.confirmed()
    assert floor.truth(ana.selected.id).priority == "urgent"
    await ana.press("r")
    assert ana.console.composer.words.text == "half a sentence"


async def test_the_palette_does_what_acts_on_the_words(floor: Floor) -> None:
    """Its first row is the key one would press next."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("3", "n", *"for ben", "ctrl+p", "enter")
    await ana.confirmed()
    assert "for ben" in ana.thread


async def test_help_and_palette_open_over_a_search_which_goes_on_behind(floor: Floor) -> None:
    ana = await floor.seat("ana")
    for key in ("f1", "ctrl+p"):
        await ana.press("3", "/", *"pa", key)
        assert ana.in_picker
        await ana.press("escape", "r")
        assert ana.console.walk.query == "par"
        await ana.press("escape")


async def test_shift_tab_never_leaves_the_words(floor: Floor) -> None:
    """The next letter would resolve somebody."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("3", "r", *"Hi", "shift+tab", "tab", "e")
    assert ana.console.place is Place.COMPOSER
    assert ana.console.composer.words.text == "Hie"
    assert not ana.wishes


async def test_read_marks_that_wait_for_the_line_are_not_told(floor: Floor) -> None:
    floor.hush()
    wire = Wire(floor.server.port)
    await wire.mend()
    ana = await floor.seat("ana", wire=wire)
    await ana.press("3")
    await wire.cut()
    await ana.until(lambda: ana.desk.store.link.link.value != "live", "the cut")
    unread = next(c for c in ana.desk.store.conversations() if c.unread)
    await ana.do(lambda: ana.desk.mark_read(ConversationId(unread.id), unread.seq))
    await ana.second()
    assert len(ana.desk.store.outbox)
    assert "waits for the line" not in ana.foot
