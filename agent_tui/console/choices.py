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

from agent_tui import dates, when
from agent_tui.canned import CannedReply, Filled, Library
from agent_tui.commands import (
    COMMANDS,
    KEYMAPS,
    WRITING,
    Command,
    Keymaps,
    Place,
    key_in,
    key_name,
    keys_in,
)
from agent_tui.i18n import _, mark
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
    teams = store.teams.values() if "team" in store.capabilities else ()
    for team in sorted(teams, key=lambda team: team.name):
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
    shown = dates.weekday_day_and_time(moment.astimezone(zone))
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
            reply.id, reply.title, f"/{reply.shortcut}", preview=lambda: preview(reply).text
        )

    return lambda query: [row(reply) for reply in library.search(query, channel)]


Blocked = Callable[[Command], str | None]
"""Why a command cannot act now, in words; None: it can."""


def _acts(_command: Command) -> None:
    """Nothing is against it."""


def commands(
    entries: Iterable[Command], place: Place, keys: Keymaps = KEYMAPS, blocked: Blocked = _acts
) -> Find[str]:
    """Commands by name, with the keys that do the same from here, or why they cannot act now."""
    rows = [_command_row(command, place, keys, blocked) for command in entries]
    return lambda query: by_words(rows, query)


def palette(place: Place, keys: Keymaps = KEYMAPS, blocked: Blocked = _acts) -> Find[str]:
    """Every command that can be reached from a place, by name.

    While typing: first what acts on the words, then what can be done once they are left.
    """
    known = [command for command in COMMANDS if command.in_palette]
    here = [command for command in known if place in command.places]
    if place is Place.COMPOSER:
        there = [c for c in known if c not in here and Place.CONVERSATION in c.places]
        here = [*sorted(here, key=lambda c: c.places != WRITING), *there]
    return commands(here, place, keys, blocked)


def _command_row(command: Command, place: Place, keys: Keymaps, blocked: Blocked) -> Choice[str]:
    reason = blocked(command)
    shown = keys_in(command, place, keys)
    if place is Place.COMPOSER and place not in command.places:
        key = key_in(command, Place.CONVERSATION, keys)
        shown = f"{key_name('escape')} {key}" if key else ""
    title = _(command.title)
    return Choice(command.id, title, shown if reason is None else reason, faint=reason is not None)


def keys_of(place: Place, keys: Keymaps = KEYMAPS, blocked: Blocked = _acts) -> Find[str]:
    """What each key does in a place, grouped by task; a dim one would only say why it cannot."""
    groups: dict[str, list[Choice[str]]] = {}
    for command in dict.fromkeys(keys[place].values()):
        shown, faint = keys_in(command, place, keys), blocked(command) is not None
        row = Choice(command.id, _(command.title), shown, faint=faint)
        groups.setdefault(command.group, []).append(row)
    rows: list[Choice[str]] = []
    for group, members in groups.items():
        rows.append(Choice(None, _(group), heading=True))
        rows += members
    return lambda query: by_words(rows, query)
