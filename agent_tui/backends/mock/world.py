"""The mock desk as one pure machine: commands, customers and time go in, events come out.

No I/O and no clock. Everything that can happen at the desk is a method here, and each returns
the events it caused, in the order of their sequence numbers.
"""

from __future__ import annotations

import heapq
import json
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from agent_tui.backends.mock import rules
from agent_tui.backends.mock.archive import archived_thread
from agent_tui.backends.mock.calls import Refused, no_such_conversation
from agent_tui.backends.mock.commands import Outcome, execute
from agent_tui.backends.mock.identities import EVERYTHING, Badge
from agent_tui.backends.mock.ledger import Ledger, Line, happened
from agent_tui.backends.mock.records import BOT, SYSTEM, Attachment, Contact, Message
from agent_tui.backends.mock.sight import contact_seen_by
from agent_tui.backends.mock.wire import Json, agent_to_wire, message_to_wire
from agent_tui.i18n import _
from agent_tui.model import Availability, Delivery, Status

HISTORY = 200
"""The most messages a page has."""
PAGE_BYTES = 384 * 1024
"""The most bytes a page has, so that it fits into a frame with the contact."""


@dataclass(slots=True)
class World(Ledger):
    """The books of the desk and everything that can be done to them."""

    def command(
        self, agent: str, frame: Mapping[str, Any], now: datetime, badge: Badge = EVERYTHING
    ) -> Outcome:
        """Carry out or refuse an agent's command; `frame` has a valid `id`."""
        return execute(self, agent, frame, now, badge)

    def question(self, frame: Mapping[str, Any], badge: Badge = EVERYTHING) -> Json:
        """The answer to a `get` frame with a valid `id`; changes nothing."""
        try:
            result = self._thread(frame, badge)
        except Refused as no:
            return {"frame": "res", "id": frame["id"], "ok": False, "error": no.as_error()}
        return {"frame": "res", "id": frame["id"], "ok": True, "result": result}

    def _thread(self, frame: Mapping[str, Any], badge: Badge) -> Json:
        before, limit, conv_id = frame.get("before"), frame.get("limit", 50), frame.get("conv")
        if frame.get("what") != "thread":
            raise Refused("unknown_op", _("This desk does not know that question."))
        if type(before) not in {int, type(None)} or type(limit) is not int or limit < 1:
            raise Refused("bad_request", _("The page asked for makes no sense."))
        contact_id, thread = self._thread_of(conv_id, badge)
        messages, more = _page(thread, before, min(limit, HISTORY))
        contact = None
        if before is None:
            contact = self.contact_view(self.contacts[contact_id], besides=str(conv_id))
            contact = contact_seen_by(badge, contact)
        return {
            "conv": conv_id,
            "messages": messages,
            "more": more,
            "contact": contact,
            "at_seq": self.seq,
        }

    def _thread_of(self, conv_id: object, badge: Badge) -> tuple[str, Sequence[Message]]:
        """Whose thread it is, and the thread: of the inbox, or of the contact's earlier days."""
        if isinstance(conv_id, str):
            conv = self.conversations.get(conv_id)
            if conv is not None and badge.sees(conv.channel):
                return conv.contact_id, self.threads[conv_id]
            owner = self.contacts.get(self.archive.get(conv_id, ""))
            for earlier in owner.earlier if owner else ():
                if owner and earlier.id == conv_id and badge.sees(earlier.channel):
                    return owner.id, archived_thread(owner, earlier)
        raise no_such_conversation()

    def customer_writes(
        self, conv_id: str, text: str, now: datetime, attachments: tuple[Attachment, ...] = ()
    ) -> tuple[Json, ...]:
        """The customer writes: wakes what sleeps until then, opens what was resolved."""
        conv = self.conversations[conv_id]
        events = []
        customer = self.customer_author(conv)
        resolved = conv.status is Status.RESOLVED
        if resolved or (conv.snooze is not None and not conv.snooze.keep_asleep):
            self.changed_by[conv_id] = None
            line = happened(customer, "reopened" if resolved else "woken")
            events.append(self.record(rules.awake(conv), line, now))
            conv = self.conversations[conv_id]
        words = Line(customer, text, attachments=attachments)
        events.append(self.record(rules.customer_wrote(conv, now), words, now))
        return tuple(events)

    def bot_writes(
        self, conv_id: str, text: str, now: datetime, quick_replies: tuple[str, ...] = ()
    ) -> tuple[Json, ...]:
        """The bot answers; the customer still waits for a human."""
        conv = self.conversations[conv_id]
        return (self.record(conv, Line(BOT, text, quick_replies=quick_replies), now),)

    def hand_over(self, conv_id: str, reason: str, now: datetime) -> tuple[Json, ...]:
        """The bot gives up and says why."""
        conv = replace(self.conversations[conv_id], reason=reason)
        return (self.record(conv, happened(BOT, "handover", reason), now),)

    def wake_due(self, now: datetime) -> tuple[Json, ...]:
        """Open every conversation whose sleep ends at `now` or ended before."""
        events = []
        while self.wakes and self.wakes[0][0] <= now:
            until, conv_id = heapq.heappop(self.wakes)
            conv = self.conversations[conv_id]
            if conv.snooze is None or conv.snooze.until != until:
                continue
            self.changed_by[conv_id] = None
            events.append(self.record(rules.awake(conv), happened(SYSTEM, "woken"), now))
        return tuple(events)

    def next_wake(self) -> datetime | None:
        """When the next sleeping conversation wakes; None: none has a time."""
        while self.wakes:
            until, conv_id = self.wakes[0]
            conv = self.conversations[conv_id]
            if conv.snooze is not None and conv.snooze.until == until:
                return until
            heapq.heappop(self.wakes)
        return None

    def report_delivery(
        self, message_id: str, delivery: Delivery, failure: str, now: datetime
    ) -> tuple[Json, ...]:
        """The channel reports on a reply; a report that says nothing new is dropped."""
        conv_id, index = self.sent[message_id]
        message = self.threads[conv_id][index]
        if not rules.moves_on(message.delivery, delivery):
            return ()
        self.put_message(index, replace(message, delivery=delivery, failure=failure))
        self.seq += 1
        data = {"message_id": message_id, "delivery": delivery.value, "failure": failure}
        return (self.event("delivery", conv_id, data, now),)

    def rate(self, conv_id: str, rating: int, now: datetime) -> tuple[Json, ...]:
        """The customer says how content she was, 1 to 5."""
        self.put_rating(conv_id, rating)
        return self.contact_changed(self.contacts[self.conversations[conv_id].contact_id], now)

    def contact_changed(self, contact: Contact, now: datetime) -> tuple[Json, ...]:
        """Keep a customer's new record."""
        self.put_contact(contact)
        self.seq += 1
        data = {"contact": self.contact_view(contact, besides=None)}
        return (self.event("contact", None, data, now),)

    def presence(
        self, agent_id: str, availability: Availability, now: datetime
    ) -> tuple[Json, ...]:
        """An agent comes, goes or is busy; nothing if that is known already."""
        agent = self.agents[agent_id]
        if agent.availability is availability:
            return ()
        agent = replace(agent, availability=availability)
        self.put_agent(agent)
        self.seq += 1
        return (self.event("agent", None, {"agent": agent_to_wire(agent)}, now),)

    def customer_types(self, conv_id: str, on: bool) -> Json:
        """The signal that the customer types, or stopped; it has no sequence number."""
        conv = self.conversations[conv_id]
        who = {"kind": "customer", "id": conv.contact_id, "name": conv.contact_name}
        return {"frame": "sig", "kind": "typing", "conv": conv_id, "on": on, "note": False,
                "who": who}  # fmt: skip


def _page(thread: Sequence[Message], before: int | None, limit: int) -> tuple[list[Json], bool]:
    """Up to `limit` messages in front of `before`, oldest first, and whether there are more."""
    end, room = len(thread), PAGE_BYTES
    if before is not None:
        end = bisect_left(thread, before, key=lambda message: message.seq)
    page: list[Json] = []
    for message in reversed(thread[:end]):
        wire = message_to_wire(message)
        room -= len(json.dumps(wire))
        if len(page) == limit or (page and room < 0):
            break
        page.append(wire)
    return page[::-1], end > len(page)
