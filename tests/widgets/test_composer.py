"""The composer: what it says, what it lets out, and to which conversation that belongs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message as TextualMessage
from textual.pilot import Pilot
from textual.widget import Widget

from agent_tui import i18n
from agent_tui.model import Channel, ConversationId, SafeText
from agent_tui.shown import Mode, Words
from agent_tui.theme import DARK, LIGHT
from agent_tui.widgets.composer import TYPING_AGAIN, TYPING_LASTS, Composer
from agent_tui.widgets.composer_area import Hand, WordsArea
from agent_tui.widgets.composer_line import ComposerLine

NOW = datetime(2026, 11, 23, 8, 41, tzinfo=UTC)
C1, C2 = ConversationId("c1"), ConversationId("c2")
NOAH = SafeText("Noah Brown")
T = TypeVar("T")


@dataclass
class Time:
    """Seconds that pass when the test says so, and the timers that wait for them."""

    now: float = 100.0
    timers: list[list[object]] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def start(self, after: float, callback: Callable[[], None]) -> Stopper:
        self.timers.append([self.now + after, callback])
        return Stopper(self, self.timers[-1])

    def wait(self, seconds: float) -> None:
        self.now += seconds
        for timer in list(self.timers):
            due, callback = timer
            assert isinstance(due, float)
            if due <= self.now and timer in self.timers:
                self.timers.remove(timer)
                assert callable(callback)
                callback()


@dataclass
class Stopper:
    time: Time
    timer: list[object]

    def stop(self) -> None:
        if self.timer in self.time.timers:
            self.time.timers.remove(self.timer)


class Other(Widget, can_focus=True):
    """A pane that takes the focus."""


class Stage(App[None]):
    """A composer under another pane, with commands on letters that must never fire."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, f"fire('{key}')") for key in ("e", "slash", "n", "f8", "ctrl+s", "q", "enter")
    ]
    CSS = "Screen { background: $background; } Other { height: 1fr; }"

    def __init__(self, *, enter_sends: bool = False) -> None:
        super().__init__()
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = DARK.name
        self.time = Time()
        self.said: list[TextualMessage] = []
        self.fired: list[str] = []
        self.enter_sends = enter_sends

    def compose(self) -> ComposeResult:
        yield Other()
        yield Composer(
            enter_sends=self.enter_sends, monotonic=self.time, start_timer=self.time.start
        )

    def action_fire(self, key: str) -> None:
        self.fired.append(key)

    def on_composer_edited(self, event: Composer.Edited) -> None:
        self.said.append(event)

    on_composer_left = on_composer_mode_toggled = on_composer_send_asked = on_composer_edited
    on_composer_refused = on_composer_canned_asked = on_composer_edited
    on_composer_typing_changed = on_composer_edited

    @property
    def composer(self) -> Composer:
        return self.query_one(Composer)

    @property
    def area(self) -> WordsArea:
        return self.query_one(WordsArea)

    def all_of(self, kind: type[T]) -> list[T]:
        return [event for event in self.said if isinstance(event, kind)]

    @property
    def sent(self) -> list[tuple[str, Mode, str, str]]:
        asked = self.all_of(Composer.SendAsked)
        return [(event.conversation, event.mode, event.text, event.then) for event in asked]

    @property
    def heading(self) -> str:
        return self.query_one(ComposerLine).render_line(0).text.rstrip()


@asynccontextmanager
async def stage(
    text: str = "",
    *,
    mode: Mode = Mode.REPLY,
    channel: Channel = Channel.WHATSAPP,
    enter_sends: bool = False,
    width: int = 67,
) -> AsyncIterator[tuple[Stage, Pilot[None]]]:
    i18n.use_language("en")
    app = Stage(enter_sends=enter_sends)
    async with app.run_test(size=(width, 20)) as pilot:
        app.composer.bind(C1, mode, NOAH, channel, Words(text, _end(text)))
        app.composer.focus()
        await pilot.pause()
        yield app, pilot


def _end(text: str) -> tuple[int, int]:
    return text.count("\n"), len(text.rsplit("\n", 1)[-1])


