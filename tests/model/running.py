"""Days made from seeds: played, judged, and cut down to what is needed to go wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random

from model.day import Day
from model.judge import KINDS
from model.paper import PaperDisk
from model.seat import Life
from model.steps import NAMED, STEPS

Plan = tuple[int, tuple[tuple[str, int], ...]]
"""A day's seed, and its steps with a seed for each."""


AT_THE_END = frozenset({"view", "desk", "parked"})
"""What only a console shows that has read everything."""


def plan_of(seed: int) -> Plan:
    """The day that a seed makes."""
    random = Random(seed)
    names = [step.__name__ for step in STEPS]
    some = random.choices(names, list(STEPS.values()), k=random.randint(30, 90))
    return random.getrandbits(32), tuple((name, random.getrandbits(32)) for name in some)


def play(plan: Plan, wanted: frozenset[str] | None = None) -> Day:
    """That day, at its end or where it went wrong; `wanted`: the kinds that count, None: all."""
    seed, steps = plan
    day = Day(seed, wanted)
    if all(day.do(NAMED[name], chance) for name, chance in steps):
        end(day)
    return day


def end(day: Day) -> None:
    """Let everything come to rest, and look at all of it; once more when the agent has sent what
    is left, and when the console was started again."""
    for act in (day.last_customers, day.send_what_is_left, day.end_life):
        act()
        day.rest()
        if not day.judge.found:
            day.judge.at_rest()
        if not day.judge.found and day.judge.wants(AT_THE_END):
            day.read_everything()
            day.judge.beside(fresh(day))
        if day.judge.found or day.chance.random() < 0.5:
            return


def fresh(day: Day) -> Life:
    """A console that has just come and has no past; it sits there instead of ours for a moment."""
    ours = day.life
    day.life = Life("fresh", day.clock, day.next_id, PaperDisk({}, day.chance))
    for _turn in range(3):
        day.flow()
    day.read_everything()
    new, day.life = day.life, ours
    if new.backend.wire is not None:
        new.backend.wire.cut(day.chance)
    day.flow()
    day.flow()
    return new


@dataclass(frozen=True)
class Failed:
    """A day that went wrong."""

    run: int
    """Which one it was, counted from 1."""
    plan: Plan
    found: tuple[str, str]
    """The kind of defect, and what it was."""

    def __str__(self) -> str:
        steps = shortest(self.plan, frozenset({self.found[0]}))
        return f"day {self.run}: {KINDS[self.found[0]]} ({self.found[1]}); play({steps})"


def first_failure(seeds: Iterable[int], wanted: frozenset[str] | None = None) -> Failed | None:
    """The first of those days that goes wrong."""
    for run, seed in enumerate(seeds, 1):
        plan = plan_of(seed)
        if found := play(plan, wanted).judge.found:
            return Failed(run, plan, found[0])
    return None


def seeds_of(random: Random, count: int) -> Iterator[int]:
    """So many seeds."""
    for _seed in range(count):
        yield random.getrandbits(48)


def shortest(plan: Plan, kinds: frozenset[str]) -> Plan:
    """The same day without what is not needed to go wrong in that way."""
    seed, steps = plan
    size = len(steps) // 2
    while size:
        at = 0
        while at < len(steps):
            fewer = steps[:at] + steps[at + size :]
            if play((seed, fewer), kinds).judge.found:
                steps = fewer
            else:
                at += size
        size //= 2
    return seed, steps
