"""The mock desk's own floor, with wires for sockets and a witness beside it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol, cast

from model.wire import Wire

from agent_tui.backends.mock.commands import Outcome
from agent_tui.backends.mock.floor import Floor
from agent_tui.backends.mock.identities import EVERYTHING, Badge
from agent_tui.backends.mock.link import Goodbye, Link
from agent_tui.backends.mock.opening import Opened
from agent_tui.backends.mock.records import Conversation
from agent_tui.backends.mock.stream import Snapshots
from agent_tui.backends.mock.wire import Json
from agent_tui.backends.mock.world import World
from agent_tui.clock import ManualClock

BEAT = 10.0
"""Seconds between two heartbeats."""


class Beside(Protocol):
    """Who looks on."""

    def witness(self, agent: str, frame: Json, outcome: Outcome, ver: int) -> None:
        """A command was carried out or refused; `ver` was the conversation's before."""
        ...

    def compare(self, frame: Json) -> None:
        """A frame is about to be told to everybody."""
        ...

    def customer(self, conv: str, text: str) -> None:
        """A customer writes."""
        ...


class Ended:
    """Whether a line has to end, and why: what a future says to those who wait for nothing."""

    def __init__(self) -> None:
        self._why: Goodbye | None = None

    def done(self) -> bool:
        return self._why is not None

    def set_result(self, why: Goodbye) -> None:
        self._why = why

    def result(self) -> Goodbye:
        assert self._why is not None
        return self._why


class PaperLink(Link):
    """A console's line as the floor knows it, with a wire for a socket."""

    def __init__(self, wire: Wire, agent: str, device: str, room: int) -> None:
        self.wire, self.agent, self.device, self.room = wire, agent, device, room
        self.viewing = self.typing = None
        self.applied, self.frozen = 0, False
        self.ended = cast("Any", Ended())
        self.opening: deque[str] = deque()
        self.backlog: deque[str] = deque()

    def open_with(self, frames: Iterable[str]) -> None:
        self.opening.extend(frames)
        self.pour()

    def push(self, text: str) -> None:
        """As `Link.push`: whose backlog is full is cut off, never skipped over."""
        if self.ended.done():
            return
        if len(self.backlog) >= self.room:
            self.end(Goodbye(4012, "This console reads too slowly."))
            return
        self.backlog.append(text)
        self.pour()

    def pour(self) -> None:
        """Put on the wire what it takes."""
        for queue in (self.opening, self.backlog):
            while queue and self.wire.room:
                self.wire.tell(queue.popleft())


class SmallParts(Snapshots):
    """Snapshots in parts of one conversation each, so that a line can break between two."""

    def parts(self, conversations: Iterable[Conversation], at_seq: int) -> list[str]:
        texts = [self._text(conv) for conv in conversations]
        return [
            f'{{"frame":"snap","part":{number},"parts":{len(texts)},"at_seq":{at_seq},'
            f'"conversations":[{text}]}}'
            for number, text in enumerate(texts, 1)
        ]


class Watched:
    """The real world, with a witness to each command."""

    def __init__(self, world: World, witness: Callable[[str, Json, Outcome, int], None]) -> None:
        self._world, self._witness = world, witness

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world, name)

    def command(self, agent: str, frame: Json, now: Any, badge: Badge = EVERYTHING) -> Outcome:
        conv = self._world.conversations.get(frame["conv"])
        ver = 0 if conv is None else conv.ver
        outcome = self._world.command(agent, frame, now, badge)
        self._witness(agent, frame, outcome, ver)
        return outcome


class Hall(Floor):
    """The real floor; what it publishes is what the book has."""

    def __init__(self, opened: Opened, clock: ManualClock, house: Beside) -> None:
        super().__init__(opened, clock, BEAT)
        self.world = cast("World", Watched(opened.world, house.witness))
        self._snapshots = SmallParts()
        self._house = house

    def somebody_writes(self) -> None:
        """A customer does, in this very moment."""
        self._house.customer("c-1001", "now")

    def publish(self, frames: Iterable[Json]) -> None:
        frames = tuple(frames)
        for frame in frames:
            self._house.compare(frame)
        super().publish(frames)
