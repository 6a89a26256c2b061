"""The faults by name: frozen values, each with the numbers that make it weaker or stronger.

A fault that lasts stays on until its time is over or it is cleared; one of a moment happens and
is over. The fields are what `agent-tui mock ctl`, a script and `server.faults.set` accept.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Final

from agent_tui.i18n import mark

FRAMES: Final = ("ev", "res", "hb", "sig", "snap", "welcome", "auth_expiring")
"""Kinds of frames a desk sends that a fault can be about; the first three are the stream."""

BREAKS: Final = (
    "broken", "nan", "deep", "double_key", "wrong_type", "not_object", "binary", "oversize",
)  # fmt: skip
"""How a frame can be malformed."""


@dataclass(frozen=True, slots=True)
class Range:
    """A number: what it counts, and between which values."""

    least: float
    most: float
    words: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """One word of a few."""

    of: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class SomeOf:
    """Some words of a few."""

    of: tuple[str, ...]
    words: str


Kind = Range | OneOf | SomeOf


def _is(default: Any, kind: Kind) -> Any:
    return field(default=default, metadata={"kind": kind})


def _number(default: float, least: float, most: float, words: str) -> Any:
    return _is(default, Range(least, most, words))


def _count(default: int, least: int, most: int, words: str) -> Any:
    return _is(default, Range(least, most, words, whole=True))


def _share(default: float, words: str = mark("share of them, from 0 to 1")) -> Any:
    return _number(default, 0, 1, words)


def _only(*default: str) -> Any:
    return _is(default, SomeOf(FRAMES, mark("kinds of frames")))


def _times() -> Any:
    return _count(0, 0, 1_000_000, mark("at most so often on a line; 0: no limit"))


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong."""

    name: ClassVar[str] = ""
    words: ClassVar[str] = ""
    """What it does, in a few words (marked for translation)."""

    @property
    def lasts(self) -> bool:
        """Whether it stays on."""
        return True


@dataclass(frozen=True, slots=True)
class Moment(Fault):
    """A fault that happens and is over."""

    @property
    def lasts(self) -> bool:
        return False


# ── frames on their way to a console ────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Latency(Fault):
    name: ClassVar = "latency"
    words: ClassVar = mark("hold every frame to a console back")
    ms: float = _number(300, 0, 60_000, mark("milliseconds"))
    jitter: float = _number(0, 0, 60_000, mark("milliseconds more or less, evenly spread"))


@dataclass(frozen=True, slots=True)
class Bandwidth(Fault):
    name: ClassVar = "bandwidth"
    words: ClassVar = mark("send slowly")
    kilobytes: float = _number(16, 0.1, 1_000_000, mark("kilobytes a second"))


@dataclass(frozen=True, slots=True)
class Slicer(Fault):
    name: ClassVar = "slicer"
    words: ClassVar = mark("send each frame in small pieces")
    bytes: int = _count(16, 1, 65_536, mark("bytes in a piece"))
    ms: float = _number(0, 0, 1_000, mark("milliseconds between two pieces"))


@dataclass(frozen=True, slots=True)
class LimitData(Fault):
    name: ClassVar = "limit_data"
    words: ClassVar = mark("cut a line in the middle of a frame, after so many bytes")
    bytes: int = _count(100_000, 0, 1_000_000_000, mark("bytes a line carries"))


@dataclass(frozen=True, slots=True)
class Lose(Fault):
    name: ClassVar = "lose"
    words: ClassVar = mark("lose frames silently")
    share: float = _share(0.1)
    only: tuple[str, ...] = _only("ev")
    count: int = _times()


@dataclass(frozen=True, slots=True)
class Duplicate(Fault):
    name: ClassVar = "duplicate"
    words: ClassVar = mark("send frames twice")
    share: float = _share(0.1)
    only: tuple[str, ...] = _only("ev", "res", "hb")
    count: int = _times()


@dataclass(frozen=True, slots=True)
class Reorder(Fault):
    name: ClassVar = "reorder"
    words: ClassVar = mark("swap a frame with the next one")
    share: float = _share(0.1)
    only: tuple[str, ...] = _only("ev", "res")
    count: int = _times()


@dataclass(frozen=True, slots=True)
class Malformed(Fault):
    name: ClassVar = "malformed"
    words: ClassVar = mark("spoil frames")
    kind: str = _is("any", OneOf(("any", *BREAKS), mark("how they are spoilt")))
    share: float = _share(0.1)
    only: tuple[str, ...] = _only("ev", "res", "hb")
    count: int = _times()


@dataclass(frozen=True, slots=True)
class LostAnswers(Fault):
    name: ClassVar = "lost_answers"
    words: ClassVar = mark("do what a console asks, but lose the answer")
    share: float = _share(1)
    of: str = _is("commands", OneOf(("commands", "questions", "all"), mark("answers to what")))
    count: int = _times()


@dataclass(frozen=True, slots=True)
class Silence(Fault):
    name: ClassVar = "silence"
    words: ClassVar = mark("send no heartbeats")


