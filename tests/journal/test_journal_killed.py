"""Killed at any moment, a journal has everything it told to have."""

from __future__ import annotations

from pathlib import Path
from random import Random
from threading import Timer

import pytest
from journal.kit import held, opened
from journal.running import Worker

AT_ONCE = 2


def lost(told: list[int], there: set[int]) -> list[str]:
    """What is wrong with what is there, after numbers were told to be on disk.

    The worker keeps one row after the other; each odd one takes away the one 30 before it, in the
    same transaction.
    """
    last = max(told, default=0)
    wrong = []
    for number in told:
        takes_it_away = number + 30
        gone = takes_it_away % 2 == 1 and takes_it_away <= last
        if takes_it_away == last + 1 and takes_it_away % 2:  # under way when it was killed
            gone = takes_it_away in there
        if gone != (number not in there):
            wrong.append(f"{number} is {'there' if gone else 'not there'}, last was {last}")
    return wrong + [f"{number} was never asked for" for number in there if number > last + 1]


def kill_one(workers: list[tuple[Path, Worker, list[int]]], random: Random) -> list[str]:
    """Let each write for a while, kill it, look, and start the next in its place."""
    wrong: list[str] = []
    for at, (folder, worker, told) in enumerate(workers):
        told.append(int(worker.hear()))
        killing = Timer(random.random() * 0.06, worker.process.kill)
        killing.start()
        while line := worker.hear():
            told.append(int(line))
        killing.join()
        worker.kill()
        journal = opened(folder)
        there = {int(key.removeprefix("op:op-")) for key in held(journal)}
        wrong += lost(told, there) + list(journal.found().problems)
        journal.close()
        workers[at] = (folder, Worker("write", folder), sorted(there))
    return wrong


def test_killed_at_any_moment(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """kill -9: every row that was told to be on disk is there, and no swap is half done."""
    kills = 200 if request.config.getoption("--rows") == "full" else 16
    random = Random(7)
    folders = [tmp_path / str(number) for number in range(AT_ONCE)]
    workers = [(folder, Worker("write", folder), list[int]()) for folder in folders]
    try:
        wrong = [line for _kill in range(kills // AT_ONCE) for line in kill_one(workers, random)]
    finally:
        for _folder, worker, _told in workers:
            worker.kill()
    assert wrong == []


@pytest.mark.parametrize(
    ("told", "there"),
    [([1, 2, 3], {1, 2}), ([1, 2, 3], {1, 2, 3, 5}), (list(range(1, 32)), set(range(1, 32)))],
)
def test_the_check_sees_what_is_lost_made_up_or_half_done(told: list[int], there: set[int]) -> None:
    assert lost(told, there)
    assert not lost([1, 2, 3], {1, 2, 3})
    assert not lost(list(range(1, 32)), set(range(2, 32)))
    assert not lost(list(range(1, 31)), set(range(1, 31)))
    assert not lost(list(range(1, 31)), set(range(2, 32)))
