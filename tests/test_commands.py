"""The registry of keys: no clashes, nothing a terminal cannot send, and the keys we promised."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from builders import CAPABILITIES, ME, NOW, at, conversation, store_of, welcomed

from agent_tui import commands as module
from agent_tui.change import NOTHING, Change
from agent_tui.clock import ManualClock, SystemIds
from agent_tui.commands import (
    BY_ID,
    COMMANDS,
    KEYMAPS,
    NOT_TYPING,
    PREFIXES,
    READING,
    SEARCHING,
    Command,
    Place,
    choices_after,
    hints,
    key_in,
    key_name,
    keymap,
    keymaps,
    keys_in,
)
from agent_tui.config import SEND_KEYS
from agent_tui.desk import CannotDo, Desk
from agent_tui.model import Channel, Conversation, SafeText, Snooze, Status
from agent_tui.ops import (
    AnyOp,
    Assign,
    AssignTeam,
    Label,
    MarkRead,
    MarkUnread,
    Note,
    Prioritise,
    Reopen,
    Resolve,
    Send,
    SnoozeUntil,
)
from agent_tui.shown import Mode
from agent_tui.widgets.composer import Composer

# What the competitors' reference §3.2 forbids: one byte for two keys, and keys that need AltGr.
SAME_BYTE = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+h": "backspace", "ctrl+left_square_bracket":
             "escape", "ctrl+[": "escape"}  # fmt: skip
ALT_GR = set("[]{}\\~`@|")
ALT_GR_NAMES = {
    "left_square_bracket", "right_square_bracket", "left_curly_bracket", "right_curly_bracket",
    "backslash", "tilde", "grave_accent", "at", "vertical_line",
}  # fmt: skip
MULTIPLEXERS = {"ctrl+b", "ctrl+a", "ctrl+^", "ctrl+circumflex_accent"}
TEXT_EDITING = {f"ctrl+{letter}" for letter in "kuwaedxvyz"} | {"f6", "f7"}

LIST, READ, TYPE = {Place.LIST}, set(READING), {Place.COMPOSER}
REST = set(NOT_TYPING)

# §3.3 of the competitors' reference, as far as the features exist.
EXPECTED: list[tuple[set[Place], dict[str, str]]] = [
    (
        REST,
        {
            "j": "next", "down": "next", "k": "previous", "up": "previous", "G": "last",
            "ctrl+d": "half-down", "ctrl+u": "half-up", "pagedown": "page-down",
            "space": "page-down", "pageup": "page-up", "enter": "open", "right": "open",
            "escape": "back", "left": "back", "tab": "next-pane", "shift+tab": "previous-pane",
            "1": "view-mine", "2": "view-unassigned", "3": "view-all", "4": "view-snoozed",
            "5": "view-resolved", "r": "reply", "R": "reply-canned", "n": "note",
            "e": "resolve", "E": "reopen", "s": "snooze", "S": "snooze-until-reply", "w": "wake",
            "a": "assign", "A": "take", "t": "team", "l": "labels", "p": "priority",
            "u": "unread", "z": "undo", "i": "customer", "I": "customer-focus", "/": "search",
            "?": "help", "f1": "help", "ctrl+p": "palette", "ctrl+k": "palette",
            "ctrl+r": "resync", "q": "quit", "o": "links", "O": "newest-link",
            "g g": "first", "g i": "view-all", "g m": "view-mine", "g u": "view-unassigned",
            "g s": "view-snoozed", "g r": "view-resolved", "g w": "oldest-waiting",
            "g .": "last-conversation", "U": "unsent", "g d": "unsent",
        },
    ),
    (READ, {"J": "next-conversation", "K": "previous-conversation"}),
    (
        TYPE,
        {
            "ctrl+s": "send", "alt+enter": "send", "ctrl+enter": "send", "enter": "new-line",
            "ctrl+j": "new-line", "escape": "leave", "ctrl+t": "switch-mode", "ctrl+r": "canned",
            "shift+enter": "new-line", "tab": "next-blank", "shift+tab": "previous-blank",
            "f8": "send-snooze", "f9": "send-resolve", "ctrl+p": "palette", "f1": "help",
        },
    ),
]  # fmt: skip

PROMISES = [
    (place, key, command)
    for places, table in EXPECTED
    for place in sorted(places)
    for key, command in table.items()
]


@pytest.mark.parametrize(("place", "key", "command"), PROMISES)
def test_a_promised_key_does_what_was_promised(place: Place, key: str, command: str) -> None:
    assert KEYMAPS[place][key].id == command


@pytest.mark.parametrize("place", Place)
def test_no_two_commands_want_the_same_key_in_a_place(place: Place) -> None:
    wanted = [key for c in COMMANDS if place in c.places for key in c.keys]
    bound = [key for key in wanted if key in KEYMAPS[place]]
    assert len(bound) == len(set(bound))


def test_two_commands_with_one_key_are_an_error_that_names_both() -> None:
    twin = replace(BY_ID["take"], id="twin")
    with pytest.raises(ValueError, match="A is bound to take and to twin"):
        keymap(Place.LIST, [BY_ID["take"], twin])
    assert keymap(Place.COMPOSER, [BY_ID["take"], twin]) == {}


def parts() -> list[tuple[str, str]]:
    return [(c.id, part) for c in COMMANDS for key in c.keys for part in key.split(" ")]


@pytest.mark.parametrize(("command", "key"), parts())
def test_a_key_is_one_that_every_terminal_and_keyboard_has(command: str, key: str) -> None:
    assert key not in SAME_BYTE, f"{command}: the terminal sends {SAME_BYTE.get(key)}"
    assert key not in ALT_GR, f"{command}: needs AltGr on a German keyboard"
    assert key.rsplit("+", maxsplit=1)[-1] not in ALT_GR_NAMES
    assert key not in MULTIPLEXERS, f"{command}: tmux or screen takes it"
    if key.startswith("alt+"):
        assert len(key.rsplit("+", maxsplit=1)[-1]) > 1, f"{command}: Alt+letter writes on a Mac"


def test_a_key_of_the_kitty_protocol_has_a_twin_that_every_terminal_sends() -> None:
    for command in COMMANDS:
        if any(key in {"ctrl+enter", "shift+enter"} for key in command.keys):
            assert {"ctrl+j", "ctrl+s"} & set(command.keys)


def test_f1_has_a_twin_because_terminals_take_it() -> None:
    assert all("?" in c.keys for c in COMMANDS if "f1" in c.keys)


def test_while_typing_letters_are_letters_and_editing_keys_edit() -> None:
    for key in KEYMAPS[Place.COMPOSER]:
        assert len(key) > 1
        assert " " not in key
        assert key not in TEXT_EDITING


def test_no_prefix_is_a_key_of_its_own() -> None:
    assert {"g"} == PREFIXES
    for place in Place:
        assert not PREFIXES & set(KEYMAPS[place])


def test_upper_case_is_the_stronger_form_of_a_lower_case_that_exists() -> None:
    for command in COMMANDS:
        for key in command.keys:
            if len(key) == 1 and key.isupper() and key != "G":
                assert any(key.lower() in KEYMAPS[place] for place in command.places)


# ── words ───────────────────────────────────────────────────────────────────────────────


def test_every_command_has_an_id_of_its_own_and_words() -> None:
    assert len(BY_ID) == len(COMMANDS)
    for command in COMMANDS:
        assert command.title.strip()
        assert command.group in {module.ANSWERING, module.DECIDING, module.MOVING,
                                 module.VIEWING, module.PROGRAM, module.TYPING}  # fmt: skip
        assert command.keys or command.in_palette


def literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_titles_and_hints_are_marked_for_the_catalogue() -> None:
    """Read in the source: a bare literal would stay English for ever."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in {"Command", "_typing"}
        and isinstance(node.args[0], ast.Constant)
    ]
    assert len(calls) == len(COMMANDS)
    for call in calls:
        place = 7 if getattr(call.func, "id", "") == "Command" else 3
        hint = [word.value for word in call.keywords if word.arg == "hint"]
        for node in [call.args[1], *call.args[place : place + 1], *hint]:
            assert isinstance(node, ast.Call), ast.dump(node)
            assert getattr(node.func, "id", "") == "mark", ast.dump(node)
            assert literal(node.args[0])


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("ctrl+p", "Ctrl+P"), ("g i", "g i"), ("g .", "g ."), ("escape", "Esc"), ("f8", "F8"),
        ("A", "A"), ("a", "a"), ("shift+tab", "Shift+Tab"), ("alt+enter", "Alt+Enter"),
        ("down", "↓"), ("/", "/"), ("?", "?"), ("space", "Space"),
    ],
)  # fmt: skip
def test_keys_are_named_as_people_say_them(key: str, name: str) -> None:
    assert key_name(key) == name


