"""The questions the console asks, and what becomes of the answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from agent_tui.change import NOTHING
from agent_tui.commands import BY_ID
from agent_tui.console import choices, presenting
from agent_tui.console.choices import Awake, Owner
from agent_tui.console.unsent import Unsent
from agent_tui.desk import CannotDo
from agent_tui.i18n import _, ngettext
from agent_tui.model import Conversation, ConversationId, Priority, SafeText
from agent_tui.sanitise import Field, sanitise
from agent_tui.widgets.picker import Answer, Choice, Picker, Question

if TYPE_CHECKING:
    from agent_tui.console.screen import Console

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
        question = Question(title.format(name=conv.contact_name), find, hint)
        self._ask_about(conv, question, self._assigned)

    def _assigned(self, answer: Answer[Owner], at: ConversationId) -> None:
        owner = answer.value
        if owner.team is not None:
            self._desk.assign_team(owner.team, at)
            team = self._desk.store.teams[owner.team].name
            self._console.acted(_("{name} goes to {team}.").replace("{team}", team), at)
            return
        self._desk.assign(owner.agent, at)
        if owner.agent is None:
            self._console.acted(_("{name} belongs to nobody now."), at)
            return
        who = self._desk.store.agent_name(owner.agent)
        self._console.acted(_("{name} goes to {who}.").replace("{who}", who), at)

    def snooze(self) -> None:
        """Until when?"""
        conv = self._desk.need()
        console = self._console
        find = choices.moments(self._desk.clock.now(), console.zone, console.hours)
        title = _("Snooze {name} until").format(name=conv.contact_name)
        hint = _("a letter, or “tomorrow 9”, “2h”, “Fr 14:00”")
        self._ask_about(conv, Question(title, find, hint), self._snoozed)

    def _snoozed(self, answer: Answer[Awake], at: ConversationId) -> None:
        until = answer.value.until
        self._desk.snooze(until, at)
        if until is None:
            self._console.acted(_("{name} sleeps until the customer writes."), at, advance=True)
            return
        moment = choices.moment_words(until, self._desk.clock.now(), self._console.zone)
        words = _("{name} sleeps until {at}.").replace("{at}", moment)
        self._console.acted(words, at, advance=True)

    def labels(self) -> None:
        """Which labels?"""
        conv = self._desk.need()
        find = choices.labels(self._desk.store, conv)
        title = _("Labels of {name}").format(name=conv.contact_name)
        hint = _("a label, or a new one")
        self._ask_about(conv, Question(title, find, hint, several=True), self._labelled)

    def _labelled(self, answer: Answer[SafeText], at: ConversationId) -> None:
        conv = self._desk.need(at)
        marks = answer.marks or {answer.value: answer.value not in conv.labels}
        add = tuple(label for label, on in marks.items() if on and label not in conv.labels)
        remove = tuple(label for label, on in marks.items() if not on and label in conv.labels)
        self._desk.label(add, remove, at)
        self._console.acted(_("Labels of {name} changed."), at)

    def priority(self) -> None:
        """How urgent?"""
        conv = self._desk.need()
        title = _("Priority of {name}").format(name=conv.contact_name)
        question = Question(title, choices.priorities(conv), _("a letter"))
        self._ask_about(conv, question, self._prioritised)

    def _prioritised(self, answer: Answer[Priority], at: ConversationId) -> None:
        self._desk.prioritise(answer.value, at)
        self._console.acted(_("Priority of {name} changed."), at)

    def canned(self, query: str, *, slash: bool = False) -> None:
        """Which canned reply? With `slash` a dismissed picker leaves what was typed in the text."""
        conv = self._desk.need()
        console = self._console
        find = choices.canned(console.library, conv.channel, console.write.fill)
        question = Question(_("Canned replies"), find, word=slash, query=query, width=84)

        def left(typed: str) -> None:
            if slash and self._desk.selected == conv.id:
                console.composer.insert("/" + sanitise(typed, Field.COMPOSER))

        def inserted(answer: Answer[str]) -> None:
            if self._desk.selected != conv.id:
                raise CannotDo(_("Another conversation is selected now; nothing was done."))
            console.write.insert(answer.value)

        self._ask(question, inserted, left)

    def palette(self) -> None:
        """Which command?"""
        console = self._console
        find = choices.palette(
            console.place, console.keys, lambda command: command.blocked(console)
        )
        question = Question(_("Every command"), find, _("type to search"))
        self._ask(question, lambda answer: console.run_chosen(BY_ID[answer.value]))

    def help(self) -> None:
        """The keys of this place; Enter does what the row says."""
        console = self._console
        find = choices.keys_of(
            console.place, console.keys, lambda command: command.blocked(console)
        )
        question = Question(_("Keys here"), find, _("type to search"))
        self._ask(question, lambda answer: console.run(BY_ID[answer.value]))

    def unsent(self) -> None:
        """What of all that is unsent?"""
        Unsent(self._console).list()

    def about(self, question: Question[T], answered: Callable[[Answer[T]], None]) -> None:
        """A question of somebody else's."""
        self._ask(question, answered)

    def quit(self) -> None:
        """Leave, if nothing would be lost by it and nothing waits; else ask."""
        unsent = presenting.unsent(self._desk)
        kept = self._desk.keeps
        drafts = 0 if kept else len(self._desk.drafts) + len(self._desk.store.strays)
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
            Choice("quit", _("Quit; it is kept, and goes when you open agent-tui again"))
            if kept
            else Choice("quit", _("Quit; what is unsent is lost")),
        ]
        title = _("Quit? {what}").format(what=", ".join(parts))
        question = Question(title, lambda query: choices.by_words(rows, query))
        self._ask(question, self._quit)

    def _quit(self, answer: Answer[str]) -> None:
        if answer.value == "quit":
            self._console.app.exit()

    def _ask_about(
        self,
        conv: Conversation,
        question: Question[T],
        answered: Callable[[Answer[T], ConversationId], None],
    ) -> None:
        """Ask about a conversation as it is seen now: the answer is for it, and only if nobody
        changed it while the question was open."""

        def done(answer: Answer[T]) -> None:
            now = self._desk.need(conv.id)
            if now.ver != conv.ver:
                who, _at = self._desk.store.changed_by(conv.id)
                raise CannotDo(
                    _("{who} changed {name} meanwhile; look again, nothing was done.").format(
                        who=who or _("Somebody"), name=conv.contact_name
                    )
                )
            answered(answer, conv.id)

        self._ask(question, done)

    def _ask(
        self,
        question: Question[T],
        answered: Callable[[Answer[T]], None],
        dismissed: Callable[[str], None] | None = None,
    ) -> None:
        """Ask under the conversation."""

        def done(answer: Answer[T] | None) -> None:
            if answer is None:
                if dismissed is not None:
                    dismissed(picker.typed)
                return
            try:
                answered(answer)
            except CannotDo as reason:
                self._console.say(str(reason), alarm=True)
            self._console.show.follow(NOTHING)

        picker = Picker(question, lambda: self._console.picker_corner)
        self._console.app.push_screen(picker, done)
