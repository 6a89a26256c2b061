"""At the keyboard of a whole program: what the terminal says by itself, and what is pasted.

`replies` and `pastes` run the program on a terminal of its own, do what a terminal or an agent with
a hostile clipboard does, and say what came of it that should not.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from crowding import crowding
from hostile_desk import TOKEN, HostileDesk
from hostile_walk import ESC, program
from pty_seat import PtySeat, private_home

ROOT = Path(__file__).resolve().parents[1]
TYPING, EMPTY = "Esc leave, draft kept", " 0 / 25000"
"""What stands on the screen while words are typed, and while there are none."""
START, END = "\x1b[200~", "\x1b[201~"
BY_HAND = 0.2
"""Seconds between what a machine does and what a hand does then."""
PATIENCE = 8.0
"""Seconds the screen may take to show something."""


@dataclass(slots=True)
class Found:
    """What came of it."""

    tried: int = 0
    wrong: list[str] = field(default_factory=list)
    pauses: dict[str, float] = field(default_factory=dict)
    """Seconds from the beginning of a paste until it was on the screen, by what was pasted."""
    crowding: float = 1.0
    """How many times longer everything took than on a machine of one's own, at worst."""


class Trial:
    """One program, an agent who looks at the screen, and a desk that remembers."""

    def __init__(self, seat: PtySeat, desk: HostileDesk, found: Found, patience: float) -> None:
        self.seat = seat
        self.patience = patience
        self.desk = desk
        self.found = found
        self._asked = 0

    def middle(self) -> str:
        """The screen without its first line and its last, where the clock and hints are."""
        return "\n".join(self.seat.screen.split("\n")[1:-1])

    @property
    def foot(self) -> str:
        """The last line."""
        return self.seat.screen.split("\n")[-1]

    def settle(self) -> None:
        """Wait for the screen, and until a hand could press a key."""
        self.seat.quiet(0.12)
        time.sleep(BY_HAND - 0.12)

    def write(self) -> None:
        """Into an empty composer."""
        if TYPING not in self.seat.screen:
            self.seat.press("r")
        self.seat.wait_for(TYPING, self.patience)
        self.clear()

    def clear(self) -> None:
        """Take all words out of the composer."""
        if EMPTY not in self.seat.screen:
            self.seat.press("\x1b[18~")  # F7: all of it
            self.seat.quiet(0.05)
            self.seat.press("\x7f")
            self.seat.wait_for(EMPTY, self.patience)

    def to_list(self) -> None:
        """Out of wherever one is."""
        for _turn in range(3):
            self.seat.press(ESC)
            self.seat.quiet(0.05)

    def nothing_asked(self, what: str) -> None:
        """Nothing was sent or commanded since the last look."""
        asked = [f"{c['op']} {c.get('data')}"[:80] for c in self.desk.commands[self._asked :]]
        self._asked = len(self.desk.commands)
        if "undo" in self.foot:
            asked.append(f"on its way: {self.foot.strip()}")
        if asked:
            self.found.wrong.append(f"{what}: {asked}")
        if self.seat.process.poll() is not None:
            raise AssertionError(f"{what}: the program has ended: {self.seat.output[-300:]!r}")

    def unchanged(self, before: str, what: str) -> None:
        """The screen is as it was."""
        now = self.middle()
        if now != before:
            pairs = zip(before.split("\n"), now.split("\n"), strict=False)
            first = next(((a, b) for a, b in pairs if a != b), ("", ""))
            self.found.wrong.append(f"{what}: the screen changed: {first[0]!r} to {first[1]!r}")


@contextmanager
def trial(home: Path, defects: str, found: Found, patience: float) -> Iterator[Trial]:
    """The program with the whole list before it."""
    with HostileDesk(["harmless"] * 6) as desk:
        argv = program(defects, "--url", desk.url, "--as", "ana")
        with PtySeat(argv, home, columns=160, lines=45, env={"AGENT_TUI_TOKEN": TOKEN}) as seat:
            seat.wait_for("N0:")
            seat.press("3")
            seat.wait_for("B0:")
            seat.quiet()
            try:
                yield Trial(seat, desk, found, patience)
            except (AssertionError, TimeoutError, OSError) as error:
                found.wrong.append(str(error)[:1_500])
            found.wrong += [f"the terminal got {bad}" for bad in seat.terminal.violations]


