"""Where a token comes from, in which order, and what is refused."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from getpass import GetPassWarning
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui import credentials
from agent_tui.credentials import (
    LONGEST_TOKEN,
    TOKEN_VARIABLE,
    Account,
    CredentialError,
    checked,
    find_token,
    from_command,
    from_file,
    prompt_if_terminal,
    terminal_prompt,
)
from agent_tui.credentials.key_ring import KeyRingError
from agent_tui.credentials.secret import Secret

URL = "wss://desk.example"


class Ring:
    """A key ring that keeps one token, or fails."""

    def __init__(self, kept: str | None = None, trouble: str = "") -> None:
        self.kept = kept
        self.trouble = trouble
        self.asked: list[str] = []

    def get(self, account: str) -> Secret | None:
        self.asked.append(account)
        if self.trouble:
            raise KeyRingError(self.trouble)
        return Secret(self.kept) if self.kept is not None else None

    def set(self, account: str, token: Secret) -> None:
        raise AssertionError

    def delete(self, account: str) -> None:
        raise AssertionError


def command(code: str) -> tuple[str, ...]:
    """A command that runs `code`."""
    return (sys.executable, "-S", "-c", code)


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    """A file that only its owner can read, with a token in it."""
    place = tmp_path / "token"
    place.write_text("from-file\nsecond line\n")
    place.chmod(0o600)
    return place


# ── the order ───────────────────────────────────────────────────────────────────


def test_each_place_outranks_the_next(token_file: Path) -> None:
    """Key ring, command, file, environment, question."""
    full = Account(URL, "ana", command("print('from-command')"), token_file)
    only_file = Account(URL, "ana", (), token_file)
    bare = Account(URL, "ana")

    def ask(_question: str) -> str:
        return "from-prompt"

    def environ() -> dict[str, str]:
        return {TOKEN_VARIABLE: "from-environment"}

    found = [
        find_token(full, environ(), Ring("from-ring"), ask),
        find_token(full, environ(), Ring(), ask),
        find_token(only_file, environ(), Ring(trouble="locked"), ask),
        find_token(bare, environ(), Ring(), ask),
        find_token(bare, {}, Ring(), ask),
    ]
    words = [one.token.reveal() for one in found]
    assert words == ["from-ring", "from-command", "from-file", "from-environment", "from-prompt"]
    assert len({one.source for one in found}) == 5


def test_a_variable_for_another_desk_is_not_carried_to_this_one() -> None:
    """It names no desk; what the key ring keeps for this one does."""
    environ = {TOKEN_VARIABLE: "of-another-desk"}
    assert find_token(Account(URL, "ana"), environ, Ring("t-1")).token == Secret("t-1")
    assert environ == {}


def test_the_variable_is_gone_once_it_was_read() -> None:
    """No program that is started later inherits the token."""
    environ = {TOKEN_VARIABLE: "t-1", "HOME": "/"}
    assert find_token(Account(URL, "ana"), environ, Ring()).source == TOKEN_VARIABLE
    assert environ == {"HOME": "/"}


def test_an_empty_variable_is_none() -> None:
    """Scripts clear a variable so."""
    environ = {TOKEN_VARIABLE: ""}
    assert find_token(Account(URL, "ana"), environ, Ring("from-ring")).token == Secret("from-ring")


def test_the_key_ring_is_asked_for_this_agent_at_this_desk() -> None:
    """Two agents at one desk, or one at two, have tokens of their own."""
    ring = Ring("t-1")
    find_token(Account(URL, "ana"), {}, ring)
    find_token(Account(URL, "ben"), {}, ring)
    assert ring.asked == [f"ana {URL}", f"ben {URL}"]


def test_where_nobody_can_be_asked_the_ways_are_named() -> None:
    """All of them, and why the key ring was no help."""
    with pytest.raises(CredentialError) as caught:
        find_token(Account(URL, "ana"), {}, Ring(trouble="it is locked"))
    said = str(caught.value)
    for way in (TOKEN_VARIABLE, "agent-tui login", "token_command", "token_file", "it is locked"):
        assert way in said


def test_a_command_that_was_named_and_fails_is_not_passed_over(token_file: Path) -> None:
    """The agent meant it; another token would be a surprise."""
    account = Account(URL, "ana", command("raise SystemExit(3)"), token_file)
    with pytest.raises(CredentialError, match="failed with 3"):
        find_token(account, {}, Ring())


# ── what a token is ─────────────────────────────────────────────────────────────


@given(st.text(max_size=50))
def test_a_token_can_be_a_header_or_is_refused(text: str) -> None:
    """One word of visible ASCII; the words of the refusal never hold it."""
    try:
        word = checked(text, "here").reveal()
    except CredentialError as error:
        assert not text.strip() or text.strip() in "here holds no token" or text not in str(error)
    else:
        assert word.isascii()
        assert word.isprintable()
        assert " " not in word
        assert word == text.strip()


def test_a_token_has_a_longest() -> None:
    """What is longer is something else by mistake."""
    assert checked("a" * LONGEST_TOKEN, "here")
    with pytest.raises(CredentialError):
        checked("a" * (LONGEST_TOKEN + 1), "here")


# ── the file ────────────────────────────────────────────────────────────────────


def test_the_first_line_of_the_file_is_the_token(token_file: Path) -> None:
    """Further lines are notes."""
    assert from_file(token_file) == Secret("from-file")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o666])
def test_a_file_that_others_can_touch_is_refused(token_file: Path, mode: int) -> None:
    """The line says how to mend it, and not what is in it."""
    token_file.chmod(mode)
    with pytest.raises(CredentialError, match="chmod 600") as caught:
        from_file(token_file)
    assert "from-file" not in str(caught.value)


def test_a_file_of_somebody_else_is_refused(
    token_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who owns it could change it."""
    me = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: me + 1)
    with pytest.raises(CredentialError, match="somebody else"):
        from_file(token_file)


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    """Not there, a folder, a pipe that nobody writes to, no path at all."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    for place in (tmp_path / "none", tmp_path, pipe, Path("\0")):
        with pytest.raises(CredentialError):
            from_file(place)


def test_a_link_is_followed_where_no_stranger_made_it(
    token_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stranger's link could lead to another secret of the agent's; its end is checked as well."""
    link = tmp_path / "link"
    link.symlink_to(token_file)
    assert from_file(link) == Secret("from-file")
    token_file.chmod(0o644)
    with pytest.raises(CredentialError, match="chmod 600"):
        from_file(link)
    token_file.chmod(0o600)
    if os.getuid() != 0:
        pytest.skip("only root can make a link of somebody else's")
    os.lchown(link, 1234, 1234)
    with pytest.raises(CredentialError, match="somebody else made"):
        from_file(link)


