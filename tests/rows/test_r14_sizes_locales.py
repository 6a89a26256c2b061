"""Row R14: in every size, terminal and locale it can be read, or says in one line why not.

The real program on a real pseudo terminal: nine sizes, eight values of TERM, four locales, with
and without NO_COLOR. What comes up must show the inbox in characters a terminal can show, with no
traceback and no colour where none is wanted; what does not come up must end with 2 and one line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest
from pty_seat import PtySeat, program
from row import Row
from seat_under_test import DEMO, patched, shell_can_go_on

NEEDED = "0 tracebacks, readable or clear refusal"

SIZES = (
    *((1, 1), (3, 2), (20, 1), (20, 5), (10, 24)),
    *((60, 15), (80, 24), (120, 36), (500, 200)),
)
TERMS = ("xterm-256color", "xterm", "screen", "tmux-256color", "linux", "vt100", "dumb", "")
LOCALES = {
    "utf-8": {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"},
    "posix": {"LC_ALL": "POSIX", "LANG": "POSIX"},
    # As an older Python, or one told so, has them.
    "bare C": {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "latin-1": {"LC_ALL": "de_DE.ISO-8859-1", "LANG": "", "PYTHONIOENCODING": "iso8859-1"},
}
REFUSED_TERMS = {"dumb", ""}
LEAST = (20, 5)
SOON = 3.0
"""Seconds that the rest of a first frame may take."""
NOWHERE = ("--url", "ws://127.0.0.1:9/", "--as", "ana")
"""A desk that need not be there: the terminal is refused before it is called."""

COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")
ESCAPED = re.compile(r"\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\ufffd")


@dataclass(frozen=True, slots=True)
class Case:
    """One surrounding."""

    size: tuple[int, int]
    term: str
    locale: str
    colourless: bool

    @property
    def env(self) -> dict[str, str]:
        """Its variables."""
        colour = {"NO_COLOR": "1"} if self.colourless else {}
        colour["AGENT_TUI_TOKEN"] = "none"
        return LOCALES[self.locale] | {"TERM": self.term, "COLORTERM": ""} | colour

    @property
    def refused(self) -> bool:
        """Whether a refusal is the right answer."""
        small = self.size[0] < LEAST[0] or self.size[1] < LEAST[1]
        return small or self.term in REFUSED_TERMS or self.locale == "latin-1"


QUICK = (
    Case((1, 1), "xterm-256color", "utf-8", colourless=False),
    Case((3, 2), "xterm", "utf-8", colourless=True),
    Case((20, 1), "linux", "posix", colourless=False),
    Case((10, 24), "screen", "bare C", colourless=False),
    Case((80, 24), "dumb", "utf-8", colourless=False),
    Case((80, 24), "", "posix", colourless=True),
    Case((80, 24), "xterm-256color", "latin-1", colourless=False),
    Case((20, 5), "vt100", "utf-8", colourless=False),
    Case((60, 15), "linux", "bare C", colourless=False),
    Case((80, 24), "tmux-256color", "posix", colourless=True),
    Case((120, 36), "xterm-256color", "utf-8", colourless=True),
    Case((200, 50), "xterm", "utf-8", colourless=False),
)


def shown(case: Case, home: Path, argv: Sequence[str] = ()) -> list[str]:
    """Start it in these surroundings; everything that was wrong."""
    columns, lines = case.size
    words = argv or program(*(NOWHERE if case.refused else DEMO))
    with PtySeat(words, home, columns=columns, lines=lines, env=case.env) as seat:
        if case.refused:
            seat.wait()
            return [f"{case}: {fault}" for fault in wrong_refusal(seat)]
        seat.wait_for(lambda screen: "1 Mine" in screen or seat.process.poll() is not None)
        with suppress(AssertionError):
            seat.wait_for(readable, within=SOON)
        seat.quiet(0.1)
        faults = wrong_screen(case, seat)
        seat.press("q")
        if seat.wait() != 0 or not shell_can_go_on(seat):
            faults.append("it does not leave as it should")
        return [f"{case}: {fault}" for fault in faults]


def wrong_refusal(seat: PtySeat) -> list[str]:
    """What was wrong about a refusal."""
    said = seat.output.strip().splitlines()
    faults = []
    if seat.process.returncode != 2:
        faults.append(f"exit code {seat.process.returncode}")
    if len(said) != 1 or not said[0].startswith("agent-tui: "):
        faults.append(f"not one line: {said}")
    if "\x1b" in seat.output:
        faults.append("it refuses with escape sequences")
    return faults


def readable(screen: str) -> bool:
    """The bars at both edges and the cursor's row are there, in their own letters."""
    return "● live" in screen and "▌" in screen and "keys" in screen.splitlines()[-1]


def wrong_screen(case: Case, seat: PtySeat) -> list[str]:
    """What was wrong about a screen."""
    screen, output = seat.screen, seat.output
    faults = []
    if "Traceback" in output or seat.process.poll() is not None:
        faults.append(f"it ended: {output[-400:]!r}")
    if seat.terminal.violations:
        faults.append(f"not allowed: {seat.terminal.violations[:3]}")
    if not readable(screen):
        faults.append(f"not readable:\n{screen}")
    if ESCAPED.search(screen):
        faults.append(f"letters are written as numbers:\n{screen}")
    if case.colourless and COLOUR.search(output):
        faults.append(f"colour: {COLOUR.findall(output)[:3]}")
    if case.colourless and "\x1b[1" not in output:
        faults.append("not even bold is left")
    return faults


@pytest.mark.row("R14", NEEDED)
def test_r14_sizes_terminals_locales(row: Row, tmp_path: Path) -> None:
    """Each of them by itself, from start to end."""
    every = tuple(Case(*one) for one in product(SIZES, TERMS, LOCALES, (False, True)))
    cases = row.pick(quick=QUICK, full=every)
    faults = [fault for nth, case in enumerate(cases) for fault in shown(case, tmp_path / str(nth))]
    refused = sum(case.refused for case in cases)
    words = f"{len(cases)} surroundings, {refused} refused in one line, {len(faults)} faults"
    row.reached("; ".join([words, *faults[:5]]), ok=not faults)


@pytest.mark.row_defect("R14", "the encoding is not looked at: frames of question marks")
def test_r14_a_wrong_encoding_is_caught(row: Row, tmp_path: Path) -> None:
    code = "import agent_tui.start\nagent_tui.start._check_encoding = lambda: None"
    case = Case((80, 24), "xterm-256color", "bare C", colourless=False)
    faults = shown(case, tmp_path, patched(code, *DEMO))
    assert any("not readable" in fault for fault in faults)


@pytest.mark.row_defect("R14", "NO_COLOR as the framework has it: shades of grey")
def test_r14_shades_of_grey_are_caught(row: Row, tmp_path: Path) -> None:
    code = (
        "import agent_tui.no_colour\n"
        "from textual.filter import Monochrome\n"
        "agent_tui.no_colour.NoColour.apply = Monochrome().apply"
    )
    case = Case((80, 24), "xterm-256color", "utf-8", colourless=True)
    faults = shown(case, tmp_path, patched(code, *DEMO))
    assert any("colour:" in fault for fault in faults)


@pytest.mark.row_defect("R14", "a refusal that is a traceback")
def test_r14_a_traceback_is_caught(row: Row, tmp_path: Path) -> None:
    code = "raise ValueError('the terminal is too small')"
    faults = shown(QUICK[1], tmp_path, patched(code, *DEMO))
    assert any("not one line" in fault for fault in faults)
