"""Nothing leaves for the terminal but text and what the framework itself writes."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text
from terminal_tokens import INVISIBLE, Terminal
from textual.app import App, ComposeResult
from textual.widgets import Static

from agent_tui.terminal.driver import GuardedDriver
from agent_tui.terminal.output_wall import Tally, walled
from agent_tui.terminal.plain_wall import PlainWall, walled_streams

IN_A_FRAME = [
    *("\x1b[0m", "\x1b[1;38;2;216;222;230;48;2;20;24;29m", "\x1b[12;40H", "\x1b[m", "\n", "\r\n"),
    *("text", "ä 漢 👩‍👩‍👧", "␛[2J"),
]
ALONE = [
    *("\x1b[?1049h", "\x1b[?25l", "\x1b[?2026h", "\x1b[?2048$p", "\x1b[>25u", "\x1b[<u"),
    *("\x1b]22;default\x07", "\x1b]52;c;ZXhhbXBsZQ==\x07", "\x07"),
]
FORBIDDEN = [
    *("\x1b[2J", "\x1b[6n", "\x1b[c", "\x1b]0;title\x07", "\x1b]8;;https://evil.example\x1b\\"),
    *("\x1b]52;c;?\x07", "\x1b]52;p;QQ==\x07", "\x1bP$qm\x1b\\", "\x1b_G\x1b\\", "\x1bc", "\x1b"),
    *("\x9b2J", "\x9d0;t\x9c", "\x00", "\x08", "\x7f", "\t", "\r", "\x0b", "\x0e", "a\x07"),
    *("\x1b[?47h", "\x1b[?1049$p", "\x1b[1;2;3H", "\x1b[38:5:1m", "\x1b[0;1", "\x1b]22;a b\x07"),
    *("\u202e", "\u200b", "\ufeff", "\ud83d", "\u2028", "\u00ad", "\u2066"),
]
TOKENS = st.lists(st.sampled_from(IN_A_FRAME + ALONE + FORBIDDEN), max_size=30).map("".join)


@pytest.mark.parametrize("pieces", [IN_A_FRAME, ALONE])
@given(data=st.data())
def test_what_the_framework_writes_leaves_as_it_is(pieces: list[str], data: st.DataObject) -> None:
    written = "".join(data.draw(st.lists(st.sampled_from(pieces), max_size=30)))
    tally = Tally()
    assert walled(written, tally) == written
    assert tally.replaced == 0


@pytest.mark.parametrize("data", [*FORBIDDEN, *(f"text{mode}text" for mode in ALONE)], ids=repr)
def test_everything_else_is_shown_instead_and_counted(data: str) -> None:
    """Modes, copies and the bell too, where they stand among words."""
    tally = Tally()
    shown = walled(data, tally)
    assert tally.replaced
    assert len(shown) == len(data)
    assert not modes_and_violations(shown)


class Picture(App[None]):
    """A screen full of words in many colours."""

    def compose(self) -> ComposeResult:
        """A line each."""
        for row in range(44):
            words = [
                (f"word{n} ", f"rgb({n * 9},{row},200) on rgb({row},{n},3)") for n in range(22)
            ]
            yield Static(Text.assemble(*words))


def modes_and_violations(data: str) -> list[str]:
    """What a terminal made of `data` besides showing it, by the list that the tests have."""
    terminal = Terminal(80, 24)
    terminal.feed(data + "\x1b[0m")
    modes = [f"mode {mode}" for mode in terminal.modes]
    keys = ["the keyboard's protocol"] if terminal.kitty_keys else []
    return [*terminal.violations, *terminal.copied, *modes, *keys]


@given(TOKENS | st.text())
def test_no_text_gets_through_the_wall(data: str) -> None:
    """Within a frame: between words and colours, as all text is."""
    shown = walled(f"text{data}\x1b[0m", Tally())
    assert not modes_and_violations(shown)
    assert len(shown) == len(f"text{data}\x1b[0m")
    assert walled(shown, Tally()) == shown


def seconds(do: Callable[[], object]) -> float:
    """How long it takes, the best of seven."""
    times = []
    for _turn in range(7):
        start = time.perf_counter()
        do()
        times.append(time.perf_counter() - start)
    return min(times)


@pytest.mark.parametrize(
    "unit",
    ["\x1b[0m\x1b[38;2;1;2;3;48;2;4;5;6m some words of a line ", "\x1b]52;c;", "\x1b", "\u202ex"],
    ids=repr,
)
def test_ten_times_the_output_takes_ten_times_as_long(unit: str) -> None:
    """The wall never looks back: not even unfinished sequences make it slow."""
    short, long = unit * 2_000, unit * 20_000
    walled(short, Tally())
    assert seconds(lambda: walled(long, Tally())) < 60 * seconds(lambda: walled(short, Tally()))


async def test_the_wall_costs_a_small_part_of_the_frame() -> None:
    """Measured against what the framework does to write the same picture out."""
    async with Picture().run_test(size=(160, 45)) as pilot:
        await pilot.pause()
        app = pilot.app

        def drawn() -> str:
            update = app.screen._compositor.render_full_update(simplify=True)
            return update.render_segments(app.console)

        frame = drawn()
        assert len(frame) > 15_000
        assert seconds(lambda: walled(frame, Tally())) < seconds(drawn) / 4


def test_all_that_the_driver_writes_passes_the_wall() -> None:
    """Asleep, awake or at the end: there is one way out."""

    class Writer:
        def __init__(self) -> None:
            self.written: list[str] = []

        def write(self, text: str) -> None:
            self.written.append(text)

    driver, writer = GuardedDriver.__new__(GuardedDriver), Writer()
    setattr(driver, "_writer_thread", writer)  # noqa: B010 - its own is a thread
    driver.write("a\x1b[2Jb")
    driver._disable_line_wrap()
    assert writer.written == ["a␛[2Jb", "\x1b[?7l"]


# Plain output ------------------------------------------------------------------------------------


@given(st.text(), st.text())
def test_the_plain_wall_lets_out_lines_and_nothing_else(first: str, second: str) -> None:
    stream = io.StringIO()
    wall = PlainWall(stream)
    assert wall.write(first) == len(first)
    wall.writelines([second])
    written = stream.getvalue()
    assert not any((ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 for c in written)
    assert INVISIBLE.search(written) is None


def test_words_of_others_pass_the_plain_wall(capsys: pytest.CaptureFixture[str]) -> None:
    """A warning or a traceback, whoever prints it, and nothing is cut."""
    with walled_streams():
        sys.stderr.write("a\x1b]52;c;ZXZpbA==\x07b\u202ec\n")
        sys.stdout.write("line\n" * 2_000)
        assert sys.stdout.isatty() is False
    sys.stdout.write("\x1b[0m as before")
    out, err = capsys.readouterr()
    assert err == "a␛]52;c;ZXZpbA==␇b⟪RLO⟫c\n"
    assert out == "line\n" * 2_000 + "\x1b[0m as before"
