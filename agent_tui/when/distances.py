"""How far apart two moments are, in a few characters."""

from __future__ import annotations

from datetime import datetime, timedelta

from agent_tui.i18n import _


def distance(moment: datetime, now: datetime) -> str:
    """How far `moment` is from `now` (both aware), to the nearest unit: "in 2 h", "3 d ago"."""
    minutes = round((moment - now) / timedelta(minutes=1))
    ahead = minutes > 0
    minutes = abs(minutes)
    hours = round(minutes / 60)
    if minutes == 0:
        return _("now")
    if minutes < 60:
        return (_("in {n} m") if ahead else _("{n} m ago")).format(n=minutes)
    if hours < 24:
        return (_("in {n} h") if ahead else _("{n} h ago")).format(n=hours)
    days = round(minutes / (24 * 60))
    return (_("in {n} d") if ahead else _("{n} d ago")).format(n=days)


def waiting(since: datetime, now: datetime) -> str:
    """How long somebody has waited (both aware), in whole units: "12 m", "3 h", "2 d".

    Under a minute, or with a `since` that another clock has put ahead: "now".
    """
    minutes = (now - since) // timedelta(minutes=1)
    if minutes < 1:
        return _("now")
    if minutes < 60:
        return f"{minutes} m"
    if minutes < 24 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} d"


def waits(since: datetime, now: datetime) -> str:
    """That somebody waits, and for how long (both aware): "waits 12 m", "waits under 1 m"."""
    if now - since < timedelta(minutes=1):
        return _("waits under 1 m")
    return _("waits {time}").format(time=waiting(since, now))
