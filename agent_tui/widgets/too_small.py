"""What is shown in a window that has no room for anything: keys do nothing that cannot be seen."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from agent_tui.i18n import _

SMALLEST = Size(20, 5)
"""Cells below which nothing can be shown (the same as at the start)."""


def is_too_small(size: Size) -> bool:
    """Whether a window of `size` has no room for the console."""
    return size.width < SMALLEST.width or size.height < SMALLEST.height


class _Words(Widget):
    def render(self) -> Content:
        """As much of it as there is room for."""
        return Content(_("too small: enlarge the window"))


class TooSmall(Screen[None], inherit_bindings=False):
    """Lies over the console until the window is large enough; whatever was open stays so."""

    DEFAULT_CSS = "TooSmall { background: $background; overflow: hidden hidden; }"

    def compose(self) -> ComposeResult:
        """Nothing but the words."""
        yield _Words()
