"""A day of faults as a value: its seed, and what begins when."""

from __future__ import annotations

from dataclasses import dataclass

from agent_tui.backends.mock.faults.asking import Order


@dataclass(frozen=True, slots=True)
class Step:
    """One fault, so many seconds after the desk has begun to listen."""

    at: float
    order: Order


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """A day: the same plan makes the same day."""

    seed: int | None = None
    """None: the desk's own."""
    steps: tuple[Step, ...] = ()
    """By time; of the same time, as they stand in the file."""
