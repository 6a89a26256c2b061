"""A connection without a network: frames under way in two directions, and every way it can end."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from random import Random

from agent_tui.backends.mock.identities import Grant

PROMPT = 4
"""Frames that lie between desk and console before the desk has to keep them itself."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The desk closes; nothing comes after it."""

    code: int


@dataclass(eq=False)
class Wire:
    """One connection. What is under way arrives in order, or from some point on not at all."""

    grant: Grant
    """What the token opens that it was opened with."""
    up: deque[str] = field(default_factory=deque)
    """From the console to the desk."""
    down: deque[str | Closing] = field(default_factory=deque)
    is_cut: bool = False
    silent: bool = False
    """Cut, and neither end can tell."""
    console_left: bool = False
    desk_left: bool = False

    @property
    def room(self) -> int:
        """How many more frames the desk can put on it."""
        return max(0, PROMPT - len(self.down))

    def say(self, text: str) -> None:
        """The console says something; into a dead line it says it to nobody."""
        if not (self.is_cut or self.desk_left or self.console_left):
            self.up.append(text)

    def tell(self, text: str | Closing) -> None:
        """The desk says something."""
        if not (self.is_cut or self.desk_left or self.console_left):
            self.down.append(text)

    def cut(self, chance: Random, *, silent: bool = False) -> None:
        """It breaks now: of what is under way the end is lost, in each direction."""
        _lose_end(self.up, chance)
        _lose_end(self.down, chance)
        self.is_cut, self.silent = True, silent

    def leave(self, chance: Random) -> None:
        """The console is gone; what it had said may still arrive."""
        self.console_left = True
        self.down.clear()
        _lose_end(self.up, chance)

    def close(self, *last: str | Closing) -> None:
        """The desk says its last words and hears no more."""
        for text in last:
            self.tell(text)
        self.desk_left = True
        self.up.clear()

    @property
    def over_for_console(self) -> bool:
        """Nothing will come any more, and the console can tell."""
        return not self.down and (self.desk_left or (self.is_cut and not self.silent))

    @property
    def over_for_desk(self) -> bool:
        """Nothing will come any more, and the desk can tell."""
        return not self.up and (self.console_left or (self.is_cut and not self.silent))


def _lose_end(queue: deque[str] | deque[str | Closing], chance: Random) -> None:
    for _lost in range(chance.randint(0, len(queue))):
        queue.pop()
