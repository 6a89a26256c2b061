"""The words after ``agent-tui``, read into one frozen value a verb.

The flags are a contract: others script against them. Nothing is abbreviated, so that a flag
added later can never change what an older script means.
"""

from __future__ import annotations

import argparse
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from agent_tui import __version__
from agent_tui.backends.mock.options import MockOptions
from agent_tui.cli import argument_types
from agent_tui.i18n import LANGUAGES, _, mark, ngettext

if TYPE_CHECKING:
    _Verbs = argparse._SubParsersAction["_Parser"]

ARGPARSE_WORDS: Final = (
    mark("usage: "),
    mark("positional arguments"),
    mark("options"),
    mark("show this help message and exit"),
    mark("argument %(argument_name)s: %(message)s"),
    mark("expected one argument"),
    mark("ignored explicit argument %r"),
    mark("invalid choice: %(value)r (choose from %(choices)s)"),
    mark("the following arguments are required: %s"),
    mark("unrecognized arguments: %s"),
)
"""What argparse itself says and this program can make it say, for the catalogue."""


class UsageError(Exception):
    """The command line cannot be understood; the message is one line that says why."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the command line says of how the program looks and speaks; outranks the settings."""

    theme: str | None = None
    language: str | None = None
    plain: bool = False
    """The inbox as plain text, on a terminal too."""
    log: Path | None = None
    """Where the log goes; None: there is none."""


@dataclass(frozen=True, slots=True)
class Open:
    """No verb: open the console."""

    url: str | None = None
    agent: str | None = None
    profile: str | None = None
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Demo:
    """Open the console on a mock desk inside the program."""

    agent: str | None
    options: MockOptions


@dataclass(frozen=True, slots=True)
class Mock:
    """Be the mock desk."""

    options: MockOptions


@dataclass(frozen=True, slots=True)
class Ctl:
    """Ask something of a mock desk that runs (`agent_tui.cli.ctl`)."""

    do: str
    """``set``, ``clear``, ``faults`` or ``token``."""
    fault: str | None = None
    wanted: tuple[tuple[str, Any], ...] = ()
    """What the fault is to be like."""
    port: int | None = None
    control: Path | None = None
    token_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """Set up a profile."""

    url: str
    agent: str | None
    profile: str | None
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Logout:
    """Forget a profile and its token."""

    profile: str | None


@dataclass(frozen=True, slots=True)
class Doctor:
    """Say what is set up and what is wrong."""

    profile: str | None


Verb = Open | Demo | Mock | Ctl | Login | Logout | Doctor

_FLAGS: Final = {
    "url": "--url",
    "agent": "--as",
    "profile": "--profile",
    "ca_file": "--ca-file",
    "theme": "--theme",
    "plain": "--plain",
    "log": "--log",
}
_GOES_WITH: Final[Mapping[str | None, tuple[str, ...]]] = {
    None: ("url", "agent", "profile", "ca_file", "theme", "plain", "log"),
    "demo": ("agent", "theme", "plain", "log"),
    "mock": (),
    "login": ("agent", "profile", "ca_file"),
    "logout": ("profile",),
    "doctor": ("profile",),
}
"""Which of the flags that can stand in front of a verb mean something to it."""

_DESK_OPTIONS: Final = (
    *("corpus", "conversations", "seed", "rate"),
    *("port", "token", "latency_ms", "state"),
    *("faults", "token_life", "token_file", "control"),
)
_CTL_OPTIONS: Final = ("port", "control", "token_file")
"""Which of the mock desk's flags may stand in front of ``ctl``, too."""


def parse(argv: Sequence[str]) -> tuple[Verb, Look]:
    """What `argv` (without the program's name) asks for.

    Raises:
        UsageError: if it cannot be understood.
        SystemExit: with 0, after ``--help`` and ``--version`` have printed.
    """
    given = vars(_parser(ctl="ctl" in argv).parse_args(argv))
    name = given.get("verb")
    for key, flag in _FLAGS.items():
        if key in given and key not in _GOES_WITH[name]:
            raise UsageError(_("{flag} does not go with {verb}").format(flag=flag, verb=name))
    return _verb(name, given), _look(given)


def _look(given: Mapping[str, Any]) -> Look:
    got = given.get
    return Look(got("theme"), got("language"), got("plain", False), got("log"))


def language_asked(argv: Sequence[str]) -> str | None:
    """The language that `argv` asks for, before it is understood, so that faults are told in it."""
    asked = None
    for word, following in zip(argv, [*argv[1:], ""], strict=False):
        said = following if word == "--lang" else word.removeprefix("--lang=")
        if word.startswith("--lang") and said in LANGUAGES:
            asked = said
    return asked


