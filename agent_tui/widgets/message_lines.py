"""One entry of a thread as lines: who speaks is told by side, a thin bar and a name.

Pure drawing. The customer stands left, we right, the bot right and dim; what the desk did stands
centred; a private note runs across on a ground of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from textual.strip import Strip

from agent_tui.i18n import _
from agent_tui.model import AuthorKind, Message, MessageKind
from agent_tui.shown import Entry
from agent_tui.widgets.activity_words import activity_words
from agent_tui.widgets.ink import Ink
from agent_tui.widgets.message_words import (
    State,
    Tone,
    attachment_words,
    author_name,
    clock_time,
    day_words,
    reason_line,
    state_of,
)
from agent_tui.widgets.paint import Part, Style, calm, cells, cut, line, pad, spread, wrap

TOGETHER = timedelta(minutes=5)
"""Messages of one author not further apart than this share a head line."""

NARROWEST = 30
"""A block of text is not made narrower than this; where it would be, it takes the whole width."""

STATE_ROOM = 16
"""Cells beside one of our blocks that the state of a message without a head line needs."""

LEFT_BAR, RIGHT_BAR, NOTE_BAR, RULE, DOTS = "▏", "▕", "┆ ", "──", "┄"


@dataclass(frozen=True, slots=True)
class Page:
    """What lines are drawn on."""

    width: int
    ink: Ink
    now: datetime
    zone: ZoneInfo

    @property
    def usable(self) -> int:
        """Cells between the margins, one on either side."""
        return max(1, self.width - 2)

    @property
    def block(self) -> int:
        """Most cells of a line of text beside its bar."""
        share = self.usable * 72 // 100
        return share if share >= NARROWEST else max(1, self.usable - len(LEFT_BAR))

    @property
    def roomy(self) -> bool:
        """There is room for a state beside the widest block of ours."""
        return self.usable - self.block - len(RIGHT_BAR) - 2 >= STATE_ROOM


@dataclass(frozen=True, slots=True)
class Lead:
    """What stands in front of an entry's own text, because of its neighbour."""

    day: str = ""
    """The words of a day separator; empty: none."""
    new: bool = False
    """From here on it was unread when the conversation was opened."""
    head: bool = True
    """Name and time; false where the entry before says them."""


@dataclass(frozen=True, slots=True)
class Block:
    """A drawn entry."""

    lines: tuple[Strip, ...]
    lead: int
    """How many of the lines belong to the lead; the text stays in its place when these change."""

    @property
    def height(self) -> int:
        """Lines in all."""
        return len(self.lines)


def lead_of(entry: Entry, before: Entry | None, page: Page, *, new: bool = False) -> Lead:
    """What has to be said in front of `entry` when it follows `before` (None: it is the first)."""
    day = entry.message.at.astimezone(page.zone).date()
    fresh_day = before is None or before.message.at.astimezone(page.zone).date() != day
    words = day_words(day, page.now.astimezone(page.zone).date()) if fresh_day else ""
    if before is None or fresh_day or new:
        return Lead(words, new)
    if _is_ours(entry.message) and not page.roomy:
        return Lead()
    return Lead(head=not _together(entry.message, before.message))


def _together(one: Message, before: Message) -> bool:
    return (
        one.author == before.author
        and one.kind == before.kind
        and abs(one.at - before.at) <= TOGETHER
    )


def _is_ours(message: Message) -> bool:
    return message.kind is MessageKind.TEXT and message.author.kind is AuthorKind.AGENT


def draw(entry: Entry, lead: Lead, page: Page) -> Block:
    """The lines of an entry, each exactly as wide as the page."""
    front = list(_separators(lead, page))
    message = entry.message
    head: list[Strip] = []
    if message.kind is MessageKind.ACTIVITY or message.author.kind is AuthorKind.SYSTEM:
        body = _centred_lines(_across(message, page), page.ink.dim, page)
    elif message.kind is MessageKind.NOTE:
        head, body = _note(entry, lead, page)
    elif message.author.kind is AuthorKind.CUSTOMER:
        head, body = _left(entry, lead, page)
    else:
        head, body = _right(entry, lead, page)
    front.extend(head)
    return Block((*front, *body), len(front))


