"""In memory what the file has to hold: so a write is small, and any file can be made right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from agent_tui.journal.kept import Key
from agent_tui.journal.record import SEAL_KEY, Row, make_row, mix, seal_row

New: TypeAlias = dict[Key, Row | None]
"""Rows to be put; None: a row that goes."""

Sums: TypeAlias = Mapping[Key, bytes]


class Mirror:
    """The rows that there have to be."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = {row.key: row for row in rows}
        self._mixed = mix(self.rows.values())

    def made_by(self, changes: Mapping[Key, bytes | None], stamp: int) -> New:
        """The rows that `changes` come to; what is not there needs not go."""
        return {
            key: None if body is None else make_row(key, stamp, body)
            for key, body in changes.items()
            if body is not None or key in self.rows
        }

    def besides(self, new: New, there: Sums) -> New:
        """What makes a file that holds `there` hold all of this, and `new` with it."""
        wanted = {**self.rows, **new}
        put = {key: row for key, row in wanted.items() if row and there.get(key) != row.sum}
        gone = [key for key in there if key != SEAL_KEY and wanted.get(key) is None]
        return {**put, **dict.fromkeys(gone)}

    def sealed(self, new: New, stamp: int) -> Row:
        """The seal over all rows, as they are with `new`."""
        count = len(self.rows)
        mixed = self._mixed
        for key, row in new.items():
            before = [self.rows[key]] if key in self.rows else []
            after = [] if row is None else [row]
            count += len(after) - len(before)
            mixed ^= mix(before + after)
        return seal_row(count, mixed, stamp)

    def take(self, new: New) -> None:
        """They are on disk."""
        for key, row in new.items():
            before = self.rows.pop(key, None)
            if row is not None:
                self.rows[key] = row
            self._mixed ^= mix([each for each in (before, row) if each is not None])
