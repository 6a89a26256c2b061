"""The transcript: what is in sight, what is asked for, what counts as seen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.style import Style
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import ModalScreen, Screen

from agent_tui import i18n
from agent_tui.model import (
    Activity,
    Author,
    AuthorKind,
    ConversationId,
    Delivery,
    Message,
    MessageId,
    MessageKind,
    OpId,
    SafeText,
)
from agent_tui.shown import Entry, SendState, Thread
from agent_tui.theme import DARK, LIGHT
from agent_tui.widgets.ink import Ink
from agent_tui.widgets.message_lines import Page
from agent_tui.widgets.transcript import SEEN_AFTER, Transcript
from agent_tui.widgets.transcript_sheet import Anchor, Sheet
from agent_tui.widgets.transcript_window import Place, Stack

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 8, 41, tzinfo=UTC)
C1, C2 = ConversationId("c1"), ConversationId("c2")
NOAH = Author(AuthorKind.CUSTOMER, SafeText("Noah Brown"), "p1")
ANA = Author(AuthorKind.AGENT, SafeText("Ana Weber"), "ana")
BEN = Author(AuthorKind.AGENT, SafeText("Ben Keller"), "ben")


def entry(seq: int, text: str = "", author: Author = NOAH, **more: object) -> Entry:
    """A message of the stream; ten minutes lie between two numbers."""
    at = NOW + timedelta(minutes=10 * (seq - 2000))
    values: dict[str, object] = {"text": SafeText(text or f"message {seq}"), "seq": seq}
    base = {"id": MessageId(f"m{seq}"), "conversation": C1, "author": author, "at": at}
    return Entry(Message(**{**base, **values, **more}), mine=author is ANA)  # type: ignore[arg-type]


def thread(seqs: Sequence[int], conversation: ConversationId = C1, **more: object) -> Thread:
    return Thread(conversation, tuple(entry(seq) for seq in seqs), **more)  # type: ignore[arg-type]


@dataclass
class Timer:
    after: float
    callback: Callable[[], None]
    stopped: bool = False

    def stop(self) -> None:
        self.stopped = True


@dataclass
class Timers:
    """Timers that fire when the test says so."""

    started: list[Timer] = field(default_factory=list)

    def start(self, after: float, callback: Callable[[], None]) -> Timer:
        self.started.append(Timer(after, callback))
        return self.started[-1]

    @property
    def running(self) -> list[Timer]:
        return [timer for timer in self.started if not timer.stopped]

    def fire(self) -> None:
        for timer in self.running:
            timer.stopped = True
            timer.callback()


class Stage(App[None]):
    """A transcript alone on the screen, and what it said."""

    CSS = "Screen { background: $background; }"

    def __init__(self) -> None:
        super().__init__()
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = DARK.name
        self.timers = Timers()
        self.older: list[tuple[str, int]] = []
        self.seen: list[tuple[str, int]] = []

    def compose(self) -> ComposeResult:
        yield Transcript(start_timer=self.timers.start)

    def on_transcript_older_wanted(self, event: Transcript.OlderWanted) -> None:
        self.older.append((event.conversation, event.before_seq))

    def on_transcript_seen(self, event: Transcript.Seen) -> None:
        self.seen.append((event.conversation, event.seq))

    @property
    def transcript(self) -> Transcript:
        return self.query_one(Transcript)

    def show(self, shown: Thread, now: datetime = NOW) -> None:
        self.transcript.show(shown, now, BERLIN)

    def lines(self) -> list[str]:
        widget = self.transcript
        return [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]


@asynccontextmanager
async def stage(
    shown: Thread | None = None, size: tuple[int, int] = (60, 20)
) -> AsyncIterator[tuple[Stage, Pilot[None]]]:
    i18n.use_language("en")
    app = Stage()
    async with app.run_test(size=size) as pilot:
        if shown is not None:
            app.show(shown)
            await pilot.pause()
        yield app, pilot


def index_of(lines: list[str], part: str) -> int:
    return next(y for y, line in enumerate(lines) if part in line)


# Opening and scrolling ---------------------------------------------------------------------------


async def test_opens_at_the_end_with_a_line_of_room_under_the_newest() -> None:
    async with stage(thread(range(1, 200))) as (app, _pilot):
        assert app.lines()[-2:] == [" ▏message 199", ""]
        assert app.transcript.at_end


async def test_a_short_thread_stands_at_the_foot_and_says_where_it_begins() -> None:
    async with stage(thread([5])) as (app, _pilot):
        lines = app.lines()
        assert lines[-2] == " ▏message 5"
        assert lines[index_of(lines, "message 5") - 3].strip() == "start of the conversation"
        assert set(lines[:-5]) == {""}


async def test_scrolling_reaches_the_start_and_comes_back() -> None:
    async with stage(thread(range(1, 60))) as (app, _pilot):
        app.transcript.to_start()
        assert app.lines()[0].strip() == "start of the conversation"
        assert not app.transcript.at_end
        app.transcript.scroll_lines(-5)
        assert app.lines()[0].strip() == "start of the conversation"
        app.transcript.to_end()
        assert app.lines()[-2] == " ▏message 59"


async def test_a_page_keeps_two_lines_in_sight_and_half_a_page_is_half() -> None:
    async with stage(thread(range(1, 100))) as (app, _pilot):
        before = app.lines()
        app.transcript.scroll_page(-1)
        assert app.lines()[-2:] == before[:2]
        app.transcript.scroll_page(1)
        assert app.lines() == before
        app.transcript.scroll_half(-1)
        assert app.lines()[10:] == before[:10]


async def test_scrolling_down_to_the_end_follows_again() -> None:
    async with stage(thread(range(1, 60))) as (app, _pilot):
        app.transcript.scroll_lines(-3)
        assert not app.transcript.at_end
        app.transcript.scroll_lines(3)
        assert app.transcript.at_end


async def test_the_wheel_scrolls() -> None:
    async with stage(thread(range(1, 60))) as (app, pilot):
        before = app.lines()
        await pilot._post_mouse_events([_scroll_up()], Transcript)
        assert app.lines()[3:] == before[:-3]


def _scroll_up() -> type:
    from textual.events import MouseScrollUp  # noqa: PLC0415

    return MouseScrollUp


async def test_ten_thousand_messages_cost_what_fits_on_the_screen() -> None:
    async with stage(thread(range(1, 101))) as (app, _pilot):
        small = app.transcript.drawn
    async with stage(thread(range(1, 10_001))) as (app, pilot):
        assert app.transcript.drawn == small <= 20
        for _ in range(10):
            app.transcript.scroll_lines(-1)
            await pilot.pause()
        assert app.transcript.drawn <= small + 10
        app.show(thread(range(1, 10_002)))
        await pilot.pause()
        assert app.transcript.drawn <= small + 12
        app.transcript.to_start()
        await pilot.pause()
        assert app.transcript.drawn <= 3 * small + 12


async def test_what_has_not_changed_is_not_drawn_again() -> None:
    async with stage(thread(range(1, 100))) as (app, _pilot):
        drawn = app.transcript.drawn
        app.show(thread(range(1, 100)), NOW + timedelta(seconds=30))
        assert app.transcript.drawn == drawn


# Nothing jumps -----------------------------------------------------------------------------------


async def test_new_messages_are_followed_at_the_end() -> None:
    async with stage(thread(range(1, 60))) as (app, _pilot):
        app.show(thread(range(1, 61)))
        assert app.lines()[-2] == " ▏message 60"


async def test_new_messages_do_not_move_a_scrolled_transcript_but_are_counted() -> None:
    async with stage(thread(range(1, 60))) as (app, _pilot):
        app.transcript.scroll_lines(-10)
        before = app.lines()
        shown = thread(range(1, 62))
        own = entry(62, author=ANA)
        moved = entry(63, kind=MessageKind.ACTIVITY, activity=Activity("resolved"))
        app.show(replace(shown, entries=(*shown.entries, own, moved)))
        assert app.lines()[:-1] == before[:-1]
        assert app.lines()[-1].strip() == "2 new ↓"
        app.transcript.to_end()
        assert "new ↓" not in "".join(app.lines())
        assert "resolved" in app.lines()[-2]


async def test_messages_seen_at_the_end_are_not_counted_as_new() -> None:
    async with stage(thread(range(1, 60))) as (app, _pilot):
        app.show(thread(range(1, 62)))
        app.transcript.scroll_lines(-10)
        assert "new ↓" not in "".join(app.lines())


async def test_what_is_in_sight_stays_when_an_older_page_is_put_in_front() -> None:
    async with stage(thread(range(100, 160), more=True)) as (app, pilot):
        app.transcript.scroll_lines(-40)
        before = app.lines()
        app.show(thread(range(100, 160), more=True, loading=True))
        app.show(thread(range(40, 160), more=True))
        await pilot.pause()
        assert app.lines() == before


async def test_the_first_message_stays_where_it_was_when_its_page_came() -> None:
    async with stage(thread(range(100, 160), more=True)) as (app, _pilot):
        app.transcript.to_start()
        at = index_of(app.lines(), "message 100")
        app.show(thread(range(40, 160), more=True))
        assert index_of(app.lines(), "message 100") == at
        assert any("message 99" in line for line in app.lines())


async def test_a_failure_above_does_not_move_what_is_in_sight() -> None:
    entries = [entry(n, author=ANA, delivery=Delivery.SENT) for n in range(1, 60)]
    async with stage(Thread(C1, tuple(entries))) as (app, _pilot):
        app.transcript.scroll_lines(-12)
        before = app.lines()
        failed = replace(
            entries[0].message, delivery=Delivery.FAILED, failure=SafeText("no such number " * 9)
        )
        app.show(Thread(C1, (replace(entries[0], message=failed), *entries[1:])))
        assert app.lines() == before


async def test_the_first_entry_in_sight_stays_when_the_pane_gets_narrower() -> None:
    entries = tuple(entry(n, f"start{n} " + "wort " * 40) for n in range(1, 60))
    async with stage(Thread(C1, entries), (100, 20)) as (app, pilot):
        app.transcript.to_start()
        app.transcript.scroll_lines(40)
        first = next(line for line in app.lines() if "start" in line).split()[0]
        await pilot.resize_terminal(50, 20)
        await pilot.pause()
        assert first in "".join(app.lines()[:8])


async def test_who_writes_does_not_move_the_thread() -> None:
    async with stage(thread(range(1, 60))) as (app, _pilot):
        before = app.lines()
        app.show(replace(thread(range(1, 60)), typing=(SafeText("Noah Brown"),)))
        assert app.lines() == [*before[:-1], " Noah is writing …"]


async def test_a_local_message_keeps_its_place_when_the_desk_confirms_it() -> None:
    local = replace(entry(0, "mine", ANA), op_id=OpId("op1"), state=SendState.SENDING)
    shown = thread(range(1, 60))
    async with stage(replace(shown, entries=(*shown.entries, local))) as (app, _pilot):
        app.transcript.scroll_lines(-1)
        before = index_of(app.lines(), "mine")
        sent = entry(
            60, "mine", ANA, op_id=OpId("op1"), delivery=Delivery.SENT, at=local.message.at
        )
        app.show(replace(shown, entries=(*shown.entries, sent)))
        assert index_of(app.lines(), "mine") == before


async def test_another_conversation_opens_at_its_own_end() -> None:
    async with stage(thread(range(1, 60))) as (app, _pilot):
        app.transcript.scroll_lines(-20)
        app.show(thread(range(500, 560), C2))
        assert app.lines()[-2] == " ▏message 559"


# What is new -------------------------------------------------------------------------------------


async def test_a_line_marks_what_was_unread_on_opening_and_stays_there() -> None:
    async with stage(thread([1, 2, 3, 4], read_seq=2)) as (app, _pilot):
        lines = app.lines()
        assert lines[index_of(lines, "message 3") - 2].strip() == "── new ──"
        app.show(thread([1, 2, 3, 4, 5], read_seq=2))
        assert "".join(app.lines()).count("── new ──") == 1
        assert app.lines()[index_of(app.lines(), "message 3") - 2].strip() == "── new ──"


async def test_nothing_is_marked_new_that_came_while_it_was_open() -> None:
    async with stage(thread([1, 2], read_seq=2)) as (app, _pilot):
        app.show(thread([1, 2, 3], read_seq=2))
        assert "── new ──" not in "".join(app.lines())


async def test_nothing_is_marked_where_all_of_it_is_new() -> None:
    async with stage(thread([5, 6, 7], read_seq=0)) as (app, _pilot):
        assert "── new ──" not in "".join(app.lines())


async def test_the_mark_comes_with_the_page_it_stands_on() -> None:
    async with stage(thread(range(10, 14), read_seq=5, more=True)) as (app, _pilot):
        assert "── new ──" not in "".join(app.lines())
        app.show(thread(range(3, 14), read_seq=5))
        app.transcript.to_start()
        lines = app.lines()
        assert lines[index_of(lines, "message 6") - 2].strip() == "── new ──"


async def test_ones_own_words_are_not_new() -> None:
    entries = (entry(1), entry(2, author=ANA), entry(3))
    async with stage(Thread(C1, entries, read_seq=1)) as (app, _pilot):
        lines = app.lines()
        assert lines[index_of(lines, "message 3") - 2].strip() == "── new ──"


# Older pages -------------------------------------------------------------------------------------


async def test_older_messages_are_asked_for_once_a_page_when_the_top_comes_near() -> None:
    async with stage(thread(range(100, 160), more=True)) as (app, pilot):
        assert app.older == []
        for _ in range(8):
            app.transcript.scroll_page(-1)
        await pilot.pause()
        assert app.older == [(C1, 100)]
        app.show(thread(range(100, 160), more=True, loading=True))
        assert app.lines()[0].strip() == "loading older …"
        app.show(thread(range(90, 160), more=True))
        app.transcript.to_start()
        await pilot.pause()
        assert app.older == [(C1, 100), (C1, 90)]


async def test_a_page_without_anything_is_not_asked_for_again_and_again() -> None:
    async with stage(thread([7, 8], more=True)) as (app, pilot):
        for _ in range(3):
            app.show(thread([7, 8], more=True, loading=True))
            app.show(thread([7, 8], more=True))
            await pilot.pause()
        assert app.older == [(C1, 7)]


async def test_without_more_nothing_is_asked_for() -> None:
    async with stage(thread([7, 8])) as (app, pilot):
        app.transcript.to_start()
        await pilot.pause()
        assert app.older == []


async def test_a_page_that_failed_says_why_and_comes_again_when_one_goes_up() -> None:
    failed = thread(range(100, 160), more=True, problem=SafeText("the line broke"))
    async with stage(failed) as (app, pilot):
        app.transcript.to_start()
        await pilot.pause()
        said = " ".join(" ".join(app.lines()).split())
        assert "did not come: the line broke · press PgUp to try again" in said
        assert app.older == [(C1, 100)]
        app.show(failed, NOW + timedelta(seconds=1))
        await pilot.pause()
        assert app.older == [(C1, 100)]
        app.transcript.scroll_page(-1)
        await pilot.pause()
        assert app.older == [(C1, 100), (C1, 100)]


async def test_a_first_page_that_failed_can_be_asked_for_again() -> None:
    async with stage(Thread(C1, (), problem=SafeText("offline"))) as (app, pilot):
        assert "the messages did not come: offline" in "".join(app.lines())
        app.transcript.scroll_page(-1)
        await pilot.pause()
        assert app.older == [(C1, 0)]


@pytest.mark.parametrize(
    ("shown", "words"),
    [(Thread(C1, (), loading=True), "loading …"), (Thread(C1), "no messages yet")],
)
async def test_an_empty_thread_says_why(shown: Thread, words: str) -> None:
    async with stage(shown) as (app, _pilot):
        assert app.lines()[0].strip() == words


# Seen --------------------------------------------------------------------------------------------


async def test_the_newest_message_counts_as_seen_after_a_second_in_sight() -> None:
    async with stage(thread(range(1, 60))) as (app, pilot):
        assert [timer.after for timer in app.timers.running] == [SEEN_AFTER]
        app.timers.fire()
        await pilot.pause()
        assert app.seen == [(C1, 59)]
        app.show(thread(range(1, 60)), NOW + timedelta(seconds=9))
        assert app.timers.running == []


async def test_walking_past_marks_nothing() -> None:
    async with stage(thread(range(1, 60))) as (app, pilot):
        app.show(thread(range(1, 60), C2))
        app.timers.fire()
        await pilot.pause()
        assert app.seen == [(C2, 59)]


async def test_a_message_that_comes_meanwhile_needs_its_own_second() -> None:
    async with stage(thread(range(1, 60))) as (app, pilot):
        app.show(thread(range(1, 61)))
        assert len(app.timers.running) == 1
        app.timers.fire()
        await pilot.pause()
        assert app.seen == [(C1, 60)]


async def test_whoever_begins_to_look_later_sees_it_a_second_later() -> None:
    """What was in sight before anybody looked is told again."""
    async with stage(thread(range(1, 60))) as (app, pilot):
        app.timers.fire()
        app.transcript.look()
        app.timers.fire()
        await pilot.pause()
        assert app.seen == [(C1, 59), (C1, 59)]


async def test_scrolled_up_nothing_is_seen() -> None:
    async with stage(thread(range(1, 60))) as (app, _pilot):
        app.transcript.scroll_lines(-9)
        assert app.timers.running == []
        app.transcript.to_end()
        assert len(app.timers.running) == 1


async def test_without_the_terminals_focus_nothing_is_seen() -> None:
    async with stage(thread(range(1, 60))) as (app, pilot):
        app.app_focus = False
        await pilot.pause()
        assert app.timers.running == []
        app.app_focus = True
        await pilot.pause()
        assert len(app.timers.running) == 1


async def test_hidden_nothing_is_seen() -> None:
    async with stage(thread(range(1, 60))) as (app, pilot):
        app.transcript.display = False
        await pilot.pause()
        assert app.timers.running == []
        app.transcript.display = True
        await pilot.pause()
        assert len(app.timers.running) == 1


async def test_behind_another_screen_nothing_is_seen_but_behind_a_picker_it_is() -> None:
    async with stage(thread(range(1, 60))) as (app, pilot):
        await app.push_screen(ModalScreen[None]())
        app.timers.fire()
        await pilot.pause()
        assert app.seen == [(C1, 59)]
        app.pop_screen()
        await app.push_screen(Screen[None]())
        app.show(thread(range(1, 61)))
        app.timers.fire()
        await pilot.pause()
        assert app.seen == [(C1, 59)]


# Colours -----------------------------------------------------------------------------------------


async def test_another_theme_repaints_what_is_in_sight() -> None:
    async with stage(thread([1])) as (app, pilot):
        before = app.transcript.render_line(18)
        app.theme = LIGHT.name
        await pilot.pause()
        after = app.transcript.render_line(18)
        assert before.text == after.text
        assert list(before) != list(after)


# The window's rules ------------------------------------------------------------------------------

HEIGHTS = st.lists(st.integers(1, 9), min_size=1, max_size=30)


@given(HEIGHTS, st.integers(1, 40))
def test_the_whole_height_is_the_sum_of_the_items(heights: list[int], size: int) -> None:
    stack = Stack(len(heights), heights.__getitem__)
    assert sum(1 for _ in stack.from_place(Place())) == sum(heights)
    last = stack.last_top(size)
    assert sum(1 for _ in stack.from_place(last)) == min(size, sum(heights))
    assert stack.lines_before(last, 10_000) == max(0, sum(heights) - size)


@given(HEIGHTS, st.lists(st.integers(-40, 40), max_size=12))
def test_moving_counts_lines_and_stays_within(heights: list[int], moves: list[int]) -> None:
    stack = Stack(len(heights), heights.__getitem__)
    place, at = Place(), 0
    for lines in moves:
        place = stack.moved(place, lines)
        at = min(max(at + lines, 0), sum(heights) - 1)
        assert stack.lines_before(place, 10_000) == at


def test_moving_measures_only_what_it_passes() -> None:
    measured: list[int] = []

    def height(item: int) -> int:
        measured.append(item)
        return 3

    Stack(10_000, height).last_top(30)
    assert min(measured) >= 10_000 - 11


INK = Ink(**{f.name: Style(color=f"color({n})") for n, f in enumerate(fields(Ink))})
PAGE = Page(60, INK, NOW, BERLIN)
AUTHORS = st.sampled_from([NOAH, ANA, BEN])


@st.composite
def threads(draw: st.DrawFn) -> tuple[Entry, ...]:
    """Threads with and without shared heads, days between messages, and long texts."""
    at, entries = NOW - timedelta(days=3), []
    for seq in range(1, draw(st.integers(2, 25)) + 1):
        at += timedelta(minutes=draw(st.sampled_from([1, 3, 20, 900])))
        text = "wort " * draw(st.integers(1, 40))
        entries.append(entry(seq, text, draw(AUTHORS), at=at))
    return tuple(entries)


@settings(max_examples=60)
@given(threads(), st.data())
def test_an_anchor_finds_its_line_when_pages_are_put_in_front(
    entries: tuple[Entry, ...], data: st.DataObject
) -> None:
    """The text under the first visible line stays the first, though day and head lines vanish."""
    cut = data.draw(st.integers(1, len(entries) - 1))
    sheet = Sheet(Thread(C1, entries[cut:], more=True), PAGE, "PgUp")
    count = len(entries) - cut
    item = data.draw(st.integers(1, count))
    block = sheet.block(item)
    place = Place(item, data.draw(st.integers(block.lead, block.height - 1)))
    text, anchor = sheet.strip(place).text, sheet.anchor(place)
    assert anchor is not None
    sheet.put(Thread(C1, entries, more=False), PAGE)
    again = sheet.place_of(anchor, place, count)
    assert again is not None
    assert again.item == item + cut
    assert again.line - sheet.block(again.item).lead == place.line - block.lead
    if not block.lead or sheet.block(again.item).lead == block.lead:
        assert sheet.strip(again).text == text


@settings(max_examples=60)
@given(threads(), st.integers(10, 100))
def test_any_line_can_be_drawn_and_heights_add_up(entries: tuple[Entry, ...], width: int) -> None:
    sheet = Sheet(Thread(C1, entries), replace(PAGE, width=width), "PgUp")
    places = list(sheet.stack.from_place(Place()))
    assert len(places) == sum(sheet.block(item).height for item in range(len(entries) + 2))
    assert all(sheet.strip(place).cell_length == width for place in places)


def test_an_anchor_whose_entry_is_gone_is_not_found() -> None:
    sheet = Sheet(thread([1, 2, 3]), PAGE, "PgUp")
    assert sheet.place_of(Anchor("elsewhere", 0), Place(1), 3) is None
