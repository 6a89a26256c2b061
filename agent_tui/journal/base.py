"""What the console asks of a journal, and the journal that keeps nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

from agent_tui.journal.kept import Found, Kept, Key
from agent_tui.model import NO_TEXT, SafeText

Done: TypeAlias = Callable[[SafeText | None], None]
"""Told what became of a `write`: None, it is on disk; else the problem, in words."""


class JournalError(Exception):
    """No journal can be kept here; the message says why, and what to do, in words for the agent."""


class JournalBusy(JournalError):
    """Another agent-tui of the same account runs; the message names it."""


class Journal(Protocol):
    """What is unsent and what is being written, on disk.

    Nothing here waits for the disk or raises, so it is called from the screen's thread.
    """

    def found(self) -> Found:
        """What was there when it was opened."""
        ...

    def write(self, changes: Mapping[Key, Kept | None], done: Done | None = None) -> None:
        """Put `changes` on disk at once, all of them or none; None takes a key away.

        `done` is called once, from the journal's thread. What could not be written stays in
        memory and is tried again until it is on disk; then `problem` becomes empty.
        """
        ...

    def later(self, key: Key, value: Kept | None) -> None:
        """Put a value on disk within half a second, or together with the next `write`.

        Of several values of a key the last is written.
        """
        ...

    @property
    def problem(self) -> SafeText:
        """Why what is unsent is not on disk; empty while all is well."""
        ...

    def listen(self, changed: Callable[[], None]) -> None:
        """Call `changed`, from the journal's thread, when `problem` becomes another."""
        ...

    def close(self, timeout: float = 2.0) -> bool:
        """Write what waits, and end; waits at most `timeout` seconds. True: all is on disk."""
        ...


class NoJournal:
    """Keeps nothing: for the demo, for tests, and where no journal can be had.

    Its `done` is called at once, in the caller's thread.
    """

    def found(self) -> Found:
        return Found()

    def write(self, changes: Mapping[Key, Kept | None], done: Done | None = None) -> None:
        del changes
        if done is not None:
            done(None)

    def later(self, key: Key, value: Kept | None) -> None:
        pass

    @property
    def problem(self) -> SafeText:
        return NO_TEXT

    def listen(self, changed: Callable[[], None]) -> None:
        pass

    def close(self, timeout: float = 2.0) -> bool:
        del timeout
        return True
