"""Where the token comes from, in this order: the environment, the key ring, a command, a file,
a question. Never from an argument, which every process of the machine can read.
"""

from __future__ import annotations

import os
import re
import select
import stat
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from getpass import GetPassWarning, getpass
from pathlib import Path
from typing import Final

from agent_tui.credentials.key_ring import KeyRing, KeyRingError
from agent_tui.credentials.secret import Secret
from agent_tui.i18n import _
from agent_tui.sanitise import plain_line

TOKEN_VARIABLE: Final = "AGENT_TUI_TOKEN"  # noqa: S105 - the name of one, not a token

COMMAND_SECONDS: Final = 10.0
LONGEST_TOKEN: Final = 4096
MOST_OUTPUT: Final = 64 * 1024

_TOKEN = re.compile(r"[!-~]+")


class CredentialError(Exception):
    """There is no token to be had; the message is one line that says why and what to do."""


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
    no token is an error, because the agent meant it. The variable is taken out of `environ`,
    so that no program started later inherits it.

    Raises:
        CredentialError: if no place has a token.
    """
    given = take_from_environment(environ)
    if given is not None:
        return given
    trouble = ""
    try:
        kept = key_ring.get(account.key)
    except KeyRingError as error:
        kept, trouble = None, str(error)
    if kept is not None:
        return Found(checked(kept.reveal(), _("the key ring")), _("the key ring"))
    if account.token_command:
        return Found(from_command(account.token_command), _("the token command"))
    if account.token_file is not None:
        return Found(from_file(account.token_file), _("the token file"))
    if ask is not None:
        answer = ask(_("Token for {agent} at {url}:").format(agent=account.agent, url=account.url))
        return Found(checked(answer, _("what was typed")), _("the prompt"))
    missing = _(
        "there is no token for {agent} at {url}: set AGENT_TUI_TOKEN, or run"
        " agent-tui login in a terminal, or name a token_command or token_file in the settings"
    ).format(agent=account.agent, url=account.url)
    raise CredentialError(f"{missing} ({trouble})" if trouble else missing)


def take_from_environment(environ: MutableMapping[str, str]) -> Found | None:
    """The token in ``AGENT_TUI_TOKEN``, which is removed; None where it is not set or empty.

    Raises:
        CredentialError: if what it holds can be no token.
    """
    given = environ.pop(TOKEN_VARIABLE, "")
    return Found(checked(given, TOKEN_VARIABLE), TOKEN_VARIABLE) if given else None


def checked(text: str, place: str) -> Secret:
    """`text` as a token: visible ASCII without spaces, as an HTTP header can carry it.

    Raises:
        CredentialError: if it is none; the message tells `place` and never the text.
    """
    text = text.strip()
    if not text:
        raise CredentialError(_("{place} holds no token: it is empty").format(place=place))
    if len(text) > LONGEST_TOKEN or not _TOKEN.fullmatch(text):
        raise CredentialError(
            _(
                "{place} holds no token: a token is one word of plain letters, digits and signs"
            ).format(place=place)
        )
    return Secret(text)


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


def from_file(path: Path) -> Secret:
    """The first line of the file at `path`.

    Raises:
        CredentialError: if it is not the agent's own, others may read it, or it has no token.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else _("it is no path")
        raise CredentialError(
            _("the token file {file} cannot be read: {why}").format(file=path, why=why)
        ) from None
    try:
        _check_owner(path, os.fstat(handle))
        line = os.read(handle, LONGEST_TOKEN + 2).split(b"\n", 1)[0]
    finally:
        os.close(handle)
    return checked(line.decode("ascii", "replace"), str(path))


def _check_owner(path: Path, facts: os.stat_result) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise CredentialError(_("the token file {file} is no file").format(file=path))
    if facts.st_uid != os.getuid():
        raise CredentialError(
            _("the token file {file} belongs to somebody else; make your own").format(file=path)
        )
    if facts.st_mode & 0o077:
        raise CredentialError(
            _("others may read the token file {file}: chmod 600 {file}").format(file=path)
        )


def from_command(command: tuple[str, ...], seconds: float = COMMAND_SECONDS) -> Secret:
    """The first line that `command` prints; it is started as it stands, without a shell.

    Raises:
        CredentialError: if it cannot be started, fails, takes longer than `seconds`, or prints
            no token. Its error output is quoted, what it printed never.
    """
    name = command[0]
    try:
        code, printed, complained = _run(command, seconds)
    except subprocess.TimeoutExpired:
        raise CredentialError(
            _("the token command {name!r} took longer than {seconds:g} s: try it by hand").format(
                name=name, seconds=seconds
            )
        ) from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else _("it is no command")
        raise CredentialError(
            _("the token command {name!r} cannot be started: {why}").format(name=name, why=why)
        ) from None
    if code:
        said = complained.decode(errors="replace").strip().split("\n")[0]
        raise CredentialError(
            _("the token command {name!r} failed with {code}: {said}").format(
                name=name, code=code, said=plain_line(said)
            )
        )
    line = printed.split(b"\n", 1)[0].decode("ascii", "replace")
    return checked(line, _("the token command {name!r}").format(name=name))


def _run(command: tuple[str, ...], seconds: float) -> tuple[int, bytes, bytes]:
    """Exit code, output and error output, the outputs cut at `MOST_OUTPUT` bytes.

    A program that leaves a child behind, or prints without end, is held to the limit too.

    Raises:
        subprocess.TimeoutExpired: if it took longer than `seconds`; it was killed.
        OSError, ValueError: if it cannot be started.
    """
    deadline = time.monotonic() + seconds
    printed = b""
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(  # noqa: S603 - the agent's own settings name the program
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
        ) as process,
    ):
        assert process.stdout is not None
        try:
            while len(printed) < MOST_OUTPUT:
                left = max(0.0, deadline - time.monotonic())
                if not select.select([process.stdout], [], [], left)[0]:
                    raise subprocess.TimeoutExpired(command, seconds)
                chunk = os.read(process.stdout.fileno(), MOST_OUTPUT)
                if not chunk:
                    break
                printed += chunk
            process.stdout.close()
            code = process.wait(max(0.1, deadline - time.monotonic()))
        except BaseException:
            process.kill()
            raise
        complaints.seek(0)
        return code, printed, complaints.read(MOST_OUTPUT)