async def typed(app: Stage, pilot: Pilot[None], *keys: str) -> None:
    """Keys pressed by a hand: a fifth of a second between two of them."""
    for key in keys:
        app.time.now += 0.2
        await pilot.press(key)


async def paste(app: Stage, pilot: Pilot[None], text: str) -> None:
    app.area.post_message(events.Paste(text))
    await pilot.pause()


# What it says ------------------------------------------------------------------------------------


async def test_a_reply_says_to_whom_on_which_channel_and_how_long_it_is() -> None:
    async with stage("Hallo Noah") as (app, _pilot):
        assert app.heading.startswith(" Reply to Noah Brown on WhatsApp ")
        assert app.heading.endswith("10 / 4096")


async def test_a_note_changes_words_and_ground_together() -> None:
    async with stage() as (app, pilot):
        reply = app.area.styles.background, app.query_one(ComposerLine).styles.background
        app.composer.bind(C1, Mode.NOTE, NOAH, Channel.WHATSAPP)
        await pilot.pause()
        assert app.heading == " Private note — Noah Brown does not see this"
        note = app.area.styles.background, app.query_one(ComposerLine).styles.background
        assert note[0] == note[1] != reply[0] == reply[1]
        assert note[0].hex.lower() == DARK.variables["note-ground"]
        app.composer.bind(C1, Mode.REPLY, NOAH, Channel.WHATSAPP)
        await pilot.pause()
        assert (app.area.styles.background, app.query_one(ComposerLine).styles.background) == reply


@pytest.mark.parametrize(
    ("length", "role"), [(287, "dim"), (288, "warn"), (320, "warn"), (321, "alarm")]
)
async def test_the_counter_warns_near_the_limit_and_alarms_over_it(length: int, role: str) -> None:
    async with stage("x" * length, channel=Channel.SMS) as (app, _pilot):
        strip = app.query_one(ComposerLine).render_line(0)
        (counter,) = [seg for seg in strip if "/ 320" in seg.text]
        assert counter.text == f"{length} / 320"
        assert counter.style is not None
        assert counter.style.color is not None
        assert counter.style.color.name == DARK.variables[role]


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(hours=11, minutes=48), "window 11 h 48 m"),
        (timedelta(hours=3), "window 3 h"),
        (timedelta(minutes=7), "window 7 m"),
        (timedelta(seconds=20), "window under 1 m"),
        (timedelta(), "window closed"),
    ],
)
async def test_the_reply_window_is_told_in_words(left: timedelta, words: str) -> None:
    async with stage() as (app, _pilot):
        app.composer.window(NOW + left, NOW)
        assert f"  {words}  0 / 4096" in app.heading


async def test_a_window_that_is_open_for_long_is_not_worth_a_word() -> None:
    async with stage() as (app, _pilot):
        app.composer.window(NOW + timedelta(hours=25), NOW)
        assert "window" not in app.heading
        app.composer.window(None, NOW)
        assert "window" not in app.heading


async def test_to_whom_one_writes_outlives_the_window_where_there_is_little_room() -> None:
    async with stage(width=50) as (app, _pilot):
        app.composer.window(NOW + timedelta(hours=3), NOW)
        assert app.heading.startswith(" Reply to Noah Brown on WhatsApp")
        assert app.heading.endswith("0 / 4096")
        app.composer.window(NOW + timedelta(minutes=3), NOW)
        assert "window 3 m" in app.heading


async def test_the_text_grows_with_its_lines_up_to_eight() -> None:
    async with stage() as (app, pilot):
        assert app.area.size.height == 1
        app.composer.insert("a\nb\nc")
        await pilot.pause()
        assert app.area.size.height == 3
        app.composer.insert("\nx" * 30)
        await pilot.pause()
        assert app.area.size.height == 8


# Sending -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "then"),
    [("ctrl+s", ""), ("alt+enter", ""), ("ctrl+enter", ""), ("f8", "snooze"), ("f9", "resolve")],
)
async def test_keys_that_send(key: str, then: str) -> None:
    async with stage("Hallo  \n") as (app, pilot):
        await typed(app, pilot, key)
        assert app.sent == [(C1, Mode.REPLY, "Hallo", then)]
        assert app.composer.words == Words()
        assert app.fired == []


