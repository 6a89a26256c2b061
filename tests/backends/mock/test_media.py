"""Attachments of the mock desk: true files, exactly as large as announced, for whoever may see."""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator
from random import Random

import httpx
import pytest
from builders import NOW

from agent_tui.backends.mock.identities import HOME, Badge
from agent_tui.backends.mock.media import content, named, said
from agent_tui.backends.mock.options import MockOptions
from agent_tui.backends.mock.records import Attachment
from agent_tui.backends.mock.server import DeskServer
from agent_tui.clock import ManualClock
from agent_tui.files.kinds import HEAD, judge
from agent_tui.model import Channel

SIZES = (None, 0, 160, 163, 1_000, 6_200, 65_537, 65_700, 131_236, 1_000_001)


@pytest.mark.parametrize("end", [".jpg", ".png", ".pdf", ".txt", ".wav"])
@pytest.mark.parametrize("size", SIZES)
def test_a_file_is_of_its_type_and_of_its_size(end: str, size: int | None) -> None:
    """Unless it is announced as smaller than such a file can be."""
    made = content(Attachment("file", f"a{end}", size))
    least = len(content(Attachment("file", f"a{end}")).data)
    if size is not None and size > least + 20:
        assert len(made.data) == size
    if made.data:
        assert judge(f"a{end}", made.mime, made.data[:HEAD]).opens
    assert content(Attachment("file", f"a{end}", size)) == made


def test_a_picture_can_be_read() -> None:
    """Every chunk of the PNG has its check sum, every segment of the JPEG its length."""
    png = content(Attachment("image", "a.png", 10_000)).data
    at, names = 8, []
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + length]
        assert zlib.crc32(name + body) == int.from_bytes(png[at + 8 + length : at + 12 + length])
        names.append(name)
        at += 12 + length
    assert names == [b"IHDR", b"paDd", b"IDAT", b"IEND"]
    jpeg = content(Attachment("image", "a.jpg", 200_000)).data
    at = 2
    while jpeg[at + 1] != 0xDA:
        assert jpeg[at] == 0xFF
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    assert jpeg[-2:] == b"\xff\xd9"


def test_the_table_of_a_paper_is_where_it_says() -> None:
    for size in (None, 600, 99_990, 100_010):
        pdf = content(Attachment("file", "a.pdf", size)).data
        table = int(pdf.split(b"startxref\n")[1].split(b"\n")[0])
        assert pdf[table:].startswith(b"xref\n")
        for number, line in enumerate(pdf[table:].split(b"\n")[3:8], 1):
            assert pdf[int(line[:10]) :].startswith(b"%d 0 obj" % number)


def test_what_is_no_file_has_no_id() -> None:
    assert named(Attachment("location"), "m-1", 1).id == ""
    assert named(Attachment("image", "a.jpg", 3), "m-1", 2) == Attachment(
        "image", "a.jpg", 3, "m-1.2"
    )


@pytest.fixture
async def server() -> AsyncIterator[DeskServer]:
    options = MockOptions(rate=0, conversations=12)
    server = DeskServer(options, ManualClock(NOW))
    await server.start()
    try:
        yield server
    finally:
        await server.aclose()


async def ask(server: DeskServer, path: str, token: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        url = server.url.replace("ws", "http", 1) + path
        return await client.get(url, headers={"Authorization": f"Bearer {token}", **headers})


async def test_who_may_not_see_it_learns_nothing(server: DeskServer) -> None:
    """Whatever is wrong with the request, the answer is that to any such request."""
    conv = next(c for c in server.world.conversations.values() if c.channel is not Channel.THREEMA)
    sent = (Attachment("image", "secret.png", 9_000),)
    server.floor.publish(server.world.customer_writes(conv.id, "", NOW, sent))
    ident = server.world.threads[conv.id][-1].attachments[0].id
    server.register.issue("narrow", Badge(HOME, inboxes=frozenset({Channel.THREEMA})))
    server.register.issue("other", Badge("another"))
    path = f"/attachments/{ident}"
    allowed = await ask(server, path, server.token)
    assert (allowed.status_code, len(allowed.content)) == (200, 9_000)
    assert allowed.headers["X-Content-Type-Options"] == "nosniff"
    assert allowed.headers["Content-Disposition"] == "attachment"
    nothing = await ask(server, "/attachments/m-0.1", server.token)
    assert nothing.status_code == 404
    for token in ("narrow", "other"):
        answer = await ask(server, path, token)
        assert (answer.status_code, answer.content) == (404, nothing.content)
    assert (await ask(server, path, "wrong")).status_code == 401
    assert (await ask(server, path, server.token, Origin="https://x")).status_code == 403
    assert (await ask(server, path, server.token, Host="x.example")).status_code == 421
    for odd in ("/attachments/", "/attachments", "/attachments/%2e%2e/x", "/attachmentsx"):
        assert (await ask(server, odd, server.token)).status_code == 404


def test_a_picture_that_is_said_can_be_made() -> None:
    _words, (photo,) = said("[Foto]", Random(1))
    assert len(content(photo).data) == photo.size
