"""The screen an agent works in: three panes, two bars, everything shown from the seat.

Values go in (`agent_tui.console.presenting`), messages and keys come out; every key is looked up in
the registry (`agent_tui.commands`) for the place it falls in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Input

from agent_tui import commands
from agent_tui.canned import Library
from agent_tui.change import NOTHING, Change
from agent_tui.commands import PREFIXES, SEARCHING, Command, Place
from agent_tui.config import Settings
from agent_tui.console.asking import Asking
from agent_tui.console.fetching import Outside
from agent_tui.console.opening import Opening
from agent_tui.console.showing import Showing
from agent_tui.console.walking import Walking
from agent_tui.console.writing import Writing
from agent_tui.desk import CannotDo, Desk
from agent_tui.i18n import _
from agent_tui.model import ConversationId
from agent_tui.ops import TypingSignal
from agent_tui.views import VIEWS
from agent_tui.widgets.bottom_bar import BottomBar
from agent_tui.widgets.composer import Composer
from agent_tui.widgets.composer_messages import (
    CannedAsked,
    Edited,
    Left,
    ModeToggled,
    SendAsked,
    TypingChanged,
)
from agent_tui.widgets.composer_messages import Refused as ComposerRefused
from agent_tui.widgets.context_pane import ContextPane
from agent_tui.widgets.conversation_header import ConversationHeader
from agent_tui.widgets.inbox import InboxList
from agent_tui.widgets.list_head import ListHead
from agent_tui.widgets.picker import OneLine
from agent_tui.widgets.top_bar import TopBar
from agent_tui.widgets.transcript import Transcript


class Console(Screen[None], inherit_bindings=False):
    """The inbox, a conversation, its customer."""

    AUTO_FOCUS = "InboxList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,super+c", "screen.copy_text", show=False),
    ]
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - as the framework declares it
        (0, "-narrow"),
        (100, "-medium"),
        (140, "-wide"),
        (180, "-huge"),
    ]

    def __init__(
        self,
        desk: Desk,
        settings: Settings,
        source: str,
        resync: Callable[[], None],
        outside: Outside | None = None,
    ) -> None:
        """`source` says where this desk comes from; `resync` fetches everything again. Without
        `outside` nothing is fetched or opened."""
        super().__init__()
        self.desk = desk
        self.zone = settings.zone
        self.hours = settings.hours
        self.company = settings.company
        self.libraries: Mapping[str, Library] = {}
        """The canned replies by language, once they are read."""
        self._language = settings.language
        self.resync_link = resync
        self.keys = commands.keymaps(settings.send_key)
        """The keymap of each place, with the key the agent sends with."""
        self.inbox = InboxList(zone=settings.zone)
        self.list_head = ListHead()
        self.transcript = Transcript()
        self.header = ConversationHeader()
        self.composer = Composer(enter_sends=settings.send_key == "enter")
        self.customer = ContextPane()
        self.top = TopBar()
        self.bottom = BottomBar()
        self.walk = Walking(self)
        self.write = Writing(self)
        self.ask = Asking(self)
        self.open = Opening(self, outside)
        self.show = Showing(self, source)

    # The parts

    def compose(self) -> ComposeResult:
        """Two bars, and three panes between them."""
        yield self.top
        with Horizontal(id="panes"):
            with Vertical(id="list-pane"):
                yield self.list_head
                yield OneLine(id="search", placeholder=_("search in this list"), compact=True)
                yield self.inbox
            with Vertical(id="conversation-pane"):
                yield self.header
                yield self.transcript
                yield self.composer
            with Vertical(id="customer-pane"):
                yield self.customer
        yield self.bottom

    def on_mount(self) -> None:
        """Show what is here; the rest comes by changes."""
        self.add_class("at-list")
        self.set_interval(1.0, self.show.second)
        self.show.follow(Change(everything=True))

    @property
    def place(self) -> Place:
        """Where the keys go."""
        focused = self.focused
        if focused is None:
            return self._pane_place
        for node in focused.ancestors_with_self:
            if node is self.composer:
                return Place.COMPOSER
            if node is self.customer:
                return Place.CUSTOMER
            if node is self.transcript:
                return Place.CONVERSATION
        return Place.LIST

    @property
    def _pane_place(self) -> Place:
        if self.has_class("at-customer"):
            return Place.CUSTOMER
        return Place.CONVERSATION if self.has_class("at-conversation") else Place.LIST

    @property
    def library(self) -> Library:
        """The canned replies in the customer's language, or else in the agent's."""
        conv = self.desk.conversation
        contact = self.desk.store.contact_of(conv) if conv is not None else None
        spoken = contact.language if contact is not None else ""
        known = self.libraries.get(spoken) or self.libraries.get(self._language)
        return known or Library((), ())

    @property
    def searching(self) -> bool:
        """The agent types what the list is narrowed to."""
        return self.query_one("#search", OneLine).has_focus

    @property
    def customer_shown(self) -> bool:
        """The customer pane stands beside the conversation."""
        if self.has_class("-narrow"):
            return False
        if self.has_class("-medium"):  # in the list's place, so not while one is in the list
            beside = self.has_class("with-customer") and not self.has_class("at-list")
            return beside or self.has_class("at-customer")
        return not self.has_class("without-customer")

    @property
    def picker_corner(self) -> tuple[int, int]:
        """Where a picker opens: under the head of what it changes."""
        pane = self.query_one("#conversation-pane")
        return (pane.region.x + 1, pane.region.y + 2) if pane.display else (1, 3)

    # Saying

    def say(self, words: str, *, alarm: bool = False) -> None:
        """One line for the agent, at the foot of the screen."""
        self.show.say(words, alarm=alarm)

    def acted(self, words: str, at: ConversationId | None = None, *, advance: bool = False) -> None:
        """Something was done to the conversation `at` (None: the selected one); then perhaps on
        to the next one, where it is the one on the screen.

        `words` may name the customer as ``{name}``.
        """
        conv = self.desk.store.get(at) if at is not None else self.desk.conversation
        name = conv.contact_name if conv is not None else ""
        advance = advance and conv is not None and conv.id == self.desk.selected
        following = self.inbox.neighbour(conv.id) if conv is not None and advance else None
        self.show.follow(NOTHING)
        if advance and conv is not None and conv.id not in self.desk.view:
            if following is not None:
                self.inbox.select(following)
            else:  # it had left the list before: on from the gap, where there is anybody
                following = self.inbox.fall_back()
            self.walk.select(following)
            if self.place is not Place.LIST and following is None:
                self.focus_pane(Place.LIST)
        self.say(_("{done} z undoes it.").format(done=words.replace("{name}", name)))

    def undo(self) -> None:
        """Take the last action back, and go to where it was done."""
        undone = self.desk.undo()
        self.show.follow(NOTHING)
        self.walk.go_to(undone.conversation)
        if undone.text is not None:
            self.write.restore(undone.conversation, undone.mode, undone.text)
            self.write.compose(undone.mode)
        self.say(undone.words)

    # Panes

    def focus_pane(self, place: Place) -> None:
        """Put the keys into a pane; where only one fits, it is the one shown."""
        self._stand_in(place)
        target = {
            Place.LIST: self.inbox,
            Place.CONVERSATION: self.transcript,
            Place.CUSTOMER: self.customer,
        }[place]
        self.set_focus(target)
        self.show.bars()

    def _stand_in(self, place: Place) -> None:
        """Have the style sheet know which pane the keys go to."""
        for other in (Place.LIST, Place.CONVERSATION, Place.CUSTOMER):
            self.set_class(other is place, f"at-{other.value}")

    def show_customer(self, on: bool) -> None:
        """The customer pane beside the conversation, or not."""
        self.set_class(on, "with-customer")
        self.set_class(not on, "without-customer")

    def begin_search(self) -> None:
        """The line to search in."""
        self.add_class("searching")
        box = self.query_one("#search", OneLine)
        box.value = self.walk.query
        box.focus()

    def end_search(self) -> None:
        """Back to the list as it was."""
        self.remove_class("searching")
        self.query_one("#search", OneLine).value = ""
        self.inbox.focus()

    @on(Input.Changed, "#search")
    def _search_typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.has_class("searching"):
            self.walk.narrow(event.value)

    @on(Input.Submitted, "#search")
    def _search_done(self, event: Input.Submitted) -> None:
        event.stop()
        if self.walk.query:
            self.inbox.focus()
        else:
            self.end_search()

    # Keys

    async def on_key(self, event: events.Key) -> None:
        """Look the key up for the place it falls in."""
        if self.searching:
            self._search_key(event)
            return
        key = self._spelled(event)
        if self.show.prefix:
            key, self.show.prefix = f"{self.show.prefix} {key}", ""
        elif key in PREFIXES and self.place is not Place.COMPOSER:
            self.show.prefix = key
            event.stop()
            self.show.bars()
            return
        command = self.keys[self.place].get(key)
        if command is not None:
            event.stop()
            event.prevent_default()
            self.run(command)
        elif event.is_printable and self.place is not Place.COMPOSER:
            event.stop()
            self.say(_("{key} does nothing here; ? shows the keys.").format(key=key))
        else:
            self.show.bars()

    @staticmethod
    def _spelled(event: events.Key) -> str:
        """A key as the registry names it: printable ones by their character."""
        if event.is_printable and event.character and event.character != " ":
            return event.character
        return event.key

    def _search_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            self.walk.give_up_search()
            self.end_search()
        elif event.key in {"down", "tab"}:
            event.stop()
            event.prevent_default()
            self.inbox.focus()
        elif event.key in SEARCHING:
            event.stop()
            event.prevent_default()
            self.run(SEARCHING[event.key])

    def run(self, command: Command) -> None:
        """Do what a command says, or say why not."""
        if self.place not in command.places:
            self.say(_("{title}: not in this place.").format(title=_(command.title)))
            return
        try:
            reason = command.blocked(self)
            if reason is not None:
                raise CannotDo(reason)
            command.run(self)
        except CannotDo as why:
            self.say(str(why))
        self.show.follow(NOTHING)

    def run_chosen(self, command: Command) -> None:
        """Do what was chosen from a list; what is not done while typing leaves the words first."""
        bound = self.composer.bound
        if self.place is Place.COMPOSER and Place.COMPOSER not in command.places:
            if bound is not None:
                self.write.keep(*bound, self.composer.words)
            self.focus_pane(Place.CONVERSATION)
        self.run(command)

    def run_by_id(self, command_id: str) -> None:
        """Run a command by its name in the registry."""
        self.run(commands.BY_ID[command_id])

    def toggle_theme(self) -> None:
        """Light becomes dark, and dark light."""
        dark = self.app.theme == "desk-dark"
        self.app.theme = "desk-light" if dark else "desk-dark"

    def resync(self) -> None:
        """Fetch everything again."""
        self.resync_link()
        self.say(_("Fetching everything again."))

    @on(BottomBar.HintClicked)
    def _hint_clicked(self, event: BottomBar.HintClicked) -> None:
        self.run_by_id(event.command)

    @on(TopBar.TabClicked)
    def _tab_clicked(self, event: TopBar.TabClicked) -> None:
        self.walk.show_view(next(view.id for view in VIEWS if view.key == event.key))
        self.show.follow(NOTHING)

    # What the panes tell

    @on(InboxList.Highlighted)
    def _highlighted(self) -> None:
        if self.inbox.selected != self.desk.selected:
            self.walk.sync()
            self.show.follow(NOTHING)

    @on(InboxList.Opened)
    def _opened_row(self) -> None:
        self.walk.sync()
        self.focus_pane(Place.CONVERSATION)

    @on(Transcript.OlderWanted)
    def _older_wanted(self, event: Transcript.OlderWanted) -> None:
        if event.before_seq:
            self.desk.older(event.conversation, event.before_seq)
        else:
            self.desk.open_thread(event.conversation)
        self.show.follow(NOTHING)

    @on(Transcript.Seen)
    def _seen(self, event: Transcript.Seen) -> None:
        if self.walk.chosen:
            self.desk.mark_read(event.conversation, event.seq)
            self.show.follow(NOTHING)

    @on(Edited)
    def _edited(self, event: Edited) -> None:
        self._keep(event)

    def _keep(self, event: Edited | Left | ModeToggled) -> None:
        """Keep what is written now: the event may have been overtaken by words given back."""
        at = (event.conversation, event.mode)
        words = self.composer.words if self.composer.bound == at else event.words
        self.write.keep(*at, words)

    @on(Left)
    def _left(self, event: Left) -> None:
        self._keep(event)
        if event.conversation == self.desk.selected:
            self.write.rest()
        self.focus_pane(Place.CONVERSATION)
        self.show.follow(NOTHING)

    @on(SendAsked)
    def _send_asked(self, event: SendAsked) -> None:
        try:
            self.write.send(event.conversation, event.mode, event.text, event.then)
        except CannotDo as why:
            self.say(str(why), alarm=True)
        self.show.follow(NOTHING)

    @on(ComposerRefused)
    def _composer_refused(self, event: ComposerRefused) -> None:
        empty = not self.composer.words.text.strip()
        if empty and self.desk.send_now(event.conversation):
            self.say(commands.leaves(self.desk))
        else:
            self.say(event.reason)
        self.show.follow(NOTHING)

    @on(ModeToggled)
    def _mode_toggled(self, event: ModeToggled) -> None:
        self._keep(event)
        self.write.switch()

    @on(CannedAsked)
    def _canned_asked(self, event: CannedAsked) -> None:
        if event.conversation == self.desk.selected:
            self.ask.canned(event.query, slash=event.slash)

    @on(TypingChanged)
    def _typing_changed(self, event: TypingChanged) -> None:
        note = event.mode == "note"
        self.desk.signal(TypingSignal(event.conversation, event.on, note))

    def on_descendant_focus(self) -> None:
        """The keys go elsewhere now, by key or by click: the screen says where."""
        here = Place.CONVERSATION if self.place is Place.COMPOSER else self.place
        self._stand_in(here)
        self.show.bars()
