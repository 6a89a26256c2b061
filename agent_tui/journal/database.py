"""The file: rows put there in transactions that are on disk when they return.

Which rows there have to be is kept in memory, too. A write is the difference between that and
what the file is known to hold, so that after any failure the next write makes it right.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Final
from urllib.parse import quote

from agent_tui.journal.kept import Key
from agent_tui.journal.mirror import Mirror, New
from agent_tui.journal.pages import PAGE
from agent_tui.journal.reading import APPLICATION
from agent_tui.journal.record import (
    SCHEMA,
    SEAL_KEY,
    Row,
    key_bytes,
    key_of_bytes,
)
from agent_tui.journal.trouble import is_damage

TAILS: Final = ("-wal", "-journal", "-shm", "")
"""What SQLite puts behind the name of a file; the file itself comes last."""

_PATIENCE: Final = 0.25
"""Seconds to wait for a program that looks into the file."""
_LOG_PAGES: Final = 200
"""The log is folded into the file when it is this long: it is read whole after a crash."""


@dataclass(frozen=True, slots=True)
class Before:
    """What is known of a file before it is opened."""

    rows: tuple[Row, ...] = ()
    """Those it holds."""
    stamp: int = 0
    """The number of its last write."""
    aside: Path | None = None
    """It is damaged and gets this name; `rows`, which were saved from it, begin a new one."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What the disk can do."""

    log: bool = True
    """A write-ahead log; network disks cannot."""
    locks: bool = True


