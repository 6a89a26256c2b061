"""How the grammar of typed times works; the rules are in `clocks` and `dates`.

A rule is a line of token kinds and a function. In the line, "a|b" is either kind, "a?" may be
missing, "!a" must not follow and "&a" must follow without being taken. The function notes in the
`Reading` what its tokens say, or returns False to leave them to the next rule. The first rule
that fits wins, and a text is understood only when rules have taken every token of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache

from agent_tui.when.reading import Reading, Refusal
from agent_tui.when.words import Kind, Token

Action = Callable[[Reading, Sequence[Token]], bool | None]


class Rules:
    """Rules in the order in which they are tried."""

    def __init__(self) -> None:
        self._rules: list[tuple[str, Action]] = []

    def on(self, *lines: str) -> Callable[[Action], Action]:
        """Use the decorated function for tokens like one of `lines`."""

        def register(action: Action) -> Action:
            self._rules.extend((rule, action) for rule in lines)
            return action

        return register

    def apply(self, reading: Reading, tokens: Sequence[Token], line: str) -> int:
        """How many of `tokens` the first fitting rule took; 0 if none fits.

        `line` is the kinds of `tokens`, each with a space after it.
        """
        for rule, action in self._rules:
            match = _pattern(rule).match(line)
            if match:
                taken = match[0].count(" ")
                if action(reading, tokens[:taken]) is not False:
                    return taken
        return 0


def read(tokens: Sequence[Token], today: date, books: Sequence[Rules]) -> Reading:
    """What `tokens` say on the local day `today`, by the rules of `books` in their order.

    Raises:
        Refusal: if a token is left over, something is said twice, or does not exist.
        OverflowError: for a date beyond the year 9999.
    """
    reading = Reading(today)
    at = 0
    while at < len(tokens):
        rest = tokens[at:]
        line = "".join(f"{token.kind} " for token in rest)
        taken = next(filter(None, (book.apply(reading, rest, line) for book in books)), 0)
        if not taken:
            raise Refusal
        at += taken
    return reading


def first_of(tokens: Sequence[Token], *kinds: Kind) -> Token | None:
    """The first token of one of these kinds, if there is one."""
    return next((token for token in tokens if token.kind in kinds), None)


def the(tokens: Sequence[Token], *kinds: Kind) -> Token:
    """The first token of one of these kinds; the rule's line promises it."""
    return next(token for token in tokens if token.kind in kinds)


def whole(token: Token) -> int:
    """The number of a token that has to be a whole one.

    Raises:
        Refusal: if it is not.
    """
    if token.number.denominator != 1:
        raise Refusal
    return int(token.number)


@cache
def _pattern(rule: str) -> re.Pattern[str]:
    """The rule's line, compiled when it is first tried: nobody waits for it at the start."""
    parts = []
    for item in rule.split():
        kinds = "|".join(Kind(name).value for name in item.strip("!&?").split("|"))
        look = {"!": "(?!{})", "&": "(?={})"}.get(item[0], "(?:{})")
        parts.append(look.format(f"(?:{kinds}) ") + ("?" if item.endswith("?") else ""))
    return re.compile("".join(parts))
