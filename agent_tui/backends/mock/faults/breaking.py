"""Frames as no desk may send them, each made from a good one."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Final

from agent_tui.backends.strict_json import DEEPEST

TOO_LARGE: Final = 512 * 1024 + 1
"""Bytes; one more than a frame may have (docs/protocol.md)."""


def broken(text: str, how: str, dice: Random) -> str | bytes:
    """The frame `text`, an object, spoilt in the way `how` names (one of `kinds.BREAKS`)."""
    return _BREAKERS[how](text, dice)


def torn(text: str) -> bytes:
    """The first half of the websocket frame that would carry `text` (RFC 6455 §5.2)."""
    data = text.encode()
    if len(data) < 126:
        head = bytes((0x81, len(data)))
    elif len(data) < 65_536:
        head = bytes((0x81, 126)) + len(data).to_bytes(2)
    else:
        head = bytes((0x81, 127)) + len(data).to_bytes(8)
    return head + data[: len(data) // 2]


def _cut(text: str, dice: Random) -> str:
    return text[: dice.randrange(1, len(text))]


def _with(text: str, member: str) -> str:
    """The object `text` with one more member at its end."""
    return f"{text.rstrip()[:-1]},{member}}}"


def _nan(text: str, dice: Random) -> str:
    return _with(text, f'"odd":{dice.choice(("NaN", "Infinity", "-Infinity", "1e999"))}')


def _deep(text: str, _dice: Random) -> str:
    levels = DEEPEST * 100
    return _with(text, f'"odd":{"[" * levels}{"]" * levels}')


def _double_key(text: str, _dice: Random) -> str:
    return _with(text, '"frame":"hb"')


def _wrong_type(text: str, dice: Random) -> str:
    """One member that the protocol needs, as something else."""
    value = json.loads(text)
    keys = [key for key in ("seq", "type", "data", "id", "epoch", "parts") if key in value]
    key = dice.choice(keys or ["frame"])
    value[key] = dice.choice([[], True, -1.5, None, "\ud800"])
    return json.dumps(value, separators=(",", ":"))


def _not_object(text: str, dice: Random) -> str:
    return dice.choice(("null", "[]", "0", '""', f"[{text}]", "true"))


def _binary(text: str, _dice: Random) -> bytes:
    return text.encode()


def _oversize(text: str, _dice: Random) -> str:
    return _with(text, f'"odd":"{"x" * TOO_LARGE}"')


_BREAKERS: dict[str, Callable[[str, Random], str | bytes]] = {
    "broken": _cut,
    "nan": _nan,
    "deep": _deep,
    "double_key": _double_key,
    "wrong_type": _wrong_type,
    "not_object": _not_object,
    "binary": _binary,
    "oversize": _oversize,
}
