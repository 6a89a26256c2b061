"""Which escape sequences from the terminal are keys, clicks and news, and which are none.

A terminal answers questions on the same line on which it tells keys, and everybody's text could
have asked one. The framework's parser types what it does not know (textual 8.2.8,
``_xterm_parser``); so only what is certain to be understood goes on to it.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._keyboard_protocol import FUNCTIONAL_KEYS

from agent_tui.unicode_rules import HOSTILE, KINDS

ESCAPE: Final = "\x1b"
SHOWN: Final = "␛"
"""An escape as a picture of itself."""
PASTE_START: Final = "\x1b[200~"
PASTE_END: Final = "\x1b[201~"
STRING_OPENERS: Final = frozenset("]P_^X")
"""Behind an escape: OSC, DCS, APC, PM and SOS, which go on until they are closed."""

LONGEST: Final = 32
"""Characters of the longest sequence that the framework reads as one."""

COMPLETE: Final = re.compile(
    r"\x1b(?:"
    r"\[M[\s\S]{3}"  # a click, as the oldest terminals tell it
    r"|\[\[[A-E]"  # F1 to F5 of the Linux console
    r"|\[[378]\$|\[2[34]\$"  # rxvt's shifted keys, which end in what is no final byte
    r"|\[(?!M|\[)[0-?]*[ -/]*[@-~]"
    r"|O[ -~]"
    r")"
)
"""A whole sequence that is no string."""

_STRING, _OSC = r"(?:[^\x1b\x9c]|\x1b(?!\\))*+", r"(?:[^\x07\x1b\x9c]|\x1b(?!\\))*+"
_UNTIL_ST = re.compile(_STRING + r"(?:\x1b\\|\x9c)")
_UNTIL_BELL_OR_ST = re.compile(_OSC + r"(?:\x1b\\|[\x07\x9c])")
_UNTIL_FINAL = re.compile(r"[^@-~]*+[@-~]")
CLOSED: Final = dict.fromkeys(STRING_OPENERS, _UNTIL_ST) | {
    "]": _UNTIL_BELL_OR_ST,
    "[": _UNTIL_FINAL,
}
"""By what opened it: the rest of something that is swallowed, up to where it is closed."""

STRINGS: Final = re.compile(
    rf"(?:\x1b\]|\x9d){_OSC}(?:\x1b\\|[\x07\x9c]|\Z)"
    rf"|(?:\x1b[P_^X]|[\x90\x98\x9e\x9f]){_STRING}(?:\x1b\\|\x9c|\Z)"
)
"""Whole strings, and one that goes on behind the end of the text."""

UNFINISHED: Final = re.compile(r"\x1b(?:\[(?:M[\s\S]{0,2}|\[|[0-?]*[ -/]*)?|O)?\Z")
"""What may become one."""

REPLY_REST: Final = re.compile(
    r"(?:\[(?:[0-?]+[ -/]*[@-~]|[A-Z])|[\]P_^X][\s\S]*?(?:\x1b\\|[\x07\x9c]))(?=\x1b|\Z)"
    r"|\[[0-?]+[ -/]*\Z"
    r"|(?:\][0-9]+;|\][lL]|P[0-9;]*[!$+>|]|_G)[\s\S]*\Z"
)
"""A reply, or the first of its pieces, without the escape in front, which came alone before it."""

_MOUSE = re.compile(r"\x1b\[<(\d{1,5});-?\d{1,6};-?\d{1,6}([Mm])")
_NEWS = re.compile(
    r"\x1b\[(?:[IO]"  # the window has the focus, or not
    r"|48(?:;\d{1,6}(?::[\d:]{0,6})?){4}t"  # its size
    r"|\?\d{1,5};\d\$y"  # a mode is known
    r"|\d{1,5};\d{1,5}R)"  # where the cursor is
)
_KEY = re.compile(
    r"\x1b\[(\d{0,7})(?:;(\d{0,3})(?:;((?:\d{1,7}:){0,3}\d{1,7})?)?)?([u~ABCDEFHPQRS])"
)


class Kind(Enum):
    """What a whole sequence is."""

    KEY = auto()
    CLICK = auto()
    """A button went down, or a wheel turned."""
    NEWS = auto()
    """Of the mouse or the window; presses nothing."""
    REPLY = auto()
    """Nothing of these: the answer to a question this program did not ask."""


def kind_of(sequence: str) -> Kind:
    """What `sequence`, complete, tells."""
    mouse = _MOUSE.fullmatch(sequence)
    if mouse is not None:
        moved = int(mouse[1]) & 32 and not int(mouse[1]) & 64
        return Kind.NEWS if moved or mouse[2] == "m" else Kind.CLICK
    if _NEWS.fullmatch(sequence):
        return Kind.NEWS
    return Kind.KEY if _is_key(sequence) else Kind.REPLY


def _is_key(sequence: str) -> bool:
    if sequence in ANSI_SEQUENCES_KEYS:
        return True
    key = _KEY.fullmatch(sequence)
    if key is None or len(sequence) > LONGEST:
        return False
    code, end = key[1] or "1", key[4]
    written = [int(point) for point in key[3].split(":")] if key[3] else []
    if not all(map(_typeable, written)):
        return False
    if end == "u":
        return _typeable(int(code)) or f"{int(code)}u" in FUNCTIONAL_KEYS
    # xterm's own way to tell of a key with modifiers: CSI 27 ; modifiers ; code point ~
    other = code == "27" and end == "~" and len(written) == 1
    return other or f"{code}{end}" in FUNCTIONAL_KEYS


def _typeable(point: int) -> bool:
    """A code point that a keyboard can mean: a control, or one that is seen."""
    return point < 0x80 or (point <= 0x10FFFF and KINDS[point] != HOSTILE)


def typed(text: str) -> str:
    """`text` as it may be typed: no keyboard has the code points that hide or turn text."""
    if text.isascii():
        return text
    return "".join(
        character if _typeable(ord(character)) else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )
