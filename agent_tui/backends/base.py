"""The shape every backend has: six members, and the ways a request can fail.

What a desk answers is told twice. It stands among the events, at the place at which it came: only
there can it be applied, because an answer and an event about the same message must not overtake
each other. Whoever asked gets it, too, to know that the asking is over.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from agent_tui.events import Event, HistoryLoaded
from agent_tui.events import Rejected as RejectedEvent
from agent_tui.model import AttachmentId, ConversationId, SafeText
from agent_tui.ops import AnyOp, Signal


@dataclass(frozen=True, slots=True)
class Receipt:
    """The desk has the op, durably."""

    seq: int
    """The event that tells of it; 0, or one that was told before: it changed nothing."""


class Rejected(Exception):
    """The desk said no; `event` says why."""

    def __init__(self, event: RejectedEvent) -> None:
        super().__init__(event.detail)
        self.event = event


class Unreachable(Exception):
    """No answer came: it may be asked again.

    `sent` says that the desk may have it; False: it was never written to the line.
    """

    def __init__(self, *args: object, sent: bool = True) -> None:
        super().__init__(*args)
        self.sent = sent


class Unauthorised(Exception):
    """The desk does not know this agent or this token; waiting does not mend that."""

    def __init__(self, detail: SafeText) -> None:
        super().__init__(detail)
        self.detail = detail


class CannotFetch(Exception):
    """The bytes of an attachment cannot be had; `detail` says why, in words."""

    def __init__(self, detail: SafeText) -> None:
        super().__init__(detail)
        self.detail = detail


class Download(Protocol):
    """The bytes of an attachment, as they come."""

    @property
    def size(self) -> int | None:
        """How many bytes the desk says it is sending; None: it does not say."""
        ...

    @property
    def mime(self) -> str:
        """What the desk says they are; untrusted text, and empty when it does not say."""
        ...

    @property
    def origin(self) -> str:
        """The address they come from, without secrets."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The bytes, once. Raises `CannotFetch` when they end early or stop coming."""
        ...


class Backend(Protocol):
    """Where conversations come from and where replies go."""

    @property
    def capabilities(self) -> frozenset[str]:
        """The ops this backend can do; empty before the first welcome."""
        ...

    def events(self) -> AsyncIterator[Event]:
        """Everything that happens, from now on: connects, reconnects, ends at `aclose`.

        Answers are among it, in the order in which the desk gave them: `Acked` or `Rejected` for
        each `submit` that was answered, `HistoryLoaded` or `HistoryFailed` for each `history`.
        """
        ...

    async def submit(self, op: AnyOp | Signal) -> Receipt:
        """Ask for something. Raises `Rejected`, `Unreachable` or `Unauthorised`.

        A receipt and a `Rejected` are among the events as well; the other two are not.
        A signal is sent if that is possible right now, and never raises.
        """
        ...

    async def history(
        self, conversation: ConversationId, before: int | None, limit: int = 50
    ) -> HistoryLoaded:
        """A page of a thread, ending in front of message `before` (None: the newest page).

        Raises `Rejected` for an unknown conversation, `Unreachable` and `Unauthorised`. The page
        and a `Rejected` (as `HistoryFailed`) are among the events as well.
        """
        ...

    def attachment(self, attachment: AttachmentId) -> AbstractAsyncContextManager[Download]:
        """The bytes of an attachment, for as long as the context lasts.

        Entering raises `CannotFetch`. Asks the desk beside the link: nothing else waits for it.
        """
        ...

    async def probe(self) -> None:
        """The machine or this program stood still: find out at once whether the line lives.

        Never raises; a backend without a line has nothing to do.
        """
        ...

    async def aclose(self) -> None:
        """End it; `events` stops."""
        ...
