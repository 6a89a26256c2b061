"""R11, the disk: damaged, full, read-only, from a later version, or failing under our feet."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

import pytest
from journal.kit import (
    ACCOUNT,
    changes,
    draft,
    held,
    kept,
    opened,
    priority,
    quick_folder,
    read_mark,
    send,
    written,
)
from journal.running import Worker
from row import Row

from agent_tui.journal import Kept, KeptOp, Key, key_of, reading
from agent_tui.journal import record as records
from agent_tui.journal.database import Database
from agent_tui.journal.pages import PAGE, Log, read_log
from agent_tui.journal.place import place_of
from agent_tui.journal.rescue import Rescued
from agent_tui.shown import SendState

REQUIRED = "0 crashes, 0 false 'queued', salvage >= 99 % of intact rows"
FRAME = PAGE + 24


# Damage: bytes flipped in the files that a crash or a clean end left behind


@dataclass(frozen=True)
class Left:
    """The files of a journal, and what was in it."""

    files: dict[str, bytes]
    wanted: dict[Key, Kept]
    """What it held."""
    gone: frozenset[Key]
    """What it held once: sent, or taken back."""

    def pages(self) -> Iterator[tuple[str, int, int, bytes]]:
        """Name of the file, place of the page in it, its number, its bytes; oldest first."""
        db = self.files["state.db"]
        for at in range(0, len(db), PAGE):
            yield "state.db", at, at // PAGE + 1, db[at : at + PAGE]
        wal = self.files.get("state.db-wal", b"")
        for at in range(32, len(wal) - FRAME + 1, FRAME):
            number = int.from_bytes(wal[at : at + 4], "big")
            yield "state.db-wal", at, number, wal[at : at + FRAME]

    @cached_property
    def homes(self) -> dict[Key, set[tuple[str, int]]]:
        """Where the newest writing of each page lies that has something of a row."""
        newest = {number: (name, at, page) for name, at, number, page in self.pages()}
        return {
            key: {(name, at) for name, at, page in newest.values() if mark_of(value) in page}
            for key, value in self.wanted.items()
        }


def mark_of(value: Kept) -> bytes:
    """What stands in every page that a row lies in."""
    if not isinstance(value, KeptOp):
        return f"<draft-{value.conversation.removeprefix('c-')}>".encode()
    return f"<{value.op.id}>".encode() if is_long(value) else f'"{value.op.id}"'.encode()


def is_long(value: KeptOp) -> bool:
    return len(getattr(value.op, "text", "")) > 100


def a_days_work() -> list[Kept]:
    """Sixty and more rows: replies short and long, state changes, read marks, drafts."""
    values: list[Kept] = [kept(send(n), n) for n in range(40)]
    values += [kept(send(n, f"<op-{n}> long words " * (80 * (n - 39))), n) for n in range(40, 46)]
    values += [kept(priority(n), n) for n in range(46, 52)]
    values += [kept(read_mark(n), n) for n in range(52, 56)]
    return values + [draft(n) for n in range(12)]


def left_behind(folder: Path, *, crashed: bool) -> Left:
    """The files after a clean end, or as a kill leaves them, with a log of many changes."""
    journal = opened(folder)
    wanted: dict[Key, Kept] = {}
    gone: set[Key] = set()
    for value in a_days_work():
        assert written(journal, changes(value)) is None
        wanted[key_of(value)] = value
    if crashed:
        journal.close()
        journal = opened(folder)
        for number in range(60, 90):
            value = kept(send(number), number)
            old = f"op:op-{number - 60}"
            assert written(journal, changes(value, gone=(old,))) is None
            wanted[key_of(value)] = value
            del wanted[old]
            gone.add(old)
    else:
        journal.close()
    files = {p.name: p.read_bytes() for p in journal.file.parent.iterdir() if ".db" in p.name}
    journal.close()
    shutil.rmtree(folder)
    return Left(files, wanted, frozenset(gone))


@dataclass
class Damage:
    """What flipped bytes did."""

    flips: int = 0
    crashes: list[str] = field(default_factory=list)
    intact: int = 0
    saved: int = 0
    lost: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    """Told as kept and not there, or there and not what was kept."""
    silent: list[str] = field(default_factory=list)
    """Rows missing and nothing said, or the damaged file not kept."""

    @property
    def share(self) -> float:
        return self.saved / self.intact if self.intact else 1.0

    def ok(self) -> bool:
        return not (self.crashes or self.false or self.silent) and self.share >= 0.99

    def __str__(self) -> str:
        return (
            f"{len(self.crashes)} crashes, {len(self.false)} false 'queued', "
            f"{len(self.silent)} silent, {self.share:.2%} of intact rows saved ({self.flips} flips)"
        )


@dataclass(frozen=True)
class Hit:
    """A journal's files with one byte flipped."""

    left: Left
    files: dict[str, bytes]
    intact: frozenset[Key]
    """The rows in whose pages that byte is not."""
    where: str

    def lay_out(self, folder: Path) -> Path:
        """Put the files where the journal looks for them; returns their folder."""
        home = place_of(folder, ACCOUNT).folder
        home.mkdir(parents=True)
        for name, data in self.files.items():
            (home / name).write_bytes(data)
        return home


