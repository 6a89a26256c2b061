"""What was asked of the desk and not answered yet, and what its answers mean."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from agent_tui.backends.base import Unreachable
from agent_tui.backends.desk import answers, codec
from agent_tui.backends.desk.answers import Granted
from agent_tui.backends.desk.fields import Malformed
from agent_tui.events import Acked, Event, HistoryFailed, HistoryLoaded, Refusal, Rejected
from agent_tui.i18n import _
from agent_tui.model import ConversationId, OpId
from agent_tui.sanitise import plain_line

Answer = Acked | Rejected | HistoryLoaded | Granted
Meaning = tuple[Answer, tuple[Event, ...]]
"""The answer for whoever asked, and what of it stands among the events."""
Read = Callable[[codec.Res], Meaning]
"""Finds what a frame means. Raises `Malformed`."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something that was asked."""

    id: str
    answer: asyncio.Future[Answer]
    read: Read


class Questions:
    """Those that are open on one link."""

    def __init__(self) -> None:
        self._open: dict[str, Question] = {}

    def ask(self, name: str, read: Read) -> Question:
        """Open a question; `forget` it in the end."""
        question = Question(name, asyncio.get_running_loop().create_future(), read)
        self._open[name] = question
        return question

    def forget(self, question: Question) -> None:
        """Nobody waits for it any more; one of the same name that was asked since stays."""
        if self._open.get(question.id) is question:
            del self._open[question.id]

    def answered(self, frame: codec.Res) -> tuple[Event, ...]:
        """What an answer tells; whoever asked is told that it came. Nothing, if nobody waits."""
        question = self._open.get(frame.id)
        if question is None or question.answer.done():
            return ()
        try:
            answer, events = question.read(frame)
        except Malformed as error:
            question.answer.set_exception(Unreachable(str(error)))
            return ()
        question.answer.set_result(answer)
        return events

    def fail(self) -> None:
        """The link is no more: no answer will come."""
        for question in self._open.values():
            if not question.answer.done():
                question.answer.set_exception(Unreachable())


def command_read(op_id: OpId, conversation: ConversationId) -> Read:
    """How the answer to a command is read."""

    def read(frame: codec.Res) -> Meaning:
        if frame.ok:
            told: Acked | Rejected = answers.receipt(frame.body, op_id, conversation)
        else:
            told = _rejected(frame, op_id, conversation)
        return told, (told,)

    return read


def page_read(ask_id: str, conversation: ConversationId, before: int | None) -> Read:
    """How the answer to a question for a page is read."""

    def read(frame: codec.Res) -> Meaning:
        if frame.ok:
            page, left_out = answers.history(frame.body, conversation, before)
            return page, (page, *left_out)
        no = _rejected(frame, OpId(ask_id), conversation)
        return no, (HistoryFailed(conversation, before, no.detail),)

    return read


def grant_read(frame: codec.Res) -> Meaning:
    """How the answer to a fresh token is read; nobody but the line is told."""
    return answers.granted(frame), ()


def _rejected(frame: codec.Res, op_id: OpId, conversation: ConversationId) -> Rejected:
    try:
        return answers.rejection(frame.body, op_id, conversation)
    except Malformed as error:  # a no all the same: asking again would get it again
        words = _("the desk sent something unreadable ({reason})").format(reason=error)
        return Rejected(op_id, conversation, Refusal.OTHER, plain_line(words))
