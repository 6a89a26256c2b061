"""The first and the last line: what stays at every width, and what a click means."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from agent_tui import shown, theme
from agent_tui.events import Link
from agent_tui.model import NO_TEXT
from agent_tui.sanitise import Field, sanitise
from agent_tui.widgets.bar import Bar
from agent_tui.widgets.bottom_bar import BottomBar
from agent_tui.widgets.top_bar import TopBar

TABS = tuple(
    shown.ViewTab(key, title, count, active=key == "2")
    for key, title, count in (
        ("1", "Mine", 7),
        ("2", "Unassigned", 23),
        ("3", "All", 61),
        ("4", "Snoozed", 4),
        ("5", "Resolved", 0),
    )
)
TOP = shown.TopBar(
    agent=sanitise("ana", Field.NAME),
    desk=sanitise("Nordwind", Field.NAME),
    link=Link.LIVE,
    link_detail=sanitise(""),
    source="demo",
    tabs=TABS,
    clock="Mon 22 Nov 09:41",
)
OFFLINE = replace(TOP, link=Link.OFFLINE, link_detail=sanitise("since 14:02", Field.LINE))
BOTTOM = shown.BottomBar(
    hints=(
        shown.Hint("A", "take", command="take"),
        shown.Hint("r", "reply", enabled=False, command="reply"),
        shown.Hint("s", "snooze", command="snooze"),
        shown.Hint("?", "keys", command="keys"),
    ),
    status="1 sending · undo z (4 s)",
)


class Frame(App[None]):
    """An app of the two bars, noting what is clicked."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return theme.DARK.variables

    def compose(self) -> ComposeResult:
        top, bottom = TopBar(), BottomBar()
        top.show(TOP)
        bottom.show(BOTTOM)
        yield top
        yield bottom

    def on_top_bar_tab_clicked(self, message: TopBar.TabClicked) -> None:
        self.told.append(message.key)

    def on_bottom_bar_hint_clicked(self, message: BottomBar.HintClicked) -> None:
        self.told.append(message.command)


def said(bar: Bar, width: int) -> str:
    """What the bar says at a width, as plain text."""
    return "".join(piece.text for piece in bar.pieces(width))


def top(value: shown.TopBar, width: int) -> str:
    bar = TopBar()
    bar.show(value)
    return said(bar, width)


def bottom(value: shown.BottomBar, width: int) -> str:
    bar = BottomBar()
    bar.show(value)
    return said(bar, width)


# ── the first line ───────────────────────────────────────────────────────────────────────────


def test_a_wide_line_says_all() -> None:
    assert top(TOP, 150).split("  ")[0] == " agent-tui"
    words = " ".join(top(TOP, 150).split())
    assert words == (
        "agent-tui ana · Nordwind · demo ● live "
        "1 Mine 7 2 Unassigned 23 3 All 61 4 Snoozed 4 5 Resolved Mon 22 Nov 09:41"
    )


def test_at_80_all_views_keep_their_names() -> None:
    assert " ".join(top(TOP, 80).split()) == (
        "● live 1 Mine 7 2 Unassigned 23 3 All 61 4 Snoozed 4 5 Resolved 09:41"
    )


def test_at_60_the_active_view_keeps_its_name_and_the_others_key_and_count() -> None:
    assert " ".join(top(OFFLINE, 60).split()) == (
        "○ offline since 14:02 1·7 2 Unassigned 23 3·61 4·4 5"
    )


@pytest.mark.parametrize("width", [200, 150, 120, 100, 80, 60, 48])
@pytest.mark.parametrize(
    ("link", "word"),
    [
        (Link.CONNECTING, "connecting"),
        (Link.CATCHING_UP, "catching up"),
        (Link.LIVE, "live"),
        (Link.OFFLINE, "offline"),
        (Link.CLOSED, "closed"),
    ],
)
def test_link_and_active_view_are_told_at_every_width(link: Link, word: str, width: int) -> None:
    line = top(replace(OFFLINE, link=link), width)
    assert f" {word}" in line
    assert "2 Unassigned 23" in line
    assert cell_len(line) <= width


