"""R12, two instances: one writer always, and the next one at once when it dies."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic

import pytest
from journal.running import Worker
from row import Row

REQUIRED = "100 races: 1 writer always; kill -9 holder -> taken <= 1 s"
RACERS = 3


@dataclass
class Races:
    """How races for a journal went."""

    races: int = 0
    writers: list[int] = field(default_factory=list)
    """How many had it at once, in each race."""
    unnamed: int = 0
    """Refused without the number of the process that has it."""
    taken_after: list[float] = field(default_factory=list)
    """Seconds from the holder's death to the first write of the next."""
    faults: list[str] = field(default_factory=list)

    def ok(self) -> bool:
        one = all(count == 1 for count in self.writers)
        return (
            one
            and not self.unnamed
            and not self.faults
            and max(self.taken_after, default=0.0) <= 1.0
        )

    def __str__(self) -> str:
        worst = max(self.taken_after, default=0.0)
        return (
            f"{self.races} races of {RACERS}: {min(self.writers)} to {max(self.writers)} writers, "
            f"{self.unnamed} refused without a name, {len(self.faults)} faults, "
            f"taken over within {worst * 1000:.0f} ms of kill -9"
        )


class Field:
    """Processes that race for one journal."""

    def __init__(self, folder: Path, defects: tuple[str, ...]) -> None:
        self._folder = folder
        self._defects = defects
        self.racers = [self._racer() for _number in range(RACERS)]
        self.found = Races()

    def _racer(self) -> Worker:
        return Worker("race", self._folder, *self._defects)

    def race(self, random: Random) -> None:
        """All open it at once; the one that has it is killed, and one of the others is next."""
        ready = [racer.hear() for racer in self.racers if not racer.ready]
        assert set(ready) <= {"ready"}
        random.shuffle(self.racers)
        answers = dict(zip(self.racers, self._all("open"), strict=True))
        winners = [racer for racer, answer in answers.items() if answer.startswith("won")]
        self.found.races += 1
        self.found.writers.append(len(winners))
        if len(winners) == 1:
            self._mind(answers[winners[0]])
            others = [racer for racer in self.racers if racer is not winners[0]]
            named = f"process {winners[0].pid}:"
            self.found.unnamed += sum(named not in answers[racer] for racer in others)
            self._take_over(winners[0], random.choice(others))
        self._all("close")

    def _take_over(self, holder: Worker, heir: Worker) -> None:
        heir.say("until")
        died = monotonic()
        holder.kill()
        self._mind(heir.hear())
        self.found.taken_after.append(monotonic() - died)
        self.racers[self.racers.index(holder)] = self._racer()

    def _all(self, words: str) -> list[str]:
        racers = [racer for racer in self.racers if racer.ready]
        for racer in racers:
            racer.say(words)
        return [racer.hear() for racer in racers]

    def _mind(self, answer: str) -> None:
        if answer != "won None":
            self.found.faults.append(answer)


def run_races(folder: Path, random: Random, count: int, *defects: str) -> Races:
    """Let processes open one journal at once, kill the one that has it, and see who is next."""
    field = Field(folder, defects)
    try:
        for _number in range(count):
            field.race(random)
    finally:
        for racer in field.racers:
            racer.kill()
    return field.found


@pytest.mark.row("R12", REQUIRED)
def test_r12_races(row: Row, tmp_path: Path) -> None:
    """However many open a journal at once, one has it; when that one is killed, the next has it."""
    found = run_races(tmp_path, row.random(), row.pick(quick=6, full=100))
    row.reached(str(found), ok=found.ok())


@pytest.mark.row("R12", REQUIRED)
def test_r12_races_without_locks(row: Row, tmp_path: Path) -> None:
    """The same on a disk that knows no locks, where a file says who has it."""
    found = run_races(tmp_path, row.random(), row.pick(quick=4, full=100), "no_flock")
    row.reached(f"no flock: {found}", ok=found.ok())


@pytest.mark.row_defect("R12", "nobody takes the lock")
def test_r12_catches_a_missing_lock(row: Row, tmp_path: Path) -> None:
    assert not run_races(tmp_path, row.random(), 1, "no_lock").ok()
