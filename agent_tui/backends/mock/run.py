"""`agent-tui mock`: the desk in the foreground until it is told to stop."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from typing import TextIO

from agent_tui.backends.mock.control import Control
from agent_tui.backends.mock.options import MockError, MockOptions
from agent_tui.backends.mock.server import DeskServer
from agent_tui.clock import SystemClock
from agent_tui.sanitise import plain_line


def run_mock(options: MockOptions, stdout: TextIO, stderr: TextIO | None = None) -> int:
    """Serve until SIGINT or SIGTERM; returns the exit code.

    Once the desk listens, one JSON line with its `url`, `token`, `agents` and `control` (the
    socket for `agent-tui mock ctl`, null where there is none) goes to `stdout`. What is wrong with
    a corpus, and why there is no socket, goes to `stderr`, one line each. Raises `MockError` when
    the desk cannot start.
    """
    return asyncio.run(_serve(options, stdout, sys.stderr if stderr is None else stderr))


async def _serve(options: MockOptions, stdout: TextIO, stderr: TextIO) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    server = DeskServer(options, SystemClock())
    server.faults.deadly = True
    await server.start()
    control = Control(server, options.control)
    try:
        for problem in server.problems:
            print(plain_line(problem), file=stderr)
        hello = {
            "url": server.url,
            "token": server.token,
            "agents": list(server.agents),
            "control": await _opened(control, options, stderr),
        }
        print(json.dumps(hello), file=stdout, flush=True)
        await server.until(stop)
    finally:
        await control.aclose()
        await server.aclose()
    return 0


async def _opened(control: Control, options: MockOptions, stderr: TextIO) -> str | None:
    """Where the control socket is; None: there is none, and nobody asked for one by name."""
    try:
        await control.start()
    except MockError as error:
        if options.control is not None:
            raise
        print(plain_line(str(error)), file=stderr)
        return None
    return str(control.path)
