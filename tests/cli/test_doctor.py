"""The doctor says what is set up and what is wrong, and never the token."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from agent_tui import __version__
from agent_tui.cli.doctor import Finding, Patient, Terminal, Verdict, examine, terminal_here
from agent_tui.config import Profile, Target
from agent_tui.config.edit import store_profile
from agent_tui.credentials.key_ring import KeyRingError
from agent_tui.credentials.secret import Secret

TOKEN = "correct-horse"
URL = "wss://desk.example"
GOOD = Terminal(
    columns=120,
    rows=40,
    term="xterm-256color",
    colours=1 << 24,
    encoding="utf-8",
    keyboard=True,
    screen=True,
)


@dataclass
class Ring:
    """A key ring that keeps one token, or fails."""

    kept: str | None = None
    trouble: str = ""

    def get(self, account: str) -> Secret | None:
        if self.trouble:
            raise KeyRingError(self.trouble)
        return Secret(self.kept) if self.kept and account != "doctor" else None

    def set(self, account: str, token: Secret) -> None:
        raise AssertionError

    def delete(self, account: str) -> None:
        raise AssertionError


@dataclass
class Desk:
    """A desk to connect to; `trouble` is why it cannot be reached."""

    trouble: str = ""
    tried: list[Target] = field(default_factory=list)

    def probe(self, target: Target) -> str:
        self.tried.append(target)
        return self.trouble


@pytest.fixture
def desk() -> Desk:
    """A desk that answers."""
    return Desk()


@pytest.fixture
def patient(tmp_path: Path, desk: Desk) -> Patient:
    """A good terminal, nothing set up."""
    return Patient(tmp_path / "config.toml", None, {}, GOOD, Ring(), desk.probe)


def wrong(patient: Patient) -> list[str]:
    """What is wrong with `patient`."""
    return [finding.text for finding in examine(patient) if finding.wrong]


def all_said(patient: Patient) -> str:
    return "\n".join(finding.line for finding in examine(patient))


def test_a_new_machine_is_well(patient: Patient) -> None:
    """Nothing set up is nothing wrong; the ways on are named."""
    assert wrong(patient) == []
    said = all_said(patient)
    for words in (__version__, "120×40", "xterm-256color", "UTF-8", "canned repl", "demo"):
        assert words in said
    assert not patient.path.exists()


def test_a_desk_that_answers_is_well(patient: Patient, desk: Desk) -> None:
    """Profile, where the token comes from, and that it connects; never the token."""
    store_profile(patient.path, Profile("shop", URL, "ana"))
    patient = replace(patient, key_ring=Ring(TOKEN))
    said = all_said(patient)
    assert wrong(patient) == []
    assert f"profile shop: ana at {URL}" in said
    assert "the token comes from the key ring" in said
    assert TOKEN not in said
    assert desk.tried[0] == Target(URL, Secret(TOKEN), "ana", "profile shop")


def test_a_desk_that_does_not_answer_is_wrong(patient: Patient, desk: Desk) -> None:
    """In the words of the attempt."""
    store_profile(patient.path, Profile("shop", URL, "ana"))
    desk.trouble = "nobody listens at desk.example"
    assert wrong(replace(patient, key_ring=Ring(TOKEN))) == [desk.trouble]


def test_a_desk_without_a_token_is_wrong_and_not_tried(patient: Patient, desk: Desk) -> None:
    """Nobody is asked for it: a doctor's visit never waits."""
    store_profile(patient.path, Profile("shop", URL, "ana"))
    [text] = wrong(replace(patient, key_ring=Ring(trouble="it is locked")))
    assert "AGENT_TUI_TOKEN" in text
    assert "it is locked" in text
    assert desk.tried == []


def test_a_token_in_the_environment_is_a_note(patient: Patient) -> None:
    """It works, and there are safer places."""
    store_profile(patient.path, Profile("shop", URL, "ana"))
    patient = replace(patient, environ={"AGENT_TUI_TOKEN": TOKEN})
    findings = list(examine(patient))
    assert not any(finding.wrong for finding in findings)
    notes = [one.text for one in findings if one.verdict is Verdict.NOTE]
    assert any("safer" in text for text in notes)
    assert all(TOKEN not in one.line for one in findings)


