"""A report tells where it went wrong and nothing that anybody wrote."""

from __future__ import annotations

import asyncio
import stat
import sys
import threading
from pathlib import Path

import pytest
from builders import NOW
from hypothesis import given
from hypothesis import strategies as st

from agent_tui import crash
from agent_tui.clock import ManualClock
from agent_tui.crash import (
    MOST_KEPT,
    MOST_REPORTS,
    Reports,
    loop_handler,
    no_traceback_on_the_screen,
    place_of,
    report,
)

LETTER = "Zanzibar lettuce"
LITERAL = "a snooze has to end"


def caught(words: object) -> Exception:
    """An exception that was raised here, with the words in a variable too."""
    letter = words
    try:
        raise ValueError(letter)
    except ValueError as error:
        return error


def test_it_tells_type_file_line_and_function() -> None:
    """What whoever mends it needs."""
    text = report(caught(LETTER), "the screen", NOW)
    assert "ValueError: " in text
    assert "test_crash.py:" in text
    assert "in caught" in text
    assert "the screen" in text


@given(st.text(min_size=12).filter(lambda text: text.strip()))
def test_the_words_of_the_exception_are_left_out(words: str) -> None:
    """They may be a customer's."""
    assert words not in report(caught(words), "the screen", NOW)


def test_words_that_stand_in_the_source_are_told() -> None:
    """A literal is the program's own."""
    try:
        raise ValueError("a snooze has to end")
    except ValueError as error:
        assert LITERAL in report(error, "the screen", NOW)


def test_what_led_to_it_is_told_without_words_too() -> None:
    """Causes, contexts, groups, notes and the system's errors."""

    def chain() -> None:
        try:
            raise KeyError(LETTER)
        except KeyError as first:
            first.add_note(LETTER)
            raise OSError(28, LETTER, LETTER) from first

    def group() -> None:
        try:
            chain()
        except OSError as error:
            raise ExceptionGroup(LETTER, [error, caught(LETTER)]) from error

    with pytest.raises(ExceptionGroup) as trap:
        group()
    text = report(trap.value, "the screen", NOW)
    assert LETTER not in text
    for told in ("KeyError", "OSError: ENOSPC", "ExceptionGroup", "ValueError"):
        assert told in text


def test_a_type_or_function_made_at_run_time_cannot_smuggle_words() -> None:
    """Names are told only where they are names of the source."""
    kind = type(LETTER, (Exception,), {})
    made = {"kind": kind}
    exec(compile(f"def zan_{'bar'}():\n raise kind('x')", f"<{LETTER}>", "exec"), made)
    function = made["zan_bar"]
    assert callable(function)
    with pytest.raises(kind) as trap:
        function()
    text = report(trap.value, "the screen", NOW) + place_of(trap.value)
    assert LETTER not in text
    assert "zan_bar" not in text
    assert "(made at run time)" in text


def test_no_folder_of_a_person_is_named() -> None:
    """Files are told from their package on."""
    with pytest.raises(ValueError, match=LETTER) as trap:
        asyncio.run(_fail())
    text = report(trap.value, "the screen", NOW)
    assert str(Path.home()) + "/" not in text
    assert str(Path(sys.prefix)) not in text
    assert "asyncio/runners.py" in text


async def _fail() -> None:
    raise ValueError(LETTER)


def test_endless_recursion_makes_no_endless_report() -> None:
    def deeper(n: int) -> None:
        deeper(n + 1)

    with pytest.raises(RecursionError) as trap:
        deeper(0)
    assert len(report(trap.value, "the screen", NOW).splitlines()) < 100


def test_reports_are_few_and_the_owners_alone(tmp_path: Path) -> None:
    """A mistake that repeats fills no disk."""
    reports = Reports(tmp_path / "state", ManualClock(NOW))
    paths = [reports.write(caught(LETTER), "the screen") for _ in range(MOST_REPORTS + 2)]
    written = [path for path in paths if path is not None]
    assert len(written) == MOST_REPORTS
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}


def test_old_reports_go(tmp_path: Path) -> None:
    """The newest of many runs are kept, and nothing else is touched."""
    for number in range(MOST_KEPT + 5):
        (tmp_path / f"crash-2020-{number:02}.txt").write_text("old")
    (tmp_path / "unsent-1.txt").write_text("words")
    path = Reports(tmp_path, ManualClock(NOW)).write(caught(LETTER), "the screen")
    assert path is not None
    assert path.exists()
    assert len(list(tmp_path.glob("crash-*"))) == MOST_KEPT
    assert (tmp_path / "unsent-1.txt").exists()


def test_where_nothing_can_be_written_nothing_else_breaks(tmp_path: Path) -> None:
    """The folder is a file."""
    (tmp_path / "state").write_text("")
    assert Reports(tmp_path / "state", ManualClock(NOW)).write(caught(LETTER), "x") is None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_a_thread_did_not_catch_reaches_no_screen(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It becomes a report; the screen is the console's."""
    noted: list[str] = []
    reports = Reports(tmp_path, ManualClock(NOW))

    class Falls:
        def __del__(self) -> None:
            raise ValueError(LETTER)

    def fail() -> None:
        raise ValueError(LETTER)

    with no_traceback_on_the_screen(reports, lambda event, _error: noted.append(event)):
        thread = threading.Thread(target=fail, name="link")
        thread.start()
        thread.join()
        Falls()
    assert capfd.readouterr() == ("", "")
    [path] = tmp_path.glob("crash-*")
    assert "thread link" in path.read_text()
    assert LETTER not in path.read_text()
    assert noted == ["thread", "finaliser"]


async def test_what_a_task_did_not_catch_reaches_no_screen(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    noted: list[str] = []
    loop = asyncio.get_running_loop()
    reports = Reports(tmp_path, ManualClock(NOW))
    loop.set_exception_handler(loop_handler(reports, lambda event, _error: noted.append(event)))

    def fail() -> None:
        raise ValueError(LETTER)

    loop.call_soon(fail)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert capfd.readouterr() == ("", "")
    assert noted == ["task"]
    assert [LETTER in path.read_text() for path in tmp_path.glob("crash-*")] == [False]


def test_one_line_names_the_programs_own_place(tmp_path: Path) -> None:
    """The innermost line of this program, not of a library it called."""
    place = tmp_path / "file"
    try:
        Reports(place, ManualClock(NOW)).write(caught("x"), 3 / 0)  # type: ignore[arg-type]
    except ZeroDivisionError as error:
        assert place_of(error).startswith("ZeroDivisionError ")
    try:
        crash.report(caught("x"), "x", "no time")  # type: ignore[arg-type]
    except ValueError as error:
        assert "agent_tui/crash.py" in place_of(error)
