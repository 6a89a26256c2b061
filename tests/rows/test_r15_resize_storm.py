"""Row R15: a window dragged wildly while customers write leaves the right picture, and soon.

After the last of hundreds of sizes the panes must be where they were when the window had that
size in peace, painted anew as a whole.
"""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

import pytest
from pty_seat import PtySeat, program
from row import Row
from seat_under_test import WORDS, opened, patched, stopped, write

NEEDED = "alive, final layout right <= 300 ms"
SOON = 0.3
LATE = 3.0
"""Seconds a busy machine may make of it in the quick form."""
TRAFFIC = ("demo", "--rate", "20", "--lang", "en", "--conversations", "30")
FINAL = ((104, 32), (84, 26), (130, 40))


Layout = tuple[frozenset[int], tuple[tuple[int, int, int], ...]]


@dataclass(slots=True)
class Found:
    """What came of it."""

    seconds: list[float] = field(default_factory=list)
    """From the last size to the right layout."""
    failures: list[str] = field(default_factory=list)


def check(
    home: Path,
    storms: int,
    sizes: int,
    lasts: float,
    *,
    argv: Sequence[str] = (),
    late: float = LATE,
) -> Found:
    """Storms of `sizes` sizes in `lasts` seconds each, each ending in another size."""
    found = Found()
    with opened(home, argv or program(*TRAFFIC)) as seat:
        write(seat)
        for nth in range(storms):
            final = FINAL[nth % len(FINAL)]
            seat.resize(*final)
            wanted = fresh_layout(seat)
            storm(seat, sizes, lasts)
            seat.resize(*final)
            begun = time.monotonic()
            with suppress(AssertionError):
                seat.wait_for(partial(right, size=final, wanted=wanted), within=late)
            found.seconds.append(time.monotonic() - begun)
            if seat.process.poll() is not None:
                found.failures.append(f"storm {nth}: it is gone: {seat.output[-300:]!r}")
                return found
            time.sleep(0.1)  # nothing that is late may spoil it
            if not right(seat.screen, final, wanted):
                found.failures.append(f"storm {nth}: the layout is wrong:\n{seat.screen}")
                return found
    return found


def storm(seat: PtySeat, sizes: int, lasts: float) -> None:
    """Drag the window's corner up and down."""
    begun = time.monotonic()
    for nth in range(sizes):
        seat.resize(60 + nth * 7 % 90, 15 + nth * 3 % 35)
        behind = begun + lasts * nth / sizes - time.monotonic()
        if behind > 0:
            time.sleep(behind)


def right(screen: str, size: tuple[int, int], wanted: Layout) -> bool:
    """Bars at both edges, as wide as the window; the words; and the panes where they belong."""
    columns, lines = size
    rows = screen.splitlines()
    return (
        len(rows) == lines
        and re.search(r"\d\d:\d\d\s*$", rows[0]) is not None
        and columns - 3 <= len(rows[0]) <= columns
        and "keys" in rows[-1]
        and WORDS in screen
        and layout(rows) == wanted
    )


def layout(rows: Sequence[str]) -> Layout:
    """The columns between the panes, and the line above the words."""
    columns = {at for row in rows for at, char in enumerate(row) if char == "│"}
    between = {at for at in columns if sum(row[at : at + 1] == "│" for row in rows) > len(rows) / 2}
    line = [(nth, row.index("─" * 20), len(row)) for nth, row in enumerate(rows) if "─" * 20 in row]
    return frozenset(between), tuple(line)


def fresh_layout(seat: PtySeat) -> Layout:
    """The layout that the program paints when it is stopped and woken, and paints everything."""
    time.sleep(0.3)  # customers write all the time, so that it never comes to rest
    seat.signal(signal.SIGSTOP)
    assert stopped(seat)
    with seat._lock:
        seat.terminal.resize(seat.terminal.columns, seat.terminal.lines)
    seat.signal(signal.SIGCONT)
    seat.wait_for(lambda screen: WORDS in screen and "keys" in screen.splitlines()[-1])
    time.sleep(0.3)
    return layout(seat.screen.splitlines())


@pytest.mark.row("R15", NEEDED)
def test_r15_resize_storm(row: Row, tmp_path: Path) -> None:
    """With customers writing all the while, and a reply half written."""
    storms, sizes, lasts = row.pick(quick=(1, 300, 1.0), full=(5, 2000, 5.0))
    found = check(tmp_path, storms, sizes, lasts)
    limit = row.pick(quick=LATE, full=SOON)
    reached = median(found.seconds)
    words = f"{storms} storms of {sizes} sizes: right after {reached * 1000:.0f} ms (median)"
    ok = not found.failures and reached <= limit
    row.reached("; ".join([words, *found.failures]), ok=ok)


@pytest.mark.row_defect("R15", "the last of many sizes is forgotten")
def test_r15_a_forgotten_size_is_caught(row: Row, tmp_path: Path) -> None:
    code = """
import time
from textual.app import App
taken, last = App._on_resize, [0.0]
async def forgetful(self, event):
    now, before = time.monotonic(), last[0]
    last[0] = now
    if now - before > 0.2 or before == 0.0:
        await taken(self, event)
App._on_resize = forgetful
"""
    found = check(tmp_path, 1, 40, 0.3, argv=patched(code, *TRAFFIC), late=1.0)
    assert found.failures
