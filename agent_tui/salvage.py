"""Words that would be lost when the program has to end: written to a file, once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from agent_tui.desk import Desk
from agent_tui.i18n import _
from agent_tui.ops import Note, Send
from agent_tui.shown import Mode


def unsent_words(desk: Desk) -> Iterator[str]:
    """Every draft and every text that has not reached the desk, with whom it is for."""
    for (conversation, mode), words in desk.drafts.items():
        yield f"{_heading(desk, conversation, mode)}\n{words.text}\n"
    for pending in desk.store.outbox:
        if isinstance(pending.op, Send | Note) and pending.settled_at_seq is None:
            mode = Mode.NOTE if isinstance(pending.op, Note) else Mode.REPLY
            yield f"{_heading(desk, pending.op.conversation, mode)}\n{pending.op.text}\n"


def salvage(desk: Desk, folder: Path, now: datetime) -> Path | None:
    """Write what is unsent into a new file of `folder` that only its owner may read.

    Returns the file; None where nothing is unsent. Raises OSError.
    """
    texts = list(unsent_words(desk))
    if not texts:
        return None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"unsent-{now:%Y%m%d-%H%M%S}.txt"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("\n".join(texts))
    return path


def _heading(desk: Desk, conversation: str, mode: Mode) -> str:
    known = next((c for c in desk.store.conversations() if c.id == conversation), None)
    name = known.contact_name if known is not None else conversation
    words = _("Note on {name}:") if mode is Mode.NOTE else _("Reply to {name}:")
    return words.format(name=name)
