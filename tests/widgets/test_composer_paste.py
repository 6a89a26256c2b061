"""What the composer makes of pastes, and what it says when it does less than was asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from agent_tui import i18n
from agent_tui.model import Channel, ConversationId, SafeText
from agent_tui.shown import Mode
from agent_tui.terminal.events import PastedText
from agent_tui.theme import THEMES
from agent_tui.widgets.composer import Composer
from agent_tui.widgets.composer_area import WordsArea


class Desk(App[None]):
    """A composer, and whoever hears what it says."""

    def __init__(self, *, enter_sends: bool) -> None:
        super().__init__()
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = THEMES["dark"].name
        self.enter_sends = enter_sends
        self.now = 100.0
        self.said: list[str] = []
        self.sent: list[str] = []

    def compose(self) -> ComposeResult:
        """Nothing else."""
        yield Composer(enter_sends=self.enter_sends, monotonic=lambda: self.now)

    def on_words_area_told(self, event: WordsArea.Told) -> None:
        """Remember what was said."""
        self.said.append(event.words)

    def on_composer_send_asked(self, event: Composer.SendAsked) -> None:
        """Remember what was sent."""
        self.sent.append(event.text)


@asynccontextmanager
async def desk(*, enter_sends: bool = False) -> AsyncIterator[tuple[Desk, Pilot[None]]]:
    i18n.use_language("en")
    app = Desk(enter_sends=enter_sends)
    async with app.run_test(size=(80, 12)) as pilot:
        composer = app.query_one(Composer)
        composer.bind(ConversationId("c-1"), Mode.REPLY, SafeText("Noah"), Channel.EMAIL)
        composer.focus()
        await pilot.pause()
        yield app, pilot


async def paste(app: Desk, pilot: Pilot[None], event: events.Paste) -> str:
    area = app.query_one(WordsArea)
    area.post_message(event)
    await pilot.pause()
    return area.text


async def test_a_long_paste_is_cut_and_both_numbers_are_told() -> None:
    async with desk() as (app, pilot):
        text = await paste(app, pilot, PastedText("x" * 64_000, 1_000_000))
        assert len(text) == 64_000
        assert app.said == ["The paste was too long: 64000 of its 1000000 characters are in."]


async def test_what_this_program_copied_is_cut_and_told_too() -> None:
    async with desk() as (app, pilot):
        text = await paste(app, pilot, events.Paste("word " * 20_000))
        assert len(text) <= 64_000
        assert app.said == [f"The paste was too long: {len(text)} of its 100000 characters are in."]


async def test_a_paste_that_fits_is_not_spoken_of() -> None:
    async with desk() as (app, pilot):
        assert await paste(app, pilot, PastedText("a\r\nb\rc", 6)) == "a\nb\nc"
        assert app.said == []


@pytest.mark.parametrize(
    ("key", "words"),
    [("ctrl+s", "Not sent"), ("f8", "Not sent"), ("f9", "Not sent"), ("escape", "Not done")],
)
async def test_a_key_right_behind_a_paste_is_not_done_and_that_is_said(
    key: str, words: str
) -> None:
    async with desk() as (app, pilot):
        await paste(app, pilot, PastedText("text"))
        app.now += 0.05
        await pilot.press(key)
        await pilot.pause()
        assert app.sent == []
        assert [said.split(":")[0] for said in app.said] == [words]


async def test_enter_right_behind_a_paste_begins_a_line_and_says_that_it_did_not_send() -> None:
    async with desk(enter_sends=True) as (app, pilot):
        await paste(app, pilot, PastedText("text"))
        app.now += 0.05
        await pilot.press("enter")
        assert app.sent == []
        assert app.query_one(WordsArea).text == "text\n"
        assert app.said == ["Not sent: that came with the paste; press again."]
        app.now += 1.0
        await pilot.press("enter")
        await pilot.pause()
        assert app.sent == ["text"]
