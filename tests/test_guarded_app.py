"""The console among other programs: a shell it comes back from, and the end after a mistake."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest
from pty_seat import PtySeat, program
from seat_under_test import DEMO, WORDS, kept, opened, patched, shell_can_go_on, write

FAILS = """
from agent_tui.app import AgentTui
def fail(self):
    letter = " ".join(("Zanzibar", "lettuce"))
    raise ValueError(letter)
AgentTui.action_leave_hint = fail
"""
"""Ctrl+C meets a mistake whose words are a customer's."""


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs a shell with jobs")
def test_ctrl_z_goes_back_to_the_shell_and_fg_comes_back(tmp_path: Path) -> None:
    """Outside a text; the shell writes over the screen meanwhile."""
    with PtySeat(["bash", "--norc", "-i"], tmp_path, env={"PS1": "shell> "}) as seat:
        seat.wait_for("shell>")
        seat.press(shlex.join(program(*DEMO)) + "\r")
        seat.wait_for("1 Mine")
        seat.quiet(0.1)
        seat.press("\x1a")
        seat.wait_for("Stopped")
        assert 1049 not in seat.terminal.modes
        seat.press("fg\r")
        seat.wait_for("1 Mine")
        seat.press("q")
        seat.wait_for(lambda screen: screen.strip().endswith("shell>"))


def test_where_no_shell_is_ctrl_z_says_so(tmp_path: Path) -> None:
    """Nobody could wake it."""
    with opened(tmp_path) as seat:
        seat.press("\x1a")
        seat.wait_for("no shell is there")


def test_after_a_mistake_the_terminal_is_whole_and_the_words_are_kept(tmp_path: Path) -> None:
    """Told are its place, the report and where the words are; not what the exception says."""
    with opened(tmp_path, patched(FAILS, *DEMO)) as seat:
        write(seat)
        seat.press("\x03")
        assert seat.wait() == 1
        assert shell_can_go_on(seat)
        end = seat.output.rpartition("\x1b[?1006l")[2]
    [report] = (tmp_path / "state").rglob("crash-*.txt")
    assert kept(tmp_path, WORDS)
    for told in ("ValueError", str(report), "unsent"):
        assert told in end
    for hidden in ("Zanzibar", "Traceback", "Running"):
        assert hidden not in end + report.read_text()
