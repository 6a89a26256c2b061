"""The line above the list: which view, in which order, or what is searched for."""

from __future__ import annotations

from agent_tui.widgets.bar import Bar, Piece
from agent_tui.widgets.paint import cells, cut


class ListHead(Bar):
    """Names the view and its order."""

    _title = ""
    _order = ""

    def show(self, title: str, order: str) -> None:
        """Show these words from now on."""
        if (title, order) != (self._title, self._order):
            self._title, self._order = title, order
            self.redraw()

    def pressed(self, target: str) -> None:
        """Nothing here can be clicked."""

    def pieces(self, width: int) -> list[Piece]:
        """The title, and the order as far as there is room."""
        title = cut(f" {self._title}", width)
        return [Piece(title, "text"), Piece(cut(f" · {self._order}", width - cells(title)), "dim")]
