"""What the pickers offer: from the desk, for what has been typed so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from builders import AGENTS, CAPABILITIES, NOW, conversation, safe, store_of, welcomed
from canned_builders import shipped

from agent_tui import i18n
from agent_tui.canned import Filled
from agent_tui.canned.reply import CannedReply
from agent_tui.commands import BY_ID, COMMANDS, KEYMAPS, Command, Place, keymaps
from agent_tui.console import choices
from agent_tui.dates import weekday_day_and_time
from agent_tui.model import Channel, Team, TeamId
from agent_tui.store import Store
from agent_tui.widgets.message_words import moment_words
from agent_tui.widgets.picker import Choice

BERLIN = ZoneInfo("Europe/Berlin")
TEAM = Team(TeamId("returns"), safe("Returns"), (AGENTS[0].id,))


@pytest.fixture(autouse=True)
def english() -> None:
    i18n.use_language("en")


def ids(rows: Sequence[Choice[str]]) -> list[str]:
    return [row.value for row in rows if row.value is not None]


def by_id(rows: Sequence[Choice[str]]) -> dict[str, Choice[str]]:
    return {row.value: row for row in rows if row.value is not None}


# ── the palette ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("place", sorted(set(Place) - {Place.COMPOSER}))
def test_the_palette_lists_what_can_be_done_in_a_place(place: Place) -> None:
    assert ids(choices.palette(place)("")) == [
        c.id for c in COMMANDS if c.in_palette and place in c.places
    ]


def test_while_typing_what_acts_on_the_words_comes_first() -> None:
    found = ids(choices.palette(Place.COMPOSER)(""))
    assert found[:6] == ["send", "leave", "canned", "switch-mode", "send-snooze", "send-resolve"]
    rest = {c.id for c in COMMANDS if c.in_palette and Place.CONVERSATION in c.places}
    assert set(found[6:]) == rest
    assert len(found) == len(set(found))


def test_while_typing_the_keys_are_those_that_lead_there() -> None:
    """Letters write: for what is done elsewhere the words are left first."""
    rows = by_id(choices.palette(Place.COMPOSER)(""))
    assert rows["send"].right.split()[0] == "Ctrl+S"
    assert rows["assign"].right == "Esc a"
    assert rows["help"].right == "F1"
    assert rows["theme"].right == ""


def test_the_palette_says_why_a_command_cannot_act_now() -> None:
    def blocked(command: Command) -> str | None:
        return "This desk cannot do that." if command.needs == "snooze" else None

    rows = by_id(choices.palette(Place.LIST, KEYMAPS, blocked)(""))
    assert rows["snooze"].right == "This desk cannot do that."
    assert rows["snooze"].faint
    assert rows["resolve"].right == "e"
    assert not rows["resolve"].faint


def test_the_help_dims_what_cannot_act_now_and_keeps_its_key() -> None:
    rows = by_id(
        choices.keys_of(Place.LIST, KEYMAPS, lambda c: "no" if c.id == "take" else None)("")
    )
    assert rows["take"].faint
    assert rows["take"].right == "A"
    assert not rows["resolve"].faint


def test_the_help_says_that_enter_sends_where_it_does() -> None:
    rows = by_id(choices.keys_of(Place.COMPOSER, keymaps("enter"))(""))
    assert rows["send"].right.split()[0] == "Enter"
    assert "Enter" not in rows["new-line"].right.replace("Shift+Enter", "")
    usual = by_id(choices.keys_of(Place.COMPOSER)(""))
    assert usual["new-line"].right.split()[0] == "Enter"


def test_every_key_of_a_place_stands_in_its_help() -> None:
    for place in Place:
        found = set(ids(choices.keys_of(place)("")))
        assert found == {command.id for command in KEYMAPS[place].values()}


def test_a_command_is_found_by_a_part_of_its_name() -> None:
    assert ids(choices.palette(Place.COMPOSER)("assign"))[0] == "assign"
    assert BY_ID["send-resolve"].id in ids(choices.palette(Place.COMPOSER)("resolve"))


# ── owners ──────────────────────────────────────────────────────────────────────────────


def desk_with(capabilities: frozenset[str]) -> Store:
    store = store_of(conversation(1))
    fields = {"capabilities": capabilities, "teams": (TEAM,)}
    store.apply(welcomed(100, resumed=True, **fields), NOW)
    return store


def test_teams_are_offered_only_by_a_desk_that_can() -> None:
    def teams(store: Store) -> list[TeamId]:
        rows = choices.owners(store, conversation(1), teams_only=False)("")
        return [row.value.team for row in rows if row.value and row.value.team]

    assert teams(desk_with(CAPABILITIES)) == [TEAM.id]
    assert teams(desk_with(CAPABILITIES - {"team"})) == []


# ── canned replies ──────────────────────────────────────────────────────────────────────


def test_a_canned_reply_is_filled_only_when_it_is_looked_at() -> None:
    filled: list[str] = []

    def fill(reply: CannedReply) -> Filled:
        filled.append(reply.id)
        return Filled(safe(f"filled {reply.id}"), ())

    find = choices.canned(shipped("en"), Channel.EMAIL, fill)
    rows = [*find(""), *find("parcel")]
    assert len(rows) > 20
    assert filled == []
    preview = rows[3].preview
    assert isinstance(preview, Callable)  # type: ignore[arg-type]
    assert preview() == f"filled {rows[3].value}"  # type: ignore[operator]
    assert filled == [rows[3].value]


# ── moments ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Tue 24 Nov 09:00"), ("de", "Di. 24. Nov. 09:00")]
)
def test_a_day_is_written_in_one_form_everywhere(language: str, said: str) -> None:
    i18n.use_language(language)
    moment = NOW + timedelta(days=1)
    assert choices.moment_words(moment, NOW, BERLIN).split(" · ")[0] == said
    assert weekday_day_and_time(moment.astimezone(BERLIN)) == said
    later = moment.replace(month=12)
    told = weekday_day_and_time(later.astimezone(BERLIN))
    assert moment_words(later, NOW, BERLIN) == told


def test_a_letter_of_its_own_comes_first() -> None:
    rows = [Choice("later", "Later", key="t"), Choice("today", "Today")]
    assert choices.by_words(rows, "t")[0].value == "later"
    assert choices.by_words([replace(rows[0], heading=True)], "later") == []
