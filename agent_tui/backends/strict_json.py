"""JSON as the protocol means it: no NaN, no double keys, no bottomless nesting.

`json.loads` takes all of these, and very deep nesting or very long integers raise other
errors than the one its callers expect (reliability reference §2.1).
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

DEEPEST = 32
"""Levels of nesting a frame may have."""


_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_BETWEEN_BRACKETS = re.compile(r"[^\[\]{}]+")


class NotJson(ValueError):
    """The text is no JSON that a peer may send; the message says why."""


def loads(text: str) -> Any:
    """The value `text` stands for. Raises `NotJson`."""
    _check_depth(text)
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_doubles)
    except NotJson:
        raise
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from error


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    depth = 0
    for bracket in _BETWEEN_BRACKETS.sub("", _STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > DEEPEST:
            message = f"nested deeper than {DEEPEST}"
            raise NotJson(message)


def _no_constant(name: str) -> NoReturn:
    message = f"{name} is not JSON"
    raise NotJson(message)


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        message = "a key stands twice in one object"
        raise NotJson(message)
    return result
