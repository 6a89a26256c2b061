"""What a typed time is taken for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class At:
    """At a moment."""

    moment: datetime
    """Aware, in UTC, on a whole minute."""
    text: str = ""
    """The moment on the wall, "2026-11-24 09:00": `parse` reads it back to the same moment."""


@dataclass(frozen=True, slots=True)
class UntilReply:
    """When the customer writes."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """No moment: what is wrong with the text."""

    reason: str
    """A sentence in the agent's language, with an example of what works."""
    suggestion: str | None = None
    """A text that `parse` takes, if one is near."""


When = At | UntilReply | Unclear
