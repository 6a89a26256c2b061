"""What happened to a conversation, in the agent's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from agent_tui.i18n import _, mark
from agent_tui.model import Activity, Author, AuthorKind, Message
from agent_tui.names import short_name
from agent_tui.widgets.message_words import author_name, clock_time, moment_words


@dataclass(frozen=True, slots=True)
class _Said:
    """An activity in words: with somebody who did it, and without."""

    by: str
    plain: str


_SAID: dict[str, _Said] = {
    "opened": _Said(mark("{who} opened this conversation"), mark("conversation opened")),
    "assigned": _Said(mark("{who} assigned this to {subject}"), mark("assigned to {subject}")),
    "taken": _Said(mark("{who} took this"), mark("taken")),
    "unassigned": _Said(mark("{who} took the owner off"), mark("nobody owns this now")),
    "team": _Said(mark("{who} gave this to team {subject}"), mark("given to team {subject}")),
    "team off": _Said(mark("{who} took the team off"), mark("no team owns this now")),
    "snoozed": _Said(mark("{who} snoozed this until {until}"), mark("snoozed until {until}")),
    "woken": _Said(mark("{who} woke this"), mark("woke up")),
    "resolved": _Said(mark("{who} resolved this"), mark("resolved")),
    "reopened": _Said(mark("{who} reopened this"), mark("reopened")),
    "labelled": _Said(mark("{who} added the label {subject}"), mark("label added: {subject}")),
    "unlabelled": _Said(
        mark("{who} took off the label {subject}"), mark("label taken off: {subject}")
    ),
    "priority": _Said(
        mark("{who} set the priority to {subject}"), mark("priority set to {subject}")
    ),
    "handover": _Said(mark("{who} handed this over"), mark("handed over")),
}

_PRIORITIES = {
    "none": mark("none"),
    "low": mark("low"),
    "medium": mark("medium"),
    "high": mark("high"),
    "urgent": mark("urgent"),
}


def priority_words(priority: str) -> str:
    """A priority in the agent's language; an unknown one as it is."""
    return _(_PRIORITIES[priority]) if priority in _PRIORITIES else priority


_WITH_REASON = frozenset({"woken", "resolved", "reopened", "handover", "opened"})
"""Activities whose subject is a reason, told after them."""


def activity_words(message: Message, now: datetime, zone: ZoneInfo) -> str:
    """What happened, who did it and when: ``Ben assigned this to Ana · 09:26``."""
    activity = message.activity
    if activity is None:
        return message.text
    sentence = _sentence(activity, message.author, now, zone)
    return f"{sentence} · {clock_time(message.at, zone)}"


def _sentence(activity: Activity, author: Author, now: datetime, zone: ZoneInfo) -> str:
    said = _SAID.get(_variant(activity, author))
    named = author.kind is not AuthorKind.SYSTEM and author.name.strip()
    who = author_name(author)
    if said is None:
        plain = f"{activity.what} {activity.subject}".strip()
        return f"{who}: {plain}" if named else plain
    until = _("the customer writes")
    if activity.until is not None:
        until = moment_words(activity.until, now, zone)
    words = _(said.by if named else said.plain).format(
        who=who, subject=_subject(activity), until=until
    )
    if activity.what in _WITH_REASON and activity.subject:
        words += f": {activity.subject}"
    return words


def _variant(activity: Activity, author: Author) -> str:
    """Which sentence fits."""
    if activity.what == "assigned" and activity.subject in ("", author.name):
        return "taken"
    if activity.what == "team" and not activity.subject:
        return "team off"
    return activity.what


def _subject(activity: Activity) -> str:
    match activity.what:
        case "assigned":
            return short_name(activity.subject)
        case "priority":
            return priority_words(activity.subject)
        case _other:
            return activity.subject
