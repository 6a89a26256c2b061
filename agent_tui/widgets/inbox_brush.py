"""What the inbox has drawn already, and the colours it draws with.

Strips are remembered by conversation and ground, together with the row and the clock they were
drawn from: as long as both are the same, so is the strip, and its identity says that nothing
has to be painted.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from enum import StrEnum

from textual.strip import Strip
from textual.widget import Widget

from agent_tui.model import ConversationId
from agent_tui.shown import Row
from agent_tui.widgets.inbox_clock import Clock, clock_of
from agent_tui.widgets.inbox_row import Inks, draw
from agent_tui.widgets.paint import Style, line, wrap

_MOST_DRAWN = 1024
"""So many drawn rows are remembered; far more than a screen holds, far less than a desk."""


class Ground(StrEnum):
    """What a row stands on; the cursor's have component classes of these names."""

    PLAIN = "plain"
    CURSOR = "cursor"
    CURSOR_BLURRED = "cursor-blurred"


class Brush:
    """Draws rows in the colours, the width and the form in use, each of them once."""

    def __init__(self) -> None:
        self.blank = Strip([])
        self._inks: dict[Ground, Inks] = {}
        self._use: tuple[int, int, dict[Ground, Inks]] = (0, 0, {})
        self._drawn: dict[tuple[ConversationId, Ground], tuple[Row, Clock, tuple[Strip, ...]]] = {}
        self._words: tuple[str, list[Strip]] = ("", [])

    def forget_colours(self) -> None:
        """The style sheet may say something else now."""
        self._inks = {}

    def use(self, widget: Widget, width: int, lines: int) -> None:
        """From now on draw rows of `width` cells and `lines` lines in the colours of `widget`."""
        if not self._inks:
            mixed = dict(_mixed(widget))
            # The same colours as before, after a change of focus: what is drawn stays good.
            self._inks = self._use[2] if mixed == self._use[2] else mixed
        if self._use == (width, lines, self._inks):
            return
        self._use = (width, lines, self._inks)
        self._drawn.clear()
        self._words = ("", [])
        self.blank = Strip.blank(width, self._inks[Ground.PLAIN].text)

    def row(self, row: Row, now: datetime, zone: tzinfo, ground: Ground) -> tuple[Strip, ...]:
        """The lines of `row`: the same strips as long as they would say the same."""
        clock = clock_of(row.conversation, now, zone)
        key = row.conversation.id, ground
        known = self._drawn.get(key)
        if known is not None and known[1] == clock and (known[0] is row or known[0] == row):
            return known[2]
        if len(self._drawn) >= _MOST_DRAWN:
            self._drawn.clear()
        width, lines, inks = self._use
        strips = draw(row, clock, width, inks[ground], tall=lines == 2)
        self._drawn[key] = row, clock, strips
        return strips

    def words(self, text: str, y: int) -> Strip:
        """Line `y` of a pane that holds nothing but `text`."""
        if self._words[0] != text:
            width, _, inks = self._use
            ink = inks[Ground.PLAIN].dim
            lines = [line([("  " + words, ink)], width, ink) for words in wrap(text, width - 4)]
            self._words = (text, [self.blank, *lines])
        lines = self._words[1]
        return lines[y] if y < len(lines) else self.blank


def _mixed(widget: Widget) -> Iterator[tuple[Ground, Inks]]:
    """The styles on each ground, from the style sheet."""
    plain = widget.rich_style
    for ground in Ground:
        own = plain
        if ground is not Ground.PLAIN:
            own = widget.get_component_rich_style(f"inbox--{ground}")
        base = Style(bgcolor=own.bgcolor)
        styles = {
            name: widget.get_component_rich_style(f"inbox--{name}", partial=True) + base
            for name in ("strong", "dim", "mine", "warn", "alarm", "live")
        }
        edge = (" ", base) if ground is Ground.PLAIN else ("▌", Style(color=own.color) + base)
        yield ground, Inks(text=Style(color=plain.color) + base, edge=edge, **styles)
