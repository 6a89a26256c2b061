"""What each code point is to the sanitiser, and what stands for those that may not pass.

Every code point has a *kind*, one letter. A text translated into kinds, its *shape*, is as long
as the text, so the rules about neighbours are regular expressions over plain letters (see
`agent_tui.sanitise`). "Step n" is step n of the sanitising spec, section 1.4 of the project's
reference "Reliability and security".

Python 3.11 knows Unicode 14 and no emoji properties at all: what `unicodedata` cannot say is
written here as ranges.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Final, Generic, TypeVar
from unicodedata import category

T = TypeVar("T")

PLAIN: Final = "o"
SPACE: Final = "_"
NEWLINE: Final = "/"
MARK: Final = "m"
"""A combining mark, or a conjoining Hangul vowel or final: draws into the cell of its base."""
JOINING: Final = "J"
"""A letter, digit or sign of a script in which ZWJ and ZWNJ choose the form of letters."""
PICTURE: Final = "E"
"""An emoji, or a place kept for one."""
FLAG: Final = "F"
"""The black flag, which tag characters turn into the flag of a region."""
SKIN: Final = "S"
REGIONAL: Final = "R"
KEYCAP_BASE: Final = "D"
KEYCAP: Final = "K"
SELECTOR: Final = "V"
"""VS15 or VS16: text or emoji presentation."""
ZWJ: Final = "Z"
ZWNJ: Final = "N"
TAG: Final = "T"
"""A tag letter or digit, as in the name of a region's flag."""
END_TAG: Final = "X"
REWRITTEN: Final = "w"
"""Has a harmless stand-in; nobody needs to be told."""
HOSTILE: Final = "!"
"""Hides, controls or cannot be shown; the reader is told that it was there."""

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

_FIXED: Final[dict[int, tuple[str, str]]] = {
    # Step 2. CR LF together is one line break; the caller joins the pair beforehand.
    **dict.fromkeys((0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029), (REWRITTEN, "\n")),
    0x09: (REWRITTEN, "    "),
    0x0A: (NEWLINE, "\n"),
    # U+3000 alone of the Zs stays: it is seen, two cells wide, and ordinary in Japanese prose.
    **dict.fromkeys((0x20, 0x3000), (SPACE, "")),
    # Step 5: the two overrides change what is read (CVE-2021-42574), so they are made visible.
    0x202D: (HOSTILE, "⟪LRO⟫"),
    0x202E: (HOSTILE, "⟪RLO⟫"),
    # Step 6: letters and signs that are drawn as nothing; U+1D159 is the musical null notehead.
    **dict.fromkeys((0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0, 0x1D159), (HOSTILE, " ")),
    # Step 6: not of category Cf, yet never drawn: CGJ, Khmer inherent vowels, Khitan filler.
    **dict.fromkeys((0x034F, 0x17B4, 0x17B5, 0x16FE4), (HOSTILE, "")),
    # Step 7.
    0x200C: (ZWNJ, ""),
    0x200D: (ZWJ, ""),
    0xFE0E: (SELECTOR, ""),
    0xFE0F: (SELECTOR, ""),
    0x1F3F4: (FLAG, ""),
    0xE007F: (END_TAG, ""),
    # Step 8.
    0x20E3: (KEYCAP, ""),
    # UTS #51, emoji_keycap_sequence.
    **dict.fromkeys(map(ord, "0123456789#*"), (KEYCAP_BASE, "")),
}


class _Ranges:
    """A set of code points given as ``first-last`` or single hexadecimal numbers, ascending."""

    def __init__(self, text: str) -> None:
        pairs = [part.partition("-") for part in text.split()]
        self._firsts = [int(first, 16) for first, _, _ in pairs]
        self._lasts = [int(last or first, 16) for first, _, last in pairs]

    def __contains__(self, point: int) -> bool:
        at = bisect_right(self._firsts, point) - 1
        return at >= 0 and point <= self._lasts[at]


# Step 6: unassigned to Unicode 14, and never drawn (Default_Ignorable_Code_Point, or the later
# part of the hieroglyph format controls).
_RESERVED: Final = _Ranges("2065 FFF0-FFF8 13439-1343F")

# Step 7: Mongolian and all numbered variation selectors but VS15 and VS16.
_SELECTORS: Final = _Ranges("180B-180D 180F FE00-FE0D E0100-E01EF")

# UTS #51 allows tag_spec U+E0020..E007E; flags of regions (CLDR subdivision ids) use these only.
_TAGS: Final = _Ranges("E0030-E0039 E0061-E007A")

