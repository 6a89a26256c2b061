"""One command on its way through the desk: what is asked, and how the desk says no."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeGuard

from agent_tui.backends.mock.identities import Badge
from agent_tui.backends.mock.ledger import Ledger
from agent_tui.backends.mock.records import Author, Conversation
from agent_tui.backends.mock.sight import conversation_seen_by
from agent_tui.backends.mock.wire import Json, conversation_to_wire
from agent_tui.i18n import _

IDS = re.compile(r"[A-Za-z0-9._:#-]{1,64}")
"""What an id may look like, whoever made it."""


class Refused(Exception):
    """The desk says no; nothing has changed. `more` goes into the error beside the code."""

    def __init__(self, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.code = code
        self.more = more

    def as_error(self) -> Json:
        """The error as the wire spells it."""
        return {"code": self.code, "message": str(self), **self.more}


@dataclass(frozen=True, slots=True)
class Call:
    """One command, with the conversation it is about."""

    agent: Author
    id: str
    conv: Conversation
    data: Mapping[str, Any]
    base_ver: object
    seen_seq: object
    now: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """An op that was carried out."""

    events: tuple[Json, ...] = ()
    message_id: str | None = None


def authorise(ledger: Ledger, badge: Badge, frame: Mapping[str, Any]) -> None:
    """Refuse what the bearer of `badge` may not do.

    A conversation that is not there for her is refused in the words for one that is not there.
    """
    if not badge.may_write:
        raise Refused("forbidden", _("You may look on at this desk, but change nothing."))
    if not conversation_seen_by(badge, frame.get("conv"), ledger.conversations):
        raise no_such_conversation()


def no_such_conversation() -> Refused:
    """The refusal for whatever is not there, and for whatever is not there for who asks."""
    return Refused("unknown_conversation", _("There is no such conversation at this desk."))


def compare(ledger: Ledger, call: Call) -> None:
    """Refuse a change that was decided on an older version than the present one."""
    if not is_int(call.base_ver):
        raise Refused("bad_request", _("The command needs the version it is based on."))
    if call.base_ver != call.conv.ver:
        raise Refused(
            "conflict",
            _("Somebody changed this conversation since you looked."),
            current=conversation_to_wire(call.conv),
            by=ledger.changed_by.get(call.conv.id),
        )


def is_int(value: object) -> TypeGuard[int]:
    """Whether `value` is a whole number; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_clean(text: str) -> bool:
    """Whether `text` is real text: a lone surrogate can be spelt in JSON, but is no character."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def are_words(value: object) -> TypeGuard[list[str]]:
    """Whether `value` is a list of texts, none of them blank."""
    return isinstance(value, list) and all(
        isinstance(word, str) and word.strip() and is_clean(word) for word in value
    )
