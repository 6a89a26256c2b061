"""The inbox: a view's rows and a cursor, which is a conversation and never a number."""

from __future__ import annotations

from datetime import datetime

from textual import events
from textual.geometry import Size
from textual.message import Message as TextualMessage
from textual.widget import Widget

from agent_tui.model import ConversationId
from agent_tui.shown import RowSource
from agent_tui.widgets.inbox_pane import RowPane


class InboxList(RowPane):
    """A view's rows with a cursor; keys are not bound here, whoever binds them calls the verbs."""

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

    _index = 0
    """Where the cursor's conversation stood when it was last seen in the view."""

    _seen_before = 0
    """Whole rows the pane held when the list was last fitted to its size."""

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
        self.set_reactive(RowPane.now, now)
        self._fit()

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

    # ── what happens to it ───────────────────────────────────────────────────────────────────

    def watch_selected(self, selected: ConversationId | None) -> None:
        """Tell where the cursor is."""
        before = self._index
        if selected is not None:
            index = self._source.index_of(selected)
            self._index = before if index is None else index
            self.post_message(self.Highlighted(selected))
        self._repaint(before, self._index)

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
