"""Who may come in: the checks on the upgrade request, before any frame is read.

Only a program on this machine that knows a token gets through. A browser always sends an
``Origin`` and is refused for it; a ``Host`` that is not ours is a rebound DNS name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_tui.backends.mock.identities import Grant, Register, Standing
from agent_tui.i18n import _

LOG_IN = (("WWW-Authenticate", "Bearer"),)
EXPIRED = (("WWW-Authenticate", 'Bearer error="invalid_token", error_description="expired"'),)
"""What tells a client to fetch its token again; without the error it has to log in."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An HTTP status and a line of text instead of a websocket."""

    status: int
    text: str
    headers: tuple[tuple[str, str], ...] = ()
    """What the reply says besides."""


def own_hosts(port: int) -> frozenset[str]:
    """The ``Host`` values that name this server."""
    return frozenset(f"{name}:{port}" for name in ("localhost", "127.0.0.1", "[::1]"))


def check(  # noqa: PLR0913 - the parts of one request
    *,
    method: str,
    path: str,
    hosts: Sequence[str],
    origins: Sequence[str],
    authorizations: Sequence[str],
    own: Iterable[str],
    register: Register,
    now: datetime,
) -> Grant | Refusal:
    """What this request opens, or why it is refused."""
    if len(hosts) != 1 or hosts[0].lower() not in own:
        return Refusal(421, _("This server answers only to its own name on this machine.\n"))
    if origins:
        return Refusal(403, _("Web pages may not connect to this desk.\n"))
    grant = grant_of(authorizations, register)
    standing = Standing.REVOKED if grant is None else grant.standing(now)
    if standing is Standing.EXPIRED:
        return Refusal(401, _("The token has expired; fetch a new one.\n"), EXPIRED)
    if grant is None or standing is not Standing.GOOD:
        return Refusal(401, _("The token is missing or wrong.\n"), LOG_IN)
    if method != "GET":
        return Refusal(405, _("This desk only answers GET.\n"), (("Allow", "GET"),))
    if path != "/":
        return Refusal(404, _("There is nothing here; the desk is at /.\n"))
    return grant


def grant_of(authorizations: Sequence[str], register: Register) -> Grant | None:
    """What was given out to the bearer of the one ``Authorization`` there has to be."""
    if len(authorizations) != 1:
        return None
    scheme, _space, value = authorizations[0].partition(" ")
    grant = register.find(value.strip())
    return grant if scheme.lower() == "bearer" else None
