"""The picker: filters as one types, keeps its columns and its place, and answers once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widget import Widget

from agent_tui import theme
from agent_tui.widgets.picker import Answer, Choice, Find, Picker, Preview, Question
from agent_tui.widgets.picker_rows import ChoiceRows

FRUIT = [Choice(name, name, right=f"/{name}") for name in ("apple", "banana", "cherry")]


def among(rows: Sequence[Choice[str]]) -> Find[str]:
    """The rows whose title begins with what was typed."""
    return lambda query: [row for row in rows if row.title.startswith(query)]


class Stage(App[None]):
    """A screen with a corner to stand under, in the middle."""

    CSS = "#anchor { height: 3; }"

    def __init__(self, question: Question[str]) -> None:
        super().__init__()
        self.question = question
        self.answers: list[Answer[str] | None] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return theme.DARK.variables

    def compose(self) -> ComposeResult:
        yield Widget(id="anchor")

    def on_mount(self) -> None:
        anchor = self.query_one("#anchor")
        corner = lambda: (anchor.region.width // 2, anchor.region.bottom)  # noqa: E731
        self.push_screen(Picker(self.question, corner), self.answers.append)

    @property
    def box(self) -> Region:
        return self.screen.query_one(Vertical).region

    @property
    def rows(self) -> list[str]:
        rows = self.screen.query_one(ChoiceRows)
        return [rows.render_line(y).text for y in range(rows.size.height)]

    @property
    def current(self) -> str:
        return next(row for row in self.rows if row.startswith("▌"))


@asynccontextmanager
async def stage(
    rows: Sequence[Choice[str]] = FRUIT, size: tuple[int, int] = (120, 30), **more: object
) -> AsyncIterator[tuple[Stage, Pilot[None]]]:
    question = replace(Question("Which fruit?", among(rows)), **more)  # type: ignore[arg-type]
    app = Stage(question)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


def many(count: int, **more: object) -> list[Choice[str]]:
    row = Choice("", "", **more)  # type: ignore[arg-type]
    return [replace(row, value=f"v{n}", title=f"row {n}") for n in range(count)]


# Choosing ----------------------------------------------------------------------------------------


async def test_what_is_typed_narrows_and_enter_answers_the_first() -> None:
    async with stage() as (app, pilot):
        await pilot.press("b")
        assert [row.split()[0] for row in app.rows] == ["▌banana"]
        await pilot.press("enter")
        assert [answer.value for answer in app.answers if answer] == ["banana"]


async def test_escape_answers_nothing() -> None:
    async with stage() as (app, pilot):
        await pilot.press("b", "escape")
        assert app.answers == [None]


async def test_enter_with_nothing_to_choose_stays_open() -> None:
    async with stage() as (app, pilot):
        await pilot.press("x", "enter")
        assert app.answers == []


def heading(title: str) -> Choice[str]:
    return Choice(None, title, heading=True)


async def test_the_cursor_passes_headings_by() -> None:
    rows = [heading("One"), *many(1), heading("Two"), Choice("w", "other")]
    async with stage(rows) as (app, pilot):
        assert "row 0" in app.current
        await pilot.press("down")
        assert "other" in app.current
        await pilot.press("up", "up")
        assert "row 0" in app.current


async def test_the_first_heading_comes_back_into_sight_with_the_first_row() -> None:
    rows = [heading("Heading"), *many(40)]
    async with stage(rows) as (app, pilot):
        assert "Heading" in app.rows[0]
        await pilot.press("pagedown", "pagedown", "pagedown")
        assert "Heading" not in app.rows[0]
        await pilot.press("pageup", "pageup", "pageup")
        assert "Heading" in app.rows[0]


async def test_a_click_chooses() -> None:
    async with stage() as (app, pilot):
        await pilot.click(ChoiceRows, offset=(4, 2))
        assert [answer.value for answer in app.answers if answer] == ["cherry"]


async def test_several_are_marked_by_hand() -> None:
    rows = [replace(FRUIT[0], marked=True), *FRUIT[1:]]
    async with stage(rows, several=True) as (app, pilot):
        await pilot.press("tab", "down", "tab", "enter")
        (answer,) = app.answers
        assert answer is not None
        assert answer.marks == {"apple": False, "banana": True}


# How it looks ------------------------------------------------------------------------------------


async def test_titles_stand_below_each_other_whatever_is_marked_or_typed() -> None:
    rows = [replace(FRUIT[0], key="a", marked=True), *FRUIT[1:]]
    async with stage(rows) as (app, pilot):
        columns = {
            row.index(name) for row, name in zip(app.rows, ("apple", "ban", "che"), strict=True)
        }
        await pilot.press("c")
        columns.add(app.rows[0].index("cherry"))
        assert len(columns) == 1


async def test_a_cell_of_air_stands_between_the_right_column_and_the_scroll_bar() -> None:
    async with stage(many(40, right="Ctrl+X")) as (app, _pilot):
        rows = app.screen.query_one(ChoiceRows)
        room = rows.scrollable_content_region.width
        assert room < rows.size.width or rows.show_vertical_scrollbar
        for row in app.rows:
            assert cell_len(row) == room
            assert row.endswith("Ctrl+X ")


@pytest.mark.parametrize("size", [(120, 30), (80, 24), (60, 15), (40, 12)])
async def test_it_is_always_whole_on_the_screen(size: tuple[int, int]) -> None:
    rows = many(40, preview="what it says\n" * 30)
    async with stage(rows, size, width=84) as (app, _pilot):
        assert app.size.region.contains_region(app.box)
        assert app.box.bottom < app.size.height
        assert len(app.rows) >= 3


async def test_the_result_keeps_its_height_while_one_walks() -> None:
    rows = [replace(FRUIT[0], preview="short"), replace(FRUIT[1], preview="long\n" * 20), FRUIT[2]]
    async with stage(rows) as (app, pilot):
        boxes = [app.box]
        for _step in range(2):
            await pilot.press("down")
            boxes.append(app.box)
        assert len(set(boxes)) == 1


async def test_it_stays_under_its_corner_when_the_terminal_grows() -> None:
    async with stage(size=(80, 24)) as (app, pilot):
        with app._context():
            await pilot.resize_terminal(160, 45)
        await pilot.pause()
        assert app.box.offset == (80, 3)


async def test_where_the_corner_leaves_too_little_room_it_moves_left() -> None:
    async with stage(size=(80, 24)) as (app, _pilot):
        assert app.box.right == 80
        assert app.box.width == 64


async def test_a_name_with_markup_is_a_name() -> None:
    async with stage([Choice("v", "[/b][red]")], title="For [/b] [@click=quit]") as (app, _pilot):
        assert "[/b][red]" in app.rows[0]


async def test_only_the_result_under_the_cursor_is_worked_out() -> None:
    """A hundred replies are found with each letter; one is looked at."""
    asked: list[str] = []

    def result(name: str) -> str:
        asked.append(name)
        return f"this is {name}"

    rows = [
        Choice(f"row {n}", f"row {n}", preview=lambda n=n: result(f"row {n}"))  # type: ignore[misc]
        for n in range(100)
    ]
    async with stage(rows) as (app, pilot):
        await pilot.press("down")
        await pilot.pause()
        assert "this is row 1" in app.screen.query_one(Preview).render_line(0).text
        assert asked == ["row 0", "row 1"]


async def test_what_cannot_act_now_is_dim_and_can_be_chosen_all_the_same() -> None:
    """It then says why not."""
    rows = [Choice("a", "apple"), Choice("b", "banana", faint=True)]
    async with stage(rows) as (app, pilot):
        drawn = app.screen.query_one(ChoiceRows)
        styles = [
            next(s.style for s in drawn.render_line(y) if word in s.text)
            for y, word in enumerate(("apple", "banana"))
        ]
        assert styles[0] is not None
        assert styles[1] is not None
        assert styles[0].color != styles[1].color
        await pilot.press("down", "enter")
        assert app.answers == [Answer("b")]
