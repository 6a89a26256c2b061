"""Canned replies: reading, refusing, finding and filling them; and the values they are given."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_tui import canned
from agent_tui.canned import CannedReply, Library, blanks, fill, load, values_for
from agent_tui.channels import RULES
from agent_tui.model import (
    Agent,
    AgentId,
    Cart,
    Channel,
    Contact,
    ContactId,
    Conversation,
    ConversationId,
    Order,
    SafeText,
    Status,
    Tracking,
)
from agent_tui.sanitise import Field, sanitise

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
GOOD = "---\nid: {id}\ntitle: {title}\nshortcut: {shortcut}\n{more}---\n{body}\n"

ROOT = Path(__file__).resolve().parents[1]


@cache
def shipped(language: str) -> Library:
    """The replies that come with the program."""
    return load([canned.built_in_folder()], language)


def write(  # noqa: PLR0917 - the fields of a file, all with defaults
    folder: Path,
    place: str,
    id: str = "late",
    body: str = "Sorry!",
    title: str = "Parcel is late",
    shortcut: str | None = None,
    more: str = "",
) -> Path:
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    text = GOOD.format(id=id, title=title, shortcut=shortcut or id, more=more, body=body)
    path.write_text(text, encoding="utf-8")
    return path


def reply(body: str) -> CannedReply:
    words = SafeText("x")
    return CannedReply("x", "en", words, words, frozenset(), words, body, Path("x.md"))


def filled(body: str, **values: object) -> str:
    return fill(reply(body), values).text


def ids(library: Library) -> list[str]:
    return [r.id for r in library.replies]


# -- reading ------------------------------------------------------------------------------


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


def test_a_later_folder_replaces_by_id(tmp_path: Path) -> None:
    write(tmp_path / "ours", "en/delivery/late.md", body="ours")
    write(tmp_path / "ours", "en/delivery/other.md", id="other", body="kept")
    write(tmp_path / "mine", "en/whatever/mine.md", body="mine")
    library = load([tmp_path / "ours", tmp_path / "mine"], "en")
    assert {r.id: r.body for r in library.replies} == {"late": "mine", "other": "kept"}
    assert not library.problems


def test_english_stands_in_for_what_the_language_lacks(tmp_path: Path) -> None:
    write(tmp_path, "en/a.md", id="a", body="English a")
    write(tmp_path, "en/b.md", id="b", body="English b")
    write(tmp_path, "de/a.md", id="a", body="deutsches a")
    for language in ("de", "de_AT", "de-CH", "DE"):
        bodies = {r.id: r.body for r in load([tmp_path], language).replies}
        assert bodies == {"a": "deutsches a", "b": "English b"}


def test_a_later_english_reply_does_not_push_out_the_language_asked_for(tmp_path: Path) -> None:
    write(tmp_path / "ours", "de/a.md", id="a", body="deutsch")
    write(tmp_path / "mine", "en/a.md", id="a", body="English")
    (found,) = load([tmp_path / "ours", tmp_path / "mine"], "de").replies
    assert found.body == "deutsch"


def test_a_reply_outside_a_language_counts_for_every_language(tmp_path: Path) -> None:
    write(tmp_path / "ours", "de/a.md", id="a", body="deutsch")
    write(tmp_path / "mine", "delivery/a.md", id="a", body="any")
    for language in ("de", "en", "fr"):
        (found,) = load([tmp_path / "ours", tmp_path / "mine"], language).replies
        assert (found.body, found.language, found.group) == ("any", "", "delivery")


def test_in_one_folder_the_language_is_nearer_than_none(tmp_path: Path) -> None:
    write(tmp_path, "a.md", id="a", body="any")
    write(tmp_path, "de/a.md", id="a", body="deutsch")
    assert [r.body for r in load([tmp_path], "de").replies] == ["deutsch"]
    assert [r.body for r in load([tmp_path], "en").replies] == ["any"]


def test_other_languages_hidden_files_and_readmes_are_not_read(tmp_path: Path) -> None:
    for place in ("fr/x.md", ".hidden.md", ".git/x.md", "README.md", "en/notes.txt"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text("not a reply", encoding="utf-8")
    assert load([tmp_path], "en") == Library((), ())


def test_a_folder_that_does_not_exist_is_empty_and_a_file_is_a_problem(tmp_path: Path) -> None:
    assert load([tmp_path / "none"], "en") == Library((), ())
    path = write(tmp_path, "late.md")
    (problem,) = load([path], "en").problems
    assert problem.path == path


def test_the_order_does_not_depend_on_the_order_of_files(tmp_path: Path) -> None:
    for place, id, title in (("b/1.md", "x", "Ä"), ("a/2.md", "y", "z"), ("b/0.md", "z", "B")):
        write(tmp_path, place, id=id, title=title)
    assert ids(load([tmp_path], "en")) == ["y", "x", "z"]


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


def test_two_files_with_one_id_are_a_problem_and_the_first_stays(tmp_path: Path) -> None:
    write(tmp_path, "a.md", id="x", body="first")
    second = write(tmp_path, "b.md", id="x", body="second")
    library = load([tmp_path], "en")
    assert [r.body for r in library.replies] == ["first"]
    (problem,) = library.problems
    assert problem.path == second
    assert "a.md" in problem.message


def test_a_shortcut_of_two_replies_is_a_problem_but_both_are_there(tmp_path: Path) -> None:
    write(tmp_path, "a.md", id="a", shortcut="same")
    write(tmp_path, "b.md", id="b", shortcut="Same")
    library = load([tmp_path], "en")
    assert ids(library) == ["a", "b"]
    (problem,) = library.problems
    assert "Same" in problem.message


def test_a_folder_with_far_too_many_files_is_not_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canned, "MAX_FILES", 3)
    for n in range(5):
        write(tmp_path, f"{n}.md", id=f"x{n}")
    library = load([tmp_path], "en")
    assert ids(library) == ["x0", "x1", "x2"]
    assert len(library.problems) == 1


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
            found = canned._parse(content.decode("utf-8"), Path("x.md"), "", "en")
        except (canned._DamagedError, UnicodeDecodeError):
            continue
        assert sanitise(found.body, Field.COMPOSER) == found.body


def test_the_built_in_folder_is_there() -> None:
    assert (canned.built_in_folder() / "en").is_dir()
    assert (canned.built_in_folder() / "de").is_dir()


def test_the_built_in_folder_of_an_installed_package_is_inside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canned, "__file__", str(tmp_path / "agent_tui" / "canned.py"))
    assert canned.built_in_folder() == tmp_path / "canned_replies"
    inside = tmp_path / "agent_tui" / "canned_replies"
    inside.mkdir(parents=True)
    assert canned.built_in_folder() == inside


def test_importing_costs_nothing_heavy() -> None:
    heavy = ("textual", "liquid", "babel", "rapidfuzz")
    code = f"import sys, agent_tui.canned; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"


# -- finding ------------------------------------------------------------------------------


@pytest.fixture
def library(tmp_path: Path) -> Library:
    write(tmp_path, "delivery/late.md", id="a", shortcut="late", title="Parcel is late")
    write(tmp_path, "delivery/latest.md", id="b", shortcut="latest", title="News")
    write(tmp_path, "delivery/size.md", id="c", shortcut="fit", title="Größe passt nicht")
    write(
        tmp_path, "returns/refund.md", id="d", shortcut="money", title="Refund, too late",
        body="The amount of {{ order.total }} is back on your card.", more="channels: [email]\n",
    )  # fmt: skip
    write(tmp_path, "returns/back.md", id="e", shortcut="la-la", title="Return label")
    return load([tmp_path], "en")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("late", ["a", "b", "d"]),
        ("LATE ", ["a", "b", "d"]),
        ("lat", ["a", "b", "d"]),
        ("latest", ["b", "a", "d"]),
        ("la", ["a", "e", "b", "d"]),
        ("returns", ["e", "d"]),
        ("refnud", ["d"]),
        ("groesse", ["c"]),
        ("grosse", ["c"]),
        ("GRÖSSE", ["c"]),
        ("card amount", ["d"]),
        ("card parcel", []),
        ("order.total", []),
        ("zzzz", []),
        ("?!", []),
    ],
)
def test_search(query: str, expected: list[str], library: Library) -> None:
    assert [r.id for r in library.search(query, None)] == expected


def test_an_empty_query_lists_by_group(library: Library) -> None:
    found = library.search("  ", None)
    assert [r.group for r in found] == ["delivery"] * 3 + ["returns"] * 2
    assert found == list(library.replies)


def test_replies_for_another_channel_are_left_out(library: Library) -> None:
    assert "d" not in [r.id for r in library.search("", Channel.SMS)]
    assert "d" not in [r.id for r in library.search("money", Channel.SMS)]
    assert [r.id for r in library.search("money", Channel.EMAIL)] == ["d"]


def test_the_limit_holds(library: Library) -> None:
    assert len(library.search("", None, limit=2)) == 2
    assert [r.id for r in library.search("late", None, limit=1)] == ["a"]


@given(st.text(max_size=30), st.sampled_from([None, *Channel]))
@settings(max_examples=100, deadline=None)
def test_any_query_finds_fitting_replies_only(query: str, channel: Channel | None) -> None:
    library = shipped("de")
    found = library.search(query, channel)
    assert len(set(found)) == len(found) <= 50
    assert all(r in library.replies and r.fits(channel) for r in found)


# -- filling ------------------------------------------------------------------------------


def test_values_are_put_in_and_missing_ones_become_blanks() -> None:
    result = fill(
        reply("Hi {{ contact.first_name }}, {{ order.id }}: which {{ blank.your_floor }}?"),
        {"contact": {"first_name": "Noah"}, "order": {"id": ""}},
    )
    assert result.text == "Hi Noah, ⟦id⟧: which ⟦your floor⟧?"
    assert type(result.text) is SafeText
    assert [result.text[start:end] for start, end in result.blanks] == ["⟦id⟧", "⟦your floor⟧"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{{ a.b }}", "⟦b⟧"),
        ("{{ a }}", "⟦a⟧"),
        ("{{ none.of.this }}", "⟦this⟧"),
        ("{{ blank.Öffnungszeiten }}", "⟦Öffnungszeiten⟧"),
        ("{{blank['two words']}}", "⟦two words⟧"),
        ('{{ blank["⟦x⟧"] }}', "⟦[x]⟧"),
        ('{{ blank[""] }}', "⟦…⟧"),
        ("{{ a.c.size }}", "⟦size⟧"),
        ("{{ a.first }}", "⟦first⟧"),
        ("{{ a.c[0] }}", "⟦0⟧"),
        ("{{ now }} {{ today }}", "⟦now⟧ ⟦today⟧"),
        ("{{ a.b | default: 'you' }}", "you"),
        ("{{ a.c | default: 'you' | upcase }}", "SEA"),
        ("{{ a.b | upcase }}", "⟦B⟧"),
        ("{{ a.b | append: '!' }}", "⟦b⟧!"),
        ("{% if a.b %}1{% else %}2{% endif %}", "2"),
        ("{% if a.c %}1{% else %}2{% endif %}", "1"),
        ("{% if a %}1{% endif %}{% if e %}2{% endif %}", "1"),
        ("{% case a.c %}{% when 'sea' %}1{% else %}2{% endcase %}", "1"),
        ("{% case a.b %}{% when 'sea' %}1{% else %}2{% endcase %}", "2"),
        ("{% assign x = a.b %}{{ x }}", "⟦b⟧"),
        ("{% comment %}x{% endcomment %}y", "y"),
        ("{{ n }}", "3"),
        ("⟦typed by hand⟧", "⟦typed by hand⟧"),
    ],
)
def test_what_comes_out(body: str, expected: str) -> None:
    assert filled(body, a={"c": "sea"}, e={"x": " ", "y": None}, n=3) == expected


def test_a_blank_may_be_given_a_value() -> None:
    assert filled("{{ blank.floor }} {{ blank.name }}", blank={"floor": "3"}) == "3 ⟦name⟧"


@pytest.mark.parametrize(
    "body", ["{{ a b }}", "{% include 'x' %}", "{{" * 20000, "{{ 'x' | zork }}", "{{ a | append }}"]
)
def test_a_reply_that_cannot_be_filled_is_one_blank(body: str) -> None:
    result = fill(reply(body), {})
    assert result.blanks == ((0, len(result.text)),)


def test_a_reply_cannot_grow_without_bound() -> None:
    doubling = "{% assign x = x | append: x %}" * 14
    result = fill(reply("{% assign x = '0123456789' %}" + doubling + "ok"), {})
    assert result.blanks == ((0, len(result.text)),)
    assert len(fill(reply("{{ a }}" * 9000), {"a": "x" * 10**6}).text) < canned.MAX_FILLED


HOSTILE_NAMES = [
    "{{ agent.name }}",
    "{% if true %}x{% endif %}",
    "{{ 'x' | upcase }}{{ blank.x }}",
    "}} {{ agent.name",
    "{{",
    "{%",
    "[bold]{{[/bold]",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_liquid_in_a_name_stays_text(name: str) -> None:
    body = "{% assign n = contact.name %}{{ n }}|{{ contact.name }}"
    assert filled(body, contact={"name": name}, agent={"name": "Ana"}) == f"{name}|{name}"


def test_a_name_cannot_forge_or_break_a_blank() -> None:
    result = fill(reply("{{ a }} {{ b }} {{ c }}"), {"a": "⟦x⟧", "b": "⟧"})
    assert result.text == "[x] ] ⟦c⟧"
    assert len(result.blanks) == 1


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "\n", "\u200e \ufeff"])
def test_a_name_nobody_can_see_is_a_blank(name: str) -> None:
    assert filled("{{ a }}", a=name) == "⟦a⟧"


VALUES = st.recursive(
    st.text(max_size=60) | st.none(),
    lambda inner: st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.text(), st.text(), VALUES)
@settings(max_examples=300)
def test_no_value_whatsoever_raises_or_gets_through_unsanitised(
    name: str, first: str, other: object
) -> None:
    body = "Hi {{ contact.first_name }} {{ contact.name | capitalize }}, {{ o }}{{ o.p }}"
    result = fill(reply(body), {"contact": {"name": name, "first_name": first}, "o": other})
    assert sanitise(result.text, Field.COMPOSER) == result.text
    assert result.blanks == blanks(result.text)
    marked = sum(end - start for start, end in result.blanks)
    assert marked <= len("⟦first name⟧⟦Name⟧⟦o⟧⟦p⟧"), "only the reply itself makes blanks"


def test_hostile_strings_pass_through_a_reply_sanitised(shared: Path) -> None:
    known = json.loads((shared / "nasty_strings.json").read_text(encoding="utf-8"))["strings"]
    texts = [entry["text"] for entry in known if "text" in entry]
    assert len(texts) > 100
    for text in texts:
        result = fill(reply("Hi {{ name }}, {{ blank.x }}"), {"name": text})
        assert sanitise(result.text, Field.COMPOSER) == result.text
        assert result.blanks[-1][1] == len(result.text)


@given(st.text(alphabet="⟦⟧ab\n", max_size=30))
def test_blanks_are_all_there_and_where_they_say(text: str) -> None:
    found = blanks(text)
    assert all(re.fullmatch("⟦[ab\n]*⟧", text[start:end]) for start, end in found)
    starts, ends = [start for start, _ in found], [end for _, end in found]
    between = [text[a:b] for a, b in zip([0, *ends], [*starts, len(text)], strict=True)]
    assert not any(re.search("⟦[ab\n]*⟧", part) for part in between)


# -- values -------------------------------------------------------------------------------


def order(id: str, day: int | None, *parcels: str, cents: int = 48881) -> Order:
    return Order(
        SafeText(id),
        SafeText("shipped"),
        cents,
        "EUR",
        tracking=tuple(Tracking(SafeText("DHL"), SafeText(n), SafeText("depot")) for n in parcels),
        placed_at=None if day is None else NOW + timedelta(days=day),
    )


def contact(name: str = "Noah Brown", **more: object) -> Contact:
    return Contact(ContactId("1"), SafeText(name), **more)  # type: ignore[arg-type]


CONVERSATION = Conversation(
    ConversationId("7"), 1042, Channel.WHATSAPP, ContactId("1"), SafeText("Lea Fischer"),
    Status.OPEN, NOW, NOW,
)  # fmt: skip
AGENT = Agent(AgentId("3"), SafeText("Ana Keller"))


def values(who: Contact | None, locale: str = "de") -> dict[str, object]:
    return values_for(who, CONVERSATION, AGENT, "Nordlicht", locale)


def test_values_of_a_known_contact() -> None:
    orders = (order("#1", 1, "A"), order("#3", 9, "B", "C"), order("#2", None, "D"))
    cart = Cart((), 6490, "EUR")
    assert values(contact(orders=orders, cart=cart)) == {
        "contact": {"name": "Noah Brown", "first_name": "Noah"},
        "agent": {"name": "Ana Keller", "first_name": "Ana"},
        "company": {"name": "Nordlicht"},
        "channel": {"name": "WhatsApp"},
        "conversation": {"number": "#1042"},
        "order": {"id": "#3", "status": "shipped", "total": "488,81 €"},
        "tracking": {"carrier": "DHL", "number": "C", "state": "depot"},
        "cart": {"total": "64,90 €"},
    }


def test_without_dates_the_first_order_counts() -> None:
    text = fill(reply("{{ order.id }}"), values(contact(orders=(order("#1", None),)))).text
    assert text == "#1"


@pytest.mark.parametrize("who", [None, contact()])
def test_what_is_unknown_is_a_blank(who: Contact | None) -> None:
    body = "{{ contact.first_name }} {{ order.id }} {{ tracking.number }} {{ cart.total }}"
    name = "Noah" if who else "Lea"
    assert fill(reply(body), values(who)).text == f"{name} ⟦id⟧ ⟦number⟧ ⟦total⟧"


def test_nothing_of_an_account_that_is_not_linked_is_told() -> None:
    who = contact(orders=(order("#1", 1, "A"),), cart=Cart((), 100, "EUR"), account_linked=False)
    body = "{{ order.id }}{{ order.status }}{{ order.total }}{{ tracking.number }}{{ cart.total }}"
    assert fill(reply(body), values(who)).text == "⟦id⟧⟦status⟧⟦total⟧⟦number⟧⟦total⟧"


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("de", "1.234,50 €"),
        ("de_AT", "€ 1.234,50"),
        ("de-CH", "EUR 1’234.50"),
        ("en", "€1,234.50"),
        ("fr_FR", "1 234,50 €"),
        ("klingon", "€1,234.50"),
        ("", "€1,234.50"),
    ],
)
def test_money_is_written_as_the_locale_does_with_plain_spaces(locale: str, expected: str) -> None:
    who = contact(orders=(order("#1", 1, cents=123450),))
    assert fill(reply("{{ order.total }}"), values(who, locale)).text == expected


@pytest.mark.parametrize("currency", ["", "XXX", "eur", "⟦", "[b]", "€€"])
def test_an_odd_currency_does_not_raise(currency: str) -> None:
    who = contact(cart=Cart((), 100, currency))
    assert fill(reply("{{ cart.total }}"), values(who)).text


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Noah Brown", "Noah"),
        ("  Zoë  van Dijk", "Zoë"),
        ("mara.k", "mara.k"),
        ("Łucja", "Łucja"),
        ("Berg, Anna", "⟦first name⟧"),
        ("Dr. Anna Berg", "⟦first name⟧"),
        ("+49 171 2345904", "⟦first name⟧"),
        ("💐", "⟦first name⟧"),
        ("", "⟦first name⟧"),
    ],
)
def test_a_first_name_is_never_guessed(name: str, first: str) -> None:
    assert fill(reply("{{ contact.first_name }}"), values(contact(name))).text == first


# -- the replies that come with the program -----------------------------------------------

LANGUAGES = ("en", "de")
SHIPPED = [r for language in LANGUAGES for r in shipped(language).replies]
each = pytest.mark.parametrize("shown", SHIPPED, ids=[f"{r.language}-{r.id}" for r in SHIPPED])

GROUPS = {
    "account", "bot-handover", "cart", "closing", "complaint", "delivery", "greeting", "hours",
    "invoice", "payment", "returns", "stock", "tracking", "waiting", "warranty",
}  # fmt: skip

FULL = values(
    contact(
        "Maximiliane Oberhuber-Schwarz",
        orders=(order("#W7678072", 1, "00340434161094042557", cents=148881),),
        cart=Cart((), 129900, "EUR"),
    )
)

BLANK_NAMES = re.compile(r"\{\{\s*blank\.(\w+)\s*\}\}")

SMS_ALPHABET = set(
    "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)
"""GSM 03.38 with its extension: one other character halves what fits into an SMS."""

EMPTY_PHRASES = re.compile(
    r"any inconvenience|your patience|hesitate|valued customer|we apologi[sz]e|reach out"
    r"|unannehmlichkeit|ihre geduld|deine geduld|gerne zur verfügung|zögern sie|wir bedauern",
    re.IGNORECASE,
)

TYPED_OUT = re.compile(
    r"\b\w*(?:(?<![aeqäu])ue|ae|oe)\w*|\w*str?asse\w*|\w*gruss\w*|\w*gruess\w*|gross\w*|heiss\w*"
    r"|\w*schliess\w*|aus?ser\w*|weiss\w*|\w*grösse\w*",
    re.IGNORECASE,
)


def names_in(level: Mapping[str, object], prefix: str = "") -> Iterator[str]:
    for key, value in level.items():
        if isinstance(value, Mapping):
            yield from names_in(value, f"{prefix}{key}.")
        else:
            yield prefix + key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shipped_file_loads_in_its_own_language(language: str) -> None:
    library = shipped(language)
    assert library.problems == ()
    assert {r.language for r in library.replies} == {language}
    files = (canned.built_in_folder() / language).rglob("*.md")
    assert {r.source for r in library.replies} == set(files)
    assert len(library.replies) >= 34
    assert {r.group for r in library.replies} == GROUPS


def test_both_languages_have_the_same_replies_for_the_same_channels() -> None:
    english, german = ({r.id: (r.group, r.channels) for r in shipped(x).replies} for x in LANGUAGES)
    assert english == german


@pytest.mark.parametrize("channel", Channel)
def test_there_is_something_to_say_on_every_channel(channel: Channel) -> None:
    for language in LANGUAGES:
        found = shipped(language).search("", channel)
        assert len(found) >= 20
        assert len({r.group for r in found}) >= 10


@each
def test_a_shipped_reply_is_found_by_its_shortcut_and_named_after_its_file(
    shown: CannedReply,
) -> None:
    assert shown.id == f"{shown.source.parent.name}-{shown.source.stem}"
    assert shipped(shown.language).search(shown.shortcut, None)[0] == shown


@each
def test_a_shipped_reply_fills_up_to_its_declared_blanks(shown: CannedReply) -> None:
    result = fill(shown, FULL)
    left = {result.text[start + 1 : end - 1] for start, end in result.blanks}
    assert left == {name.replace("_", " ") for name in BLANK_NAMES.findall(shown.body)}
    assert not re.search(r"\{\{|\}\}|\{%|%\}|  | \n", result.text)
    used = set(re.findall(r"[{|%(]\s*(?:if |case )?((?!blank\.)[a-z]+\.[a-z_.]+)", shown.body))
    assert used <= set(names_in(FULL))


@each
def test_a_shipped_reply_fits_its_channels(shown: CannedReply) -> None:
    text = fill(shown, FULL).text
    for channel in shown.channels or Channel:
        assert len(text) <= RULES[channel].max_chars
    if shown.fits(Channel.SMS):
        assert len(text) <= 320
        assert set(text) <= SMS_ALPHABET | {canned.OPEN, canned.CLOSE}
    if len(text) > 700:
        assert shown.channels == {Channel.EMAIL}


@each
def test_a_shipped_reply_holds_no_empty_phrase(shown: CannedReply) -> None:
    assert not EMPTY_PHRASES.search(shown.body)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "id", ["greeting-hello", "cart-idle", "bot-handover-person", "closing-thanks"]
)
def test_a_nameless_visitor_can_be_greeted_without_a_blank(id: str, language: str) -> None:
    (shown,) = (r for r in shipped(language).replies if r.id == id)
    text = fill(shown, values(contact(""))).text
    assert "name⟧" not in text
    assert not re.search(r"  | [,.]", text)


GERMAN = [r for r in SHIPPED if r.language == "de"]
each_german = pytest.mark.parametrize("shown", GERMAN, ids=[r.id for r in GERMAN])


@each_german
def test_german_is_written_with_umlauts(shown: CannedReply) -> None:
    prose = re.sub(r"\{%.*?%\}|\{\{\s*[a-z]+\.[a-z_]+\s*\}\}", "", shown.body)
    for text in (prose, shown.title, shown.shortcut):
        assert not TYPED_OUT.search(text)


@each_german
def test_german_says_sie_by_e_mail_and_du_on_messengers(shown: CannedReply) -> None:
    informal = re.search(r"\b(du|dir|dich|dein\w*)\b", shown.body, re.IGNORECASE)
    formal = re.search(r"\b(Ihnen|Ihr\w*)\b|\bSie\b", shown.body)
    if shown.fits(Channel.EMAIL):
        assert not informal
    if shown.channels != {Channel.EMAIL}:
        assert not formal


# -- the guide ----------------------------------------------------------------------------

GUIDE = (ROOT / "docs" / "canned-replies.md").read_text(encoding="utf-8")


def test_the_guide_lists_exactly_the_variables_there_are() -> None:
    listed = re.findall(r"^\| `\{\{ ([a-z_.]+) \}\}` \|", GUIDE, re.MULTILINE)
    assert sorted(listed) == sorted(names_in(FULL))


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("Front matter", canned.KEYS),
        ("Channels", tuple(channel.value for channel in Channel)),
        ("Tags", canned.TAGS),
        ("Filters", canned.FILTERS),
        ("Groups", tuple(sorted(GROUPS))),
    ],
)
def test_the_guide_names_what_the_program_knows(heading: str, names: tuple[str, ...]) -> None:
    (line,) = re.findall(rf"^- \*\*{heading}\*\*: (.*)$", GUIDE, re.MULTILINE)
    assert tuple(re.findall(r"`([^`]+)`", line)) == names


def test_the_example_in_the_guide_is_a_reply(tmp_path: Path) -> None:
    (example,) = re.findall(r"```markdown\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "example.md").write_text(example, encoding="utf-8")
    library = load([tmp_path], "en")
    assert library.problems == ()
    assert fill(library.replies[0], FULL).blanks
