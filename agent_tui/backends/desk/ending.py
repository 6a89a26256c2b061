"""How a link ended: in words, and whether waiting can mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agent_tui.model import SafeText

UNREADABLE: Final = frozenset({1002, 1007, 1009})
"""Close codes that say: what you sent breaks the protocol."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a link ended."""

    words: SafeText
    final: bool = False
    """Waiting does not mend it."""
    alone: bool = True
    """Nothing points to an outage of the desk."""
    retry_after: float | None = None
    """Seconds, where the desk said so."""
    at_once: bool = False
    """There is nothing to wait for."""
    token: bool = False
    """The token did not hold: read it again. The rest is so if there is no other one."""
