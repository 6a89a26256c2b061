"""Good sessions at the real mock desk, recorded frame by frame, and what a good desk goes on with.

Every kind of frame that a desk can say is in one of them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache, cached_property
from typing import Any

from builders import NOW
from mock_seat import Seat, sit_down
from paper_line import text_frame

from agent_tui.backends.mock.options import MockOptions
from agent_tui.backends.mock.server import DeskServer
from agent_tui.backends.mock.wire import stamp
from agent_tui.clock import ManualClock
from agent_tui.model import Availability, Delivery

Json = dict[str, Any]

ANY_TIME = frozenset({"email", "webchat", "inapp", "sms"})
"""Channels that take a reply at any time."""


def dump(frame: Json) -> str:
    """A frame as text."""
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Recording:
    """What ana's console heard, and the desk's truth at the end of it."""

    opening: tuple[str, ...]
    """The welcome and the snapshot."""
    rest: tuple[str, ...]
    """Everything after that."""
    asks: tuple[Json, ...]
    """What ana asked for meanwhile, in order; `rest` holds the answers."""
    welcome: str
    """What a fresh link hears at the end: the welcome ..."""
    snapshot: tuple[str, ...]
    """... and the whole truth."""

    @cached_property
    def frames(self) -> tuple[str, ...]:
        """All that she heard."""
        return self.opening + self.rest

    @cached_property
    def wire(self) -> tuple[bytes, ...]:
        """The same as websocket frames."""
        return tuple(map(text_frame, self.frames))

    @cached_property
    def events(self) -> dict[int, str]:
        """The events of the stream by their numbers."""
        found = {}
        for text in self.rest:
            frame = json.loads(text)
            if frame["frame"] == "ev":
                found[frame["seq"]] = text
        return found

    def good(self, resume: Json | None, epoch: str | None = None) -> list[str]:
        """What a good desk says to a console that wants to `resume`; `epoch`: a new one has begun.

        Ends with a heartbeat.
        """
        welcome = json.loads(self.welcome)
        events, last = self.events, welcome["seq"]
        beat = dump({"frame": "hb", "seq": last, "t": welcome["server_time"]})
        if epoch is not None:
            welcome["epoch"] = epoch
        if resume is not None and resume["epoch"] == welcome["epoch"]:
            missed = range(resume["seq"] + 1, last + 1)
            if resume["seq"] <= last and all(seq in events for seq in missed):
                welcome["mode"] = "resumed"
                return [dump(welcome), *(events[seq] for seq in missed), beat]
        return [dump(welcome), *self.snapshot, beat]


class Day:
    """A desk at which one thing after the other happens."""

    def __init__(self, server: DeskServer, clock: ManualClock, ben: Seat) -> None:
        self.server, self.clock, self.ben = server, clock, ben
        self.world, self.floor = server.world, server.floor
        self.ids = list(self.world.conversations)
        self.free = next(
            conv.id for conv in self.world.conversations.values() if conv.channel.value in ANY_TIME
        )
        self.ana: Seat
        self.asks: list[Json] = []

    async def ask(self, name: str, op: str, conv: str, **more: Any) -> Json:
        """Ana asks the desk for something."""
        frame = {"frame": "cmd", "id": name, "op": op, "conv": conv, **more}
        self.asks.append(frame)
        return await self.ana.ask(**dict(frame))

    def ver(self, conv: str) -> int:
        return self.world.conversations[conv].ver

    def writes(self, conv: str, text: str) -> None:
        """The customer writes."""
        self.clock.advance(1)
        self.floor.publish(self.world.customer_writes(conv, text, self.clock.now()))

    async def customers_write(self) -> None:
        for conv in self.ids:
            self.writes(conv, f"Where is my parcel? {conv}")
        self.floor.publish((self.world.customer_types(self.ids[0], on=True),))
        self.writes(self.ids[0], "Thank you 👍🏽 — bis später!")

    async def a_reply(self) -> None:
        text = {"text": "It is on its way – today.", "quick_replies": []}
        seen = self.world.conversations[self.free].seq
        sent = await self.ask("op-1", "send", self.free, seen_seq=seen, data=text)
        now, name = self.clock.now(), sent["result"]["message_id"]
        self.floor.publish(self.world.report_delivery(name, Delivery.DELIVERED, "", now))
        self.floor.publish(self.world.report_delivery(name, Delivery.FAILED, "no number", now))

    async def a_race(self) -> None:
        ver = self.ver(self.ids[0])
        mine = {"frame": "cmd", "id": f"b-{ver}", "op": "assign", "conv": self.ids[0]}
        await self.ben.ask(**mine, base_ver=ver, data={"agent": "ben"})
        await self.ask("op-2", "assign", self.ids[0], base_ver=ver, data={"agent": "ana"})

    async def sleep(self) -> None:
        conv, until = self.ids[1], stamp(self.clock.now() + timedelta(hours=2))
        await self.ask("op-3", "note", conv, data={"text": "calls later"})
        data = {"until": until, "keep_asleep": False}
        await self.ask("op-4", "snooze", conv, base_ver=self.ver(conv), data=data)
        self.writes(conv, "I am awake")

    async def looking(self) -> None:
        data = {"text": "late", "quick_replies": []}
        await self.ask("op-5", "send", self.free, seen_seq=0, data=data)
        page = {"frame": "get", "id": "q-1", "what": "thread", "conv": self.ids[0]}
        self.asks.append(page)
        await self.ana.ask(**page, before=None, limit=5)

    async def people(self) -> None:
        await self.ben.say(frame="sig", kind="viewing", conv=self.ids[0])
        await self.ben.say(frame="sig", kind="typing", conv=self.ids[0], on=True, note=True)
        await self.ben.settle()
        contact = next(iter(self.world.contacts.values()))
        city = f"Oslo {self.world.seq}"
        self.floor.publish(
            self.world.contact_changed(replace(contact, city=city), self.clock.now())
        )
        for presence in (Availability.BUSY, Availability.ONLINE):
            self.floor.publish(self.world.presence("ben", presence, self.clock.now()))

    @property
    def deeds(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        return (
            self.customers_write, self.a_reply, self.a_race, self.sleep, self.looking, self.people,
        )  # fmt: skip

    async def recorded(self, number: int, deed: Callable[[], Awaitable[None]]) -> Recording:
        """What a console hears while it is done."""
        self.asks = []
        self.ana = ana = await sit_down(self.server, self.server.token, "ana", f"desk-{number}")
        opening, heard = tuple(ana.texts), len(ana.texts)
        await deed()
        self.floor.beat()
        await ana.settle()
        rest = ana.texts[heard:-1]
        rest.insert(number % len(rest), dump(_EDGES[number % len(_EDGES)]))
        again = await sit_down(self.server, self.server.token, "ana", "desk-again")
        welcome, *snapshot = again.texts
        await again.link.close()
        await ana.link.close()
        return Recording(opening, tuple(rest), tuple(self.asks), welcome, tuple(snapshot))


_EDGES: tuple[Json, ...] = (
    {"frame": "auth_expiring", "expires_in": 60},
    {"frame": "news", "kind": "of a later version"},
    {"frame": "go", "code": 1012, "reconnect_after": 1, "resume": True, "message": "Soon back.",
     "agents": ["ana", "ben"]},
)  # fmt: skip


async def _record(seed: int) -> tuple[Recording, ...]:
    clock = ManualClock(NOW)
    server = DeskServer(MockOptions(rate=0, conversations=3, seed=seed), clock)
    await server.start()
    try:
        stays = await sit_down(server, server.token, "ana", "desk-stays")
        ben = await sit_down(server, server.token, "ben", "desk-b")
        day = Day(server, clock, ben)
        await stays.settle()
        return tuple([await day.recorded(n, deed) for n, deed in enumerate(day.deeds)])
    finally:
        await server.aclose()


@cache
def recordings(seed: int) -> tuple[Recording, ...]:
    """The same recordings for the same seed, but for names that chance gives."""
    return asyncio.run(_record(seed))
