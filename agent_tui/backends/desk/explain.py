"""Why a link did not come about or ended, in words, and whether waiting can mend it."""

from __future__ import annotations

import errno
import socket
import ssl
from dataclasses import dataclass

from websockets.exceptions import InvalidHandshake, InvalidMessage, InvalidStatus, InvalidURI

from agent_tui.backends.desk.codec import Go
from agent_tui.i18n import _
from agent_tui.model import SafeText
from agent_tui.sanitise import plain_line

RETRIED_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP answers that a later attempt may not get."""

LINK_ERRORS = (OSError, InvalidHandshake, InvalidMessage, InvalidURI, TimeoutError)
"""What opening a connection may raise."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a link ended."""

    words: SafeText
    final: bool = False
    """Waiting does not mend it."""
    alone: bool = True
    """Nothing points to an outage of the desk."""
    from_scratch: bool = False
    """What we have does not fit the desk's stream: ask for a snapshot."""
    retry_after: float | None = None
    """Seconds, where the desk said so."""


def not_opened(error: BaseException, url: str) -> Ending:
    """An attempt to open `url` failed with `error` (one of `LINK_ERRORS`)."""
    match error:
        case InvalidStatus():
            return _http(error, url)
        case ssl.SSLError():
            words = _(
                "{url}: the certificate is not trusted ({reason}); "
                "check the address, or name your CA file with SSL_CERT_FILE"
            )
            return Ending(_say(words, url, error.reason or error), final=True)
        case InvalidURI():
            words = _(
                "{url} is not the address of a desk; it looks like ws://127.0.0.1:8765 or wss://desk.example.com"
            )
            return Ending(_say(words, url), final=True)
        case InvalidMessage() | InvalidHandshake():
            words = _("{url} answers, but not as a desk; check the address")
            return Ending(_say(words, url), final=True)
        case socket.gaierror():
            words = _("{url}: there is no such host; check the address and your network")
            return Ending(_say(words, url), alone=False)
        case OSError() if _refused(error):
            words = _("{url}: nobody listens there; is the desk running, and is the port right?")
            return Ending(_say(words, url), alone=False)
        case TimeoutError():
            words = _("{url} does not answer; check the address and your network")
            return Ending(_say(words, url), alone=False)
        case _:
            words = _("{url} cannot be reached ({reason})")
            return Ending(_say(words, url, error), alone=False)


def closed(code: int | None, go: Go | None, agent: str) -> Ending:
    """A link that was open ended with close `code`; `go` is what the desk said before."""
    hint = go.reconnect_after if go else None
    match code:
        case 4001:
            words = _("the desk asks to log in again: agent-tui login")
            return Ending(plain_line(words), final=True)
        case 4003 if go is not None and go.agents:
            words = _("no agent {agent} at this desk; there are: {agents}").format(
                agent=agent, agents=", ".join(go.agents)
            )
            return Ending(plain_line(words), final=True)
        case 4003:
            words = _("the desk does not let {agent} in; ask whoever runs it").format(agent=agent)
            return Ending(plain_line(words), final=True)
        case 4009:
            words = _("another console took over this seat; close one of the two")
            return Ending(plain_line(words), final=True)
        case 4010:
            words = _("the desk speaks another version of the protocol; update agent-tui")
            return Ending(plain_line(words), final=True)
        case 1012 | 1013:
            words = _("the desk is restarting")
            return Ending(plain_line(words), alone=False, retry_after=hint)
        case 1002 | 1007 | 1009:
            words = _("the desk did not understand us and closed")
            return Ending(plain_line(words), retry_after=hint)
        case _:
            return Ending(plain_line(_("the connection broke")), retry_after=hint)


def _http(error: InvalidStatus, url: str) -> Ending:
    status = error.response.status_code
    if status in {401, 403}:
        words = _("{url}: the token is wrong or has expired; get a new one: agent-tui login {url}")
        return Ending(_say(words, url), final=True)
    if status in RETRIED_STATUS:
        after = error.response.headers.get("Retry-After", "")
        words = _("{url}: the desk is busy (HTTP {reason})")
        return Ending(
            _say(words, url, status),
            alone=False,
            retry_after=min(300.0, float(after)) if after.isascii() and after.isdigit() else None,
        )
    words = _("{url} answers HTTP {reason}, not as a desk; check the address")
    return Ending(_say(words, url, status), final=True)


def _refused(error: OSError) -> bool:
    if error.errno == errno.ECONNREFUSED:
        return True
    return "Connect call failed" in str(error)


def _say(words: str, url: str, reason: object = "") -> SafeText:
    return plain_line(words.format(url=plain_line(url), reason=plain_line(reason)))
