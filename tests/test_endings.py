"""Whatever the screen is doing, who ends the program from outside ends it, and ends it well."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from textual.drivers import linux_driver

from agent_tui.endings import (
    ENDING,
    RESTORED,
    SLEEPING,
    Ended,
    Terminal,
    Watch,
    ended_by_signals,
)

SOON = 10.0
PATIENCE = 0.1


@dataclass
class Seat:
    """A screen that notes what it is asked, and a process that does not really end."""

    leaves: bool = False
    """It leaves when it is told to."""
    saves: Callable[[], str] = lambda: "kept in FILE"
    asked: list[tuple[str, int]] = field(default_factory=list)
    code: int | None = None
    ended: threading.Event = field(default_factory=threading.Event)
    heard: threading.Event = field(default_factory=threading.Event)

    def told_to_leave(self, number: int, somebody: bool) -> None:
        self.asked.append(("leave" if somebody else "leave, nobody is there", number))
        self.heard.set()

    def told_to_sleep(self, number: int) -> None:
        self.asked.append(("sleep", number))
        self.heard.set()

    def write_nothing_more(self) -> None:
        self.asked.append(("nothing more", 0))

    def end_words(self) -> str:
        self.asked.append(("save", 0))
        return self.saves()

    def exit_now(self, code: int) -> None:
        self.code = code
        self.ended.set()


@dataclass
class Tty:
    """A pseudo terminal."""

    master: int
    slave: int
    hung_up: bool = False

    def hang_up(self) -> None:
        os.close(self.master)
        self.hung_up = True

    def read(self) -> bytes:
        """Everything that is there."""
        os.set_blocking(self.master, False)
        seen = b""
        while True:
            try:
                seen += os.read(self.master, 65536)
            except BlockingIOError:
                return seen


@pytest.fixture
def tty() -> Iterator[Tty]:
    made = Tty(*pty.openpty())
    yield made
    if not made.hung_up:
        os.close(made.master)
    os.close(made.slave)


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """What the tests do to this process's signals is undone."""
    before = {number: signal.getsignal(number) for number in (*ENDING, *SLEEPING)}
    wakeup = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(wakeup)
    yield
    signal.set_wakeup_fd(wakeup)
    for number, handler in before.items():
        signal.signal(number, handler)


def watch(tty: Tty, seat: Seat) -> Watch:
    """A watch over that seat."""
    return Watch(Terminal(tty.slave, tty.slave), seat, seat.exit_now, PATIENCE)


# ── while no screen is open ─────────────────────────────────────────────────────


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_closes_what_is_open(number: int) -> None:
    """It comes as an exception, and the exit code is the shells'."""
    closed = False
    with pytest.raises(Ended) as trap, ended_by_signals():
        try:
            os.kill(os.getpid(), number)
            time.sleep(SOON)
        finally:
            closed = True
    assert closed
    assert trap.value.code == 128 + number


def test_afterwards_signals_do_what_they_did() -> None:
    before = [signal.getsignal(number) for number in ENDING]
    with ended_by_signals():
        assert [signal.getsignal(number) for number in ENDING] != before
    assert [signal.getsignal(number) for number in ENDING] == before


def test_what_nohup_ignores_stays_ignored(tty: Tty) -> None:
    """Before the screen opens, and while it is open."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    seat = Seat()
    with ended_by_signals(), watch(tty, seat):
        os.kill(os.getpid(), signal.SIGHUP)
        assert not seat.heard.wait(0.1)


def test_a_token_command_ends_with_the_program(tmp_path: Path) -> None:
    """And so does what it started: nothing goes on asking for a passphrase."""
    asks = tmp_path / "asks.sh"
    asks.write_text("#!/bin/sh\nsleep 77 &\necho $! > child\nwait\n")
    asks.chmod(0o700)
    code = (
        "import sys; from agent_tui.credentials.command import from_command, end_commands\n"
        "from agent_tui.endings import Ended, ended_by_signals\n"
        "try:\n with ended_by_signals(): from_command(('./asks.sh',))\n"
        "except Ended as ended: sys.exit(ended.code)\n"
    )
    root = str(Path(__file__).resolve().parents[1])
    child = tmp_path / "child"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, env=os.environ | {"PYTHONPATH": root}
    ) as process:
        wait_until(lambda: child.exists() and bool(child.read_text().strip()))
        process.send_signal(signal.SIGTERM)
        assert process.wait(SOON) == 143
    wait_until(lambda: not Path(f"/proc/{child.read_text().strip()}/exe").exists())


def wait_until(so: Callable[[], bool]) -> None:
    """Wait, not for ever."""
    end = time.monotonic() + SOON
    while not so():
        assert time.monotonic() < end
        time.sleep(0.01)


# ── while it is open ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("number", ENDING)
def test_the_screen_is_asked_first(tty: Tty, number: int) -> None:
    """And what it does not do in time is done by hand: saved, terminal right, gone."""
    seat = Seat()
    with watch(tty, seat):
        os.kill(os.getpid(), number)
        assert seat.ended.wait(SOON)
    assert seat.asked == [("leave", number), ("save", 0), ("nothing more", 0)]
    assert seat.code == 128 + number
    assert tty.read().decode() == RESTORED + "kept in FILE\r\n"


def test_a_screen_that_waits_for_ever_is_ended_too(tty: Tty) -> None:
    """The main thread hangs in something that no signal interrupts for long."""
    seat, never = Seat(), threading.Lock()
    never.acquire()
    threading.Timer(0.05, lambda: os.kill(os.getpid(), signal.SIGTERM)).start()
    with watch(tty, seat):
        never.acquire(timeout=1.0)
    assert seat.code == 143


def test_saving_that_hangs_holds_nothing_up(tty: Tty) -> None:
    """A disk in a network may never answer."""
    hangs = threading.Event()

    def save() -> str:
        hangs.wait(SOON)
        return ""

    seat = Seat(saves=save)
    with watch(tty, seat):
        os.kill(os.getpid(), signal.SIGTERM)
        assert seat.ended.wait(SOON)
    hangs.set()
    assert tty.read().decode() == RESTORED


def test_a_screen_that_left_is_not_put_right_again(tty: Tty) -> None:
    """What the shell has set since is the shell's; but the end still comes."""
    seat = Seat()
    with watch(tty, seat):
        os.kill(os.getpid(), signal.SIGTERM)
        assert seat.heard.wait(SOON)
    assert seat.ended.wait(SOON)
    assert tty.read() == b""


