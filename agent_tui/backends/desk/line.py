"""One open connection to the desk, from its hello to its end."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Final

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from agent_tui.backends.base import Unreachable
from agent_tui.backends.desk import codec, frames, goodbyes, skew
from agent_tui.backends.desk.answers import Granted
from agent_tui.backends.desk.ending import UNREADABLE, Ending
from agent_tui.backends.desk.fields import Malformed
from agent_tui.backends.desk.following import Follower
from agent_tui.backends.desk.questions import Answer, Questions, Read, grant_read
from agent_tui.backends.desk.renewing import Renewing
from agent_tui.clock import Clock
from agent_tui.credentials.secret import Secret
from agent_tui.credentials.tokens import Tokens
from agent_tui.events import Event, Link, LinkChanged
from agent_tui.i18n import _
from agent_tui.model import NO_TEXT
from agent_tui.sanitise import plain_line

ANSWER_WITHIN = 15.0
"""Seconds an answer may take before the request counts as not arrived."""
HEALTHY_AFTER = 10.0
"""Seconds a welcomed link lives before the waits begin anew."""
PROBE_WITHIN = 3.0
"""Seconds a line has to show that it lives, after the machine slept."""
IN_ONE_GO: Final = 50
BREATH: Final = 0.002
"""So many frames in one go, then so many seconds of rest: a long replay must not keep the screen's
thread from the interpreter that both share."""
SILENCE: Final = 2.2
"""Heartbeats that may be missed before the link counts as dead."""


@dataclass(frozen=True, slots=True)
class Seat:
    """What stays over all the lines of one seat."""

    agent: str
    device: str
    tokens: Tokens
    following: Follower
    clock: Clock
    random: Random
    tell: Callable[[Event], None]
    """Takes every event at once; never waits."""
    healthy: Callable[[], None]
    """Is called when a line has lived long enough."""


class Line:
    """One open connection to the desk. It says hello, and then takes what comes."""

    def __init__(self, ws: ClientConnection, token: Secret, seat: Seat) -> None:
        """`token` is the one that `ws` was opened with."""
        self._ws = ws
        self._seat = seat
        self._following = seat.following
        self._questions = Questions()
        self._asked = itertools.count(1)
        self._renewing = Renewing(seat.tokens, token, seat.clock, seat.random, self._offer)
        self._ahead = skew.NONE
        self._longest_page: int | None = None

    @property
    def live(self) -> bool:
        """The desk may be asked."""
        return self._following.live and self._ws.state is State.OPEN

    @property
    def token(self) -> Secret:
        """The token by which the desk knows this line."""
        return self._renewing.accepted

    def page(self, wanted: int) -> int:
        """How many messages to ask for, when `wanted` would be good."""
        return wanted if self._longest_page is None else max(1, min(wanted, self._longest_page))

    async def live_on(self) -> Ending:
        """From the hello to the end: how it ended."""
        renewing = asyncio.create_task(self._renewing.run())
        try:
            async with self._ws:
                resume = self._following.hello()
                await self._ws.send(frames.hello(self._seat.agent, self._seat.device, resume))
                return await self._listen()
        except ConnectionClosed as error:
            return self._closed(error)
        finally:
            renewing.cancel()
            self._questions.fail()

    async def ask(self, ask_id: str, frame: str, read: Read) -> Answer:
        """Ask the desk. Raises `Unreachable`."""
        question = self._questions.ask(ask_id, read)
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                await self._ws.send(frame)
                return await question.answer
        except (ConnectionClosed, TimeoutError) as error:
            raise Unreachable from error
        finally:
            self._questions.forget(question)

    async def signal(self, frame: str) -> None:
        """Say something that may be lost."""
        with suppress(ConnectionClosed):
            await self._ws.send(frame)

    async def probe(self) -> None:
        """Find out whether it lives, and cut it where it does not answer; see to the token."""
        self._renewing.look()
        try:
            async with asyncio.timeout(PROBE_WITHIN):
                await (await self._ws.ping())
        except ConnectionClosed:
            pass
        except TimeoutError:
            self._ws.transport.abort()

    async def close(self, within: float) -> None:
        """End it, politely for as many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._ws.close()
        self._ws.transport.abort()

    async def _listen(self) -> Ending:
        healthy_at = self._seat.clock.monotonic() + HEALTHY_AFTER
        for number in itertools.count(1):
            if number % IN_ONE_GO == 0:
                await asyncio.sleep(BREATH)
            try:
                # Answering is timed, too: a desk that does not read would hold us up for ever.
                async with asyncio.timeout(self._following.hb * SILENCE):
                    ending = await self._take(codec.decode(await self._ws.recv()))
            except TimeoutError:
                self._ws.transport.abort()  # nobody would answer a polite close
                return Ending(plain_line(_("the desk has gone silent")))
            except Malformed as error:
                return self._following.unreadable(error)
            if ending is not None:
                return ending
            if self._following.live and self._seat.clock.monotonic() > healthy_at:
                self._seat.healthy()
                self._following.healthy()
        raise AssertionError("counting has no end")

    def _closed(self, error: ConnectionClosed) -> Ending:
        """The link was closed: by the desk, or by the library because of what the desk sent."""
        if error.sent and error.sent.code in UNREADABLE and not error.rcvd_then_sent:
            return self._following.unreadable(error.sent.reason or error.sent.code)
        code = error.rcvd.code if error.rcvd else None
        ending = goodbyes.closed(code, self._following.go, self._seat.agent)
        return self._following.misunderstood(ending) if code in UNREADABLE else ending

    async def _take(self, frame: codec.Frame) -> Ending | None:
        match frame:
            case codec.Res():
                self._tell(*self._questions.answered(frame))
            case codec.Welcome():
                self._ahead = self._seat.clock.now() - frame.event.server_time
                self._longest_page = frame.longest_page
                self._renewing.lives(frame.expires_in)
            case codec.AuthExpiring():
                self._renewing.ends_soon(frame.expires_in)
            case _:
                pass
        taken = self._following.take(frame)
        self._tell(*taken.events)
        if taken.link is not None:
            self._tell(self._turned(taken.link))
        if taken.send is not None:
            await self._ws.send(frames.heartbeat(taken.send.seq))
        return taken.ending

    def _turned(self, link: Link) -> LinkChanged:
        """The line's new state; with it, that the clocks do not agree."""
        detail = plain_line(skew.words(self._ahead)) if abs(self._ahead) > skew.NOTICED else NO_TEXT
        return LinkChanged(link, self._seat.clock.now(), detail)

    def _tell(self, *events: Event) -> None:
        for event in events:
            self._seat.tell(event)

    async def _offer(self, token: Secret) -> Granted | None:
        """Show the desk a fresh token; None: no answer came."""
        ask_id = f"auth-{next(self._asked)}"
        try:
            answer = await self.ask(ask_id, frames.auth(ask_id, token), grant_read)
        except Unreachable:
            return None
        return answer if isinstance(answer, Granted) else None
