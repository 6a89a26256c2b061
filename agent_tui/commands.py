"""The registry of everything a key can do.

Footer, palette, help and keymap are projections of this one table. A command names the
places it acts in, the keys it has there, and says in words why it cannot act right now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from agent_tui.desk import CannotDo, Desk
from agent_tui.events import Link
from agent_tui.i18n import _, mark
from agent_tui.model import Status
from agent_tui.shown import Hint, Mode, SendState
from agent_tui.typing_keys import BY_COMMAND as TYPING_KEYS
from agent_tui.typing_keys import keys_of as typing_keys_of


class Place(StrEnum):
    """Where the keys go."""

    LIST = "list"
    CONVERSATION = "conversation"
    CUSTOMER = "customer"
    COMPOSER = "composer"


NOT_TYPING = frozenset({Place.LIST, Place.CONVERSATION, Place.CUSTOMER})
READING = frozenset({Place.CONVERSATION, Place.CUSTOMER})
EVERYWHERE = frozenset(Place)
LIST = frozenset({Place.LIST})
WRITING = frozenset({Place.COMPOSER})


class Walk(Protocol):
    """Moving about: rows, panes, views."""

    def move(self, rows: int) -> None: ...
    def move_conversation(self, rows: int) -> None: ...
    def half_page(self, direction: int) -> None: ...
    def page(self, direction: int) -> None: ...
    def to_first(self) -> None: ...
    def to_last(self) -> None: ...
    def enter(self) -> None: ...
    def back(self) -> None: ...
    def next_pane(self, direction: int) -> None: ...
    def show_view(self, view_id: str) -> None: ...
    def oldest_waiting(self) -> None: ...
    def previous_conversation(self) -> None: ...
    def search(self) -> None: ...
    def toggle_customer(self, *, focus: bool = False) -> None: ...


class Write(Protocol):
    """Writing: the composer and what becomes of its words."""

    @property
    def mode(self) -> Mode: ...
    def compose(self, mode: Mode, *, canned: bool = False) -> None: ...
    def press(self, action: str) -> None: ...


class Ask(Protocol):
    """Questions with a list of answers."""

    def assign(self, *, teams_only: bool = False) -> None: ...
    def snooze(self) -> None: ...
    def labels(self) -> None: ...
    def priority(self) -> None: ...
    def help(self) -> None: ...
    def palette(self) -> None: ...
    def unsent(self) -> None: ...
    def quit(self) -> None: ...


class Open(Protocol):
    """What came with a message, and wants to be opened."""

    def choose(self) -> None: ...
    def newest(self) -> None: ...


class Stage(Protocol):
    """What the screen does for commands."""

    @property
    def desk(self) -> Desk: ...
    @property
    def place(self) -> Place: ...
    @property
    def walk(self) -> Walk: ...
    @property
    def write(self) -> Write: ...
    @property
    def ask(self) -> Ask: ...
    @property
    def open(self) -> Open: ...

    def say(self, words: str, *, alarm: bool = False) -> None: ...
    def acted(self, words: str, *, advance: bool = False) -> None: ...
    def undo(self) -> None: ...
    def toggle_theme(self) -> None: ...
    def resync(self) -> None: ...


Run = Callable[[Stage], None]
Check = Callable[[Stage], str | None]


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that can be done."""

    id: str
    title: str
    """What it does, in words; translated when shown."""
    keys: tuple[str, ...]
    """As Textual names them; ``g i`` is g, then i. The first one is shown."""
    places: frozenset[Place]
    group: str
    run: Run
    unless: Check = lambda _stage: None
    """Why the state of things is against it, in words; None: it is not."""
    hint: str = ""
    """Its short title in the footer; empty: not shown there."""
    hint_in: frozenset[Place] = EVERYWHERE
    """Where the footer shows it, of the places it acts in."""
    in_palette: bool = True
    needs: str = ""
    """What the desk must be capable of for it; empty: nothing (protocol §2, `capabilities`)."""

    def blocked(self, stage: Stage) -> str | None:
        """Why it cannot act now, in words; None: it can. The one place that says so."""
        return _incapable(stage, self.needs) or self.unless(stage)


