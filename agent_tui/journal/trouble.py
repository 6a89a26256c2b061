"""Why the disk did not take it: what happened, to which file, and what to do, in words."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path
from typing import Final

from agent_tui.i18n import _, mark
from agent_tui.journal.base import JournalError
from agent_tui.model import SafeText
from agent_tui.sanitise import plain_line

_FULL: Final = mark("the disk is full; make room on it")
_READ_ONLY: Final = mark("it cannot be written; allow it, or make the disk writable")
_BROKEN: Final = mark("the disk reports an error; check it, and save your texts elsewhere")
_NO_WAY: Final = mark("it cannot be opened; check that its folder exists and may be written")
_LOCKED: Final = mark("another program has it open; close that")
_DAMAGED: Final = mark("it was damaged while in use; it is begun anew")

_BY_CODE: Final = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_IOERR: _BROKEN,
    sqlite3.SQLITE_CANTOPEN: _NO_WAY,
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}
_BY_ERRNO: Final = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _READ_ONLY,
    errno.EPERM: _READ_ONLY,
    errno.EIO: _BROKEN,
    errno.ENOENT: _NO_WAY,
    errno.ENOTDIR: _NO_WAY,
}


def is_damage(error: Exception) -> bool:
    """SQLite found the file damaged while working with it.

    A damaged schema makes a message of SQLite's that Python cannot decode.
    """
    return isinstance(error, UnicodeDecodeError) or _code(error) in {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    }


def unsaved(error: Exception, file: Path) -> SafeText:
    """What is unsent is not on disk, and why."""
    if isinstance(error, JournalError):
        return plain_line(error)
    words = _("Not saved on disk: {reason}. File: {file}. It is tried again by itself.")
    return plain_line(words.format(reason=reason_of(error), file=plain_line(file)))


def reason_of(error: Exception) -> str:
    """What happened and what to do, as the end of a sentence."""
    known = _BY_CODE.get(_code(error))
    if known is None and isinstance(error, OSError) and error.errno is not None:
        known = _BY_ERRNO.get(error.errno)
    return str(plain_line(error)) if known is None else _(known)


def _code(error: Exception) -> int:
    """SQLite's primary result code; -1: the error is not SQLite's."""
    return getattr(error, "sqlite_errorcode", -1) & 0xFF if isinstance(error, sqlite3.Error) else -1
