"""The desk as rows: what has changed in it as rows to be written, and all rows as a desk again.

Pure. The values in the rows are spelled as on the wire; `state_file` gives them their place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from agent_tui.backends.mock.customers import Mood
from agent_tui.backends.mock.ledger import Kept, Touched
from agent_tui.backends.mock.records import Desk, Message
from agent_tui.backends.mock.simulation import Seat
from agent_tui.backends.mock.stream import Stream, encode
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
from agent_tui.model import Availability

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of every table; of a part of the desk, or of all of it."""

    desk: Row
    """The one row: ident, epoch, newest number, next number, next contact, next message."""
    contacts: Sequence[Row] = ()
    """Id and value, in the order they were entered."""
    conversations: Sequence[Row] = ()
    """Id, value, who changed it last, rating, the customer's part and her mood, as entered."""
    messages: Sequence[Row] = ()
    """Sequence number and value, by number."""
    agents: Sequence[Row] = ()
    """Id and availability."""
    answers: Sequence[Row] = ()
    """Agent, command id, hash of the command, answer and moment, oldest first."""
    events: Sequence[Row] = ()
    """Sequence number and frame, oldest first."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A desk as it was kept."""

    world: World
    stream: Stream
    seats: dict[str, tuple[str, Mood]]
    """By conversation: which part its customer plays, and her mood."""


def everything(world: World) -> Touched:
    """As if all of the desk had just changed."""
    return Touched(
        contacts=dict.fromkeys(world.contacts),
        conversations=dict.fromkeys(world.conversations),
        messages=dict.fromkeys(
            (conv, place) for conv, thread in world.threads.items() for place in range(len(thread))
        ),
        agents=dict.fromkeys(world.agents),
    )


def rows_of(
    world: World,
    seats: Mapping[str, Seat],
    touched: Touched,
    answers: Iterable[tuple[tuple[str, str], Kept]] = (),
    events: Iterable[tuple[int, str]] = (),
) -> Rows:
    """What was `touched`, with these answers and events, as it is now."""
    return Rows(
        desk=(
            world.ident, world.epoch, world.seq,
            world.next_number, world.next_contact, world.next_message,
        ),
        contacts=[(key, encode(contact_to_wire(world.contacts[key]))) for key in touched.contacts],
        conversations=[_conversation(world, key, seats.get(key)) for key in touched.conversations],
        messages=[_message(world.threads[conv][place]) for conv, place in touched.messages],
        agents=[(key, world.agents[key].availability.value) for key in touched.agents],
        answers=[
            (agent, cmd_id, kept.body, encode(kept.answer), stamp(kept.at))
            for (agent, cmd_id), kept in answers
        ],
        events=list(events),
    )  # fmt: skip


def _conversation(world: World, conv: str, seat: Seat | None) -> Row:
    part = None if seat is None else seat.persona.id
    mood = None if seat is None else encode({**asdict(seat.mood), "said": sorted(seat.mood.said)})
    wire = encode(conversation_to_wire(world.conversations[conv]))
    return conv, wire, world.changed_by.get(conv), world.ratings.get(conv), part, mood


def _message(message: Message) -> Row:
    return message.seq, encode(message_to_wire(message))


def restore(rows: Rows, desk: Desk, epoch: str, *, trusted: bool) -> Restored:
    """The desk that these rows are all of.

    Where the sequence cannot be continued, because the rows are not `trusted` to be all there
    were or because events are missing, it goes on under `epoch`, with no events to resume from.
    Raises what `unwire` raises for rows that nobody can have written.
    """
    ident, kept_epoch, seq, number, contact, message = rows.desk
    world = World(desk, _text(kept_epoch), _text(ident), seq=int(seq))
    for _key, text in rows.contacts:
        world.add_contact(contact_from(json.loads(text)))
    seats = dict(_put_conversations(world, rows.conversations))
    for _seq, text in rows.messages:
        _put_back(world, message_from(json.loads(text)))
    for agent, availability in rows.agents:
        if agent in world.agents:
            world.put_agent(replace(world.agents[agent], availability=Availability(availability)))
    for agent, cmd_id, body, answer, at in rows.answers:
        world.answers[agent, cmd_id] = Kept(body, _object(answer), moment(at))
    world.next_number, world.next_contact = int(number), int(contact)
    world.next_message = int(message)
    stream = Stream(world.seq)
    if trusted and _unbroken(rows.events, world.seq):
        stream.restore(text for _seq, text in rows.events[-stream.keep :])
    else:
        world.epoch = epoch
    return Restored(world, stream, seats)


def _put_conversations(world: World, rows: Iterable[Row]) -> Iterator[tuple[str, tuple[str, Mood]]]:
    """Enter the conversations; the seats of those whose customer is known."""
    for _key, text, changed_by, rating, part, mood in rows:
        conv = conversation_from(json.loads(text))
        world.put(conv)
        world.threads[conv.id] = []
        world.of_contact[conv.contact_id].append(conv.id)
        world.changed_by[conv.id] = changed_by
        if rating is not None:
            world.ratings[conv.id] = int(rating)
        if part is not None:
            kept = _object(mood)
            yield conv.id, (_text(part), Mood(**{**kept, "said": frozenset(kept["said"])}))


def _put_back(world: World, message: Message) -> None:
    """Append a message to its thread; the order of the numbers is that of the threads."""
    if message.seq > world.seq:
        raise ValueError(f"message {message.id} is newer than the newest")
    world.put_message(len(world.threads[message.conv]), message)


def _unbroken(events: Sequence[Row], newest: int) -> bool:
    """Whether these are the events up to the newest, without a hole."""
    first = newest - len(events) + 1
    return all(
        seq == number and text.startswith(f'{{"frame":"ev","seq":{number},')
        for number, (seq, text) in enumerate(events, first)
    )


def _object(text: object) -> Json:
    value = json.loads(_text(text))
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
