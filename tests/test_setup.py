"""The two commands of the set-up, and the lock files they install."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")
SHELL = ("scripts/setup.sh", "scripts/lock.sh", ".ci/run")


def locked(name: str) -> dict[str, str]:
    """The versions of one lock file."""
    lines = [line for line in (ROOT / name).read_text().splitlines() if not line.startswith("#")]
    return dict(line.split("==") for line in lines)


# ── the lock files ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_exact_versions_and_nothing_else(name: str) -> None:
    """No address, no path, no range."""
    for line in (ROOT / name).read_text().splitlines():
        assert re.fullmatch(r"# [\w ,.'-]+|[a-z0-9-]+==[0-9][0-9a-z.]*", line), line


def test_what_developers_install_holds_what_everybody_does() -> None:
    """In the very same versions, so that one .venv serves both."""
    assert locked("requirements.lock").items() <= locked("requirements-dev.lock").items()


def test_the_locks_have_what_the_project_asks_for() -> None:
    """`make lock` has been run since pyproject.toml changed."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    wanted = {
        "requirements.lock": project["project"]["dependencies"]
        + project["build-system"]["requires"],
        "requirements-dev.lock": project["project"]["optional-dependencies"]["dev"],
    }
    for name, lines in wanted.items():
        versions = locked(name)
        for requirement in map(Requirement, lines):
            version = versions.get(canonicalize_name(requirement.name))
            assert version is not None, f"{requirement} is not in {name}: run `make lock`"
            assert requirement.specifier.contains(version, prereleases=True), requirement


# ── the scripts ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", SHELL)
def test_a_script_can_be_run(name: str) -> None:
    """It is executable, and its shell can read it."""
    place = ROOT / name
    assert os.access(place, os.X_OK)
    shell = place.read_text().splitlines()[0].split("/")[-1].split()[-1]
    subprocess.run([shell, "-n", place], check=True)


FAKE_PYTHON = """#!/bin/sh
# Stands in for python3: makes a .venv that holds itself, and writes down what pip is asked for.
case "$*" in
"-m venv .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python && echo venv >>asked ;;
"-m pip "*) [ ! -e no-network ] || exit 1; echo "$*" | sed 's/.*--no-deps //' >>asked ;;
*ensurepip*) [ ! -e no-ensurepip ] ;;
*version_info*) [ ! -e old ] ;;
*python_version*) echo 3.9.2 ;;
esac
"""

RUN = "--only-binary :all: -r requirements.lock"
DEV = "--only-binary :all: -r requirements-dev.lock"
PROJECT = "--no-build-isolation --editable ."


class Checkout:
    """A copy of what the set-up consists of, with a python3 that only pretends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "scripts").mkdir()
        for name in ("Makefile", "scripts/setup.sh", "pyproject.toml", *LOCKS):
            shutil.copy(ROOT / name, folder / name)
        (folder / "python3").write_text(FAKE_PYTHON)
        (folder / "python3").chmod(0o755)

    def run(self, *words: str, python: str = "./python3") -> subprocess.CompletedProcess[str]:
        environ = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("MAKE", "MFLAGS"))
        }
        return subprocess.run(
            words,
            cwd=self.folder,
            env={**environ, "PYTHON": python},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def set_up(self, kind: str) -> list[str]:
        """What was made and installed, in order."""
        asked = self.folder / "asked"
        asked.unlink(missing_ok=True)
        self.code = self.run("scripts/setup.sh", kind).returncode
        return asked.read_text().splitlines() if asked.exists() else []

    def change(self, name: str) -> None:
        with (self.folder / name).open("a") as file:
            file.write("# changed\n")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A fresh copy of the set-up."""
    return Checkout(tmp_path)


def test_the_set_up_is_done_once(checkout: Checkout) -> None:
    """The second time nothing is asked of pip."""
    assert checkout.set_up("run") == ["venv", RUN, PROJECT]
    assert checkout.set_up("run") == []


def test_the_tools_for_developers_come_on_top(checkout: Checkout) -> None:
    """From then on one .venv serves both commands."""
    checkout.set_up("run")
    assert checkout.set_up("dev") == [DEV]
    assert checkout.set_up("run") == checkout.set_up("dev") == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_changed_lock_makes_everything_anew(checkout: Checkout, name: str) -> None:
    """What an older lock left behind does not stay."""
    checkout.set_up("run")
    checkout.set_up("dev")
    checkout.change(name)
    assert checkout.set_up("dev") == ["venv", DEV, PROJECT]


def test_a_changed_project_is_installed_again_by_itself(checkout: Checkout) -> None:
    """Its version or its commands may have changed; the packages have not."""
    checkout.set_up("run")
    checkout.change("pyproject.toml")
    assert checkout.set_up("run") == [PROJECT]


def test_a_set_up_that_failed_is_tried_again(checkout: Checkout) -> None:
    """Half of it never counts as done."""
    (checkout.folder / "no-network").touch()
    assert checkout.set_up("run") == ["venv"]
    assert checkout.code == 2
    (checkout.folder / "no-network").unlink()
    assert checkout.set_up("run") == ["venv", RUN, PROJECT]


def test_a_checkout_that_was_moved_is_set_up_anew(checkout: Checkout, tmp_path: Path) -> None:
    """A .venv holds its own place, and does not work at another."""
    checkout.set_up("run")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for one in list(checkout.folder.iterdir()):
        if one != elsewhere:
            shutil.move(one, elsewhere)
    checkout.folder = elsewhere
    assert checkout.set_up("run") == ["venv", RUN, PROJECT]


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize(
    ("lack", "python", "package"),
    [
        ("", "no-such-python3", "apt-get install python3 python3-venv"),
        ("old", "./python3", "python3.11-venv"),
        ("no-ensurepip", "./python3", "apt-get install python3-venv"),
    ],
)
@pytest.mark.parametrize("target", ["run", "test"])
def test_what_the_machine_lacks_is_named_in_one_line(
    checkout: Checkout, lack: str, python: str, package: str, target: str
) -> None:
    """The package to install, and exit code 2."""
    if lack:
        (checkout.folder / lack).touch()
    done = checkout.run("make", target, python=python)
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert package in line


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_make_alone_says_what_there_is(checkout: Checkout) -> None:
    """Every target with its line."""
    done = checkout.run("make")
    assert done.returncode == 0
    for target in ("run", "test", "check", "catalogue", "pictures", "lock", "clean"):
        assert re.search(rf"^make {target}\s+\S", done.stdout, re.MULTILINE)
