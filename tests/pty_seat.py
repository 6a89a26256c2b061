"""A real program on a real pseudo terminal: started, typed to, resized, stalled, and looked at."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from terminal_tokens import Terminal

PATIENCE = 30.0
"""Seconds a screen may take to show something, on a machine that others use too."""
SETTINGS = {
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
}


def program(*arguments: str) -> list[str]:
    """The command line of agent-tui itself, with this Python."""
    return [sys.executable, "-m", "agent_tui", *arguments]


def private_home(folder: Path) -> dict[str, str]:
    """Variables that keep a program's files inside `folder`, and its key ring out of it."""
    names = {
        "HOME": "home",
        "XDG_CONFIG_HOME": "config",
        "XDG_STATE_HOME": "state",
        "XDG_DATA_HOME": "data",
        "XDG_CACHE_HOME": "cache",
        "XDG_RUNTIME_DIR": "run",
    }
    for name in names.values():
        (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    return {key: str(folder / name) for key, name in names.items()} | {
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"
    }


class PtySeat:
    """A program on a terminal of its own; a context manager, at whose end it is gone.

    A thread plays the terminal: it reads what the program writes, unless it is told to `stall`.
    """

    def __init__(
        self,
        argv: Sequence[str],
        home: Path,
        *,
        columns: int = 120,
        lines: int = 36,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """`home` is a folder for all its files; `env` is laid over a small environment."""
        self.terminal = Terminal(columns, lines)
        self.raw = bytearray()
        """Everything it wrote."""
        self._lock = threading.Lock()
        self._reading = threading.Event()
        self._reading.set()
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._master, slave = pty.openpty()
        self.resize(columns, lines)
        surroundings = {"PATH": os.environ["PATH"], "PYTHONPATH": _root()}
        surroundings |= private_home(home) | SETTINGS | dict(env or {})
        self.process = subprocess.Popen(
            list(argv),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=surroundings,
            start_new_session=True,
            preexec_fn=_own_terminal,  # noqa: PLW1509 - one system call
            cwd=home,
        )
        os.close(slave)
        self._closed = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    # What a person at the terminal does

    def press(self, keys: str | bytes) -> None:
        """Press keys: characters and escape sequences as a terminal sends them."""
        data = keys.encode("utf-8", "surrogateescape") if isinstance(keys, str) else keys
        while data:
            _r, ready, _x = select.select([], [self._master], [], PATIENCE)
            if not ready:
                raise TimeoutError("the program does not read its terminal")
            data = data[os.write(self._master, data[:512]) :]

    def paste(self, text: str) -> None:
        """Paste, in the marks of a bracketed paste."""
        self.press("\x1b[200~" + text + "\x1b[201~")

    def resize(self, columns: int, lines: int) -> None:
        """Drag the window's corner."""
        with self._lock:
            self.terminal.resize(columns, lines)
            size = struct.pack("HHHH", lines, columns, 0, 0)
            fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def stall(self) -> None:
        """Stop reading, as after Ctrl-S or on a line that hangs."""
        self._reading.clear()

    def resume(self) -> None:
        """Read on."""
        self._reading.set()

    def hang_up(self) -> None:
        """Close the terminal under the program."""
        if not self._closed:
            self._closed = True
            self._reading.set()
            self._thread.join(1.0)
            os.close(self._master)

    # What a person at the terminal sees

    @property
    def screen(self) -> str:
        """What stands on the screen now."""
        with self._lock:
            return self.terminal.text

    @property
    def output(self) -> str:
        """Everything it wrote so far, as text."""
        with self._lock:
            return self.raw.decode("utf-8", "surrogateescape")

    def wait_for(self, words: str | Callable[[str], bool], within: float = PATIENCE) -> str:
        """Wait until the screen shows `words` (or satisfies them); returns the screen."""
        seen = words if callable(words) else lambda screen: words in screen
        end = time.monotonic() + within
        while not seen(screen := self.screen):
            if time.monotonic() > end or (self.process.poll() is not None and not self.busy):
                screen = self.screen
                if seen(screen):
                    break
                raise AssertionError(f"not shown: {words!r}; the screen:\n{screen}")
            time.sleep(0.01)
        return screen

    def quiet(self, seconds: float = 0.2, within: float = PATIENCE) -> None:
        """Wait until the program has written nothing for `seconds`."""
        end = time.monotonic() + within
        size, since = -1, time.monotonic()
        while time.monotonic() - since < seconds:
            if len(self.raw) != size:
                size, since = len(self.raw), time.monotonic()
            if time.monotonic() > end:
                raise AssertionError("the program does not come to rest")
            time.sleep(0.01)

    @property
    def busy(self) -> bool:
        """There may be more to read."""
        return self._thread.is_alive()

    # Its end

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def wait(self, within: float = PATIENCE) -> int:
        """Wait for its end; returns the exit code (negative: a signal's number)."""
        code = self.process.wait(within)
        self._thread.join(2.0)
        return code

    def __enter__(self) -> PtySeat:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.hang_up()

    def _read(self) -> None:
        while not self._closed:
            if not self._reading.wait(0.05):
                continue
            ready, _w, _x = select.select([self._master], [], [], 0.05)
            if not ready:
                continue
            try:
                data = os.read(self._master, 65536)
            except OSError:
                return
            if not data:
                return
            with self._lock:
                self.raw += data
                self.terminal.feed(self._decoder.decode(data))


def _own_terminal() -> None:
    """In the child: the terminal on stdin is the one its signals come from."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _root() -> str:
    return str(Path(__file__).resolve().parents[1])
