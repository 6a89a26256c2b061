"""Why a link is not there: one line that names the address and says what to do."""

from __future__ import annotations

import errno
import socket
import ssl
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from builders import NOW
from hypothesis import given
from hypothesis import strategies as st
from websockets.datastructures import Headers
from websockets.exceptions import (
    InvalidHandshake,
    InvalidHeaderValue,
    InvalidMessage,
    InvalidProxy,
    InvalidProxyStatus,
    InvalidStatus,
    InvalidURI,
)
from websockets.http11 import Response

from agent_tui.backends.desk.codec import Go
from agent_tui.backends.desk.ending import UNREADABLE, Ending
from agent_tui.backends.desk.explain import LINK_ERRORS, Attempt
from agent_tui.backends.desk.explain import not_opened as explained
from agent_tui.backends.desk.goodbyes import closed
from agent_tui.model import NO_TEXT, SafeText

URL = "wss://desk.example.com"
HOSTILE = "\x1b[2J\x9b31m\x07\r\nback\u202espaced\x00"


def not_opened(error: BaseException, url: str, **more: Any) -> Ending:
    """How an attempt at `url` ended."""
    return explained(error, Attempt(url, NOW, **more))


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def status(code: int, *retry_after: str, phrase: str = "") -> InvalidStatus:
    headers = Headers([("Retry-After", value) for value in retry_after])
    return InvalidStatus(Response(code, phrase, headers, b""))


def certificate(reason: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, f"certificate verify failed: {reason}")
    error.verify_message = reason
    return error


def one_line(ending: Ending) -> str:
    """The words, which may stand in a terminal."""
    assert isinstance(ending.words, SafeText)
    assert ending.words and len(ending.words) <= 300
    assert not [c for c in ending.words if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"}]
    return ending.words


FINAL = [
    pytest.param(certificate("self-signed certificate"), "SSL_CERT_FILE", id="certificate"),
    pytest.param(certificate("self-signed certificate"), "self-signed", id="its reason"),
    pytest.param(ssl.SSLError(1, "WRONG_VERSION_NUMBER"), "check the address", id="no TLS"),
    pytest.param(InvalidURI(URL, "scheme"), "looks like ws://127.0.0.1:8765", id="scheme"),
    pytest.param(ValueError("Port out of range"), "not the address of a desk", id="port"),
    pytest.param(UnicodeError("label empty"), "not the address of a desk", id="label"),
    pytest.param(InvalidMessage("no HTTP"), "not as a desk; check the address", id="no HTTP"),
    pytest.param(InvalidHandshake("nonsense"), "not as a desk", id="no websocket"),
    pytest.param(status(401), f"agent-tui login {URL}", id="401"),
    pytest.param(status(403), f"agent-tui login {URL}", id="403"),
    pytest.param(status(404), "404, not as a desk; check the address", id="404"),
    pytest.param(status(302), "302", id="302"),
    pytest.param(InvalidProxy("ftp://x", "scheme ftp"), "scheme ftp", id="no such proxy"),
    pytest.param(ImportError("requires python-socks"), "python-socks", id="socks"),
]
AGAIN = [
    pytest.param(status(503), "busy (HTTP 503)", id="503"),
    pytest.param(status(429), "busy (HTTP 429)", id="429"),
    pytest.param(socket.gaierror(-2, "unknown"), "no such host; check", id="no host"),
    pytest.param(ConnectionRefusedError(errno.ECONNREFUSED, "x"), "is the desk running", id="port"),
    pytest.param(
        OSError("Multiple exceptions: [Errno 111] Connect call failed, [Errno 111] the other"),
        "is the desk running",
        id="all its addresses",
    ),
    pytest.param(
        OSError(errno.EHOSTUNREACH, "Connect call failed ('10.0.0.1', 443)"),
        "cannot be reached",
        id="no way there",
    ),
    pytest.param(TimeoutError(), "does not answer; check", id="time"),
    pytest.param(ConnectionResetError(104, "Connection reset"), "reset", id="reset"),
    pytest.param(
        caused(InvalidMessage("no HTTP"), EOFError("stream ends")), "stream ends", id="dies"
    ),
    pytest.param(ssl.SSLEOFError(8, "EOF occurred"), "EOF", id="dies under TLS"),
    pytest.param(InvalidProxyStatus(Response(502, "Bad", Headers())), "502", id="proxy"),
]


@pytest.mark.parametrize(("error", "words"), FINAL)
def test_what_waiting_does_not_mend_is_final(error: Exception, words: str) -> None:
    """No second attempt; the line names the address and what to do."""
    ending = not_opened(error, URL)
    assert ending.final
    assert URL in one_line(ending) and words in ending.words


@pytest.mark.parametrize(("error", "words"), AGAIN)
def test_what_may_mend_itself_is_tried_again(error: Exception, words: str) -> None:
    """An outage, so the first wait is a long one."""
    ending = not_opened(error, URL)
    assert not ending.final and not ending.alone
    assert URL in one_line(ending) and words in ending.words


@pytest.mark.parametrize(("error", "_words"), [*FINAL, *AGAIN])
def test_every_one_of_them_is_caught(error: Exception, _words: str) -> None:
    """What can be explained is what the client catches."""
    assert isinstance(error, LINK_ERRORS)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ((), None),
        (("7",), 7),
        (("0",), 0),
        (("86400",), 300),
        (("9" * 400,), 300),
        (("-1",), None),
        (("1.5",), None),
        (("²",), None),
        (("soon",), None),
        (("1", "2"), None),
    ],
)
def test_retry_after_is_believed_within_reason(
    headers: tuple[str, ...], seconds: float | None
) -> None:
    """Whole seconds, five minutes at most; anything else counts as not said."""
    assert not_opened(status(503, *headers), URL).retry_after == seconds


