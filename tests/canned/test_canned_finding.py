"""Finding a canned reply: the ranks, misspellings and channels."""

from __future__ import annotations

from pathlib import Path

import pytest
from canned_builders import shipped, write
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_tui.canned import Library, load
from agent_tui.model import Channel


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
    found = library.search(query, channel, limit=50)
    assert len(set(found)) == len(found) <= 50
    assert all(r in library.replies and r.fits(channel) for r in found)
