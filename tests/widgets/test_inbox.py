"""The inbox: what a row says, whose the cursor is, and how little is done for a key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.app import App, ComposeResult
from textual.message import Message as TextualMessage
from textual.pilot import Pilot
from textual.widgets import Input

from agent_tui import theme
from agent_tui.model import (
    NO_TEXT,
    AuthorKind,
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
from agent_tui.shown import Row
from agent_tui.widgets import inbox_clock, inbox_row
from agent_tui.widgets.inbox import InboxList
from agent_tui.widgets.inbox_clock import Pace, clock_of

NOW = datetime(2027, 11, 22, 8, 41, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
PLAIN = Style()
INKS = inbox_row.Inks(PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, ("▌", PLAIN))


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def text(words: str) -> SafeText:
    return sanitise(words, Field.LINE)


def ident(number: int) -> ConversationId:
    return ConversationId(f"c{number}")


def conversation(number: int = 1, **changes: object) -> Conversation:
    """A WhatsApp conversation that nobody owns and nothing is special about."""
    base = Conversation(
        id=ident(number),
        number=number,
        channel=Channel.WHATSAPP,
        contact_id=ContactId(f"k{number}"),
        contact_name=text(f"Customer {number}"),
        status=Status.OPEN,
        created_at=ago(3000),
        last_at=ago(5),
        preview=text(f"words of {number}"),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def a_row(number: int = 1, owner: str = "", mine: bool = False, **changes: object) -> Row:
    return Row(conversation(number, **changes), owner=text(owner), mine=mine)


@dataclass
class Rows:
    """A view's rows, counting how many are asked for."""

    ids: list[int]
    make: Callable[[int], Row] = a_row
    asked: int = 0
    places: dict[ConversationId, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.put(self.ids)

    def put(self, ids: Sequence[int]) -> None:
        self.ids = list(ids)
        self.places = {ident(number): place for place, number in enumerate(self.ids)}

    def __len__(self) -> int:
        return len(self.ids)

    def row(self, index: int) -> Row:
        self.asked += 1
        if not 0 <= index < len(self.ids):
            raise IndexError(index)
        return self.make(self.ids[index])

    def id_at(self, index: int) -> ConversationId:
        return ident(self.ids[index])

    def index_of(self, conversation: ConversationId) -> int | None:
        return self.places.get(conversation)


class OneOf(Rows):
    """A single row given as it is."""

    def __init__(self, row: Row) -> None:
        super().__init__([row.conversation.number], lambda _: row)


class Desk(App[None]):
    """An app with an inbox and a field beside it, noting what the inbox tells."""

    CSS = "Input { dock: bottom; height: 1; border: none; } InboxList { height: 1fr; }"

    def __init__(self, rows: Rows, two_lines: bool | None = None) -> None:
        super().__init__()
        self.rows = rows
        self.two_lines = two_lines
        self.told: list[tuple[str, ConversationId]] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return theme.DARK.variables

    def compose(self) -> ComposeResult:
        inbox = InboxList(zone=BERLIN)
        inbox.show(self.rows, NOW, self.two_lines)
        yield inbox
        yield Input()

    @property
    def inbox(self) -> InboxList:
        return self.query_one(InboxList)

    def on_inbox_list_highlighted(self, message: InboxList.Highlighted) -> None:
        self.told.append(("highlighted", message.conversation))

    def on_inbox_list_opened(self, message: InboxList.Opened) -> None:
        self.told.append(("opened", message.conversation))


def lines(inbox: InboxList) -> list[str]:
    """What stands on the pane, as plain text."""
    return [inbox.render_line(y).text for y in range(inbox.size.height)]


def screen_line(inbox: InboxList, number: int) -> int | None:
    """On which line of the pane a conversation begins, as it is drawn; None: out of sight."""
    drawn = [y for y, line in enumerate(lines(inbox)) if f" Customer {number} " in line]
    return drawn[0] if drawn else None


def draw(row: Row, width: int, tall: bool) -> list[str]:
    clock = clock_of(row.conversation, NOW, BERLIN)
    return [strip.text for strip in inbox_row.draw(row, clock, width, INKS, tall=tall)]


# ── a row ────────────────────────────────────────────────────────────────────────────────────


def test_a_row_of_two_lines_reads_as_in_the_design() -> None:
    row = a_row(
        contact_name=text("Noah Brown"),
        preview=text("Where is my parcel? It was due Friday"),
        unread=3,
        waiting_since=ago(7),
        priority=Priority.URGENT,
    )
    assert draw(row, 44, tall=True) == [
        "▌WA ● Noah Brown             3       7 m !! ",
        "▌     Where is my parcel? It was due Fr…  — ",
    ]


def test_a_row_of_one_line_keeps_the_same_reading_order() -> None:
    row = a_row(
        owner="Ben",
        contact_name=text("Lea Fischer"),
        preview=text("Rechnung fehlt"),
        unread=12,
        waiting_since=ago(8),
        priority=Priority.HIGH,
    )
    assert draw(row, 80, tall=False) == [
        "▌WA ● Lea Fischer         Rechnung fehlt              12    Ben        › 8 m  ! "
    ]


def test_words_give_way_and_numbers_do_not() -> None:
    """Whatever the name, every number ends in the same column."""
    names = [
        "",
        "Al",
        "Jean-Baptiste de La Roche",
        "王小明" * 9,
        "👩\u200d👩\u200d👧 Zoë 🇩🇪" * 4,
    ]
    for tall in (True, False):
        drawn = [
            draw(a_row(contact_name=text(name), unread=7, waiting_since=ago(3)), 60, tall)[0]
            for name in names
        ]
        ends = [
            (cell_len(line[: line.rindex("7")]), cell_len(line[: line.rindex("m")]))
            for line in drawn
        ]
        assert len(set(ends)) == 1


def test_foreign_words_are_drawn_in_widths_terminals_agree_on() -> None:
    joined = text("👩\u200d👩\u200d👧 ❤\ufe0f 🇩🇪")
    row = a_row(contact_name=joined, preview=joined, labels=(joined,))
    for line in draw(row, 80, tall=True):
        assert "👩 ❤ DE" in line
        assert "\u200d" not in line


def test_a_nameless_customer_goes_by_the_number() -> None:
    assert "#1042" in draw(a_row(1042, contact_name=NO_TEXT), 44, tall=True)[0]


def test_many_unread_stay_in_their_column() -> None:
    assert " 99+ " in draw(a_row(unread=100), 44, tall=True)[0]


@pytest.mark.parametrize(
    ("priority", "ends"),
    [
        (Priority.URGENT, " !! "),
        (Priority.HIGH, "  ! "),
        (Priority.MEDIUM, "  · "),
        (Priority.LOW, "  ↓ "),
        (Priority.NONE, "    "),
    ],
)
def test_each_priority_has_a_mark_of_its_own(priority: Priority, ends: str) -> None:
    assert draw(a_row(priority=priority), 44, tall=True)[0].endswith(ends)


def test_owner_is_told_in_words() -> None:
    assert draw(a_row(mine=True, owner="Ana"), 44, tall=True)[1].endswith(" me ")
    assert draw(a_row(owner="Ben"), 44, tall=True)[1].endswith(" Ben ")
    assert draw(a_row(), 44, tall=True)[1].endswith(" — ")


def test_what_is_ours_and_unsettled_stands_before_the_owner() -> None:
    row = a_row(mine=True)
    assert draw(replace(row, draft=True), 44, tall=True)[1].endswith(" ✎ me ")
    assert draw(replace(row, pending=True), 44, tall=True)[1].endswith(" … me ")
    assert draw(replace(row, failed=True, pending=True), 44, tall=True)[1].endswith(" ✗ me ")
    assert draw(replace(row, failed=True, draft=True), 44, tall=True)[1].endswith(" ✎✗ me ")


def test_typing_takes_the_place_of_the_last_words() -> None:
    second = draw(replace(a_row(), typing=True), 44, tall=True)[1]
    assert "is writing …" in second
    assert "words of" not in second


def test_our_own_last_words_carry_an_arrow() -> None:
    assert "→ words of 1" in draw(a_row(last_author=AuthorKind.AGENT), 44, tall=True)[1]
    assert "→" not in draw(a_row(), 44, tall=True)[1]


def test_a_subject_stands_before_the_words_and_a_reason_where_there_are_none() -> None:
    assert "Rechnung · words of 1" in draw(a_row(subject=text("Rechnung")), 44, tall=True)[1]
    silent = a_row(preview=NO_TEXT, reason=text("cart idle 12 min"))
    assert "cart idle 12 min" in draw(silent, 44, tall=True)[1]


def test_labels_and_viewers_come_only_where_there_is_room() -> None:
    row = replace(a_row(labels=(text("refund"), text("vip"))), viewers=(text("Ben"),))
    assert "Ben is here  #refund  #vip" in draw(row, 60, tall=True)[1]
    assert "Ben is here" in draw(row, 40, tall=True)[1]
    assert "#refund" not in draw(row, 40, tall=True)[1]


def test_a_window_about_to_close_is_told_even_where_words_are_long() -> None:
    closing = a_row(
        preview=text("long words " * 9),
        labels=(text("vip"),),
        window_closes_at=NOW + timedelta(minutes=42),
    )
    second = draw(closing, 44, tall=True)[1]
    assert "…  window 42 m  " in second
    assert "#vip" not in second
    assert "  window 42 m" in draw(closing, 80, tall=False)[0]


TEXTS = st.text(max_size=40).map(lambda raw: sanitise(raw, Field.LINE))
ROWS = st.builds(
    Row,
    st.builds(
        conversation,
        channel=st.sampled_from(Channel),
        contact_name=TEXTS,
        preview=TEXTS,
        subject=TEXTS,
        status=st.sampled_from(Status),
        unread=st.integers(0, 5000),
        priority=st.sampled_from(Priority),
        last_author=st.sampled_from(AuthorKind),
        labels=st.lists(TEXTS, max_size=3).map(tuple),
        waiting_since=st.none() | st.integers(-5, 10**6).map(ago),
        window_closes_at=st.none() | st.integers(-99, 99).map(ago),
        snooze=st.none() | st.builds(Snooze, st.none() | st.integers(-(10**5), 99).map(ago)),
    ),
    owner=TEXTS,
    mine=st.booleans(),
    pending=st.booleans(),
    failed=st.booleans(),
    draft=st.booleans(),
    typing=st.booleans(),
    viewers=st.lists(TEXTS, max_size=2).map(tuple),
)


@given(ROWS, st.integers(1, 130), st.booleans())
def test_every_row_is_exactly_as_wide_as_the_pane(row: Row, width: int, tall: bool) -> None:
    drawn = draw(row, width, tall)
    assert [cell_len(line) for line in drawn] == [width] * (2 if tall else 1)


@given(ROWS, st.integers(24, 130), st.booleans())
def test_times_are_never_cut(row: Row, width: int, tall: bool) -> None:
    clock = clock_of(row.conversation, NOW, BERLIN)
    drawn = draw(row, width, tall)[0]
    assert f" {clock.time} " in drawn or f" {clock.short} " in drawn


# ── time ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("channel", "minutes", "said", "pace"),
    [
        (Channel.WHATSAPP, 7, "7 m", Pace.QUIET),
        (Channel.WHATSAPP, 7.5, "› 7 m", Pace.HURRY),
        (Channel.WHATSAPP, 14.9, "› 14 m", Pace.HURRY),
        (Channel.WHATSAPP, 15, "» 15 m", Pace.LATE),
        (Channel.WEBCHAT, 1, "› 1 m", Pace.HURRY),
        (Channel.EMAIL, 119, "1 h", Pace.QUIET),
        (Channel.EMAIL, 24 * 60, "» 1 d", Pace.LATE),
    ],
)
def test_waiting_is_measured_by_the_pace_of_the_channel(
    channel: Channel, minutes: float, said: str, pace: Pace
) -> None:
    clock = clock_of(conversation(channel=channel, waiting_since=ago(minutes)), NOW, UTC)
    assert (clock.time, clock.pace) == (said, pace)


