"""What leaves the program holds no secret, however it got in."""

from __future__ import annotations

import base64
import gc
import json
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.credentials.redaction import SHORTEST, redact
from agent_tui.credentials.secret import MASK, Secret, hidden_values

TOKENS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=12, max_size=40)


@given(TOKENS, st.text(), st.text())
def test_a_secret_that_is_alive_is_found_by_its_value(token: str, before: str, after: str) -> None:
    """Plain, in an address, in JSON, in a repr, in base64."""
    secret = Secret(token)
    for form in (
        token,
        quote(token, safe=""),
        json.dumps(token)[1:-1],
        repr(token)[1:-1],
        base64.b64encode(token.encode()).decode(),
    ):
        assert form not in redact(f"{before}{form}{after}")
    assert secret


def test_of_two_secrets_one_in_the_other_both_go() -> None:
    """The longer one first: what is left of it would tell."""
    secrets = [Secret("horse-battery"), Secret("correct-horse-battery-staple")]
    assert redact("a correct-horse-battery-staple b") == f"a {MASK} b"
    assert secrets


def test_a_secret_that_is_gone_is_forgotten() -> None:
    """Nothing here keeps it alive."""
    secret = Secret("once-upon-a-time")
    assert "once-upon-a-time" in hidden_values()
    del secret
    gc.collect()
    assert "once-upon-a-time" not in hidden_values()


def test_a_very_short_one_spoils_no_words() -> None:
    secret = Secret("a" * (SHORTEST - 1))
    assert redact("a banana, aaa") == "a banana, aaa"
    assert secret


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abc.def-123",
        "authorization: BEARER  abc.def-123",
        "wss://desk.example/?token=abc.def-123&x=1",
        '{"access_token": "abc.def-123", "x": 1}',
        "{'refresh_token': 'abc.def-123'}",
        "password = abc.def-123",
        "API_KEY=abc.def-123;",
        "eyJhbGciOiJIUzI1NiJ9.abc.def-123",
    ],
)
def test_what_looks_like_one_is_taken_for_one(text: str) -> None:
    """Nobody has to have told of it."""
    assert "abc.def-123" not in redact(text)
    assert MASK in redact(text)


@pytest.mark.parametrize("text", ["the bearer of bad news", "no token was found", "a basic idea"])
def test_ordinary_words_mostly_stay(text: str) -> None:
    """Only the word behind may go."""
    assert redact(text).split()[0] == text.split(maxsplit=1)[0]


@pytest.mark.parametrize(
    "text",
    ["a-" * 50_000, "eyJ" * 30_000, "token" * 20_000, "bearer " * 9999],
    ids=["dashes", "web tokens", "tokens", "bearers"],
)
def test_its_time_grows_with_the_text_alone(text: str) -> None:
    """No text makes it look back over and over."""
    begun = time.process_time()
    redact(text)
    assert time.process_time() - begun < 2.0
