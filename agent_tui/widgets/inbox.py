"""The inbox: a list drawn by the line, as quick with a hundred thousand rows as with ten.

The cursor is a conversation, never a number. Nothing here walks over rows that are not on the
screen; a line is painted anew only when it differs from what stands there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import ClassVar

from textual import events
from textual.geometry import Region, Size
from textual.message import Message as TextualMessage
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from agent_tui.model import ConversationId
from agent_tui.shown import Row, RowSource
from agent_tui.widgets.inbox_brush import Brush, Ground

TALL_WIDTH, TALL_HEIGHT = 40, 16
"""From this size of the pane on, a row takes two lines."""

_MOST_ROWS = 1024
"""So many rows are remembered; far more than a screen holds, far less than a desk."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class _Nothing:
    """The view before there is one."""

    def __len__(self) -> int:
        return 0

    def row(self, index: int) -> Row:
        raise IndexError(index)

    def id_at(self, index: int) -> ConversationId:
        raise IndexError(index)

    def index_of(self, conversation: ConversationId) -> int | None:  # noqa: ARG002
        return None


class InboxList(ScrollView, can_focus=True, inherit_bindings=False):
    """A view's rows with a cursor; keys are not bound here, whoever binds them calls the verbs."""

    ALLOW_SELECT = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "inbox--strong",
        "inbox--dim",
        "inbox--mine",
        "inbox--warn",
        "inbox--alarm",
        "inbox--live",
        "inbox--cursor",
        "inbox--cursor-blurred",
    }

    DEFAULT_CSS = """
    InboxList {
        overflow: hidden hidden;
        background: $background;
        color: $foreground;
        & .inbox--strong { color: $foreground; text-style: bold; }
        & .inbox--dim { color: $dim; }
        & .inbox--mine { color: $mine; }
        & .inbox--warn { color: $warn; }
        & .inbox--alarm { color: $alarm; text-style: bold; }
        & .inbox--live { color: $foreground; text-style: italic; }
        & .inbox--cursor { color: $mine; background: $cursor-ground; }
        & .inbox--cursor-blurred { color: $faint; background: $cursor-ground-blurred; }
    }
    """

    selected: reactive[ConversationId | None] = reactive(None, repaint=False, init=False)
    """The conversation under the cursor, whether or not the view still holds it."""

    now: reactive[datetime] = reactive(_LONG_AGO, repaint=False, init=False)
    """The moment the waiting clocks tell; only rows whose words change are painted anew."""

    class Highlighted(TextualMessage):
        """The cursor came to a conversation, by whatever way."""

        def __init__(self, conversation: ConversationId) -> None:
            super().__init__()
            self.conversation = conversation

    class Opened(TextualMessage):
        """The agent wants to see the conversation."""

        def __init__(self, conversation: ConversationId) -> None:
            super().__init__()
            self.conversation = conversation

    def __init__(
        self,
        *,
        zone: tzinfo = UTC,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """An empty list; clock times are told in `zone`."""
        super().__init__(name=name, id=id, classes=classes)
        self.zone = zone
        self._source: RowSource = _Nothing()
        self._two_lines: bool | None = None
        self._empty = ""
        self._index = 0
        """Where the cursor's conversation stood when it was last seen in the view."""
        self._top = 0
        """Which row stands at the upper edge; kept, for a new size cuts the offset to its own."""
        self._top_id: ConversationId | None = None
        self._seen_before = 0
        """Whole rows the pane held when the list was last fitted to its size."""
        self._rows: dict[int, Row] = {}
        self._painted: dict[int, Strip] = {}
        """What stands on each line of the screen."""
        self._brush = Brush()

    # ── values in ────────────────────────────────────────────────────────────────────────────

    def show(self, source: RowSource, now: datetime, two_lines: bool | None = None) -> None:
        """Show `source` as it is at `now`; also after a source shown before has changed.

        `two_lines` decides the form of the rows; None leaves it to the size of the pane. The
        cursor's conversation stays on its line of the screen where that is possible, or else
        the topmost row does.
        """
        self._source = source
        self._two_lines = two_lines
        self._rows.clear()
        self.set_reactive(InboxList.now, now)
        self._fit()

    def set_empty(self, text: str) -> None:
        """What to say when the view holds nothing; plain text, may have lines."""
        if text != self._empty:
            self._empty = text
            self._repaint()

    def neighbour(self, conversation: ConversationId) -> ConversationId | None:
        """Whom the cursor goes to when `conversation` leaves: next below, else above, else None."""
        index = self._source.index_of(conversation)
        if index is None:
            return None
        if index + 1 < len(self._source):
            return self._source.id_at(index + 1)
        return self._source.id_at(index - 1) if index > 0 else None

    # ── verbs ────────────────────────────────────────────────────────────────────────────────

    def select(self, conversation: ConversationId, reveal: bool = True) -> bool:
        """Put the cursor on `conversation`, in sight when `reveal`; False: not in this view."""
        self.selected = conversation
        index = self._source.index_of(conversation)
        if index is None:
            return False
        self._index = index
        if reveal:
            self._reveal(index)
        return True

    def move(self, delta: int) -> None:
        """Move the cursor by `delta` rows, at most to the first or last.

        Where its conversation has left the view, it moves from the gap that was left.
        """
        index = self._cursor
        if index is not None:
            self._go(index + delta)
        elif self.selected is None:
            self._go(0)
        else:
            self._go(self._index + (delta - 1 if delta > 0 else delta))

    def move_page(self, pages: int) -> None:
        """Move the cursor by screenfuls, less one row that stays in sight."""
        self.move(pages * max(1, self._seen - 1))

    def move_half(self, halves: int) -> None:
        """Move the cursor by halves of a screenful."""
        self.move(halves * max(1, self._seen // 2))

    def first(self) -> None:
        """Put the cursor on the first row."""
        self._go(0)

    def last(self) -> None:
        """Put the cursor on the last row."""
        self._go(len(self._source) - 1)

    def fall_back(self) -> ConversationId | None:
        """Put the cursor on the row that stands where its conversation last stood, and say which.

        For when the conversation has left the view; nothing happens in an empty view.
        """
        self._go(self._index)
        return self.selected if len(self._source) else None

    def open(self) -> None:
        """Ask for the conversation under the cursor to be opened; not when it has left the view."""
        if self.selected is not None and self._cursor is not None:
            self.post_message(self.Opened(self.selected))

    # ── where things stand ───────────────────────────────────────────────────────────────────

    @property
    def _cursor(self) -> int | None:
        """Where the cursor's conversation stands; None: not in this view."""
        return None if self.selected is None else self._source.index_of(self.selected)

    @property
    def _row_lines(self) -> int:
        """How many lines a row takes at the present size."""
        if self._two_lines is not None:
            return 2 if self._two_lines else 1
        width, height = self.size
        return 2 if width >= TALL_WIDTH and height >= TALL_HEIGHT else 1

    @property
    def _seen(self) -> int:
        """How many whole rows the pane holds."""
        return self.size.height // self._row_lines

    def _go(self, index: int) -> None:
        if count := len(self._source):
            self.select(self._source.id_at(min(max(index, 0), count - 1)))

    def _reveal(self, index: int) -> None:
        """Scroll just so far that the row and, where there is one, its neighbour are in sight."""
        if not self._seen:
            return
        margin = 1 if self._seen >= 3 else 0
        top = min(self._top, index - margin)
        top = max(top, index - self._seen + 1 + margin)
        self._scroll_rows(top)

    def _scroll_rows(self, top: int) -> None:
        """Bring row `top` to the upper edge, as far as there are rows below to fill the pane."""
        if not self._seen:
            return
        top = max(0, min(top, len(self._source) - self._seen))
        self.scroll_to(y=top * self._row_lines, animate=False, force=True)
        self._top = top
        self._top_id = self._source.id_at(top) if top < len(self._source) else None

    def _fit(self) -> None:
        """Take up a new source or size, with the cursor or else the top where it was."""
        anchor, offset = self._anchor()
        first_time, self._seen_before = not self._seen_before, self._seen
        width, height = self.size
        lines = self._row_lines
        total = len(self._source) * lines
        # Whole rows at the upper edge, always: what is left of the height is added at the end.
        total += height % lines if total > height else 0
        # Setting it silently spares the screen a layout, for which nothing changes.
        self.set_reactive(Widget.virtual_size, Size(width, total))
        self._scroll_rows(anchor - min(offset, max(0, self._seen - 1)))
        if first_time and self._cursor is not None:
            self._reveal(self._index)
        self._repaint()

    def _anchor(self) -> tuple[int, int]:
        """The row that keeps its place, by its new index, and its distance from the edge."""
        top, index = self._top, self._cursor
        if index is not None:
            offset = self._index - top
            self._index = index
            if 0 <= offset < self._seen_before:
                return index, offset
        if top == 0 or self._top_id is None:
            return top, 0
        below = self._source.index_of(self._top_id)
        return (top if below is None else below), 0

    # ── painting ─────────────────────────────────────────────────────────────────────────────

    def render_line(self, y: int) -> Strip:
        """The line `y` of the pane."""
        lines = self._prepare()
        if not len(self._source):
            strip = self._brush.words(self._empty, y)
        else:
            index, part = divmod(self.scroll_offset.y + y, lines)
            strip = self._strips(index, lines)[part]
        self._painted[y] = strip
        return strip

    def _prepare(self) -> int:
        """Have the brush ready for the present size; says how many lines a row takes."""
        lines = self._row_lines
        self._brush.use(self, self.size.width, lines)
        return lines

    def _strips(self, index: int, lines: int) -> tuple[Strip, ...]:
        """The lines of the row at `index`; the same objects as long as nothing changes in it."""
        row = self._row(index)
        if row is None:
            return (self._brush.blank,) * lines
        ground = Ground.PLAIN
        if row.conversation.id == self.selected:
            ground = Ground.CURSOR if self.has_focus else Ground.CURSOR_BLURRED
        return self._brush.row(row, self.now, self.zone, ground)

    def _row(self, index: int) -> Row | None:
        """The row at `index`, asked for once between two `show`."""
        row = self._rows.get(index)
        if row is None and 0 <= index < len(self._source):
            if len(self._rows) >= _MOST_ROWS:
                self._rows.clear()
            row = self._rows[index] = self._source.row(index)
        return row

    def _repaint(self, *indices: int) -> None:
        """Have those lines painted that differ from what stands on the screen.

        Only the rows at `indices` are looked at where some are given, else all in sight.
        """
        width, height = self.size
        if not (self.is_mounted and width and height):
            return
        if not len(self._source):
            self.refresh()
            return
        lines, offset = self._prepare(), self.scroll_offset.y
        in_sight = range(offset // lines, (offset + height - 1) // lines + 1)
        changed = [
            Region(0, y, width, 1)
            for index in (indices or in_sight)
            for y, strip in enumerate(self._strips(index, lines), index * lines - offset)
            if 0 <= y < height and strip is not self._painted.get(y)
        ]
        if changed:
            self.refresh(*changed)

    def notify_style_update(self) -> None:
        """Mix the colours anew when the style sheet or the theme changed."""
        super().notify_style_update()
        self._brush.forget_colours()

    # ── what happens to it ───────────────────────────────────────────────────────────────────

    def watch_selected(self, selected: ConversationId | None) -> None:
        """Tell where the cursor is."""
        before = self._index
        if selected is not None:
            index = self._source.index_of(selected)
            self._index = before if index is None else index
            self.post_message(self.Highlighted(selected))
        self._repaint(before, self._index)

    def watch_now(self) -> None:
        """Paint the clocks that tell something else now."""
        self._repaint()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Paint what moved; a list that grew above the pane scrolls without a change on it."""
        if round(old_value) != round(new_value):
            self._repaint()

    def on_resize(self) -> None:
        """Fit to the new size."""
        self._fit()

    def on_click(self, event: events.Click) -> None:
        """Select what is clicked; open what was selected."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        index = (self.scroll_offset.y + offset.y) // self._row_lines
        if not 0 <= index < len(self._source):
            return
        conversation = self._source.id_at(index)
        if conversation == self.selected:
            self.open()
        else:
            self.select(conversation, reveal=False)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Look further down; the cursor stays."""
        event.stop()
        self._scroll_rows(self._top + self._wheel_rows)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Look further up; the cursor stays."""
        event.stop()
        self._scroll_rows(self._top - self._wheel_rows)

    @property
    def _wheel_rows(self) -> int:
        return 4 // self._row_lines
