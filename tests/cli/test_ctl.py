"""``agent-tui mock ctl``: its words, and one run of everything through the real command line."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest

from agent_tui import i18n
from agent_tui.backends.mock.faults.kinds import FAULTS
from agent_tui.backends.mock.options import MockOptions
from agent_tui.cli import ctl as ctl_module
from agent_tui.cli.arguments import Ctl, Mock, UsageError, parse
from agent_tui.cli.ctl import run_ctl
from agent_tui.credentials import CredentialError

SECONDS = 30.0


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    """No test leaves the program speaking another language."""
    yield
    i18n.use_language("en")


def read(words: str) -> Ctl:
    """What ``agent-tui mock ctl`` with these words asks for."""
    verb, _look = parse(["mock", "ctl", *words.split()])
    assert isinstance(verb, Ctl)
    return verb


def refused(words: str) -> str:
    """Why it cannot be understood."""
    with pytest.raises(UsageError) as caught:
        parse(words.split())
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_fault_is_typed_as_it_is_said() -> None:
    """Dashes for underscores, the first value without its name, lists with commas."""
    assert read("latency 300 --jitter 50.5 --for 20 --agent ana") == Ctl(
        "set", "latency", (("agent", "ana"), ("for", 20), ("jitter", 50.5), ("ms", 300))
    )
    assert read("latency --ms 300") == Ctl("set", "latency", (("ms", 300),))
    assert read("half-open") == Ctl("set", "half_open")
    assert read("rate-limited --retry-after 3") == Ctl("set", "rate_limited", (("retry_after", 3),))
    assert read("lose 1 --only ev,hb --count 1") == Ctl(
        "set", "lose", (("count", 1), ("only", ("ev", "hb")), ("share", 1))
    )
    assert read("drop --every 30 --for 90").wanted == (("every", 30), ("for", 90))
    for name in FAULTS:
        assert read(name.replace("_", "-")) == Ctl("set", name)


def test_what_is_no_fault() -> None:
    """And which desk is meant, said before or behind."""
    assert read("faults") == Ctl("faults")
    assert read("token --lang de") == Ctl("token")
    assert read("clear") == Ctl("clear")
    assert read("clear half-open") == Ctl("clear", "half_open")
    assert read("--port 8765 clear script") == Ctl("clear", "script", port=8765)
    assert parse(["mock", "--port", "8765", "ctl", "drop"])[0] == Ctl("set", "drop", port=8765)
    assert parse(["mock", "--token", "ctl"])[0] == Mock(MockOptions(token="ctl"))


def test_files_are_named(tmp_path: Path) -> None:
    """Of the token and of the socket."""
    told = read(f"--control {tmp_path}/c --token-file {tmp_path}/t drop")
    assert (told.control, told.token_file) == (tmp_path / "c", tmp_path / "t")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("mock ctl", "required"),
        ("mock ctl latency --ms 3 5", "twice"),
        ("mock ctl latency abc", "must be a number from 0 to 60000"),
        ("mock ctl latency nan", "must be a number"),
        ("mock ctl latency --jitterr 3", "--jitterr"),
        ("mock ctl lose --only ev,foo", "some of: ev, res"),
        ("mock ctl malformed odd", "one of: any"),
        ("mock ctl drop --for 3", "over at once"),
        ("mock ctl epoch --for 3", "--for"),
        ("mock ctl goodbye 1006", "may be sent"),
        ("mock ctl clear latncy", "did you mean 'latency'"),
        ("mock ctl --token geheim drop", "AGENT_TUI_TOKEN"),
        ("mock --rate 3 ctl drop", "--rate does not go with mock ctl"),
        ("mock --latency 3 ctl drop", "--latency does not go with mock ctl"),
        ("mock --faults /no/such/file.toml", "cannot be read"),
        ("mock --token-life 0", "from 1"),
        ("mock --token-file /no/such/folder/x", "no place for a file"),
        ("demo --faults x", "--faults"),
    ],
)
def test_what_cannot_be_understood_is_told(words: str, why: str) -> None:
    """In one line, and never a token again."""
    said = refused(words)
    assert why in said
    assert "geheim" not in said


def test_the_mock_desk_takes_a_script_and_a_life_for_tokens(tmp_path: Path) -> None:
    """The script is read, and its mistakes are told, before anything starts."""
    script = tmp_path / "day.toml"
    script.write_text('seed = 3\nsteps = [{at = 1, fault = "drop"}]')
    verb, _look = parse(
        ["mock", "--faults", str(script), "--token-life", "90", "--token-file",
         str(tmp_path / "t"), "--control", str(tmp_path / "c")]
    )  # fmt: skip
    assert isinstance(verb, Mock)
    assert verb.options.faults is not None
    assert verb.options.faults.seed == 3
    assert (verb.options.token_life, verb.options.token_file) == (90, tmp_path / "t")
    assert verb.options.control == tmp_path / "c"
    script.write_text('steps = [\n{at = 1, fault = "drpo"}]')
    assert "line 2: step 1: fault drpo is not known here" in refused(f"mock --faults {script}")


@pytest.mark.parametrize("words", ["", "latency", "clear", "lose", "drop"])
def test_help_is_there_for_each(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No wider than a terminal; its examples can be typed."""
    with pytest.raises(SystemExit) as done:
        parse(["mock", "ctl", *words.split(), "--help"])
    assert done.value.code == 0
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 80
    for example in re.findall(r"^  agent-tui (.*)$", printed, re.MULTILINE):
        parse(example.split())


