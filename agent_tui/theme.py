"""Colours: one accent for focus and what is mine, one warning, one alarm; the rest is dim.

The names are roles, not hues; widgets speak of `$mine`, `$warn`, `$alarm`, `$note-ground` and
so on, and never of a colour. Words in `$dim` can be read on every ground (WCAG 2.2, 1.4.3: 4.5);
`$faint` and `$line` are for what says nothing that is not said otherwise.
"""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="desk-dark",
    dark=True,
    primary="#7fb4e6",
    secondary="#8a94a0",
    accent="#7fb4e6",
    warning="#e0b050",
    error="#f0707c",
    success="#86c08a",
    foreground="#d8dee6",
    background="#14181d",
    surface="#14181d",
    panel="#1c222a",
    variables={
        "dim": "#8f99a5",
        "faint": "#66717d",
        "line": "#333c46",
        "mine": "#7fb4e6",
        "cursor-ground": "#24303d",
        "cursor-ground-blurred": "#1d242c",
        "customer": "#d8dee6",
        "agent": "#9cc4e8",
        "bot": "#8f99a5",
        "note": "#e6d090",
        "note-ground": "#2e2a19",
        "warn": "#e0b050",
        "alarm": "#f0707c",
        "good": "#86c08a",
        "blank": "#14181d",
        "blank-ground": "#e0b050",
        "bar-ground": "#1c222a",
        "footer-key-foreground": "#7fb4e6",
        "block-cursor-text-style": "none",
        "input-selection-background": "#7fb4e6 35%",
        "scrollbar": "#66717d",
        "scrollbar-hover": "#8f99a5",
        "scrollbar-active": "#7fb4e6",
        "scrollbar-background": "#1c222a",
    },
)

LIGHT = Theme(
    name="desk-light",
    dark=False,
    primary="#1f5f9f",
    secondary="#5c6670",
    accent="#1f5f9f",
    warning="#8a5a00",
    error="#b3202e",
    success="#2c6e36",
    foreground="#1d232a",
    background="#fbfbf9",
    surface="#fbfbf9",
    panel="#eeefec",
    variables={
        "dim": "#5a646e",
        "faint": "#7f8890",
        "line": "#cdd2d6",
        "mine": "#1f5f9f",
        "cursor-ground": "#dce8f4",
        "cursor-ground-blurred": "#eceeee",
        "customer": "#1d232a",
        "agent": "#1f5f9f",
        "bot": "#5a646e",
        "note": "#5c4a00",
        "note-ground": "#fbf0c4",
        "warn": "#8a5a00",
        "alarm": "#b3202e",
        "good": "#2c6e36",
        "blank": "#fbfbf9",
        "blank-ground": "#8a5a00",
        "bar-ground": "#eeefec",
        "footer-key-foreground": "#1f5f9f",
        "block-cursor-text-style": "none",
        "input-selection-background": "#1f5f9f 30%",
        "scrollbar": "#7f8890",
        "scrollbar-hover": "#5a646e",
        "scrollbar-active": "#1f5f9f",
        "scrollbar-background": "#eeefec",
    },
)

THEMES = {"dark": DARK, "light": LIGHT}
"""The themes by the word used in the settings."""
