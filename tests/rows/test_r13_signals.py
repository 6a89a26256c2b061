"""Row R13: however the program is ended from outside, nothing is lost and the terminal is whole.

The real program on a real pseudo terminal, with a reply half written. It is ended by every signal,
by a terminal that goes away (also where that signal is ignored, as under nohup), and while the
terminal has stopped reading; it is put to sleep and woken, and fed a byte that is no UTF-8.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from pty_seat import PATIENCE, PtySeat, program
from row import Row
from seat_under_test import (
    DEMO,
    WORDS,
    kept,
    opened,
    orphans,
    patched,
    shell_can_go_on,
    stopped,
    write,
)

NEEDED = "terminal restored, draft saved, gone <= 2 s, 0 orphans, CPU <= 5 %"
GONE = 2.0
IGNORING_HANGUP = ("/bin/sh", "-c", 'trap "" HUP; exec "$@"', "sh")

NO_CARE = """
import contextlib
import agent_tui.cli.main, agent_tui.guarded_app
agent_tui.cli.main.ended_by_signals = contextlib.nullcontext
agent_tui.guarded_app.GuardedApp.run_on_terminal = lambda self: self.run() or 0
"""
"""As the framework has it: signals do what the system does."""
DEAF = """
import agent_tui.endings
agent_tui.endings.Watch._end = lambda self, number, somebody: None
"""
"""That the terminal is gone is heard, and nothing is done about it."""


def end_by(name: str, home: Path, argv: Sequence[str] = ()) -> tuple[list[str], float]:
    """End a program that has words in it; what was wrong about its end, and the seconds it took."""
    with opened(home, argv) as seat:
        write(seat)
        if name == "stalled":
            stall(seat)
        begun = time.monotonic()
        if name == "hang-up":
            seat.hang_up()
        else:
            number = signal.SIGTERM if name == "stalled" else signal.Signals[name]
            seat.signal(number)
        try:
            code: int | None = seat.process.wait(GONE + 0.5)
        except subprocess.TimeoutExpired:
            code = None
        took = time.monotonic() - begun
        seat.resume()
        if code is not None:
            seat.wait()
        return list(wrong(name, seat, home, code, took)), took


def several(name: str, home: Path, times: int, argv: Sequence[str] = ()) -> tuple[str, bool]:
    """End it so several times; what came of that, in words, and whether it is enough."""
    found: list[str] = []
    longest = 0.0
    for nth in range(times):
        faults, took = end_by(name, home / str(nth), argv)
        found += faults
        longest = max(longest, took)
    return "; ".join(found) or f"{name}: gone after {longest:.2f} s at most", not found


def stall(seat: PtySeat) -> None:
    """Stop reading, and see to it that the program has more to write than anybody takes."""
    seat.quiet(0.1)
    seat.stall()
    for width in range(90, 130):
        seat.resize(width, 36)
        time.sleep(0.02)


def wrong(name: str, seat: PtySeat, home: Path, code: int | None, took: float) -> Sequence[str]:
    """Everything that must not be so after the end."""
    found = []
    if code is None or took > GONE:
        found.append(f"{name}: still there after {GONE} s")
    elif code < 128:
        found.append(f"{name}: exit code {code}")
    if not kept(home):
        found.append(f"{name}: the words are lost")
    if name != "hang-up" and not shell_can_go_on(seat):
        found.append(f"{name}: the terminal is not restored")
    if code is not None and orphans(seat):
        found.append(f"{name}: {orphans(seat)} still run")
    reports = list((home / "state").rglob("crash-*"))
    if reports:
        found.append(f"{name}: {reports[0].read_text()}")
    return found


def sleep_and_wake(seat: PtySeat, times: int) -> list[str]:
    """Stop and wake it over and over; what went wrong."""
    found: list[str] = []
    for nth in range(times):
        seat.signal(signal.SIGTSTP)
        if not stopped(seat):
            return [*found, f"sleep {nth}: it does not stop"]
        end = time.monotonic() + PATIENCE
        while not shell_can_go_on(seat) and time.monotonic() < end:
            time.sleep(0.005)
        if not shell_can_go_on(seat):
            found.append(f"sleep {nth}: the shell gets a broken terminal")
        with seat._lock:  # the shell writes over everything
            seat.terminal.resize(seat.terminal.columns, seat.terminal.lines)
        seat.signal(signal.SIGCONT)
        with suppress(AssertionError):
            seat.wait_for(WORDS, within=10.0)
            seat.wait_for("Mine", within=10.0)
        if WORDS not in seat.screen or not {1049, 2004, 1006} <= seat.terminal.modes:
            return [*found, f"sleep {nth}: it does not come back"]
    return found


@pytest.mark.row("R13", NEEDED)
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT", "stalled"])
def test_r13_an_end_from_outside(row: Row, tmp_path: Path, name: str) -> None:
    """By each signal (one more below), and while the terminal reads nothing."""
    words, ok = several(name, tmp_path, row.pick(quick=1, full=5))
    row.reached(words, ok=ok)


@pytest.mark.row("R13", NEEDED)
def test_r13_a_terminal_that_goes_away_unheard(row: Row, tmp_path: Path) -> None:
    """The signal for it is ignored: a program that went on would spin for ever."""
    argv = [*IGNORING_HANGUP, *program(*DEMO)]
    words, ok = several("hang-up", tmp_path / "ignored", row.pick(quick=1, full=5), argv)
    row.reached(words, ok=ok)
    if row.full:
        words, ok = several("hang-up", tmp_path / "heard", 5)
        row.reached(words, ok=ok)


@pytest.mark.row("R13", NEEDED)
def test_r13_sleep_and_a_broken_byte(row: Row, tmp_path: Path) -> None:
    """It comes back each time as it was, the terminal is the shell's meanwhile, and it types on."""
    times = row.pick(quick=3, full=50)
    with opened(tmp_path) as seat:
        write(seat)
        found = sleep_and_wake(seat, times)
        seat.press(b"\xff\xc3")
        seat.press(" and on")
        seat.wait_for("and on")
        begun = time.monotonic()
        seat.signal(signal.SIGQUIT)
        code = seat.wait()
        found += wrong("SIGQUIT", seat, tmp_path, code, time.monotonic() - begun)
    row.reached("; ".join(found) or f"slept and woke {times} times, typed on", ok=not found)


@pytest.mark.row_defect("R13", "signals do what the system does: raw terminal, lost words")
def test_r13_signals_without_care_are_caught(row: Row, tmp_path: Path) -> None:
    found, _took = end_by("SIGTERM", tmp_path, patched(NO_CARE, *DEMO))
    assert any("not restored" in fault for fault in found)


@pytest.mark.row_defect("R13", "nobody minds that the terminal is gone")
def test_r13_a_program_without_a_terminal_is_caught(row: Row, tmp_path: Path) -> None:
    argv = [*IGNORING_HANGUP, *patched(DEAF, *DEMO)]
    found, _took = end_by("hang-up", tmp_path, argv)
    assert any("still there" in fault for fault in found)
