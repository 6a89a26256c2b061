"""``agent-tui mock ctl``: its words, made from the faults there are, and what it does.

Imported only when it is asked for: the console needs none of it.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Final

from agent_tui.backends.mock.control_client import ask, find
from agent_tui.backends.mock.faults.asking import (
    FOR,
    FaultError,
    check,
    understand,
    unknown,
)
from agent_tui.backends.mock.faults.kinds import FAULTS, Fault, Kind, OneOf, Range, SomeOf, kinds_of
from agent_tui.backends.mock.faults.live import SCRIPT
from agent_tui.cli import argument_types
from agent_tui.cli.arguments import Ctl, UsageError, add_language, examples
from agent_tui.credentials import TOKEN_VARIABLE, CredentialError, checked, from_file
from agent_tui.credentials.environment import taken
from agent_tui.credentials.secret import Secret
from agent_tui.i18n import _

if TYPE_CHECKING:
    _Verbs = argparse._SubParsersAction[Any]

_MARK: Final = "ctl:"
"""In front of what a word is called here, for other words have their names in the same place."""


def add_ctl(mock: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Let ``agent-tui mock`` understand ``ctl``; returns its parser."""
    parser: argparse.ArgumentParser = mock.add_subparsers(
        metavar="ctl", dest="mock_verb"
    ).add_parser(
        "ctl",
        help=_("make a running mock desk misbehave"),
        description=_(
            "Make a running mock desk misbehave. It asks for the desk's token: in"
            " AGENT_TUI_TOKEN, or in a file."
        ),
        epilog=examples(
            ("agent-tui mock ctl latency 300 --jitter 50 --for 20", _("a slow line, for a while")),
            ("agent-tui mock ctl drop", _("cut every connection, now")),
            ("agent-tui mock ctl faults", _("what is on")),
            ("agent-tui mock ctl clear", _("all is well again")),
        ),
    )
    add = parser.add_argument
    add("--port", dest=f"{_MARK}port", metavar="P", type=argument_types.port, help=_("which desk"))
    path = argument_types.file_to_write
    add("--control", dest=f"{_MARK}control", metavar=_("FILE"), type=path, help=_("its socket"))
    token = _("the file with the desk's token; without it AGENT_TUI_TOKEN has it")
    add("--token-file", dest=f"{_MARK}token_file", metavar=_("FILE"), type=path, help=token)
    verbs: _Verbs = parser.add_subparsers(
        title=_("what to do"), dest=f"{_MARK}do", metavar=_("FAULT"), required=True
    )
    _add_plain(verbs, "faults", _("say what is on"))
    _add_plain(verbs, "token", _("print the newest token of the console"))
    clear = _add_plain(verbs, "clear", _("switch off what is on, or one fault"))
    names = [*map(_dashed, FAULTS), SCRIPT]
    which = _("which one; without it, all")
    clear.add_argument(
        f"{_MARK}fault",
        nargs="?",
        default=None,
        metavar=_("FAULT"),
        type=_one_of(names),
        help=which,
    )
    for fault in FAULTS.values():
        _add_fault(verbs, fault)
    return parser


def _add_plain(verbs: _Verbs, name: str, words: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=words, description=words)
    add_language(parser)
    return parser


def _add_fault(verbs: _Verbs, fault: type[Fault]) -> None:
    """The words for one fault: its first number without a name, the others with theirs."""
    parser = _add_plain(verbs, _dashed(fault.name), _(fault.words))
    for nth, (key, kind) in enumerate(kinds_of(fault).items()):
        reads, words = _reader(key, kind), _(kind.words)
        if isinstance(kind, OneOf | SomeOf):
            words = f"{words}: {', '.join(kind.of)}"
        if nth == 0:
            parser.add_argument(
                f"{_MARK}first:{key}", nargs="?", default=None, metavar=key.upper(), type=reads,
                help=words,
            )  # fmt: skip
            words = _("the same, by its name")
        flag = f"--{_dashed(key)}"
        parser.add_argument(
            flag, dest=f"{_MARK}with:{key}", metavar=key.upper(), type=reads, help=words
        )
    whose = _("only the lines of this agent")
    agent = argument_types.agent
    parser.add_argument(
        "--agent", dest=f"{_MARK}with:agent", metavar=_("AGENT"), type=agent, help=whose
    )
    seconds = _("seconds it stays on")
    if fault().lasts or "every" in kinds_of(fault):
        parser.add_argument(
            "--for", dest=f"{_MARK}with:for", metavar="S", type=_reader("for", FOR), help=seconds
        )


def _reader(key: str, kind: Kind) -> Callable[[str], Any]:
    """Turns a word into a value of `kind`, or says why not."""

    def read(word: str) -> Any:
        value: Any = word
        if isinstance(kind, Range):
            value = _number(word)
        elif isinstance(kind, SomeOf):
            value = word.split(",")
        try:
            return check(key, kind, value)
        except FaultError as error:
            raise argparse.ArgumentTypeError(error.why) from None

    return read


def _one_of(names: list[str]) -> Callable[[str], str]:
    def read(word: str) -> str:
        if word in names:
            return word
        raise argparse.ArgumentTypeError(f"{word[:40]!r} {unknown(word, names)}")

    return read


def _number(word: str) -> object:
    for make in (int, float):
        try:
            return make(word)
        except ValueError:
            continue
    return word


def _dashed(name: str) -> str:
    return name.replace("_", "-")


# ── what was asked for ──────────────────────────────────────────────────────────────────


def ctl_of(given: Mapping[str, Any]) -> Ctl:
    """What `given`, as argparse leaves it, asks for. Raises `UsageError`."""
    said = {key.removeprefix(_MARK): value for key, value in given.items() if key.startswith(_MARK)}
    do, fault = said["do"], said.get("fault")
    wanted = _wanted(said)
    if do not in ("faults", "token", "clear"):
        do, fault = "set", do
        try:
            understand(fault.replace("-", "_"), wanted)
        except FaultError as error:
            raise UsageError(str(error)) from None
    return Ctl(
        do=do,
        fault=None if fault is None else fault.replace("-", "_"),
        wanted=tuple(sorted(wanted.items())),
        port=said.get("port", given.get("port")),
        control=said.get("control", given.get("control")),
        token_file=said.get("token_file", given.get("token_file")),
    )


def _wanted(said: Mapping[str, Any]) -> dict[str, Any]:
    """What the fault is to be like. Raises `UsageError` for what is said twice."""
    wanted: dict[str, Any] = {}
    for key, value in said.items():
        _how, colon, name = key.partition(":")
        if not colon or value is None:
            continue
        if name in wanted:
            raise UsageError(_("{name} is there twice: give it once").format(name=_dashed(name)))
        wanted[name] = value
    return wanted


def run_ctl(ctl: Ctl, environ: MutableMapping[str, str] = os.environ) -> list[str]:
    """Do it; what to say about it, line by line.

    Raises:
        MockError: if no desk answers, or it refuses.
        CredentialError: if there is no token.
    """
    token = _token(ctl, environ)
    path = find(ctl.port, environ) if ctl.control is None else ctl.control
    request: dict[str, Any] = {"do": ctl.do, "fault": ctl.fault, "with": dict(ctl.wanted)}
    return ask(path, token.reveal(), request)


def _token(ctl: Ctl, environ: MutableMapping[str, str]) -> Secret:
    if ctl.token_file is not None:
        return from_file(ctl.token_file)
    given = taken(environ)
    if not given:
        raise CredentialError(
            _("mock ctl needs the desk's token: set AGENT_TUI_TOKEN, or give --token-file FILE")
        )
    return checked(given, TOKEN_VARIABLE)
