"""The command line as a contract: every flag that others script against, and what is refused."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui import __version__, i18n
from agent_tui.backends.mock.options import MockOptions
from agent_tui.cli.arguments import (
    Demo,
    Doctor,
    Login,
    Logout,
    Look,
    Mock,
    Open,
    UsageError,
    language_asked,
    parse,
)


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    """No test leaves the program speaking another language."""
    yield
    i18n.use_language("en")


def refused(*argv: str) -> str:
    """What is said about `argv`, which cannot be understood."""
    with pytest.raises(UsageError) as caught:
        parse(argv)
    return str(caught.value)


def test_no_words_open_the_console() -> None:
    """On what is set up, or the demo."""
    assert parse([]) == (Open(), Look())


def test_every_flag_of_the_console() -> None:
    """--url, --as, --profile, --theme, --lang."""
    argv = ["--url", "ws://127.0.0.1:8765", "--as", "ana", "--theme", "light", "--lang", "de"]
    assert parse(argv) == (Open("ws://127.0.0.1:8765", "ana", None), Look("light", "de"))
    assert parse(["--profile", "shop"])[0] == Open(profile="shop")


def test_every_flag_of_the_demo(tmp_path: Path) -> None:
    """As the issue lists them; theme and language go behind the verb too."""
    argv = ["demo", "--as", "ben", "--conversations", "1000", "--seed", "-7", "--rate", "2.5"]
    argv += ["--theme", "dark", "--lang", "de"]
    verb, look = parse([*argv, "--corpus", str(tmp_path)])
    options = MockOptions(corpus=tmp_path, conversations=1000, seed=-7, rate=2.5)
    assert verb == Demo("ben", options)
    assert look == Look("dark", "de")
    assert parse(["demo"]) == (Demo(None, MockOptions()), Look())


def test_every_flag_of_the_mock_desk(tmp_path: Path) -> None:
    """As the issue lists them."""
    argv = ["mock", "--port", "8765", "--token", "t-1", "--conversations", "0", "--seed", "3"]
    argv += ["--rate", "0", "--latency", "250"]
    verb, _look = parse([*argv, "--corpus", str(tmp_path), "--state", str(tmp_path / "state")])
    assert verb == Mock(
        MockOptions(
            port=8765,
            token="t-1",
            corpus=tmp_path,
            conversations=0,
            seed=3,
            rate=0.0,
            latency_ms=250,
            state=tmp_path / "state",
        )
    )
    assert parse(["mock"])[0] == Mock(MockOptions())


def test_the_verbs_that_set_up() -> None:
    """Each also takes the flags in front of it that mean something to it."""
    login = Login("wss://desk.example", "ana", "shop")
    assert parse(["login", "wss://desk.example/", "--as", "ana", "--profile", "shop"])[0] == login
    assert parse(["--profile", "shop", "--as", "ana", "login", "wss://desk.example"])[0] == login
    assert parse(["login", "wss://desk.example"])[0] == Login("wss://desk.example", None, None)
    assert parse(["logout", "--profile", "shop"])[0] == Logout("shop")
    assert parse(["doctor"])[0] == Doctor(None)


def test_a_flag_behind_the_verb_outranks_the_one_in_front() -> None:
    """The nearer one is meant."""
    assert parse(["--as", "ana", "demo", "--as", "ben"])[0] == Demo("ben", MockOptions())
    assert parse(["--as", "ana", "demo"])[0] == Demo("ana", MockOptions())


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ("--url ws://127.0.0.1 demo", ("--url", "demo")),
        ("--as ana mock", ("--as", "mock")),
        ("--profile a mock", ("--profile", "mock")),
        ("--theme dark doctor", ("--theme", "doctor")),
        ("--as ana logout", ("--as", "logout")),
        ("--url ws://127.0.0.1 --profile a", ("--url", "--profile")),
    ],
)
def test_a_flag_that_means_nothing_to_the_verb_is_refused(
    argv: str, words: tuple[str, ...]
) -> None:
    """Better than to pass it over."""
    said = refused(*argv.split())
    assert all(word in said for word in words)


@pytest.mark.parametrize(
    "argv",
    [
        *("--foo", "demo extra", "dmeo", "login", "login ws://desk.example", "--url http://x"),
        *("--url", "--as", "--as=", "--theme blue", "--lang fr", "--lan de", "--ver"),
        *("--profile a/b", "mock --port -1", "mock --port 65536", "mock --port 80a", "mock --port"),
        *("demo --conversations -1", "demo --conversations 1000001", "demo --conversations 1e3"),
        *("demo --rate -1", "demo --rate nan", "demo --rate inf", "demo --rate 1e999"),
        *(
            "demo --rate 10001",
            "demo --seed 1.5",
            "demo --seed 1_000",
            "demo --seed",
            "mock --port ٣",
        ),
        *("demo --port 1", "demo --state x", "mock --latency -1", "mock --latency 60001"),
        *("mock --latency 0.5", "mock --token=", "demo --corpus /no/such/folder", "demo --corpus="),
        *("mock --state /no/such/folder/x", "mock --state /", "--version=1", "demo --as a/b"),
        "mock --port ٣",
        "demo --seed " + "9" * 5000,
    ],
)
def test_what_cannot_be_understood_is_refused_in_one_line(argv: str) -> None:
    """With a word on how to go on, and nothing that a terminal would act on."""
    said = refused(*argv.split(" "))
    assert said
    assert "\n" not in said


@pytest.mark.parametrize(
    "argv",
    [
        *("--token geheim", "--token=geheim", "demo --token geheim", "doctor --token geheim"),
        *("login wss://desk.example --token geheim", "--url wss://ana:geheim@desk.example"),
        *("--url wss://desk.example/?token=geheim", "login wss://geheim@desk.example"),
    ],
)
def test_a_token_on_the_command_line_is_refused_and_not_repeated(argv: str) -> None:
    """Every process of the machine can read it there; the way to give it is named."""
    said = refused(*argv.split())
    assert "geheim" not in said
    assert "AGENT_TUI_TOKEN" in said


WORDS = st.sampled_from(["demo", "mock", "login", "--as", "--url", "--lang", "--", "-h"])


@given(st.lists(st.text(max_size=12) | WORDS))
def test_any_words_are_a_verb_or_refused(argv: list[str]) -> None:
    """Nothing else comes out of any command line."""
    try:
        parse(argv)
    except UsageError as error:
        assert str(error)
    except SystemExit as done:
        assert done.code == 0


@pytest.mark.parametrize("verb", ["", "demo", "mock", "login", "logout", "doctor"])
def test_help_has_examples_that_work(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every example of every help can be typed as it stands."""
    with pytest.raises(SystemExit) as done:
        parse([*verb.split(), "--help"])
    assert done.value.code == 0
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 80
    lines = printed.split("examples:")[1].splitlines()
    examples = [line[2:] for line in lines if re.match(r"  \S", line)]
    assert examples
    for example in examples:
        words = example.removeprefix("AGENT_TUI_TOKEN=test ").replace("DIR", "/").split()
        assert words[0] == "agent-tui"
        parse(words[1:])


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """As every program does."""
    with pytest.raises(SystemExit) as done:
        parse(["--version"])
    assert (done.value.code, capsys.readouterr().out) == (0, f"agent-tui {__version__}\n")