def test_a_promise_on_record_outranks_the_default_and_a_former_one_does_not() -> None:
    promise = Sla(next_response_due=NOW + timedelta(hours=1))
    promised = conversation(waiting_since=ago(20), sla=promise)
    former = conversation(waiting_since=ago(3), sla=Sla(first_response_due=ago(500)))
    assert clock_of(promised, NOW, UTC).pace is Pace.QUIET
    assert clock_of(former, NOW, UTC).pace is Pace.QUIET


def test_nobody_waits_no_clock_runs() -> None:
    assert clock_of(conversation(), NOW, UTC).time == ""


@pytest.mark.parametrize(
    ("wakes", "said"),
    [
        (timedelta(hours=4, minutes=19), "14:00"),
        (timedelta(hours=15), "Tue 00:41"),
        (timedelta(days=1), "Tue 09:41"),
        (timedelta(days=12), "in 12 d"),
    ],
)
def test_a_snoozed_row_tells_when_it_wakes_in_local_time(wakes: timedelta, said: str) -> None:
    """08:41 UTC is 09:41 in Berlin, on a Monday."""
    asleep = conversation(status=Status.SNOOZED, snooze=Snooze(NOW + wakes))
    assert clock_of(asleep, NOW, BERLIN).time == said


def test_a_snoozed_row_that_only_the_customer_wakes_says_so() -> None:
    asleep = conversation(status=Status.SNOOZED, snooze=Snooze(None))
    assert clock_of(asleep, NOW, BERLIN).time == "on reply"


