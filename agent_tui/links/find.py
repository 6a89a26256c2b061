"""Finding links in text: `http`, `https`, `mailto` and `tel`, and nothing else.

In linear time: the pattern has nothing to go back to, and the end of a link is trimmed in one
walk (spec: project reference "Reliability and security", §4.5).
"""

from __future__ import annotations

import re
from typing import Final

from agent_tui.model import SafeText

MOST: Final = 500
"""Links that are found in one text; a message with more of them is no message."""

_LINK: Final = re.compile(
    # No letter in front: "xhttps:" is another scheme. Quotation marks, brackets of mark-up and the
    # sanitiser's stand-ins end a link; a backslash stays in it, so that it is seen and refused.
    r"""(?<![A-Za-z0-9])(https?://(?:\[[0-9a-f:.]{2,60}\])?|mailto:|tel:)"""
    r"""[^\s<>"`{}|^\[\]“”„«»‹›「」『』⟦⟧⟪⟫\u2400-\u243f\ufffd]*""",
    re.IGNORECASE,
)

_AFTER: Final = frozenset(".,;:!?'’‘…*_~。、，！？；：·")
"""What belongs to the sentence, where it is the last of a link."""

_PAIRS: Final = {")": "(", "）": "（", "】": "【"}
"""A closing bracket belongs to the sentence, unless it was opened inside the link."""


def links_in(text: SafeText) -> tuple[str, ...]:
    """The links of `text` as they stand there, in their order, at most `MOST`, none twice."""
    found: dict[str, None] = {}
    for match in _LINK.finditer(text):
        link = _trimmed(match[0])
        if len(link) > len(match[1]) or link.endswith("]"):  # a scheme alone leads nowhere
            found.setdefault(link)
        if len(found) >= MOST:
            break
    return tuple(found)


def _trimmed(link: str) -> str:
    """`link` without what belongs to the sentence around it."""
    surplus = {close: link.count(close) - link.count(open_) for close, open_ in _PAIRS.items()}
    end = len(link)
    while end:
        last = link[end - 1]
        if surplus.get(last, 0) > 0:
            surplus[last] -= 1
        elif last not in _AFTER:
            break
        end -= 1
    return link[:end]
