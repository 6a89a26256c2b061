"""What a file is by its content, and what may be opened."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.files import kinds
from agent_tui.files.kinds import HEAD, OPENED, Family, Kind, judge, kind_of
from agent_tui.i18n import use_language

ELF = b"\x7fELF\x02\x01\x01" + bytes(57)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
PDF = b"%PDF-1.7\n"
ZIP = b"PK\x03\x04" + bytes(26)


@pytest.fixture(autouse=True)
def english() -> None:
    use_language("en")


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (JPEG, kinds.JPEG), (PNG, kinds.PNG), (b"GIF89a..", kinds.GIF), (PDF, kinds.PDF),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", kinds.WEBP), (b"RIFF\x00\x00\x00\x00WAVEfmt ", kinds.WAV),
        (b"RIFF\x00\x00\x00\x00AVI LIST", kinds.AVI), (b"RIFF\x00\x00\x00\x00ACONanih", None),
        (b"\x00\x00\x00\x18ftypheic\x00", kinds.HEIC), (b"\x00\x00\x00\x18ftypavif", kinds.AVIF),
        (b"\x00\x00\x00\x18ftypM4A ", kinds.MP4), (b"\x00\x00\x00\x18ftypisom", kinds.MP4),
        (b"ID3\x04", kinds.MP3), (b"\xff\xfb\x90", kinds.MP3), (b"\xff\xf1\x50", kinds.AAC),
        (b"OggS\x00", kinds.OGG), (b"fLaC", kinds.FLAC), (b"#!AMR\n", kinds.AMR),
        (b"\x1aE\xdf\xa3", kinds.WEBM), (b"II*\x00", kinds.TIFF), (b"MM\x00*", kinds.TIFF),
        (b"BM\x36\x00\x00\x00\x00\x00\x00\x00", kinds.BMP), (b"BMW faehrt", kinds.TEXT),
        (ELF, kinds.PROGRAM), (b"MZ\x90\x00", kinds.PROGRAM), (b"\xca\xfe\xba\xbe", kinds.PROGRAM),
        (b"#!/bin/sh\nrm -rf ~", kinds.SCRIPT), (b"%!PS-Adobe", kinds.SCRIPT),
        (b"L\x00\x00\x00\x01\x14\x02\x00", kinds.LAUNCHER), (ZIP, kinds.ZIP),
        (b"\n# x\n[Desktop Entry]\nExec=x", kinds.LAUNCHER),
        (b"[InternetShortcut]\r\nURL=x", kinds.LAUNCHER),
        (b"\xef\xbb\xbf  <svg xmlns=x>", kinds.PAGE), (b"<!DOCTYPE html>", kinds.PAGE),
        (b"hi <script>alert(1)</script>", kinds.PAGE), (b"<?xml version='1.0'?>", kinds.PAGE),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", kinds.OFFICE), (b"{\\rtf1", kinds.RICH_TEXT),
        (b"\x1f\x8b\x08", kinds.ARCHIVE), (b"Rar!\x1a\x07", kinds.ARCHIVE),
        (bytes(257) + b"ustar", kinds.ARCHIVE), (b"Guten Tag, 3 < 4\n", kinds.TEXT),
        ("Grüße".encode(), kinds.TEXT), ("Grüße".encode("latin-1"), None),
        (b"text\x00more", None), (b"a\x1b[2J", None), (b"", None), (bytes(64), None),
    ],
)  # fmt: skip
def test_a_file_is_what_it_begins_with(head: bytes, kind: Kind | None) -> None:
    assert kind_of(head) == kind


def test_text_that_is_cut_in_a_letter_is_text() -> None:
    assert kind_of(("x" + "ä" * HEAD).encode()[:HEAD]) == kinds.TEXT


@pytest.mark.parametrize(
    ("name", "mime", "head", "announced"),
    [
        ("a.jpg", "image/jpeg", JPEG, "image"), ("a.JPEG", "image/jpeg; q=1", JPEG, "image"),
        ("a.jpg", "application/octet-stream", JPEG, "file"), ("a.jpg", "", JPEG, ""),
        ("a.png", "IMAGE/PNG", PNG, "sticker"), ("a.pdf", "application/pdf", PDF, "file"),
        ("a.txt", "text/plain; charset=utf-8", b"hello", "file"),
        ("a.m4a", "audio/mp4", b"\x00\x00\x00\x18ftypM4A ", "audio"),
        ("a.ogg", "audio/ogg", b"OggS", "audio"),
        ("a.webm", "video/webm", b"\x1aE\xdf\xa3", "video"),
    ],
)  # fmt: skip
def test_where_all_agree_it_may_be_opened(
    name: str, mime: str, head: bytes, announced: str
) -> None:
    verdict = judge(name, mime, head, announced)
    assert verdict.opens
    assert verdict.reasons == ()


@pytest.mark.parametrize(
    ("name", "mime", "head", "announced", "reason"),
    [
        ("a.jpg", "image/jpeg", ELF, "image",
         "Its name ends in .jpg, but its content is: program."),
        ("a.jpg.exe", "image/jpeg", JPEG, "image",
         "Its name ends in .exe, but its content is: JPEG picture."),
        ("a", "image/jpeg", JPEG, "image",
         "Its name ends in nothing at all, but its content is: JPEG picture."),
        ("a.jpg", "text/html", JPEG, "image",
         "The desk calls it text/html, but its content is: JPEG picture."),
        ("a.jpg", "<b>\x1b", JPEG, "image",
         "The desk calls it something unreadable, but its content is: JPEG picture."),
        ("a.pdf", "application/pdf", PDF, "image",
         "The message announced image, but its content is: PDF document."),
        ("a.exe", "", ELF, "file", "Opening it would make it act: it is only saved."),
        ("a.html", "text/html", b"<html>", "file",
         "Opening it would make it act: it is only saved."),
        ("a.svg", "image/svg+xml", b"<svg>", "image",
         "Opening it would make it act: it is only saved."),
        ("a.zip", "application/zip", ZIP, "file",
         "What is in it cannot be seen: it is only saved."),
        ("a.docm", "", ZIP, "file", "What is in it cannot be seen: it is only saved."),
        ("a.bin", "", b"\x01\x02", "file", "What it is cannot be told from its content."),
        ("a.txt", "text/plain", b"[Desktop Entry]", "file",
         "Its name ends in .txt, but its content is: launcher of programs."),
    ],
)  # fmt: skip
def test_where_not_it_says_why_and_is_only_saved(
    name: str, mime: str, head: bytes, announced: str, reason: str
) -> None:
    verdict = judge(name, mime, head, announced)
    assert not verdict.opens
    assert reason in verdict.reasons


NEVER = {"exe", "dll", "sh", "py", "desktop", "html", "htm", "svg", "lnk", "url", "jar", "docm",
         "xlsm", "zip", "gz", "js", "bat", "cmd", "ps1", "msi", "scr", "doc", ""}  # fmt: skip


def test_no_type_that_is_opened_may_be_called_what_acts() -> None:
    """By its own table: whatever the content is, these suffixes are never opened."""
    every = [value for value in vars(kinds).values() if isinstance(value, Kind)]
    assert len(every) > 25
    opened = [kind for kind in every if kind.family in OPENED]
    assert not {end for kind in opened for end in kind.suffixes} & NEVER
    assert {Family.ACTIVE, Family.PACKED}.isdisjoint(OPENED)


@given(
    st.sampled_from([ELF, JPEG, PNG, PDF, ZIP, b"#!/bin/sh", b"<svg>", b"hi", b"MZ", b""]),
    st.binary(max_size=30),
    st.sampled_from(["jpg", "png", "pdf", "txt", "exe", "html", "svg", "zip", "desktop", "jar"]),
    st.sampled_from(["", "image/jpeg", "application/pdf", "text/html", "nonsense"]),
)
def test_whatever_comes_only_agreement_is_opened(
    head: bytes, more: bytes, end: str, mime: str
) -> None:
    verdict = judge(f"a.{end}", mime, head + more)
    if verdict.opens:
        kind = kind_of(head + more)
        assert kind is not None
        assert kind.family in OPENED
        assert end in kind.suffixes - NEVER
        assert mime in {"", *kind.mimes}
