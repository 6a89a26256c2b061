"""Fetching a file: counted, whole or not at all, judged by what came."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from builders import safe

from agent_tui.backends.base import CannotFetch, Download
from agent_tui.files.fetching import Progress, Saved, TooLarge, fetch
from agent_tui.files.saving import CannotSave, Quarantine
from agent_tui.model import Attachment, AttachmentId

JPEG = b"\xff\xd8\xff\xe0" + bytes(100)


@dataclass
class Canned:
    """A desk's answer."""

    pieces: list[bytes]
    size: int | None = None
    mime: str = "image/jpeg"
    origin: str = "http://desk/attachments/m-1.1"
    breaks: Exception | None = None
    taken: int = 0

    async def chunks(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            self.taken += 1
            yield piece
        if self.breaks is not None:
            raise self.breaks

    @asynccontextmanager
    async def source(self) -> AsyncIterator[Download]:
        yield self


@pytest.fixture
def quarantine(tmp_path: Path) -> Quarantine:
    return Quarantine(tmp_path, "session-1")


async def fetched(
    answer: Canned, quarantine: Quarantine, limit: int = 1_000, progress: Progress | None = None
) -> Saved:
    wanted = Attachment("image", safe("../parcel.jpg"), 104, AttachmentId("m-1.1"))
    return await fetch(answer.source, wanted, quarantine, limit, progress or Progress())


def left(quarantine: Quarantine) -> list[str]:
    return [path.name for path in quarantine.folder.glob("*")]


async def test_it_is_saved_counted_and_judged(quarantine: Quarantine) -> None:
    progress = Progress()
    answer = Canned([JPEG[:50], JPEG[50:]], size=104)
    saved = await fetched(answer, quarantine, progress=progress)
    assert saved.path == quarantine.folder / "parcel.jpg"
    assert saved.path.read_bytes() == JPEG
    assert (saved.size, saved.verdict.opens) == (104, True)
    assert progress == Progress(104, 104)


async def test_what_it_is_comes_from_its_content(quarantine: Quarantine) -> None:
    saved = await fetched(Canned([b"\x7f", b"ELF", bytes(99)]), quarantine)
    assert saved.verdict.title == "program"
    assert not saved.verdict.opens


async def test_a_size_over_the_limit_is_refused_at_once(quarantine: Quarantine) -> None:
    answer = Canned([bytes(1_001)], size=1_001)
    with pytest.raises(TooLarge):
        await fetched(answer, quarantine)
    assert answer.taken == 0
    assert left(quarantine) == []


@pytest.mark.parametrize("size", [None, 1_000, 104])
async def test_more_than_the_limit_ends_it_whatever_was_announced(
    quarantine: Quarantine, size: int | None
) -> None:
    answer = Canned([bytes(600)] * 1_000_000, size=size)
    with pytest.raises(TooLarge):
        await fetched(answer, quarantine)
    assert answer.taken == 2
    assert left(quarantine) == []


@pytest.mark.parametrize("size", [103, 105])
async def test_a_wrong_length_is_no_file(quarantine: Quarantine, size: int) -> None:
    with pytest.raises(CannotSave):
        await fetched(Canned([JPEG], size=size), quarantine)
    assert left(quarantine) == []


async def test_what_breaks_off_leaves_nothing(quarantine: Quarantine) -> None:
    with pytest.raises(CannotFetch):
        await fetched(Canned([JPEG], breaks=CannotFetch(safe("gone"))), quarantine)
    assert left(quarantine) == []


async def test_nothing_is_a_file_of_no_kind(quarantine: Quarantine) -> None:
    saved = await fetched(Canned([], size=0), quarantine)
    assert (saved.size, saved.verdict.opens) == (0, False)
