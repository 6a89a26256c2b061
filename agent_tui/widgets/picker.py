"""One list to choose from: filters as it is typed into, shows the result before Enter,
and closes on Esc without a trace.

Assignment, snooze, labels, priority, canned replies, the palette and the help are all this
widget with other choices.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Generic, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen, Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from agent_tui.i18n import _
from agent_tui.sanitise import Field, sanitise
from agent_tui.widgets import paint
from agent_tui.widgets.ink import mix
from agent_tui.widgets.picker_rows import Choice, ChoiceRows, Columns

__all__ = ["Answer", "Choice", "Find", "OneLine", "Picker", "Question"]

T = TypeVar("T")

MOST_ROWS, LEAST_ROWS = 14, 4
"""A picker shows at most and, where the screen is large enough, at least so many rows."""

LEAST_WIDTH = 52
"""It is made as narrow as this to stay where it opens; where that is too wide, it moves left."""

MOST_PREVIEW, LEAST_PREVIEW = 8, 3
"""Lines of the result."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What was chosen."""

    value: T
    """The highlighted one."""
    marks: dict[T, bool] = field(default_factory=dict)
    """With several: what was marked (True) or unmarked (False) by hand."""


Find = Callable[[str], Sequence[Choice[T]]]


class OneLine(Input):
    """An input that takes foreign text only made harmless."""

    DEFAULT_CSS = """
    OneLine.-textual-compact { padding: 0 1; background: $panel;
        & > .input--placeholder { color: $dim; } }
    """

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        self.insert_text_at_cursor(sanitise(event.text, Field.LINE))


class TitleLine(Widget):
    """What is asked."""

    DEFAULT_CSS = "TitleLine { height: 1; background: $panel; padding: 0 1; }"

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def show(self, title: str) -> None:
        """Something else is asked."""
        if title != self._title:
            self._title = title
            self.refresh()

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - there is one line
        ink = mix(self)
        title = paint.cut(self._title, self.size.width)
        return paint.line([(title, ink.text + paint.Style(bold=True))], self.size.width, ink.text)


