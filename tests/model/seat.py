"""The console's side: the real session, store, outbox and seat, without threads and sockets.

What the program does in three threads is done here in turns that somebody else orders: `turn` is
the link's thread, `breathe` the screen's, `PaperDisk.commit` the journal's.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterator
from random import Random
from typing import Any, cast

from model.house import House
from model.paper import PaperDisk
from model.wire import Closing, Wire

from agent_tui.backends.base import Backend, Receipt, Rejected, Unauthorised, Unreachable
from agent_tui.backends.desk import codec, frames, goodbyes
from agent_tui.backends.desk.ending import Ending
from agent_tui.backends.desk.fields import Malformed
from agent_tui.backends.desk.following import Follower
from agent_tui.backends.desk.questions import Answer, Read, command_read, page_read
from agent_tui.change import Change, Refused
from agent_tui.clock import Ids, ManualClock
from agent_tui.desk import Desk
from agent_tui.events import Acked, Event, HistoryLoaded, Link, LinkChanged
from agent_tui.events import Rejected as RejectedEvent
from agent_tui.model import NO_TEXT, ConversationId, SafeText
from agent_tui.ops import AnyOp, Note, Send, Signal, TypingSignal, ViewingSignal
from agent_tui.sanitise import plain_line
from agent_tui.session import Session, Work
from agent_tui.shown import Mode, SendState, Words
from agent_tui.store import Store

ANSWER_WITHIN = 15.0
"""Seconds (`agent_tui.backends.desk.line`)."""
SILENCE = 22.0
"""Seconds without a word after which the console takes a line for dead."""
PAGE = 3
"""Messages of a page."""
STUCK = (SendState.FAILED, SendState.HELD)

Waiter = Coroutine[Any, Any, None]


class Ask:
    """Something that was asked and not answered yet."""

    def __init__(self, name: str, read: Read, since: float) -> None:
        self.name, self.read, self.since = name, read, since
        self.waiter: Waiter | None = None

    def __await__(self) -> Generator[Ask, Answer, Answer]:
        return (yield self)


def run(waiter: Waiter, step: Callable[[], Any]) -> None:
    """Let a coroutine go on until it asks something, or ends."""
    try:
        ask = step()
    except StopIteration:
        return
    ask.waiter = waiter


class WireBackend:
    """A `Backend` over one wire after the other: `DeskBackend` and `Line` without waiting."""

    def __init__(self, device: str, clock: ManualClock, hear: Callable[[Event], None]) -> None:
        self.follower = Follower()
        self.wire: Wire | None = None
        self.asks: dict[str, Ask] = {}
        self.closed = False
        """Given up, for a reason that waiting does not mend."""
        self.leaves: Callable[[str], None] = lambda _name: None
        """Told of what is about to go onto the line."""
        self._device, self._clock, self._hear = device, clock, hear
        self._final: SafeText = NO_TEXT
        self._asked = itertools.count(1)
        self._heard_at = 0.0

    @property
    def live(self) -> bool:
        return self.wire is not None and self.follower.live

    # What the session asks

    async def submit(self, op: AnyOp | Signal) -> Receipt:
        if isinstance(op, TypingSignal | ViewingSignal):
            return Receipt(0)
        answer = await self._ask(op.id, self.spell(op), command_read(op.id, op.conversation))
        if isinstance(answer, Acked):
            return Receipt(answer.seq)
        assert isinstance(answer, RejectedEvent)
        raise Rejected(answer)

    async def history(
        self, conversation: ConversationId, before: int | None, limit: int = PAGE
    ) -> HistoryLoaded:
        name = f"q-{next(self._asked)}"
        frame = frames.question(name, conversation, before, limit)
        answer = await self._ask(name, frame, page_read(name, conversation, before))
        if isinstance(answer, HistoryLoaded):
            return answer
        assert isinstance(answer, RejectedEvent)
        raise Rejected(answer)

    @staticmethod
    def spell(op: AnyOp) -> str:
        """The frame of a command."""
        return frames.command(op)

    async def _ask(self, name: str, frame: str, read: Read) -> Answer:
        if self.wire is None or not self.follower.live:
            if self._final:
                raise Unauthorised(self._final)
            raise Unreachable(sent=False)
        self.leaves(name)
        self.wire.say(frame)
        self.asks[name] = ask = Ask(name, read, self._clock.monotonic())
        return await ask

    # The line

    def dial(self, house: House) -> None:
        """Connect, and say hello."""
        resume = self.follower.hello()
        self._tell(Link.CATCHING_UP if resume else Link.CONNECTING)
        if house.grant.revoked:
            self._stop(Ending(plain_line("log in"), final=True))
            return
        self.wire = house.connect()
        if self.wire is None:
            self._stop(Ending(plain_line("nobody answers")))
            return
        self._heard_at = self._clock.monotonic()
        self.wire.say(frames.hello("ana", self._device, resume))

    def hear(self, count: int) -> None:
        """Take up to `count` frames that came."""
        for _frame in range(count):
            if self.wire is not None and self.wire.down:
                self._take(self.wire.down.popleft())
        if self.wire is not None and self.wire.over_for_console:
            self._over(goodbyes.closed(None, self.follower.go, "ana"))

    def time(self, chance: Random) -> None:
        """Whoever has waited too long waits no longer."""
        now = self._clock.monotonic()
        for ask in [ask for ask in self.asks.values() if now - ask.since > ANSWER_WITHIN]:
            del self.asks[ask.name]
            self._fail(ask)
        wire = self.wire
        if wire is not None and not wire.down and wire.silent and now - self._heard_at > SILENCE:
            wire.leave(chance)
            self._over(Ending(plain_line("the desk has gone silent")))

    def leave(self, chance: Random) -> None:
        """Let go of the line."""
        if self.wire is not None:
            self.wire.leave(chance)
            self._over(Ending(NO_TEXT))

    def _take(self, text: str | Closing) -> None:
        self._heard_at = self._clock.monotonic()
        if isinstance(text, Closing):
            self._over(goodbyes.closed(text.code, self.follower.go, "ana"))
            return
        try:
            frame = codec.decode(text)
        except Malformed as error:
            self._over(self.follower.unreadable(error))
            return
        if isinstance(frame, codec.Res):
            self._answered(frame)
        taken = self.follower.take(frame)
        for event in taken.events:
            self._hear(event)
        if taken.link is not None:
            self._tell(taken.link)
        if taken.send is not None and self.wire is not None:
            self.wire.say(frames.heartbeat(taken.send.seq))
        if taken.ending is not None:
            self._over(taken.ending)

    def _answered(self, frame: codec.Res) -> None:
        ask = self.asks.pop(frame.id, None)
        if ask is None:
            return
        answer, events = ask.read(frame)
        for event in events:
            self._hear(event)
        waiter = ask.waiter
        assert waiter is not None
        run(waiter, lambda: waiter.send(answer))

    def _fail(self, ask: Ask) -> None:
        waiter = ask.waiter
        assert waiter is not None
        run(waiter, lambda: waiter.throw(Unreachable()))

    def _over(self, ending: Ending) -> None:
        """The line has ended."""
        if self.wire is not None and not self.wire.desk_left:
            self.wire.console_left = True
        self.wire = None
        asks, self.asks = list(self.asks.values()), {}
        self.follower.lost()
        for ask in asks:
            self._fail(ask)
        self._stop(ending)

    def _stop(self, ending: Ending) -> None:
        final = ending.final and not ending.token  # a token that ended is read again
        if final:
            self._final, self.closed = ending.words, True
        self._tell(Link.CLOSED if final else Link.OFFLINE, ending.words)

    def _tell(self, link: Link, words: SafeText = NO_TEXT) -> None:
        self._hear(LinkChanged(link, self._clock.now(), words))


class TurnSession(Session):
    """The real session; what it wants done in the link's thread waits for the link's turn."""

    def __init__(self, store: Store, clock: ManualClock, disk: PaperDisk) -> None:
        super().__init__(lambda: cast("Backend", None), store, clock, disk)
        self._todo: deque[Work] = deque()
        self.listen(lambda: None)

    def use(self, backend: WireBackend) -> None:
        """From now on this one is asked."""
        self._backend = cast("Backend", backend)

    @property
    def idle(self) -> bool:
        """Nothing waits between the threads."""
        return not (self._todo or self._arrived)

    def turn(self) -> None:
        """The link's turn."""
        while self._todo:
            waiter = self._todo.popleft()()
            run(waiter, lambda waiter=waiter: waiter.send(None))  # type: ignore[misc]

    def _in_link(self, work: Work) -> bool:
        self._todo.append(work)
        return True


