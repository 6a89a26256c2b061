"""What is set up, what this terminal can do, and what is wrong, in words.

Each part is examined for itself, so that one that is broken hides none of the others. A token is
never part of what is said, only where it came from.
"""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from agent_tui import __version__, canned
from agent_tui.cli.login import account_of
from agent_tui.config import (
    ConfigError,
    Profile,
    RawConfig,
    Settings,
    Target,
    choose_profile,
    machine_zone,
    reply_folders,
    resolve,
)
from agent_tui.config.file import read_config
from agent_tui.credentials import TOKEN_VARIABLE, CredentialError, Found, find_token
from agent_tui.credentials.key_ring import KeyRing, KeyRingError
from agent_tui.i18n import _, mark, ngettext

LEAST_COLUMNS: Final = 60
LEAST_ROWS: Final = 15
"""The smallest terminal the console works in, in cells."""


class Verdict(Enum):
    """How a finding is to be taken."""

    WELL = mark("well")
    NOTE = mark("hint")
    WRONG = mark("WRONG")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    verdict: Verdict
    text: str
    """What is so and, where it is wrong, what to do."""

    @property
    def wrong(self) -> bool:
        return self.verdict is Verdict.WRONG

    @property
    def line(self) -> str:
        """The finding as it is shown."""
        return f"{_(self.verdict.value)}: {self.text}"