def test_a_resolved_row_tells_its_age() -> None:
    done = conversation(status=Status.RESOLVED, last_at=ago(180), waiting_since=ago(180))
    assert clock_of(done, NOW, UTC).time == "✓ 3 h"


def test_a_window_in_its_last_minute_does_not_say_now() -> None:
    closing = conversation(window_closes_at=NOW + timedelta(seconds=30))
    assert clock_of(closing, NOW, UTC).window == "window under 1 m"


@pytest.mark.parametrize(
    ("left", "said"), [(61, ""), (60, ""), (59, "window 59 m"), (0, ""), (-1, "")]
)
def test_the_window_is_told_in_its_last_hour(left: int, said: str) -> None:
    closing = conversation(window_closes_at=NOW + timedelta(minutes=left))
    assert clock_of(closing, NOW, UTC).window == said
    assert clock_of(replace(closing, status=Status.RESOLVED), NOW, UTC).window == ""


def test_weekdays_are_seven_and_begin_on_monday() -> None:
    assert inbox_clock._WEEKDAYS[NOW.weekday()] == "Mon"
    assert len(set(inbox_clock._WEEKDAYS)) == 7


# ── the cursor ───────────────────────────────────────────────────────────────────────────────


async def test_verbs_move_the_cursor_and_stop_at_the_ends() -> None:
    async with Desk(Rows(list(range(50))), two_lines=False).run_test(size=(44, 11)) as pilot:
        inbox = app_of(pilot).inbox
        steps: list[tuple[Callable[[], None], int]] = [
            (lambda: inbox.move(1), 0),
            (lambda: inbox.move(1), 1),
            (lambda: inbox.move(-9), 0),
            (lambda: inbox.move_page(1), 9),
            (lambda: inbox.move_half(1), 14),
            (lambda: inbox.move_half(-2), 4),
            (inbox.last, 49),
            (lambda: inbox.move(1), 49),
            (lambda: inbox.move_page(-1), 40),
            (inbox.first, 0),
        ]
        for step, expected in steps:
            step()
            assert inbox.selected == ident(expected)
            assert screen_line(inbox, expected) is not None


