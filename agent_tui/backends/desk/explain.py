"""Why a link did not come about, in words, and whether waiting can mend it.

Why one ended that was open is in `goodbyes`.
"""

from __future__ import annotations

import errno
import socket
import ssl
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urljoin, urlsplit

from websockets.exceptions import (
    InvalidHandshake,
    InvalidMessage,
    InvalidProxy,
    InvalidProxyStatus,
    InvalidStatus,
    InvalidURI,
    ProxyError,
)
from websockets.http11 import Response

from agent_tui.backends.desk import skew
from agent_tui.backends.desk.dialling import BadCaFile
from agent_tui.backends.desk.ending import Ending
from agent_tui.backends.desk.proxies import Proxy
from agent_tui.backends.retry import RETRIED, http_date, told_wait
from agent_tui.i18n import _
from agent_tui.model import SafeText
from agent_tui.sanitise import plain_line

LINK_ERRORS: Final = (
    OSError, InvalidHandshake, InvalidProxy, InvalidURI, BadCaFile, ValueError, ImportError,
)  # fmt: skip
"""What opening a connection may raise: `ValueError` for a port or a host name that cannot be,
`ImportError` for a kind of proxy that is not installed."""

_EXPIRED, _NOT_YET, _OTHER_HOST = frozenset({10}), frozenset({9}), frozenset({62, 64})
"""Verdicts on a certificate (``X509_V_ERR_…``, openssl-verification-options)."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is to be said of an attempt besides its error."""

    url: str
    now: datetime
    """This computer's clock."""
    proxy: Proxy | None = None
    ahead: timedelta = skew.NONE
    """How far this computer's clock was ahead of the desk's when that was known last."""

    def say(self, words: str, **parts: object) -> SafeText:
        """`words` with their places filled, harmless."""
        told = {name: plain_line(part) for name, part in parts.items()}
        return plain_line(words.format(url=plain_line(self.url), **told))

    @property
    def host(self) -> str:
        """Whose certificate it is."""
        return urlsplit(self.url).hostname or self.url

    def about_clock(self, ahead: timedelta | None = None) -> str:
        """In brackets, where the clock may be the cause; else nothing."""
        known = self.ahead if ahead is None else ahead
        return f" ({skew.words(known)})" if abs(known) > skew.SUSPECT else ""


def not_opened(error: BaseException, attempt: Attempt) -> Ending:
    """It failed with `error` (one of `LINK_ERRORS`)."""
    match error:
        case InvalidStatus():
            return _http(error.response, attempt)
        case BadCaFile():
            words = _("the CA file {file} cannot be used ({reason}): mend it, or name another")
            return Ending(attempt.say(words, file=error.file, reason=error), final=True)
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError() | ssl.SSLSyscallError():
            return _unreachable(attempt, error)
        case ssl.SSLCertVerificationError():
            return Ending(_certificate(error, attempt), final=True)
        case InvalidURI() | ValueError():
            words = _(
                "{url} is not the address of a desk; it looks like ws://127.0.0.1:8765 or wss://desk.example.com"
            )
            return Ending(attempt.say(words), final=True)
        case InvalidMessage() if isinstance(error.__cause__, EOFError):
            return _unreachable(attempt, error.__cause__)
        case InvalidProxyStatus() | ProxyError() | InvalidProxy() | ImportError():
            return _proxy(error, attempt)
        case ssl.SSLError() | InvalidHandshake():
            words = _("{url} answers, but not as a desk; check the address")
            return Ending(attempt.say(words), final=True)
        case _:
            return Ending(_no_way(error, attempt), alone=False)


def _http(response: Response, attempt: Attempt) -> Ending:
    status = response.status_code
    there = http_date(response.headers.get("Date", "")) if "Date" in response.headers else None
    match status:
        case 401:
            ahead = None if there is None else attempt.now - there
            words = _(
                "{url}: the token is wrong or has expired; what is unsent is kept; "
                "get a new one: agent-tui login {url}"
            )
            told = attempt.say(words + attempt.about_clock(ahead))
            return Ending(told, final=True, token=True)
        case 403:
            words = _(
                "{url}: this token does not open the desk; ask whoever runs it, "
                "or get another one: agent-tui login {url}"
            )
            return Ending(attempt.say(words), final=True)
        case 300 | 301 | 302 | 303 | 307 | 308:
            words = _(
                "{url} sends us elsewhere (HTTP {status}, to {place}), and the token goes nowhere "
                "but to the address that was named; if that is your desk, use its address"
            )
            place = _place(attempt.url, response.headers.get("Location", ""))
            return Ending(attempt.say(words, status=status, place=place), final=True)
        case _ if status in RETRIED:
            words = _("{url}: the desk is busy (HTTP {reason})")
            wait = told_wait(response.headers.get_all("Retry-After"), there or attempt.now)
            told = attempt.say(words, reason=status)
            return Ending(told, alone=False, retry_after=wait)
        case _:
            words = _("{url} answers HTTP {reason}, not as a desk; check the address")
            return Ending(attempt.say(words, reason=status), final=True)


