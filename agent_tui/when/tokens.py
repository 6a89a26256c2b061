"""From typed text to tokens: shapes of digits, words of the tables, and the nearest spelling.

What is neither becomes `Kind.UNKNOWN`, which no grammar rule accepts: nothing is skipped in the
hope that it was not important.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from agent_tui.when.words import Kind, Token, fold, phrases, spellings

MOST_MISSPELT = 3
_LONGEST_PHRASE = 6
_GROWN_TOGETHER = {
    *((Kind.WEEKDAY, part) for part in (Kind.PART, Kind.DAY, Kind.EARLY)),
    *((whole, part) for whole in (Kind.MONTH, Kind.UNIT) for part in (Kind.EDGE, Kind.UNIT)),
}
_SHAPES: tuple[tuple[Kind, str], ...] = (
    (Kind.ISOWEEK, r"\d{4}-?w\d{1,2}(?:-\d)?(?!\d)"),
    (Kind.DATE, r"\d{4}(?P<dash>[-/.])\d{1,2}(?P=dash)\d{1,2}(?!\d)"),
    (Kind.DATE, r"\d{1,2}-\d{1,2}-\d{4}(?!\d)"),
    (Kind.DATE, r"\d{1,2}\.\s?\d{1,2}\.\s?(?:19|20|21)\d\d(?![\d:.])"),
    (Kind.DATE, r"\d{1,2}\.\d{1,2}\.\d\d(?![\d:.]|\s*(?:uhr|h\b))"),
    (Kind.DAYMONTH, r"\d{1,2}\.\s?\d{1,2}\.(?!\d{3})"),
    (Kind.SLASH, r"\d{1,2}/\d{1,2}(?:/(?:\d{4}|\d\d))?(?![\d/])"),
    (Kind.CLOCK, r"t?\d{1,2}:\d\d(?::\d\d(?:\.\d{1,9})?)?(?![\d:])"),
    (Kind.OFFSET, r"(?:(?<=\d)|(?<=\d\s))(?:[+-]\d\d:?\d\d(?!\d)|z(?![^\W\d_]))"),
    (Kind.DOTTED, r"\d{1,2}\.\d{1,2}(?!\d)"),
    (Kind.NUMBER, r"\d{1,5}[.,]\d{1,3}(?![\d:])"),
    (Kind.ORDINAL, r"\d{1,2}(?:st|nd|rd|th)(?![^\W\d_])|\d{1,2}\."),
    (Kind.YEAR, r"(?<!\d)\d{4}(?!\d)"),
    (Kind.NUMBER, r"(?<!\d)\d{1,6}(?!\d)"),
    (Kind.MERIDIEM, r"[ap]\.m\b\.?"),
    (Kind.UNKNOWN, r"(?<![a-z])-\d+|\d+"),
)
_LEXEME = re.compile(
    "|".join(f"(?P<{kind}_{at}>{shape})" for at, (kind, shape) in enumerate(_SHAPES))
    + r"|(?P<word>[^\W\d_]+|[=@~+])|(?P<gap>[\s,;:!?./()'\"–—-])|(?P<unknown>.)",
    re.DOTALL,
)


def tokens_of(text: str) -> tuple[Token, ...]:
    """The tokens of `text`, in order, without words that carry no meaning."""
    run: list[str] = []
    found: list[Token] = []
    for kind, lexeme in _lexemes(fold(text)):
        if kind is None:
            run.append(lexeme)
            continue
        found.extend(_phrases_in(run))
        run.clear()
        found.append(_shaped(kind, lexeme))
    found.extend(_phrases_in(run))
    return tuple(_settled(found))


def corrected(text: str) -> str | None:
    """`text` with up to three misspelt words replaced by the nearest known; None if it has none."""
    replaced = 0

    def nearest(match: re.Match[str]) -> str:
        nonlocal replaced
        word = fold(match[0])
        if replaced == MOST_MISSPELT or word in spellings() or _compound(word):
            return match[0]
        found = difflib.get_close_matches(word, spellings(), n=1, cutoff=0.75)
        if not found:
            return match[0]
        replaced += 1
        better = spellings()[found[0]]
        return better.capitalize() if match[0][0].isupper() else better

    better = re.sub(r"[^\W\d_]{4,30}", nearest, text)
    return better if replaced else None


def _lexemes(folded: str) -> Iterator[tuple[Kind | None, str]]:
    for match in _LEXEME.finditer(folded):
        name = (match.lastgroup or "").split("_")[0]
        if name == "word":
            yield None, match[0]
        elif name != "gap":
            yield Kind(name), match[0]


def _shaped(kind: Kind, lexeme: str) -> Token:
    meaning = lexeme
    if kind in (Kind.NUMBER, Kind.DOTTED):
        meaning = lexeme.replace(",", ".")
    elif kind is Kind.ORDINAL:
        meaning = re.sub(r"\D", "", lexeme)
    elif kind is Kind.MERIDIEM:
        meaning = lexeme[0] + "m"
    return Token(kind, meaning, lexeme)


def _phrases_in(run: list[str]) -> Iterator[Token]:
    """The words of `run` as tokens, the longest phrase first."""
    at = 0
    while at < len(run):
        for length in range(min(_LONGEST_PHRASE, len(run) - at), 0, -1):
            phrase = " ".join(run[at : at + length])
            if phrase in phrases():
                kind, meaning = phrases()[phrase]
                yield Token(kind, meaning, phrase)
                break
        else:
            length = 1
            yield from _compound(run[at]) or (Token(Kind.UNKNOWN, "", run[at]),)
        at += length


def _compound(word: str) -> tuple[Token, ...]:
    """German words grown together: "Freitagabend", "Aprilwoche", "Monatsende"."""
    for cut in range(4, min(len(word) - 3, 12)):
        first, second = phrases().get(word[:cut]), phrases().get(word[cut:])
        if first and second and (first[0], second[0]) in _GROWN_TOGETHER:
            return Token(*first, word[:cut]), Token(*second, word[cut:])
    return ()


def _settled(found: list[Token]) -> Iterator[Token]:
    """`found` with each "am" decided by what it follows, and without fillers."""
    before: Kind | None = None
    for token in found:
        kind = token.kind
        if kind is Kind.AM:
            after_clock = before in (Kind.NUMBER, Kind.CLOCK, Kind.DOTTED, Kind.YEAR)
            kind = Kind.MERIDIEM if after_clock else Kind.FILLER
        before = kind
        if kind is not Kind.FILLER:
            yield Token(kind, token.meaning, token.text)
