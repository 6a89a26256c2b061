"""A row of the file, its checksum, and the seal that tells which rows there have to be."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

SCHEMA: Final = 1
"""The version of the file's form; a file of a greater one is read and never written."""

SEAL_KEY: Final = "seal"
ASIDE: Final = "aside:"
"""Stands before the key of a row that was not understood: it is kept, and told of once."""

SUM_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it is on disk."""

    key: str
    stamp: int
    """The number of the write that put it there."""
    body: bytes
    sum: bytes

    @property
    def intact(self) -> bool:
        """It is what was written."""
        return self.sum == checksum(self.key, self.stamp, self.body)


@dataclass(frozen=True, slots=True)
class Seal:
    """Written with every change: which rows there are, so that none can vanish unseen."""

    schema: int
    stamp: int
    count: int
    mixed: int
    """All their sums, mixed by exclusive or."""

    def fits(self, rows: Iterable[Row]) -> bool:
        """These rows, and no others, were there when it was written."""
        mine = list(rows)
        return len(mine) == self.count and mix(mine) == self.mixed


def checksum(key: str, stamp: int, body: bytes) -> bytes:
    """A sum over everything a row says; a row is believed when it fits."""
    name = key_bytes(key)
    frame = len(name).to_bytes(4, "big") + name + stamp.to_bytes(8, "big", signed=True)
    return blake2b(frame + body, digest_size=SUM_BYTES, person=b"journal").digest()


def key_bytes(key: str) -> bytes:
    """How a key is spelled on disk."""
    return key.encode("utf-8", "surrogatepass")


def key_of_bytes(spelled: bytes) -> str:
    """The key that is spelled like this. Raises UnicodeDecodeError."""
    return spelled.decode("utf-8", "surrogatepass")


def make_row(key: str, stamp: int, body: bytes) -> Row:
    """A row with its sum."""
    return Row(key, stamp, body, checksum(key, stamp, body))


def mix(rows: Iterable[Row]) -> int:
    """The sums of `rows`, in whatever order, as one number."""
    mixed = 0
    for row in rows:
        mixed ^= int.from_bytes(row.sum, "big")
    return mixed


def seal_row(count: int, mixed: int, stamp: int) -> Row:
    """The seal over `count` rows of which the sums come to `mixed`."""
    body = {"schema": SCHEMA, "count": count, "mixed": f"{mixed:x}"}
    return make_row(SEAL_KEY, stamp, json.dumps(body).encode())


def read_seal(row: Row) -> Seal | None:
    """The seal that an intact row is; None: it is none."""
    if row.key != SEAL_KEY or not row.intact:
        return None
    try:
        said = json.loads(row.body)
        schema, count, mixed = int(said["schema"]), int(said["count"]), int(said["mixed"], 16)
    except (ValueError, KeyError, TypeError):
        return None
    return Seal(schema, row.stamp, count, mixed)
