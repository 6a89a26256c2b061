"""Untrusted text to `SafeText`: the only maker of it.

Textual and Rich hand control characters on to the terminal, so one wall has to stand between
what somebody wrote and what is drawn. It looks at characters, never at sequences: a control
character is replaced where it stands and nothing is parsed or skipped up to a terminator, hence
no unfinished or nested sequence can confuse it or swallow the words behind it. It interprets
nothing: brackets, Markdown, HTML and templates pass as they are (step 9) and stay harmless
because nobody builds markup from data.

The steps are those of the sanitising spec, section 1.4 of the project's reference "Reliability
and security"; what each code point is, is said in `agent_tui.unicode_rules`. No function here
raises on any `str`, and sanitising what has been sanitised changes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rich.cells import cell_len

from agent_tui.model import NO_TEXT, SafeText
from agent_tui.unicode_rules import HOSTILE, KINDS, NEWLINE, REWRITTEN, STAND_INS, ZWJ, ZWNJ

ELLIPSIS: Final = "…"
"""The last character of a text that was cut."""


class Field(StrEnum):
    """What a text is for, which says how long it may be and whether it may have lines (step 1)."""

    chars: int
    """Most characters of the result."""
    lines: int
    """Most lines of the result; 1 means that all white space becomes one space."""
    cells: int
    """Most terminal cells of the result; 0: only `chars` counts."""
    ending: bool
    """Its end is kept where it is cut: a name without its suffix would be another name."""

    def __new__(
        cls, value: str, chars: int, lines: int = 1, cells: int = 0, ending: bool = False
    ) -> Field:
        member = str.__new__(cls, value)
        member._value_ = value
        member.chars, member.lines, member.cells, member.ending = chars, lines, cells, ending
        return member

    BODY = "body", 20_000, 1_000
    """A message. A million line breaks in one froze a plain Textual app for 89 s."""
    NAME = "name", 320, 1, 80
    """A person, team or agent; four characters a cell leave room for marks and emoji."""
    LINE = "line", 200
    """A subject, preview, label, or a field of an order."""
    FILENAME = "filename", 120, 1, 0, True
    """Of a file, suffix included: ``photo.jpg.exe`` must not look like ``photo.jpg``."""
    TOAST = "toast", 300
    """A notice or an error."""
    COMPOSER = "composer", 64_000, 64_000
    """Pasted and outgoing text."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A text that may be shown, and what was done to make it so."""

    text: SafeText
    hidden: bool
    """Something invisible, bidirectional, control-like or not a character was removed or replaced;
    white space and surplus marks do not count."""
    cut: bool
    """Something is missing: `text` ends in `ELLIPSIS`, that of a file name in it and a suffix."""


_READ_AHEAD: Final = 4
"""A one-line field looks at this many times its length: white space shrinks before it is cut."""

MOST_SUFFIX: Final = 20
"""Characters of a file name's suffix, with its dot; what is longer is none."""

_BACK_OFF: Final = 128
"""How far before a cut to look for a place between two grapheme clusters; the longest that passes
is eleven joined letters of five marks each."""

_MAX_JOINS: Final = 10
"""Step 7 for emoji. It holds for letters, too: Rich counts no cells for what follows a ZWJ, so an
endless chain would be drawn far wider than it is measured."""

_MAX_MARKS: Final = 5
"""Step 8, per base."""

_DOTTED_CIRCLE: Final = "◌"
"""Stands in for a missing base (Core Specification, 2.11); else a mark at the start of a row would
be drawn into whatever is left of it."""

_SPECIAL: Final = re.compile("[mSVKZNTX]")
"""Kinds whose fate depends on their neighbours."""

_UNORDINARY: Final = re.compile(
    "[^\n -~¡-¬®-\u02ff\u0391-\u03a1\u03a3-\u03ff\u0400-\u0482\u048a-\u052f\u05d0-\u05ea"
    "\u0621-\u064a\u2010-\u2027\u2030-\u205e\u20a0-\u20c0\u2190-\u2426\u2500-\u27ff\u3001-\u3029"
    "\u3041-\u3096\u309b-\u30ff\u4e00-\u9ffc\uac00-\ud7a3\uff01-\uff9f"
    "\U0001f300-\U0001f3fa\U0001f400-\U0001f64f\U0001f900-\U0001f9ff]"
)
"""Finds what is outside a choice of blocks that need no rule: spares most messages the tables."""

