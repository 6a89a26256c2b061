"""The desk on disk: what is there before anybody is told, what survives, what damage leads to."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from agent_tui.backends.mock import server as server_module
from agent_tui.backends.mock import state_file
from agent_tui.backends.mock.keeper import Keeper
from agent_tui.backends.mock.opening import Opened, open_desk
from agent_tui.backends.mock.options import MockError, MockOptions
from agent_tui.backends.mock.server import DeskServer
from agent_tui.backends.mock.state_rows import Rows
from agent_tui.backends.mock.wire import contact_to_wire, conversation_to_wire, message_to_wire
from agent_tui.clock import ManualClock
from agent_tui.model import Availability

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
Frame = dict[str, Any]


@pytest.fixture
def options(tmp_path: Path) -> MockOptions:
    return MockOptions(state=tmp_path / "desk" / "state.db", rate=0, conversations=20, hb=60)


def path_of(options: MockOptions) -> Path:
    assert options.state is not None
    return options.state


@asynccontextmanager
async def running(options: MockOptions, *, now: datetime = NOW) -> AsyncIterator[DeskServer]:
    server = DeskServer(options, ManualClock(now))
    await server.start()
    try:
        yield server
    finally:
        await server.aclose()


def keeper_of(server: DeskServer) -> Keeper:
    assert server._keeper is not None
    return server._keeper


def killed(options: MockOptions, name: str = "killed.db", *, wal: bool = True) -> MockOptions:
    """The files as `kill -9` would leave them at this moment, elsewhere."""
    path, copy = path_of(options), path_of(options).with_name(name)
    shutil.copyfile(path, copy)
    if wal:
        shutil.copyfile(f"{path}-wal", f"{copy}-wal")
    return replace(options, state=copy)


def told(opened: Opened) -> object:
    world = opened.world
    return (
        world.ident,
        world.seq,
        [conversation_to_wire(conv) for conv in world.in_order()],
        [message_to_wire(one) for thread in world.threads.values() for one in thread],
        [contact_to_wire(contact) for contact in world.contacts.values()],
        {key: (kept.body, kept.answer) for key, kept in world.answers.items()},
        {conv: (seat.persona.id, seat.mood) for conv, seat in opened.simulation.seats.items()},
        {conv: agent for conv, agent in world.changed_by.items() if agent is not None},
        world.ratings,
        world.sent,
        (world.next_number, world.next_contact, world.next_message),
        (world.epoch, opened.stream.kept()),
    )


async def greet(link: ClientConnection, resume: Frame | None) -> None:
    hello = {"frame": "hello", "v": 1, "agent": "ana", "device": "d", "resume": resume}
    await link.send(json.dumps(hello))


async def exchange(server: DeskServer, resume: Frame | None, *frames: Frame) -> list[Frame]:
    """Say hello and the frames; everything up to the last answer."""
    async with dial(server) as link:
        heard: list[Frame] = []
        await greet(link, resume)
        for frame in frames:
            await link.send(json.dumps(frame))
        while not heard or (frames and heard[-1].get("id") != frames[-1]["id"]):
            heard.append(json.loads(await asyncio.wait_for(link.recv(), 5)))
        return heard


def dial(server: DeskServer) -> connect:
    headers = {"Authorization": f"Bearer {server.token}"}
    return connect(server.url, additional_headers=headers, proxy=None)


def command(op: str, ident: str, conv: str = "c-1001", **data: Any) -> Frame:
    return {"frame": "cmd", "id": ident, "op": op, "conv": conv, "data": data}


def note(ident: str) -> Frame:
    return command("note", ident, text=f"note {ident}")


# ── going on ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("end", ["clean", "kill -9"])
async def test_the_desk_goes_on_where_it_was(options: MockOptions, end: str) -> None:
    async with running(options) as server:
        first = await exchange(server, None, note("n1"))
        answer = first[-1]
        left_behind = killed(options)
        if end == "clean":
            await asyncio.sleep(0)
    if end == "kill -9":
        options = left_behind
    async with running(options, now=NOW + timedelta(minutes=5)) as again:
        seen = {"epoch": first[0]["epoch"], "seq": answer["result"]["seq"]}
        heard = await exchange(again, seen, note("n1"), note("n2"))
        assert (heard[0]["mode"], heard[0]["epoch"]) == ("resumed", first[0]["epoch"])
        assert heard[0]["desk"]["id"] == first[0]["desk"]["id"]
        events = [one["seq"] for one in heard if one["frame"] == "ev"]
        assert events == list(range(seen["seq"] + 1, events[-1] + 1))
        answers = [one for one in heard if one["frame"] == "res"]
        assert answers[0] == answer, "the first answer, not a second note"
        assert answers[1]["ok"] is True
        texts = [one.text for one in again.world.threads["c-1001"]]
        assert texts.count("note n1") == 1


async def test_a_clean_end_takes_everything_along(options: MockOptions) -> None:
    async with running(options) as server:
        await exchange(server, None, note("n1"))
    async with running(options, now=NOW + timedelta(minutes=5)) as again:
        assert told(again.opened) == told(server.opened)


async def test_whatever_happens_the_file_is_the_desk_at_every_moment(options: MockOptions) -> None:
    """Customers come, write and rate, agents do everything there is: a copy is always all of it."""
    rng = Random(11)
    async with running(replace(options, rate=2.0)) as server:
        clock = server.clock
        assert isinstance(clock, ManualClock)
        for step in range(40):
            for number in range(rng.randrange(4)):
                agent, frame = _anything(server, f"x{step}-{number}", rng)
                outcome = server.world.command(agent, frame, clock.now())
                events = (*outcome.events, *server.simulation.told(outcome.events, clock.now()))
                server.floor.publish(events)
            clock.advance(rng.uniform(0, 40))
            await server.tick()
            keeper_of(server).keep_all()
            if step % 6 == 3:
                opened = open_desk(killed(options, f"copy{step}.db"), clock.now(), "e-new")
                assert told(opened) == told(server.opened)
                assert opened.file is not None
                opened.file.close()
        assert server.world.ratings
        assert server.world.next_number > 1025, "somebody came"


def _anything(server: DeskServer, ident: str, rng: Random) -> tuple[str, Frame]:
    conv = rng.choice(list(server.world.conversations.values()))
    everything: list[tuple[str, Frame]] = [
        ("note", {"text": "Grüße 👋"}), ("send", {"text": "Hallo"}), ("resolve", {}),
        ("assign", {"agent": rng.choice([None, "ana", "ben"])}), ("reopen", {}),
        ("label", {"add": [rng.choice("abc")], "remove": [rng.choice("abc")]}),
        ("priority", {"priority": "high"}), ("unread", {}), ("read", {"seq": 10**6}),
        ("snooze", {"until": "2026-11-24T08:00:00Z"}), ("team", {"team": "returns"}),
        ("nonsense", {}),
    ]  # fmt: skip
    op, data = rng.choice(everything)
    frame = command(op, ident, conv.id, **data)
    return rng.choice(["ana", "ben"]), {**frame, "base_ver": conv.ver - (rng.random() < 0.1)}


async def test_no_frame_leaves_before_what_it_tells_is_on_disk(
    options: MockOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = await _early(options, monkeypatch)
    assert early == []


async def test_a_desk_that_tells_first_would_be_seen(
    options: MockOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "kept_line", lambda keep: ServerConnection)
    assert await _early(options, monkeypatch)


async def _early(options: MockOptions, monkeypatch: pytest.MonkeyPatch) -> list[Frame]:
    """The frames that went to a socket while the file did not know of them yet."""
    early: list[Frame] = []
    send = ServerConnection.send

    async def watched(self: ServerConnection, message: Any, *args: Any) -> None:
        frame = json.loads(message)
        if frame["frame"] in {"ev", "res"}:
            with closing(sqlite3.connect(path_of(killed(options, "look.db")))) as base:
                (seq,) = base.execute("SELECT seq FROM desk").fetchone()
                answers = {row[0] for row in base.execute("SELECT cmd_id FROM answer")}
            if frame.get("seq", 0) > seq or frame.get("id", "n0") not in {*answers, "n0"}:
                early.append(frame)
        await send(self, message, *args)

    monkeypatch.setattr(ServerConnection, "send", watched)
    async with running(options) as server:
        await exchange(server, None, *(note(f"n{number}") for number in range(1, 6)))
    return early


async def test_what_many_ask_in_one_turn_is_one_transaction(
    options: MockOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(options) as server:
        written: list[Rows] = []
        file = keeper_of(server)._the_file
        write = file.write

        def counted(rows: Rows) -> None:
            written.append(rows)
            write(rows)

        monkeypatch.setattr(file, "write", counted)
        await exchange(server, None, *(note(f"n{number}") for number in range(200)))
        assert len(server.world.answers) == 200
        assert len(written) < 100


async def test_a_new_epoch_is_kept_before_anybody_hears_of_it(options: MockOptions) -> None:
    async with running(options) as server:
        server.world.epoch = "e-other"
        assert (await exchange(server, None))[0]["epoch"] == "e-other"
        options = killed(options)
    assert open_desk(options, NOW, "e-new").world.epoch == "e-other"


async def test_who_sat_there_when_it_was_killed_sits_there_no_more(options: MockOptions) -> None:
    async with running(options) as server, dial(server) as link:
        await greet(link, None)
        welcome = json.loads(await link.recv())
        keeper_of(server).keep()
        options = killed(options)
    async with running(options) as again:
        assert again.world.agents["ana"].availability is Availability.OFFLINE
        seen = {"epoch": welcome["epoch"], "seq": welcome["seq"]}
        heard = await exchange(again, seen, note("n"))
        told = [one["data"]["agent"] for one in heard if one.get("type") == "agent"]
        assert [agent["availability"] for agent in told] == ["offline", "online"]


async def test_only_the_owner_may_read_it_and_nothing_is_left_beside_it(
    options: MockOptions,
) -> None:
    path = path_of(options)
    async with running(options):
        names = {file.name for file in path.parent.iterdir()}
        assert names == {"state.db", "state.db-wal"}
        assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    assert [file.name for file in path.parent.iterdir()] == ["state.db"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


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
        await exchange(server, None, command("send", "s", conv.id, text="Hi"))
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
        pass
    async with running(options) as again:
        assert told(again.opened) == told(server.opened)
        assert len(again.world.contacts) == 500 + (server.world.next_contact - 501)
        assert all(
            seat.persona.id.startswith("retail-") for seat in again.simulation.seats.values()
        )


async def test_what_is_past_its_time_is_let_go(options: MockOptions) -> None:
    async with running(options) as server:
        server.opened.stream.keep = 50
        clock = server.clock
        assert isinstance(clock, ManualClock)
        for number in range(120):
            if number == 60:
                clock.advance(9 * 86_400)
            outcome = server.world.command("ana", note(f"n{number}"), clock.now())
            server.floor.publish(outcome.events)
            keeper_of(server).keep()
    with closing(sqlite3.connect(path_of(options))) as base:
        events = [row[0] for row in base.execute("SELECT seq FROM event ORDER BY seq")]
        assert events == list(range(server.world.seq - 49, server.world.seq + 1))
        answers = base.execute("SELECT cmd_id FROM answer ORDER BY place").fetchall()
        assert [row[0] for row in answers] == [f"n{number}" for number in range(60, 120)]
    async with running(options) as again:
        assert again.world.epoch == server.world.epoch
        assert len(again.world.threads["c-1001"]) == len(server.world.threads["c-1001"])


async def test_more_may_happen_unseen_than_is_kept_for_resuming(options: MockOptions) -> None:
    async with running(options) as server:
        server.opened.stream.keep = 50
        for number in range(120):
            outcome = server.world.command("ana", note(f"n{number}"), server.clock.now())
            server.floor.publish(outcome.events)
        keeper_of(server).keep()
        options = killed(options)
    opened = open_desk(options, NOW, "e-new")
    assert (opened.world.epoch, opened.world.seq) == (server.world.epoch, server.world.seq)
    assert len(opened.stream.kept()) == 50


# ── which desk it is ────────────────────────────────────────────────────────────────────


async def test_a_desk_keeps_its_identity_and_no_other_has_it(options: MockOptions) -> None:
    unkept = replace(options, state=None)
    idents = []
    for one in (options, options, unkept, unkept):
        async with running(one) as server:
            welcome = (await exchange(server, None))[0]
            idents.append(welcome["desk"]["id"])
    assert idents[0] == idents[1]
    assert len(set(idents)) == 3
    assert all(idents)
    assert open_desk(unkept, NOW, "e1", "d-known").world.ident == "d-known"


# ── what cannot be vouched for ──────────────────────────────────────────────────────────


@pytest.mark.parametrize("loss", ["wal", "hole", "tail", "foreign"])
async def test_where_something_is_missing_the_sequence_begins_anew(
    options: MockOptions, loss: str
) -> None:
    async with running(options) as server:
        first = await exchange(server, None, *(note(f"n{number}") for number in range(5)))
        keeper_of(server).keep()
        options = killed(options, wal=loss != "wal")
    if loss != "wal":
        with closing(sqlite3.connect(path_of(options))) as base, base:
            newest = base.execute("SELECT max(seq) FROM event").fetchone()[0]
            gone = {"hole": newest - 2, "tail": newest, "foreign": newest - 1}[loss]
            if loss == "foreign":
                base.execute("UPDATE event SET frame = '{}' WHERE seq = ?", (gone,))
            else:
                base.execute("DELETE FROM event WHERE seq = ?", (gone,))
        Path(f"{path_of(options)}-wal").touch()
    async with running(options) as again:
        assert again.world.epoch != first[0]["epoch"]
        seen = {"epoch": first[0]["epoch"], "seq": first[0]["seq"]}
        heard = await exchange(again, seen, note("m"))
        assert heard[0]["mode"] == "snapshot"
        texts = [one.text for one in again.world.threads["c-1001"]]
        assert texts.count("note n0") == (loss != "wal")
        second = {"epoch": heard[0]["epoch"], "seq": heard[0]["seq"]}
        options = killed(options, "killed-again.db")
    async with running(options) as third:
        assert (await exchange(third, second))[0]["mode"] == "resumed", "from here on it is sure"


async def test_a_wal_of_a_file_that_was_taken_away_does_no_harm(options: MockOptions) -> None:
    async with running(options) as server:
        await exchange(server, None, note("n1"))
        left = killed(options)
    path_of(left).unlink()
    async with running(replace(left, conversations=3)) as again:
        assert len(again.world.conversations) == 3
        assert again.world.ident != server.world.ident


async def test_two_desks_do_not_share_a_file(
    options: MockOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_file, "_BUSY_SECONDS", 0.05)
    async with running(options) as server:
        with pytest.raises(MockError, match="in use by another desk"):
            await DeskServer(options, ManualClock(NOW)).start()
        await exchange(server, None, note("n1"))
    async with running(options) as again:
        assert ("ana", "n1") in again.world.answers


# ── a disk that fails ───────────────────────────────────────────────────────────────────


async def test_a_full_disk_stops_the_desk_and_nothing_false_was_told(options: MockOptions) -> None:
    server = DeskServer(options, ManualClock(NOW))
    await server.start()
    waiting = asyncio.create_task(server.until(asyncio.Event()))
    base = keeper_of(server)._the_file._base
    (pages,) = base.execute("PRAGMA page_count").fetchone()
    base.execute(f"PRAGMA max_page_count = {pages + 8}")
    answered = []
    async with dial(server) as link:
        await greet(link, None)
        with pytest.raises(ConnectionClosed):
            for number in range(500):
                await link.send(json.dumps(command("note", f"n{number}", text="x" * 500)))
                while (frame := json.loads(await link.recv())).get("id") != f"n{number}":
                    pass
                answered.append(frame["id"])
    with pytest.raises(MockError, match=r"state\.db.*full.*told.*is kept"):
        await asyncio.wait_for(waiting, 5)
    with pytest.raises(MockError):
        await server.aclose()
    assert answered
    async with running(options) as again:
        assert set(answered) <= {cmd for _agent, cmd in again.world.answers}
        assert again.world.epoch == server.world.epoch


async def test_where_nothing_can_be_written_the_desk_does_not_start(
    options: MockOptions, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(MockError, match=r"cannot be (written|used)"):
        async with running(replace(options, state=tmp_path / "file" / "state.db")):
            pass


async def test_a_first_file_that_cannot_be_finished_leaves_nothing(
    options: MockOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("agent_tui.backends.mock.state_file._put", full)
    with pytest.raises((MockError, TypeError)):
        async with running(options):
            pass
    assert list(path_of(options).parent.iterdir()) == []


async def test_a_port_in_use_leaves_the_file_whole_and_free(options: MockOptions) -> None:
    async with running(options) as server:
        other = replace(options, port=server.port, state=path_of(options).with_name("other.db"))
        with pytest.raises(MockError, match="in use already"):
            await DeskServer(other, ManualClock(NOW)).start()
    async with running(replace(other, port=0)):
        pass


# ── damage ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def content(options: MockOptions) -> bytes:
    async with running(options) as server:
        await exchange(server, None, *(note(f"n{number}") for number in range(5)))
    return path_of(options).read_bytes()


def use(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


DAMAGE = [b"", b"{", b"null", b"7", b"\xff\xfe", b"SQLite format 3\0", b"SQLite format 3\0" * 600]


@pytest.mark.parametrize("damage", DAMAGE, ids=range(len(DAMAGE)))
def test_a_damaged_file_is_an_error_that_names_it_and_says_what_to_do(
    options: MockOptions, damage: bytes
) -> None:
    path = path_of(options)
    use(path, damage)
    with pytest.raises(MockError, match=r"state\.db") as error:
        open_desk(options, NOW, "e1")
    assert "Move it away" in str(error.value)
    assert path.read_bytes() == damage, "what is damaged is left as it is"


def test_the_file_of_an_earlier_version_is_refused_in_words_of_its_own(
    options: MockOptions,
) -> None:
    use(path_of(options), b'{"format":1,"clean":true,"epoch":"e1"}')
    with pytest.raises(MockError, match=r"state\.db is from an earlier version.*Move it away"):
        open_desk(options, NOW, "e1")


def test_a_file_of_a_later_version_is_refused(options: MockOptions, content: bytes) -> None:
    with closing(sqlite3.connect(path_of(options))) as base:
        base.execute("PRAGMA user_version = 3")
    with pytest.raises(MockError, match="format 3, this program writes 2"):
        open_desk(options, NOW, "e1")


def test_values_of_the_wrong_kind_are_damage_and_never_anything_else(
    options: MockOptions, content: bytes
) -> None:
    """Wherever one value is replaced by another kind, it loads or it is a clear error."""
    rng, refused = Random(3), 0
    for _ in range(40):
        use(path_of(options), content)
        _spoil(path_of(options), rng)
        try:
            opened = open_desk(options, NOW, "e2")
        except MockError as error:
            refused += 1
            assert "state.db" in str(error)
        else:
            assert opened.file is not None
            opened.file.close()
    assert refused >= 6


TABLES = ("desk", "contact", "conversation", "message", "agent", "answer", "event")


def _spoil(path: Path, rng: Random) -> None:
    """Replace one value somewhere, or inside of one, by something it should not be."""
    with closing(sqlite3.connect(path)) as base, base:
        table = rng.choice(TABLES)
        place, *row = rng.choice(base.execute(f"SELECT rowid, * FROM {table}").fetchall())
        names = [one[1] for one in base.execute(f"PRAGMA table_info({table})")]
        column = rng.randrange(len(names))
        value: Any = rng.choice([7, "x", "[]", b"\xff", -1, "{}", 2**62])
        if isinstance(row[column], str) and row[column].startswith("{") and rng.random() < 0.8:
            inner = json.loads(row[column])
            _spoil_value(inner, rng)
            value = json.dumps(inner)
        try:
            change = f"UPDATE {table} SET {names[column]} = ? WHERE rowid = ?"
            base.execute(change, (value, place))
        except (sqlite3.IntegrityError, sqlite3.OperationalError):
            base.execute(f"DELETE FROM {table} WHERE rowid = ?", (place,))


def _spoil_value(value: Any, rng: Random) -> None:
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
    rng = Random(5)
    for _ in range(20):
        use(path_of(options), content[: rng.randrange(len(content) - 4096)])
        with pytest.raises(MockError):
            open_desk(options, NOW, "e2")
