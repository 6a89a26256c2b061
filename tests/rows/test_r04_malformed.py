"""R4: a desk, or whatever stands in its place, says what no desk may say. The console never breaks
over it: it asks anew at most once, shows what is right afterwards, and keeps nothing of it."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from mutations import huge, mutated, no_json, wrong_type
from paper_line import text_frame
from recorded import Json, recordings
from row import Row
from spoilt import Case, tried, tried_live

from agent_tui.backends.desk import codec, fields
from agent_tui.backends.desk.ending import Ending
from agent_tui.backends.desk.fields import Malformed
from agent_tui.backends.desk.following import Follower, Taken
from agent_tui.backends.strict_json import NotJson

GROWTH = 24 * 1024 * 1024
"""Bytes by which the process may grow while it goes on like this: what the allocator does."""
ROOM = 300
"""Blocks of memory that some hundred sessions may leave behind: what Python remembers of itself."""


# ── the cases ───────────────────────────────────────────────────────────────────────────


def mutations(random: Random, number: int) -> Iterator[Case]:
    """Good sessions spoilt in every way."""
    known = recordings(1)

    def one() -> Case:
        recording = random.choice(known)
        kind, data, honest = mutated(recording, known, random)
        return Case(kind, recording, data, honest)

    return (one() for _case in range(number))


def bad_json(random: Random, number: int) -> Iterator[Case]:
    """One frame of a good session is no JSON, or has something in it that does not belong there."""
    known = recordings(1)

    def one(case: int) -> Case:
        recording = random.choice(known)
        frames, refused = list(recording.wire), case % 25 < 7
        place = random.randrange(len(recording.opening) if refused else 0, len(frames))
        kind, spoil = "wrong type", wrong_type
        if refused:
            kind, spoil = "no JSON", no_json
        elif case % 25 == 7:
            kind, spoil = "huge", huge
        frames[place] = text_frame(spoil(recording.frames[place], random))
        return Case(kind, recording, b"".join(frames), refused, refused)

    return (one(case) for case in range(number))


def left_behind(random: Random, number: int) -> int:
    """Blocks of Python's memory that so many sessions leave behind, after as many that may."""
    levels = []
    for _batch in range(2):
        tried(mutations(random, number), random)
        gc.collect()
        levels.append(sys.getallocatedblocks())
    return levels[1] - levels[0]


def resident() -> int:
    """Bytes of memory this process has; 0 where the system does not tell."""
    told = Path("/proc/self/statm")
    pages = int(told.read_text().split()[1]) if told.exists() else 0
    return pages * os.sysconf("SC_PAGESIZE")


# ── the row ─────────────────────────────────────────────────────────────────────────────

REQUIRED = "0 crashes, at most 1 resync each, memory flat"


@pytest.mark.row("R4", REQUIRED)
def test_r04_spoilt_sessions(row: Row) -> None:
    number, random = row.pick(quick=1200, full=60_000), row.random()
    tried(mutations(random, number // 15), random)
    before = resident()
    found = tried(mutations(random, number), random)
    grown = resident() - before
    words = f"{number} spoilt sessions: {found}; memory +{grown / 1e6:.0f} MB"
    row.reached(words, ok=found.sound and grown < GROWTH)


@pytest.mark.row("R4", REQUIRED)
def test_r04_bad_json(row: Row) -> None:
    number, random = row.pick(quick=400, full=5000), row.random()
    found = tried(bad_json(random, number), random)
    row.reached(f"{number} bad frames: {found}", ok=found.sound)


@pytest.mark.row("R4", REQUIRED)
def test_r04_live(row: Row) -> None:
    number, random = row.pick(quick=40, full=2000), row.random()
    cases = [*mutations(random, number * 3 // 4), *bad_json(random, number - number * 3 // 4)]
    found = asyncio.run(tried_live(cases))
    row.reached(f"{number} over TCP: {found}", ok=found.sound)


@pytest.mark.row("R4", REQUIRED)
def test_r04_memory_is_flat(row: Row) -> None:
    number = row.pick(quick=150, full=6000)
    left = left_behind(row.random(), number)
    row.reached(
        f"{left} blocks left behind by {number} sessions", ok=left < max(ROOM, number * 0.02)
    )


# ── planted defects ─────────────────────────────────────────────────────────────────────


@pytest.mark.row_defect("R4", "frames are read with json.loads")
def test_r04_catches_a_lax_reader(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    def lax(text: str) -> Any:
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise NotJson(str(error)) from error

    monkeypatch.setattr(codec, "loads", lax)
    found = tried(bad_json(row.random(), 60), row.random())
    assert found.crashes and found.believed["no JSON"]


@pytest.mark.row_defect("R4", "an error of the reader is not expected")
def test_r04_catches_an_error_that_escapes(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(source: Json, key: str) -> float:
        return float(source[key])

    monkeypatch.setattr(fields, "seconds", lambda source, key, _default: careless(source, key))
    assert tried(bad_json(row.random(), 150), row.random()).crashes


@pytest.mark.row_defect("R4", "gaps in the sequence are not seen")
def test_r04_catches_a_follower_that_does_not_count(
    row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = Follower._event

    def careless(self: Follower, frame: codec.Ev) -> Taken:
        if self._resume is not None and frame.seq > self._resume[1]:
            self._resume = (self._resume[0], frame.seq - 1)
        return sound(self, frame)

    monkeypatch.setattr(Follower, "_event", careless)
    assert tried(mutations(row.random(), 120), row.random()).wrong


@pytest.mark.row_defect("R4", "half a snapshot is resumed")
def test_r04_catches_half_a_snapshot(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = Follower.lost

    def careless(self: Follower) -> None:
        self._whole = True
        sound(self)

    monkeypatch.setattr(Follower, "lost", careless)
    found = tried(mutations(row.random(), 120), row.random())
    assert found.wrong or found.restless


@pytest.mark.row_defect("R4", "nonsense of one link counts on the next one")
def test_r04_catches_a_client_that_begins_anew_twice(
    row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = codec.decode
    grudge: list[Malformed] = []

    def sulking(raw: str | bytes) -> codec.Frame:
        if grudge:
            raise grudge.pop()
        try:
            return sound(raw)
        except Malformed as error:
            grudge.append(error)
            raise

    monkeypatch.setattr(codec, "decode", sulking)
    assert tried(bad_json(row.random(), 50), row.random()).restless


@pytest.mark.row_defect("R4", "what could not be read is kept")
def test_r04_catches_memory_that_grows(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[dict[str, object]] = []
    sound = Follower.unreadable

    def hoarding(self: Follower, reason: object) -> Ending:
        kept.append({"reason": f"{reason} {len(kept)}", "of": [[], [], [], [reason]]})
        return sound(self, reason)

    monkeypatch.setattr(Follower, "unreadable", hoarding)
    assert left_behind(row.random(), 150) > ROOM
