"""R1: the program is killed at any moment. What it had promised arrives once, in its order; of what
was being typed at most two seconds are lost."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import mortal
import pytest
from mock_process import MockDesk
from pty_seat import PtySeat, private_home, program
from row import Row

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0


@dataclass
class Story:
    """What all lives of a seat said."""

    asked: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """By conversation, in the order asked."""
    promised: set[str] = field(default_factory=set)
    typed: list[tuple[str, float]] = field(default_factory=list)
    """How a draft grew in the last life that typed one, and when."""
    kills: Counter[str] = field(default_factory=Counter)
    drafts: int = 0
    """How many lives ended while they typed."""
    drafts_lost: float = 0.0
    """Most seconds of typing that were gone."""
    desk_kills: int = 0
    trouble: list[str] = field(default_factory=list)


class Seats:
    """One agent's lives, one after the other."""

    def __init__(self, home: Path, desk: MockDesk, patch: str = "") -> None:
        self.desk, self.story = desk, Story()
        self._folder = home / "journal"
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
        env |= private_home(home)
        self._zygote = subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "mortal.py"), patch],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=env,
        )
        self._rest = b""
        self._next = 0
        self._died_at: float | None = None
        self._draft = ""

    def live(
        self,
        random: Random,
        asks: int,
        *,
        step: str = "",
        after: float | None = None,
        drafts: bool = False,
    ) -> None:
        """One life; it ends at `step`, or `after` seconds, or when all has arrived."""
        conversations = self._conversations
        life = mortal.Life(
            self.desk.url, self.desk.token, str(self._folder), conversations, self._next, asks,
            random.getrandbits(32), step, random.randint(1, 4), drafts,
        )  # fmt: skip
        self._next += asks
        assert self._zygote.stdin is not None
        self._zygote.stdin.write((json.dumps(vars(life)) + "\n").encode())
        self._zygote.stdin.flush()
        pid = int(self._line()[1])
        until = time.monotonic() + (PATIENCE if after is None else after)
        while (line := self._line(until)) is not None and line[0] != "dead":
            self._take(line)
        if line is None:
            os.kill(pid, signal.SIGKILL)
            if after is None:
                self.story.trouble.append("a life did not come to its end")
            self.story.kills["any moment"] += 1
            while (line := self._line())[0] != "dead":
                self._take(line)
        self._died_at = time.time()
        if line[1] not in {0, signal.SIGKILL}:
            self.story.trouble.append(f"a life ended with status {line[1]}")

    @property
    def _conversations(self) -> list[str]:
        if not hasattr(self, "_known"):
            self._known = self.desk.conversations()
        return self._known

    def check(self) -> tuple[int, int, int]:
        """How many promised texts are lost, and how many are there twice or out of order."""
        said = self.desk.texts(self._conversations)
        here = Counter(text for texts in said.values() for text in texts)
        lost = sum(1 for text in self.story.promised if not here[text])
        doubled = sum(count - 1 for text, count in here.items() if text.startswith("text "))
        wrong = 0
        for conv, texts in said.items():
            ours = [text for text in dict.fromkeys(texts) if text.startswith("text ")]
            order = [text for text in self.story.asked[conv] if text in set(ours)]
            wrong += sum(1 for a, b in zip(ours, order, strict=False) if a != b)
        return lost, doubled, wrong

    def _take(self, line: list[Any]) -> None:
        story = self.story
        match line:
            case ["asks", conv, number]:
                story.asked[conv].append(f"text {number:05}")
            case ["promised", _conv, text]:
                story.promised.add(text)
            case ["typed", _conv, text, at]:
                story.typed.append((text, at))
            case ["died", step]:
                story.kills[step] += 1
            case ["ready"]:
                self._mind_draft()
            case ["draft", _conv, text]:
                self._draft = text
            case _:
                pass

    def _mind_draft(self) -> None:
        """A new life has said what it found: how long before the end was the first letter typed
        that is not there?"""
        story, found, self._draft = self.story, self._draft, ""
        if not story.typed or self._died_at is None:
            return
        story.drafts += 1
        gone = [at for text, at in story.typed if not found.startswith(text)]
        if gone:
            story.drafts_lost = max(story.drafts_lost, self._died_at - gone[0])
        story.typed.clear()

    def _line(self, until: float | None = None) -> Any:
        """The next line; None: it did not come in time."""
        pipe = self._zygote.stdout
        assert pipe is not None
        while b"\n" not in self._rest:
            wait = PATIENCE if until is None else max(0.0, until - time.monotonic())
            if not select.select([pipe], [], [], wait)[0]:
                if until is None:
                    raise AssertionError("the seats have stopped talking")
                return None
            data = os.read(pipe.fileno(), 65536)
            assert data, "the seats are gone"
            self._rest += data
        line, self._rest = self._rest.split(b"\n", 1)
        return json.loads(line)

    def close(self) -> None:
        self._zygote.kill()
        self._zygote.communicate()


