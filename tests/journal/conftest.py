"""Where tests of the journal write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from journal.kit import quick_folder


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Path]:
    """A folder that costs no time to sync, where the machine has one."""
    with quick_folder(tmp_path) as folder:
        yield folder
