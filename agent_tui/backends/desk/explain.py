"""Why a link did not come about or ended, in words, and whether waiting can mend it."""

from __future__ import annotations

import errno
import socket
import ssl
from dataclasses import dataclass, replace

from websockets.datastructures import Headers
from websockets.exceptions import (
    InvalidHandshake,
    InvalidMessage,
    InvalidProxy,
    InvalidStatus,
    InvalidURI,
    ProxyError,
)

from agent_tui.backends.desk.codec import Go
from agent_tui.i18n import _
from agent_tui.model import SafeText
from agent_tui.sanitise import plain_line

RETRIED_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP answers that a later attempt may not get."""

LINK_ERRORS = (OSError, InvalidHandshake, InvalidProxy, InvalidURI, ValueError, ImportError)
"""What opening a connection may raise: `ValueError` for a port or a host name that cannot be,
`ImportError` for a kind of proxy that is not installed."""

UNREADABLE = frozenset({1002, 1007, 1009})
"""Close codes that say: what you sent breaks the protocol."""


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
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError() | ssl.SSLSyscallError():
            return _unreachable(url, error)
        case ssl.SSLCertVerificationError():
            words = _(
                "{url}: the certificate is not trusted ({reason}); "
                "check the address, or name your CA file with SSL_CERT_FILE"
            )
            reason = getattr(error, "verify_message", None) or error
            return Ending(_say(words, url, reason), final=True)
        case InvalidURI() | ValueError():
            words = _(
                "{url} is not the address of a desk; it looks like ws://127.0.0.1:8765 or wss://desk.example.com"
            )
            return Ending(_say(words, url), final=True)
        case InvalidMessage() if isinstance(error.__cause__, EOFError):
            return _unreachable(url, error.__cause__)
        case ProxyError():
            return _unreachable(url, error)
        case InvalidProxy() | ImportError():  # without the proxy's address: it may hold a password
            return replace(_unreachable(url, error.msg), final=True)
        case ssl.SSLError() | InvalidHandshake():
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
            return _unreachable(url, error)


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
            told = f" ({go.message})" if go is not None and go.message else ""
            return Ending(plain_line(words + told), final=True)
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
        words = _("{url}: the desk is busy (HTTP {reason})")
        return Ending(
            _say(words, url, status),
            alone=False,
            retry_after=_retry_after(error.response.headers),
        )
    words = _("{url} answers HTTP {reason}, not as a desk; check the address")
    return Ending(_say(words, url, status), final=True)


def _retry_after(headers: Headers) -> float | None:
    """Seconds, where the header is there once and is a number; at most five minutes."""
    match headers.get_all("Retry-After"):
        case [after] if after.isascii() and after.isdigit():
            return min(300.0, float(after))
        case _:
            return None


def _unreachable(url: str, reason: object) -> Ending:
    words = _("{url} cannot be reached ({reason})")
    return Ending(_say(words, url, reason), alone=False)


def _refused(error: OSError) -> bool:
    """Whether nobody listens; for a name of several addresses asyncio joins what each said."""
    return error.errno == errno.ECONNREFUSED or (
        error.errno is None and f"[Errno {errno.ECONNREFUSED}]" in str(error)
    )


def _say(words: str, url: str, reason: object = "") -> SafeText:
    return plain_line(words.format(url=plain_line(url), reason=plain_line(reason)))
