"""Whoever writes to the screen never waits for it, and nothing that matters is dropped."""

from __future__ import annotations

import os
import pty
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from agent_tui.screen_writer import MOST_WAITING, ScreenWriter

FRAME = "x" * 4000
SOON = 10.0


@dataclass
class Tty:
    """A pseudo terminal that is read only when asked."""

    master: int
    slave: int
    caught_up: threading.Event = field(default_factory=threading.Event)

    def read(self, until: bytes, within: float = SOON) -> bytes:
        """Read until this came."""
        seen = b""
        end = time.monotonic() + within
        os.set_blocking(self.master, False)
        while until not in seen and time.monotonic() < end:
            try:
                seen += os.read(self.master, 65536)
            except BlockingIOError:
                time.sleep(0.005)
        return seen


@pytest.fixture
def tty() -> Iterator[Tty]:
    """A terminal nobody reads."""
    made = Tty(*pty.openpty())
    yield made
    for handle in (made.master, made.slave):
        try:
            os.close(handle)
        except OSError:
            continue  # a test closed it


@pytest.fixture
def writer(tty: Tty) -> Iterator[ScreenWriter]:
    """A writer on it."""
    with open(tty.slave, "w", encoding="utf-8", closefd=False) as file:
        made = ScreenWriter(file, tty.caught_up.set)
        made.start()
        yield made
        made.abandon()
        made.join(SOON)


def test_what_is_written_arrives_in_order(tty: Tty, writer: ScreenWriter) -> None:
    for number in range(500):
        writer.write(f"{number} ä;")
    writer.write("end")
    seen = tty.read(b"end").decode()
    assert seen == "".join(f"{number} ä;" for number in range(500)) + "end"
    assert not writer.behind


def test_a_terminal_that_stalls_holds_nobody_up(tty: Tty, writer: ScreenWriter) -> None:
    """Ten thousand frames are taken at once, and little of them is kept."""
    begun = time.monotonic()
    for _ in range(10_000):
        writer.write(FRAME)
    assert time.monotonic() - begun < SOON
    assert writer.behind
    assert writer._size <= MOST_WAITING + len(FRAME)
    assert not tty.caught_up.is_set()


def test_when_it_reads_again_it_is_painted_anew(tty: Tty, writer: ScreenWriter) -> None:
    """Once everything that waited has left; and modes that were switched meanwhile are there."""
    for number in range(1000):
        writer.write(FRAME)
        if number == 900:
            writer.write("\x1b[?2004l")
    assert b"\x1b[?2004l" in tty.read(b"\x1b[?2004l")
    assert tty.caught_up.wait(SOON)
    assert not writer.behind
    writer.write("after")
    assert tty.read(b"after").endswith(b"after")


def test_the_end_does_not_wait_for_a_terminal_that_stalls(tty: Tty, writer: ScreenWriter) -> None:
    """It gives up, says so, and writes nothing after that."""
    for _ in range(200):
        writer.write(FRAME)
    begun = time.monotonic()
    writer.stop()
    assert time.monotonic() - begun < 2.0
    assert writer.gave_up
    tty.read(b"never", within=0.2)
    writer.write("late")
    assert b"late" not in tty.read(b"late", within=0.2)


def test_the_end_waits_for_one_that_reads(tty: Tty, writer: ScreenWriter) -> None:
    """However slowly: as long as something moves."""
    for _ in range(50):
        writer.write(FRAME)
    writer.write("end")
    stopper = threading.Thread(target=writer.stop)
    stopper.start()
    seen = b""
    end = time.monotonic() + 2 * SOON
    while b"end" not in seen and time.monotonic() < end:
        seen += os.read(tty.master, 4096)
    stopper.join(SOON)
    assert seen.endswith(b"end")
    assert not writer.gave_up


def test_a_terminal_that_is_gone_is_no_mistake(tty: Tty, writer: ScreenWriter) -> None:
    """Nothing is raised, nothing piles up."""
    os.close(tty.master)
    for _ in range(1000):
        writer.write(FRAME)
    writer.join(SOON)
    assert not writer.is_alive()
    assert writer._size <= MOST_WAITING + len(FRAME)
    writer.stop()


def test_what_another_program_sees_of_the_terminal_stays(tty: Tty, writer: ScreenWriter) -> None:
    """The handle it was given still waits, as the shell that shares it expects."""
    writer.write("x")
    tty.read(b"x")
    assert os.get_blocking(tty.slave)
