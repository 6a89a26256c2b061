"""The file against a dictionary: whatever fails in between, it comes to hold what it should."""

from __future__ import annotations

import sqlite3
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from journal.kit import quick_folder

from agent_tui.journal.database import Before, Database, Manner
from agent_tui.journal.pages import image_of, read_log
from agent_tui.journal.reading import Sound, examine


class Fate(Enum):
    """What becomes of a write."""

    WELL = 0
    FAILS = 1
    """Nothing of it is in the file."""
    TORN = 2
    """It is in the file, and the disk reported an error all the same."""
    REOPENED = 3
    """The file was closed before."""
    TAKEN_AWAY = 4
    """Somebody removed the file before."""


CHANGES = st.dictionaries(
    st.sampled_from("abcdef"), st.none() | st.binary(min_size=1, max_size=9000), max_size=4
)
WRITES = st.lists(st.tuples(CHANGES, st.sampled_from(Fate)), max_size=12)


class Fated(Database):
    """Its next write meets the fate it is told."""

    fate = Fate.WELL

    def _commit(self, con: sqlite3.Connection, new: Any) -> None:
        if self.fate is Fate.FAILS:
            raise sqlite3.OperationalError("disk I/O error")
        super()._commit(con, new)
        if self.fate is Fate.TORN:
            raise sqlite3.OperationalError("disk I/O error")


def begin(file: Path, before: Before) -> Fated:
    return Fated(file, before, Manner(), lambda: file.with_name("aside"))


def content(file: Path) -> dict[str, bytes]:
    """What the next start would find."""
    wal = file.with_name(file.name + "-wal")
    verdict = examine(file.read_bytes(), wal.read_bytes() if wal.exists() else b"")
    assert isinstance(verdict, Sound)
    return {row.key: row.body for row in verdict.rows}


@settings(max_examples=60)
@given(WRITES)
def test_the_file_holds_what_was_put(writes: list[tuple[dict[str, bytes | None], Fate]]) -> None:
    with TemporaryDirectory() as slow, quick_folder(Path(slow)) as folder:
        file = folder / "state.db"
        database = begin(file, Before())
        model: dict[str, bytes] = {}
        waiting: dict[str, bytes | None] = {}
        for changes, fate in writes:
            if fate is Fate.REOPENED:
                database.close()
            if fate is Fate.TAKEN_AWAY:
                file.unlink(missing_ok=True)
            database.fate = fate
            waiting |= changes
            try:
                database.put(waiting)
            except sqlite3.OperationalError:
                assert fate in {Fate.FAILS, Fate.TORN}
                continue
            model = {k: v for k, v in {**model, **waiting}.items() if v is not None}
            waiting = {}
            assert content(file) == model
        database.close()


@given(st.lists(CHANGES, min_size=1, max_size=8))
@settings(max_examples=30)
def test_the_log_is_read_as_sqlite_reads_it(writes: list[dict[str, bytes | None]]) -> None:
    """The image that is judged is, byte for byte, the file that SQLite makes of the log."""
    with TemporaryDirectory() as slow, quick_folder(Path(slow)) as folder:
        file = folder / "state.db"
        database = begin(file, Before())
        for changes in writes:
            database.put(changes)
        log = read_log(file.with_name("state.db-wal").read_bytes())
        image = image_of(file.read_bytes(), log)
        database.close()
        assert file.read_bytes() == image
