"""The bytes of the file as pages: the database file and its write-ahead log, read without SQLite.

SQLite takes a log up to the first page whose checksum is wrong and says nothing about the rest,
so that one flipped bit would lose everything written after it. Here that rest is seen. The forms
are those of "Database File Format" (sqlite.org/fileformat2.html), §1.2 and §4.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

PAGE: Final = 4096
"""Bytes of a page; every file of ours has this size of page."""

_HEADER: Final = 32
_FRAME_HEADER: Final = 24
_MAGIC_LITTLE, _MAGIC_BIG = 0x377F0682, 0x377F0683

Salts = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Frame:
    """A page in the log."""

    page: int
    """Its number, from 1; in a frame that is not sound it may be any."""
    size: int
    """With the last page of a transaction: how many pages the database has; else 0."""
    content: bytes
    sound: bool
    """Its checksum fits what stands before it."""


@dataclass(frozen=True, slots=True)
class Log:
    """What a write-ahead log holds."""

    committed: tuple[Frame, ...] = ()
    """The pages that SQLite would take."""
    unfinished: tuple[Frame, ...] = ()
    """Sound pages of a transaction behind those that has no end: its writing was cut off."""
    beyond: tuple[Frame, ...] = ()
    """Pages of the same generation from the first that is not sound: the log is broken, or this
    is what writes left behind that failed."""

    @property
    def rest(self) -> tuple[Frame, ...]:
        """All that SQLite would not take."""
        return self.unfinished + self.beyond


def read_log(wal: bytes) -> Log:
    """The pages of a write-ahead log; empty for bytes that are none."""
    if len(wal) < _HEADER + _FRAME_HEADER + PAGE:
        return Log()
    salts, order, before, chained = _start(wal)
    frames: list[Frame] = []
    committed = sound_until = ours = 0
    for at in range(_HEADER, len(wal) - _FRAME_HEADER - PAGE + 1, _FRAME_HEADER + PAGE):
        page, size, salt1, salt2, sum1, sum2 = struct.unpack_from(">6I", wal, at)
        content = wal[at + _FRAME_HEADER : at + _FRAME_HEADER + PAGE]
        sound = (salt1, salt2) == salts and page > 0
        sound = sound and _log_sum(order, wal[at : at + 8] + content, before) == (sum1, sum2)
        chained = chained and sound
        before = sum1, sum2
        frames.append(Frame(page, size, content, sound))
        if salt1 == salts[0] or salt2 == salts[1]:  # others are of an earlier generation
            ours = len(frames)
        if chained:
            sound_until = len(frames)
            committed = sound_until if size else committed
    return Log(
        tuple(frames[:committed]),
        tuple(frames[committed:sound_until]),
        tuple(frames[sound_until : max(sound_until, ours)]),
    )


def _start(wal: bytes) -> tuple[Salts, str, tuple[int, int], bool]:
    """The salts of the log, the order of bytes in its sums, the first sum, and: it is sound."""
    magic, form, size, _seq, salt1, salt2, sum1, sum2 = struct.unpack_from(">8I", wal)
    order = ">" if magic == _MAGIC_BIG else "<"
    sums = _log_sum(order, wal[:24], (0, 0))
    known = magic in {_MAGIC_LITTLE, _MAGIC_BIG} and form == 3007000 and size == PAGE
    if known and sums == (sum1, sum2):
        return (salt1, salt2), order, sums, True
    places = range(_HEADER + 8, min(len(wal) - 8, 8 * PAGE), _FRAME_HEADER + PAGE)
    usual = Counter(struct.unpack_from(">2I", wal, at) for at in places).most_common(1)[0][0]
    return (usual[0], usual[1]), order, sums, False


def _log_sum(order: str, data: bytes, sums: tuple[int, int]) -> tuple[int, int]:
    """The running checksum of the log (§4.2)."""
    one, two = sums
    words = iter(struct.unpack(f"{order}{len(data) // 4}I", data))
    for first, second in zip(words, words, strict=True):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two


def image_of(db: bytes, log: Log) -> bytes:
    """The database as SQLite would see it: its file with what the log has over it."""
    if not log.committed:
        return db
    newest = {frame.page: frame.content for frame in log.committed}
    size = log.committed[-1].size
    stored = dict(pages_of(db))
    blank = bytes(PAGE)
    return b"".join(
        newest.get(number) or stored.get(number, blank) for number in range(1, size + 1)
    )


def pages_of(db: bytes) -> Iterator[tuple[int, bytes]]:
    """The pages of a database file with their numbers; a torn last one is filled up."""
    for at in range(0, len(db), PAGE):
        yield at // PAGE + 1, db[at : at + PAGE].ljust(PAGE, b"\0")
