"""What a simulated customer does next: pure, without a clock and without chance of its own.

`react` is given what has happened and returns what the customer does, in seconds from then.
What has been returned is carried out whatever happens next; only the timer that `Waits` asks
for ends with the next stimulus. Messages an agent sends while the customer is still writing
are best given together, as one answer, once she has finished. Channels without a typing mark
(e-mail, SMS) simply do not show `Types` and `StopsTyping`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from random import Random

from agent_tui.backends.mock.persona import Persona, Reply
from agent_tui.channels import rules_of
from agent_tui.model import Channel

MOST_NAGS = 3
"""Impatient lines for one answer that does not come."""
COMES_BACK = 0.75
"""How likely somebody who may come back does."""
COMES_BACK_AFTER = (60.0, 600.0)
"""Seconds after the conversation was resolved."""

_READS = 30.0
"""Characters a second somebody reads, with a limit for those who only skim."""
_READS_AT_MOST = 10.0
_TYPES_AT_MOST = 45.0
"""Longer texts are pasted."""
_HESITATES = 0.15
_AWAY = (20.0, 90.0)
"""Seconds until somebody who is not looking any more sees an answer."""


@dataclass(frozen=True, slots=True)
class Mood:
    """How far a customer has come in what she has to say."""

    opened: bool = False
    turn: int = 0
    """Which of the replies without keywords comes next."""
    said: frozenset[int] = frozenset()
    """Places of the replies with keywords that have been said."""
    waiting: bool = False
    """She is owed a word, and silence tries her patience."""
    nags: int = 0
    """Impatient lines since the last answer."""
    grumbles: int = 0
    """Impatient lines in the whole conversation: which one comes next."""
    done: bool = False
    """She has nothing more to say."""
    came_back: bool = False
    away: bool = False
    """She is not looking any more; an answer still reaches her, later."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The conversation begins; given once, later ones are ignored."""


@dataclass(frozen=True, slots=True)
class AgentWrote:
    """An answer has arrived."""

    text: str


