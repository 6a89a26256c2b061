"""Drawing by the line: text cut and padded to cells, and segments set into strips of a width.

Widths are cells as `rich.cells` counts them. Markup is never read: what comes in is shown as
it is, and control characters, which would break a line of the screen, become blanks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from rich.cells import cell_len, get_character_cell_size, split_graphemes
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

__all__ = [
    "Align",
    "Part",
    "Style",
    "calm",
    "cells",
    "clip",
    "cut",
    "line",
    "measure",
    "pad",
    "spread",
    "steady",
    "wrap",
]

Part = tuple[str, Style]
"""A piece of a line and how it looks."""

Align = Literal["left", "right", "centre"]

ELLIPSIS = "…"

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_narrow = re.compile(
    r"[ -~\xa0-\xac\xae-\u02ff\u0370-\u0482\u2010-\u2027\u20a0-\u20bf\u2500-\u25fc]*"
).fullmatch
"""Matches text in which every character takes exactly one cell; the fast way for most text."""
_JOINER = "\u200d"
_LETTERS_OF_FLAGS = {0x1F1E6 + offset: chr(ord("A") + offset) for offset in range(26)}
_JOINED_LETTERS = re.compile("\u200d\\w")
_UNSTEADY = re.compile("\u200d(?:(?!\\w).)?|[\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff]", re.DOTALL)


def cells(text: str) -> int:
    """How many cells `text` takes on one line."""
    return cell_len(text)


def _flat(text: str) -> str:
    """`text` fit for one place of a line: no controls, nothing that joins with its neighbours."""
    if _narrow(text):
        return text
    text = _CONTROL.sub(" ", text).rstrip(_JOINER)
    start = 0
    while start < len(text) and get_character_cell_size(text[start]) == 0:
        start += 1
    return text[start:] if start else text


def _head(text: str, width: int) -> tuple[str, int]:
    """The longest beginning of flat `text` that fits into `width` cells, and its cells."""
    if width <= 0 or not text:
        return "", 0
    if _narrow(text):
        return text[:width], min(len(text), width)
    # No character is longer than a handful of code points in practice; the rest is not measured.
    used, end = 0, 0
    for start, stop, size in split_graphemes(text[: width * 16])[0]:
        if used + size > width:
            return text[:start], used
        used, end = used + size, stop
    return text[:end], used


def cut(text: str, width: int) -> str:
    """`text` in at most `width` cells, with an ellipsis at its end when something is missing."""
    text = _flat(text)
    if width <= 0:
        return ""
    if len(text) <= width * 16 and cell_len(text) <= width:
        return text
    return _head(text, width - 1)[0].rstrip() + ELLIPSIS


def pad(text: str, width: int, align: Align = "left") -> str:
    """`text` in exactly `width` cells: cut where it is longer, filled with blanks where not."""
    text = cut(text, width)
    room = max(0, width - cell_len(text))
    match align:
        case "left":
            return text + " " * room
        case "right":
            return " " * room + text
        case "centre":
            return " " * (room // 2) + text + " " * (room - room // 2)


def line(parts: Sequence[Part], width: int, fill: Style) -> Strip:
    """The parts beside each other in exactly `width` cells: cropped, or filled up with `fill`."""
    segments: list[Segment] = []
    room = max(0, width)
    for whole, style in parts:
        text, used = _fitting(_flat(whole), room)
        if text:
            segments.append(Segment(text, style))
            room -= used
        if not room:
            break
    if room:
        segments.append(Segment(" " * room, fill))
    return Strip(segments, max(0, width))


def _fitting(text: str, room: int) -> tuple[str, int]:
    """Flat `text` cropped to `room` cells, and its cells; a wide character is never halved."""
    if len(text) <= room:
        used = cell_len(text)
        if used <= room:
            return text, used
    head, used = _head(text, room)
    # The half of a wide character that would still fit is left blank.
    return head + " " * (room - used), room


def spread(left: Sequence[Part], right: Sequence[Part], width: int, fill: Style) -> Strip:
    """`left` from the left edge and `right` up to the right one; `right` is cropped last."""
    taken = min(width, measure(right))
    head = line(left, width - taken, fill)
    tail = line(right, taken, fill)
    return Strip([*head, *tail], max(0, width))


def measure(parts: Sequence[Part]) -> int:
    """How many cells the parts take beside each other."""
    return sum(cell_len(_flat(text)) for text, _ in parts)


def clip(parts: Sequence[Part], width: int) -> list[Part]:
    """The parts in at most `width` cells, with an ellipsis where something is missing."""
    if measure(parts) <= width:
        return list(parts)
    kept: list[Part] = []
    room = max(0, width)
    for text, style in parts:
        size = cell_len(_flat(text))
        # A part that would leave no cell for the ellipsis of what follows is cut as well.
        if size >= room:
            kept.append((cut(text + ELLIPSIS * (size <= room), room), style))
            break
        kept.append((text, style))
        room -= size
    return kept


def steady(text: str) -> str:
    """`text` with such characters only whose width terminals agree on.

    Joined emoji are reduced to their first one, variation selectors and skin tones dropped,
    flags spelled as their two letters, joined letters set beside each other. For lines with
    columns to the right of foreign text.
    """
    if text.isascii():
        return text
    return _UNSTEADY.sub("", text).translate(_LETTERS_OF_FLAGS)


def calm(text: str) -> str:
    """`text` without the emoji that terminals measure differently; joined letters stay joined.

    For lines with nothing to the right of foreign text.
    """
    return text if _JOINED_LETTERS.search(text) else steady(text)


_CJK = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_CLOSING = "\u3001\u3002\u3009\u300b\u300d\u300f\u3011\uff01\uff09\uff0c\uff0e\uff1a\uff1b\uff1f"
_TOKEN = re.compile(f" +|[^{_CJK} ]+|[{_CJK}][{_CLOSING}\u0300-\u036f\ufe00-\ufe0f]*")
"""Blanks, words, and characters of scripts that are written without blanks, one by one."""


def wrap(text: str, width: int) -> list[str]:
    """`text` as lines of at most `width` cells, broken between words.

    Line breaks of the text are kept, blanks at a break are not. A word longer than a line is
    broken where the line ends; a single character wider than `width` gives way to an ellipsis.
    """
    width = max(1, width)
    lines: list[str] = []
    for paragraph in re.split(r"\r\n|[\n\r\u2028\u2029]", text):
        flat = _flat(paragraph.expandtabs(4)).rstrip(" ")
        if _narrow(flat):
            lines.extend(_wrap_narrow(flat, width))
        else:
            lines.extend(_wrap_measured(flat, width))
    return lines


def _wrap_narrow(text: str, width: int) -> Iterator[str]:
    """Lines of a paragraph in which every character takes one cell."""
    start, end = 0, len(text)
    while end - start > width:
        stop = text.rfind(" ", start, start + width + 1)
        head = text[start:stop].rstrip(" ") if stop >= start else ""
        if head:
            yield head
        elif stop < start:
            stop = start + width
            yield text[start:stop]
        start = stop
        while text[start] == " ":
            start += 1
    yield text[start:]


def _wrap_measured(text: str, width: int) -> Iterator[str]:
    """Lines of a paragraph whose characters have to be measured."""
    current, used = "", 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        size = cell_len(token)
        if used + size <= width:
            current, used = current + token, used + size
            continue
        if current.strip(" "):
            yield current.rstrip(" ")
        current, used = "", 0
        if token[0] != " ":
            *whole, current = _chop(token, width)
            yield from whole
            used = cell_len(current)
    yield current


def _chop(word: str, width: int) -> list[str]:
    """A word in pieces of at most `width` cells, cut between characters."""
    pieces: list[str] = []
    current, used = "", 0
    for start, stop, size in split_graphemes(word)[0]:
        piece, taken = (word[start:stop], size) if size <= width else (ELLIPSIS, 1)
        if used + taken > width:
            pieces.append(current)
            current, used = "", 0
        current, used = current + piece, used + taken
    return [*pieces, current]
