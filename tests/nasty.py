"""Hostile strings: those shared beside the project, a set of our own, and neighbours of both."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

CORPUS = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "nasty_strings.json"


@dataclass(frozen=True, slots=True)
class Nasty:
    """One string, and what must hold for it."""

    id: str
    text: str
    kind: str
    unchanged: bool = False
    """It is honest text: the sanitiser may not touch it."""
    keep: tuple[str, ...] = ()
    """What must still be readable."""


OWN: tuple[Nasty, ...] = tuple(
    Nasty(f"own-{kind}-{number}", text, kind)
    for kind, texts in {
        "esc": (
            "A\x1b]52;c;ZXZpbA==\x07Z", "A\x1b]0;title\x1b\\Z", "A\x1b[2J\x1b[HZ", "A\x1b[6nZ",
            "A\x1b[21tZ", "A\x1bP$qm\x1b\\Z", "A\x1b]8;;https://evil.example\x1b\\Z\x1b]8;;\x1b\\",
            "A\x1b[?1049lZ", "A\x1bcZ", "A\x1b]1337;File=:QQ==\x07Z", "A\x1b_Gi=1;\x1b\\Z",
            "A\x1b]Z", "A\x1b", "A\x1b[201~\rZ", "\x1b[31;1;5mA\x1b[8mZ\x1b[0m",
        ),
        "c1": ("A\x9b2JZ", "A\x9d0;t\x9cZ", "A\x90$qm\x9cZ", "A\x84\x85\x8d\x8eZ", "A\xc2\x9bZ"),
        "c0": ("A\x00\x07\x08\x0e\x0fZ", "A\rB\r\nC\x0b\x0cZ", "A\x7f\x05\x11\x13\x1aZ", "A\tZ"),
        "bidi": ("A\u202egnp.exe\u202cZ", "A\u2066\u2067x\u2069Z", "A\u200e\u200f\u061cZ"),
        "invis": ("A\u200b\u2060\ufeff\u00adZ", "A\U000e0041\U000e007fZ", "A\u3164\u2800\uffa0Z"),
        "marks": ("A" + "\u0301" * 500 + "Z", "\u0301A", "e\u20dd\u20e0Z"),
        "enc": ("A\ud83dZ", "A\uffff\ufdd0Z", "A\ue000\U0010fffdZ", "A\u0378Z"),
        "markup": (
            "[/]", "[/b]", "[@click=app.quit]x[/]", "[ @click=app.quit]x", "[link=https://a.b]x",
            "[Photo]", "[50%] off", "[$primary]x", "b[/1]", "[[[[", "\\[b]x", "[on black black]x",
        ),
        "lang": ("{name} {0} %s $x ${jndi:ldap://x}", "<img src=x onerror=alert(1)>"),
        "size": ("\n" * 100_000, "line\n" * 50_000, "x" * 300_000, "[" * 100_000, "日" * 120_000,
                 "a\u202e" * 60_000, "\u200b" * 100_000, "\x1b" * 60_000, "\t" * 100_000),
        "legit": ("می\u200cخواهم", "नमस्ते दुनिया", "Việt Nam", "שָׁלוֹם", "👩‍👩‍👧 🇩🇪 1️⃣ ❤️",
                  "Zoë €5"),
    }.items()
    for number, text in enumerate(texts)
)  # fmt: skip


def corpus() -> list[Nasty]:
    """The shared strings; empty where they are not beside the project."""
    if not CORPUS.is_file():
        return []
    entries = json.loads(CORPUS.read_text(encoding="utf-8"))["strings"]
    return [
        Nasty(
            entry["id"],
            _text(entry),
            entry["cat"],
            bool(entry.get("unchanged")),
            tuple(entry.get("keep", ())),
        )
        for entry in entries
    ]


def _text(entry: dict[str, Any]) -> str:
    if "text" in entry:
        return str(entry["text"])
    gen = entry["gen"]
    parts = gen.get("parts") or gen["unit"]
    unit = "".join(piece * times for piece, times in parts)
    return unit * int(gen.get("times", 1))


PIECES = (
    *("\x1b[", "\x1b]", "\x1b]8;;", "\x1bP", "\x1b\\", "\x07", "\x9b", "\x9d", "\x9c", "\x1b"),
    *("\r", "\n", "\u202e", "\u2066", "\u200b", "\ufeff", "\u200d", "\ufe0f", "\u0301", "\ud83d"),
    *("[", "]", "[/", "[@click=", "\\", "{", "%s", "2J", "6n", ";", "m", "\x00", "\x7f", "\x85"),
    *("\U000e0041", "\U0001f3f4", "日", "👩", "\ufff9", "\u3164", "\u2028", "\udc41", " "),
)
"""What a neighbour may have more of."""


def neighbours(random: Random, strings: Sequence[Nasty], count: int) -> Iterator[Nasty]:
    """`count` strings that are like some of `strings`, and in none of them."""
    short = [one for one in strings if len(one.text) <= 300]
    for number in range(count):
        one = random.choice(short)
        text = one.text
        for _change in range(random.randint(1, 4)):
            text = _changed(random, text, random.choice(short).text)
        yield Nasty(f"near-{one.id}-{number}", text[:600], one.kind)


def _changed(random: Random, text: str, other: str) -> str:
    at, end = sorted(random.randint(0, len(text)) for _ in range(2))
    match random.randrange(6):
        case 0:
            return text[:at] + random.choice(PIECES) + text[at:]
        case 1:
            return text[:at] + text[end:]
        case 2:
            return text[:at] + text[at:end] * 2 + text[end:]
        case 3:
            return text[:at] + other + text[at:]
        case 4:
            return text.replace("\x1b[", "\x9b").replace("\x1b]", "\x9d")
        case _:
            return text[:at] + text[at:end][::-1] + text[end:]
