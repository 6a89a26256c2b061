"""What somebody asks for, read strictly: a fault by name, its numbers, how long, and for whom."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from agent_tui.backends.mock.calls import IDS
from agent_tui.backends.mock.faults.kinds import (
    FAULTS,
    Fault,
    Goodbye,
    HalfOpen,
    Kind,
    OneOf,
    Range,
    SomeOf,
    kinds_of,
)
from agent_tui.i18n import _, mark

LONGEST: Final = 86_400.0
FOR: Final = Range(0, LONGEST, mark("seconds it stays on"))
HALF_OPEN_SECONDS: Final = 20.0
"""A line that is half open for ever would only be a leak; so this one has an end of its own."""


class FaultError(Exception):
    """No such fault can be made: `key` is the word that is wrong, `why` says what to do."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"{key} {why}")
        self.key = key
        self.why = why


@dataclass(frozen=True, slots=True)
class Order:
    """A fault that is wanted."""

    fault: Fault
    seconds: float | None = None
    """How long; None: until it is cleared."""
    agent: str | None = None
    """Whose lines; None: everybody's."""

    def __str__(self) -> str:
        """As one would type it: the name, its first number, and what differs from the usual."""
        fault = self.fault
        told = [fault.name]
        for nth, one in enumerate(fields(fault)):
            value = getattr(fault, one.name)
            if nth == 0 or value != one.default:
                told.append(f"{one.name}={_shown(value)}")
        if self.agent is not None:
            told.append(f"agent={self.agent}")
        return " ".join(told)


def understand(name: object, given: Mapping[str, Any]) -> Order:
    """The order that `name` and `given` (with `for` and `agent` among it) make.

    Raises:
        FaultError: for a name, a key or a value that means nothing.
    """
    if not isinstance(name, str) or name not in FAULTS:
        raise FaultError(str(name)[:80], unknown(name, FAULTS))
    fault = FAULTS[name]
    kinds = kinds_of(fault)
    for key in given:
        if key not in (*kinds, "for", "agent"):
            raise FaultError(key, unknown(key, (*kinds, "for", "agent")))
    made = fault(**{key: check(key, kinds[key], given[key]) for key in kinds if key in given})
    seconds = None if given.get("for") is None else float(check("for", FOR, given["for"]))
    if seconds is not None and not made.lasts:
        message = _("means nothing to {fault}, which is over at once: leave it out")
        raise FaultError("for", message.format(fault=name))
    if isinstance(made, Goodbye) and not can_be_sent(made.code):
        raise FaultError("code", _("must be a close code that may be sent: 1012, 4008, …"))
    if isinstance(made, HalfOpen) and seconds is None:
        seconds = HALF_OPEN_SECONDS
    return Order(made, seconds, _agent(given.get("agent")))


def can_be_sent(code: int) -> bool:
    """Whether a peer may close with `code` (RFC 6455 §7.4)."""
    return code in range(1000, 1004) or code in range(1007, 1015) or code in range(3000, 5000)


def check(key: str, kind: Kind, value: object) -> Any:
    """`value` as `key` holds it. Raises `FaultError` where it does not fit."""
    match kind:
        case Range(least, most, whole=whole):
            if type(value) is int or (type(value) is float and not whole and math.isfinite(value)):
                assert isinstance(value, int | float)
                if least <= value <= most:
                    return value
            words = _("must be a whole number") if whole else _("must be a number")
            span = _("from {least} to {most}").format(least=f"{least:g}", most=f"{most:.15g}")
            raise FaultError(key, f"{words} {span}")
        case OneOf(of):
            if isinstance(value, str) and value in of:
                return value
            raise FaultError(key, _("must be one of: {words}").format(words=", ".join(of)))
        case SomeOf(of):
            if isinstance(value, list | tuple) and value and all(word in of for word in value):
                return tuple(value)
            words = _("must be a list of some of: {words}").format(words=", ".join(of))
            raise FaultError(key, words)


def unknown(word: object, known: Iterable[str]) -> str:
    """What to say of a word that is not known; which one it nearly is."""
    known = tuple(known)
    near = difflib.get_close_matches(str(word), known, n=1)
    if near:
        return _("is not known here; did you mean {near!r}?").format(near=near[0])
    return _("is not known here; there is: {keys}").format(keys=", ".join(known))


def _agent(value: object) -> str | None:
    if value is None or (isinstance(value, str) and IDS.fullmatch(value)):
        return value
    raise FaultError("agent", _("must be the id of an agent, such as ana"))


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
