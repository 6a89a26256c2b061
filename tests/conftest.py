"""What every test may ask for."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data beside the project; the test is skipped where it is missing."""
    if not (SHARED / "data").is_dir():
        pytest.skip("needs ../shared/data beside the project (real conversations, hostile strings)")
    return SHARED / "data"


@pytest.fixture(scope="session", autouse=True)
def _a_home_of_its_own() -> Iterator[None]:
    """What the program writes beside the tests' own folders stays out of the real home.

    The path is short: sockets stand in it.
    """
    with tempfile.TemporaryDirectory(prefix="home") as home, pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
            folder = Path(home) / name[4:-5].lower()
            folder.mkdir(mode=0o700)
            patch.setenv(name, str(folder))
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    """How the rows of the reliability promise are run (docs/reliability.md)."""
    group = parser.getgroup("rows", "the rows of the reliability promise")
    group.addoption("--rows", choices=("quick", "full"), default="quick", help="size of each row")
    group.addoption("--row-seed", default=None, help="repeat a run: the number it printed")
    group.addoption("--rows-out", default=None, help="folder for what was reached, as JSON lines")


# These machines are shared: a slow moment is not a defect.
settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")
