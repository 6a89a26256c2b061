"""S5: what the terminal answers is never typed, sent or obeyed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile_typing import replies
from row import Row
from terminal_replies import REPLIES


@pytest.mark.row("S5", "12 kinds of reply on stdin: 0 characters in the composer, 0 sends")
def test_s05_replies_are_not_typed(row: Row, tmp_path: Path) -> None:
    random = row.random()
    names = row.pick(quick=random.sample(sorted(REPLIES), 12), full=sorted(REPLIES))
    kinds = {name: REPLIES[name] for name in names}
    found = replies(tmp_path, "", random, kinds, row.pick(quick=1, full=12))
    words = (
        f"{len(kinds)} kinds, {found.tried} replies whole and in pieces, into the composer, the "
        f"list and a picker: {len(found.wrong)} wrong {found.wrong[:3] or ''}"
    )
    row.reached(words.strip(), ok=not found.wrong)


@pytest.mark.row_defect("S5", "replies go to the framework's own parser")
def test_s05_a_wall_that_lets_replies_in_is_caught(row: Row, tmp_path: Path) -> None:
    kinds = {name: REPLIES[name] for name in ("title", "DA1")}
    assert replies(tmp_path, "deaf", row.random(), kinds, 0, patience=1.5).wrong
