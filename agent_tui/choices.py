"""What the pickers offer: choices computed from the desk for what has been typed so far.

Each function returns the function a picker asks with every letter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from textwrap import wrap
from typing import TypeVar
from zoneinfo import ZoneInfo

from agent_tui import when
from agent_tui.canned import CannedReply, Filled, Library
from agent_tui.commands import KEYMAPS, Command, Place, key_name
from agent_tui.i18n import _, language, mark
from agent_tui.model import (
    Agent,
    AgentId,
    Availability,
    Channel,
    Conversation,
    Priority,
    SafeText,
    Status,
    TeamId,
)
from agent_tui.sanitise import Field, sanitise
from agent_tui.store import Store
from agent_tui.when import BusinessHours
from agent_tui.widgets.picker import Choice, Find

T = TypeVar("T")

REASON = 54
"""Cells in a line of a reason, so that it stands whole in the narrowest picker."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who a conversation can be given to: an agent, a team, or (neither) nobody."""

    agent: AgentId | None = None
    team: TeamId | None = None


@dataclass(frozen=True, slots=True)
class Awake:
    """When a snoozed conversation wakes; None: when the customer writes."""

    until: datetime | None


def by_words(choices: Sequence[Choice[T]], query: str) -> list[Choice[T]]:
    """The choices that fit what was typed: a letter's own first, then by likeness."""
    wanted = query.strip().casefold()
    if not wanted:
        return list(choices)
    from rapidfuzz import fuzz  # noqa: PLC0415 - late: heavy

    def score(choice: Choice[T]) -> float:
        title = choice.title.casefold()
        if choice.key.casefold() == wanted:
            return 300.0
        if title.startswith(wanted):
            return 200.0
        if any(word.startswith(wanted) for word in title.split()):
            return 150.0
        return 100.0 if wanted in title else fuzz.partial_ratio(wanted, title)

    scored = [(score(choice), choice) for choice in choices if not choice.heading]
    return [choice for points, choice in sorted(scored, key=lambda s: -s[0]) if points >= 75]


_PRESENCE = {
    Availability.ONLINE: mark("online"),
    Availability.BUSY: mark("busy"),
    Availability.OFFLINE: mark("away"),
}


def owners(store: Store, conv: Conversation, *, teams_only: bool) -> Find[Owner]:
    """Me, nobody, teammates with presence and load, teams: in one list."""
    load = Counter(c.assignee for c in store.conversations() if c.status is Status.OPEN)

    def agent_row(agent: Agent, key: str = "") -> Choice[Owner]:
        title = agent.name if not key else _("me") + f" · {agent.name}"
        presence = _(_PRESENCE[agent.availability])
        right = _("{presence} · {count} open").format(presence=presence, count=load[agent.id])
        return Choice(Owner(agent=agent.id), title, right, key, marked=agent.id == conv.assignee)

    order = list(Availability)
    others = sorted(
        (agent for agent in store.agents.values() if agent.id != store.me),
        key=lambda agent: (order.index(agent.availability), load[agent.id], agent.name),
    )
    me = store.agents.get(store.me)
    rows: list[Choice[Owner]] = []
    if not teams_only:
        rows += [agent_row(me, "m")] if me else []
        rows.append(Choice(Owner(), _("nobody"), key="0", marked=conv.assignee is None))
        rows += [agent_row(agent) for agent in others]
    for team in sorted(store.teams.values(), key=lambda team: team.name):
        right = _("team of {count}").format(count=len(team.members))
        rows.append(Choice(Owner(team=team.id), team.name, right, marked=team.id == conv.team))
    return lambda query: by_words(rows, query)


