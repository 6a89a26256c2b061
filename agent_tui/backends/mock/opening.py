"""How the desk is set up when it opens: from a state file, a corpus, or the built-in customers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from secrets import token_hex

from agent_tui.backends.mock.arrivals import Arrivals, Newcomer
from agent_tui.backends.mock.cast import cast, recast
from agent_tui.backends.mock.corpus import Corpus, load_corpus
from agent_tui.backends.mock.corpus_day import CorpusCast
from agent_tui.backends.mock.day import DEFAULT_CONVERSATIONS, build_day
from agent_tui.backends.mock.ledger import Touched
from agent_tui.backends.mock.options import MockOptions
from agent_tui.backends.mock.past import enter
from agent_tui.backends.mock.people import contact_of
from agent_tui.backends.mock.persona import Persona, load_personas
from agent_tui.backends.mock.records import Contact
from agent_tui.backends.mock.simulation import Seat, Simulation
from agent_tui.backends.mock.staff import DESK
from agent_tui.backends.mock.state_file import StateFile, is_state_file
from agent_tui.backends.mock.stream import Stream
from agent_tui.backends.mock.world import World
from agent_tui.model import Availability, Delivery

_ROUND_AFTER_RESTART = 500
"""Customers who come after a restart are other people than those who were here before."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A desk that is ready to be served."""

    world: World
    simulation: Simulation
    stream: Stream
    problems: tuple[str, ...] = ()
    """What is wrong with the corpus, a line each."""
    file: StateFile | None = None
    """Where it was kept, held open; None: it begins today."""


def open_desk(options: MockOptions, now: datetime, epoch: str, ident: str | None = None) -> Opened:
    """The desk that `options` ask for, as it stands at `now`.

    A state file outranks everything else. Without one, the same seed makes the same day and
    the same customers. `epoch` names the sequence if a new one begins, `ident` the desk if it is
    new (None: a random name). Raises `MockError` for a corpus that is not there and for a state
    file that cannot be used.
    """
    rng = Random(options.seed)  # noqa: S311 - a simulation
    corpus = None if options.corpus is None else load_corpus(options.corpus)
    problems = () if corpus is None else corpus.problems
    kept = _kept(options, corpus, now, rng, epoch)
    if kept is not None:
        return kept
    world = World(DESK, epoch, f"d-{token_hex(8)}" if ident is None else ident)
    recorded = None if corpus is None else CorpusCast(world, corpus, now, rng)
    customers = cast(load_personas(), rng)
    count, drafts = options.conversations, []
    if recorded is not None:
        drafts = recorded.drafts(count, now)
        count = len(drafts) if count is None else count
    count = DEFAULT_CONVERSATIONS if count is None else count
    drafts += build_day(customers, count - len(drafts), now, DESK.timezone, rng)
    simulation = Simulation(world, rng, now)
    for conv, draft in zip(enter(world, drafts), drafts, strict=True):
        simulation.seats[conv] = Seat(draft.persona, draft.mood)
    Arrivals(simulation, _newcomer(world, recorded, customers), options.rate).begin(now)
    return Opened(world, simulation, Stream(world.seq), problems)


def _kept(
    options: MockOptions, corpus: Corpus | None, now: datetime, rng: Random, epoch: str
) -> Opened | None:
    """The desk of the state file; None: there is none yet."""
    if options.state is None or not is_state_file(options.state):
        return None
    file = StateFile(options.state)
    restored = file.read(DESK, epoch)
    world, stream, personas = restored.world, restored.stream, load_personas()
    world.touched = Touched()
    for agent in world.agents:  # whoever sat there when it was killed sits there no more
        for event in world.presence(agent, Availability.OFFLINE, now):
            stream.append(event)
    recorded = None if corpus is None else CorpusCast(world, corpus, now, rng)
    known = personas if recorded is None else (*personas, *recorded.personas)
    simulation = Simulation(world, rng, now)
    for conv, (part, mood) in restored.seats.items():
        persona = recast(known, part, world.conversations[conv].contact_name)
        if persona is not None:
            simulation.seats[conv] = Seat(persona, mood)
    for message, (conv, place) in world.sent.items():
        if world.threads[conv][place].delivery in {Delivery.ACCEPTED, Delivery.SENT}:
            simulation.report_at(message, now + timedelta(seconds=1), Delivery.DELIVERED, "")
    customers = cast(personas, rng, _ROUND_AFTER_RESTART)
    Arrivals(simulation, _newcomer(world, recorded, customers), options.rate).begin(now)
    return Opened(world, simulation, stream, corpus.problems if corpus else (), file)


def _newcomer(
    world: World, recorded: CorpusCast | None, customers: Iterator[Persona]
) -> Newcomer | None:
    """Who comes next: with a corpus only those who are in it."""
    if recorded is not None:
        return recorded.newcomer if recorded.parts else None

    def newcomer(now: datetime) -> tuple[Persona, Contact]:
        persona = next(one for one in customers if one.opening)
        return persona, world.add_contact(contact_of(persona, now))

    return newcomer
