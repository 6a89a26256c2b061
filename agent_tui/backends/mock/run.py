"""`agent-tui mock`: the desk in the foreground until it is told to stop."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from typing import TextIO

from agent_tui.backends.mock.options import MockOptions
from agent_tui.backends.mock.server import DeskServer
from agent_tui.clock import SystemClock
from agent_tui.sanitise import plain_line


def run_mock(options: MockOptions, stdout: TextIO, stderr: TextIO | None = None) -> int:
    """Serve until SIGINT or SIGTERM; returns the exit code.

    Once the desk listens, one JSON line with its `url`, `token` and `agents` goes to `stdout`.
    What is wrong with a corpus goes to `stderr`, one line each. Raises `MockError` when the desk
    cannot start.
    """
    return asyncio.run(_serve(options, stdout, sys.stderr if stderr is None else stderr))


async def _serve(options: MockOptions, stdout: TextIO, stderr: TextIO) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    server = DeskServer(options, SystemClock())
    await server.start()
    try:
        for problem in server.problems:
            print(plain_line(problem), file=stderr)
        hello = {"url": server.url, "token": server.token, "agents": list(server.agents)}
        print(json.dumps(hello), file=stdout, flush=True)
        await stop.wait()
    finally:
        await server.aclose()
    return 0
