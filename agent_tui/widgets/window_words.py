"""How long the reply window of a channel stays open, in words."""

from __future__ import annotations

from datetime import datetime, timedelta

from agent_tui.i18n import _
from agent_tui.widgets.message_words import Tone

TOLD_UNDER = timedelta(hours=24)
"""A window that is open longer is not worth a word."""

CLOSING = timedelta(hours=1)
"""From here on it is said with a warning."""


def window_words(closes_at: datetime | None, now: datetime) -> tuple[str, Tone] | None:
    """``window 11 h 48 m``; None where there is nothing to say."""
    if closes_at is None or closes_at - now > TOLD_UNDER:
        return None
    minutes = (closes_at - now) // timedelta(minutes=1)
    if closes_at <= now:
        return _("window closed"), Tone.ALARM
    tone = Tone.WARN if closes_at - now < CLOSING else Tone.QUIET
    if minutes < 1:
        return _("window under 1 m"), tone
    if minutes < 60:
        return _("window {minutes} m").format(minutes=minutes), tone
    hours, rest = divmod(minutes, 60)
    if rest == 0:
        return _("window {hours} h").format(hours=hours), tone
    return _("window {hours} h {minutes} m").format(hours=hours, minutes=rest), tone