async def test_asked_twice_it_is_sent_once() -> None:
    async with stage("Hallo") as (app, pilot):
        app.area.post_message(events.Key("ctrl+s", None))
        app.area.post_message(events.Key("ctrl+s", None))
        await pilot.pause()
        assert len(app.sent) == 1


async def test_what_was_sent_stands_in_the_draft_until_somebody_took_it() -> None:
    """No `Edited` tells of the empty composer: whoever cannot send binds the draft again."""
    async with stage() as (app, pilot):
        await typed(app, pilot, "h", "i", "ctrl+s")
        assert [event.words.text for event in app.all_of(Composer.Edited)] == ["h", "hi"]


@pytest.mark.parametrize("text", ["", "   ", "\n\n"])
async def test_nothing_is_not_sent(text: str) -> None:
    async with stage(text) as (app, pilot):
        await typed(app, pilot, "ctrl+s")
        assert app.sent == []
        (refused,) = app.all_of(Composer.Refused)
        assert "Nothing to send" in refused.reason
        assert app.composer.words.text == text


async def test_a_blank_refuses_and_is_selected() -> None:
    async with stage("Welche ⟦Etage⟧ und\nwelcher ⟦Name⟧?") as (app, pilot):
        await typed(app, pilot, "ctrl+s")
        assert app.sent == []
        assert "fill in the marked blank" in app.all_of(Composer.Refused)[0].reason
        assert app.area.selected_text == "⟦Etage⟧"
        await typed(app, pilot, "3", "tab")
        assert app.area.selected_text == "⟦Name⟧"
        await typed(app, pilot, "x", "ctrl+s")
        assert app.sent[0][2] == "Welche 3 und\nwelcher x?"


async def test_too_long_for_the_channel_is_refused_with_by_how_much() -> None:
    async with stage("x" * 323, channel=Channel.SMS) as (app, pilot):
        await typed(app, pilot, "ctrl+s")
        assert app.sent == []
        assert app.all_of(Composer.Refused)[0].reason == "Not sent: 3 characters too long for SMS."


async def test_a_note_may_be_longer_than_the_channel_allows() -> None:
    async with stage("x" * 323, channel=Channel.SMS, mode=Mode.NOTE) as (app, pilot):
        await typed(app, pilot, "ctrl+s")
        assert app.sent[0][1] is Mode.NOTE


# Enter -------------------------------------------------------------------------------------------


async def test_enter_begins_a_line_where_it_does_not_send() -> None:
    async with stage("a") as (app, pilot):
        await typed(app, pilot, "enter", "b")
        assert app.composer.words.text == "a\nb"


async def test_enter_sends_where_that_is_wanted_but_never_a_note() -> None:
    async with stage("a", enter_sends=True) as (app, pilot):
        await typed(app, pilot, "enter")
        assert app.sent == [(C1, Mode.REPLY, "a", "")]
        app.composer.bind(C1, Mode.NOTE, NOAH, Channel.WHATSAPP, Words("b", (0, 1)))
        await typed(app, pilot, "enter")
        assert len(app.sent) == 1
        assert app.composer.words.text == "b\n"


async def test_ctrl_j_and_shift_enter_always_begin_a_line() -> None:
    async with stage("a", enter_sends=True) as (app, pilot):
        await typed(app, pilot, "ctrl+j", "shift+enter")
        assert app.sent == []
        assert app.composer.words.text == "a\n\n"


async def test_a_burst_of_keys_with_newlines_does_not_send() -> None:
    """A terminal without bracketed paste types what is pasted, faster than a hand."""
    async with stage(enter_sends=True) as (app, pilot):
        for key in ("h", "i", "enter", "enter", "y", "o", "enter"):
            app.time.now += 0.002
            await pilot.press(key)
        assert app.sent == []
        assert app.composer.words.text == "hi\n\nyo\n"
        await typed(app, pilot, "enter")
        assert [text for _c, _m, text, _t in app.sent] == ["hi\n\nyo"]


