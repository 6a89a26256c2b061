"""The file of a journal: private, one transaction a write, and what becomes of one that is hurt."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from builders import NOW
from journal.kit import (
    ACCOUNT,
    LONG,
    changes,
    draft,
    files_of,
    held,
    kept,
    lay_out,
    opened,
    send,
    written,
)
from journal.running import ROOT

from agent_tui.clock import ManualClock
from agent_tui.journal import open_journal
from agent_tui.journal import place as places
from agent_tui.journal.database import Before, Database, Manner
from agent_tui.journal.place import place_of
from agent_tui.journal.reading import Sound, examine
from agent_tui.journal.record import Row, make_row, mix, read_seal, seal_row

# What is kept is there again


def test_what_was_kept_is_found_in_the_order_it_was_asked_for(quick: Path) -> None:
    journal = opened(quick)
    for number in (3, 1, 2):
        assert written(journal, changes(kept(send(number), order=number))) is None
    journal.later("draft:reply:desk-1:p-17:c-9", draft(9, LONG))
    assert journal.close()
    found = opened(quick).found()
    assert [value.op.id for value in found.ops] == ["op-1", "op-2", "op-3"]
    assert [value.words.text for value in found.drafts] == [LONG]
    assert found.problems == ()


def test_each_account_has_its_own(quick: Path) -> None:
    ana = opened(quick)
    assert written(ana, changes(kept(send(1)))) is None
    ben = open_journal(quick, "ben wss://desk.example", ManualClock(NOW))
    assert held(ben) == {}
    assert ana.file != ben.file
    ana.close()
    ben.close()


def test_names_of_folders_are_short_safe_and_differ() -> None:
    one = place_of(Path("x"), "ana wss://desk.example/a").folder.name
    two = place_of(Path("x"), "ana wss://desk.example?a").folder.name
    odd = place_of(Path("x"), "../../etc/pass\0wd\n" + "ü" * 500).folder.name
    assert one != two
    assert one.startswith("ana-wss-desk-example-a-")
    for name in (one, two, odd):
        assert len(name) <= 60
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_only_its_owner_may_read_it_whatever_the_umask(quick: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        journal = opened(quick)
        assert written(journal, changes(kept(send(1)))) is None
    finally:
        os.umask(before)
    home = journal.file.parent
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()}
    assert modes == dict.fromkeys(("state.db", "state.db-wal", "state.lock"), 0o600)
    journal.close()


def test_a_file_that_others_may_read_is_closed_to_them(quick: Path) -> None:
    opened(quick).close()
    file = place_of(quick, ACCOUNT).file
    file.chmod(0o644)
    file.parent.chmod(0o755)
    opened(quick).close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_what_was_sent_does_not_stay_behind_in_the_file(quick: Path) -> None:
    journal = opened(quick)
    assert written(journal, changes(kept(send(1, "very private words")), draft(1, LONG))) is None
    assert written(journal, changes(gone=("op:op-1", "draft:reply:desk-1:p-17:c-1"))) is None
    journal.close()
    for data in files_of(journal.file.parent).values():
        assert b"private" not in data
        assert b"long text" not in data


def test_importing_the_journal_is_light() -> None:
    code = "import sys, agent_tui.journal as j; print('sqlite3' in sys.modules)"
    run = [sys.executable, "-c", code]
    said = subprocess.run(run, check=True, capture_output=True, cwd=ROOT, text=True).stdout
    assert said == "False\n"


def test_it_is_there_again_when_somebody_took_the_file_away(quick: Path) -> None:
    """A file that has no name any more would take everything and keep nothing."""
    journal = opened(quick)
    assert written(journal, changes(kept(send(1)))) is None
    journal.file.unlink()
    assert written(journal, changes(kept(send(2)))) is None
    journal.close()
    again = opened(quick)
    assert held(again).keys() == {"op:op-1", "op:op-2"}
    again.close()


def test_damage_that_shows_while_it_is_in_use_costs_nothing(quick: Path) -> None:
    journal = opened(quick)
    assert written(journal, changes(*(kept(send(n)) for n in range(60)))) is None
    journal._disk.close()  # so that the next write reads the file anew
    journal.file.write_bytes(b"SQLite format 3\0" + b"\xff" * 9000)
    assert written(journal, changes(kept(send(99)))) is None
    journal.close()
    again = opened(quick)
    assert len(held(again)) == 61
    assert any(b"\xff" * 9000 in data for data in files_of(journal.file.parent).values())
    again.close()


# Rows that are not understood


def test_a_row_of_no_known_form_is_kept_and_told_of_once(quick: Path) -> None:
    journal = opened(quick)
    assert written(journal, changes(kept(send(1)))) is None
    journal.close()
    place = place_of(quick, ACCOUNT)
    verdict = examine(place.file.read_bytes(), b"")
    assert isinstance(verdict, Sound)
    odd = make_row("op:op-2", verdict.stamp, b'{"kind":"wish"}')
    before = Before((*verdict.rows, odd), verdict.stamp)
    with closing(Database(place.file, before, Manner(), lambda: place.file)) as database:
        database.put({})
    for told in (True, False, False):
        journal = opened(quick)
        assert held(journal).keys() == {"op:op-1"}
        assert bool(journal.found().problems) == told
        assert written(journal, changes(kept(send(3)), gone=("op:op-3",))) is None
        journal.close()
    assert b'{"kind":"wish"}' in place.file.read_bytes()


def test_a_row_says_by_its_sum_that_it_was_changed() -> None:
    row = make_row("op:op-1", 3, b"body")
    assert row.intact
    for other in (
        Row("op:op-2", 3, b"body", row.sum),
        Row("op:op-1", 4, b"body", row.sum),
        Row("op:op-1", 3, b"Body", row.sum),
        Row("op:op-1", 3, b"body", bytes(16)),
    ):
        assert not other.intact


def test_the_seal_says_which_rows_there_are() -> None:
    rows = [make_row(f"op:op-{n}", n, b"body") for n in range(5)]
    seal = read_seal(seal_row(len(rows), mix(rows), 9))
    assert seal is not None
    assert seal.fits(reversed(rows))
    assert not seal.fits(rows[1:])
    assert not seal.fits([*rows[1:], make_row("op:op-9", 9, b"body")])
    assert mix([]) == 0


# Disks of other kinds


MOUNTS = r"""/dev/vda / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/vdb /home/ana/local\040disk ext4 rw 0 0
sshfs /mnt/far fuse.sshfs rw 0 0
broken line
"""


@pytest.mark.parametrize(
    ("folder", "shared"),
    [
        ("/var/lib/x", False),
        ("/home/ana/state", True),
        ("/home/ana/local disk/state", False),
        ("/homestead", False),
        ("/mnt/far", True),
    ],
)
def test_network_disks_are_told_apart(tmp_path: Path, folder: str, shared: bool) -> None:
    table = tmp_path / "mounts"
    table.write_text(MOUNTS)
    assert places.is_shared(Path(folder), table) is shared


def test_a_machine_that_tells_nothing_of_its_disks_is_trusted(tmp_path: Path) -> None:
    assert not places.is_shared(tmp_path, tmp_path / "missing")


def test_a_network_disk_gets_no_log(quick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = opened(quick)
    assert written(journal, changes(kept(send(1)))) is None
    journal.close()
    monkeypatch.setattr(places, "is_shared", lambda folder: True)
    journal = opened(quick)
    assert written(journal, changes(kept(send(2)))) is None
    assert not journal.file.with_name("state.db-wal").exists()
    journal.close()
    monkeypatch.undo()
    journal = opened(quick)
    assert held(journal).keys() == {"op:op-1", "op:op-2"}
    journal.close()


def test_without_a_log_a_cut_off_write_is_rolled_back(
    quick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pages of a write that was cut off are in the file already, the old ones beside it."""
    monkeypatch.setattr(places, "is_shared", lambda folder: True)
    journal = opened(quick)
    assert written(journal, changes(*(kept(send(n)) for n in range(60)))) is None
    journal.close()
    place = place_of(quick, ACCOUNT)
    with closing(sqlite3.connect(place.file, isolation_level=None)) as con:
        con.execute("PRAGMA cache_size=1")
        con.execute("BEGIN")
        con.execute("UPDATE kept SET body = zeroblob(9000)")
        files = files_of(place.folder)
        con.execute("ROLLBACK")
    assert files["state.db-journal"].startswith(bytes.fromhex("d9d505f9"))
    lay_out(quick, files)
    journal = opened(quick)
    assert len(held(journal)) == 60
    assert journal.found().problems == ()
    journal.close()