def flip(left: Left, random: Random) -> Hit:
    """One flipped byte, anywhere in the files."""
    names = list(left.files)
    name = random.choices(names, [len(left.files[name]) for name in names])[0]
    at = random.randrange(len(left.files[name]))
    data = bytearray(left.files[name])
    data[at] ^= random.randrange(1, 256)
    intact = {
        key
        for key, pages in left.homes.items()
        if not any(file == name and start <= at < start + FRAME for file, start in pages)
    }
    return Hit(left, {**left.files, name: bytes(data)}, frozenset(intact), f"{name}@{at}")


def flip_bytes(folder: Path, lefts: list[Left], random: Random, flips: int) -> Damage:
    """Flip one byte at a time, open the journal, and look at what it makes of it."""
    damage = Damage()
    with quick_folder(folder) as quick:
        for number in range(flips):
            hit = flip(lefts[number % len(lefts)], random)
            place = quick / str(number)
            _look_at(damage, place, hit)
            damage.flips += 1
            shutil.rmtree(place, ignore_errors=True)
    return damage


def _look_at(damage: Damage, place: Path, hit: Hit) -> None:
    home = hit.lay_out(place)
    new = kept(send(99), 99)
    try:
        journal = opened(place)
        found, problems = held(journal), journal.found().problems
        told = written(journal, changes(new))
        journal.close()
        again = opened(place)
        there = held(again)
        again.close()
    except Exception as error:
        damage.crashes.append(f"{hit.where}: {error!r}")
        return
    wanted = hit.left.wanted
    damage.intact += len(hit.intact)
    damage.saved += sum(same(found.get(key), wanted[key]) for key in hit.intact)
    damage.lost += [f"{hit.where}: {key}" for key in hit.intact if key not in found]
    believed = [key for key, value in found.items() if not_ours(value, hit.left, key)]
    damage.false += [f"{hit.where}: {key} is not what was kept" for key in believed]
    missing = {**found, key_of(new): new}.keys() - there.keys()
    if told is None and missing:
        damage.false += [f"{hit.where}: {key} was told to be kept" for key in missing]
    if wanted.keys() - found.keys() and not problems:
        damage.silent.append(f"{hit.where}: nothing said")
    if problems and not set(hit.files.values()) <= {p.read_bytes() for p in home.iterdir()}:
        damage.silent.append(f"{hit.where}: the damaged file is gone")


def same(found: Kept | None, wanted: Kept) -> bool:
    """It was found as it was kept; a request may have been held back to be looked at."""
    if isinstance(found, KeptOp) and isinstance(wanted, KeptOp):
        return found.op == wanted.op
    return found == wanted


def not_ours(value: Kept, left: Left, key: Key) -> bool:
    """It goes out or is shown as the newest, and is not."""
    if key in left.wanted:
        return not same(value, left.wanted[key])
    return isinstance(value, KeptOp) and value.state is not SendState.HELD


@pytest.fixture(scope="module")
def lefts(tmp_path_factory: pytest.TempPathFactory) -> list[Left]:
    with quick_folder(tmp_path_factory.mktemp("journal")) as folder:
        return [
            left_behind(folder / "clean", crashed=False),
            left_behind(folder / "killed", crashed=True),
        ]


@pytest.mark.row("R11", REQUIRED)
def test_r11_flipped_bytes(row: Row, lefts: list[Left], tmp_path: Path) -> None:
    """One flipped byte in the file or its log costs at most what it hit, and is told."""
    damage = flip_bytes(tmp_path, lefts, row.random(), row.pick(quick=60, full=1000))
    row.reached(str(damage), ok=damage.ok())


def believes_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checksums are not compared."""
    monkeypatch.setattr(records.Row, "intact", property(lambda _row: True))


def sees_what_sqlite_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log is taken up to its first damaged page, and nobody wonders about the rest."""
    monkeypatch.setattr(reading, "read_log", lambda wal: Log(read_log(wal).committed))


def begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged file is set aside and nothing is saved from it."""
    monkeypatch.setattr(reading, "rescue", lambda db, log: Rescued((), (), None))


def throws_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged file is not kept."""
    sound = Database._replace

    def replace(self: Database, aside: Path) -> None:
        sound(self, aside)
        aside.unlink()

    monkeypatch.setattr(Database, "_replace", replace)


@pytest.mark.parametrize(
    "plant", [believes_everything, sees_what_sqlite_sees, begins_anew, throws_away]
)
@pytest.mark.row_defect("R11", "reading that believes, overlooks or gives up")
def test_r11_catches_bad_reading(
    row: Row,
    lefts: list[Left],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    plant: Callable[[pytest.MonkeyPatch], None],
) -> None:
    plant(monkeypatch)
    assert not flip_bytes(tmp_path, lefts, row.random(), 16).ok()


# Disks that fail, each under a process of its own


