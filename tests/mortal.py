"""A seat that is made to die: the real session, journal and client, without a screen, in a process
of its own. A parent that has imported everything forks them, so that a life takes milliseconds.

The process reads lives from its standard input, one JSON object a line, and tells in lines on its
standard output what happened in each; a line is written before the next thing is done, so that it
is there when the life ends in the middle.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from agent_tui.backends.desk.client import DeskBackend
from agent_tui.clock import SystemClock, SystemIds
from agent_tui.config import Target
from agent_tui.credentials.secret import Secret
from agent_tui.desk import Desk
from agent_tui.journal import open_journal
from agent_tui.journal.database import Database
from agent_tui.model import ConversationId
from agent_tui.ops import Note, Send
from agent_tui.session import Session
from agent_tui.shown import Mode, Words
from agent_tui.start import connect

BREATH = 0.004
"""Seconds between two looks at what came in."""
STEPS = (
    "asked",
    "before the disk",
    "on disk",
    "leaving",
    "answered",
    "told",
    "brought back",
)
"""Where a life can end by its own hand."""


@dataclass
class Life:
    """What one process is to do."""

    url: str
    token: str
    folder: str
    conversations: list[str]
    first: int
    """The number of its first text."""
    asks: int
    """How many texts it asks for, before it only waits for the rest to arrive."""
    seed: int
    dies_at: str = ""
    """One of `STEPS`; empty: somebody else ends it."""
    nth: int = 1
    """At which time it comes there."""
    drafts: bool = False
    """It types on and on, and sends nothing."""


def tell(*words: object) -> None:
    """One line, in one piece."""
    os.write(1, (json.dumps(words) + "\n").encode())


class Death:
    """Counts the times a step is reached, and ends the process at the right one."""

    def __init__(self, life: Life) -> None:
        self._at, self._left = life.dies_at, life.nth

    def at(self, step: str) -> None:
        if step == self._at:
            self._left -= 1
            if self._left == 0:
                tell("died", step)
                os.kill(os.getpid(), signal.SIGKILL)


def around(owner: Any, name: str, before: Callable[[], None], after: Callable[[], None]) -> None:
    """Call `before` and `after` around a method of a class."""
    sound = getattr(owner, name)

    def wrapped(self: Any, *arguments: Any, **named: Any) -> Any:
        before()
        result = sound(self, *arguments, **named)
        after()
        return result

    setattr(owner, name, wrapped)


def nothing() -> None:
    """No step."""


def prepare(death: Death) -> None:
    """Put the steps where they are in the program."""
    around(Database, "put", lambda: death.at("before the disk"), lambda: death.at("on disk"))
    submit = DeskBackend.submit

    async def leaving(self: DeskBackend, op: Any) -> Any:
        if isinstance(op, Send | Note):
            death.at("leaving")
        receipt = await submit(self, op)
        if isinstance(op, Send | Note):
            death.at("answered")
        return receipt

    DeskBackend.submit = leaving  # type: ignore[method-assign]
    around(Session, "drain", nothing, lambda: death.at("told"))
    around(Session, "_bring_back", nothing, lambda: death.at("brought back"))


class Seat:
    """Writes, sends, and waits."""

    def __init__(self, life: Life, death: Death) -> None:
        self.life, self.death = life, death
        self.random = Random(life.seed)
        clock = SystemClock()
        journal = open_journal(Path(life.folder), "ana", clock)
        for kept in journal.found().drafts:
            tell("draft", kept.conversation, kept.words.text)
        target = Target(life.url, Secret(life.token), "ana", "test")
        self.session = connect(target, journal)
        store = self.session.store
        self.desk = Desk(store, self.session, clock, SystemIds(clock))
        if not self.session.wait_settled(20):
            raise SystemExit(3)
        self.session.listen(nothing)
        self.told: set[str] = set()

    def live(self) -> None:
        """Ask for texts, then wait until nothing is under way."""
        self.breathe()
        if not self.desk.store.ready:
            raise SystemExit(4)
        tell("ready")
        if self.life.drafts:
            self.type_on()
        for number in range(self.life.first, self.life.first + self.life.asks):
            conversation = self.random.choice(self.life.conversations)
            self.write(ConversationId(conversation), number)
            for _breath in range(self.random.randint(0, 4)):
                self.breathe()
        while waiting := [p for p in self.desk.store.outbox if isinstance(p.op, Send | Note)]:
            for pending in waiting:
                self.desk.send_now(pending.op.conversation)
            self.breathe()
        tell("all arrived")
        self.session.stop()

    def type_on(self) -> None:
        """Type a letter every few milliseconds, for as long as it takes."""
        conversation, text = ConversationId(self.life.conversations[0]), ""
        while True:
            text += self.random.choice("abc ")
            words = Words(f"draft {self.life.seed} {text}", (0, 0))
            self.desk.keep_draft(conversation, Mode.NOTE, words)
            tell("typed", conversation, words.text, time.time())
            for _breath in range(5):
                self.breathe()

    def write(self, conversation: ConversationId, number: int) -> None:
        """Type a text, letter by letter, and send it."""
        text = f"text {number:05}"
        for end in (4, 8, len(text)):
            typed = text[:end]
            self.desk.keep_draft(conversation, Mode.REPLY, Words(typed, (0, end)))
            if self.random.random() < 0.3:
                self.breathe()
        tell("asks", conversation, number)
        self.desk.send(conversation, text, Mode.REPLY)
        self.death.at("asked")
        if self.random.random() < 0.9:
            self.desk.send_now(conversation)

    def breathe(self) -> None:
        """What the screen's timers do."""
        self.session.drain()
        self.session.pump()
        for pending in self.desk.store.outbox:
            if pending.saved and isinstance(pending.op, Send) and pending.op.id not in self.told:
                self.told.add(pending.op.id)
                tell("promised", pending.op.conversation, pending.op.text)
        time.sleep(BREATH)


def main(patch: str) -> None:
    """Fork a life for each line; `patch` is run in each of them first: a planted defect."""
    for line in sys.stdin:
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            life = Life(**json.loads(line))
            death = Death(life)
            exec(patch, {})
            prepare(death)
            Seat(life, death).live()
            os._exit(0)
        tell("born", child)
        _pid, status = os.waitpid(child, 0)
        tell("dead", status)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
