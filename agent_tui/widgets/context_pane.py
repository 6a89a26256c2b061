"""The customer pane: the card of whoever is talked to, scrolled by the line."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from textual import events
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from agent_tui.i18n import ngettext
from agent_tui.model import ConversationId
from agent_tui.shown import CustomerCard
from agent_tui.widgets.context_lines import card_lines
from agent_tui.widgets.context_words import Place
from agent_tui.widgets.ink import Ink, mix
from agent_tui.widgets.paint import line as paint_line
from agent_tui.widgets.paint import pad

WHEEL_LINES = 3


class ContextPane(ScrollView, can_focus=True, inherit_bindings=False):
    """What is known of a customer; keys are not bound here, whoever binds them calls the verbs."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    ContextPane {
        overflow: hidden hidden;
        background: $background;
        color: $foreground;
    }
    """

    def __init__(
        self, *, stars: bool = True, id: str | None = None, classes: str | None = None
    ) -> None:
        """`stars`: ratings as ``★★``, which not every font has; else ``2/5``."""
        super().__init__(id=id, classes=classes)
        self._stars = stars
        self._card: CustomerCard | None = None
        self._read_at: Place | None = None
        self._ink: Ink | None = None
        self._drawn_for: tuple[object, ...] = ()
        self._lines: list[Strip] = []

    def show(
        self, card: CustomerCard | None, now: datetime, zone: ZoneInfo, locale: str = "en"
    ) -> None:
        """Show `card` as it reads at `now`, money and dates by `locale`; None: nobody."""
        fresh = _conversation(card) != _conversation(self._card)
        self._card = card
        # Nothing on a card changes within a minute by itself.
        minute = now.replace(second=0, microsecond=0)
        self._read_at = Place(minute, zone, locale, self._stars)
        self._redraw()
        if fresh:
            self.scroll_to(y=0, animate=False, force=True)

    def scroll_lines(self, lines: int) -> None:
        """So many lines down; negative: up."""
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False, force=True)

    def scroll_page(self, pages: int) -> None:
        """So many panes down, keeping two lines in sight; negative: up."""
        self.scroll_lines(pages * max(1, self.size.height - 2))

    def scroll_half(self, halves: int) -> None:
        """So many half panes down; negative: up."""
        self.scroll_lines(halves * max(1, self.size.height // 2))

    def to_end(self) -> None:
        """To the last line."""
        self.scroll_lines(len(self._lines))

    def to_start(self) -> None:
        """To the first line."""
        self.scroll_lines(-len(self._lines))

    def _redraw(self) -> None:
        if not self.is_mounted or not self.size:
            return
        if self._ink is None:
            self._ink = mix(self)
        wanted = (self._card, self._read_at, self._ink, self.size.width)
        if wanted == self._drawn_for:
            return
        self._drawn_for = wanted
        self._lines = []
        if self._card is not None and self._read_at is not None:
            self._lines = card_lines(self._card, self.size.width, self._ink, self._read_at)
        self.virtual_size = Size(self.size.width, len(self._lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the card; the last one in sight says when there is more."""
        if self._ink is None:
            self._redraw()
        at = y + self.scroll_offset.y
        below = len(self._lines) - at
        if y == self.size.height - 1 and below > 1:
            return self._more(below)
        if at < len(self._lines):
            return self._lines[at]
        return Strip.blank(self.size.width, self.rich_style)

    def _more(self, count: int) -> Strip:
        ink = self._ink or mix(self)
        words = ngettext("{count} more line ↓", "{count} more lines ↓", count).format(count=count)
        style = ink.dim + ink.bar_ground
        return paint_line([(pad(words, self.size.width, "centre"), style)], self.size.width, style)

    def notify_style_update(self) -> None:
        """Colours may have changed: mix them anew with the next frame."""
        super().notify_style_update()
        self._ink = None

    def on_mount(self) -> None:
        """Draw what came before."""
        self._redraw()

    def on_resize(self) -> None:
        """Wrap anew."""
        self._redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel."""
        event.stop()
        self.scroll_lines(WHEEL_LINES)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel."""
        event.stop()
        self.scroll_lines(-WHEEL_LINES)


def _conversation(card: CustomerCard | None) -> ConversationId | None:
    return None if card is None else card.conversation.id
