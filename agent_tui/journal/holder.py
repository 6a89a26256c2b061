"""The same where the disk knows no locks: a file that says who has the journal and still lives.

Who it names is dead when its process is gone, when the machine has been started anew since, or,
on another machine, when it has not been heard of for a minute.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from agent_tui.clock import Clock

BEAT: Final = 10.0
"""Seconds between two signs of life."""
SILENCE: Final = timedelta(seconds=60)
"""After so long without one, an instance on another machine is taken for dead."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has the journal."""

    pid: int
    began: str
    """When the process began, in ticks since the machine did: a later process may get the same
    number."""
    boot: str
    """Names this run of the machine."""
    host: str
    beat: str
    """Its last sign of life, ISO 8601."""


class HolderFile:
    """The right to write, as a file that only one can link into its place."""

    system = False
    beat_every: float | None = BEAT

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._me = _myself(clock.now())
        self.other: int | None = None
        """Who has it, after `take` was refused."""

    def take(self) -> bool:
        """Take the place if it is free or its holder is dead. Raises OSError."""
        if self._link():
            return True
        holder = self._read()
        if holder is not None and _lives(holder, self._me, self._clock.now()):
            self.other = holder.pid
            return False
        return self._clear(holder) and self._link()

    def beat(self) -> bool:
        holder = self._read()
        if holder is None or not _same(holder, self._me):
            return False
        self._me = replace(self._me, beat=self._clock.now().isoformat())
        with suppress(OSError):  # a full disk: the process itself is sign enough on this machine
            self._written().replace(self._path)
        return True

    def release(self) -> None:
        holder = self._read()
        if holder is not None and _same(holder, self._me):
            self._path.unlink(missing_ok=True)

    def _link(self) -> bool:
        """Put our name in the place, unless there is one."""
        mine = self._written()
        try:
            os.link(mine, self._path)
        except FileExistsError:
            return False
        finally:
            mine.unlink(missing_ok=True)
        return True

    def _clear(self, dead: Holder | None) -> bool:
        """Take a dead one's name away; False where it was not its name any more."""
        grave = self._path.with_name(f"{self._path.name}.{self._me.pid}.dead")
        try:
            self._path.rename(grave)
        except FileNotFoundError:
            return True
        moved = _parsed(grave)
        if moved != dead:  # somebody was quicker: it is a living one's
            with suppress(FileExistsError):
                os.link(grave, self._path)
            self.other = None if moved is None else moved.pid
        grave.unlink(missing_ok=True)
        return moved == dead

    def _written(self) -> Path:
        path = self._path.with_name(f"{self._path.name}.{self._me.pid}.new")
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(self._me), file)
        return path

    def _read(self) -> Holder | None:
        return _parsed(self._path)


def _parsed(path: Path) -> Holder | None:
    """Who a file names; None: nobody that can be read."""
    try:
        said = json.loads(path.read_bytes())
        return Holder(
            pid=int(said["pid"]),
            began=str(said["began"]),
            boot=str(said["boot"]),
            host=str(said["host"]),
            beat=str(said["beat"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _lives(holder: Holder, me: Holder, now: datetime) -> bool:
    if holder.host != me.host:
        with suppress(ValueError, TypeError):
            return now - datetime.fromisoformat(holder.beat) < SILENCE
        return False
    if holder.boot != me.boot:
        return False
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return _began(holder.pid) == holder.began


def _same(one: Holder, other: Holder) -> bool:
    return replace(one, beat="") == replace(other, beat="")


def _myself(now: datetime) -> Holder:
    pid = os.getpid()
    return Holder(pid, _began(pid), _boot(), os.uname().nodename, now.isoformat())


def _boot() -> str:
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    return ""


def _began(pid: int) -> str:
    """Field 22 of the process's status; empty where the machine does not tell."""
    with suppress(OSError, IndexError):
        return (
            Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19]
        )
    return ""
