"""The text field of the composer: letters are letters, and what is pasted is only ever text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.text import Text
from textual import events
from textual.document._document import EditResult, Location, Selection
from textual.document._edit import Edit
from textual.message import Message as TextualMessage
from textual.widgets import TextArea

from agent_tui.canned import blanks
from agent_tui.i18n import _
from agent_tui.sanitise import Field, examine
from agent_tui.terminal.events import PastedText
from agent_tui.widgets.ink import Ink, mix

QUIET_AFTER_PASTE = 0.1
"""Seconds after a paste, or after keys faster than a hand, in which no key is a command."""

FASTER_THAN_A_HAND = 0.01
"""Seconds between two keys that no hand has pressed: a paste the terminal did not mark."""


class Hand:
    """Tells keys of a hand from keys of a machine by the time between them."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._last_key = float("-inf")
        self._quiet_until = float("-inf")
        self._pasted_until = float("-inf")

    def pressed(self) -> None:
        """A key came."""
        now = self._monotonic()
        if now - self._last_key < FASTER_THAN_A_HAND:
            self._quiet_until = now + QUIET_AFTER_PASTE
        self._last_key = now

    def pasted(self) -> None:
        """A paste came, marked as one."""
        self._pasted_until = self._quiet_until = self._monotonic() + QUIET_AFTER_PASTE

    @property
    def quiet(self) -> bool:
        """The last key came from a machine, or right behind one's."""
        return self._monotonic() < self._quiet_until

    @property
    def just_pasted(self) -> bool:
        """A marked paste ended a moment ago: what comes now may have been part of it."""
        return self._monotonic() < self._pasted_until