@contextmanager
def lives(home: Path, seat_patch: str = "", desk_patch: str = "") -> Iterator[Seats]:
    """A desk and a mortal seat at it."""
    desk = MockDesk(home, desk_patch)
    desk.start()
    seats = Seats(home, desk, seat_patch)
    try:
        yield seats
    finally:
        seats.close()
        desk.kill()


def killed(seats: Seats, random: Random, kills: int) -> tuple[int, int, int]:
    """Kill the seat so many times, half of them at a named step, the desk now and then; then let
    everything arrive, and count."""
    for number in range(kills * 2):
        if sum(seats.story.kills.values()) >= kills:
            break
        if number % 10 == 4:
            seats.live(random, 0, after=random.uniform(0.3, 2.5), drafts=True)
        elif number % 2:
            seats.live(random, 4, step=mortal.STEPS[number // 2 % len(mortal.STEPS)])
        else:
            seats.live(random, 40, after=random.uniform(0.02, 0.4))
        if number % 10 == 7:
            seats.desk.kill()
            seats.desk.start()
            seats.story.desk_kills += 1
    seats.live(random, 0)
    return seats.check()


@pytest.mark.row(
    "R1", "1,000 kills: 0 lost, 0 doubled, 0 out of order; at most 2 s of a draft gone"
)
def test_r01_seat_and_desk_are_killed(row: Row, tmp_path: Path) -> None:
    kills = row.pick(quick=20, full=1000)
    with lives(tmp_path) as seats:
        lost, doubled, wrong = killed(seats, row.random(), kills)
        story = seats.story
        ended = sum(story.kills.values())
        words = (
            f"{ended} kills ({story.kills['any moment']} at any moment, the rest at"
            f" {len(story.kills) - 1} named steps), desk killed {story.desk_kills} times:"
            f" {len(story.promised)} texts promised, {lost} lost, {doubled} doubled,"
            f" {wrong} out of order; {story.drafts} drafts, at most {story.drafts_lost:.2f} s gone"
        )
        fine = not (lost or doubled or wrong or story.trouble)
        row.reached(words + "".join(story.trouble), ok=fine and story.drafts_lost <= 2)


SAID_BEFORE_WRITTEN = """
from agent_tui.journal.writer import FileJournal
import threading
put = FileJournal.write
def early(self, changes, done=None):
    if done is not None:
        done(None)
    threading.Timer(0.15, put, (self, dict(changes))).start()
FileJournal.write = early
"""
NEW_ID_PER_LIFE = """
import dataclasses, itertools, os
from agent_tui import session
sound = session.bring_back
def renamed(store, found, clock):
    ops = tuple(
        dataclasses.replace(k, op=dataclasses.replace(k.op, id=k.op.id[:-4] + os.urandom(2).hex()))
        for k in found.ops
    )
    return sound(store, dataclasses.replace(found, ops=ops), clock)
session.bring_back = renamed
"""
FORGOTTEN_WHEN_IT_LEAVES = """
from agent_tui import keeping
sound = keeping.kept_op
keeping.kept_op = lambda pending, desk: None if pending.attempts else sound(pending, desk)
"""
NO_MEMORY_OF_IDS = """
from agent_tui.backends.mock import commands
commands._keep = lambda ledger, key, kept: None
"""
DRAFTS_WAIT = """
from agent_tui.journal import writer
writer.SOON = 60.0
"""


@pytest.mark.parametrize(
    ("planted", "patch", "of_the_desk"),
    [
        ("a text counts as kept before it is on disk", SAID_BEFORE_WRITTEN, False),
        ("a new id in each life", NEW_ID_PER_LIFE, False),
        ("a text is forgotten when it leaves", FORGOTTEN_WHEN_IT_LEAVES, False),
        ("the desk does not remember ids", NO_MEMORY_OF_IDS, True),
    ],
    ids=["early", "new-id", "forgotten", "no-memory"],
)
@pytest.mark.row_defect(
    "R1", "kept too early; a new id per life; forgotten on leaving; no ids kept"
)
def test_r01_catches(row: Row, tmp_path: Path, planted: str, patch: str, of_the_desk: bool) -> None:
    del planted
    patches = ("", patch) if of_the_desk else (patch, "")
    random = row.random()
    with lives(tmp_path, *patches) as seats:
        for attempt in range(1, 9):
            if any(killed(seats, random, 8 * attempt)):
                return
    pytest.fail("the defect was not found")


@pytest.mark.row_defect("R1", "drafts are written after a minute")
def test_r01_catches_drafts_that_wait(row: Row, tmp_path: Path) -> None:
    with lives(tmp_path, DRAFTS_WAIT) as seats:
        seats.live(row.random(), 0, after=4.0, drafts=True)
        seats.live(row.random(), 0)
        assert seats.story.drafts_lost > 2


# ── the program itself, on a terminal ───────────────────────────────────────────────────

STATES = "leaves in|sending|waiting to leave|retry|accepted|sent|delivered|read|held"
ON_ITS_WAY = rf"({STATES})[^\n]*\n[^\n]*{{text}}\b"
"""A text in the thread, and above it a state that promises it."""


HUMAN = 0.003
"""Seconds between two keys: a hurried human."""
AFTER_A_BURST = 0.12
"""What comes right behind keys at machine speed does not send."""


class Typist:
    """Sits at the real program, types replies, and has it killed."""

    def __init__(self, home: Path, desk: MockDesk, random: Random) -> None:
        self._home, self._desk, self._random = home / "seat", desk, random
        self._next = 0
        self.promised: set[str] = set()
        self.kills = 0

    def life(self, *, to_the_end: bool = False) -> None:
        """Open the console, send a few replies, and kill it; or wait until all has arrived."""
        argv = program("--url", self._desk.url, "--as", "ana")
        env = {"AGENT_TUI_TOKEN": self._desk.token}
        with PtySeat(argv, self._home, env=env) as seat:
            seat.wait_for("live")
            if to_the_end:
                self._wait(seat)
                return
            texts = [self._send(seat) for _text in range(self._random.randint(1, 3))]
            time.sleep(self._random.uniform(0, 0.4))
            screen = seat.screen
            seat.signal(signal.SIGKILL)
            seat.wait()
            self.kills += 1
        for text in texts:
            if re.search(ON_ITS_WAY.format(text=text), screen):
                self.promised.add(text)

    def _send(self, seat: PtySeat) -> str:
        text = f"text {self._next:05}"
        self._next += 1
        for keys in ("\x1b", "3", *("j" * self._random.randint(0, 6)), "r", *text):
            seat.press(keys)
            time.sleep(HUMAN)
        time.sleep(AFTER_A_BURST)
        for _time in range(self._random.randint(1, 2)):  # the second one sends at once
            seat.press("\x13")
            time.sleep(self._random.uniform(0, 0.1))
        return text

    def _wait(self, seat: PtySeat) -> None:
        """Until nothing is on its way any more."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not self.arrived():
            time.sleep(0.2)

    def arrived(self) -> bool:
        """All that was promised is at the desk."""
        here = {text for texts in self.said().values() for text in texts}
        return self.promised <= here

    def said(self) -> dict[str, list[str]]:
        """Our texts at the desk, by conversation."""
        everywhere = self._desk.texts(self._desk.conversations(every=True))
        return {
            conv: [text for text in texts if text.startswith("text ")]
            for conv, texts in everywhere.items()
        }

    def check(self) -> tuple[int, int, int]:
        """Lost, doubled and out of order: the numbers of the texts grow as they are asked for."""
        said = self.said()
        here = Counter(text for texts in said.values() for text in texts)
        lost = sum(1 for text in self.promised if not here[text])
        doubled = sum(count - 1 for count in here.values())
        wrong = sum(1 for texts in said.values() for a, b in pairwise(texts) if a > b)
        return lost, doubled, wrong


@pytest.mark.row(
    "R1", "1,000 kills: 0 lost, 0 doubled, 0 out of order; at most 2 s of a draft gone"
)
def test_r01_the_program_itself_is_killed(row: Row, tmp_path: Path) -> None:
    kills = row.pick(quick=4, full=1000)
    desk = MockDesk(tmp_path)
    desk.start()
    try:
        typist = Typist(tmp_path, desk, row.random())
        while typist.kills < kills or (not typist.promised and typist.kills < 4 * kills):
            typist.life()
        typist.life(to_the_end=True)
        lost, doubled, wrong = typist.check()
    finally:
        desk.kill()
    row.reached(
        f"{typist.kills} kills of agent-tui on a terminal:"
        f" {len(typist.promised)} texts seen on their way,"
        f" {lost} lost, {doubled} doubled, {wrong} out of order",
        ok=not (lost or doubled or wrong) and bool(typist.promised),
    )
