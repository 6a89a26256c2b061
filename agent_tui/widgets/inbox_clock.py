"""What a row of the inbox says about time: waiting, waking, age, and a window about to close.

Colour never says it alone: ``›`` stands before a waiting time when half of the promised time is
gone, ``»`` when all of it is. Moments are timezone-aware; clock times are told in a zone given.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import IntEnum

from agent_tui.channels import rules_of
from agent_tui.i18n import _, mark
from agent_tui.model import Conversation, Status
from agent_tui.when import waiting

WINDOW_WARNING = timedelta(hours=1)
"""How long before a reply window closes the row begins to say so."""

_WEEKDAYS = (
    mark("Mon"), mark("Tue"), mark("Wed"), mark("Thu"), mark("Fri"), mark("Sat"), mark("Sun"),
)  # fmt: skip


class Pace(IntEnum):
    """How a time stands to what was promised."""

    QUIET = 0
    """No clock runs, or there is time."""
    HURRY = 1
    """Half of the promised time is gone."""
    LATE = 2
    """The promise is broken."""


_PACE_MARKS = {Pace.QUIET: "", Pace.HURRY: "› ", Pace.LATE: "» "}


@dataclass(frozen=True, slots=True)
class Clock:
    """What a row says about time; all of it that changes while nothing happens."""

    time: str = ""
    short: str = ""
    """`time` where its column is narrow; of at most seven cells, numbers are never cut."""
    pace: Pace = Pace.QUIET
    window: str = ""
    """That the reply window is about to close; empty: it is not."""


def clock_of(conversation: Conversation, now: datetime, zone: tzinfo) -> Clock:
    """What to say about the time of `conversation` at `now`; clock times are those of `zone`."""
    window = _window(conversation, now)
    if conversation.status is Status.RESOLVED:
        age = "✓ " + waiting(conversation.last_at, now)
        return Clock(age, _tight(age))
    if conversation.status is Status.SNOOZED:
        return Clock(*_wake(conversation, now, zone), window=window)
    if conversation.waiting_since is None:
        return Clock(window=window)
    pace = _pace(conversation, conversation.waiting_since, now)
    time = _PACE_MARKS[pace] + waiting(conversation.waiting_since, now)
    return Clock(time, _tight(time), pace, window)


def _pace(conversation: Conversation, since: datetime, now: datetime) -> Pace:
    """Measured by the promise on record where one runs, else by the channel's default."""
    due = since + rules_of(conversation.channel).first_response
    if (sla := conversation.sla) is not None:
        promised = (sla.first_response_due, sla.next_response_due)
        due = min((at for at in promised if at is not None and at > since), default=due)
    if now >= due:
        return Pace.LATE
    return Pace.HURRY if now - since >= (due - since) / 2 else Pace.QUIET


def _window(conversation: Conversation, now: datetime) -> str:
    closes = conversation.window_closes_at
    if closes is None or conversation.status is Status.RESOLVED:
        return ""
    if not timedelta(0) < closes - now < WINDOW_WARNING:
        return ""
    if closes - now < timedelta(minutes=1):
        return _("window under 1 m")
    return _("window {time}").format(time=waiting(now, closes))


def _wake(conversation: Conversation, now: datetime, zone: tzinfo) -> tuple[str, str]:
    """When a sleeping conversation wakes: a clock time, a weekday, or in how long."""
    if conversation.snooze is None or conversation.snooze.until is None:
        return _("on reply"), _("reply")
    until = conversation.snooze.until
    at = until.astimezone(zone)
    days = (at.date() - now.astimezone(zone).date()).days
    clock = f"{at:%H:%M}"
    if days <= 0:
        return clock, clock
    if days < 7:
        day = _(_WEEKDAYS[at.weekday()])
        return f"{day} {clock}", day
    distance = _("in {time}").format(time=waiting(now, until))
    return distance, _tight(distance)


def _tight(time: str) -> str:
    return time.replace(" ", "")