@given(st.lists(st.sampled_from([0.0, 0.004, 0.02, 0.05, 0.3]), min_size=1, max_size=20))
def test_within_a_tenth_of_a_second_of_a_machine_no_key_is_a_hands(gaps: list[float]) -> None:
    time, last, machine = Time(), float("-inf"), float("-inf")
    hand = Hand(time)
    for gap in gaps:
        time.now += gap
        if time.now - last < 0.01:
            machine = time.now
        last = time.now
        hand.pressed()
        assert hand.quiet == (time.now < machine + 0.1)


# Paste -------------------------------------------------------------------------------------------

NASTY = [
    "a\x1b[201~\x13b",
    "\x1b[200~evil\x1b[201~\r\n",
    "line\rline\r\nline\n",
    "\x00\x07\x1b]0;title\x07",
    "e\x1be",
    "\u202egnp.exe",
    "/" * 5,
]


@pytest.mark.parametrize("text", NASTY)
async def test_a_paste_is_only_ever_text(text: str) -> None:
    async with stage(enter_sends=True) as (app, pilot):
        await paste(app, pilot, text)
        assert app.sent == []
        assert app.fired == []
        assert app.all_of(Composer.CannedAsked) == []
        assert app.all_of(Composer.Left) == []
        inside = app.composer.words.text
        assert inside == app.area.text
        assert not any(ord(char) < 32 and char != "\n" for char in inside)
        assert "\u202e" not in inside


async def test_line_breaks_of_a_paste_are_lines() -> None:
    async with stage() as (app, pilot):
        await paste(app, pilot, "a\rb\r\nc\n")
        assert app.composer.words == Words("a\nb\nc\n", (3, 0))


@pytest.mark.parametrize(
    "key", ["ctrl+s", "enter", "f8", "f9", "escape", "ctrl+t", "ctrl+r", "tab"]
)
async def test_keys_right_behind_a_paste_are_not_commands(key: str) -> None:
    """What stands behind a forged end of the paste arrives as keys."""
    async with stage(enter_sends=True) as (app, pilot):
        await paste(app, pilot, "text")
        app.time.now += 0.05
        await pilot.press(key)
        assert [type(event) for event in app.said if not isinstance(event, Composer.Edited)] == [
            Composer.TypingChanged
        ]
        assert app.area.has_focus
        app.time.now += 0.2
        await pilot.press("ctrl+s")
        assert len(app.sent) == 1


async def test_a_paste_of_the_programs_own_clipboard_is_cleaned_too() -> None:
    async with stage() as (app, pilot):
        app.copy_to_clipboard("a\x1bb")
        await typed(app, pilot, "ctrl+v")
        assert "\x1b" not in app.composer.words.text
        assert app.composer.words.text.startswith("a")


# Whose words -------------------------------------------------------------------------------------


async def test_every_message_carries_what_was_bound_when_it_happened() -> None:
    """Bound anew before the loop has run once, the words stay with their conversation."""
    async with stage() as (app, pilot):
        app.composer.insert("for one")
        app.composer.act("canned")
        app.composer.act("switch-mode")
        app.composer.act("send")
        app.composer.bind(C2, Mode.NOTE, SafeText("Lea"), Channel.EMAIL)
        app.composer.insert("for two")
        app.composer.act("leave")
        await pilot.pause()
        told = [(event.conversation, event.mode, type(event)) for event in app.said]  # type: ignore[attr-defined]
        one = [kind for conv, mode, kind in told if (conv, mode) == (C1, Mode.REPLY)]
        two = [kind for conv, mode, kind in told if (conv, mode) == (C2, Mode.NOTE)]
        on_off = Composer.TypingChanged
        assert one == [
            *(Composer.Edited, on_off, Composer.CannedAsked, on_off, Composer.ModeToggled),
            Composer.SendAsked,
        ]
        assert two == [Composer.Edited, on_off, on_off, Composer.Left]
        assert app.sent == [(C1, Mode.REPLY, "for one", "")]
        assert app.all_of(Composer.Left)[0].words.text == "for two"


async def test_binding_tells_nobody_of_an_edit() -> None:
    async with stage("one") as (app, pilot):
        app.composer.bind(C2, Mode.REPLY, NOAH, Channel.SMS, Words("two\nlines", (1, 2)))
        await pilot.pause()
        assert app.all_of(Composer.Edited) == []
        assert app.composer.words == Words("two\nlines", (1, 2))