def test_every_key_has_a_name_without_the_toolkit_s_words() -> None:
    for _command, key in parts():
        assert "_" not in key_name(key)
        assert key_name(key)


def test_a_prefix_shows_what_may_follow() -> None:
    follow = {hint.key: hint.command for hint in choices_after("g", Place.LIST)}
    assert follow["i"] == "view-all"
    assert follow["."] == "last-conversation"
    assert len(follow) == 9
    assert choices_after("g", Place.COMPOSER) == []


# ── what can be done when ───────────────────────────────────────────────────────────────


class NoLine:
    keeps = False

    def pump(self) -> Change:
        return NOTHING

    def ask_history(self, conversation: object, before: int | None) -> None: ...

    def signal(self, signal: object) -> None: ...


@dataclass
class FakeStage:
    """What the screen does for commands, as a list of what was asked of it."""

    desk: Desk
    place: Place = Place.LIST
    asked: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        if name in {"walk", "write", "ask", "open"}:
            return self
        return lambda *args, **options: self.asked.append(name)


def stage(
    conv: Conversation | None,
    place: Place = Place.LIST,
    capabilities: frozenset[str] = CAPABILITIES,
) -> Any:
    store = store_of(*([] if conv is None else [conv]))
    store.apply(welcomed(100, resumed=True, capabilities=capabilities), NOW)
    clock = ManualClock(NOW)
    desk = Desk(store, NoLine(), clock, SystemIds(clock))
    desk.selected = None if conv is None else conv.id
    return FakeStage(desk, place)


