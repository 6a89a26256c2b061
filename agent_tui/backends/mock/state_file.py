"""The desk on disk: everything in one JSON file, replaced as a whole, never half written.

A file that was written as the last act of a desk is *clean*: the next desk goes on with the same
epoch and sequence. After a crash the file may lack events that consoles have seen, so the next
desk takes what is there and begins a new epoch.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agent_tui.backends.mock.customers import Mood
from agent_tui.backends.mock.ledger import Kept
from agent_tui.backends.mock.options import MockError
from agent_tui.backends.mock.records import Contact, Conversation, Desk, Message
from agent_tui.backends.mock.simulation import Seat
from agent_tui.backends.mock.stream import Stream
from agent_tui.backends.mock.unwire import contact_from, conversation_from, message_from
from agent_tui.backends.mock.wire import (
    Json,
    contact_to_wire,
    conversation_to_wire,
    message_to_wire,
    moment,
    stamp,
)
from agent_tui.backends.mock.world import World
from agent_tui.i18n import _

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Frozen:
    """A desk at one moment, cheap to take; `encode` does the work, in another thread if need be."""

    clean: bool
    counters: Mapping[str, Any]
    contacts: Sequence[Contact]
    conversations: Sequence[Conversation]
    threads: Sequence[Sequence[Message]]
    changed_by: Mapping[str, str | None]
    ratings: Mapping[str, int]
    answers: Mapping[tuple[str, str], Kept]
    seats: Mapping[str, tuple[str, Mood]]
    events: Sequence[str]


@dataclass(frozen=True, slots=True)
class Restored:
    """A desk as it was on disk."""

    world: World
    stream: Stream
    seats: dict[str, tuple[str, Mood]]
    """By conversation: which part its customer plays, and her mood."""


def freeze(world: World, seats: Mapping[str, Seat], stream: Stream, *, clean: bool) -> Frozen:
    """The desk as it is now; the events for resuming only with the last, clean one."""
    return Frozen(
        clean=clean,
        counters={
            "epoch": world.epoch,
            "seq": world.seq,
            "next_number": world.next_number,
            "next_contact": world.next_contact,
            "next_message": world.next_message,
        },
        contacts=tuple(world.contacts.values()),
        conversations=tuple(world.conversations.values()),
        threads=tuple(tuple(thread) for thread in world.threads.values()),
        changed_by=dict(world.changed_by),
        ratings=dict(world.ratings),
        answers=dict(world.answers),
        seats={conv: (seat.persona.id, seat.mood) for conv, seat in seats.items()},
        events=stream.kept() if clean else (),
    )


def encode(frozen: Frozen) -> bytes:
    """The file's content."""
    state = {
        "format": FORMAT,
        "clean": frozen.clean,
        **frozen.counters,
        "contacts": list(map(contact_to_wire, frozen.contacts)),
        "conversations": list(map(conversation_to_wire, frozen.conversations)),
        "messages": [message_to_wire(one) for thread in frozen.threads for one in thread],
        "changed_by": frozen.changed_by,
        "ratings": frozen.ratings,
        "answers": [
            [agent, cmd_id, kept.body, kept.answer, stamp(kept.at)]
            for (agent, cmd_id), kept in frozen.answers.items()
        ],
        "seats": {conv: [part, _mood_to(mood)] for conv, (part, mood) in frozen.seats.items()},
        "events": frozen.events,
    }
    return json.dumps(state, separators=(",", ":")).encode()


def save(path: Path, content: bytes) -> None:
    """Replace the file by one only its owner may read; raises `MockError` if that fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # mkstemp makes the file 0600.
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        message = _("The state file {path} cannot be written ({why}).")
        raise MockError(message.format(path=path, why=error.strerror)) from error


def load(path: Path, desk: Desk, epoch: str) -> Restored | None:
    """The desk that was kept in the file; None if there is no file.

    `epoch` is the one to begin where the sequence cannot be continued. Raises `MockError` for a
    file that cannot be read or understood.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(path, error) from error
    try:
        return _restore(json.loads(text), desk, epoch)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> MockError:
    message = _(
        "The state file {path} cannot be used ({why}). "
        "Move it away to begin a new day, or name another with --state."
    )
    why = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
    return MockError(message.format(path=path, why=str(why)[:120]))


def _restore(state: Json, desk: Desk, epoch: str) -> Restored:
    if state["format"] != FORMAT:
        raise ValueError(f"format {state['format']!r}, this program writes {FORMAT}")
    clean = state["clean"] is True
    world = World(desk, state["epoch"] if clean else epoch, seq=int(state["seq"]))
    for wire in state["contacts"]:
        world.add_contact(contact_from(wire))
    for wire in state["conversations"]:
        conv = conversation_from(wire)
        world.put(conv)
        world.threads[conv.id] = []
        world.of_contact[conv.contact_id].append(conv.id)
    for wire in state["messages"]:
        _put_back(world, message_from(wire))
    world.changed_by = dict(state["changed_by"])
    world.ratings = dict(state["ratings"])
    for agent, cmd_id, body, answer, at in state["answers"]:
        world.answers[agent, cmd_id] = Kept(body, dict(answer), moment(at))
    world.next_number = int(state["next_number"])
    world.next_contact = int(state["next_contact"])
    world.next_message = int(state["next_message"])
    stream = Stream(world.seq)
    stream.restore([str(text) for text in state["events"]] if clean else ())
    seats = {conv: (str(part), _mood_from(mood)) for conv, (part, mood) in state["seats"].items()}
    return Restored(world, stream, seats)


def _put_back(world: World, message: Message) -> None:
    """Append a message to its thread; the order of the file is that of the threads."""
    thread = world.threads[message.conv]
    if message.seq > world.seq or (thread and thread[-1].seq >= message.seq):
        raise ValueError(f"message {message.id} out of order")
    if message.delivery is not None:
        world.sent[message.id] = (message.conv, len(thread))
    thread.append(message)


def _mood_to(mood: Mood) -> Json:
    return {**asdict(mood), "said": sorted(mood.said)}


def _mood_from(kept: Json) -> Mood:
    return Mood(**{**kept, "said": frozenset(kept["said"])})
