"""From a target to a running console or a printed inbox, and every way that can fail."""

from __future__ import annotations

import codecs
import io
import os
import sys

from agent_tui import canned
from agent_tui.clock import SystemClock, SystemIds, chance
from agent_tui.config import Settings, Target, reply_folders
from agent_tui.i18n import _, ngettext
from agent_tui.journal import Journal
from agent_tui.sanitise import plain_line
from agent_tui.session import Session
from agent_tui.store import Store

DEMO = "demo"
"""What a target's `source` says of the desk that this program brings along."""
PATIENCE = 15.0
"""Seconds a first connection may take."""
SMALLEST = (20, 5)
"""Columns and lines below which nothing can be shown."""


class StartError(Exception):
    """The console cannot open; the message is one line that says what to do."""


def open_console(target: Target, settings: Settings, plain: bool = False) -> int:
    """Connect, then open the console, or print the inbox: `plain`, or the output is no terminal.

    Returns the exit code. Raises `StartError`.
    """
    interactive = sys.stdout.isatty() and not plain
    if interactive:
        _check_terminal()
        _check_encoding()
    _check_replies(settings)
    session = connect(target, _journal(target) if interactive else None)
    try:
        if not interactive:
            from agent_tui.plain import print_inbox  # noqa: PLC0415 - late: one of two ways

            wait_ready(session)
            print_inbox(session.store, settings, sys.stdout)
            return 0
        # The desk answers while the framework loads.
        from agent_tui.app import AgentTui  # noqa: PLC0415 - late: heavy

        try:
            wait_ready(session)
        except StartError as error:
            raise StartError(_with_what_waits(str(error), session)) from error
        app = AgentTui(session, settings, target.source)
        code = app.run_console()
        if session.keeps and not session.stop():
            sys.stderr.write(f"{app.last_words()}\n")
        return code
    finally:
        session.stop()


def _journal(target: Target) -> Journal | None:
    """Where what is unsent outlives the program; None: the desk does not outlive it either.

    A console without one says so as long as it runs, and works.
    """
    if target.source == DEMO:
        return None
    from platformdirs import user_state_path  # noqa: PLC0415 - late: heavy

    from agent_tui.journal import JournalError, open_journal  # noqa: PLC0415 - late: heavy
    from agent_tui.journal.unkept import Unkept  # noqa: PLC0415 - late: heavy

    folder = user_state_path("agent-tui", appauthor=False) / "journal"
    try:
        return open_journal(folder, f"{target.agent} {target.url}", SystemClock())
    except JournalError as error:
        return Unkept(plain_line(error))


def _with_what_waits(words: str, session: Session) -> str:
    """`words`, and that what is unsent is safe."""
    count = session.left_from_before()
    if not count:
        return words
    more = ngettext(
        "{words}; {count} unsent text waits on this machine",
        "{words}; {count} unsent texts wait on this machine",
        count,
    )
    return more.format(words=words, count=count)


def connect(target: Target, journal: Journal | None = None) -> Session:
    """A session that has begun to connect; what is unsent is kept in `journal`."""
    from agent_tui.backends.desk.backoff import Backoff  # noqa: PLC0415 - late: heavy
    from agent_tui.backends.desk.client import (  # noqa: PLC0415 - late: heavy
        DeskAddress,
        DeskBackend,
    )
    from agent_tui.credentials.tokens import Tokens  # noqa: PLC0415 - late: heavy

    clock = SystemClock()
    tokens = Tokens(target.token, target.reread)
    address = DeskAddress(target.url, tokens, target.agent, SystemIds(clock)(), target.ca_file)
    random = chance()
    backoff = Backoff(random)  # the agent's own reconnecting is no way round its measure
    session = Session(lambda: DeskBackend(address, clock, random, backoff), Store(), clock, journal)
    session.start()
    return session


def wait_ready(session: Session) -> None:
    """Wait for a whole inbox. Raises `StartError` when the desk refuses or is not there."""
    if not session.wait_settled(PATIENCE):
        raise StartError(_("the desk accepts the connection but says nothing; is it a desk?"))
    session.drain_all()
    if not session.store.ready:
        raise StartError(session.store.link.detail or _("the desk closed the connection"))


def probe(target: Target) -> None:
    """Try a target: connects, waits for the inbox, leaves. Raises `StartError`."""
    session = connect(target)
    try:
        wait_ready(session)
    finally:
        session.stop()


def _check_replies(settings: Settings) -> None:
    """Refuse damaged canned replies of the agent's own, before one is missed in a conversation."""
    folders = [folder for folder in reply_folders(settings) if folder.is_dir()]
    if not folders:
        return
    problems = canned.load(folders, settings.language).problems
    if problems:
        more = ngettext(
            "{first} ({count} more: agent-tui doctor)",
            "{first} ({count} more: agent-tui doctor)",
            len(problems) - 1,
        )
        first = problems[0].message
        words = more.format(first=first, count=len(problems) - 1) if len(problems) > 1 else first
        raise StartError(words)


def _check_terminal() -> None:
    """Refuse in words what would only end in garbage."""
    if not sys.stdin.isatty():
        raise StartError(_("the keyboard is not a terminal; start agent-tui from a terminal"))
    term = os.environ.get("TERM", "")
    if term in {"", "dumb"}:
        raise StartError(
            _(
                "TERM is {term}: this terminal cannot show a screen; --plain prints the inbox"
            ).format(term=plain_line(term or _("empty")))
        )
    size = os.get_terminal_size(sys.stdout.fileno())
    if 0 < size.columns < SMALLEST[0] or 0 < size.lines < SMALLEST[1]:
        raise StartError(
            _("the terminal is too small ({columns}×{lines}); make it at least 60×15").format(
                columns=size.columns, lines=size.lines
            )
        )
    if sys.__stderr__ is not None and not sys.__stderr__.isatty():
        # The framework draws there.
        raise StartError(_("the error output is not a terminal: do not send it elsewhere (2>)"))


def _check_encoding() -> None:
    """See to it that the screen is written in UTF-8, or refuse.

    ASCII, which is what the locales C and POSIX mean, says nothing of the terminal: it is taken
    for one of UTF-8. Whatever else a locale names, the terminal is likely to mean.
    """
    for stream in (sys.__stdout__, sys.__stderr__):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        encoding = codecs.lookup(stream.encoding).name
        if encoding == "ascii":
            stream.reconfigure(encoding="utf-8")
        elif encoding != "utf-8":
            words = _("text is {encoding} here, not UTF-8: set LC_ALL=C.UTF-8, or use --plain")
            raise StartError(words.format(encoding=encoding))
