"""How a single conversation came to where it is when the desk opens."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import Enum, auto
from random import Random

from agent_tui.backends.mock import past, phrases
from agent_tui.backends.mock.customers import Mood
from agent_tui.backends.mock.media import said
from agent_tui.backends.mock.past import Draft, Telling
from agent_tui.backends.mock.persona import Persona
from agent_tui.backends.mock.records import Contact, Snooze
from agent_tui.channels import RULES
from agent_tui.model import AuthorKind, Channel, Delivery, Priority

LONG_THREAD = 268
"""Messages of the one long thread."""


class Situation(Enum):
    """What a conversation is doing when the desk opens."""

    WAITING = auto()
    """Nobody owns it and the customer waits."""
    OWNED_WAITING = auto()
    OWNED_ANSWERED = auto()
    BOT = auto()
    """The bot has answered last; nobody owns it."""
    SNOOZED = auto()
    RESOLVED = auto()


_WAITS: dict[Channel, tuple[float, float]] = {
    Channel.WEBCHAT: (6, 420),
    Channel.INAPP: (10, 540),
    Channel.WHATSAPP: (40, 5400),
    Channel.MESSENGER: (60, 7200),
    Channel.INSTAGRAM: (120, 10_800),
    Channel.TELEGRAM: (60, 5400),
    Channel.THREEMA: (60, 5400),
    Channel.SMS: (90, 7200),
    Channel.X: (300, 14_400),
    Channel.EMAIL: (900, 64_800),
}
"""How long customers have been waiting, least and most, in seconds: what one would believe."""

_TEAMS = {
    "delivery_time": "shipping",
    "tracking": "shipping",
    "change_address": "shipping",
    "return": "returns",
    "exchange": "returns",
    "refund": "returns",
    "damaged": "returns",
    "warranty": "returns",
    "invoice": "billing",
    "payment_failed": "billing",
    "voucher": "billing",
    "complaint": "support",
    "handover": "support",
}
_MOST_NAGS = 3
_CLOSING = 0.2


class Story:
    """One customer's conversation, told up to a moment."""

    def __init__(
        self, persona: Persona, contact: Contact, now: datetime, rng: Random, owner: str
    ) -> None:
        self.persona = persona
        self.contact = contact
        self.now = now
        self.rng = rng
        self.owner = owner
        self.telling = Telling()
        self.spoke = 0.0
        """When the customer spoke last, in seconds from the start of the story."""
        self.window = RULES[persona.channel].reply_window
        self.closing = self.window is not None and rng.random() < _CLOSING
        """Whether our answer is so old that the reply window closes soon."""
        self.turns = tuple(reply for reply in persona.replies if not reply.keywords)
        self.mood = Mood(opened=True, waiting=True)
        self.live = RULES[persona.channel].live

    def tell(self, situation: Situation, naps: Iterator[Snooze]) -> Draft:
        """The conversation in this situation; a sleeper takes the next of the `naps`."""
        self._opening()
        end = self._last_words()
        match situation:
            case Situation.WAITING:
                end = self._nagging(end)
            case Situation.OWNED_WAITING:
                self._rounds(answered=False)
            case Situation.OWNED_ANSWERED:
                self._rounds(answered=True)
                end = self._since_answer(end)
            case Situation.BOT:
                self.telling.then(2.0, past.bot(phrases.BOT_HANDOVER[self.persona.language]))
            case Situation.SNOOZED:
                end = self._sleep(next(naps))
            case Situation.RESOLVED:
                end = self._end()
        return self._draft(end, situation)

    # ── what is said ────────────────────────────────────────────────────────────────

    def _opening(self) -> None:
        for line in self.persona.before:
            match line.author:
                case AuthorKind.BOT:
                    deed = past.bot(line.text)
                case AuthorKind.CUSTOMER:
                    deed = past.customer(line.text)
                case _:
                    deed = past.answered(self.owner, line.text, Delivery.READ)
            self.telling.then(self.rng.uniform(3, 25), deed)
        if self.persona.reason.startswith("bot"):
            self.telling.then(1.0, past.handed_over(self.persona.reason))
        for text in self.persona.opening:
            self._says(text)

    def _says(self, text: str) -> None:
        pause = min(1 + len(text) / self.persona.typing, 40) * self.rng.uniform(0.8, 1.6)
        self.telling.then(pause, past.customer(*said(text, self.rng)))
        self.spoke = self.telling.at

    def _answers(self, words: dict[str, tuple[str, ...]]) -> None:
        """The owner replies; how far it came depends on the channel."""
        text = self.rng.choice(words[self.persona.language])
        delivery, failure = Delivery.READ, ""
        if self.persona.channel is Channel.SMS:
            delivery = Delivery.DELIVERED
            if self.persona.topic == "wrong_number":
                delivery, failure = Delivery.FAILED, self.rng.choice(phrases.FAILURES)
        self.telling.then(self._pause(), past.answered(self.owner, text, delivery, failure))

    def _pause(self) -> float:
        """Seconds until somebody reacts: few on live channels, many by mail."""
        low, high = (8, 60) if self.live else (40, 900)
        return self.rng.uniform(low, high) * (6 if self.persona.channel is Channel.EMAIL else 1)

    def _rounds(self, *, answered: bool) -> None:
        """An agent takes it, and the two talk for a while."""
        self.telling.then(self._pause(), past.assigned(self.owner, self.owner))
        self._answers(phrases.FIRST)
        turns = self.turns[: self.rng.randrange(1, 3)]
        for turn in turns:
            if not self.live and self.rng.random() < 0.25:
                self.telling.then(self.rng.uniform(40_000, 150_000), past.looked_at)
            if self.rng.random() < 0.2:
                self.telling.then(5, past.noted(self.owner, self.rng.choice(phrases.NOTES)))
            for text in turn.say:
                self._says(text)
            if answered or turn is not turns[-1]:
                self._answers(phrases.MORE)
        if not turns and not answered:
            self._says(self.rng.choice(phrases.FOLLOW_UPS[self.persona.language]))
        self.mood = Mood(opened=True, waiting=True, turn=len(turns))

    def _sleep(self, nap: Snooze) -> datetime:
        """The owner waits for somebody else; returns when she put it to sleep."""
        self._rounds(answered=True)
        self._answers(phrases.LATER)
        self.telling.then(6.0, past.snoozed(self.owner, nap))
        return self.now - timedelta(seconds=self.rng.uniform(300, 14_000))

    def _end(self) -> datetime:
        """All is well; returns when it was resolved."""
        self._rounds(answered=True)
        self._answers(phrases.LAST)
        for text in self.persona.thanks or phrases.THANKS[self.persona.language][:1]:
            self._says(text)
        self.telling.then(self.rng.uniform(5, 90), past.resolved(self.owner))
        self.mood = Mood(opened=True, done=True, turn=len(self.turns), away=True)
        return self.now - timedelta(seconds=self.rng.uniform(300, 100_000))

    def _nagging(self, end: datetime) -> datetime:
        """Impatient lines where she waits for longer than she can bear; the last one's moment."""
        since, patience, nags = (self.now - end).total_seconds(), self.persona.patience, 0
        while nags < _MOST_NAGS and self.persona.impatient and since > patience * 1.5:
            line = self.persona.impatient[nags % len(self.persona.impatient)]
            self.telling.then(patience, past.customer(line))
            since -= patience
            patience *= 2
            nags += 1
        self.mood = Mood(opened=True, waiting=True, nags=nags, grumbles=nags)
        return self.now - timedelta(seconds=since)

    # ── when it ends ────────────────────────────────────────────────────────────────

    def _last_words(self) -> datetime:
        """The moment of the customer's last words, if she waits as one would believe."""
        low, high = _WAITS[self.persona.channel]
        wait = math.exp(self.rng.uniform(math.log(low), math.log(high)))
        return self.now - timedelta(seconds=wait)

    def _since_answer(self, end: datetime) -> datetime:
        """The moment of our answer."""
        if self.window is None or not self.closing:
            return end
        closes_in = timedelta(minutes=self.rng.uniform(8, 90))
        since_spoke = timedelta(seconds=self.telling.at - self.spoke)
        return self.now - self.window + since_spoke + closes_in

    def _draft(self, end: datetime, situation: Situation) -> Draft:
        persona, steps = self.persona, self.telling.ending(end)
        if situation is Situation.OWNED_WAITING and self.rng.random() < 0.5:
            steps = (*steps, (end + (self.now - end) / 2, past.looked_at))
        rated = situation is Situation.RESOLVED and self.rng.random() < 0.6
        return Draft(
            contact=self.contact,
            channel=persona.channel,
            steps=steps,
            persona=persona,
            mood=self.mood,
            subject=persona.subject,
            reason=persona.reason,
            labels=persona.labels,
            priority=persona.priority,
            team=_TEAMS.get(persona.topic) if self.rng.random() < 0.6 else None,
            rating=self.rng.choice((5, 5, 4, 4, 3, 5, 2, 1)) if rated else None,
        )


