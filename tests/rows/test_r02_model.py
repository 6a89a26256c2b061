"""R2: a pure model of console and desk, played by chance and by Hypothesis. The console's and the
desk's own rules run in it; the network, the disk and the clock are made up. Whatever breaks, in the
end every text is at the desk once or in sight, in order, and the screen shows what the desk has.

The protocol and the program are then made weaker in one place at a time, and the same check has
to find that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from model import mended
from model.day import Day
from model.running import end, first_failure, plan_of, play, seeds_of, shortest
from model.steps import AGENT, CONSOLE, FAULTS, NAMED, OTHERS, TIME, Step
from model.weakenings import WEAKENINGS, Weakening
from row import Row

from agent_tui.model import ConversationId
from agent_tui.shown import Mode, Words

CHUNKS = 8
"""The days are played in so many tests, for as many processors as there are."""
WITHIN = 1500
"""Days in which a weakening has to show (reliability reference §2.4)."""


@pytest.fixture(autouse=True)
def mends(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the model found and the program does not do yet."""
    for mend in mended.ALL:
        mend(monkeypatch)


@pytest.mark.row("R2", "20,000 seeded runs, 0 errors; each weakening found within 1,500")
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_r02_days(row: Row, chunk: int) -> None:
    days = row.pick(quick=400, full=20_000) // CHUNKS
    texts = lives = carried_out = 0
    wrong: list[str] = []
    for seed in seeds_of(row.random(), days):
        day = play(plan_of(seed))
        texts, lives = texts + len(day.words), lives + day.lives
        carried_out += sum(len(house.done) for house in day.houses.values())
        wrong += [f"{kind}: {words} (seed {seed})" for kind, words in day.judge.found[:1]]
    words = (
        f"{len(wrong)} of {days} days wrong ({texts} texts, {carried_out} commands, {lives} lives)"
    )
    row.reached(f"{words} {' '.join(wrong[:3])}".strip(), ok=not wrong)


CHANCE = st.integers(0, 2**16)


def steps(some: Iterable[Step]) -> st.SearchStrategy[str]:
    """The name of one of them."""
    return st.sampled_from([step.__name__ for step in some])


class ConsoleAndDesk(RuleBasedStateMachine):
    """The same day, with steps that Hypothesis chooses."""

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.day = Day(seed)

    def _do(self, step: str, chance: int) -> None:
        self.day.do(NAMED[step], chance)

    @rule(step=steps(AGENT), chance=CHANCE)
    def she(self, step: str, chance: int) -> None:
        self._do(step, chance)

    @rule(step=steps(CONSOLE), chance=CHANCE)
    def the_console(self, step: str, chance: int) -> None:
        self._do(step, chance)

    @rule(step=steps(OTHERS), chance=CHANCE)
    def somebody_else(self, step: str, chance: int) -> None:
        self._do(step, chance)

    @rule(step=steps(TIME), chance=CHANCE)
    def meanwhile(self, step: str, chance: int) -> None:
        self._do(step, chance)

    @rule(step=steps(FAULTS), chance=CHANCE)
    def it_breaks(self, step: str, chance: int) -> None:
        self._do(step, chance)

    @invariant()
    def nothing_is_wrong(self) -> None:
        assert not self.day.judge.found, self.day.judge.found

    def teardown(self) -> None:
        end(self.day)
        self.nothing_is_wrong()


@pytest.mark.row("R2", "20,000 seeded runs, 0 errors; each weakening found within 1,500")
def test_r02_hypothesis_finds_nothing(row: Row) -> None:
    days = row.pick(quick=50, full=1000)
    by_hypothesis(days, tuple(Phase))
    row.reached(f"0 of {days} days that Hypothesis made wrong", ok=True)


def by_hypothesis(days: int, phases: tuple[Phase, ...]) -> None:
    """Raises what it found."""
    how = settings(
        max_examples=days,
        stateful_step_count=50,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,
        report_multiple_bugs=False,
    )
    run_state_machine_as_test(ConsoleAndDesk, settings=how)


@pytest.mark.row_defect("R2", "counts as sent before the answer (found by Hypothesis)")
def test_r02_hypothesis_finds_something(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    weakening = next(one for one in WEAKENINGS if one.name.startswith("counts as sent"))
    weakening.plant(monkeypatch)
    with pytest.raises(AssertionError, match=r"early|lost"):
        by_hypothesis(100, (Phase.generate,))


def weakenings() -> Iterator[object]:
    for one in WEAKENINGS:
        mark = pytest.mark.row_defect("R2", one.name)
        yield pytest.param(one, marks=mark, id=one.name.replace(" ", "-"))


@pytest.mark.parametrize("weakening", weakenings())
def test_r02_finds(row: Row, weakening: Weakening, monkeypatch: pytest.MonkeyPatch) -> None:
    weakening.plant(monkeypatch)
    failed = first_failure(seeds_of(row.random(), WITHIN), weakening.shows)
    assert failed is not None, f"{weakening.name}: not found in {WITHIN} days"
    print(f"{weakening.name}: found on day {failed.run}, as {failed.found[0]!r}")  # noqa: T201


def test_r02_a_failing_day_is_cut_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left of it still fails, and in the same way."""
    weakening = next(one for one in WEAKENINGS if "dedupe" in one.name)
    weakening.plant(monkeypatch)
    failed = first_failure(seeds_of(Random(1), WITHIN), weakening.shows)
    assert failed is not None
    few = shortest(failed.plan, weakening.shows)
    assert len(few[1]) < len(failed.plan[1])
    assert play(few, weakening.shows).judge.found


def test_r02_who_acts_before_the_inbox_is_whole_loses_nothing() -> None:
    """A draft of an earlier life is there as soon as its conversation is: what is written there
    next neither hides it nor takes its place on disk."""
    day = Day(1)
    day.deadly = day.life.disk.deadly = 0.0
    conv = ConversationId(day.house.world.in_order()[0].id)
    write_on(day, conv)
    day.life.session.pump()
    day.life.disk.commit()
    day.end_life()
    day.dial()
    day.serve(50)
    day.hear(2)  # the welcome and the first part
    day.breathe()
    assert conv in day.life.store
    assert not day.life.store.ready
    write_on(day, conv)
    day.life.session.pump()
    day.life.disk.commit()
    day.end_life()
    end(day)
    assert not day.judge.found


def write_on(day: Day, conv: ConversationId) -> None:
    """One more word in the draft."""
    here = day.life.desk.draft(conv, Mode.REPLY).text
    text = f"{here} {day.new_word()}".strip()
    day.life.desk.keep_draft(conv, Mode.REPLY, Words(text, (0, 0)))
