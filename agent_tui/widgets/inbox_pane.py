"""A pane of inbox rows, drawn by the line: a hundred thousand rows cost what ten do.

Nothing here walks over rows that are not on the screen, and a line is painted anew only when it
differs from what stands there.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import ClassVar

from textual.geometry import Region
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

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


class RowPane(ScrollView, can_focus=True, inherit_bindings=False):
    """The rows of a view, one of them marked; always whole rows at the upper edge."""

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
    RowPane {
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
        self._top = 0
        """Which row stands at the upper edge; kept, for a new size cuts the offset to its own."""
        self._top_id: ConversationId | None = None
        self._rows: dict[int, Row] = {}
        self._painted: dict[int, Strip] = {}
        """What stands on each line of the screen."""
        self._brush = Brush()

    def set_empty(self, text: str) -> None:
        """What to say when the view holds nothing; plain text, may have lines."""
        if text != self._empty:
            self._empty = text
            self._repaint()

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

    def _scroll_rows(self, top: int) -> None:
        """Bring row `top` to the upper edge, as far as there are rows below to fill the pane."""
        if not self._seen:
            return
        top = max(0, min(top, len(self._source) - self._seen))
        self.scroll_to(y=top * self._row_lines, animate=False, force=True)
        self._top = top
        self._top_id = self._source.id_at(top) if top < len(self._source) else None

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
        changed = [
            Region(0, y, width, 1)
            for y, strip in self._belonging(indices, height)
            if 0 <= y < height and strip is not self._painted.get(y)
        ]
        if changed:
            self.refresh(*changed)

    def _belonging(self, indices: tuple[int, ...], height: int) -> Iterator[tuple[int, Strip]]:
        """What belongs on which line of the pane; of the rows at `indices`, or of all in sight."""
        lines, offset = self._prepare(), self.scroll_offset.y
        if not len(self._source):
            yield from ((y, self._brush.words(self._empty, y)) for y in range(height))
            return
        in_sight = range(offset // lines, (offset + height - 1) // lines + 1)
        for index in indices or in_sight:
            yield from enumerate(self._strips(index, lines), index * lines - offset)

    def notify_style_update(self) -> None:
        """Mix the colours anew when the style sheet or the theme changed."""
        super().notify_style_update()
        self._brush.forget_colours()

    def watch_now(self) -> None:
        """Paint the clocks that tell something else now."""
        self._repaint()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Paint what moved; a list that grew above the pane scrolls without a change on it."""
        if round(old_value) != round(new_value):
            self._repaint()
