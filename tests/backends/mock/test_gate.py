"""The door of the mock desk, request by request; over a socket it is row S10's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent_tui.backends.mock import gate
from agent_tui.backends.mock.identities import Badge, Grant, Role, register_of

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TOKEN, OTHER = "right-token", "other-token"


def knock(**changed: Any) -> Grant | gate.Refusal:
    """What a good request gets, but for what is `changed`."""
    register = register_of({TOKEN: Badge(), OTHER: Badge(role=Role.VIEWER)})
    register.issue("old", Badge(), expires=NOW)
    register.issue("gone", Badge())
    register.revoke("gone")
    parts = {
        "method": "GET", "path": "/", "hosts": ["localhost:99"], "origins": [],
        "authorizations": [f"Bearer {TOKEN}"], "own": gate.own_hosts(99), "register": register,
        "now": NOW,
    }  # fmt: skip
    return gate.check(**{**parts, **changed})


def status(answer: Grant | gate.Refusal) -> int:
    return answer.status if isinstance(answer, gate.Refusal) else 101


@pytest.mark.parametrize(("token", "role"), [(TOKEN, Role.AGENT), (OTHER, Role.VIEWER)])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_token_opens_what_its_badge_says(token: str, role: Role, scheme: str) -> None:
    grant = knock(authorizations=[f"{scheme} {token}"])
    assert isinstance(grant, Grant)
    assert grant.badge.role is role


@pytest.mark.parametrize("host", ["localhost:99", "127.0.0.1:99", "[::1]:99", "LocalHost:99"])
def test_its_own_names(host: str) -> None:
    assert status(knock(hosts=[host])) == 101


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"hosts": []}, 421),
        ({"hosts": ["localhost:99", "localhost:99"]}, 421),
        ({"hosts": ["localhost:98"]}, 421),
        ({"origins": [""]}, 403),
        ({"authorizations": []}, 401),
        ({"authorizations": [f"Bearer {TOKEN}"] * 2}, 401),
        ({"authorizations": [f"Basic {TOKEN}"]}, 401),
        ({"authorizations": ["Bearer \udcff"]}, 401),
        ({"method": "POST"}, 405),
        ({"path": "/x"}, 404),
        # The name comes before everything, and the token before what is asked for.
        ({"hosts": ["evil.example"], "origins": ["null"], "authorizations": []}, 421),
        ({"origins": ["null"], "authorizations": []}, 403),
        ({"authorizations": [], "method": "POST", "path": "/x"}, 401),
    ],
)
def test_what_is_refused(changed: dict[str, Any], wanted: int) -> None:
    assert status(knock(**changed)) == wanted


def test_an_expired_token_is_told_from_every_other_bad_one() -> None:
    """Whoever shows it had it; its holder is to fetch another instead of logging in."""
    old, gone, wrong, none = (
        knock(authorizations=given)
        for given in (["Bearer old"], ["Bearer gone"], ["Bearer wrong"], [])
    )
    assert status(old) == 401
    assert isinstance(old, gate.Refusal)
    assert "expired" in dict(old.headers)["WWW-Authenticate"]
    assert gone == wrong == none
    assert isinstance(gone, gate.Refusal)
    assert dict(gone.headers) == {"WWW-Authenticate": "Bearer"}
    assert status(knock(authorizations=["Bearer old"], now=NOW - timedelta(seconds=1))) == 101