def test_a_proxy_s_password_is_not_shown() -> None:
    """Its address comes from the environment and may hold one."""
    ending = not_opened(InvalidProxy("ftp://ana:hunter2@proxy", "no such scheme"), URL)
    assert "hunter2" not in ending.words


def test_a_token_is_not_shown() -> None:
    """A token that is no header value is not repeated in the error."""
    ending = not_opened(InvalidHeaderValue("Authorization", "Bearer hunter2\n"), URL)
    assert "hunter2" not in ending.words


@given(st.text(max_size=400) | st.just(HOSTILE), st.sampled_from(range(7)))
def test_hostile_reasons_are_one_harmless_line(raw: str, kind: int) -> None:
    """What a stranger's server says stands in the line, but never acts on the terminal."""
    errors: list[BaseException] = [
        OSError(raw),
        OSError(5, raw),
        certificate(raw),
        caused(InvalidMessage("x"), EOFError(raw)),
        InvalidProxy("x", raw),
        ImportError(raw),
        status(502, phrase=raw),
    ]
    one_line(not_opened(errors[kind], URL))
    one_line(not_opened(errors[kind], raw + "x"))


# Links that were open


def go(message: str = "", agents: tuple[str, ...] = (), after: float | None = None) -> Go:
    """What the desk said before it closed."""
    return Go(0, SafeText(message), tuple(SafeText(agent) for agent in agents), after)


@pytest.mark.parametrize(
    ("code", "said", "words"),
    [
        (4001, None, "log in again: agent-tui login"),
        (4003, go(agents=("ben", "cleo")), "no agent ana at this desk; there are: ben, cleo"),
        (4003, go(), "does not let ana in; ask whoever runs it"),
        (4003, None, "does not let ana in"),
        (4009, None, "another console took over this seat; close one of the two"),
        (4010, None, "update agent-tui"),
        (4010, go("This desk speaks version 2."), "(This desk speaks version 2.)"),
    ],
)
def test_final_goodbyes_say_what_to_do(code: int, said: Go | None, words: str) -> None:
    """The agent has to do something, and is told what."""
    ending = closed(code, said, "ana")
    assert ending.final
    assert words in one_line(ending)


@pytest.mark.parametrize("code", [None, 1000, 1001, 1006, 1011, 4012, 4099, *UNREADABLE])
def test_other_goodbyes_are_this_link_s_own(code: int | None) -> None:
    """One more attempt, soon, or when the desk says."""
    assert not closed(code, None, "ana").final
    assert closed(code, None, "ana").alone
    assert closed(code, None, "ana").retry_after is None
    assert closed(code, go(after=7), "ana").retry_after == 7
    one_line(closed(code, None, "ana"))


def test_a_pause_is_as_long_as_told_or_a_minute() -> None:
    """Too many commands: a link that came back at once would be thrown out again."""
    assert closed(4008, go(after=7), "ana").retry_after == 7
    assert closed(4008, None, "ana").retry_after == 60
    assert not closed(4008, None, "ana").final


def test_an_expired_token_is_final_if_there_is_no_other() -> None:
    """Whoever reads it again and finds another one goes on."""
    ending = closed(4002, None, "ana")
    assert ending.token and ending.final
    assert "agent-tui login" in ending.words and "what is unsent is kept" in ending.words


@pytest.mark.parametrize("code", [1012, 1013])
def test_a_restart_is_everybody_s(code: int) -> None:
    """All consoles come back at once, so that the first wait is a long one, or as told."""
    assert not closed(code, None, "ana").alone
    assert closed(code, go(after=7), "ana").retry_after == 7
    assert "restarting" in one_line(closed(code, None, "ana"))


@given(st.text(max_size=200) | st.just(HOSTILE))
def test_a_hostile_name_is_harmless(name: str) -> None:
    """The agent's name comes from a command line or a file."""
    for code in (4003, 4010):
        one_line(closed(code, go(agents=("ben",)), name))
        one_line(closed(code, None, name))


def test_no_words_are_empty() -> None:
    """Every code there can be says something."""
    for code in range(1000, 5000):
        assert closed(code, None, "ana").words != NO_TEXT


def test_no_other_module_explains(request: pytest.FixtureRequest) -> None:
    """The close codes of the protocol's table are all spoken for."""
    page = Path(request.config.rootpath / "docs" / "protocol.md").read_text()
    table = page[page.index("## 7. Going") :]
    rows = [row.split("|")[1:4] for row in table.splitlines() if row.startswith(("| 1", "| 4"))]
    assert len(rows) == 10
    for codes, _meaning, client in rows:
        for code in codes.split(","):
            assert closed(int(code), None, "ana").final is (
                ("stops" in client and "then" not in client) or "logs in" in client
            )
