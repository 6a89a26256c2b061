"""Fetching attachments: from the mock desk as it should be, and from desks that are not."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from builders import NOW

from agent_tui.backends.base import CannotFetch
from agent_tui.backends.desk import attachments
from agent_tui.backends.desk.attachments import download
from agent_tui.backends.mock.options import MockOptions
from agent_tui.backends.mock.records import Attachment
from agent_tui.backends.mock.server import DeskServer
from agent_tui.clock import ManualClock
from agent_tui.credentials.secret import Secret
from agent_tui.i18n import use_language
from agent_tui.model import AttachmentId

TOKEN = Secret("canary-token")
ID = AttachmentId("m-1.1")

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(autouse=True)
def english() -> None:
    use_language("en")


@asynccontextmanager
async def bad_desk(answer: Answer) -> AsyncIterator[str]:
    """A desk that answers each request as the test says; its websocket address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(await reader.readuntil(b"\r\n\r\n"), writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()


def says(head: str, body: bytes = b"") -> Answer:
    """A desk that sends this, and closes."""

    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        await writer.drain()

    return answer


async def fetched(url: str, ident: AttachmentId = ID, most: int = 1_000_000) -> bytes:
    data = b""
    async with download(url, TOKEN, ident) as coming:
        async for chunk in coming.chunks():
            data += chunk
            if len(data) >= most:
                break
    return data


async def refusal(answer: Answer) -> str:
    """What the agent is told."""
    async with bad_desk(answer) as url:
        with pytest.raises(CannotFetch) as refused:
            await fetched(url)
    assert "canary" not in str(refused.value)
    return refused.value.detail


async def test_the_bytes_and_what_the_desk_says_of_them() -> None:
    body = bytes(range(256)) * 1_000
    answer = says(f"HTTP/1.1 200 OK\nContent-Type: image/png\nContent-Length: {len(body)}", body)
    async with bad_desk(answer) as url, download(url, TOKEN, ID) as coming:
        assert (coming.mime, coming.size) == ("image/png", len(body))
        assert coming.origin == url.replace("ws", "http") + "attachments/m-1.1"
        assert b"".join([chunk async for chunk in coming.chunks()]) == body


async def test_what_is_asked_for_and_how() -> None:
    """The token in its header and nowhere else; an id is one part of the path."""
    asked: list[bytes] = []

    async def note(request: bytes, writer: asyncio.StreamWriter) -> None:
        asked.append(request)
        await says("HTTP/1.1 200 OK\nContent-Length: 0")(request, writer)

    async with bad_desk(note) as url:
        assert await fetched(url, AttachmentId("a/../b?c#d")) == b""
    lines = asked[0].decode().split("\r\n")
    assert lines[0] == "GET /attachments/a%2F..%2Fb%3Fc%23d HTTP/1.1"
    headers = {line.partition(":")[0].lower(): line.partition(": ")[2] for line in lines[1:]}
    assert headers["authorization"] == "Bearer canary-token"
    assert headers["accept-encoding"] == "identity"
    assert "origin" not in headers
    assert "cookie" not in headers


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("HTTP/1.1 404 Not Found", "the desk does not have it any more"),
        ("HTTP/1.1 401 Unauthorized", "the desk does not give it to you"),
        ("HTTP/1.1 500 Oops", "the desk answered HTTP 500; try again later"),
        ("HTTP/1.1 204 No Content", "the desk answered HTTP 204; try again later"),
        ("HTTP/1.1 200 OK\nContent-Length: 20", "the desk broke off in the middle; try again"),
        ("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", "the desk broke off in the middle"),
        ("HTTP/1.1 200 OK\nContent-Length: -1", "the desk broke off in the middle; try again"),
        ("\x1b[2J nonsense", "the desk broke off in the middle; try again"),
        ("", "the desk broke off in the middle; try again"),
    ],
)
async def test_an_answer_that_is_none_is_told_in_words(head: str, words: str) -> None:
    assert (await refusal(says(head))).startswith(words)


