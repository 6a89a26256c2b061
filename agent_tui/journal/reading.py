"""Judging the bytes of a file before anything writes to it: sound, newer than we are, or damaged.

SQLite reads a copy in memory: the file itself stays as it is until it is known to be sound.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import Final, TypeAlias

from agent_tui.journal.pages import PAGE, image_of, read_log
from agent_tui.journal.record import SCHEMA, SEAL_KEY, Row, key_of_bytes, read_seal
from agent_tui.journal.rescue import Rescued, has_news, rescue

APPLICATION: Final = 0x61677475
"""Says in the file's header that it is ours."""

SELECT: Final = "SELECT key, stamp, body, sum FROM kept ORDER BY n"


@dataclass(frozen=True, slots=True)
class Empty:
    """Nothing has been written yet."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Everything is there as it was written."""

    rows: tuple[Row, ...]
    stamp: int
    """The number of the last write."""


@dataclass(frozen=True, slots=True)
class Newer:
    """A later version of agent-tui wrote it."""

    version: int
    rows: tuple[Row, ...]
    """Those that can be read."""


@dataclass(frozen=True, slots=True)
class Damaged:
    """It is not as it was written."""

    rescued: Rescued


Verdict: TypeAlias = Empty | Sound | Newer | Damaged


@dataclass(frozen=True, slots=True)
class _Held:
    """What SQLite finds in a file."""

    ours: bool
    version: int
    whole: bool
    """Its pages fit together."""
    tables: int
    rows: tuple[Row, ...]


def examine(db: bytes, wal: bytes) -> Verdict:
    """What the bytes of a database and of its log are worth."""
    log = read_log(wal)
    image = image_of(db, log)
    if not db and not log.committed and not log.beyond:
        return Empty()
    held = _held(image)
    if held is not None:
        if db and not held.tables and not held.version and held.whole and not log.beyond:
            return Empty()
        last = max((row.stamp for row in held.rows), default=0)
        if db and _sound(held) and not has_news(log, last):
            return Sound(_kept(held.rows), last)
        if _newer(held):
            return Newer(held.version, _kept(held.rows))
    return Damaged(rescue(db, log))


def _sound(held: _Held) -> bool:
    """The file is ours and of our version, and the seal fits."""
    seals = [seal for row in held.rows if (seal := read_seal(row)) is not None]
    if not (held.ours and held.version == SCHEMA and held.whole and len(seals) == 1):
        return False
    rows = _kept(held.rows)
    return all(row.intact for row in rows) and seals[0].fits(rows)


def _newer(held: _Held) -> bool:
    """A later version wrote it; a header that merely says so is contradicted by the seal."""
    seals = [seal for row in held.rows if (seal := read_seal(row)) is not None]
    claims = held.ours and held.version > SCHEMA
    return claims and all(seal.schema > SCHEMA for seal in seals)


def _kept(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    return tuple(row for row in rows if row.key != SEAL_KEY)


def _held(image: bytes) -> _Held | None:
    """What SQLite makes of an image; None: nothing."""
    if len(image) < PAGE or image[18] not in {1, 2} or image[19] not in {1, 2}:
        return None
    with closing(sqlite3.connect(":memory:")) as con:
        try:
            con.text_factory = bytes
            con.deserialize(image[:18] + b"\1\1" + image[20:])  # one that needs no log
            return _Held(
                ours=_number(con, "application_id") == APPLICATION,
                version=_number(con, "user_version"),
                whole=con.execute("PRAGMA integrity_check(1)").fetchone()[0] == b"ok",
                tables=con.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0],
                rows=_select(con),
            )
        except (sqlite3.Error, UnicodeDecodeError, TypeError):
            return None


def _number(con: sqlite3.Connection, name: str) -> int:
    return int(con.execute(f"PRAGMA {name}").fetchone()[0])


def _select(con: sqlite3.Connection) -> tuple[Row, ...]:
    """Its rows; none where it has another form."""
    try:
        return tuple(_row(*values) for values in con.execute(SELECT))
    except (sqlite3.Error, UnicodeDecodeError, TypeError):
        return ()


def _row(key: object, stamp: object, body: object, total: object) -> Row:
    """A row, if its columns are what they should be; in a damaged file they may be anything."""
    match key, stamp, body, total:
        case bytes(), int(), bytes(), bytes():
            return Row(key_of_bytes(key), stamp, body, total)
        case _:
            raise TypeError("a column of another type")
