"""Pastes stay text, whatever is in them and however the terminal cuts them up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from agent_tui.terminal.driver import GuardedParser
from agent_tui.terminal.input_wall import PATIENCE, SHADOW, InputWall, Typed
from agent_tui.terminal.pasting import MOST, Pasted, is_burst
from agent_tui.terminal.sequences import PASTE_END, PASTE_START

PIECES = st.lists(st.integers(1, 40), max_size=30)
HOSTILE = st.lists(
    st.sampled_from(["a", "e", "\x1b", "[", "31m", "\x13", "\n", "2", "0", "1", "200", "]52;c;"]),
    max_size=30,
).map("".join)


def cut_up(text: str, sizes: list[int]) -> list[str]:
    """`text` in pieces of these sizes, the rest in one."""
    pieces = []
    for size in sizes:
        pieces.append(text[:size])
        text = text[size:]
    return [piece for piece in [*pieces, text] if piece]


@given(HOSTILE, PIECES)
def test_a_paste_is_one_paste_and_no_key(body: str, sizes: list[int]) -> None:
    """A log line with colours, a Ctrl+S and an OSC pasted: one paste, nothing pressed."""
    body = body.replace(PASTE_END, "").replace(PASTE_START, "")
    parser, now, told = GuardedParser(), 1.0, []
    for piece in cut_up(f"{PASTE_START}{body}{PASTE_END}", sizes):
        told += list(parser.take(piece, now))
        now += 0.02
    told += list(parser.take("x", now + SHADOW))
    pastes = [event.text for event in told if isinstance(event, events.Paste)]
    keys = [event.key for event in told if isinstance(event, events.Key)]
    assert keys == ["x"]
    assert pastes == [body]


@given(HOSTILE, st.sampled_from(["", "\x1b[201~", "\x1b[200~"]), HOSTILE, PIECES)
def test_an_end_within_a_paste_presses_nothing(
    before: str, mark: str, after: str, sizes: list[int]
) -> None:
    """What stands behind a forged end comes at a machine's speed: it is text, or nothing."""
    wall, now, typed = InputWall(), 1.0, list[Typed]()
    for piece in cut_up(f"{PASTE_START}{before}{PASTE_END}{after}{mark}{PASTE_END}", sizes):
        typed += [item for item in wall.feed(piece, now) if isinstance(item, Typed)]
        now += 0.02
    assert typed == []


def test_the_words_behind_a_forged_end_are_in_the_text() -> None:
    text = f"{PASTE_START}hello {PASTE_END}approve refund\r{PASTE_END}"
    assert InputWall().feed(text, 1.0) == [Pasted("hello approve refund\r", 21)]


@pytest.mark.parametrize("key", ["\x13", "\x1b[A", "\x1bOP", "\x1b[97;5u", "\x1b[<0;3;3M", "\x1b"])
def test_keys_right_behind_a_paste_are_not_pressed_and_that_is_told(key: str) -> None:
    wall = InputWall()
    assert wall.feed(f"{PASTE_START}a{PASTE_END}", 1.0) == [Pasted("a", 1)]
    assert [*wall.feed(key, 1.05), *wall.tick(1.2)] == [Pasted("", 0, keys=True)]
    assert [type(item) for item in [*wall.feed(key, 2.0), *wall.tick(2.2)]] == [Typed]


@pytest.mark.parametrize("news", ["\x1b[<35;10;10M", "\x1b[<0;10;10m", "\x1b[I", "\x1b[?2026;2$y"])
def test_where_the_mouse_is_is_told_right_behind_a_paste_too(news: str) -> None:
    """Whoever pastes with the mouse moves it."""
    wall = InputWall()
    wall.feed(f"{PASTE_START}a{PASTE_END}", 1.0)
    assert wall.feed(news, 1.01) == [Typed(news, whole=True)]


def test_a_reply_behind_a_paste_is_no_text() -> None:
    wall = InputWall()
    got = wall.feed(f"{PASTE_START}a{PASTE_END}\x1b]11;rgb:0/0/0\x1b\\\x1b[?62;c", 1.0)
    assert got == [Pasted("a", 1)]


def test_what_follows_a_paste_is_keys_again() -> None:
    parser = GuardedParser()
    told = list(parser.take(f"{PASTE_START}a\x1b[31mb{PASTE_END}", 1.0))
    told += parser.take("\x1b[Az", 1.0 + SHADOW)
    assert [event.key for event in told if isinstance(event, events.Key)] == ["up", "z"]


@given(st.integers(0, 3 * MOST), PIECES)
def test_a_paste_is_kept_within_bounds_and_counted_whole(size: int, sizes: list[int]) -> None:
    wall, got = InputWall(), list[object]()
    for piece in cut_up(PASTE_START + "x" * size + PASTE_END, sizes):
        got += wall.feed(piece, 1.0)
    assert got == [Pasted("x" * min(size, MOST), size)]


def test_an_unmarked_paste_is_kept_within_bounds_too() -> None:
    wall, kept, whole = InputWall(), 0, 0
    for turn in range(40):
        for item in wall.feed("line of text\r" * 1_000, 1.0 + turn / 100):
            assert isinstance(item, Pasted)
            kept, whole = kept + len(item.text), whole + item.whole
    assert (kept, whole) == (MOST, 40 * 13_000)


def test_a_paste_that_does_not_end_shows_and_a_key_ends_it() -> None:
    """The mark of the end got lost: the keyboard must not stay dead, nor the rest be run."""
    wall = InputWall()
    assert wall.feed(PASTE_START + "first ", 1.0) == []
    assert wall.tick(1.0 + PATIENCE) == [Pasted("first ", 6)]
    assert wall.tick(9.0) == []
    assert wall.feed("approve refund\r", 10.0) == []
    assert wall.tick(10.0 + PATIENCE) == [Pasted("approve refund\r", 15)]
    assert wall.feed("e", 20.0)[-1] == Typed("e")


def test_bursts_are_long_and_have_lines_or_are_longer_still() -> None:
    line = "thirty-two characters of a line."
    assert is_burst(line + "\rx")
    assert is_burst(line * 4)
    assert not is_burst(line)
    assert not is_burst(line + "\r")
    assert not is_burst("\x1b[A" * 400)
    assert not is_burst("\x1b[<35;10;12M" * 400)
