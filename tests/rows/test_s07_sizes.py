"""S7: a message of any size costs nobody more than a moment."""

from __future__ import annotations

from pathlib import Path

import nasty
import pytest
from hostile_walk import Seen, Walk, growing, trimmed
from row import Row

REQUIRED = "16 size strings: key answered ≤ 250 ms, memory grows ≤ 64 MB"
KEY, GROWTH = 0.25, 64 << 20
NOISE = 4
"""What may come on top in the quick form, which nobody runs alone."""


def faults(seen: Seen, key: float) -> list[str]:
    """What is not as it should be; `key`: the slowest one allowed, in seconds."""
    found = list(seen.wrong)
    if seen.slowest > key or seen.median > KEY * seen.crowding:
        slow = sorted(seen.times)[-1]
        found.append(f"{slow[1]!r} was answered after {slow[0] * 1e3:.0f} ms")
    if seen.grown > GROWTH:
        found.append(f"memory grew by {seen.grown >> 20} MB")
    return found


@pytest.mark.row("S7", REQUIRED)
def test_s07_large_strings(row: Row, tmp_path: Path) -> None:
    every = [one for one in (*nasty.OWN, *nasty.corpus()) if one.kind == "size"]
    chosen = row.pick(quick=row.random().sample(every, 4), full=every)
    sized = trimmed(chosen, row.pick(quick=60_000, full=10**6))
    seen = Walk(sized, tmp_path, "").run(growing)
    bad = faults(seen, KEY * row.pick(quick=NOISE, full=1) * seen.crowding)
    words = (
        f"{len(sized)} strings: key after {seen.median * 1e3:.0f} ms (median), "
        f"{seen.slowest * 1e3:.0f} ms (slowest), memory + {seen.grown >> 20} MB, on a machine "
        f"{seen.crowding:.1f} times as slow as alone {bad[:3] or ''}"
    )
    row.reached(words.strip(), ok=not bad)


@pytest.mark.row_defect("S7", "a layout that dawdles; words that are kept as they came")
def test_s07_what_is_slow_and_what_grows_is_caught(tmp_path: Path) -> None:
    lines = [nasty.Nasty("words", "word " * 50_000, "size")]
    found = faults(Walk(lines, tmp_path, "dawdling,hoarding").run(growing), KEY * NOISE / 2)
    for words in ("was answered after", "memory grew"):
        assert any(words in one for one in found)
