"""A journal in memory that outlives the program it is kept for, and can be made to fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agent_tui.journal import Done, Found, Kept, KeptDraft, KeptOp, Key
from agent_tui.model import NO_TEXT, SafeText


class PaperJournal:
    """Rows on paper; `done` is called at once, in the caller's thread."""

    def __init__(self, paper: dict[Key, Kept] | None = None) -> None:
        """`paper` is what an earlier run left."""
        self.paper: dict[Key, Kept] = {} if paper is None else paper
        self.written: list[dict[Key, Kept | None]] = []
        """Each transaction, in order."""
        self._found = dict(self.paper)
        self._problem: SafeText = NO_TEXT
        self._waiting: dict[Key, Kept | None] = {}
        self._changed: Callable[[], None] = lambda: None
        self.closed = False

    def found(self) -> Found:
        ops = [row for row in self._found.values() if isinstance(row, KeptOp)]
        drafts = [row for row in self._found.values() if isinstance(row, KeptDraft)]
        return Found(tuple(sorted(ops, key=lambda op: op.order)), tuple(drafts))

    def write(self, changes: Mapping[Key, Kept | None], done: Done | None = None) -> None:
        assert not self.closed
        self._waiting |= changes
        if not self._problem:
            self._put()
        if done is not None:
            done(self._problem or None)

    def later(self, key: Key, value: Kept | None) -> None:
        self.write({key: value})

    @property
    def problem(self) -> SafeText:
        return self._problem

    def listen(self, changed: Callable[[], None]) -> None:
        self._changed = changed

    def close(self, timeout: float = 2.0) -> bool:
        del timeout
        self.closed = True
        return not self._problem

    def fail(self, problem: SafeText) -> None:
        """From now on the disk fails; NO_TEXT: it works again."""
        self._problem = problem
        if not problem:
            self._put()
        self._changed()

    def _put(self) -> None:
        self.written.append(dict(self._waiting))
        for key, row in self._waiting.items():
            if row is None:
                self.paper.pop(key, None)
            else:
                self.paper[key] = row
        self._waiting.clear()
