"""Row S11: nobody does or sees at the mock desk what her token does not open."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hostile_requests import dial, request
from mock_seat import Frame, Seat, sit_down
from row import Row
from websockets.exceptions import ConnectionClosed, InvalidStatus

from agent_tui.backends.mock import calls, commands, floor, opening, rules, serving, sight, world
from agent_tui.backends.mock.commands import OPS, Outcome
from agent_tui.backends.mock.floor import Floor
from agent_tui.backends.mock.identities import HOME, Badge, Grant, Role, Standing
from agent_tui.backends.mock.ledger import Ledger
from agent_tui.backends.mock.options import MockOptions
from agent_tui.backends.mock.persona import load_personas
from agent_tui.backends.mock.records import Attachment, Contact, Earlier
from agent_tui.backends.mock.server import DeskServer
from agent_tui.backends.mock.wire import stamp
from agent_tui.backends.mock.world import World
from agent_tui.clock import ManualClock
from agent_tui.model import Availability, Channel, Delivery, Status

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HIDDEN, SEEN = Channel.WHATSAPP, Channel.EMAIL
CANARY = "kanarie"
"""Stands in everything that only who sees the hidden inbox may ever hear."""
NOWHERE = "c-999999"
PEOPLE = {
    "t-other": Badge(tenant="other"),
    "t-inbox": Badge(inboxes=frozenset({SEEN})),
    "t-viewer": Badge(role=Role.VIEWER),
}
DATA: dict[str, Frame] = {
    "send": {"text": f"reply {CANARY}"},
    "note": {"text": f"note {CANARY}"},
    "assign": {"agent": "ben"},
    "team": {"team": "returns"},
    "snooze": {"until": stamp(NOW + timedelta(days=2))},
    "resolve": {},
    "reopen": {},
    "priority": {"priority": "high"},
    "label": {"add": [CANARY], "remove": []},
    "unread": {},
    "read": {"seq": 10**9},
}


def command(op: str, conv: str, base_ver: int) -> Frame:
    return {"frame": "cmd", "op": op, "conv": conv, "base_ver": base_ver, "data": DATA[op]}


def thread(conv: str) -> Frame:
    return {"frame": "get", "what": "thread", "conv": conv, "before": None, "limit": 50}


def signals(conv: str) -> list[Frame]:
    typing = {"frame": "sig", "kind": "typing", "conv": conv, "on": True, "note": False}
    return [typing, {"frame": "sig", "kind": "viewing", "conv": conv}]


class Enough(Exception):
    """A failure was found, and one was asked for."""


@dataclass(slots=True)
class House:
    """A desk with a conversation that those who ask for it have no business in."""

    server: DeskServer
    clock: ManualClock
    target: str
    """The conversation in the hidden inbox; at the other tenant's desk there is no such number."""
    beside: str
    """One in the seen inbox, of a customer who has written to the hidden one, too."""
    picture: str
    """An attachment in it."""
    older: str
    """An earlier conversation of hers, in the hidden inbox."""
    failures: list[str]
    one_is_enough: bool = False
    """Stop at the first failure."""
    refused: int = 0
    given: int = 0

    @property
    def world(self) -> World:
        return self.server.world

    def need(self, good: object, words: str) -> None:
        if not good:
            self.failures.append(words)
            if self.one_is_enough:
                raise Enough

    def state(self) -> list[str]:
        """Everything that a refused request must leave as it is."""
        floors = [self.server.floor_of(HOME), self.server.floor_of("other")]
        return [
            repr(value)
            for one in floors
            for value in (
                *(getattr(one.world, field.name) for field in fields(one.world)),
                one.simulation.seats, one.simulation.rng.getstate(), one.simulation.next_due(),
                [link.device for link in one.links if link.typing or link.viewing],
            )
        ]  # fmt: skip

    def base_ver(self) -> int:
        return self.world.conversations[self.target].ver

    def asked(self, conv: str, op: str) -> Frame:
        return thread(conv) if op == "thread" else command(op, conv, self.base_ver())


