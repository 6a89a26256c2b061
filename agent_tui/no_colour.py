"""NO_COLOR: no colour leaves for the terminal, and what stood out by its ground is turned round.

The framework would send shades of grey, which are colours to a terminal. Bold, underlined and
the like stay. What lies on a ground of its own (a selection, the text cursor, a gap in a canned
reply) is shown in reverse; faint grounds carry no meaning that words and marks do not carry too.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

STANDS_OUT: Final = 1.5
"""Contrast to the ground around it from which on a ground means something: the cursor's row,
which has a bar as well, stays below; a selection is above."""


class NoColour(LineFilter):
    """Takes the colours out of a line."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """`segments` without colours; `background` is what lies around them."""
        around = background.rgb
        return [
            Segment(text, style and _colourless(style, around), control)
            for text, style, control in segments
        ]


@lru_cache(4096)
def _colourless(style: Style, around: tuple[int, int, int]) -> Style:
    plain = style.without_color
    if style.bgcolor is None or style.bgcolor.is_default:
        return plain
    ground = Color.from_rich_color(style.bgcolor)
    if _contrast(ground, Color(*around)) >= STANDS_OUT:
        plain += Style(reverse=True)
    return plain


def _contrast(one: Color, other: Color) -> float:
    """The contrast of two colours as WCAG 2.2 defines it: 1 none, 21 black on white."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Color) -> float:
    parts = [part / 255 for part in colour.rgb]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
