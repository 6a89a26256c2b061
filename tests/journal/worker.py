"""A console's worth of journal in a process of its own, to be killed and starved.

    python worker.py JOB FOLDER [DEFECT]

`write` keeps one row after the other and prints each number when it is told that it is on disk.
`race` opens and closes as it is told on its input. The others work on a disk that fails, and print
what they were told and what is there afterwards, as one JSON object.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from journal import faults
from journal.faults import Cannot, Heal
from journal.kit import changes, held, kept, opened, send, written

from agent_tui.journal import JournalBusy, NoJournal
from agent_tui.journal import lock as locks
from agent_tui.journal.database import Database
from agent_tui.journal.writer import FileJournal

ROWS_BEFORE, ROWS_IN = 20, 10
SMALL = 512
"""Kilobytes of the disk that gets full."""


def tell(what: object) -> None:
    print(what if isinstance(what, str) else json.dumps(what), flush=True)  # noqa: T201 - its output


def write(folder: Path) -> None:
    """Keep rows until killed: each in a transaction with the one before it going."""
    journal = opened(folder)
    first = 1 + max((int(key.removeprefix("op:op-")) for key in held(journal)), default=0)
    for number in range(first, sys.maxsize):
        gone = (f"op:op-{number - 30}",) if number % 2 else ()
        if written(journal, changes(kept(send(number), number), gone=gone)) is None:
            tell(f"{number}")


def race(folder: Path) -> None:
    """On each line of input: `open`, `until` (open, and try until it is free), or `close`."""
    journal: FileJournal | NoJournal | None = None
    tell("ready")
    for line in sys.stdin:
        if line.strip() == "close":
            if journal is not None:
                journal.close()
            journal = None
            tell("closed")
            continue
        try:
            journal = _patient(folder) if line.strip() == "until" else opened(folder)
            tell(f"won {written(journal, changes(kept(send(os.getpid()))))}")
        except JournalBusy as busy:
            tell(f"busy {busy}")


def _patient(folder: Path) -> FileJournal:
    while True:
        try:
            return opened(folder)
        except JournalBusy:
            time.sleep(0.005)


class Report:
    """What a journal told on a failing disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = opened(folder)
        self.said: dict[str, Any] = {"kept": [], "kept_in_fault": [], "refused": [], "problem": ""}
        self._number = 0

    def keep(self, count: int, into: str = "kept") -> None:
        for _row in range(count):
            self._number += 1
            problem = written(self.journal, changes(kept(send(self._number), self._number)))
            self.said[into if problem is None else "refused"].append(f"op:op-{self._number}")
            self.said["problem"] = self.said["problem"] or problem or ""

    def heal(self, heal: Heal) -> None:
        """The disk is well again: the next write takes along all that waited."""
        heal()
        self.keep(1)
        self.said["healed"] = self.journal.problem == ""

    def end(self, *, look: bool = True) -> None:
        self.said["closed"] = self.journal.close()
        if look:
            again = opened(self.folder)
            self.said["there"] = list(held(again))
            again.close()
        tell(self.said)


def full(folder: Path) -> None:
    """The disk is full, and then it is not."""
    faults.small_disk(folder, SMALL)
    report = Report(folder)
    report.keep(ROWS_BEFORE)
    heal = faults.fill(folder)
    report.keep(3 * ROWS_IN, "kept_in_fault")
    report.heal(heal)
    report.end()


def readonly(folder: Path) -> None:
    """The disk can only be read when the program starts, and then it can be written."""
    faults.small_disk(folder, SMALL)
    report = Report(folder)
    report.keep(ROWS_BEFORE)
    report.journal.close()
    faults.read_only(folder)
    report.journal = opened(folder)
    report.said["lost"] = sorted(set(report.said["kept"]) - held(report.journal).keys())
    report.keep(ROWS_IN, "kept_in_fault")
    report.heal(lambda: faults.read_only(folder, on=False))
    report.end()


def short(folder: Path) -> None:
    """No file may grow: writes fail in the middle of a page."""
    report = Report(folder)
    report.keep(ROWS_BEFORE)
    heal = faults.short_files(100_001)
    report.keep(60, "kept_in_fault")
    report.heal(heal)
    report.end()


def no_sync(folder: Path) -> None:
    """The disk takes what it is given and reports that it could not keep it."""
    report = Report(folder)
    report.keep(ROWS_BEFORE)
    try:
        faults.failing("fsync", "fdatasync")
    except Cannot:
        faults.commit_fails()
    report.keep(ROWS_IN, "kept_in_fault")
    report.end(look=False)


def no_write(folder: Path) -> None:
    """The disk takes nothing and reports an error."""
    report = Report(folder)
    report.keep(ROWS_BEFORE)
    faults.failing("pwrite64")
    report.keep(ROWS_IN, "kept_in_fault")
    report.end(look=False)


# Defects, planted to see that the checks find them


def acknowledged_early() -> None:
    """What is told to be on disk is not there yet: a failure comes too late."""
    sound = Database.put

    def put(self: Database, changes: Mapping[str, bytes | None]) -> None:
        try:
            sound(self, changes)
        except (sqlite3.Error, OSError):
            return

    Database.put = put  # type: ignore[method-assign]


def not_synced() -> None:
    """SQLite is not told to wait for the disk."""
    sound = Database._prepare

    def prepare(self: Database, con: sqlite3.Connection) -> None:
        sound(self, con)
        con.execute("PRAGMA synchronous=OFF")

    Database._prepare = prepare  # type: ignore[method-assign]


def no_lock() -> None:
    """Nobody asks whether another instance has the journal."""

    class Free:
        LOCK_EX = LOCK_NB = 0

        @staticmethod
        def flock(handle: int, how: int) -> None:
            pass

    setattr(locks, "fcntl", Free)  # noqa: B010 - for mypy


def no_flock() -> None:
    """No defect: a disk that knows no locks."""

    class Unknown:
        LOCK_EX = LOCK_NB = 0

        @staticmethod
        def flock(handle: int, how: int) -> None:
            raise OSError(95, "Operation not supported")

    setattr(locks, "fcntl", Unknown)  # noqa: B010 - for mypy


JOBS: dict[str, Callable[[Path], None]] = {
    job.__name__: job for job in (write, race, full, readonly, short, no_sync, no_write)
}
PLANTED: dict[str, Callable[[], None]] = {
    defect.__name__: defect for defect in (acknowledged_early, not_synced, no_lock, no_flock)
}


def main() -> None:
    job, folder, *defects = sys.argv[1:]
    for defect in defects:
        PLANTED[defect]()
    try:
        JOBS[job](Path(folder))
    except Cannot as lacking:
        tell({"cannot": str(lacking)})


if __name__ == "__main__":
    main()
