"""Keys typed faster than the screen follows: over a slow line a whole word arrives at once."""

from __future__ import annotations

from journeys.floor import Floor
from textual.events import Key, MouseDown, MouseUp, Paste

from agent_tui.model import Channel, Status


async def test_a_word_behind_r_is_no_command(floor: Floor) -> None:
    """r and a word in one go: the word is in the composer, and nobody was resolved by its e,
    taken by its A or snoozed by its S."""
    floor.hush()
    ana = await floor.seat("ana")
    for word in ("eE As zest", "Seize", "nAe"):
        await ana.press("2", "j")
        customer, deeds = ana.selected.id, floor.deeds
        await ana.press("r", *word)
        assert ana.desk.drafts
        assert word in ana.part("Composer")
        assert ana.selected.id == customer
        assert floor.deeds == deeds
        await ana.press("escape", "escape")
    assert not ana.wishes


async def test_an_answer_behind_the_question(floor: Floor) -> None:
    """s, t, Enter in one go snoozes until tomorrow; a, a name, Enter in one go assigns: letters
    behind a question answer it, and Enter takes what the letters found."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("2")
    for _time in range(5):
        customer = ana.selected.id
        await ana.press("a", *"emma", "enter", "s", "t", "enter")
        await ana.confirmed()
        truth = floor.truth(customer)
        assert truth.status is Status.SNOOZED
        assert truth.assignee == "emma"
    await ana.press("p", "e", "escape", "s", "e", "escape")
    assert floor.truth(ana.selected.id).status is Status.OPEN
    assert not ana.wishes


async def test_a_whole_reply_in_one_go(floor: Floor) -> None:
    """Take, reply, write, send, back, next, in one breath: everything is done in its order."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    ana = await floor.seat("ana")
    await ana.press("3")
    await ana.go_to(customer.id)
    below = ana.desk.view.id_at((ana.desk.view.index_of(ana.selected.id) or 0) + 1)
    await ana.press("A", "r", *"See for yourself", "ctrl+s", "ctrl+s", "escape", "n")
    assert "does not see this" in ana.part("Composer")
    await ana.press(*"done", "ctrl+s", "escape", "escape", "3")
    await ana.confirmed()
    assert floor.texts(customer.id) == ["See for yourself"]
    assert floor.truth(customer.id).assignee == "ana"
    assert below in floor.world.conversations


async def test_a_paste_behind_r_is_text(floor: Floor) -> None:
    """r and a paste of several lines at once: it is one text, nothing of it is a key."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("2")
    deeds = floor.deeds
    ana.app.post_message(Key("r", "r"))
    ana.app.post_message(Paste("e\nA\x1b[31mred\x1b[0m\ne"))
    await ana.settle()
    draft = next(iter(ana.desk.drafts.values()))
    assert draft.text.split("\n")[0] == "e"
    assert draft.text.split("\n")[2] == "e"
    assert "\x1b" not in draft.text
    assert floor.deeds == deeds
    assert not ana.wishes


async def test_a_click_behind_a_word_does_not_overtake_it(floor: Floor) -> None:
    """r, a word and a click into the list in one go: the word is in the composer it was typed for,
    and none of its letters became a command of the list."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("3")
    customer, deeds = ana.selected.id, floor.deeds
    inbox = ana.console.inbox.region
    x, y = inbox.x + 5, inbox.y + 5
    for char in "rsEe":
        ana.app.post_message(Key(char, char))
    for kind in (MouseDown, MouseUp):
        ana.app.post_message(kind(None, x, y, 0, 0, 1, False, False, False, x, y))
    await ana.settle()
    assert [(key, words.text) for (key, _mode), words in ana.desk.drafts.items()] == [
        (customer, "sEe")
    ]
    assert floor.deeds == deeds
    assert ana.selected.id != customer
    assert not ana.wishes