# ── frames from a console ───────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class SlowReader(Fault):
    name: ClassVar = "slow_reader"
    words: ClassVar = mark("read slowly what consoles send")
    kilobytes: float = _number(1, 0.01, 1_000_000, mark("kilobytes a second"))


@dataclass(frozen=True, slots=True)
class SlowServer(Fault):
    name: ClassVar = "slow_server"
    words: ClassVar = mark("take long over each frame of a console")
    ms: float = _number(500, 0, 60_000, mark("milliseconds"))


@dataclass(frozen=True, slots=True)
class RateLimited(Fault):
    name: ClassVar = "rate_limited"
    words: ClassVar = mark("refuse commands: too many")
    retry_after: float = _number(2, 0, 3_600, mark("seconds a console is told to wait"))
    share: float = _share(1)
    patience: int = _count(
        0, 0, 1_000_000,
        mark("commands that come too early before the line is closed with 4008; 0: never"),
    )  # fmt: skip


# ── at the door ─────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Refuse(Fault):
    name: ClassVar = "refuse"
    words: ClassVar = mark("let nobody in")
    status: int = _count(503, 400, 599, mark("HTTP status"))
    retry_after: float = _number(5, 0, 86_400, mark("seconds in Retry-After; 0: no such header"))
    form: str = _is("seconds", OneOf(("seconds", "date"), mark("form of Retry-After")))


@dataclass(frozen=True, slots=True)
class Hang(Fault):
    name: ClassVar = "hang"
    words: ClassVar = mark("take new connections, but say nothing")


# ── lines ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Drop(Fault):
    name: ClassVar = "drop"
    words: ClassVar = mark("cut connections: now, or again and again")
    every: float = _number(0, 0, 86_400, mark("seconds between two cuts; 0: once, now"))
    jitter: float = _number(0, 0, 86_400, mark("seconds more or less, evenly spread"))
    share: float = _share(1, mark("share of the connections, from 0 to 1"))

    @property
    def lasts(self) -> bool:
        return self.every > 0


@dataclass(frozen=True, slots=True)
class HalfOpen(Fault):
    name: ClassVar = "half_open"
    words: ClassVar = mark("neither read nor write, but keep connections open; then cut them")


@dataclass(frozen=True, slots=True)
class SlowClose(Fault):
    name: ClassVar = "slow_close"
    words: ClassVar = mark("take long over closing a connection")
    ms: float = _number(1_000, 0, 60_000, mark("milliseconds"))


@dataclass(frozen=True, slots=True)
class Goodbye(Moment):
    name: ClassVar = "goodbye"
    words: ClassVar = mark("close connections, politely")
    code: int = _count(1012, 1000, 4999, mark("close code"))
    reconnect_after: float = _number(5, 0, 86_400, mark("seconds a console is told to wait"))


# ── the desk ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Restart(Moment):
    name: ClassVar = "restart"
    words: ClassVar = mark("say goodbye with 1012, and let nobody in for a while")
    down: float = _number(5, 0, 86_400, mark("seconds"))


@dataclass(frozen=True, slots=True)
class Epoch(Moment):
    name: ClassVar = "epoch"
    words: ClassVar = mark("begin a new epoch: nobody can resume")


@dataclass(frozen=True, slots=True)
class Kill(Moment):
    name: ClassVar = "kill"
    words: ClassVar = mark("die as by kill -9")


@dataclass(frozen=True, slots=True)
class TokenLife(Moment):
    name: ClassVar = "token_life"
    words: ClassVar = mark("let tokens live so long from now on")
    seconds: float = _number(60, 0, 31_536_000, mark("seconds; 0: for ever"))


@dataclass(frozen=True, slots=True)
class Expire(Moment):
    name: ClassVar = "expire"
    words: ClassVar = mark("let every token end now; a fresh one is there")


@dataclass(frozen=True, slots=True)
class Revoke(Moment):
    name: ClassVar = "revoke"
    words: ClassVar = mark("take every token back; there is no other before renew")


@dataclass(frozen=True, slots=True)
class Renew(Moment):
    name: ClassVar = "renew"
    words: ClassVar = mark("make a fresh token; the old ones stay as they are")


FAULTS: Final[dict[str, type[Fault]]] = {
    kind.name: kind
    for kind in (
        Latency, Bandwidth, Slicer, LimitData, Lose, Duplicate, Reorder, Malformed, LostAnswers,
        Silence, SlowReader, SlowServer, RateLimited, Refuse, Hang, Drop, HalfOpen, SlowClose,
        Goodbye, Restart, Epoch, Kill, TokenLife, Expire, Revoke, Renew,
    )
}  # fmt: skip
"""Every fault by its name."""


def kinds_of(fault: type[Fault]) -> dict[str, Kind]:
    """What each field of a fault may be, in order; the first can be given without its name."""
    return {one.name: one.metadata["kind"] for one in fields(fault)}