class Life:
    """One process of the console, from its start until it is killed."""

    def __init__(self, name: str, clock: ManualClock, ids: Ids, disk: PaperDisk) -> None:
        self.name, self.clock, self.disk = name, clock, disk
        self.store = Store()
        self.session = TurnSession(self.store, clock, disk)
        self.desk = Desk(self.store, self.session, clock, ids)
        self.log_in()

    def log_in(self) -> None:
        """A new backend, as after a link that was given up."""
        self.backend = WireBackend(self.name, self.clock, self.session._hear)
        self.session.use(self.backend)

    def breathe(self) -> None:
        """The screen's turn: what `showing.Showing.follow` does with what came in."""
        change = self.session.drain() | self.desk.take_changes()
        self.desk.follow(change)
        for news in change.news:
            if isinstance(news, Refused):
                self._give_back(news.pending.op.conversation)
        self._look(change)
        self.session.pump()

    def _give_back(self, conversation: ConversationId) -> None:
        """As `writing.Writing.refused`: words that are stuck become drafts."""
        for parked in reversed(self.store.outbox.of(conversation)):
            if parked.state in STUCK and self.desk.take_back(parked.op.id) is not None:
                self.desk.forget(parked.op.id)
                if isinstance(parked.op, Send | Note):
                    self.restore(conversation, mode_of(parked.op), parked.op.text)

    def restore(self, conversation: ConversationId, mode: Mode, text: str) -> None:
        """As `writing.Writing.restore`: in front of what has been written since."""
        here = self.desk.draft(conversation, mode).text
        joined = "\n\n".join(part for part in (text, here) if part.strip())
        self.desk.keep_draft(conversation, mode, Words(joined, (0, 0)))

    def _look(self, change: Change) -> None:
        if change.link and self.store.link.link is Link.LIVE and self.desk.selected is not None:
            self.desk.open_thread(self.desk.selected)

    def visible(self) -> Iterator[str]:
        """Every text the agent can see or list that is not at the desk, as far as is known."""
        for pending in self.store.outbox:
            if isinstance(pending.op, Send | Note) and pending.settled_at_seq is None:
                yield pending.op.text
        for words in self.store.drafts.values():
            yield words.text
        for stray in self.store.strays.values():
            yield stray.text


def mode_of(op: Send | Note) -> Mode:
    """Where the words of a reply or a note are written."""
    return Mode.NOTE if isinstance(op, Note) else Mode.REPLY
