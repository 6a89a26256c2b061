"""Through every place in which the console shows foreign text, looking at what the terminal got.

`walk` runs the whole program on a terminal of its own against a desk whose every word is hostile,
and says what it saw: how many places and strings, what was wrong, how long keys took.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import TimeoutExpired
from typing import TypeAlias

from crowding import crowding
from hostile_desk import TOKEN, HostileDesk, before, behind
from nasty import Nasty
from pty_seat import PtySeat
from rich.cells import cell_len

from agent_tui.sanitise import sanitise

COLUMNS, LINES = 200, 70
PLANTED = str(Path(__file__).with_name("planted_program.py"))
LENGTHS = (16, 48, 160)
"""Cells of harmless strings: where these are seen, hostile ones of that length have to be."""
KEPT_BACK = re.compile(r"agent-tui: (\d+) control characters? w")
"""What the program says at its end when its last wall had something to do."""

ESC = "\x1b[27u"
"""The key by a name of its own: nobody has to wait whether more follows."""
PATIENCE = 10.0
LONG = 300
"""Characters from which on a string is not looked for in all places, only in the body."""


@dataclass(slots=True)
class Seen:
    """What a walk came to."""

    strings: int = 0
    places: set[str] = field(default_factory=set)
    marks: int = 0
    """Marks that were looked for and found."""
    wrong: list[str] = field(default_factory=list)
    times: list[tuple[float, str]] = field(default_factory=list)
    """Seconds from a key to the first thing the terminal got, and which it was."""
    grown: int = 0
    """Bytes of memory that were added, as the system counts it."""
    written: int = 0
    """Bytes the terminal got."""
    crowding: float = 1.0
    """How many times longer everything took than on a machine of one's own, at worst."""

    @property
    def slowest(self) -> float:
        """Seconds of the slowest key."""
        return max((seconds for seconds, _key in self.times), default=0.0)

    @property
    def median(self) -> float:
        """Seconds of the key in the middle."""
        return sorted(self.times)[len(self.times) // 2][0] if self.times else 0.0

    def and_then(self, other: Seen) -> Seen:
        """Both walks as one."""
        return Seen(
            self.strings + other.strings,
            self.places | other.places,
            self.marks + other.marks,
            self.wrong + other.wrong,
            self.times + other.times,
            max(self.grown, other.grown),
            self.written + other.written,
            max(self.crowding, other.crowding),
        )


Visit: TypeAlias = Callable[["Walk", PtySeat, HostileDesk], None]
"""What is done in a run."""


def program(defects: str = "", *arguments: str) -> list[str]:
    """The command line of the program, with defects planted in it."""
    return [sys.executable, PLANTED, defects, *arguments]


def harmless(cells: int) -> str:
    """Words of so many cells."""
    return ("plain words " * (cells // 12 + 1))[:cells].strip() or "x"


class Walk:
    """One run of the program."""

    def __init__(self, strings: Sequence[Nasty], home: Path, defects: str) -> None:
        self.strings = strings
        self.served = [*map(harmless, LENGTHS), *(one.text for one in strings)]
        self.seen = Seen(strings=len(strings))
        self._shown: list[set[str]] = []
        """Which marks were seen of each harmless string."""
        self._desk = HostileDesk(self.served)
        self._home = home
        self._defects = defects

    def run(self, visit: Visit) -> Seen:
        """Open the program, `visit`, and look at its end."""
        with self._desk as desk:
            argv = program(self._defects, "--url", desk.url, "--as", "ana")
            with PtySeat(
                argv, self._home, columns=COLUMNS, lines=LINES, env={"AGENT_TUI_TOKEN": TOKEN}
            ) as seat:
                try:
                    seat.wait_for("N0:")
                    seat.press("3")
                    seat.wait_for("B0:", PATIENCE)
                    seat.quiet()
                    visit(self, seat, desk)
                    self._leave(seat)
                except (AssertionError, TimeoutError, OSError, TimeoutExpired) as error:
                    self.wrong(f"{error}"[:2_000])
                if seat.process.poll() not in {None, 0}:
                    self.wrong(f"it ended with {seat.process.poll()}: {seat.output[-400:]!r}")
                got = [*seat.terminal.violations, *map(repr, seat.terminal.copied)]
                self.seen.wrong += [f"the terminal got {bad}" for bad in got]
                self.seen.written += len(seat.raw)
        return self.seen

    def wrong(self, words: str) -> None:
        """Note what should not be."""
        self.seen.wrong.append(words)

    def _leave(self, seat: PtySeat) -> None:
        seat.press("\x11")  # Ctrl+Q, which asks where something is unsent
        for keys in ("\r", "\x1b[B\r"):
            end = time.monotonic() + 2.0
            while seat.process.poll() is None and time.monotonic() < end:
                time.sleep(0.02)
            if seat.process.poll() is None:
                seat.press(keys)
        seat.wait()
        told = KEPT_BACK.search(seat.output)
        if told is not None:
            self.wrong(f"the last wall held back {told[1]} characters")

    # What is done ---------------------------------------------------------------------------------

    def rows(self, seat: PtySeat) -> None:
        """Every conversation, one after the other, all of its places on one screen."""
        for number in range(len(self.served)):
            if number:
                self.key(seat, "j")
            if number < len(LENGTHS):
                seat.wait_for(before("B", number), PATIENCE)
                seat.quiet(0.1)
                self._shown.append(marks_on(seat.screen, number))
                continue
            self._look(seat, number)
        self.seen.places |= {mark.split(str(0))[0] for mark in self._shown[0] if mark[0] != ":"}

    def _look(self, seat: PtySeat, number: int) -> None:
        wanted = self._wanted(number)
        end = time.monotonic() + PATIENCE
        missing, size = wanted, -1
        while missing and time.monotonic() < end and seat.process.poll() is None:
            if len(seat.raw) != size:
                size, missing = len(seat.raw), wanted - marks_on(seat.screen, number)
            if missing:
                time.sleep(0.005)
        self.seen.marks += len(wanted) - len(missing)
        one = self.strings[number - len(LENGTHS)]
        if missing:
            self.wrong(f"{one.id}: not seen: {' '.join(sorted(missing))}")
        if one.unchanged and _fits_a_line(one.text):
            whole = f"{before('B', number)} {one.text} {behind('B', number)}"
            if whole not in seat.screen:
                self.wrong(f"{one.id}: not seen as it is")

    def _wanted(self, number: int) -> set[str]:
        """The marks that have to be seen: those that are of a harmless string as long."""
        text = self.served[number]
        shown = sanitise(text) if len(text) < LONG else ""
        lines = shown.count("\n") + 1
        if len(text) >= LONG or lines > 12:
            return {before(code, number) for code in "NS"}
        cells = max(cell_len(shown) * 3 // 2 + 6, 12)
        size = next((i for i, length in enumerate(LENGTHS) if length >= cells), len(LENGTHS) - 1)
        fits = cells <= LENGTHS[-1] and cell_len(shown) == sum(map(cell_len, shown))
        marks = {mark.replace(str(size), str(number), 1) for mark in self._shown[size]}
        marks -= {before("U", number), behind("U", number)}  # has what its neighbour leaves it
        return marks if fits else {before(code, number) for code in "NBS"}

    def key(self, seat: PtySeat, keys: str) -> float:
        """Press, and wait for the first answer; returns and notes how long that took."""
        size, start = len(seat.raw), time.monotonic()
        seat.press(keys)
        while len(seat.raw) == size:
            if time.monotonic() > start + PATIENCE or seat.process.poll() is not None:
                self.wrong(f"{keys!r} was not answered")
                break
            time.sleep(0.0005)
        self.seen.times.append((time.monotonic() - start, keys))
        return self.seen.times[-1][0]

    def lists(self, seat: PtySeat) -> None:
        """Pickers of agents, teams and labels, to their ends; palette, help, links, search."""
        every = range(len(self.served))
        for key, code in (("a", "GN"), ("t", "TN"), ("l", "LN")):
            met: set[int] = set()
            self.key(seat, key)
            seat.quiet(0.05)
            for rest, page in (
                (0.04, "\x1b[6~"),
                (0.2, "\x1b[5~"),
            ):  # down; up, where some are missing
                for _page in range(len(self.served) // 8 + 3):
                    met |= {n for n in every if before(code, n) in seat.screen}
                    if len(met) < len(every):
                        self.key(seat, page)
                        seat.quiet(rest)
            seat.press(ESC)
            seat.quiet(0.05)
            if code != "LN" and len(met) < len(every) - 1:
                lost = sorted(set(every) - met)
                self.wrong(f"{code}: not seen in the list: {lost}")
            self.seen.marks += len(met)
            if met:
                self.seen.places.add(code)
        for key in ("?", "\x10", "o", "s", "p", "/"):
            self.key(seat, key)
            seat.quiet(0.05)
            if key == "/":
                self.key(seat, "plain")
                seat.quiet(0.05)
            seat.press(ESC)
            seat.quiet(0.05)

    def refusals(self, seat: PtySeat, desk: HostileDesk, turns: int) -> None:
        """Something is asked for in the last conversations, and refused in their own words."""
        last = len(self.served) - 1
        for number in range(last, max(len(LENGTHS) - 1, last - turns), -1):
            asked = len(desk.commands)
            self.key(seat, "A")
            mark = before("RM", number)
            text = self.served[number]
            if len(text) < LONG and cell_len(sanitise(text)) < 60:
                try:
                    seat.wait_for(mark, 5.0)
                    self.seen.marks += 1
                    self.seen.places.add("RM")
                except AssertionError:
                    self.wrong(f"{mark} not seen ({len(desk.commands) - asked} asked for)")
            seat.press("k")
            seat.quiet(0.05)

    def clicks(self, seat: PtySeat, desk: HostileDesk, every: int = 1) -> None:
        """Click on what is foreign, letter by letter: nothing comes of it."""
        rows = seat.screen.split("\n")
        asked = len(desk.commands)
        left = COLUMNS // 4
        for y, row in enumerate(rows[4:-6], 4):
            columns = [x for x in range(left, len(row)) if row[x] not in " │─"]
            for x in columns[::every]:
                seat.press(f"\x1b[<0;{x + 1};{y + 1}M\x1b[<0;{x + 1};{y + 1}m")
        seat.quiet(0.2)
        if len(desk.commands) != asked:
            self.wrong(f"a click asked for {desk.commands[asked:]}")

    def memory(self, seat: PtySeat) -> int:
        """Bytes that the program has in memory."""
        status = Path(f"/proc/{seat.process.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found[1]) * 1024 if found else 0


def marks_on(screen: str, number: int) -> set[str]:
    """The marks of a string that stand on a screen."""
    found = re.finditer(
        rf"(?<![A-Z])([A-Z]{{1,2}}){number}:|:{number}([A-Z]{{1,2}})(?![A-Z])", screen
    )
    return {match.group() for match in found}


def _fits_a_line(text: str) -> bool:
    """`text` stands in one line and every character takes the cells it takes alone."""
    return "\n" not in text and cell_len(text) == sum(map(cell_len, text)) <= 36


def glance(walk: Walk, seat: PtySeat, _desk: HostileDesk) -> None:
    """To the first conversation behind the harmless ones, and back."""
    for number in range(1, len(LENGTHS)):
        walk.key(seat, "j")
        seat.wait_for(before("B", number), PATIENCE)
    walk.key(seat, "j")
    seat.quiet()


def everywhere(walk: Walk, seat: PtySeat, desk: HostileDesk) -> None:
    """Rows, panes, pickers, refusals."""
    walk.rows(seat)
    walk.seen.crowding = max(walk.seen.crowding, crowding())
    walk.lists(seat)
    walk.refusals(seat, desk, 6)
    walk.seen.crowding = max(walk.seen.crowding, crowding())


def clicking(walk: Walk, seat: PtySeat, desk: HostileDesk) -> None:
    """Rows, and clicks on some of them."""
    walk.rows(seat)
    walk.clicks(seat, desk, every=3)
    seat.press(ESC)
    seat.quiet(0.1)


def growing(walk: Walk, seat: PtySeat, _desk: HostileDesk) -> None:
    """Strings of any size, one conversation after the other; then back through all of them."""
    at_first = walk.memory(seat)  # the next conversation is always there already
    for number in range(1, len(LENGTHS)):
        walk.key(seat, "j")
        seat.wait_for(before("B", number), PATIENCE)
    seat.quiet()
    walk.seen.times.clear()
    for number in range(len(LENGTHS), len(walk.served)):
        walk.key(seat, "j")
        seat.wait_for(before("A", number), PATIENCE)
        for key in ("i", "i"):
            seat.quiet(0.03)
            walk.key(seat, key)
        walk.seen.crowding = max(walk.seen.crowding, crowding())
    for _number in walk.strings:
        walk.key(seat, "k")
        seat.quiet(0.03)
    walk.seen.grown = walk.memory(seat) - at_first


def trimmed(strings: Sequence[Nasty], most: int) -> list[Nasty]:
    """The strings, none longer than `most` characters."""
    return [Nasty(one.id, one.text[:most], one.kind) for one in strings]
