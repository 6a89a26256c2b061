"""What the words on the command line may be: each turns one into a value, or says why not."""

from __future__ import annotations

import argparse
import math
import re
from pathlib import Path
from typing import Final

from agent_tui.config import PROFILE_NAME, ConfigError, check_agent, check_url
from agent_tui.credentials import CredentialError, checked
from agent_tui.i18n import _

MOST_CONVERSATIONS: Final = 1_000_000
FASTEST_RATE: Final = 10_000
"""Events a second."""
LONGEST_LATENCY: Final = 60_000
"""Milliseconds."""

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


def token(word: str) -> str:
    """The token of a mock desk."""
    try:
        return checked(word, "--token").reveal()
    except CredentialError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def folder(word: str) -> Path:
    """A folder that is there."""
    path = Path(word).expanduser()
    if word and path.is_dir():
        return path
    raise argparse.ArgumentTypeError(_("{word!r} is no folder").format(word=word[:200]))


def file_to_write(word: str) -> Path:
    """A file that is there or could be made."""
    path = Path(word).expanduser()
    if word and not path.is_dir() and path.parent.is_dir():
        return path
    raise argparse.ArgumentTypeError(
        _("{word!r} is no place for a file: its folder must be there").format(word=word[:200])
    )


def _whole(word: str, least: int, most: int) -> int:
    value = int(word) if _WHOLE.fullmatch(word) else least - 1
    if least <= value <= most:
        return value
    raise argparse.ArgumentTypeError(
        _("{word!r} is no whole number from {least} to {most}").format(
            word=word[:80], least=least, most=most
        )
    )