def test_an_empty_file_is_refused(token_file: Path) -> None:
    """An empty first line is no token."""
    token_file.write_text("\nlater")
    with pytest.raises(CredentialError, match="empty"):
        from_file(token_file)


# ── the command ─────────────────────────────────────────────────────────────────


def test_the_first_line_that_is_printed_is_the_token() -> None:
    """As `pass show` prints it."""
    assert from_command(command("print('t-1'); print('user: ana')")) == Secret("t-1")


def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    """An argument with shell signs stays one argument."""
    words = command("import sys; print(len(sys.argv), sys.argv[1].count('$'), sep='-')")
    assert from_command((*words, "$(touch x); $HOME")) == Secret("2-2")
    assert not (tmp_path / "x").exists()


def test_a_command_that_fails_is_quoted_harmlessly() -> None:
    """Its error output is shown on one line; what it printed is not."""
    with pytest.raises(CredentialError) as caught:
        from_command(
            command(
                "import sys; print('geheim'); sys.stderr.write('no entry\\x1b[2J\\nmore'); exit(1)"
            )
        )
    said = str(caught.value)
    assert "no entry" in said
    assert "failed with 1" in said
    assert said.isprintable()
    assert "geheim" not in said


def test_a_command_that_takes_too_long_is_ended() -> None:
    """Also when it left a child behind that keeps its output open."""
    for code in (
        "import time; time.sleep(60)",
        "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'input()'],"
        " stdin=subprocess.PIPE); import time; time.sleep(60)",
    ):
        with pytest.raises(CredentialError, match=r"took longer than 0\.3 s"):
            from_command(command(code), seconds=0.3)


def test_a_command_that_prints_without_end_is_ended() -> None:
    """Only so much is kept of it."""
    with pytest.raises(CredentialError):
        from_command(command("while True: print('a' * 9999)"))


@pytest.mark.parametrize("words", [("/no/such/program",), ("a\0b",), ("",)])
def test_a_command_that_cannot_be_started_is_named(words: tuple[str, ...]) -> None:
    """The system's reason is told."""
    with pytest.raises(CredentialError, match="cannot be started"):
        from_command(words)


# ── the question ────────────────────────────────────────────────────────────────


def test_nobody_is_asked_where_the_keyboard_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A script must not hang on a question."""

    class Keyboard:
        def __init__(self, terminal: bool) -> None:
            self.isatty: Callable[[], bool] = lambda: terminal

    monkeypatch.setattr(sys, "stdin", Keyboard(False))
    assert prompt_if_terminal() is None
    monkeypatch.setattr(sys, "stdin", Keyboard(True))
    assert prompt_if_terminal() is terminal_prompt
    monkeypatch.setattr(sys, "stdin", None)
    assert prompt_if_terminal() is None


def test_a_terminal_that_would_show_the_token_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """getpass only warns, and goes on to show it."""

    def warns(_prompt: str) -> str:
        warnings.warn("can not control echo", GetPassWarning, stacklevel=1)
        return "t-1"

    monkeypatch.setattr(credentials, "getpass", warns)
    with pytest.raises(CredentialError, match=TOKEN_VARIABLE):
        terminal_prompt("Token?")


def test_what_is_kept_can_be_read_again(token_file: Path) -> None:
    """From the same place, where there is another one by then; a prompt is not asked twice."""
    ring = Ring("first")
    kept = find_token(Account(URL, "ana"), {}, ring)
    ring.kept = "second"
    assert kept.again is not None and kept.again() == Secret("second")
    ring.kept = None
    with pytest.raises(CredentialError, match="key ring"):
        kept.again()
    ring.trouble = "it is locked"
    with pytest.raises(CredentialError, match="it is locked"):
        kept.again()
    of_file = find_token(Account(URL, "ana", (), token_file), {}, Ring())
    token_file.write_text("another\n")
    assert of_file.again is not None and of_file.again() == Secret("another")
    asked = find_token(Account(URL, "ana"), {}, Ring(), lambda _question: "typed")
    given = find_token(Account(URL, "ana"), {TOKEN_VARIABLE: "given"}, Ring())
    assert asked.again is given.again is None
