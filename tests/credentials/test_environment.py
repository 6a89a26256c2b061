"""The variable is gone once it was read: from the environment, and from what the system shows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent_tui.credentials.environment import TOKEN_VARIABLE, taken

ROOT = Path(__file__).resolve().parents[2]
CANARY = "canary-0f6d1c"


def test_a_mapping_loses_it() -> None:
    environ = {TOKEN_VARIABLE: CANARY, "HOME": "/"}
    assert taken(environ) == CANARY
    assert environ == {"HOME": "/"}
    assert taken(environ) == ""


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
@pytest.mark.parametrize("others", [{}, {"AAA": "1", "A_" + TOKEN_VARIABLE: "x", "ZZZ": "9"}])
def test_the_system_shows_it_to_nobody_either(others: dict[str, str]) -> None:
    """Neither to this process, nor to a child; the other variables stay as they are."""
    code = (
        "import os, pathlib, subprocess\n"
        "from agent_tui.credentials.environment import taken\n"
        "print(len(taken(os.environ)))\n"
        "print(pathlib.Path('/proc/self/environ').read_bytes())\n"
        "print(subprocess.run(['env'], capture_output=True).stdout)\n"
    )
    surroundings = others | {TOKEN_VARIABLE: CANARY, "PATH": os.environ["PATH"]}
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=surroundings, capture_output=True, check=True
    )
    assert told.stdout.startswith(str(len(CANARY)).encode())
    assert CANARY.encode() not in told.stdout
    for name, value in others.items():
        assert told.stdout.count(f"{name}={value}".encode()) == 2