_PICTURE: Final = "[EF]V?S?"
_PIECES: Final = re.compile(
    rf"""(?:(?:
        DV?K                                   # keycap sequence, UTS #51 ED-20
      | FT{{3,7}}X                             # finished flag of a region, UTS #51 ED-14a
      | {_PICTURE} (?:Z{_PICTURE}){{0,{_MAX_JOINS}}}
      | J m* (?:[ZN]m*Jm*){{0,{_MAX_JOINS}}} (?:[ZN]m*(?![mJ]))?
      | [oR]+ | D | [mS]+ | [_/]+
      )
      (?:(?<![_/JmSZN])m*[ZN](?=J))?           # before a suffix: "PDF" + ZWNJ + Persian plural
    )+""",
    re.VERBOSE,
)
"""Stretches of a shape that may stay (step 7); what lies between them has no business there."""

_STACK: Final = re.compile("[mSVK][mSVKZN]*")
"""Everything that may be drawn into the cell of one base, and the joiners between."""

_BAD_STACK: Final = re.compile(rf"(?:^|(?<=/))[mS]|(?:[mSVK][ZN]*){{{_MAX_MARKS + 1}}}")

_CLUSTER: Final = re.compile(
    rf"""(?: FT{{3,7}}X | {_PICTURE}(?:Z{_PICTURE})* | RR? | . ) [mSVKZN]*""", re.VERBOSE
)
"""A grapheme cluster in a shape, near enough to UAX #29 to cut between two of them."""


def sanitise(raw: str, field: Field = Field.BODY) -> SafeText:
    """`raw` made harmless and short enough for `field`."""
    return SafeText(raw) if _is_plain(raw, field) else examine(raw, field).text


def examine(raw: str, field: Field = Field.BODY) -> Examined:
    """`raw` made harmless and short enough for `field`, and whether anything was hidden or cut."""
    if _is_plain(raw, field):
        return Examined(SafeText(raw), hidden=False, cut=False)
    one_line = field.lines == 1
    reach = field.chars * _READ_AHEAD if one_line else field.chars
    head = raw
    if len(raw) > reach:
        head = raw[: _boundary(raw, reach)] + (_suffix(raw) if field.ending else "")
    text, hidden = _clean(head, one_line)
    cut = len(raw) > reach or not _fits(text, field)
    return Examined(SafeText(_cut(text, field) if cut else text), hidden, cut)


def plain_line(raw: object) -> SafeText:
    """`str(raw)` as one line of at most 300 characters: for errors, exit messages and logs."""
    try:
        text = str(raw)
    except Exception:  # an error's own words may be broken; telling of it may not fail
        text = type(raw).__name__
    return sanitise(text, Field.TOAST)


def plain_text(raw: str) -> SafeText:
    """`raw` with all its lines, however many and however long: for what is printed, not drawn."""
    return SafeText(raw) if _is_printable(raw) else SafeText(_clean(raw, one_line=False)[0])


def literal(text: str) -> SafeText:
    """Words of the program's own as `SafeText`: one line, as long and as spaced as they are."""
    if text.isascii() and text.isprintable():
        return SafeText(text)
    return SafeText(_clean(text, one_line=False)[0].replace("\n", " "))


def clip(text: SafeText, cells: int) -> SafeText:
    """`text`, one line, in at most `cells` terminal cells; if cut, the last of them is "…"."""
    if cells <= 0:
        return NO_TEXT
    if (len(text) if text.isascii() else cell_len(text)) <= cells:
        return text
    return SafeText(text[: _end_of_cells(text, cells - 1)].rstrip(" \u200c\u200d") + ELLIPSIS)


def _end_of_cells(text: str, cells: int) -> int:
    """Where the last grapheme cluster ends that lies in the first `cells` cells."""
    if text.isascii():
        return cells
    end = 0
    for cluster in _CLUSTER.finditer(text.translate(KINDS)):
        cells -= cell_len(text[cluster.start() : cluster.end()])
        if cells < 0:
            break
        end = cluster.end()
    return end


def _is_plain(raw: str, field: Field) -> bool:
    """Whether `raw` is printable ASCII that fits as it is: nearly all names, fields and labels."""
    if not raw.isascii() or len(raw) > (field.cells or field.chars):
        return False
    if field.lines == 1:
        return raw.isprintable() and "  " not in raw and raw[:1] != " " and raw[-1:] != " "
    return raw.isprintable() or (_is_printable(raw) and raw.count("\n") < field.lines)


