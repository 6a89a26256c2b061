"""The questions the console asks, and what becomes of the answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from agent_tui import choices
from agent_tui.change import NOTHING
from agent_tui.choices import Awake, Owner
from agent_tui.commands import BY_ID, COMMANDS, Place
from agent_tui.desk import CannotDo
from agent_tui.i18n import _, ngettext
from agent_tui.model import ConversationId, Priority, SafeText
from agent_tui.widgets.picker import Answer, Choice, Picker, Question

if TYPE_CHECKING:
    from agent_tui.console import Console

T = TypeVar("T")


class Asking:
    """Opens a picker, and acts on its answer for the conversation it was opened for."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._desk = console.desk

    def assign(self, *, teams_only: bool = False) -> None:
        """To whom?"""
        conv = self._desk.need()
        find = choices.owners(self._desk.store, conv, teams_only=teams_only)
        title = _("Team for {name}") if teams_only else _("Assign {name} to")
        hint = _("a team") if teams_only else _("a letter, a name or a team")
        self._ask(Question(title.format(name=conv.contact_name), find, hint), self._assigned)

    def _assigned(self, answer: Answer[Owner]) -> None:
        owner = answer.value
        if owner.team is not None:
            self._desk.assign_team(owner.team)
            team = self._desk.store.teams[owner.team].name
            self._console.acted(_("{name} goes to {team}.").replace("{team}", team))
            return
        self._desk.assign(owner.agent)
        if owner.agent is None:
            self._console.acted(_("{name} belongs to nobody now."))
            return
        who = self._desk.store.agent_name(owner.agent)
        self._console.acted(_("{name} goes to {who}.").replace("{who}", who))

    def snooze(self) -> None:
        """Until when?"""
        conv = self._desk.need()
        console = self._console
        find = choices.moments(self._desk.clock.now(), console.zone, console.hours)
        title = _("Snooze {name} until").format(name=conv.contact_name)
        hint = _("a letter, or “tomorrow 9”, “2h”, “Fr 14:00”")
        self._ask(Question(title, find, hint), self._snoozed)

    def _snoozed(self, answer: Answer[Awake]) -> None:
        until = answer.value.until
        self._desk.snooze(until)
        if until is None:
            self._console.acted(_("{name} sleeps until the customer writes."), advance=True)
            return
        at = choices.moment_words(until, self._desk.clock.now(), self._console.zone)
        self._console.acted(_("{name} sleeps until {at}.").replace("{at}", at), advance=True)

    def labels(self) -> None:
        """Which labels?"""
        conv = self._desk.need()
        find = choices.labels(self._desk.store, conv)
        title = _("Labels of {name}").format(name=conv.contact_name)
        hint = _("a label, or a new one")
        self._ask(Question(title, find, hint, several=True), self._labelled)

    def _labelled(self, answer: Answer[SafeText]) -> None:
        conv = self._desk.need()
        marks = answer.marks or {answer.value: answer.value not in conv.labels}
        add = tuple(label for label, on in marks.items() if on and label not in conv.labels)
        remove = tuple(label for label, on in marks.items() if not on and label in conv.labels)
        self._desk.label(add, remove)
        self._console.acted(_("Labels of {name} changed."))

    def priority(self) -> None:
        """How urgent?"""
        conv = self._desk.need()
        title = _("Priority of {name}").format(name=conv.contact_name)
        self._ask(Question(title, choices.priorities(conv), _("a letter")), self._prioritised)

    def _prioritised(self, answer: Answer[Priority]) -> None:
        self._desk.prioritise(answer.value)
        self._console.acted(_("Priority of {name} changed."))

    def canned(self, query: str, *, slash: bool = False) -> None:
        """Which canned reply? With `slash` a dismissed picker leaves the slash in the text."""
        conv = self._desk.need()
        console = self._console
        find = choices.canned(console.library, conv.channel, console.write.fill)
        question = Question(_("Canned replies"), find, query=query, width=84)
        dismissed = (lambda: console.composer.insert("/")) if slash else None
        self._ask(question, lambda answer: console.write.insert(answer.value), dismissed)

    def palette(self) -> None:
        """Which command?"""
        console = self._console
        place = Place.CONVERSATION if console.place is Place.COMPOSER else console.place
        entries = [c for c in COMMANDS if c.in_palette and place in c.places]
        question = Question(
            _("Every command"), choices.commands(entries, place), _("type to search")
        )
        self._ask(question, lambda answer: console.run(BY_ID[answer.value]))

    def help(self) -> None:
        """The keys of this place; Enter does what the row says."""
        console = self._console
        question = Question(_("Keys here"), choices.keys_of(console.place), _("type to search"))
        self._ask(question, lambda answer: console.run(BY_ID[answer.value]))

    def quit(self) -> None:
        """Leave, if nothing is unsent; else ask."""
        unsent = sum(1 for p in self._desk.store.outbox if p.settled_at_seq is None)
        drafts = len(self._desk.drafts)
        if not unsent and not drafts:
            self._console.app.exit()
            return
        parts = []
        if unsent:
            words = ngettext("{count} not sent yet", "{count} not sent yet", unsent)
            parts.append(words.format(count=unsent))
        if drafts:
            parts.append(ngettext("{count} draft", "{count} drafts", drafts).format(count=drafts))
        rows = [
            Choice("stay", _("Stay")),
            Choice("quit", _("Quit; what is unsent is lost")),
        ]
        title = _("Quit? {what}").format(what=", ".join(parts))
        question = Question(title, lambda query: choices.by_words(rows, query))
        self._ask(question, self._quit)

    def _quit(self, answer: Answer[str]) -> None:
        if answer.value == "quit":
            self._console.app.exit()

    def _ask(
        self,
        question: Question[T],
        answered: Callable[[Answer[T]], None],
        dismissed: Callable[[], None] | None = None,
    ) -> None:
        """Ask under the conversation; the answer is for the conversation it was asked about."""
        subject: ConversationId | None = self._desk.selected

        def done(answer: Answer[T] | None) -> None:
            if answer is None:
                if dismissed is not None:
                    dismissed()
                return
            try:
                if self._desk.selected != subject:
                    raise CannotDo(_("Another conversation is selected now; nothing was done."))
                answered(answer)
            except CannotDo as reason:
                self._console.say(str(reason), alarm=True)
            self._console.show.follow(NOTHING)

        self._console.app.push_screen(Picker(question, lambda: self._console.picker_corner), done)