# Replies -----------------------------------------------------------------------------------------


def replies(  # noqa: PLR0917 - as they are asked for
    home: Path,
    defects: str,
    random: Random,
    kinds: dict[str, str],
    cuts: int,
    patience: float = PATIENCE,
) -> Found:
    """Answers that nobody asked for, whole and in pieces, into the composer, the list, a picker.

    Each of `kinds` comes whole, then `cuts` times in pieces with pauses.
    """
    found = Found()
    with trial(home, defects, found, patience) as at:
        for name, reply in kinds.items():
            at.write()
            for parts in _pieces(random, reply, cuts):
                for part in parts:
                    at.seat.press(part)
                    if len(parts) > 1:
                        time.sleep(random.choice((0.002, 0.002, 0.02, 0.12)))
                found.tried += 1
            at.seat.quiet(0.06)
            _composer_is_empty(at, name)
        at.to_list()
        for place, key in (("list", ""), ("picker", "a")):
            at.seat.press(key)
            at.seat.quiet(0.1)
            before = at.middle()
            for name, reply in kinds.items():
                at.seat.press(reply)
                found.tried += 1
                at.nothing_asked(f"{name} into the {place}")
            at.seat.quiet()
            at.unchanged(before, f"replies into the {place}")
        at.to_list()
        at.write()
        at.seat.press(b"\xff\xc3(hello")  # no UTF-8: a mark for each wrong byte, and no end
        at.seat.wait_for(" 8 / 25000", at.patience)
    return found


def _pieces(random: Random, reply: str, cuts: int) -> Iterator[list[str]]:
    """Whole; cut right behind the escape; cut anywhere else, `cuts` times."""
    yield [reply]
    if cuts:
        yield [reply[:1], reply[1:]]
    for _cut in range(cuts):
        places = sorted({random.randint(2, max(2, len(reply) - 1)) for _ in range(3)})
        ends = [*places, len(reply)]
        yield [reply[a:b] for a, b in zip([0, *places], ends, strict=True) if a < b]


def _composer_is_empty(at: Trial, name: str) -> None:
    """Nothing was typed; where Esc was heard, it is still so behind it."""
    at.nothing_asked(f"{name} into the composer")
    if EMPTY not in at.seat.screen:
        line = next((row for row in at.seat.screen.split("\n") if "/ 25000" in row), "")
        at.found.wrong.append(f"{name} into the composer: typed, {line.strip()[-60:]!r}")


# Pastes ------------------------------------------------------------------------------------------

