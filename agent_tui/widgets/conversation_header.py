"""The line above the thread: who, on which channel, whose it is, how urgent, who else looks.

Two lines where one is too narrow for everything; none where no conversation is open.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from agent_tui.channels import rules_of
from agent_tui.i18n import _, ngettext
from agent_tui.model import Conversation, Priority, Status
from agent_tui.names import short_name
from agent_tui.shown import Header
from agent_tui.when import waits
from agent_tui.widgets.activity_words import priority_words
from agent_tui.widgets.inbox_clock import Pace, clock_of
from agent_tui.widgets.ink import Ink, mix
from agent_tui.widgets.message_lines import tone_style
from agent_tui.widgets.message_words import moment_words
from agent_tui.widgets.paint import Part, Style, calm, cells, cut, measure, spread
from agent_tui.widgets.window_words import window_words

GAP = "  "
"""Between two things on the right."""

BOLD = Style(bold=True)

LEAST_NAME = 12
"""A name is not cut shorter than this while there is a second line to use."""

LEAST_LABELS = 8
"""Labels are left out where they would have less room than this."""


class ConversationHeader(Widget):
    """What stands above a thread."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    ConversationHeader { height: auto; background: $bar-ground; color: $foreground; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._header: Header | None = None
        self._now = datetime(1970, 1, 1, tzinfo=UTC)
        self._zone = ZoneInfo("UTC")
        self._height = 0

    def show(self, header: Header | None, now: datetime, zone: ZoneInfo) -> None:
        """Show `header` as it is at `now`; None: no conversation is open."""
        if (header, now, zone) == (self._header, self._now, self._zone):
            return
        self._header, self._now, self._zone = header, now, zone
        if self.is_mounted:
            height = len(self._lines(self.size.width))
            self.refresh(layout=height != self._height)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """As many lines as it needs."""
        self._height = len(self._lines(width))
        return self._height

    def render_line(self, y: int) -> Strip:
        """A line."""
        lines = self._lines(self.size.width)
        return lines[y] if y < len(lines) else Strip.blank(self.size.width, self.rich_style)

    def _lines(self, width: int) -> list[Strip]:
        if self._header is None:
            return []
        return header_lines(self._header, self._now, self._zone, width, mix(self))


def header_lines(
    header: Header, now: datetime, zone: ZoneInfo, width: int, ink: Ink
) -> list[Strip]:
    """The one or two lines of a header."""
    conv = header.conversation
    front = f" {rules_of(conv.channel).name} · "
    number = f" · #{conv.number}"
    clocks, matters = _clocks(conv, now, zone, ink), _matters(header, now, zone, ink)
    if header.viewers and measure(_row([*matters[1:], *clocks])) >= width:
        matters.pop()
    things = [*matters, *clocks]
    labels = _labels(conv, ink)
    name = calm(conv.contact_name)
    room = width - cells(front) - cells(number)

    def first_line(right: list[Part]) -> Strip:
        shown = cut(name, max(1, room - max(1, measure(right))))
        left: list[Part] = [(front, ink.dim), (shown, ink.text + BOLD), (number, ink.dim)]
        return spread(left, right, width, ink.text)

    least = min(cells(name), LEAST_NAME)
    if measure(_row([*labels, *things])) + least <= room:
        return [first_line(_row([*labels, *things]))]
    above = 0
    while above < len(matters) and measure(_row(things[: above + 1])) + cells(name) <= room:
        above += 1
    right, below = _row(things[:above]), _row(things[above:])
    space = width - 1 - measure(below)
    second = cut(labels[0][0], space) if labels and space >= LEAST_LABELS else ""
    return [first_line(right), spread([(" " + second, ink.dim)], below, width, ink.text)]


def _row(things: list[Part]) -> list[Part]:
    """Things beside each other, a gap in front of each, a margin behind the last."""
    parts: list[Part] = []
    for text, style in things:
        parts += [(GAP, style), (text, style)]
    return [*parts, (" ", parts[-1][1])] if parts else []


def _matters(header: Header, now: datetime, zone: ZoneInfo, ink: Ink) -> list[Part]:
    """Whose it is and what is known about it; who else looks comes last."""
    conv = header.conversation
    parts: list[Part] = [_owner(header, ink)]
    if state := _state(conv, now, zone):
        parts.append((state, ink.dim))
    if conv.priority is not Priority.NONE:
        loud = {Priority.URGENT: ink.alarm, Priority.HIGH: ink.warn}.get(conv.priority, ink.dim)
        parts.append((priority_words(conv.priority), loud))
    if header.viewers:
        parts.append((_viewers(header), ink.mine))
    return parts


def _labels(conv: Conversation, ink: Ink) -> list[Part]:
    """Labels stand where words may be cut."""
    return [(calm(" · ".join(conv.labels)), ink.dim)] if conv.labels else []


def _owner(header: Header, ink: Ink) -> Part:
    if header.mine:
        return _("yours"), ink.mine
    if header.owner:
        return calm(short_name(header.owner)), ink.text
    if header.team:
        return _("team {name}").format(name=calm(header.team)), ink.text
    return _("unassigned"), ink.dim


def _state(conv: Conversation, now: datetime, zone: ZoneInfo) -> str:
    match conv.status:
        case Status.OPEN:
            return ""
        case Status.RESOLVED:
            return _("resolved")
        case Status.SNOOZED:
            until = conv.snooze.until if conv.snooze else None
            if until is None:
                return _("snoozed until the customer writes")
            return _("snoozed until {time}").format(time=moment_words(until, now, zone))


def _viewers(header: Header) -> str:
    names = [calm(short_name(name)) for name in header.viewers]
    if len(names) > 2:
        return ngettext("{count} is here", "{count} are here", len(names)).format(count=len(names))
    if len(names) == 2:
        return _("{first} and {second} are here").format(first=names[0], second=names[1])
    return _("{name} is here").format(name=names[0])


def _clocks(conv: Conversation, now: datetime, zone: ZoneInfo, ink: Ink) -> list[Part]:
    """What runs: how long she waits, as loud as in the list; how long one may still answer."""
    parts: list[Part] = []
    if conv.waiting_since is not None and conv.status is not Status.RESOLVED:
        pace = clock_of(conv, now, zone).pace
        style = {Pace.QUIET: ink.dim, Pace.HURRY: ink.warn, Pace.LATE: ink.alarm}[pace]
        parts.append((waits(conv.waiting_since, now), style))
    if window := window_words(conv.window_closes_at, now):
        words, tone = window
        parts.append((words, tone_style(tone, ink)))
    return parts
