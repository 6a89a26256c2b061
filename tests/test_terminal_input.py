"""What the terminal answers is never typed; what is pressed still is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terminal_replies import NEWS, REPLIES
from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._keyboard_protocol import FUNCTIONAL_KEYS
from textual._xterm_parser import XTermParser
from textual.message import Message as TextualMessage

from agent_tui.terminal.driver import GuardedParser
from agent_tui.terminal.events import PastedText
from agent_tui.terminal.input_wall import ESCAPE_WAIT, PATIENCE, InputWall, Item, Typed
from agent_tui.terminal.pasting import TEXT_AT_ONCE, Pasted

NO_KEYS = {"\x1b", "\x1b\x1b", "\x1b[E", "\x1b[G", *("\x1b" + char for char in "§1234567890-=")}
"""What the framework ignores, or takes for one key of a certain keyboard."""
KEYS = [
    *(key for key in ANSI_SEQUENCES_KEYS if key.startswith("\x1b") and key not in NO_KEYS),
    *(f"\x1b[{code[:-1]}{code[-1]}" for code in FUNCTIONAL_KEYS),
    *(f"\x1b[{code[:-1]};5{code[-1]}" for code in FUNCTIONAL_KEYS),
    *("\x1b[97u", "\x1b[97;5u", "\x1b[97;2;65u", "\x1b[0;;128512u", "\x1b[13;3u", "\x1b[27;5;9~"),
    *("\x1bf", "\x1bb", "\x1b\x7f", "\x1b\t"),
    *("\x1b[<0;10;12M", "\x1b[<0;10;12m", "\x1b[<35;1;1M", "\x1b[<65;80;24M", "\x1b[I", "\x1b[O"),
    *("\x1b[?2026;2$y", "\x1b[48;45;160;900;1600t"),
]
UNSEEN_LETTERS = "\u115f\u1160\u2800\u3164\uffa0\U0001d159"
BITS = st.lists(
    st.sampled_from(
        [*"aeRPOMu~<:[]\r\x13\x00\x1b\x9b\x9d\x9c\x07\u202eä", "0;", "1114112", "\x1b\\", "[201~"]
    ),
    max_size=30,
).map("".join)
GAPS = st.lists(st.sampled_from([0.0, 0.01, 0.09, 0.11, 0.5, 2.1, 6.0]), min_size=1, max_size=30)


def pieces(text: str, sizes: list[int]) -> list[str]:
    """`text` in pieces of these sizes, the rest in one."""
    cut = []
    for size in sizes:
        cut.append(text[:size])
        text = text[size:]
    return [piece for piece in [*cut, text] if piece]


def told(text: str) -> list[tuple[object, ...]]:
    """What the framework's own parser makes of a sequence that comes in one piece."""
    return [_traits(event) for event in XTermParser().feed(text)]


def heard(parser: GuardedParser, parts: list[str], gap: float = 0.01) -> list[TextualMessage]:
    """What the guarded parser makes of pieces, `gap` seconds apart, and of silence after them."""
    got: list[TextualMessage] = []
    now = 100.0
    for part in parts:
        got += parser.take(part, now)
        now += gap
    got += parser.wait(now + ESCAPE_WAIT)
    got += parser.wait(now + 2 * PATIENCE)
    return got


def _traits(event: TextualMessage) -> tuple[object, ...]:
    if isinstance(event, events.Key):
        return ("key", event.key, event.character)
    if isinstance(event, events.MouseEvent):
        return (type(event), event.x, event.y, event.button)
    return (type(event),)


@pytest.mark.parametrize("key", KEYS, ids=repr)
def test_a_key_is_the_key_it_was_in_however_many_pieces(key: str) -> None:
    wanted = told(key)
    assert wanted
    for parts in ([key], list(key), [key[:2], key[2:]]):
        assert [*map(_traits, heard(GuardedParser(), parts))] == wanted


def test_esc_and_letters_are_themselves() -> None:
    parser = GuardedParser()
    got = [*parser.take("\x1b", 1.0), *parser.wait(1.05)]
    assert got == []
    assert [_traits(event) for event in parser.wait(1.0 + ESCAPE_WAIT)] == [
        ("key", "escape", "\x1b")
    ]
    keys = [event.key for event in parser.take("aä\r\x13", 2.0) if isinstance(event, events.Key)]
    assert keys == ["a", "ä", "enter", "ctrl+s"]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("\x1be", ["escape", "e"]),
        ("\x1b1", ["escape", "1"]),
        ("\x1b\x1b", ["escape", "escape"]),
        ("\x1b\x1b[A", ["escape", "up"]),
        ("\x1bg i", ["escape", "g", "space", "i"]),
        ("a\x1b\r", ["a", "escape", "enter"]),
        ("\x1b]", ["escape", "right_square_bracket"]),
        ("\x1bO", ["escape", "O"]),
    ],
)
def test_esc_and_what_was_typed_behind_it(text: str, keys: list[str]) -> None:
    """Over a slow line both come at once; nothing here wants Alt."""
    got = heard(GuardedParser(), [text])
    assert [event.key for event in got if isinstance(event, events.Key)] == keys


def test_alt_enter_of_a_terminal_that_sends_an_escape_before_it() -> None:
    got = heard(GuardedParser(), ["\x1b\r"])
    assert [_traits(event) for event in got] == [("key", "alt+enter", None)]
    typed_apart = heard(GuardedParser(), ["\x1b", "\r"])
    assert [event.key for event in typed_apart if isinstance(event, events.Key)] == [
        "escape",
        "enter",
    ]