def test_a_profile_that_is_not_there_is_wrong(patient: Patient) -> None:
    """With the way to set one up."""
    [text] = wrong(replace(patient, profile="shop"))
    assert "agent-tui login" in text


def test_damaged_settings_hide_nothing_else(patient: Patient) -> None:
    """The fault is one finding among the others."""
    before = len(list(examine(patient)))
    patient.path.write_text("[settings]\nthem = 1")
    [text] = wrong(patient)
    assert "line 2" in text
    assert len(list(examine(patient))) == before


def test_folders_of_replies_are_looked_at(patient: Patient, tmp_path: Path) -> None:
    """One that is not there, and a damaged reply in one that is."""
    folder = tmp_path / "replies" / "en"
    folder.mkdir(parents=True)
    (folder / "broken.md").write_text("no front matter")
    patient.path.write_text('[settings]\nreplies = ["replies", "none"]')
    missing, damaged = sorted(wrong(patient), key=lambda text: "broken.md" in text)
    assert "none is not there" in missing
    assert "broken.md" in damaged


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"columns": 59}, "59×40"),
        ({"rows": 14}, "at least 60×15"),
        ({"term": "dumb"}, "TERM"),
        ({"term": ""}, "TERM"),
        ({"encoding": "iso8859-1"}, "LANG=C.UTF-8"),
    ],
)
def test_a_terminal_that_will_not_do_is_wrong(
    patient: Patient, change: dict[str, object], words: str
) -> None:
    """With what to do about it."""
    [text] = wrong(replace(patient, terminal=replace(GOOD, **change)))  # type: ignore[arg-type]
    assert words in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"columns": 60, "rows": 15}, "60×15"),
        ({"colours": 0}, "NO_COLOR"),
        ({"colours": 16, "term": "xterm"}, "16 colours"),
        ({"keyboard": False}, "keyboard"),
        ({"screen": False, "columns": 10, "term": ""}, "plain text"),
        ({"encoding": "UTF8"}, "UTF-8"),
    ],
)
def test_a_terminal_with_less_is_a_note(
    patient: Patient, change: dict[str, object], words: str
) -> None:
    """The console works there; what is missing is said."""
    patient = replace(patient, terminal=replace(GOOD, **change))  # type: ignore[arg-type]
    assert wrong(patient) == []
    assert words in all_said(patient)


@pytest.mark.parametrize(
    ("environ", "colours"),
    [
        ({"TERM": "xterm"}, 16),
        ({"TERM": "screen-256color"}, 256),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, 1 << 24),
        ({"TERM": "xterm-direct"}, 1 << 24),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, 0),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, 256),
    ],
)
def test_the_surroundings_tell_how_many_colours(environ: dict[str, str], colours: int) -> None:
    """By the conventions of COLORTERM, TERM and NO_COLOR."""
    assert terminal_here(environ).colours == colours


def test_a_finding_says_its_verdict_first() -> None:
    """So that what is wrong can be searched for."""
    assert Finding(Verdict.WRONG, "text").line == "WRONG: text"


@pytest.mark.parametrize("by", ["profile", "environment"])
def test_certificates_to_trust_are_looked_at(patient: Patient, tmp_path: Path, by: str) -> None:
    """Named in the settings or by SSL_CERT_FILE: one that cannot be used is wrong, in words."""
    file = tmp_path / "company.pem"
    ca_file = file if by == "profile" else None
    store_profile(patient.path, Profile("shop", URL, "ana", ca_file=ca_file))
    environ = {} if ca_file else {"SSL_CERT_FILE": str(file)}
    patient = replace(patient, key_ring=Ring(TOKEN), environ=environ)
    [text] = wrong(patient)
    assert str(file) in text and "No such file" in text
    file.write_text("nothing of that kind")
    [text] = wrong(patient)
    assert "no certificate" in text


def test_a_proxy_on_the_way_is_a_note_without_its_password(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The doctor is asked when there is no way through: what is in between belongs to it."""
    monkeypatch.setenv("HTTPS_PROXY", "http://ana:hunter2@proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "")
    store_profile(patient.path, Profile("shop", URL, "ana"))
    said = all_said(replace(patient, key_ring=Ring(TOKEN)))
    assert "http://proxy.example:3128" in said
    assert "hunter2" not in said
