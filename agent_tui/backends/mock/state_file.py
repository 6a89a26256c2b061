"""The desk on disk: an SQLite database that one running desk writes and nobody else may open.

Whatever is written is on disk when `StateFile.write` returns, all of it or nothing of it, so that
neither `kill -9` nor a power failure takes back what was told afterwards. Beside the file lies its
``-wal`` for as long as a desk runs, or if it was killed: the two belong together.

A desk that was killed goes on with the same epoch and sequence. It cannot where it finds that
something is missing: its ``-wal`` is gone, or the events have a hole.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent_tui.backends.mock.options import MockError
from agent_tui.backends.mock.records import Desk
from agent_tui.backends.mock.state_rows import Restored, Row, Rows, restore
from agent_tui.i18n import _

FORMAT = 2
"""The 1st was one JSON object, replaced as a whole; it is refused."""
_MAGIC = b"SQLite format 3\0"
_BUSY_SECONDS = 2.0
"""How long a desk that is just closing may hold the file."""

_SCHEMA = (
    "CREATE TABLE desk (one INTEGER PRIMARY KEY CHECK (one = 1), ident TEXT NOT NULL,"
    " epoch TEXT NOT NULL, seq INTEGER NOT NULL, next_number INTEGER NOT NULL,"
    " next_contact INTEGER NOT NULL, next_message INTEGER NOT NULL,"
    " running INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE contact (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " value TEXT NOT NULL)",
    "CREATE TABLE conversation (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " value TEXT NOT NULL, changed_by TEXT, rating INTEGER, part TEXT, mood TEXT)",
    "CREATE TABLE message (seq INTEGER PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE agent (id TEXT PRIMARY KEY, availability TEXT NOT NULL)",
    "CREATE TABLE answer (place INTEGER PRIMARY KEY, agent TEXT NOT NULL, cmd_id TEXT NOT NULL,"
    " body TEXT NOT NULL, value TEXT NOT NULL, at TEXT NOT NULL)",
    "CREATE TABLE event (seq INTEGER PRIMARY KEY, frame TEXT NOT NULL)",
)
_UPDATE_DESK = (
    "INSERT INTO desk (one, ident, epoch, seq, next_number, next_contact, next_message)"
    " VALUES (1, ?, ?, ?, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET ident = excluded.ident,"
    " epoch = excluded.epoch, seq = excluded.seq, next_number = excluded.next_number,"
    " next_contact = excluded.next_contact, next_message = excluded.next_message"
)


class StateFile:
    """The open file of a running desk; the methods raise `MockError` where the disk fails."""

    def __init__(self, path: Path) -> None:
        """Open a file that is there; raises `MockError` for one that is no state file."""
        self.path = path
        self.newest = 0
        """The newest sequence number in it, once it has been read."""
        self._forget_events = False
        self._wal_was_there = Path(f"{path.resolve()}-wal").exists()
        with _reading(path):
            self._base = _connect(path)
        try:
            with _reading(path):
                self._base.execute("BEGIN EXCLUSIVE").execute("COMMIT")
                self._check()
        except BaseException:
            self._base.close()
            raise

    def _check(self) -> None:
        (version,) = self._base.execute("PRAGMA user_version").fetchone()
        if version != FORMAT:
            raise ValueError(f"format {version}, this program writes {FORMAT}")
        (word,) = self._base.execute("PRAGMA quick_check(1)").fetchone()
        if word != "ok":
            raise ValueError(word)

    def read(self, desk: Desk, epoch: str) -> Restored:
        """The desk that is kept here, with `desk` for its house.

        `epoch` is the one to begin where the sequence cannot be continued. Raises `MockError` for
        rows that make no sense, and closes the file then.
        """
        try:
            with _reading(self.path):
                (running,) = self._only("SELECT running FROM desk")
                trusted = self._wal_was_there or not running
                restored = restore(self._rows(), desk, epoch, trusted=trusted)
        except BaseException:
            self.close()
            raise
        self.newest = restored.world.seq
        self._forget_events = restored.world.epoch == epoch
        return restored

    def _rows(self) -> Rows:
        """All there is."""
        return Rows(
            self._only(
                "SELECT ident, epoch, seq, next_number, next_contact, next_message FROM desk"
            ),
            self._all("SELECT id, value FROM contact ORDER BY place"),
            self._all(
                "SELECT id, value, changed_by, rating, part, mood FROM conversation ORDER BY place"
            ),
            self._all("SELECT seq, value FROM message ORDER BY seq"),
            self._all("SELECT id, availability FROM agent"),
            self._all("SELECT agent, cmd_id, body, value, at FROM answer ORDER BY place"),
            self._all("SELECT seq, frame FROM event ORDER BY seq"),
        )

    def _only(self, question: str) -> Row:
        (row,) = self._all(question)
        return row

    def _all(self, question: str) -> list[Row]:
        return self._base.execute(question).fetchall()

    def begin(self) -> None:
        """A desk runs from now on; where its epoch is new, the old events are worth nothing."""
        with _writing(self.path), self._transaction():
            self._base.execute("UPDATE desk SET running = 1")
            if self._forget_events:
                self._base.execute("DELETE FROM event")
        with _writing(self.path):
            # Into the file itself: without its -wal it has to say that something is missing.
            self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def write(self, rows: Rows) -> None:
        """Add `rows`, each in the place of the one before it; on disk when this returns."""
        with _writing(self.path), self._transaction():
            _put(self._base, rows)

    def forget(self, *, events_to: int, answers_before: str = "") -> None:
        """Let go of what is past its time: up to that number, before that moment."""
        with _writing(self.path), self._transaction():
            self._base.execute("DELETE FROM event WHERE seq <= ?", (events_to,))
            self._base.execute("DELETE FROM answer WHERE at < ?", (answers_before,))

    def end(self) -> None:
        """Close the file: it has all that was told, and stands alone from now on."""
        with _writing(self.path), contextlib.closing(self._base):
            # First, because on a full disk it makes room for the rest.
            self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            with self._transaction():
                self._base.execute("UPDATE desk SET running = 0")

    def close(self) -> None:
        """Let go of the file as it is."""
        with contextlib.suppress(sqlite3.Error):
            self._base.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._base.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._base.execute("ROLLBACK")
            raise


def create(path: Path, rows: Rows) -> None:
    """Make the file of a new desk, which only its owner may read; it is there whole or not at all.

    Raises `MockError` if that fails.
    """
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path = path.resolve()
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            base = _connect(draft, journal="DELETE")
            with contextlib.closing(base):
                base.execute("BEGIN")
                for statement in (*_SCHEMA, f"PRAGMA user_version = {FORMAT}"):
                    base.execute(statement)
                _put(base, rows)
                base.execute("COMMIT")
            # What lies about from a file that was taken away must not be mixed into this one.
            Path(f"{path}-wal").unlink(missing_ok=True)
            draft.replace(path)
            _settle(path.parent)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


def is_state_file(path: Path) -> bool:
    """Whether there is a file that may be opened; raises `MockError` for one of another kind."""
    with _reading(path):
        try:
            with path.open("rb") as file:
                start = file.read(len(_MAGIC))
        except FileNotFoundError:
            return False
        if start.lstrip().startswith(b'{"format'):
            message = _(
                "The state file {path} is from an earlier version, which kept the desk otherwise. "
                "Move it away to begin a new day, or name another with --state."
            )
            raise MockError(message.format(path=path))
        if start != _MAGIC:
            raise ValueError("not a database")
        return True


def _connect(path: Path, journal: str = "WAL") -> sqlite3.Connection:
    """A connection that has the file to itself and is durable at each commit."""
    base = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        base.execute("PRAGMA locking_mode = EXCLUSIVE")
        base.execute(f"PRAGMA journal_mode = {journal}")
        base.execute("PRAGMA synchronous = FULL")
    except BaseException:
        base.close()
        raise
    return base


def _put(base: sqlite3.Connection, rows: Rows) -> None:
    base.execute(_UPDATE_DESK, rows.desk)
    for statement, some in (
        (
            "INSERT INTO contact (id, value) VALUES (?, ?)"
            " ON CONFLICT (id) DO UPDATE SET value = excluded.value",
            rows.contacts,
        ),
        (
            "INSERT INTO conversation (id, value, changed_by, rating, part, mood)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET value = excluded.value,"
            " changed_by = excluded.changed_by, rating = excluded.rating, part = excluded.part,"
            " mood = excluded.mood",
            rows.conversations,
        ),
        ("REPLACE INTO message (seq, value) VALUES (?, ?)", rows.messages),
        ("REPLACE INTO agent (id, availability) VALUES (?, ?)", rows.agents),
        (
            "INSERT INTO answer (agent, cmd_id, body, value, at) VALUES (?, ?, ?, ?, ?)",
            rows.answers,
        ),
        ("INSERT INTO event (seq, frame) VALUES (?, ?)", rows.events),
    ):
        if some:
            base.executemany(statement, some)


def _settle(folder: Path) -> None:
    """A new name in `folder` survives a power failure."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Whatever goes wrong in here is told as a file that cannot be used."""
    try:
        yield
    except (
        OSError, sqlite3.Error, KeyError, TypeError, ValueError, AttributeError, RecursionError,
    ) as error:  # fmt: skip
        raise MockError(_unusable(path, error)) from error


def _unusable(path: Path, error: Exception) -> str:
    if getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
        message = _(
            "The state file {path} is in use by another desk. End that one first, "
            "or name another file with --state."
        )
        return message.format(path=path)
    message = _(
        "The state file {path} cannot be used ({why}). "
        "Move it away to begin a new day, or name another with --state."
    )
    why = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
    return message.format(path=path, why=str(why)[:120])


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Whatever goes wrong in here is told as a file that cannot be written."""
    try:
        yield
    except (OSError, sqlite3.Error, ValueError, OverflowError) as error:
        message = _("The state file {path} cannot be written ({why}).")
        why = error.strerror if isinstance(error, OSError) else error
        raise MockError(message.format(path=path, why=why)) from error
