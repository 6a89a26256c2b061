"""The journal's thread: order, coalescing, trying again, ending. Its disk is a dictionary here."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from pathlib import Path
from queue import Queue
from threading import Event, get_ident

import pytest
from builders import safe
from journal.kit import ANSWERS_WITHIN, changes, draft, kept, send, written

from agent_tui.journal import Found, Key, NoJournal
from agent_tui.journal import writer as writers
from agent_tui.journal.kept import KeptDraft
from agent_tui.journal.rows import understand
from agent_tui.journal.writer import FileJournal


class FreeLock:
    system = True
    beat_every: float | None = None
    ours = True

    def beat(self) -> bool:
        return self.ours

    def release(self) -> None:
        pass


class MemoryDisk:
    """Rows in memory; fails while it is told to, and waits while its gate is shut."""

    def __init__(self) -> None:
        self.rows: dict[Key, bytes] = {}
        self.puts: Queue[dict[Key, bytes | None]] = Queue()
        self.count = 0
        self.error: Exception | None = None
        self.open = Event()
        self.open.set()
        self.closed = False

    def put(self, changes: Mapping[Key, bytes | None]) -> None:
        assert self.open.wait(ANSWERS_WITHIN)
        if self.error is not None:
            raise self.error
        for key, body in changes.items():
            if body is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = body
        self.count += 1
        self.puts.put(dict(changes))

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def disk() -> MemoryDisk:
    return MemoryDisk()


@pytest.fixture
def lock() -> FreeLock:
    return FreeLock()


@pytest.fixture
def journal(disk: MemoryDisk, lock: FreeLock) -> Iterator[FileJournal]:
    journal = FileJournal(Path("state.db"), Found(), disk, lock)
    yield journal
    disk.open.set()
    journal.close()


FULL = OSError(errno.ENOSPC, "No space left on device")


def test_answers_come_in_order_from_its_own_thread(journal: FileJournal) -> None:
    answers: Queue[tuple[int, str | None, int]] = Queue()
    for number in range(50):
        journal.write(
            changes(kept(send(number))),
            lambda problem, n=number: answers.put((n, problem, get_ident())),  # type: ignore[misc]
        )
    got = [answers.get(timeout=ANSWERS_WITHIN) for _number in range(50)]
    assert [number for number, _problem, _thread in got] == list(range(50))
    assert {problem for _number, problem, _thread in got} == {None}
    threads = {thread for _number, _problem, thread in got}
    assert len(threads) == 1
    assert get_ident() not in threads


def test_nothing_waits_for_the_disk_and_what_waits_is_one_transaction(
    journal: FileJournal, disk: MemoryDisk
) -> None:
    disk.open.clear()
    journal.write(changes(kept(send(0))))
    for number in range(20):
        journal.write(changes(kept(send(1), order=number), kept(send(number + 2))))
    disk.open.set()
    assert written(journal, {}) is None
    assert disk.count <= 3
    last = understand(disk.rows["op:op-1"])
    assert not isinstance(last, KeptDraft)
    assert last.order == 19
    assert len(disk.rows) == 22


def test_a_draft_and_its_op_change_places_in_one_transaction(
    journal: FileJournal, disk: MemoryDisk
) -> None:
    assert written(journal, changes(draft(1))) is None
    assert written(journal, changes(kept(send(1)), gone=("draft:reply:c-1",))) is None
    swaps = [put for put in iter_queue(disk.puts) if "op:op-1" in put]
    assert [set(put) for put in swaps] == [{"op:op-1", "draft:reply:c-1"}]


def iter_queue(queue: Queue[dict[Key, bytes | None]]) -> Iterator[dict[Key, bytes | None]]:
    while not queue.empty():
        yield queue.get()


def test_a_draft_is_on_disk_by_itself_and_only_its_last_words(
    journal: FileJournal, disk: MemoryDisk
) -> None:
    for number in range(30):
        journal.later("draft:reply:c-1", draft(1, f"word {number}"))
    put = disk.puts.get(timeout=ANSWERS_WITHIN)
    assert list(put) == ["draft:reply:c-1"]
    back = understand(disk.rows["draft:reply:c-1"])
    assert isinstance(back, KeptDraft)
    assert back.words.text == "word 29"
    assert writers.SOON < 0.5


def test_a_draft_goes_along_with_the_next_write(journal: FileJournal, disk: MemoryDisk) -> None:
    journal.later("draft:reply:c-1", draft(1))
    assert written(journal, changes(kept(send(1)))) is None
    assert {"draft:reply:c-1", "op:op-1"} <= disk.rows.keys()


def test_a_draft_that_is_gone_before_it_was_written_stays_away(
    journal: FileJournal, disk: MemoryDisk
) -> None:
    journal.later("draft:reply:c-1", draft(1))
    journal.later("draft:reply:c-1", None)
    assert written(journal, {}) is None
    assert disk.rows == {}


def test_a_failure_is_told_at_once_and_its_words_wait(
    journal: FileJournal, disk: MemoryDisk
) -> None:
    told = Event()
    journal.listen(told.set)
    disk.error = FULL
    problem = written(journal, changes(kept(send(1)), gone=("op:op-0",)))
    assert problem is not None
    assert "disk is full" in problem
    assert "state.db" in problem
    assert journal.problem == problem
    assert told.is_set()
    assert written(journal, changes(kept(send(2)), kept(send(1), order=9))) == problem
    disk.error = None
    told.clear()
    assert written(journal, changes(kept(send(3)))) is None
    assert disk.rows.keys() == {"op:op-1", "op:op-2", "op:op-3"}
    newest = understand(disk.rows["op:op-1"])
    assert not isinstance(newest, KeptDraft)
    assert newest.order == 9
    assert journal.problem == ""
    assert told.is_set()


def test_it_tries_again_by_itself(
    journal: FileJournal, disk: MemoryDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "AGAIN", 0.01)
    disk.error = FULL
    assert written(journal, changes(kept(send(1)))) is not None
    well = Event()
    journal.listen(well.set)
    disk.error = None
    assert well.wait(ANSWERS_WITHIN)
    assert journal.problem == ""
    assert "op:op-1" in disk.rows


def test_a_problem_of_the_opening_goes_when_the_disk_is_well(
    disk: MemoryDisk, lock: FreeLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when nothing is to be written: a warning that stays for ever is not believed."""
    monkeypatch.setattr(writers, "AGAIN", 0.01)
    problem = safe("read-only")
    journal = FileJournal(Path("state.db"), Found(), disk, lock, problem)
    disk.puts.get(timeout=ANSWERS_WITHIN)
    assert journal.close()
    assert journal.problem == ""


