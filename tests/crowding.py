"""How crowded a machine is: a second on it is a second only where nobody else works."""

from __future__ import annotations

import time

BUSY = 0.1
"""Seconds of work that are timed."""


def crowding() -> float:
    """How many times longer work takes now than it would alone; 1.0: there is nobody else."""
    start, worked = time.perf_counter(), time.thread_time()
    while time.thread_time() - worked < BUSY:
        sum(range(1_000))
    return max(1.0, (time.perf_counter() - start) / (time.thread_time() - worked))