def test_the_token_is_needed_and_leaves_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """From the variable or the file, which must be private."""
    asked: list[tuple[Path, str, Any]] = []

    def ask(path: Path, token: str, request: Any) -> list[str]:
        asked.append((path, token, request))
        return []

    monkeypatch.setattr(ctl_module, "ask", ask)
    environ: MutableMapping[str, str] = {}
    with pytest.raises(CredentialError, match="AGENT_TUI_TOKEN"):
        run_ctl(Ctl("faults", control=tmp_path), environ)
    environ["AGENT_TUI_TOKEN"] = "t-1"
    run_ctl(Ctl("set", "drop", control=tmp_path), environ)
    assert environ == {}
    assert asked == [(tmp_path, "t-1", {"do": "set", "fault": "drop", "with": {}})]
    file = tmp_path / "token"
    file.write_text("t-2\n")
    file.chmod(0o644)
    with pytest.raises(CredentialError, match="chmod 600"):
        run_ctl(Ctl("faults", control=tmp_path, token_file=file), environ)
    file.chmod(0o600)
    run_ctl(Ctl("faults", control=tmp_path, token_file=file), environ)
    assert asked[-1][1] == "t-2"


# ── the whole way ───────────────────────────────────────────────────────────────────────


def test_a_running_desk_is_made_to_misbehave_and_killed(tmp_path: Path) -> None:
    """Two processes: the desk prints where its side door is, and ctl goes in by it."""
    run = tmp_path / "r"
    run.mkdir()
    environ = {**os.environ, "XDG_RUNTIME_DIR": str(run), "LANG": "C.UTF-8"}
    environ.pop("AGENT_TUI_TOKEN", None)
    token = tmp_path / "token"
    program = [sys.executable, "-m", "agent_tui", "mock"]

    def ctl(*words: str, **more: str) -> tuple[int, str]:
        done = subprocess.run(
            [*program, "ctl", *words], env={**environ, **more}, capture_output=True, text=True,
            timeout=SECONDS, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        return done.returncode, (done.stdout + done.stderr).strip()

    desk = subprocess.Popen(
        [*program, "--conversations", "3", "--rate", "0", "--token-file", str(token)],
        env=environ, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert desk.stdout is not None
        hello = json.loads(desk.stdout.readline())
        socket = Path(hello["control"])
        assert socket.parent == run / "agent-tui"
        assert stat.S_IMODE(socket.stat().st_mode) == 0o600
        assert token.read_text().strip() == hello["token"]
        given = ("--token-file", str(token))
        code, said = ctl("faults")
        assert (code, "AGENT_TUI_TOKEN" in said) == (2, True)
        code, said = ctl("drop", AGENT_TUI_TOKEN="nope")
        assert (code, "token is missing or wrong" in said) == (2, True)
        assert ctl(*given, "latency", "30") == (0, "latency ms=30 is on until it is cleared")
        assert ctl("faults", AGENT_TUI_TOKEN=hello["token"])[1].startswith("latency ms=30")
        assert ctl(*given, "token") == (0, hello["token"])
        assert ctl(*given, "kill") == (0, "kill: done")
        assert desk.wait(SECONDS) == -signal.SIGKILL
        code, said = ctl(*given, "faults")
        assert (code, "No mock desk runs here" in said) == (2, True)
        assert not socket.exists()
    finally:
        desk.kill()
        desk.wait()
        if desk.stdout is not None:
            desk.stdout.close()
