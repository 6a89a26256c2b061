"""Files only their owner may read: always a new one, never through a link."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from agent_tui.private_file import open_private, write_new


def test_it_is_the_owners_alone(tmp_path: Path) -> None:
    """File and folder, whatever the umask allows."""
    before = os.umask(0)
    try:
        path = write_new(tmp_path / "state", "crash", "ä\udc80\n")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.read_text() == "ä\\udc80\n"


def test_a_second_one_of_the_same_second_has_a_number(tmp_path: Path) -> None:
    """Two consoles that end together each keep their words."""
    paths = [write_new(tmp_path, "unsent", str(number)) for number in range(3)]
    assert [path.name for path in paths] == ["unsent.txt", "unsent-2.txt", "unsent-3.txt"]
    assert [path.read_text() for path in paths] == ["0", "1", "2"]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """Whoever left it there would choose what is overwritten."""
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "log").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic"):
        open_private(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
    (tmp_path / "crash.txt").symlink_to(victim)
    assert write_new(tmp_path, "crash", "x").name == "crash-2.txt"
    assert victim.read_text() == "mine"
