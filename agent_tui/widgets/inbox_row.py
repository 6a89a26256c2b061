"""Drawing one row of the inbox: how, who, what, how urgent, in this reading order.

Numbers stand right-aligned in fixed columns, words give way. What a colour says, a mark says as
well: ``!!`` ``!`` ``·`` ``↓`` for priorities, ``✗`` ``…`` ``✎`` for what is ours and failed, is on
its way, is a draft; for times see `agent_tui.widgets.inbox_clock`. All of them take one cell.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.strip import Strip

from agent_tui.channels import rules_of
from agent_tui.i18n import _
from agent_tui.model import AuthorKind, Priority, Status
from agent_tui.shown import Row
from agent_tui.widgets.inbox_clock import Clock, Pace
from agent_tui.widgets.paint import Part, Style, cells, clip, cut, line, measure, pad, steady

_PRIORITY_MARKS = {
    Priority.URGENT: "!!",
    Priority.HIGH: "!",
    Priority.MEDIUM: "·",
    Priority.LOW: "↓",
    Priority.NONE: "",
}


@dataclass(frozen=True, slots=True)
class Inks:
    """The styles of a row on one ground."""

    text: Style
    strong: Style
    dim: Style
    mine: Style
    warn: Style
    alarm: Style
    live: Style
    """What happens at this moment."""
    edge: Part
    """The first cell of each line: the bar of the row under the cursor, or a blank."""


def draw(row: Row, clock: Clock, width: int, inks: Inks, *, tall: bool) -> tuple[Strip, ...]:
    """The row's lines, each exactly `width` cells: two when `tall`, else one."""
    if not tall:
        return (_single(row, clock, width, inks),)
    head, tail = _head(row, inks), _tail(row, clock, inks, width)
    room = width - measure(head) - measure(tail)
    first = [*head, (pad(_name(row), room), _name_ink(row, inks)), *tail]
    return line(first, width, inks.text), _second(row, clock, width, inks)


def _single(row: Row, clock: Clock, width: int, inks: Inks) -> Strip:
    """Everything in one line; the last words get what the name leaves over."""
    head, tail = _head(row, inks), _tail(row, clock, inks, width, owner=width >= 40)
    room = width - measure(head) - measure(tail)
    name = min(max(16, room * 2 // 5), 24) if room >= 30 else room
    parts = [*head, (pad(_name(row), name), _name_ink(row, inks))]
    if room > name:
        words = _said(row, clock, inks, room - name - 2)
        blank = " " * (room - name - 2 - measure(words))
        parts += [("  ", inks.text), *words, (blank, inks.text)]
    return line([*parts, *tail], width, inks.text)


def _second(row: Row, clock: Clock, width: int, inks: Inks) -> Strip:
    """The last words, and whose turn it is."""
    owner = [("  ", inks.text), *_marks(row, inks), _owner(row, inks), (" ", inks.text)]
    room = width - 6 - measure(owner)
    words = _said(row, clock, inks, room)
    blank = " " * (room - measure(words))
    parts = [inks.edge, (" " * 5, inks.text), *words, (blank, inks.text), *owner]
    return line(parts, width, inks.text)


def _head(row: Row, inks: Inks) -> list[Part]:
    """Six cells: the cursor's bar, the channel, whether there is something unread."""
    channel = rules_of(row.conversation.channel).mark
    dot = "●" if row.conversation.unread else " "
    return [inks.edge, (channel, inks.dim), (f" {dot} ", inks.strong)]


def _tail(row: Row, clock: Clock, inks: Inks, width: int, *, owner: bool = False) -> list[Part]:
    """The fixed columns at the right edge: unread, owner, time, priority."""
    priority = row.conversation.priority
    parts: list[Part] = []
    if width >= 24:
        unread = row.conversation.unread
        count = "99+" if unread > 99 else str(unread or "")
        parts.append((pad(count, 4, "right"), inks.strong))
    if owner:
        marks, (name, ink) = _marks(row, inks), _owner(row, inks)
        parts += [(" " * (4 - measure(marks)), inks.text), *marks, (pad(name, 6), ink)]
    room = 9 if width >= (60 if owner else 44) else 7
    time = clock.time if cells(clock.time) <= room else clock.short
    parts.append((" " + pad(time, room, "right"), _pace_ink(clock.pace, inks)))
    mark_ = pad(_PRIORITY_MARKS[priority], 3, "right")
    return [*parts, (mark_, _priority_ink(priority, inks)), (" ", inks.text)]


def _name(row: Row) -> str:
    conversation = row.conversation
    return steady(conversation.contact_name) or f"#{conversation.number}"


def _said(row: Row, clock: Clock, inks: Inks, room: int) -> list[Part]:
    """What was said last in at most `room` cells, and behind it what else is worth knowing."""
    words = _words(row, inks)
    if clock.window:
        window: Part = (clock.window, inks.warn)
        kept = clip(words, room - cells(clock.window) - 2)
        return clip([*kept, ("  ", inks.text), window] if kept else [window], room)
    words = clip(words, room)
    free = room - measure(words)
    for extra in _extras(row):
        size = cells(extra) + 2
        if size > free:
            break
        words.append(("  " + extra, inks.dim))
        free -= size
    return words


def _words(row: Row, inks: Inks) -> list[Part]:
    """The last words; those that are ours carry an arrow."""
    conversation = row.conversation
    if row.typing:
        return [(_("is writing …"), inks.live)]
    ink = inks.text if conversation.unread else inks.dim
    parts: list[Part] = []
    if conversation.last_author in {AuthorKind.AGENT, AuthorKind.BOT}:
        parts.append(("→ ", inks.dim))
    subject, preview = _one_line(conversation.subject), _one_line(conversation.preview)
    parts += [(text, ink) for text in (subject, preview) if text]
    if subject and preview:
        parts.insert(-1, (" · ", inks.dim))
    if not (subject or preview):
        parts.append((_one_line(conversation.reason), inks.dim))
    return [part for part in parts if part[0]]


def _extras(row: Row) -> list[str]:
    """Who else has it open, and the labels, in the order in which they give way last."""
    looking = [_("{name} is here").format(name=steady(name)) for name in row.viewers]
    return looking + [f"#{steady(label)}" for label in row.conversation.labels]


def _marks(row: Row, inks: Inks) -> list[Part]:
    """What is ours and not settled yet, with a blank behind; nothing when all is."""
    parts: list[Part] = []
    if row.draft:
        parts.append(("✎", inks.mine))
    if row.failed:
        parts.append(("✗", inks.alarm))
    elif row.pending:
        parts.append(("…", inks.dim))
    return [*parts, (" ", inks.text)] if parts else []


def _owner(row: Row, inks: Inks) -> Part:
    if row.mine:
        return _("me"), inks.mine
    return cut(steady(row.owner), 8) or "—", inks.dim


def _name_ink(row: Row, inks: Inks) -> Style:
    if row.conversation.unread:
        return inks.strong
    return inks.text if row.conversation.status is Status.OPEN else inks.dim


def _pace_ink(pace: Pace, inks: Inks) -> Style:
    return (inks.dim, inks.warn, inks.alarm)[pace]


def _priority_ink(priority: Priority, inks: Inks) -> Style:
    match priority:
        case Priority.URGENT:
            return inks.alarm
        case Priority.HIGH:
            return inks.warn
        case _:
            return inks.dim


def _one_line(text: str) -> str:
    """The beginning of `text` with single blanks; more than a screen's width is never drawn."""
    return steady(" ".join(text[:400].split()))
