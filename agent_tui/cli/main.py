"""The command line: words in, one verb done, an exit code out.

Exit codes: 0 done, 1 the doctor found something wrong or the program made a mistake, 2 it could
not be understood or started (one line on the error output says why and what to do), 128 and a
signal's number when that ended it.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence

from agent_tui.backends.mock.options import MockError, MockOptions
from agent_tui.cli.arguments import (
    Ctl,
    Demo,
    Doctor,
    Login,
    Logout,
    Look,
    Mock,
    Open,
    UsageError,
    Verb,
    language_asked,
    parse,
)
from agent_tui.cli.login import Surroundings, account_of, log_in, log_out
from agent_tui.clock import SystemClock
from agent_tui.config import (
    ConfigError,
    RawConfig,
    Settings,
    Target,
    choose_profile,
    machine_zone,
    resolve,
)
from agent_tui.config.file import config_path, read_config
from agent_tui.crash import Reports, no_traceback_on_the_screen, place_of
from agent_tui.credentials import Account, CredentialError, find_token, prompt_if_terminal
from agent_tui.credentials.command import end_commands
from agent_tui.credentials.environment import taken
from agent_tui.credentials.key_ring import KeyRingError, SystemKeyRing
from agent_tui.credentials.secret import Secret
from agent_tui.endings import Ended, ended_by_signals, no_core
from agent_tui.i18n import _, preferred_language, use_language
from agent_tui.logs import LogError, note, open_log, quiet_libraries
from agent_tui.private_file import state_folder
from agent_tui.sanitise import plain_line
from agent_tui.terminal.plain_wall import walled_streams

OK, WRONG, REFUSED, INTERRUPTED = 0, 1, 2, 130


class _Refused(Exception):
    """A part of the program that is imported late could not start; the message is one line."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what `argv` (without the program's name; None: this process's own) asks for."""
    words = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with walled_streams():
        return _main(words)


def _main(words: Sequence[str]) -> int:
    no_core()
    quiet_libraries()
    reports = Reports(state_folder(), SystemClock())
    try:
        with no_traceback_on_the_screen(reports, note), ended_by_signals():
            code = _run(words)
            sys.stdout.flush()
    except BrokenPipeError:
        _nobody_reads()
        return OK
    except KeyboardInterrupt:
        return INTERRUPTED
    except Ended as ended:
        return ended.code
    except Exception as error:
        return _crashed(error, reports)
    finally:
        end_commands()
    return code


def _nobody_reads() -> None:
    """Whoever read has gone; the interpreter's own flush at the end must not fail on it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _crashed(error: Exception, reports: Reports) -> int:
    """Tell where it went wrong, without the words of the exception: they may be anybody's."""
    note("crash", error)
    with contextlib.suppress(OSError):
        tell(_("a mistake of agent-tui's own: {place}").format(place=place_of(error)))
        path = reports.write(error, "the command line")
        if path is not None:
            tell(_("the report is {file}").format(file=path))
    return WRONG


def _run(words: Sequence[str]) -> int:
    use_language(language_asked(words) or preferred_language())
    try:
        return _do(*parse(words))
    except SystemExit as done:
        return OK if done.code is None else int(done.code)
    except (
        UsageError,
        ConfigError,
        CredentialError,
        KeyRingError,
        MockError,
        LogError,
        _Refused,
    ) as error:
        tell(str(error))
        return REFUSED


def tell(text: str) -> None:
    """One harmless line on the error output."""
    sys.stderr.write(f"{plain_line(f'agent-tui: {text}')}\n")
    sys.stderr.flush()


def say(text: str) -> None:
    """One harmless line on the output."""
    sys.stdout.write(f"{plain_line(text)}\n")


def _do(verb: Verb, look: Look) -> int:
    match verb:
        case Mock(options):
            from agent_tui.backends.mock.run import run_mock  # noqa: PLC0415 - late: heavy

            return run_mock(options, sys.stdout)
        case Ctl():
            from agent_tui.cli.ctl import run_ctl  # noqa: PLC0415 - late: heavy

            for line in run_ctl(verb):
                say(line)
            return OK
        case Doctor(profile):
            return _doctor(profile, look)
        case Login() | Logout():
            return _set_up(verb, look)
        case Open() | Demo():
            if look.log is not None:
                open_log(look.log)
            raw = read_config(config_path())
            settings = _settings(raw, look)
            if isinstance(verb, Demo):
                return _demo(verb, settings, look)
            return _open(verb, raw, settings, look)


