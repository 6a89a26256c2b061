"""The turnstile: one key or click after the other, whatever becomes of the one before."""

from __future__ import annotations

import asyncio
from typing import ClassVar

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button, Input

from agent_tui import turnstile
from agent_tui.turnstile import Turnstile


class Door(App[None]):
    """A field and a button; `e` is a command where no field has the focus."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "write", show=False),
        Binding("e", "command", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.turnstile = Turnstile(self, super().on_event)
        self.done: list[str] = []

    async def on_event(self, event: events.Event) -> None:
        match event:
            case events.MouseMove():
                await super().on_event(event)
            case events.Key() | events.Paste() | events.MouseEvent() if not event.is_forwarded:
                await self.turnstile.take(event)
            case _:
                await super().on_event(event)

    def compose(self) -> ComposeResult:
        yield Input()
        yield Button("b")

    def action_write(self) -> None:
        self.call_later(self.query_one(Input).focus)

    def action_command(self) -> None:
        self.done.append("command")

    def on_button_pressed(self) -> None:
        self.done.append("pressed")
        self.set_focus(None)

    def type(self, *keys: str) -> None:
        for key in keys:
            self.post_message(events.Key(key, key))

    def click(self) -> None:
        corner = self.query_one(Button).region
        x, y = corner.x + 2, corner.y + 1
        for kind in (events.MouseDown, events.MouseUp):
            self.post_message(kind(None, x, y, 0, 0, 1, False, False, False, x, y))

    async def settle(self) -> None:
        async with asyncio.timeout(5):
            await asyncio.sleep(0)
            while self.turnstile._queue or not self.turnstile.idle:
                await asyncio.sleep(0.001)


async def test_a_click_does_not_overtake_what_was_typed() -> None:
    """r and a word and a click in one chunk: the word is text, then the button is pressed."""
    app = Door()
    async with app.run_test() as pilot:
        app.type("r", "s", "e", "e")
        app.click()
        app.type("e")
        await pilot.pause()
        await app.settle()
        assert app.query_one(Input).value == "see"
        assert app.done == ["pressed", "command"]


async def test_where_the_mouse_is_waits_for_nothing() -> None:
    """A move goes straight in: it asks for nothing, and there are many."""
    app = Door()
    async with app.run_test() as pilot:
        app.post_message(events.MouseMove(None, 3, 3, 0, 0, 0, False, False, False, 3, 3))
        await pilot.pause()
        assert not app.turnstile._queue
        assert app.mouse_position == (3, 3)


async def test_a_mistake_on_the_way_leaves_no_dead_keyboard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever goes wrong while a key is followed, the next one gets in."""
    worked_off = turnstile._worked_off
    mistakes = [ZeroDivisionError(), RuntimeError("gone")]

    async def fails(pump: object) -> None:
        if mistakes:
            raise mistakes.pop()
        await worked_off(pump)  # type: ignore[arg-type] # it is one

    app = Door()
    async with app.run_test() as pilot:
        monkeypatch.setattr(turnstile, "_worked_off", fails)
        app.type("e", "e", "e")
        await pilot.pause()
        await app.settle()
        assert app.done == ["command"] * 3
