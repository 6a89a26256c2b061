"""Where the token comes from, in this order: the key ring, a command, a file, the environment,
a question. Never from an argument, which every process of the machine can read.

What is kept for this agent at this desk outranks the variable, which names neither: one that was
exported for another desk must not be carried to this one.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from functools import partial
from getpass import GetPassWarning, getpass
from pathlib import Path

from agent_tui.credentials.checking import LONGEST_TOKEN, CredentialError, checked
from agent_tui.credentials.command import from_command
from agent_tui.credentials.environment import TOKEN_VARIABLE, taken
from agent_tui.credentials.file import from_file
from agent_tui.credentials.key_ring import KeyRing, KeyRingError
from agent_tui.credentials.secret import Secret
from agent_tui.i18n import _
from agent_tui.sanitise import plain_line

__all__ = [
    "LONGEST_TOKEN",
    "TOKEN_VARIABLE",
    "Account",
    "Ask",
    "CredentialError",
    "Found",
    "checked",
    "find_token",
    "from_command",
    "from_file",
    "prompt_if_terminal",
    "terminal_prompt",
]


@dataclass(frozen=True, slots=True)
class Account:
    """Whose token: one agent at one desk, and what the settings say about it."""

    url: str
    agent: str
    token_command: tuple[str, ...] = ()
    token_file: Path | None = None

    @property
    def key(self) -> str:
        """The name of this account in the key ring."""
        return f"{self.agent} {self.url}"


@dataclass(frozen=True, slots=True)
class Found:
    """A token and, in words, where it was found."""

    token: Secret
    source: str
    again: Callable[[], Secret] | None = field(default=None, compare=False)
    """Reads it again from there, and raises `CredentialError` where that fails; None: what came
    from the environment or a prompt is all there will be."""


Ask = Callable[[str], str]
"""Asks the agent a question without showing the answer."""


def find_token(
    account: Account,
    environ: MutableMapping[str, str],
    key_ring: KeyRing,
    ask: Ask | None = None,
) -> Found:
    """The token for `account` from the first place that has one; `ask` None: do not ask.

    A key ring that cannot be used is passed over; a command or a file that was named and gives
    no token is an error, because the agent meant it. The variable is taken out of `environ`
    whether it was needed or not, so that no program started later inherits it.

    Raises:
        CredentialError: if no place has a token.
    """
    given = taken(environ)
    trouble = ""
    try:
        kept = key_ring.get(account.key)
    except KeyRingError as error:
        kept, trouble = None, str(error)
    if kept is not None:
        token = checked(kept.reveal(), _("the key ring"))
        return Found(token, _("the key ring"), partial(_from_key_ring, key_ring, account.key))
    if account.token_command:
        again = partial(from_command, account.token_command)
        return Found(again(), _("the token command"), again)
    if account.token_file is not None:
        again = partial(from_file, account.token_file)
        return Found(again(), _("the token file"), again)
    if given:
        return Found(checked(given, TOKEN_VARIABLE), TOKEN_VARIABLE)
    if ask is not None:
        answer = ask(_("Token for {agent} at {url}:").format(agent=account.agent, url=account.url))
        return Found(checked(answer, _("what was typed")), _("the prompt"))
    missing = _(
        "there is no token for {agent} at {url}: set AGENT_TUI_TOKEN, or run"
        " agent-tui login in a terminal, or name a token_command or token_file in the settings"
    ).format(agent=account.agent, url=account.url)
    raise CredentialError(f"{missing} ({trouble})" if trouble else missing)


def _from_key_ring(key_ring: KeyRing, key: str) -> Secret:
    """What the key ring keeps by now. Raises `CredentialError`."""
    try:
        kept = key_ring.get(key)
    except KeyRingError as error:
        raise CredentialError(str(error)) from None
    return checked("" if kept is None else kept.reveal(), _("the key ring"))


def terminal_prompt(question: str) -> str:
    """Ask on the terminal, without showing what is typed.

    Raises:
        CredentialError: if the terminal would show it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", GetPassWarning)
            return getpass(plain_line(question) + " ")
    except (GetPassWarning, EOFError):
        raise CredentialError(
            _("the token cannot be typed unseen here: set AGENT_TUI_TOKEN instead")
        ) from None


def prompt_if_terminal() -> Ask | None:
    """`terminal_prompt` where the keyboard is a terminal, else None."""
    return terminal_prompt if sys.stdin is not None and sys.stdin.isatty() else None