def _settings(raw: RawConfig, look: Look) -> Settings:
    settings = resolve(raw, os.environ, machine_zone, look.theme, look.language)
    use_language(settings.language)
    return settings


def _open(verb: Open, raw: RawConfig, settings: Settings, look: Look) -> int:
    """Open the console on the desk that is named or set up, else on the demo."""
    if verb.url is not None:
        account, source = _account_at(verb.url, verb.agent, raw), "--url"
        profile = next((one for one in raw.profiles.values() if one.url == verb.url), None)
    else:
        profile = choose_profile(raw, verb.profile)
        if profile is None:
            return _demo(
                Demo(verb.agent, MockOptions()),
                settings,
                look,
                _("no desk is set up (agent-tui login URL does that), so this is the demo"),
            )
        account = account_of(profile, verb.agent)
        source = _("profile {name}").format(name=profile.name)
    found = find_token(account, os.environ, SystemKeyRing(), prompt_if_terminal())
    ca_file = verb.ca_file or (profile.ca_file if profile is not None else None)
    target = Target(account.url, found.token, account.agent, source, ca_file, found.again)
    return _console(target, settings, look)


def _account_at(url: str, agent: str | None, raw: RawConfig) -> Account:
    """The account for a desk that was named by its address.

    A profile of the same address tells who sits there, and where that agent's token is.
    """
    for profile in raw.profiles.values():
        if profile.url == url and agent in (None, profile.agent):
            return account_of(profile)
    if agent is None:
        raise UsageError(_("--url needs --as AGENT: who are you at that desk?"))
    return Account(url, agent)


def _demo(verb: Demo, settings: Settings, look: Look, notice: str = "") -> int:
    """Open the console on a desk inside the program, by a socket like any other.

    `notice` is told once the desk runs.
    """
    from agent_tui.backends.mock.embedded import EmbeddedDesk  # noqa: PLC0415 - late: heavy

    desk = EmbeddedDesk(verb.options)
    desk.start()
    try:
        for problem in desk.problems:
            tell(problem)
        agents = tuple(desk.agents)
        if verb.agent is not None and verb.agent not in agents:
            raise UsageError(
                _("nobody called {agent} works at the demo's desk: give --as one of {agents}")
                .format(agent=verb.agent, agents=", ".join(agents))
            )  # fmt: skip
        if notice:
            tell(notice)
        agent = verb.agent or agents[0]
        return _console(Target(desk.url, Secret(desk.token), agent, "demo"), settings, look)
    finally:
        desk.stop()


def _console(target: Target, settings: Settings, look: Look) -> int:
    from agent_tui.start import StartError, open_console  # noqa: PLC0415 - late: heavy

    taken(os.environ)  # where it was not needed it must not be handed on either
    try:
        return open_console(target, settings, plain=look.plain)
    except StartError as error:
        raise _Refused(str(error)) from None


def _set_up(verb: Login | Logout, look: Look) -> int:
    path = config_path()
    _settings(read_config(path), look)
    ask = prompt_if_terminal()
    around = Surroundings(
        path=path,
        environ=os.environ,
        key_ring=SystemKeyRing(),
        ask=ask,
        ask_agent=None if ask is None else _ask,
        say=say,
    )
    match verb:
        case Login(url, agent, profile, ca_file):
            from agent_tui.start import StartError, probe  # noqa: PLC0415 - late: heavy

            try:
                log_in(url, agent, profile, around, probe, ca_file=ca_file)
            except StartError as error:
                raise _Refused(str(error)) from None
        case Logout(profile):
            log_out(profile, around)
    return OK


def _ask(question: str) -> str:
    """Ask on the terminal; the question goes to the error output, as a prompt for a token does."""
    sys.stderr.write(f"{plain_line(question)} ")
    sys.stderr.flush()
    return sys.stdin.readline()


def _doctor(name: str | None, look: Look) -> int:
    from agent_tui.cli.doctor import Patient, examine, terminal_here  # noqa: PLC0415 - late: heavy

    path = config_path()
    with contextlib.suppress(ConfigError):  # what is wrong with it is among the findings
        _settings(read_config(path), look)
    patient = Patient(path, name, os.environ, terminal_here(os.environ), SystemKeyRing(), _trouble)
    code = OK
    for finding in examine(patient):
        say(finding.line)
        sys.stdout.flush()
        code = WRONG if finding.wrong else code
    return code


def _trouble(target: Target) -> str:
    """Why no connection to `target` can be made; empty where it can."""
    from agent_tui.start import StartError, probe  # noqa: PLC0415 - late: heavy

    try:
        probe(target)
    except StartError as error:
        return str(error)
    return ""
