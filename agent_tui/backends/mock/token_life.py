"""The console's token as it ages: each lives so long, and before its end the next one is there.

Both are good while the old one still lives; docs/protocol.md §1 is the rule.
"""

from __future__ import annotations

import contextlib
import hmac
import logging
import os
import secrets
import tempfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from agent_tui.backends.mock.calls import IDS
from agent_tui.backends.mock.floor import Floor, expires_in
from agent_tui.backends.mock.identities import EVERYTHING, Grant, Register, Standing
from agent_tui.backends.mock.link import Goodbye, Link
from agent_tui.backends.mock.options import MockError
from agent_tui.backends.mock.stream import encode
from agent_tui.backends.mock.wire import Json
from agent_tui.clock import Clock
from agent_tui.i18n import _

AHEAD: Final = timedelta(seconds=60)
AHEAD_SHARE: Final = 0.2
"""How long before its end a token's end is announced: the shorter of `AHEAD` and this share."""
MOST_REMEMBERED: Final = 1_000

LOG = logging.getLogger(__name__)


class TokenLife:
    """The tokens of the console, one after the other; the first is the one given at the start."""

    def __init__(
        self, register: Register, first: str, clock: Clock, life: float | None, file: Path | None
    ) -> None:
        """`life`: seconds each lives, None: for ever; `file`: where the newest is kept."""
        self._register = register
        self._clock = clock
        self._life = life
        self._file = file
        self._first = first
        self._issued: dict[str, Grant] = {}
        self._ahead: dict[Grant, timedelta] = {}
        self._told: set[tuple[Link, Grant]] = set()
        self.stir: Callable[[], None] = lambda: None
        """Called when something is due earlier than before."""
        grant = register.find(first)
        assert grant is not None
        self._give_out(first, grant)

    # ── what there is ───────────────────────────────────────────────────────────────

    @property
    def current(self) -> str | None:
        """The newest token; None: it was taken back."""
        newest = next(reversed(self._issued))
        return None if self._issued[newest].revoked else newest

    def knows(self, given: str) -> bool:
        """Whether `given` is or was a token of the console, in whatever standing."""
        known = False
        for token in (self._first, *self._issued):
            known |= hmac.compare_digest(token.encode(), given.encode("utf-8", "replace"))
        return known

    def begin(self) -> None:
        """The first token lives from now on. Raises `MockError` if the file cannot be written."""
        self._age(self._issued[next(reversed(self._issued))])
        if self._file is not None and self.current is not None:
            write_private(self._file, self.current)

    # ── what happens to them ────────────────────────────────────────────────────────

    def live(self, seconds: float | None) -> None:
        """Let every token live so long from now on; the newest one, too, from now."""
        self._life = seconds
        newest = next(reversed(self._issued))
        self._age(self._issued[newest])
        self.stir()

    def renew(self) -> str:
        """A fresh token; those before stay as they are."""
        token = secrets.token_hex(16)
        self._give_out(token, self._register.issue(token, EVERYTHING))
        self._keep(token)
        return token

    def expire(self) -> None:
        """Let every token end now; a fresh one is there."""
        now = self._clock.now()
        for grant in self._issued.values():
            grant.expires = now if grant.expires is None else min(now, grant.expires)
        self.renew()
        self.stir()

    def revoke(self) -> None:
        """Take every token back; none is good before `renew`."""
        for grant in self._issued.values():
            grant.revoked = True
        self.stir()

    def _give_out(self, token: str, grant: Grant) -> None:
        self._issued[token] = grant
        self._age(grant)
        if len(self._issued) > MOST_REMEMBERED:
            del self._issued[next(iter(self._issued))]

    def _age(self, grant: Grant) -> None:
        if self._life is None:
            grant.expires = None
            self._ahead.pop(grant, None)
        else:
            whole = timedelta(seconds=self._life)
            grant.expires = self._clock.now() + whole
            self._ahead[grant] = min(AHEAD, whole * AHEAD_SHARE)

    def _keep(self, token: str) -> None:
        if self._file is not None:
            try:
                write_private(self._file, token)
            except MockError as error:
                LOG.warning("%s", error)

    # ── time ────────────────────────────────────────────────────────────────────────

    def tick(self, floors: Iterable[Floor]) -> None:
        """Make the next token when it is time, and tell every line what it has to know."""
        now = self._clock.now()
        newest = self._issued[next(reversed(self._issued))]
        if not newest.revoked and now >= self._notice(newest):
            self.renew()
        self._ahead = {
            grant: ahead
            for grant, ahead in self._ahead.items()
            if grant.standing(now) is Standing.GOOD
        }
        links = {}
        for floor in floors:
            floor.publish(())  # whose token is good no longer hears that first
            links.update(floor.grants)
        self._told &= set(links.items())
        for link, grant in links.items():
            if now >= self._notice(grant) and (link, grant) not in self._told:
                self._told.add((link, grant))
                link.push(encode({"frame": "auth_expiring", **expires_in(grant, now)}))

    def next_due(self, floors: Iterable[Floor]) -> float | None:
        """In how many seconds `tick` has something to do; None: nothing yet."""
        moments = [self._notice(self._issued[next(reversed(self._issued))])]
        for floor in floors:
            for link, grant in floor.grants.items():
                told = (link, grant) in self._told or link.ended.done()
                moments.append(_end(grant) if told else self._notice(grant))
        # What is past was seen to already; a line that is on its way out needs no more.
        waits = [(moment - self._clock.now()).total_seconds() for moment in moments]
        return min((wait for wait in waits if 0 < wait < _FOR_EVER), default=None)

    def _notice(self, grant: Grant) -> datetime:
        """When the end of a token is announced."""
        return _end(grant) - self._ahead.get(grant, AHEAD) if grant.expires else _NEVER

    # ── in band ─────────────────────────────────────────────────────────────────────

    def renewal(self, floor: Floor, link: Link, frame: Json) -> Json | None:
        """The answer to a console that shows a fresh token; None: its line has ended.

        Raises `Goodbye` for a frame that cannot be answered.
        """
        floor.publish(())
        if link.ended.done():
            return None
        ident, token = frame.get("id"), frame.get("token")
        if not isinstance(ident, str) or not IDS.fullmatch(ident):
            raise Goodbye(1007, _("A frame that wants an answer needs an id."))
        now = self._clock.now()
        grant = self._register.find(token) if isinstance(token, str) else None
        why = "unknown"
        if grant is not None and grant.badge == floor.grants[link].badge:
            standing = grant.standing(now)
            if standing is Standing.GOOD:
                floor.grants[link] = grant
                self.stir()
                return {"frame": "res", "id": ident, "ok": True, "result": expires_in(grant, now)}
            why = standing.value
        error = {"code": "unauthorised", "message": _WORDS[why](), "why": why}
        return {"frame": "res", "id": ident, "ok": False, "error": error}


_FOR_EVER: Final = 10 * 365 * 86_400.0
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_WORDS: Final[dict[str, Callable[[], str]]] = {
    "unknown": lambda: _("This desk does not know that token."),
    "expired": lambda: _("That token has expired; fetch a new one."),
    "revoked": lambda: _("That token was taken back. Log in again."),
}


def _end(grant: Grant) -> datetime:
    return grant.expires or _NEVER


def write_private(path: Path, line: str) -> None:
    """Replace the file by one that only its owner may read. Raises `MockError`."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(f"{line}\n")
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        message = _("The token cannot be written to {path} ({why}).")
        raise MockError(message.format(path=path, why=error.strerror)) from error
