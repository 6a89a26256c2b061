"""The rows of a picker, drawn by the line: a key, a mark, a title, and what belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from textual import events
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from agent_tui.widgets.ink import Ink, mix
from agent_tui.widgets.paint import Part, Style, cells, cut, line, pad, spread

T = TypeVar("T")

LEAST_TITLE = 12
"""What stands at the right edge leaves at least so many cells to the title."""


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """One row to choose."""

    value: T | None
    """None: a row that is only read (a heading, a hint)."""
    title: str
    right: str = ""
    """What stands at the right edge: a moment, a key, a number."""
    key: str = ""
    """The letter that stands for it."""
    preview: str | Callable[[], str] = ""
    """The result, as text of several lines; a function is only asked for the row under the
    cursor."""
    marked: bool = False
    heading: bool = False
    faint: bool = False
    """It can be chosen, but will only say why it does nothing now."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns the rows of a picker have, whatever is typed, so that nothing jumps."""

    keys: bool = False
    marks: bool = False
    indent: bool = False
    """Rows stand under headings."""


class ChoiceRows(ScrollView, Generic[T], can_focus=False):
    """The rows, with a cursor on one of them."""

    DEFAULT_CSS = """
    ChoiceRows { height: auto; max-height: 14; background: $panel; overflow: hidden auto;
        scrollbar-size-vertical: 1; }
    """

    def __init__(self, chosen: Callable[[int], None]) -> None:
        super().__init__()
        self.choices: Sequence[Choice[T]] = ()
        self.columns = Columns()
        self.cursor = 0
        self._chosen = chosen
        self._ink: Ink | None = None

    def show(self, choices: Sequence[Choice[T]], cursor: int) -> None:
        """Show `choices` with the cursor on one of them."""
        self.choices = choices
        self.virtual_size = Size(self.size.width, len(choices))
        self.styles.height = max(1, len(choices))
        self.point(cursor)

    def point(self, cursor: int) -> None:
        """Move the cursor; the rows in front of the first that can be chosen come into sight."""
        self.cursor = cursor
        height, top = self.size.height, int(self.scroll_y)
        if height and all(choice.value is None for choice in self.choices[:cursor]):
            self.scroll_to(y=0, animate=False)
        elif height and not top <= cursor < top + height:
            self.scroll_to(y=max(0, cursor - height // 2), animate=False)
        self.refresh()

    def on_resize(self) -> None:
        """See to it that the cursor is in sight."""
        self.virtual_size = Size(self.size.width, len(self.choices))
        self.point(self.cursor)

    def notify_style_update(self) -> None:
        """Colours may have changed: mix them anew with the next frame."""
        super().notify_style_update()
        self._ink = None

    def render_line(self, y: int) -> Strip:
        """One row."""
        ink = self._ink = self._ink or mix(self)
        index = y + int(self.scroll_y)
        width = self.scrollable_content_region.width
        if index >= len(self.choices):
            return line((), width, ink.text)
        return draw(self.choices[index], self.columns, index == self.cursor, width, ink)

    def on_click(self, event: events.Click) -> None:
        """Choose the row under the pointer."""
        index = event.y + int(self.scroll_y)
        if index < len(self.choices) and self.choices[index].value is not None:
            self._chosen(index)


def draw(choice: Choice[T], columns: Columns, current: bool, width: int, ink: Ink) -> Strip:
    """A row in exactly `width` cells."""
    back = ink.cursor_ground if current else Style()
    if choice.value is None:
        style = ink.dim if choice.heading else ink.warn
        return line([(" " + cut(choice.title, width - 2), style)], width, ink.text)
    front = "  " if columns.indent else ""
    front += pad(choice.key, 3) if columns.keys else ""
    mark = ("✓ " if choice.marked else "  ") if columns.marks else ""
    left: list[Part] = [("▌" if current else " ", ink.mine), (front, ink.mine), (mark, ink.good)]
    room = width - 1 - cells(front) - cells(mark) - 1
    right = cut(choice.right, max(0, room - LEAST_TITLE))
    title = cut(choice.title, room - cells(right) - (2 if right else 0))
    return spread(
        [
            (text, style + back)
            for text, style in [*left, (title, ink.dim if choice.faint else ink.text)]
        ],
        [(right + " ", (ink.text if current else ink.dim) + back)],
        width,
        ink.text + back,
    )
