"""With NO_COLOR no colour leaves, and what a ground alone told is told otherwise."""

from __future__ import annotations

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from agent_tui.no_colour import NoColour
from agent_tui.theme import THEMES

AROUND = {name: Color.parse(theme.background or "") for name, theme in THEMES.items()}


def shown(style: Style | None, around: Color) -> Style | None:
    """How something with this style is shown."""
    [segment] = NoColour().apply([Segment("x", style)], around)
    return segment.style


def ground(theme: str, role: str) -> Style:
    """The style of a role's ground."""
    return Style(bgcolor=THEMES[theme].variables[role])


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_no_colour_is_left_and_the_rest_is(theme: str) -> None:
    """Bold, underlined and italic carry on."""
    style = Style(color="#ff0000", bgcolor="#00ff00", bold=True, underline=True, italic=True)
    seen = shown(style, AROUND[theme])
    assert seen is not None
    assert (seen.color, seen.bgcolor) == (None, None)
    assert (seen.bold, seen.underline, seen.italic) == (True, True, True)
    assert shown(None, AROUND[theme]) is None


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_a_strong_ground_is_turned_round(theme: str) -> None:
    """The text cursor and the gaps of a canned reply can still be seen."""
    for role in ("blank-ground", "mine"):
        seen = shown(ground(theme, role), AROUND[theme])
        assert seen is not None
        assert seen.reverse


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_a_selection_is_turned_round(theme: str) -> None:
    """What would be deleted or copied has no other sign."""
    words = THEMES[theme].variables["input-selection-background"]
    colour, share = words.split()
    mixed = AROUND[theme].blend(Color.parse(colour), int(share.rstrip("%")) / 100)
    seen = shown(Style(bgcolor=mixed.hex), AROUND[theme])
    assert seen is not None
    assert seen.reverse


@pytest.mark.parametrize("theme", sorted(THEMES))
@pytest.mark.parametrize("role", ["cursor-ground", "cursor-ground-blurred", "bar-ground"])
def test_a_faint_ground_is_left_out(theme: str, role: str) -> None:
    """It stands beside a bar or a word that says the same."""
    seen = shown(ground(theme, role), AROUND[theme])
    assert seen is not None
    assert not seen.reverse