def _place(url: str, location: str) -> str:
    """Whose address a redirection names; what follows it may be a secret."""
    try:
        parts = urlsplit(urljoin(url, location))
        return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    except ValueError:
        return "?"


def _certificate(error: ssl.SSLCertVerificationError, attempt: Attempt) -> SafeText:
    reason = getattr(error, "verify_message", None) or error
    code = getattr(error, "verify_code", None)
    if code in _EXPIRED:
        words = _(
            "the certificate of {host} is out of date ({reason}); whoever runs the desk has to "
            "renew it, unless this computer's clock is wrong: it says {now}"
        )
    elif code in _NOT_YET:
        words = _(
            "the certificate of {host} is not valid yet ({reason}); "
            "is this computer's clock right? It says {now}"
        )
    elif code in _OTHER_HOST:
        words = _(
            "the certificate that {host} shows is another host's ({reason}): "
            "check the address {url}"
        )
    else:
        words = _(
            "the certificate of {host} is not trusted ({reason}): check the address {url}; if your "
            "company issues its own, name its CA file: ca_file in the settings, or SSL_CERT_FILE"
        )
    now = f"{attempt.now.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    words += attempt.about_clock()
    return attempt.say(words, host=attempt.host, reason=reason, now=now)


def _proxy(error: BaseException, attempt: Attempt) -> Ending:
    """The proxy is named by its host only: its address may hold a password."""
    shown = "" if attempt.proxy is None else attempt.proxy.shown
    match error:
        case InvalidProxyStatus() if error.response.status_code == 407:
            words = _(
                "{url}: the proxy {proxy} wants to know who you are (HTTP 407); "
                "put user and password into HTTPS_PROXY"
            )
            return Ending(attempt.say(words, proxy=shown), final=True)
        case InvalidProxyStatus() if error.response.status_code not in RETRIED:
            words = _(
                "{url}: the proxy {proxy} does not let us through (HTTP {status}); "
                "if the desk is reached without it, name its host in NO_PROXY"
            )
            status = error.response.status_code
            return Ending(attempt.say(words, proxy=shown, status=status), final=True)
        case ImportError():
            words = _(
                "{url}: {proxy} is a SOCKS proxy, for which the package python-socks has to be "
                "installed beside agent-tui; or name the desk's host in NO_PROXY"
            )
            return Ending(attempt.say(words, proxy=shown), final=True)
        case InvalidProxy():
            return replace(_unreachable(attempt, error.msg), final=True)
        case _:
            return _unreachable(attempt, error)


def _no_way(error: BaseException, attempt: Attempt) -> SafeText:
    """Nothing answered: neither the desk nor, where there is one, the proxy."""
    proxy = attempt.proxy
    if proxy is not None and not isinstance(error, TimeoutError):
        words = _(
            "{url}: the proxy {proxy} cannot be reached ({reason}); "
            "check HTTPS_PROXY, or name the desk's host in NO_PROXY"
        )
        return attempt.say(words, proxy=proxy.shown, reason=error)
    match error:
        case socket.gaierror():
            return attempt.say(
                _("{url}: there is no such host; check the address and your network")
            )
        case OSError() if _refused(error):
            words = _("{url}: nobody listens there; is the desk running, and is the port right?")
            return attempt.say(words)
        case ConnectionResetError() if error.errno is None:  # while TLS was being agreed on
            words = _(
                "{url} breaks off before it is a desk: it may be restarting; "
                "if it stays so, ask whether it speaks TLS at this port"
            )
            return attempt.say(words)
        case TimeoutError():
            return attempt.say(_("{url} does not answer; check the address and your network"))
        case _:
            return _unreachable(attempt, error).words


def _unreachable(attempt: Attempt, reason: object) -> Ending:
    words = _("{url} cannot be reached ({reason})")
    return Ending(attempt.say(words, reason=reason), alone=False)


def _refused(error: OSError) -> bool:
    """Whether nobody listens; for a name of several addresses asyncio joins what each said."""
    return error.errno == errno.ECONNREFUSED or (
        error.errno is None and f"[Errno {errno.ECONNREFUSED}]" in str(error)
    )
