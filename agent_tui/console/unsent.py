"""The list of what has not reached the desk: drafts, what waits, and texts without a place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent_tui.console import choices, presenting
from agent_tui.desk import CannotDo, Desk
from agent_tui.i18n import _, mark, ngettext
from agent_tui.journal.kept import Key
from agent_tui.model import ConversationId, OpId
from agent_tui.ops import (
    AnyOp,
    Assign,
    AssignTeam,
    Label,
    MarkRead,
    MarkUnread,
    Note,
    Prioritise,
    Reopen,
    Resolve,
    Send,
    SnoozeUntil,
)
from agent_tui.outbox import Pending
from agent_tui.sanitise import Field, sanitise
from agent_tui.shown import Mode, SendState
from agent_tui.widgets.picker import Answer, Choice, Question

if TYPE_CHECKING:
    from agent_tui.console.screen import Console


@dataclass(frozen=True, slots=True)
class Everything:
    """All that is held back for its age."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Something asked for."""

    op_id: OpId


@dataclass(frozen=True, slots=True)
class Written:
    """A draft."""

    conversation: ConversationId
    mode: Mode


@dataclass(frozen=True, slots=True)
class Lost:
    """A text without a place."""

    key: Key


Row = Everything | Asked | Written | Lost

_WHAT: dict[type[AnyOp], str] = {
    Send: mark("reply"),
    Note: mark("private note"),
    Assign: mark("assign"),
    AssignTeam: mark("team"),
    SnoozeUntil: mark("snooze"),
    Resolve: mark("resolve"),
    Reopen: mark("reopen"),
    Prioritise: mark("priority"),
    Label: mark("labels"),
    MarkRead: mark("mark read"),
    MarkUnread: mark("mark unread"),
}
_STATE = {
    SendState.SAVING: mark("saving"),
    SendState.HOLDING: mark("leaves soon"),
    SendState.QUEUED: mark("waits for the line"),
    SendState.SENDING: mark("sending"),
    SendState.RETRY: mark("tried again soon"),
    SendState.HELD: mark("held: you decide"),
    SendState.FAILED: mark("failed"),
}


class Unsent:
    """Opens the list, and does what is chosen in it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._desk = console.desk

    def list(self) -> None:
        """What has not reached the desk?"""
        rows = list(rows_of(self._desk))
        if not rows:
            raise CannotDo(_("Nothing is unsent, and there are no drafts."))
        question = Question(
            _("Unsent and drafts"),
            lambda query: choices.by_words(rows, query),
            _("a name or a word"),
            width=84,
        )
        self._console.ask.about(question, self._chosen)

    def _chosen(self, answer: Answer[Row]) -> None:
        match answer.value:
            case Everything():
                count = self._desk.let_all_go()
                words = ngettext("{count} done now.", "{count} done now.", count)
                self._console.say(words.format(count=count))
            case Written(conversation=conversation, mode=mode):
                self._console.walk.go_to(conversation)
                self._console.write.compose(mode)
            case Asked(op_id=op_id):
                self._one_asked(op_id)
            case Lost(key=key):
                self._one_lost(key)

    def _one_asked(self, op_id: OpId) -> None:
        pending = self._desk.store.outbox.get(op_id)
        if pending is None:
            raise CannotDo(_("It has reached the desk meanwhile."))
        self._console.walk.go_to(pending.op.conversation)
        if pending.state is not SendState.HELD:
            return
        name = pending.before.contact_name
        doubt = _("; it may have been sent already") if pending.left else ""
        rows = [
            Choice("go", _("Do it now"), key="y"),
            Choice("look", _("Look at the conversation first"), key="l"),
            Choice("back", _("Take it back; a text becomes a draft"), key="x"),
        ]
        title = _("{name} · {what}, from {time}{doubt}").format(
            doubt=doubt,
            what=_(_WHAT[type(pending.op)]),
            name=name,
            time=pending.made_at.astimezone(self._console.zone).strftime("%H:%M"),
        )

        def answered(answer: Answer[str]) -> None:
            if answer.value == "go":
                self._desk.release(op_id)
                self._console.say(_("Done now: {name}.").format(name=name))
            elif answer.value == "back":
                self._take_back(op_id)

        self._console.ask.about(
            Question(title, lambda query: choices.by_words(rows, query)), answered
        )

    def _take_back(self, op_id: OpId) -> None:
        pending = self._desk.take_back(op_id)
        if pending is None:
            raise CannotDo(_("It has reached the desk meanwhile."))
        self._desk.forget(op_id)
        if isinstance(pending.op, Send | Note):
            mode = Mode.NOTE if isinstance(pending.op, Note) else Mode.REPLY
            self._console.write.restore(pending.op.conversation, mode, pending.op.text)
        self._console.say(_("Taken back for {name}.").format(name=pending.before.contact_name))

    def _one_lost(self, key: Key) -> None:
        stray = self._desk.store.strays.get(key)
        if stray is None:
            return
        here = self._desk.conversation
        rows = [Choice("copy", _("Copy the text"), key="c", preview=stray.text)]
        if here is not None:
            into = _("Put it into the draft for {name}").format(name=here.contact_name)
            rows.append(Choice("insert", into, key="i", preview=stray.text))
        rows.append(Choice("forget", _("Discard it for good"), key="x", preview=stray.text))

        def answered(answer: Answer[str]) -> None:
            if answer.value == "copy":
                self._console.app.copy_to_clipboard(stray.text)
                self._console.say(_("Copied."))
            elif answer.value == "forget":
                self._desk.forget_stray(key)
                self._console.say(_("Discarded."))
            elif here is not None:
                self._console.write.restore(here.id, stray.mode, stray.text)
                self._desk.forget_stray(key)

        title = f"{stray.name}: {stray.why}"
        self._console.ask.about(
            Question(title, lambda query: choices.by_words(rows, query)), answered
        )


def rows_of(desk: Desk) -> Iterator[Choice[Row]]:
    """One row for each, what asks for the agent's word first."""
    waiting = sorted(presenting.waiting(desk), key=_urgency)
    held = sum(1 for pending in waiting if pending.state is SendState.HELD)
    if held > 1:
        every = ngettext("Do all {count} now", "Do all {count} now", held)
        yield Choice(Everything(), every.format(count=held), key="*")
    for pending in waiting:
        state = presenting.state_of(desk, pending)
        what = _(_WHAT[type(pending.op)])
        text = pending.op.text if isinstance(pending.op, Send | Note) else ""
        title = _title(pending.before.contact_name, what, text)
        yield Choice(Asked(pending.op.id), title, _(_STATE[state]), preview=text)
    for stray in desk.store.strays.values():
        title = _title(stray.name, _("text"), stray.text)
        yield Choice(Lost(stray.key), title, _("no conversation: you decide"), preview=stray.text)
    for (conversation, mode), words in desk.drafts.items():
        conv = desk.store.get(conversation)
        name = conv.contact_name if conv is not None else conversation
        what = _("private note") if mode is Mode.NOTE else _("reply")
        title = _title(name, what, words.text)
        yield Choice(Written(conversation, mode), title, _("draft"), preview=words.text)


def _urgency(pending: Pending) -> int:
    order: Sequence[SendState] = (SendState.HELD, SendState.FAILED)
    return order.index(pending.state) if pending.state in order else len(order)


def _title(name: str, what: str, text: str) -> str:
    first = sanitise(text.strip(), Field.LINE)
    return f"{name} · {what}: {first}" if first else f"{name} · {what}"
