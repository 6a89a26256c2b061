"""The marks of a blank, ``⟦floor⟧``: a place in a reply that waits for the agent's words.

Only a reply makes blanks: a value never holds the marks, so what a customer has written cannot
forge one.
"""

from __future__ import annotations

import re
from typing import Final

OPEN, CLOSE = "⟦", "⟧"
"""The marks of a blank."""

_BLANK: Final = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
_UNFORGEABLE: Final = str.maketrans({OPEN: "[", CLOSE: "]"})


def blanks(text: str) -> tuple[tuple[int, int], ...]:
    """Start and end of each ``⟦…⟧`` still in `text`; while there is one, it must not be sent."""
    return tuple(match.span() for match in _BLANK.finditer(text))


def blank(name: object) -> str:
    """The blank called `name`."""
    return f"{OPEN}{unmarked(str(name)).replace('_', ' ').strip() or '…'}{CLOSE}"


def unmarked(text: str) -> str:
    """`text` with plain brackets for the marks of a blank."""
    return text.translate(_UNFORGEABLE)
