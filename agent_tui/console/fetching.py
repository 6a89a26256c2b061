"""Fetching one file into quarantine, while the agent sees how far it has come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from agent_tui.backends.base import Backend, CannotFetch, Unreachable
from agent_tui.console import about
from agent_tui.console.things import File
from agent_tui.desk import CannotDo
from agent_tui.files.fetching import HARD_LIMIT, Progress, Saved, TooLarge, fetch
from agent_tui.files.saving import CannotSave, Quarantine
from agent_tui.i18n import _
from agent_tui.links.opening import Opener
from agent_tui.model import AttachmentId
from agent_tui.sanitise import plain_line
from agent_tui.widgets.confirm import Confirm
from agent_tui.widgets.message_words import size_words

if TYPE_CHECKING:
    from agent_tui.console.screen import Console

LOOK = 0.2
"""Seconds between two looks at how far a file has come."""


class AskBackend(Protocol):
    """Does work with the backend beside the link; see `Session.ask_backend`."""

    def __call__(self, work: Callable[[Backend], Coroutine[Any, Any, Saved]]) -> Future[Saved]: ...


@dataclass(frozen=True, slots=True)
class Outside:
    """What there is outside the console to open and to keep things with."""

    ask_backend: AskBackend
    quarantine: Quarantine
    opener: Opener


class Fetching:
    """A file on its way.

    A question stands on the screen all the while, so that no key falls where it was not meant to;
    Esc gives up, and when the file is here it becomes the question whether to open it.
    """

    def __init__(self, console: Console, file: File, ident: AttachmentId, limit: int) -> None:
        """At most `limit` bytes."""
        self._console = console
        self._file = file
        self._ident = ident
        self._limit = limit
        self._progress = Progress()
        self._saved: Saved | None = None

    def begin(self) -> None:
        """Ask for it. Raises `CannotDo`."""
        outside = self._console.open.outside
        wanted, limit, progress = self._file.attachment, self._limit, self._progress

        async def work(backend: Backend) -> Saved:
            source = partial(backend.attachment, self._ident)
            return await fetch(source, wanted, outside.quarantine, limit, progress)

        try:
            future = outside.ask_backend(work)
        except Unreachable:
            raise CannotDo(_("The desk cannot be reached; try again when it is back.")) from None
        coming = about.about_coming(self._file, progress)
        confirm = self._console.open.confirm(coming, partial(self._answered, future))
        self._console.run_worker(self._follow(future, confirm))

    def _answered(self, future: Future[Saved], answer: str | None) -> None:
        if self._saved is not None:
            self._console.open.saved_answered(self._saved, answer)
        elif not future.done():
            future.cancel()
            self._console.say(_("{name} is not fetched.").format(name=about.name_of(self._file)))

    async def _follow(self, future: Future[Saved], confirm: Confirm) -> None:
        """Show how far it has come, and what came of it."""
        looking = confirm.set_interval(LOOK, partial(self._look, confirm))
        try:
            saved = await asyncio.wrap_future(future)
        except asyncio.CancelledError:  # by Esc, or because the line ends
            confirm.close()
        except (CannotSave, CannotFetch) as why:
            confirm.close()
            self._failed(why)
        except Exception as error:  # a file must not take the console down with it
            confirm.close()
            words = _("by a mistake of agent-tui ({reason})").format(reason=plain_line(repr(error)))
            self._failed(CannotFetch(plain_line(words)))
        else:
            self._saved = saved
            opening = self._console.open
            opening.remember(self._ident, saved)
            confirm.show(about.about_saved(self._file, saved, opening.by(self._file)))
        finally:
            looking.stop()

    def _look(self, confirm: Confirm) -> None:
        confirm.show(about.about_coming(self._file, self._progress))

    def _failed(self, why: CannotSave | CannotFetch) -> None:
        if isinstance(why, TooLarge) and self._limit < HARD_LIMIT:
            more = _("more than {size}").format(size=size_words(self._limit))
            self._console.open.ask_for_large(self._file, more)
            return
        words = _("{name} is not fetched: {reason}")
        name = about.name_of(self._file)
        self._console.say(words.format(name=name, reason=why), alarm=True)
