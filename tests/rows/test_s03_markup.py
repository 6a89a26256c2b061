"""S3: markup that somebody wrote is text: shown as it is, no button, no link, no end."""

from __future__ import annotations

from pathlib import Path

import nasty
import pytest
from hostile_walk import Seen, Walk, clicking, everywhere
from nasty import Nasty
from row import Row

REQUIRED = (
    "51 markup strings in each field: shown literally, 0 crashes, 0 actions or links from data"
)
KINDS = {"markup", "lang"}
AT_ONCE = 45


def markup() -> list[Nasty]:
    """The strings of ours and the shared ones that something might interpret."""
    every = [*nasty.OWN, *nasty.corpus()]
    chosen = (one for one in every if one.kind in KINDS)
    return [Nasty(o.id, o.text, o.kind, unchanged=o.text.isprintable()) for o in chosen]


@pytest.mark.row("S3", REQUIRED)
def test_s03_markup_is_text(row: Row, tmp_path: Path) -> None:
    random, every = row.random(), markup()
    chosen = row.pick(quick=random.sample(every, 8), full=every)
    near = [*nasty.neighbours(random, every, row.pick(quick=3, full=200))]
    seen, every_place = Seen(), row.pick(quick=clicking, full=everywhere)
    for start in range(0, len(near) + len(chosen), AT_ONCE):
        part = [*chosen, *near][start : start + AT_ONCE]
        seen = seen.and_then(Walk(part, tmp_path / str(start), "").run(every_place))
    if row.full:
        seen = seen.and_then(Walk(every[:20], tmp_path / "clicks", "").run(clicking))
    words = (
        f"{seen.strings} strings in {len(seen.places)} places, clicked on: {len(seen.wrong)} shown "
        f"otherwise, obeyed or fatal {seen.wrong[:3] or ''}"
    )
    row.reached(words.strip(), ok=not seen.wrong)


@pytest.mark.row_defect("S3", "message text is read for markup; brackets vanish from it")
@pytest.mark.parametrize("defect", ["markup", "vanishing"])
def test_s03_a_widget_that_reads_markup_is_caught(defect: str, tmp_path: Path) -> None:
    chosen = [Nasty("photo", "[Photo] of it", "markup", unchanged=True)]
    if defect == "markup":
        chosen.append(Nasty("close", "[/b]", "markup", unchanged=True))
    assert Walk(chosen, tmp_path, defect).run(clicking).wrong
