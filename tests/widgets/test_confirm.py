"""A question about one thing: its facts, its keys, and keys that were meant for something else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual.app import App
from textual.containers import Vertical
from textual.geometry import Region
from textual.pilot import Pilot

from agent_tui.theme import THEMES
from agent_tui.widgets import confirm as module
from agent_tui.widgets.confirm import Confirm, Confirmation, Fact, Facts, Tone

ASKED = Confirmation(
    "Open this page?",
    (Fact("evil.example", Tone.STRONG), Fact("look out", Tone.WARN), Fact("https://evil.example/")),
    {"enter": "open", "y": "copy"},
    "Enter opens, y copies, Esc closes",
)


class Stage(App[None]):
    """A confirmation on an empty screen."""

    def __init__(self, asked: Confirmation) -> None:
        super().__init__()
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = THEMES["dark"].name
        self.confirm = Confirm(asked, lambda: (3, 2))
        self.answers: list[str | None] = []

    def on_mount(self) -> None:
        self.push_screen(self.confirm, self.answers.append)

    @property
    def box(self) -> Region:
        return self.confirm.query_one(Vertical).region

    @property
    def text(self) -> str:
        strips = self.confirm._compositor.render_strips(self.size)
        return "\n".join(strip.text.rstrip() for strip in strips)


@asynccontextmanager
async def stage(
    asked: Confirmation = ASKED, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Stage, Pilot[None]]]:
    app = Stage(asked)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


@pytest.mark.parametrize(("key", "answer"), [("enter", "open"), ("y", "copy"), ("escape", None)])
async def test_a_key_is_an_answer(key: str, answer: str | None) -> None:
    async with stage() as (app, pilot):
        await pilot.press("x", "o", key)
        assert app.answers == [answer]


async def test_the_facts_stand_there_and_warnings_are_marked() -> None:
    async with stage() as (app, _pilot):
        for words in ("Open this page?", "evil.example", "! look out", "Enter opens, y copies"):
            assert words in app.text


async def test_foreign_words_are_never_read_as_markup() -> None:
    asked = replace(ASKED, title="[b]x[/b] [/]", facts=(Fact("[@click=app.quit]x[/] [/nope]"),))
    async with stage(asked) as (app, _pilot):
        assert "[b]x[/b] [/]" in app.text
        assert "[@click=app.quit]x[/] [/nope]" in app.text


@pytest.mark.parametrize("size", [(160, 45), (80, 24), (60, 15), (40, 10)])
async def test_a_long_address_can_be_read_to_its_end(size: tuple[int, int]) -> None:
    """Whole on the screen; where it is longer, one moves through it."""
    asked = replace(ASKED, facts=(Fact("https://x.example/" + "a" * 1_900 + "THE-END"),))
    async with stage(asked, size) as (app, pilot):
        assert app.size.region.contains_region(app.box)
        assert app.box.bottom < app.size.height
        for _page in range(20):
            await pilot.press("pagedown")
        await pilot.pause()
        shown = "".join(app.text.replace("│", "").split())
        assert "END" in shown


async def test_a_question_that_changed_by_itself_is_not_answered_by_a_key_for_the_old_one() -> None:
    """Enter on the way to something else opens nothing that has just come up."""
    async with stage(replace(ASKED, keys={})) as (app, pilot):
        app.confirm.show(ASKED)
        await pilot.press("enter", "y")
        assert app.answers == []
        await pilot.pause(module.SETTLED + 0.2)
        await pilot.press("enter")
        assert app.answers == ["open"]


async def test_more_about_the_same_question_keeps_its_keys() -> None:
    async with stage() as (app, pilot):
        app.confirm.show(replace(ASKED, facts=(Fact("more"),)))
        await pilot.pause()
        assert "more" in app.text
        await pilot.press("enter")
        assert app.answers == ["open"]


async def test_closing_twice_is_nothing() -> None:
    async with stage() as (app, pilot):
        app.confirm.close()
        await pilot.pause()
        app.confirm.close()
        await pilot.pause()
        assert app.answers == [None]
        assert app.screen is not app.confirm


async def test_it_is_drawn_in_the_colours_of_the_theme_that_is_on() -> None:
    async with stage() as (app, pilot):
        before = app.confirm.query_one(Facts).render_line(0)
        app.theme = THEMES["light"].name
        await pilot.pause()
        assert app.confirm.query_one(Facts).render_line(0) != before
