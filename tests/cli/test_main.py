"""From the command line to the part that does the work, and back as an exit code."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest

from agent_tui import i18n
from agent_tui.backends.mock.options import MockError, MockOptions
from agent_tui.cli import main as cli
from agent_tui.config import Profile, Settings, Target
from agent_tui.config.edit import store_profile
from agent_tui.credentials.secret import Secret

DESK = "wss://desk.example"


class StartError(Exception):
    """As `agent_tui.start` raises it."""


@dataclass
class Console:
    """Stands in for `agent_tui.start`: says what was to be opened."""

    opened: list[tuple[Target, Settings]] = field(default_factory=list)
    failure: BaseException | None = None
    code: int = 0
    plain: bool = False

    def open_console(self, target: Target, settings: Settings, plain: bool) -> int:
        self.opened.append((target, settings))
        self.plain = plain
        if self.failure is not None:
            raise self.failure
        return self.code

    def probe(self, target: Target) -> None:
        self.opened.append((target, None))  # type: ignore[arg-type]
        if self.failure is not None:
            raise self.failure

    @property
    def target(self) -> Target:
        """The one desk that was to be opened."""
        [(target, _settings)] = self.opened
        return target


class Desk:
    """Stands in for the desk inside the program."""

    started: ClassVar[list[MockOptions]] = []
    stopped: ClassVar[int] = 0
    failure: ClassVar[MockError | None] = None

    def __init__(self, options: MockOptions) -> None:
        self.options = options
        self.url = "ws://127.0.0.1:4711"
        self.token = "t-1"
        self.agents = ("ana", "ben")
        self.problems = ("users.jsonl, line 3: no JSON\x1b[2J",)

    def start(self) -> None:
        if Desk.failure is not None:
            raise Desk.failure
        Desk.started.append(self.options)

    def stop(self) -> None:
        Desk.stopped += 1


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No settings, no token, no key ring, no terminal, English."""
    for name in ("AGENT_TUI_TOKEN", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("AGENT_TUI_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setattr(Desk, "started", [])
    monkeypatch.setattr(Desk, "stopped", 0)
    monkeypatch.setattr(Desk, "failure", None)
    yield
    i18n.use_language("en")


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    """Where the settings of this test are."""
    return tmp_path / "config.toml"


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> Console:
    """The parts behind the command line, replaced."""
    made = Console()
    start: Any = ModuleType("agent_tui.start")
    start.open_console, start.probe, start.StartError = made.open_console, made.probe, StartError
    monkeypatch.setitem(sys.modules, "agent_tui.start", start)
    embedded: Any = ModuleType("agent_tui.backends.mock.embedded")
    embedded.EmbeddedDesk = Desk
    monkeypatch.setitem(sys.modules, "agent_tui.backends.mock.embedded", embedded)
    return made


def told(capsys: pytest.CaptureFixture[str]) -> str:
    """What was said on the error output; nothing was said on the other."""
    out, err = capsys.readouterr()
    assert out == ""
    return err


# ── which desk ──────────────────────────────────────────────────────────────────


def test_without_a_desk_the_demo_opens_and_says_so(
    console: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its socket, as the first of its agents; and the desk is stopped afterwards."""
    assert cli.main([]) == 0
    assert console.target == Target("ws://127.0.0.1:4711", Secret("t-1"), "ana", "demo")
    notice = told(capsys).splitlines()[-1]
    assert "no desk is set up" in notice
    assert "this is the demo" in notice
    assert Desk.stopped == 1


def test_the_demo_is_as_it_was_asked_for(console: Console, tmp_path: Path) -> None:
    """Agent, corpus, number, seed and rate reach the desk."""
    argv = "demo --as ben --conversations 5 --seed 2 --rate 0.5 --theme light --lang de".split()  # noqa: SIM905 - as typed
    assert cli.main([*argv, "--corpus", str(tmp_path)]) == 0
    assert Desk.started == [MockOptions(corpus=tmp_path, conversations=5, seed=2, rate=0.5)]
    [(target, settings)] = console.opened
    assert (target.agent, settings.theme, settings.language) == ("ben", "light", "de")


def test_what_is_wrong_with_a_corpus_is_told_and_the_rest_opens(
    console: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    """One harmless line a fault."""
    assert cli.main(["demo"]) == 0
    [line] = told(capsys).splitlines()
    assert line.startswith("agent-tui: users.jsonl, line 3")
    assert line.isprintable()


def test_an_agent_the_demo_does_not_know_is_refused(
    console: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    """With those it knows; the desk is stopped."""
    assert cli.main(["demo", "--as", "zoe"]) == 2
    assert "ana, ben" in told(capsys)
    assert console.opened == []
    assert Desk.stopped == 1


def test_the_profile_that_is_set_up_opens(
    console: Console,
    settings_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With the token of the environment, which no later program inherits."""
    store_profile(settings_file, Profile("shop", DESK, "ana"))
    monkeypatch.setenv("AGENT_TUI_TOKEN", "t-2")
    assert cli.main([]) == 0
    assert console.target == Target(DESK, Secret("t-2"), "ana", "profile shop")
    assert told(capsys) == ""
    assert "AGENT_TUI_TOKEN" not in os.environ


def test_as_sits_at_the_profile_s_desk_in_place_of_its_agent(
    console: Console, settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A colleague's shift."""
    store_profile(settings_file, Profile("shop", DESK, "ana"))
    monkeypatch.setenv("AGENT_TUI_TOKEN", "t-2")
    assert cli.main(["--profile", "shop", "--as", "ben"]) == 0
    assert console.target.agent == "ben"


def test_an_address_opens_that_desk(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """--url and --as, the token from the environment."""
    monkeypatch.setenv("AGENT_TUI_TOKEN", "t-2")
    assert cli.main(["--url", "ws://127.0.0.1:8765/", "--as", "ana"]) == 0
    assert console.target == Target("ws://127.0.0.1:8765", Secret("t-2"), "ana", "--url")


def test_an_address_that_is_set_up_needs_no_agent(console: Console, settings_file: Path) -> None:
    """Its profile knows who sits there and where the token is."""
    store_profile(settings_file, Profile("shop", DESK, "ana", ("echo", "from-command")))
    assert cli.main(["--url", DESK]) == 0
    assert console.target == Target(DESK, Secret("from-command"), "ana", "--url")


# ── what cannot start ───────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ("--foo", "--foo"),
        ("--url http://x", "wss://"),
        (f"--url {DESK}", "--as"),
        (f"--url {DESK} --as ana", "AGENT_TUI_TOKEN"),
        ("--profile shop", "agent-tui login"),
        ("--token geheim", "AGENT_TUI_TOKEN"),
        ("demo --corpus /no/such/folder", "no folder"),
        ("logout", "no desk is set up"),
        (f"login {DESK}", "--as"),
        ("--foo\x1b[2J\n[/b]", "--foo"),
        ("\udcff", "choice"),
    ],
)
def test_what_cannot_start_says_why_in_one_line(
    console: Console, capsys: pytest.CaptureFixture[str], argv: str, words: str
) -> None:
    """Exit code 2, one harmless line, no traceback, nothing opened."""
    assert cli.main(argv.split(" ")) == 2
    [line] = told(capsys).splitlines()
    assert line.startswith("agent-tui: ")
    assert words in line
    assert line.isprintable()
    assert console.opened == []


def test_damaged_settings_are_a_fault_with_their_line(
    console: Console, settings_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The demo is no way around them: the agent would miss what she set."""
    settings_file.write_text("[settings]\nthem = 1")
    assert cli.main(["demo"]) == 2
    assert "line 2: settings.them is not known" in told(capsys)


def test_a_start_that_fails_is_one_line(
    console: Console,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Refused connection, wrong token, unknown agent: the words come from the start."""
    monkeypatch.setenv("AGENT_TUI_TOKEN", "t-2")
    console.failure = StartError("refused by desk\nsecond line")
    assert cli.main(["--url", DESK, "--as", "ana"]) == 2
    assert told(capsys) == "agent-tui: refused by desk second line\n"


def test_a_desk_inside_the_program_that_fails_is_one_line(
    console: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    """No port, no memory, a corpus that cannot be read."""
    Desk.failure = MockError("no port is free")
    assert cli.main(["demo"]) == 2
    assert told(capsys) == "agent-tui: no port is free\n"


def test_the_console_s_exit_code_is_the_program_s(console: Console) -> None:
    """Whatever it is."""
    console.code = 7
    assert cli.main(["demo"]) == 7


def test_a_mistake_of_the_programs_own_is_told_without_its_words(
    console: Console, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """They may be a customer's or a token: where it happened is told, and more in a report."""
    console.failure = ValueError("Zanzibar lettuce")
    assert cli.main(["demo"]) == 1
    said = told(capsys)
    assert "ValueError" in said
    assert "Traceback" not in said
    [report] = (tmp_path / "state" / "agent-tui").glob("crash-*.txt")
    assert str(report) in said
    assert "Zanzibar" not in said + report.read_text()
    assert Desk.stopped == 1


@pytest.mark.parametrize("argv", [["--plain"], ["demo", "--plain"], ["--plain", "demo"]])
def test_plain_text_can_be_asked_for(console: Console, argv: list[str]) -> None:
    """Also on a terminal."""
    assert cli.main(argv) == 0
    assert console.plain
    assert cli.main(["demo"]) == 0
    assert not console.plain


def test_a_log_can_be_asked_for(
    console: Console, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Where it cannot be written nothing is opened, so that nobody waits for it in vain."""
    root = logging.getLogger()
    before = list(root.handlers)
    try:
        assert cli.main(["demo", "--log", str(tmp_path / "log")]) == 0
        assert (tmp_path / "log").exists()
    finally:
        root.handlers[:] = before
        logging.getLogger("agent_tui").setLevel(logging.NOTSET)
    capsys.readouterr()
    (tmp_path / "open").touch(0o644)
    assert cli.main(["demo", "--log", str(tmp_path / "open")]) == 2
    assert "nobody else can read" in told(capsys)
    assert len(console.opened) == 1


def test_an_interrupt_is_quiet(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    """130, as shells have it, and the desk is stopped."""
    console.failure = KeyboardInterrupt()
    assert cli.main(["demo"]) == 130
    assert "Traceback" not in told(capsys)
    assert Desk.stopped == 1


def test_a_fault_is_told_in_the_language_asked_for(
    console: Console, monkeypatch: pytest.MonkeyPatch, settings_file: Path
) -> None:
    """--lang outranks the settings, which outrank the surroundings."""
    cli.main(["--lang", "de", "--foo"])
    assert i18n.language() == "de"
    settings_file.write_text('[settings]\nlanguage = "de"')
    cli.main(["demo"])
    assert i18n.language() == "de"
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    cli.main(["demo", "--lang", "en"])
    assert i18n.language() == "en"


# ── login, logout, doctor ───────────────────────────────────────────────────────


def test_login_tries_and_keeps_then_logout_forgets(
    console: Console,
    settings_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """From the command line to the file and back; the token is never shown."""
    monkeypatch.setenv("AGENT_TUI_TOKEN", "geheim")
    assert cli.main(["login", DESK, "--as", "ana"]) == 0
    assert console.target == Target(DESK, Secret("geheim"), "ana", "profile default")
    assert "desk.example" in settings_file.read_text()
    assert cli.main(["logout"]) == 0
    assert "desk.example" not in settings_file.read_text()
    out, err = capsys.readouterr()
    assert "geheim" not in out + err


def test_login_that_does_not_connect_is_one_line(
    console: Console,
    settings_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is kept."""
    monkeypatch.setenv("AGENT_TUI_TOKEN", "geheim")
    console.failure = StartError("401: the token is wrong")
    assert cli.main(["login", DESK, "--as", "ana"]) == 2
    assert told(capsys) == "agent-tui: 401: the token is wrong\n"
    assert not settings_file.exists()


def test_the_doctor_s_exit_code_tells_whether_all_is_well(
    console: Console, settings_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 without a desk; 1 when the settings are damaged, and everything else is still looked at."""
    assert cli.main(["doctor"]) == 0
    well = capsys.readouterr().out.splitlines()
    settings_file.write_text("nonsense")
    assert cli.main(["doctor"]) == 1
    wrong = capsys.readouterr().out.splitlines()
    assert len(wrong) == len(well)
    assert sum(line.startswith("WRONG") for line in wrong) == 1


# ── as a process ────────────────────────────────────────────────────────────────


def run(*argv: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """`python -m agent_tui` with `argv`, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "agent_tui", *argv],
        stdin=subprocess.DEVNULL,
        capture_output="stdout" not in options,
        text=True,
        check=False,
        timeout=60,
        **options,
    )


def test_the_package_runs_as_a_module() -> None:
    """`python -m agent_tui` is `agent-tui`."""
    done = run("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("agent-tui ")


def test_a_reader_that_goes_away_is_no_fault() -> None:
    """`agent-tui --help | head -0` ends quietly."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run("--help", stdout=writing, stderr=subprocess.PIPE)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_words_the_terminal_has_no_letters_for_are_no_fault() -> None:
    """An old encoding shows them escaped."""
    surroundings = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = run("--lang", "de", "demo", "--corpus", "/ö", env=surroundings)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_help_needs_nothing_heavy() -> None:
    """Starting is quick because what a verb does not need is not imported."""
    heavy = (
        "textual",
        "babel",
        "liquid",
        "dateparser",
        "holidays",
        "keyring",
        "httpx",
        "websockets",
    )
    code = (
        "import sys; from agent_tui.cli.main import main; main(['--version']);"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_mock_desk_prints_one_line_of_json_and_ends_when_told() -> None:
    """Others script against that line."""
    with subprocess.Popen(
        [sys.executable, "-m", "agent_tui", "mock", "--token", "t-1", "--rate", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            hello = json.loads(process.stdout.readline())
            assert hello["url"].startswith("ws://127.0.0.1:")
            assert hello["token"] == "t-1"
            assert hello["agents"]
        finally:
            process.terminate()
        assert process.wait(10) == 0
