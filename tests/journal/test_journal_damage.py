"""What a crash, a power cut or a hurt disk makes of a journal, and what is saved from it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from journal.kit import (
    LONG,
    changes,
    draft,
    files_of,
    held,
    kept,
    lay_out,
    opened,
    read_mark,
    send,
    written,
)

from agent_tui.journal import Kept, KeptOp, Key, key_of
from agent_tui.journal.finding import content_of
from agent_tui.journal.pages import PAGE
from agent_tui.journal.reading import Damaged, Empty, Sound, examine
from agent_tui.journal.record import make_row
from agent_tui.journal.rescue import Rescued
from agent_tui.journal.rows import spell, understand
from agent_tui.shown import SendState

# Crashes: the log of a transaction that was cut off


def states_and_files(folder: Path) -> tuple[list[dict[Key, Kept]], dict[str, bytes]]:
    """What a journal held after each of its writes, and the files as a kill leaves them."""
    journal = opened(folder)
    assert written(journal, changes(*(kept(send(n)) for n in range(10)))) is None
    journal.close()
    journal = opened(folder)
    state = held(journal)
    states = [state]
    for number in range(10, 30):
        text = LONG if number % 7 == 0 else ""
        new = kept(send(number, text), number)
        assert written(journal, changes(new, gone=(f"op:op-{number - 8}",))) is None
        state = {key: value for key, value in state.items() if key != f"op:op-{number - 8}"}
        state[key_of(new)] = new
        states.append(state)
    files = files_of(journal.file.parent)
    journal.close()
    shutil.rmtree(folder)
    return states, files


def cuts(wal: bytes) -> list[int]:
    """Ends of pages in a log, and places in their middle."""
    ends = range(32, len(wal) + 1, PAGE + 24)
    return sorted(end + odd for end in ends for odd in (0, 1, 999) if end + odd <= len(wal))


def test_a_log_cut_off_anywhere_is_no_damage(quick: Path) -> None:
    """Killed in the middle of a write: one of the states there were, and nothing to tell of."""
    states, files = states_and_files(quick / "first")
    wal = files["state.db-wal"]
    reached = 0
    for cut in cuts(wal):
        verdict = examine(files["state.db"], wal[:cut])
        assert isinstance(verdict, Sound), cut
        keys = {row.key for row in verdict.rows}
        after = next(n for n, state in enumerate(states) if state.keys() == keys)
        assert after >= reached, "more of the log is never less of the state"
        reached = after
    assert reached == len(states) - 1


@pytest.mark.parametrize("tail", [bytes, os.urandom], ids=["zeros", "junk"])
def test_where_the_power_went_nothing_is_lost_that_was_told(
    quick: Path, tail: Callable[[int], bytes]
) -> None:
    """A page of the last write is there in part: what was kept before is certain, all of it."""
    states, files = states_and_files(quick / "first")
    wal = files["state.db-wal"]
    for cut in cuts(wal):
        whole = examine(files["state.db"], wal[:cut])
        verdict = examine(files["state.db"], wal[:cut] + tail(3 * (PAGE + 24)))
        assert isinstance(whole, Sound)
        assert isinstance(verdict, Sound | Damaged)
        rows = verdict.rows if isinstance(verdict, Sound) else verdict.rescued.certain
        doubtful = () if isinstance(verdict, Sound) else verdict.rescued.doubtful
        told = {row.key for row in whole.rows}
        asked = next(n for n, state in enumerate(states) if state.keys() == told)
        following = states[min(asked + 1, len(states) - 1)].keys()
        assert told & following <= {row.key for row in rows} <= told | following
        assert {row.key for row in doubtful} <= told - following, "only what it took away"


@pytest.mark.parametrize("lost", range(1, 8))
def test_pages_of_the_last_write_may_be_missing_in_any_order(quick: Path, lost: int) -> None:
    """Nothing orders what a disk does before it is told to sync."""
    states, files = states_and_files(quick / "first")
    wal = bytearray(files["state.db-wal"])
    frame = PAGE + 24
    at = len(wal) - lost * frame
    wal[at + 24 : at + frame] = bytes(PAGE)
    verdict = examine(files["state.db"], bytes(wal))
    if bytes(wal) == files["state.db-wal"]:  # a page that was empty before
        assert isinstance(verdict, Sound)
        return
    assert isinstance(verdict, Damaged)
    found = {row.key for row in verdict.rescued.certain}
    assert len(states[-1].keys() & found) >= len(states[-1]) - 1
    assert len(verdict.rescued.doubtful) <= 1


def test_our_reading_of_the_log_is_sqlites(quick: Path) -> None:
    """The same files, once by SQLite itself."""
    _states, files = states_and_files(quick / "first")
    verdict = examine(files["state.db"], files["state.db-wal"])
    assert isinstance(verdict, Sound)
    home = quick / "copy"
    home.mkdir()
    for name, data in files.items():
        (home / name).write_bytes(data)
    with closing(sqlite3.connect(home / "state.db")) as con:
        rows = dict(con.execute("SELECT key, body FROM kept WHERE key != ?", (b"seal",)))
    assert rows == {row.key.encode(): row.body for row in verdict.rows}


def test_what_a_failed_write_left_in_the_log_is_no_damage(quick: Path) -> None:
    """Pages of a write that did not get through stay behind those of the next, shorter one."""
    _states, files = states_and_files(quick / "first")
    failed = lay_out(quick / "failed", files)
    journal = opened(quick / "failed")
    assert written(journal, changes(kept(send(90, LONG)))) is None
    long = failed.beside("-wal").read_bytes()
    journal.close()
    place = lay_out(quick / "next", files)
    journal = opened(quick / "next")
    journal._disk._stamp += 1  # type: ignore[attr-defined] # the failed write was counted
    assert written(journal, changes(kept(send(91)))) is None
    short = files_of(place.folder)
    journal.close()
    wal = short["state.db-wal"] + long[len(short["state.db-wal"]) :]
    assert len(wal) > len(short["state.db-wal"])
    verdict = examine(short["state.db"], wal)
    assert isinstance(verdict, Sound)
    assert "op:op-91" in {row.key for row in verdict.rows}


# Damage


def test_no_file_is_no_damage() -> None:
    assert examine(b"", b"") == Empty()


HARM: dict[str, Callable[[bytes], bytes]] = {
    "random": lambda _db: os.urandom(20_000),
    "words": lambda _db: b"Dear diary,\n" * 900,
    "zeros": lambda db: bytes(len(db)),
    "one byte": lambda _db: b"S",
    "no header": lambda db: bytes(100) + db[100:],
    "half": lambda db: db[: len(db) // 2],
    "first page gone": lambda db: bytes(PAGE) + db[PAGE:],
    "third page gone": lambda db: db[: 2 * PAGE] + bytes(PAGE) + db[3 * PAGE :],
    "sectors gone": lambda db: db[: 4 * PAGE - 1024] + bytes(1024) + db[4 * PAGE :],
    "shifted": lambda db: db[: 3 * PAGE] + b"\n" + db[3 * PAGE : -1],
}


@pytest.mark.parametrize("harm", HARM)
def test_a_damaged_file_is_told_of_and_kept(quick: Path, harm: str) -> None:
    """Whatever happened to it: the console starts, what can be read is there, the rest is kept."""
    journal = opened(quick)
    assert written(journal, changes(*(kept(send(n), n) for n in range(80)))) is None
    journal.close()
    damaged = HARM[harm](journal.file.read_bytes())
    journal.file.write_bytes(damaged)
    again = opened(quick)
    found, problems = held(again), again.found().problems
    assert problems
    assert "damaged" in problems[0]
    asides = [p for p in again.file.parent.glob("state.db.corrupt-*") if p.read_bytes() == damaged]
    assert len(asides) == 1
    assert any(asides[0].name in line for line in problems)
    if harm in {"no header", "first page gone"}:
        assert len(found) == 80, "no row was hit"
    if harm in {"third page gone", "sectors gone", "half"}:
        assert 0 < len(found) < 80
    assert written(again, changes(kept(send(99)))) is None
    assert again.close()
    third = opened(quick)
    assert held(third).keys() == found.keys() | {"op:op-99"}
    assert third.found().problems == ()
    third.close()


def test_a_log_without_its_file_is_saved_from(quick: Path) -> None:
    _states, files = states_and_files(quick / "first")
    place = lay_out(quick, {"state.db-wal": files["state.db-wal"]})
    for _time in range(2):
        journal = opened(quick)
        assert len(held(journal)) >= 8
        journal.close()
    asides = [path.read_bytes() for path in place.folder.glob("state.db.corrupt-*-wal")]
    assert asides == [files["state.db-wal"]]


@pytest.mark.parametrize("step", range(6))
def test_replacing_a_damaged_file_may_be_cut_off_anywhere(
    quick: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between any two renames: the next start has everything that could be saved."""
    states, files = states_and_files(quick / "first")
    wal = bytearray(files["state.db-wal"])
    wal[32 + 24 + 8] ^= 0xFF
    place = lay_out(quick, {**files, "state.db-wal": bytes(wal)})
    renames = iter(range(step))
    sound = Path.rename

    def rename(self: Path, target: Path | str) -> Path:
        if next(renames, None) is None:
            raise KeyboardInterrupt
        return sound(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    try:
        opened(quick).close()
        assert step == 5
    except KeyboardInterrupt:
        assert step < 5
    monkeypatch.undo()
    journal = opened(quick)
    assert held(journal).keys() == states[-1].keys()
    journal.close()
    assert {bytes(wal), files["state.db"]} <= set(files_of(place.folder).values())


def test_texts_that_may_be_older_wait_for_her_word() -> None:
    """What may have been done since is never done by itself; a text is shown, to be looked at."""
    values: list[Kept] = [kept(send(1)), kept(read_mark(2)), draft(3)]
    rows = tuple(make_row(key_of(value), 5, spell(value)) for value in values)
    content = content_of(Damaged(Rescued((), rows, 0)))
    reply, text = content.kept
    assert isinstance(reply, KeptOp)
    assert reply.state is SendState.HELD
    assert reply.left
    assert reply.problem
    assert text == values[2]
    assert (content.held, content.dropped) == (1, 1)
    assert [understand(row.body) for row in content.rows] == [reply, text]
