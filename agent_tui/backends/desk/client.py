"""The desk over one websocket after the other: never gives up in silence."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Final
from urllib.parse import urlsplit

from agent_tui.backends.base import Download, Receipt, Rejected, Unauthorised, Unreachable
from agent_tui.backends.desk import explain, frames, skew, waking
from agent_tui.backends.desk.attachments import download
from agent_tui.backends.desk.backoff import FLOOR, Backoff
from agent_tui.backends.desk.dialling import Dialling
from agent_tui.backends.desk.ending import Ending
from agent_tui.backends.desk.explain import Attempt
from agent_tui.backends.desk.following import Follower
from agent_tui.backends.desk.line import Line, Seat
from agent_tui.backends.desk.questions import Answer, Read, command_read, page_read
from agent_tui.clock import Clock
from agent_tui.credentials import CredentialError
from agent_tui.credentials.secret import Secret
from agent_tui.credentials.tokens import Tokens
from agent_tui.events import Acked, Event, HistoryLoaded, Link, LinkChanged, Welcomed
from agent_tui.events import Rejected as RejectedEvent
from agent_tui.i18n import _
from agent_tui.loopback import is_loopback
from agent_tui.model import NO_TEXT, AttachmentId, ConversationId, SafeText
from agent_tui.ops import AnyOp, Signal, TypingSignal, ViewingSignal
from agent_tui.sanitise import plain_line

POLITE: Final = 1.0
"""Seconds that a desk has to answer our goodbye."""


@dataclass(frozen=True, slots=True)
class DeskAddress:
    """Where the desk is and who we are there."""

    url: str
    token: Tokens | Secret
    """A bare `Secret` is a token that cannot be read again."""
    agent: str
    device: str
    """Names this running console: its own next link replaces one that has died unnoticed."""
    ca_file: Path | None = None
    """Holds the only certificates to trust; None: the system's."""

    @property
    def tokens(self) -> Tokens:
        """The token, and how it is read again."""
        return self.token if isinstance(self.token, Tokens) else Tokens(self.token)

    @property
    def loopback(self) -> bool:
        """The desk runs on this machine."""
        try:
            return is_loopback(urlsplit(self.url).hostname or "")
        except ValueError:
            return False


