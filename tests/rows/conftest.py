"""The fixture `row`, and that each row's test says what it found."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from row import Caught, Row


@pytest.fixture
def row(request: pytest.FixtureRequest) -> Iterator[Row]:
    """The row a test is marked with: its size, its chance and the place for its figure."""
    mark = request.node.get_closest_marker("row")
    defect = request.node.get_closest_marker("row_defect")
    assert mark or defect, "mark the test with the row it belongs to"
    name, required = (mark or defect).args[:2]
    given = request.config.getoption("--row-seed")
    seed = zlib.crc32(request.node.nodeid.encode()) if given is None else int(given)
    out = request.config.getoption("--rows-out")
    full = request.config.getoption("--rows") == "full"
    told = Row(name, required, full, seed, request.node.nodeid, Path(out) if out else None)
    sys.stdout.write(f"{name}: --row-seed {seed}\n")
    yield told
    if not request.node.rep_call_passed:
        return
    if defect is not None:
        told.record(Caught(name, required, told.test))
    else:
        assert told.told, "the test of a row has to say what it reached"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A defect that was found is recorded, also where the test asks for nothing."""
    for item in items:
        marked = isinstance(item, pytest.Function) and item.get_closest_marker("row_defect")
        if isinstance(item, pytest.Function) and marked and "row" not in item.fixturenames:
            item.fixturenames.append("row")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Let the fixture know whether the test itself passed."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.when == "call":
        item.rep_call_passed = report.passed  # type: ignore[attr-defined]
    elif report.when == "setup":
        item.rep_call_passed = False  # type: ignore[attr-defined]
