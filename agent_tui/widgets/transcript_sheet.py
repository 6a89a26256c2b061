"""A thread as a stack of drawn items: the history line, the entries, and who is writing.

Entries are drawn when they are looked at and remembered as long as nothing about them changes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from textual.strip import Strip

from agent_tui.i18n import _
from agent_tui.model import MessageKind
from agent_tui.shown import Entry, Thread
from agent_tui.widgets.message_lines import Block, Lead, Page, centred, draw, lead_of
from agent_tui.widgets.message_words import seconds_left, typing_words
from agent_tui.widgets.paint import Part, calm, cut, line, wrap
from agent_tui.widgets.transcript_window import Place, Stack

_MOST_DRAWN = 1024
"""So many drawn entries are remembered."""

HISTORY = 0
"""The item in front of the entries."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A line of an entry, counted from where its text begins, so that a change of what stands in
    front of the text does not move it."""

    key: str
    line: int


@dataclass(frozen=True, slots=True)
class _Drawn:
    entry: Entry
    lead: Lead
    seconds: int
    block: Block


def key_of(entry: Entry) -> str:
    """What an entry is known by, before and after the desk has confirmed it."""
    return entry.op_id or entry.message.op_id or entry.message.id


class Sheet:
    """What a transcript shows of one thread, on one page."""

    def __init__(self, thread: Thread, page: Page, retry_key: str) -> None:
        """`retry_key` is named where older messages could not be had."""
        self.thread = thread
        self.page = page
        self.drawn = 0
        """How many entries have been drawn so far: what the screen costs."""
        self._retry_key = retry_key
        self._cache: OrderedDict[str, _Drawn] = OrderedDict()
        self._opened: tuple[int, int] | None = None
        """Up to where it had been read and how far it reached when its messages first came."""
        self._new_index: int | None = None
        self._edges: dict[int, Block] = {}
        self.put(thread, page)

    def put(self, thread: Thread, page: Page) -> None:
        """A newer state of the same thread, or another page to draw it on."""
        if _look(page) != _look(self.page):
            self._cache.clear()
        if thread.entries is not self.thread.entries or self._opened is None:
            self._find_new(thread)
        self.thread, self.page = thread, page
        self._edges.clear()

    # Entries --------------------------------------------------------------------------------------

    @property
    def newest_seq(self) -> int:
        """Number of the newest message the desk has confirmed; 0: none."""
        return next((e.message.seq for e in reversed(self.thread.entries) if e.message.seq), 0)

    @property
    def oldest_seq(self) -> int:
        """Number of the oldest message that is here; 0: none."""
        return next((e.message.seq for e in self.thread.entries if e.message.seq), 0)

    def arrived_after(self, seq: int) -> int:
        """How many messages of others are newer than `seq`."""
        count = 0
        for entry in reversed(self.thread.entries):
            if entry.message.seq and entry.message.seq <= seq:
                break
            if entry.message.seq and not entry.mine:
                count += entry.message.kind is not MessageKind.ACTIVITY
        return count

    def _find_new(self, thread: Thread) -> None:
        """Where the mark for what is new stands: in front of what was unread on opening."""
        self._new_index = None
        newest = next((e.message.seq for e in reversed(thread.entries) if e.message.seq), 0)
        if self._opened is None:
            if not newest:
                return
            self._opened = thread.read_seq, newest
        read, reached = self._opened
        for index in range(len(thread.entries) - 1, 0, -1):
            entry = thread.entries[index]
            if 0 < entry.message.seq <= read:
                return
            if 0 < entry.message.seq <= reached and not entry.mine:
                self._new_index = index
        # All that is here is new: the mark belongs in front of it, or in front of what is not here.
        first = thread.entries[0].message.seq if thread.entries else 0
        if not 0 < first <= read:
            self._new_index = None

    # Drawing --------------------------------------------------------------------------------------

    @property
    def stack(self) -> Stack:
        """The items as they stand below each other."""
        return Stack(len(self.thread.entries) + 2, lambda item: self.block(item).height)

    def strip(self, place: Place) -> Strip:
        """One line."""
        return self.block(place.item).lines[place.line]

    def block(self, item: int) -> Block:
        """An item, drawn."""
        if 0 < item <= len(self.thread.entries):
            return self._entry(item - 1)
        if item not in self._edges:
            rows = self._history() if item == HISTORY else self._foot()
            self._edges[item] = Block(tuple(rows), 0)
        return self._edges[item]

    def _entry(self, index: int) -> Block:
        entry = self.thread.entries[index]
        before = self.thread.entries[index - 1] if index else None
        lead = lead_of(entry, before, self.page, new=index == self._new_index)
        seconds = seconds_left(entry, self.page.now)
        key = key_of(entry)
        known = self._cache.get(key)
        if known and known.lead == lead and known.seconds == seconds and known.entry == entry:
            self._cache.move_to_end(key)
            return known.block
        block = draw(entry, lead, self.page)
        self.drawn += 1
        self._cache[key] = _Drawn(entry, lead, seconds, block)
        while len(self._cache) > _MOST_DRAWN:
            self._cache.popitem(last=False)
        return block

    def _history(self) -> Iterator[Strip]:
        """What is known of the time before the first entry."""
        thread, ink = self.thread, self.page.ink
        if thread.problem:
            words = _("older messages did not come: {reason} · press {key} to try again")
            if not thread.entries:
                words = _("the messages did not come: {reason} · press {key} to try again")
            words = words.format(reason=calm(thread.problem), key=self._retry_key)
            for row in wrap(words, self.page.usable):
                yield centred(row, ink.warn, self.page)
            return
        yield centred(self._history_words(), ink.dim, self.page)

    def _history_words(self) -> str:
        if self.thread.loading:
            return _("loading older …") if self.thread.entries else _("loading …")
        if self.thread.more:
            return ""
        return _("start of the conversation") if self.thread.entries else _("no messages yet")

    def _foot(self) -> Iterator[Strip]:
        """The last line: who is writing, or room."""
        words = calm(typing_words(self.thread.typing))
        parts: list[Part] = [(" " + cut(words, self.page.usable), self.page.ink.dim)]
        yield line(parts, self.page.width, self.page.ink.text)

    # Anchors --------------------------------------------------------------------------------------

    def anchor(self, place: Place) -> Anchor | None:
        """`place`, said so that it can be found again after a change; None: there is no entry."""
        if not self.thread.entries:
            return None
        item = min(max(place.item, 1), len(self.thread.entries))
        lines = place.line
        if place.item < item:
            lines -= self.block(place.item).height
        elif place.item > item:
            lines += self.block(item).height
        return Anchor(key_of(self.thread.entries[item - 1]), lines - self.block(item).lead)

    def place_of(self, anchor: Anchor, was: Place, count: int) -> Place | None:
        """Where `anchor` is now; None: its entry is gone.

        It is looked for first where it `was` when there were `count` entries, counted from the
        front and from the back: that is where appending and prepending leave it.
        """
        entries = self.thread.entries
        front = min(max(was.item, 1), max(1, count)) - 1
        likely = (front, front + len(entries) - count)
        for index in (*likely, *range(len(entries))):
            if 0 <= index < len(entries) and key_of(entries[index]) == anchor.key:
                block = self.block(index + 1)
                line_of = min(anchor.line + block.lead, block.height - 1)
                return self.stack.moved(Place(index + 1, line_of), 0)
        return None


def _look(page: Page) -> tuple[object, ...]:
    """What of a page decides how an entry looks on it."""
    return page.width, page.ink, page.zone, page.now.astimezone(page.zone).date()