def _separators(lead: Lead, page: Page) -> Iterable[Strip]:
    if lead.day:
        yield centred(f"{RULE} {lead.day} {RULE}", page.ink.dim, page)
    if lead.new:
        words = _("new")
        yield centred(f"{RULE} {words} {RULE}", page.ink.mine, page)


def centred(text: str, style: Style, page: Page) -> Strip:
    """One line in the middle of the page."""
    middle = pad(text, page.usable, "centre")
    return line([(" ", style), (middle, style)], page.width, page.ink.text)


def _centred_lines(text: str, style: Style, page: Page) -> list[Strip]:
    return [centred(row, style, page) for row in wrap(text, max(1, page.usable - 4))]


def _across(message: Message, page: Page) -> str:
    if message.kind is MessageKind.ACTIVITY:
        return activity_words(message, page.now, page.zone)
    return _shown_text(message) or _("[empty message]")


# What somebody wrote -----------------------------------------------------------------------------


def _body(message: Message, width: int, plain: Style, ink: Ink) -> list[Part]:
    """Text, media, options and the badge, one part a line."""
    text = _shown_text(message)
    rows: list[Part] = [(row, plain) for row in wrap(text, width)] if text else []
    for attachment in message.attachments:
        words = calm(attachment_words(attachment))
        rows += [(row, plain + ink.dim) for row in wrap(words, width)]
    rows += [(row, plain + ink.dim) for row in _options(message.quick_replies, width)]
    if not rows:
        rows = [(_("[empty message]"), plain + ink.dim)]
    if message.hidden:
        rows += [(row, plain + ink.warn) for row in wrap(_("⚠ hidden characters"), width)]
    return rows


def _shown_text(message: Message) -> str:
    return calm(message.text.strip("\n").rstrip())


def _options(options: Sequence[str], width: int) -> list[str]:
    """``‹yes› ‹no›``, broken between options only."""
    rows: list[str] = []
    for option in options:
        shown = f"‹{cut(calm(option), max(1, width - 2))}›"
        if rows and cells(rows[-1]) + 1 + cells(shown) <= width:
            rows[-1] += " " + shown
        else:
            rows.append(shown)
    return rows


# The customer, left ------------------------------------------------------------------------------


def _left(entry: Entry, lead: Lead, page: Page) -> tuple[list[Strip], list[Strip]]:
    ink, message = page.ink, entry.message
    head = []
    if lead.head:
        time = f" {clock_time(message.at, page.zone)}"
        name = cut(calm(author_name(message.author)), page.usable - cells(time))
        parts = [(" ", ink.text), (name, ink.customer), (time, ink.dim)]
        head = [line(parts, page.width, ink.text)]
    rows = _body(message, page.block, ink.customer, ink)
    return head, [line([(" " + LEFT_BAR, ink.dim), row], page.width, ink.text) for row in rows]


# We, right ---------------------------------------------------------------------------------------


def _right(entry: Entry, lead: Lead, page: Page) -> tuple[list[Strip], list[Strip]]:
    ink, message = page.ink, entry.message
    bot = message.author.kind is AuthorKind.BOT
    bar = ink.dim if bot else ink.mine if entry.mine else ink.agent
    state = state_of(entry, page.now, page.zone)
    if bot and state is not None and state.tone is Tone.QUIET:
        state = None
    told_below = state is not None and state.reason
    head = []
    if lead.head:
        head = [_right_head(entry, None if told_below else state, bar, page)]
    rows = _body(message, page.block, ink.bot if bot else ink.text, ink)
    beside = state if state is not None and not told_below and not lead.head else None
    body = _flush(rows, bar, beside, page)
    if state is not None and told_below:
        body += _below(state, bar, page)
    return head, body


