"""The real mock desk in a process of its own, with its state on disk, which can be killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pty_seat import private_home
from websockets.sync.client import connect

ROOT = Path(__file__).resolve().parents[1]
ANY_TIME = frozenset({"email", "webchat", "inapp", "sms"})
"""Channels that take a reply at any time."""
PLACES = 5
"""Conversations that are written to, where not all are."""


class MockDesk:
    """The real mock desk, in a process of its own, with its state on disk; can be killed."""

    def __init__(self, home: Path, patch: str = "") -> None:
        self._home, self._patch = home, patch
        self.token = "mortal-token"
        self.port = 0
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Open it, on the port it had."""
        words = ["mock", "--rate", "0", "--seed", "1", "--state", str(self._home / "desk")]
        words += ["--port", str(self.port)]
        code = f"import sys; sys.argv[1:] = {words!r}\n{self._patch}\n"
        code += "from agent_tui.cli.main import main; raise SystemExit(main())"
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | private_home(self._home)
        env["AGENT_TUI_TOKEN"] = self.token
        self.process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=env
        )
        assert self.process.stdout is not None
        told = json.loads(self.process.stdout.readline())
        self.token = told["token"]
        self.port = int(told["url"].rsplit(":", 1)[1])

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """As `kill -9`."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            assert self.process.stdout is not None
            self.process.stdout.close()

    def texts(self, conversations: list[str]) -> dict[str, list[str]]:
        """What the agents' replies there say, in the desk's order."""
        said: dict[str, list[str]] = {}
        headers = {"Authorization": f"Bearer {self.token}"}
        with connect(self.url, additional_headers=headers, max_size=None, proxy=None) as line:
            hello = {"frame": "hello", "v": 1, "agent": "ben", "device": "look", "resume": None}
            line.send(json.dumps(hello))
            for conv in conversations:
                said[conv] = [text for page in _pages(line, conv) for text in page]
        return said

    def conversations(self, *, every: bool = False) -> list[str]:
        """Open ones that take a reply at any time; with `every` all that are open."""
        headers = {"Authorization": f"Bearer {self.token}"}
        with connect(self.url, additional_headers=headers, max_size=None, proxy=None) as line:
            hello = {"frame": "hello", "v": 1, "agent": "ben", "device": "look", "resume": None}
            line.send(json.dumps(hello))
            while (frame := json.loads(line.recv()))["frame"] != "snap":
                pass
        wanted = [
            conv["id"]
            for conv in frame["conversations"]
            if conv["status"] == "open" and (every or conv["channel"] in ANY_TIME)
        ]
        return wanted if every else wanted[:PLACES]


def _pages(line: Any, conv: str) -> Iterator[list[str]]:
    before: int | None = None
    pages: list[list[str]] = []
    while True:
        ask = {"frame": "get", "id": "q", "what": "thread", "conv": conv, "before": before}
        line.send(json.dumps({**ask, "limit": 200}))
        while (frame := json.loads(line.recv()))["frame"] != "res":
            pass
        messages = frame["result"]["messages"]
        replies = [
            m["text"] for m in messages if m["author"]["id"] == "ana" and m["kind"] == "text"
        ]
        pages.insert(0, replies)
        if not frame["result"]["more"]:
            return iter(pages)
        before = messages[0]["seq"]
