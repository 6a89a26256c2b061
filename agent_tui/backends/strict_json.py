"""JSON as the protocol means it: nothing that two readers could understand differently.

`json.loads` takes NaN, double keys and numbers that become infinite, and very deep nesting or
very long integers raise other errors than the one its callers expect (reliability reference
§2.1).
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

DEEPEST = 32
"""Levels of nesting a frame may have."""

_LARGEST = 2**63 - 1
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_BETWEEN_BRACKETS = re.compile(r"[^\[\]{}]+")


class NotJson(ValueError):
    """The text is no JSON that a peer may send; the message says why."""


def loads(text: str) -> Any:
    """The value `text` stands for.

    Raises `NotJson`, also for NaN and infinities, numbers that do not fit, a key that stands
    twice, and nesting deeper than `DEEPEST`.
    """
    _check_depth(text)
    try:
        return _DECODER.decode(text)
    except NotJson:
        raise
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from error


def load_object(text: str) -> dict[str, Any]:
    """The object `text` stands for. Raises `NotJson`, also when it is something else."""
    value = loads(text)
    if not isinstance(value, dict):
        raise NotJson("not an object")
    return value


def _check_depth(text: str) -> None:
    """Count brackets outside strings, before anything is built from them."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    depth = 0
    for bracket in _BETWEEN_BRACKETS.sub("", _STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > DEEPEST:
            raise NotJson("nested too deeply")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise NotJson("a key stands twice in one object")
    return result


def _integer(digits: str) -> int:
    if len(digits) > 20 or abs(int(digits)) > _LARGEST:
        raise NotJson("a number that does not fit")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise NotJson("a number that does not fit")
    return value


def _no_constant(name: str) -> NoReturn:
    raise NotJson(f"{name} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_int=_integer,
    parse_float=_number,
    parse_constant=_no_constant,
)