@pytest.mark.parametrize(
    ("argv", "language"),
    [
        ("--lang de", "de"),
        ("demo --lang=de", "de"),
        ("--lang de --lang en", "en"),
        ("--foo --lang de", "de"),
        ("--lang", None),
        ("--lang fr", None),
        ("--language de", None),
        ("", None),
    ],
)
def test_the_language_is_known_before_the_rest(argv: str, language: str | None) -> None:
    """So that even a fault in the command line is told in it."""
    assert language_asked(argv.split()) == language


def test_argparse_speaks_through_the_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own words are translated like all others."""

    class Shouting(gettext.NullTranslations):
        def gettext(self, message: str) -> str:
            return message.replace("unrecognized", "UNRECOGNIZED") if message else message

    monkeypatch.setattr(i18n, "_current", Shouting())
    assert "UNRECOGNIZED" in refused("--foo")


def test_the_file_of_trusted_certificates_goes_with_a_desk(tmp_path: Path) -> None:
    """It has to be there; it goes with opening and setting up, and with nothing else."""
    file = tmp_path / "company.pem"
    with pytest.raises(UsageError, match="is no file"):
        parse(["--ca-file", str(file)])
    file.touch()
    opened, _look = parse(["--ca-file", str(file), "--profile", "shop"])
    assert isinstance(opened, Open) and opened.ca_file == file
    set_up, _look = parse(["login", "wss://desk.example", "--ca-file", str(file)])
    assert isinstance(set_up, Login) and set_up.ca_file == file
    with pytest.raises(UsageError, match="--ca-file does not go with demo"):
        parse(["--ca-file", str(file), "demo"])
