"""What can be saved from a damaged file, row by row.

Each row has its own checksum, so a row that was hit is known. Whether a row is still wanted is
known from the seal, which says which rows there were when it was written: what fits the seal is
certain, however it was found. What cannot be made to fit is doubtful, and said to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, combinations
from math import comb
from typing import Final

from agent_tui.journal.cells import any_rows, listed_rows, listed_stamps
from agent_tui.journal.pages import Frame, Log, image_of, pages_of
from agent_tui.journal.record import SEAL_KEY, Row, Seal, mix, read_seal

_MOST_TRIES: Final = 100_000
_MOST_DOUBTED: Final = 3

Pages = dict[int, bytes]


@dataclass(frozen=True, slots=True)
class Rescued:
    """Rows saved from a damaged file."""

    certain: tuple[Row, ...]
    """As they were at the last write."""
    doubtful: tuple[Row, ...]
    """Whole, but perhaps changed or taken away since."""
    missing: int | None
    """How many rows there were besides; None: that cannot be told any more."""


def rescue(db: bytes, log: Log) -> Rescued:
    """The rows of a file, whatever was done to its bytes."""
    behind = dict(pages_of(image_of(db, log)))
    newest = _laid_over(behind, log.rest)
    pages = [*behind.values(), *(frame.content for frame in log.rest)]
    strays = [*_listed(pages, newest), *_anywhere(pages, newest), *_older(db, log, newest)]
    seal = _newest_seal(strays)
    listed = _by_key(_listed(newest.values(), newest))
    guesses = chain([listed], _guesses(behind, log, strays))
    fitting = None if seal is None else _fitting(guesses, strays, seal)
    if fitting is not None:
        return Rescued(fitting, (), 0)
    torn = _without_last(behind, log, strays)
    if torn is None:
        return _doubtful(listed, strays, seal)
    found = len(torn.certain) + len(torn.doubtful)
    return torn if seal is None else replace(torn, missing=max(0, seal.count - found))


def _fitting(guesses: Iterable[list[Row]], strays: list[Row], seal: Seal) -> tuple[Row, ...] | None:
    """The first of the guesses that can be made to fit the seal."""
    for guess in guesses:
        settled = _settled(guess, _besides(guess, strays), seal)
        if settled is not None:
            return settled
    return None


def _without_last(behind: Pages, log: Log, strays: list[Row]) -> Rescued | None:
    """The state before the last write, and what can be read of that write; None: the damage is
    older. Where the power went, the last write was cut off, and nobody was told that it was done.

    What that write took away, as far as it can be read, is doubtful.
    """
    rows = _by_key(_listed(behind.values(), behind))
    before = _newest_seal(_listed(behind.values(), behind))
    if before is None or not before.fits(rows):
        return None
    if max(row.stamp for row in strays) != before.stamp + 1:
        return None
    newest = _laid_over(behind, log.rest)
    new = _by_key(row for row in strays if row.stamp > before.stamp)
    gone_from = [behind[frame.page] for frame in log.rest if _readable(frame, behind, newest)]
    was_there = {row.key for row in _listed(gone_from, behind)}
    is_there = {row.key for row in chain(_listed(newest.values(), newest), new)}
    gone = was_there - is_there
    return Rescued(
        tuple(row for row in _by_key([*rows, *new]) if row.key not in gone),
        tuple(row for row in rows if row.key in gone),
        None,
    )


def _readable(frame: Frame, behind: Pages, newest: Pages) -> bool:
    """Enough of a page can be read to tell that what it does not list was taken away."""
    rows, whole = listed_rows(frame.content, newest.get)
    if frame.page not in behind:
        return False
    return whole or 2 * len(rows) >= len(listed_rows(behind[frame.page], behind.get)[0])


def _doubtful(listed: list[Row], strays: list[Row], seal: Seal | None) -> Rescued:
    """What is listed is believed, as far as nothing speaks against it."""
    extras = _besides(listed, strays)
    if seal is None:
        return Rescued(tuple(listed), tuple(extras), None)
    missing = seal.count - len(listed)
    if missing < 0:  # some of them are not wanted any more, and nobody knows which
        return Rescued((), tuple(listed), 0)
    # Of one that is missing it is known by now that it is none of the strays.
    newest_first = sorted(extras, key=lambda row: row.stamp, reverse=True)
    likely = newest_first[: missing if missing > 1 else 0]
    return Rescued(tuple(listed), tuple(likely), missing - len(likely))


def _guesses(behind: Pages, log: Log, strays: list[Row]) -> Iterator[list[Row]]:
    """What else there may have been: before the damage, with all that is newer, or if a frame's
    page number was hit. It may be of any page that had some of the same rows at another time.
    """
    before = _by_key(_listed(behind.values(), behind))
    yield before
    last = max((row.stamp for row in before), default=0)
    yield _by_key([*before, *(row for row in strays if row.stamp > last)])
    hit = [at for at, frame in enumerate(log.rest) if not frame.sound]
    for at in hit[:_MOST_DOUBTED]:
        frame = log.rest[at]
        keys = _keys(frame.content)
        others = chain(behind.items(), ((f.page, f.content) for f in log.rest if f.sound))
        for number in sorted({n for n, page in others if keys & _keys(page)}):
            moved = replace(frame, page=number)
            newest = _laid_over(behind, (*log.rest[:at], moved, *log.rest[at + 1 :]))
            yield _by_key(_listed(newest.values(), newest))


def _laid_over(behind: Pages, frames: Iterable[Frame]) -> Pages:
    return behind | {frame.page: frame.content for frame in frames}


def _keys(page: bytes) -> set[str]:
    """Of the rows that lie in a page whole."""
    return {row.key for row in listed_rows(page, lambda _number: None)[0]}


def has_news(log: Log, stamp: int) -> bool:
    """Behind what SQLite takes, the log has something that is not a mere leftover.

    A write that failed leaves pages there, none with a row that is newer than `stamp`.
    """
    if log.unfinished and log.beyond:
        return True
    for frame in log.beyond:
        stamps: list[int | None] = [
            row.stamp for row in any_rows(frame.content, lambda _number: None)
        ]
        stamps += listed_stamps(frame.content)
        if any(told is None or told > stamp for told in stamps):
            return True
    return False


def _settled(listed: list[Row], extras: list[Row], seal: Seal) -> tuple[Row, ...] | None:
    """`listed`, with a few added or a few left out, as it fits the seal; None: no way."""
    lacking = seal.count - len(listed)
    pool = extras if lacking > 0 else listed
    few = abs(lacking)
    if comb(len(pool), few) > _MOST_TRIES:
        return None
    wanted = mix(listed) ^ seal.mixed
    for some in combinations(pool, few):
        if mix(some) == wanted:
            gone = {row.key for row in some} if lacking < 0 else set()
            added = some if lacking > 0 else ()
            return (*(row for row in listed if row.key not in gone), *added)
    return None


def _older(db: bytes, log: Log, newest: Pages) -> Iterator[Row]:
    """Rows of earlier writings of the pages that cannot be read whole now."""
    hit = {
        number
        for number, page in newest.items()
        if not listed_rows(page, newest.get)[1] or page[0] not in _KINDS
    }
    frames = ((frame.page, frame.content) for frame in (*log.committed, *log.rest))
    for number, page in chain(pages_of(db), frames):
        if number in hit:
            yield from listed_rows(page, newest.get)[0]


_KINDS: Final = frozenset({0, 2, 5, 10, 13, ord("S")})
"""First bytes of sound pages: long texts and empty pages (0), trees, and the first of all."""


def _listed(pages: Iterable[bytes], newest: Pages) -> Iterator[Row]:
    for page in pages:
        yield from listed_rows(page, newest.get)[0]


def _anywhere(pages: Iterable[bytes], newest: Pages) -> Iterator[Row]:
    for page in pages:
        yield from any_rows(page, newest.get)


def _newest_seal(rows: Iterable[Row]) -> Seal | None:
    """The seal of the last write; None where that one was hit."""
    newest = max(rows, key=lambda row: (row.stamp, row.key == SEAL_KEY), default=None)
    return None if newest is None else read_seal(newest)


def _by_key(rows: Iterable[Row]) -> list[Row]:
    """The newest of each key, without the seal."""
    best: dict[str, Row] = {}
    for row in rows:
        if row.key != SEAL_KEY and (row.key not in best or best[row.key].stamp < row.stamp):
            best[row.key] = row
    return list(best.values())


def _besides(listed: list[Row], rows: Iterable[Row]) -> list[Row]:
    """The newest of each key that is not among `listed`."""
    known = {row.key for row in listed}
    return [row for row in _by_key(rows) if row.key not in known]
