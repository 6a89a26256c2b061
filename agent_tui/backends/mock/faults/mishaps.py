"""What befalls one console's line: the counting and remembering that fates need."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Final

from agent_tui.backends.mock.calls import IDS
from agent_tui.backends.mock.faults.breaking import broken
from agent_tui.backends.mock.faults.fate import Fate, fate, kind_of
from agent_tui.backends.mock.faults.kinds import Fault, RateLimited, SlowReader, SlowServer
from agent_tui.backends.mock.faults.live import Faults
from agent_tui.backends.mock.stream import encode
from agent_tui.backends.mock.wire import Json
from agent_tui.i18n import _

MOST_QUESTIONS: Final = 1_000
"""How many ids of questions without an answer a line remembers."""


class TooMany(Exception):
    """The console goes on although it was told to wait, so many seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(_("Too many commands."))
        self.retry_after = retry_after


class Mishaps:
    """The faults, as they concern one line."""

    def __init__(self, faults: Faults, agent: str) -> None:
        self.faults = faults
        self.name = faults.new_line(agent)
        self._agent = agent
        self._sent = 0
        self._heard = 0
        self._spent: Counter[str] = Counter()
        self._questions: dict[str, None] = {}
        self._held: list[str | bytes] = []
        self._wait_until = 0.0
        self._impatient = 0

    def toxics(self) -> tuple[Fault, ...]:
        """What is on for this line now."""
        return self.faults.toxics(self._agent)

    # ── towards the console ─────────────────────────────────────────────────────────

    async def ready(self, text: str, since: float) -> list[str | bytes]:
        """What of the frame `text` (and of one held back before) is to be sent, when it is.

        `since`: when the frame was ready, in the loop's time; faults hold it back from then on.
        """
        self._sent += 1
        loop = asyncio.get_running_loop()
        decided = self._fate(text)
        while (wait := since + decided.seconds - loop.time()) > 0:
            await self.faults.changes(wait)
            decided = self._fate(text)
        self._spent.update(decided.befell)
        return self._swap(self._copies(text, decided), swapped=decided.swapped)

    @property
    def holding(self) -> bool:
        """Whether a frame waits for the next one to overtake it."""
        return bool(self._held)

    def let_go(self) -> list[str | bytes]:
        """The frame that was held back; no other has come."""
        held, self._held = self._held, []
        return held

    def _fate(self, text: str) -> Fate:
        toxics = self.toxics()
        if not toxics:
            return _AS_IT_IS
        kind = kind_of(text)
        draw = self.faults.draw(self.name, self._sent)
        return fate(toxics, kind, draw, self._spent, self._answer_to(kind, text))

    def _answer_to(self, kind: str, text: str) -> str:
        if kind != "res":
            return ""
        asked = text.partition('"id":"')[2].partition('"')[0]
        return "questions" if asked in self._questions else "commands"

    def _copies(self, text: str, decided: Fate) -> list[str | bytes]:
        payload: str | bytes = text
        if decided.broken:
            draw = self.faults.draw(self.name, self._sent)
            payload = broken(text, decided.broken, draw.dice("how"))
        return [payload] * decided.copies

    def _swap(self, payloads: list[str | bytes], *, swapped: bool) -> list[str | bytes]:
        if swapped and not self._held:
            self._held = payloads
            return []
        return [*payloads, *self.let_go()]

    # ── from the console ────────────────────────────────────────────────────────────

    async def heard(self, frame: Json) -> None:
        """Take as long over a frame as a slow desk does."""
        self._heard += 1
        seconds = 0.0
        for toxic in self.toxics():
            match toxic:
                case SlowReader(kilobytes=kilobytes):
                    seconds += len(encode(frame)) / (kilobytes * 1000)
                case SlowServer(ms=ms):
                    seconds += ms / 1000
        if seconds:
            await asyncio.sleep(seconds)

    def refusal(self, frame: Json) -> Json | None:
        """The answer to a command that this desk is too busy for; None: let it through.

        Raises `TooMany` when the console has not waited so often that the line has to end.
        """
        ident = frame.get("id")
        if not isinstance(ident, str) or not IDS.fullmatch(ident):
            return None
        if frame.get("frame") == "get":
            self._remember(ident)
        if frame.get("frame") != "cmd":
            return None
        for toxic in self.toxics():
            if isinstance(toxic, RateLimited):
                draw = self.faults.draw(self.name, self._heard)
                if draw.hits(f"{toxic.name}.{ident}", toxic.share):
                    return self._too_busy(ident, toxic)
        return None

    def _too_busy(self, ident: str, toxic: RateLimited) -> Json:
        now = self.faults.elapsed
        self._impatient += 1 if now < self._wait_until else -self._impatient
        if 0 < toxic.patience < self._impatient:
            raise TooMany(toxic.retry_after)
        self._wait_until = now + toxic.retry_after
        message = _("Too many commands.")
        error = {"code": "rate_limited", "message": message, "retry_after": toxic.retry_after}
        return {"frame": "res", "id": ident, "ok": False, "error": error}

    def _remember(self, question: str) -> None:
        self._questions[question] = None
        if len(self._questions) > MOST_QUESTIONS:
            del self._questions[next(iter(self._questions))]


_AS_IT_IS: Final = Fate()
