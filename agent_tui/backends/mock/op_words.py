"""Ops that need no comparing of versions: replies, notes, labels and read marks.

Each checks everything first and changes the books only then, so that a refused command leaves
no trace.
"""

from __future__ import annotations

from dataclasses import replace

from agent_tui.backends.mock import rules
from agent_tui.backends.mock.calls import Call, Done, Refused, are_words, is_clean, is_int
from agent_tui.backends.mock.ledger import Ledger, Line, happened
from agent_tui.backends.mock.records import Conversation
from agent_tui.backends.mock.wire import Json, message_to_wire
from agent_tui.channels import RULES
from agent_tui.i18n import _
from agent_tui.model import Delivery, MessageKind

MAX_TEXT = 25_000
MAX_LABEL = 64
MAX_LABELS = 100
"""On one conversation, so that it always fits into a frame."""
MAX_OPTION = 256
"""Characters of a quick reply."""
MOST_MISSED = 20
"""Messages a `stale` answer carries at most; the newest ones."""


def _text(call: Call, limit: int) -> str:
    """The words of a reply or a note, within `limit` characters."""
    text = call.data.get("text")
    if not isinstance(text, str) or not text.strip() or not is_clean(text):
        raise Refused("bad_request", _("There is no text to write."))
    if len(text) > limit:
        message = _("The text has {count} characters, {limit} are allowed here.")
        raise Refused("too_long", message.format(count=len(text), limit=limit), limit=limit)
    return text


def _quick_replies(call: Call) -> tuple[str, ...]:
    options = call.data.get("quick_replies", [])
    if not are_words(options) or any(len(option) > MAX_OPTION for option in options):
        raise Refused("bad_request", _("The quick replies are no list of words."))
    limit = RULES[call.conv.channel].quick_replies
    if len(options) > limit:
        message = _("{count} quick replies are too many, this channel takes {limit}.")
        message = message.format(count=len(options), limit=limit)
        raise Refused("too_many_replies", message, limit=limit)
    return tuple(options)


def send(ledger: Ledger, call: Call) -> Done:
    """A reply to the customer, unless somebody was faster or the channel does not allow it."""
    conv = call.conv
    text = _text(call, RULES[conv.channel].max_chars)
    options = _quick_replies(call)
    if conv.window_closes_at is not None and call.now >= conv.window_closes_at:
        raise Refused(
            "window_closed", _("The reply window of this channel has closed for this customer.")
        )
    _check_stale(ledger, call)
    line = Line(call.agent, text, delivery=Delivery.ACCEPTED, quick_replies=options)
    event = ledger.record(rules.agent_replied(conv), line, call.now, call.id)
    return Done((event,), event["data"]["message"]["id"])


def _check_stale(ledger: Ledger, call: Call) -> None:
    seen = call.seen_seq
    if seen is None:
        return
    if not is_int(seen):
        raise Refused("bad_request", _("`seen_seq` is no number."))
    missed = rules.unseen(ledger.threads[call.conv.id], call.agent.id, seen)
    if missed:
        raise Refused(
            "stale",
            _("Something new was written here since you looked."),
            messages=[message_to_wire(message) for message in missed[-MOST_MISSED:]],
        )


def note(ledger: Ledger, call: Call) -> Done:
    """A private note; it answers nobody, so nothing about waiting changes."""
    line = Line(call.agent, _text(call, MAX_TEXT), MessageKind.NOTE)
    event = ledger.record(call.conv, line, call.now, call.id)
    return Done((event,), event["data"]["message"]["id"])


def label(ledger: Ledger, call: Call) -> Done:
    """Add and remove labels, as sets; what is there already, or is not, stays as it is."""
    add, remove = call.data.get("add", []), call.data.get("remove", [])
    if not (are_words(add) and are_words(remove)):
        raise Refused("bad_request", _("The labels are no lists of words."))
    if any(len(label) > MAX_LABEL for label in add):
        message = _("A label has at most {limit} characters.")
        raise Refused("too_long", message.format(limit=MAX_LABEL), limit=MAX_LABEL)
    if len(add) + len(call.conv.labels) > MAX_LABELS:
        raise Refused("bad_request", _("That would be too many labels on one conversation."))
    conv, events = call.conv, []
    for label in dict.fromkeys(remove):
        if label in conv.labels and label not in add:
            conv = replace(conv, labels=tuple(one for one in conv.labels if one != label))
            events.append(_labelled(ledger, call, conv, "unlabelled", label))
            conv = ledger.conversations[conv.id]
    for label in dict.fromkeys(add):
        if label not in conv.labels:
            conv = replace(conv, labels=(*conv.labels, label))
            events.append(_labelled(ledger, call, conv, "labelled", label))
            conv = ledger.conversations[conv.id]
    return Done(tuple(events))


def _labelled(ledger: Ledger, call: Call, conv: Conversation, what: str, label: str) -> Json:
    return ledger.record(conv, happened(call.agent, what, label), call.now, call.id)


def read(ledger: Ledger, call: Call) -> Done:
    """Everything up to `seq` has been seen; an old mark never makes anything unread again."""
    seq = call.data.get("seq")
    if seq is None or not is_int(seq):
        raise Refused("bad_request", _("The command does not say up to where it was read."))
    unread = rules.unread_after(ledger.threads[call.conv.id], seq)
    return _set_unread(ledger, call, min(unread, call.conv.unread))


def unread(ledger: Ledger, call: Call) -> Done:
    """Show it as unread again."""
    return _set_unread(ledger, call, max(1, call.conv.unread))


def _set_unread(ledger: Ledger, call: Call, unread: int) -> Done:
    if unread == call.conv.unread:
        return Done()
    after = replace(call.conv, unread=unread)
    return Done((ledger.record(after, None, call.now, call.id),))
