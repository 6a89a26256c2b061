"""The first line: who sits here, how the line to the desk is, the views, the time.

It folds by width. What is never dropped is the state of the line, in a word, and the view one is
in, by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from textual.message import Message as TextualMessage

from agent_tui import shown
from agent_tui.events import Link
from agent_tui.i18n import _, mark
from agent_tui.model import NO_TEXT
from agent_tui.widgets.bar import Bar, Piece, length
from agent_tui.widgets.paint import cells, cut, steady

_LINKS = {
    Link.CONNECTING: ("○", mark("connecting"), "warn"),
    Link.CATCHING_UP: ("○", mark("catching up"), "warn"),
    Link.LIVE: ("●", mark("live"), "good"),
    Link.OFFLINE: ("○", mark("offline"), "alarm"),
    Link.CLOSED: ("×", mark("closed"), "alarm"),
}
"""A mark, a word and an ink for each state of the line."""


class _Fold(NamedTuple):
    """How much is said at a width."""

    brand: bool
    agent: bool
    desk: bool
    detail: int
    """Most cells for why or since when the line is down."""
    reserve: int
    """Fewest cells for the state of the line, so that the views stay where they are when it
    changes."""
    named: bool
    """All views by name; else the active one, the others by key and count."""
    gap: int
    clock: str
    """``full``, ``time`` or nothing."""


_FOLDS = (
    _Fold(True, True, True, 40, 21, True, 3, "full"),
    _Fold(True, True, False, 40, 21, True, 3, "full"),
    _Fold(False, True, False, 40, 21, True, 3, "full"),
    _Fold(False, True, False, 24, 21, True, 2, "time"),
    _Fold(False, False, False, 24, 21, True, 2, "time"),
    _Fold(False, False, False, 24, 0, True, 2, "time"),
    _Fold(False, False, False, 24, 0, True, 2, ""),
    _Fold(False, False, False, 24, 0, False, 2, "time"),
    _Fold(False, False, False, 24, 0, False, 2, ""),
    _Fold(False, False, False, 0, 0, False, 2, ""),
)
"""From all to least; the first that fits is taken."""

_NOTHING_YET = shown.TopBar(NO_TEXT, NO_TEXT, Link.CONNECTING, NO_TEXT, "", (), "")


class TopBar(Bar):
    """The first line of the screen."""

    class TabClicked(TextualMessage):
        """The agent clicked a view; `key` is the one that opens it."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    _bar = _NOTHING_YET

    def show(self, bar: shown.TopBar) -> None:
        """Show `bar` from now on."""
        if bar != self._bar:
            self._bar = bar
            self.redraw()

    def pressed(self, target: str) -> None:
        """A view was clicked."""
        self.post_message(self.TabClicked(target))

    def pieces(self, width: int) -> list[Piece]:
        """The line at `width`, in the fullest form that fits."""
        left: list[Piece] = []
        for fold in _FOLDS:
            left, tabs, right = self._left(fold), self._tabs(fold), self._right(fold)
            free = width - length(left) - length(tabs) - length(right)
            if free >= 2 * fold.gap:
                return _placed(left, tabs, right, width, fold.gap)
        active = [tab for tab in self._bar.tabs if tab.active]
        return [*left, Piece("  "), *(piece for tab in active for piece in _tab(tab, named=True))]

    def _left(self, fold: _Fold) -> list[Piece]:
        bar = self._bar
        pieces = [Piece(" ")]
        if fold.brand:
            pieces += [Piece("agent-tui", "dim"), Piece("   ")]
        who = [steady(bar.agent)] if fold.agent else []
        who += [steady(bar.desk), bar.source] if fold.desk else []
        if words := " · ".join(filter(None, who)):
            pieces += [Piece(words), Piece("  ")]
        dot, word, ink = _LINKS[bar.link]
        state = f"{dot} {_(word)}"
        if bar.link_detail and fold.detail:
            state += " " + cut(steady(bar.link_detail), fold.detail)
        return [*pieces, Piece(state, ink), Piece(" " * (fold.reserve - cells(state)))]

    def _tabs(self, fold: _Fold) -> list[Piece]:
        pieces: list[Piece] = []
        for tab in self._bar.tabs:
            if pieces:
                pieces.append(Piece(" " * fold.gap))
            pieces += _tab(tab, named=fold.named or tab.active)
        return pieces

    def _right(self, fold: _Fold) -> list[Piece]:
        clock = self._bar.clock
        if fold.clock == "time" and (time := re.search(r"\d{1,2}[:.]\d\d.*", clock)):
            clock = time[0]
        return [Piece(clock, "dim"), Piece(" ")] if fold.clock and clock else []


def _tab(tab: shown.ViewTab, *, named: bool) -> Iterator[Piece]:
    """A view: key, title, count; a count of nothing is not shown."""
    count = str(tab.count) if tab.count else ""
    if not named:
        yield Piece(f"{tab.key}·{count}" if count else tab.key, "dim", tab.key)
        return
    words = " ".join(filter(None, (steady(tab.title), count)))
    yield Piece(f"{tab.key} ", "dim", tab.key)
    yield Piece(words, "active" if tab.active else "text", tab.key)


def _placed(
    left: list[Piece], tabs: list[Piece], right: list[Piece], width: int, gap: int
) -> list[Piece]:
    """The views in the middle of the line, so that they stay when the words beside them change."""
    before, inside, after = length(left), length(tabs), length(right)
    start = max(before + gap, min((width - inside) // 2, width - after - gap - inside))
    end = width - after - start - inside
    return [*left, Piece(" " * (start - before)), *tabs, Piece(" " * end), *right]
