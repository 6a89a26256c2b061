"""What the rows about process and terminal share: a seat with words in it, and what is left."""

from __future__ import annotations

import os
import sys
import termios
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from pty_seat import PtySeat, program

WORDS = "zebra crossing ahead"
"""What somebody is typing when it happens."""
DEMO = ("demo", "--rate", "0", "--lang", "en")


def patched(code: str, *arguments: str) -> list[str]:
    """The command line of agent-tui with a defect: `code` runs before it begins."""
    start = "import sys\nfrom agent_tui.cli.main import main\nsys.exit(main(sys.argv[1:]))\n"
    return [sys.executable, "-c", f"{code}\n{start}", *arguments]


def opened(
    home: Path,
    argv: Sequence[str] = (),
    *,
    size: tuple[int, int] = (120, 36),
    env: Mapping[str, str] | None = None,
) -> PtySeat:
    """A seat whose inbox is shown; the caller closes it. The demo where `argv` is empty."""
    columns, lines = size
    seat = PtySeat(argv or program(*DEMO), home, columns=columns, lines=lines, env=env)
    try:
        seat.wait_for("Mine")
        seat.quiet(0.1)
    except BaseException:
        seat.__exit__(None, None, None)
        raise
    return seat


def write(seat: PtySeat, words: str = WORDS) -> None:
    """Begin a reply to the first customer, and do not send it."""
    seat.press("\r")
    seat.wait_for("Esc back")
    seat.press("r")
    seat.wait_for("Reply to")
    seat.press(words)
    seat.wait_for(words)


def kept(home: Path, words: str = WORDS) -> bool:
    """Whether the words are in any file that the program left behind."""
    return bool(files_with(home, [words.encode()]))


def files_with(home: Path, needles: Iterable[bytes]) -> list[str]:
    """The files below `home` that hold one of `needles`, in their bytes or their names."""
    found = []
    wanted = list(needles)
    for path in home.rglob("*"):
        with suppress(OSError):
            data = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            if any(needle in data or needle in os.fsencode(path) for needle in wanted):
                found.append(str(path.relative_to(home)))
    return sorted(found)


def shell_can_go_on(seat: PtySeat) -> bool:
    """The terminal is as a shell wants it: screen, modes, and the system's own settings."""
    flags = termios.tcgetattr(seat._master)[3]
    return seat.terminal.restored and bool(flags & termios.ECHO) and bool(flags & termios.ICANON)


def orphans(seat: PtySeat) -> list[str]:
    """What still runs of the session that the seat was."""
    left = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == seat.process.pid and fields[0] != "Z":
                left.append(stat.parent.name)
    return left


def state_of(seat: PtySeat) -> str:
    """The letter the system has for what the process does: T is stopped."""
    return Path(f"/proc/{seat.process.pid}/stat").read_text().rpartition(")")[2].split()[0]


def stopped(seat: PtySeat, within: float = 10.0) -> bool:
    """Wait until the process is stopped."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if state_of(seat) == "T":
            return True
        time.sleep(0.005)
    return False
