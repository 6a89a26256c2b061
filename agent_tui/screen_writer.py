"""The way to the terminal, in a thread: whoever writes never waits for a terminal that stalls.

The framework's own writer lets the screen's loop wait when thirty writes are queued; a terminal
that stops reading (Ctrl+S, a line that hangs) then stops keys, clocks and signals too. Here what
cannot leave is dropped once there is too much of it, and when the terminal reads again the whole
screen is painted anew. What switches the terminal's modes is never dropped.
"""

from __future__ import annotations

import os
import re
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TextIO

MOST_WAITING: Final = 256 * 1024
"""Bytes that may wait before the next ones are dropped: a second or two of a slow line."""
AT_ONCE: Final = 4096
"""Bytes of one system call: few enough that a terminal which can take some takes all of them."""
PATIENCE: Final = 0.3
"""Seconds without any progress after which `stop` gives up."""

_MODES: Final = re.compile(r"(?:\x1b\[[?<>][\d;]*(?:[hlu]|\$p))+")


class ScreenWriter(threading.Thread):
    """A file-like for the framework's driver."""

    def __init__(self, file: TextIO, caught_up: Callable[[], None] = lambda: None) -> None:
        """`caught_up` is called in this thread when the screen has to be painted anew."""
        super().__init__(daemon=True, name="screen")
        self._handle = file.fileno()
        self._own = own_handle(self._handle)
        self._encoding = file.encoding or "utf-8"
        self._caught_up = caught_up
        self._ready = threading.Condition()
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._stopping = False
        self._gone = False
        """There is no terminal any more, or nobody wants it written to."""
        self._moved = time.monotonic()
        """When something was written last (monotonic, s)."""
        self.behind = False
        """Something was dropped, and the screen has not been painted since."""
        self.gave_up = False
        """At the end the terminal took nothing more: its modes are as they were."""

    def write(self, text: str) -> None:
        """Take `text`; it leaves when the terminal takes it, or is dropped."""
        with self._ready:
            if self._gone or not text:
                return
            if self._size > MOST_WAITING:
                self.behind = True
            if self.behind and not _MODES.fullmatch(text):
                return
            data = text.encode(self._encoding, "replace")
            self._waiting.append(data)
            self._size += len(data)
            self._ready.notify()

    def isatty(self) -> bool:
        """As the framework expects it."""
        return True

    def fileno(self) -> int:
        """The terminal's handle."""
        return self._handle

    def flush(self) -> None:
        """Nothing is held back."""

    def run(self) -> None:
        """Write until told to stop."""
        self._write_all()
        if self._own is not None:
            os.close(self._own)

    def _write_all(self) -> None:
        while (data := self._next()) is not None:
            if not self._wrote(data):
                with self._ready:
                    self._gone = True
                    self._waiting.clear()
                return
            with self._ready:
                self._size -= len(data)
                caught_up = self.behind and not self._waiting
                if caught_up:
                    self.behind = False
            if caught_up and not self._stopping:
                self._caught_up()

    def stop(self) -> None:
        """Write what waits, and end; gives up on a terminal that takes nothing."""
        with self._ready:
            self._stopping = True
            self._moved = time.monotonic()
            self._ready.notify()
        while self.is_alive() and time.monotonic() - self._moved < PATIENCE:
            self.join(0.02)
        self.gave_up = self.is_alive()
        self.abandon()

    def abandon(self) -> None:
        """Write nothing more."""
        with self._ready:
            self._gone = self._stopping = True
            self._waiting.clear()
            self._ready.notify()

    def _next(self) -> bytes | None:
        """The next bytes, waited for; None: it is over."""
        with self._ready:
            while not self._waiting and not self._stopping:
                self._ready.wait()
            if self._gone or not self._waiting:
                return None
            return self._waiting.popleft()

    def _wrote(self, data: bytes) -> bool:
        """Write all of it, piece by piece; False: nobody is there to read."""
        handle = self._handle if self._own is None else self._own
        view = memoryview(data)
        while view and not self._gone:
            try:
                if select.select([], [handle], [], 0.1)[1]:
                    view = view[self._write_piece(handle, view[:AT_ONCE]) :]
                    self._moved = time.monotonic()
            except BlockingIOError:
                time.sleep(0.01)  # there is room, but not for what comes next
            except (OSError, ValueError):
                return False
        return not self._gone

    def _write_piece(self, handle: int, piece: memoryview) -> int:
        """How much the terminal took. Once `abandon` has returned nothing is written any more."""
        if self._own is None:
            return os.write(handle, piece)
        with self._ready:
            return 0 if self._gone else os.write(handle, piece)


def own_handle(handle: int) -> int | None:
    """Another way to the terminal behind `handle`, which never waits; None: there is none.

    Opened anew, for what is set on `handle` itself holds for the shell too that it came from.
    """
    with suppress(OSError):
        return os.open(os.ttyname(handle), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    return None
