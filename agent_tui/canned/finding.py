"""Ranking replies for a query: shortcuts first, then words, misspelt or not."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from agent_tui.canned.reply import MAX_FILES, CannedReply, Problem
from agent_tui.model import Channel

_WORD: Final = re.compile(r"\w+")
_LIQUID: Final = re.compile(r"\{[{%][^{}]*\}+")
_SHORTEST_INSIDE: Final = 3
"""Shorter words of a query are only looked for at the beginnings of words."""

_SHORTEST_MISSPELT: Final = 4
"""Shorter words of a query must be spelt right: three letters are similar to everything."""


@dataclass(frozen=True, slots=True)
class Library:
    """The replies of one language, by group and title, and what was wrong on the way."""

    replies: tuple[CannedReply, ...]
    problems: tuple[Problem, ...] = ()

    def search(self, query: str, channel: Channel | None, limit: int = 100) -> list[CannedReply]:
        """Those that fit `query` and may be sent on `channel`, best first.

        An exact shortcut leads, then shortcuts that begin with the query, then everything in
        which each word of the query is found, misspelt or not. No query: all, in their order.
        """
        fitting = [reply for reply in self.replies if reply.fits(channel)]
        wanted = fold(query).strip()
        if not wanted:
            return fitting[:limit]
        ranked = [(rank, reply) for reply in fitting if (rank := _rank(wanted, reply))]
        ranked.sort(key=lambda pair: pair[0], reverse=True)
        return [pair[1] for pair in ranked[:limit]]


def fold(text: str) -> str:
    """`text` as it is compared: without case and without marks on letters."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in apart if not unicodedata.combining(char))


@lru_cache(maxsize=2 * MAX_FILES)
def _folded(reply: CannedReply) -> tuple[tuple[float, str, tuple[str, ...]], ...]:
    """What a query is compared with: how much a hit weighs, the text, its words."""
    prose = _LIQUID.sub(" ", reply.body)
    place = f"{reply.group} {reply.id}"
    fields = ((1.0, reply.shortcut), (0.95, reply.title), (0.8, place), (0.5, prose))
    folded = ((weight, fold(text)) for weight, text in fields)
    return tuple((weight, text, tuple(_WORD.findall(text))) for weight, text in folded)


def _rank(wanted: str, reply: CannedReply) -> tuple[int, float] | None:
    """How well `reply` fits, higher is better; None when a word of `wanted` is nowhere in it."""
    fields = _folded(reply)
    shortcut = fields[0][1]
    if shortcut == wanted:
        return 3, 0.0
    if shortcut.startswith(wanted):
        return 2, -float(len(shortcut))
    scores = [
        max(weight * _likeness(word, text, words) for weight, text, words in fields)
        for word in _WORD.findall(wanted)
    ]
    return (1, sum(scores) / len(scores)) if scores and all(scores) else None


def _likeness(word: str, text: str, words: tuple[str, ...]) -> float:
    """0 to 100: 100 where one of `words` begins with `word`, 90 inside one, less if misspelt."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415 - late: heavy

    if any(candidate.startswith(word) for candidate in words):
        return 100.0
    if len(word) < _SHORTEST_INSIDE:
        return 0.0
    if word in text:
        return 90.0
    if len(word) < _SHORTEST_MISSPELT:
        return 0.0
    best = process.extractOne(word, words, scorer=fuzz.ratio, score_cutoff=80)
    return best[1] if best else 0.0