@dataclass(frozen=True, slots=True)
class Terminal:
    """What is known of the terminal."""

    columns: int
    rows: int
    term: str
    """``TERM``; empty when it is not set."""
    colours: int
    """How many it can show, as the surroundings tell; 0: ``NO_COLOR`` asks for none."""
    encoding: str
    keyboard: bool
    """Whether the input is a terminal."""
    screen: bool
    """Whether the output is one."""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is to be examined, and by what means."""

    path: Path
    """The file of settings."""
    profile: str | None
    """Which desk; None: the one the console opens on."""
    environ: MutableMapping[str, str]
    terminal: Terminal
    key_ring: KeyRing
    probe: Callable[[Target], str]
    """Tries a connection; says in one line why it failed, or nothing."""


def examine(patient: Patient) -> Iterator[Finding]:
    """Everything that was found, in the order in which it is to be read."""
    yield Finding(
        Verdict.WELL,
        _("agent-tui {version}, Python {python} on {system}").format(
            version=__version__, python=platform.python_version(), system=platform.system()
        ),
    )
    raw = RawConfig(patient.path)
    try:
        raw = read_config(patient.path)
        settings = resolve(raw, patient.environ, machine_zone)
        yield _about_settings(raw, settings)
    except ConfigError as error:
        yield Finding(Verdict.WRONG, str(error))
        settings = resolve(RawConfig(patient.path), patient.environ, machine_zone)
    yield from _about_terminal(patient.terminal)
    yield from _about_replies(settings)
    yield from _about_desk(patient, raw)


def terminal_here(environ: Mapping[str, str]) -> Terminal:
    """The terminal this program runs in."""
    size = shutil.get_terminal_size()
    term = environ.get("TERM", "")
    return Terminal(
        columns=size.columns,
        rows=size.lines,
        term=term,
        colours=_colours(term, environ),
        encoding=sys.stdout.encoding or "",
        keyboard=sys.stdin is not None and sys.stdin.isatty(),
        screen=sys.stdout.isatty(),
    )


def _colours(term: str, environ: Mapping[str, str]) -> int:
    if environ.get("NO_COLOR"):
        return 0
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") or "direct" in term:
        return 1 << 24
    return 256 if "256" in term else 16


def _about_settings(raw: RawConfig, settings: Settings) -> Finding:
    if not raw.exists:
        return Finding(
            Verdict.NOTE, _("no settings yet ({file}): the usual ones hold").format(file=raw.path)
        )
    return Finding(
        Verdict.WELL,
        _("settings from {file}: language {language}, theme {theme}, times in {zone}").format(
            file=raw.path, language=settings.language, theme=settings.theme, zone=settings.zone
        ),
    )


def _about_terminal(terminal: Terminal) -> Iterator[Finding]:
    if not terminal.screen:
        yield Finding(
            Verdict.NOTE,
            _("the output is no terminal: here the inbox is printed once, as plain text"),
        )
    elif terminal.columns < LEAST_COLUMNS or terminal.rows < LEAST_ROWS:
        text = _("the terminal is {columns}×{rows}: make it at least {least_columns}×{least_rows}")
        yield Finding(
            Verdict.WRONG,
            text.format(
                columns=terminal.columns,
                rows=terminal.rows,
                least_columns=LEAST_COLUMNS,
                least_rows=LEAST_ROWS,
            ),
        )
    else:
        yield Finding(
            Verdict.WELL,
            _("the terminal is {columns}×{rows}").format(
                columns=terminal.columns, rows=terminal.rows
            ),
        )
    if not terminal.keyboard:
        yield Finding(Verdict.NOTE, _("the keyboard is no terminal: nobody can type here"))
    yield _about_term(terminal)
    yield _about_encoding(terminal)


def _about_term(terminal: Terminal) -> Finding:
    if terminal.screen and terminal.term in ("", "dumb"):
        return Finding(
            Verdict.WRONG,
            _("TERM is {term!r}, which cannot place text: set TERM=xterm-256color").format(
                term=terminal.term
            ),
        )
    if not terminal.colours:
        return Finding(Verdict.NOTE, _("NO_COLOR is set: the console shows no colours"))
    if terminal.colours < 256:
        return Finding(
            Verdict.NOTE,
            _("TERM is {term!r}: only 16 colours; TERM=xterm-256color has more").format(
                term=terminal.term
            ),
        )
    return Finding(
        Verdict.WELL,
        _("TERM is {term!r}, with {n} colours").format(term=terminal.term, n=terminal.colours),
    )


def _about_encoding(terminal: Terminal) -> Finding:
    if terminal.encoding.lower().replace("-", "") == "utf8":
        return Finding(Verdict.WELL, _("text is UTF-8"))
    return Finding(
        Verdict.WRONG,
        _("text is {encoding}, not UTF-8: set LANG=C.UTF-8").format(encoding=terminal.encoding),
    )


def _about_replies(settings: Settings) -> Iterator[Finding]:
    for folder in settings.replies:
        if not folder.is_dir():
            yield Finding(
                Verdict.WRONG,
                _("the folder of canned replies {folder} is not there: make it, or take it out")
                .format(folder=folder),
            )  # fmt: skip
    library = canned.load((canned.built_in_folder(), *reply_folders(settings)), settings.language)
    count = len(library.replies)
    yield Finding(
        Verdict.WELL if count else Verdict.WRONG,
        ngettext("{n} canned reply in {language}", "{n} canned replies in {language}", count)
        .format(n=count, language=settings.language),
    )  # fmt: skip
    for problem in library.problems:
        yield Finding(Verdict.WRONG, problem.message)


def _about_desk(patient: Patient, raw: RawConfig) -> Iterator[Finding]:
    yield _about_key_ring(patient.key_ring)
    try:
        profile = choose_profile(raw, patient.profile)
        if profile is None:
            yield Finding(
                Verdict.NOTE,
                _("no desk is set up, so the console opens the demo: agent-tui login URL"),
            )
            return
        yield Finding(
            Verdict.WELL,
            _("profile {name}: {agent} at {url}").format(
                name=profile.name, agent=profile.agent, url=profile.url
            ),
        )
        yield from _about_way(patient, profile)
        found = find_token(account_of(profile), patient.environ, patient.key_ring)
    except (ConfigError, CredentialError) as error:
        yield Finding(Verdict.WRONG, str(error))
        return
    yield from _about_token(found)
    yield _about_connection(patient, profile, found)


def _about_way(patient: Patient, profile: Profile) -> Iterator[Finding]:
    """Whose certificates count, and what stands between here and the desk."""
    from agent_tui.backends.desk.dialling import (  # noqa: PLC0415 - late: heavy
        BadCaFile,
        trusting,
    )
    from agent_tui.backends.desk.proxies import proxy_for  # noqa: PLC0415 - late: heavy

    if not profile.url.startswith("wss:"):
        return
    if proxy := proxy_for(profile.url):
        yield Finding(
            Verdict.NOTE,
            _("the way to the desk is the proxy {proxy} (NO_PROXY names hosts to reach without)")
            .format(proxy=proxy.shown),
        )  # fmt: skip
    named = patient.environ.get("SSL_CERT_FILE", "")
    file = profile.ca_file or (Path(named) if named else None)
    if file is None:
        return
    try:
        trusting(file)
    except BadCaFile as error:
        yield Finding(
            Verdict.WRONG,
            _("the CA file {file} cannot be used ({reason}): mend it, or name another").format(
                file=file, reason=error
            ),
        )
        return
    yield Finding(Verdict.WELL, _("the certificates to trust come from {file}").format(file=file))


def _about_key_ring(key_ring: KeyRing) -> Finding:
    try:
        key_ring.get("doctor")
    except KeyRingError as error:
        return Finding(
            Verdict.NOTE,
            _("no key ring: {why}").format(why=error),
        )
    return Finding(Verdict.WELL, _("the key ring can be used"))


def _about_token(found: Found) -> Iterator[Finding]:
    yield Finding(Verdict.WELL, _("the token comes from {source}").format(source=found.source))
    if found.source == TOKEN_VARIABLE:
        yield Finding(
            Verdict.NOTE,
            _("your other programs can read AGENT_TUI_TOKEN: a key ring or token_command is safer"),
        )


def _about_connection(patient: Patient, profile: Profile, found: Found) -> Finding:
    source = f"profile {profile.name}"
    target = Target(profile.url, found.token, profile.agent, source, profile.ca_file, found.again)
    trouble = patient.probe(target)
    if trouble:
        return Finding(Verdict.WRONG, trouble)
    return Finding(Verdict.WELL, _("{url} answers").format(url=profile.url))
