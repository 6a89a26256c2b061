"""From a target to a running console or a printed inbox, and every way that can fail."""

from __future__ import annotations

import os
import sys

from agent_tui import canned
from agent_tui.clock import SystemClock, SystemIds, chance
from agent_tui.config import Settings, Target, reply_folders
from agent_tui.i18n import _, ngettext
from agent_tui.sanitise import plain_line
from agent_tui.session import Session
from agent_tui.store import Store

PATIENCE = 15.0
"""Seconds a first connection may take."""
SMALLEST = (20, 5)
"""Columns and lines below which nothing can be shown."""


class StartError(Exception):
    """The console cannot open; the message is one line that says what to do."""


def open_console(target: Target, settings: Settings) -> int:
    """Connect, then open the console, or print the inbox where the output is no terminal.

    Returns the exit code. Raises `StartError`.
    """
    interactive = sys.stdout.isatty()
    if interactive:
        _check_terminal()
    _check_replies(settings)
    session = connect(target)
    try:
        if not interactive:
            from agent_tui.plain import print_inbox  # noqa: PLC0415 - late: one of two ways

            wait_ready(session)
            print_inbox(session.store, settings, sys.stdout)
            return 0
        # The desk answers while the framework loads.
        from agent_tui.app import AgentTui  # noqa: PLC0415 - late: heavy

        wait_ready(session)
        return AgentTui(session, settings, target.source).run_console()
    finally:
        session.stop()


def connect(target: Target) -> Session:
    """A session that has begun to connect."""
    from agent_tui.backends.desk.backoff import Backoff  # noqa: PLC0415 - late: heavy
    from agent_tui.backends.desk.client import (  # noqa: PLC0415 - late: heavy
        DeskAddress,
        DeskBackend,
    )

    clock = SystemClock()
    address = DeskAddress(target.url, target.token, target.agent, SystemIds(clock)())
    random = chance()
    backoff = Backoff(random)  # the agent's own reconnecting is no way round its measure
    session = Session(lambda: DeskBackend(address, clock, random, backoff), Store(), clock)
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
                "TERM is {term}: this terminal cannot show a screen; pipe the output to read it"
            ).format(term=plain_line(term or _("empty")))
        )
    size = os.get_terminal_size(sys.stdout.fileno())
    if 0 < size.columns < SMALLEST[0] or 0 < size.lines < SMALLEST[1]:
        raise StartError(
            _("the terminal is too small ({columns}×{lines}); make it at least 60×15").format(
                columns=size.columns, lines=size.lines
            )
        )
