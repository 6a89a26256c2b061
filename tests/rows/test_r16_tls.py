"""R16: certificates, proxies and redirections: the right words, no silent retries, and the token
goes to nobody but the desk that was named."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from certificates import Issuer, issuer
from row import Row
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from agent_tui.backends.desk import client, dialling, explain, proxies
from agent_tui.backends.desk.client import DeskAddress, DeskBackend
from agent_tui.clock import SystemClock
from agent_tui.credentials.secret import Secret
from agent_tui.events import Link, LinkChanged

TOKEN = "canary-0f5e8a"
NEEDED = "the right message, 0 silent retries, 0 tokens to another host"
STAMP = "2026-11-23T08:00:00.000Z"
WATCHED = 0.08
"""Seconds in which a silent retry would show: waits are a hundredth of what they are."""


@dataclass
class Host:
    """Somebody who listens: how often he was connected to, and all that he was told."""

    connections: int = 0
    heard: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def knows(self) -> bool:
        """He has seen the token."""
        return any(TOKEN in text for text in self.heard)


@asynccontextmanager
async def desk(context: ssl.SSLContext | None, sends_to: str | None = None) -> AsyncIterator[Host]:
    """A desk that lets everybody in, or one that sends everybody to another address."""
    host = Host()

    def door(ws: ServerConnection, request: Request) -> Response | None:
        host.heard.append(str(request.headers))
        if sends_to is None:
            return None
        response = ws.respond(302, "elsewhere\n")
        response.headers["Location"] = sends_to
        return response

    async def talk(ws: ServerConnection) -> None:
        await ws.recv()
        welcome = {
            "frame": "welcome", "v": 1, "mode": "snapshot", "epoch": "e1", "seq": 1, "hb": 30,
            "server_time": STAMP, "me": "ana", "desk": {"name": "N", "timezone": "UTC"},
        }  # fmt: skip
        snap = {"frame": "snap", "part": 1, "parts": 1, "at_seq": 1, "conversations": []}
        await ws.send(json.dumps(welcome))
        await ws.send(json.dumps(snap))
        async for frame in ws:
            host.heard.append(str(frame))

    class Counted(ServerConnection):
        def __init__(self, *args: Any, **more: Any) -> None:
            host.connections += 1
            super().__init__(*args, **more)

    made = serve(talk, "127.0.0.1", 0, process_request=door, ssl=context, create_connection=Counted)
    async with made as server:
        host.port = next(iter(server.sockets)).getsockname()[1]
        yield host


@asynccontextmanager
async def proxy(answer: str = "200 Go on") -> AsyncIterator[Host]:
    """An HTTP proxy that connects to this machine, whatever host was named."""
    host = Host()
    tasks: set[asyncio.Task[None]] = set()

    async def pass_on(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                host.heard.append(data.decode("latin-1"))
                to.write(data)
                await to.drain()
        to.close()

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host.connections += 1
        with suppress(asyncio.IncompleteReadError, OSError):
            request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            host.heard.append(request)
            writer.write(f"HTTP/1.1 {answer}\r\n\r\n".encode())
            if not answer.startswith("200"):
                writer.close()
                return
            port = int(request.split()[1].rpartition(":")[2])
            there, back = await asyncio.open_connection("127.0.0.1", port)
            ways = ((reader, back), (there, writer))
            tasks.update(asyncio.create_task(pass_on(*way)) for way in ways)

    server = await asyncio.start_server(serve_one, "127.0.0.1", 0)
    async with server:
        host.port = server.sockets[0].getsockname()[1]
        yield host
        for task in tasks:
            task.cancel()


@dataclass
class Seen:
    """What became of one attempt to sit down."""

    link: Link
    words: str
    tries: int
    """Attempts that were made, whoever got them."""


async def sit_down(url: str, ca_file: Path | None = None) -> Seen:
    """Connect: live, or given up, or offline."""
    address = DeskAddress(url, Secret(TOKEN), "ana", "device-1", ca_file)
    backend = DeskBackend(address, SystemClock(), Random(7))
    told: list[LinkChanged] = []

    async def listen() -> None:
        async for event in backend.events():
            if isinstance(event, LinkChanged):
                told.append(event)

    listening = asyncio.create_task(listen())
    try:
        async with asyncio.timeout(5):
            while not told or told[-1].link in {Link.CONNECTING, Link.CATCHING_UP}:
                await asyncio.sleep(0.005)
        first = told[-1]
        if first.link is not Link.LIVE:
            await asyncio.sleep(WATCHED)
        tries = sum(one.link is Link.CONNECTING for one in told)
        return Seen(first.link, first.detail, tries)
    finally:
        await backend.aclose()
        await listening


@dataclass(frozen=True)
class Place:
    """The surroundings of all cases."""

    ca: Issuer
    contexts: dict[str, ssl.SSLContext]
    other_ca: Issuer
    patch: pytest.MonkeyPatch


Case = Callable[[Place], Awaitable[list[str]]]


def faults(seen: Seen, link: Link, *words: str) -> list[str]:
    """What is not as it has to be."""
    found = [] if seen.link is link else [f"{seen.link} instead of {link} ({seen.words})"]
    found += [f"does not say {word!r}: {seen.words!r}" for word in words if word not in seen.words]
    if seen.tries != 1:
        found.append(f"{seen.tries} tries")
    return found


async def bad_certificate(place: Place, name: str, *words: str) -> list[str]:
    """One connection, no token, and words that name host and reason."""
    async with desk(place.contexts[name]) as host:
        seen = await sit_down(f"wss://localhost:{host.port}", place.ca.file)
    found = faults(seen, Link.CLOSED, "localhost", *words)
    if host.connections != 1:
        found.append(f"{host.connections} connections")
    return found + ["the token was told"] * host.knows


async def own_ca(place: Place, by: str) -> list[str]:
    """An issuer of the company's own, by the setting or by the environment: live."""
    if by == "environment":
        place.patch.setenv("SSL_CERT_FILE", str(place.ca.file))
    async with desk(place.contexts["good"]) as host:
        ca_file = place.ca.file if by == "setting" else None
        seen = await sit_down(f"wss://localhost:{host.port}", ca_file)
    return faults(seen, Link.LIVE) + ["the desk got no token"] * (not host.knows)