class Database:
    """The file at `path`. One thread at a time.

    `name_aside` gives a name for the file where damage shows while it is in use.
    """

    def __init__(
        self, path: Path, before: Before, manner: Manner, name_aside: Callable[[], Path]
    ) -> None:
        self.path = path
        self._mirror = Mirror(before.rows)
        self._stamp = max(before.stamp, *(row.stamp for row in before.rows), 0)
        self._aside = before.aside
        self._manner = manner
        self._name_aside = name_aside
        self._con: sqlite3.Connection | None = None
        self._there: dict[Key, tuple[int, bytes]] = {}
        """The slot and the sum of each row that the open file holds."""
        self._known = False
        """The open file holds what the mirror has."""
        self._file: tuple[int, int] = (0, 0)

    def put(self, changes: Mapping[Key, bytes | None]) -> None:
        """Make `changes`, all or none; they are on disk when this returns.

        Raises sqlite3.Error, OSError or UnicodeDecodeError; then they count as not made.
        """
        try:
            self._put(changes)
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            self.close()
            if not is_damage(error) or self._aside is not None:
                raise
            self._aside = self._name_aside()
            self.put(changes)

    def close(self) -> None:
        """Let go of the file. What was put stays."""
        con, self._con = self._con, None
        if con is not None:
            with suppress(sqlite3.Error):
                con.close()

    def _put(self, changes: Mapping[Key, bytes | None]) -> None:
        con = self._connected()
        self._stamp += 1
        made = self._mirror.made_by(changes, self._stamp)
        new = made
        if not self._known:
            sums = {key: total for key, (_slot, total) in self._there.items()}
            new = self._mirror.besides(made, sums)
        if new or SEAL_KEY not in self._there:
            seal = self._mirror.sealed(made, self._stamp)
            self._commit(con, {**new, SEAL_KEY: seal})
        self._mirror.take(made)
        self._known = True

    def _commit(self, con: sqlite3.Connection, new: New) -> None:
        """Put rows in one transaction."""
        free = count(1 + max((slot for slot, _sum in self._there.values()), default=0))
        gone = [(self._there[key][0],) for key, row in new.items() if row is None]
        there = {
            key: (self._there[key][0] if key in self._there else next(free), row)
            for key, row in new.items()
            if row is not None
        }
        con.execute("BEGIN IMMEDIATE")
        con.executemany("DELETE FROM kept WHERE n = ?", gone)
        con.executemany(
            "INSERT OR REPLACE INTO kept (n, key, stamp, body, sum) VALUES (?, ?, ?, ?, ?)",
            [
                (slot, key_bytes(row.key), row.stamp, row.body, row.sum)
                for slot, row in there.values()
            ],
        )
        con.execute("COMMIT")
        for key in new:
            self._there.pop(key, None)
        self._there |= {key: (slot, row.sum) for key, (slot, row) in there.items()}

    def _connected(self) -> sqlite3.Connection:
        if self._con is not None and not self._still_there():
            self.close()
        if self._con is None:
            if self._aside is not None:
                self._replace(self._aside)
            self._con = self._connect()
            self._known = False
        return self._con

    def _still_there(self) -> bool:
        """The name still leads to the file that is open: nobody took it away."""
        try:
            at = self.path.stat()
        except FileNotFoundError:
            return False
        return (at.st_dev, at.st_ino) == self._file

    def _connect(self) -> sqlite3.Connection:
        self._file = _make_private(self.path)
        if not self.path.stat().st_size:  # a log without its file is not ours to take
            for tail in TAILS[:-1]:
                Path(f"{self.path}{tail}").unlink(missing_ok=True)
        locks = "" if self._manner.locks else "&nolock=1"
        uri = f"file:{quote(str(self.path.absolute()))}?mode=rw{locks}"
        con = sqlite3.connect(
            uri, uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
        )
        try:
            self._prepare(con)
            self._there = _held_by(con)
        except BaseException:
            con.close()
            raise
        return con

    def _prepare(self, con: sqlite3.Connection) -> None:
        mode, safe = ("WAL", "FULL") if self._manner.log else ("DELETE", "EXTRA")
        for pragma in (
            f"page_size={PAGE}",
            "locking_mode=EXCLUSIVE",  # no memory shared with others, which disks can fail at
            f"journal_mode={mode}",
            f"synchronous={safe}",
            "fullfsync=ON",
            "checkpoint_fullfsync=ON",
            "secure_delete=ON",  # what was sent does not stay behind, and is not found again
            "cell_size_check=ON",
            "trusted_schema=OFF",
            "temp_store=MEMORY",
            f"wal_autocheckpoint={_LOG_PAGES}",
        ):
            con.execute(f"PRAGMA {pragma}").fetchall()
        con.execute("BEGIN IMMEDIATE")
        con.execute(
            "CREATE TABLE IF NOT EXISTS kept (n INTEGER PRIMARY KEY, key BLOB NOT NULL,"
            " stamp INTEGER NOT NULL, body BLOB NOT NULL, sum BLOB NOT NULL)"
        )
        if con.execute("PRAGMA user_version").fetchone()[0] != SCHEMA:
            con.execute(f"PRAGMA application_id={APPLICATION}")
            con.execute(f"PRAGMA user_version={SCHEMA}")
        con.execute("COMMIT")

    def _replace(self, aside: Path) -> None:
        """Begin a new file with our rows, and only when it is whole let it take the old one's name.

        The log goes first and the file last, so that an end in between is seen at the next
        opening: a log set aside without its file, or a new file and no old one.
        """
        fresh = new_file(self.path)
        remove(fresh)
        with closing(self._begun(fresh)) as new:
            new.put({})
        for tail in TAILS[:-1]:
            with suppress(FileNotFoundError):
                Path(f"{self.path}{tail}").rename(f"{aside}{tail}")
        if self.path.exists():
            self.path.rename(aside)
        else:  # a log that lies alone would be taken for one whose replacing was cut off
            aside.touch(0o600)
        fresh.rename(self.path)
        sync_folder(self.path.parent)
        self._aside = None

    def _begun(self, path: Path) -> Database:
        """A file of the same rows, which needs no log beside it."""
        before = Before(tuple(self._mirror.rows.values()), self._stamp)
        return Database(path, before, replace(self._manner, log=False), self._name_aside)


def new_file(path: Path) -> Path:
    """Where a file is begun that is to take the place of `path`."""
    return path.with_name(path.name + ".new")


def remove(path: Path) -> None:
    """Take away a file that was begun and never finished."""
    for tail in TAILS:
        Path(f"{path}{tail}").unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """See to it that names in `folder` are on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some disks cannot do this for folders
            os.fsync(handle)
    finally:
        os.close(handle)


class _Odd(sqlite3.DatabaseError):
    """The file has something that was never written to it."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def _held_by(con: sqlite3.Connection) -> dict[Key, tuple[int, bytes]]:
    """Slot and sum of each row in the file."""
    held: dict[Key, tuple[int, bytes]] = {}
    for n, key, total in con.execute("SELECT n, key, sum FROM kept"):
        if not (isinstance(key, bytes) and isinstance(total, bytes)):
            raise _Odd
        held[key_of_bytes(key)] = n, total
    return held


def _make_private(path: Path) -> tuple[int, int]:
    """See to it that the file is there and that only its owner may read it; says which it is."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        at = os.fstat(handle)
        if at.st_mode & 0o777 != 0o600:
            os.fchmod(handle, 0o600)
        return at.st_dev, at.st_ino
    finally:
        os.close(handle)
