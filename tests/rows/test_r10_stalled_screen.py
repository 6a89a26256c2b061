"""Row R10: a terminal that stops reading costs no heartbeat and no event, and catches up at once.

The real program on a real pseudo terminal, at a desk in this process whose heart beats twice a
second. Nobody reads the terminal while a thousand messages arrive; then somebody does.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pty_seat import PtySeat, program
from row import Row
from seat_under_test import opened, patched

from agent_tui.backends.mock.embedded import EmbeddedDesk
from agent_tui.backends.mock.link import Link
from agent_tui.backends.mock.options import MockOptions
from agent_tui.clock import SystemClock
from agent_tui.model import Status

NEEDED = "socket alive, 0 lost, catches up <= 3 s"
EVENTS = 1000
CAUGHT_UP = 3.0
MOST_GROWTH = 48 * 1024
"""Kilobytes; a thousand messages themselves are a few hundred."""

_ROW = re.compile(r"^.\S+ +● (?P<name>.+?) +(?P<unread>\d+) [ »›]*(?:now|\d+ [mhd])")

STALE = """
import agent_tui.guarded_app
agent_tui.guarded_app.GuardedApp.paint_anew = lambda self: None
"""
"""What was dropped is never painted."""
HELD_UP = """
import time
from textual.drivers import linux_driver
from textual.drivers._writer_thread import WriterThread
from agent_tui.guarded_app import GuardedApp
from agent_tui.session import Session
GuardedApp.run_on_terminal = lambda self: self.run() or 0
linux_driver.WriterThread = WriterThread
deliver = Session._deliver
def patient(self, event):
    while len(self._arrived) > 20:
        time.sleep(0.01)
    deliver(self, event)
Session._deliver = patient
"""
"""The framework's own writer, and a link that waits for the screen."""


@dataclass(slots=True)
class Found:
    """What came of a stall."""

    seconds: float = 0.0
    """From reading again until the screen is right."""
    lost: int = 0
    """Messages that the screen does not count."""
    growth: int = 0
    """Kilobytes that the program grew by."""
    failures: list[str] = field(default_factory=list)


class Floor:
    """The desk, and what happens there."""

    def __init__(self, desk: EmbeddedDesk) -> None:
        self._desk = desk
        self._floor = desk._server.floor

    @property
    def links(self) -> list[Link]:
        """Who sits there."""
        return list(self._floor.links)

    @property
    def waiting(self) -> dict[str, int]:
        """The unread messages of every open conversation, by contact."""
        world = self._floor.world
        return {
            world.contacts[conv.contact_id].name: conv.unread
            for conv in world.conversations.values()
            if conv.status is Status.OPEN and conv.unread
        }

    def write(self, count: int, lasts: float) -> None:
        """Let customers write `count` messages in `lasts` seconds."""
        world, clock, loop = self._floor.world, SystemClock(), self._desk._loop
        assert loop is not None
        convs = [c.id for c in world.conversations.values() if c.status is Status.OPEN]
        begun = time.monotonic()
        for nth in range(count):
            frames = world.customer_writes(convs[nth % len(convs)], f"line {nth}", clock.now())
            loop.call_soon_threadsafe(self._floor.publish, frames)
            time.sleep(max(0.0, begun + lasts * nth / count - time.monotonic()))


@contextmanager
def busy_desk() -> Iterator[tuple[Floor, EmbeddedDesk]]:
    """A desk that does nothing by itself."""
    desk = EmbeddedDesk(MockOptions(conversations=24, rate=0, hb=0.5))
    desk.start()
    try:
        yield Floor(desk), desk
    finally:
        desk.stop()


def check(
    home: Path, lasts: float, argv: Sequence[str] | None = None, patience: float = 2 * CAUGHT_UP
) -> Found:
    """Read nothing for `lasts` seconds while everybody writes, then read again."""
    found = Found()
    with busy_desk() as (floor, desk):
        at = ("--url", desk.url, "--as", "ana", "--lang", "en")
        words = program(*at) if argv is None else [*argv, *at]
        env = {"AGENT_TUI_TOKEN": desk.token}
        with opened(home, words, size=(110, 44), env=env) as seat:
            seat.press("3")
            seat.quiet(0.1)
            [link], before = floor.links, rss(seat)
            seat.stall()
            floor.write(EVENTS, lasts)
            held = floor.links
            found.growth = rss(seat) - before
            seat.resume()
            begun = time.monotonic()
            while missing(seat.screen, floor.waiting) and time.monotonic() < begun + patience:
                time.sleep(0.02)
            found.seconds = time.monotonic() - begun
            found.lost = missing(seat.screen, floor.waiting)
            if held != [link] or floor.links != [link]:
                found.failures.append("the line was lost")
            if found.lost:
                found.failures.append(f"{found.lost} messages are not shown:\n{seat.screen}")
            if found.growth > MOST_GROWTH:
                found.failures.append(f"it grew by {found.growth} kB")
            seat.press("q")
            seat.wait()
    return found


def missing(screen: str, waiting: dict[str, int]) -> int:
    """How many unread messages of the desk the screen does not count."""
    rows = (_ROW.match(line) for line in screen.splitlines())
    shown = {row["name"].rstrip("…"): int(row["unread"]) for row in rows if row is not None}
    lost = 0
    for name, unread in waiting.items():
        counts = [n for start, n in shown.items() if name.startswith(start)]
        lost += 0 if unread in counts else unread
    return lost


def rss(seat: PtySeat) -> int:
    """Kilobytes of memory it has."""
    status = Path(f"/proc/{seat.process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", status)
    assert found is not None
    return int(found[1])


@pytest.mark.row("R10", NEEDED)
def test_r10_a_screen_that_stalls(row: Row, tmp_path: Path) -> None:
    """The line stays, every message is counted, and soon after reading again."""
    lasts = row.pick(quick=3.0, full=60.0)
    found = check(tmp_path, lasts)
    words = (
        f"{EVENTS} messages in {lasts:.0f} s of silence: {found.lost} lost, right after"
        f" {found.seconds:.2f} s, {found.growth} kB more"
    )
    ok = not found.failures and found.seconds <= CAUGHT_UP
    row.reached("; ".join([words, *found.failures]), ok=ok)


@pytest.mark.row_defect("R10", "what was dropped is never painted")
def test_r10_a_stale_screen_is_caught(row: Row, tmp_path: Path) -> None:
    assert check(tmp_path, 1.0, patched(STALE), patience=1.5).failures


@pytest.mark.row_defect("R10", "the link waits for the screen")
def test_r10_a_link_that_waits_is_caught(row: Row, tmp_path: Path) -> None:
    found = check(tmp_path, 3.0, patched(HELD_UP), patience=0.5)
    assert found.failures
