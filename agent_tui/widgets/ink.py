"""The roles of `agent_tui.theme` as styles for lines that are drawn by hand."""

from __future__ import annotations

from dataclasses import dataclass

from rich.style import Style
from textual.color import Color, ColorParseError
from textual.widget import Widget


@dataclass(frozen=True, slots=True)
class Ink:
    """A style for each role, on the ground of the widget it was mixed for."""

    text: Style
    dim: Style
    faint: Style
    line: Style
    mine: Style
    customer: Style
    agent: Style
    bot: Style
    note: Style
    warn: Style
    alarm: Style
    good: Style
    blank: Style
    """A gap in a canned reply that the agent still has to fill, ground included."""
    note_ground: Style
    """The ground of private notes, to be added to any other style."""
    bar_ground: Style
    """The ground of bars and marks that lie over something."""
    cursor_ground: Style
    """The ground of the row the cursor is on, to be added to any other style."""


def mix(widget: Widget) -> Ink:
    """The styles for `widget` in the theme that is on now.

    A role that the theme does not name has the colour of plain text.
    """
    variables = widget.app.theme_variables
    text = widget.rich_style

    def role(name: str) -> Style:
        colour = _colour(variables.get(name, ""))
        return text if colour is None else text + Style.from_color(colour.rich_color)

    def ground(name: str) -> Style:
        colour = _colour(variables.get(name, ""))
        return Style() if colour is None else Style.from_color(None, colour.rich_color)

    return Ink(
        text=text,
        dim=role("dim"),
        faint=role("faint"),
        line=role("line"),
        mine=role("mine"),
        customer=role("customer"),
        agent=role("agent"),
        bot=role("bot"),
        note=role("note"),
        warn=role("warn"),
        alarm=role("alarm"),
        good=role("good"),
        blank=role("blank") + ground("blank-ground"),
        note_ground=ground("note-ground"),
        bar_ground=ground("bar-ground"),
        cursor_ground=ground("cursor-ground"),
    )


def _colour(value: str) -> Color | None:
    try:
        return Color.parse(value)
    except ColorParseError:
        return None
