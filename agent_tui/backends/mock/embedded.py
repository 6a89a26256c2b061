"""The mock desk inside another program: its own thread, its own event loop, a real socket.

There is no shortcut in memory: whoever uses it speaks the protocol over loopback, exactly as
with a desk far away.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

from agent_tui.backends.mock.options import MockError, MockOptions
from agent_tui.backends.mock.server import DeskServer
from agent_tui.clock import Clock, SystemClock
from agent_tui.i18n import _

START_SECONDS = 30.0
STOP_SECONDS = 2.0


class EmbeddedDesk:
    """A desk on a free port of 127.0.0.1 with a random token, from `start()` to `stop()`."""

    def __init__(self, options: MockOptions | None = None, clock: Clock | None = None) -> None:
        options = MockOptions() if options is None else options
        self._server = DeskServer(replace(options, port=0), clock or SystemClock())
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self.url = ""
        """Where it listens, after `start()`."""
        self.token = self._server.token
        self.agents: tuple[str, ...] = ()
        self.problems: tuple[str, ...] = ()

    def start(self) -> None:
        """Start the thread and wait until the desk listens; raises `MockError` if it cannot."""
        self._thread = threading.Thread(target=self._run, name="mock-desk", daemon=True)
        self._thread.start()
        if not self._ready.wait(START_SECONDS):
            raise MockError(_("The mock desk did not start in time. Try it again."))
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Close the desk and wait for its thread, at most two seconds; may be called twice."""
        if self._thread is None:
            return
        if self._loop is not None and self._stopping is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        await self._server.start()
        self.url, self.agents = self._server.url, self._server.agents
        self.problems = self._server.problems
        self._ready.set()
        try:
            await self._server.until(self._stopping)
        finally:
            await self._server.aclose()