def test_the_mistake_of_whoever_listens_ends_nothing(journal: FileJournal) -> None:
    def broken(problem: str | None) -> None:
        raise RuntimeError(problem)

    journal.write(changes(kept(send(1))), broken)
    assert written(journal, changes(kept(send(2)))) is None


def test_closing_writes_what_waits(journal: FileJournal, disk: MemoryDisk) -> None:
    journal.later("draft:reply:c-1", draft(1))
    journal.write(changes(kept(send(1))))
    assert journal.close()
    assert {"draft:reply:c-1", "op:op-1"} == disk.rows.keys()
    assert disk.closed
    assert journal.close(), "once more is no harm"


def test_closing_says_what_is_not_on_disk(journal: FileJournal, disk: MemoryDisk) -> None:
    disk.error = FULL
    journal.later("draft:reply:c-1", draft(1))
    assert not journal.close()


def test_closing_does_not_wait_for_ever(journal: FileJournal, disk: MemoryDisk) -> None:
    disk.open.clear()
    journal.write(changes(kept(send(1))))
    assert not journal.close(timeout=0.01)


def test_after_its_end_nothing_is_told_to_be_kept(journal: FileJournal) -> None:
    assert journal.close()
    problem = written(journal, changes(kept(send(1))))
    assert problem is not None
    assert not journal.close()


def test_a_journal_taken_over_is_not_written(
    journal: FileJournal, disk: MemoryDisk, lock: FreeLock
) -> None:
    """Where the system keeps no locks, another machine may have believed us dead."""
    assert written(journal, changes(kept(send(1)))) is None
    lock.ours = False
    problem = written(journal, changes(kept(send(2))))
    assert problem is not None
    assert "another agent-tui" in problem
    assert disk.rows.keys() == {"op:op-1"}


def test_no_journal_keeps_nothing_and_says_so_at_once() -> None:
    journal = NoJournal()
    answers: list[str | None] = []
    journal.write(changes(kept(send(1))), answers.append)
    journal.later("draft:reply:c-1", draft(1))
    assert answers == [None]
    assert journal.found() == Found()
    assert journal.problem == ""
    assert journal.close()
