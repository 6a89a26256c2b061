"""What the first and the last line of the screen share: drawn once, in pieces to click."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual import events
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from agent_tui.widgets.paint import Style, cells, line


class Piece(NamedTuple):
    """A piece of a bar."""

    text: str
    ink: str = "text"
    """``text`` or one of the component classes, without ``bar--``."""
    target: str = ""
    """What a click on it means; empty: nothing."""


def length(pieces: Sequence[Piece]) -> int:
    """The cells of `pieces` beside each other."""
    return sum(cells(piece.text) for piece in pieces)


class Bar(Widget):
    """Lines made of pieces; a subclass says which, and what a click on one means."""

    ALLOW_SELECT = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "bar--key",
        "bar--dim",
        "bar--faint",
        "bar--active",
        "bar--good",
        "bar--warn",
        "bar--alarm",
        "bar--mode",
    }

    DEFAULT_CSS = """
    Bar {
        height: auto;
        background: $bar-ground;
        color: $foreground;
        & .bar--key { color: $mine; }
        & .bar--dim { color: $dim; }
        & .bar--faint { color: $faint; }
        & .bar--active { color: $mine; text-style: bold underline; }
        & .bar--good { color: $good; }
        & .bar--warn { color: $warn; }
        & .bar--alarm { color: $alarm; text-style: bold; }
        & .bar--mode { color: $bar-ground; background: $mine; text-style: bold; }
    }
    """

    def __init__(
        self, *, name: str | None = None, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._drawn: tuple[int, list[Strip]] | None = None
        self._spans: list[list[tuple[int, int, str]]] = []

    def pieces(self, width: int) -> Sequence[Piece]:
        """The line at `width` cells."""
        raise NotImplementedError

    def lines(self, width: int) -> Sequence[Sequence[Piece]]:
        """All lines at `width` cells: one, where a subclass does not say otherwise."""
        return [self.pieces(width)]

    def pressed(self, target: str) -> None:
        """A piece with a target was clicked."""
        raise NotImplementedError

    def redraw(self) -> None:
        """The pieces say something else now."""
        self._drawn = None
        height = len(self.lines(self.size.width)) if self.size.width else 1
        self.refresh(layout=height != self.size.height)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - the framework's signature
        """As many lines as it needs."""
        return len(self.lines(width))

    def render_line(self, y: int) -> Strip:
        """A line; drawn anew only when width, value or colours changed."""
        width = self.size.width
        if self._drawn is None or self._drawn[0] != width:
            lines = self.lines(width)
            self._spans = [_spans(pieces) for pieces in lines]
            self._drawn = width, [self._strip(pieces, width) for pieces in lines]
        strips = self._drawn[1]
        return strips[y] if y < len(strips) else Strip.blank(width, self.rich_style)

    def _strip(self, pieces: Sequence[Piece], width: int) -> Strip:
        parts = [(piece.text, self._style(piece.ink)) for piece in pieces]
        return line(parts, width, self.rich_style)

    def notify_style_update(self) -> None:
        """Draw anew in the colours that may have changed."""
        super().notify_style_update()
        self._drawn = None

    def on_click(self, event: events.Click) -> None:
        """Find the piece under the pointer."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y >= len(self._spans):
            return
        for start, end, target in self._spans[offset.y]:
            if start <= offset.x < end:
                event.stop()
                self.pressed(target)
                return

    def _style(self, ink: str) -> Style:
        return self.rich_style if ink == "text" else self.get_component_rich_style(f"bar--{ink}")


def _spans(pieces: Sequence[Piece]) -> list[tuple[int, int, str]]:
    """From which cell to which a click means what."""
    spans: list[tuple[int, int, str]] = []
    at = 0
    for piece in pieces:
        end = at + cells(piece.text)
        if piece.target:
            spans.append((at, end, piece.target))
        at = end
    return spans
