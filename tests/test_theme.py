"""What is written can be read: contrast of every role on every ground it stands on."""

from __future__ import annotations

import pytest
from textual.app import App
from textual.color import Color
from textual.theme import Theme

from agent_tui.theme import THEMES

READABLE = 4.5
"""Words (WCAG 2.2, success criterion 1.4.3)."""
VISIBLE = 3.0
"""Shapes, and keys that cannot act now (1.4.11 asks for 3.0, and for nothing where it cannot)."""

GROUNDS = ("background", "bar-ground", "cursor-ground", "cursor-ground-blurred", "panel")
WORDS = ("foreground", "dim", "mine", "agent", "bot", "customer", "warn", "alarm", "good")

PAIRS = (
    *((ink, ground) for ink in WORDS for ground in GROUNDS),
    ("note", "note-ground"),
    ("dim", "note-ground"),
    ("warn", "note-ground"),
    ("alarm", "note-ground"),
    ("foreground", "note-ground"),
    ("blank", "blank-ground"),
    ("bar-ground", "mine"),
)
"""What is written in which ink upon which ground."""


@pytest.fixture(params=sorted(THEMES))
def colours(request: pytest.FixtureRequest) -> dict[str, str]:
    """The colours of a theme, the framework's own roles included."""
    app: App[None] = App()
    theme: Theme = THEMES[request.param]
    app.register_theme(theme)
    app.theme = theme.name
    return app.get_css_variables()


def luminance(colour: Color) -> float:
    """Relative luminance as WCAG defines it: 0 black, 1 white."""
    parts = [part / 255 for part in colour.rgb]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours: 1 none, 21 black on white."""
    light, dark = sorted((luminance(Color.parse(one)), luminance(Color.parse(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_is_the_known_one() -> None:
    """Black on white is 21, and #767676 on white is the well-known lightest grey of 4.54."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_words_can_be_read(ink: str, ground: str, colours: dict[str, str]) -> None:
    """Whatever carries a meaning stands out from its ground."""
    assert contrast(colours[ink], colours[ground]) >= READABLE


@pytest.mark.parametrize("ground", ["background", "bar-ground", "cursor-ground-blurred"])
def test_what_rests_can_be_seen(ground: str, colours: dict[str, str]) -> None:
    """The bar of a row without the keys, and keys that cannot act now."""
    assert contrast(colours["faint"], colours[ground]) >= VISIBLE


def test_dim_is_dimmer_than_text_and_faint_than_dim(colours: dict[str, str]) -> None:
    """Three steps that can be told apart."""
    inks = ("foreground", "dim", "faint")
    steps = [contrast(colours[ink], colours["background"]) for ink in inks]
    assert steps[0] > steps[1] * 1.5
    assert steps[1] > steps[2] * 1.5


def test_both_themes_name_the_same_roles() -> None:
    """What the style sheet asks for is there in either."""
    dark, light = (set(THEMES[name].variables) for name in ("dark", "light"))
    assert dark == light
