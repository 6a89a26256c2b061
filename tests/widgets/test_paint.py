"""Text in cells: cutting, padding, wrapping and setting into lines of an exact width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from agent_tui.widgets import paint

PLAIN = Style()
BOLD = Style(bold=True)
FILL = Style(bgcolor="red")

PIECES = st.sampled_from([
    "a", "word", " ", "  ", "Ä", "ß", "é", "e\u0301", "日本", "語、", "한국어",
    "👩\u200d👩\u200d👧", "❤\ufe0f", "1\ufe0f\u20e3",
    "🇩🇪", "👍🏽", "\u200d", "\ufe0f",
    "\u0301", "\t", "\n", "\x1b", "\r\n", "ﷺ", "ไทย", "नमस्ते", "[/b]", "\u2028", "\u202e", "…",
])  # fmt: skip
TEXT = st.one_of(st.lists(PIECES, max_size=30).map("".join), st.text(max_size=60))
WIDTH = st.integers(-2, 40)


@given(TEXT, WIDTH)
def test_cut_is_never_wider_and_stays_on_its_line(text: str, width: int) -> None:
    """Whatever comes, the result fits and holds nothing that moves the cursor."""
    result = paint.cut(text, width)
    assert cell_len(result) <= max(0, width)
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in result)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60), WIDTH)
def test_cut_keeps_what_fits_and_marks_what_is_missing(text: str, width: int) -> None:
    result = paint.cut(text, width)
    if len(text) <= width:
        assert result == text
    elif width > 0:
        assert result.endswith("…")
        assert text.startswith(result[:-1])


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("Noah Brown", 10, "Noah Brown"),
        ("Noah Brown", 9, "Noah Bro…"),
        ("Noah Brown", 6, "Noah…"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("e\u0301e\u0301e\u0301", 2, "e\u0301…"),
        ("👩\u200d👩\u200d👧 family", 4, "👩\u200d👩\u200d👧…"),
        ("a\nb", 3, "a b"),
        ("", 3, ""),
        ("abc", 0, ""),
    ],
)
def test_cut_by_example(text: str, width: int, expected: str) -> None:
    assert paint.cut(text, width) == expected


@given(TEXT, WIDTH, st.sampled_from(["left", "right", "centre"]))
def test_pad_is_exact(text: str, width: int, align: paint.Align) -> None:
    assert cell_len(paint.pad(text, width, align)) == max(0, width)


def test_pad_aligns() -> None:
    assert paint.pad("ab", 5) == "ab   "
    assert paint.pad("ab", 5, "right") == "   ab"
    assert paint.pad("ab", 5, "centre") == " ab  "


def widths(strip: Strip) -> set[int]:
    """The width of a strip as it says, as its segments measure, and as one text measures."""
    return {strip.cell_length, sum(s.cell_length for s in strip), cell_len(strip.text)}


@given(st.lists(TEXT, max_size=5), WIDTH)
def test_line_is_exact(texts: list[str], width: int) -> None:
    """However the pieces meet: nothing joins across two of them and changes the width."""
    strip = paint.line([(text, BOLD) for text in texts], width, FILL)
    assert widths(strip) == {max(0, width)}


@given(st.lists(TEXT, max_size=3), st.lists(TEXT, max_size=3), WIDTH)
def test_spread_is_exact(left: list[str], right: list[str], width: int) -> None:
    strip = paint.spread([(t, PLAIN) for t in left], [(t, BOLD) for t in right], width, FILL)
    assert widths(strip) == {max(0, width)}


@given(st.lists(TEXT, max_size=5), WIDTH)
def test_clipped_parts_fit_and_whole_ones_stay(texts: list[str], width: int) -> None:
    parts = [(text, BOLD) for text in texts]
    clipped = paint.clip(parts, width)
    assert paint.measure(clipped) <= max(0, width)
    if paint.measure(parts) <= width:
        assert clipped == parts


@pytest.mark.parametrize(
    ("width", "expected"),
    [(6, "abcdef"), (5, "abcd…"), (4, "abc…"), (3, "ab…"), (2, "a…"), (1, "…"), (0, "")],
)
def test_clip_marks_what_is_missing(width: int, expected: str) -> None:
    """Also where the cut falls between two parts."""
    parts = [("abc", PLAIN), ("def", BOLD)]
    assert "".join(text for text, _ in paint.clip(parts, width)) == expected


def test_line_crops_and_fills() -> None:
    assert paint.line([("ab", PLAIN), ("cd", BOLD)], 3, FILL).text == "abc"
    assert paint.line([("日本", PLAIN)], 3, FILL).text == "日 "
    filled = list(paint.line([("ab", PLAIN)], 4, FILL))
    assert [(s.text, s.style) for s in filled] == [("ab", PLAIN), ("  ", FILL)]


def test_spread_gives_way_on_the_left() -> None:
    parts = [("left words", PLAIN)], [("9:41", BOLD)]
    assert paint.spread(*parts, 16, FILL).text == "left words  9:41"
    assert paint.spread(*parts, 8, FILL).text == "left9:41"


def test_markup_is_shown_not_read() -> None:
    assert paint.line([("[b]x[/b][/]", PLAIN)], 20, FILL).text.startswith("[b]x[/b][/]")


@given(TEXT)
def test_steady_text_measures_by_the_character(text: str) -> None:
    """What is left holds nothing whose width depends on what stands beside it."""
    result = paint.steady(text)
    assert "\u200d" not in result
    assert cell_len(result) == sum(cell_len(char) for char in result)


def test_steady_by_example() -> None:
    assert paint.steady("👩\u200d👩\u200d👧 Öz ❤\ufe0f 👍🏽 🇩🇪") == "👩 Öz ❤ 👍 DE"


def test_steady_text_loses_no_letter() -> None:
    """Sinhala and Devanagari join letters with the character that also joins emoji."""
    assert paint.steady("ශ්\u200dරී क्\u200dष") == "ශ්රී क्ष"


@given(TEXT, st.integers(1, 30))
def test_wrapped_lines_fit(text: str, width: int) -> None:
    lines = paint.wrap(text, width)
    assert lines
    assert all(cell_len(line) <= width for line in lines)


@given(
    st.text(st.sampled_from(list("ab c ÄöéΩ日本語한👍  \n")), max_size=200),
    st.integers(2, 30),
)
def test_wrapping_loses_only_blanks(text: str, width: int) -> None:
    lines = paint.wrap(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert len(lines) >= text.count("\n") + 1


@given(st.text(st.sampled_from(list("abc  d")), max_size=200), st.integers(1, 12))
def test_both_ways_of_wrapping_agree(text: str, width: int) -> None:
    """The fast way and the measuring one break at the same places."""
    text = text.rstrip(" ")
    assert list(paint._wrap_narrow(text, width)) == list(paint._wrap_measured(text, width))


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("", 5, [""]),
        ("one two three", 7, ["one two", "three"]),
        ("one two", 3, ["one", "two"]),
        ("a\n\nb", 5, ["a", "", "b"]),
        ("abcdefgh ij", 3, ["abc", "def", "gh", "ij"]),
        ("Grüße über alles", 6, ["Grüße", "über", "alles"]),
        ("日本語の文、です", 6, ["日本語", "の文、", "です"]),
        ("日本", 1, ["…", "…"]),
        ("  indented words", 10, ["  indented", "words"]),
        ("     indented", 8, ["indented"]),
        ("so 👩\u200d👩\u200d👧 da", 5, ["so 👩\u200d👩\u200d👧", "da"]),
    ],
)
def test_wrap_by_example(text: str, width: int, expected: list[str]) -> None:
    assert paint.wrap(text, width) == expected


def test_the_fast_way_is_only_for_single_cells() -> None:
    """Every character the shortcut takes for narrow is one cell wide in the library's table."""
    narrow = [char for char in map(chr, range(0x10000)) if paint._narrow(char)]
    assert len(narrow) > 1000
    assert all(cell_len(char) == 1 for char in narrow)