class WordsArea(TextArea):
    """A text field that tells at once what was changed, and asks before anything else happens."""

    DEFAULT_CSS = """
    WordsArea, WordsArea:focus {
        height: auto;
        min-height: 1;
        max-height: 8;
        border: none;
        padding: 0 1;
        color: $foreground;
        background: $background;
        scrollbar-size-vertical: 1;
    }
    """

    class Told(TextualMessage):
        """Something has to be said about what was typed or pasted."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def __init__(
        self,
        edited: Callable[[], None],
        asked: Callable[[str], str | None],
        act: Callable[[str], bool],
        slash: Callable[[], None],
        monotonic: Callable[[], float],
    ) -> None:
        """`edited` hears of every change at once; `asked` says what a key asks for, `act` does it
        and says whether it did; `slash` hears of a slash that begins a word."""
        super().__init__(tab_behavior="focus", highlight_cursor_line=False)
        self.match_cursor_bracket = False
        self._edited = edited
        self._asked = asked
        self._act = act
        self._slash = slash
        self._hand = Hand(monotonic)
        self._ink: Ink | None = None
        self._gaps: dict[int, list[tuple[int, int]]] = {}

    @property
    def open(self) -> bool:
        """It takes words; else keys pass it by. The focus stays where it is either way."""
        return not self.read_only

    @open.setter
    def open(self, value: bool) -> None:
        self.read_only = not value
        self.can_focus = value

    # Changes --------------------------------------------------------------------------------------

    def edit(self, edit: Edit) -> EditResult:
        """Change the text, and tell of it before any other key is read."""
        result = super().edit(edit)
        self._changed()
        return result

    def _undo_batch(self, edits: Sequence[Edit]) -> None:
        super()._undo_batch(edits)
        self._changed()

    def _redo_batch(self, edits: Sequence[Edit]) -> None:
        super()._redo_batch(edits)
        self._changed()

    def load_text(self, text: str) -> None:
        """Put another text in; nobody is told."""
        super().load_text(text.replace("\r\n", "\n").replace("\r", "\n"))
        self._find_gaps()

    def put(self, text: str) -> None:
        """`text` in place of what is selected, the cursor behind it."""
        self.replace(text, *self.selection, maintain_selection_offset=False)

    def _changed(self) -> None:
        self._find_gaps()
        self._edited()

    # Blanks ---------------------------------------------------------------------------------------

    def next_blank(self, *, first: bool = False) -> bool:
        """Select the next ``⟦…⟧`` behind the cursor, or the first of all; False: there is none."""
        spans = self._blanks()
        here = self.cursor_location
        behind = [span for span in spans if span[0] >= here and not first]
        return self._select_first(behind or spans)

    def previous_blank(self) -> bool:
        """Select the last ``⟦…⟧`` before the cursor, or the last of all; False: there is none."""
        spans = self._blanks()[::-1]
        here = min(self.selection)
        before = [span for span in spans if span[1] <= here]
        return self._select_first(before or spans)

    def _blanks(self) -> list[tuple[Location, Location]]:
        text = self.text
        return [(_location(text, start), _location(text, end)) for start, end in blanks(text)]

    def _select_first(self, spans: Sequence[tuple[Location, Location]]) -> bool:
        if spans:
            self.selection = Selection(*spans[0])
        return bool(spans)

    def _find_gaps(self) -> None:
        """Where blanks are, by line."""
        self._gaps = {}
        text = self.text
        for start, end in blanks(text):
            (top, left), (bottom, right) = _location(text, start), _location(text, end)
            for row in range(top, bottom + 1):
                first = left if row == top else 0
                last = right if row == bottom else len(self.document[row])
                self._gaps.setdefault(row, []).append((first, last))

    def get_line(self, line_index: int) -> Text:
        """A line of the text, blanks marked in it."""
        text = super().get_line(line_index)
        for start, end in self._gaps.get(line_index, ()):
            if self._ink is None:
                self._ink = mix(self)
            text.stylize(self._ink.blank, start, end)
        return text

    def notify_style_update(self) -> None:
        """Colours may have changed."""
        super().notify_style_update()
        self._ink = None

    # Keys -----------------------------------------------------------------------------------------

    async def _on_key(self, event: events.Key) -> None:
        self._hand.pressed()
        if self.open and self._consumed(event):
            event.stop()
            event.prevent_default()

    def _consumed(self, event: events.Key) -> bool:
        action = self._asked(event.key)
        if event.key == "enter" and self._hand.quiet:
            if action == "send":
                self.post_message(self.Told(_("Not sent: that came with the paste; press again.")))
            action = "new-line"
        elif event.key != "enter" and action not in {None, "new-line"} and self._hand.just_pasted:
            self.post_message(self.Told(_not_done(action)))
            return True
        if action is not None:
            return self._act(action)
        if event.character == "/" and self._begins_a_word():
            self._slash()
            return True
        return False

    def _begins_a_word(self) -> bool:
        row, column = min(self.selection)
        before = self.document[row][:column]
        return not before or before[-1].isspace()

    # Paste ----------------------------------------------------------------------------------------

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self._pasted(event.text, event.whole if isinstance(event, PastedText) else 0)

    def action_paste(self) -> None:
        """Paste what this program copied."""
        self._pasted(self.app.clipboard)

    def _pasted(self, raw: str, whole: int = 0) -> None:
        """`whole` is how long it was before anything was left out of `raw`; 0: as long as that."""
        self._hand.pasted()
        if not self.open:
            return
        examined = examine(raw.replace("\r\n", "\n").replace("\r", "\n"), Field.COMPOSER)
        if examined.text:
            self.put(examined.text)
        if examined.cut or whole > len(raw):
            words = _("The paste was too long: {kept} of its {whole} characters are in.")
            numbers = {"kept": len(examined.text), "whole": max(whole, len(raw))}
            self.post_message(self.Told(words.format(**numbers)))


def _not_done(action: str) -> str:
    if action.startswith("send"):
        return _("Not sent: that came with the paste; press again.")
    return _("Not done: that key came with the paste; press again.")


def _location(text: str, index: int) -> Location:
    """Line and column of a place in `text`."""
    row = text.count("\n", 0, index)
    return row, index - (text.rfind("\n", 0, index) + 1)
