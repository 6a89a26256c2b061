"""Days as the program writes them, in one form everywhere: ``23 Nov``, ``Mon 23 Nov``."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from agent_tui.i18n import language

FALLBACK = "en_GB"
"""How English writes days here: the day before the month."""


def day_and_month(day: date, locale: str = "") -> str:
    """``23 Nov``; in the language in use, or as `locale` writes it, which babel must know."""
    return _written(day, "MMMd", locale or language())


def weekday_and_day(day: date, *, year: bool = False) -> str:
    """``Mon 23 Nov``, or with its `year` ``Mon 23 Nov 2026``."""
    return _written(day, "yMMMEd" if year else "MMMEd", language())


def month_and_year(day: date, locale: str = "") -> str:
    """``Nov 2026``, as `day_and_month`."""
    return _written(day, "yMMM", locale or language())


def weekday(day: date) -> str:
    """``Monday``."""
    from babel.dates import format_date  # noqa: PLC0415 - late: heavy

    return format_date(day, "EEEE", locale=_locale(language()))


def weekday_day_and_time(local: datetime) -> str:
    """``Mon 23 Nov 09:41``, by the clock of the zone that `local` is in."""
    return f"{weekday_and_day(local.date())} {local:%H:%M}"


@lru_cache(maxsize=512)
def _written(day: date, skeleton: str, spoken: str) -> str:
    from babel.dates import format_skeleton  # noqa: PLC0415 - late: heavy

    noon = datetime(day.year, day.month, day.day, 12)  # noqa: DTZ001 - a day, not an instant
    return format_skeleton(skeleton, noon, locale=_locale(spoken)).replace(",", "")


def _locale(spoken: str) -> str:
    return FALLBACK if spoken == "en" else spoken
