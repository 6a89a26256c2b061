"""Keeps the desk on disk while it runs: every few seconds if something changed, and at the end."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from agent_tui.backends.mock.opening import Opened
from agent_tui.backends.mock.options import MockError
from agent_tui.backends.mock.state_file import Frozen, encode, freeze, save

EVERY_SECONDS = 3.0
_SHARE = 20
"""A desk so large that a save takes long is saved more rarely: at most 1/20 of the time."""


class Keeper:
    """Writes one desk to one file."""

    def __init__(self, path: Path, opened: Opened) -> None:
        self._path = path
        self._opened = opened
        self._stop = asyncio.Event()
        self._saved: object = None

    def begin(self) -> None:
        """Write at once, as unfinished: were this desk to crash, nobody may trust its sequence.

        Raises `MockError` if the file cannot be written.
        """
        self._saved = self._mark()
        self._write(self._frozen(clean=False))

    async def run(self) -> None:
        """Save what changed, until `end`; a save that fails is tried again."""
        loop = asyncio.get_running_loop()
        pause = EVERY_SECONDS
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._stop.wait()
            mark, began = self._mark(), loop.time()
            if self._stop.is_set() or mark == self._saved:
                continue
            frozen = self._frozen(clean=False)
            with contextlib.suppress(MockError):
                await asyncio.to_thread(self._write, frozen)
                self._saved = mark
            pause = max(EVERY_SECONDS, (loop.time() - began) * _SHARE)

    async def end(self, running: asyncio.Task[None] | None) -> None:
        """Write the last, clean state, after any save under way; raises `MockError`."""
        self._stop.set()
        if running is not None:
            await running
        self._write(self._frozen(clean=True))

    def _mark(self) -> object:
        """Something that differs when anything worth saving has changed."""
        world = self._opened.world
        return world.seq, len(world.answers), next(reversed(world.answers), None)

    def _frozen(self, *, clean: bool) -> Frozen:
        opened = self._opened
        return freeze(opened.world, opened.simulation.seats, opened.stream, clean=clean)

    def _write(self, frozen: Frozen) -> None:
        save(self._path, encode(frozen))
