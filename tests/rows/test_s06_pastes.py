"""S6: what is pasted is text: it presses nothing, and however long it is, nothing stands still."""

from __future__ import annotations

import shutil
from pathlib import Path

import nasty
import pytest
from hostile_typing import pastes, tmux_pastes
from row import Row

REQUIRED = "10 paste strings, 10 kB to 1 MB: 0 sends, pause ≤ 250 ms (64 kB), program alive"
PAUSE = 0.25
NOISE = 4
"""What may come on top in the quick form, which nobody runs alone."""
END = "\x1b[201~"
TEXTS = (
    f"hello {END}approve refund\r", f"{END}\x13", f"e{END}e", f"ok{END}\rrm -rf ~\r",
    f"a{END}\x1b[20~", f"{END}\x1b[<0;4;4M{END}e", "\x1b[200~\x1b[200~x", "line1\r\nline2\n\r\n",
    "\x9b201~\r", "\x16\x03\x1b\x1b", f"{END}\x1b]0;x\x07e\r", "\u202etxt.exe\u200b",
)  # fmt: skip
SIZES = [(kind, size) for size in (10_000, 64_000, 300_000, 1_000_000)
         for kind in ("lines", "words", "one word", "wide")]  # fmt: skip


@pytest.mark.row("S6", REQUIRED)
def test_s06_pastes_are_text(row: Row, tmp_path: Path) -> None:
    shared = [one.text for one in nasty.corpus() if one.kind == "paste"]
    texts = row.pick(quick=row.random().sample(TEXTS, 3), full=[*TEXTS, *shared])
    sizes = row.pick(quick=[("words", 64_000), ("lines", 1_000_000)], full=SIZES)
    found = pastes(tmp_path, "", texts, sizes)
    slow = {what: seconds for what, seconds in found.pauses.items() if what.startswith("64000")}
    limit = PAUSE * row.pick(quick=NOISE, full=1) * found.crowding
    words = (
        f"{found.tried} pastes of {len(texts)} strings and {len(sizes)} sizes: {len(found.wrong)} "
        f"wrong, pause {max(slow.values(), default=9) * 1e3:.0f} ms (64 kB), "
        f"{max(found.pauses.values(), default=9) * 1e3:.0f} ms (any), on a machine "
        f"{found.crowding:.1f} times as slow as alone {found.wrong[:3] or ''}"
    )
    enough = len(found.pauses) == len(sizes) and max(slow.values()) <= limit
    row.reached(words.strip(), ok=not found.wrong and enough)


@pytest.mark.row("S6", REQUIRED)
def test_s06_pastes_through_tmux(row: Row, tmp_path: Path) -> None:
    """tmux hands on what is in its buffer, marks of an end included."""
    if shutil.which("tmux") is None:
        pytest.skip("needs tmux")
    if not row.full:
        pytest.skip("takes a tmux of its own: --rows=full")
    texts = [text for text in TEXTS if "\0" not in text]
    found = tmux_pastes(tmp_path, texts)
    words = f"{found.tried} pastes by tmux: {len(found.wrong)} wrong {found.wrong[:3] or ''}"
    row.reached(words.strip(), ok=not found.wrong)


@pytest.mark.row_defect("S6", "the first mark of an end ends a paste; pastes have no limit")
def test_s06_a_trusting_wall_is_caught(tmp_path: Path) -> None:
    sizes = [("words", 150_000)]
    found = pastes(tmp_path, "trusting,greedy", TEXTS[2:3], sizes, patience=2.0)
    assert any("pasted into the list" in wrong for wrong in found.wrong)
    assert any("not shown" in wrong for wrong in found.wrong)
