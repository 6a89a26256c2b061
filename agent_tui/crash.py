"""What is told of a mistake of the program's own: where it happened, and nothing anybody wrote.

The text of an exception may quote a customer, a draft or a token, and so may every local
variable. A report therefore holds types, files, lines and names of functions; words only where
they stand in the source exactly as they are told.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any, Final

from agent_tui import __version__
from agent_tui.clock import Clock
from agent_tui.credentials.redaction import redact
from agent_tui.private_file import write_new
from agent_tui.sanitise import plain_line

MOST_REPORTS: Final = 3
"""Reports one run of the program writes: a mistake that repeats says nothing new."""
MOST_KEPT: Final = 20
"""Reports that are kept in the folder; older ones go."""
MOST_FRAMES: Final = 60
MOST_CAUSES: Final = 8

_LIBRARY: Final = Path(os.__file__).parent
_NO_WORDS: Final = "(its words are left out)"


def place_of(error: BaseException) -> str:
    """Its type and the innermost line of the program's own, for one line on the screen."""
    frames = list(_frames(error.__traceback__))
    own = [place for place, _code in frames if place.startswith("agent_tui/")]
    at = own[-1] if own else frames[-1][0] if frames else ""
    return f"{_type_of(error)} {at}".strip()


def told(error: BaseException) -> Iterator[str]:
    """The report's lines on `error` and on what led to it, the first cause first."""
    chain: list[BaseException] = []
    now: BaseException | None = error
    while now is not None and now not in chain and len(chain) < MOST_CAUSES:
        chain.append(now)
        now = now.__cause__ or (None if now.__suppress_context__ else now.__context__)
    for one in reversed(chain):
        yield from _one(one)


def report(error: BaseException, where: str, now: datetime) -> str:
    """The whole text of a report; `where` is a thread or a part of the program."""
    import platform  # noqa: PLC0415 - late: heavy

    lines = [
        f"agent-tui {__version__}",
        f"Python {platform.python_version()} on {platform.system()}",
        f"at {now:%Y-%m-%d %H:%M:%S %Z}, in {where}",
        "",
        *told(error),
        "",
        "This report holds no customer's words, no drafts and no tokens.",
    ]
    return "\n".join(redact(plain_line(line)) for line in lines) + "\n"


class Reports:
    """Writes reports into a folder, a few of them."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        """`folder` need not be there."""
        self._folder = folder
        self._clock = clock
        self._left = MOST_REPORTS
        self._lock = threading.Lock()

    def write(self, error: BaseException, where: str) -> Path | None:
        """Write a report, and say where; None when it cannot be written or there are enough."""
        with self._lock:
            if self._left == 0:
                return None
            self._left -= 1
        now = self._clock.now()
        try:
            path = write_new(self._folder, f"crash-{now:%Y%m%d-%H%M%S}", report(error, where, now))
        except OSError:
            return None
        with suppress(OSError):
            for old in sorted(self._folder.glob("crash-*.txt"), key=_age)[:-MOST_KEPT]:
                old.unlink()
        return path


@contextmanager
def no_traceback_on_the_screen(
    reports: Reports, note: Callable[[str, BaseException], None]
) -> Iterator[None]:
    """What no thread and no finaliser caught goes into a report and to `note`, nowhere else."""

    def from_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            name = args.thread.name if args.thread is not None else "a thread"
            note("thread", args.exc_value)
            reports.write(args.exc_value, f"thread {name}")

    def unraisable(args: sys.UnraisableHookArgs) -> None:
        if args.exc_value is not None:
            note("finaliser", args.exc_value)

    before = threading.excepthook, sys.unraisablehook
    threading.excepthook, sys.unraisablehook = from_thread, unraisable
    try:
        yield
    finally:
        threading.excepthook, sys.unraisablehook = before


def loop_handler(
    reports: Reports, note: Callable[[str, BaseException], None]
) -> Callable[[Any, dict[str, Any]], None]:
    """For an event loop's `set_exception_handler`: the same for what no task caught."""

    def handle(_loop: Any, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, Exception):
            note("task", error)
            reports.write(error, "a task")

    return handle


def _one(error: BaseException) -> Iterator[str]:
    frames = list(_frames(error.__traceback__))
    shown = frames if len(frames) <= MOST_FRAMES else [*frames[:20], *frames[20 - MOST_FRAMES :]]
    for number, (place, _code) in enumerate(shown):
        if number == 20 and len(shown) < len(frames):
            yield f"  ({len(frames) - len(shown)} more)"
        yield f"  {place}"
    yield f"{_type_of(error)}: {_words_of(error, frames[-1][1] if frames else None)}"
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions[:MOST_CAUSES]:
            yield from (f"    {line}" for line in _one(inner))


def _frames(trace: TracebackType | None) -> Iterator[tuple[str, CodeType]]:
    while trace is not None:
        code = trace.tb_frame.f_code
        yield f"{_file(code.co_filename)}:{trace.tb_lineno} in {_function(code)}", code
        trace = trace.tb_next


def _file(name: str) -> str:
    """The file without the folders above its package, which may name a person."""
    parts = Path(name).parts
    if not name.endswith(".py") or not parts:
        return "(made at run time)"
    for root in ("site-packages", "dist-packages"):
        if root in parts:
            return "/".join(parts[parts.index(root) + 1 :])
    if "agent_tui" in parts:
        last = len(parts) - 1 - parts[::-1].index("agent_tui")
        return "/".join(parts[last:])
    return "/".join(parts[-2:]) if Path(name).is_relative_to(_LIBRARY) else parts[-1]


def _function(code: CodeType) -> str:
    return code.co_qualname if code.co_filename.endswith(".py") else "?"


def _type_of(error: BaseException) -> str:
    kind = type(error)
    if not kind.__qualname__.replace(".", "").replace("<locals>", "").isidentifier():
        return "an exception"
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else (f"{kind.__module__}.{kind.__qualname__}")
    )


def _words_of(error: BaseException, code: CodeType | None) -> str:
    """What it says, as far as that stands in the source."""
    if isinstance(error, OSError) and error.errno is not None:
        return errno.errorcode.get(error.errno, str(error.errno))
    words = error.args[0] if len(error.args) == 1 else None
    if isinstance(words, str) and code is not None and words in code.co_consts:
        return words
    return _NO_WORDS


def stands_in_source(words: str, file: str, line: int, frame: FrameType | None) -> bool:
    """Whether `words` stand as they are in the function that runs at this line, outside `frame`."""
    while frame is not None:
        code = frame.f_code
        if code.co_filename == file and frame.f_lineno == line:
            return words in code.co_consts
        frame = frame.f_back
    return False


def _age(path: Path) -> tuple[float, str]:
    return path.stat().st_mtime, path.name