def blocked(command: str, conv: Conversation | None) -> bool:
    return BY_ID[command].blocked(stage(conv)) is not None


NEEDS_ONE = ("take", "assign", "reply", "note", "snooze", "resolve", "reply-canned", "reopen",
             "snooze-until-reply", "wake", "team", "labels", "priority", "unread")  # fmt: skip


@pytest.mark.parametrize("command", NEEDS_ONE)
def test_what_needs_a_conversation_says_so_without_one(command: str) -> None:
    reason = BY_ID[command].blocked(stage(None))
    assert reason is not None
    assert "No conversation is selected" in reason


OPEN = conversation(1)
MINE = conversation(1, assignee=ME)
RESOLVED = conversation(1, status=Status.RESOLVED)
ASLEEP = conversation(1, status=Status.SNOOZED, snooze=Snooze(at(60)))


@pytest.mark.parametrize(
    ("command", "can", "cannot"),
    [
        ("take", [OPEN, RESOLVED, ASLEEP], [MINE]),
        ("resolve", [OPEN, MINE, ASLEEP], [RESOLVED]),
        ("reopen", [RESOLVED, ASLEEP], [OPEN, MINE]),
        ("wake", [ASLEEP], [OPEN, RESOLVED]),
        ("reply", [OPEN, RESOLVED, ASLEEP], []),
    ],
)
def test_a_key_acts_where_it_can_and_says_why_not_elsewhere(
    command: str, can: list[Conversation], cannot: list[Conversation]
) -> None:
    assert [blocked(command, conv) for conv in can] == [False] * len(can)
    assert [blocked(command, conv) for conv in cannot] == [True] * len(cannot)


def test_undo_waits_for_something_to_undo() -> None:
    now = stage(OPEN)
    assert BY_ID["undo"].blocked(now) is not None
    now.desk.take()
    assert BY_ID["undo"].blocked(now) is None


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_every_command_does_something_or_says_why_not(command: Command) -> None:
    for conv in (None, OPEN, MINE, RESOLVED, ASLEEP):
        now = stage(conv, min(command.places))
        if command.blocked(now) is not None:
            continue
        try:
            command.run(now)
        except CannotDo as reason:
            assert str(reason)
        else:
            assert now.asked


@pytest.mark.parametrize("place", Place)
def test_the_footer_names_keys_that_act_here(place: Place) -> None:
    shown = hints(stage(OPEN, place))
    assert shown
    names = {key_name(key): command for key, command in KEYMAPS[place].items()}
    for hint in shown:
        assert hint.title
        assert names[hint.key].id == hint.command
    assert len({hint.key for hint in shown}) == len(shown)


def test_the_footer_dims_what_cannot_act_now() -> None:
    shown = {hint.command: hint.enabled for hint in hints(stage(MINE))}
    assert not shown["take"]
    assert shown["resolve"]


# ── what the desk can do ────────────────────────────────────────────────────────────────

CANNOT = "This desk cannot do that."

