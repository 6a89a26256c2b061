"""Keeping the screen true: what changed goes into the widgets, and nothing else moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent_tui import commands, shown
from agent_tui.change import EVERYTHING, Change, News, Refused, Strayed
from agent_tui.commands import Place
from agent_tui.console import presenting
from agent_tui.console.news import notice_of
from agent_tui.console.walking import REST
from agent_tui.events import Link
from agent_tui.i18n import _, language
from agent_tui.model import AuthorKind, ConversationId
from agent_tui.ops import ViewingSignal
from agent_tui.shown import Hint

if TYPE_CHECKING:
    from agent_tui.console.screen import Console

SAID_FOR = 6.0
"""Seconds a line of the program stays in the last line; an alarm stays twice as long."""

VIEWING_AGAIN = 10.0
"""Seconds after which the others are told again what is open here (protocol §6)."""


class Showing:
    """What the screen shows, as of the last change."""

    def __init__(self, console: Console, source: str) -> None:
        """`source` says where this desk comes from."""
        self._console = console
        self._desk = console.desk
        self._source = source
        self.prefix = ""
        """The first of two keys, while the second is awaited."""
        self._said: tuple[str, bool, float] | None = None
        self._read_seq = 0
        self._viewing_told = float("-inf")
        self._begun = False

    def follow(self, change: Change) -> None:
        """Bring the screen up to date with what became different."""
        change |= self._desk.take_changes()
        views = self._desk.follow(change)
        for news in change.news:
            self._tell(news)
        change |= self._desk.take_changes()
        if not self._begun and self._desk.store.ready:
            self._begun = True
            self._desk.view_id = self._desk.views.first_waiting(self._desk.store.get)
        if change.link and self._desk.store.link.link is Link.LIVE:
            self._ask_again()
        if views or change:
            self.rows(change)
            self.conversation(change)
        self.bars()

    def _ask_again(self) -> None:
        """The line is back: what is on the screen may have a hole, or never have come."""
        if self._desk.selected is not None:
            self._desk.open_thread(self._desk.selected)

    def _tell(self, news: News) -> None:
        if isinstance(news, Refused):
            for op_id in (news.pending.op.id, *news.dropped):
                self._desk.forget(op_id)
            self._console.write.refused(news.pending.op.conversation)
        if isinstance(news, Strayed):  # its words must not stand under somebody else's name
            self._console.write.bind(self._desk.conversation, anew=True)
        notice = notice_of(self._desk, news)
        alarmed = self._said is not None and self._said[1]
        if notice is not None and (notice.alarm or not alarmed):
            self.say(notice.words, alarm=notice.alarm)

    def rows(self, change: Change = EVERYTHING) -> None:
        """Show the rows of the view again, as far as `change` touches them."""
        console, view = self._console, self._desk.view.view
        query = console.walk.query
        order = _("searching: {query}").format(query=query) if query else _(view.order)
        console.list_head.show(_(view.title), order)
        empty = presenting.empty_words(self._desk, console.zone)
        console.inbox.set_empty(_("Nothing fits. Esc shows all again.") if query else empty)
        console.inbox.show(console.walk.renew(change), self._desk.clock.now())
        console.walk.settle()

    def opened(self) -> None:
        """Another conversation is on the screen: its words, its people, its messages."""
        conv = self._desk.conversation
        self._read_seq = 0
        if conv is not None:
            self._console.write.prefer_draft(conv.id)
            thread = self._desk.store.threads.get(conv.id)
            if thread is None or not thread.loaded:
                self._console.set_timer(REST, lambda: self._fetch(conv.id))
            else:
                self._desk.open_thread(conv.id)
        self._console.write.bind(conv)
        self._viewing_told = float("-inf")
        self.conversation(EVERYTHING)
        self.bars()

    def _fetch(self, conversation: ConversationId) -> None:
        """Ask for the thread, and for that of the row one is likely to go to next."""
        if conversation == self._desk.selected:
            self._desk.open_thread(conversation)
            neighbour = self._console.inbox.neighbour(conversation)
            if neighbour is not None:
                self._desk.open_thread(neighbour)
            self.follow(Change())

    def conversation(self, change: Change) -> None:
        """Show the selected conversation and its customer again, as far as `change` asks."""
        console, conv, now = self._console, self._desk.conversation, self._desk.clock.now()
        console.set_class(conv is None, "nothing-open")
        if conv is None:
            console.header.show(None, now, console.zone)
            return
        console.header.show(presenting.header(self._desk, conv), now, console.zone)
        console.write.bind(conv)
        if change.everything or conv.id in change.threads:
            self._read_seq = self._read_seq or self._read_up_to(conv.id)
            thread = presenting.thread(self._desk, conv.id, self._read_seq)
            console.transcript.show(thread, now, console.zone)
        card = presenting.card(self._desk, conv)
        console.customer.show(card, now, console.zone, language())

    def _read_up_to(self, conversation: ConversationId) -> int:
        """The newest message that had been read when it was opened; 0: nothing is new."""
        conv = self._desk.store.get(conversation)
        thread = self._desk.store.threads.get(conversation)
        if conv is None or not conv.unread or thread is None:
            return 0
        theirs = [m.seq for m in thread.messages if m.author.kind is AuthorKind.CUSTOMER]
        return theirs[-conv.unread] - 1 if len(theirs) >= conv.unread else 0

    def bars(self) -> None:
        """Show the first and the last line again."""
        console, now = self._console, self._desk.clock.now()
        console.top.show(presenting.top_bar(self._desk, self._source, now, console.zone))
        typing = console.searching or console.place is Place.COMPOSER
        status, alarm = presenting.on_its_way(self._desk, typing=typing)
        if self._said is not None:
            status, alarm, _until = self._said
        if console.searching:
            hints = [Hint("Enter", _("to the list")), Hint("Esc", _("all again"))]
        elif self.prefix:
            hints = commands.choices_after(self.prefix, console.place)
        else:
            hints = commands.hints(console, console.keys)
        waits = bool(self.prefix)
        console.bottom.show(shown.BottomBar(tuple(hints), status, alarm, typing, waits))

    def second(self) -> None:
        """What the clock changes."""
        desk, now = self._desk, self._desk.clock.now()
        ticks = desk.clock.monotonic()
        if self._said is not None and ticks >= self._said[2]:
            self._said = None
        self._console.inbox.now = now
        self.follow(desk.store.tick(desk.clock.steady()))
        if desk.selected is None:
            return
        held = bool(desk.store.outbox.of(desk.selected))
        self.conversation(Change(threads=frozenset({desk.selected} if held else ())))
        if ticks - self._viewing_told >= VIEWING_AGAIN:
            self._viewing_told = ticks
            desk.signal(ViewingSignal(desk.selected))

    def say(self, words: str, *, alarm: bool = False) -> None:
        """One line for the agent, at the foot of the screen."""
        lasts = SAID_FOR * (2 if alarm else 1)
        self._said = (words, alarm, self._desk.clock.monotonic() + lasts)
        self.bars()

    def hush(self) -> None:
        """What was said gives way to what is under way."""
        self._said = None
