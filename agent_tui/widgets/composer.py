"""Where the agent writes: it says in words to whom, on which channel, in which mode.

What is written belongs to the conversation it was begun for: every message carries the
conversation and the mode that were bound when it happened, however quickly others follow.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import TextArea

from agent_tui.channels import rules_of
from agent_tui.i18n import _
from agent_tui.model import NO_TEXT, Channel, ConversationId, SafeText
from agent_tui.shown import NO_WORDS, Mode, Words
from agent_tui.typing_keys import by_key
from agent_tui.widgets import composer_messages
from agent_tui.widgets.composer_area import WordsArea
from agent_tui.widgets.composer_line import ComposerLine, sentence_of
from agent_tui.widgets.message_words import Tone
from agent_tui.widgets.paint import calm
from agent_tui.widgets.transcript import StartTimer, Stoppable
from agent_tui.widgets.window_words import window_words

NOTE_CHARS = 25_000
"""The longest note (protocol §1, `limits.text`)."""

NEAR_LIMIT = 0.9
"""From this share of the channel's limit on the counter warns."""

TYPING_LASTS = 8.0
"""Seconds after the last key in which the agent counts as typing."""

TYPING_AGAIN = 10.0
"""Seconds after which it is said again that she still types."""


class Composer(Widget):
    """A line that says what is being written, and the text under it."""

    DEFAULT_CSS = """
    Composer {
        height: auto;
        max-height: 10;
        layout: vertical;
        background: $background;
        color: $foreground;
        border-top: solid $line;
    }
    Composer:focus-within { border-top: solid $mine; }
    Composer:focus-within ComposerLine { color: $mine; }
    Composer.-note ComposerLine { color: $note; }
    Composer.-note, Composer.-note ComposerLine, Composer.-note WordsArea {
        background: $note-ground;
    }
    """

    Edited: TypeAlias = composer_messages.Edited
    Left: TypeAlias = composer_messages.Left
    ModeToggled: TypeAlias = composer_messages.ModeToggled
    SendAsked: TypeAlias = composer_messages.SendAsked
    Refused: TypeAlias = composer_messages.Refused
    CannedAsked: TypeAlias = composer_messages.CannedAsked
    TypingChanged: TypeAlias = composer_messages.TypingChanged

    def __init__(
        self,
        *,
        enter_sends: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
        start_timer: StartTimer | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`enter_sends`: Enter sends a reply instead of beginning a line; never a note."""
        super().__init__(id=id, classes=classes)
        self._keys = by_key("enter" if enter_sends else "")
        self._monotonic = monotonic
        self._start_timer: StartTimer = start_timer or self.set_timer
        self._bound: tuple[ConversationId, Mode] | None = None
        self._customer: SafeText = NO_TEXT
        self._channel = Channel.EMAIL
        self._closes_at: datetime | None = None
        self._now = datetime(1970, 1, 1, tzinfo=UTC)
        self._line = ComposerLine()
        self._area = WordsArea(self._edited, self.asked, self.act, self._slash, monotonic)
        self._area.open = False
        self._typing_for: tuple[ConversationId, Mode] | None = None
        self._typing_timer: Stoppable | None = None
        self._last_edit = self._last_said = float("-inf")

    def compose(self) -> ComposeResult:
        """The line and the text."""
        yield self._line
        yield self._area

    # Values in ------------------------------------------------------------------------------------

    def bind(
        self,
        conversation: ConversationId,
        mode: Mode,
        name: SafeText,
        channel: Channel,
        draft: Words = NO_WORDS,
    ) -> None:
        """Write for `conversation` from now on, beginning with `draft`."""
        self._stop_typing()
        self._bound = (conversation, mode)
        self._customer, self._channel = name, channel
        self._area.open = True
        self._area.load_text(draft.text)
        row, column = draft.cursor
        self._area.move_cursor((min(row, self._area.document.line_count - 1), column))
        self.set_class(mode is Mode.NOTE, "-note")
        self._tell()

    def unbind(self) -> None:
        """Write for nobody; the words are gone from here."""
        self._stop_typing()
        self._bound = None
        self._area.load_text("")
        self._area.open = False
        self.remove_class("-note")
        self._tell()

    def window(self, closes_at: datetime | None, now: datetime) -> None:
        """When the channel stops taking replies, as of `now`."""
        if (closes_at, now) != (self._closes_at, self._now):
            self._closes_at, self._now = closes_at, now
            self._tell()

    def insert(self, text: str) -> None:
        """Put `text` where the cursor is; the cursor goes to its first blank, or behind it."""
        if self._bound is None:
            return
        row, column = min(self._area.selection)
        self._area.put(text)
        if "⟦" in text:
            self._area.move_cursor((row, column))
            self._area.next_blank()

    @property
    def bound(self) -> tuple[ConversationId, Mode] | None:
        """The conversation and the mode it writes for."""
        return self._bound

    @property
    def words(self) -> Words:
        """What is written, and where the cursor is."""
        return Words(self._area.text, self._area.cursor_location)

    def focus(self, scroll_visible: bool = True, **_options: object) -> Composer:
        """Begin to type."""
        self._area.focus(scroll_visible)
        return self

    # What keys ask for ----------------------------------------------------------------------------

    def asked(self, key: str) -> str | None:
        """What a key asks for, by its id in `agent_tui.commands`; None: nothing."""
        action = self._keys.get(key)
        note = self._bound is not None and self._bound[1] is Mode.NOTE
        return "new-line" if key == "enter" and action == "send" and note else action

    def act(self, action: str) -> bool:
        """Do what is asked for, by its id in `agent_tui.commands`; False: nothing to do here."""
        if self._bound is None:
            return False
        match action:
            case "new-line":
                self._area.put("\n")
            case "send":
                self._send("")
            case "send-snooze":
                self._send("snooze")
            case "send-resolve":
                self._send("resolve")
            case "leave":
                self._stop_typing()
                self.post_message(self.Left(*self._bound, self.words))
            case "switch-mode":
                self._stop_typing()
                self.post_message(self.ModeToggled(*self._bound, self.words))
            case "canned":
                self.post_message(self.CannedAsked(*self._bound))
            case "next-blank":
                self._area.next_blank()
            case "previous-blank":
                self._area.previous_blank()
            case _:
                return False
        return True

    def _slash(self) -> None:
        if self._bound is not None:
            self.post_message(self.CannedAsked(*self._bound, slash=True))

    def _send(self, then: str) -> None:
        assert self._bound is not None
        text = self._outgoing
        reason = self._refusal(text)
        if reason:
            self.post_message(self.Refused(*self._bound, reason))
            return
        self._stop_typing()
        self.post_message(self.SendAsked(*self._bound, text, then))
        self._area.load_text("")
        self._tell()

    @property
    def _outgoing(self) -> str:
        return self._area.text.strip("\n").rstrip()

    def _refusal(self, text: str) -> str:
        """Why this cannot be sent; empty: it can."""
        assert self._bound is not None
        if not text.strip():
            return _("Nothing to send: write something first.")
        if self._area.next_blank(first=True):
            return _("Not sent: fill in the marked blank first.")
        if len(text) > self._limit:
            over = len(text) - self._limit
            if self._bound[1] is Mode.NOTE:
                return _("Not added: the note is {over} characters too long.").format(over=over)
            return _("Not sent: {over} characters too long for {channel}.").format(
                over=over, channel=rules_of(self._channel).name
            )
        return ""

    @property
    def _limit(self) -> int:
        note = self._bound is not None and self._bound[1] is Mode.NOTE
        return NOTE_CHARS if note else rules_of(self._channel).max_chars

    # Changes --------------------------------------------------------------------------------------

    def _edited(self) -> None:
        if self._bound is None:
            return
        self.post_message(self.Edited(*self._bound, self.words))
        self._tell()
        if self._outgoing.strip():
            self._typed()
        else:
            self._stop_typing()

    def _typed(self) -> None:
        assert self._bound is not None
        self._last_edit = self._monotonic()
        if self._typing_for is None or self._last_edit - self._last_said >= TYPING_AGAIN:
            self._typing_for, self._last_said = self._bound, self._last_edit
            self.post_message(self.TypingChanged(*self._bound, on=True))
        if self._typing_timer is None:
            self._typing_timer = self._start_timer(TYPING_LASTS, self._maybe_stopped)

    def _maybe_stopped(self) -> None:
        self._typing_timer = None
        rest = self._last_edit + TYPING_LASTS - self._monotonic()
        if rest > 0:
            self._typing_timer = self._start_timer(rest, self._maybe_stopped)
        else:
            self._stop_typing()

    def _stop_typing(self) -> None:
        if self._typing_timer is not None:
            self._typing_timer.stop()
            self._typing_timer = None
        if self._typing_for is not None:
            self.post_message(self.TypingChanged(*self._typing_for, on=False))
            self._typing_for = None

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Told at once by `Edited`; the framework's own word comes too late to be trusted."""
        event.stop()

    def on_text_area_selection_changed(self, event: TextArea.SelectionChanged) -> None:
        """Nobody else's matter."""
        event.stop()

    # The line -------------------------------------------------------------------------------------

    def _tell(self) -> None:
        if self._bound is None:
            self._line.tell("", "", [])
            return
        mode = self._bound[1]
        sentence = sentence_of(mode, self._channel)
        self._line.tell(sentence, calm(self._customer), self._numbers(mode))

    def _numbers(self, mode: Mode) -> list[tuple[str, Tone]]:
        count, limit = len(self._outgoing), self._limit
        numbers = []
        if mode is Mode.REPLY and (window := window_words(self._closes_at, self._now)):
            numbers.append(window)
        if mode is Mode.REPLY or count >= limit * NEAR_LIMIT:
            near = Tone.WARN if count >= limit * NEAR_LIMIT else Tone.QUIET
            numbers.append((f"{count} / {limit}", Tone.ALARM if count > limit else near))
        return numbers