def moments(now: datetime, zone: ZoneInfo, hours: BusinessHours) -> Find[Awake]:
    """The presets, and whatever moment is typed; each shows when it would wake."""
    presets = when.presets(now, zone, hours, None)
    rows = [_preset(preset, now, zone) for preset in presets]

    def find(query: str) -> Sequence[Choice[Awake]]:
        text = query.strip()
        if not text:
            return rows
        exact = [row for row in rows if row.key == text.casefold()]
        match when.parse(text, now, zone, hours):
            case when.At(moment=moment):
                typed = Choice(Awake(moment), text, right=moment_words(moment, now, zone))
                return [*exact, typed]
            case when.UntilReply():
                return [*exact, Choice(Awake(None), text, right=_("when the customer writes"))]
            case when.Unclear(reason=reason):
                # Likeness is not enough here: "yesterday" is not "Friday".
                begun = [row for row in rows if text.casefold() in row.title.casefold()]
                return exact or begun or [Choice(None, part) for part in wrap(reason, REASON)]

    return find


def _preset(preset: when.Preset, now: datetime, zone: ZoneInfo) -> Choice[Awake]:
    if isinstance(preset.when, when.At):
        moment = preset.when.moment
        right = moment_words(moment, now, zone)
        return Choice(Awake(moment), _(preset.title), right, preset.letter)
    return Choice(Awake(None), _(preset.title), _("when the customer writes"), preset.letter)


def moment_words(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """A moment with its distance: "Tue 24 Nov 09:00 · in 22 h"."""
    from babel.dates import format_datetime  # noqa: PLC0415 - late: heavy

    local = moment.astimezone(zone)
    pattern = "EEE d MMM HH:mm" if language() == "en" else "EEE d. MMM HH:mm"
    shown = format_datetime(local, pattern, locale=language())
    return f"{shown} · {when.distance(moment, now)}"


_PRIORITIES = (
    (Priority.URGENT, "u", mark("Urgent")),
    (Priority.HIGH, "h", mark("High")),
    (Priority.MEDIUM, "m", mark("Medium")),
    (Priority.LOW, "l", mark("Low")),
    (Priority.NONE, "n", mark("None")),
)


def priorities(conv: Conversation) -> Find[Priority]:
    """All priorities, the present one marked."""
    rows = [
        Choice(priority, _(title), key=key, marked=conv.priority is priority)
        for priority, key, title in _PRIORITIES
    ]
    return lambda query: by_words(rows, query)


def labels(store: Store, conv: Conversation) -> Find[SafeText]:
    """The desk's labels, those the conversation has marked; a new word makes a new label."""
    known = list(dict.fromkeys((*conv.labels, *store.labels)))
    rows = [Choice(label, label, marked=label in conv.labels) for label in known]

    def find(query: str) -> Sequence[Choice[SafeText]]:
        found = by_words(rows, query)
        name = sanitise(query.strip(), Field.LINE)
        if name and name not in known:
            found.append(Choice(name, name, right=_("new label")))
        return found

    return find


def canned(
    library: Library, channel: Channel, preview: Callable[[CannedReply], Filled]
) -> Find[str]:
    """The canned replies for a channel, best first, each with what it would say."""

    def row(reply: CannedReply) -> Choice[str]:
        return Choice(
            reply.id, reply.title, right=f"/{reply.shortcut}", preview=preview(reply).text
        )

    return lambda query: [row(reply) for reply in library.search(query, channel)]


def commands(entries: Iterable[Command], place: Place) -> Find[str]:
    """Every command by name, with its key here."""
    rows = [
        Choice(command.id, _(command.title), right=_keys(command, place)) for command in entries
    ]
    return lambda query: by_words(rows, query)


def _keys(command: Command, place: Place) -> str:
    keys = [key for key in command.keys if KEYMAPS[place].get(key) is command]
    return "  ".join(key_name(key) for key in keys)


def keys_of(place: Place) -> Find[str]:
    """What each key does in a place, grouped by task."""
    groups: dict[str, list[Choice[str]]] = {}
    for command in dict.fromkeys(KEYMAPS[place].values()):
        row = Choice(command.id, _(command.title), right=_keys(command, place))
        groups.setdefault(command.group, []).append(row)
    rows: list[Choice[str]] = []
    for group, members in groups.items():
        rows.append(Choice(None, _(group), heading=True))
        rows += members
    return lambda query: by_words(rows, query)
