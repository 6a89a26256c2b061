"""Why a link ended that was open, in words, and what to do (docs/protocol.md §7)."""

from __future__ import annotations

from typing import Final

from agent_tui.backends.desk.codec import Go
from agent_tui.backends.desk.ending import Ending
from agent_tui.i18n import _
from agent_tui.sanitise import plain_line

REST: Final = 60.0
"""Seconds to wait after too many commands, where the desk does not say."""


def closed(code: int | None, go: Go | None, agent: str) -> Ending:
    """A link ended with close `code` (None: it broke); `go` is what the desk said before.

    A code that is not in the table means: resume.
    """
    hint = go.reconnect_after if go else None
    match code:
        case 4001 | 4003 | 4009 | 4010:
            return Ending(plain_line(_stopped(code, go, agent)), final=True)
        case 4002:
            words = _("the token has expired; what is unsent is kept; log in: agent-tui login")
            return Ending(plain_line(words), final=True, token=True, retry_after=hint)
        case 4008:
            words = _("the desk asks for a pause: too many commands at once")
            wait = REST if hint is None else hint
            return Ending(plain_line(words), retry_after=wait)
        case 4012:
            words = _("this console read too slowly; it catches up")
            return Ending(plain_line(words), retry_after=hint)
        case 1012 | 1013:
            words = _("the desk is restarting")
            return Ending(plain_line(words), alone=False, retry_after=hint)
        case 1002 | 1007 | 1009:
            words = _("the desk did not understand us and closed")
            return Ending(plain_line(words), retry_after=hint)
        case 1000 | 1001:
            return Ending(plain_line(_("the desk ended the connection")), retry_after=hint)
        case 1011:
            words = _("something went wrong inside the desk, and it closed")
            return Ending(plain_line(words), retry_after=hint)
        case None | 1005 | 1006:
            return Ending(plain_line(_("the connection broke")), retry_after=hint)
        case _:
            words = _("the desk ended the connection ({code})").format(code=code)
            return Ending(plain_line(words), retry_after=hint)


def _stopped(code: int, go: Go | None, agent: str) -> str:
    match code:
        case 4001:
            return _("the desk asks to log in again: agent-tui login; what is unsent is kept")
        case 4003 if go is not None and go.agents:
            return _("no agent {agent} at this desk; there are: {agents}").format(
                agent=agent, agents=", ".join(go.agents)
            )
        case 4003:
            return _("the desk does not let {agent} in; ask whoever runs it").format(agent=agent)
        case 4009:
            return _("another console took over this seat; close one of the two")
        case _:
            words = _("the desk speaks another version of the protocol; update agent-tui")
            return f"{words} ({go.message})" if go is not None and go.message else words
