"""The messages of the conversations that were opened, in the order of the desk's stream."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from agent_tui.events import DeliveryChanged, HistoryFailed, HistoryLoaded
from agent_tui.model import NO_TEXT, ConversationId, Message, MessageId, OpId, SafeText

KEPT = 200
"""How many threads stay in memory; the one not looked at for longest goes first."""

NOTHING_WHOLE = -1


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
    whole_to: int = NOTHING_WHOLE
    """While stale: the newest number with no hole in front of it."""
    problem: SafeText = NO_TEXT
    reports: dict[MessageId, DeliveryChanged] = field(default_factory=dict)
    """What channels reported, for a page that was made before and comes after."""
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

    def caught_up(self, page: HistoryLoaded) -> list[Message]:
        """The messages of a page, oldest first, with the reports that are newer than the page."""
        fresh: list[Message] = []
        for message in sorted(page.messages, key=lambda message: message.seq):
            report = self.reports.get(message.id)
            if report is None:
                fresh.append(message)
            elif page.at_seq is None or report.seq <= page.at_seq:
                del self.reports[message.id]
                fresh.append(message)
            else:
                fresh.append(_with_report(message, report))
        return fresh

    def has_op(self, op_id: OpId) -> bool:
        """A message that came from this op is here."""
        return any(message.op_id == op_id for message in reversed(self.messages))

    def awaits(self, op_id: OpId) -> bool:
        """The message of this op is missing, and the newest page is to bring it."""
        whole = self.loaded and not self.stale and not self.loading
        return not whole and not self.has_op(op_id)

    def doubt(self) -> None:
        """The stream broke: what comes from now on may come after a hole."""
        if not self.stale:
            self.whole_to = self.seqs[-1] if self.loaded and self.seqs else NOTHING_WHOLE
        self.stale = True
        self.loading = False
        self.version += 1

    def begin_anew(self) -> None:
        """The desk numbers its messages anew: nothing that is here fits what will come."""
        self.messages.clear()
        self.seqs.clear()
        self.reports.clear()
        self.more = self.loading = self.loaded = self.stale = False
        self.version += 1

    def newest(self, page: Sequence[Message]) -> bool:
        """The newest page came; True when it joins on to what was here.

        Live messages may be delivered before the page they came after: those behind the page
        stay, whether it joins or not.
        """
        joins = bool(page) and self._joins(page[0])
        if not joins:
            end = max(self._whole_to(), page[-1].seq if page else NOTHING_WHOLE)
            self.messages = [message for message in self.messages if message.seq > end]
            self.seqs = [message.seq for message in self.messages]
        for message in page:
            self.put(message)
        self.loaded, self.stale = True, False
        return joins

    def _joins(self, first: Message) -> bool:
        return first.seq <= self._whole_to() and first.seq in self.seqs

    def _whole_to(self) -> int:
        if self.stale:
            return self.whole_to
        return self.seqs[-1] if self.loaded and self.seqs else NOTHING_WHOLE


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
        """A live message; kept only where the thread up to it is here or on its way."""
        thread = self._threads.get(message.conversation)
        if thread is None or not (thread.loaded or thread.loading):
            return False
        thread.put(message)
        return True

    def page(self, event: HistoryLoaded) -> None:
        """A page came. An older one counts only where it joins on to the oldest message here."""
        thread = self.opened(event.conversation)
        if event.before is None:
            if not thread.newest(thread.caught_up(event)):
                thread.more = event.more
        elif thread.loaded and thread.seqs and thread.seqs[0] == event.before:
            for message in thread.caught_up(event):
                thread.put(message)
            thread.more = event.more
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
        if thread is None or not (thread.loaded or thread.loading):
            return False
        thread.reports[event.message] = event
        for index in range(len(thread.messages) - 1, -1, -1):
            message = thread.messages[index]
            if message.id == event.message:
                thread.messages[index] = _with_report(message, event)
                thread.version += 1
                return True
        return False

    def doubt_all(self) -> None:
        """The stream broke: every thread may have a hole at its end."""
        for thread in self._threads.values():
            thread.doubt()

    def begin_all_anew(self) -> None:
        """Another stream began: nothing of the old one has a place in it."""
        for thread in self._threads.values():
            thread.begin_anew()


def _with_report(message: Message, report: DeliveryChanged) -> Message:
    return replace(message, delivery=report.delivery, failure=report.failure)
