"""What a file is, by its content; and whether it may be opened from here.

One truth for the type: a file that is called one thing and is another is never opened
(CVE-2025-30401: shown by what it was called, opened by what it was).
"""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent_tui.files.naming import suffix
from agent_tui.i18n import _, mark

HEAD: Final = 4096
"""Bytes from the beginning of a file that are enough to say what it is."""


class Family(StrEnum):
    """What is done with a file."""

    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    PAPER = "paper"
    TEXT = "text"
    ACTIVE = "active"
    """It does something when it is opened."""
    PACKED = "packed"
    """What is in it cannot be seen from outside."""


OPENED: Final = frozenset({Family.IMAGE, Family.AUDIO, Family.VIDEO, Family.PAPER, Family.TEXT})
"""What may be opened; everything else is only saved."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of file."""

    title: str
    """Translated when shown."""
    family: Family
    suffixes: frozenset[str]
    """What such a file may be called."""
    mimes: frozenset[str]
    """What a desk may call it."""


def _kind(title: str, family: Family, suffixes: str, mimes: str = "") -> Kind:
    return Kind(title, family, frozenset(suffixes.split()), frozenset(mimes.split()))


JPEG = _kind(mark("JPEG picture"), Family.IMAGE, "jpg jpeg jfif", "image/jpeg image/jpg")
PNG = _kind(mark("PNG picture"), Family.IMAGE, "png", "image/png")
GIF = _kind(mark("GIF picture"), Family.IMAGE, "gif", "image/gif")
WEBP = _kind(mark("WebP picture"), Family.IMAGE, "webp", "image/webp")
HEIC = _kind(mark("HEIC picture"), Family.IMAGE, "heic heif", "image/heic image/heif")
AVIF = _kind(mark("AVIF picture"), Family.IMAGE, "avif", "image/avif")
TIFF = _kind(mark("TIFF picture"), Family.IMAGE, "tif tiff", "image/tiff")
BMP = _kind(mark("BMP picture"), Family.IMAGE, "bmp", "image/bmp image/x-ms-bmp")
PDF = _kind(mark("PDF document"), Family.PAPER, "pdf", "application/pdf")
TEXT = _kind(mark("plain text"), Family.TEXT, "txt log", "text/plain")
MP3 = _kind(mark("MP3 sound"), Family.AUDIO, "mp3", "audio/mpeg audio/mp3")
AAC = _kind(mark("AAC sound"), Family.AUDIO, "aac", "audio/aac audio/x-aac")
AMR = _kind(mark("AMR sound"), Family.AUDIO, "amr", "audio/amr")
FLAC = _kind(mark("FLAC sound"), Family.AUDIO, "flac", "audio/flac audio/x-flac")
WAV = _kind(mark("WAV sound"), Family.AUDIO, "wav", "audio/wav audio/x-wav audio/wave")
OGG = _kind(mark("Ogg sound"), Family.AUDIO, "ogg oga opus", "audio/ogg audio/opus application/ogg")
MP4 = _kind(
    mark("MP4 recording"), Family.VIDEO, "mp4 m4v m4a mov 3gp",
    "video/mp4 video/quicktime video/3gpp audio/mp4 audio/x-m4a",
)  # fmt: skip
WEBM = _kind(
    mark("WebM recording"), Family.VIDEO, "webm mkv", "video/webm audio/webm video/x-matroska"
)
AVI = _kind(mark("AVI recording"), Family.VIDEO, "avi", "video/x-msvideo video/avi")
PROGRAM = _kind(mark("program"), Family.ACTIVE, "exe dll com scr so dylib bin msi")
SCRIPT = _kind(mark("script"), Family.ACTIVE, "sh py pl rb js bat cmd ps1 vbs ps")
LAUNCHER = _kind(mark("launcher of programs"), Family.ACTIVE, "desktop lnk url")
PAGE = _kind(mark("web page or other mark-up"), Family.ACTIVE, "html htm xhtml svg xml")
OFFICE = _kind(mark("old Office document, or an installer"), Family.ACTIVE, "doc xls ppt msg msi")
RICH_TEXT = _kind(mark("RTF document"), Family.ACTIVE, "rtf")
ZIP = _kind(mark("archive, or an Office document"), Family.PACKED, "zip jar docx xlsx pptx docm")
ARCHIVE = _kind(mark("archive"), Family.PACKED, "gz tgz bz2 xz 7z rar zst tar cab")

_BEGINNINGS: Final[tuple[tuple[int, bytes, Kind], ...]] = (
    (0, b"\xff\xd8\xff", JPEG),
    (0, b"\x89PNG\r\n\x1a\n", PNG),
    (0, b"GIF87a", GIF),
    (0, b"GIF89a", GIF),
    (0, b"II*\x00", TIFF),
    (0, b"MM\x00*", TIFF),
    (0, b"%PDF-", PDF),
    (0, b"ID3", MP3),
    (0, b"#!AMR", AMR),
    (0, b"fLaC", FLAC),
    (0, b"OggS", OGG),
    (0, b"\x1aE\xdf\xa3", WEBM),
    (0, b"\x7fELF", PROGRAM),
    (0, b"MZ", PROGRAM),
    (0, b"\xfe\xed\xfa\xce", PROGRAM),
    (0, b"\xfe\xed\xfa\xcf", PROGRAM),
    (0, b"\xce\xfa\xed\xfe", PROGRAM),
    (0, b"\xcf\xfa\xed\xfe", PROGRAM),
    (0, b"\xca\xfe\xba\xbe", PROGRAM),
    (0, b"\x00asm", PROGRAM),
    (0, b"dex\n", PROGRAM),
    (0, b"#!", SCRIPT),
    (0, b"%!", SCRIPT),
    (0, b"L\x00\x00\x00\x01\x14\x02\x00", LAUNCHER),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OFFICE),
    (0, b"{\\rt", RICH_TEXT),
    (0, b"PK\x03\x04", ZIP),
    (0, b"PK\x05\x06", ZIP),
    (0, b"\x1f\x8b", ARCHIVE),
    (0, b"BZh", ARCHIVE),
    (0, b"\xfd7zXZ\x00", ARCHIVE),
    (0, b"7z\xbc\xaf\x27\x1c", ARCHIVE),
    (0, b"Rar!\x1a\x07", ARCHIVE),
    (0, b"\x28\xb5\x2f\xfd", ARCHIVE),
    (0, b"MSCF", ARCHIVE),
    (257, b"ustar", ARCHIVE),
)
"""Where a type shows: at which byte, what, which."""

