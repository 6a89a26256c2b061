"""What the screen shows: the values handed to the widgets, and nothing a widget must look up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from agent_tui.events import Link
from agent_tui.model import (
    NO_TEXT,
    Contact,
    Conversation,
    ConversationId,
    Message,
    OpId,
    SafeText,
)


class SendState(StrEnum):
    """How far a local message has come, before the desk confirms it."""

    SAVING = "saving"
    """On its way to this machine's disk."""
    HOLDING = "holding"
    """Waits out its undo time."""
    QUEUED = "queued"
    SENDING = "sending"
    RETRY = "retry"
    HELD = "held"
    """Needs the agent's word before it goes."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the inbox."""

    conversation: Conversation
    owner: SafeText
    """First name of who owns it, or the team's; empty: nobody."""
    mine: bool = False
    pending: bool = False
    """Something of ours about it has not been confirmed yet."""
    failed: bool = False
    """Something of ours about it failed and waits for the agent."""
    draft: bool = False
    """There are words in its composer that have not been sent."""
    typing: bool = False
    """The customer is writing."""
    viewers: tuple[SafeText, ...] = ()
    """Colleagues who have it open."""


class RowSource(Protocol):
    """A view's rows, in the order shown; answers at once however long it is."""

    def __len__(self) -> int: ...

    def row(self, index: int) -> Row:
        """The row at `index`, counted from 0. Raises IndexError outside."""
        ...

    def id_at(self, index: int) -> ConversationId:
        """The conversation at `index`."""
        ...

    def index_of(self, conversation: ConversationId) -> int | None:
        """Where a conversation stands; None: not in this view."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a thread, with what only this console knows about it."""

    message: Message
    state: SendState | None = None
    """None: the desk has confirmed it (then `message.delivery` speaks)."""
    leaves_at: datetime | None = None
    """While holding: when it goes out. While retrying: when it is tried again."""
    problem: SafeText = NO_TEXT
    kept: bool = True
    """It is on this machine's disk, so that it survives the program's end."""
    op_id: OpId | None = None
    mine: bool = False
    """Written by the agent who sits here."""


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation's messages as far as they are here, oldest first."""

    conversation: ConversationId
    entries: tuple[Entry, ...] = ()
    more: bool = False
    """Older pages can be had."""
    loading: bool = False
    """An older page, or the first, is on its way."""
    problem: SafeText = NO_TEXT
    """Why a page could not be had."""
    typing: tuple[SafeText, ...] = ()
    """Names of those who are writing to the customer, or the customer herself."""
    read_seq: int = 0
    """Up to here it had been read when it was opened; the mark for what is new stands behind it."""


@dataclass(frozen=True, slots=True)
class Header:
    """The line above the thread: who, where, whose, how urgent."""

    conversation: Conversation
    owner: SafeText
    mine: bool
    team: SafeText
    viewers: tuple[SafeText, ...] = ()


@dataclass(frozen=True, slots=True)
class ViewTab:
    """A view as the top line names it."""

    key: str
    title: str
    count: int
    active: bool


@dataclass(frozen=True, slots=True)
class TopBar:
    """The first line of the screen."""

    agent: SafeText
    desk: SafeText
    link: Link
    link_detail: SafeText
    source: str
    """Where this desk comes from: ``demo``, a profile's name, an address."""
    tabs: Sequence[ViewTab]
    clock: str


@dataclass(frozen=True, slots=True)
class Hint:
    """A key and what it does here, as the last line shows it."""

    key: str
    title: str
    enabled: bool = True
    command: str = ""
    kept: bool = False
    """The others give way to it where there is little room."""


@dataclass(frozen=True, slots=True)
class BottomBar:
    """The last line of the screen: keys that act here, and what is on its way."""

    hints: Sequence[Hint]
    status: str = ""
    """What is under way: "1 sending · undo z (4 s)"."""
    alarm: bool = False
    """The status tells of something that failed."""
    typing_mode: bool = False
    """A text field has the focus: letters are letters."""
    prefix: bool = False
    """The first of two keys was pressed: the hints are all that may follow."""


@dataclass(frozen=True, slots=True)
class CustomerCard:
    """What the customer pane shows."""

    conversation: Conversation
    contact: Contact | None
    """None: on its way."""
    problem: SafeText = NO_TEXT


class Mode(StrEnum):
    """What the composer writes."""

    REPLY = "reply"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Words:
    """A text being written, with the cursor in it."""

    text: str = ""
    cursor: tuple[int, int] = (0, 0)
    """Line and column, counted from 0."""


NO_WORDS = Words()
