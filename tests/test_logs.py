"""The log holds what happened and when, and nothing that anybody wrote."""

from __future__ import annotations

import ast
import json
import logging
import stat
from collections.abc import Iterator
from enum import Enum
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import pytest

from agent_tui import logs
from agent_tui.credentials.secret import Secret
from agent_tui.logs import LogError, note, open_log, quiet_libraries

LETTER = "Zanzibar lettuce"
SOURCE = Path(logs.__file__).parent


class Link(Enum):
    LIVE = LETTER


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """A log that is open for one test."""
    root = logging.getLogger()
    before, level = list(root.handlers), logs.LOG.level
    quiet_libraries()
    open_log(tmp_path / "log")
    yield tmp_path / "log"
    for handler in root.handlers:
        if handler not in before:
            handler.close()
    root.handlers[:] = before
    logs.LOG.setLevel(level)


def lines(log: Path) -> list[dict[str, Any]]:
    """What it holds."""
    return [json.loads(line) for line in log.read_text("ascii").splitlines()]


def test_without_a_log_nothing_is_told_to_anybody(capfd: pytest.CaptureFixture[str]) -> None:
    """Neither what is noted nor what a library warns of."""
    quiet_libraries()
    note("link", link=Link.LIVE)
    logging.getLogger("websockets").error("opening handshake failed")
    logging.getLogger("asyncio").error("Task exception was never retrieved")
    assert capfd.readouterr() == ("", "")


def test_an_event_is_one_line_of_json(log: Path) -> None:
    """With the time, the thread, and names of what can be counted."""
    note("link", link=Link.LIVE, tries=3, ready=True)
    [line] = lines(log)
    assert (line["event"], line["link"], line["tries"], line["ready"]) == ("link", "LIVE", 3, True)
    assert line["at"].endswith("+00:00")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_an_exception_is_told_without_its_words(log: Path) -> None:
    """Of this program and of a library."""
    try:
        raise ValueError(LETTER)
    except ValueError as error:
        note("crash", error)
        logging.getLogger("websockets").exception("connection handler failed")
    ours, theirs = lines(log)
    assert any("ValueError" in line for line in ours["error"])
    assert any("test_logs.py" in line for line in theirs["error"])
    assert theirs["event"] == "connection handler failed"
    assert LETTER not in log.read_text()


def test_what_a_library_fills_in_is_left_out(log: Path) -> None:
    """Its own words stay, unless they were put together."""
    there = logging.getLogger("websockets.client")
    there.warning("got %s and %r", LETTER, LETTER)
    there.warning(f"got {LETTER}")
    there.warning({"got": LETTER})
    assert [line["event"] for line in lines(log)] == ["got %s and %r", "(left out)", "(left out)"]


def test_what_is_no_warning_is_not_heard(log: Path) -> None:
    """At DEBUG the websockets library writes headers, even where somebody turned it on."""
    there = logging.getLogger("websockets.client")
    there.setLevel(logging.DEBUG)
    there.debug("> Authorization: Bearer abcdef")
    there.info("connection open")
    there.setLevel(logging.NOTSET)
    assert lines(log) == []


def test_a_secret_is_taken_out_wherever_it_got_in(log: Path) -> None:
    """By its value, should a mistake put it into a literal or a thread's name."""
    secret = Secret("correct-horse")
    logging.getLogger("websockets").error("the token is correct-horse")
    [line] = lines(log)
    assert "correct-horse" not in json.dumps(line)
    assert secret


def test_nothing_can_look_like_another_line(log: Path) -> None:
    """Line ends and escapes are written as what they are."""
    logging.getLogger("asyncio").error("a\n{}\x1b[2J\u2028b")
    assert len(log.read_bytes().splitlines()) == 1
    assert log.read_bytes().isascii()
    assert b"\x1b" not in log.read_bytes()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_can_read_is_no_log(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "log"
    path.touch()
    path.chmod(mode)
    with pytest.raises(LogError, match="nobody else can read"):
        open_log(path)


def test_a_link_or_a_folder_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "log")
    for name in ("link", "", "none/log"):
        with pytest.raises(LogError, match="cannot be written"):
            open_log(tmp_path / name)


def test_it_begins_anew_before_it_fills_the_disk(tmp_path: Path, log: Path) -> None:
    """The one before is kept, and no third."""
    [handler] = [h for h in logging.getLogger().handlers if isinstance(h, RotatingFileHandler)]
    handler.maxBytes = 1000
    for number in range(50):
        note("link", number=number)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "log.1"]
    assert all(path.stat().st_size <= 1000 for path in tmp_path.iterdir())
    assert lines(log)[-1]["number"] == 49
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_every_event_in_the_source_is_a_literal() -> None:
    """A text that was put together could hold a letter."""
    found = 0
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id != "note" or "logs import" not in path.read_text():
                    continue
                found += 1
                assert isinstance(node.args[0], ast.Constant), f"{path}:{node.lineno}"
    assert found >= 3
