"""The program as it is started: on a terminal, with what an earlier run left."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mock_process import MockDesk
from pty_seat import PtySeat, program


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[MockDesk]:
    desk = MockDesk(tmp_path / "desk")
    desk.start()
    yield desk
    desk.kill()


def seat(desk: MockDesk, home: Path, *more: str) -> PtySeat:
    argv = program("--url", desk.url, "--as", "ana", *more)
    return PtySeat(argv, home, env={"AGENT_TUI_TOKEN": desk.token})


def said(desk: MockDesk) -> list[str]:
    """All that Ana has written there."""
    everywhere = desk.texts(desk.conversations(every=True))
    return [text for texts in everywhere.values() for text in texts]


def keys(seat: PtySeat, *pressed: str) -> None:
    """One after the other, as a hand does."""
    for key in pressed:
        seat.press(key)
        time.sleep(0.02)


def test_a_second_console_works_and_says_that_it_keeps_nothing(
    desk: MockDesk, tmp_path: Path
) -> None:
    with seat(desk, tmp_path) as first:
        first.wait_for("live")
        with seat(desk, tmp_path) as second:
            second.wait_for("NOT SAVED on this machine")
            keys(second, "3", "j")
        assert "NOT SAVED" not in first.screen
    with seat(desk, tmp_path) as third:
        third.wait_for("live")
        third.quiet()
        assert "NOT SAVED" not in third.screen


def test_a_desk_that_is_gone_and_words_that_wait(desk: MockDesk, tmp_path: Path) -> None:
    """The line that says why the console does not open says that nothing is lost, too; and when
    the desk is back, the words go."""
    with seat(desk, tmp_path) as first:
        first.wait_for("live")
        desk.kill()
        first.wait_for("offline")
        keys(first, "3", "j", "r", *"goes later")
        time.sleep(0.15)
        keys(first, "\x13")
        first.wait_for("1 waits for the line")
        keys(first, "\x11")
        first.wait_for("goes when you open agent-tui again")
        keys(first, "\x1b[B")
        time.sleep(0.2)
        keys(first, "\r")
        assert first.wait() == 0
    with seat(desk, tmp_path) as second:
        assert second.wait() == 2
        assert "1 unsent text waits on this machine" in second.output
    desk.start()
    with seat(desk, tmp_path) as third:
        third.wait_for("live")
        for _look in range(100):
            if said(desk).count("goes later"):
                break
            time.sleep(0.1)
        assert said(desk).count("goes later") == 1
