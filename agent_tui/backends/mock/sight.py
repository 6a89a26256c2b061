"""What a token lets its bearer see of a frame: of other inboxes nothing, not even a trace.

Whatever is kept back of the stream leaves an event of the type ``none`` in its place, so that every
stream has all numbers. What is of no type known here is kept back, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agent_tui.backends.mock.identities import Badge
from agent_tui.backends.mock.records import Conversation
from agent_tui.backends.mock.stream import encode
from agent_tui.backends.mock.wire import Json
from agent_tui.model import Channel

Conversations = Mapping[str, Conversation]


def frame_seen_by(badge: Badge, frame: Json, conversations: Conversations) -> Json | None:
    """An event or a signal as the bearer of `badge` gets to see it; None: not at all."""
    if badge.inboxes is None:
        return frame
    if frame["frame"] == "ev":
        return _event(badge, frame, conversations)
    if frame["frame"] == "sig":
        return _signal(badge, frame, conversations)
    return None


def texts_seen_by(badge: Badge, texts: list[str], conversations: Conversations) -> list[str]:
    """Events that were written for everybody, as the bearer of `badge` gets to see them."""
    if badge.inboxes is None:
        return texts
    return [encode(_event(badge, json.loads(text), conversations)) for text in texts]


def contact_seen_by(badge: Badge, contact: Json) -> Json:
    """A contact without what she wrote to other inboxes."""
    if badge.inboxes is None:
        return contact
    earlier = [one for one in contact["earlier"] if badge.sees(Channel(one["channel"]))]
    return {**contact, "earlier": earlier}


def conversation_seen_by(badge: Badge, conv: object, conversations: Conversations) -> bool:
    """Whether there is such a conversation for the bearer of `badge`."""
    known = conversations.get(conv) if isinstance(conv, str) else None
    return known is not None and badge.sees(known.channel)


def _event(badge: Badge, event: Json, conversations: Conversations) -> Json:
    match event["type"]:
        case "message" | "conversation" | "delivery":
            if conversation_seen_by(badge, event["conv"], conversations):
                return event
        case "contact":
            contact = contact_seen_by(badge, event["data"]["contact"])
            if contact["earlier"]:
                return {**event, "data": {"contact": contact}}
        case "agent":
            return event
    return _nothing(event)


def _nothing(event: Mapping[str, Any]) -> Json:
    """The event that says that there is one, and no more."""
    return {**event, "conv": None, "type": "none", "cmd_id": None, "data": {}}


def _signal(badge: Badge, signal: Json, conversations: Conversations) -> Json | None:
    """A signal; who looks at something unseen looks, as far as one can see, at nothing."""
    if signal["conv"] is None or conversation_seen_by(badge, signal["conv"], conversations):
        return signal
    return {**signal, "conv": None} if signal["kind"] == "viewing" else None