def app_of(pilot: Pilot[None]) -> Desk:
    app = pilot.app
    assert isinstance(app, Desk)
    return app


@pytest.mark.parametrize(
    ("size", "two_lines"), [((44, 11), False), ((44, 22), None), ((90, 31), True)]
)
async def test_the_cursor_keeps_a_row_between_itself_and_the_edge(
    size: tuple[int, int], two_lines: bool | None
) -> None:
    async with Desk(Rows(list(range(60))), two_lines).run_test(size=size) as pilot:
        inbox = app_of(pilot).inbox
        for number in [*range(60), *reversed(range(60))]:
            inbox.select(ident(number))
            assert screen_line(inbox, number) is not None
            for neighbour in {max(0, number - 1), min(59, number + 1)}:
                assert screen_line(inbox, neighbour) is not None


async def test_rows_stand_whole_at_the_upper_edge() -> None:
    """With two lines a row and an odd height, at the end as well."""
    async with Desk(Rows(list(range(60)))).run_test(size=(44, 22)) as pilot:
        inbox = app_of(pilot).inbox
        assert inbox.size.height == 21
        for verb in (inbox.first, inbox.last):
            verb()
            assert lines(inbox)[0][6:14] == "Customer"
        assert "Customer 59 " in lines(inbox)[18]
        assert "words of 59 " in lines(inbox)[19]


