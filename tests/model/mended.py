"""Mends of what the model found in the program and whoever owns it has not taken over yet."""

from __future__ import annotations

import pytest

from agent_tui.change import NOTHING, Change
from agent_tui.journal import Found, Kept
from agent_tui.keeping import _place_of, bring_back
from agent_tui.session import Session


def brought_back_piece_by_piece(patch: pytest.MonkeyPatch) -> None:
    """What an earlier life left is there as soon as its conversation is, before anybody can act.

    Else a reply that is asked for meanwhile stands in front of it, and a draft that is begun
    meanwhile takes the place of the earlier one, on the screen and on disk.
    """
    drain = Session.drain

    def bring(self: Session, *, whole: bool) -> Change:
        found = self._journal.found()
        back: set[int] = self.__dict__.setdefault("back", set())

        def due(kept: Kept) -> bool:
            here = whole or _place_of(self.store, kept)[0] is not None
            return here and id(kept) not in back

        ops = tuple(kept for kept in found.ops if due(kept))
        drafts = tuple(kept for kept in found.drafts if due(kept))
        back.update(id(kept) for kept in (*ops, *drafts))
        if not (ops or drafts or whole):
            return NOTHING
        now = Found(ops, drafts, found.problems if whole else ())
        return bring_back(self.store, now, self._clock)

    def mended_drain(self: Session) -> Change:
        change = drain(self)
        if self._listened_to and not self._brought_back and self.store.epoch:
            change |= bring(self, whole=False)
        return change

    def mended_back(self: Session) -> Change:
        self._brought_back = True
        return bring(self, whole=True)

    patch.setattr(Session, "drain", mended_drain)
    patch.setattr(Session, "_bring_back", mended_back)


ALL = (brought_back_piece_by_piece,)
