"""Processes that use a journal, started and ended by the test that needs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

WORKER = Path(__file__).with_name("worker.py")
ROOT = WORKER.parents[2]
ENDS_WITHIN = 60.0


class Worker:
    """`worker.py` in a process."""

    def __init__(self, job: str, folder: Path, *defects: str) -> None:
        path = os.pathsep.join((str(ROOT), str(ROOT / "tests")))
        self.process = subprocess.Popen(
            [sys.executable, str(WORKER), job, str(folder), *defects],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
            text=True,
        )
        self.ready = False
        """It has said its first line."""

    @property
    def pid(self) -> int:
        return self.process.pid

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        """Its next line; empty: it has ended."""
        assert self.process.stdout is not None
        self.ready = True
        return self.process.stdout.readline().rstrip("\n")

    def kill(self) -> list[str]:
        """End it as nothing can be prevented; what it still had said."""
        self.process.send_signal(signal.SIGKILL)
        said, _nothing = self.process.communicate(timeout=ENDS_WITHIN)
        return said.split("\n")[:-1]

    def last_words(self) -> tuple[int, dict[str, Any] | None]:
        """Wait for its end: how it ended, and the object it printed last."""
        said, _nothing = self.process.communicate(timeout=ENDS_WITHIN)
        lines = said.splitlines()
        return self.process.returncode, json.loads(lines[-1]) if lines else None
