"""Rows read out of a page's bytes, without SQLite and without believing what the page says.

What is found is believed only where the row's own checksum fits. The forms are those of
"Database File Format" (sqlite.org/fileformat2.html), §1.6 and §2.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from typing import Final

from agent_tui.journal.pages import PAGE
from agent_tui.journal.record import SUM_BYTES, Row, key_of_bytes

Fetch = Callable[[int], bytes | None]
"""Gives the page of a number, for texts too long for one page."""

_TABLE_LEAF: Final = 13
_MOST_LOCAL: Final = PAGE - 35
_LEAST_LOCAL: Final = (PAGE - 12) * 32 // 255 - 23
_LONGEST: Final = 16 * 1024 * 1024
_SUM_TYPE: Final = 12 + 2 * SUM_BYTES
_INTEGERS: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_COLUMNS: Final = 5
_RECORD: Final = re.compile(rb"[\x06-\x0e]\0(?=.{2,9}" + bytes([_SUM_TYPE]) + rb")", re.DOTALL)
"""How the header of a record of ours begins and ends."""


class _Bad(Exception):
    """No row starts here."""


def listed_rows(page: bytes, fetch: Fetch) -> tuple[list[Row], bool]:
    """The intact rows that a leaf page lists, and whether that was all it lists.

    A page of another kind lists none.
    """
    places = _places(page)
    rows = [row for at in places or () if (row := _intact_row(page, at, fetch))]
    return rows, places is not None and len(rows) == len(places)


def listed_stamps(page: bytes) -> list[int | None]:
    """The stamps of the rows that a leaf page lists, whole or not; None: no row stands there."""
    places = _places(page)
    return [None] if places is None else [_stamp(page, at) for at in places]


def _places(page: bytes) -> tuple[int, ...] | None:
    """Where a leaf page says that its rows begin; None: it cannot be a leaf page of ours."""
    if page[0] != _TABLE_LEAF:
        return ()
    (count,) = struct.unpack_from(">H", page, 3)
    if 8 + 2 * count > PAGE:
        return None
    places: tuple[int, ...] = struct.unpack_from(f">{count}H", page, 8)
    return places


def _stamp(page: bytes, at: int) -> int | None:
    """The stamp of a row, of which the first page is enough."""
    try:
        _length, at = _varint(page, at)
        _slot, at = _varint(page, at)
        _check_form(page, at)
        return _head(page[at:])[1]
    except (_Bad, IndexError, UnicodeDecodeError):
        return None


def any_rows(page: bytes, fetch: Fetch) -> Iterator[Row]:
    """Every intact row that lies anywhere in a page, listed or not."""
    for found in _RECORD.finditer(page):
        for before in range(2, 13):  # two numbers stand before a record, of at most 12 bytes here
            at = found.start() - before
            row = _intact_row(page, at, fetch) if at >= 8 else None
            if row is not None:
                yield row
                break


def _intact_row(page: bytes, at: int, fetch: Fetch) -> Row | None:
    try:
        length, at = _varint(page, at)
        _slot, at = _varint(page, at)
        if not SUM_BYTES < length <= _LONGEST:
            return None
        _check_form(page, at)
        row = _row(_payload(page, at, length, fetch))
    except (_Bad, IndexError, UnicodeDecodeError):
        return None
    return row if row.intact else None


def _check_form(page: bytes, at: int) -> None:
    """Cheap: the header of a record of ours begins with its length, at most 14, and a null."""
    if not _COLUMNS < page[at] <= 14 or page[at + 1] != 0:
        raise _Bad


def _payload(page: bytes, at: int, length: int, fetch: Fetch) -> bytes:
    """The bytes of a record, from this page and those it goes on in."""
    local = length
    if length > _MOST_LOCAL:
        local = _LEAST_LOCAL + (length - _LEAST_LOCAL) % (PAGE - 4)
        local = local if local <= _MOST_LOCAL else _LEAST_LOCAL
    parts = [page[at : at + local]]
    have = len(parts[0])
    if have < local:
        raise _Bad
    following = int.from_bytes(page[at + local : at + local + 4], "big") if local < length else 0
    while have < length:
        more = fetch(following) if following else None
        if more is None:
            raise _Bad
        following = int.from_bytes(more[:4], "big")
        parts.append(more[4 : 4 + length - have])
        have += len(parts[-1])
    return b"".join(parts)


def _row(record: bytes) -> Row:
    """The row of a record: number (null, it is the slot), key, stamp, body, sum."""
    key, stamp, length, at = _head(record)
    end = at + length
    return Row(key, stamp, record[at:end], record[end : end + SUM_BYTES])


def _head(record: bytes) -> tuple[str, int, int, int]:
    """Key and stamp of a record, how long its body is and where that begins."""
    end, at = _varint(record, 0)
    kinds: list[int] = []
    while at < end:
        kind, at = _varint(record, at)
        kinds.append(kind)
    if len(kinds) != _COLUMNS or kinds[4] != _SUM_TYPE:
        raise _Bad
    _null, key, stamp, body, _sum = kinds
    if min(key, body) < 12 or key % 2 or body % 2:
        raise _Bad
    name, at = record[at : at + (key - 12) // 2], at + (key - 12) // 2
    number, at = _integer(record, at, stamp)
    return key_of_bytes(name), number, (body - 12) // 2, at


def _integer(record: bytes, at: int, kind: int) -> tuple[int, int]:
    if kind in {8, 9}:
        return kind - 8, at
    size = _INTEGERS.get(kind)
    value = int.from_bytes(record[at : at + size], "big", signed=True) if size else -1
    if size is None or value < 0:
        raise _Bad
    return value, at + size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends."""
    value = 0
    for _byte in range(8):
        byte = data[at]
        at += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at
    return value << 8 | data[at], at + 1
