"""Names of people, shortened where there is little room or where one is greeted."""

from __future__ import annotations

SHORTEST_FIRST_NAME = 3
"""Letters; what is shorter is a title or an initial."""


def short_name(name: str) -> str:
    """The first name where that is one; titles, initials and phone numbers keep the whole name."""
    first, _space, rest = name.partition(" ")
    letters = first.replace("-", "").replace("'", "").replace("’", "")
    return first if rest and len(first) >= SHORTEST_FIRST_NAME and letters.isalpha() else name


def given_name(name: str) -> str:
    """The name to greet with; empty where none can be told: “Berg, Anna”, “Dr.”, “+49 160”."""
    first = next(iter(name.split()), "")
    is_name = any(char.isalpha() for char in first) and first[-1] not in ".,:;"
    return first if is_name else ""
