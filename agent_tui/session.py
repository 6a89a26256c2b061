"""The one place that talks to a backend: a thread of its own, so that a stalled screen never
costs a heartbeat, and a queue in each direction.

The screen's side calls `drain`, `pump` and the asking verbs; nothing it calls waits.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from agent_tui.backends.base import Backend, Rejected, Unauthorised, Unreachable
from agent_tui.change import NOTHING, Change, merged
from agent_tui.clock import Clock
from agent_tui.events import (
    DiskChanged,
    Event,
    HistoryFailed,
    Link,
    LinkChanged,
    Saved,
    Unsent,
    Welcomed,
)
from agent_tui.i18n import _
from agent_tui.journal import Journal, NoJournal
from agent_tui.keeping import ToKeep, bring_back, to_keep
from agent_tui.logs import note
from agent_tui.model import ConversationId, OpId, SafeText
from agent_tui.ops import AnyOp, Note, Send, Signal
from agent_tui.sanitise import plain_line
from agent_tui.store import Store

T = TypeVar("T")

Stream = tuple[str, str]
"""A desk and its epoch."""
MakeBackend = Callable[[], Backend]
Work = Callable[[], Coroutine[Any, Any, None]]
AT_ONCE = 2_000
DRAIN_FOR = 0.02
"""Most events, and most seconds, that one `drain` applies: the screen answers keys in between."""
LAST_WORDS = 0.5
"""Seconds that requests under way have, after the link's end, to tell what became of them."""