UNMARKED = "please approve the refund\rand resolve it, then\rsnooze the others\r"
SIZES: dict[str, Callable[[int], str]] = {
    "lines": lambda size: ("line of text\n" * (size // 13 + 1))[:size],
    "words": lambda size: ("word " * (size // 5 + 1))[:size],
    "one word": lambda size: "x" * size,
    "wide": lambda size: "日" * size,
}


def pastes(
    home: Path,
    defects: str,
    texts: Sequence[str],
    sizes: Sequence[tuple[str, int]],
    patience: float = PATIENCE,
) -> Found:
    """Hostile texts pasted into the composer, the list and a picker; then large ones."""
    found = Found()
    with trial(home, defects, found, patience) as at:
        at.write()
        for text in texts:
            for keys in ("", "\x13", "\r\x13", "\x1b[20~"):
                at.seat.press(START + text + END + keys)
                found.tried += 1
            at.settle()
            at.nothing_asked(f"{text[:40]!r} pasted into the composer")
            if TYPING not in at.seat.screen:
                found.wrong.append(f"{text[:40]!r}: a paste left the composer")
            at.write()
        _elsewhere(at, texts)
        _told(at)
        for name, size in sizes:
            _large(at, f"{size} {name}", SIZES[name](size))
        _by_hand(at)
    return found


def _elsewhere(at: Trial, texts: Sequence[str]) -> None:
    at.to_list()
    for place, key in (("list", ""), ("picker", "a")):
        at.seat.press(key)
        at.seat.quiet(0.1)
        before = at.middle()
        for text in (*(START + text + END for text in texts), UNMARKED):
            at.seat.press(text)
            at.found.tried += 1
            at.settle()
            at.nothing_asked(f"{text[:40]!r} pasted into the {place}")
            if place == "list":
                at.unchanged(before, f"{text[:40]!r} pasted into the list")
                if text == UNMARKED:
                    at.seat.wait_for("Nothing is being written", at.patience)
    at.to_list()


def _told(at: Trial) -> None:
    """A key that came with a paste is not pressed, and that is said."""
    at.write()
    at.seat.press(f"{START}words{END}\x13")
    at.seat.wait_for(lambda screen: "Not pressed" in screen or "Not sent" in screen, at.patience)
    at.settle()
    at.seat.press(UNMARKED)
    at.seat.wait_for("snooze the others", at.patience)
    at.settle()
    at.nothing_asked("an unmarked paste into the composer")


def _large(at: Trial, name: str, text: str) -> None:
    at.write()
    start = time.monotonic()
    at.seat.press(START + text + END)
    at.found.tried += 1
    at.seat.wait_for(lambda screen: EMPTY not in screen and "/ 25000" in screen, at.patience)
    at.found.pauses[name] = time.monotonic() - start
    at.found.crowding = max(at.found.crowding, crowding())
    kept = min(len(text), 64_000)
    if len(text) > kept:
        at.seat.wait_for(
            lambda screen: f"{kept}" in screen and f"{len(text)}" in screen, at.patience
        )
    at.settle()
    at.nothing_asked(f"{name} pasted")


def _by_hand(at: Trial) -> None:
    """After all that a hand can still send."""
    at.write()
    at.seat.press("done")
    for _again in range(3):  # on a crowded machine the words and the key may come at once
        at.settle()
        at.seat.press("\x13")
        with suppress(AssertionError):
            at.seat.wait_for(lambda screen: "undo" in screen.split("\n")[-1], at.patience / 2)
            return
    at.found.wrong.append(f"Ctrl+S by hand did not send: {at.foot.strip()}")


# Through tmux ------------------------------------------------------------------------------------


def tmux_pastes(home: Path, texts: Sequence[str]) -> Found:
    """The same texts by ``tmux paste-buffer -p``, which leaves marks of an end as they are."""
    found = Found()
    with HostileDesk(["harmless"] * 6) as desk:
        argv = program("", "--url", desk.url, "--as", "ana")
        env = private_home(home) | {"AGENT_TUI_TOKEN": TOKEN, "PYTHONPATH": str(ROOT)}
        with _Tmux(home, argv, env) as tmux:
            tmux.wait_for("N0:")
            tmux.run("send-keys", "3")
            tmux.wait_for("B0:")
            for place, key in (("list", ""), ("composer", "r")):
                if key:
                    tmux.run("send-keys", key)
                    tmux.wait_for(TYPING)
                for text in texts:
                    tmux.run("set-buffer", "--", text)
                    tmux.run("paste-buffer", "-p")
                    found.tried += 1
                    time.sleep(BY_HAND)
                    asked = [command["op"] for command in desk.commands]
                    if asked or "undo" in tmux.screen.split("\n")[-1]:
                        found.wrong.append(f"{text[:40]!r} into the {place}: {asked}")
            if not tmux.alive:
                found.wrong.append("the program has ended")
    return found


class _Tmux:
    """A program in a tmux of its own."""

    def __init__(self, home: Path, argv: Sequence[str], env: dict[str, str]) -> None:
        self._base = ["tmux", "-f", "/dev/null", "-S", str(home / "tmux")]
        self._env = env | {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "xterm"}
        self._argv = argv

    def run(self, *arguments: str) -> str:
        """What a command of tmux says."""
        done = subprocess.run(
            [*self._base, *arguments], env=self._env, capture_output=True, text=True, check=True
        )
        return done.stdout

    def __enter__(self) -> _Tmux:
        self.run("new-session", "-d", "-x", "160", "-y", "45", shlex.join(self._argv))
        return self

    def __exit__(self, *_error: object) -> None:
        with suppress(subprocess.CalledProcessError):
            self.run("kill-server")

    @property
    def screen(self) -> str:
        """What stands on its screen."""
        return self.run("capture-pane", "-p").rstrip("\n")

    @property
    def alive(self) -> bool:
        """The program still runs."""
        return bool(self.run("list-sessions"))

    def wait_for(self, words: str) -> None:
        """Wait until the screen shows `words`."""
        end = time.monotonic() + 20
        while words not in self.screen:
            assert time.monotonic() < end, self.screen
            time.sleep(0.05)
