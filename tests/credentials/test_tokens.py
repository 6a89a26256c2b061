"""The token of a seat over time."""

from __future__ import annotations

import threading

import pytest

from agent_tui.credentials import CredentialError
from agent_tui.credentials.secret import Secret
from agent_tui.credentials.tokens import Tokens


async def test_a_token_is_read_again_where_it_is_kept() -> None:
    """In a thread of its own: a key ring or a command takes its time."""
    kept = iter(("second", "third"))
    threads: list[str] = []

    def reread() -> Secret:
        threads.append(threading.current_thread().name)
        return Secret(next(kept))

    tokens = Tokens(Secret("first"), reread)
    assert tokens.renewable and tokens.current == Secret("first")
    assert await tokens.read() == tokens.current == Secret("second")
    assert await tokens.read() == tokens.current == Secret("third")
    assert threads == ["token", "token"]


async def test_what_cannot_be_read_leaves_the_token_there_is() -> None:
    """The reason reaches whoever asked."""

    def reread() -> Secret:
        raise CredentialError("the key ring gave no answer")

    tokens = Tokens(Secret("first"), reread)
    with pytest.raises(CredentialError, match="no answer"):
        await tokens.read()
    assert tokens.current == Secret("first")


async def test_a_typed_token_is_all_there_will_be() -> None:
    """Nobody is asked twice."""
    tokens = Tokens(Secret("typed"))
    assert not tokens.renewable
    assert await tokens.read() == Secret("typed")
    assert "typed" not in repr(tokens)
