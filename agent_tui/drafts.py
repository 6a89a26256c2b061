"""What is being written and has not been sent, by conversation and mode."""

from __future__ import annotations

from collections import UserDict

from agent_tui.journal.kept import Key
from agent_tui.model import ConversationId
from agent_tui.shown import Mode, Words

Place = tuple[ConversationId, Mode]


class Drafts(UserDict[Place, Words]):
    """The drafts, and which of them changed since somebody asked."""

    def __init__(self) -> None:
        super().__init__()
        self._changed: dict[Place, None] = {}
        self.kept_as: dict[Place, Key] = {}
        """The journal's names for those it holds."""

    def __setitem__(self, place: Place, words: Words) -> None:
        super().__setitem__(place, words)
        self._changed[place] = None

    def __delitem__(self, place: Place) -> None:
        super().__delitem__(place)
        self._changed[place] = None

    def take_changed(self) -> list[Place]:
        """What was written or sent since last asked."""
        changed, self._changed = list(self._changed), {}
        return changed
