"""Faults below Python: where they happened goes into a file, for the screen is the console's.

The interpreter's own handler tells files, lines and functions, and no value of anything.
"""

from __future__ import annotations

import faulthandler
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agent_tui.private_file import open_private


@contextmanager
def faults_into(folder: Path) -> Iterator[None]:
    """Tell faults of this process into ``fault-PID.txt`` of `folder`; no file where there are none.

    Where the file cannot be made they are told nowhere.
    """
    path = folder / f"fault-{os.getpid()}.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _forget_empty(folder)
        handle = open_private(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    except OSError:
        faulthandler.disable()
        yield
        return
    faulthandler.enable(file=handle)
    try:
        yield
    finally:
        faulthandler.disable()
        os.close(handle)
        _forget_if_empty(path)


def _forget_empty(folder: Path) -> None:
    """Files of processes that ended without a fault, and without taking their leave either."""
    for path in folder.glob("fault-*.txt"):
        number = path.stem.removeprefix("fault-")
        if number.isdecimal() and not _runs(int(number)):
            _forget_if_empty(path)


def _forget_if_empty(path: Path) -> None:
    with suppress(OSError):
        if path.stat().st_size == 0:
            path.unlink()


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
