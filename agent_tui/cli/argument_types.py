"""What the words on the command line may be: each turns one into a value, or says why not."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent_tui.backends.mock.options import MockError
from agent_tui.config import PROFILE_NAME, ConfigError, check_agent, check_url
from agent_tui.credentials import CredentialError, checked
from agent_tui.i18n import _

if TYPE_CHECKING:
    from agent_tui.backends.mock.faults.plan import FaultPlan

MOST_CONVERSATIONS: Final = 1_000_000
FASTEST_RATE: Final = 10_000
"""Events a second."""
LONGEST_LATENCY: Final = 60_000
"""Milliseconds."""
LONGEST_LIFE: Final = 31_536_000
"""Seconds."""

_WHOLE = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?|\.[0-9]{1,9}")


def url(word: str) -> str:
    """The address of a desk."""
    try:
        return check_url(word)
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def agent(word: str) -> str:
    """The id of an agent."""
    try:
        return check_agent(word)
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def profile(word: str) -> str:
    """The name of a profile."""
    if PROFILE_NAME.fullmatch(word):
        return word
    raise argparse.ArgumentTypeError(
        _("{word!r} is no name of a profile: use letters, digits, - and _").format(word=word[:80])
    )


def port(word: str) -> int:
    """A port; 0: any free one."""
    return _whole(word, 0, 65535)


def conversations(word: str) -> int:
    """How many conversations."""
    return _whole(word, 0, MOST_CONVERSATIONS)


def latency(word: str) -> int:
    """Milliseconds."""
    return _whole(word, 0, LONGEST_LATENCY)


def seed(word: str) -> int:
    """Any whole number."""
    if _WHOLE.fullmatch(word):
        return int(word)
    raise argparse.ArgumentTypeError(
        _("{word!r} is no whole number of at most 18 digits").format(word=word[:80])
    )


def rate(word: str) -> float:
    """Events a second."""
    value = float(word) if _DECIMAL.fullmatch(word) else math.nan
    if 0 <= value <= FASTEST_RATE:
        return value
    raise argparse.ArgumentTypeError(
        _("{word!r} is no number from {least} to {most}").format(
            word=word[:80], least=0, most=FASTEST_RATE
        )
    )


def token_life(word: str) -> float:
    """Seconds, at least one."""
    value = float(word) if _DECIMAL.fullmatch(word) else math.nan
    if 1 <= value <= LONGEST_LIFE:
        return value
    raise argparse.ArgumentTypeError(
        _("{word!r} is no number from {least} to {most}").format(
            word=word[:80], least=1, most=LONGEST_LIFE
        )
    )


def faults(word: str) -> FaultPlan:
    """The script of faults in a file."""
    from agent_tui.backends.mock.faults.script import read_plan  # noqa: PLC0415 - late: heavy

    try:
        return read_plan(Path(word).expanduser())
    except MockError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def token(word: str) -> str:
    """The token of a mock desk."""
    try:
        return checked(word, "--token").reveal()
    except CredentialError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def folder(word: str) -> Path:
    """A folder that is there."""
    path = _path(word, Path.is_dir)
    if path is not None:
        return path
    raise argparse.ArgumentTypeError(_("{word!r} is no folder").format(word=word[:200]))


def file_to_read(word: str) -> Path:
    """A file that is there, as a path that stays right wherever the program goes."""
    path = _path(word, Path.is_file)
    if path is not None:
        return path.absolute()
    raise argparse.ArgumentTypeError(_("{word!r} is no file").format(word=word[:200]))


def file_to_write(word: str) -> Path:
    """A file that is there or could be made."""
    path = _path(word, lambda path: not path.is_dir() and path.parent.is_dir())
    if path is not None:
        return path
    raise argparse.ArgumentTypeError(
        _("{word!r} is no place for a file: its folder must be there").format(word=word[:200])
    )


def _path(word: str, fits: Callable[[Path], bool]) -> Path | None:
    """`word` as a path that `fits`, or None."""
    with suppress(OSError, RuntimeError, ValueError):  # too long, nobody's home, a NUL in it
        path = Path(word).expanduser()
        if word and fits(path):
            return path
    return None


def _whole(word: str, least: int, most: int) -> int:
    value = int(word) if _WHOLE.fullmatch(word) else least - 1
    if least <= value <= most:
        return value
    raise argparse.ArgumentTypeError(
        _("{word!r} is no whole number from {least} to {most}").format(
            word=word[:80], least=least, most=most
        )
    )
