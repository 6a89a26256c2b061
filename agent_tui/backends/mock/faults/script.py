"""A bad day in a file: which fault begins when, read strictly from TOML.

seed = 7                       # the same file and seed make the same day
steps = [
  {at = 5, fault = "latency", ms = 300, jitter = 50, for = 20},
  {at = 40, fault = "drop"},
]
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from agent_tui.backends.mock.faults.asking import (
    LONGEST,
    FaultError,
    check,
    understand,
    unknown,
)
from agent_tui.backends.mock.faults.kinds import Range
from agent_tui.backends.mock.faults.plan import FaultPlan, Step
from agent_tui.backends.mock.options import MockError
from agent_tui.i18n import _, mark

MAX_BYTES: Final = 1024 * 1024
AT: Final = Range(0, LONGEST, mark("seconds"))
SEED: Final = Range(-(2**63), 2**63 - 1, mark("a whole number"), whole=True)


def read_plan(path: Path) -> FaultPlan:
    """The plan in the file at `path`.

    Raises:
        MockError: if it cannot be read or says something that means nothing: which line, which
            key, and what to do.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        text = data.decode()
    except OSError as error:
        message = _("The script of faults {file} cannot be read: {why}.")
        raise MockError(message.format(file=path, why=error.strerror)) from None
    except UnicodeDecodeError:
        message = _("The script of faults {file} is not UTF-8 text; save it as UTF-8.")
        raise MockError(message.format(file=path)) from None
    if len(data) > MAX_BYTES:
        raise MockError(_("{file} is too large for a script of faults.").format(file=path))
    return parse_plan(path, text)


def parse_plan(path: Path, text: str) -> FaultPlan:
    """The plan that `text` says; `path` is its place, for messages. Raises as `read_plan`."""
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        message = _("{file} is not valid TOML: {why}; mend that place")
        why = str(error) or type(error).__name__
        raise MockError(message.format(file=path, why=why)) from None
    place = _Place(path, text)
    for key in data:
        if key not in ("seed", "steps"):
            raise place.wrong(None, key, unknown(key, ("seed", "steps")))
    try:
        seed = check("seed", SEED, data["seed"]) if "seed" in data else None
    except FaultError as error:
        raise place.wrong(None, error.key, error.why) from None
    steps = data.get("steps", [])
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        why = _('must be a list of steps, such as {{at = 5, fault = "drop"}}').format()
        raise place.wrong(None, "steps", why)
    made = [_step(place, index, step) for index, step in enumerate(steps)]
    return FaultPlan(seed, tuple(sorted(made, key=lambda step: step.at)))


def _step(place: _Place, index: int, said: dict[str, Any]) -> Step:
    for key in ("at", "fault"):
        if key not in said:
            words = _("has no {key}").format(key=key)
            raise place.wrong(index, "", words)
    rest = {key: value for key, value in said.items() if key not in ("at", "fault")}
    try:
        return Step(float(check("at", AT, said["at"])), understand(said["fault"], rest))
    except FaultError as error:
        # An unknown fault is at fault by its value: it stands where the key `fault` does.
        key = error.key if error.key in said else "fault"
        shown = error.why if key == error.key else str(error)
        raise place.wrong(index, key, shown) from None


class _Place:
    """Finds the line of a step and of a key in it, as far as plain reading tells."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text

    def wrong(self, step: int | None, key: str, why: str) -> MockError:
        """The error for `key` in step `step` (from 0; None: outside the steps)."""
        begin, end = (0, len(self._text)) if step is None else self._span(step)
        found = key and re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", self._text[begin:end])
        line = self._text.count("\n", 0, begin + (found.start() if found else 0)) + 1
        name = key if step is None else _("step {number}").format(number=step + 1)
        name = f"{name}: {key}" if key and step is not None else name
        place = _("{file}, line {line}").format(file=self._path, line=line)
        return MockError(f"{place}: {name} {why}")

    def _span(self, step: int) -> tuple[int, int]:
        """Where the text of a step begins and ends."""
        begins = list(_begins(self._text))
        if step >= len(begins):
            return 0, len(self._text)
        return begins[step], [*begins, len(self._text)][step + 1]


_PARTS = re.compile(
    r"""(?P<skipped>\#[^\n]*|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
    |(?P<header>^[ \t]*\[\[[ \t]*["']?steps["']?[ \t]*\]\])
    |(?P<open>\{)|(?P<close>\})""",
    re.VERBOSE | re.MULTILINE,
)


def _begins(text: str) -> Iterator[int]:
    """Where each step begins: at its header, or at its brace; never inside texts and comments."""
    depth = 0
    for part in _PARTS.finditer(text):
        match part.lastgroup:
            case "header":
                yield part.start()
            case "open":
                if depth == 0:
                    yield part.start()
                depth += 1
            case "close":
                depth -= 1
