"""What must hold, while things move and when everything has come to rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from model.seat import PAGE, STUCK, Life

from agent_tui.journal import KeptDraft, KeptOp
from agent_tui.model import Delivery, Message
from agent_tui.ops import MarkRead, Note, Send
from agent_tui.outbox import HELD_AFTER
from agent_tui.shown import SendState

if TYPE_CHECKING:
    from model.day import Day, Word
    from model.house import House

UNDER_WAY = {Delivery.ACCEPTED, Delivery.SENT}

KINDS = {
    "lost": "a promised text is nowhere",
    "twice": "the desk has a text twice",
    "both": "the desk has a text that the console shows as unsent",
    "early": "a text was shown as sent that the desk did not have",
    "arrived": "a text that was taken back is at the desk",
    "order": "things were not done in the order of asking",
    "view": "the console shows something else than a fresh one",
    "overwrite": "a state was changed on the ground of another one",
    "blind": "a reply went out past a question nobody had seen",
    "old": "old work went out by itself",
    "elsewhere": "what was asked at one desk was done at another",
    "parked": "something waits, and nobody says why",
    "flight": "two commands of one conversation were under way",
    "restless": "it did not come to rest",
    "desk": "the desk did something else than the protocol says",
}
"""Every kind of defect that is looked for."""


class Judge:
    """Looks on, and says what is wrong."""

    def __init__(self, day: Day, wanted: frozenset[str] | None) -> None:
        self.day = day
        self.found: list[tuple[str, str]] = []
        self._wanted = wanted
        self._strays: set[str] = set()

    def wrong(self, kind: str, words: str) -> None:
        """A defect; one that is not looked for is passed over."""
        assert kind in KINDS, kind
        if self._wanted is None or kind in self._wanted:
            self.found.append((kind, words))

    # While things happen

    def carried_out(self, house: House, agent: str, frame: dict[str, Any]) -> None:
        """The desk is about to say yes to a command."""
        asked = self.day.ops.get(frame["id"].partition(".")[0])
        if agent != "ana" or asked is None:
            return
        if asked.house != house.ident:
            self.wrong("elsewhere", f"{frame['id']} of {asked.house}")
        epoch, seen = asked.sight
        pending = self.day.life.store.outbox.get(asked.op.id)
        if pending is None or (pending.unsure and epoch != house.book.epoch):
            return  # the desk cannot tell: `seen_seq` does not say of which stream it is
        if seen is not None and house.book.unseen("ana", frame["conv"], epoch, seen):
            self.wrong("blind", f"{frame['id']} at {seen} of {epoch}")

    def leaves(self, op_id: str) -> None:
        """A command is about to go onto the line."""
        day = self.day
        asked, pending = day.ops.get(op_id), day.life.store.outbox.get(op_id)  # type: ignore[arg-type]
        if asked is None or pending is None or pending.unsure or isinstance(asked.op, MarkRead):
            return
        if day.live_at - asked.since > HELD_AFTER:
            self.wrong("old", f"{op_id} after {day.live_at - asked.since}")

    def kept(self) -> None:
        """Something has reached the paper: what is there is promised."""
        for word in self._on_paper():
            self.day.words[word].promised = True

    def _on_paper(self) -> Iterator[str]:
        for row in self.day.paper.values():
            if isinstance(row, KeptDraft):
                yield from row.words.text.split()
            elif isinstance(row.op, Send | Note):
                yield from row.op.text.split()

    def killed(self) -> None:
        """A life is over; what had lost its place is still on paper."""
        self._strays.update(self.day.life.store.strays)

    def brought_back(self) -> None:
        """What was on paper is on the screen again, and what was not is not."""
        for op_id in self.day.ops:
            if f"op:{op_id}" in self._strays:  # it had lost its place, and has found it again
                self.day.released(op_id)  # type: ignore[arg-type]
        self._strays.clear()
        here = set(self._visible())
        for word in self.day.words.values():
            if word.name in here:
                word.dropped = False

    def look(self) -> None:
        """After each step."""
        day = self.day
        if not day.life.session._brought_back:
            return
        self._look_at_flight()
        here = set(self._visible())
        for pending in day.life.store.outbox:
            if pending.saved and isinstance(pending.op, Send | Note):
                for name in pending.op.text.split():
                    day.words[name].promised = True
        for word in day.words.values():
            if not word.over and word.name not in here:
                self._look_at(word)

    def _look_at(self, word: Word) -> None:
        """It is not among what is unsent."""
        if self.said(word.name):
            word.over = not word.dropped
            if word.dropped:
                self.wrong("arrived", word.name)
        elif word.life == self.day.lives and not word.dropped:
            self.wrong("early", word.name)
        elif not word.dropped:
            word.over = True
            if word.promised:
                self.wrong("lost", word.name)

    def _look_at_flight(self) -> None:
        flying = Counter(
            p.op.conversation
            for p in self.day.life.store.outbox
            if p.state is SendState.SENDING and p.settled_at_seq is None
        )
        if any(count > 1 for count in flying.values()):
            self.wrong("flight", str(flying))

    def said(self, word: str) -> int:
        """How often the desks have it."""
        return sum(house.said[word] for house in self.day.houses.values())

    def _visible(self) -> Iterator[str]:
        for text in self.day.life.visible():
            yield from text.split()

    def moving(self) -> Iterator[str]:
        """What is neither at the desk nor waits for the agent."""
        for pending in self.day.life.store.outbox:
            if not (
                pending.state in STUCK or pending.folded
            ):  # its words wait until somebody opens the thread
                yield pending.op.id

    # At the end

    def wants(self, kinds: frozenset[str]) -> bool:
        """Whether one of these is looked for."""
        return self._wanted is None or bool(self._wanted & kinds)

    def at_rest(self) -> None:
        """All links have healed, and nothing moves."""
        self._each_word_once()
        self._in_order()

    def beside(self, fresh: Life) -> None:
        """Everything has been read, by `fresh` too, a console that has just come."""
        self._parked_with_a_reason()
        self._as_a_fresh_one(fresh)
        self._as_in_the_book(fresh)

    def _each_word_once(self) -> None:
        here = Counter(self._visible())
        excused = self._may_have_left()
        for word in self.day.words.values():
            said, shown = self.said(word.name), here[word.name]
            if said > 1:
                self.wrong("twice", word.name)
            elif said and shown and word.name not in excused:
                self.wrong("both", word.name)
            elif said and word.dropped:
                self.wrong("arrived", word.name)
            elif word.promised and not (said or shown or word.dropped):
                self.wrong("lost", word.name)

    def _may_have_left(self) -> set[str]:
        """Words whose line broke in the middle and whose desk went away: kept, to be looked at."""
        rows = self.day.paper.values()
        left = (row.op for row in rows if isinstance(row, KeptOp) and row.left)
        strays = self.day.life.store.strays
        texts = [op.text for op in left if isinstance(op, Send | Note) and f"op:{op.id}" in strays]
        return {word for text in texts for word in text.split()}

    def _in_order(self) -> None:
        for house in self.day.houses.values():
            done = [name.partition(".")[0] for name in house.done]
            place = {name: at for at, name in enumerate(done)}
            ours = [(name, self.day.ops[name]) for name in place if name in self.day.ops]
            for (one, first), (other, second) in combinations(ours, 2):
                same = first.op.conversation == second.op.conversation
                if same and first.number > second.last and place[one] < place[other]:
                    self.wrong("order", f"{one} came before {other}")

    def _parked_with_a_reason(self) -> None:
        for pending in self.day.life.store.outbox:
            if not pending.problem:
                self.wrong("parked", f"{pending.op.id} is {pending.state}")

    def _as_a_fresh_one(self, fresh: Life) -> None:
        ours, theirs = self.day.life.store, fresh.store
        shown = {conv.id: conv for conv in ours.conversations()}
        truth = {conv.id: conv for conv in theirs.conversations()}
        if shown != truth:
            self.wrong("view", f"{_difference(shown, truth)}")
        for conv in truth:
            one, other = ours.threads.get(conv), theirs.threads.get(conv)
            if one is None or other is None or not _same(one.messages, other.messages):
                self.wrong("view", f"the thread of {conv}")
        if ours.agents != theirs.agents:
            self.wrong("view", "the colleagues")

    def _as_in_the_book(self, fresh: Life) -> None:
        book = self.day.house.book
        for conv in fresh.store.conversations():
            case = book.cases[conv.id]
            shown = (conv.ver, conv.status, conv.assignee, conv.priority, list(conv.labels))
            truth = (case.ver, case.status, case.assignee, case.priority, case.labels)
            if shown != truth or conv.unread != case.unread:
                self.wrong("desk", f"{shown} {conv.unread}, the book says {truth} {case.unread}")
            thread = fresh.store.threads.get(conv.id)
            assert thread is not None
            lines = [(m.seq, m.kind, m.text, m.op_id) for m in thread.messages]
            written = [
                (line.numbers[book.epoch], line.kind, line.text, line.cmd_id)
                for line in case.thread
            ]
            if lines != written:
                self.wrong("desk", f"thread {lines}, the book says {written}")


def _same(shown: list[Message], truth: list[Message]) -> bool:
    """The same thread. What a channel reported while the console was away is fetched with the
    newest page; of what is older than that the console may know less."""
    old = len(truth) - PAGE
    known = [
        replace(message, delivery=shown[place].delivery)
        if place < min(old, len(shown)) and shown[place].delivery in UNDER_WAY
        else message
        for place, message in enumerate(truth)
    ]
    return shown == known


def _difference(shown: dict[Any, Any], truth: dict[Any, Any]) -> str:
    for key in shown.keys() | truth.keys():
        one, other = shown.get(key), truth.get(key)
        if one != other:
            names = getattr(one or other, "__slots__", ())
            return f"{key}: " + ", ".join(
                f"{name} {getattr(one, name, None)!r} instead of {getattr(other, name, None)!r}"
                for name in names
                if getattr(one, name, None) != getattr(other, name, None)
            )
    return ""
