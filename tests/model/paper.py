"""A disk made of paper: what was committed outlives the program, and nothing else does.

The journal's thread may be anywhere: each time something is handed over, chance says whether it
gets to the paper before the next thing happens, and whether the program is killed right there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from agent_tui.journal import Done, Found, Kept, KeptDraft, KeptOp, Key
from agent_tui.model import NO_TEXT, SafeText

Paper = dict[Key, Kept]


class Killed(BaseException):
    """kill -9, in the middle of something."""


class PaperDisk:
    """A `Journal` on paper."""

    def __init__(
        self, paper: Paper, chance: Random, deadly: float = 0.0, speed: float = 0.3
    ) -> None:
        """`paper` is what an earlier life left; `deadly`: how often a write is the last; `speed`:
        how often the thread is faster than whoever handed something over."""
        self.paper = paper
        self.chance = chance
        self.deadly, self.speed = deadly, speed
        self._found = dict(paper)
        self._waiting: dict[Key, Kept | None] = {}
        self._dones: list[Done] = []
        self.kept: Callable[[], None] = lambda: None
        """Called when something has reached the paper."""

    @property
    def idle(self) -> bool:
        """Everything is on paper."""
        return not (self._waiting or self._dones)

    def found(self) -> Found:
        ops = [row for row in self._found.values() if isinstance(row, KeptOp)]
        drafts = [row for row in self._found.values() if isinstance(row, KeptDraft)]
        return Found(tuple(sorted(ops, key=lambda op: op.order)), tuple(drafts))

    def write(self, changes: Mapping[Key, Kept | None], done: Done | None = None) -> None:
        self._waiting |= changes
        if done is not None:
            self._dones.append(done)
        if self.chance.random() < self.speed:
            self.commit()

    def later(self, key: Key, value: Kept | None) -> None:
        self._waiting[key] = value

    def commit(self) -> None:
        """What waits gets to the paper, all of it, and whoever waits is told."""
        self._die()
        waiting, self._waiting = self._waiting, {}
        dones, self._dones = self._dones, []
        for key, row in waiting.items():
            if row is None:
                self.paper.pop(key, None)
            else:
                self.paper[key] = row
        self.kept()
        self._die()
        for done in dones:
            done(None)

    def _die(self) -> None:
        if self.deadly and self.chance.random() < self.deadly:
            raise Killed

    @property
    def problem(self) -> SafeText:
        return NO_TEXT

    def listen(self, changed: Callable[[], None]) -> None:
        pass

    def close(self, timeout: float = 2.0) -> bool:
        del timeout
        return self.idle
