"""Opening what came with a message: a link or an attachment is chosen, looked at, then opened.

Nothing is opened that the agent has not seen for what it is, and nothing by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from agent_tui.apart import apart
from agent_tui.console import about
from agent_tui.console.fetching import Fetching, Outside
from agent_tui.console.things import File, Link, Thing, finding, said_by, things_in
from agent_tui.desk import CannotDo
from agent_tui.files.fetching import DEFAULT_LIMIT, HARD_LIMIT, Saved
from agent_tui.i18n import _
from agent_tui.links.host import NotOpened, examine
from agent_tui.links.opening import CannotOpen
from agent_tui.model import AttachmentId
from agent_tui.sanitise import plain_line
from agent_tui.widgets.confirm import Confirm, Confirmation
from agent_tui.widgets.message_words import size_words
from agent_tui.widgets.picker import Question

if TYPE_CHECKING:
    from agent_tui.console.screen import Console


class Opening:
    """The hands for links and attachments of the selected conversation."""

    def __init__(self, console: Console, outside: Outside | None) -> None:
        """`outside` None: nothing can be fetched or opened."""
        self._console = console
        self._outside = outside
        self._saved: dict[AttachmentId, Saved] = {}

    # Choosing

    def choose(self) -> None:
        """Which one?"""
        console = self._console
        find = finding(self._things(), console.desk.clock.now(), console.zone)
        name = console.desk.need().contact_name
        title = _("Links and attachments of {name}").format(name=name)
        question = Question(title, find, _("a part of its name"), width=84)
        console.ask.about(question, lambda answer: self._show(answer.value))

    def newest(self) -> None:
        """The newest one, without a list."""
        self._show(self._things()[0])

    def _things(self) -> list[Thing]:
        conv = self._console.desk.need()
        thread = self._console.desk.store.threads.get(conv.id)
        if thread is None or not thread.loaded:
            raise CannotDo(_("The messages are still on their way; wait a moment."))
        things = things_in(thread.messages)
        if not things:
            words = _("There is no link and no attachment in what is here of {name}.")
            raise CannotDo(words.format(name=conv.contact_name))
        return things

    def _show(self, thing: Thing) -> None:
        if isinstance(thing, Link):
            self._show_link(thing)
        else:
            self._show_file(thing)

    def confirm(self, asked: Confirmation, answered: Callable[[str | None], None]) -> Confirm:
        """Ask about one thing, under the conversation."""
        console = self._console

        def done(answer: str | None) -> None:
            try:
                answered(answer)
            except CannotDo as why:
                console.say(str(why), alarm=True)

        confirm = Confirm(asked, lambda: console.picker_corner)
        console.app.push_screen(confirm, done)
        return confirm

    def by(self, thing: Thing) -> str:
        """Who sent it, and when."""
        return said_by(thing, self._console.desk.clock.now(), self._console.zone)

    def _copy(self, text: str) -> None:
        self._console.app.copy_to_clipboard(text)
        self._console.say(_("Copied."))

    def _open(self, work: Callable[[], None], what: str) -> None:
        """Have it opened in a thread of its own, since the program that opens it may take time."""
        self._console.say(_("Opening {what} …").format(what=what))

        async def opened() -> None:
            try:
                await apart(work, "opener")
            except CannotOpen as why:
                words = _("Not opened: {reason}").format(reason=plain_line(why))
                self._console.say(words, alarm=True)

        self._console.run_worker(opened())

    # Links

    def _show_link(self, link: Link) -> None:
        try:
            target = examine(link.text)
        except NotOpened as why:
            asked = about.about_refused(link, why, self.by(link))
            self.confirm(asked, lambda answer: self._copy(link.text) if answer else None)
            return

        def answered(answer: str | None) -> None:
            if answer == "copy":
                self._copy(target.address)
            elif answer == "open":
                opener = self.outside.opener
                self._open(
                    partial(opener.open_address, target.address), target.host or target.address
                )

        self.confirm(about.about_link(target, self.by(link)), answered)

    @property
    def outside(self) -> Outside:
        """What opens and fetches. Raises `CannotDo` where there is nothing."""
        if self._outside is None:
            raise CannotDo(_("Nothing can be opened from here."))
        return self._outside

    @outside.setter
    def outside(self, outside: Outside) -> None:
        self._outside = outside

    # Attachments

    def _show_file(self, file: File) -> None:
        ident, size = file.attachment.id, file.attachment.size
        if ident is None:
            raise CannotDo(_("The desk has nothing to fetch for it."))
        saved = self._saved.get(ident)
        if saved is not None and saved.path.is_file():
            asked = about.about_saved(file, saved, self.by(file))
            self.confirm(asked, partial(self.saved_answered, saved))
        elif size is not None and size > DEFAULT_LIMIT:
            self.ask_for_large(file, size_words(size))
        else:
            self._fetch(file, ident, DEFAULT_LIMIT)

    def _fetch(self, file: File, ident: AttachmentId, limit: int) -> None:
        Fetching(self._console, file, ident, limit).begin()

    def ask_for_large(self, file: File, size: str) -> None:
        """Fetch it in spite of its size?"""
        ident = file.attachment.id
        assert ident is not None

        def answered(answer: str | None) -> None:
            if answer:
                self._fetch(file, ident, HARD_LIMIT)

        self.confirm(about.about_large(file, size, self.by(file)), answered)

    def remember(self, ident: AttachmentId, saved: Saved) -> None:
        """It is here: the next time it is not fetched again."""
        self._saved[ident] = saved

    def saved_answered(self, saved: Saved, answer: str | None) -> None:
        """What becomes of a file that was looked at."""
        if answer == "copy":
            self._copy(str(saved.path))
        elif answer == "open":
            self._open(partial(self.outside.opener.open_file, saved.path), saved.path.name)
        else:
            self._console.say(_("Saved: {file}").format(file=plain_line(saved.path)))
