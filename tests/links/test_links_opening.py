"""Handing an address or a file to a program: what is allowed, by which program, and how."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent_tui.i18n import use_language
from agent_tui.links import opening
from agent_tui.links.opening import CannotOpen, Opener, start

DISPLAY = {"DISPLAY": ":0"}


@pytest.fixture(autouse=True)
def english() -> None:
    use_language("en")


@dataclass
class Desktop:
    """A desktop that only notes what it is asked to start."""

    programs: tuple[str, ...] = ("xdg-open",)
    environ: Mapping[str, str] = field(default_factory=lambda: dict(DISPLAY))
    status: int | None = 0
    platform: str = "linux"
    started: list[tuple[Sequence[str], Mapping[str, str]]] = field(default_factory=list)

    def opener(self) -> Opener:
        return Opener(self._start, self.environ, self._which, self.platform)

    def _start(self, arguments: Sequence[str], environ: Mapping[str, str]) -> int | None:
        self.started.append((arguments, environ))
        if self.status == -1:
            raise PermissionError(13, "Permission denied")
        return self.status

    def _which(self, name: str) -> str | None:
        return f"/usr/bin/{name}" if name in self.programs else None

    @property
    def commands(self) -> list[list[str]]:
        return [list(arguments) for arguments, _environ in self.started]


URL = "https://example.com/"


@pytest.mark.parametrize("address", [URL, "http://x.example/", "mailto:a@b.example", "tel:+4989"])
def test_an_allowed_address_is_one_argument_of_the_desktop_s_program(address: str) -> None:
    desktop = Desktop()
    desktop.opener().open_address(address)
    assert desktop.commands == [["/usr/bin/xdg-open", address]]


@pytest.mark.parametrize(
    "address",
    [
        "", "file:///etc/passwd", "javascript:alert(1)", "--help", "-oX:y", "ftp://x.example/",
        "https", "https:", "https://a b/", "https://a\n", "https://ä.example/", "HTTPS ://x",
        "https://x.example/" + "a" * 2_000, "https://x.example/\x1b", "C:\\Windows", "../x",
    ],
)  # fmt: skip
def test_everything_else_is_refused_before_anything_is_started(address: str) -> None:
    desktop = Desktop()
    with pytest.raises(CannotOpen):
        desktop.opener().open_address(address)
    assert desktop.commands == []


@pytest.mark.parametrize(
    ("desktop", "command"),
    [
        (Desktop(("xdg-open", "wslview")), ["/usr/bin/wslview", URL]),
        (Desktop(("gio",)), ["/usr/bin/gio", "open", URL]),
        (Desktop((), {}, platform="darwin"), ["/usr/bin/open", URL]),
        (Desktop(environ={"WAYLAND_DISPLAY": "w"}), ["/usr/bin/xdg-open", URL]),
        (Desktop(("fx", "xdg-open"), {"BROWSER": "nothere:fx -P me %s"}),
         ["/usr/bin/fx", "-P", "me", URL]),
        (Desktop(("fx",), {"BROWSER": "fx $(reboot)"}), ["/usr/bin/fx", "$(reboot)", URL]),
        (Desktop(environ={**DISPLAY, "BROWSER": "'"}), ["/usr/bin/xdg-open", URL]),
    ],
)  # fmt: skip
def test_which_program_opens_it(desktop: Desktop, command: list[str]) -> None:
    """BROWSER is read as a list of arguments, never by a shell."""
    desktop.opener().open_address(URL)
    assert desktop.commands == [command]


def test_a_mail_is_not_for_the_browser() -> None:
    desktop = Desktop(("fx", "xdg-open"), {**DISPLAY, "BROWSER": "fx"})
    desktop.opener().open_address("mailto:a@b.example")
    assert desktop.commands == [["/usr/bin/xdg-open", "mailto:a@b.example"]]


@pytest.mark.parametrize("desktop", [Desktop(environ={}), Desktop(programs=())])
def test_without_a_desktop_it_says_what_to_do_instead(desktop: Desktop) -> None:
    with pytest.raises(CannotOpen, match="no program here to open links; y copies it"):
        desktop.opener().open_address(URL)
    assert desktop.commands == []


def test_a_program_that_fails_is_told_of() -> None:
    with pytest.raises(CannotOpen, match="xdg-open could not open it \\(status 3\\)"):
        Desktop(status=3).opener().open_address(URL)
    with pytest.raises(CannotOpen, match="could not be started \\(Permission denied\\)"):
        Desktop(status=-1).opener().open_address(URL)
    Desktop(status=None).opener().open_address(URL)


def test_our_secrets_are_not_in_its_surroundings() -> None:
    desktop = Desktop(environ={**DISPLAY, "AGENT_TUI_TOKEN": "canary", "LANG": "C"})
    desktop.opener().open_address(URL)
    assert desktop.started[0][1] == {**DISPLAY, "LANG": "C"}


def test_a_file_is_named_from_the_root(tmp_path: Path) -> None:
    file, link = tmp_path / "-x.pdf", tmp_path / "link.pdf"
    file.write_bytes(b"%PDF-")
    link.symlink_to(file)
    desktop = Desktop()
    desktop.opener().open_file(file)
    assert desktop.commands == [["/usr/bin/xdg-open", str(file)]]
    for other in (link, tmp_path, tmp_path / "gone.pdf", Path("-x.pdf")):
        with pytest.raises(CannotOpen):
            desktop.opener().open_file(other)
    assert len(desktop.commands) == 1


def test_a_started_program_has_no_terminal_and_a_session_of_its_own(tmp_path: Path) -> None:
    """It can neither write on our screen nor read our keys, not even by /dev/tty."""
    out = tmp_path / "out"
    script = (
        "import os, sys\n"
        "same = [os.path.samestat(os.fstat(fd), os.stat('/dev/null')) for fd in range(3)]\n"
        f"open({str(out)!r}, 'w').write(repr((same, os.getsid(0) == os.getpid(), sys.argv[1:])))"
    )
    assert start([sys.executable, "-c", script, "a b", "$HOME;"], {}) == 0
    assert out.read_text() == "([True, True, True], True, ['a b', '$HOME;'])"


def test_one_that_runs_on_has_opened_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "PATIENCE", 0.05)
    assert start([sys.executable, "-c", "import time; time.sleep(1)"], {}) is None