def test_a_long_reason_gives_way_to_the_views() -> None:
    gone = replace(
        OFFLINE, link_detail=sanitise("the desk does not know this token " * 5, Field.LINE)
    )
    assert "offline the desk" in top(gone, 120)
    assert "5 Resolved" in top(gone, 120)
    assert "2 Unassigned 23" in top(gone, 60)


@pytest.mark.parametrize("width", [200, 150, 140, 120, 100])
def test_the_views_stay_when_the_words_beside_them_change(width: int) -> None:
    """Nothing jumps when the line comes and goes."""
    places = {
        top(replace(OFFLINE, link=link, link_detail=detail), width).index("1 Mine")
        for link in (Link.LIVE, Link.CATCHING_UP, Link.OFFLINE)
        for detail in (TOP.link_detail, OFFLINE.link_detail if link is Link.OFFLINE else NO_TEXT)
    }
    assert len(places) == 1


TITLES = st.text(max_size=20).map(lambda raw: sanitise(raw, Field.NAME))


TABS_OF_ANY_KIND = st.lists(
    st.builds(
        shown.ViewTab, st.sampled_from("123456789"), TITLES, st.integers(0, 10**6), st.booleans()
    ),
    max_size=9,
)


@given(
    st.builds(
        shown.TopBar,
        agent=TITLES,
        desk=TITLES,
        link=st.sampled_from(Link),
        link_detail=TITLES,
        source=st.sampled_from(["", "demo", "wss://desk.example/agent"]),
        tabs=TABS_OF_ANY_KIND,
        clock=st.sampled_from(["", "09:41", "Mo. 22. Nov. 09:41", "9:41 AM"]),
    ),
    st.integers(1, 70),
)
def test_the_state_of_the_line_comes_before_all_else(value: shown.TopBar, width: int) -> None:
    """Whatever else there is to say, its word stands whole wherever 16 cells are."""
    assert width < 16 or str(value.link) in top(value, width)[:width]


# ── the last line ────────────────────────────────────────────────────────────────────────────


def test_hints_left_and_status_at_the_right_edge() -> None:
    line = bottom(BOTTOM, 80)
    assert line.startswith(" A take  r reply  s snooze  ? keys  ")
    assert line.endswith(" 1 sending · undo z (4 s) ")
    assert cell_len(line) == 80


@given(st.integers(1, 120), st.booleans())
def test_hints_are_whole_or_missing_from_the_end_and_the_status_wins(
    width: int, typing: bool
) -> None:
    line = bottom(replace(BOTTOM, typing_mode=typing), width)
    whole = ["A take", "r reply", "s snooze", "? keys"]
    shown_hints = [hint for hint in whole if f" {hint} " in line]
    assert shown_hints == whole[: len(shown_hints)]
    rest = line.replace(BOTTOM.status, "").replace("typing", "").split()
    if width >= len(BOTTOM.status) + 2:
        assert BOTTOM.status in line
        assert rest == " ".join(shown_hints).split()
        assert typing or cell_len(line) == width


def test_typing_mode_is_told_in_a_word() -> None:
    assert bottom(replace(BOTTOM, typing_mode=True), 80).startswith(" typing ")
    assert "typing" not in bottom(BOTTOM, 80)


def test_a_notice_too_long_for_the_line_takes_more_lines_and_no_hints() -> None:
    told = "Friedhelm-Maximilian Donaudampfschiff sleeps until Fri 27 Nov 14:00. z undoes it."
    bar = BottomBar()
    bar.show(replace(BOTTOM, status=told))
    rows = ["".join(piece.text for piece in row).strip() for row in bar.lines(60)]
    assert len(rows) == 2
    assert " ".join(rows) == told
    assert len(bar.lines(100)) == 1


@pytest.mark.parametrize("width", range(10, 90))
def test_the_way_to_all_keys_is_kept_where_others_give_way(width: int) -> None:
    """Who does not know a key can always find out; the others go from the end."""
    keys = replace(BOTTOM.hints[-1], kept=True)
    hints = (*BOTTOM.hints[:-1], keys, shown.Hint("Ctrl+P", "everything"))
    words = bottom(shown.BottomBar(hints), width)
    assert cell_len(words) == width
    assert "? keys" in words
    others = [f"{hint.key} {hint.title}" in words for hint in hints if hint is not keys]
    assert others == sorted(others, reverse=True)