def _incapable(stage: Stage, capability: str) -> str | None:
    """Why the desk is no place for it; before the desk has said what it can, nothing is ruled
    out."""
    store = stage.desk.store
    if not capability or not store.ready or capability in store.capabilities:
        return None
    return _("This desk cannot do that.")


def _need(stage: Stage) -> str | None:
    try:
        stage.desk.need()
    except CannotDo as reason:
        return str(reason)
    return None


def _take(stage: Stage) -> None:
    stage.desk.take()
    stage.acted(_("{name} is yours."))


def _resolve(stage: Stage) -> None:
    stage.desk.resolve()
    stage.acted(_("{name} is resolved."), advance=True)


def _reopen(stage: Stage) -> None:
    stage.desk.reopen()
    stage.acted(_("{name} is open again."))


def _until_reply(stage: Stage) -> None:
    stage.desk.snooze(None)
    stage.acted(_("{name} sleeps until the customer writes."), advance=True)


def _unread(stage: Stage) -> None:
    stage.desk.toggle_unread()
    stage.acted(_("Changed for {name}."))


def _not_mine(stage: Stage) -> str | None:
    conv = stage.desk.conversation
    if conv is not None and conv.assignee == stage.desk.store.me:
        return _("It is yours already.")
    return _need(stage)


def _not_resolved(stage: Stage) -> str | None:
    conv = stage.desk.conversation
    if conv is not None and conv.status is Status.RESOLVED:
        return _("It is resolved already; E opens it again.")
    return _need(stage)


def _not_open(stage: Stage) -> str | None:
    conv = stage.desk.conversation
    if conv is not None and conv.status is Status.OPEN:
        return _("It is open already.")
    return _need(stage)


def _snoozed(stage: Stage) -> str | None:
    conv = stage.desk.conversation
    if conv is not None and conv.status is not Status.SNOOZED:
        return _("It does not sleep; s puts it to sleep.")
    return _need(stage)


def _can_undo(stage: Stage) -> str | None:
    return None if stage.desk.can_undo else _("Nothing to undo.")


def _held(stage: Stage) -> str | None:
    conv = stage.desk.conversation
    if conv is None:
        return _need(stage)
    states = {pending.state for pending in stage.desk.store.outbox.of(conv.id)}
    if states & {SendState.HOLDING, SendState.HELD}:
        return None
    return _("No reply to {name} is held back.").format(name=conv.contact_name)


def _view(view_id: str) -> Run:
    return lambda stage: stage.walk.show_view(view_id)


def leaves(desk: Desk) -> str:
    """What becomes of a reply that is held back no longer."""
    live = desk.store.link.link is Link.LIVE
    return _("It leaves now.") if live else _("It leaves as soon as the line is back.")


def _send_now(stage: Stage) -> None:
    stage.desk.send_now(stage.desk.need().id)
    stage.say(leaves(stage.desk))


def _words_for(mode: Mode) -> str:
    """What the desk must be capable of to take words of that mode."""
    return "note" if mode is Mode.NOTE else "send"


def _sendable(stage: Stage) -> str | None:
    return _incapable(stage, _words_for(stage.write.mode))


def _switchable(stage: Stage) -> str | None:
    other = Mode.REPLY if stage.write.mode is Mode.NOTE else Mode.NOTE
    return _incapable(stage, _words_for(other))


def _typing(  # noqa: PLR0913 - as `Command`
    command: str,
    title: str,
    unless: Check = lambda _stage: None,
    hint: str = "",
    *,
    needs: str = "",
    in_palette: bool = True,
) -> Command:
    """A command of the composer's: the keys come from the table the composer acts by."""
    return Command(
        command,
        title,
        TYPING_KEYS[command],
        WRITING,
        TYPING,
        lambda stage: stage.write.press(command),
        unless,
        hint,
        in_palette=in_palette,
        needs=needs,
    )


ANSWERING = mark("Answering")
DECIDING = mark("Deciding")
MOVING = mark("Moving")
VIEWING = mark("Views")
PROGRAM = mark("Program")
TYPING = mark("While typing")

