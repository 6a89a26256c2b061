"""Pastes stay text, whatever is in them and however the terminal cuts them up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from textual import events

from agent_tui.terminal import END, START, GuardedParser, PasteGuard

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
    body = body.replace(END, "").replace(START, "")
    parser = GuardedParser()
    told = []
    for piece in cut_up(f"{START}{body}{END}", sizes):
        told += list(parser.feed(piece))
    told += list(parser.feed("x"))
    pastes = [event for event in told if isinstance(event, events.Paste)]
    keys = [event.key for event in told if isinstance(event, events.Key)]
    assert keys == ["x"]
    assert [paste.text for paste in pastes] == ([body.replace("\x1b", "␛")] if body else [""])


@given(HOSTILE.filter(lambda text: START not in text), PIECES)
def test_outside_a_paste_everything_passes(text: str, sizes: list[int]) -> None:
    guard = PasteGuard()
    assert "".join(guard(piece) for piece in cut_up(text, sizes)) == text


def test_what_follows_a_paste_is_keys_again() -> None:
    parser = GuardedParser()
    told = list(parser.feed(f"{START}a\x1b[31mb{END}\x1b[A"))
    told += list(parser.feed("z"))
    assert [event.key for event in told if isinstance(event, events.Key)] == ["up", "z"]
