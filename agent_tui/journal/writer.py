"""The journal's thread: takes what is to be written, writes it, and says what became of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from agent_tui.i18n import _
from agent_tui.journal.base import Done, JournalError
from agent_tui.journal.kept import Found, Kept, Key
from agent_tui.journal.lock import Lock
from agent_tui.journal.rows import spell
from agent_tui.journal.trouble import unsaved
from agent_tui.model import NO_TEXT, SafeText
from agent_tui.sanitise import plain_line

SOON: Final = 0.4
"""Seconds that a draft waits for its next letters, so that it is on disk within half a second."""
AGAIN: Final = 2.0
"""Seconds until what could not be written is tried again."""


class Disk(Protocol):
    """Where rows go; `agent_tui.journal.database` is one."""

    def put(self, changes: Mapping[Key, bytes | None]) -> None:
        """Make `changes`, all or none, on disk when this returns. Raises what went wrong."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class FileJournal:
    """A `Journal` in a file. The disk and the lock are its thread's alone."""

    def __init__(
        self, file: Path, found: Found, disk: Disk, lock: Lock, problem: SafeText = NO_TEXT
    ) -> None:
        self.file = file
        """Where it is."""
        self._found = found
        self._disk = disk
        self._lock = lock
        self._problem = problem
        self._waiting: dict[Key, Kept | None] = {}
        self._dones: list[Done] = []
        self._urgent = False
        self._closing = False
        self._ended = False
        self._changed: Callable[[], None] = lambda: None
        self._awake = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    # Whoever keeps something

    def found(self) -> Found:
        return self._found

    def write(self, changes: Mapping[Key, Kept | None], done: Done | None = None) -> None:
        with self._awake:
            ended = self._ended
            self._waiting |= changes
            self._urgent = True
            if done is not None and not ended:
                self._dones.append(done)
            self._awake.notify()
        if ended and done is not None:
            done(_closed())

    def later(self, key: Key, value: Kept | None) -> None:
        with self._awake:
            self._waiting[key] = value
            self._awake.notify()

    @property
    def problem(self) -> SafeText:
        return self._problem

    def listen(self, changed: Callable[[], None]) -> None:
        self._changed = changed

    def close(self, timeout: float = 2.0) -> bool:
        with self._awake:
            self._closing = True
            self._awake.notify()
        self._thread.join(timeout)
        with self._awake:
            return self._ended and not self._waiting

    # The thread

    def _work(self) -> None:
        try:
            while not self._round():
                pass
        finally:
            with self._awake:
                self._ended = True
                left, self._dones = self._dones, []
            self._disk.close()
            self._lock.release()
            _call(left, _closed())

    def _round(self) -> bool:
        """Wait for work and do it; True when that was the last."""
        with self._awake:
            self._awake.wait_for(self._has_work, self._lock.beat_every)
            if not self._called():
                self._awake.wait_for(self._called, AGAIN if self._problem else SOON)
            batch, self._waiting = self._waiting, {}
            dones, self._dones = self._dones, []
            last, self._urgent = self._closing, False
        problem = self._try(batch)
        _call(dones, problem or None)
        return last and self._end()

    def _end(self) -> bool:
        """End, unless something came that has not been tried."""
        with self._awake:
            self._ended = not self._dones and (not self._waiting or bool(self._problem))
            return self._ended

    def _has_work(self) -> bool:
        return bool(self._waiting or self._problem) or self._called()

    def _called(self) -> bool:
        return self._urgent or self._closing

    def _try(self, batch: dict[Key, Kept | None]) -> SafeText:
        """Write `batch`; what could not be written waits on, under what is newer."""
        problem = NO_TEXT
        try:
            self._mind_lock()
            if batch or self._problem:
                self._disk.put(
                    {key: None if kept is None else spell(kept) for key, kept in batch.items()}
                )
        except Exception as error:  # whatever it is, the words are kept and she is told
            problem = unsaved(error, self.file)
            with self._awake:
                self._waiting = batch | self._waiting
        self._tell(problem)
        return problem

    def _mind_lock(self) -> None:
        """Where the system keeps no locks, see that the journal is still ours."""
        if not self._lock.beat():
            self._disk.close()
            raise JournalError(_("Not saved on disk: another agent-tui has the journal now."))

    def _tell(self, problem: SafeText) -> None:
        if problem == self._problem:
            return
        self._problem = problem
        with suppress(Exception):  # as with `done`
            self._changed()


def _call(dones: list[Done], problem: SafeText | None) -> None:
    for done in dones:
        with suppress(Exception):  # another's mistake must not end the journal
            done(problem)


def _closed() -> SafeText:
    return plain_line(_("Not saved on disk: the journal is closed already."))