COMMANDS: tuple[Command, ...] = (
    Command("take", mark("Take it: assign to me"), ("A",), NOT_TYPING, DECIDING, _take,
            _not_mine, mark("take"), needs="assign"),
    Command("assign", mark("Assign…"), ("a",), NOT_TYPING, DECIDING,
            lambda s: s.ask.assign(), _need, mark("assign"), needs="assign"),
    Command("reply", mark("Reply"), ("r",), NOT_TYPING, ANSWERING,
            lambda s: s.write.compose(Mode.REPLY), _need, mark("reply"), needs="send"),
    Command("note", mark("Private note"), ("n",), NOT_TYPING, ANSWERING,
            lambda s: s.write.compose(Mode.NOTE), _need, mark("note"), needs="note"),
    Command("snooze", mark("Snooze…"), ("s",), NOT_TYPING, DECIDING,
            lambda s: s.ask.snooze(), _need, mark("snooze"), needs="snooze"),
    Command("resolve", mark("Resolve, then the next one"), ("e",), NOT_TYPING, DECIDING,
            _resolve, _not_resolved, mark("resolve"), needs="resolve"),
    Command("search", mark("Search in the loaded list"), ("/",), NOT_TYPING, VIEWING,
            lambda s: s.walk.search(), hint=mark("search"), hint_in=LIST),
    Command("help", mark("The keys of this place"), ("?", "f1"), EVERYWHERE, PROGRAM,
            lambda s: s.ask.help(), hint=mark("keys")),
    Command("palette", mark("Every command, by name"), ("ctrl+p", "ctrl+k"), EVERYWHERE, PROGRAM,
            lambda s: s.ask.palette(), hint=mark("everything"), in_palette=False),
    Command("reply-canned", mark("Reply with a canned reply"), ("R",), NOT_TYPING, ANSWERING,
            lambda s: s.write.compose(Mode.REPLY, canned=True), _need, needs="send"),
    Command("snooze-until-reply", mark("Snooze until the customer replies"), ("S",), NOT_TYPING,
            DECIDING, _until_reply, _need, needs="snooze"),
    Command("reopen", mark("Reopen"), ("E",), NOT_TYPING, DECIDING, _reopen, _not_open,
            needs="reopen"),
    Command("wake", mark("Wake now"), ("w",), NOT_TYPING, DECIDING, _reopen, _snoozed,
            needs="reopen"),
    Command("team", mark("Assign to a team…"), ("t",), NOT_TYPING, DECIDING,
            lambda s: s.ask.assign(teams_only=True), _need, needs="team"),
    Command("labels", mark("Labels…"), ("l",), NOT_TYPING, DECIDING,
            lambda s: s.ask.labels(), _need, needs="label"),
    Command("priority", mark("Priority…"), ("p",), NOT_TYPING, DECIDING,
            lambda s: s.ask.priority(), _need, needs="priority"),
    Command("unread", mark("Mark unread, or read"), ("u",), NOT_TYPING, DECIDING, _unread, _need,
            needs="read"),
    Command("undo", mark("Undo the last action or a reply that has not left"), ("z",), NOT_TYPING,
            DECIDING, lambda s: s.undo(), _can_undo),
    Command("send-now", mark("Send the reply that is held back now"), ("ctrl+s",), NOT_TYPING,
            ANSWERING, _send_now, _held, needs="send"),
    Command("links", mark("Open a link or an attachment…"), ("o",), NOT_TYPING, ANSWERING,
            lambda s: s.open.choose(), _need),
    Command("newest-link", mark("Open the newest link or attachment"), ("O",), NOT_TYPING,
            ANSWERING, lambda s: s.open.newest(), _need),
    Command("next", mark("Next"), ("j", "down"), NOT_TYPING, MOVING, lambda s: s.walk.move(1),
            in_palette=False),
    Command("previous", mark("Previous"), ("k", "up"), NOT_TYPING, MOVING,
            lambda s: s.walk.move(-1), in_palette=False),
    Command("next-conversation", mark("Next conversation"), ("J",), READING, MOVING,
            lambda s: s.walk.move_conversation(1)),
    Command("previous-conversation", mark("Previous conversation"), ("K",), READING, MOVING,
            lambda s: s.walk.move_conversation(-1)),
    Command("first", mark("First row or oldest message"), ("g g", "home"), NOT_TYPING, MOVING,
            lambda s: s.walk.to_first()),
    Command("last", mark("Last row or newest message"), ("G", "end"), NOT_TYPING, MOVING,
            lambda s: s.walk.to_last()),
    Command("half-down", mark("Half a page down"), ("ctrl+d",), NOT_TYPING, MOVING,
            lambda s: s.walk.half_page(1), in_palette=False),
    Command("half-up", mark("Half a page up"), ("ctrl+u",), NOT_TYPING, MOVING,
            lambda s: s.walk.half_page(-1), in_palette=False),
    Command("page-down", mark("Page down"), ("pagedown", "space"), NOT_TYPING, MOVING,
            lambda s: s.walk.page(1), in_palette=False),
    Command("page-up", mark("Page up"), ("pageup",), NOT_TYPING, MOVING, lambda s: s.walk.page(-1),
            in_palette=False),
    Command("open", mark("Open"), ("enter", "right"), NOT_TYPING, MOVING, lambda s: s.walk.enter(),
            in_palette=False),
    Command("back", mark("Back"), ("escape", "left"), NOT_TYPING, MOVING, lambda s: s.walk.back(),
            hint=mark("back"), hint_in=READING, in_palette=False),
    Command("next-pane", mark("Next pane"), ("tab",), NOT_TYPING, MOVING,
            lambda s: s.walk.next_pane(1), in_palette=False),
    Command("previous-pane", mark("Previous pane"), ("shift+tab",), NOT_TYPING, MOVING,
            lambda s: s.walk.next_pane(-1), in_palette=False),
    Command("customer", mark("Customer pane on or off"), ("i",), NOT_TYPING, VIEWING,
            lambda s: s.walk.toggle_customer()),
    Command("customer-focus", mark("Go to the customer pane"), ("I",), NOT_TYPING, VIEWING,
            lambda s: s.walk.toggle_customer(focus=True)),
    Command("view-mine", mark("View: Mine"), ("1", "g m"), NOT_TYPING, VIEWING, _view("mine")),
    Command("view-unassigned", mark("View: Unassigned"), ("2", "g u"), NOT_TYPING, VIEWING,
            _view("unassigned")),
    Command("view-all", mark("View: All"), ("3", "g i"), NOT_TYPING, VIEWING, _view("all")),
    Command("view-snoozed", mark("View: Snoozed"), ("4", "g s"), NOT_TYPING, VIEWING,
            _view("snoozed")),
    Command("view-resolved", mark("View: Resolved"), ("5", "g r"), NOT_TYPING, VIEWING,
            _view("resolved")),
    Command("oldest-waiting", mark("Go to whoever waits longest"), ("g w",), NOT_TYPING, VIEWING,
            lambda s: s.walk.oldest_waiting()),
    Command("last-conversation", mark("Go to the conversation I was in before"), ("g .",),
            NOT_TYPING, VIEWING, lambda s: s.walk.previous_conversation()),
    Command("unsent", mark("Unsent and drafts"), ("U", "g d"), NOT_TYPING, VIEWING,
            lambda s: s.ask.unsent()),
    Command("theme", mark("Light or dark"), (), NOT_TYPING, PROGRAM, lambda s: s.toggle_theme()),
    Command("resync", mark("Fetch everything again"), ("ctrl+r",), NOT_TYPING, PROGRAM,
            lambda s: s.resync()),
    Command("quit", mark("Quit"), ("q", "ctrl+q"), NOT_TYPING, PROGRAM, lambda s: s.ask.quit()),
    _typing("send", mark("Send"), _sendable, mark("send")),
    _typing("leave", mark("Leave; the draft is kept"), hint=mark("leave, draft kept")),
    _typing("canned", mark("Canned replies"), hint=mark("canned")),
    _typing("switch-mode", mark("Reply or private note"), _switchable, mark("reply or note")),
    _typing("next-blank", mark("Next blank"), in_palette=False),
    _typing("previous-blank", mark("Previous blank"), in_palette=False),
    _typing("send-snooze", mark("Send, then snooze until the customer replies"), _sendable,
            needs="snooze"),
    _typing("send-resolve", mark("Send, then resolve"), _sendable, needs="resolve"),
    _typing("new-line", mark("New line"), in_palette=False),
)  # fmt: skip

