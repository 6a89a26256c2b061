"""A Textual program that ends well: signals, sleep, crashes, a terminal that stalls or is gone."""

from __future__ import annotations

import asyncio
import contextvars
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from rich.console import RenderableType
from rich.text import Text
from textual.app import App
from textual.driver import Driver
from textual.filter import Monochrome
from textual.notifications import SeverityLevel

from agent_tui.clock import Clock
from agent_tui.crash import Reports, loop_handler, place_of
from agent_tui.fault_file import faults_into
from agent_tui.i18n import _
from agent_tui.logs import note
from agent_tui.no_colour import NoColour
from agent_tui.private_file import state_folder
from agent_tui.sanitise import plain_line

if TYPE_CHECKING:
    from agent_tui.endings import Terminal
    from agent_tui.screen_writer import ScreenWriter

KEYBOARD, SCREEN = 0, 2
"""Handles that the framework's driver reads from and writes to."""


def _driver() -> type[Driver] | None:
    """The framework's own choice of driver, guarded where it is the one for terminals here."""
    if sys.platform == "win32":
        return None
    from agent_tui.terminal.driver import GuardedDriver  # noqa: PLC0415 - late: not everywhere

    return GuardedDriver


class GuardedApp(App[None]):
    """What every screen of this program needs, and no widget knows of."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(driver_class=_driver())
        self._reports = Reports(state_folder(), clock)
        self._leaving: tuple[int, bool] | None = None
        """The signal that ends the program, and whether somebody is there to read."""
        self._ending = threading.Lock()
        self._last_line: str | None = None
        self._context_of_loop: contextvars.Context | None = None
        self._slept = False
        self._writer: ScreenWriter | None = None
        self._terminal: Terminal | None = None
        self._asked_to_hear_sleep: Callable[[], None] = lambda: None
        if os.environ.get("NO_COLOR"):
            self._filters[:] = [f for f in self._filters if not isinstance(f, Monochrome)]
            self._filters.append(NoColour())

    # What the program itself has to say to it

    def last_words(self) -> str:
        """Save what is unsent, and say in one line where it is; called once, in any thread."""
        return ""

    def before_sleep(self) -> None:
        """The process is about to be stopped, and may be killed in its sleep."""

    def after_sleep(self) -> None:
        """The process runs again, any time later."""

    # Signals and sleep

    def run_on_terminal(self) -> int:
        """Run on the terminal until the agent leaves or a signal ends it; returns the exit code."""
        if sys.platform == "win32":
            self.run()
            return self.return_code or 0
        from textual.drivers import linux_driver  # noqa: PLC0415 - late: there is none elsewhere

        from agent_tui.endings import Terminal, Watch  # noqa: PLC0415 - late: as above
        from agent_tui.screen_writer import ScreenWriter  # noqa: PLC0415 - late: as above

        def writer(file: TextIO) -> ScreenWriter:
            self._writer = ScreenWriter(file, lambda: self.in_loop(self.paint_anew))
            return self._writer

        setattr(linux_driver, "WriterThread", writer)  # noqa: B010 - its only seam
        self._terminal = Terminal(KEYBOARD, SCREEN)
        watch = Watch(self._terminal, self)
        self._asked_to_hear_sleep = watch.hear_sleep
        with faults_into(state_folder()), watch:
            self.run()
        return self.return_code or 0

    def mind_endings(self) -> None:
        """To be called once the loop runs and the driver has taken its signals."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(loop_handler(self._reports, note))
        self._context_of_loop = contextvars.copy_context()
        self._asked_to_hear_sleep()
        if self._leaving is not None:
            self._leave_now()

    def paint_anew(self) -> None:
        """Paint the whole screen: what stands on the terminal is not known."""
        if self._running and self._screen_stack:
            self.refresh(layout=True)

    def fall_asleep(self) -> None:
        """Give the terminal back and stop until somebody wakes the process."""
        from agent_tui.endings import stop_here  # noqa: PLC0415 - late: there is none elsewhere

        driver = self._driver
        if driver is None or not driver.can_suspend or self._exit:
            return
        note("sleep")
        self.before_sleep()
        driver.suspend_application_mode()
        stop_here()
        self._slept = True
        self._back_on_screen(driver)

    def _wake_up(self) -> None:
        """Somebody stopped the process without asking, and let it run again."""
        if self._slept:
            self._slept = False
        elif self._driver is not None and not self._exit:
            self._driver.suspend_application_mode()
            self._back_on_screen(self._driver)

    def _back_on_screen(self, driver: Driver) -> None:
        driver.resume_application_mode()
        self.paint_anew()
        note("awake")
        self.after_sleep()

    def told_to_leave(self, number: int, somebody: bool) -> None:
        """In the watching thread."""
        self._leaving = number, somebody
        note("told to end", signal=number, terminal=somebody)
        self.in_loop(self._leave_now)

    def told_to_sleep(self, number: int) -> None:
        """In the watching thread."""
        from agent_tui.endings import SLEEPING  # noqa: PLC0415 - late: there is none elsewhere

        self.in_loop(self.fall_asleep if number == SLEEPING[0] else self._wake_up)

    def write_nothing_more(self) -> None:
        """In the watching thread."""
        if self._writer is not None:
            self._writer.abandon()

    def in_loop(self, do: Callable[[], None]) -> None:
        """From any thread: have the screen's thread do it, unless the agent has left."""
        if self._loop is not None and self._context_of_loop is not None:
            with suppress(RuntimeError):  # it is closed
                self._loop.call_soon_threadsafe(do, context=self._context_of_loop)

    def _leave_now(self) -> None:
        assert self._leaving is not None
        number, somebody = self._leaving
        words = self.end_words()
        self.exit(return_code=128 + number, message=Text(words) if somebody else None)

    def end_words(self) -> str:
        """`last_words`, once."""
        with self._ending:
            if self._last_line is None:
                self._last_line = self.last_words()
            return self._last_line

    # Mistakes of the program's own

    def _fatal_error(self) -> None:
        """Leave, and tell where it went wrong: no traceback, whose words may be anybody's."""
        self._crashed(sys.exc_info()[1] or self._exception)

    def panic(self, *_renderables: RenderableType) -> None:
        """As the framework's, without showing what it would."""
        self._return_code = 1
        self._crashed(self._exception)

    def _crashed(self, error: BaseException | None) -> None:
        self.bell()
        lines = [_("agent-tui had to end by a mistake of its own")]
        if error is not None:
            note("crash", error)
            lines = [
                _("agent-tui had to end by a mistake of its own: {place}").format(
                    place=place_of(error)
                )
            ]
            path = self._reports.write(error, "the screen")
            if path is not None:
                lines.append(
                    _("the report {file} tells where, and holds no customer's words").format(
                        file=path
                    )
                )
        self._exit_renderables.append(Text("\n".join([*lines, self.end_words()])))
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        """Every line that is left to say, where somebody is there to read it."""
        texts = [one.plain for one in self._exit_renderables if isinstance(one, Text)]
        self._exit_renderables.clear()
        lines = [plain_line(line) for text in texts for line in text.split("\n") if line]
        if self._leaving is not None and not self._leaving[1]:
            return
        if self._terminal is not None and self._writer is not None and self._writer.gave_up:
            self._terminal.put_right("\n".join(lines))
        elif sys.__stderr__ is not None:
            with suppress(OSError, ValueError):
                sys.__stderr__.write("".join(f"{line}\n" for line in lines))
                sys.__stderr__.flush()

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
