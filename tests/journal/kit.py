"""Kept values and small hands for tests of the journal."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory
from typing import Any

from builders import NOW, safe

from agent_tui.clock import ManualClock
from agent_tui.journal import Journal, Kept, KeptDraft, KeptOp, Key, key_of, open_journal
from agent_tui.journal.place import Place, place_of
from agent_tui.journal.writer import FileJournal
from agent_tui.model import NO_TEXT, Channel, ContactId, ConversationId, OpId, Priority
from agent_tui.ops import AnyOp, MarkRead, Prioritise, Send
from agent_tui.shown import Mode, SendState, Words

ACCOUNT = "ana wss://desk.example"
LONG = "a long text, line after line\n" * 700
"""Longer than a page of the file."""
ANSWERS_WITHIN = 30.0
"""Seconds after which an answer that did not come is a failure; generous on purpose."""


def send(number: int, text: str = "") -> Send:
    """A reply whose every few words say which it is."""
    body = safe(text or f"<op-{number}> your parcel comes tomorrow")
    conversation = ConversationId(f"c-{number % 20}")
    return Send(id=OpId(f"op-{number}"), conversation=conversation, text=body, seen_seq=7)


def kept(op: AnyOp, order: int = 0, **fields: Any) -> KeptOp:
    """A request as it is kept; `fields` override."""
    defaults: dict[str, Any] = {
        "op": op,
        "made_at": NOW + timedelta(seconds=order),
        "desk_id": "desk-1",
        "contact_id": ContactId("p-17"),
        "contact_name": safe("Noah Brown"),
        "channel": Channel.WHATSAPP,
        "state": SendState.QUEUED,
        "left": False,
        "problem": NO_TEXT,
        "order": order,
    }
    return KeptOp(**{**defaults, **fields})


def draft(number: int, text: str = "", at: datetime = NOW, mode: Mode = Mode.REPLY) -> KeptDraft:
    """A text that is being written."""
    words = text or f"<draft-{number}> half a sentence"
    return KeptDraft(
        ConversationId(f"c-{number}"),
        mode,
        Words(words, (0, len(words.split("\n", maxsplit=1)[0]))),
        "desk-1",
        ContactId("p-17"),
        safe("Noah Brown"),
        at,
    )


def priority(number: int) -> Prioritise:
    """A change of a conversation's state."""
    key = OpId(f"op-{number}")
    level = list(Priority)[number % 5]
    return Prioritise(id=key, conversation=ConversationId("c-1"), base_ver=number, priority=level)


def read_mark(number: int) -> MarkRead:
    """A request that is neither words nor compared with a version."""
    return MarkRead(id=OpId(f"op-{number}"), conversation=ConversationId("c-1"), seq=number)


def opened(folder: Path) -> FileJournal:
    """The journal below `folder`."""
    return open_journal(folder, ACCOUNT, ManualClock(NOW))


def changes(*values: Kept, gone: tuple[Key, ...] = ()) -> dict[Key, Kept | None]:
    """What a `write` is given."""
    wanted: dict[Key, Kept | None] = {key_of(value): value for value in values}
    return wanted | dict.fromkeys(gone)


def written(journal: Journal, wanted: Mapping[Key, Kept | None]) -> str | None:
    """Write and wait for the answer: None, or the problem."""
    answers: Queue[str | None] = Queue()
    journal.write(wanted, answers.put)
    return answers.get(timeout=ANSWERS_WITHIN)


def held(journal: Journal) -> dict[Key, Kept]:
    """What it held when it was opened, by key."""
    found = journal.found()
    values: list[Kept] = [*found.ops, *found.drafts]
    return {key_of(value): value for value in values}


@contextmanager
def quick_folder(otherwise: Path) -> Iterator[Path]:
    """A folder in memory where the machine has one: for tests that write much and mind no sync."""
    memory = Path("/dev/shm")
    if not (memory.is_dir() and os.access(memory, os.W_OK)):
        yield otherwise
        return
    with TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


def files_of(home: Path) -> dict[str, bytes]:
    """The database and what lies beside it, by name."""
    return {path.name: path.read_bytes() for path in home.iterdir() if ".db" in path.name}


def lay_out(folder: Path, files: dict[str, bytes]) -> Place:
    """Put files where the journal below `folder` looks for them."""
    place = place_of(folder, ACCOUNT)
    place.folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (place.folder / name).write_bytes(data)
    return place