def _is_printable(raw: str) -> bool:
    """Whether `raw` is lines of printable ASCII."""
    return raw.isascii() and raw.replace("\n", "").isprintable()


def _clean(text: str, one_line: bool) -> tuple[str, bool]:
    """Steps 2 to 8: the text and whether something was hidden in it."""
    hidden = False
    shape = ""
    if _UNORDINARY.search(text):
        text, shape, hidden = _replace(text)
    special = _SPECIAL.search(shape) is not None
    if special:
        text, shape, dropped = _keep_legal(text, shape)
        hidden = hidden or dropped
    if one_line:
        # After the removals, which may have brought white space together or to the ends.
        text = " ".join(text.split())
        shape = text.translate(KINDS) if special else ""
    return (_limit_marks(text, shape) if special else text), hidden


def _replace(text: str) -> tuple[str, str, bool]:
    """Steps 2 to 6: every character that may not pass gives way to its stand-in."""
    text = text.replace("\r\n", "\n")
    shape = text.translate(KINDS)
    if HOSTILE not in shape and REWRITTEN not in shape:
        return text, shape, False
    text = text.translate(STAND_INS)
    return text, text.translate(KINDS), HOSTILE in shape


def _keep_legal(text: str, shape: str) -> tuple[str, str, bool]:
    """Step 7: joiners, selectors, tags and keycaps only where they mean something.

    Repeated, since what is taken out may stand between two chains of joiners, which are then one
    and may be too long. That adds one round: a chain is cut where no joiner is left at its end.
    """
    hidden = False
    while shape:
        spans = [piece.span() for piece in _PIECES.finditer(shape)]
        if spans == [(0, len(shape))]:
            break
        text = "".join(text[start:end] for start, end in spans)
        legal = "".join(shape[start:end] for start, end in spans)
        hidden = hidden or any(shape.count(kind) > legal.count(kind) for kind in "ZNVTX")
        shape = legal
    return text, shape, hidden


def _limit_marks(text: str, shape: str) -> str:
    """Step 8: no more than five marks on a base, and none without one at the start of a line."""
    if not _BAD_STACK.search(shape):
        return text
    parts: list[str] = []
    at = 0
    for stack in _STACK.finditer(shape):
        start, end = stack.span()
        parts.append(text[at:start])
        if start == 0 or shape[start - 1] == NEWLINE:
            parts.append(_DOTTED_CIRCLE)
        parts.append(_limited(text[start:end], shape[start:end]))
        at = end
    return "".join((*parts, text[at:]))


def _limited(stack: str, shape: str) -> str:
    """The first marks of a stack, and its joiners."""
    kept: list[str] = []
    marks = 0
    for character, kind in zip(stack, shape, strict=True):
        joiner = kind in (ZWJ, ZWNJ)
        marks += not joiner
        if joiner or marks <= _MAX_MARKS:
            kept.append(character)
    return "".join(kept)


def _fits(text: str, field: Field) -> bool:
    if len(text) > field.chars or (field.cells and cell_len(text) > field.cells):
        return False
    return field.lines == 1 or text.count("\n") < field.lines


def _cut(text: str, field: Field) -> str:
    """`text` within the bounds of `field`, with `ELLIPSIS` as its end."""
    if field.lines > 1:
        text = "\n".join(text.split("\n", field.lines)[: field.lines])
    end = _suffix(text) if field.ending else ""
    text = text[: _boundary(text, field.chars - 1 - len(end))] + ELLIPSIS + end
    return clip(SafeText(text), field.cells) if field.cells else text


def _suffix(name: str) -> str:
    """What a desktop would go by: from the last dot on, where that is near the end."""
    dot = name.rfind(".", -MOST_SUFFIX)
    return name[dot:] if dot > 0 and " " not in name[dot:] else ""


def _boundary(text: str, end: int) -> int:
    """A place at or shortly before `end` that splits no grapheme cluster, if there is one."""
    if end >= len(text):
        return len(text)
    start = max(end - _BACK_OFF, 0)
    shape = text[start : end + 1].translate(KINDS)
    for at in range(len(shape) - 1, 0, -1):
        if shape[at] not in "mSVKZNTX" and shape[at - 1] not in "ZN":
            return start + at
    return end
