"""The desk's side door: who gets in, what one can ask, and how a desk is found."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent_tui.backends.mock import control_place
from agent_tui.backends.mock.control import Control
from agent_tui.backends.mock.control_client import ask, find
from agent_tui.backends.mock.control_place import folder, running
from agent_tui.backends.mock.faults.script import parse_plan
from agent_tui.backends.mock.options import MockError, MockOptions
from agent_tui.backends.mock.server import DeskServer
from agent_tui.clock import ManualClock

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SCRIPT = 'steps = [{at = 60, fault = "drop"}]'


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A runtime folder of the test's own, with a path that is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="run") as path:
        monkeypatch.setenv("XDG_RUNTIME_DIR", path)
        yield Path(path)


@pytest.fixture
async def desk(runtime: Path) -> AsyncIterator[DeskServer]:
    """A desk with a side door."""
    options = MockOptions(
        rate=0, hb=60, conversations=3, token="t-1", faults=parse_plan(Path("d.toml"), SCRIPT)
    )
    server = DeskServer(options, ManualClock(NOW))
    await server.start()
    control = Control(server)
    await control.start()
    yield server
    await control.aclose()
    await server.aclose()
    assert not list((runtime / "agent-tui").iterdir())


async def said(desk: DeskServer, do: str, fault: str | None = None, **wanted: Any) -> list[str]:
    """What the desk says."""
    request = {"do": do, "fault": fault, "with": wanted}
    return await asyncio.to_thread(ask, find(desk.port), "t-1", request)


async def test_faults_are_set_told_and_cleared(desk: DeskServer) -> None:
    """As by hand."""
    assert await said(desk, "faults") == ["in 60 s: drop every=0"]
    words = await said(desk, "set", "latency", ms=300, **{"for": 20})
    assert words == ["latency ms=300 is on for 20 s"]
    assert desk.faults.on()[0][1] == 20
    assert await said(desk, "set", "silence") == ["silence is on until it is cleared"]
    assert await said(desk, "set", "epoch") == ["epoch: done"]
    assert (await said(desk, "faults"))[:2] == [
        "latency ms=300 is on for 20 s",
        "silence is on until it is cleared",
    ]
    assert await said(desk, "clear", "latency") == ["latency ms=300 is off"]
    assert await said(desk, "clear", "script") == ["drop every=0 is off"]
    assert await said(desk, "clear") == ["silence is off"]
    assert await said(desk, "clear") == ["nothing is on"]
    assert await said(desk, "faults") == ["nothing is on"]


async def test_the_newest_token_is_told_to_who_has_any(desk: DeskServer) -> None:
    """An old one opens the side door for ever; after a revocation there is none to tell."""
    assert await said(desk, "token") == ["t-1"]
    await said(desk, "set", "expire")
    [fresh] = await said(desk, "token")
    assert fresh == desk.tokens.current != "t-1"
    await said(desk, "set", "revoke")
    with pytest.raises(MockError, match="ctl renew"):
        await said(desk, "token")
    await said(desk, "set", "renew")
    assert await said(desk, "token") == [desk.tokens.current]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"do": "faults"}, "token is missing or wrong"),
        ({"do": "faults", "token": "t-2"}, "token is missing or wrong"),
        ({"do": "faults", "token": "t-1\ud800"}, "token is missing or wrong"),
        ({"do": "faults", "token": ["t-1"]}, "token is missing or wrong"),
        ({"do": "set", "fault": "kill", "token": "t-1"}, "kill is only for"),
        ({"do": "set", "fault": "latncy", "token": "t-1"}, "did you mean 'latency'"),
        ({"do": "set", "fault": "latency", "with": {"ms": []}, "token": "t-1"}, "ms must be"),
        ({"do": "clear", "fault": 3, "token": "t-1"}, "does not know what that means"),
        ({"do": "dance", "token": "t-1"}, "does not know what that means"),
        ([1], "not an object"),
    ],
)
async def test_what_is_refused_changes_nothing(desk: DeskServer, request_: Any, words: str) -> None:
    """And is told why, in words."""
    with pytest.raises(MockError, match=words):
        await asyncio.to_thread(_raw, find(desk.port), request_)
    assert desk.faults.on() == ()


def _raw(path: Path, request: Any) -> None:
    """Ask with exactly this object."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(5)
        line.connect(str(path))
        line.sendall(json.dumps(request).encode() + b"\n")
        answer = json.loads(line.recv(65_536))
    assert answer["ok"] is False
    raise MockError(" ".join(answer["said"]))


