"""The last line: the keys that act here, and at the right what is on its way.

What the agent is told is told whole, and so is what may follow the first of two keys: where the
line is too short for it, it takes the lines above as well, over what stands there, so that
nothing moves.
"""

from __future__ import annotations

from textual.message import Message as TextualMessage

from agent_tui import shown
from agent_tui.i18n import _
from agent_tui.widgets.bar import Bar, Piece, length
from agent_tui.widgets.paint import cells, cut, wrap

MOST_LINES = 3
"""What is told takes at most so many lines."""


class BottomBar(Bar):
    """The last line of the screen."""

    DEFAULT_CSS = "BottomBar { dock: bottom; }"

    class HintClicked(TextualMessage):
        """The agent clicked a hint; `command` is the one it names."""

        def __init__(self, command: str) -> None:
            super().__init__()
            self.command = command

    _bar = shown.BottomBar(())

    def show(self, bar: shown.BottomBar) -> None:
        """Show `bar` from now on."""
        if bar != self._bar:
            self._bar = bar
            self.redraw()

    def pressed(self, target: str) -> None:
        """A hint was clicked."""
        self.post_message(self.HintClicked(target))

    def lines(self, width: int) -> list[list[Piece]]:
        """One line, or as many as the words need that do not fit into one."""
        if self._bar.prefix:
            return self._choices(width)
        status, ink = self._bar.status, "alarm" if self._bar.alarm else "text"
        if cells(status) <= width - 2:
            return [self.pieces(width)]
        rows = wrap(status, width - 2)
        if len(rows) > MOST_LINES:
            rows = [*rows[: MOST_LINES - 1], cut(" ".join(rows[MOST_LINES - 1 :]), width - 2)]
        return [[Piece(f" {row}", ink)] for row in rows]

    def _choices(self, width: int) -> list[list[Piece]]:
        """All that may follow the key that was pressed."""
        rows = [[Piece(" ")]]
        for hint in self._bar.hints:
            more = _hint(hint)
            if len(rows[-1]) > 1 and length(rows[-1]) + length(more) > width:
                rows.append([Piece(" ")])
            rows[-1] += more
        return rows

    def pieces(self, width: int) -> list[Piece]:
        """The mode, as many hints as fit whole, and the status at the right edge."""
        status = self._status(width)
        pieces = [Piece(" ")]
        if self._bar.typing_mode:
            pieces = [Piece(" {} ".format(_("typing")), "mode"), Piece("  ")]
        room = width - length(status)
        for hint in self._fitting(room - length(pieces)):
            pieces += _hint(hint)
        return [*pieces, Piece(" " * (room - length(pieces))), *status]

    def _fitting(self, room: int) -> list[shown.Hint]:
        """Those that fit whole, from the first on; what is kept comes before what is not."""
        sizes = {hint: length(_hint(hint)) for hint in self._bar.hints}
        taken = sum(size for hint, size in sizes.items() if hint.kept)
        if taken > room:
            taken, sizes = 0, {hint: size for hint, size in sizes.items() if not hint.kept}
        fitting: list[shown.Hint] = []
        full = False
        for hint, size in sizes.items():
            full = full or (not hint.kept and taken + size > room)
            if hint.kept or not full:
                fitting.append(hint)
                taken += 0 if hint.kept else size
        return fitting

    def _status(self, width: int) -> list[Piece]:
        bar = self._bar
        if not bar.status:
            return []
        return [Piece(cut(bar.status, width - 2), "alarm" if bar.alarm else "text"), Piece(" ")]


def _hint(hint: shown.Hint) -> list[Piece]:
    """A key and what it does, and the gap to what follows; faint where it does nothing now."""
    target = hint.command if hint.enabled else ""
    key, title = ("key", "dim") if hint.enabled else ("faint", "faint")
    return [
        Piece(hint.key, key, target),
        Piece(f" {hint.title}", title, target),
        Piece("  "),
    ]
