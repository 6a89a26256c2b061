"""The messages of the conversations that were opened, in the order of the desk's stream."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from agent_tui.events import DeliveryChanged, HistoryFailed, HistoryLoaded
from agent_tui.model import NO_TEXT, ConversationId, Message, OpId, SafeText

KEPT = 200
"""How many threads stay in memory; the one not looked at for longest goes first."""


@dataclass(slots=True)
class ThreadState:
    """One thread as far as it is here."""

    messages: list[Message] = field(default_factory=list)
    seqs: list[int] = field(default_factory=list)
    more: bool = False
    loading: bool = False
    loaded: bool = False
    stale: bool = False
    """There may be a hole in it: the newest page has to be asked for again."""
    problem: SafeText = NO_TEXT
    version: int = 0
    """Grows with every change, for whoever caches what it drew from this."""

    def put(self, message: Message) -> None:
        """Add a message at its place, or replace the one with the same number."""
        at = bisect_left(self.seqs, message.seq)
        if at < len(self.seqs) and self.seqs[at] == message.seq:
            self.messages[at] = message
        else:
            self.seqs.insert(at, message.seq)
            self.messages.insert(at, message)
        self.version += 1

    def has_op(self, op_id: OpId) -> bool:
        """A message that came from this op is here; looked for among the newest."""
        return any(message.op_id == op_id for message in self.messages[-50:])


class Threads:
    """All threads that are here."""

    def __init__(self) -> None:
        self._threads: OrderedDict[ConversationId, ThreadState] = OrderedDict()

    def get(self, conversation: ConversationId) -> ThreadState | None:
        """The thread, if it was ever asked for."""
        return self._threads.get(conversation)

    def opened(self, conversation: ConversationId) -> ThreadState:
        """The thread, made if need be, and remembered as the one looked at last."""
        thread = self._threads.setdefault(conversation, ThreadState())
        self._threads.move_to_end(conversation)
        while len(self._threads) > KEPT:
            self._threads.popitem(last=False)
        return thread

    def receive(self, message: Message) -> bool:
        """A live message; kept only where the thread up to it is here."""
        thread = self._threads.get(message.conversation)
        if thread is None or not thread.loaded:
            return False
        thread.put(message)
        return True

    def page(self, event: HistoryLoaded) -> None:
        """A page came."""
        thread = self.opened(event.conversation)
        if event.before is None and thread.stale:
            _forget_up_to_hole(thread, event.messages)
        for message in event.messages:
            thread.put(message)
        if (event.before is None and not thread.loaded) or event.before is not None:
            thread.more = event.more
        thread.loaded = True
        thread.stale = False
        thread.loading = False
        thread.problem = NO_TEXT
        thread.version += 1

    def page_failed(self, event: HistoryFailed) -> None:
        """A page did not come; asking again is allowed."""
        thread = self.opened(event.conversation)
        thread.loading = False
        thread.problem = event.reason
        thread.version += 1

    def delivery(self, event: DeliveryChanged) -> bool:
        """A channel reported on a reply; True when it is here."""
        thread = self._threads.get(event.conversation)
        if thread is None:
            return False
        for index in range(len(thread.messages) - 1, -1, -1):
            message = thread.messages[index]
            if message.id == event.message:
                thread.messages[index] = replace(
                    message, delivery=event.delivery, failure=event.failure
                )
                thread.version += 1
                return True
        return False

    def doubt_all(self) -> None:
        """The stream broke: every thread may have a hole at its end."""
        for thread in self._threads.values():
            thread.stale = True
            thread.loading = False
            thread.version += 1


def _forget_up_to_hole(thread: ThreadState, page: Iterable[Message]) -> None:
    """Keep what the fresh page joins on to; otherwise begin anew from it."""
    first = next((message.seq for message in page), None)
    if first is None or first not in thread.seqs:
        thread.messages.clear()
        thread.seqs.clear()
        thread.loaded = False
