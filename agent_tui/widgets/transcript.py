"""The thread of a conversation: drawn by the line, opened at its end, read upwards.

Ten thousand messages cost what fits on the screen. What is in sight stays where it is, whatever
comes in below, is put in front, or changes above; only at the end new messages are followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import groupby, islice
from typing import Protocol
from zoneinfo import ZoneInfo

from textual import events
from textual.geometry import Region
from textual.message import Message as TextualMessage
from textual.strip import Strip
from textual.widget import Widget

from agent_tui.i18n import ngettext
from agent_tui.model import ConversationId
from agent_tui.shown import Thread
from agent_tui.widgets.ink import Ink, mix
from agent_tui.widgets.message_lines import Page
from agent_tui.widgets.paint import line as paint_line
from agent_tui.widgets.paint import pad
from agent_tui.widgets.transcript_sheet import HISTORY, Sheet
from agent_tui.widgets.transcript_window import Place

SEEN_AFTER = 1.0
"""Seconds the newest message has to be in sight to count as seen."""

WHEEL_LINES = 3


class Stoppable(Protocol):
    """A timer that has not fired yet."""

    def stop(self) -> None:
        """Let it never fire."""
        ...


StartTimer = Callable[[float, Callable[[], None]], Stoppable]
"""Calls back once, after so many seconds."""


class Transcript(Widget, can_focus=True):
    """A conversation's messages; keys are not bound here, whoever binds them calls the verbs."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    Transcript {
        width: 1fr;
        height: 1fr;
        background: $background;
        color: $foreground;
    }
    """

    class OlderWanted(TextualMessage):
        """The agent came near the oldest message that is here; sent once a page.

        `before_seq` is that message's number; 0: not even the newest page could be had.
        """

        def __init__(self, conversation: ConversationId, before_seq: int) -> None:
            super().__init__()
            self.conversation = conversation
            self.before_seq = before_seq

    class Seen(TextualMessage):
        """The newest message has been before the agent's eyes for a second; `seq` is its number."""

        def __init__(self, conversation: ConversationId, seq: int) -> None:
            super().__init__()
            self.conversation = conversation
            self.seq = seq

    def __init__(
        self,
        *,
        retry_key: str = "PgUp",
        start_timer: StartTimer | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`retry_key` is named where a page could not be had; any verb that goes up asks again."""
        super().__init__(id=id, classes=classes)
        self._retry_key = retry_key
        self._start_timer: StartTimer = start_timer or self.set_timer
        self._thread: Thread | None = None
        self._now = datetime(1970, 1, 1, tzinfo=UTC)
        self._zone = ZoneInfo("UTC")
        self._ink: Ink | None = None
        self._sheet: Sheet | None = None
        self._place = Place()
        self._following = True
        self._seen_seq = 0
        """Newest message that was there when the end was last in sight."""
        self._frame: list[Strip] = []
        self._asked: tuple[ConversationId, int] | None = None
        self._watching: tuple[ConversationId, int] | None = None
        self._watch_timer: Stoppable | None = None

    # Values in ------------------------------------------------------------------------------------

    def show(self, thread: Thread, now: datetime, zone: ZoneInfo) -> None:
        """Show `thread` as it is at `now`, in the times of `zone`; cheap when little changed."""
        fresh = self._thread is None or self._thread.conversation != thread.conversation
        if fresh:
            self._sheet = None
            self._following, self._place, self._seen_seq = True, Place(), 0
            self._asked = None
            self._watch(None)
        if thread.problem:
            self._asked = None
        self._thread, self._now, self._zone = thread, now, zone
        self._renew()

    @property
    def at_end(self) -> bool:
        """The newest message is in sight, and new ones are followed."""
        return self._following

    def seen_seq(self, conversation: ConversationId) -> int | None:
        """The newest message of `conversation` that has been in sight; None: it is not here."""
        thread = self._thread
        if thread is None or thread.conversation != conversation or not thread.entries:
            return None
        return self._seen_seq

    @property
    def drawn(self) -> int:
        """How many entries have been drawn for this conversation: what the screen costs."""
        return self._sheet.drawn if self._sheet else 0

    # Verbs ----------------------------------------------------------------------------------------

    def scroll_lines(self, lines: int) -> None:
        """So many lines down; negative: up."""
        if self._sheet is None:
            return
        self._stand_at(self._sheet.stack.moved(self._place, lines))
        if lines < 0 and self._place.item == HISTORY and self._sheet.thread.problem:
            self._ask_for_older(again=True)

    def scroll_page(self, pages: int) -> None:
        """So many panes down, keeping two lines in sight; negative: up."""
        self.scroll_lines(pages * max(1, self.size.height - 2))

    def scroll_half(self, halves: int) -> None:
        """So many half panes down; negative: up."""
        self.scroll_lines(halves * max(1, self.size.height // 2))

    def to_end(self) -> None:
        """To the newest message, and follow from here on."""
        self._following = True
        self._repaint()

    def to_start(self) -> None:
        """To the oldest message that is here."""
        if self._sheet is not None:
            self._stand_at(Place())
            if self._sheet.thread.problem:
                self._ask_for_older(again=True)

    def _stand_at(self, place: Place) -> None:
        self._following = False
        self._place = place
        self._repaint()

    # Drawing --------------------------------------------------------------------------------------

    def _renew(self) -> None:
        """Draw on the page as it is now, with what was in sight in its place."""
        if self._thread is None or not self.is_mounted or not self.size:
            return
        if self._ink is None:
            self._ink = mix(self)
        page = Page(self.size.width, self._ink, self._now, self._zone)
        if self._sheet is None:
            self._sheet = Sheet(self._thread, page, self._retry_key)
        else:
            self._put(self._sheet, self._thread, page)
        self._repaint()

    def _put(self, sheet: Sheet, thread: Thread, page: Page) -> None:
        anchor = None if self._following else sheet.anchor(self._place)
        count = len(sheet.thread.entries)
        sheet.put(thread, page)
        if anchor is not None:
            place = sheet.place_of(anchor, self._place, count)
            self._place = place or sheet.stack.moved(self._place, 0)

    def _repaint(self) -> None:
        """Bring the frame up to date and paint the lines that differ."""
        if self._sheet is None:
            return
        old, self._frame = self._frame, self._composed(self._sheet)
        if len(old) != len(self._frame):
            self.refresh()
        elif regions := list(self._changed(old)):
            self.refresh(*regions)
        self._ask_for_older()
        self._mind_seen()

    def _changed(self, old: list[Strip]) -> Iterator[Region]:
        """Where the frame differs from `old`, in runs of lines."""
        pairs = enumerate(zip(old, self._frame, strict=True))
        for differs, run in groupby(pairs, key=lambda pair: pair[1][0] is not pair[1][1]):
            rows = [y for y, _strips in run]
            if differs:
                yield Region(0, rows[0], self.size.width, len(rows))

    def _composed(self, sheet: Sheet) -> list[Strip]:
        """The lines in sight; short threads stand at the foot."""
        height, stack = self.size.height, sheet.stack
        last = stack.last_top(height)
        self._following = self._following or self._place >= last
        if self._following:
            self._place, self._seen_seq = last, sheet.newest_seq
        rows = [sheet.strip(place) for place in islice(stack.from_place(self._place), height)]
        blanks = [Strip.blank(self.size.width, self.rich_style)] * (height - len(rows))
        rows = [*blanks, *rows] if sheet.thread.entries else [*rows, *blanks]
        if news := 0 if self._following else sheet.arrived_after(self._seen_seq):
            rows[-1] = self._news_mark(sheet, news)
        return rows

    def _news_mark(self, sheet: Sheet, news: int) -> Strip:
        words = ngettext("{count} new ↓", "{count} new ↓", news).format(count=news)
        style = sheet.page.ink.mine + sheet.page.ink.bar_ground
        return paint_line(
            [(pad(words, sheet.page.width, "centre"), style)], sheet.page.width, style
        )

    def render_line(self, y: int) -> Strip:
        """One line of the frame."""
        if self._ink is None:
            self._renew()
        if y < len(self._frame):
            return self._frame[y]
        return Strip.blank(self.size.width, self.rich_style)

    def notify_style_update(self) -> None:
        """Colours may have changed: mix them anew with the next frame."""
        super().notify_style_update()
        self._ink = None

    def on_resize(self) -> None:
        """Wrap anew; the first entry in sight stays."""
        self._renew()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel."""
        event.stop()
        self.scroll_lines(WHEEL_LINES)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel."""
        event.stop()
        self.scroll_lines(-WHEEL_LINES)

    # Older pages ----------------------------------------------------------------------------------

    def _ask_for_older(self, *, again: bool = False) -> None:
        """Ask for the page before the first entry when the agent comes near to it."""
        sheet = self._sheet
        if sheet is None or sheet.thread.loading or not (sheet.thread.more or again):
            return
        before = sheet.oldest_seq
        question = (sheet.thread.conversation, before)
        if self._asked == question or (not again and (not before or sheet.thread.problem)):
            return
        near = self.size.height
        if again or sheet.stack.lines_before(self._place, near) < near:
            self._asked = question
            self.post_message(self.OlderWanted(*question))

    # Seen -----------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Eyes are here only while the terminal has the focus."""
        self.watch(self.app, "app_focus", self._mind_seen, init=False)
        self._renew()

    def on_show(self) -> None:
        """Came into sight."""
        self._mind_seen()

    def on_hide(self) -> None:
        """Went out of sight."""
        self._watch(None)

    def on_unmount(self) -> None:
        """Nothing is seen any more."""
        self._watch(None)

    def look(self) -> None:
        """Somebody looks from now on: what is in sight counts as seen after a second more."""
        self._watch(None)
        self._mind_seen()

    def _mind_seen(self) -> None:
        """Begin, go on or stop to wait for the newest message to have been seen."""
        target = None
        if self._sheet is not None and self._following and self._in_sight():
            seq = self._sheet.newest_seq
            target = (self._sheet.thread.conversation, seq) if seq else None
        if target != self._watching:
            self._watch(target)

    def _in_sight(self) -> bool:
        covered = self.app.screen is not self.screen and not self.app.screen.is_modal
        return self.app.app_focus and not covered and self.is_on_screen

    def _watch(self, target: tuple[ConversationId, int] | None) -> None:
        if self._watch_timer is not None:
            self._watch_timer.stop()
            self._watch_timer = None
        self._watching = target
        if target is not None:
            self._watch_timer = self._start_timer(SEEN_AFTER, partial(self._was_seen, target))

    def _was_seen(self, target: tuple[ConversationId, int]) -> None:
        self._watch_timer = None
        if target == self._watching and self._in_sight():
            self.post_message(self.Seen(*target))
