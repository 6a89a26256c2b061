"""One list to choose from: filters as it is typed into, shows the result before Enter,
and closes on Esc without a trace.

Assignment, snooze, labels, priority, canned replies, the palette and the help are all this
widget with other choices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Generic, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from agent_tui.sanitise import Field, sanitise
from agent_tui.widgets import paint
from agent_tui.widgets.ink import Ink, mix

T = TypeVar("T")


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
    preview: str = ""
    """The result, as text of several lines."""
    marked: bool = False
    heading: bool = False


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

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        self.insert_text_at_cursor(sanitise(event.text, Field.LINE))


class ChoiceRows(ScrollView, Generic[T], can_focus=False):
    """The rows, drawn by the line."""

    DEFAULT_CSS = """
    ChoiceRows { height: auto; max-height: 12; background: $panel; overflow: hidden auto;
        scrollbar-size-vertical: 1; }
    """

    def __init__(self, chosen: Callable[[int], None]) -> None:
        super().__init__()
        self.choices: Sequence[Choice[T]] = ()
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
        """Move the cursor."""
        self.cursor = cursor
        height = max(1, self.size.height)
        top = int(self.scroll_y)
        if cursor < top or cursor >= top + height:
            self.scroll_to(y=max(0, cursor - height // 2), animate=False)
        self.refresh()

    def on_resize(self) -> None:
        self.virtual_size = Size(self.size.width, len(self.choices))
        self.point(self.cursor)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._ink = None

    def render_line(self, y: int) -> Strip:
        ink = self._ink = self._ink or mix(self)
        index = y + int(self.scroll_y)
        width = self.size.width
        if index >= len(self.choices):
            return paint.line((), width, ink.text)
        return _draw(self.choices[index], index == self.cursor, width, ink)

    def on_click(self, event: events.Click) -> None:
        index = event.y + int(self.scroll_y)
        if index < len(self.choices) and self.choices[index].value is not None:
            self._chosen(index)


def _draw(choice: Choice[T], current: bool, width: int, ink: Ink) -> Strip:
    back = ink.cursor_ground if current else paint.Style()
    if choice.heading:
        return paint.line([(" " + choice.title, ink.dim + back)], width, ink.text + back)
    if choice.value is None:
        return paint.line([("   " + choice.title, ink.warn + back)], width, ink.text + back)
    bar = "▌" if current else " "
    key = paint.pad(choice.key, 2)
    mark = "✓ " if choice.marked else ""
    right = paint.cut(choice.right, max(0, width - 12))
    left_width = max(0, width - paint.cells(right) - 2)
    title = paint.cut(mark + choice.title, max(0, left_width - 4))
    return paint.spread(
        [(bar, ink.mine + back), (key + " ", ink.mine + back), (title, ink.text + back)],
        [(right + " ", ink.dim + back)],
        width,
        ink.text + back,
    )


class TitleLine(Widget):
    """What is asked."""

    DEFAULT_CSS = "TitleLine { height: 1; background: $panel; padding: 0 1; }"

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - there is one line
        ink = mix(self)
        title = paint.cut(self._title, self.size.width)
        return paint.line([(title, ink.text + paint.Style(bold=True))], self.size.width, ink.text)


class Preview(Widget):
    """What the choice would do, before it does it."""

    DEFAULT_CSS = """
    Preview { height: auto; max-height: 8; background: $panel; padding: 0 1; display: none;
              border-top: solid $line; color: $dim; }
    Preview.shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._text = ""

    def show(self, text: str) -> None:
        """Show `text`; empty hides it."""
        self._text = text
        self.set_class(bool(text), "shown")
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - the framework's signature
        return len(paint.wrap(self._text, max(1, width)))

    def render_line(self, y: int) -> Strip:
        ink = mix(self)
        width = self.size.width
        lines = paint.wrap(self._text, max(1, width))
        return paint.line([(lines[y] if y < len(lines) else "", ink.text)], width, ink.text)


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """What a picker asks."""

    title: str
    find: Find[T]
    """The choices for what has been typed; called with each letter."""
    hint: str = ""
    """How to answer, shown as long as nothing is typed."""
    query: str = ""
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
    Picker > Vertical { width: 64; max-width: 100%; height: auto; max-height: 100%;
        background: $panel; border: round $mine; padding: 0; }
    Picker OneLine { border: none; background: $panel; height: 1; padding: 0 1; }
    Picker OneLine:focus { border: none; }
    """

    def __init__(self, question: Question[T], at: tuple[int, int] = (2, 2)) -> None:
        """`at` is where the upper left corner wants to be, as column and line of the screen."""
        super().__init__()
        self._at = at
        self._question = question
        self._marked: dict[T, bool] = {}
        self._rows: ChoiceRows[T] = ChoiceRows(self._choose)
        self._preview = Preview()

    def compose(self) -> ComposeResult:
        question = self._question
        with Vertical():
            yield TitleLine(question.title)
            yield OneLine(
                question.query, placeholder=question.hint, select_on_focus=False, compact=True
            )
            yield self._rows
            yield self._preview

    def on_mount(self) -> None:
        self._place()
        self._refresh(self._question.query)

    def on_resize(self) -> None:
        self._place()

    def _place(self) -> None:
        """Under what it changes, and always whole on the screen."""
        box = self.query_one(Vertical)
        width = min(self.size.width, self._question.width)
        x = max(0, min(self._at[0], self.size.width - width))
        y = max(0, min(self._at[1], self.size.height - 12))
        box.styles.width = width
        box.styles.offset = (x, y)
        self._rows.styles.max_height = max(3, min(14, self.size.height - y - 6))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._refresh(event.value)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._choose(self._rows.cursor)

    def _refresh(self, query: str) -> None:
        choices = [self._with_mark(choice) for choice in self._question.find(query)]
        first = next((i for i, c in enumerate(choices) if c.value is not None), 0)
        self._rows.show(choices, first)
        self._show_preview()

    def _with_mark(self, choice: Choice[T]) -> Choice[T]:
        if choice.value is None or choice.value not in self._marked:
            return choice
        return replace(choice, marked=self._marked[choice.value])

    def _show_preview(self) -> None:
        current = self._current()
        self._preview.show(current.preview if current else "")

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

    def action_cancel(self) -> None:
        """Close without a trace."""
        self.dismiss(None)

    def _choose(self, index: int) -> None:
        choices = self._rows.choices
        if index >= len(choices):
            return
        value = choices[index].value
        if value is not None:
            self.dismiss(Answer(value, dict(self._marked)))