_BOXES: Final = {b"heic": HEIC, b"heix": HEIC, b"mif1": HEIC, b"msf1": HEIC, b"avif": AVIF}
"""The first brand in a file of boxes (ISO 14496-12); the others hold recordings."""

_CHUNKS: Final = {b"WEBP": WEBP, b"WAVE": WAV, b"AVI ": AVI}
_MP3_FRAMES: Final = frozenset({b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa"})
_AAC_FRAMES: Final = frozenset({b"\xff\xf1", b"\xff\xf9"})
_LAUNCHES: Final = re.compile(r"^\s*\[(?:Desktop Entry|InternetShortcut)", re.I | re.M)
_MARK_UP: Final = re.compile(r"<(?:!doctype|html|head|body|script|svg|iframe|\?xml)", re.I)
_NO_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_SAYS_NOTHING: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})
_MIME: Final = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}")


def kind_of(head: bytes) -> Kind | None:
    """What begins with `head` (`HEAD` bytes, or the whole file); None: nobody here knows."""
    for at, sign, kind in _BEGINNINGS:
        if head.startswith(sign, at):
            return kind
    if head[4:8] == b"ftyp":
        return _BOXES.get(head[8:12], MP4)
    if head[:4] == b"RIFF":
        return _CHUNKS.get(head[8:12])
    if head[:2] in _MP3_FRAMES:
        return MP3
    if head[:2] in _AAC_FRAMES:
        return AAC
    if head[:2] == b"BM" and head[6:10] == bytes(4):
        return BMP
    return _kind_of_text(head)


def _kind_of_text(head: bytes) -> Kind | None:
    """What text is that begins with `head`; None: it is no text."""
    try:
        # Behind the head may be more: its last character may be cut in the middle.
        text = getincrementaldecoder("utf-8-sig")().decode(head, final=len(head) < HEAD)
    except UnicodeDecodeError:
        return None
    if not text or _NO_TEXT.search(text):
        return None
    if _LAUNCHES.search(text):
        return LAUNCHER
    return PAGE if text.lstrip().startswith("<") or _MARK_UP.search(text) else TEXT


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a file is, and what may be done with it."""

    title: str
    """What it is, in words."""
    suffix: str
    """The suffix it really has, without the dot; empty: none."""
    opens: bool
    """It may be opened, once the agent has said so."""
    reasons: tuple[str, ...] = ()
    """Why it may not be, in words."""


def judge(name: str, mime: str, head: bytes, announced: str = "") -> Verdict:
    """What may be done with a file that is saved as `name` and begins with `head`.

    `mime` is what the desk called it when it sent it; `announced` what it was in the message
    (``image``, ``file``, …).
    """
    kind, end = kind_of(head), suffix(name)
    if kind is None:
        words = _("What it is cannot be told from its content.")
        return Verdict(_("unknown"), end, opens=False, reasons=(words,))
    title = _(kind.title)
    reasons = [*_disagreements(kind, title, end, mime, announced)]
    if kind.family is Family.ACTIVE:
        reasons.append(_("Opening it would make it act: it is only saved."))
    elif kind.family is Family.PACKED:
        reasons.append(_("What is in it cannot be seen: it is only saved."))
    return Verdict(title, end, not reasons and kind.family in OPENED, tuple(reasons))


def _disagreements(kind: Kind, title: str, end: str, mime: str, announced: str) -> list[str]:
    """Where name, message and desk call it something else than its content is."""
    told = mime.partition(";")[0].strip().casefold()
    found = []
    if end not in kind.suffixes:
        called = f".{end}" if end else _("nothing at all")
        words = _("Its name ends in {suffix}, but its content is: {kind}.")
        found.append(words.format(suffix=called, kind=title))
    if told not in _SAYS_NOTHING and told not in kind.mimes:
        called = told if _MIME.fullmatch(told) else _("something unreadable")
        words = _("The desk calls it {mime}, but its content is: {kind}.")
        found.append(words.format(mime=called, kind=title))
    family = Family.IMAGE if announced == "sticker" else announced
    if announced in {"image", "audio", "video", "sticker"} and not _fits(kind, str(family)):
        words = _("The message announced {announced}, but its content is: {kind}.")
        found.append(words.format(announced=announced, kind=title))
    return found


def _fits(kind: Kind, announced: str) -> bool:
    """A recording may be announced by its sound or by its pictures."""
    if kind.family in {Family.AUDIO, Family.VIDEO}:
        return announced in {"audio", "video"}
    return kind.family == announced