async def test_what_is_told() -> None:
    async with Desk(Rows([1, 2, 3])).run_test(size=(44, 20)) as pilot:
        app = app_of(pilot)
        app.inbox.move(1)
        app.inbox.move(1)
        app.inbox.move(0)
        app.inbox.open()
        await pilot.pause()
        assert app.told == [
            ("highlighted", ident(1)),
            ("highlighted", ident(2)),
            ("opened", ident(2)),
        ]


async def test_keys_are_left_to_whoever_binds_them() -> None:
    async with Desk(Rows(list(range(60)))).run_test(size=(44, 20)) as pilot:
        app = app_of(pilot)
        app.inbox.focus()
        await pilot.press("down", "j", "end", "pagedown", "enter")
        assert app.told == []
        assert app.inbox.scroll_y == 0


async def test_an_empty_view_bears_every_verb_and_says_what_it_is_told_to() -> None:
    async with Desk(Rows([])).run_test(size=(44, 20)) as pilot:
        inbox = app_of(pilot).inbox
        inbox.set_empty("Nobody is waiting. 4 are snoozed, the next wakes at 14:00. [b]")
        for verb in (inbox.first, inbox.last, inbox.open, inbox.fall_back):
            verb()
        inbox.move(1)
        inbox.move_page(-1)
        assert not inbox.select(ident(1))
        shown = [line.rstrip() for line in lines(inbox)]
        assert shown[:4] == [
            "",
            "  Nobody is waiting. 4 are snoozed, the",
            "  next wakes at 14:00. [b]",
            "",
        ]


def test_the_neighbour_is_the_next_below_or_else_above() -> None:
    inbox = InboxList()
    inbox.show(Rows([1, 2, 3]), NOW)
    assert inbox.neighbour(ident(1)) == ident(2)
    assert inbox.neighbour(ident(3)) == ident(2)
    assert inbox.neighbour(ident(9)) is None
    inbox.show(Rows([1]), NOW)
    assert inbox.neighbour(ident(1)) is None


async def test_where_the_cursor_goes_from_a_conversation_that_left() -> None:
    """The gap counts: one down is the row that closed it, one up the row above."""
    rows = Rows([1, 2, 3, 4, 5])
    async with Desk(rows).run_test(size=(44, 20)) as pilot:
        inbox = app_of(pilot).inbox
        for step, expected in ((1, 4), (-1, 2), (2, 5)):
            rows.put([1, 2, 3, 4, 5])
            inbox.show(rows, NOW)
            inbox.select(ident(3))
            rows.put([1, 2, 4, 5])
            inbox.show(rows, NOW)
            assert inbox.selected == ident(3)
            inbox.move(step)
            assert inbox.selected == ident(expected)
        rows.put([1, 2, 4])
        inbox.show(rows, NOW)
        assert inbox.fall_back() == ident(4)


async def test_rows_that_come_in_above_leave_the_cursor_on_its_line() -> None:
    rows = Rows(list(range(100, 160)))
    async with Desk(rows).run_test(size=(44, 21)) as pilot:
        inbox = app_of(pilot).inbox
        inbox.select(ident(107))
        before = lines(inbox)
        rows.put([1, 2, 3, *rows.ids])
        inbox.show(rows, NOW)
        assert lines(inbox) == before
        assert inbox.selected == ident(107)


async def test_without_a_cursor_in_sight_the_topmost_row_keeps_its_place() -> None:
    rows = Rows(list(range(100, 160)))
    async with Desk(rows).run_test(size=(44, 21)) as pilot:
        inbox = app_of(pilot).inbox
        inbox.select(ident(100))
        inbox.post_message(wheel(inbox, down=True))
        inbox.post_message(wheel(inbox, down=True))
        await pilot.pause()
        before = lines(inbox)
        assert screen_line(inbox, 100) is None
        rows.put([1, 2, 3, *rows.ids])
        inbox.show(rows, NOW)
        assert lines(inbox) == before


async def test_at_the_top_without_a_cursor_the_newcomers_show() -> None:
    rows = Rows(list(range(100, 160)))
    async with Desk(rows).run_test(size=(44, 21)) as pilot:
        inbox = app_of(pilot).inbox
        rows.put([1, *rows.ids])
        inbox.show(rows, NOW)
        assert screen_line(inbox, 1) == 0


@st.composite
def changes(draw: st.DrawFn) -> list[list[int]]:
    """Views as they follow one another: any order, any rows, but always with number 7."""
    numbers = st.lists(st.integers(10, 90), unique=True, max_size=60)
    views = draw(st.lists(numbers, min_size=2, max_size=6))
    return [draw(st.permutations([7, *view])) for view in views]


