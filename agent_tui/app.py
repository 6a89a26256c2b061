"""The program around the console: themes, the session's wake-ups, and the way out."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import os
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import ClassVar

from platformdirs import user_data_path, user_state_path
from textual import events
from textual.binding import Binding, BindingType

from agent_tui import canned
from agent_tui.canned import Library
from agent_tui.clock import Clock, SystemClock, SystemIds
from agent_tui.config import Settings, reply_folders
from agent_tui.console.fetching import Outside
from agent_tui.console.screen import Console
from agent_tui.desk import Desk
from agent_tui.events import Link
from agent_tui.files.saving import Quarantine
from agent_tui.guarded_app import GuardedApp
from agent_tui.i18n import LANGUAGES, _, ngettext
from agent_tui.links.opening import Opener
from agent_tui.logs import note
from agent_tui.salvage import salvage
from agent_tui.sanitise import plain_line
from agent_tui.session import Session
from agent_tui.terminal.events import PastedText
from agent_tui.terminal.output_wall import TALLY
from agent_tui.theme import THEMES
from agent_tui.turnstile import Turnstile
from agent_tui.widgets.composer_area import WordsArea
from agent_tui.widgets.confirm import Confirm
from agent_tui.widgets.picker import Picker
from agent_tui.widgets.too_small import TooSmall, is_too_small

FRAME = 1 / 60
"""Seconds between two looks at what came in: events of one frame are shown together."""

HEAVY = ("babel.dates", "babel.numbers", "holidays", "rapidfuzz.fuzz")
"""Libraries that are imported late: warmed up after the first paint, before a key needs them."""


class AgentTui(GuardedApp):
    """The console as a Textual program."""

    TITLE = "agent-tui"
    CSS_PATH = "console.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "leave", show=False, priority=True),
        Binding("ctrl+c", "leave_hint", show=False),
        Binding("ctrl+z", "sleep", show=False),
    ]

    def __init__(
        self, session: Session, settings: Settings, source: str, clock: Clock | None = None
    ) -> None:
        """`session` is connected already, or connecting; `source` says where its desk is."""
        self._clock = clock or SystemClock()
        super().__init__(self._clock)
        self._session = session
        self._settings = settings
        self._draining = False
        self._noted_link: Link | None = None
        """As the log knows it."""
        self._turnstile = Turnstile(self, super().on_event)
        ids = SystemIds(self._clock)
        self.desk = Desk(session.store, session, self._clock, ids, settings.zone)
        folder = user_data_path("agent-tui", appauthor=False) / "attachments"
        here = f"{self._clock.now():%Y%m%d-%H%M%S}-{os.getpid()}"
        outside = Outside(session.ask_backend, Quarantine(folder, here), Opener())
        self.console_screen = Console(self.desk, settings, source, session.reconnect, outside)
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = THEMES["light" if settings.theme == "light" else "dark"].name

    def run_console(self) -> int:
        """Open the screen and stay until the agent leaves; returns the exit code."""
        code = self.run_on_terminal()
        if TALLY.replaced and sys.__stderr__ is not None:
            words = ngettext(
                "{count} control character was kept from the terminal: please report this",
                "{count} control characters were kept from the terminal: please report this",
                TALLY.replaced,
            )
            told = plain_line("agent-tui: " + words.format(count=TALLY.replaced))
            with suppress(OSError):  # nobody is there to read it
                sys.__stderr__.write(f"{told}\n")
        return code

    async def on_event(self, event: events.Event) -> None:
        """What is typed or clicked comes in one by one; where the mouse is says nothing to do."""
        match event:
            case events.MouseMove():
                await super().on_event(event)
            case events.Key() | events.Paste() | events.MouseEvent() if not event.is_forwarded:
                await self._turnstile.take(event)
                if isinstance(event, PastedText) and event.keys:
                    words = _("Not pressed: a key that came with the paste; press it again.")
                    self.console_screen.say(words, alarm=True)
            case _:
                await super().on_event(event)

    def on_paste(self, event: events.Paste) -> None:
        """What was pasted found no place for words."""
        event.stop()
        if event.text:
            self.console_screen.say(
                _("Nothing is being written here, so the paste did nothing: r replies, n notes.")
            )

    def on_words_area_told(self, event: WordsArea.Told) -> None:
        """The composer has something to say about what was typed or pasted."""
        self.console_screen.say(event.words, alarm=True)

    def on_mount(self) -> None:
        """Show the console, and listen from then on."""
        self.push_screen(self.console_screen)
        # The link's thread wakes this loop, in the context that the framework's timers need.
        loop, context = asyncio.get_running_loop(), contextvars.copy_context()

        def wake() -> None:
            loop.call_soon_threadsafe(self._woken, context=context)

        self._session.listen(wake)
        self.call_next(self._drain)  # what an earlier run left is here before the first key
        self.mind_endings()
        self.set_interval(0.1, self._pump)
        self.call_after_refresh(self._settle)

    def on_resize(self, event: events.Resize) -> None:
        """A window without room shows that, until it has some."""
        shown = isinstance(self.screen, TooSmall)
        if is_too_small(event.size) and not shown:
            self.push_screen(TooSmall())
        elif shown and not is_too_small(event.size):
            self.pop_screen()

    def _settle(self) -> None:
        """After the first paint: what is not needed for it, beside the screen's thread."""
        threading.Thread(target=self._prepare, name="prepare", daemon=True).start()

    def _prepare(self) -> None:
        folders = [canned.built_in_folder(), *reply_folders(self._settings)]
        libraries = {language: canned.load(folders, language) for language in LANGUAGES}
        for name in HEAVY:
            import_module(name)
        self.in_loop(partial(self._prepared, libraries))

    def _prepared(self, libraries: Mapping[str, Library]) -> None:
        if not self.is_running:
            return
        self.console_screen.libraries = libraries
        problems = libraries[self._settings.language].problems
        if problems:
            self.console_screen.say(problems[0].message, alarm=True)
        if not self.is_headless:
            gc.collect()
            gc.freeze()

    def _woken(self) -> None:
        """Something came in: look at it with whatever else comes in this frame."""
        if not self._draining:
            self._draining = True
            self.set_timer(FRAME, self._drain)

    def _drain(self) -> None:
        self._draining = False
        if not self.is_running:
            return  # the screen is gone already
        change = self._session.drain()
        if change:
            change |= self._session.pump()
            self.console_screen.show.follow(change)
        if (link := self._session.store.link.link) is not self._noted_link:
            self._noted_link = link
            note("link", link=link)

    def _pump(self) -> None:
        """Send what has come due."""
        if self.is_running and (change := self._session.pump()):
            self.console_screen.show.follow(change)

    def last_words(self) -> str:
        """Save what is unsent before the end, and say where it is."""
        return self._salvaged()

    def before_sleep(self) -> None:
        """Whoever stops the process may kill it in its sleep: what is written is kept first."""
        self._session.flush()

    def after_sleep(self) -> None:
        """The line may have gone meanwhile: look at once."""
        self._session.probe()

    def _salvaged(self) -> str:
        """Save what is unsent before the end, and say where it is."""
        if self._session.save():
            words = _("agent-tui had to end; what was unsent is kept: start it again to go on")
            return plain_line(words)
        folder = user_state_path("agent-tui", appauthor=False)
        try:
            path = salvage(self.desk, folder, self._clock.now())
        except OSError as error:
            return plain_line(
                _("what was unsent could not be saved: {reason}").format(reason=error)
            )
        if path is None:
            return plain_line(_("agent-tui had to end; nothing was unsent"))
        return plain_line(_("agent-tui had to end; what was unsent is in {file}").format(file=path))

    def action_leave(self) -> None:
        """Leave, asking first where something is unsent; a question that is open is closed."""
        if isinstance(self.screen, Picker | Confirm):
            self.screen.dismiss(None)
        self.call_later(self.console_screen.ask.quit)

    def action_sleep(self) -> None:
        """Ctrl+Z outside a text: back to the shell, until it wakes the program."""
        from agent_tui.endings import can_be_woken  # noqa: PLC0415 - late: there is none elsewhere

        if can_be_woken():
            self.fall_asleep()
        else:
            self.console_screen.say(_("no shell is there to come back from; q quits"))

    def action_leave_hint(self) -> None:
        """Ctrl+C never quits at once."""
        self.console_screen.say(_("q quits; Ctrl+Q from everywhere."))
