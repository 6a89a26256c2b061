"""The rows of the reliability promise: what each demands, what was reached, and how to repeat it.

A row's check runs in a quick form with every change and in its full form with ``make chaos``,
which also writes what was reached into docs/reliability.md.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reached:
    """What one test of a row came to; `ok`: that is enough."""

    row: str
    required: str
    words: str
    ok: bool
    seed: int
    full: bool
    test: str
    """The test's node id."""


@dataclass(frozen=True, slots=True)
class Caught:
    """A defect that was planted, and found by the row's check."""

    row: str
    planted: str
    test: str


@dataclass(slots=True)
class Row:
    """What a test of a row is handed."""

    name: str
    required: str
    full: bool
    seed: int
    test: str
    out: Path | None = None
    told: list[Reached] = field(default_factory=list)

    def pick(self, *, quick: T, full: T) -> T:
        """The size of the run."""
        return full if self.full else quick

    def random(self) -> Random:
        """Chance that the seed repeats."""
        return Random(self.seed)

    def reached(self, words: str, *, ok: bool) -> None:
        """Record what was reached, and demand that it is enough."""
        one = Reached(self.name, self.required, words, ok, self.seed, self.full, self.test)
        self.told.append(one)
        self.record(one)
        again = f"--row-seed {self.seed}"
        assert ok, f"{self.name} needs {self.required!r}, reached {words!r} ({again})"

    def record(self, one: Reached | Caught) -> None:
        """Add a line to what this run came to, where that is collected."""
        if self.out is not None:
            self.out.mkdir(parents=True, exist_ok=True)
            path = self.out / f"{os.getpid()}.jsonl"
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(one), ensure_ascii=False) + "\n")
