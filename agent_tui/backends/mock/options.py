"""What one can ask of the mock desk, and how it says that it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agent_tui.backends.mock.identities import Badge

if TYPE_CHECKING:
    from agent_tui.backends.mock.faults.plan import FaultPlan


class MockError(Exception):
    """The mock desk cannot start; the text says why and what to do, for the user."""


@dataclass(frozen=True, slots=True)
class MockOptions:
    """How the mock desk is set up."""

    port: int = 0
    """On 127.0.0.1; 0: any free one."""
    token: str | None = None
    """What a console has to know; None: 128 random bits."""
    corpus: Path | None = None
    """A folder of real conversations; None: the built-in customers."""
    conversations: int | None = None
    """How many the inbox has at the start; None: 61, or all of the corpus."""
    seed: int = 1
    """The same seed makes the same day."""
    rate: float = 0.15
    """Arrivals a second that no agent caused, on average; 0: none."""
    latency_ms: int = 0
    """How long every answer and event is held back."""
    state: Path | None = None
    """Where the desk is kept over restarts; None: nowhere."""
    hb: float = 10
    """Seconds between heartbeats."""
    queue: int = 2_000
    """How many frames may wait for one console before it is cut off."""
    people: tuple[tuple[str, Badge], ...] = ()
    """Further tokens and what they open; `token` opens everything. Each tenant they name besides
    the first has a desk of its own, with customers of its own, that is kept nowhere."""
    faults: FaultPlan | None = None
    """What goes wrong, and when; None: nothing by itself."""
    token_life: float | None = None
    """Seconds a token lives; None: for ever."""
    token_file: Path | None = None
    """Where the newest token is kept, for its owner only; None: nowhere."""
    control: Path | None = None
    """The socket by which `agent-tui mock ctl` talks to the desk; None: in a folder of its own."""
