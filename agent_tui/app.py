"""The program around the console: themes, the session's wake-ups, and the way out."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import signal
import sys
import threading
import traceback
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from typing import ClassVar

from platformdirs import user_state_path
from rich.text import Text
from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.notifications import SeverityLevel

from agent_tui import canned
from agent_tui.canned import Library
from agent_tui.clock import Clock, SystemClock, SystemIds
from agent_tui.config import Settings, reply_folders
from agent_tui.console.screen import Console
from agent_tui.desk import Desk
from agent_tui.i18n import LANGUAGES, _
from agent_tui.salvage import salvage
from agent_tui.sanitise import Field, plain_line, sanitise
from agent_tui.session import Session
from agent_tui.theme import THEMES
from agent_tui.turnstile import Turnstile
from agent_tui.widgets.picker import Picker

FRAME = 1 / 60
"""Seconds between two looks at what came in: events of one frame are shown together."""

HEAVY = ("babel.dates", "babel.numbers", "holidays", "rapidfuzz.fuzz")
"""Libraries that are imported late: warmed up after the first paint, before a key needs them."""

ALT = "alt+"


def _driver() -> type[Driver] | None:
    """The framework's own choice of driver, guarded where it is the one for terminals here."""
    if sys.platform == "win32":
        return None
    from agent_tui.terminal import GuardedDriver  # noqa: PLC0415 - late: there is none elsewhere

    return GuardedDriver


def _is_escape_and_letter(event: events.Key) -> bool:
    """Esc and a letter right behind it look like Alt and the letter; nothing here wants Alt."""
    return event.key.startswith(ALT) and event.is_printable


class AgentTui(App[None]):
    """The console as a Textual program."""

    TITLE = "agent-tui"
    CSS_PATH = "console.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "leave", show=False, priority=True),
        Binding("ctrl+c", "leave_hint", show=False),
    ]

    def __init__(
        self, session: Session, settings: Settings, source: str, clock: Clock | None = None
    ) -> None:
        """`session` is connected already, or connecting; `source` says where its desk is."""
        super().__init__(driver_class=_driver())
        self._session = session
        self._settings = settings
        self._clock = clock or SystemClock()
        self._draining = False
        self._turnstile = Turnstile(self, super().on_event)
        ids = SystemIds(self._clock)
        self.desk = Desk(session.store, session, self._clock, ids, settings.zone)
        self.console_screen = Console(self.desk, settings, source, session.reconnect)
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = THEMES["light" if settings.theme == "light" else "dark"].name

    def run_console(self) -> int:
        """Open the screen and stay until the agent leaves; returns the exit code."""
        self.run()
        return self.return_code or 0

    async def on_event(self, event: events.Event) -> None:
        """What is typed or clicked comes in one by one; where the mouse is says nothing to do."""
        match event:
            case events.MouseMove():
                await super().on_event(event)
            case events.Key() if not event.is_forwarded and _is_escape_and_letter(event):
                await self._turnstile.take(events.Key("escape", None))
                await self._turnstile.take(events.Key(event.character or "", event.character))
            case events.Key() | events.Paste() | events.MouseEvent() if not event.is_forwarded:
                await self._turnstile.take(event)
            case _:
                await super().on_event(event)

    def on_mount(self) -> None:
        """Show the console, and listen from then on."""
        self.push_screen(self.console_screen)
        # The link's thread wakes this loop, in the context that the framework's timers need.
        loop, context = asyncio.get_running_loop(), contextvars.copy_context()

        def wake() -> None:
            loop.call_soon_threadsafe(self._woken, context=context)

        self._session.listen(wake)
        if not self.is_headless:
            self._mind_signals(loop)
        self.set_interval(0.1, self._pump)
        self.call_after_refresh(self._settle)

    def _mind_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        """Whoever ends the program from outside does not end the words in it."""
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._ended_by, number)

    def _ended_by(self, number: signal.Signals) -> None:
        self.exit(return_code=128 + number, message=Text(self._salvaged()))

    def _settle(self) -> None:
        """After the first paint: what is not needed for it, beside the screen's thread."""
        threading.Thread(target=self._prepare, name="prepare", daemon=True).start()

    def _prepare(self) -> None:
        folders = [canned.built_in_folder(), *reply_folders(self._settings)]
        libraries = {language: canned.load(folders, language) for language in LANGUAGES}
        for name in HEAVY:
            import_module(name)
        with suppress(RuntimeError):  # the agent has left already
            self.call_from_thread(self._prepared, libraries)

    def _prepared(self, libraries: Mapping[str, Library]) -> None:
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

    def _pump(self) -> None:
        """Send what has come due."""
        if self.is_running and (change := self._session.pump()):
            self.console_screen.show.follow(change)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """As the framework's, but never reading markup in what may be a customer's words."""
        super().notify(
            plain_line(message),
            title=plain_line(title),
            severity=severity,
            timeout=timeout,
            markup=markup,
        )

    def _fatal_error(self) -> None:
        """Leave with the traceback, but without local variables: they hold tokens and letters."""
        self.bell()
        words = sanitise("".join(traceback.format_exception(*sys.exc_info())), Field.BODY)
        self._exit_renderables.append(Text(words))
        self._exit_renderables.append(Text(self._salvaged()))
        self._close_messages_no_wait()

    def _salvaged(self) -> str:
        """Save what is unsent before the end, and say where it is."""
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
        if isinstance(self.screen, Picker):
            self.screen.dismiss(None)
        self.call_later(self.console_screen.ask.quit)

    def action_leave_hint(self) -> None:
        """Ctrl+C never quits at once."""
        self.console_screen.say(_("q quits; Ctrl+Q from everywhere."))
