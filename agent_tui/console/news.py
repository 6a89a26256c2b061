"""What the agent is told in one line when something happened that she did not ask for."""

from __future__ import annotations

from dataclasses import dataclass

from agent_tui.change import (
    Arrived,
    DiskTrouble,
    HeldBack,
    News,
    Refused,
    Strayed,
    TakenOver,
    Woke,
)
from agent_tui.desk import Desk
from agent_tui.events import Refusal
from agent_tui.i18n import _, ngettext
from agent_tui.model import ConversationId, SafeText
from agent_tui.ops import Assign, Note, Send


@dataclass(frozen=True, slots=True)
class Notice:
    """One line for the agent."""

    words: str
    alarm: bool = False


def notice_of(desk: Desk, news: News) -> Notice | None:
    """The line for a piece of news; None: it shows by itself."""
    match news:
        case Refused():
            return Notice(_refused(desk, news), alarm=True)
        case Woke(conversation=conversation):
            return Notice(_("{name} is awake again.").format(name=_name(desk, conversation)))
        case TakenOver(conversation=conversation, by=by, to=to):
            who = desk.store.agent_name(by) or _("Somebody")
            name = _name(desk, conversation)
            if to is None:
                words = _("{who} took {name} from you; nobody has it now.")
                return Notice(words.format(who=who, name=name), alarm=True)
            if to == by:
                return Notice(_("{who} took {name} over.").format(who=who, name=name), alarm=True)
            words = _("{who} gave {name} to {other}.")
            other = desk.store.agent_name(to)
            return Notice(words.format(who=who, name=name, other=other), alarm=True)
        case HeldBack(count=count):
            words = ngettext(
                "{count} action is over ten minutes old and was held: U decides",
                "{count} actions are over ten minutes old and were held: U decides",
                count,
            )
            return Notice(words.format(count=count), alarm=True)
        case Strayed(count=count):
            words = ngettext(
                "{count} unsent text has lost its conversation; it is kept: U",
                "{count} unsent texts have lost their conversations; they are kept: U",
                count,
            )
            return Notice(words.format(count=count), alarm=True)
        case DiskTrouble(problem=problem):
            if problem:
                return Notice(problem, alarm=True)
            return Notice(_("What is unsent is kept on this machine again."))
        case Arrived():
            return None


def _name(desk: Desk, conversation: ConversationId) -> SafeText | str:
    known = desk.store.get(conversation)
    return known.contact_name if known is not None else conversation


def _refused(desk: Desk, news: Refused) -> str:
    op, rejected = news.pending.op, news.rejected
    name = _name(desk, op.conversation)
    match rejected.refusal:
        case Refusal.CONFLICT:
            return _conflict(desk, news)
        case Refusal.STALE:
            words = _("{name}: something new came; read it, then send again. Your text is kept.")
            return words.format(name=name)
        case Refusal.WINDOW_CLOSED:
            words = _("Not sent to {name}: the reply window has closed. Your text is kept.")
            return words.format(name=name)
        case _ if isinstance(op, Send | Note):
            words = _("Not sent to {name}: {reason}. Your text is kept.")
            return words.format(name=name, reason=rejected.detail.rstrip("."))
        case _:
            words = _("{name} was not changed: {reason}")
            return words.format(name=name, reason=rejected.detail)


def _conflict(desk: Desk, news: Refused) -> str:
    op, rejected = news.pending.op, news.rejected
    name = _name(desk, op.conversation)
    who = desk.store.agent_name(rejected.by) or _("Somebody")
    current = rejected.current
    if isinstance(op, Assign) and current is not None and current.assignee == rejected.by:
        return _("{who} was faster: {name} belongs to {who}.").format(who=who, name=name)
    return _("{who} changed {name} first; look again.").format(who=who, name=name)
