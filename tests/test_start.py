"""The console opens, or says in one line why it does not."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent_tui.config import RawConfig, Settings, Target, resolve
from agent_tui.credentials.secret import Secret
from agent_tui.start import StartError, open_console

NOBODY = Target("ws://127.0.0.1:9/", Secret("none"), "ana", "--url")


def settings_in(folder: Path) -> Settings:
    return resolve(RawConfig(folder / "config.toml"), {}, lambda: ZoneInfo("UTC"), language="en")


def test_a_damaged_reply_of_ones_own_is_named(tmp_path: Path) -> None:
    """The line names file, line and what to write instead, before anything is connected."""
    replies = tmp_path / "canned_replies"
    replies.mkdir()
    (replies / "late.md").write_text("---\nid: late\ntitle Late\nshortcut: late\n---\nSorry!\n")
    with pytest.raises(StartError, match=r"canned_replies/late\.md:3: .*title"):
        open_console(NOBODY, settings_in(tmp_path))


def test_several_damaged_replies_are_counted(tmp_path: Path) -> None:
    replies = tmp_path / "canned_replies"
    replies.mkdir()
    for name in ("a", "b", "c"):
        (replies / f"{name}.md").write_text("no front matter")
    with pytest.raises(StartError, match=r"2 more: agent-tui doctor"):
        open_console(NOBODY, settings_in(tmp_path))


def test_nobody_listens(tmp_path: Path) -> None:
    """A desk that is not there: its address, and what to look at."""
    with pytest.raises(StartError, match=r"ws://127\.0\.0\.1:9/: nobody listens there"):
        open_console(NOBODY, settings_in(tmp_path))


@pytest.mark.parametrize(
    ("term", "size", "words"),
    [
        ("dumb", (80, 24), "TERM is dumb"),
        ("", (80, 24), "TERM is empty"),
        ("xterm-256color", (12, 4), r"too small \(12×4\)"),
    ],
)
def test_a_terminal_that_cannot_show_it(
    term: str, size: tuple[int, int], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused in words, not in garbage."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys.stdout, "fileno", lambda: 1)
    monkeypatch.setattr(os, "get_terminal_size", lambda _fd=1: os.terminal_size(size))
    monkeypatch.setenv("TERM", term)
    with pytest.raises(StartError, match=words):
        open_console(NOBODY, settings_in(tmp_path))


def test_a_keyboard_that_is_no_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    with pytest.raises(StartError, match="keyboard is not a terminal"):
        open_console(NOBODY, settings_in(tmp_path))


def test_a_ca_file_that_is_not_there(tmp_path: Path) -> None:
    """It is named before anybody is connected to."""
    target = Target("wss://127.0.0.1:9", Secret("none"), "ana", "--url", tmp_path / "company.pem")
    with pytest.raises(StartError, match=r"CA file .*company\.pem cannot be used \(No such file"):
        open_console(target, settings_in(tmp_path))