def _right_head(entry: Entry, state: State | None, bar: Style, page: Page) -> Strip:
    """State, name and time, up to the right edge: what changes grows to the left."""
    ink, message = page.ink, entry.message
    time = f" {clock_time(message.at, page.zone)}"
    name = cut(calm(author_name(message.author)), page.usable - cells(time) - len(RIGHT_BAR))
    right: list[Part] = [
        (name, bar), (time, ink.dim), (RIGHT_BAR, bar), (" ", ink.text),
    ]  # fmt: skip
    room = page.usable - cells(name) - cells(time) - len(RIGHT_BAR) - 2
    if state is not None and room > 0:
        word = state.word if cells(state.word) <= room else cut(state.short, room)
        right = [(word, tone_style(state.tone, ink)), ("  ", ink.text), *right]
    return spread([], right, page.width, ink.text)


def _flush(rows: Sequence[Part], bar: Style, beside: State | None, page: Page) -> list[Strip]:
    """A block pushed to the right edge; its lines begin below each other."""
    ink = page.ink
    width = max(cells(text) for text, _style in rows)
    room = max(0, page.usable - width - len(RIGHT_BAR))
    strips = []
    for index, (text, style) in enumerate(rows):
        left: Part = (" " * (room + 1), ink.text)
        if beside is not None and index == len(rows) - 1:
            word = beside.word if cells(beside.word) + 2 <= room else beside.short
            left = (" " + pad(word, max(0, room - 2), "right") + "  ", tone_style(beside.tone, ink))
        parts = [left, (pad(text, width), style), (RIGHT_BAR, bar)]
        strips.append(line(parts, page.width, ink.text))
    return strips


def _below(state: State, bar: Style, page: Page) -> list[Strip]:
    style = tone_style(state.tone, page.ink)
    return _flush([(row, style) for row in wrap(reason_line(state), page.block)], bar, None, page)


def tone_style(tone: Tone, ink: Ink) -> Style:
    """Quiet things are dim."""
    match tone:
        case Tone.QUIET:
            return ink.dim
        case Tone.WARN:
            return ink.warn
        case Tone.ALARM:
            return ink.alarm


# A private note, across --------------------------------------------------------------------------


def _note(entry: Entry, lead: Lead, page: Page) -> tuple[list[Strip], list[Strip]]:
    ink, message = page.ink, entry.message
    ground = ink.note + ink.note_ground
    state = state_of(entry, page.now, page.zone)
    head = []
    if lead.head:
        head = [_note_head(entry, state, page)]
    rows = _body(message, max(1, page.usable - len(NOTE_BAR)), ground, _on_note(ink))
    if state is not None and (state.reason or not lead.head):
        words = reason_line(state) if state.reason else state.word
        style = tone_style(state.tone, ink) + ink.note_ground
        rows += [(row, style) for row in wrap(words, max(1, page.usable - len(NOTE_BAR)))]
    return head, [line([(" " + NOTE_BAR, ground), row], page.width, ground) for row in rows]


def _note_head(entry: Entry, state: State | None, page: Page) -> Strip:
    ink, message = page.ink, entry.message
    ground = ink.note + ink.note_ground
    who = f"{calm(author_name(message.author))} {clock_time(message.at, page.zone)}"
    title = cut(_("note · {who}").format(who=who), max(1, page.usable - 8))
    left: list[Part] = [(f" {DOTS * 3} {title} ", ground)]
    right: list[Part] = [(DOTS * 3 + " ", ground)]
    room = page.usable - cells(title) - 10
    if state is not None and not state.reason and cells(state.short) <= room:
        word = state.word if cells(state.word) <= room else state.short
        right = [(f" {word} ", tone_style(state.tone, ink) + ink.note_ground), *right]
    taken = sum(cells(text) for text, _style in (*left, *right))
    left.append((DOTS * max(0, page.width - taken), ground))
    return spread(left, right, page.width, ground)


def _on_note(ink: Ink) -> Ink:
    """The quieter roles on the ground of a note: nothing there is dimmer than the note itself."""
    return replace(ink, dim=ink.note + ink.note_ground, warn=ink.warn + ink.note_ground)