@dataclass(frozen=True, slots=True)
class AgentTyping:
    """She sees somebody writing: her patience starts anew."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody has answered or typed for so many seconds since her own last line.

    Less than her patience changes nothing, and her wait begins anew.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class Resolved:
    """An agent has ended the conversation."""


@dataclass(frozen=True, slots=True)
class Woken:
    """The conversation has come back from snooze: she knows nothing of it and goes on waiting."""


@dataclass(frozen=True, slots=True)
class Types:
    """She starts writing `after` seconds; a `Says` or `StopsTyping` ends it."""

    after: float


@dataclass(frozen=True, slots=True)
class Says:
    """A message of hers arrives `after` seconds."""

    after: float
    text: str


@dataclass(frozen=True, slots=True)
class StopsTyping:
    """She thinks again."""

    after: float


@dataclass(frozen=True, slots=True)
class Waits:
    """Give ``Silence(until_impatient)`` when so many seconds have passed and nothing else has."""

    until_impatient: float


@dataclass(frozen=True, slots=True)
class Leaves:
    """She is not looking any more; the last of the acts."""

    after: float = 0.0


Stimulus = Opened | AgentWrote | AgentTyping | Silence | Resolved | Woken
Move = Types | Says | StopsTyping
Act = Move | Waits | Leaves
Reaction = tuple[Mood, tuple[Act, ...]]


def react(persona: Persona, mood: Mood, stimulus: Stimulus, rng: Random) -> Reaction:
    """The mood after `stimulus`, and what `persona` does because of it, earliest first."""
    match stimulus:
        case Opened():
            return _open(persona, mood, rng)
        case AgentWrote(text):
            return _answer(persona, replace(mood, opened=True, nags=0), text, rng)
        case AgentTyping() | Woken():
            return mood, _waits(persona, mood, 0.0)
        case Silence(seconds):
            return _endure(persona, mood, seconds, rng)
        case Resolved():
            return _end(persona, mood, rng)


def scripted(turns: Sequence[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    """The customer's lines of a real conversation in groups: the opening, then one per answer.

    `turns` are ``("customer" | "agent", text)`` in order. Customer lines in a row belong
    together, agent lines in a row are one answer. The opening is empty where the agent began.
    Raises `ValueError` for any other speaker.
    """
    unknown = {who for who, _ in turns} - {"customer", "agent"}
    if unknown:
        raise ValueError(f"turns of {sorted(unknown)}: only customer and agent can be scripted")
    groups = [
        tuple(text for _, text in group)
        for who, group in groupby(turns, key=lambda turn: turn[0])
        if who == "customer"
    ]
    return tuple(groups) if turns and turns[0][0] == "customer" else ((), *groups)


def script_persona(
    ident: str, name: str, turns: Sequence[tuple[str, str]], channel: Channel = Channel.WEBCHAT
) -> Persona:
    """A customer who says the lines of a real conversation, whatever the answers are.

    She is never impatient, thanks only in those lines, and does not come back.
    """
    opening, *replies = scripted(turns)
    return Persona(
        id=ident,
        language="en",
        name=name,
        channel=channel,
        address=ident,
        topic="script",
        opening=opening,
        replies=tuple(map(Reply, replies)),
    )


def _open(persona: Persona, mood: Mood, rng: Random) -> Reaction:
    if mood.opened:
        return mood, ()
    waiting = bool(persona.opening or persona.before)
    mood = _settled(persona, replace(mood, opened=True, waiting=waiting))
    # The first line is what opens the conversation: nobody could have seen it being typed.
    first = tuple(Says(0.0, line) for line in persona.opening[:1])
    moves = first + _speech(persona, persona.opening[1:], _pause(rng), rng)
    return mood, (*moves, *_waits(persona, mood, _end_of(moves)))


def _answer(persona: Persona, mood: Mood, text: str, rng: Random) -> Reaction:
    if mood.done:
        return mood, ()
    start = min(len(text) / _READS, _READS_AT_MOST) + rng.uniform(0.8, 3.0)
    start += rng.uniform(*_AWAY) if mood.away else 0.0
    mood, lines = _next_words(persona, replace(mood, waiting=True, away=False), text)
    mood = _settled(persona, mood)
    moves = _speech(persona, lines, start, rng)
    return mood, (*moves, *_waits(persona, mood, _end_of(moves)))


def _next_words(persona: Persona, mood: Mood, text: str) -> tuple[Mood, tuple[str, ...]]:
    """What fits the answer; else what is next in turn; else thanks, shorter the second time."""
    heard = text.casefold()
    for place, reply in enumerate(persona.replies):
        if place not in mood.said and any(word.casefold() in heard for word in reply.keywords):
            return replace(mood, said=mood.said | {place}), reply.say
    turns = _turns(persona)
    if mood.turn < len(turns):
        return replace(mood, turn=mood.turn + 1), turns[mood.turn].say
    thanks = persona.thanks[-1:] if mood.came_back else persona.thanks
    return replace(mood, done=True, waiting=False), thanks


def _settled(persona: Persona, mood: Mood) -> Mood:
    """Done already when nothing is left to be said, not even thanks."""
    if persona.thanks or mood.turn < len(_turns(persona)):
        return mood
    return replace(mood, done=True, waiting=False)


def _endure(persona: Persona, mood: Mood, seconds: float, rng: Random) -> Reaction:
    if not mood.waiting or mood.away:
        return mood, ()
    if seconds < _limit(persona, mood):
        return mood, _waits(persona, mood, 0.0)
    if mood.nags < _most_nags(persona):
        line = persona.impatient[mood.grumbles % len(persona.impatient)]
        moves = _speech(persona, (line,), 0.0, rng)
        mood = replace(mood, nags=mood.nags + 1, grumbles=mood.grumbles + 1)
        return mood, (*moves, *_waits(persona, mood, _end_of(moves)))
    if rules_of(persona.channel).live:
        return replace(mood, away=True), (Leaves(),)
    return mood, ()


def _end(persona: Persona, mood: Mood, rng: Random) -> Reaction:
    returns = bool(persona.comes_back) and not mood.came_back and rng.random() < COMES_BACK
    if not returns:
        return replace(mood, waiting=False, away=True), () if mood.away else (Leaves(),)
    mood = replace(mood, waiting=True, nags=0, done=False, came_back=True, away=False)
    moves = _speech(persona, persona.comes_back, rng.uniform(*COMES_BACK_AFTER), rng)
    return mood, (*moves, *_waits(persona, mood, _end_of(moves)))


def _speech(persona: Persona, lines: Sequence[str], start: float, rng: Random) -> tuple[Move, ...]:
    """`lines` one after the other, the first begun `start` seconds from now."""
    moves: list[Move] = []
    now = start
    for line in lines:
        moves.append(Types(now))
        if rng.random() < _HESITATES:
            moves.append(StopsTyping(now := now + rng.uniform(0.5, 2.0)))
            moves.append(Types(now := now + _pause(rng)))
        now += min(len(line) / persona.typing, _TYPES_AT_MOST)
        moves.append(Says(now, line))
        now += _pause(rng)
    return tuple(moves)


def _waits(persona: Persona, mood: Mood, after: float) -> tuple[Act, ...]:
    """The timer that runs out when her patience does, where that would change anything."""
    matters = mood.nags < _most_nags(persona) or rules_of(persona.channel).live
    if not mood.waiting or mood.away or not matters:
        return ()
    return (Waits(after + _limit(persona, mood)),)


def _limit(persona: Persona, mood: Mood) -> float:
    """Seconds of silence until the next impatient line: each pause is twice the one before."""
    return persona.patience * float(2**mood.nags)


def _most_nags(persona: Persona) -> int:
    return MOST_NAGS if persona.impatient else 0


def _turns(persona: Persona) -> tuple[Reply, ...]:
    return tuple(reply for reply in persona.replies if not reply.keywords)


def _pause(rng: Random) -> float:
    """Seconds between two messages of the same person."""
    return rng.uniform(0.4, 1.8)


def _end_of(moves: Sequence[Move]) -> float:
    """When the last of `moves` is made."""
    return moves[-1].after if moves else 0.0