class DeskBackend:
    """One agent's line to one desk. All of it lives in one event loop."""

    def __init__(
        self, address: DeskAddress, clock: Clock, random: Random, backoff: Backoff | None = None
    ) -> None:
        """`backoff` counts the attempts of backends before this one, too; None: there were none."""
        self._address = address
        self._clock = clock
        self._backoff = Backoff(random) if backoff is None else backoff
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._dialling = Dialling(address.url, address.ca_file)
        self._seat = Seat(
            address.agent,
            address.device,
            address.tokens,
            Follower(),
            clock,
            random,
            self._hear,
            self._backoff.healthy,
        )
        self._line: Line | None = None
        self._asked = itertools.count(1)
        self._now = asyncio.Event()
        """Do not wait any longer for the next attempt."""
        self._closing = False
        self._capabilities: frozenset[str] = frozenset()
        self._ahead = skew.NONE
        self._final: SafeText = NO_TEXT

    @property
    def capabilities(self) -> frozenset[str]:
        """The ops this desk can do; empty before the first welcome."""
        return self._capabilities

    async def events(self) -> AsyncIterator[Event]:
        """Everything that happens; connects and reconnects until `aclose` or a final refusal."""
        runner = asyncio.create_task(self._run())
        runner.add_done_callback(lambda _task: self._queue.put_nowait(None))
        watcher = asyncio.create_task(waking.watch(self._clock, self.probe))
        try:
            while (event := await self._queue.get()) is not None:
                yield event
            await self._end(runner)
            while not self._queue.empty():  # an answer that came while the link was let go
                if (event := self._queue.get_nowait()) is not None:
                    yield event
        finally:
            watcher.cancel()
            await self._end(runner)

    async def _end(self, runner: asyncio.Task[None]) -> None:
        runner.cancel()
        with suppress(asyncio.CancelledError):
            await runner
        self._line = None
        self._seat.following.lost()

    async def submit(self, op: AnyOp | Signal) -> Receipt:
        """Ask for something; see `Backend.submit`."""
        if isinstance(op, TypingSignal | ViewingSignal):
            if self._line is not None and self._line.live:
                await self._line.signal(frames.signal(op))
            return Receipt(0)
        answer = await self._ask(op.id, frames.command(op), command_read(op.id, op.conversation))
        if isinstance(answer, Acked):
            return Receipt(answer.seq)
        assert isinstance(answer, RejectedEvent)
        raise Rejected(answer)

    async def history(
        self, conversation: ConversationId, before: int | None, limit: int = 50
    ) -> HistoryLoaded:
        """A page of a thread; see `Backend.history`."""
        ask_id = f"q-{next(self._asked)}"
        most = limit if self._line is None else self._line.page(limit)
        frame = frames.question(ask_id, conversation, before, most)
        answer = await self._ask(ask_id, frame, page_read(ask_id, conversation, before))
        if isinstance(answer, HistoryLoaded):
            return answer
        assert isinstance(answer, RejectedEvent)
        raise Rejected(answer)

    def attachment(self, attachment: AttachmentId) -> AbstractAsyncContextManager[Download]:
        """The bytes of an attachment; see `Backend.attachment`."""
        address = self._address
        return download(address.url, address.tokens.current, attachment, address.ca_file)

    async def probe(self) -> None:
        """The machine or this program stood still: find out at once whether the link still lives,
        and wait no longer for one that was to come. Takes some seconds; never raises.

        The measure of attempts holds, and so does a wait that the desk asked for.
        """
        self._now.set()
        if self._line is not None:
            await self._line.probe()

    async def aclose(self) -> None:
        """End it: the socket closes and `events` stops."""
        self._closing = True
        if self._line is not None:
            await self._line.close(POLITE)
        self._queue.put_nowait(None)

    async def _ask(self, ask_id: str, frame: str, read: Read) -> Answer:
        if self._line is None or not self._line.live:
            if self._final:
                raise Unauthorised(self._final)
            raise Unreachable(sent=False)
        return await self._line.ask(ask_id, frame, read)

    async def _run(self) -> None:
        pause = self._backoff.begin(self._clock.monotonic())
        if pause > FLOOR:
            words = _("too many attempts in a minute; the next one has to wait")
            self._tell(Link.OFFLINE, plain_line(words), pause)
        await asyncio.sleep(pause)
        while True:
            self._tell(self._beginning)
            ending = await self._one_link()
            if self._closing:
                return
            if ending.final:
                self._final = ending.words
                self._tell(Link.CLOSED, ending.words)
                return
            await self._wait(ending)

    @property
    def _beginning(self) -> Link:
        return Link.CATCHING_UP if self._seat.following.hello() else Link.CONNECTING

    async def _one_link(self) -> Ending:
        """One connection from its beginning to its end: how it ended."""
        token = self._seat.tokens.current
        try:
            ws = await self._dialling.dial(token)
        except explain.LINK_ERRORS as error:
            ending = explain.not_opened(error, self._attempt)
        else:
            line = self._line = Line(ws, token, self._seat)
            try:
                ending = await line.live_on()
            finally:
                self._line = None
                self._seat.following.lost()
            token = line.token
        if ending.token and not self._closing:
            return await self._with_another(token, ending)
        return ending

    @property
    def _attempt(self) -> Attempt:
        return Attempt(self._address.url, self._clock.now(), self._dialling.proxy, self._ahead)

    async def _with_another(self, token: Secret, ending: Ending) -> Ending:
        """`token` did not hold, which made `ending`: how it goes on if there is another one."""
        words = plain_line(_("the token has expired; fetching it again"))
        self._tell(self._beginning, words)
        try:
            if await self._seat.tokens.read() == token:
                return ending
        except CredentialError as error:
            words = plain_line(_("the token has expired; {why}").format(why=error))
            return Ending(words)
        return replace(ending, words=words, final=False, at_once=True)

    async def _wait(self, ending: Ending) -> None:
        """Wait for the next attempt; not much longer when the machine wakes up meanwhile."""
        self._now.clear()
        pause = self._backoff.wait(
            self._clock.monotonic(), ending.retry_after, alone=ending.alone, at_once=ending.at_once
        )
        if pause > FLOOR or not ending.at_once:
            self._tell(Link.OFFLINE, ending.words, pause)
        told = self._clock.steady() + timedelta(seconds=ending.retry_after or 0.0)
        if await self._woken(pause):
            left = (told - self._clock.steady()).total_seconds()
            await asyncio.sleep(max(left, self._backoff.begin(self._clock.monotonic())))

    async def _woken(self, pause: float) -> bool:
        """Wait: whether that was cut short."""
        nap = asyncio.create_task(asyncio.sleep(pause))
        woken = asyncio.create_task(self._now.wait())
        try:
            await asyncio.wait({nap, woken}, return_when=asyncio.FIRST_COMPLETED)
            return not nap.done()
        finally:
            nap.cancel()
            woken.cancel()

    def _hear(self, event: Event) -> None:
        if isinstance(event, Welcomed):
            self._capabilities = event.capabilities
            self._ahead = self._clock.now() - event.server_time
        self._queue.put_nowait(event)

    def _tell(self, link: Link, detail: SafeText = NO_TEXT, retry_in: float | None = None) -> None:
        now = self._clock.now()
        retry_at = None if retry_in is None else now + timedelta(seconds=retry_in)
        self._hear(LinkChanged(link, now, detail, retry_at))