class Session:
    """A store kept true by a backend in another thread, and kept on disk by a journal in a third.

    `make_backend` is called in its thread, inside its event loop. Without a `journal` what is
    unsent lives as long as the program.
    """

    def __init__(
        self,
        make_backend: MakeBackend,
        store: Store,
        clock: Clock,
        journal: Journal | None = None,
    ) -> None:
        self.store = store
        self.keeps = journal is not None
        """What is unsent survives the end of the program."""
        self._journal: Journal = NoJournal() if journal is None else journal
        self._brought_back = False
        self._listened_to = False
        self._ended = self._saved = False
        self._unsaved: dict[OpId, None] = {}
        """What the disk would not take; it takes it as soon as it works again."""
        store.outbox.durable = self.keeps
        self._make_backend = make_backend
        self._clock = clock
        self._arrived: deque[Event] = deque()
        self._wake: Callable[[], None] = lambda: None
        self._awake = threading.Lock()
        self._told = False
        self._settled = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._backend: Backend | None = None
        self._stream: Stream = ("", "")
        """What the link follows."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._again: asyncio.Event | None = None
        self._given_up = False
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="link", daemon=True)

    # The screen's side

    def start(self) -> None:
        """Begin to connect."""
        self._journal.listen(self._disk_changed)
        if self._journal.problem:
            self._disk_changed()
        self._thread.start()

    def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake`, from the link's thread, when there is something to `drain`."""
        with self._awake:
            self._wake = wake
            self._listened_to = True
            pending = bool(self._arrived)
            self._told = pending
        if pending:
            wake()

    def left_from_before(self) -> int:
        """How many texts an earlier run of the program left unsent."""
        found = self._journal.found()
        words = sum(1 for kept in found.ops if isinstance(kept.op, Send | Note))
        return words + len(found.drafts)

    def wait_settled(self, timeout: float) -> bool:
        """Wait until the inbox is whole or the desk refused us for good; at most `timeout` s."""
        return self._settled.wait(timeout)

    def drain(self) -> Change:
        """Apply what came in; says what became different.

        Where that is too much for one frame, it is called again by what `listen` was given.
        """
        with self._awake:
            self._told = False
        until = self._clock.monotonic() + DRAIN_FOR
        now = self._clock.steady()
        changes: list[Change] = []
        while self._arrived and len(changes) < AT_ONCE:
            changes.append(self.store.apply(self._arrived.popleft(), now))
            if self._clock.monotonic() >= until:
                break
        if self._arrived:
            self._call()
        if self.store.ready and self._listened_to and not self._brought_back:
            changes.append(self._bring_back())
        return merged(changes)

    def _bring_back(self) -> Change:
        """The inbox is whole for the first time: what an earlier run left finds its place."""
        self._brought_back = True
        return bring_back(self.store, self._journal.found(), self._clock)

    def drain_all(self) -> Change:
        """As `drain`, for whoever has no screen that would wait."""
        changes = [self.drain()]
        while self._arrived:
            changes.append(self.drain())
        return merged(changes)

    def pump(self) -> Change:
        """Keep what changed, and send what is due; says where that shows."""
        due: list[AnyOp] = []
        change = NOTHING
        if self._ended:  # what left now could not be told to the next run
            return change
        if self.store.link.link is Link.LIVE:
            due, change = self.store.take_due(self._clock.steady())
        self._keep(due)
        return change

    def _keep(self, due: Sequence[AnyOp] = ()) -> None:
        """Hand what changed to the journal; what is `due` leaves once that is on disk.

        Where the disk fails it leaves all the same: it was told, and the line is there.
        """
        stream = (self.store.desk_id, self.store.epoch)
        what = to_keep(self.store, self._clock)
        if what.urgent or due:
            self._journal.write(what.rows, partial(self._kept, what, tuple(due), stream))
            return
        for key, row in what.rows.items():
            self._journal.later(key, row)

    def _kept(
        self, what: ToKeep, due: Sequence[AnyOp], stream: Stream, problem: SafeText | None
    ) -> None:
        """Called in the journal's thread."""
        if problem is not None:
            self._unsaved |= dict.fromkeys(what.ops)
        elif self.keeps and what.ops:
            self._deliver(Saved(what.ops))
        for op in due:
            if not self._in_link(partial(self._submit, op, stream)):
                self._deliver(Unsent(op.id, op.conversation, sent=False))

    def _disk_changed(self) -> None:
        """Called in the journal's thread: it fails, or has written what waited for it."""
        problem = self._journal.problem
        self._deliver(DiskChanged(problem))
        if not problem and self._unsaved:
            written, self._unsaved = tuple(self._unsaved), {}
            self._deliver(Saved(written))

    def ask_history(self, conversation: ConversationId, before: int | None) -> None:
        """Ask for a page of a thread; it comes as an event."""
        if not self._in_link(partial(self._history, conversation, before)):
            self._deliver(_no_history(conversation, before))

    def signal(self, signal: Signal) -> None:
        """Tell that we type or look, if that can be told right now."""
        self._in_link(partial(self._signal, signal))

    def ask_backend(self, work: Callable[[Backend], Coroutine[Any, Any, T]]) -> Future[T]:
        """Do `work` beside the link, in its thread; the future says how it ended, and cancels it.

        Raises `Unreachable` while there is no backend.
        """
        backend, loop = self._backend, self._loop
        if backend is None or loop is None or loop.is_closed():
            raise Unreachable(sent=False)
        return asyncio.run_coroutine_threadsafe(work(backend), loop)

    def probe(self) -> None:
        """The program stood still: the line may have gone meanwhile."""
        self._in_link(self._probe)

    def stop(self, timeout: float = 2.0) -> bool:
        """End the link and the journal; waits at most `timeout` seconds for each.

        Returns whether all that is unsent is on disk.
        """
        self._stopping = True
        if self._thread.is_alive():
            self._in_link(self._let_go)
            self._thread.join(timeout)
        return self.save(timeout)

    def flush(self) -> None:
        """Write everything that changed: the program may never wake again. Waits for that, half a
        second at most."""
        written = threading.Event()
        self._keep()
        self._journal.write({}, lambda _problem: written.set())
        written.wait(0.5)

    def save(self, timeout: float = 2.0) -> bool:
        """Put what is unsent on disk now, and nothing after it: the program ends.

        Waits at most `timeout` seconds; returns whether it is there.
        """
        if not self._ended:
            self._keep()
            self._ended = True
            self._saved = self._journal.close(timeout) and self.keeps
        return self._saved

    def reconnect(self) -> None:
        """Let the link go and begin a new one, which fetches everything again.

        Also after a link that was given up: whatever the reason was, it may be gone.
        """
        if not self._stopping:
            self._in_link(self._let_go)

    # The link's side

    def _work(self) -> None:
        asyncio.run(self._live())

    async def _live(self) -> None:
        self._again = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        while not self._stopping:
            self._again.clear()
            self._given_up = False
            try:
                await self._listen_to_backend()
            except Exception as error:  # a thread that dies in silence would look like a quiet desk
                note("link mistake", error)
                self._hear(LinkChanged(Link.CLOSED, self._clock.now(), _mistake(error)))
            if self._given_up and not self._stopping:
                await self._again.wait()
        if self._tasks:  # what was under way says what became of it
            await asyncio.wait(self._tasks, timeout=LAST_WORDS)

    async def _listen_to_backend(self) -> None:
        self._backend = self._make_backend()
        async for event in self._backend.events():
            self._hear(event)

    def _hear(self, event: Event) -> None:
        if isinstance(event, Welcomed):
            self._stream = (event.desk_id, event.epoch)
        self._deliver(event)
        if _settles(event):
            self._settled.set()
        if _is_final(event):
            self._given_up = True

    async def _let_go(self) -> None:
        if self._again is not None:
            self._again.set()
        if self._backend is not None:
            await self._backend.aclose()

    def _deliver(self, event: Event) -> None:
        with self._awake:
            self._arrived.append(event)
        self._call()

    def _call(self) -> None:
        """Wake whoever listens, if she was not woken since she looked last."""
        with self._awake:
            tell, self._told = not self._told, True
            wake = self._wake
        if tell:
            wake()

    def _in_link(self, work: Work) -> bool:
        """Do `work` in the link's loop; False when that does not run."""
        if self._loop is not None:
            with suppress(RuntimeError):  # it is closed
                self._loop.call_soon_threadsafe(self._begin, work)
                return True
        return False

    def _begin(self, work: Work) -> None:
        task = asyncio.get_running_loop().create_task(work())
        self._tasks.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        """What went wrong in it has been said, or concerns nobody: no traceback on the screen."""
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()

    async def _submit(self, op: AnyOp, stream: Stream) -> None:
        """Ask for it. An answer comes among the events; that none came is said here.

        What was due on one stream does not leave on another, where its numbers mean nothing.
        """
        try:
            if self._backend is None or stream != self._stream:
                raise Unreachable(sent=False)
            await self._backend.submit(op)
        except Rejected:
            pass
        except Unreachable as error:
            self._deliver(Unsent(op.id, op.conversation, error.sent))
        except Unauthorised as error:
            self._deliver(Unsent(op.id, op.conversation, sent=False, detail=error.detail))
        except Exception as error:  # an op must not be "sending" for ever
            self._deliver(Unsent(op.id, op.conversation, detail=_mistake(error)))

    async def _history(self, conversation: ConversationId, before: int | None) -> None:
        """Ask for a page. It comes among the events; that none came is said here."""
        try:
            if self._backend is None:
                raise Unreachable
            await self._backend.history(conversation, before)
        except Rejected:
            pass
        except (Unreachable, Unauthorised):
            self._deliver(_no_history(conversation, before))
        except Exception as error:  # a thread must not load for ever
            self._deliver(HistoryFailed(conversation, before, _mistake(error)))

    async def _probe(self) -> None:
        if self._backend is not None:
            await self._backend.probe()

    async def _signal(self, signal: Signal) -> None:
        if self._backend is not None:
            await self._backend.submit(signal)


def _mistake(error: Exception) -> SafeText:
    words = _("the link broke by a mistake of agent-tui ({reason}); start it again")
    return plain_line(words.format(reason=plain_line(repr(error))))


def _no_history(conversation: ConversationId, before: int | None) -> HistoryFailed:
    words = plain_line(_("the desk cannot be reached; messages come when it is back"))
    return HistoryFailed(conversation, before, words)


def _settles(event: Event) -> bool:
    match event:
        case LinkChanged(link=Link.LIVE | Link.CLOSED | Link.OFFLINE):
            return True
        case _:
            return False


def _is_final(event: Event) -> bool:
    return isinstance(event, LinkChanged) and event.link is Link.CLOSED
