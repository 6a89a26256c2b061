"""Sessions as no good desk sends them, each made from a good one by chance that a seed repeats.

`honest` damage loses, repeats or disorders whole frames or breaks them off: everything a console
believes of it is true. Any other damage may say something well-formed and wrong.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, Final

from paper_line import frame, text_frame
from recorded import Json, Recording, dump
from websockets.frames import Opcode

TOO_LARGE: Final = 512 * 1024 + 1
"""Bytes; one more than a frame may have."""

# ── whole frames ────────────────────────────────────────────────────────────────────────


def _cut(frames: list[bytes], random: Random) -> list[bytes]:
    """The line breaks, in the middle of a frame or between two."""
    place = random.randrange(len(frames))
    return [*frames[:place], frames[place][: random.randrange(len(frames[place]))]]


def _drop(frames: list[bytes], random: Random) -> list[bytes]:
    place = random.randrange(len(frames))
    return frames[:place] + frames[place + random.randint(1, 3) :]


def _twice(frames: list[bytes], random: Random) -> list[bytes]:
    place, later = random.randrange(len(frames)), random.randrange(len(frames))
    return [*frames[:later], frames[place], *frames[later:]]


def _swap(frames: list[bytes], random: Random) -> list[bytes]:
    one, other = random.randrange(len(frames)), random.randrange(len(frames))
    frames = list(frames)
    frames[one], frames[other] = frames[other], frames[one]
    return frames


def _again(frames: list[bytes], random: Random) -> list[bytes]:
    """A run of frames comes once more."""
    start, end = sorted(random.choices(range(len(frames) + 1), k=2))
    place = random.randrange(len(frames))
    return frames[:place] + frames[start:end] + frames[place:]


def _pieces(frames: list[bytes], random: Random) -> list[bytes]:
    """A frame comes in pieces, with something between them that is allowed there, or is not."""
    place = random.randrange(len(frames))
    text = b"{}" if len(frames[place]) < 8 else frames[place][4:]
    between = random.choice((b"", frame(Opcode.PING, b"?"), frame(Opcode.PONG, b""), frames[0]))
    cut = random.randrange(len(text))
    pieces = [
        frame(Opcode.TEXT, text[:cut], fin=False), between,
        frame(Opcode.CONT, text[cut:], fin=random.random() < 0.8),
    ]  # fmt: skip
    return frames[:place] + pieces + frames[place + 1 :]


_ODD: Final[tuple[Callable[[Random], bytes], ...]] = (
    lambda r: frame(Opcode.BINARY, r.randbytes(20)),
    lambda r: frame(Opcode.TEXT, b""),
    lambda r: frame(Opcode.TEXT, b"\xff\xfe" + r.randbytes(5)),
    lambda r: frame(Opcode.TEXT, b'"\xed\xa0\x80"'),
    lambda r: frame(Opcode.CONT, b"{}"),
    lambda r: frame(Opcode.PING, r.randbytes(r.randrange(126))),
    lambda r: frame(Opcode.PONG, r.randbytes(r.randrange(126))),
    lambda r: b"\x89\x7e\x00\x80" + bytes(128),  # a ping that is too long
    lambda r: bytes((0x80 | r.choice((3, 4, 5, 6, 7, 11, 15)), 0)),
    lambda r: bytes((0x80 | r.choice((16, 32, 64)) | 1, 2)) + b"{}",
    lambda r: b"\x81\x82\x01\x02\x03\x04" + b"{}",  # masked
    lambda r: b"\x81\x7f" + (2**63 - 1).to_bytes(8) + b"{",
    lambda r: b"\x81\x7f" + TOO_LARGE.to_bytes(8) + b"{",
    lambda r: r.randbytes(r.randrange(1, 64)),
    lambda r: b"HTTP/1.1 400 Bad Request\r\n\r\n",
)
"""What may come instead of a frame."""


def _odd(frames: list[bytes], random: Random) -> list[bytes]:
    place = random.randrange(len(frames) + 1)
    return [*frames[:place], random.choice(_ODD)(random), *frames[place:]]


HONEST: Final = (_cut, _drop, _twice, _swap, _again, _pieces, _odd)

# ── bytes ───────────────────────────────────────────────────────────────────────────────


def _bits(frames: list[bytes], random: Random) -> list[bytes]:
    data = bytearray(b"".join(frames))
    for _flip in range(random.choice((1, 1, 1, 2, 8))):
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return [bytes(data)]


def _bytes(frames: list[bytes], random: Random) -> list[bytes]:
    """Some bytes are others, too many, or missing."""
    data = b"".join(frames)
    place, size = random.randrange(len(data)), random.randint(1, 16)
    put = random.randbytes(random.choice((0, size, size, random.randint(1, 64))))
    return [data[:place] + put + data[place + size * random.randint(0, 1) :]]


# ── values ──────────────────────────────────────────────────────────────────────────────

WRONG: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1.5, -0.0, 1e9, 1e308, 2**53 + 1, 2**63 - 1, -(2**63) + 1,
    "", " ", "x" * 5000, "\u202e\x1b[31m", "a\x00b", "\ud800", "NaN", "9" * 30, "c-1001\n",
    "2026-11-23T08:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00",
    "__proto__", "resumed", {}, {"id": {}}, [], [None], [[]], [{}], [{"id": "x"}], [1] * 3000,
    ["x"] * 3000,
)  # fmt: skip
"""What may stand where something else belongs."""

Path = tuple[str | int, ...]


def paths(value: Any, here: Path = ()) -> Iterator[Path]:
    """Every place in a value, itself excepted."""
    inside: Sequence[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        inside = tuple(value.items())
    elif isinstance(value, list):
        inside = tuple(enumerate(value))
    for key, one in inside:
        yield (*here, key)
        yield from paths(one, (*here, key))


def holder(value: Any, path: Path) -> Any:
    """What holds the place at the end of a path."""
    for key in path[:-1]:
        value = value[key]
    return value


def changed(text: str, random: Random) -> str:
    """A frame with one value that is another, missing, moved, or too much."""
    value = json.loads(text)
    places = list(paths(value))
    path = random.choice(places)
    key: Any = path[-1]
    where = holder(value, path)
    match random.randrange(5):
        case 0:
            del where[key]
        case 1:
            other = random.choice(places)
            where[key] = holder(value, other)[other[-1]]
            if path[: len(other)] == other:  # it would be inside itself
                where[key] = None
        case 2 if isinstance(where, list):
            where.extend([where[key]] * random.choice((1, 50)))
        case 3 if isinstance(where[key], int):
            where[key] += random.choice((-1, 1, 1000, 2**40))
        case _:
            where[key] = random.choice(WRONG)
    return json.dumps(value, separators=(",", ":"))  # "\ud800" goes as an escape


def _values(frames: list[bytes], random: Random, texts: Sequence[str]) -> list[bytes]:
    frames = list(frames)
    for _time in range(random.choice((1, 1, 2))):
        place = random.randrange(len(frames))
        frames[place] = text_frame(changed(texts[place], random))
    return frames


def _foreign(frames: list[bytes], random: Random, others: Sequence[Recording]) -> list[bytes]:
    """Frames of another session come in between."""
    wire = random.choice(others).wire
    place, start = random.randrange(len(frames) + 1), random.randrange(len(wire))
    return (
        frames[:place]
        + list(wire[start : start + random.randint(1, 4)])
        + frames[place + random.randint(0, 2) :]
    )


def mutated(
    recording: Recording, others: Sequence[Recording], random: Random
) -> tuple[str, bytes, bool]:
    """A spoilt session: how, its bytes, and whether the damage is honest."""
    frames = list(recording.wire)
    kind = random.randrange(len(HONEST) + 6)
    if kind < len(HONEST):
        spoil = HONEST[kind]
        return spoil.__name__, b"".join(spoil(frames, random)), True
    if kind < len(HONEST) + 2:
        return "bits", b"".join(_bits(frames, random)), False
    if kind < len(HONEST) + 3:
        return "bytes", b"".join(_bytes(frames, random)), False
    if kind < len(HONEST) + 5:
        return "values", b"".join(_values(frames, random, recording.frames)), False
    return "foreign", b"".join(_foreign(frames, random, others)), False


# ── texts that are no JSON, or no frame ─────────────────────────────────────────────────

_NUMBERS: Final = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "-1e999",
    "9" * 5000,
    str(2**63),
    "01",
    "1.",
    "+1",
)
_BRACKETS: Final = ("[" * 100_000, '{"a":' * 100_000, "[" * 33 + "]" * 33, "[" * 2000 + "]" * 2000)


def no_json(text: str, random: Random) -> str:
    """A frame that two readers could understand differently, or nobody at all."""
    head, tail = text[:-1], text[-1]
    match random.randrange(7):
        case 0:
            return f'{head},"odd":{random.choice(_NUMBERS)}{tail}'
        case 1:
            return f'{head},"odd":{random.choice(_BRACKETS)}{tail}'
        case 2:
            return f'{head},"frame":"hb"{tail}'
        case 3:
            return text[: random.randrange(1, len(text))]
        case 4:
            return text + random.choice((text, "x", ",", "\x00", "}"))
        case 5:
            return random.choice(
                ("null", "[]", "0", '""', f"[{text}]", "true", " ", "\ufeff" + text)
            )
        case _:
            return text.replace('"', "'", 2)


def wrong_type(text: str, random: Random) -> str:
    """A frame with one value that is something else."""
    value: Json = json.loads(text)
    path = random.choice(list(paths(value)))
    holder(value, path)[path[-1]] = random.choice(WRONG)
    return json.dumps(value, separators=(",", ":"))


def huge(text: str, random: Random) -> str:
    """A frame with something very long in it, as large as a frame may be."""
    value = json.loads(text)
    path = random.choice(list(paths(value)))
    much: tuple[Any, ...] = (
        [0] * 200_000, [{}] * 150_000, ["a"] * 100_000, [[]] * 170_000,
        "y" * 500_000, "é\u0301" * 60_000,
    )  # fmt: skip
    holder(value, path)[path[-1]] = random.choice(much)
    return dump(value)