@dataclass
class Disks:
    """What journals told on disks that fail."""

    tried: list[str] = field(default_factory=list)
    cannot: list[str] = field(default_factory=list)
    """Faults that this machine does not allow."""
    faults: list[str] = field(default_factory=list)
    """What went wrong."""

    def ok(self) -> bool:
        return not self.faults and {"short", "no_sync"} <= set(self.tried)

    def __str__(self) -> str:
        without = f", not possible here: {', '.join(self.cannot)}" if self.cannot else ""
        return f"{len(self.faults)} faults in {', '.join(self.tried)}{without}"


def fail_disks(folder: Path, jobs: Sequence[str], *planted: str) -> Disks:
    """Keep rows on each failing disk; what was told to be there has to be there."""
    disks = Disks()
    running = []
    for job in jobs:
        place = folder / job
        place.mkdir()
        running.append((job, place, Worker(job, place, *planted)))
    for job, place, worker in running:
        code, said = worker.last_words()
        if said is not None and "cannot" in said:
            disks.cannot.append(f"{job} ({said['cannot']})")
            continue
        disks.tried.append(job)
        if code != 0 or said is None:
            disks.faults.append(f"{job}: crashed")
            continue
        disks.faults += [f"{job}: {fault}" for fault in _faults(said, place)]
    return disks


def _faults(said: dict[str, Any], place: Path) -> Iterator[str]:
    if "there" not in said:  # the disk of that process is well for everybody else
        journal = opened(place)
        said["there"] = list(held(journal))
        journal.close()
        if said["kept_in_fault"]:
            yield "told to be on a disk that took nothing"
        if said["closed"]:
            yield "told to be closed with everything on disk"
    elif not (said["healed"] and said["closed"]):
        yield "not well when the disk was again"
    elif missing := set(said["refused"]) - set(said["there"]):
        yield f"{len(missing)} refused rows not written when the disk was well again"
    if missing := {*said["kept"], *said["kept_in_fault"]} - set(said["there"]):
        yield f"{len(missing)} rows told to be on disk are not"
    if said.get("lost"):
        yield f"{len(said['lost'])} rows not read from a disk that can be read"
    if not said["refused"] or "state.db" not in said["problem"]:
        yield "nothing said"


@pytest.mark.row("R11", REQUIRED)
def test_r11_failing_disks(row: Row, tmp_path: Path) -> None:
    """Full, read-only, cut short, no sync, no write: told at once, kept, written when it can be."""
    jobs = ("full", "readonly", "short", "no_sync", "no_write")
    disks = fail_disks(tmp_path, jobs)
    row.reached(str(disks), ok=disks.ok())


@pytest.mark.parametrize(
    ("job", "planted"), [("short", "acknowledged_early"), ("no_sync", "not_synced")]
)
@pytest.mark.row_defect("R11", "told to be on disk before it is")
def test_r11_catches_early_answers(tmp_path: Path, job: str, planted: str, row: Row) -> None:
    assert fail_disks(tmp_path, [job], planted).faults


# A later version's file


def newer_file(folder: Path) -> list[str]:
    """Open a file that a later version wrote; what goes wrong."""
    journal = opened(folder)
    written(journal, changes(*a_days_work()))
    journal.close()
    make_newer(journal.file)
    before = {p.name: p.read_bytes() for p in journal.file.parent.iterdir() if ".db" in p.name}
    journal = opened(folder)
    found, problems = held(journal), journal.found().problems
    told = written(journal, changes(kept(send(99), 99), gone=("op:op-1",)))
    closed = journal.close()
    after = {p.name: p.read_bytes() for p in journal.file.parent.iterdir() if ".db" in p.name}
    checks = {
        "not read": len(found) == len(a_days_work()),
        "not told": bool(problems) and told is not None and "newer" in told,
        "false 'queued'": not closed,
        "changed": before == after,
    }
    return [fault for fault, well in checks.items() if not well]


def make_newer(file: Path) -> None:
    """As version 99 of the form would have written it."""
    with closing(sqlite3.connect(file)) as con, con:
        con.execute("PRAGMA user_version = 99")
        key, stamp, body = con.execute(
            "SELECT key, stamp, body FROM kept WHERE key = ?", (b"seal",)
        ).fetchone()
        body = body.replace(b'"schema": 1', b'"schema": 99')
        total = records.checksum(key.decode(), stamp, body)
        con.execute("UPDATE kept SET body = ?, sum = ? WHERE key = ?", (body, total, key))


@pytest.mark.row("R11", REQUIRED)
def test_r11_schema_newer(row: Row, tmp_path: Path) -> None:
    faults = newer_file(tmp_path)
    row.reached(f"schema newer: read, not touched, told ({len(faults)} faults)", ok=not faults)


@pytest.mark.row_defect("R11", "a later version's file is taken for our own")
def test_r11_catches_writing_to_a_newer_file(
    row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_newer", lambda held: False)
    monkeypatch.setattr(reading, "_sound", lambda held: True)
    assert "changed" in newer_file(tmp_path)
