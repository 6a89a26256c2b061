"""What comes from the terminal, parted into keys, pastes, and what is neither.

Three things arrive on one line: keys, pastes, and the terminal's answers to questions. A message
that got past everything else could have asked one, and the answer must not be typed into a reply;
and words that are pasted must press nothing, whatever is in them (reliability reference §1.2).

Pure: characters and the time go in, `Typed` and `Pasted` come out. Each sequence is passed on
whole, so that the framework's parser never has to guess where one ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agent_tui.terminal.pasting import MOST, Paste, Pasted, is_burst
from agent_tui.terminal.sequences import (
    CLOSED,
    COMPLETE,
    ESCAPE,
    PASTE_END,
    PASTE_START,
    REPLY_REST,
    SHOWN,
    UNFINISHED,
    Kind,
    kind_of,
    typed,
)

ESCAPE_WAIT = 0.1
"""Seconds after which an escape character by itself was the key Esc."""
PATIENCE = 2.0
"""Seconds in which a reply that comes in pieces goes on, and in which an unfinished paste does."""
SHADOW = 0.1
"""Seconds after the last character of a paste in which nothing counts as pressed: the mark of its
end may have been part of what was pasted."""
LONGEST_WAIT = 5.0
"""Seconds after which single characters do not count any more as more of a reply."""
LONGEST_HELD = 256
"""Characters an unfinished sequence may have."""

_TEXT = re.compile(r"[^\x1b\x80-\x9f]+")
_PASTED_TEXT = re.compile(r"[^\x1b]+")
_PRESSED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Controls that are no line break or tab: keys, as far as a keyboard has them."""
_EIGHT_BIT = dict(zip("\x8f\x90\x98\x9b\x9c\x9d\x9e\x9f", "OPX[\\]^_", strict=True))
"""What one-character introducers stand for, behind an escape."""
_KEYS_TOO = frozenset({"", ESCAPE, ESCAPE + "O"})
"""Held for a moment only: these begin keys alone, never a reply in pieces, or are keys."""
_WITH_ALT = frozenset("bf\x7f\t")
"""Behind an escape these are keys of their own: words to the left and right, and the like."""


@dataclass(frozen=True, slots=True)
class Typed:
    """For the framework's parser: text, or exactly one sequence."""

    text: str
    whole: bool = False
    """A sequence; nothing can follow that would change its meaning."""


Item = Typed | Pasted

ESC_KEY = Typed(ESCAPE, whole=True)
ALT_ENTER = Typed("\x1b[13;3u", whole=True)
"""In the spelling that cannot be mistaken for two keys."""
KEYS_LEFT_OUT = Pasted("", 0, keys=True)