@settings(max_examples=30, deadline=None)
@given(changes(), st.integers(3, 24), st.booleans())
async def test_the_cursor_stays_with_its_customer(
    views: list[list[int]], height: int, two_lines: bool
) -> None:
    """Rows come, go and change places: it is on its conversation, in sight, and where it was."""
    rows = Rows(views[0])
    async with Desk(rows, two_lines).run_test(size=(44, height)) as pilot:
        inbox = app_of(pilot).inbox
        inbox.select(ident(7))
        for view in views[1:]:
            before = screen_line(inbox, 7)
            rows.put(view)
            inbox.show(rows, NOW, two_lines)
            assert inbox.selected == ident(7)
            after = screen_line(inbox, 7)
            assert after is not None
            assert after == before or inbox.scroll_y in {0, inbox.max_scroll_y}


async def test_resizing_keeps_the_cursor_in_sight() -> None:
    async with Desk(Rows(list(range(60)))).run_test(size=(44, 40)) as pilot:
        inbox = app_of(pilot).inbox
        inbox.select(ident(30))
        for size in ((44, 12), (34, 9), (120, 50), (44, 5), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert screen_line(inbox, 30) is not None
            assert all(cell_len(line) == size[0] for line in lines(inbox))


async def test_what_was_selected_before_the_first_layout_is_in_sight_after_it() -> None:
    app = Desk(Rows(list(range(60))))
    async with app.run_test(size=(44, 20)) as pilot:
        inbox = InboxList()
        inbox.show(app.rows, NOW)
        inbox.select(ident(44))
        await app.mount(inbox)
        await pilot.pause()
        assert screen_line(inbox, 44) is not None


@pytest.mark.parametrize(
    ("size", "two_lines", "expected"),
    [
        ((44, 17), None, 2),
        ((44, 16), None, 1),
        ((39, 40), None, 1),
        ((39, 12), True, 2),
        ((90, 40), False, 1),
    ],
)
async def test_two_lines_where_there_is_room(
    size: tuple[int, int], two_lines: bool | None, expected: int
) -> None:
    """The field beside it takes one line of the height."""
    async with Desk(Rows([1, 2]), two_lines).run_test(size=size) as pilot:
        assert screen_line(app_of(pilot).inbox, 2) == expected


# ── mouse and focus ──────────────────────────────────────────────────────────────────────────


def wheel(inbox: InboxList, down: bool) -> TextualMessage:
    """A turn of the wheel over the list."""
    kind = events.MouseScrollDown if down else events.MouseScrollUp
    return kind(inbox, 1, 1, 0, 1 if down else -1, 0, False, False, False)


async def test_a_click_selects_and_a_click_on_the_selected_opens() -> None:
    async with Desk(Rows(list(range(60)))).run_test(size=(44, 20)) as pilot:
        app = app_of(pilot)
        await pilot.click(InboxList, offset=(10, 5))
        assert app.told == [("highlighted", ident(2))]
        await pilot.click(InboxList, offset=(10, 4))
        assert app.told[1:] == [("opened", ident(2))]
        app.inbox.last()
        await pilot.pause()
        app.told.clear()
        await pilot.click(InboxList, offset=(10, 0))
        assert app.told == [("highlighted", ident(51))]


async def test_a_double_click_opens_once() -> None:
    async with Desk(Rows(list(range(60)))).run_test(size=(44, 20)) as pilot:
        await pilot.double_click(InboxList, offset=(10, 5))
        assert app_of(pilot).told == [("highlighted", ident(2)), ("opened", ident(2))]


async def test_a_click_below_the_last_row_does_nothing() -> None:
    async with Desk(Rows([1])).run_test(size=(44, 20)) as pilot:
        await pilot.click(InboxList, offset=(10, 9))
        assert app_of(pilot).told == []


async def test_the_wheel_looks_around_and_leaves_the_cursor() -> None:
    async with Desk(Rows(list(range(60)))).run_test(size=(44, 20)) as pilot:
        app = app_of(pilot)
        app.inbox.first()
        app.inbox.post_message(wheel(app.inbox, down=True))
        await pilot.pause()
        assert app.inbox.selected == ident(0)
        assert "Customer 2 " in lines(app.inbox)[0]
        app.inbox.post_message(wheel(app.inbox, down=False))
        await pilot.pause()
        assert "Customer 0 " in lines(app.inbox)[0]


async def test_focus_shows_on_the_row() -> None:
    """The bar stands on both lines; it and the ground are brighter with focus than without."""
    async with Desk(Rows([1, 2])).run_test(size=(44, 20)) as pilot:
        app = app_of(pilot)
        app.inbox.select(ident(1))
        looks = []
        for focused in (True, False):
            app.set_focus(app.inbox if focused else app.query_one(Input))
            await pilot.pause()
            bars = [next(iter(app.inbox.render_line(y))) for y in range(4)]
            assert [bar.text for bar in bars] == ["▌", "▌", " ", " "]
            looks.append(bars[0].style)
        assert looks[0] != looks[1]


async def test_a_change_of_theme_changes_the_colours() -> None:
    async with Desk(Rows([1])).run_test(size=(44, 20)) as pilot:
        app = app_of(pilot)
        app.register_theme(theme.DARK)
        app.register_theme(theme.LIGHT)
        seen = set()
        for name in ("desk-dark", "desk-light"):
            app.theme = name
            await pilot.pause()
            seen.add(list(app.inbox.render_line(0))[2].style)
        assert len(seen) == 2


# ── work done ────────────────────────────────────────────────────────────────────────────────


def watch_lines(inbox: InboxList, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lines asked to be painted from now on."""
    asked: list[int] = []
    refresh = inbox.refresh

    def note(*regions: object, **options: object) -> InboxList:
        asked.extend(region.y for region in regions)  # type: ignore[attr-defined]
        return refresh(*regions, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(inbox, "refresh", note)
    return asked


async def test_a_hundred_thousand_rows_cost_what_is_visible() -> None:
    """Counted in rows asked for: opening, stepping, paging, jumping to the end, re-showing."""
    rows = Rows(list(range(100_000)))
    async with Desk(rows).run_test(size=(44, 41)) as pilot:
        inbox, visible = app_of(pilot).inbox, 21
        await pilot.pause()
        assert rows.asked <= visible
        for verb in (
            lambda: inbox.move(1),
            lambda: inbox.move_page(1),
            inbox.last,
            lambda: inbox.move(-1),
            lambda: inbox.select(ident(50_000)),
            inbox.first,
            lambda: inbox.show(rows, NOW),
            lambda: setattr(inbox, "now", NOW + timedelta(minutes=1)),
        ):
            rows.asked = 0
            verb()
            await pilot.pause()
            assert rows.asked <= visible


async def test_a_step_in_sight_paints_two_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = Rows(list(range(100)))
    async with Desk(rows).run_test(size=(44, 41)) as pilot:
        inbox = app_of(pilot).inbox
        inbox.select(ident(3))
        await pilot.pause()
        painted = watch_lines(inbox, monkeypatch)
        rows.asked = 0
        inbox.move(1)
        assert sorted(painted) == [6, 7, 8, 9]
        assert rows.asked == 0


async def test_showing_paints_only_what_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An equal row is not painted again, and neither is a list that grew above the pane."""
    rows = Rows(list(range(100, 160)))
    async with Desk(rows).run_test(size=(44, 41)) as pilot:
        inbox = app_of(pilot).inbox
        inbox.select(ident(105))
        await pilot.pause()
        painted = watch_lines(inbox, monkeypatch)
        inbox.show(rows, NOW)
        assert painted == []
        rows.put([1, 2, *rows.ids])
        inbox.show(rows, NOW)
        assert painted == []
        rows.make = lambda number: a_row(number, unread=int(number == 108))
        inbox.show(rows, NOW)
        assert sorted(painted) == [16, 17]


async def test_time_paints_only_the_clocks_that_tell_something_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = Rows([1, 2, 3], lambda number: a_row(number, waiting_since=ago(number * 0.75)))
    async with Desk(rows).run_test(size=(44, 21)) as pilot:
        inbox = app_of(pilot).inbox
        await pilot.pause()
        painted = watch_lines(inbox, monkeypatch)
        inbox.now = NOW + timedelta(seconds=14)
        assert painted == []
        inbox.now = NOW + timedelta(seconds=15)
        assert 0 in painted
        assert not {2, 3, 4, 5} & set(painted)
        assert " 1 m " in lines(inbox)[0]