async def own_ca_is_the_only_one(place: Place) -> list[str]:
    """Who is named is trusted, and nobody else, whatever the environment says."""
    place.patch.setenv("SSL_CERT_FILE", str(place.ca.file))
    async with desk(place.contexts["good"]) as host:
        seen = await sit_down(f"wss://localhost:{host.port}", place.other_ca.file)
    return faults(seen, Link.CLOSED, "not trusted") + ["the token was told"] * host.knows


async def bad_ca_file(place: Place, text: str | None) -> list[str]:
    """The file is named, and nobody is connected to."""
    file = place.ca.folder / "broken.pem"
    file.unlink(missing_ok=True)
    if text is not None:
        file.write_text(text)
    async with desk(place.contexts["good"]) as host:
        seen = await sit_down(f"wss://localhost:{host.port}", file)
    found = faults(seen, Link.CLOSED, "broken.pem", "CA file")
    return found + ["connected all the same"] * host.connections


async def no_tls(place: Place) -> list[str]:
    """A desk in the open behind an address that promises more: it breaks off, as one that dies."""
    async with desk(None) as host:
        seen = await sit_down(f"wss://localhost:{host.port}", place.ca.file)
    found = faults(replace(seen, tries=1), Link.OFFLINE, "TLS")
    return found + ["the token was told"] * host.knows


async def redirected(place: Place, secure: bool) -> list[str]:
    """Nobody follows, and the words say where to."""
    async with desk(place.contexts["good"] if secure else None) as other:
        there = f"{'wss' if secure else 'ws'}://localhost:{other.port}/?ticket=secret"
        async with desk(place.contexts["good"], there) as host:
            seen = await sit_down(f"wss://localhost:{host.port}", place.ca.file)
    found = faults(seen, Link.CLOSED, "302", f"localhost:{other.port}")
    found += ["the way on was shown whole"] * ("secret" in seen.words)
    return found + ["went to another host"] * other.connections + ["told it"] * other.knows


def names(patch: pytest.MonkeyPatch) -> None:
    """The name desk.test is this machine's."""
    sound = socket.getaddrinfo

    def look_up(host: Any, *more: Any, **named: Any) -> Any:
        return sound("127.0.0.1" if host == "desk.test" else host, *more, **named)

    patch.setattr(socket, "getaddrinfo", look_up)


