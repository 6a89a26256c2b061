"""The desk on disk: what survives, what does not, and what a damaged file leads to."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from websockets.asyncio.client import connect

from agent_tui.backends.mock import keeper
from agent_tui.backends.mock.opening import Opened, open_desk
from agent_tui.backends.mock.options import MockError, MockOptions
from agent_tui.backends.mock.server import DeskServer
from agent_tui.backends.mock.staff import DESK
from agent_tui.backends.mock.state_file import encode, freeze, load, save
from agent_tui.backends.mock.wire import contact_to_wire, conversation_to_wire, message_to_wire
from agent_tui.clock import ManualClock

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
Frame = dict[str, Any]


@pytest.fixture
def options(tmp_path: Path) -> MockOptions:
    return MockOptions(state=tmp_path / "desk" / "state.json", rate=0, conversations=20, hb=60)


@asynccontextmanager
async def running(options: MockOptions, *, now: datetime = NOW) -> AsyncIterator[DeskServer]:
    server = DeskServer(options, ManualClock(now))
    await server.start()
    try:
        yield server
    finally:
        await server.aclose()


def told(opened: Opened) -> object:
    world = opened.world
    return (
        world.seq,
        [conversation_to_wire(conv) for conv in world.in_order()],
        [message_to_wire(one) for thread in world.threads.values() for one in thread],
        [contact_to_wire(contact) for contact in world.contacts.values()],
        {key: (kept.body, kept.answer) for key, kept in world.answers.items()},
        {conv: (seat.persona.id, seat.mood) for conv, seat in opened.simulation.seats.items()},
        world.ratings,
        (world.next_number, world.next_contact, world.next_message),
    )


async def exchange(server: DeskServer, resume: Frame | None, *frames: Frame) -> list[Frame]:
    """Say hello and the frames; everything up to the last answer."""
    headers = {"Authorization": f"Bearer {server.token}"}
    async with connect(server.url, additional_headers=headers, proxy=None) as link:
        hello = {"frame": "hello", "v": 1, "agent": "ana", "device": "d", "resume": resume}
        heard: list[Frame] = []
        for frame in (hello, *frames):
            await link.send(json.dumps(frame))
        while not heard or (frames and heard[-1].get("id") != frames[-1]["id"]):
            heard.append(json.loads(await asyncio.wait_for(link.recv(), 5)))
        return heard


def note(ident: str) -> Frame:
    data = {"text": f"note {ident}"}
    return {"frame": "cmd", "id": ident, "op": "note", "conv": "c-1001", "data": data}


async def test_the_desk_goes_on_after_a_clean_end(options: MockOptions) -> None:
    async with running(options) as server:
        first = await exchange(server, None, note("n1"))
        answer = first[-1]
        await asyncio.sleep(0)
    before = told(server.opened)
    async with running(options, now=NOW + timedelta(minutes=5)) as again:
        assert told(again.opened) == before
        assert again.world.epoch == server.world.epoch
        seen = {"epoch": first[0]["epoch"], "seq": answer["result"]["seq"]}
        heard = await exchange(again, seen, note("n1"), note("n2"))
        assert heard[0]["mode"] == "resumed"
        events = [one["seq"] for one in heard if one["frame"] == "ev"]
        assert events == list(range(seen["seq"] + 1, events[-1] + 1))
        answers = [one for one in heard if one["frame"] == "res"]
        assert answers[0] == answer, "the first answer, not a second note"
        assert answers[1]["ok"] is True


async def test_after_a_crash_the_words_are_there_and_the_epoch_is_new(
    options: MockOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "EVERY_SECONDS", 0.01)
    assert options.state is not None
    async with running(options) as server:
        first = await exchange(server, None, note("n1"))
        while "note n1" not in options.state.read_text():
            await asyncio.sleep(0.01)
        left_behind = options.state.read_bytes()
    options.state.write_bytes(left_behind)  # as if the end had never come
    async with running(options) as again:
        assert again.world.epoch != server.world.epoch
        heard = await exchange(again, {"epoch": first[0]["epoch"], "seq": first[0]["seq"]})
        assert heard[0]["mode"] == "snapshot"
        assert again.world.threads["c-1001"][-1].text == "note n1"


async def test_from_the_start_on_a_crash_would_be_seen(options: MockOptions) -> None:
    async with running(options):
        assert options.state is not None
        assert json.loads(options.state.read_text())["clean"] is False
    assert json.loads(options.state.read_text())["clean"] is True
    async with running(options):
        assert json.loads(options.state.read_text())["clean"] is False


async def test_only_the_owner_may_read_it_and_nothing_is_left_beside_it(
    options: MockOptions,
) -> None:
    async with running(options):
        pass
    assert options.state is not None
    assert stat.S_IMODE(options.state.stat().st_mode) == 0o600
    assert [file.name for file in options.state.parent.iterdir()] == ["state.json"]


async def test_a_customer_remembers_how_far_she_was(options: MockOptions) -> None:
    async with running(options) as server:
        mood = {conv: seat.mood for conv, seat in server.simulation.seats.items()}
        names = {conv: seat.persona.name for conv, seat in server.simulation.seats.items()}
    async with running(options) as again:
        seats = again.simulation.seats
        assert {conv: seat.mood for conv, seat in seats.items()} == mood
        assert {conv: seat.persona.name for conv, seat in seats.items()} == names
        assert all(
            seat.persona.name == again.world.conversations[conv].contact_name
            for conv, seat in seats.items()
        )


async def test_sleepers_and_replies_under_way_go_on(options: MockOptions) -> None:
    async with running(options) as server:
        alarm = server.world.next_wake()
        conv = next(c for c in server.world.in_order() if c.channel in {"whatsapp", "webchat"})
        send = {"frame": "cmd", "id": "s", "op": "send", "conv": conv.id, "data": {"text": "Hi"}}
        await exchange(server, None, send)
    async with running(options) as again:
        assert alarm is not None
        assert again.world.next_wake() is not None
        again.clock.advance(2)  # type: ignore[attr-defined]
        await again.tick()
        reply = next(one for one in again.world.threads[conv.id] if one.cmd_id == "s")
        assert reply.delivery is not None
        assert reply.delivery.value == "delivered"


async def test_a_corpus_goes_on_from_its_state(options: MockOptions, shared: Path) -> None:
    options = replace(options, corpus=shared / "retail")
    async with running(options) as server:
        before = told(server.opened)
    async with running(options) as again:
        assert told(again.opened) == before
        assert len(again.world.contacts) == 500 + (server.world.next_contact - 501)
        assert all(
            seat.persona.id.startswith("retail-") for seat in again.simulation.seats.values()
        )


# ── damage ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def content(options: MockOptions) -> bytes:
    opened = open_desk(replace(options, state=None), NOW, "e1")
    return encode(freeze(opened.world, opened.simulation.seats, opened.stream, clean=True))


def use(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


DAMAGE = [
    b"", b"{", b"null", b"[]", b"7", b"{}", b"\xff\xfe", b"[" * 100_000,
    b'{"format": 2}', b'{"format": 1}',
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE, ids=range(len(DAMAGE)))
def test_a_damaged_file_is_an_error_that_names_it_and_says_what_to_do(
    options: MockOptions, damage: bytes
) -> None:
    assert options.state is not None
    use(options.state, damage)
    with pytest.raises(MockError, match=r"state\.json") as error:
        open_desk(options, NOW, "e1")
    assert "Move it away" in str(error.value)
    assert options.state.read_bytes() == damage, "what is damaged is left as it is"


def test_values_of_the_wrong_kind_are_damage_and_never_anything_else(
    options: MockOptions, content: bytes
) -> None:
    """Wherever one value is replaced by another kind, it loads or it is a clear error."""
    assert options.state is not None
    rng, refused = Random(3), 0
    for _ in range(150):
        state = json.loads(content)
        _spoil(state, rng)
        use(options.state, json.dumps(state).encode())
        try:
            load(options.state, DESK, "e2")
        except MockError as error:
            refused += 1
            assert "state.json" in str(error)
    assert refused >= 75


def _spoil(value: Any, rng: Random) -> None:
    """Replace one value somewhere inside by something it should not be."""
    while True:
        keys = list(value) if isinstance(value, dict) else range(len(value))
        key = rng.choice(list(keys))
        inner = value[key]
        if isinstance(inner, dict | list) and inner and rng.random() < 0.95:
            value = inner
            continue
        value[key] = rng.choice([None, 7, "x", [], {}, [1], True])
        return


def test_a_cut_file_is_damage(options: MockOptions, content: bytes) -> None:
    assert options.state is not None
    rng = Random(5)
    for _ in range(20):
        use(options.state, content[: rng.randrange(len(content) - 1)])
        with pytest.raises(MockError):
            load(options.state, DESK, "e2")


def test_no_file_yet_is_no_error(options: MockOptions) -> None:
    assert options.state is not None
    assert load(options.state, DESK, "e2") is None


def test_where_nothing_can_be_written_the_desk_does_not_start(
    options: MockOptions, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(MockError, match="cannot be written"):
        save(tmp_path / "file" / "state.json", b"{}")
    with pytest.raises(MockError, match=r"cannot be (written|used)"):
        asyncio.run(_start(replace(options, state=tmp_path / "file" / "state.json")))


async def _start(options: MockOptions) -> None:
    async with running(options):
        pass


def test_a_save_that_fails_leaves_the_old_file(
    options: MockOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert options.state is not None
    save(options.state, b"old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(MockError, match="No space left"):
        save(options.state, b"new")
    assert options.state.read_bytes() == b"old"
    assert [file.name for file in options.state.parent.iterdir()] == ["state.json"]
