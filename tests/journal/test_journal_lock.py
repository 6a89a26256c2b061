"""One instance at a time, with the system's locks and without."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from builders import NOW
from journal.kit import ACCOUNT, changes, kept, opened, send, written

from agent_tui.clock import ManualClock
from agent_tui.journal import JournalBusy, JournalError, lock, open_journal
from agent_tui.journal import holder as holders
from agent_tui.journal.holder import SILENCE, HolderFile
from agent_tui.journal.place import place_of


def refuse(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """A disk that answers every flock with this error."""

    def flock(handle: int, how: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(lock.fcntl, "flock", flock)  # type: ignore[attr-defined]


def test_a_second_one_is_told_who_has_it(tmp_path: Path) -> None:
    first = opened(tmp_path)
    with pytest.raises(JournalBusy, match=rf"as {ACCOUNT}, as process {os.getpid()}: ") as told:
        opened(tmp_path)
    assert "end it there" in str(told.value)
    first.close()
    opened(tmp_path).close()


def test_whoever_was_refused_takes_nothing_with_him(tmp_path: Path) -> None:
    """A refused second closes his file; the first one's right must not go with it."""
    first = opened(tmp_path)
    for _time in range(3):
        with pytest.raises(JournalBusy):
            opened(tmp_path)
    assert written(first, changes(kept(send(1)))) is None
    first.close()


def test_what_stands_in_the_lock_file_is_only_for_people(tmp_path: Path) -> None:
    opened(tmp_path).close()
    path = place_of(tmp_path, ACCOUNT).lock
    for junk in (b"", b"\xff\x1b[31m", b"99999999999999\n"):
        first = opened(tmp_path)
        path.write_bytes(junk)
        with pytest.raises(JournalBusy) as told:
            opened(tmp_path)
        assert "process" not in str(told.value)
        assert "\x1b" not in str(told.value)
        first.close()


def test_where_none_can_be_kept_the_words_say_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(JournalError, match="cannot be kept"):
        opened(tmp_path / "file")


def test_an_error_of_the_lock_is_no_free_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, errno.EIO)
    with pytest.raises(JournalError, match="disk reports an error"):
        opened(tmp_path)


# Without the system's locks


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.holder"


def holder_of(path: Path) -> holders.Holder:
    return holders.Holder(**json.loads(path.read_text()))


def put(path: Path, holder: holders.Holder) -> None:
    path.write_text(json.dumps(asdict(holder)))


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_disk_without_locks_has_one_writer_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    refuse(monkeypatch, number)
    first = opened(tmp_path)
    assert written(first, changes(kept(send(1)))) is None
    with pytest.raises(JournalBusy, match=str(os.getpid())):
        opened(tmp_path)
    first.close()
    second = opened(tmp_path)
    assert [value.op.id for value in second.found().ops] == ["op-1"]
    second.close()


def test_a_living_process_keeps_it(path: Path, clock: ManualClock) -> None:
    assert HolderFile(path, clock).take()
    clock.advance(SILENCE.total_seconds() * 10)
    other = HolderFile(path, clock)
    assert not other.take()
    assert other.other == os.getpid()


def test_a_dead_one_loses_it(path: Path, clock: ManualClock) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert HolderFile(path, clock).take()
    put(path, replace(holder_of(path), pid=child.pid))
    assert HolderFile(path, clock).take()
    assert holder_of(path).pid == os.getpid()


def test_a_later_process_of_the_same_number_is_another(path: Path, clock: ManualClock) -> None:
    assert HolderFile(path, clock).take()
    put(path, replace(holder_of(path), began="1"))
    assert HolderFile(path, clock).take()


def test_a_machine_started_anew_has_no_old_processes(path: Path, clock: ManualClock) -> None:
    assert HolderFile(path, clock).take()
    put(path, replace(holder_of(path), boot="before"))
    assert HolderFile(path, clock).take()


@pytest.mark.parametrize(
    ("silent", "taken"), [(SILENCE / 2, False), (SILENCE + timedelta(seconds=1), True)]
)
def test_another_machine_is_believed_while_it_gives_signs_of_life(
    path: Path, clock: ManualClock, silent: timedelta, taken: bool
) -> None:
    assert HolderFile(path, clock).take()
    put(path, replace(holder_of(path), host="elsewhere"))
    clock.advance(silent.total_seconds())
    assert HolderFile(path, clock).take() is taken


def test_a_sign_of_life_is_written_and_a_loss_noticed(path: Path, clock: ManualClock) -> None:
    mine = HolderFile(path, clock)
    assert mine.take()
    clock.advance(30)
    assert mine.beat()
    assert datetime.fromisoformat(holder_of(path).beat) == clock.now()
    put(path, replace(holder_of(path), host="elsewhere"))
    assert not mine.beat()
    mine.release()
    assert holder_of(path).host == "elsewhere", "another's right is not ours to give up"


@pytest.mark.parametrize("junk", ["", "{", "[]", '{"pid": "x"}'])
def test_a_file_that_names_nobody_holds_nothing(path: Path, clock: ManualClock, junk: str) -> None:
    path.write_text(junk)
    assert HolderFile(path, clock).take()


def test_one_that_was_quicker_keeps_it(
    path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two see the same dead holder; the first takes over before the second clears it away."""
    first, second = HolderFile(path, clock), HolderFile(path, clock)
    assert first.take()
    dead = replace(holder_of(path), boot="before")
    put(path, dead)
    sound = HolderFile._clear

    def overtaken(self: HolderFile, seen: holders.Holder | None) -> bool:
        monkeypatch.setattr(HolderFile, "_clear", sound)
        assert first.take()
        return self._clear(seen)

    monkeypatch.setattr(HolderFile, "_clear", overtaken)
    assert not second.take()
    assert first.beat()


def test_it_is_given_back(path: Path, clock: ManualClock) -> None:
    mine = HolderFile(path, clock)
    assert mine.take()
    mine.release()
    assert not path.exists()
    assert sorted(path.parent.iterdir()) == []


def test_two_accounts_do_not_wait_for_each_other(tmp_path: Path, clock: ManualClock) -> None:
    ana = open_journal(tmp_path, "ana wss://desk.example", clock)
    ben = open_journal(tmp_path, "ben wss://desk.example", clock)
    ana.close()
    ben.close()
