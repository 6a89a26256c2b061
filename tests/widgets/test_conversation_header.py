"""The line above the thread: everything on one line, or on two, and names give way first."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.style import Style
from textual.app import App, ComposeResult
from textual.widget import Widget

from agent_tui import i18n
from agent_tui.model import (
    AgentId,
    Channel,
    ContactId,
    Conversation,
    ConversationId,
    Priority,
    SafeText,
    Sla,
    Snooze,
    Status,
)
from agent_tui.sanitise import Field, sanitise
from agent_tui.shown import Header
from agent_tui.theme import DARK
from agent_tui.widgets.conversation_header import ConversationHeader, header_lines
from agent_tui.widgets.ink import Ink

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 8, 41, tzinfo=UTC)
INK = Ink(**{f.name: Style(color=f"color({n})") for n, f in enumerate(fields(Ink))})
S = SafeText

CONV = Conversation(
    id=ConversationId("c1"),
    number=1042,
    channel=Channel.WHATSAPP,
    contact_id=ContactId("p1"),
    contact_name=S("Noah Brown"),
    status=Status.OPEN,
    created_at=NOW,
    last_at=NOW,
)
FULL = replace(
    CONV,
    priority=Priority.HIGH,
    labels=(S("delivery"), S("refund")),
    waiting_since=NOW - timedelta(minutes=12),
    window_closes_at=NOW + timedelta(hours=11, minutes=48),
)


def header(conv: Conversation = CONV, owner: str = "", **more: object) -> Header:
    values: dict[str, object] = {"owner": S(owner), "mine": False, "team": S("")}
    return Header(conv, **{**values, **more})  # type: ignore[arg-type]


def told(shown: Header, width: int = 120) -> list[str]:
    i18n.use_language("en")
    return [strip.text.rstrip() for strip in header_lines(shown, NOW, BERLIN, width, INK)]


def test_who_where_whose_and_how_urgent_on_one_line() -> None:
    (line,) = told(header(FULL, "Ana Weber", viewers=(S("Ben Keller"),)))
    assert line.startswith(" WhatsApp · Noah Brown · #1042 ")
    assert line.endswith(
        "  delivery · refund  Ana  high  Ben is here  waits 12 m  window 11 h 48 m"
    )


def test_two_lines_where_one_is_too_narrow() -> None:
    assert told(header(FULL, "Ana Weber", viewers=(S("Ben Keller"),)), 60) == [
        " WhatsApp · Noah Brown · #1042       Ana  high  Ben is here",
        " delivery · refund             waits 12 m  window 11 h 48 m",
    ]


@pytest.mark.parametrize("width", range(36, 121))
def test_clocks_number_and_owner_are_whole_at_any_width(width: int) -> None:
    text = "\n".join(told(header(FULL, "Ana Weber", viewers=(S("Ben Keller"),)), width))
    for whole in ("#1042", "Ana", "high", "waits 12 m", "window 11 h 48 m"):
        assert whole in text
    assert "Ben is" not in text or "Ben is here" in text


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (header(), "unassigned"),
        (header(owner="Ana Weber"), "Ana"),
        (header(owner="Ana Weber", mine=True), "yours"),
        (header(team=S("Returns")), "team Returns"),
        (header(replace(CONV, assignee=AgentId("x")), owner="Ana Weber", team=S("R")), "Ana"),
    ],
)
def test_whose_it_is(shown: Header, words: str) -> None:
    assert told(shown)[0].split("#1042")[1].strip() == words


@pytest.mark.parametrize(
    ("viewers", "words"),
    [
        (("Ben Keller",), "Ben is here"),
        (("Ben Keller", "Eve Holt"), "Ben and Eve are here"),
        (("Ben Keller", "Eve Holt", "Max Roth"), "3 are here"),
    ],
)
def test_who_else_looks(viewers: tuple[str, ...], words: str) -> None:
    assert told(header(viewers=tuple(S(name) for name in viewers)))[0].endswith(words)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": Status.RESOLVED}, "resolved"),
        ({"status": Status.SNOOZED, "snooze": Snooze(None)}, "snoozed until the customer writes"),
        (
            {"status": Status.SNOOZED, "snooze": Snooze(NOW + timedelta(hours=5))},
            "snoozed until 14:41",
        ),
    ],
)
def test_where_it_stands(changes: dict[str, object], words: str) -> None:
    assert told(header(replace(CONV, **changes)))[0].endswith(words)  # type: ignore[arg-type]


def test_who_began_to_wait_just_now_waits_under_a_minute() -> None:
    """Not “waits now”, which says nothing."""
    fresh = replace(CONV, waiting_since=NOW - timedelta(seconds=59))
    assert "waits under 1 m" in told(header(fresh))[0]


def test_nobody_waits_in_a_resolved_conversation() -> None:
    resolved = replace(CONV, status=Status.RESOLVED, waiting_since=NOW - timedelta(minutes=9))
    assert "waits" not in told(header(resolved))[0]


@pytest.mark.parametrize(
    ("due", "ink"),
    [
        (timedelta(hours=1), INK.dim),
        (timedelta(minutes=3), INK.warn),
        (timedelta(minutes=-1), INK.alarm),
    ],
)
def test_waiting_grows_loud_with_the_promise_as_in_the_list(due: timedelta, ink: Style) -> None:
    """Half of the promised time gone warns, a broken promise is an alarm."""
    late = replace(FULL, sla=Sla(NOW + due))
    styles = {
        seg.text: seg.style
        for strip in header_lines(header(late), NOW, BERLIN, 120, INK)
        for seg in strip
    }
    assert styles["waits 12 m"] == ink


def test_a_long_name_gives_way_and_says_so() -> None:
    long = replace(FULL, contact_name=S("Maximiliane Freifrau von und zu Hohenstein-Oberursel"))
    first, second = told(header(long), 60)
    assert "…" in first
    assert "#1042" in first
    assert "window" in second


NAMES = st.text(max_size=60).map(lambda text: sanitise(text, Field.NAME))


@settings(max_examples=150)
@given(
    NAMES,
    NAMES,
    st.lists(NAMES, max_size=4).map(tuple),
    st.lists(NAMES, max_size=3).map(tuple),
    st.integers(1, 140),
)
def test_any_header_is_one_or_two_lines_of_exactly_the_width(
    name: SafeText,
    owner: SafeText,
    labels: tuple[SafeText, ...],
    viewers: tuple[SafeText, ...],
    width: int,
) -> None:
    shown = header(replace(FULL, contact_name=name, labels=labels), owner, viewers=viewers)
    lines = header_lines(shown, NOW, BERLIN, width, INK)
    assert len(lines) in (1, 2)
    assert all(sum(seg.cell_length for seg in strip) == width for strip in lines)


class Rest(Widget):
    """What stands below."""


class Stage(App[None]):
    CSS = "Screen { background: $background; } Rest { height: 1fr; }"

    def compose(self) -> ComposeResult:
        yield ConversationHeader()
        yield Rest()


async def test_takes_as_many_lines_as_it_needs() -> None:
    i18n.use_language("en")
    app = Stage()
    app.register_theme(DARK)
    app.theme = DARK.name
    async with app.run_test(size=(60, 10)) as pilot:
        shown = app.query_one(ConversationHeader)
        assert shown.size.height == 0
        shown.show(header(), NOW, BERLIN)
        await pilot.pause()
        assert shown.size.height == 1
        shown.show(header(FULL), NOW, BERLIN)
        await pilot.pause()
        assert shown.size.height == 2
        assert "waits 12 m" in shown.render_line(1).text
        shown.show(header(FULL), NOW + timedelta(minutes=1), BERLIN)
        assert "waits 13 m" in shown.render_line(1).text
        await pilot.resize_terminal(130, 10)
        await pilot.pause()
        assert shown.size.height == 1
        shown.show(None, NOW, BERLIN)
        await pilot.pause()
        assert shown.size.height == 0
