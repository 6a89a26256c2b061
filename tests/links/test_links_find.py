"""Finding links in text: which there are, where they end, and that it takes linear time."""

from __future__ import annotations

from time import perf_counter

import pytest
from builders import safe
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.links.find import MOST, links_in
from agent_tui.sanitise import sanitise

SCHEMES = ("http://", "https://", "mailto:", "tel:")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://x.example/a?b=c#d.", ["https://x.example/a?b=c#d"]),
        ("(https://x.example/a)", ["https://x.example/a"]),
        ("https://x.example/wiki/A_(b)", ["https://x.example/wiki/A_(b)"]),
        ("(see https://x.example/wiki/A_(b)).", ["https://x.example/wiki/A_(b)"]),
        ("„https://x.example/“, sagt sie", ["https://x.example/"]),
        ("'https://x.example/'", ["https://x.example/"]),
        ("*https://x.example/*!", ["https://x.example/"]),
        ("https://x.example/…", ["https://x.example/"]),
        ("看https://x.example/。谢谢", ["https://x.example/。谢谢"]),
        ("HTTPS://X.EXAMPLE", ["HTTPS://X.EXAMPLE"]),
        ("http://[::1]:8000/x", ["http://[::1]:8000/x"]),
        ("http://[::1]", ["http://[::1]"]),
        ("[a](https://x.example/)", ["https://x.example/"]),
        ("[https://a.example](https://b.example)", ["https://a.example", "https://b.example"]),
        ("<https://x.example/|click>", ["https://x.example/"]),
        ("mailto:a@b.example, tel:+49-89-1;", ["mailto:a@b.example", "tel:+49-89-1"]),
        ("two\nhttps://a.example\nhttps://b.example", ["https://a.example", "https://b.example"]),
        ("https://a.example https://a.example", ["https://a.example"]),
        (r"https://a.example\@b.example/", [r"https://a.example\@b.example/"]),
    ],
)
def test_a_link_ends_where_people_end_it(text: str, found: list[str]) -> None:
    assert list(links_in(safe(text))) == found


@pytest.mark.parametrize(
    "text",
    [
        "", "no links", "https://", "https://...", "mailto:", "tel:.", "www.example.com",
        "file:///etc/passwd", "javascript:alert(1)", "ssh://-oProxyCommand=x", "xhttps://a.example",
        "data:text/html,x", "vscode://x", "smb://x", "--help", "hotel:12345",
    ],
)  # fmt: skip
def test_nothing_else_is_a_link(text: str) -> None:
    assert links_in(safe(text)) == ()


def test_what_the_sanitiser_put_in_ends_a_link() -> None:
    """A control or an override in a link is seen in the text, and is no part of the address."""
    assert links_in(sanitise("https://a.example/\x1b]8;;x\x1b\\")) == ("https://a.example/",)
    assert links_in(sanitise("https://a.example/\u202emoc.live")) == ("https://a.example/",)
    assert links_in(sanitise("https://exam\u200bple.com")) == ("https://example.com",)


@given(st.lists(st.sampled_from([*"ab./:()[]@%\\ \n", *SCHEMES]), max_size=80).map("".join))
def test_whatever_is_written_a_link_has_an_allowed_scheme_and_no_blanks(raw: str) -> None:
    for link in links_in(sanitise(raw)):
        assert link.lower().startswith(SCHEMES)
        assert link in sanitise(raw)
        assert not set(link) & set(' \n"<>`')


def test_one_message_has_at_most_so_many() -> None:
    text = " ".join(f"https://x.example/{number}" for number in range(2 * MOST))
    assert len(links_in(safe(text))) == MOST


BAITS = ("(", "a@", "https://x.example/)", "http://[", "tel:", "https://", "h", ")" * 9, "http://[:",
         "https://x.example/(((", "mailto:", "\\", "https://x.example/.,.,")  # fmt: skip


def seconds(text: str) -> float:
    """The best of five."""
    clean = safe(text)
    times = []
    for _attempt in range(5):
        begun = perf_counter()
        links_in(clean)
        times.append(perf_counter() - begun)
    return min(times)


@pytest.mark.parametrize("bait", BAITS)
def test_eight_times_the_text_takes_no_more_than_a_linear_time(bait: str) -> None:
    """Quadratic would be 64 times as long; the bound leaves room for a busy machine."""
    few = 40_000 // len(bait)
    assert seconds(bait * 8 * few) < 30 * max(seconds(bait * few), 1e-4)
