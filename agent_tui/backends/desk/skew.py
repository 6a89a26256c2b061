"""How far this computer's clock is from the desk's, and when that is worth a word.

Nothing here is ordered by a clock; but an agent snoozes by hers, and certificates and tokens are
judged by it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from agent_tui.i18n import ngettext

NOTICED: Final = timedelta(seconds=60)
"""From here on it is told."""
SUSPECT: Final = timedelta(minutes=5)
"""From here on it is named as what may have broken a link."""

NONE: Final = timedelta(0)


def words(ahead: timedelta) -> str:
    """That this computer's clock is `ahead` of the desk's (behind it where that is negative)."""
    minutes = max(1, round(abs(ahead) / timedelta(minutes=1)))
    if ahead > NONE:
        text = ngettext(
            "this computer's clock is {n} minute ahead of the desk's",
            "this computer's clock is {n} minutes ahead of the desk's",
            minutes,
        )
    else:
        text = ngettext(
            "this computer's clock is {n} minute behind the desk's",
            "this computer's clock is {n} minutes behind the desk's",
            minutes,
        )
    return text.format(n=minutes)