def test_what_may_follow_a_key_is_shown_whole() -> None:
    """A menu of second keys is no use when it is cut."""
    follows = tuple(shown.Hint(key, f"what {key} does") for key in "abcdefgh")
    bar = BottomBar()
    bar.show(replace(BOTTOM, hints=follows, prefix=True))
    rows = ["".join(piece.text for piece in row) for row in bar.lines(60)]
    assert all(cell_len(row.rstrip()) <= 60 for row in rows)
    assert all(f"{hint.key} {hint.title}" in "".join(rows) for hint in follows)


def test_a_notice_without_end_is_cut_and_says_so() -> None:
    bar = BottomBar()
    bar.show(replace(BOTTOM, status="word " * 200))
    rows = ["".join(piece.text for piece in row) for row in bar.lines(60)]
    assert len(rows) == 3
    assert rows[-1].endswith("…")


async def test_a_long_notice_grows_and_shrinks_again() -> None:
    """What it covers comes back when it is gone."""
    async with Frame().run_test(size=(60, 8)) as pilot:
        bar = pilot.app.query_one(BottomBar)
        bar.show(replace(BOTTOM, status="word " * 20))
        await pilot.pause()
        assert bar.region == Region(0, 6, 60, 2)
        bar.show(BOTTOM)
        await pilot.pause()
        assert bar.region == Region(0, 7, 60, 1)


# ── both ─────────────────────────────────────────────────────────────────────────────────────


def frame(pilot: Pilot[None]) -> Frame:
    assert isinstance(pilot.app, Frame)
    return pilot.app


@pytest.mark.parametrize("width", [12, 30, 60, 80, 140])
async def test_drawn_lines_are_exactly_as_wide_as_the_screen(width: int) -> None:
    async with Frame().run_test(size=(width, 4)) as pilot:
        for bar in pilot.app.query(Bar):
            assert bar.size.height == len(bar.lines(width))
            for y in range(bar.size.height):
                assert cell_len(bar.render_line(y).text) == width


async def test_a_click_on_a_view_names_its_key() -> None:
    async with Frame().run_test(size=(80, 4)) as pilot:
        line = pilot.app.query_one(TopBar).render_line(0).text
        for title, key in (("Snoozed", "4"), ("1 Mine", "1"), ("61", "3")):
            await pilot.click(TopBar, offset=(line.index(title), 0))
            assert frame(pilot).told.pop() == key
        await pilot.click(TopBar, offset=(1, 0))
        await pilot.click(TopBar, offset=(line.index("Unassigned 23") + len("Unassigned 23"), 0))
        assert frame(pilot).told == []


async def test_a_click_on_a_hint_names_its_command_unless_it_does_nothing() -> None:
    async with Frame().run_test(size=(80, 4)) as pilot:
        line = pilot.app.query_one(BottomBar).render_line(0).text
        await pilot.click(BottomBar, offset=(line.index("snooze"), 0))
        await pilot.click(BottomBar, offset=(line.index("reply"), 0))
        await pilot.click(BottomBar, offset=(line.index("sending"), 0))
        assert frame(pilot).told == ["snooze"]


async def test_a_bar_is_drawn_once_for_a_value_and_a_width() -> None:
    async with Frame().run_test(size=(80, 4)) as pilot:
        bar = pilot.app.query_one(TopBar)
        drawn = bar.render_line(0)
        bar.show(replace(TOP))
        assert bar.render_line(0) is drawn
        bar.show(OFFLINE)
        assert "offline since 14:02" in bar.render_line(0).text


async def test_active_view_and_alarm_do_not_rest_on_colour() -> None:
    async with Frame().run_test(size=(140, 4)) as pilot:
        active = [s for s in pilot.app.query_one(TopBar).render_line(0) if "Unassigned" in s.text]
        assert active[0].style is not None
        assert active[0].style.underline
        bar = pilot.app.query_one(BottomBar)
        bar.show(replace(BOTTOM, status="1 failed", alarm=True))
        failed = [s for s in bar.render_line(0) if "failed" in s.text]
        assert failed[0].style is not None
        assert failed[0].style.bold