@pytest.mark.parametrize("ignored", [False, True])
def test_a_terminal_that_is_gone_ends_it(tty: Tty, ignored: bool) -> None:
    """Also where the signal for that is ignored; nobody is there to be told anything."""
    if ignored:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    seat = Seat()
    with watch(tty, seat):
        tty.hang_up()
        assert seat.ended.wait(SOON)
    assert seat.asked == [("leave, nobody is there", signal.SIGHUP), ("save", 0)]
    assert seat.code == 129


def test_only_the_first_end_counts(tty: Tty) -> None:
    seat = Seat()
    with watch(tty, seat):
        for number in ENDING:
            os.kill(os.getpid(), number)
        assert seat.ended.wait(SOON)
    assert len([asked for asked, _number in seat.asked if asked == "leave"]) == 1


def test_sleep_and_waking_are_passed_on(tty: Tty) -> None:
    """They end nothing, and the process is not stopped where the signal struck."""
    seat = Seat()
    with watch(tty, seat) as watching:
        watching.hear_sleep()
        for number in SLEEPING:
            seat.heard.clear()
            os.kill(os.getpid(), number)
            assert seat.heard.wait(SOON)
    assert seat.asked == [("sleep", number) for number in SLEEPING]
    assert seat.code is None


def test_afterwards_nothing_is_heard_and_no_thread_is_left(tty: Tty) -> None:
    before = [signal.getsignal(number) for number in (*ENDING, *SLEEPING)]
    with watch(tty, Seat()) as watching:
        watching.hear_sleep()
    assert [signal.getsignal(number) for number in (*ENDING, *SLEEPING)] == before
    wait_until(lambda: not any(t.name == "endings" for t in threading.enumerate()))


# ── the terminal by hand ────────────────────────────────────────────────────────


def test_everything_the_driver_switches_on_is_switched_off() -> None:
    """Read in its source, so that a new version with a new mode is noticed."""
    lines = Path(linux_driver.__file__).read_text().splitlines()
    source = "\n".join(line for line in lines if not line.strip().startswith("#"))
    on = set(re.findall(r"\\x1b\[\?(\d+)h", source)) - {"7", "25"}
    assert {"1049", "2004", "1000"} <= on
    assert {mode for mode in on if f"\x1b[?{mode}l" not in RESTORED} == set()
    assert "\x1b[<u" in RESTORED
    assert RESTORED.index("\x1b[<u") < RESTORED.index("\x1b[?1049l")
    for mode in ("7", "25"):
        assert f"\x1b[?{mode}h" in RESTORED


def test_a_terminal_that_stalls_is_put_right_all_the_same(tty: Tty) -> None:
    """What waits for it is thrown away; what is set in the system is set back."""
    terminal = Terminal(tty.slave, tty.slave)
    before = termios.tcgetattr(tty.slave)
    raw = termios.tcgetattr(tty.slave)
    raw[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(tty.slave, termios.TCSANOW, raw)
    os.set_blocking(tty.slave, False)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(tty.slave, b"x" * 4096)
    begun = time.monotonic()
    terminal.put_right("words")
    assert time.monotonic() - begun < 2.0
    assert termios.tcgetattr(tty.slave) == before
    assert tty.read().decode().endswith(RESTORED + "words\r\n")


def test_one_that_is_gone_costs_no_time(tty: Tty) -> None:
    terminal = Terminal(tty.slave, tty.slave)
    tty.hang_up()
    terminal.put_right("words")


def test_what_is_no_terminal_is_let_be(tmp_path: Path) -> None:
    """The handles may be files."""
    with (tmp_path / "file").open("wb") as file:
        Terminal(file.fileno(), file.fileno()).put_right("words")


# ── the rest ────────────────────────────────────────────────────────────────────


def test_there_is_no_core() -> None:
    """It would hold every token and letter."""
    code = (
        "import resource; from agent_tui.endings import no_core; no_core();"
        "print(resource.getrlimit(resource.RLIMIT_CORE))"
    )
    root = Path(__file__).resolve().parents[1]
    told = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=True)
    assert told.stdout.split() == [b"(0,", b"0)"]


def test_without_a_shell_nobody_could_wake_it() -> None:
    """A process that leads its session has none above it."""
    code = "from agent_tui.endings import can_be_woken; print(can_be_woken())"
    root = Path(__file__).resolve().parents[1]
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        capture_output=True,
        check=True,
        start_new_session=True,
    )
    assert told.stdout == b"False\n"
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, check=True, process_group=0
    )
    assert told.stdout == b"True\n"