async def test_a_cursor_beside_the_draft_is_put_into_it() -> None:
    async with stage() as (app, _pilot):
        app.composer.bind(C2, Mode.REPLY, NOAH, Channel.SMS, Words("two", (9, 99)))
        assert app.composer.words == Words("two", (0, 3))


async def test_unbound_it_takes_no_words() -> None:
    async with stage("one") as (app, pilot):
        app.composer.unbind()
        app.composer.insert("x")
        await pilot.press("a", "ctrl+j")
        assert app.composer.words == Words()
        assert app.composer.bound is None
        assert app.composer.act("send") is False
        assert app.all_of(Composer.SendAsked) == []
        assert app.all_of(Composer.Edited) == []


async def test_binding_anew_keeps_the_focus() -> None:
    async with stage("one") as (app, pilot):
        app.composer.unbind()
        app.composer.bind(C1, Mode.REPLY, NOAH, Channel.WHATSAPP, Words("two", (0, 3)))
        await typed(app, pilot, "x")
        assert app.composer.words.text == "twox"


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(["type", "bind1", "bind2", "send", "undo", "leave"]), max_size=25))
async def test_words_never_land_in_another_conversation(steps: list[str]) -> None:
    """Words name the conversation they are for; no message carries those of the other."""
    async with stage() as (app, pilot):
        here = C1
        for step in steps:
            match step:
                case "type":
                    app.composer.insert(f"[{here}]")
                case "bind1" | "bind2":
                    here = C1 if step == "bind1" else C2
                    app.composer.bind(here, Mode.REPLY, NOAH, Channel.EMAIL)
                case "undo":
                    app.area.undo()
                case action:
                    app.composer.act(action)
        await pilot.pause()
        for event in [*app.all_of(Composer.Edited), *app.all_of(Composer.Left)]:
            assert event.words.text.replace(f"[{event.conversation}]", "") == ""
        for conversation, _mode, text, _then in app.sent:
            assert text.replace(f"[{conversation}]", "") == ""


# Leaving, modes, canned replies ------------------------------------------------------------------


async def test_esc_leaves_and_keeps_the_words() -> None:
    async with stage() as (app, pilot):
        await typed(app, pilot, "h", "i", "escape")
        (left,) = app.all_of(Composer.Left)
        assert left.words == Words("hi", (0, 2))
        assert app.composer.words == Words("hi", (0, 2))


async def test_ctrl_t_asks_for_the_other_mode_and_changes_nothing_itself() -> None:
    async with stage("hi", mode=Mode.NOTE) as (app, pilot):
        await typed(app, pilot, "ctrl+t")
        (toggled,) = app.all_of(Composer.ModeToggled)
        assert (toggled.mode, toggled.words.text) == (Mode.NOTE, "hi")
        assert app.composer.bound == (C1, Mode.NOTE)


@pytest.mark.parametrize("before", ["", "Hallo ", "Hallo\n", "Hallo\t"])
async def test_a_slash_that_begins_a_word_asks_for_canned_replies(before: str) -> None:
    async with stage(before) as (app, pilot):
        await typed(app, pilot, "slash")
        (asked,) = app.all_of(Composer.CannedAsked)
        assert (asked.conversation, asked.slash) == (C1, True)
        assert app.composer.words.text == before
        assert app.fired == []
        app.composer.insert("/")
        assert app.composer.words.text == before + "/"


async def test_a_slash_inside_a_word_is_a_letter() -> None:
    async with stage("und") as (app, pilot):
        await typed(app, pilot, "slash", "o")
        assert app.composer.words.text == "und/o"
        assert app.all_of(Composer.CannedAsked) == []
        assert app.fired == []


async def test_ctrl_r_asks_for_canned_replies_anywhere() -> None:
    async with stage("und") as (app, pilot):
        await typed(app, pilot, "ctrl+r")
        assert app.all_of(Composer.CannedAsked)[0].slash is False


