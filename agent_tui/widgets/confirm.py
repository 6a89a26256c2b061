"""A question about one thing, with its facts above it and a key for each answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen, Screen
from textual.scroll_view import ScrollView
from textual.strip import Strip

from agent_tui.widgets import paint
from agent_tui.widgets.ink import Ink, mix
from agent_tui.widgets.picker import TitleLine

WIDTH, LEAST_WIDTH = 76, 52
"""Cells it is wide, and as narrow as it gets to stay where it opens."""

SETTLED = 0.4
"""Seconds after which an answer counts when the question changed by itself: a key that was meant
for what stood there before must not answer it."""


class Tone(StrEnum):
    """How loud a fact is said."""

    STRONG = "strong"
    PLAIN = "plain"
    DIM = "dim"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something to know before answering; wrapped where it is long."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What is asked."""

    title: str
    facts: tuple[Fact, ...]
    keys: dict[str, str]
    """Which key gives which answer; Esc always closes."""
    hint: str
    """The keys, in words."""


class Facts(ScrollView, can_focus=True, inherit_bindings=False):
    """The facts, drawn by the line."""

    DEFAULT_CSS = """
    Facts { height: auto; background: $panel; padding: 0 1; overflow: hidden auto;
        scrollbar-size-vertical: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[tuple[str, Tone]] = []
        self._ink: Ink | None = None

    def show(self, facts: tuple[Fact, ...], width: int) -> int:
        """Show `facts`, wrapped to `width`; returns how many lines they take."""
        self._rows = [
            (("! " if row == 0 else "  ") + line if fact.tone is Tone.WARN else line, fact.tone)
            for fact in facts
            for row, line in enumerate(
                paint.wrap(fact.text, max(8, width - 2 * (fact.tone is Tone.WARN)))
            )
        ]
        self.virtual_size = Size(width, len(self._rows))
        self.refresh()
        return len(self._rows)

    def notify_style_update(self) -> None:
        """Colours may have changed: mix them anew with the next frame."""
        super().notify_style_update()
        self._ink = None

    def render_line(self, y: int) -> Strip:
        """One line."""
        ink = self._ink = self._ink or mix(self)
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        if index >= len(self._rows):
            return paint.line((), width, ink.text)
        text, tone = self._rows[index]
        styles = {
            Tone.STRONG: ink.text + paint.Style(bold=True),
            Tone.PLAIN: ink.text,
            Tone.DIM: ink.dim,
            Tone.WARN: ink.warn,
        }
        return paint.line([(text, styles[tone])], width, ink.text)


class Confirm(ModalScreen[str | None]):
    """Asks about one thing; dismissed with the answer, or with None by Esc."""

    AUTO_FOCUS = "Facts"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(8)", show=False),
        Binding("pageup", "scroll(-8)", show=False),
    ]
    DEFAULT_CSS = """
    Confirm { align: left top; background: transparent; }
    Confirm > Vertical { max-width: 100%; height: auto; background: $panel; padding: 0;
        border: round $mine; border-subtitle-color: $dim; border-subtitle-background: $panel; }
    """

    def __init__(self, asked: Confirmation, corner: Callable[[], tuple[int, int]]) -> None:
        """`corner` says where the upper left corner wants to be, as column and line."""
        super().__init__()
        self._asked = asked
        self._corner = corner
        self._facts = Facts()
        self._title = TitleLine(asked.title)
        self._counts = True

    def compose(self) -> ComposeResult:
        """What is asked, and what there is to know."""
        with Vertical():
            yield self._title
            yield self._facts

    def on_mount(self) -> None:
        """Show it where it belongs."""
        for below in self.app.screen_stack[:-1]:  # what it stands under may move
            below.screen_layout_refresh_signal.subscribe(self, self._place)
        self._place()

    def on_resize(self) -> None:
        """Find its place again."""
        self._place()

    def show(self, asked: Confirmation) -> None:
        """Something else is asked now, or more is known; the keys count after a moment."""
        if asked.keys != self._asked.keys:
            self._counts = False
            self.set_timer(SETTLED, self._settle)
        self._asked = asked
        self._place()

    def _settle(self) -> None:
        self._counts = True

    def _place(self, _moved: Screen[object] | None = None) -> None:
        """Under what it is about, and always whole on the screen, the last line left free."""
        if not self.is_mounted:
            return
        box = self.query_one(Vertical)
        box.border_subtitle = Content(self._asked.hint)  # never read for markup
        self._title.show(self._asked.title)
        x, y = self._corner()
        beside = self.size.width - x
        width = min(beside if beside >= LEAST_WIDTH else self.size.width, WIDTH)
        lines = self._facts.show(self._asked.facts, width - 5)  # border, padding, scroll bar
        frame = 3  # the border and the title
        y = max(0, min(y, self.size.height - 1 - frame - min(lines, 8)))
        self._facts.styles.height = max(1, min(lines, self.size.height - 1 - y - frame))
        box.styles.width = width
        box.styles.offset = (max(0, min(x, self.size.width - width)), y)

    def on_key(self, event: events.Key) -> None:
        """A key that is an answer."""
        key = event.character if event.is_printable and event.character else event.key
        answer = self._asked.keys.get(key)
        if answer is not None:
            event.stop()
            event.prevent_default()
            if self._counts:
                self.dismiss(answer)

    def action_scroll(self, rows: int) -> None:
        """Where the facts are longer than the screen."""
        self._facts.scroll_relative(y=rows, animate=False)

    def action_cancel(self) -> None:
        """Close without an answer."""
        self.dismiss(None)

    def close(self) -> None:
        """There is nothing to ask any more; may be closed already."""
        if self.is_current:
            self.dismiss(None)