# emoji-data.txt, Emoji=Yes, without the keycap bases and regional indicators. Above the BMP whole
# blocks are taken where the rest of the block is reserved for pictographs.
_PICTURES: Final = _Ranges(
    "A9 AE 203C 2049 2122 2139 2194-2199 21A9-21AA 231A-231B 2328 23CF 23E9-23F3 23F8-23FA 24C2 "
    "25AA-25AB 25B6 25C0 25FB-25FE 2600-2604 260E 2611 2614-2615 2618 261D 2620 2622-2623 2626 "
    "262A 262E-262F 2638-263A 2640 2642 2648-2653 265F-2660 2663 2665-2666 2668 267B 267E-267F "
    "2692-2697 2699 269B-269C 26A0-26A1 26A7 26AA-26AB 26B0-26B1 26BD-26BE 26C4-26C5 26C8 "
    "26CE-26CF 26D1 26D3-26D4 26E9-26EA 26F0-26F5 26F7-26FA 26FD 2702 2705 2708-270D 270F 2712 "
    "2714 2716 271D 2721 2728 2733-2734 2744 2747 274C 274E 2753-2755 2757 2763-2764 2795-2797 "
    "27A1 27B0 27BF 2934-2935 2B05-2B07 2B1B-2B1C 2B50 2B55 3030 303D 3297 3299 "
    "1F004 1F0CF 1F170-1F171 1F17E-1F17F 1F18E 1F191-1F19A 1F201-1F202 1F21A 1F22F 1F232-1F23A "
    "1F250-1F251 1F300-1F3FA 1F400-1F6FF 1F7E0-1F7F0 1F90C-1F9FF 1FA70-1FAFF"
)

# Blocks of scripts with Joining_Type D, R or L (ArabicShaping.txt) or with a virama that forms
# conjuncts (IndicSyllabicCategory.txt): there the Core Specification (23.2, "Cursive Connection
# and Ligatures") gives ZWJ and ZWNJ a meaning.
_JOINING_SCRIPTS: Final = _Ranges(
    "600-6FF 700-77F 7C0-7FF 840-8FF 900-DFF F00-FFF 1000-109F 1700-177F 1780-17FF 1800-18AF "
    "1A20-1AAF 1B00-1BFF 1C00-1C4F 1CD0-1CFF A800-A82F A840-A8FF A950-A95F A980-A9FF AA60-AA7F "
    "AAE0-AAFF ABC0-ABFF 10A00-10A5F 10AC0-10AFF 10B80-10BAF 10D00-10D3F 10EC0-10FDF 11000-1107F "
    "11080-110CF 11100-1174F 11800-1184F 11900-1195F 119A0-11AAF 11C00-11CBF 11D00-11DAF "
    "11EE0-11F5F 1E900-1E95F"
)

# UAX #29, Hangul_Syllable_Type V and T.
_HANGUL_TAILS: Final = _Ranges("1161-11FF D7B0-D7C6 D7CB-D7FB")

# Step 4: unassigned to Unicode 14, but where new emoji and new CJK ideographs arrive every year.
_GROWING: Final = _Ranges("1F000-1FAFF 20000-2FFFD 30000-3FFFD")


def _control(point: int) -> str:
    """Step 3: a control as a picture of itself, so that ``ESC ]52;…`` is read as ``␛]52;…``."""
    if point < 0x20:
        return chr(0x2400 + point)
    return "\N{SYMBOL FOR DELETE}" if point == 0x7F else REPLACEMENT


def _visible(point: int) -> str:
    """The kind of a code point that is drawn."""
    if point in _PICTURES:
        return PICTURE
    if point in _JOINING_SCRIPTS:
        return JOINING
    if point in _HANGUL_TAILS:
        return MARK
    if 0x1F3FB <= point <= 0x1F3FF:
        return SKIN
    return REGIONAL if 0x1F1E6 <= point <= 0x1F1FF else PLAIN


def _unassigned(point: int) -> tuple[str, str]:
    if point in _GROWING:
        return _visible(point), ""
    return HOSTILE, "" if point in _RESERVED else REPLACEMENT


def classify(point: int) -> tuple[str, str]:
    """The kind of a code point, and its stand-in if that is `REWRITTEN` or `HOSTILE`."""
    if point in _FIXED:
        return _FIXED[point]
    match category(chr(point)):
        case "Cc":
            return HOSTILE, _control(point)
        case "Co" | "Cs":
            return HOSTILE, REPLACEMENT  # step 4
        case "Cn":
            return _unassigned(point)  # step 4
        case "Cf":
            return (TAG if point in _TAGS else HOSTILE), ""  # steps 5, 6 and 7
        case "Zs":
            return REWRITTEN, " "  # step 6
        case "Me":
            return REWRITTEN, ""  # step 8: visible, so nothing was hidden
        case "Mn" | "Mc":
            return (HOSTILE if point in _SELECTORS else MARK), ""  # step 7
    return _visible(point), ""


def _stand_in(point: int) -> str | int:
    kind, text = classify(point)
    return text if kind in (REWRITTEN, HOSTILE) else point


class _Memo(dict[int, T], Generic[T]):
    """A table for `str.translate` that is worked out as characters turn up."""

    ROOM: Final = 1 << 15
    """Enough for every script in daily use. Then it starts afresh: hostile text can neither fill
    the memory nor keep the places for itself."""

    def __init__(self, rule: Callable[[int], T], known: Iterable[int]) -> None:
        super().__init__((point, rule(point)) for point in known)
        self._rule = rule

    def __missing__(self, point: int) -> T:
        if len(self) >= self.ROOM:
            self.clear()
        value = self[point] = self._rule(point)
        return value


KINDS: Final = _Memo(lambda point: classify(point)[0], range(0x80))
"""Translates a text into its shape."""

STAND_INS: Final = _Memo(_stand_in, range(0x80))
"""Translates a text into one without `REWRITTEN` and `HOSTILE` code points (steps 2 to 6)."""
