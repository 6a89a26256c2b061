"""The desk in a thread of its own, and as a command: real sockets, a clean end."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from agent_tui.backends.mock.embedded import EmbeddedDesk
from agent_tui.backends.mock.options import MockError, MockOptions
from agent_tui.backends.mock.run import run_mock

PROJECT = Path(__file__).resolve().parents[3]
COMMAND = """
import sys
from pathlib import Path
from agent_tui.backends.mock.options import MockError, MockOptions
from agent_tui.backends.mock.run import run_mock
options = eval(sys.argv[1])
try:
    sys.exit(run_mock(options, sys.stdout))
except MockError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
"""


def hello(link: ClientConnection) -> dict[str, Any]:
    frame = {"frame": "hello", "v": 1, "agent": "ana", "device": "d", "resume": None}
    link.send(json.dumps(frame))
    welcome: dict[str, Any] = json.loads(link.recv(5))
    return welcome


def dial(url: str, token: str) -> ClientConnection:
    return connect(url, additional_headers={"Authorization": f"Bearer {token}"}, proxy=None)


def test_it_serves_from_its_own_thread_and_stops() -> None:
    desk = EmbeddedDesk(MockOptions(conversations=5, rate=0))
    desk.start()
    assert desk.agents == ("ana", "ben", "carla", "deniz", "emma", "finn")
    assert desk.problems == ()
    with dial(desk.url, desk.token) as link:
        assert hello(link)["me"] == "ana"
        start = time.monotonic()
        desk.stop()
        assert time.monotonic() - start < 2
    desk.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "mock-desk"]
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", int(desk.url.rsplit(":", 1)[1])), timeout=1)


def test_two_desks_live_side_by_side_with_their_own_tokens() -> None:
    desks = [EmbeddedDesk(MockOptions(conversations=1, rate=0)) for _ in range(2)]
    try:
        for desk in desks:
            desk.start()
        assert desks[0].url != desks[1].url
        assert desks[0].token != desks[1].token
        for desk in desks:
            with dial(desk.url, desk.token) as link:
                hello(link)
    finally:
        for desk in desks:
            desk.stop()


def test_a_desk_that_cannot_start_says_why(tmp_path: Path) -> None:
    desk = EmbeddedDesk(MockOptions(corpus=tmp_path / "nowhere"))
    with pytest.raises(MockError, match="nowhere"):
        desk.start()
    desk.stop()


def test_problems_of_a_corpus_are_told(tmp_path: Path) -> None:
    (tmp_path / "conversations.jsonl").write_text("{\n")
    desk = EmbeddedDesk(MockOptions(corpus=tmp_path, rate=0))
    desk.start()
    desk.stop()
    assert any(line.startswith("conversations.jsonl line 1: ") for line in desk.problems)


def test_stopping_what_never_started_is_nothing() -> None:
    EmbeddedDesk().stop()


# ── the command ─────────────────────────────────────────────────────────────────────────


def start_command(options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, options],
        cwd=PROJECT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_one_line_serves_and_ends_on_a_signal(number: int) -> None:
    process = start_command("MockOptions(conversations=3, token='t0ken')")
    assert process.stdout is not None
    line = json.loads(process.stdout.readline())
    assert line["token"] == "t0ken"
    assert line["agents"][0] == "ana"
    with dial(line["url"], line["token"]) as link:
        hello(link)
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")


def test_the_command_names_what_is_wrong_with_a_corpus_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "users.json").write_text("{")
    process = start_command(f"MockOptions(corpus=Path({str(tmp_path)!r}))")
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["url"].startswith("ws://127.0.0.1:")
    process.terminate()
    _out, err = process.communicate(timeout=10)
    assert process.returncode == 0
    lines = err.splitlines()
    assert [line.split(" ")[0] for line in lines] == [
        "products.json:", "orders.json:", "users.json", "conversations.jsonl:",
    ]  # fmt: skip


def test_a_port_in_use_raises_before_anything_is_printed() -> None:
    out = io.StringIO()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(MockError, match=str(port)):
            run_mock(MockOptions(port=port, conversations=1), out)
    assert out.getvalue() == ""
