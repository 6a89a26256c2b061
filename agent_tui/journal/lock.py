"""One instance at a time: a lock that the system takes back when its holder dies, however."""

from __future__ import annotations

import errno
import fcntl
import os
import re
from contextlib import suppress
from pathlib import Path
from time import sleep
from typing import Final, Protocol

from agent_tui.clock import Clock
from agent_tui.i18n import _
from agent_tui.journal.base import JournalBusy
from agent_tui.journal.holder import HolderFile
from agent_tui.sanitise import plain_line

_HELD: Final = frozenset({errno.EAGAIN, errno.EACCES})
_UNKNOWN: Final = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
"""What a disk answers that knows no locks."""


_LOOKS: Final = 20
_BETWEEN_LOOKS: Final = 0.005
"""Seconds."""


class Lock(Protocol):
    """The right to write the journal."""

    system: bool
    """The system keeps it, and takes it back when this process ends."""
    beat_every: float | None
    """Seconds after which `beat` has to be called again; None: never."""

    def beat(self) -> bool:
        """Say that we live; False: somebody else has taken the journal."""
        ...

    def release(self) -> None:
        """Let the next one in."""
        ...


class SystemLock:
    """An flock of an open file."""

    system = True
    beat_every: float | None = None

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def beat(self) -> bool:
        return True

    def release(self) -> None:
        handle, self._handle = self._handle, -1
        if handle >= 0:
            with suppress(OSError):
                os.ftruncate(handle, 0)
            os.close(handle)


def take(path: Path, account: str, clock: Clock) -> Lock:
    """Take the lock at `path`. Raises `JournalBusy` naming who has it, and OSError."""
    handle = _open(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        pid = _living(handle) if error.errno in _HELD else None
        os.close(handle)
        if error.errno in _HELD:
            raise busy(account, pid) from error
        if error.errno not in _UNKNOWN:
            raise
        return _without_system(path, account, clock)
    with suppress(OSError):  # the number is for people; a full disk takes nothing from the lock
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        os.ftruncate(handle, len(f"{os.getpid()}\n"))
    return SystemLock(handle)


def busy(account: str, pid: int | None) -> JournalBusy:
    """The journal is another instance's."""
    if pid is None:
        words = _(
            "agent-tui is open already as {account}: go on in that window, or end it there first."
        )
    else:
        words = _(
            "agent-tui is open already as {account}, as process {pid}: go on in that window, "
            "or end it there first."
        )
    return JournalBusy(words.format(account=plain_line(account), pid=pid))


def _without_system(path: Path, account: str, clock: Clock) -> Lock:
    lock = HolderFile(path.with_name("state.holder"), clock)
    if not lock.take():
        raise busy(account, lock.other)
    return lock


def _open(path: Path) -> int:
    """The lock file, made if it is not there; on a read-only disk as it is."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    with suppress(OSError):
        os.fchmod(handle, 0o600)
    return handle


def _living(handle: int) -> int | None:
    """Who has it; what an instance that was killed left there is no answer."""
    for _look in range(_LOOKS):  # whoever has just taken it is about to say so
        pid = _pid(handle)
        if pid is not None and _lives(pid):
            return pid
        sleep(_BETWEEN_LOOKS)
    return None


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return pid > 0


def _pid(handle: int) -> int | None:
    """Who has it, as far as it says."""
    with suppress(OSError, ValueError):
        said = re.match(rb"\d{1,9}\n", os.pread(handle, 32, 0))
        return None if said is None else int(said[0])
    return None
