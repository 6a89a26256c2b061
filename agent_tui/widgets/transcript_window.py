"""Where a window stands over items of different heights that are measured only when needed.

Pure rules. A position is an item and a line of it, never a count of lines from the top: so nothing
above has to be measured, and nothing that changes there moves what is in sight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line: the item it belongs to and its number in it, both counted from 0."""

    item: int = 0
    line: int = 0


@dataclass(frozen=True, slots=True)
class Stack:
    """Items below each other; `height` of an item is at least 1."""

    count: int
    height: Callable[[int], int]

    def moved(self, place: Place, lines: int) -> Place:
        """`lines` further down (negative: up) than `place`, but within the stack.

        `place.line` may lie outside of its item, as the start of a count.
        """
        if self.count == 0:
            return Place()
        item = min(place.item, self.count - 1)
        line = (place.line if item == place.item else self.height(item) - 1) + lines
        while line < 0 and item > 0:
            item -= 1
            line += self.height(item)
        while line >= self.height(item):
            if item == self.count - 1:
                return Place(item, self.height(item) - 1)
            line -= self.height(item)
            item += 1
        return Place(item, max(0, line))

    def last_top(self, size: int) -> Place:
        """The first line in sight when the last line stands at the foot of a window of `size`."""
        if self.count == 0:
            return Place()
        return self.moved(Place(self.count - 1, self.height(self.count - 1)), -max(1, size))

    def from_place(self, place: Place) -> Iterator[Place]:
        """The lines from `place` on, to the end of the stack."""
        for item in range(place.item, self.count):
            start = place.line if item == place.item else 0
            for line in range(start, self.height(item)):
                yield Place(item, line)

    def lines_before(self, place: Place, most: int) -> int:
        """How many lines are above `place`, counted up to `most`."""
        above, item = place.line, place.item
        while above < most and item > 0:
            item -= 1
            above += self.height(item)
        return min(above, most)
