"""What pictures of the console need: people to look at, and a screen that holds still."""

from __future__ import annotations

from dataclasses import replace

from journeys.floor import Floor, Seat
from picture import lines, picture
from textual.strip import Strip
from textual.widgets import Input, TextArea

from agent_tui.model import ConversationId


def known_as(seat: Seat, name: str) -> ConversationId:
    """The conversation of the customer whose name begins with `name`."""
    return next(
        conv.id for conv in seat.desk.store.conversations() if conv.contact_name.startswith(name)
    )


async def meet(seat: Seat, name: str) -> None:
    """Open the conversation of a customer; her messages and her record are here."""
    await seat.go_to(known_as(seat, name))
    await seat.press("enter")
    await arrived(seat)


async def arrived(seat: Seat) -> None:
    """Wait until what is selected is here, and nothing is on its way."""
    desk = seat.desk

    def here() -> bool:
        conv = desk.conversation
        if conv is None:
            return True
        thread = desk.store.threads.get(conv.id)
        loaded = thread is not None and thread.loaded and not thread.loading
        return loaded and desk.store.contact_of(conv) is not None

    await seat.until(here, "the conversation and its customer")


async def writes(floor: Floor, seat: Seat, name: str, *texts: str) -> None:
    """A customer writes."""
    conversation = known_as(seat, name)
    for text in texts:
        await floor.says(conversation, text)
    seq = floor.truth(conversation).seq
    await seat.until(lambda: seat.shown(conversation).seq == seq, "what was written")


def rename(floor: Floor, conversation: str, name: str) -> None:
    """Give a customer another name; the console hears of it with the next thing that happens."""
    world = floor.world
    conv = world.conversations[conversation]
    world.conversations[conversation] = replace(conv, contact_name=name)
    world.contacts[conv.contact_id] = replace(world.contacts[conv.contact_id], name=name)


async def held_still(seat: Seat) -> str:
    """The picture of what is shown when all that moves has come to rest."""
    for screen in seat.app.screen_stack:
        for field in screen.query("Input, TextArea"):
            assert isinstance(field, Input | TextArea)
            field.cursor_blink = False
    await seat.second()
    seen: list[list[Strip]] = [[]]

    def resting() -> bool:
        before, seen[0] = seen[0], lines(seat.app)
        return before == seen[0]

    await seat.until(resting, "a screen that holds still")
    return picture(seat.app)
