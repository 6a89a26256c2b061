"""Takes secrets out of words that leave the program: by their values, and by how they look.

By value every `Secret` that is alive is known here, also as an address, JSON or base64 write it.
By look: what follows ``Bearer``, what begins like a JSON web token, what is called a token.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from agent_tui.credentials.secret import MASK, hidden_values

SHORTEST: Final = 4
"""Characters a secret needs to be looked for by value: a shorter one is in every second word."""

_BY_LOOK: Final = (
    (re.compile(r"(?i)\b(bearer|basic)(\s+)[!-~]+"), rf"\1\2{MASK}"),
    (re.compile(r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,2}"), MASK),
    (
        re.compile(
            r"(?i)\b([a-z_-]{0,20}(?:token|secret|password|api[_-]?key))"
            r"(\"?'?\s{0,4}[=:]\s{0,4}\"?'?)[^\s\"'&;,]+"
        ),
        rf"\1\2{MASK}",
    ),
)


def redact(text: str) -> str:
    """`text` without any secret that is known or looks like one."""
    for value in hidden_values():
        if len(value) >= SHORTEST:
            for form in _forms(value):
                text = text.replace(form, MASK)
    for looks, shown in _BY_LOOK:
        text = looks.sub(shown, text)
    return text


def _forms(value: str) -> Iterator[str]:
    """How a value may be written."""
    yield value
    yield quote(value, safe="")
    yield json.dumps(value)[1:-1]
    yield repr(value)[1:-1]
    yield base64.b64encode(value.encode("utf-8", "surrogatepass")).decode().rstrip("=")
