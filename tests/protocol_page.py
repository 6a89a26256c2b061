"""docs/protocol.md as data: its examples, tables and lists, so that page and code cannot drift."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

Json = dict[str, Any]

PAGE = Path(__file__).resolve().parents[1] / "docs" / "protocol.md"
MOMENT = "2026-11-23T08:41:05.120Z"
_CODE = re.compile(r"`([^`]+)`")


@cache
def page() -> str:
    """The page as text."""
    return PAGE.read_text(encoding="utf-8")


def _filled(text: str) -> str:
    """An example with something in the place of what it leaves out."""
    text = text.replace('"…"', f'"{MOMENT}"')
    text = re.sub(r"([0-9a-f]{4,})…", r"\1", text)
    text = re.sub(r"\[ …[^\]]*\]", '["<left out>"]', text)
    return re.sub(r"\{ (?:conversation |…[^}]*)\}", '"<left out>"', text)


@cache
def _examples() -> tuple[Json, ...]:
    found: list[Json] = []
    decoder = json.JSONDecoder()
    for block in re.findall(r"```json\n(.*?)```", page(), re.DOTALL):
        text = _filled(block).strip()
        while text:
            value, end = decoder.raw_decode(text)
            found.append(value)
            text = text[end:].strip()
    for inline in re.findall(r'`(\{"frame".*?\})`', page()):
        found.append(json.loads(_filled(inline)))
    return tuple(found)


def frames(kind: str) -> list[Json]:
    """The example frames of a kind, whole."""
    return [_whole(copy.deepcopy(x)) for x in _examples() if x.get("frame") == kind]


def value(having: str) -> Json:
    """The example of a value, known by a field that only it has."""
    (one,) = (x for x in _examples() if "frame" not in x and having in x)
    return copy.deepcopy(one)


def conversation() -> Json:
    """The example of a conversation."""
    return value("window_closes_at")


def message() -> Json:
    """The example of a message."""
    return value("quick_replies")


def contact() -> Json:
    """The example of a contact."""
    whole = value("identities")
    whole["cart"]["items"] = copy.deepcopy(whole["orders"][0]["items"])
    return whole


def _whole(frame: Json) -> Json:
    """The values that an example frame leaves out, put in."""
    makers: dict[str, Callable[[], Any]] = {
        "conversation": conversation, "current": conversation, "message": message,
        "contact": contact, "conversations": lambda: [conversation()],
        "messages": lambda: [message()],
    }  # fmt: skip
    for inner in (frame, *(frame.get(key) for key in ("data", "result", "error"))):
        for key in list(inner or ()):
            if inner is not None and inner[key] in ("<left out>", ["<left out>"]):
                inner[key] = makers[key]()
    return frame


def table(heading: str) -> list[list[str]]:
    """The rows of the table whose first column is headed so, as texts."""
    rows: list[list[str]] = []
    for line in page().partition(f"| {heading} |")[2].splitlines()[2:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def codes(text: str) -> list[str]:
    """What stands in backticks."""
    return _CODE.findall(text)


def words_after(name: str) -> list[str]:
    """The list of words that the page gives a field: the first in backticks after its name."""
    rest = page().partition(f"`{name}`: ")[2]
    return codes(rest)[0].split()
