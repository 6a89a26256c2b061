"""Keeping one link's token alive: reading it again in time and telling the desk, in band.

When (reliability reference §2.4.1): at 80 % of its life, up to 10 % of it sooner or later so that
a floor of consoles does not renew in one second, and when the desk says that it ends. As long as
there is no other token yet, it is looked for again each time half of what is left has passed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Final

from agent_tui.backends.desk.answers import Granted
from agent_tui.clock import Clock
from agent_tui.credentials import CredentialError
from agent_tui.credentials.secret import Secret
from agent_tui.credentials.tokens import Tokens

EARLIEST, LATEST = 0.7, 0.9
"""Parts of a token's life after which it is renewed."""
TOO_LATE: Final = 0.02
"""The part of its life in which it is not looked for any more: the desk will say that it ended."""

LEAST, USUAL = timedelta(seconds=0.1), timedelta(seconds=1)
"""Between two attempts that come to nothing, however often the desk says that it ends: each may
start a program. The shorter one is for tokens that live for seconds."""

Offer = Callable[[Secret], Awaitable[Granted | None]]
"""Shows the desk a token; None: no answer came."""


class Renewing:
    """The token of one link."""

    def __init__(
        self, tokens: Tokens, accepted: Secret, clock: Clock, random: Random, offer: Offer
    ) -> None:
        """`accepted` is the token that the link came in with."""
        self._tokens = tokens
        self._clock = clock
        self._random = random
        self._offer = offer
        self._accepted = accepted
        self._life = timedelta(0)
        self._ends: datetime | None = None
        self._due: datetime | None = None
        self._tried: datetime | None = None
        """When it was last looked for in vain."""
        self._changed = asyncio.Event()

    @property
    def accepted(self) -> Secret:
        """The token that the desk knows of this link."""
        return self._accepted

    def lives(self, seconds: float | None) -> None:
        """The token that was accepted is good for so many seconds from now; None: for ever."""
        if seconds is None or not self._tokens.renewable:
            self._ends = self._due = None
        else:
            self._life = timedelta(seconds=seconds)
            part = EARLIEST + self._random.random() * (LATEST - EARLIEST)
            self._ends = self._clock.steady() + self._life
            self._due = self._clock.steady() + self._life * part
        self._changed.set()

    def ends_soon(self, seconds: float) -> None:
        """The desk says that it ends in so many seconds: a fresh one is to be had now."""
        if self._tokens.renewable:
            now = self._clock.steady()
            self._ends = now + timedelta(seconds=seconds)
            self._life = max(self._life, timedelta(seconds=seconds))
            self._due = now if self._tried is None else max(now, self._tried + self._spacing)
            self._changed.set()

    def look(self) -> None:
        """The machine slept: it may be time."""
        self._changed.set()

    async def run(self) -> None:
        """Renew whenever it is time; never ends."""
        while True:
            self._changed.clear()
            wait = None
            if self._due is not None:
                wait = max(0.0, (self._due - self._clock.steady()).total_seconds())
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()
                    continue
            await self._renew()

    async def _renew(self) -> None:
        self._due = None
        with suppress(CredentialError):  # it may be to be had later; the desk says when it ended
            token = await self._tokens.read()
            if token != self._accepted:
                granted = await self._offer(token)
                if granted is not None and granted.ok:
                    self._accepted, self._tried = token, None
                    self.lives(granted.expires_in)
                    return
        self._tried = self._clock.steady()
        if self._ends is not None and self._due is None:
            left = self._ends - self._clock.steady()
            if left > self._life * TOO_LATE:
                self._due = self._clock.steady() + max(left / 2, self._spacing)

    @property
    def _spacing(self) -> timedelta:
        return min(USUAL, max(LEAST, self._life / 10))