async def test_a_filled_reply_comes_in_at_the_cursor_and_its_first_blank_is_selected() -> None:
    async with stage("Hallo ! Bis dann ⟦alt⟧") as (app, pilot):
        app.area.move_cursor((0, 6))
        app.composer.insert("⟦Name⟧, Etage ⟦Etage⟧")
        assert app.area.selected_text == "⟦Name⟧"
        await typed(app, pilot, "x", "tab")
        assert app.area.selected_text == "⟦Etage⟧"
        assert app.composer.words.text == "Hallo x, Etage ⟦Etage⟧! Bis dann ⟦alt⟧"


# Blanks, tab, letters ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "order"),
    [("tab", ["⟦a⟧", "⟦b⟧", "⟦c⟧", "⟦a⟧"]), ("shift+tab", ["⟦c⟧", "⟦b⟧", "⟦a⟧", "⟦c⟧"])],
)
async def test_tab_and_shift_tab_go_round_the_blanks(key: str, order: list[str]) -> None:
    async with stage("⟦a⟧ und ⟦b⟧\n⟦c⟧") as (app, pilot):
        seen = []
        for _ in range(4):
            await typed(app, pilot, key)
            seen.append(app.area.selected_text)
        assert seen == order


@pytest.mark.parametrize("key", ["tab", "shift+tab"])
async def test_without_a_blank_they_never_leave_the_words(key: str) -> None:
    """The next letter would be a command in another pane."""
    async with stage("none") as (app, pilot):
        await typed(app, pilot, key, "e")
        assert app.focused is app.area
        assert app.composer.words.text == "nonee"
        assert app.fired == []


async def test_blanks_stand_out() -> None:
    async with stage("⟦Etage⟧ oben") as (app, pilot):
        await pilot.pause()
        (marked,) = [seg for seg in app.area.render_line(0) if "Etage" in seg.text]
        assert marked.style is not None
        assert marked.style.bgcolor is not None
        assert marked.style.bgcolor.name == DARK.variables["blank-ground"]


async def test_letters_are_letters() -> None:
    async with stage() as (app, pilot):
        await typed(app, pilot, "e", "n", "q")
        assert app.composer.words.text == "enq"
        assert app.fired == []


async def test_undo_is_told_of_like_any_other_change() -> None:
    async with stage() as (app, pilot):
        await typed(app, pilot, "h")
        app.area.history.checkpoint()
        await typed(app, pilot, "i", "ctrl+z")
        assert app.all_of(Composer.Edited)[-1].words.text == app.composer.words.text == "h"
        await typed(app, pilot, "ctrl+y")
        assert app.all_of(Composer.Edited)[-1].words.text == "hi"


# Typing ------------------------------------------------------------------------------------------


async def typing(app: Stage, pilot: Pilot[None]) -> list[bool]:
    await pilot.pause()
    return [event.on for event in app.all_of(Composer.TypingChanged)]


async def test_typing_is_told_once_and_ends_eight_seconds_after_the_last_key() -> None:
    async with stage() as (app, pilot):
        await typed(app, pilot, "h", "i")
        assert await typing(app, pilot) == [True]
        app.time.wait(TYPING_LASTS - 1)
        await typed(app, pilot, "x")
        app.time.wait(TYPING_LASTS - 1)
        assert await typing(app, pilot) == [True]
        app.time.wait(1.5)
        assert await typing(app, pilot) == [True, False]


async def test_who_goes_on_typing_says_so_again() -> None:
    async with stage() as (app, pilot):
        for _ in range(4):
            await typed(app, pilot, "x")
            app.time.wait(TYPING_AGAIN / 2)
        assert await typing(app, pilot) == [True, True]


@pytest.mark.parametrize("end", ["send", "leave", "switch-mode", "unbind", "bind", "clear"])
async def test_typing_ends_with_what_ends_it(end: str) -> None:
    async with stage() as (app, pilot):
        await typed(app, pilot, "h")
        match end:
            case "unbind":
                app.composer.unbind()
            case "bind":
                app.composer.bind(C2, Mode.REPLY, NOAH, Channel.EMAIL)
            case "clear":
                await typed(app, pilot, "backspace")
            case action:
                app.composer.act(action)
        assert await typing(app, pilot) == [True, False]
        assert {event.conversation for event in app.all_of(Composer.TypingChanged)} == {C1}
        assert app.time.timers == []
