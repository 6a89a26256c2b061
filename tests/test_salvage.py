"""What is unsent outlives a crash, in a file that only its owner may read."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from builders import NOW, Numbered, conversation, store_of

from agent_tui.change import NOTHING, Change
from agent_tui.clock import ManualClock
from agent_tui.desk import Desk
from agent_tui.model import ConversationId
from agent_tui.ops import Signal
from agent_tui.salvage import salvage
from agent_tui.shown import Mode, Words


class DeadLine:
    """A line to nowhere."""

    keeps = False

    def pump(self) -> Change:
        return NOTHING

    def ask_history(self, conversation: ConversationId, before: int | None) -> None:
        """Nothing comes."""

    def signal(self, signal: Signal) -> None:
        """Nobody hears it."""


@pytest.fixture
def desk() -> Desk:
    return Desk(store_of(conversation(1)), DeadLine(), ManualClock(NOW), Numbered())


def test_drafts_and_held_replies_are_written(desk: Desk, tmp_path: Path) -> None:
    conv = next(desk.store.conversations())
    desk.keep_draft(conv.id, Mode.NOTE, Words("ask for the floor"))
    desk.store.capabilities = frozenset({"send"})
    desk.send(conv.id, "Your parcel is here", Mode.REPLY)
    path = salvage(desk, tmp_path / "state", NOW)
    assert path is not None
    text = path.read_text()
    assert "ask for the floor" in text
    assert "Your parcel is here" in text
    assert text.count(conv.contact_name) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_no_file_where_nothing_is_unsent(desk: Desk, tmp_path: Path) -> None:
    assert salvage(desk, tmp_path, NOW) is None
    assert not list(tmp_path.iterdir())
