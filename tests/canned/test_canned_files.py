"""One file of a canned reply: what it becomes, and how a damaged one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from canned_builders import GOOD, ids, write
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_tui.canned import CannedReply, load
from agent_tui.canned.front_matter import parse
from agent_tui.canned.reply import DamagedError
from agent_tui.model import Channel, SafeText
from agent_tui.sanitise import Field, sanitise


def test_a_file_becomes_a_reply(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "en/delivery/late.md",
        title='"Late: a parcel"',
        shortcut="lt",
        more="# a remark\n\nchannels: [sms, 'email']\n",
        body="\nHi {{ contact.name }}\n\nBye\n\n",
    )
    (found,) = load([tmp_path], "en").replies
    assert found == CannedReply(
        id="late",
        language="en",
        title=SafeText("Late: a parcel"),
        shortcut=SafeText("lt"),
        channels=frozenset({Channel.SMS, Channel.EMAIL}),
        group=SafeText("delivery"),
        body="Hi {{ contact.name }}\n\nBye",
        source=path,
    )
    assert all(type(text) is SafeText for text in (found.title, found.shortcut, found.group))


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    path = write(tmp_path, "late.md", body="one\ntwo")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    (found,) = load([tmp_path], "de").replies
    assert found.body == "one\ntwo"


def test_control_characters_in_a_file_do_not_reach_the_reply(tmp_path: Path) -> None:
    write(tmp_path, "late.md", body="a\x1b]52;c;AAAA\x07b\n\u202ec", title="t\x1b[2J")
    library = load([tmp_path], "en")
    (found,) = library.replies
    for text in (found.body, found.title):
        assert not set(text) & set("\x1b\x07\u202e")


DAMAGED = {
    "no-front-matter": (b"Hello", 1, "---"),
    "empty": (b"", 1, "---"),
    "not-closed": (b"---\nid: x\n", 1, "no end"),
    "no-id": (b"---\ntitle: x\nshortcut: x\n---\nx", 1, "id"),
    "no-title": (b"---\nid: x\nshortcut: x\n---\nx", 1, "title"),
    "no-shortcut": (b"---\nid: x\ntitle: x\n---\nx", 1, "shortcut"),
    "no-text": (b"---\nid: x\ntitle: x\nshortcut: x\n---\n\n", None, "no text"),
    "no-colon": (b"---\nid x\n---\nx", 2, "id x"),
    "no-value": (b"---\nid:\n---\nx", 2, "key: value"),
    "yaml-block": (b"---\nid: x\nchannels:\n  - sms\n---\nx", 3, "key: value"),
    "unknown-key": (b"---\nid: x\ncolour: red\n---\nx", 3, "colour"),
    "twice": (b"---\nid: x\nid: y\n---\nx", 3, "twice"),
    "bad-id": (b"---\ntitle: x\nshortcut: x\nid: A b\n---\nx", 4, "A b"),
    "bad-shortcut": (b"---\nid: x\ntitle: x\nshortcut: a b\n---\nx", 4, "a b"),
    "channel": (b"---\nid: x\ntitle: x\nshortcut: x\nchannels: [sms, fax]\n---\nx", 5, "fax"),
    "no-list": (b"---\nid: x\ntitle: x\nshortcut: x\nchannels: sms\n---\nx", 5, "sms"),
    "no-channels": (b"---\nid: x\ntitle: x\nshortcut: x\nchannels: []\n---\nx", 5, "[]"),
    "latin-1": (b"---\nid: x\ntitle: x\nshortcut: x\n---\nok\ngr\xfcn", 7, "UTF-8"),
    "utf-16": ("---\nid: x".encode("utf-16"), 1, "UTF-8"),
    "too-large": (b"---\nid: x\ntitle: x\nshortcut: x\n---\n" + b"a" * 65536, None, "64 KiB"),
    "open-output": (b"---\nid: x\ntitle: x\nshortcut: x\n---\n\nok\n{{ a", 8, "}}"),
    "open-tag": (b"---\nid: x\ntitle: x\nshortcut: x\n---\n{% if a", 6, "%}"),
    "syntax": (b"---\nid: x\ntitle: x\nshortcut: x\n---\n{{ blank.a }}\n{{ a b }}", 7, "Liquid"),
    "no-endif": (b"---\nid: x\ntitle: x\nshortcut: x\n---\n{% if a %}x", ..., "Liquid"),
    "filter": (b"---\nid: x\ntitle: x\nshortcut: x\n---\n{{ a | url_decode }}", None, "url_decode"),
    "file": (b"---\nid: x\ntitle: x\nshortcut: x\n---\n{% include '/etc/passwd' %}", 6, "include"),
    "render": (b"---\nid: x\ntitle: x\nshortcut: x\n---\nx\n{%- render 'x' %}", 7, "render"),
    "loop": (
        b"---\nid: x\ntitle: x\nshortcut: x\n---\n{% for i in (1..9) %}{% endfor %}",
        6,
        "for",
    ),
    "raw": (b"---\nid: x\ntitle: x\nshortcut: x\n---\n{% raw %}{% endraw %}", 6, "raw"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_one_problem_and_the_rest_loads(name: str, tmp_path: Path) -> None:
    raw, line, words = DAMAGED[name]
    write(tmp_path, "en/good.md", id="good")
    path = tmp_path / "en" / f"{name}.md"
    path.write_bytes(raw)
    library = load([tmp_path], "en")
    assert ids(library) == ["good"]
    (problem,) = library.problems
    assert problem.path == path
    assert line is ... or problem.line == line
    assert f"{name}.md" + (f":{problem.line}" if problem.line else "") in problem.message
    assert words in problem.message
    assert problem.message.endswith((".", "…"))
    assert "\n" not in problem.message


def test_what_a_damaged_file_says_is_harmless_in_the_problem(tmp_path: Path) -> None:
    (tmp_path / "bad\x1b[2J.md").write_bytes("---\ncol\x1b[2Jour\u202e: red\n---\n".encode())
    (problem,) = load([tmp_path], "en").problems
    assert not set(problem.message) & set("\x1b\u202e\n")


def test_a_link_to_nowhere_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere")
    (problem,) = load([tmp_path], "en").problems
    assert "gone.md" in problem.message


@pytest.mark.parametrize(
    "unit",
    ["{{", "{%", "{{ ", "{% raw %}", "{% doc %}", "{{" + " " * 64000, "{{ a", "{% if a %}", "[{(|"],
    ids=lambda unit: unit[:9].strip(),
)
def test_a_file_made_to_keep_the_lexer_busy_is_refused_or_read(unit: str, tmp_path: Path) -> None:
    """Liquid alone needs two minutes for the first of them."""
    body = unit * (65000 // len(unit)) + "}}"
    write(tmp_path, "busy.md", id="busy", body=body)
    library = load([tmp_path], "en")
    assert len(library.replies) + len(library.problems) == 1


@given(st.binary(max_size=300), st.text(max_size=200))
@settings(max_examples=150)
def test_no_file_whatsoever_raises(raw: bytes, text: str) -> None:
    for content in (raw, GOOD.format(id="x", title="t", shortcut="s", more="", body=text).encode(
        "utf-8", "surrogatepass"
    )):  # fmt: skip
        try:
            found = parse(content.decode("utf-8"), Path("x.md"), "", "en")
        except (DamagedError, UnicodeDecodeError):
            continue
        assert sanitise(found.body, Field.COMPOSER) == found.body
