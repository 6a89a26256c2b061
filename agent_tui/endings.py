"""How the program ends from outside, and how it sleeps: signals, a terminal that is gone.

A thread of its own hears of it, whatever the screen's thread is doing. It asks the screen to
leave; where that does not happen in time it saves what is unsent, puts the terminal right by its
own hand and ends the process.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Final, NoReturn, Protocol

from agent_tui.credentials.command import end_commands
from agent_tui.screen_writer import own_handle

ENDING: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
SLEEPING: Final = (signal.SIGTSTP, signal.SIGCONT)

PATIENCE: Final = 1.2
"""Seconds the screen has to leave by itself."""
LAST_WORDS: Final = 0.35
"""Seconds that saving has after that, and again the terminal."""

RESTORED: Final = (
    "\x1b[?2026l\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1016l\x1b[?1000l\x1b[?1003l\x1b[?1015l"
    "\x1b[?1006l\x1b[<u\x1b[0m\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
"""Undoes every mode the framework's driver switches on, in its order (textual 8.2.8)."""


class Ended(BaseException):
    """A signal ends the program; raised in the main thread while no screen is open."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.code = 128 + number
        """The exit code by the shells' custom."""


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Signals that end the program raise `Ended` in here: what is open is closed on the way out.

    One that is ignored already, as `nohup` has it, stays ignored.
    """

    def end(number: int, _frame: FrameType | None) -> NoReturn:
        raise Ended(number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in ENDING}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Terminal:
    """The terminal as it was before the screen opened, so that it can be put right by hand."""

    def __init__(self, keyboard: int, screen: int) -> None:
        """Handles of the input and the output."""
        self.keyboard = keyboard
        self._screen = screen
        self._own = own_handle(screen)
        self._attributes: list[Any] | None = None
        with suppress(termios.error):
            self._attributes = termios.tcgetattr(keyboard)

    def put_right(self, words: str, seconds: float = LAST_WORDS) -> None:
        """Restore it and show `words`; what waits for a terminal that stalls is thrown away.

        May be called from any thread; takes at most about `seconds`.
        """
        with suppress(OSError, ValueError):
            # A program in the background would be stopped for touching the terminal.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
        if self._attributes is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.keyboard, termios.TCSANOW, self._attributes)
        data = (RESTORED + words + ("\n" if words else "")).encode("utf-8", "replace")
        if self._own is None:
            writer = threading.Thread(target=os.write, args=(self._screen, data), daemon=True)
            writer.start()
            writer.join(seconds)
            return
        deadline = time.monotonic() + seconds
        while data and time.monotonic() < deadline:
            try:
                data = data[os.write(self._own, data) :]
            except BlockingIOError:
                with suppress(termios.error):
                    termios.tcflush(self._own, termios.TCOFLUSH)
                time.sleep(0.005)
            except OSError:
                return


class Screen(Protocol):
    """What is asked of the program whose screen is open; all in the watching thread."""

    def told_to_leave(self, number: int, somebody: bool) -> None:
        """Leave, because of this signal; `somebody` is there to read. May not wait."""

    def told_to_sleep(self, number: int) -> None:
        """Stop (SIGTSTP) or wake (SIGCONT). May not wait."""

    def end_words(self) -> str:
        """Save what is unsent, unless that is done, and say where it is. May wait."""

    def write_nothing_more(self) -> None:
        """The terminal is about to be put right behind its back. May not wait."""


class Watch:
    """Hears signals and the end of the terminal while the screen is open; a context manager.

    It is entered in the main thread. Once an end has begun it goes on after the `with`: whatever
    is still to be closed is held to the same time.
    """

    def __init__(
        self,
        terminal: Terminal,
        screen: Screen,
        exit_now: Callable[[int], object] = os._exit,
        patience: float = PATIENCE,
    ) -> None:
        """`exit_now` ends the process, with a code; `patience` is what the screen has before."""
        self._terminal = terminal
        self._screen = screen
        self._exit_now = exit_now
        self._patience = patience
        self._open = True
        self._over = threading.Event()
        self._before: dict[int, Any] = {}
        self._heard, self._hears = os.pipe()
        self.ending = False
        """An end has begun."""

    def __enter__(self) -> Watch:
        for handle in (self._heard, self._hears):
            os.set_blocking(handle, False)
        for number in ENDING:
            self._hear(number)
        self._wakeup_before = signal.set_wakeup_fd(self._hears, warn_on_full_buffer=False)
        threading.Thread(target=self._watch, name="endings", daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        """The screen is closed."""
        self._open = False
        if self.ending:
            return
        signal.set_wakeup_fd(self._wakeup_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._over.set()
        with suppress(OSError):
            os.write(self._hears, b"\0")

    def hear_sleep(self) -> None:
        """Hear the signals of sleeping and waking too; after the driver took them for itself."""
        for number in SLEEPING:
            self._hear(number)

    def _hear(self, number: int) -> None:
        """The signal's number goes to the watching thread; nothing is done where it struck."""
        before = signal.getsignal(number)
        if before is signal.SIG_IGN and number in ENDING:
            return
        self._before.setdefault(number, before)
        signal.signal(number, _nothing_here)

    def _watch(self) -> None:
        self._listen()
        for handle in (self._heard, self._hears):
            os.close(handle)

    def _listen(self) -> None:
        poller = select.poll()
        poller.register(self._heard, select.POLLIN)
        with suppress(ValueError):
            poller.register(self._terminal.keyboard, 0)
        while not self._over.is_set():
            for handle, what in poller.poll():
                if handle == self._heard:
                    for number in self._read():
                        self._meet(number)
                    continue
                poller.unregister(handle)
                if what & (select.POLLHUP | select.POLLERR):  # POLLNVAL: it cannot be watched here
                    self._end(signal.SIGHUP, somebody=False)

    def _read(self) -> bytes:
        with suppress(OSError):
            return os.read(self._heard, 512)
        return b""

    def _meet(self, number: int) -> None:
        if number in SLEEPING:
            self._screen.told_to_sleep(number)
        elif number in self._before:
            self._end(number, somebody=True)

    def _end(self, number: int, *, somebody: bool) -> None:
        if self._over.is_set():
            return
        self.ending = True
        self._screen.told_to_leave(number, somebody)
        time.sleep(self._patience)
        if self._over.is_set():
            return
        words: list[str] = []
        saver = threading.Thread(target=lambda: words.append(self._screen.end_words()), daemon=True)
        saver.start()
        saver.join(LAST_WORDS)
        if self._open and somebody:
            self._screen.write_nothing_more()
            self._terminal.put_right(words[0] if words else "")
        end_commands()
        self._exit_now(128 + number)
        self._over.set()


def can_be_woken() -> bool:
    """Whether a shell is there that could wake this program once it sleeps."""
    with suppress(OSError):
        parent = os.getppid()
        return os.getsid(parent) == os.getsid(0) and os.getpgid(parent) != os.getpgid(0)
    return False


def stop_here() -> None:
    """Stop the whole process until somebody wakes it."""
    os.kill(os.getpid(), signal.SIGSTOP)


def no_core() -> None:
    """A core dump would hold every token and letter."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - late: there is none elsewhere

        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _nothing_here(_number: int, _frame: FrameType | None) -> None:
    """What is to be done is done by the thread that watches."""
