"""What is wrong with the desk right now: faults that are on, for how long, and what comes next.

Time is the desk's clock: with a `ManualClock` move it, then let the desk `tick()`. All of it
belongs to the desk's event loop and is called from there.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from agent_tui.backends.mock.faults.asking import FaultError, Order, understand, unknown
from agent_tui.backends.mock.faults.fate import Draw
from agent_tui.backends.mock.faults.kinds import FAULTS, Drop, Fault, Kill
from agent_tui.backends.mock.faults.plan import FaultPlan, Step
from agent_tui.clock import Clock
from agent_tui.i18n import _

SCRIPT = "script"
"""What `clear` calls the steps that are still to come."""


class Hands(Protocol):
    """Who carries out what is no matter of single frames."""

    def happen(self, order: Order, nth: int) -> None:
        """A fault of a moment happens; for a repeated one, the `nth` time (from 1)."""
        ...

    def begin(self, order: Order) -> None:
        """A fault that lasts has begun."""
        ...

    def end(self, order: Order) -> None:
        """A fault that lasts is over."""
        ...


@dataclass(slots=True, eq=False)
class On:
    """A fault that is on; times in seconds since the desk began."""

    order: Order
    ends: float | None
    next_cut: float | None = None
    cuts: int = 0


class Faults:
    """Everything that is on, and the rest of the script."""

    def __init__(self, clock: Clock, plan: FaultPlan, seed: int, hands: Hands) -> None:
        """`seed` counts where the plan names none."""
        self.seed = seed if plan.seed is None else plan.seed
        self.deadly = False
        """Whether `kill` may end this process: only where the desk is all there is in it."""
        self._clock = clock
        self._hands = hands
        self._began = clock.monotonic()
        self._steps: deque[Step] = deque(plan.steps)
        self._on: dict[tuple[str, str | None], On] = {}
        self._lines: Counter[str] = Counter()
        self._changed = asyncio.Event()

    # ── asking for them ─────────────────────────────────────────────────────────────

    def set(self, fault: str, /, **given: Any) -> Order:
        """Let `fault` happen, or switch it on in place of the same one that was on.

        `given` is what `docs/mock-desk.md` lists for it, with `for_` (seconds) and `agent`.
        Raises `FaultError`.
        """
        named = {key.rstrip("_"): value for key, value in given.items()}
        order = understand(fault, named)
        self.order(order)
        return order

    def order(self, order: Order) -> None:
        """Carry out an order. Raises `FaultError` if this desk may not be killed."""
        self._check(order)
        self._carry_out(order, self.elapsed)

    def clear(self, name: str | None = None) -> tuple[str, ...]:
        """Switch off what is called so, for everybody; None: all that is on.

        ``script`` is the rest of the script. Returns what was on, in words. Raises `FaultError`
        for a name that no fault has.
        """
        if name == SCRIPT:
            left = [str(step.order) for step in self._steps]
            self._steps.clear()
            self.stir()
            return tuple(left)
        if name is not None and name not in FAULTS:
            raise FaultError(name, unknown(name, (*FAULTS, SCRIPT)))
        gone = [key for key in self._on if name in (None, key[0])]
        words = tuple(str(self._on[key].order) for key in gone)
        for key in gone:
            self._switch_off(key)
        return words

    def on(self) -> tuple[tuple[Order, float | None], ...]:
        """What is on, each with the seconds that are left; None: until it is cleared."""
        now = self.elapsed
        return tuple(
            (one.order, None if one.ends is None else max(0.0, one.ends - now))
            for one in self._on.values()
        )

    @property
    def to_come(self) -> tuple[Step, ...]:
        """The steps of the script that have not come yet."""
        return tuple(self._steps)

    # ── being subject to them ───────────────────────────────────────────────────────

    def toxics(self, agent: str | None) -> tuple[Fault, ...]:
        """What is on for the lines of `agent`; None: what is on for everybody.

        A fault for one agent outranks the same one for everybody.
        """
        if not self._on:
            return ()
        found = {}
        for name, whose in sorted(self._on, key=lambda key: key[1] is not None):
            if whose in (None, agent):
                found[name] = self._on[name, whose].order.fault
        return tuple(found.values())

    def new_line(self, agent: str) -> str:
        """The name of the next line of `agent`, for chance: the same in every run."""
        self._lines[agent] += 1
        return f"{agent}/{self._lines[agent]}"

    def draw(self, line: str, number: int) -> Draw:
        """Chance for the thing `number` on `line`."""
        return Draw(self.seed, line, number)

    async def changes(self, seconds: float | None = None) -> None:
        """Wait until something is switched on or off, at most so long (real time)."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    def stir(self) -> None:
        """Wake whoever waits for changes."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    # ── time ────────────────────────────────────────────────────────────────────────

    @property
    def elapsed(self) -> float:
        """Seconds since the day began, by the desk's clock."""
        return self._clock.monotonic() - self._began

    def begin(self) -> None:
        """The day begins now. Raises `FaultError` if the script would kill who may not be."""
        for step in self._steps:
            self._check(step.order)
        self._began = self._clock.monotonic()

    def tick(self) -> None:
        """Let happen what is due, in the order in which it was."""
        while (due := self._next()) is not None and due[0] <= self.elapsed:
            due[1]()

    def next_due(self) -> float | None:
        """In how many seconds something is due; None: nothing is."""
        due = self._next()
        return None if due is None else max(0.0, due[0] - self.elapsed)

    def _next(self) -> tuple[float, Callable[[], None]] | None:
        """What comes next, and when; of the same time, ends come first."""
        coming: list[tuple[float, Callable[[], None]]] = []
        for key, one in self._on.items():
            if one.ends is not None:
                coming.append((one.ends, lambda key=key: self._switch_off(key)))  # type: ignore[misc]
            if one.next_cut is not None:
                coming.append((one.next_cut, lambda one=one: self._cut(one)))  # type: ignore[misc]
        if self._steps:
            coming.append((self._steps[0].at, self._step))
        return min(coming, key=lambda one: one[0], default=None)

    def _step(self) -> None:
        step = self._steps.popleft()
        self._carry_out(step.order, step.at)

    def _cut(self, one: On) -> None:
        assert one.next_cut is not None
        one.cuts += 1
        self._hands.happen(one.order, one.cuts)
        one.next_cut = self._cut_after(one, one.next_cut)

    def _cut_after(self, one: On, moment: float) -> float:
        """When the cut after the one at `moment` comes."""
        drop = one.order.fault
        assert isinstance(drop, Drop)
        dice = self.draw("drop", one.cuts).dice("every")
        return moment + max(0.05, drop.every + dice.uniform(-drop.jitter, drop.jitter))

    # ── switching ───────────────────────────────────────────────────────────────────

    def _check(self, order: Order) -> None:
        if isinstance(order.fault, Kill) and not self.deadly:
            why = _("is only for a desk in a process of its own: agent-tui mock")
            raise FaultError(Kill.name, why)

    def _carry_out(self, order: Order, at: float) -> None:
        if not order.fault.lasts:
            self._hands.happen(order, 1)
            self.stir()
            return
        key = (order.fault.name, order.agent)
        if key in self._on:
            self._switch_off(key)
        one = On(order, None if order.seconds is None else at + order.seconds)
        self._on[key] = one
        if isinstance(order.fault, Drop):
            one.next_cut = self._cut_after(one, at)
        self._hands.begin(order)
        self.stir()

    def _switch_off(self, key: tuple[str, str | None]) -> None:
        one = self._on.pop(key)
        self._hands.end(one.order)
        self.stir()
