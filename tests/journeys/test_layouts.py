"""The same work at every size of the terminal: panes fold, nothing is lost, nothing spills."""

from __future__ import annotations

import pytest
from journeys.floor import Floor, Seat
from textual.widget import Widget

from agent_tui.model import Channel, Status
from agent_tui.widgets.paint import cells


@pytest.fixture(autouse=True)
def painting() -> None:
    """Here every frame is painted."""


SIZES = ((60, 15), (80, 24), (100, 30), (160, 45))


def _whole(seat: Seat, width: int, height: int) -> None:
    """Every line is as wide as the terminal and no wider; every part lies within it."""
    lines = seat.lines()
    assert len(lines) == height
    assert {cells(line) for line in lines} == {width}
    screen = seat.app.screen.region
    for widget in seat.app.screen.walk_children(Widget):
        if widget.display and widget.visible and widget.region.area:
            assert screen.contains_region(widget.region), widget


def _foot_has(seat: Seat, *keys: str) -> None:
    for key in keys:
        assert f" {key} " in f" {seat.foot} ", (key, seat.foot)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_from_the_list_to_the_customer_and_back(floor: Floor, size: tuple[int, int]) -> None:
    """Enter into the conversation, i or Tab to the customer, Esc back, step by step; on each of
    them the lines fit, and the last line names keys that act there."""
    floor.hush()
    customer = floor.waiting(Channel.TELEGRAM)
    words = floor.world.threads[customer.id][-1].text.split()[0]
    ana = await floor.seat("ana", size)
    await ana.press("2")
    await ana.go_to(customer.id)
    await ana.opened()
    _whole(ana, *size)
    _foot_has(ana, "A take", "a assign", "r reply")
    assert "▌" in ana.part("InboxList")
    assert str(floor.counts("ana")["Unassigned"]) in ana.top

    await ana.press("enter")
    _whole(ana, *size)
    _foot_has(ana, "r reply")
    assert words in ana.thread
    assert f"#{customer.number}" in ana.part("ConversationHeader")

    await ana.press("I")
    _whole(ana, *size)
    assert customer.contact_name[:8] in ana.part("ContextPane")
    await ana.press("j", "k", "G", "g", "g", "ctrl+d", "space")
    _whole(ana, *size)
    await ana.press("escape")
    assert words in ana.thread
    await ana.press("r", *"Good morning")
    _whole(ana, *size)
    _foot_has(ana, "typing", "Ctrl+S send")
    assert "Good morning" in ana.part("Composer")
    await ana.press("escape", "escape")
    assert "▌" in ana.part("InboxList")
    panes = []
    for _time in range(4):
        panes.append(ana.console.place.value)
        _whole(ana, *size)
        await ana.press("tab")
    assert panes[:2] == ["list", "conversation"]
    assert ana.desk.drafts


@pytest.mark.parametrize("size", SIZES[:3:2], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_question_fits(floor: Floor, size: tuple[int, int]) -> None:
    """Assign, snooze, labels, priority, help, palette, canned replies: whole on the screen, the
    row that Enter would take in sight, however far one goes down."""
    floor.hush()
    ana = await floor.seat("ana", size)
    await ana.press("2")
    for keys in (("a",), ("s",), ("l",), ("p",), ("t",), ("?",), ("ctrl+p",), ("r", "/")):
        await ana.press(*keys)
        assert ana.in_picker, keys
        await ana.settle()
        _whole(ana, *size)
        assert "▌" in ana.screen()
        await ana.press(*["down"] * 12)
        _whole(ana, *size)
        assert "▌" in "".join(ana.lines())
        await ana.press("escape")
        _whole(ana, *size)
    await ana.press("escape", "g")
    _whole(ana, *size)


async def test_pulling_at_the_corner_while_writing(floor: Floor) -> None:
    """The terminal changes its size in the middle of a word, many times: the focus stays in the
    text, the text stays, and letters are letters at every size."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("2", "j")
    customer = ana.selected.id
    await ana.press("r")
    text = ""
    for number, (width, height) in enumerate((*SIZES, *reversed(SIZES), (40, 10), (200, 60))):
        await ana.resize(width, height)
        await ana.type(f"e{number}A ")
        text += f"e{number}A "
        _whole(ana, width, height)
        assert ana.console.place.value == "composer"
        assert f"e{number}A" in ana.part("Composer")
    assert ana.desk.drafts[ana.selected.id, ana.console.write.mode].text == text
    assert ana.selected.id == customer
    truth = floor.truth(customer)
    assert (truth.status, truth.assignee, truth.ver) == (Status.OPEN, None, ana.selected.ver)


async def test_pulling_at_the_corner_keeps_the_cursor(floor: Floor) -> None:
    """In the list, too: the cursor is on the same customer and in sight at every size."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("3", *"j" * 25)
    customer = ana.selected
    for width, height in (*SIZES, *reversed(SIZES), (30, 6), (120, 20), (160, 45)):
        await ana.resize(width, height)
        assert ana.selected.id == customer.id
        assert customer.contact_name[:6] in ana.cursor_row
        _whole(ana, width, height)


async def test_pulling_at_the_corner_in_any_pane(floor: Floor) -> None:
    """Wherever the keys go, that pane is on the screen, at every size; i and I show and hide the
    customer without ever leaving the keys in a pane that is not there."""
    floor.hush()
    ana = await floor.seat("ana")
    for keys in (("2",), ("i",), ("i", "tab", "tab"), ("I",), ("i", "escape", "i")):
        await ana.press(*keys)
        for width, height in ((100, 30), (190, 50), (80, 24)):
            await ana.resize(width, height)
            focused = ana.console.focused
            assert focused is not None, (keys, width)
            assert focused.region.area, (keys, width)
    await ana.resize(190, 50)
    await ana.press("2")
    shown = ana.console.query_one("#customer-pane").region.area
    await ana.press("i")
    assert bool(ana.console.query_one("#customer-pane").region.area) is not bool(shown)
