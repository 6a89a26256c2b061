"""The one place that talks to a backend: a thread of its own, so that a stalled screen never
costs a heartbeat, and a queue in each direction.

The screen's side calls `drain`, `pump` and the asking verbs; nothing it calls waits.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

from agent_tui.backends.base import Backend, Rejected, Unauthorised, Unreachable
from agent_tui.change import NOTHING, Change
from agent_tui.clock import Clock
from agent_tui.events import (
    Acked,
    Event,
    HistoryFailed,
    Link,
    LinkChanged,
    Unsent,
)
from agent_tui.i18n import _
from agent_tui.model import ConversationId
from agent_tui.ops import AnyOp, Signal
from agent_tui.sanitise import plain_line
from agent_tui.store import Store

MakeBackend = Callable[[], Backend]
Work = Callable[[], Coroutine[Any, Any, None]]


class Session:
    """A store kept true by a backend in another thread.

    `make_backend` is called in that thread, inside its event loop.
    """

    def __init__(self, make_backend: MakeBackend, store: Store, clock: Clock) -> None:
        self.store = store
        self._make_backend = make_backend
        self._clock = clock
        self._arrived: deque[Event] = deque()
        self._wake: Callable[[], None] = lambda: None
        self._awake = threading.Lock()
        self._told = False
        self._settled = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._backend: Backend | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="link", daemon=True)

    # The screen's side

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake`, from the link's thread, when there is something to `drain`."""
        with self._awake:
            self._wake = wake
            pending = bool(self._arrived)
            self._told = pending
        if pending:
            wake()

    def wait_settled(self, timeout: float) -> bool:
        """Wait until the inbox is whole or the desk refused us for good; at most `timeout` s."""
        return self._settled.wait(timeout)

    def drain(self) -> Change:
        """Apply everything that came in; says what became different."""
        with self._awake:
            self._told = False
        change = NOTHING
        now = self._clock.now()
        while self._arrived:
            change |= self.store.apply(self._arrived.popleft(), now)
        return change

    def pump(self) -> Change:
        """Send what is due; says where that shows."""
        if self.store.link.link is not Link.LIVE:
            return NOTHING
        due, change = self.store.take_due(self._clock.now())
        for op in due:
            self._in_link(partial(self._submit, op))
        return change

    def ask_history(self, conversation: ConversationId, before: int | None) -> None:
        """Ask for a page of a thread; it comes as an event."""
        self._in_link(partial(self._history, conversation, before))

    def signal(self, signal: Signal) -> None:
        """Tell that we type or look, if that can be told right now."""
        self._in_link(partial(self._signal, signal))

    def stop(self, timeout: float = 2.0) -> None:
        """End the link; waits at most `timeout` seconds for it."""
        loop, backend = self._loop, self._backend
        if loop is not None and backend is not None and self._thread.is_alive():
            self._stopping = True
            self._in_link(backend.aclose)
            self._thread.join(timeout)

    def reconnect(self) -> None:
        """Let the link go and begin a new one, which fetches everything again."""
        backend = self._backend
        if backend is not None and not self._stopping:
            self._in_link(backend.aclose)

    # The link's side

    def _work(self) -> None:
        asyncio.run(self._listen_to_backend())

    async def _listen_to_backend(self) -> None:
        self._loop = asyncio.get_running_loop()
        while not self._stopping:
            self._backend = self._make_backend()
            async for event in self._backend.events():
                self._deliver(event)
                if _settles(event):
                    self._settled.set()
                self._stopping |= _is_final(event)

    def _deliver(self, event: Event) -> None:
        with self._awake:
            self._arrived.append(event)
            tell, self._told = not self._told, True
            wake = self._wake
        if tell:
            wake()

    def _in_link(self, work: Work) -> None:
        """Do `work` in the link's loop, if that still runs."""
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the loop closed in between: there is nobody to tell
                loop.call_soon_threadsafe(self._begin, work)

    def _begin(self, work: Work) -> None:
        task = asyncio.get_running_loop().create_task(work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _submit(self, op: AnyOp) -> None:
        assert self._backend is not None
        try:
            receipt = await self._backend.submit(op)
            self._deliver(Acked(op.id, op.conversation, receipt.seq))
        except Rejected as refusal:
            self._deliver(refusal.event)
        except (Unreachable, Unauthorised):
            self._deliver(Unsent(op.id, op.conversation))

    async def _history(self, conversation: ConversationId, before: int | None) -> None:
        assert self._backend is not None
        try:
            self._deliver(await self._backend.history(conversation, before))
        except Rejected as refusal:
            self._deliver(HistoryFailed(conversation, before, refusal.event.detail))
        except (Unreachable, Unauthorised):
            words = plain_line(_("the desk cannot be reached; messages come when it is back"))
            self._deliver(HistoryFailed(conversation, before, words))

    async def _signal(self, signal: Signal) -> None:
        assert self._backend is not None
        await self._backend.submit(signal)


def _settles(event: Event) -> bool:
    match event:
        case LinkChanged(link=Link.LIVE | Link.CLOSED | Link.OFFLINE):
            return True
        case _:
            return False


def _is_final(event: Event) -> bool:
    return isinstance(event, LinkChanged) and event.link is Link.CLOSED
