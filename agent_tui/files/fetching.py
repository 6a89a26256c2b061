"""Fetching a file: asked of the desk, counted, kept in quarantine, judged by its content."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent_tui.backends.base import Download
from agent_tui.files.kinds import HEAD, Verdict, judge
from agent_tui.files.naming import safe_name
from agent_tui.files.saving import CannotSave, Quarantine
from agent_tui.i18n import _
from agent_tui.model import Attachment

DEFAULT_LIMIT: Final = 25_000_000
"""Bytes that are fetched without asking."""
HARD_LIMIT: Final = 100_000_000
"""Bytes that are fetched at all."""


class TooLarge(CannotSave):
    """It has more bytes than it may have."""


@dataclass(slots=True)
class Progress:
    """How far a file has come, for whoever looks from another thread."""

    received: int = 0
    """Bytes."""
    size: int | None = None
    """Bytes that are to come, as far as the desk has said."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A file that is here."""

    path: Path
    size: int
    """Bytes, as counted."""
    verdict: Verdict


async def fetch(
    source: Callable[[], AbstractAsyncContextManager[Download]],
    wanted: Attachment,
    quarantine: Quarantine,
    limit: int,
    progress: Progress,
) -> Saved:
    """Fetch `wanted` from `source`, at most `limit` bytes; it is there whole, or not at all.

    Raises `CannotSave` (`TooLarge`), and what `source` raises.
    """
    async with source() as download:
        size = progress.size = download.size
        if size is not None and size > limit:
            raise TooLarge(_too_large(limit))
        name = safe_name(wanted.name, wanted.id or "")
        head, count = bytearray(), 0
        with await asyncio.to_thread(quarantine.begin, name, size) as part:
            async for chunk in download.chunks():
                count += len(chunk)
                if count > limit:
                    raise TooLarge(_too_large(limit))
                head += chunk[: HEAD - len(head)]
                await asyncio.to_thread(part.write, chunk)
                progress.received = count
            if size is not None and count != size:
                raise CannotSave(_("The desk sent fewer bytes than it announced; try again."))
            path = await asyncio.to_thread(part.finish, download.origin)
    return Saved(path, count, judge(path.name, download.mime, bytes(head), wanted.kind))


def _too_large(limit: int) -> str:
    return _("It is larger than {limit} MB.").format(limit=limit // 1_000_000)
