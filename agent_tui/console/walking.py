"""Moving about the console: rows, panes, views, and which conversation is on the screen.

The cursor is a conversation, never a position: rows may re-sort under it as they like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent_tui.change import Change
from agent_tui.commands import Place
from agent_tui.console.presenting import FoundRows, Rows
from agent_tui.desk import CannotDo
from agent_tui.i18n import _
from agent_tui.model import ConversationId
from agent_tui.shown import RowSource

if TYPE_CHECKING:
    from agent_tui.console.screen import Console

REST = 0.06
"""Seconds the cursor rests on a row before its messages are asked for: a held key asks once."""


class Walking:
    """What the moving keys do."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._desk = console.desk
        self._before: ConversationId | None = None
        self._sought_from: ConversationId | None = None
        self._lost = False
        """What was selected is gone from the desk, and nothing has been chosen since."""
        self.query = ""
        """What the list is narrowed to; empty: nothing."""
        self.chosen = False
        """The agent has moved or opened something: what is in sight counts as read."""
        self.rows: RowSource = Rows(self._desk, self._desk.view)
        """The rows in the list, since they were last renewed."""

    def renew(self, change: Change) -> RowSource:
        """The rows of the list as they are now; a search that stands reads only what changed."""
        desk, found = self._desk, self.rows
        if not self.query:
            self.rows = Rows(desk, desk.view)
        elif (
            isinstance(found, FoundRows)
            and found.answers(desk.view, self.query)
            and not change.everything
        ):
            found.follow(change.conversations)
        else:
            self.rows = FoundRows(desk, desk.view, self.query)
        return self.rows

    def choose(self) -> None:
        """The agent has gone to what is on the screen: she reads from now on."""
        if not self.chosen:
            self.chosen = True
            self._console.transcript.look()

    # Rows

    def move(self, rows: int) -> None:
        """By rows in the list, by lines in the other panes."""
        match self._console.place:
            case Place.LIST:
                self._console.inbox.move(rows)
                self.sync()
            case Place.CUSTOMER:
                self._console.customer.scroll_lines(rows)
            case _:
                self._console.transcript.scroll_lines(rows)

    def move_conversation(self, rows: int) -> None:
        """To the next row of the list, from wherever one reads."""
        self._console.inbox.move(rows)
        self.sync()

    def half_page(self, direction: int) -> None:
        """Half a screenful."""
        match self._console.place:
            case Place.LIST:
                self._console.inbox.move_half(direction)
                self.sync()
            case Place.CUSTOMER:
                self._console.customer.scroll_half(direction)
            case _:
                self._console.transcript.scroll_half(direction)

    def page(self, direction: int) -> None:
        """A screenful."""
        match self._console.place:
            case Place.LIST:
                self._console.inbox.move_page(direction)
                self.sync()
            case Place.CUSTOMER:
                self._console.customer.scroll_page(direction)
            case _:
                self._console.transcript.scroll_page(direction)

    def to_first(self) -> None:
        """The first row, the oldest message."""
        match self._console.place:
            case Place.LIST:
                self._console.inbox.first()
                self.sync()
            case Place.CUSTOMER:
                self._console.customer.to_start()
            case _:
                self._console.transcript.to_start()

    def to_last(self) -> None:
        """The last row, the newest message."""
        match self._console.place:
            case Place.LIST:
                self._console.inbox.last()
                self.sync()
            case Place.CUSTOMER:
                self._console.customer.to_end()
            case _:
                self._console.transcript.to_end()

    # Panes

    def enter(self) -> None:
        """Into the conversation."""
        self._desk.need()
        self.choose()
        if self._console.place is Place.CONVERSATION:
            raise CannotDo(_("You are in the conversation: r replies, n notes, Esc goes back."))
        self._console.focus_pane(Place.CONVERSATION)

    def back(self) -> None:
        """Out of what one is in: customer, conversation, search; at last nothing."""
        console = self._console
        match console.place:
            case Place.CUSTOMER:
                console.focus_pane(Place.CONVERSATION)
            case Place.CONVERSATION:
                console.focus_pane(Place.LIST)
            case _ if self.query:
                self.narrow("")
                console.end_search()
            case _:
                raise CannotDo(_("You are in the list; q quits."))

    def next_pane(self, direction: int) -> None:
        """Round the panes that are there."""
        panes = [Place.LIST, Place.CONVERSATION, Place.CUSTOMER]
        if not self._console.customer_shown and not self._console.has_class("-narrow"):
            panes.remove(Place.CUSTOMER)
        here = self._console.place
        at = panes.index(here) if here in panes else 0
        self._console.focus_pane(panes[(at + direction) % len(panes)])

    def toggle_customer(self, *, focus: bool = False) -> None:
        """The customer pane on or off; with `focus` into it."""
        console = self._console
        if focus or console.has_class("-narrow"):
            there = console.place is Place.CUSTOMER
            console.show_customer(True)
            console.focus_pane(Place.CONVERSATION if there else Place.CUSTOMER)
            return
        on = not console.customer_shown
        console.show_customer(on)
        if console.place is Place.CUSTOMER or (on and console.has_class("-medium")):
            console.focus_pane(Place.CONVERSATION)

    # Views and conversations

    def show_view(self, view_id: str) -> None:
        """Another view, the cursor on its first row (or where it was, if that is in it)."""
        self._desk.view_id = view_id
        self.query = ""
        self._console.end_search()
        self._console.show.rows()
        selected = self._desk.selected
        if not len(self._desk.view):
            self._console.inbox.selected = None
            self.select(None)
        elif selected is None or selected not in self._desk.view:
            self._console.inbox.first()
            self.sync()
        else:
            self._console.inbox.select(selected)
        self._console.focus_pane(Place.LIST)

    def oldest_waiting(self) -> None:
        """To whoever has waited longest, of all open conversations."""
        index = self._desk.views["all"]
        oldest = self._desk.store.get(index.id_at(0)) if len(index) else None
        if oldest is None or oldest.waiting_since is None:
            raise CannotDo(_("Nobody is waiting."))
        self.go_to(oldest.id)

    def previous_conversation(self) -> None:
        """Back to the conversation before this one."""
        if self._before is None or self._before not in self._desk.store:
            raise CannotDo(_("There is no conversation before this one."))
        self.go_to(self._before)

    def go_to(self, conversation: ConversationId) -> None:
        """To a conversation, in the view that holds it: this one if possible."""
        if conversation not in self._desk.view:
            holding = (v for v, index in self._desk.views.indexes.items() if conversation in index)
            self._desk.view_id = next(holding, self._desk.view_id)
            self._console.show.rows()
        self.choose()
        self._console.inbox.select(conversation)
        self.select(conversation)

    def sync(self) -> None:
        """Select what the cursor is on now, so that the next key acts on nothing older."""
        self.choose()
        self.select(self._console.inbox.selected)

    def select(self, conversation: ConversationId | None) -> None:
        """The cursor came to a conversation."""
        desk = self._desk
        if conversation == desk.selected:
            return
        self._console.write.leave()
        self._lost = self._lost and conversation is None
        self._before, desk.selected = desk.selected, conversation
        self._console.show.opened()

    def settle(self) -> None:
        """The rows changed: keep the cursor, or put it on a row where there was none.

        A conversation that left the view by another's doing stays on the screen, so that
        nobody's reading or writing is pulled away; the next move goes on from its place.
        """
        desk = self._desk
        if desk.selected is None and not self._lost:
            rows = self.rows
            first = rows.id_at(0) if len(rows) else None
            self.select(first)
            if first is not None:
                self._console.inbox.select(first)
        elif desk.selected is not None and desk.selected not in desk.store:
            self._lose()

    def _lose(self) -> None:
        """The conversation on the screen is gone from the desk: letters must not fall elsewhere."""
        self._lost = True
        self._console.focus_pane(Place.LIST)
        self._console.inbox.selected = None
        self.select(None)
        words = _("This conversation is not at the desk any more; what you wrote is kept.")
        self._console.say(words, alarm=True)

    def search(self) -> None:
        """Narrow the list by words."""
        self._sought_from = self._desk.selected
        self._console.focus_pane(Place.LIST)
        self._console.begin_search()

    def give_up_search(self) -> None:
        """Show all rows again, and stand where one stood before."""
        self.narrow("")
        if self._sought_from is not None and self._sought_from in self._desk.store:
            self._console.inbox.select(self._sought_from)
            self.select(self._sought_from)

    def narrow(self, query: str) -> None:
        """Show only the rows that fit `query`."""
        self.query = query
        self._console.show.rows()
        rows = self.rows
        if query and len(rows):
            self._console.inbox.select(rows.id_at(0))
            self.select(rows.id_at(0))
        elif query:  # no key may act on somebody who is not in sight
            self._console.inbox.selected = None
            self.select(None)
