"""One key at a time: what is typed (or clicked) ahead waits until the key before it has worked.

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
from textual.errors import NoWidget
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import Widget

PATIENCE = 0.5
"""Most seconds the next key waits for a part of the screen that does not answer: it may be gone."""

GLANCE = 0.005
"""Seconds between two looks at whether a new screen has its focus."""

Given = events.Key | events.Paste | events.MouseEvent


class Turnstile:
    """Lets keys, pastes and clicks into the program in order, each after the one before it."""

    def __init__(self, app: App[Any], forward: Callable[[Given], Awaitable[None]]) -> None:
        """`forward` gives an event to whatever has the focus of `app` then."""
        self._app = app
        self._forward = forward
        self._queue: deque[Given] = deque()
        self._following: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Everything typed so far has done its work."""
        return self._following is None

    async def take(self, event: Given) -> None:
        """Something was typed or clicked; called in the app's own loop of messages."""
        self._queue.append(event)
        if self._following is None:
            await self._let_in()

    async def _let_in(self) -> None:
        self._following = None
        if self._queue:
            event, screen = self._queue.popleft(), self._app.screen
            path = [*self._goes_to(event, screen).ancestors_with_self]
            # Followed even where it fails: the keys behind it must not wait for ever.
            self._following = asyncio.create_task(self._follow(screen, path[:-1]))
            await self._forward(event)

    def _goes_to(self, event: Given, screen: Screen[Any]) -> Widget:
        app = self._app
        if not isinstance(event, events.MouseEvent):
            return app.focused or screen
        if app.mouse_captured is not None:
            return app.mouse_captured
        with suppress(NoWidget):
            return screen.get_widget_at(event.x, event.y)[0]
        return screen

    async def _follow(self, screen: Screen[Any], path: Sequence[MessagePump]) -> None:
        """Wait until the key came up from the focus to the app, and what it asked for is there."""
        app = self._app
        try:
            async with asyncio.timeout(PATIENCE):
                for pump in (app, *path, app):
                    await _worked_off(pump)
                if app.screen is not screen:
                    while app.focused is None:
                        await asyncio.sleep(GLANCE)
                    await _worked_off(app.screen)
                    await _worked_off(app)
        except Exception as error:  # whatever it was, the next key must get in
            if not isinstance(error, TimeoutError):
                app.log.error(error)
        finally:
            app.call_later(self._let_in)


async def _worked_off(pump: MessagePump) -> None:
    """Wait until `pump` has dealt with everything that had reached it."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        await done.wait()