BY_ID = {command.id: command for command in COMMANDS}

PREFIXES = frozenset(
    key.split(" ")[0] for command in COMMANDS for key in command.keys if " " in key
)
"""Keys that wait for a second one."""


EDITING = frozenset({*(f"ctrl+{letter}" for letter in "kuwaedxvyz"), "f6", "f7"})
"""Keys that edit in a text field (competitors reference §3.2)."""


def keymap(
    place: Place, commands: Iterable[Command] = COMMANDS, send_key: str = ""
) -> dict[str, Command]:
    """Which key does what in a place; the keys of a command in the order they are shown in.

    `send_key` is the one the agent has chosen to send with. In the composer letters are letters:
    only keys that neither write nor edit act there. Raises ValueError where two want the same key.
    """
    result: dict[str, Command] = {}
    for command in commands:
        if place not in command.places:
            continue
        typed = command.id in TYPING_KEYS
        for key in typing_keys_of(command.id, send_key) if typed else command.keys:
            if place is Place.COMPOSER and (len(key) == 1 or " " in key or key in EDITING):
                continue
            if key in result:
                message = f"{key} is bound to {result[key].id} and to {command.id}"
                raise ValueError(message)
            result[key] = command
    return result


Keymaps = Mapping[Place, Mapping[str, Command]]