class InputWall:
    """The state between two reads. Times are seconds of any monotonic clock."""

    def __init__(self) -> None:
        self.swallowed = 0
        """Replies that were swallowed since the start."""
        self._out: list[Item] = []
        self._now = 0.0
        self._held = ""
        """The beginning of a sequence; the rest has not come yet."""
        self._string = ""
        """What opened that which is being swallowed; empty: nothing is."""
        self._began = self._since = 0.0
        """When either began, and when something of it came last."""
        self._escaped_at = float("-inf")
        """When an escape character was taken for the key Esc, because nothing followed it."""
        self._paste: Paste | None = None
        self._shadow_until = float("-inf")
        self._room = 0
        """How much the paste before the shadow may still grow."""

    # In and out -----------------------------------------------------------------------------------

    def feed(self, data: str, now: float) -> list[Item]:
        """The next characters from the terminal: all that were there at `now`."""
        self._out = self.tick(now)
        if self._paste is not None and self._paste.given_up(data, now, PATIENCE):
            self._end_paste()
            self._shadow_until = now
        if self._paste is None and not self._string:
            data = self._at_rest(data)
        rest, self._held = self._held + data, ""
        while rest:
            rest = self._next(rest)
        return [*_joined(self._out)]

    def tick(self, now: float) -> list[Item]:
        """Time has passed: what has waited long enough is decided."""
        self._out, self._now = [], now
        due = self.due
        if due is not None and now >= due:
            if self._paste is not None:
                self._paste.told = True
                self._out.append(self._paste.take())
            else:
                self._give_up()
        return [*self._out]

    @property
    def due(self) -> float | None:
        """When to `tick` next; None: there is nothing to decide."""
        if self._paste is not None:
            return None if self._paste.told else self._paste.last + PATIENCE
        if not self._string and self._held in _KEYS_TOO:
            return self._since + ESCAPE_WAIT if self._held else None
        return self._since + PATIENCE

    def _give_up(self) -> None:
        """Nothing more comes of what was held."""
        held, string = self._held, self._string
        self._held = self._string = ""
        if string or len(held) > len("\x1b["):
            self.swallowed += 1
        elif self._since < self._shadow_until:
            self._out.append(KEYS_LEFT_OUT)
        else:
            self._escaped_at = self._now
            self._out += [ESC_KEY, *(Typed(rest) for rest in held[1:])]

    @property
    def _shadowed(self) -> bool:
        return self._now < self._shadow_until

    def _at_rest(self, data: str) -> str:
        """`data` outside pastes and strings, without what can be told at once."""
        if self._shadowed:
            return data
        paused = not self._held and self._now - self._escaped_at < PATIENCE
        if paused and REPLY_REST.match(data):
            return ESCAPE + data  # the line had paused between the escape of a reply and the rest
        if data == ESCAPE + "\r" and not self._held:
            self._out.append(ALT_ENTER)
            return ""
        self._mind_bursts(self._held + data)
        return data

    def _mind_bursts(self, data: str) -> None:
        if is_burst(data):
            self._shadow_until, self._room = self._now + SHADOW, MOST

    def _next(self, text: str) -> str:
        """Deal with a piece from the front of `text`; returns what is left."""
        if self._paste is not None:
            return self._in_paste(self._paste, text)
        if self._string:
            return self._in_string(text)
        found = (_PASTED_TEXT if self._shadowed else _TEXT).match(text)
        if found is not None:
            self._write(found.group())
            return text[found.end() :]
        if text[0] != ESCAPE:
            opener = _EIGHT_BIT.get(text[0])
            return text[1:] if opener is None else ESCAPE + opener + text[1:]
        found = COMPLETE.match(text)
        if found is not None:
            self._sequence(found.group())
            return text[found.end() :]
        if UNFINISHED.fullmatch(text) and len(text) < LONGEST_HELD:
            return self._hold(text)
        return self._behind_escape(text)

    # Keys, or what would be keys but for a paste ------------------------------------------------

    def _hold(self, text: str) -> str:
        self._held, self._since = text, self._now
        return ""

    def _write(self, text: str) -> None:
        if not self._shadowed:
            self._out.append(Typed(typed(text)))
            return
        words = _PRESSED.sub("", text)
        kept = words[: self._room]
        self._room -= len(kept)
        self._shadow_until = self._now + SHADOW
        self._out.append(Pasted(kept, len(words), keys=len(words) < len(text)))

    def _sequence(self, sequence: str) -> None:
        kind = kind_of(sequence)
        if sequence == PASTE_START:
            self._paste = Paste(self._now)
        elif sequence == PASTE_END:
            pass  # of a paste that had one in it
        elif kind is Kind.REPLY:
            self.swallowed += 1
        elif self._shadowed and kind is not Kind.NEWS:
            self._out.append(KEYS_LEFT_OUT)
        else:
            self._out.append(Typed(sequence, whole=True))

    def _behind_escape(self, text: str) -> str:
        """An escape that begins no sequence of a fixed form."""
        second = text[1]
        if second in CLOSED:
            return self._open(text)
        if second == "\\":  # the end of a string that was given up
            return text[2:]
        if self._shadowed:
            self._out.append(KEYS_LEFT_OUT)
        elif second in _WITH_ALT:
            self._out.append(Typed(text[:2], whole=True))
            return text[2:]
        else:  # Esc, and a key right behind it; nothing in this program wants Alt
            self._out.append(ESC_KEY)
        return text[1:]

    # Replies and pastes ---------------------------------------------------------------------------

    def _open(self, text: str) -> str:
        """A string, or a sequence that breaks the rules."""
        opener = text[1]
        if text == ESCAPE + opener:
            return self._hold(text)
        if self._shadowed and CLOSED[opener].match(text, 2) is None:
            self._write(SHOWN + opener)
            return text[2:]
        self._string, self._began = opener, self._now
        return text[2:]

    def _in_string(self, text: str) -> str:
        end = CLOSED[self._string].match(text)
        if len(text) > 1 or self._now - self._began < LONGEST_WAIT:
            self._since = self._now
        if end is None:
            self._held = ESCAPE if text[-1] == ESCAPE else ""
            return ""
        self._string = ""
        self.swallowed += 1
        if not self._shadowed:
            self._mind_bursts(text[end.end() :])
        return text[end.end() :]

    def _in_paste(self, paste: Paste, text: str) -> str:
        rest = paste.add(text, self._now)
        if rest is None:
            return ""
        self._end_paste()
        return rest

    def _end_paste(self) -> None:
        assert self._paste is not None
        pasted = self._paste.take()
        self._out.append(pasted)
        self._paste, self._room = None, MOST - len(pasted.text)
        self._shadow_until = self._now + SHADOW


def _joined(items: Iterable[Item]) -> Iterator[Item]:
    """Pastes that stand side by side as one."""
    last: Pasted | None = None
    for item in items:
        if isinstance(item, Pasted):
            last = item if last is None else last.joined(item)
            continue
        if last is not None:
            yield last
            last = None
        yield item
    if last is not None:
        yield last
