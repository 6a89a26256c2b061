"""Who may come in: the checks on the upgrade request, before any frame is read.

Only a program on this machine that knows the token gets through. A browser always sends an
``Origin`` and is refused for it; a ``Host`` that is not ours is a rebound DNS name.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent_tui.i18n import _


@dataclass(frozen=True, slots=True)
class Refusal:
    """An HTTP status and a line of text instead of a websocket."""

    status: int
    text: str


def own_hosts(port: int) -> frozenset[str]:
    """The ``Host`` values that name this server."""
    return frozenset(f"{name}:{port}" for name in ("localhost", "127.0.0.1", "[::1]"))


def check(  # noqa: PLR0913 - the parts of one request
    *,
    path: str,
    hosts: Sequence[str],
    origins: Sequence[str],
    authorizations: Sequence[str],
    own: Iterable[str],
    token: str,
) -> Refusal | None:
    """Why this request is refused; None: it may come in."""
    if len(hosts) != 1 or hosts[0].lower() not in own:
        return Refusal(421, _("This server answers only to its own name on this machine.\n"))
    if origins:
        return Refusal(403, _("Web pages may not connect to this desk.\n"))
    if len(authorizations) != 1 or not _bears(authorizations[0], token):
        return Refusal(401, _("The token is missing or wrong.\n"))
    if path != "/":
        return Refusal(404, _("There is nothing here; the desk is at /.\n"))
    return None


def _bears(header: str, token: str) -> bool:
    scheme, _space, value = header.partition(" ")
    given = value.strip().encode("utf-8", "surrogateescape")
    return hmac.compare_digest(given, token.encode()) and scheme.lower() == "bearer"
