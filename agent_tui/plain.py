"""The inbox as plain text, for pipes, logs and machines: one conversation a line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TextIO

from agent_tui import when
from agent_tui.channels import rules_of
from agent_tui.clock import SystemClock
from agent_tui.config import Settings
from agent_tui.i18n import _, ngettext
from agent_tui.model import Conversation, Priority, Status
from agent_tui.store import Store
from agent_tui.views import by_waiting


def print_inbox(store: Store, settings: Settings, out: TextIO) -> None:
    """Write the open conversations, longest waiting first, and how to open the console."""
    del settings
    for line in lines(store, SystemClock().now()):
        out.write(line + "\n")
    out.flush()


def lines(store: Store, now: datetime) -> Iterator[str]:
    """The inbox, a conversation a line, fields apart by two blanks; then the last line."""
    waiting = sorted(
        (conv for conv in store.conversations() if conv.status is Status.OPEN), key=by_waiting
    )
    for conv in waiting:
        yield "  ".join(_fields(store, conv, now))
    count = ngettext("{count} open conversation", "{count} open conversations", len(waiting))
    told = count.format(count=len(waiting))
    yield _("{count}. To open the console, run agent-tui in a terminal.").format(count=told)


def _fields(store: Store, conv: Conversation, now: datetime) -> Iterator[str]:
    yield rules_of(conv.channel).mark
    yield f"#{conv.number}"
    yield conv.contact_name or "?"
    if conv.waiting_since is not None:
        yield when.waits(conv.waiting_since, now)
    else:
        yield _("answered")
    yield ngettext("{count} unread", "{count} unread", conv.unread).format(count=conv.unread)
    yield store.agent_name(conv.assignee) or _("unassigned")
    if conv.priority is not Priority.NONE:
        yield _(conv.priority.value)
    if conv.labels:
        yield ",".join(conv.labels)
    yield conv.preview or "-"