async def test_who_says_nothing_or_too_much_is_hung_up_on(desk: DeskServer) -> None:
    """And the next one is heard."""
    for data in (b"", b"x" * 200_000 + b"\n", b"\xff\n", b"{}"):
        reader, writer = await asyncio.open_unix_connection(str(find(desk.port)))
        writer.write(data)
        writer.write_eof()
        answer = await asyncio.wait_for(_rest(reader), 5)
        assert b'"ok": true' not in answer
        writer.close()
    assert await said(desk, "faults")


async def _rest(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionError:
        return b""


async def test_the_socket_is_for_its_owner_alone(desk: DeskServer) -> None:
    """As is its folder."""
    path = find(desk.port)
    assert path.name == f"mock-{desk.port}.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_desk_is_found_by_its_port(desk: DeskServer, runtime: Path) -> None:
    """Or because it is the only one; what dead desks left is tidied away."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(runtime / "agent-tui" / "mock-1.sock"))
    assert running() == {desk.port: find(desk.port)}
    assert not (runtime / "agent-tui" / "mock-1.sock").exists()
    with pytest.raises(MockError, match=f"No mock desk runs on port 1; there is: {desk.port}"):
        find(1)
    other = DeskServer(MockOptions(rate=0, conversations=1), ManualClock(NOW))
    await other.start()
    control = Control(other)
    await control.start()
    ports = sorted((desk.port, other.port))
    with pytest.raises(MockError, match=f"{ports[0]}, {ports[1]}.*--port"):
        find(None)
    assert find(other.port) == control.path
    await control.aclose()
    await other.aclose()
    assert find(None) == find(desk.port)


async def test_a_socket_may_be_anywhere_but_not_on_something(
    desk: DeskServer, runtime: Path
) -> None:
    """A dead socket is replaced; a file, a live socket and a long path are refused."""
    place = runtime / "c"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(place))
    control = Control(desk, place)
    await control.start()
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    with pytest.raises(MockError, match="in use already"):
        await Control(desk, place).start()
    await control.aclose()
    place.write_text("mine")
    with pytest.raises(MockError, match="in use already"):
        await Control(desk, place).start()
    assert place.read_text() == "mine"
    with pytest.raises(MockError, match="too long"):
        await Control(desk, runtime / ("x" * 120)).start()
    with pytest.raises(MockError, match="can be no control socket"):
        await Control(desk, runtime / "no" / "c").start()


def test_without_a_desk_that_is_what_is_said(runtime: Path) -> None:
    """And what starts one; a desk that is gone is told as such."""
    with pytest.raises(MockError, match="agent-tui mock starts one"):
        find(None)
    with pytest.raises(MockError, match="No mock desk runs on port 7; there is: none"):
        find(7)
    with pytest.raises(MockError, match="Nobody answers"):
        ask(runtime / "gone", "t-1", {"do": "faults"})


def test_the_folder_is_private_or_there_is_none(
    runtime: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One that is there is closed; a link to elsewhere is refused; else it is with the state."""
    (runtime / "agent-tui").mkdir(mode=0o755)
    assert stat.S_IMODE(folder().stat().st_mode) == 0o700
    (runtime / "agent-tui").rmdir()
    (runtime / "agent-tui").symlink_to(tmp_path)
    with pytest.raises(MockError, match="no folder of your own"):
        folder()
    environ = {**os.environ, "XDG_RUNTIME_DIR": "relative"}
    monkeypatch.setenv("XDG_STATE_HOME", str(runtime / "state"))
    assert folder(environ).parts[-2:] == ("agent-tui", "run")
    assert stat.S_IMODE(folder(environ).stat().st_mode) == 0o700


def test_a_path_too_long_for_a_socket_gives_way_to_a_short_one(
    runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = runtime / ("d" * 90)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    monkeypatch.setattr(tempfile, "tempdir", str(runtime))
    assert folder() == runtime / f"agent-tui-{os.getuid()}"
    assert stat.S_IMODE(folder().stat().st_mode) == 0o700


def test_where_there_are_no_such_sockets_a_script_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Because that works everywhere."""
    monkeypatch.setattr(control_place, "HAS_SOCKETS", False)
    with pytest.raises(MockError, match="--faults FILE"):
        find(None)
