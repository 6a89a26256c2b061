"""Pictures and files in what customers say, and the bytes that the desk has for them.

A persona announces a picture by a word in brackets. What is in a file is made when somebody asks
for it: the same for the same attachment, and exactly as large as it was announced.
"""

from __future__ import annotations

import zlib
from base64 import b85decode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from random import Random
from typing import Final

from agent_tui.backends.mock.records import Attachment

_PICTURES = frozenset({"[foto]", "[bild]", "[photo]", "[picture]", "[screenshot]"})
_NOT_KEPT: Final = frozenset({"location"})
"""What is no file: there is nothing to fetch."""
LARGEST: Final = 100_000_000
"""Bytes; nothing larger is made."""


def said(text: str, rng: Random) -> tuple[str, tuple[Attachment, ...]]:
    """What arrives when a customer says `text`: words, or a picture instead of them."""
    if text.casefold() not in _PICTURES:
        return text, ()
    name = f"IMG_{rng.randrange(1000, 10_000)}.jpg"
    return "", (Attachment("image", name, rng.randrange(200_000, 4_000_000)),)


def named(attachment: Attachment, message: str, place: int) -> Attachment:
    """`attachment` with the id under which the desk has it, where it has it: the `place`-th of a
    message, counted from 1."""
    if attachment.kind in _NOT_KEPT:
        return attachment
    return Attachment(attachment.kind, attachment.name, attachment.size, f"{message}.{place}")


@dataclass(frozen=True, slots=True)
class Content:
    """What the desk sends for an attachment."""

    mime: str
    data: bytes


def content(attachment: Attachment) -> Content:
    """The bytes of `attachment`: of the type its name says, as many as it announced."""
    mime, make = _MAKERS.get(PurePosixPath(attachment.name).suffix.casefold(), _PLAIN)
    size = None if attachment.size is None else min(attachment.size, LARGEST)
    return Content(mime, make(size))


# Each maker pads inside its format, so that what it makes can be opened whatever its size; what is
# asked to be smaller than its least form has that.


def _png(size: int | None) -> bytes:
    """A small picture: a slope from blue to green."""
    rows = b"".join(
        b"\x00" + b"".join(bytes((40, 90 + x, 200 - 2 * y)) for x in range(64)) for y in range(48)
    )
    head = b"\x89PNG\r\n\x1a\n" + _chunk(
        b"IHDR", b"\x00\x00\x00\x40\x00\x00\x00\x30\x08\x02" + bytes(3)
    )
    tail = _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")
    surplus = (size or 0) - len(head) - len(tail)
    return head + (_chunk(b"paDd", bytes(surplus - 12)) if surplus >= 12 else b"") + tail


def _chunk(name: bytes, data: bytes) -> bytes:
    check = zlib.crc32(name + data).to_bytes(4, "big")
    return len(data).to_bytes(4, "big") + name + data + check


_GREY: Final = b85decode(
    b"|JeWF01!$>Nk#wx0RR9200961|JwjV01yid4h#wq4h;?x5fBp?C>j_R78o%jB^@X_Gd(;xGdMRuNL)@pL{~*OI8b"
    b"d-S6^ahXlFi6ad~iLcwA*?WB<Sa3kU!R00;pA5di<h02BZL00000000000000000004|HJ?k5CH%H00000000000"
    b"00000095m00;pA002J#TmRV"
)
"""A picture of 8 by 8 grey points."""


def _jpeg(size: int | None) -> bytes:
    """A small grey picture; comments make up its size."""
    head, tail = _GREY[:2], _GREY[2:]
    comments = bytearray()
    surplus = (size or 0) - len(_GREY)
    while surplus >= 4:
        length = min(surplus, 65_537)
        if 0 < surplus - length < 4:  # what is left must hold a comment of its own
            length -= 4
        comments += b"\xff\xfe" + (length - 2).to_bytes(2, "big") + bytes(length - 4)
        surplus -= length
    return head + bytes(comments) + tail


def _pdf(size: int | None) -> bytes:
    """One page with a line of text; comments make up its size."""
    page = b"BT /F1 24 Tf 72 720 Td (Nordlicht Versand) Tj ET"
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(page), page),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    body, places = b"%PDF-1.4\n", []
    for number, value in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, value)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    table += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n" % (len(places) + 1)
    end = b"%d\n%%%%EOF\n"
    least = len(body) + len(table) + len(end % len(body))
    surplus = (size or 0) - least
    if surplus >= 16:  # the comment, and a longer number for the place of the table
        at = len(str(len(body) + surplus)) - len(str(len(body)))
        body += b"%" + b" " * (surplus - 2 - at) + b"\n"
    return body + table + end % len(body)


def _text(size: int | None) -> bytes:
    """Lines of text."""
    line = b"Guten Tag, anbei wie besprochen. Viele Gruesse\n"
    wanted = len(line) if size is None else size
    return (line * (wanted // len(line) + 1))[:wanted]


def _sound(size: int | None) -> bytes:
    """Silence."""
    samples = bytes(max(0, (800 if size is None else size) - 44))
    form = b"fmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00"
    data = b"data" + len(samples).to_bytes(4, "little") + b"\x80" * len(samples)
    return b"RIFF" + (4 + len(form) + len(data)).to_bytes(4, "little") + b"WAVE" + form + data


_Make = Callable[[int | None], bytes]
_PLAIN: Final[tuple[str, _Make]] = ("application/octet-stream", _text)
_MAKERS: Final[dict[str, tuple[str, _Make]]] = {
    ".png": ("image/png", _png),
    ".jpg": ("image/jpeg", _jpeg),
    ".jpeg": ("image/jpeg", _jpeg),
    ".pdf": ("application/pdf", _pdf),
    ".txt": ("text/plain", _text),
    ".wav": ("audio/wav", _sound),
}
