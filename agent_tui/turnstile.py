"""One key at a time: what is typed ahead waits until the key before it has done its work.

The framework gives a key to whatever has the focus when it arrives, and the focus moves a little
later than the key that moved it. Over a slow line a whole word arrives at once; without a
turnstile its letters would fall where the first key came from, and the ``e`` of a reply would
resolve the conversation.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.screen import Screen

PATIENCE = 0.5
"""Most seconds the next key waits for a part of the screen that does not answer: it may be gone."""

GLANCE = 0.005
"""Seconds between two looks at whether a new screen has its focus."""

Typed = events.Key | events.Paste


class Turnstile:
    """Lets keys and pastes into the program in their order, each after the one before it."""

    def __init__(self, app: App[Any], forward: Callable[[Typed], Awaitable[None]]) -> None:
        """`forward` gives an event to whatever has the focus of `app` then."""
        self._app = app
        self._forward = forward
        self._queue: deque[Typed] = deque()
        self._following: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Everything typed so far has done its work."""
        return self._following is None

    async def take(self, event: Typed) -> None:
        """Something was typed; called in the app's own loop of messages."""
        self._queue.append(event)
        if self._following is None:
            await self._let_in()

    async def _let_in(self) -> None:
        self._following = None
        if self._queue:
            screen = self._app.screen
            path = [*(self._app.focused or screen).ancestors_with_self]
            # Followed even where it fails: the keys behind it must not wait for ever.
            self._following = asyncio.create_task(self._follow(screen, path[:-1]))
            await self._forward(self._queue.popleft())

    async def _follow(self, screen: Screen[Any], path: Sequence[MessagePump]) -> None:
        """Wait until the key came up from the focus to the app, and what it asked for is there."""
        app = self._app
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                for pump in (app, *path, app):
                    await _worked_off(pump)
                if app.screen is not screen:
                    while app.focused is None:
                        await asyncio.sleep(GLANCE)
                    await _worked_off(app.screen)
                    await _worked_off(app)
        app.call_later(self._let_in)


async def _worked_off(pump: MessagePump) -> None:
    """Wait until `pump` has dealt with everything that had reached it."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        await done.wait()