def _verb(name: str | None, given: Mapping[str, Any]) -> Verb:
    got = given.get
    options = replace(MockOptions(), **{key: given[key] for key in _DESK_OPTIONS if key in given})
    match name:
        case "demo":
            return Demo(got("agent"), options)
        case "mock" if got("mock_verb"):
            return _ctl(given)
        case "mock":
            return Mock(options)
        case "login":
            return Login(given["where"], got("agent"), got("profile"), got("ca_file"))
        case "logout":
            return Logout(got("profile"))
        case "doctor":
            return Doctor(got("profile"))
    if got("url") and got("profile"):
        raise UsageError(_("--url and --profile each name a desk: give one of them"))
    return Open(got("url"), got("agent"), got("profile"), got("ca_file"))


def _ctl(given: Mapping[str, Any]) -> Ctl:
    from agent_tui.cli.ctl import ctl_of  # noqa: PLC0415 - late: heavy

    for key in _DESK_OPTIONS:
        if key in given and key not in _CTL_OPTIONS:
            flag = f"--{key.removesuffix('_ms').replace('_', '-')}"
            raise UsageError(_("{flag} does not go with {verb}").format(flag=flag, verb="mock ctl"))
    return ctl_of(given)


class _NoToken(argparse.Action):
    """Refuses a token on the command line, without saying it again."""

    def __call__(self, *_parsed: object) -> NoReturn:
        raise UsageError(
            _(
                "a token is never an argument, for others could read it: set AGENT_TUI_TOKEN,"
                " or run agent-tui login"
            )
        )


class _Parser(argparse.ArgumentParser):
    """A parser that knows no abbreviations, and raises a fault instead of printing it."""

    def __init__(self, **options: Any) -> None:
        columns = shutil.get_terminal_size().columns
        super().__init__(
            **{
                **options,
                "description": textwrap.fill(options["description"], max(20, columns - 2)),
            },
            add_help=False,
            allow_abbrev=False,
            argument_default=argparse.SUPPRESS,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self.add_argument("-h", "--help", action="help", help=_("show this help message and exit"))
        if options["prog"] != "agent-tui mock":
            self.add_argument("--token", nargs="?", action=_NoToken, help=argparse.SUPPRESS)

    def error(self, message: str) -> NoReturn:
        raise UsageError(
            _("{fault} ({prog} --help tells more)").format(fault=message, prog=self.prog)
        )


def _parser(*, ctl: bool) -> argparse.ArgumentParser:
    """`ctl`: whether ``mock ctl`` is to be understood, whose many words cost time to make."""
    # argparse looks its words up in gettext's global domain, which knows neither this program's
    # catalogue nor the language it was told to speak; so it gets this program's own functions.
    vars(argparse).update(_=_, ngettext=ngettext)
    parser = _Parser(
        prog="agent-tui",
        description=_("Customer service in a terminal: the inbox, the conversation, the customer."),
        epilog=examples(
            ("agent-tui", _("your desk, or the demo where none is set up")),
            ("agent-tui demo --as ben", _("try it, with customers that are made up")),
            ("agent-tui login wss://desk.example", _("set up your desk")),
            ("agent-tui --url ws://127.0.0.1:8765 --as ana", _("a desk on this machine")),
            ("agent-tui doctor", _("what is set up, and what is wrong")),
        ),
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"agent-tui {__version__}",
        help=_("show the version and exit"),
    )
    parser.add_argument(
        "--url",
        type=argument_types.url,
        help=_("a running desk: ws:// on this machine, wss:// anywhere"),
    )
    _add_agent(parser)
    _add_profile(parser)
    _add_ca_file(parser)
    _add_theme(parser)
    _add_plain_and_log(parser)
    add_language(parser)
    verbs = parser.add_subparsers(title=_("commands"), dest="verb", metavar=_("COMMAND"))
    for add in (_add_demo, _add_login, _add_logout, _add_doctor):
        add_language(add(verbs))
    mock = _add_mock(verbs)
    add_language(mock)
    if ctl:
        from agent_tui.cli.ctl import add_ctl  # noqa: PLC0415 - late: heavy

        add_language(add_ctl(mock))
    return parser


def examples(*lines: tuple[str, str]) -> str:
    """The end of a help text: command lines, and what each is for."""
    return "\n".join((_("examples:"), *(f"  {command}\n      {why}" for command, why in lines)))


def _add_agent(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--as",
        dest="agent",
        metavar=_("AGENT"),
        type=argument_types.agent,
        help=_("who you are: the id the desk knows you by"),
    )


def _add_profile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--profile",
        metavar=_("NAME"),
        type=argument_types.profile,
        help=_("which of the desks that are set up"),
    )


def _add_ca_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ca-file",
        metavar=_("FILE"),
        type=argument_types.file_to_read,
        help=_("the only certificates to trust, if your company issues its own"),
    )


