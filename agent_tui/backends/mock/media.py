"""Pictures in what customers say: a persona announces one by a word in brackets."""

from __future__ import annotations

from random import Random

from agent_tui.backends.mock.records import Attachment

_PICTURES = frozenset({"[foto]", "[bild]", "[photo]", "[picture]", "[screenshot]"})


def said(text: str, rng: Random) -> tuple[str, tuple[Attachment, ...]]:
    """What arrives when a customer says `text`: words, or a picture instead of them."""
    if text.casefold() not in _PICTURES:
        return text, ()
    name = f"IMG_{rng.randrange(1000, 10_000)}.jpg"
    return "", (Attachment("image", name, rng.randrange(200_000, 4_000_000)),)
