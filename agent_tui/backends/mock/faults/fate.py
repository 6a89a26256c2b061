"""What becomes of a frame: decided from a seed, the line, and the number of the frame on it.

Nothing here remembers anything: whoever asks for the same frame of the same line again is told
the same, and one fault's decision never depends on which others are on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from random import Random

from agent_tui.backends.mock.faults.kinds import (
    BREAKS,
    Duplicate,
    Fault,
    Latency,
    Lose,
    LostAnswers,
    Malformed,
    Reorder,
    Silence,
)

_KIND = re.compile(r'\s*\{\s*"frame"\s*:\s*"([a-z_]+)"')


def kind_of(text: str) -> str:
    """The kind of the frame that `text` is; empty where it does not begin with it."""
    found = _KIND.match(text)
    return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Draw:
    """Where chance comes from: the seed of the day, the line, and how manieth thing on it."""

    seed: int
    line: str
    number: int

    def dice(self, what: str) -> Random:
        """Chance for one question about this thing, the same whenever it is asked."""
        return Random(f"{self.seed}/{self.line}/{self.number}/{what}")  # noqa: S311 - a simulation

    def hits(self, fault: str, share: float) -> bool:
        """Whether a fault that befalls `share` of all things befalls this one."""
        return share >= 1 or self.dice(fault).random() < share


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one frame."""

    copies: int = 1
    """How often it is sent; 0: it is lost."""
    swapped: bool = False
    """It is sent after the next frame."""
    broken: str = ""
    """How it is spoilt, one of `BREAKS`; empty: it is not."""
    seconds: float = 0
    """How long it is held back."""
    befell: tuple[str, ...] = ()
    """The faults that have befallen it."""


Spent = Mapping[str, int]
"""How often each fault has befallen a frame of this line."""


def fate(
    toxics: Iterable[Fault], frame: str, draw: Draw, spent: Spent, answer_to: str = ""
) -> Fate:
    """What becomes of a frame of kind `frame` while `toxics` are on.

    `answer_to`: what an answer is for, ``commands`` or ``questions``.
    """
    result = Fate()
    for toxic in toxics:
        decide = _DECIDE.get(type(toxic))
        if decide is None or not _meant(toxic, frame, spent, answer_to):
            continue
        if draw.hits(toxic.name, getattr(toxic, "share", 1)):
            result = decide(toxic, result, draw)
            result = replace(result, befell=(*result.befell, toxic.name))
    return result


def _meant(toxic: Fault, frame: str, spent: Spent, answer_to: str) -> bool:
    """Whether this fault is about this frame at all."""
    most = getattr(toxic, "count", 0)
    if most and spent.get(toxic.name, 0) >= most:
        return False
    match toxic:
        case LostAnswers(of=of):
            return frame == "res" and (of in ("all", answer_to))
        case Silence():
            return frame == "hb"
        case Lose(only=only) | Duplicate(only=only) | Reorder(only=only) | Malformed(only=only):
            return frame in only
    return True


def _late(toxic: Fault, result: Fate, draw: Draw) -> Fate:
    assert isinstance(toxic, Latency)
    spread = draw.dice("jitter").uniform(-toxic.jitter, toxic.jitter) if toxic.jitter else 0.0
    return replace(result, seconds=result.seconds + max(0.0, toxic.ms + spread) / 1000)


def _lost(_toxic: Fault, result: Fate, _draw: Draw) -> Fate:
    return replace(result, copies=0)


def _doubled(_toxic: Fault, result: Fate, _draw: Draw) -> Fate:
    return replace(result, copies=min(2, result.copies * 2))


def _swapped(_toxic: Fault, result: Fate, _draw: Draw) -> Fate:
    return replace(result, swapped=True)


def _broken(toxic: Fault, result: Fate, draw: Draw) -> Fate:
    assert isinstance(toxic, Malformed)
    how = draw.dice("break").choice(BREAKS) if toxic.kind == "any" else toxic.kind
    return replace(result, broken=how)


_DECIDE: dict[type[Fault], Callable[[Fault, Fate, Draw], Fate]] = {
    Latency: _late,
    Lose: _lost,
    LostAnswers: _lost,
    Silence: _lost,
    Duplicate: _doubled,
    Reorder: _swapped,
    Malformed: _broken,
}
