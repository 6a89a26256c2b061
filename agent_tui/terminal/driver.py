"""The framework's driver between two walls."""

from __future__ import annotations

import os
import selectors
import time
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator

from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message as TextualMessage

from agent_tui.terminal.events import PastedText
from agent_tui.terminal.input_wall import InputWall, Item
from agent_tui.terminal.output_wall import walled
from agent_tui.terminal.pasting import Pasted

AT_ONCE = 1 << 16
"""Bytes that are looked at together where they are there together."""
GLANCE = 0.1
"""Seconds between two looks at whether it is time to stop."""


class GuardedParser(XTermParser):
    """The framework's parser behind the input wall."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self.wall = InputWall()

    def take(self, data: str, now: float) -> Iterator[TextualMessage]:
        """The events in the next characters, all of which were there at `now`."""
        return self._events(self.wall.feed(data, now))

    def wait(self, now: float) -> Iterator[TextualMessage]:
        """The events that time alone brings about."""
        return self._events(self.wall.tick(now))

    def _events(self, items: Iterable[Item]) -> Iterator[TextualMessage]:
        for item in items:
            if isinstance(item, Pasted):
                yield PastedText(item.text, item.whole, keys=item.keys)
                continue
            yield from self.feed(item.text)
            if item.whole and self._timeout_time is not None:
                self._timeout_time = float("-inf")  # nothing follows: no need to wait for it
                yield from self.tick()


class GuardedDriver(LinuxDriver):
    """What is written passes the output wall; what is read passes the input wall."""

    def write(self, data: str) -> None:
        """Write to the terminal what may be written, and pictures of the rest."""
        super().write(walled(data))

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception as error:  # told where every other is: without what is in the variables
            self._app.call_later(_fail, error)

    def run_input_thread(self) -> None:
        """Read until the end; bytes that are no UTF-8 become U+FFFD."""
        parser = GuardedParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                due, now = parser.wall.due, time.monotonic()
                wait = GLANCE if due is None else max(0.0, min(GLANCE, due - now))
                data = self._read(selector) if selector.select(wait) else b""
                if data is None:  # the terminal is gone, or another program has it
                    self.exit_event.wait(GLANCE)
                    continue
                now = time.monotonic()
                for event in parser.take(decode(data), now) if data else parser.wait(now):
                    self.process_message(event)
        try:
            for _event in parser.feed(""):
                pass
        except (EOFError, ParseError):
            pass

    def _read(self, selector: selectors.BaseSelector) -> bytes | None:
        """All that is there to be read; None: that cannot be."""
        parts: list[bytes] = []
        size = 0
        while size < AT_ONCE and (not parts or selector.select(0)):
            try:
                data = os.read(self.fileno, AT_ONCE)
            except OSError:
                data = b""
            if not data:
                return b"".join(parts) or None
            parts.append(data)
            size += len(data)
        return b"".join(parts)


def _fail(error: Exception) -> None:
    raise error
