"""Keeps the desk on disk while it runs: whatever changed is there before anybody is told of it.

`Keeper.keep` is called in front of every frame that leaves. What was handled in one turn of the
event loop becomes one transaction: the first frame that leaves pays for all of them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosedError

from agent_tui.backends.mock.customers import Mood
from agent_tui.backends.mock.ledger import Kept, Touched
from agent_tui.backends.mock.opening import Opened
from agent_tui.backends.mock.options import MockError
from agent_tui.backends.mock.state_file import StateFile, create
from agent_tui.backends.mock.state_rows import everything, rows_of
from agent_tui.backends.mock.wire import stamp
from agent_tui.i18n import _

EVERY_SECONDS = 1.0
"""How often what nobody has been told of is written too."""
TIDY_EVERY = 60
"""How many of those times until what is past its time is let go."""

Answer = tuple[tuple[str, str], Kept]


class Keeper:
    """Writes one desk to one file; made in the event loop that serves the desk."""

    def __init__(self, path: Path, opened: Opened) -> None:
        self._path = path
        self._opened = opened
        self._file: StateFile | None = opened.file
        self._newest = opened.world.seq if opened.file is None else opened.file.newest
        """The newest event on disk."""
        self._answered = next(reversed(opened.world.answers), None)
        """The newest answer on disk."""
        self._epoch = ""
        """The epoch on disk."""
        self._moods: dict[str, Mood] = {}
        """As they are on disk."""
        self.broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Fails with `MockError` when the desk cannot be kept any more."""

    def begin(self) -> None:
        """Take the file, or make it; raises `MockError` if that fails."""
        world, seats = self._opened.world, self._opened.simulation.seats
        if self._file is None:
            create(self._path, rows_of(world, seats, everything(world)))
            world.touched = Touched()
            self._file = StateFile(self._path)
        self._moods = {conv: seat.mood for conv, seat in seats.items()}
        self._file.begin()
        self._write()

    # ── in front of every frame ─────────────────────────────────────────────────────

    def keep(self) -> None:
        """Have on disk what has happened; raises `MockError` if that fails.

        Once it has failed it fails for ever: nobody may hear of what is not kept.
        """
        if self.broken.done():
            self.broken.result()
        if self._changed():
            try:
                self._write()
            except MockError as error:
                self._break(error)

    def _changed(self) -> bool:
        world = self._opened.world
        return (
            world.touched != _NOTHING
            or world.epoch != self._epoch
            or self._opened.stream.seq != self._newest
            or next(reversed(world.answers), None) != self._answered
        )

    def _write(self) -> None:
        """Write what differs from what is on disk, in one transaction."""
        world, seats = self._opened.world, self._opened.simulation.seats
        touched, answers = world.touched or Touched(), self._answers()
        rows = rows_of(world, seats, touched, answers, self._events())
        self._the_file.write(rows)
        world.touched = Touched()
        self._epoch = world.epoch
        self._newest = self._opened.stream.seq
        self._answered = answers[-1][0] if answers else self._answered
        for conv in touched.conversations:
            if conv in seats:
                self._moods[conv] = seats[conv].mood

    def _events(self) -> list[tuple[int, str]]:
        """The events that are not on disk yet, oldest first."""
        stream = self._opened.stream
        texts = stream.after(self._newest)
        if texts is None:  # more than are kept at all: what is on disk is no beginning of these
            texts = list(stream.kept())
            self._the_file.forget(events_to=self._newest)
        return list(enumerate(texts, stream.seq - len(texts) + 1))

    def _answers(self) -> list[Answer]:
        """The answers that are not on disk yet, oldest first."""
        answers: list[Answer] = []
        for key in reversed(self._opened.world.answers):
            if key == self._answered:
                break
            answers.append((key, self._opened.world.answers[key]))
        return answers[::-1]

    @property
    def _the_file(self) -> StateFile:
        if self._file is None:
            raise RuntimeError("the keeper has not begun")
        return self._file

    def _break(self, error: MockError) -> None:
        message = _(
            "The desk has stopped: {why} Whatever it has told anybody is kept. "
            "See to the disk, then start it again."
        )
        broken = MockError(message.format(why=error))
        self.broken.set_exception(broken)
        self.broken.exception()  # looked at: it may be that nobody waits for it
        raise broken from error

    # ── now and then, and at the end ────────────────────────────────────────────────

    async def run(self) -> None:
        """Write what nobody is told of, until cancelled or broken."""
        turn = 0
        with contextlib.suppress(MockError):
            while True:
                await asyncio.sleep(EVERY_SECONDS)
                self.keep_all()
                turn += 1
                if turn % TIDY_EVERY == 0:
                    self._tidy()

    def keep_all(self) -> None:
        """Like `keep`, with the moods of customers to whom nothing else has happened."""
        touched = self._opened.world.touched
        for conv, seat in self._opened.simulation.seats.items():
            if touched is not None and self._moods.get(conv) is not seat.mood:
                touched.conversations[conv] = None
        self.keep()

    def _tidy(self) -> None:
        """Let go of events that nobody can resume from, and of answers past their time."""
        stream, answers = self._opened.stream, self._opened.world.answers
        oldest = next(iter(answers.values()), None)
        try:
            self._the_file.forget(
                events_to=stream.seq - stream.keep,
                answers_before="" if oldest is None else stamp(oldest.at),
            )
        except MockError as error:
            self._break(error)

    def end(self) -> None:
        """Write the last state and let go of the file; raises `MockError` if that fails.

        What is on disk is all that anybody was told, also where the last state did not get there.
        """
        try:
            self.keep_all()
            self._tidy()
        except MockError:
            with contextlib.suppress(MockError):
                self._the_file.end()
            raise
        self._the_file.end()


_NOTHING = Touched()


def kept_line(keep: Callable[[], None]) -> type[ServerConnection]:
    """A kind of connection on which no frame leaves before `keep` has kept what it tells."""

    class KeptLine(ServerConnection):
        async def send(self, *args: Any, **more: Any) -> None:
            """Keep the desk, then send; where that fails the line is cut."""
            try:
                keep()
            except MockError:
                self.transport.abort()
                raise ConnectionClosedError(None, None) from None
            await super().send(*args, **more)

    return KeptLine
