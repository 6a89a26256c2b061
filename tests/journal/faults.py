"""Disks that fail, for a process of its own: none of these can be undone for the one that asked.

`Cannot` where the machine does not allow it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import sqlite3
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

Heal = Callable[[], None]

CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
MS_RDONLY, MS_REMOUNT, MS_REC, MS_PRIVATE = 1, 32, 1 << 14, 1 << 18
CALLS = {
    "x86_64": {"seccomp": 317, "fsync": 74, "fdatasync": 75, "pwrite64": 18},
    "aarch64": {"seccomp": 277, "fsync": 82, "fdatasync": 83, "pwrite64": 68},
}


class Cannot(Exception):
    """This machine cannot make that fault; the message says what it lacks."""


def _call(name: str, *args: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*args) != 0:
        raise Cannot(f"{name}: {os.strerror(ctypes.get_errno())}")


def failing(*names: str) -> None:
    """Let system calls fail with EIO in this process, all its threads, from now on (seccomp)."""
    calls = CALLS.get(platform.machine())
    if calls is None or platform.system() != "Linux":
        raise Cannot("seccomp")
    count = len(names)
    lines = [struct.pack("HBBI", 0x20, 0, 0, 0)]  # which call is it
    lines += [
        struct.pack("HBBI", 0x15, count - at, 0, calls[name]) for at, name in enumerate(names)
    ]
    lines.append(struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000))  # another: let it pass
    lines.append(struct.pack("HBBI", 0x06, 0, 0, 0x00050000 | errno.EIO))
    code = ctypes.create_string_buffer(b"".join(lines))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("lines", ctypes.c_void_p))

    program = Program(len(lines), ctypes.addressof(code))
    _call("prctl", 38, 1, 0, 0, 0)  # no new privileges: what seccomp asks of everybody
    _call("syscall", calls["seccomp"], 1, 1, ctypes.byref(program))  # for every thread


def small_disk(folder: Path, kilobytes: int) -> None:
    """Give this process a disk of its own at `folder`; it goes when the process does."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "unshare"):
        raise Cannot("unshare")
    uid = os.getuid()
    _call("unshare", CLONE_NEWNS if uid == 0 else CLONE_NEWNS | CLONE_NEWUSER)
    if uid:
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
    _call("mount", b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None)
    size = f"size={kilobytes}k".encode()
    _call("mount", b"tmpfs", os.fsencode(folder), b"tmpfs", ctypes.c_ulong(0), size)


def read_only(folder: Path, *, on: bool = True) -> None:
    """Let the disk of `small_disk` be read only, or writable again."""
    flags = ctypes.c_ulong(MS_REMOUNT | (MS_RDONLY if on else 0))
    _call("mount", b"tmpfs", os.fsencode(folder), b"tmpfs", flags, None)


def fill(folder: Path) -> Heal:
    """Fill the disk to the last byte; what is returned makes room again."""
    ballast = folder / "ballast"
    handle = os.open(ballast, os.O_CREAT | os.O_WRONLY)
    try:
        for size in (65536, 4096, 1):
            try:
                while True:
                    os.write(handle, bytes(size))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
    finally:
        os.close(handle)
    return ballast.unlink


def commit_fails() -> None:
    """Second best where the system makes no fault: SQLite's commit fails as if the disk had."""

    class Failing(sqlite3.Connection):
        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            if sql == "COMMIT":
                self.rollback()
                raise sqlite3.OperationalError("disk I/O error")
            return super().execute(sql, *values)

    setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Failing))  # noqa: B010 - for mypy


def short_files(longest: int) -> Heal:
    """Let no file of this process grow over `longest` bytes; what is returned allows it again."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (longest, before[1]))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, before)