async def test_a_redirect_is_not_followed() -> None:
    """The token stays here."""
    asked = 0

    async def elsewhere(request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await says("HTTP/1.1 200 OK\nContent-Length: 0")(request, writer)

    async with bad_desk(elsewhere) as other:
        place = other.replace("ws", "http")
        words = await refusal(says(f"HTTP/1.1 302 Found\nLocation: {place}\nContent-Length: 0"))
    assert words == "the desk answered HTTP 302; try again later"
    assert asked == 0


async def test_what_is_packed_is_not_unpacked() -> None:
    """A small answer must not become a large file."""
    body = gzip.compress(bytes(1_000_000))
    head = f"HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: {len(body)}"
    assert "packed" in await refusal(says(head, body))


async def test_more_than_was_announced_is_not_read() -> None:
    async with bad_desk(says("HTTP/1.1 200 OK\nContent-Length: 3", b"abcdef")) as url:
        assert await fetched(url) == b"abc"


async def test_an_endless_answer_comes_in_pieces() -> None:
    """Whoever counts can stop: nothing waits for its end, and nothing keeps it in memory."""

    async def endless(request: bytes, writer: asyncio.StreamWriter) -> None:
        await says("HTTP/1.1 200 OK\nContent-Type: image/jpeg")(request, writer)
        while True:
            writer.write(bytes(65_536))
            await writer.drain()

    async with bad_desk(endless) as url, asyncio.timeout(10):
        assert len(await fetched(url, most=1_000_000)) < 1_200_000


async def test_what_stands_still_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "STALLED_AFTER", 0.2)

    async def stalling(request: bytes, writer: asyncio.StreamWriter) -> None:
        await says("HTTP/1.1 200 OK\nContent-Length: 20", b"abc")(request, writer)
        await asyncio.sleep(20)

    async with asyncio.timeout(10):
        assert "nothing more came" in await refusal(stalling)


async def test_a_desk_that_is_away_is_told_in_words() -> None:
    async with bad_desk(says("")) as url:
        pass
    with pytest.raises(CannotFetch, match="cannot be reached"):
        await fetched(url)


@pytest.mark.parametrize("url", ["ws://[", "ws://127.0.0.1:x/", "ws://", "nonsense"])
async def test_an_address_that_is_none_is_told_in_words(url: str) -> None:
    with pytest.raises(CannotFetch):
        await fetched(url)


async def test_the_way_to_this_machine_leads_through_no_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with bad_desk(says("HTTP/1.1 200 OK\nContent-Length: 2", b"ok")) as url:
        assert await fetched(url) == b"ok"


# The mock desk


@pytest.fixture
async def server() -> AsyncIterator[DeskServer]:
    server = DeskServer(MockOptions(rate=0, conversations=12), ManualClock(NOW))
    await server.start()
    try:
        yield server
    finally:
        await server.aclose()


async def test_the_mock_desk_gives_what_it_announced(server: DeskServer) -> None:
    """To the byte, of the type its name says, also when it is large."""
    conv = next(iter(server.world.conversations))
    sent = (
        Attachment("image", "a.jpg", 3_000_000),
        Attachment("file", "b.pdf", 1_000),
        Attachment("location"),
    )
    server.floor.publish(server.world.customer_writes(conv, "", NOW, sent))
    photo, paper, place = server.world.threads[conv][-1].attachments
    assert place.id == ""
    token = Secret(server.token)
    for one, mime, begins in (
        (photo, "image/jpeg", b"\xff\xd8\xff"),
        (paper, "application/pdf", b"%PDF"),
    ):
        async with download(server.url, token, AttachmentId(one.id)) as coming:
            data = b"".join([chunk async for chunk in coming.chunks()])
            assert (coming.mime, coming.size) == (mime, one.size)
        assert len(data) == one.size
        assert data.startswith(begins)
    for stranger, ident in ((TOKEN, photo.id), (token, "m-0.1"), (token, "../x")):
        with pytest.raises(CannotFetch):
            async with download(server.url, stranger, AttachmentId(ident)):
                pass
