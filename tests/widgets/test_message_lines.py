"""One entry as lines: sides, heads, states, notes, activities, and text of any kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from agent_tui import i18n
from agent_tui.model import (
    Activity,
    Attachment,
    Author,
    AuthorKind,
    ConversationId,
    Delivery,
    Message,
    MessageId,
    MessageKind,
    SafeText,
)
from agent_tui.names import short_name
from agent_tui.sanitise import Field, sanitise
from agent_tui.shown import Entry, SendState
from agent_tui.widgets.activity_words import activity_words
from agent_tui.widgets.ink import Ink
from agent_tui.widgets.message_lines import Block, Lead, Page, draw, lead_of
from agent_tui.widgets.message_words import (
    day_words,
    moment_words,
    size_words,
    typing_words,
)
from agent_tui.widgets.paint import calm

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 8, 41, tzinfo=UTC)
INK = Ink(**{f.name: Style(color=f"color({n})") for n, f in enumerate(fields(Ink))})
NOTE_GROUND = Style(bgcolor="yellow")

NOAH = Author(AuthorKind.CUSTOMER, SafeText("Noah Brown"), "p1")
ANA = Author(AuthorKind.AGENT, SafeText("Ana Weber"), "ana")
BEN = Author(AuthorKind.AGENT, SafeText("Ben Keller"), "ben")
BOT = Author(AuthorKind.BOT, SafeText("Helper Bot"), "bot")
DESK = Author(AuthorKind.SYSTEM)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    i18n.use_language("en")
    yield
    i18n.use_language("en")


def page(width: int = 60, now: datetime = NOW) -> Page:
    return Page(width, replace(INK, note_ground=NOTE_GROUND), now, BERLIN)


def message(
    author: Author = NOAH, text: str = "Hallo", minutes: float = 10, **more: object
) -> Message:
    values: dict[str, object] = {
        "id": MessageId("m1"),
        "conversation": ConversationId("c1"),
        "author": author,
        "at": NOW - timedelta(minutes=minutes),
        "text": SafeText(text),
        "seq": 7,
    }
    return Message(**{**values, **more})  # type: ignore[arg-type]


def rows(block: Block) -> list[str]:
    return [strip.text for strip in block.lines]


def told(entry: Entry, width: int = 60, lead: Lead | None = None) -> list[str]:
    return rows(draw(entry, lead or Lead(), page(width)))


# Sides -------------------------------------------------------------------------------------------


def test_the_customer_stands_left_behind_a_thin_bar() -> None:
    head, body = told(Entry(message()))
    assert head.startswith(" Noah 09:31 ")
    assert body.rstrip() == " ▏Hallo"


def test_we_stand_right_and_lines_of_a_block_begin_below_each_other() -> None:
    lines = told(Entry(message(ANA, "eins\nzwei Wörter", delivery=Delivery.READ)))
    assert lines[0].endswith("read ✓✓  Ana 09:31▕ ")
    assert lines[1].endswith(" eins       ▕ ")
    assert lines[2].endswith(" zwei Wörter▕ ")


def test_a_bot_is_right_and_dim_and_quiet_about_delivery() -> None:
    block = draw(Entry(message(BOT, delivery=Delivery.DELIVERED)), Lead(), page())
    assert rows(block)[0].strip() == "Helper Bot 09:31▕"
    spoken = [seg.style for seg in block.lines[1] if seg.text.strip() == "Hallo"]
    assert spoken == [INK.bot]


def test_a_failed_message_of_the_bot_is_not_quiet() -> None:
    failed = message(BOT, delivery=Delivery.FAILED, failure=SafeText("window closed"))
    assert "failed: window closed" in told(Entry(failed))[-1]


def test_a_note_runs_across_on_its_own_ground_and_says_what_it_is() -> None:
    block = draw(Entry(message(BEN, "ask for floor", kind=MessageKind.NOTE)), Lead(), page())
    assert rows(block)[0].startswith(" ┄┄┄ note · Ben 09:31 ┄┄┄")
    assert rows(block)[1].startswith(" ┆ ask for floor")
    for strip in block.lines:
        assert all(seg.style and seg.style.bgcolor == NOTE_GROUND.bgcolor for seg in strip)


def test_nothing_but_notes_has_the_note_ground() -> None:
    for author in (NOAH, ANA, BOT, DESK):
        for strip in draw(Entry(message(author)), Lead(day="Today", new=True), page()).lines:
            assert all(seg.style is None or seg.style.bgcolor is None for seg in strip)


def test_what_the_desk_says_stands_in_the_middle() -> None:
    (line,) = told(Entry(message(DESK, "The customer left.")))
    left = len(line) - len(line.lstrip())
    right = len(line) - len(line.rstrip())
    assert abs(left - right) <= 1


@pytest.mark.parametrize("width", [44, 60, 67, 80, 120])
def test_text_takes_at_most_about_three_quarters_and_at_least_thirty_cells(width: int) -> None:
    longest = max(len(row.rstrip()) for row in told(Entry(message(text="wort " * 60)), width)[1:])
    assert 30 <= longest <= 0.75 * width + 2


def test_a_narrow_pane_is_used_whole() -> None:
    longest = max(len(row.rstrip()) for row in told(Entry(message(text="x" * 200)), 36)[1:])
    assert longest == 35


# Heads -------------------------------------------------------------------------------------------


def lead_between(before: Message, after: Message, width: int = 80) -> Lead:
    return lead_of(Entry(after), Entry(before), page(width))


def test_messages_of_one_author_within_five_minutes_share_the_head() -> None:
    assert not lead_between(message(minutes=10), message(minutes=6)).head
    assert lead_between(message(minutes=10), message(minutes=4)).head
    assert lead_between(message(NOAH, minutes=10), message(ANA, minutes=9)).head
    assert lead_between(message(BEN, minutes=10), message(ANA, minutes=9)).head


def test_a_reply_never_shares_the_head_of_a_note() -> None:
    note = message(ANA, minutes=10, kind=MessageKind.NOTE)
    assert lead_between(note, message(ANA, minutes=9)).head
    assert lead_between(message(ANA, minutes=10), note).head


def test_the_first_entry_and_the_first_of_a_day_name_the_day() -> None:
    assert lead_of(Entry(message()), None, page()).day == "Today"
    assert lead_between(message(minutes=60 * 24), message()).day == "Today"
    assert lead_between(message(minutes=12), message()).day == ""


def test_midnight_is_that_of_the_zone() -> None:
    evening = message(at=datetime(2026, 11, 22, 22, 59, tzinfo=UTC))
    night = message(at=datetime(2026, 11, 22, 23, 1, tzinfo=UTC))
    assert lead_between(evening, night) == Lead(day="Today")


def test_where_a_state_has_no_room_beside_the_block_ours_always_have_a_head() -> None:
    before, after = message(ANA, minutes=10), message(ANA, minutes=9)
    assert lead_between(before, after, width=60).head
    assert not lead_between(before, after, width=67).head


def test_the_mark_for_what_is_new_stands_behind_the_day() -> None:
    day, new, head, _body = told(Entry(message()), lead=Lead(day="Today", new=True))
    assert (day.strip(), new.strip()) == ("── Today ──", "── new ──")
    assert head.startswith(" Noah")


def test_lead_counts_the_lines_in_front_of_the_text() -> None:
    assert draw(Entry(message()), Lead(day="Today", new=True), page()).lead == 3
    assert draw(Entry(message()), Lead(head=False), page()).lead == 0
    activity = message(DESK, kind=MessageKind.ACTIVITY, activity=Activity("resolved"))
    assert draw(Entry(activity), Lead(day="Today"), page()).lead == 1


# States ------------------------------------------------------------------------------------------

HELD_UNTIL = NOW + timedelta(seconds=2.4)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (Entry(message(ANA), SendState.HOLDING, HELD_UNTIL), "leaves in 3 s · z undo"),
        (Entry(message(ANA), SendState.HOLDING, NOW), "sending"),
        (Entry(message(ANA), SendState.QUEUED), "waiting to leave"),
        (Entry(message(ANA), SendState.SENDING), "sending"),
        (Entry(message(ANA), SendState.RETRY, NOW + timedelta(minutes=5)), "retry 09:46"),
        (Entry(message(ANA), SendState.HELD), "held"),
        (Entry(message(ANA), SendState.FAILED), "failed"),
        (Entry(message(ANA, delivery=Delivery.ACCEPTED)), "accepted"),
        (Entry(message(ANA, delivery=Delivery.SENT)), "sent ✓"),
        (Entry(message(ANA, delivery=Delivery.DELIVERED)), "delivered ✓✓"),
        (Entry(message(ANA, delivery=Delivery.READ)), "read ✓✓"),
    ],
)
@pytest.mark.parametrize("head", [True, False])
def test_every_state_is_said_in_words(entry: Entry, words: str, head: bool) -> None:
    lines = told(entry, 67, Lead(head=head))
    assert len(lines) == 1 + head
    assert words in lines[0]


@pytest.mark.parametrize(
    ("state", "said"), [(SendState.FAILED, "failed"), (SendState.HELD, "held")]
)
def test_a_reason_is_told_in_full_on_lines_of_its_own(state: SendState, said: str) -> None:
    reason = SafeText("the number is not on WhatsApp any more and was not last week")
    lines = told(Entry(message(ANA), state, problem=reason), 60)
    spoken = " ".join(" ".join(line.replace("▕", " ").split()) for line in lines[2:])
    assert spoken == f"{said}: {reason}"
    assert lines[0].strip() == "Ana 09:31▕"


def test_states_from_holding_to_read_take_the_same_room() -> None:
    entries = [Entry(message(ANA), state) for state in (SendState.QUEUED, SendState.SENDING)]
    entries += [Entry(message(ANA), SendState.HOLDING, HELD_UNTIL)]
    entries += [Entry(message(ANA, delivery=d)) for d in Delivery if d is not Delivery.FAILED]
    for head in (True, False):
        assert len({draw(e, Lead(head=head), page(67)).height for e in entries}) == 1


def test_a_note_that_failed_says_so_on_its_ground() -> None:
    note = message(ANA, kind=MessageKind.NOTE)
    block = draw(Entry(note, SendState.FAILED, problem=SafeText("no line")), Lead(), page())
    assert "failed: no line" in rows(block)[-1]


# Extras ------------------------------------------------------------------------------------------


def test_attachments_are_one_honest_line_each() -> None:
    with_files = message(
        text="",
        attachments=(
            Attachment("image", SafeText("parcel.jpg"), 240_000),
            Attachment("hologram", SafeText("x"), None),
        ),
    )
    assert [row.strip() for row in told(Entry(with_files))[1:]] == [
        "▏[photo parcel.jpg · 240 kB]",
        "▏[attachment x]",
    ]


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (999_499, "999 kB"), (1_250_000, "1.2 MB")],
)
def test_sizes(size: int, words: str) -> None:
    assert size_words(size) == words


def test_quick_replies_are_never_broken_inside() -> None:
    options = tuple(SafeText(f"Option Nummer {n}") for n in range(9))
    lines = told(Entry(message(BOT, quick_replies=options)), 50)
    joined = " ".join(line.replace("▕", "").strip() for line in lines)
    assert all(f"‹{option}›" in joined for option in options)


def test_the_badge_for_hidden_characters_has_a_line_of_its_own_at_the_end() -> None:
    lines = told(Entry(message(text="paypal", hidden=True)))
    assert lines[-1].strip() == "▏⚠ hidden characters"
    assert "paypal" in lines[-2]


def test_an_empty_message_says_that_it_is_empty() -> None:
    assert "[empty message]" in told(Entry(message(text="\n ")))[-1]


# Activities --------------------------------------------------------------------------------------

WHAT = (
    *("opened", "assigned", "unassigned", "team", "snoozed", "woken", "resolved", "reopened"),
    *("labelled", "unlabelled", "priority", "handover"),
)


def happened(author: Author, what: str, subject: str = "", until: datetime | None = None) -> str:
    activity = Activity(what, SafeText(subject), until)
    return activity_words(
        message(author, kind=MessageKind.ACTIVITY, activity=activity), NOW, BERLIN
    )


@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize("author", [BEN, DESK])
def test_every_known_activity_has_words(what: str, author: Author) -> None:
    said = happened(author, what, "high", NOW + timedelta(hours=1))
    assert said.endswith(" · 09:31")
    assert "{" not in said
    assert said.startswith("Ben ") == (author is BEN)


def test_activities_read_as_people_speak() -> None:
    assert happened(BEN, "assigned", "Ana Weber") == "Ben assigned this to Ana · 09:31"
    assert happened(BEN, "assigned", "Ben Keller") == "Ben took this · 09:31"
    assert happened(BEN, "snoozed") == "Ben snoozed this until the customer writes · 09:31"
    tomorrow = NOW + timedelta(hours=20)
    assert happened(DESK, "snoozed", until=tomorrow) == "snoozed until tomorrow 05:41 · 09:31"
    assert happened(BOT, "handover", "order") == "Helper Bot handed this over: order · 09:31"


def test_an_unknown_activity_is_shown_plainly() -> None:
    assert happened(BEN, "merged", "#1041") == "Ben: merged #1041 · 09:31"
    assert happened(DESK, "{subject}", "{who}") == "{subject} {who} · 09:31"


# Words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Noah Brown", "Noah"),
        ("Anne-Marie Roy", "Anne-Marie"),
        ("Dr. Anna Müller", "Dr. Anna Müller"),
        ("J Smith", "J Smith"),
        ("+49 171 5550904", "+49 171 5550904"),
        ("mara.k", "mara.k"),
        ("山田太郎", "山田太郎"),
    ],
)
def test_first_names(name: str, short: str) -> None:
    assert short_name(name) == short


def test_days_in_words() -> None:
    today = NOW.date()
    assert day_words(today, today) == "Today"
    assert day_words(today - timedelta(days=1), today) == "Yesterday"
    assert day_words(today - timedelta(days=4), today) == "Thursday"
    assert day_words(today - timedelta(days=7), today) == "Mon 16 Nov"
    assert day_words(today - timedelta(days=365), today) == "Sun 23 Nov 2025"


def test_moments_in_words() -> None:
    assert moment_words(NOW + timedelta(hours=1), NOW, BERLIN) == "10:41"
    assert moment_words(NOW + timedelta(days=3), NOW, BERLIN) == "Thu 26 Nov 09:41"


def test_who_is_writing() -> None:
    noah, ben, eve = SafeText("Noah Brown"), SafeText("Ben Keller"), SafeText("Eve Holt")
    assert typing_words(()) == ""
    assert typing_words((noah,)) == "Noah is writing …"
    assert typing_words((noah, ben)) == "Noah and Ben are writing …"
    assert typing_words((noah, ben, eve)) == "3 people are writing …"


def test_letters_that_are_joined_stay() -> None:
    assert calm("ශ්\u200dරී") == "ශ්\u200dරී"
    assert calm("👨\u200d👩\u200d👧") == "👨"


# Whatever comes ----------------------------------------------------------------------------------

TEXTS = st.text(max_size=400).map(lambda text: sanitise(text, Field.BODY))
ENTRIES = st.builds(
    Entry,
    st.builds(
        message,
        author=st.sampled_from([NOAH, ANA, BOT, DESK, Author(AuthorKind.AGENT)]),
        text=TEXTS,
        kind=st.sampled_from(MessageKind),
        delivery=st.none() | st.sampled_from(Delivery),
        failure=TEXTS,
        quick_replies=st.lists(TEXTS, max_size=3).map(tuple),
        hidden=st.booleans(),
        activity=st.none() | st.builds(Activity, TEXTS, TEXTS, st.none() | st.just(NOW)),
        attachments=st.lists(
            st.builds(Attachment, TEXTS, TEXTS, st.integers(0, 10**9)), max_size=2
        ).map(tuple),
    ),
    st.none() | st.sampled_from(SendState),
    st.none() | st.just(HELD_UNTIL),
    problem=TEXTS,
    mine=st.booleans(),
)
LEADS = st.builds(Lead, st.sampled_from(["", "Today"]), st.booleans(), st.booleans())


@given(ENTRIES, LEADS, st.integers(1, 130))
def test_any_entry_is_drawn_in_lines_of_exactly_the_width(
    entry: Entry, lead: Lead, width: int
) -> None:
    block = draw(entry, lead, page(width))
    assert 0 <= block.lead < block.height
    for strip in block.lines:
        assert strip.cell_length == width
        assert sum(seg.cell_length for seg in strip) == width
        assert not any(seg.control for seg in strip)
        assert "\x1b" not in strip.text


def test_hostile_strings_are_drawn_harmlessly(shared: Path) -> None:
    cases = json.loads((shared / "nasty_strings.json").read_text(encoding="utf-8"))
    raw = list(_strings(cases))
    assert len(raw) > 100
    for text in raw:
        entry = Entry(message(text=sanitise(text, Field.BODY)))
        for strip in draw(entry, Lead(), page(60)).lines:
            assert strip.cell_length == 60
            assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in strip.text)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