def invitation(persona: Persona, contact: Contact, now: datetime, rng: Random) -> Draft:
    """Nobody has asked anything yet: the shop noticed somebody who could do with a word."""
    telling = Telling()
    telling.then(0.0, past.opened(persona.reason))
    return Draft(
        contact=contact,
        channel=persona.channel,
        steps=telling.ending(now - timedelta(seconds=rng.uniform(5, 110))),
        persona=persona,
        mood=Mood(opened=True),
        reason=persona.reason,
        labels=persona.labels,
        priority=Priority.LOW,
    )


def long_story(draft: Draft, owner: str, now: datetime, rng: Random) -> Draft:
    """The same customer, who has been furnishing a café with us for more than a week."""
    telling = Telling()
    telling.then(0.0, past.customer("Moin! Wir richten ein Café ein und brauchen einiges."))
    telling.then(400.0, past.assigned(owner, owner))
    for place in range((LONG_THREAD - 2) // 2):
        detail = {
            "n": rng.randrange(2, 25),
            "item": rng.choice(phrases.PROJECT_ITEMS),
            "colour": rng.choice(phrases.PROJECT_COLOURS),
            "price": f"{rng.randrange(9, 180)},{rng.choice(('90', '50', '00'))}",
        }
        gap = rng.uniform(60, 1500) if place % 15 else rng.uniform(40_000, 70_000)
        telling.then(gap, past.customer(rng.choice(phrases.PROJECT_ASKS).format(**detail)))
        answer = rng.choice(phrases.PROJECT_ANSWERS).format(**detail)
        telling.then(rng.uniform(40, 600), past.answered(owner, answer, Delivery.READ))
    return Draft(
        contact=draft.contact,
        channel=draft.channel,
        steps=telling.ending(now - timedelta(minutes=rng.uniform(4, 30))),
        persona=draft.persona,
        mood=Mood(opened=True, waiting=True),
        labels=(*draft.labels, "vip"),
        priority=Priority.MEDIUM,
    )
