"""S1: nothing that anybody wrote reaches the terminal as anything but text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import nasty
import pytest
from hostile_walk import LONG, Seen, Visit, Walk, everywhere, glance
from nasty import Nasty
from plain_trials import trials
from row import Row

REQUIRED = "every string in at least 13 places: 0 tokens outside the list, nothing vanishes"
PLACES = 30
"""Places a walk goes through; 13 are demanded."""
KEY = 0.25
"""Seconds in which a key is answered: the median in the quick form, which nobody runs alone."""
AT_ONCE = 45
"""Strings of one session."""


def strings(random: Random, known: int | None, near: int) -> list[Nasty]:
    """`known` of the strings that are not large (None: all of them), and `near` of their like."""
    every = [one for one in (*nasty.OWN, *nasty.corpus()) if len(one.text) < LONG]
    chosen = every if known is None else random.sample(every, known)
    return [*chosen, *nasty.neighbours(random, every, near)]


def walked(
    chosen: Sequence[Nasty], home: Path, defects: str = "", visit: Visit = everywhere
) -> Seen:
    """The strings through every place of the console, some at a time."""
    seen = Seen()
    for start in range(0, len(chosen), AT_ONCE):
        part = chosen[start : start + AT_ONCE]
        seen = seen.and_then(Walk(part, home / str(start), defects).run(visit))
    return seen


@pytest.mark.row("S1", REQUIRED)
def test_s01_console(row: Row, tmp_path: Path) -> None:
    known, near = row.pick(quick=10, full=None), row.pick(quick=5, full=350)
    seen = walked(strings(row.random(), known, near), tmp_path)
    words = (
        f"{seen.strings} strings × {len(seen.places)} places on a pty: {seen.marks:,} marks seen, "
        f"{len(seen.wrong)} wrong, {seen.written / 1e6:.1f} MB of output, key after "
        f"{seen.median * 1e3:.0f} ms (median), {seen.slowest * 1e3:.0f} ms (slowest), on a machine "
        f"{seen.crowding:.1f} times as slow as alone {seen.wrong[:3] or ''}"
    )
    key = row.pick(quick=seen.median, full=seen.slowest)
    sound = not seen.wrong and len(seen.places) >= PLACES and key <= KEY * seen.crowding
    row.reached(words.strip(), ok=sound)


@pytest.mark.row("S1", REQUIRED)
def test_s01_command_line(row: Row, tmp_path: Path) -> None:
    known, near = row.pick(quick=5, full=None), row.pick(quick=2, full=150)
    chosen = strings(row.random(), known, near)
    told = trials(chosen, tmp_path)
    words = (
        f"{len(chosen)} strings × {len(told.ways)} ways to the command line: {told.lines:,} lines, "
        f"{len(told.wrong)} wrong {told.wrong[:3] or ''}"
    )
    row.reached(words.strip(), ok=not told.wrong and len(told.ways) >= PLACES)


HOSTILE = [Nasty("esc", "A\x1b]52;c;ZXZpbA==\x07Z\x1b[6n\u202e", "esc")]


@pytest.mark.row_defect("S1", "names unsanitised: before the other walls, and with those open")
def test_s01_raw_names_are_caught(tmp_path: Path) -> None:
    """The last wall holds, and what it had to do is found; without it the terminal is reached."""
    held = walked(HOSTILE, tmp_path / "held", "raw_names,raw_paint", glance)
    assert any("held back" in wrong for wrong in held.wrong)
    assert not any("the terminal got" in wrong for wrong in held.wrong)
    reached = walked(HOSTILE, tmp_path / "open", "raw_names,raw_paint,open_wall", glance)
    for words in ("'\\x1b]52;c;", "'\\x1b[6n", "U+202E"):
        assert any(f"the terminal got {words}" in wrong for wrong in reached.wrong)


@pytest.mark.row_defect("S1", "the command line says things as they are, behind no wall")
def test_s01_raw_errors_are_caught(tmp_path: Path) -> None:
    assert not trials(HOSTILE, tmp_path / "held", "raw_errors").wrong
    assert trials(HOSTILE, tmp_path / "open", "raw_errors,open_plain_wall").wrong
