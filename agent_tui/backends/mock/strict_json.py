"""JSON as the protocol allows it: nothing that two readers could understand differently."""

from __future__ import annotations

import json
from typing import Any

MAX_DEPTH = 32
_MAX_INT = 2**63 - 1


class Malformed(ValueError):
    """A frame that is not what the protocol allows; the text says why."""


def load_object(text: str) -> dict[str, Any]:
    """The JSON object in `text`.

    Raises `Malformed` for anything else: NaN and infinities, numbers that do not fit,
    duplicate keys, nesting deeper than 32, and values that are no object.
    """
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise Malformed("nested too deeply") from None
    except ValueError as error:
        raise Malformed(str(error)) from None
    if not isinstance(value, dict):
        raise Malformed("not an object")
    _check_depth(value)
    return value


def _check_depth(value: object) -> None:
    level: list[object] = [value]
    for _depth in range(MAX_DEPTH):
        inner: list[object] = []
        for container in level:
            values = container.values() if isinstance(container, dict) else container
            inner.extend(one for one in values if isinstance(one, dict | list))  # type: ignore[attr-defined]
        if not inner:
            return
        level = inner
    raise Malformed("nested too deeply")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise Malformed("a key twice")
    return value


def _integer(digits: str) -> int:
    if len(digits) > 20 or abs(int(digits)) > _MAX_INT:
        raise Malformed("a number that does not fit")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if value in {float("inf"), float("-inf")}:
        raise Malformed("a number that does not fit")
    return value


def _constant(name: str) -> None:
    raise Malformed(f"{name} is no JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_int=_integer,
    parse_float=_number,
    parse_constant=_constant,
)
