"""Hundreds of keys without sense: nothing breaks, and no word lands with the wrong customer."""

from __future__ import annotations

import re
from random import Random

import pytest
from journeys.floor import Floor, Seat

from agent_tui.commands import KEYMAPS, Place
from agent_tui.model import MessageKind, Status


@pytest.fixture(autouse=True)
def painting() -> None:
    """Here every frame is painted."""


STEPS = 160
"""So many times one to four keys are pressed."""

LEAVING = {"q", "ctrl+q"}
TAG = re.compile(r"<(\d+)>")


def _keys(place: Place) -> list[tuple[str, ...]]:
    """Every key the registry has for a place, some of them as two presses."""
    return [tuple(key.split(" ")) for key in KEYMAPS[place] if key not in LEAVING]


def _next(ana: Seat, random: Random) -> tuple[str, ...]:
    """What she presses now: an answer in a picker, words in the composer, else any key."""
    if ana.in_picker:
        return (*random.choices("abeijlmnrst0 ", k=random.randrange(3)), random.choice(
            ("enter", "enter", "escape", "down", "tab", "backspace")
        ))  # fmt: skip
    place = ana.console.place
    if place is Place.COMPOSER and random.random() < 0.6:
        number = re.search(r"#(\d+)", ana.part("ConversationHeader"))
        assert number is not None, ana.screen()
        return (*f" <{number[1]}> ", *random.choice((("ctrl+s",), ("escape",), ("f9",), ())))
    return random.choice(_keys(place)) if random.random() < 0.7 else (random.choice("rn"),)


async def _elsewhere(floor: Floor, random: Random) -> None:
    """Meanwhile customers write, colleagues act through the desk, and time passes."""
    conv = random.choice(list(floor.world.conversations.values()))
    match random.randrange(4):
        case 0:
            await floor.says(conv.id, "and another thing")
        case 1:
            floor.takes("ben", conv.id)
        case 2:
            await floor.pass_time(random.choice((1, 3, 20)))
        case _:
            await floor.types(conv.id)


@pytest.mark.parametrize("seed", list(range(20, 34)))
async def test_keys_without_sense(floor: Floor, seed: int) -> None:
    """Any keys in any order, in every place and picker, several at once, while the desk lives:
    the program stands, every word an agent wrote is with the customer whose number stood above
    it, and in the end the screen shows what the desk has."""
    random = Random(seed)
    floor.hush()
    ana = await floor.seat("ana", (100, 30) if seed % 2 else (160, 45))
    pressed: list[str] = []
    for _step in range(STEPS):
        keys = _next(ana, random)
        pressed += keys
        await ana.press(*keys)
        assert ana.app._exception is None, pressed[-20:]
        if random.random() < 0.4:
            await _elsewhere(floor, random)
    await ana.press(*["escape"] * 4)
    await floor.pass_time(60)
    await ana.confirmed()
    await floor.told(ana)

    written = 0
    for conv in floor.world.conversations.values():
        for kind in (MessageKind.TEXT, MessageKind.NOTE):
            tags = TAG.findall(" ".join(floor.texts(conv.id, kind)))
            assert set(tags) <= {str(conv.number)}, (conv.id, tags)
            written += len(tags)
        shown = ana.shown(conv.id)
        assert (shown.status, shown.assignee, shown.ver) == (conv.status, conv.assignee, conv.ver)
    for (key, _mode), words in ana.desk.drafts.items():
        assert set(TAG.findall(words.text)) <= {str(ana.shown(key).number)}
    assert written, "the walk never wrote anything"
    assert any(c.status is Status.RESOLVED for c in floor.world.conversations.values())
    assert ana.app._exception is None