async def through_a_proxy(
    place: Place, url: str, expected: int, no_proxy: str = "", name: str = "HTTPS_PROXY"
) -> list[str]:
    """How often the proxy is asked; what it passes on it cannot read."""
    names(place.patch)
    async with AsyncExitStack() as stack:
        host = await stack.enter_async_context(desk(place.contexts["good"]))
        between = await stack.enter_async_context(proxy())
        place.patch.setenv(name, f"http://ana:hunter2@127.0.0.1:{between.port}")
        place.patch.setenv("NO_PROXY", no_proxy)
        seen = await sit_down(url.format(port=host.port), place.ca.file)
    found = faults(seen, Link.LIVE) + ["the desk got no token"] * (not host.knows)
    if between.connections != expected:
        found.append(f"the proxy was asked {between.connections} times")
    return found + ["the proxy read the token"] * between.knows


async def stopped_by_a_proxy(place: Place, answer: str, *words: str) -> list[str]:
    """Its word is final, and its password stays unseen."""
    async with proxy(answer) as between:
        place.patch.setenv("HTTPS_PROXY", f"http://ana:hunter2@127.0.0.1:{between.port}")
        place.patch.setenv("NO_PROXY", "")
        seen = await sit_down("wss://desk.test:443", place.ca.file)
    found = faults(seen, Link.CLOSED, f"127.0.0.1:{between.port}", *words)
    found += ["the password was shown"] * ("hunter2" in seen.words)
    return found + ["the proxy read the token"] * between.knows


async def socks(place: Place) -> list[str]:
    """What is not installed is named; nothing else is tried."""
    place.patch.setenv("ALL_PROXY", "socks5://ana:hunter2@127.0.0.1:9")
    place.patch.setenv("NO_PROXY", "")
    seen = await sit_down("wss://desk.test:443", place.ca.file)
    found = faults(seen, Link.CLOSED, "SOCKS", "python-socks", "NO_PROXY")
    return found + ["the password was shown"] * ("hunter2" in seen.words)


async def no_proxy_there(place: Place) -> list[str]:
    """It is the proxy that is named, not the desk."""
    place.patch.setenv("HTTPS_PROXY", "http://ana:hunter2@127.0.0.1:9")
    place.patch.setenv("NO_PROXY", "")
    seen = await sit_down("wss://desk.test:443", place.ca.file)
    found = faults(replace(seen, tries=1), Link.OFFLINE, "proxy http://127.0.0.1:9", "HTTPS_PROXY")
    return found + ["the password was shown"] * ("hunter2" in seen.words)