_personas = cache(load_personas)


@pytest.fixture(autouse=True)
def _personas_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading all customers anew for each desk takes longer than asking it everything."""
    monkeypatch.setattr(opening, "load_personas", _personas)


@asynccontextmanager
async def open_house() -> AsyncIterator[House]:
    clock = ManualClock(NOW)
    options = MockOptions(rate=0, hb=600, conversations=1, people=tuple(PEOPLE.items()))
    server = DeskServer(options, clock)
    await server.start()
    try:
        yield furnish(server, clock)
    finally:
        await server.aclose()


def furnish(server: DeskServer, clock: ManualClock) -> House:
    desk = server.world
    secret = desk.add_contact(Contact("", f"{CANARY} Brown"))
    target = desk.add_conversation(rules.fresh(secret, HIDDEN, NOW)).id
    old = Earlier("old-1", HIDDEN, Status.RESOLVED, f"late {CANARY}", NOW - timedelta(days=9))
    both = desk.add_contact(Contact("", "Mia Both", earlier=(old,)))
    beside = desk.add_conversation(rules.fresh(both, SEEN, NOW)).id
    double = desk.add_conversation(rules.fresh(both, HIDDEN, NOW)).id
    for conv, text in ((target, CANARY), (double, CANARY), (beside, "seen")):
        server.floor.publish(desk.customer_writes(conv, text, NOW))
    attached = (Attachment("image", f"{CANARY}.jpg", 900),)
    server.floor.publish(desk.customer_writes(target, CANARY, NOW, attached))
    picture = next(ident for ident, (conv, _) in desk.files.items() if conv == target)
    return House(server, clock, target, beside, picture, "old-1", [])


# ── the check ───────────────────────────────────────────────────────────────────────────


async def check(*, one_is_enough: bool = False) -> House:
    """Every request of every wrong identity, and what reaches them while others work."""
    async with open_house() as house, AsyncExitStack() as seated:
        house.one_is_enough = one_is_enough
        token = house.server.token
        who = {
            "right": (token, "ben"),
            "other tenant": ("t-other", "ana"),
            "other inbox": ("t-inbox", "ana"),
            "viewer": ("t-viewer", "carla"),
            "wrong id": (token, "deniz"),
        }
        seats = {}
        for name, (token, agent) in who.items():
            seats[name] = await sit_down(house.server, token, agent, name.replace(" ", "-"))
            seated.callback(seats[name].link.transport.abort)  # it may not have heard all
        with suppress(Enough):
            await seats["right"].settle()
            await refusals(house, seats)
            await endings(house, seats["right"])
            await attachments(house)
            await others_work(house, seats)
            await coming_back(house, seats)
    return house


async def refusals(house: House, seats: Mapping[str, Seat]) -> None:
    """Commands, questions and signals of those who stay connected."""
    for name, seat in seats.items():
        if name == "right":
            continue
        for op in (*OPS, "thread"):
            await one_refusal(house, name, seat, op)
        before = house.state()
        heard = len(seats["right"].texts)
        for signal in signals(NOWHERE if name == "wrong id" else house.target):
            await seat.say(**signal)
            house.refused += 1
        await seat.settle()
        await seats["right"].settle()
        house.need(house.state() == before, f"{name}: a signal changed something")
        house.need(len(seats["right"].texts) == heard + 1, f"{name}: a signal was passed on")


async def one_refusal(house: House, name: str, seat: Seat, op: str) -> None:
    before = house.state()
    conv = NOWHERE if name == "wrong id" else house.target
    answer = await seat.ask(**house.asked(conv, op))
    if (name, op) == ("viewer", "thread"):
        house.need(answer["ok"], "a viewer may read")
        return
    wanted = "forbidden" if name == "viewer" else "unknown_conversation"
    told = answer.get("error")
    house.need(told and told["code"] == wanted, f"{name}: {op} was answered {answer}")
    other = await seat.ask(**house.asked(NOWHERE, op))
    house.need(told == other.get("error"), f"{name}: {op} tells what is there from what is not")
    if op == "thread":
        older = await seat.ask(**thread(house.older if name != "wrong id" else "old-2"))
        house.need(told == older.get("error"), f"{name}: an earlier thread was told")
    house.need(house.state() == before, f"{name}: {op} changed something")
    house.refused += 1


async def endings(house: House, right: Seat) -> None:
    """Whoever is connected when her token ends is heard no more, and told no more."""
    for op in (*OPS, "thread", "signals"):
        for name, code in (("expired", 4002), ("revoked", 4001)):
            await one_ending(house, name, code, op, right)


async def one_ending(house: House, name: str, code: int, op: str, right: Seat) -> None:
    token = f"t-{name}-{op}"
    grant = house.server.register.issue(token, Badge(), NOW + timedelta(days=1))
    seat = await sit_down(house.server, token, "ben", device=token)
    if name == "expired":
        grant.expires = house.clock.now()
    else:
        house.server.register.revoke(token)
    before, heard = house.state(), len(seat.texts)
    frames = signals(house.target) if op == "signals" else [house.asked(house.target, op)]
    for frame in frames:
        await seat.say(**{"id": "late", **frame})
    house.server.floor.publish([house.world.customer_types(house.target, on=True)])
    house.need(await lives_on(seat) == code, f"{name}: {op} did not end it with {code}")
    told = [frame["frame"] for frame in seat.frames[heard:]]
    house.need(told == ["go"], f"{name}: {op} was still told {told}")
    await right.settle()
    house.need(house.state() == before, f"{name}: {op} changed something")
    house.refused += 1
    house.need(await door(house.server, token) == 401, f"{name}: the door")


async def lives_on(seat: Seat) -> int | None:
    """The code that the line was closed with; None: it was not."""
    try:
        await seat.settle()
    except ConnectionClosed as error:
        return error.rcvd.code if error.rcvd else 1006
    await seat.link.close()
    return None


async def door(server: DeskServer, token: str) -> int:
    """The status of an upgrade with `token`."""
    try:
        seat = await sit_down(server, token, device="door")
    except InvalidStatus as refused:
        return refused.response.status_code
    await seat.link.close()
    return 101


async def attachments(house: House) -> None:
    """The bytes of a picture in the hidden inbox."""
    token = house.server.token
    nothing = await fetched(house, token, "m-999.1")
    for name, given, status in (
        ("right", token, 200),
        ("viewer", "t-viewer", 200),
        ("other tenant", "t-other", 404),
        ("other inbox", "t-inbox", 404),
        ("expired", "t-expired-send", 401),
        ("revoked", "t-revoked-send", 401),
    ):
        told, body = await fetched(house, given, house.picture)
        house.need(told == status, f"{name}: the picture was answered with {told}")
        house.need(told != 404 or (told, body) == nothing, f"{name}: tells that there is a picture")
        house.refused += status >= 400


async def fetched(house: House, token: str, ident: str) -> tuple[int, bytes]:
    """The status and the body of an attachment."""
    start = f"GET /attachments/{ident} HTTP/1.1"
    plain = {"Upgrade": None, "Connection": "close", "Authorization": f"Bearer {token}"}
    async with dial(house.server.port) as line:
        status, _head = await line.status(request(start, plain, house.server))
        return status, await line.reader.read()


async def others_work(house: House, seats: Mapping[str, Seat]) -> None:
    """Rightful work, customers, deliveries, presence and signals about the hidden inbox."""
    server, desk, right, now = house.server, house.world, seats["right"], house.clock.now()
    for op in DATA:
        answer = await right.ask(**house.asked(house.target, op))
        house.need(answer["ok"], f"the rightful agent: {op} was answered {answer}")
        house.given += 1
    for signal in signals(house.target):
        await right.say(**signal)
    await right.settle()
    message = next(one for one, (conv, _) in desk.sent.items() if conv == house.target)
    server.floor.publish((
        *desk.customer_writes(house.target, f"more {CANARY}", now),
        *desk.report_delivery(message, Delivery.FAILED, CANARY, now),
        *desk.rate(house.target, 3, now),
        desk.customer_types(house.target, on=True),
        *desk.presence("emma", Availability.BUSY, now),
        *desk.customer_writes(house.beside, "seen again", now),
        *desk.rate(house.beside, 5, now),
    ))  # fmt: skip
    server.floor.beat()
    for seat in seats.values():
        await seat.settle()
    silent, narrow = seats["other tenant"], seats["other inbox"]
    house.need(not silent.events, "another tenant's events were told")
    house.need(all(f["frame"] != "sig" for f in silent.frames), "another tenant's signals, too")
    for name, seat in (("other tenant", silent), ("other inbox", narrow)):
        leaks = [text for text in seat.texts if CANARY in text or house.target in text]
        house.need(not leaks, f"{name} was told {leaks[:1]}")
    whole(house, narrow, "other inbox")
    whole(house, seats["viewer"], "viewer")
    house.need(CANARY in "".join(seats["viewer"].texts[2:]), "a viewer may look on")
    kinds = {event["type"] for event in narrow.events}
    house.need(kinds == {"none", "message", "contact", "agent"}, f"other inbox: told of {kinds}")


def whole(house: House, seat: Seat, name: str) -> None:
    """A stream has every number, however much of it is kept back."""
    seqs = [event["seq"] for event in seat.events]
    wanted = list(range(seat.welcome["seq"] + 1, house.world.seq + 1))
    house.need(seqs == wanted, f"{name}: the stream has a hole: {seqs} for {wanted}")


async def coming_back(house: House, seats: Mapping[str, Seat]) -> None:
    """What is sent again, and what is told anew, is filtered like everything else."""
    narrow, server = seats["other inbox"], house.server
    resume = {"epoch": narrow.welcome["epoch"], "seq": narrow.welcome["seq"]}
    again = await sit_down(server, "t-inbox", device="again", resume=resume)
    await again.settle()
    house.need(again.welcome["mode"] == "resumed", "other inbox: cannot resume")
    house.need(again.events == narrow.events, "other inbox: resuming tells another story")
    wide = {"epoch": seats["right"].welcome["epoch"], "seq": resume["seq"]}
    fresh = await sit_down(server, "t-inbox", device="fresh", resume=wide)
    await fresh.settle()
    house.need(fresh.welcome["mode"] == "snapshot", "other inbox: resumed what was all inboxes'")
    mia = (await fresh.ask(**thread(house.beside)))["result"]["contact"]
    house.need(mia["earlier"] == [], f"other inbox: her earlier ones are {mia['earlier']}")
    shown = [one for f in fresh.frames if f["frame"] == "snap" for one in f["conversations"]]
    house.need({one["channel"] for one in shown} == {SEEN.value}, "other inbox: the snapshot")
    kept = next(cmd for agent, cmd in house.world.answers if agent == "ben")
    bens = await sit_down(server, "t-inbox", "ben", device="narrow")
    told = await bens.ask(**{**house.asked(house.target, "send"), "id": kept})
    code = told.get("error", {}).get("code")
    house.need(code == "unknown_conversation", "other inbox: was told a kept answer")
    for seat in (again, fresh, bens):
        leaks = [text for text in seat.texts if CANARY in text or house.target in text]
        house.need(not leaks, f"other inbox, come back, was told {leaks[:1]}")
        await seat.link.close()


@pytest.mark.row("S11", "ops x 6 wrong identities: 100 % refused, 0 leaked events")
async def test_s11_nobody_does_or_sees_what_her_token_does_not_open(row: Row) -> None:
    assert set(DATA) == set(OPS), "an op that this row does not ask for"
    house = await check()
    words = f"{house.refused} requests refused, {house.failures or 'nothing'} done or told"
    row.reached(words, ok=not house.failures and house.given == len(OPS))


# ── planted defects ─────────────────────────────────────────────────────────────────────

Plant = Callable[[pytest.MonkeyPatch], None]


def one_op_unchecked(patch: pytest.MonkeyPatch) -> None:
    real = calls.authorise

    def authorise(ledger: Ledger, badge: Badge, frame: Mapping[str, Any]) -> None:
        if frame.get("op") != "label" or badge.inboxes is None:
            real(ledger, badge, frame)

    patch.setattr(commands, "authorise", authorise)


def other_words(patch: pytest.MonkeyPatch) -> None:
    """Who is refused learns that there is such a conversation."""
    real = calls.authorise

    def authorise(ledger: Ledger, badge: Badge, frame: Mapping[str, Any]) -> None:
        if badge.may_write and frame.get("conv") in ledger.conversations:
            badge = replace(badge, role=Role.VIEWER if badge.inboxes else Role.AGENT)
        real(ledger, badge, frame)

    patch.setattr(commands, "authorise", authorise)


def memory_first(patch: pytest.MonkeyPatch) -> None:
    """A kept answer is told before it is asked who asks."""
    real = commands.execute

    def execute(
        ledger: Ledger, agent: str, frame: Mapping[str, Any], now: datetime, badge: Badge
    ) -> Outcome:
        kept = ledger.answers.get((agent, frame["id"]))
        return Outcome(kept.answer) if kept else real(ledger, agent, frame, now, badge)

    patch.setattr(world, "execute", execute)


def viewers_write(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Badge, "may_write", True)


def tenants_share(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(DeskServer, "_floor_for", lambda server, _nth: server._floors[HOME])


def everything_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(floor, "frame_seen_by", lambda _badge, frame, _conversations: frame)


def deliveries_told(patch: pytest.MonkeyPatch) -> None:
    real = sight.frame_seen_by
    patch.setattr(
        floor,
        "frame_seen_by",
        lambda badge, frame, conversations: (
            frame if frame.get("type") == "delivery" else real(badge, frame, conversations)
        ),
    )


def nothing_in_its_place(patch: pytest.MonkeyPatch) -> None:
    """What is kept back is left out, and its number with it."""
    real = sight.frame_seen_by

    def seen(badge: Badge, frame: Frame, conversations: sight.Conversations) -> Frame | None:
        told = real(badge, frame, conversations)
        return None if told is None or told.get("type") == "none" else told

    patch.setattr(floor, "frame_seen_by", seen)


def everything_resumed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(floor, "texts_seen_by", lambda _badge, texts, _conversations: texts)


def one_stream_for_all(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Badge, "epoch", lambda _badge, epoch: epoch)


def earlier_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(world, "contact_seen_by", lambda _badge, contact: contact)


def threads_open(patch: pytest.MonkeyPatch) -> None:
    real = World._thread_of
    patch.setattr(World, "_thread_of", lambda one, conv, _badge: real(one, conv, Badge()))


def signals_pass(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(floor, "conversation_seen_by", lambda _badge, conv, known: conv in known)


def never_shown_out(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Floor, "_show_out", lambda _floor: None)


def never_expired(patch: pytest.MonkeyPatch) -> None:
    real = Grant.standing

    def standing(grant: Grant, now: datetime) -> Standing:
        found = real(grant, now)
        return Standing.GOOD if found is Standing.EXPIRED else found

    patch.setattr(Grant, "standing", standing)


def pictures_for_all(patch: pytest.MonkeyPatch) -> None:
    real = serving.attachment
    patch.setattr(serving, "attachment", lambda ident, _grant, floors: real(ident, Grant(), floors))


PLANTS: list[Plant] = [
    one_op_unchecked, other_words, memory_first, viewers_write, tenants_share, everything_told,
    deliveries_told, nothing_in_its_place, everything_resumed, one_stream_for_all, earlier_told,
    threads_open, signals_pass, never_shown_out, never_expired, pictures_for_all,
]  # fmt: skip


@pytest.mark.parametrize(
    "plant",
    [
        pytest.param(one, marks=pytest.mark.row_defect("S11", one.__name__.replace("_", " ")))
        for one in PLANTS
    ],
)
@pytest.mark.usefixtures("row")
async def test_s11_catches(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    assert (await check(one_is_enough=True)).failures
