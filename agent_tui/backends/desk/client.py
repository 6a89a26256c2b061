"""The desk over one websocket: connects, resumes, finds gaps, and never gives up in silence."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import assert_never
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from agent_tui.backends.base import Receipt, Rejected, Unauthorised, Unreachable
from agent_tui.backends.desk import codec, explain, frames
from agent_tui.backends.desk.backoff import FLOOR, Backoff
from agent_tui.backends.desk.explain import Ending
from agent_tui.backends.desk.fields import Malformed
from agent_tui.backends.desk.questions import Answer, Questions, Read, command_read, page_read
from agent_tui.clock import Clock
from agent_tui.credentials.secret import Secret
from agent_tui.events import Acked, Event, HistoryLoaded, Link, LinkChanged
from agent_tui.events import Rejected as RejectedEvent
from agent_tui.i18n import _
from agent_tui.loopback import is_loopback
from agent_tui.model import NO_TEXT, ConversationId, SafeText
from agent_tui.ops import AnyOp, Signal, TypingSignal, ViewingSignal
from agent_tui.sanitise import plain_line

LOG = logging.getLogger(__name__)
LOG.addHandler(logging.NullHandler())
LOG.setLevel(logging.WARNING)  # at DEBUG the library writes headers, and with them the token

MAX_FRAME = 512 * 1024
ANSWER_WITHIN = 15.0
"""Seconds an answer may take before the request counts as not arrived."""
HEALTHY_AFTER = 10.0
"""Seconds a welcomed link lives before the waits begin anew."""
SILENCE = 2.2
"""Heartbeats that may be missed before the link counts as dead."""
MALFORMED_LIMIT = 3
"""Resume once, then a snapshot, then stop (protocol §7)."""


@dataclass(frozen=True, slots=True)
class DeskAddress:
    """Where the desk is and who we are there."""

    url: str
    token: Secret
    agent: str
    device: str
    """Names this running console: its own next link replaces one that has died unnoticed."""

    @property
    def loopback(self) -> bool:
        """The desk runs on this machine."""
        try:
            return is_loopback(urlsplit(self.url).hostname or "")
        except ValueError:
            return False


class _Straight(connect):
    """A connection to the address itself: the token and what is said there go nowhere else."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


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
        self._ws: ClientConnection | None = None
        self._questions = Questions()
        self._asked = itertools.count(1)
        self._resume: tuple[str, int] | None = None
        self._live = False
        self._whole = False
        """The last snapshot came to its end, so that what we have can be resumed."""
        self._next_part = 0
        """The part of a snapshot that has to come now; 0: none."""
        self._go: codec.Go | None = None
        self._malformed = 0
        self._hb = 10.0
        self._closing = False
        self._capabilities: frozenset[str] = frozenset()
        self._final: SafeText = NO_TEXT

    @property
    def capabilities(self) -> frozenset[str]:
        """The ops this desk can do; empty before the first welcome."""
        return self._capabilities

    async def events(self) -> AsyncIterator[Event]:
        """Everything that happens; connects and reconnects until `aclose` or a final refusal."""
        runner = asyncio.create_task(self._run())
        runner.add_done_callback(lambda _task: self._queue.put_nowait(None))
        try:
            while (event := await self._queue.get()) is not None:
                yield event
            await self._end(runner)
            while not self._queue.empty():  # an answer that came while the link was let go
                if (event := self._queue.get_nowait()) is not None:
                    yield event
        finally:
            await self._end(runner)

    async def _end(self, runner: asyncio.Task[None]) -> None:
        runner.cancel()
        with suppress(asyncio.CancelledError):
            await runner
        self._ws, self._live = None, False
        self._questions.fail()

    async def submit(self, op: AnyOp | Signal) -> Receipt:
        """Ask for something; see `Backend.submit`."""
        if isinstance(op, TypingSignal | ViewingSignal):
            if self._ws is not None and self._live:
                with suppress(ConnectionClosed):
                    await self._ws.send(frames.signal(op))
            return Receipt(0)
        read = command_read(op.id, op.conversation)
        answer = await self._ask(op.id, frames.command(op), read)
        if isinstance(answer, Acked):
            return Receipt(answer.seq)
        assert isinstance(answer, RejectedEvent)
        raise Rejected(answer)

    async def history(
        self, conversation: ConversationId, before: int | None, limit: int = 50
    ) -> HistoryLoaded:
        """A page of a thread; see `Backend.history`."""
        ask_id = f"q-{next(self._asked)}"
        frame = frames.question(ask_id, conversation, before, limit)
        answer = await self._ask(ask_id, frame, page_read(ask_id, conversation, before))
        if isinstance(answer, HistoryLoaded):
            return answer
        assert isinstance(answer, RejectedEvent)
        raise Rejected(answer)

    async def aclose(self) -> None:
        """End it: the socket closes and `events` stops."""
        self._closing = True
        if self._ws is not None:
            await self._ws.close()
        self._queue.put_nowait(None)

    async def _ask(self, ask_id: str, frame: str, read: Read) -> Answer:
        ws = self._ws
        if ws is None or not self._live or ws.state is not State.OPEN:
            if self._final:
                raise Unauthorised(self._final)
            raise Unreachable(sent=False)
        question = self._questions.ask(ask_id, read)
        try:
            await ws.send(frame)
            return await asyncio.wait_for(question.answer, ANSWER_WITHIN)
        except (ConnectionClosed, TimeoutError) as error:
            raise Unreachable from error
        finally:
            self._questions.forget(question)

    async def _run(self) -> None:
        pause = self._backoff.begin(self._clock.monotonic())
        if pause > FLOOR:
            words = _("too many attempts in a minute; the next one has to wait")
            self._tell(Link.OFFLINE, plain_line(words), pause)
        await asyncio.sleep(pause)
        while True:
            self._tell(Link.CATCHING_UP if self._resume else Link.CONNECTING)
            ending = await self._one_link()
            self._ws, self._live, self._go = None, False, None
            self._next_part = 0
            self._questions.fail()
            if self._closing:
                return
            if ending.from_scratch or not self._whole:
                self._resume = None
            if ending.final:
                self._final = ending.words
                self._tell(Link.CLOSED, ending.words)
                return
            now = self._clock.monotonic()
            pause = self._backoff.wait(now, ending.retry_after, alone=ending.alone)
            self._tell(Link.OFFLINE, ending.words, pause)
            await asyncio.sleep(pause)

    async def _one_link(self) -> Ending:
        """One connection from its beginning to its end: how it ended."""
        try:
            ws = await self._connect()
        except explain.LINK_ERRORS as error:
            return explain.not_opened(error, self._address.url)
        try:
            async with ws:
                self._ws = ws
                resume, agent = self._resume, self._address.agent
                await ws.send(frames.hello(agent, self._address.device, resume))
                return await self._listen(ws)
        except ConnectionClosed as error:
            return self._closed(error)

    async def _connect(self) -> ClientConnection:
        """A fresh attempt, with the token as it is now."""
        return await _Straight(
            self._address.url,
            additional_headers={"Authorization": f"Bearer {self._address.token.reveal()}"},
            user_agent_header="agent-tui",
            proxy=None if self._address.loopback else True,
            compression=None,
            max_size=MAX_FRAME,
            ping_interval=10,
            ping_timeout=10,
            close_timeout=2,
            open_timeout=10,
            logger=LOG,
        )

    async def _listen(self, ws: ClientConnection) -> Ending:
        healthy_at = self._clock.monotonic() + HEALTHY_AFTER
        while True:
            try:
                async with asyncio.timeout(self._hb * SILENCE):
                    raw = await ws.recv()
                ending = await self._take(ws, codec.decode(raw))
            except TimeoutError:
                ws.transport.abort()  # nobody would answer a polite close
                return Ending(plain_line(_("the desk has gone silent")))
            except Malformed as error:
                return self._broken_frame(error)
            if ending is not None:
                return ending
            if self._live and self._clock.monotonic() > healthy_at:
                self._backoff.healthy()
                self._malformed = 0

    def _closed(self, error: ConnectionClosed) -> Ending:
        """The link was closed: by the desk, or by the library because of what the desk sent."""
        if error.sent and error.sent.code in explain.UNREADABLE and not error.rcvd_then_sent:
            return self._broken_frame(error.sent.reason or error.sent.code)
        code = error.rcvd.code if error.rcvd else None
        ending = explain.closed(code, self._go, self._address.agent)
        return self._misunderstood(ending) if code in explain.UNREADABLE else ending

    def _broken_frame(self, reason: object) -> Ending:
        words = _("the desk sent something unreadable ({reason})").format(reason=reason)
        return self._misunderstood(Ending(plain_line(words)))

    def _misunderstood(self, ending: Ending) -> Ending:
        self._malformed += 1
        final = self._malformed >= MALFORMED_LIMIT
        return replace(ending, final=final, from_scratch=self._malformed > 1)

    async def _take(self, ws: ClientConnection, frame: codec.Frame) -> Ending | None:
        match frame:
            case codec.Ev():
                return self._event(frame)
            case codec.Res():
                self._tell_of(*self._questions.answered(frame))
            case codec.Sig() | codec.Unknown():
                self._queue.put_nowait(frame.event)
            case codec.Heartbeat():
                if self._live and frame.seq > self._seq:
                    return Ending(plain_line(_("events were missed; fetching them")))
                await ws.send(frames.heartbeat(self._seq))
            case codec.Welcome():
                self._welcome(frame)
            case codec.Snap():
                self._snapshot(frame)
            case codec.Go():
                self._go = frame
            case _:
                assert_never(frame)
        return None

    @property
    def _seq(self) -> int:
        return self._resume[1] if self._resume else 0

    def _welcome(self, frame: codec.Welcome) -> None:
        resumed = frame.event.resumed
        if resumed and (self._resume is None or self._resume[0] != frame.epoch):
            raise Malformed("mode")
        self._capabilities = frame.event.capabilities
        self._hb = frame.hb
        self._resume = (frame.epoch, self._seq if resumed else frame.seq)
        self._tell_of(frame.event, *frame.left_out)
        if resumed:
            self._go_live()
        else:
            self._live = self._whole = False
            self._next_part = 1
            self._tell(Link.CATCHING_UP)

    def _snapshot(self, frame: codec.Snap) -> None:
        part, parts = frame.event.part, frame.event.parts
        if self._resume is None or part != self._next_part or part > parts:
            raise Malformed("part")
        if part == 1:
            self._resume = (self._resume[0], frame.at_seq)
        self._tell_of(frame.event, *frame.left_out)
        self._next_part = 0 if part == parts else part + 1
        if part == parts:
            self._go_live()

    def _tell_of(self, *events: Event) -> None:
        for event in events:
            self._queue.put_nowait(event)

    def _go_live(self) -> None:
        self._live = self._whole = True
        self._tell(Link.LIVE)

    def _event(self, frame: codec.Ev) -> Ending | None:
        if self._resume is None:
            return Ending(plain_line(_("the desk spoke before its welcome")), from_scratch=True)
        epoch, seq = self._resume
        if frame.seq <= seq:
            return None
        if frame.seq > seq + 1:
            return Ending(plain_line(_("events were missed; fetching them")))
        self._resume = (epoch, frame.seq)
        self._queue.put_nowait(frame.event)
        return None

    def _tell(self, link: Link, detail: SafeText = NO_TEXT, retry_in: float | None = None) -> None:
        now = self._clock.now()
        retry_at = None if retry_in is None else now + timedelta(seconds=retry_in)
        self._queue.put_nowait(LinkChanged(link, now, detail, retry_at))