CAPABILITY: dict[type[AnyOp], str] = {
    Send: "send", Note: "note", Assign: "assign", AssignTeam: "team", SnoozeUntil: "snooze",
    Resolve: "resolve", Reopen: "reopen", Label: "label", Prioritise: "priority",
    MarkRead: "read", MarkUnread: "read",
}  # fmt: skip
"""What a desk must be capable of to take a wish (protocol §2)."""


def test_what_commands_need_is_what_desks_say_they_can() -> None:
    assert {c.needs for c in COMMANDS} - {""} == set(CAPABILITY.values())


@pytest.mark.parametrize("missing", sorted(CAPABILITIES))
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_what_the_desk_cannot_do_no_key_tries(command: Command, missing: str) -> None:
    """In whatever state: either the key says so at once, or nothing that it asks for needs it."""
    for conv in (OPEN, MINE, RESOLVED, ASLEEP):
        now = stage(conv, min(command.places), CAPABILITIES - {missing})
        if command.needs == missing:
            assert command.blocked(now) == CANNOT
            continue
        if command.blocked(now) is None:
            command.run(now)
        assert not [p for p in now.desk.store.outbox if CAPABILITY[type(p.op)] == missing]


@pytest.mark.parametrize(("mode", "missing"), [(Mode.REPLY, "send"), (Mode.NOTE, "note")])
def test_words_that_the_desk_does_not_take_are_not_sent(mode: Mode, missing: str) -> None:
    now = stage(OPEN, Place.COMPOSER, CAPABILITIES - {missing})
    now.mode = mode
    assert {BY_ID[c].blocked(now) for c in ("send", "send-snooze", "send-resolve")} == {CANNOT}
    assert BY_ID["switch-mode"].blocked(now) is None
    now.mode = Mode.NOTE if mode is Mode.REPLY else Mode.REPLY
    assert BY_ID["send"].blocked(now) is None
    assert BY_ID["switch-mode"].blocked(now) == CANNOT


def test_the_footer_dims_what_the_desk_cannot_do() -> None:
    shown = {h.command: h.enabled for h in hints(stage(OPEN, capabilities=frozenset({"send"})))}
    assert shown["reply"]
    assert not shown["snooze"]
    assert not shown["take"]


def test_nothing_is_ruled_out_before_the_desk_has_said_what_it_can() -> None:
    """The reason is then another one."""
    now = stage(None, capabilities=frozenset())
    now.desk.store.ready = False
    reason = BY_ID["snooze"].blocked(now)
    assert reason is not None
    assert "No conversation is selected" in reason


# ── while typing ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("send_key", SEND_KEYS)
def test_what_the_registry_says_is_what_the_composer_does(send_key: str) -> None:
    composer = Composer(enter_sends=send_key == "enter")
    told = {
        key: command.id
        for key, command in keymaps(send_key)[Place.COMPOSER].items()
        if command.places == {Place.COMPOSER}
    }
    assert told
    assert {key: composer.asked(key) for key in told} == told
    assert {key for place in Place for key in KEYMAPS[place] if composer.asked(key)} <= set(told)


def test_what_the_composer_is_asked_it_does() -> None:
    """Every id of a command of its own is one it knows."""
    composer = Composer()
    composer._bound = (OPEN.id, Mode.REPLY)
    composer._customer, composer._channel = SafeText("Noah"), Channel.EMAIL
    for command in COMMANDS:
        if command.places == {Place.COMPOSER} and not command.id.startswith(("send", "new-line")):
            assert composer.act(command.id), command.id
    assert not composer.act("no-such-command")


@pytest.mark.parametrize("send_key", SEND_KEYS)
def test_the_key_one_has_chosen_to_send_with_is_the_one_shown(send_key: str) -> None:
    keys = keymaps(send_key)
    assert key_in(BY_ID["send"], Place.COMPOSER, keys) == key_name(send_key)
    footer = {hint.command: hint.key for hint in hints(stage(OPEN, Place.COMPOSER), keys)}
    assert footer["send"] == key_name(send_key)


def test_where_enter_sends_a_new_line_has_another_key() -> None:
    keys = keymaps("enter")
    assert keys_in(BY_ID["send"], Place.COMPOSER, keys).split()[:2] == ["Enter", "Ctrl+S"]
    assert keys_in(BY_ID["new-line"], Place.COMPOSER, keys).split() == ["Ctrl+J", "Shift+Enter"]


def test_while_searching_help_palette_and_the_way_out_act_and_letters_do_not() -> None:
    assert {key: command.id for key, command in SEARCHING.items()} == {
        "f1": "help", "ctrl+p": "palette", "ctrl+q": "quit",
    }  # fmt: skip