class Preview(Widget):
    """What the choice would do, before it does it; always of one height, so that nothing jumps."""

    DEFAULT_CSS = """
    Preview { background: $panel; padding: 0 1; display: none; border-top: solid $line; }
    Preview.shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._text = ""

    def show(self, text: str) -> None:
        """Show `text`."""
        if text != self._text:
            self._text = text
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """A line of the text; the last one in sight says when there is more."""
        ink, (width, height) = mix(self), self.size
        lines = paint.wrap(self._text, max(1, width))
        text = lines[y] if y < len(lines) else ""
        if y == height - 1 and len(lines) > height:
            text = paint.cut(text + " …", width)
        parts = [(part, ink.blank if part[0] == "⟦" else ink.text) for part in _by_blanks(text)]
        return paint.line(parts, width, ink.text)


def _by_blanks(text: str) -> list[str]:
    """A line of the result in pieces, each a blank that is left to fill, or none."""
    return [part for part in re.split("(⟦[^⟦⟧]*⟧)", text) if part]


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """What a picker asks."""

    title: str
    find: Find[T]
    """The choices for what has been typed; called with each letter."""
    hint: str = ""
    """How to answer, shown as long as nothing is typed."""
    query: str = ""
    word: bool = False
    """It stands for a word in a text: a blank at its beginning means that none was wanted."""
    several: bool = False
    """Tab marks more than one."""
    width: int = 64


class Picker(ModalScreen[Answer[T] | None], Generic[T]):
    """A question with a list of answers; dismissed with None by Esc."""

    AUTO_FOCUS = "OneLine"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("down,ctrl+n", "step(1)", show=False, priority=True),
        Binding("up,ctrl+p", "step(-1)", show=False, priority=True),
        Binding("pagedown", "step(8)", show=False, priority=True),
        Binding("pageup", "step(-8)", show=False, priority=True),
        Binding("tab", "mark", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    Picker { align: left top; background: transparent; }
    Picker > Vertical { max-width: 100%; height: auto; background: $panel; padding: 0;
        border: round $mine; border-subtitle-color: $dim; border-subtitle-background: $panel; }
    """

    def __init__(self, question: Question[T], corner: Callable[[], tuple[int, int]]) -> None:
        """`corner` says where the upper left corner wants to be, as column and line."""
        super().__init__()
        self._corner = corner
        self._question = question
        self._marked: dict[T, bool] = {}
        self._rows: ChoiceRows[T] = ChoiceRows(self._choose)
        self._preview = Preview()

    def compose(self) -> ComposeResult:
        """What is asked, what is typed, what can be chosen, what would come of it."""
        question = self._question
        with Vertical() as box:
            box.border_subtitle = (
                _("Tab marks, Enter applies, Esc closes")
                if question.several
                else _("Enter chooses, Esc closes")
            )
            yield TitleLine(question.title)
            yield OneLine(
                question.query, placeholder=question.hint, select_on_focus=False, compact=True
            )
            yield self._rows
            yield self._preview

    def on_mount(self) -> None:
        """Fix the columns and the size for as long as it is open, then fill in the rows."""
        every = self._question.find("")
        self._rows.columns = Columns(
            keys=any(choice.key for choice in every),
            marks=self._question.several or any(choice.marked for choice in every),
            indent=any(choice.heading for choice in every),
        )
        self._preview.set_class(any(choice.preview for choice in every), "shown")
        for below in self.app.screen_stack[:-1]:  # what it stands under may move
            below.screen_layout_refresh_signal.subscribe(self, self._place)
        self._place()
        query = self._question.query
        self._show(self._question.find(query) if query else every)

    def on_resize(self) -> None:
        """Find its place again."""
        self._place()

    def _place(self, _moved: Screen[object] | None = None) -> None:
        """Under what it changes, and always whole on the screen, the last line left free."""
        box = self.query_one(Vertical)
        x, y = self._corner()
        beside = self.size.width - x
        most = beside if beside >= LEAST_WIDTH else self.size.width
        width = min(most, self._question.width)
        frame = 4  # two lines of the border, the title, the input
        previews = self._preview.has_class("shown")
        least = frame + LEAST_ROWS + (LEAST_PREVIEW + 1 if previews else 0)
        y = max(0, min(y, self.size.height - 1 - least))
        room = self.size.height - 1 - y - frame
        if previews:
            preview = max(LEAST_PREVIEW, min(MOST_PREVIEW, room // 3))
            self._preview.styles.height = preview + 1
            room -= preview + 1
        box.styles.width = width
        box.styles.offset = (max(0, min(x, self.size.width - width)), y)
        self._rows.styles.max_height = max(1, min(MOST_ROWS, room))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._question.word and event.value.startswith(" "):
            self.dismiss(None)
        else:
            self._show(self._question.find(event.value))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._choose(self._rows.cursor)

    def _show(self, found: Sequence[Choice[T]]) -> None:
        choices = [self._with_mark(choice) for choice in found]
        first = next((i for i, c in enumerate(choices) if c.value is not None), 0)
        self._rows.show(choices, first)
        self._show_preview()

    def _with_mark(self, choice: Choice[T]) -> Choice[T]:
        if choice.value is None or choice.value not in self._marked:
            return choice
        return replace(choice, marked=self._marked[choice.value])

    def _show_preview(self) -> None:
        current = self._current()
        preview = current.preview if current else ""
        self._preview.show(preview if isinstance(preview, str) else preview())

    def _current(self) -> Choice[T] | None:
        rows = self._rows
        return rows.choices[rows.cursor] if rows.cursor < len(rows.choices) else None

    def action_step(self, rows: int) -> None:
        """Move over the rows that can be chosen."""
        choices, cursor = self._rows.choices, self._rows.cursor
        possible = [i for i, c in enumerate(choices) if c.value is not None]
        if not possible:
            return
        place = possible.index(cursor) if cursor in possible else 0
        self._rows.point(possible[max(0, min(len(possible) - 1, place + rows))])
        self._show_preview()

    def action_mark(self) -> None:
        """Mark the row, where several may be chosen."""
        current = self._current()
        if self._question.several and current is not None and current.value is not None:
            self._marked[current.value] = not current.marked
            cursor = self._rows.cursor
            self._rows.show([self._with_mark(c) for c in self._rows.choices], cursor)

    @property
    def typed(self) -> str:
        """What has been typed."""
        return self.query_one(OneLine).value

    def action_cancel(self) -> None:
        """Close without a trace."""
        self.dismiss(None)

    def _choose(self, index: int) -> None:
        choices = self._rows.choices
        if index >= len(choices):
            if self._question.word:
                self.dismiss(None)
            return
        value = choices[index].value
        if value is not None:
            self.dismiss(Answer(value, dict(self._marked)))
        elif self._question.word:
            self.dismiss(None)
