"""Words that would be lost when the program has to end: written to a file, once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from agent_tui.desk import Desk
from agent_tui.i18n import _
from agent_tui.model import ConversationId
from agent_tui.ops import Note, Send
from agent_tui.private_file import write_new
from agent_tui.shown import Mode


def unsent_words(desk: Desk) -> Iterator[str]:
    """Every draft and every text that has not reached the desk, with whom it is for."""
    for (conversation, mode), words in desk.drafts.items():
        yield f"{_heading(desk, conversation, mode)}\n{words.text}\n"
    for pending in desk.store.outbox:
        if isinstance(pending.op, Send | Note) and pending.settled_at_seq is None:
            mode = Mode.NOTE if isinstance(pending.op, Note) else Mode.REPLY
            yield f"{_heading(desk, pending.op.conversation, mode)}\n{pending.op.text}\n"
    for stray in desk.store.strays.values():
        yield f"{_words_for(stray.mode).format(name=stray.name)}\n{stray.text}\n"


def salvage(desk: Desk, folder: Path, now: datetime) -> Path | None:
    """Write what is unsent into a new file of `folder` that only its owner may read.

    Returns the file; None where nothing is unsent. Raises OSError.
    """
    texts = _collected(desk)
    return write_new(folder, f"unsent-{now:%Y%m%d-%H%M%S}", "\n".join(texts)) if texts else None


def _collected(desk: Desk) -> list[str]:
    """What is unsent; asked again where another thread changed it in between."""
    for _again in range(10):
        with suppress(RuntimeError, KeyError):
            return list(unsent_words(desk))
    return list(unsent_words(desk))


def _heading(desk: Desk, conversation: ConversationId, mode: Mode) -> str:
    known = desk.store.get(conversation)
    return _words_for(mode).format(name=conversation if known is None else known.contact_name)


def _words_for(mode: Mode) -> str:
    return _("Note on {name}:") if mode is Mode.NOTE else _("Reply to {name}:")
