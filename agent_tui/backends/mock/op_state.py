"""Ops on owner, team, status and priority: compare and set, one winner for each version."""

from __future__ import annotations

from dataclasses import replace

from agent_tui.backends.mock import rules
from agent_tui.backends.mock.calls import Call, Done, Refused, compare
from agent_tui.backends.mock.ledger import Ledger, Line, happened
from agent_tui.backends.mock.records import Conversation, Snooze
from agent_tui.backends.mock.wire import moment_or_none
from agent_tui.i18n import _
from agent_tui.model import Priority, Status


def _change(ledger: Ledger, call: Call, after: Conversation, line: Line | None) -> Done:
    """Keep the new state; the caller has raised its version by one."""
    ledger.changed_by[after.id] = call.agent.id
    return Done((ledger.record(after, line, call.now, call.id),))


def assign(ledger: Ledger, call: Call) -> Done:
    """Give it to an agent, or to nobody."""
    to = _named(call, "agent")
    if to is not None and to not in ledger.agents:
        raise Refused("unknown_agent", _("Nobody of that name works at this desk."))
    compare(ledger, call)
    before = call.conv.assignee
    line = None
    if to is not None and to != before:
        line = happened(call.agent, "assigned", ledger.agents[to].name)
    elif to is None and before is not None:
        line = happened(call.agent, "unassigned", ledger.agents[before].name)
    after = replace(call.conv, assignee=to, ver=call.conv.ver + 1)
    return _change(ledger, call, after, line)


def team(ledger: Ledger, call: Call) -> Done:
    """Give it to a team, or to none."""
    to = _named(call, "team")
    names = {team.id: team.name for team in ledger.desk.teams}
    if to is not None and to not in names:
        raise Refused("unknown_team", _("There is no team of that name at this desk."))
    compare(ledger, call)
    line = None
    if to != call.conv.team:
        line = happened(call.agent, "team", "" if to is None else names[to])
    return _change(ledger, call, replace(call.conv, team=to, ver=call.conv.ver + 1), line)


def _named(call: Call, field: str) -> str | None:
    """An id or `null`, which must be said."""
    value = call.data.get(field, False)
    if value is None or isinstance(value, str):
        return value
    message = _("The command does not say which {field} (an id or null).")
    raise Refused("bad_request", message.format(field=field))


def snooze(ledger: Ledger, call: Call) -> Done:
    """Put it to sleep, until a moment or until the customer writes."""
    keep = call.data.get("keep_asleep", False)
    try:
        until = moment_or_none(call.data.get("until", False))
    except ValueError:
        raise Refused("bad_request", _("The time to wake up is no time.")) from None
    if not isinstance(keep, bool) or (keep and until is None):
        raise Refused("bad_request", _("Without a time to wake up it would sleep for ever."))
    if until is not None and until <= call.now:
        raise Refused("in_the_past", _("The time to wake up has passed already."))
    compare(ledger, call)
    after = rules.asleep(call.conv, Snooze(until, keep))
    return _change(ledger, call, after, happened(call.agent, "snoozed", until=until))


def resolve(ledger: Ledger, call: Call) -> Done:
    """Call it done."""
    compare(ledger, call)
    was = call.conv.status is Status.RESOLVED
    line = None if was else happened(call.agent, "resolved")
    return _change(ledger, call, rules.resolved(call.conv), line)


def reopen(ledger: Ledger, call: Call) -> Done:
    """Open it again, whether it was done or asleep."""
    compare(ledger, call)
    what = {Status.OPEN: None, Status.SNOOZED: "woken", Status.RESOLVED: "reopened"}
    word = what[call.conv.status]
    after = rules.reopened(call.conv, ledger.threads[call.conv.id])
    return _change(ledger, call, after, None if word is None else happened(call.agent, word))


def priority(ledger: Ledger, call: Call) -> Done:
    """Say how much it matters."""
    value = call.data.get("priority")
    if not isinstance(value, str) or value not in set(Priority):
        raise Refused("bad_request", _("There is no such priority."))
    compare(ledger, call)
    to = Priority(value)
    line = None if to is call.conv.priority else happened(call.agent, "priority", to.value)
    after = replace(call.conv, priority=to, ver=call.conv.ver + 1)
    return _change(ledger, call, after, line)
