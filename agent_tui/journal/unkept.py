"""The journal of a console that can have none: it says so with every write."""

from __future__ import annotations

from collections.abc import Mapping

from agent_tui.journal.base import Done, NoJournal
from agent_tui.journal.kept import Kept, Key
from agent_tui.model import SafeText


class Unkept(NoJournal):
    """Keeps nothing, and tells everybody who asks why."""

    def __init__(self, problem: SafeText) -> None:
        self._problem = problem

    def write(self, changes: Mapping[Key, Kept | None], done: Done | None = None) -> None:
        del changes
        if done is not None:
            done(self._problem)

    @property
    def problem(self) -> SafeText:
        return self._problem

    def close(self, timeout: float = 2.0) -> bool:
        del timeout
        return False
