"""The stream of events as text: what is kept for resuming, and the snapshot at one point of it."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from agent_tui.backends.mock.records import Conversation
from agent_tui.backends.mock.wire import Json, conversation_to_wire

RETENTION = 10_000
PART_BYTES = 256 * 1024


def encode(frame: Json) -> str:
    """A frame as text; pure ASCII, so that a length in characters is one in bytes."""
    return json.dumps(frame, separators=(",", ":"))


@dataclass(slots=True)
class Stream:
    """The newest events, each written as text once for everybody."""

    seq: int
    """The sequence number of the newest event, kept or not."""
    keep: int = RETENTION
    _texts: deque[str] = field(default_factory=deque)

    def append(self, event: Json) -> str:
        """Keep the next event; its number must be the next one."""
        if event["seq"] != self.seq + 1:
            raise ValueError(f"event {event['seq']} after {self.seq}: the stream has a hole")
        text = encode(event)
        self.seq += 1
        self._texts.append(text)
        if len(self._texts) > self.keep:
            self._texts.popleft()
        return text

    def after(self, seq: int) -> list[str] | None:
        """The events after `seq`, oldest first; None if not all of them are kept."""
        missing = self.seq - seq
        if not 0 <= missing <= len(self._texts):
            return None
        return list(islice(self._texts, len(self._texts) - missing, None))

    def kept(self) -> tuple[str, ...]:
        """All events that are kept, oldest first."""
        return tuple(self._texts)

    def restore(self, texts: Iterable[str]) -> None:
        """Keep these events, the newest of which has the number `seq`."""
        self._texts = deque(texts)


@dataclass(slots=True)
class Snapshots:
    """Writes snapshots; remembers the text of conversations that have not changed."""

    _written: dict[str, tuple[Conversation, str]] = field(default_factory=dict)

    def parts(self, conversations: Iterable[Conversation], at_seq: int) -> list[str]:
        """The `snap` frames that name `conversations` in this order, at least one."""
        chunks = list(_chunks(map(self._text, conversations), PART_BYTES - 200))
        return [
            f'{{"frame":"snap","part":{number},"parts":{len(chunks)},"at_seq":{at_seq},'
            f'"conversations":[{",".join(chunk)}]}}'
            for number, chunk in enumerate(chunks, 1)
        ]

    def _text(self, conv: Conversation) -> str:
        record, text = self._written.get(conv.id, (None, ""))
        if record is not conv:
            text = encode(conversation_to_wire(conv))
            self._written[conv.id] = conv, text
        return text


def _chunks(texts: Iterable[str], limit: int) -> Iterator[list[str]]:
    """`texts` in lists of at most `limit` characters each, commas included; at least one list."""
    chunk: list[str] = []
    size = 0
    for text in texts:
        if chunk and size + len(text) + 1 > limit:
            yield chunk
            chunk, size = [], 0
        chunk.append(text)
        size += len(text) + 1
    yield chunk
