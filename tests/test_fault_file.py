"""A fault below Python is told into a file of one's own, and nowhere else."""

from __future__ import annotations

import faulthandler
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_tui.fault_file import faults_into

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """pytest tells faults too."""
    yield
    if not faulthandler.is_enabled() and sys.__stderr__ is not None:
        faulthandler.enable(sys.__stderr__)


def test_it_is_told_there_and_not_on_the_screen(tmp_path: Path) -> None:
    code = (
        "import faulthandler, sys\n"
        "from pathlib import Path\n"
        "from agent_tui.endings import no_core\n"
        "from agent_tui.fault_file import faults_into\n"
        "no_core()\n"
        "with faults_into(Path(sys.argv[1])):\n"
        "    faulthandler._sigsegv()\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, check=False
    )
    assert ran.returncode < 0
    assert ran.stderr == b""
    [path] = tmp_path.glob("fault-*.txt")
    assert "Segmentation fault" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


def test_without_a_fault_no_file_is_left(tmp_path: Path) -> None:
    """Neither of this run, nor of one that was killed; what tells something stays."""
    (tmp_path / "fault-99999999.txt").touch()
    (tmp_path / "fault-99999998.txt").write_text("told")
    (tmp_path / f"fault-{os.getppid()}.txt").touch()
    with faults_into(tmp_path):
        assert (tmp_path / f"fault-{os.getpid()}.txt").exists()
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == sorted(["fault-99999998.txt", f"fault-{os.getppid()}.txt"])


def test_where_no_file_can_be_made_it_is_told_nowhere(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with faults_into(tmp_path / "file"):
        assert not faulthandler.is_enabled()
