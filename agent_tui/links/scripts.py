"""Which letters a host name is written in: alphabets that do not go together, and look-alikes."""

from __future__ import annotations

from functools import cache
from typing import Final
from unicodedata import name, normalize

_TOGETHER: Final = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
)
"""Scripts that are written side by side (UTS #39, "Highly Restrictive")."""

_LATIN_FOR: Final = {
    # Cyrillic
    "а": "a", "Ь": "b", "с": "c", "ԁ": "d", "е": "e", "ё": "e", "һ": "h", "і": "i", "ї": "i",
    "ј": "j", "к": "k", "ӏ": "l", "м": "m", "п": "n", "о": "o", "р": "p", "ԛ": "q", "г": "r",
    "ѕ": "s", "т": "t", "ц": "u", "ѵ": "v", "ԝ": "w", "ш": "w", "х": "x", "у": "y", "в": "b",
    "н": "h", "з": "3", "б": "6",
    # Greek
    "α": "a", "β": "b", "ϲ": "c", "ε": "e", "γ": "y", "η": "n", "ι": "i", "κ": "k", "ν": "v",
    "ο": "o", "ρ": "p", "ς": "s", "σ": "o", "τ": "t", "υ": "u", "χ": "x", "ω": "w", "ϳ": "j",
    # Armenian
    "օ": "o", "ս": "u", "հ": "h", "ո": "n", "ց": "g", "զ": "q",
    # Latin
    "ı": "i", "ɑ": "a", "ɡ": "g", "ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ŧ": "t", "ɩ": "i",
    "ʋ": "v", "ƒ": "f", "ɪ": "i", "ʏ": "y", "ʀ": "r", "ɴ": "n", "ꮯ": "c",
}  # fmt: skip
"""Letters that are taken for a Latin one at a glance. Not those with an accent: a German or Polish
name is no trick."""


@cache
def _script(letter: str) -> str:
    """The script of a letter by its Unicode name; empty for digits, marks and signs."""
    if letter.isascii():
        return "LATIN" if letter.isalpha() else ""
    return name(letter, "").split(" ")[0].removesuffix("-") if letter.isalpha() else ""


def mixed(label: str) -> bool:
    """A word of a host name has letters of scripts that no language writes together."""
    scripts = {_script(letter) for letter in label} - {""}
    return len(scripts) > 1 and not any(scripts <= allowed for allowed in _TOGETHER)


def skeleton(shown: str) -> str:
    """The ASCII name that `shown` looks like; empty: it looks like none, or is one."""
    if shown.isascii():
        return ""
    alike = "".join(_LATIN_FOR.get(letter, letter) for letter in normalize("NFC", shown))
    return alike if alike.isascii() else ""