def keymaps(send_key: str = "") -> Keymaps:
    """The keymap of each place, for an agent who sends with `send_key`; empty: as by default."""
    return {place: keymap(place, send_key=send_key) for place in Place}


KEYMAPS = keymaps()
"""The keymap of each place, as it is by default."""

SEARCHING = {
    key: command
    for key, command in KEYMAPS[Place.COMPOSER].items()
    if command.id in {"help", "palette"}
} | {"ctrl+q": BY_ID["quit"]}
"""What acts while the search line has the keys, besides its own."""

_NAMES = {
    "escape": "Esc", "enter": "Enter", "space": "Space", "tab": "Tab", "shift+tab": "Shift+Tab",
    "pagedown": "PgDn", "pageup": "PgUp", "down": "↓", "up": "↑", "left": "←", "right": "→",
    "home": "Home", "end": "End",
}  # fmt: skip


def key_name(key: str) -> str:
    """A key as people say it: ``Ctrl+P``, ``g i``, ``Esc``."""
    if key in _NAMES or not key:
        return _NAMES.get(key, key)
    if " " in key:
        return " ".join(key_name(part) for part in key.split(" "))
    if "+" in key:
        return "+".join(
            _NAMES.get(part, part.upper() if len(part) == 1 else part.capitalize())
            for part in key.split("+")
        )
    return key.upper() if len(key) > 1 and key[0] == "f" and key[1:].isdigit() else key


def key_in(command: Command, place: Place, keys: Keymaps = KEYMAPS) -> str:
    """The first key of a command that acts in a place, as people say it; empty: there is none."""
    return key_name(next((key for key, c in keys[place].items() if c is command), ""))


def keys_in(command: Command, place: Place, keys: Keymaps = KEYMAPS) -> str:
    """All keys of a command that act in a place, as people say them."""
    return "  ".join(key_name(key) for key, c in keys[place].items() if c is command)


def hints(stage: Stage, keys: Keymaps = KEYMAPS) -> list[Hint]:
    """The footer of the place the keys go to now: the way back, then what is done here, then what
    is there everywhere."""
    place = stage.place
    here = [c for c in COMMANDS if c.hint and place in c.places and place in c.hint_in]
    here.sort(key=lambda command: (command.id != "back", command.places is EVERYWHERE))
    return [
        Hint(
            key_in(command, place, keys),
            _(command.hint),
            command.blocked(stage) is None,
            command.id,
            kept=command.id == "help",
        )
        for command in here
    ]


def choices_after(prefix: str, place: Place) -> list[Hint]:
    """What may follow a prefix key."""
    start = prefix + " "
    return [
        Hint(key_name(key[len(start) :]), _(command.title), command=command.id)
        for key, command in KEYMAPS[place].items()
        if key.startswith(start)
    ]
