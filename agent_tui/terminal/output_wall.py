"""What may leave for the terminal: a list of what the framework itself writes, and nothing else.

The sanitiser stands where text comes in; this is the wall behind it. Everything that is written
passes here, and whatever is neither printable text nor on the list (reliability reference §1.6)
gives way to a picture of itself and is counted: a mistake elsewhere in the program shows as an
ugly character instead of taking over the terminal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

IN_A_FRAME: Final = r"\[[0-9;]*m|\[\d+;\d+H"
"""Behind an escape: colours, and where the next text goes. All that a picture of the screen needs;
so whatever got into one by somebody's text can do nothing more than that."""

ALONE: Final = (
    r"\x1b\[\?(?:7|25|1000|1002|1003|1004|1006|1015|1016|1049|2004|2026|2048)[hl]"
    r"|\x1b\[\?(?:2026|2048)\$p"  # is it known?
    r"|\x1b\[>\d+u|\x1b\[<u"  # the keyboard protocol, on and off
    r"|\x1b\]22;[a-z-]*\x07"  # the shape of the mouse
    r"|\x1b\]52;c;[A-Za-z0-9+/=]*\x07"  # a copy
    r"|\x07"  # the bell
)
"""Written in pieces of their own, which hold nobody's text."""

UNSEEN: Final = (
    "\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"
    "\ud800-\udfff"
)
"""Turns, hides or breaks text; as the inside of a character class."""

_HARMFUL = f"\x00-\x1f\x7f-\x9f{UNSEEN}"
_ALONE = re.compile(rf"(?:{ALONE})++")
_SOUND = re.compile(rf"(?:[^{_HARMFUL}]++|\x1b(?:{IN_A_FRAME})|\r?\n)*+")
"""The longest stretch that may leave as it is. Possessive throughout: it never looks back, so that
the time it takes is that of reading once."""


@dataclass(slots=True)
class Tally:
    """How much had to be replaced since the start; 0 unless something is wrong elsewhere."""

    replaced: int = 0


TALLY: Final = Tally()
"""Of this process."""


def picture(character: str) -> str:
    """What is shown instead of a character that may not leave: one cell, and visible."""
    point = ord(character)
    if point < 0x20:
        return chr(0x2400 + point)
    return "\N{SYMBOL FOR DELETE}" if point == 0x7F else "\N{REPLACEMENT CHARACTER}"


def walled(data: str, tally: Tally = TALLY) -> str:
    """`data`, one piece of output, with everything that is not on the list made visible."""
    at = _sound_until(data, 0)
    if at == len(data) or _ALONE.fullmatch(data):
        return data
    parts = [data[:at]]
    while at < len(data):
        parts.append(picture(data[at]))
        tally.replaced += 1
        end = _sound_until(data, at + 1)
        parts.append(data[at + 1 : end])
        at = end
    return "".join(parts)


def _sound_until(data: str, start: int) -> int:
    found = _SOUND.match(data, start)
    return found.end() if found is not None else start
