"""What stands between the terminal and the framework: pastes stay text.

The framework's parser looks for escape sequences inside a bracketed paste too; what it does
not know there it types as keys, so that a pasted log line could press Ctrl+S or resolve a
conversation (textual 8.2.8, ``_xterm_parser``). The guard shows such an escape as the picture
of one before the parser sees it.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message as TextualMessage

START = "\x1b[200~"
END = "\x1b[201~"
ESCAPE, SHOWN = "\x1b", "␛"


class PasteGuard:
    """Replaces escapes inside bracketed pastes; everything else passes as it is."""

    def __init__(self) -> None:
        self._inside = False
        self._before = ""
        """The last characters that passed outside: a start may come in two pieces."""
        self._held = ""
        """What may be the beginning of an end."""

    def __call__(self, data: str) -> str:
        """`data`, the next characters from the terminal, made safe to parse."""
        if not self._inside and ESCAPE not in data and ESCAPE not in self._before:
            return data
        passed: list[str] = []
        rest = self._held + data
        self._held = ""
        while rest:
            rest = self._in_paste(rest, passed) if self._inside else self._outside(rest, passed)
        return "".join(passed)

    def _outside(self, text: str, passed: list[str]) -> str:
        seen = self._before + text
        start = seen.find(START)
        if start < 0:
            passed.append(text)
            self._before = seen[-(len(START) - 1) :]
            return ""
        end = start + len(START) - len(self._before)
        passed.append(text[:end])
        self._before, self._inside = "", True
        return text[end:]

    def _in_paste(self, text: str, passed: list[str]) -> str:
        end = text.find(END)
        if end >= 0:
            passed.append(text[:end].replace(ESCAPE, SHOWN) + END)
            self._inside = False
            return text[end + len(END) :]
        most = min(len(END) - 1, len(text))
        tail = next((n for n in range(most, 0, -1) if END.startswith(text[-n:])), 0)
        whole = text[: len(text) - tail]
        self._held = text[len(text) - tail :]
        passed.append(whole.replace(ESCAPE, SHOWN))
        return ""


class GuardedParser(XTermParser):
    """The framework's parser behind the guard."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._guard = PasteGuard()

    def feed(self, data: str) -> Iterable[TextualMessage]:
        """Parse the next characters; the empty string is the end."""
        passed = self._guard(data)
        return super().feed(passed) if passed or not data else ()


class GuardedDriver(LinuxDriver):
    """The framework's driver, with pastes guarded."""

    def run_input_thread(self) -> None:
        """Read keys until the end, through the guarded parser."""
        setattr(linux_driver, "XTermParser", GuardedParser)  # noqa: B010 - its only seam
        super().run_input_thread()