def cases() -> dict[str, Case]:
    """Every case by its name."""
    far = "wss://desk.test:{port}"
    return {
        "unknown issuer": lambda p: bad_certificate(p, "unknown", "not trusted", "ca_file"),
        "other host": lambda p: bad_certificate(p, "other", "another host's"),
        "expired": lambda p: bad_certificate(p, "expired", "out of date", "clock"),
        "not valid yet": lambda p: bad_certificate(p, "early", "not valid yet", "clock"),
        "own CA by the setting": lambda p: own_ca(p, "setting"),
        "own CA by SSL_CERT_FILE": lambda p: own_ca(p, "environment"),
        "only the own CA": own_ca_is_the_only_one,
        "no CA file": lambda p: bad_ca_file(p, None),
        "CA file of garbage": lambda p: bad_ca_file(p, "garbage"),
        "empty CA file": lambda p: bad_ca_file(p, ""),
        "no TLS": no_tls,
        "redirected": lambda p: redirected(p, True),
        "redirected into the open": lambda p: redirected(p, False),
        "proxy": lambda p: through_a_proxy(p, far, 1),
        "proxy for all": lambda p: through_a_proxy(p, far, 1, name="ALL_PROXY"),
        "no_proxy": lambda p: through_a_proxy(p, far, 0, "desk.test"),
        "no_proxy by domain": lambda p: through_a_proxy(p, far, 0, ".test"),
        "loopback": lambda p: through_a_proxy(p, "wss://localhost:{port}", 0),
        "proxy wants a login": lambda p: stopped_by_a_proxy(p, "407 Who?", "407", "password into"),
        "proxy forbids": lambda p: stopped_by_a_proxy(p, "403 No", "403", "NO_PROXY"),
        "SOCKS": socks,
        "no proxy there": no_proxy_there,
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Callable[[pytest.MonkeyPatch], Place]:
    """Two authorities, and what one of them signed."""
    folder = tmp_path_factory.mktemp("tls")
    ca, other = issuer(folder / "ours"), issuer(folder / "others", "Another CA")
    contexts = {
        "good": ca.server("good"),
        "unknown": other.server("unknown"),
        "other": ca.server("other", hosts=("DNS:other.example", "IP:127.0.0.2")),
        "expired": ca.server("expired", days=(-30, -1)),
        "early": ca.server("early", days=(2, 30)),
    }
    return partial(Place, ca, contexts, other)


async def check(
    place: Callable[[pytest.MonkeyPatch], Place], only: tuple[str, ...] = ()
) -> tuple[int, list[str]]:
    """Every case once: how many, and what was wrong."""
    wrong, all_of_them = [], cases()
    for name in only or tuple(all_of_them):
        with pytest.MonkeyPatch.context() as patch:
            for variable in proxies.VARIABLES:
                patch.delenv(f"{variable}_PROXY".upper(), raising=False)
                patch.delenv(f"{variable}_proxy", raising=False)
            patch.delenv("SSL_CERT_FILE", raising=False)
            wrong += [f"{name}: {fault}" for fault in await all_of_them[name](place(patch))]
    return len(only or all_of_them), wrong


class Quick:
    """asyncio as the client sees it; a wait is a hundredth, so that retries would show."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 100)


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be tried again is tried again at once."""
    monkeypatch.setattr(client, "asyncio", Quick())


@pytest.mark.row("R16", NEEDED)
async def test_r16_tls(row: Row, place: Callable[[pytest.MonkeyPatch], Place]) -> None:
    """Certificates, CA files, proxies, redirections: each ends in its words, or in a live link."""
    made = 0
    wrong: list[str] = []
    for _round in range(row.pick(quick=1, full=10)):
        count, found = await check(place)
        made, wrong = made + count, wrong + found
    row.reached(f"{len(wrong)} wrong in {made} cases {wrong[:3]}", ok=not wrong)


# Planted


def nothing_is_checked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(dialling, "trusting", lambda _file: ssl._create_unverified_context())


def hosts_are_not_checked(patch: pytest.MonkeyPatch) -> None:
    sound = dialling.trusting

    def trusting(file: Path | None) -> ssl.SSLContext:
        context = sound(file)
        context.check_hostname = False
        return context

    patch.setattr(dialling, "trusting", trusting)


def certificates_are_tried_again(patch: pytest.MonkeyPatch) -> None:
    sound = explain.not_opened
    patch.setattr(explain, "not_opened", lambda *both: replace(sound(*both), final=False))


def redirections_are_followed(patch: pytest.MonkeyPatch) -> None:
    patch.delattr(dialling._Straight, "process_redirect")


def loopback_goes_through_the_proxy(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(proxies, "is_loopback", lambda _host: False)
    patch.setattr(urllib.request, "proxy_bypass", lambda _host: False)


def no_proxy_at_all(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(dialling, "proxy_for", lambda _url: None)


def proxies_are_shown_whole(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(proxies.Proxy, "shown", property(lambda self: self.url))


PLANTED = [
    (nothing_is_checked, ("unknown issuer", "expired")),
    (hosts_are_not_checked, ("other host",)),
    (certificates_are_tried_again, ("expired",)),
    (redirections_are_followed, ("redirected",)),
    (loopback_goes_through_the_proxy, ("loopback",)),
    (loopback_goes_through_the_proxy, ("no_proxy",)),
    (no_proxy_at_all, ("proxy",)),
    (proxies_are_shown_whole, ("proxy wants a login",)),
]


@pytest.mark.row_defect(
    "R16", "no verification, retries, redirections followed, proxy rules broken"
)
@pytest.mark.parametrize(("plant", "cases_"), PLANTED)
async def test_r16_catches(
    plant: Callable[[pytest.MonkeyPatch], None],
    cases_: tuple[str, ...],
    place: Callable[[pytest.MonkeyPatch], Place],
    monkeypatch: pytest.MonkeyPatch,
    row: Row,
) -> None:
    """The same check finds each of them, in each of its cases."""
    plant(monkeypatch)
    for case in cases_:
        _made, wrong = await check(place, (case,))
        assert wrong, case
