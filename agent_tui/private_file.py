"""Files that only their owner may read: made new, never through a link, never over another."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from platformdirs import user_state_path


def write_new(folder: Path, stem: str, text: str) -> Path:
    """Write `text` into a new file of `folder`, called `stem` and, where taken, a number.

    The folder is made where it is missing (0700); the file is 0600 and on the disk before this
    returns. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for number in count(1):
        path = folder / (f"{stem}.txt" if number == 1 else f"{stem}-{number}.txt")
        try:
            handle = open_private(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        except FileExistsError:
            continue
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
            file.flush()
            os.fsync(handle)
        return path
    raise AssertionError("there is always another number")


def open_private(path: Path, flags: int) -> int:
    """A handle on `path`, which is made 0600 where `flags` make it and is never a link.

    Raises OSError.
    """
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def state_folder() -> Path:
    """Where the program keeps what it needs from one run to the next; need not be there."""
    return user_state_path("agent-tui", appauthor=False)
