"""Opening a journal: whose it is, what there is in it, and what to tell the agent about that."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from agent_tui.clock import Clock
from agent_tui.i18n import _
from agent_tui.journal import place as places
from agent_tui.journal.base import JournalError
from agent_tui.journal.database import Before, Database, Manner, new_file, remove
from agent_tui.journal.finding import content_of, found_of, told
from agent_tui.journal.kept import Key
from agent_tui.journal.lock import Lock, take
from agent_tui.journal.place import Place
from agent_tui.journal.reading import Damaged, Newer, Sound, Verdict, examine
from agent_tui.journal.trouble import reason_of, unsaved
from agent_tui.journal.writer import Disk, FileJournal
from agent_tui.model import NO_TEXT, SafeText
from agent_tui.sanitise import plain_line

_HOT_JOURNAL: Final = bytes.fromhex("d9d505f920a163d7")
"""How a rollback journal begins that has to be played back (fileformat2.html §3)."""


class ReadOnly:
    """The file of a later version: nothing is written to it."""

    def __init__(self, file: Path) -> None:
        words = _(
            "Not saved on disk: a newer agent-tui wrote {file}, so this one leaves it as it is; "
            "start the newer one."
        )
        self._why = words.format(file=plain_line(file))

    def put(self, changes: Mapping[Key, bytes | None]) -> None:
        del changes
        raise JournalError(self._why)

    def close(self) -> None:
        pass


def open_at(folder: Path, account: str, clock: Clock) -> FileJournal:
    """As `agent_tui.journal.open_journal`, which see."""
    place = places.place_of(folder, account)
    try:
        places.make(place)
        lock = take(place.lock, account, clock)
    except OSError as error:
        words = _("What is unsent cannot be kept in {folder}: {reason}.")
        where = plain_line(place.folder)
        raise JournalError(words.format(folder=where, reason=reason_of(error))) from error
    try:
        return _opened(place, lock, clock)
    except OSError as error:
        lock.release()
        words = _("What is unsent cannot be read from {file}: {reason}.")
        file = plain_line(place.file)
        raise JournalError(words.format(file=file, reason=reason_of(error))) from error
    except BaseException:
        lock.release()
        raise


def _opened(place: Place, lock: Lock, clock: Clock) -> FileJournal:
    _finish_replacing(place)
    verdict = _look(place)
    content = content_of(verdict)
    aside = place.free_name(clock.now()) if isinstance(verdict, Damaged) else None
    disk: Disk = ReadOnly(place.file)
    if not isinstance(verdict, Newer):
        stamp = verdict.stamp if isinstance(verdict, Sound) else 0
        before = Before(content.rows, stamp, aside)
        manner = Manner(lock.system and not places.is_shared(place.folder), lock.system)
        disk = Database(place.file, before, manner, lambda: place.free_name(clock.now()))
    problem = _first_problem(disk, place.file)
    kept_as = aside if aside is not None and not problem else place.file
    found = found_of(content, told(verdict, content, kept_as))
    return FileJournal(place.file, found, disk, lock, problem)


def _first_problem(disk: Disk, file: Path) -> SafeText:
    """Whether the file takes anything; begins a new one where that is due."""
    try:
        disk.put({})
    except (sqlite3.Error, OSError, UnicodeDecodeError, JournalError) as error:
        return unsaved(error, file)
    return NO_TEXT


def _finish_replacing(place: Place) -> None:
    """Go on where the replacing of a damaged file was cut off (`Database`, "replace")."""
    fresh = new_file(place.file)
    with suppress(OSError):  # a read-only disk: then nothing was cut off here either
        for tail in ("-wal", "-journal"):
            for log in place.folder.glob(f"state.db.corrupt-*{tail}"):
                alone = not log.with_name(log.name.removesuffix(tail)).exists()
                if alone and not place.beside(tail).exists():
                    log.rename(place.beside(tail))
        if fresh.exists():
            if not place.file.exists() and isinstance(examine(fresh.read_bytes(), b""), Sound):
                fresh.rename(place.file)
            remove(fresh)


def _look(place: Place) -> Verdict:
    """What the files are worth. Raises OSError where they cannot be read."""
    if _bytes(place.beside("-journal")).startswith(_HOT_JOURNAL):
        with (
            suppress(sqlite3.Error, UnicodeDecodeError),
            closing(sqlite3.connect(place.file, timeout=1.0)) as con,
        ):
            con.execute("SELECT count(*) FROM sqlite_schema")  # SQLite plays it back
    return examine(_bytes(place.file), _bytes(place.beside("-wal")))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
