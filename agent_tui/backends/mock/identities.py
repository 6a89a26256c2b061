"""Who may do what at the desk: what each token opens, and for how long.

A token opens one tenant's desk, for one agent or for whoever sits down, to answer or only to look
on, and all inboxes or some. A conversation's inbox is its channel. What a token does not open does
not exist for its bearer: not in a snapshot, an event, a thread or a list, and asking for it gets
the answer that asking for nothing gets.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum

from agent_tui.model import Channel

HOME = "home"
"""The tenant whose desk the options describe."""


class Role(StrEnum):
    """What a bearer is here for."""

    AGENT = "agent"
    VIEWER = "viewer"
    """Reads everything the token opens and changes nothing."""


@dataclass(frozen=True, slots=True)
class Badge:
    """What a token opens."""

    tenant: str = HOME
    agent: str | None = None
    """Who its bearer has to be; None: anybody who works there."""
    role: Role = Role.AGENT
    inboxes: frozenset[Channel] | None = None
    """The only inboxes there are for its bearer; None: all."""

    @property
    def may_write(self) -> bool:
        """Whether its bearer may change anything."""
        return self.role is Role.AGENT

    def sees(self, inbox: Channel) -> bool:
        """Whether that inbox is there for its bearer."""
        return self.inboxes is None or inbox in self.inboxes

    def may_sit_as(self, agents: Iterable[str]) -> list[str]:
        """Who of `agents` its bearer may say she is."""
        return [agent for agent in agents if self.agent in {None, agent}]

    def epoch(self, epoch: str) -> str:
        """The name under which its bearer gets the stream `epoch`.

        Whoever sees less gets a stream with less in it. It has another name, so that nobody
        resumes in one what she has followed in the other.
        """
        if self.inboxes is None:
            return epoch
        view = ",".join(sorted(self.inboxes)).encode()
        return f"{epoch[:50]}.{hashlib.sha256(view).hexdigest()[:12]}"


EVERYTHING = Badge()
"""Any agent of the desk that the options describe, and all of its inboxes."""


class Standing(Enum):
    """Whether a token still opens anything."""

    GOOD = "good"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(slots=True, eq=False)
class Grant:
    """A badge that was given out; every line that came in with its token holds on to it."""

    badge: Badge = EVERYTHING
    expires: datetime | None = None
    """From this moment on it opens nothing; None: it does not expire."""
    revoked: bool = False

    def standing(self, now: datetime) -> Standing:
        """What it is worth at `now`."""
        if self.revoked:
            return Standing.REVOKED
        if self.expires is not None and now >= self.expires:
            return Standing.EXPIRED
        return Standing.GOOD


@dataclass(slots=True)
class Register:
    """Every token that was given out, kept as its hash."""

    _grants: dict[bytes, Grant] = field(default_factory=dict)

    def issue(
        self, token: str, badge: Badge = EVERYTHING, expires: datetime | None = None
    ) -> Grant:
        """Let `token` open what `badge` says; one that was given out before is worth this now."""
        grant = Grant(badge, expires)
        before = self._grants.get(_hash(token))
        if before is not None:
            before.revoked = True
        self._grants[_hash(token)] = grant
        return grant

    def revoke(self, token: str) -> None:
        """Let `token` open nothing any more, nor any line that came in with it; it is known."""
        self._grants[_hash(token)].revoked = True

    def find(self, token: str) -> Grant | None:
        """What was given out under `token`, in whatever standing.

        Takes the same time wherever in the register it is, and if it is not there at all.
        """
        found, given = None, _hash(token)
        for known, grant in self._grants.items():
            if hmac.compare_digest(known, given):
                found = grant
        return found

    @property
    def tenants(self) -> frozenset[str]:
        """Every tenant that a token was given out for."""
        return frozenset(grant.badge.tenant for grant in self._grants.values())


def register_of(people: Mapping[str, Badge]) -> Register:
    """The register in which each token of `people` opens what its badge says."""
    register = Register()
    for token, badge in people.items():
        register.issue(token, badge)
    return register


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