def _add_theme(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--theme", choices=("dark", "light"), help=_("the colours"))


def _add_plain_and_log(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--plain", action="store_true", help=_("print the inbox once, as plain text")
    )
    parser.add_argument(
        "--log",
        metavar=_("FILE"),
        type=argument_types.file_to_write,
        help=_("write a log without customers' words, for whoever helps you"),
    )


def add_language(parser: argparse.ArgumentParser) -> None:
    """Let `parser` understand which language to speak."""
    parser.add_argument("--lang", dest="language", choices=LANGUAGES, help=_("the language"))


def _add_desk(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--corpus",
        metavar=_("DIR"),
        type=argument_types.folder,
        help=_("a folder of real conversations instead of made-up ones"),
    )
    parser.add_argument(
        "--conversations",
        metavar="N",
        type=argument_types.conversations,
        help=_("how many conversations the inbox begins with"),
    )
    parser.add_argument(
        "--seed",
        metavar="S",
        type=argument_types.seed,
        help=_("a whole number; the same one gives the same day"),
    )
    parser.add_argument(
        "--rate",
        metavar="R",
        type=argument_types.rate,
        help=_("what happens by itself, in events a second; 0: nothing"),
    )


def _add_demo(verbs: _Verbs) -> argparse.ArgumentParser:
    parser = verbs.add_parser(
        "demo",
        help=_("try the console on a desk inside the program"),
        description=_("Open the console on a made-up desk inside the program. Nothing leaves it."),
        epilog=examples(
            ("agent-tui demo", _("made-up customers on every channel")),
            ("agent-tui demo --rate 5", _("a busy day")),
            ("agent-tui demo --corpus " + _("DIR"), _("conversations of your own")),
        ),
    )
    _add_agent(parser)
    _add_theme(parser)
    _add_plain_and_log(parser)
    _add_desk(parser)
    return parser


def _add_mock(verbs: _Verbs) -> argparse.ArgumentParser:
    parser = verbs.add_parser(
        "mock",
        help=_("be a desk for tests and for several consoles"),
        description=_(
            "Be a made-up desk on this machine. Once it listens, it prints one line of JSON:"
            " url, token, agents and control."
        ),
        epilog=examples(
            ("agent-tui mock --port 8765 --token test", _("a desk with a known address")),
            ("AGENT_TUI_TOKEN=test agent-tui --url ws://127.0.0.1:8765 --as ana", _("a console")),
            ("AGENT_TUI_TOKEN=test agent-tui mock ctl drop", _("cut its lines: mock ctl --help")),
        ),
    )
    add = parser.add_argument
    types = argument_types
    add("--port", metavar="P", type=types.port, help=_("where to listen; 0: any free port"))
    add("--token", metavar="T", type=types.token, help=_("what a console has to know"))
    _add_desk(parser)
    milliseconds = _("how long each answer is held back, in milliseconds")
    add("--latency", dest="latency_ms", metavar="MS", type=types.latency, help=milliseconds)
    state = _("where the desk is kept")
    add("--state", metavar=_("FILE"), type=types.file_to_write, help=state)
    script = _("a script of faults: what goes wrong, and when")
    add("--faults", metavar=_("FILE"), type=types.faults, help=script)
    life = _("how long a token lives, in seconds")
    add("--token-life", metavar="S", type=types.token_life, help=life)
    token = _("where the newest token is kept, for you only")
    add("--token-file", metavar=_("FILE"), type=types.file_to_write, help=token)
    control = _("the socket by which agent-tui mock ctl speaks to the desk")
    add("--control", metavar=_("FILE"), type=types.file_to_write, help=control)
    return parser


def _add_login(verbs: _Verbs) -> argparse.ArgumentParser:
    parser = verbs.add_parser(
        "login",
        help=_("set up a desk"),
        description=_(
            "Set up a desk: asks for the token, tries the connection, keeps the token in the key"
            " ring and the rest in the settings."
        ),
        epilog=examples(
            ("agent-tui login wss://desk.example --as ana", _("set up your desk")),
            ("agent-tui login wss://desk.example --profile shop", _("one of several")),
        ),
    )
    parser.add_argument("where", metavar="URL", type=argument_types.url, help=_("the desk"))
    _add_agent(parser)
    _add_profile(parser)
    _add_ca_file(parser)
    return parser


def _add_logout(verbs: _Verbs) -> argparse.ArgumentParser:
    parser = verbs.add_parser(
        "logout",
        help=_("forget a desk and its token"),
        description=_("Forget a desk that is set up, and its token in the key ring."),
        epilog=examples(
            ("agent-tui logout", _("the desk the console opens on")),
            ("agent-tui logout --profile shop", _("one of several")),
        ),
    )
    _add_profile(parser)
    return parser


def _add_doctor(verbs: _Verbs) -> argparse.ArgumentParser:
    parser = verbs.add_parser(
        "doctor",
        help=_("say what is set up and what is wrong"),
        description=_(
            "Say what is set up, what this terminal can do, and what is wrong. Exit code 0: all"
            " is well; 1: something is wrong."
        ),
        epilog=examples(("agent-tui doctor", _("look at everything, try the connection"))),
    )
    _add_profile(parser)
    return parser
