"""How the desk is set up when it opens: from a state file, a corpus, or the built-in customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random

from agent_tui.backends.mock.arrivals import Arrivals
from agent_tui.backends.mock.cast import cast
from agent_tui.backends.mock.day import DEFAULT_CONVERSATIONS, build_day
from agent_tui.backends.mock.options import MockOptions
from agent_tui.backends.mock.past import enter
from agent_tui.backends.mock.persona import load_personas
from agent_tui.backends.mock.simulation import Seat, Simulation
from agent_tui.backends.mock.staff import DESK
from agent_tui.backends.mock.stream import Stream
from agent_tui.backends.mock.world import World


@dataclass(frozen=True, slots=True)
class Opened:
    """A desk that is ready to be served."""

    world: World
    simulation: Simulation
    stream: Stream
    problems: tuple[str, ...] = ()


def open_desk(options: MockOptions, now: datetime) -> Opened:
    """The desk that `options` ask for, as it stands at `now`.

    The same seed makes the same day and the same customers.
    """
    rng = Random(options.seed)  # noqa: S311 - a simulation
    world = World(DESK, epoch=f"e{rng.getrandbits(48):012x}")
    customers = cast(load_personas(), rng)
    count = DEFAULT_CONVERSATIONS if options.conversations is None else options.conversations
    drafts = build_day(customers, count, now, DESK.timezone, rng)
    ids = enter(world, drafts)
    simulation = Simulation(world, rng, now)
    for conv, draft in zip(ids, drafts, strict=True):
        simulation.seats[conv] = Seat(draft.persona, draft.mood)
    Arrivals(simulation, customers, options.rate).begin(now)
    return Opened(world, simulation, Stream(world.seq))
