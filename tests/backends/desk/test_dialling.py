"""Opening a connection: what hangs is left behind, and what to trust is read with care."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agent_tui.backends.desk.client import DeskAddress, DeskBackend
from agent_tui.backends.desk.dialling import BadCaFile, trusting
from agent_tui.clock import SystemClock
from agent_tui.credentials.secret import Secret
from agent_tui.session import Session
from agent_tui.store import Store


def test_a_name_server_that_does_not_answer_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The link's thread ends with `stop`, although the look-up cannot be stopped."""
    asked, release = threading.Event(), threading.Event()

    def hang(*_args: Any, **_more: Any) -> Any:
        asked.set()
        release.wait()
        raise socket.gaierror(-3, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    address = DeskAddress("wss://desk.test", Secret("t"), "ana", "device-1")
    clock = SystemClock()
    session = Session(lambda: DeskBackend(address, clock, Random(7)), Store(), clock)
    session.start()
    try:
        assert asked.wait(5)
        began = time.monotonic()
        session.stop()
        assert time.monotonic() - began < 2
        session._thread.join(5)
        assert not session._thread.is_alive()
    finally:
        release.set()


PROGRAM = """
import socket, sys, threading
def hang(*_args, **_more):
    asked.set()
    threading.Event().wait()
asked = threading.Event()
socket.getaddrinfo = hang
from agent_tui.config import Target
from agent_tui.credentials.secret import Secret
from agent_tui.start import connect
session = connect(Target("wss://desk.test", Secret("t"), "ana", "--url"))
assert asked.wait(20)
session.stop()
print("stopped", flush=True)
"""


def test_the_program_ends_while_a_name_is_looked_up() -> None:
    """Nothing joins that thread, not even the interpreter at its end."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.stdout, done.returncode) == ("stopped\n", 0), done.stderr
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: None, "No such file"),
        (lambda path: path.write_text(""), "no certificate"),
        (lambda path: path.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n"), "no certificate"),
        (lambda path: path.write_bytes(os.urandom(2000)), "no certificate"),
        (lambda path: path.mkdir(), "no file"),
        (os.mkfifo, "no file"),
    ],
)
def test_what_is_no_ca_file_is_refused_with_the_reason(make: Any, why: str, tmp_path: Path) -> None:
    """And never waited for, as a pipe would be."""
    path = tmp_path / "company.pem"
    make(path)
    with pytest.raises(BadCaFile, match=why) as refused:
        trusting(path)
    assert refused.value.file == path