def pressed(items: list[Item]) -> list[str]:
    """What would be typed, or pressed, or written."""
    return [item.text for item in items if isinstance(item, Pasted) or not item.whole]


@given(st.sampled_from(sorted(REPLIES)), st.lists(st.integers(1, 9), max_size=40))
def test_a_reply_presses_nothing_in_however_many_pieces(name: str, sizes: list[int]) -> None:
    """No character of it arrives, nor Esc, as long as its first two characters come together."""
    wall, now, got = InputWall(), 10.0, list[Item]()
    sizes = [max(size, 2) if place == 0 else size for place, size in enumerate(sizes)]
    for piece in pieces(REPLIES[name], sizes):
        got += wall.feed(piece, now)
        now += 0.05
    got += wall.tick(now + 2 * PATIENCE)
    assert pressed(got) == []
    assert [*filter(None, (item.text for item in got))] == ([REPLIES[name]] if name in NEWS else [])
    assert wall.swallowed == (0 if name in NEWS else 1)
    assert wall.feed("e", now + 10) == [Typed("e")]


@pytest.mark.parametrize("name", sorted(REPLIES))
@pytest.mark.parametrize("pause", [0.02, 0.15, 0.9])
def test_a_line_that_pauses_behind_the_escape_of_a_reply(name: str, pause: float) -> None:
    """Esc may have been pressed then; the rest is no typing."""
    wall = InputWall()
    got = wall.feed(REPLIES[name][:1], 10.0)
    got += wall.tick(10.0 + min(pause, ESCAPE_WAIT))
    got += wall.feed(REPLIES[name][1:], 10.0 + pause)
    got += wall.tick(20.0)
    assert pressed(got) == []


@pytest.mark.parametrize("name", sorted(n for n in REPLIES if REPLIES[n][0] == "\x1b"))
def test_a_line_that_pauses_there_and_then_brings_the_next_reply_too(name: str) -> None:
    wall = InputWall()
    got = [*wall.feed("\x1b", 10.0), *wall.tick(10.2)]
    got += wall.feed(REPLIES[name][1:] + REPLIES["DA1"], 10.3)
    got += wall.tick(20.0)
    assert pressed(got) == []


def test_a_string_that_never_ends_does_not_keep_the_keyboard() -> None:
    """Whoever goes on typing is heard again after two seconds, and after five at the latest."""
    wall = InputWall()
    assert wall.feed("\x1b]11;rgb:", 10.0) == []
    assert wall.feed("a", 10.5) == []
    assert wall.tick(12.6) == []
    assert wall.feed("b", 12.7) == [Typed("b")]
    now, heard_again = 20.0, None
    wall.feed("\x1b]11;rgb:", now)
    while heard_again is None and now < 60:
        now += 0.5
        heard_again = now if wall.feed("c", now) else None
    assert heard_again is not None
    assert heard_again - 20.0 <= 7.5


def test_what_is_swallowed_is_not_kept() -> None:
    wall = InputWall()
    wall.feed("\x1b]52;c;", 1.0)
    for turn in range(100):
        wall.feed("A" * 65_536, 1.0 + turn / 100)
    assert len(wall._held) <= 1


@given(BITS, st.lists(st.integers(1, 12), max_size=20), GAPS)
@settings(max_examples=400)
def test_nothing_stops_the_parser(text: str, sizes: list[int], gaps: list[float]) -> None:
    """Whatever comes, in whatever pieces: no exception, and no code point that hides or turns."""
    parser, now = GuardedParser(), 1.0
    got: list[TextualMessage] = []
    for place, piece in enumerate(pieces(text, sizes)):
        now += gaps[place % len(gaps)]
        got += parser.wait(now)
        got += parser.take(piece, now)
    got += parser.wait(now + 10)
    got += parser.take("z", now + 20)
    got += parser.wait(now + 40)
    for event in got:
        if isinstance(event, events.Key):
            assert not event.is_printable or event.character != "\u202e"
    last = got[-1] if got else None
    assert isinstance(last, events.Key | PastedText)


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=30))
def test_text_passes_as_it_was_typed(text: str) -> None:
    """Every letter, number and sign, except those that are drawn as nothing."""
    got = "".join(item.text for item in InputWall().feed(text, 1.0))
    assert got == "".join("\ufffd" if char in UNSEEN_LETTERS else char for char in text)


def test_no_keyboard_has_what_hides_or_turns() -> None:
    assert InputWall().feed("a\u202e\u034f\ue000b", 1.0) == [Typed("a\ufffd\ufffd\ufffdb")]


def test_a_burst_without_marks_is_a_paste_and_presses_nothing() -> None:
    """A terminal that does not mark pastes types them faster than anybody can."""
    text = "please approve the refund\rand resolve it\r"
    assert InputWall().feed(text, 1.0) == [Pasted(text, len(text))]
    with_keys = text + "\x13\x1b[A"
    assert InputWall().feed(with_keys, 1.0) == [Pasted(text, len(text), keys=True)]
    wall = InputWall()
    wall.feed(text, 1.0)
    assert wall.feed("e", 1.05) == [Pasted("e", 1)]
    assert wall.feed("e", 1.3) == [Typed("e")]


@pytest.mark.parametrize("text", ["r", "reply to all\r", "r" + "over a slow line " * 6, "jjjjjj\r"])
def test_what_is_typed_ahead_over_a_slow_line_is_typed(text: str) -> None:
    assert len(text) < TEXT_AT_ONCE
    assert InputWall().feed(text, 1.0) == [Typed(text)]
