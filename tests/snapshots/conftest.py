"""A desk whose time stands still, and pictures that are kept as files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial

import pytest
from gallery import held_still
from journeys.floor import MORNING, Floor, Seat
from picture import running
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from agent_tui.backends.mock.options import MockOptions
from agent_tui.backends.mock.server import DeskServer
from agent_tui.clock import ManualClock
from agent_tui.i18n import use_language
from agent_tui.widgets import transcript

SMALL, LARGE = (80, 24), (160, 45)

Shown = Callable[..., Awaitable[None]]


class Svg(SingleFileSnapshotExtension):
    """One SVG a picture, as text, so that a change can be read line by line."""

    _file_extension = "svg"
    _write_mode = WriteMode.TEXT


@pytest.fixture
async def floor(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Floor]:
    """A desk on which nothing happens by itself; nobody looks long enough to have read it."""
    use_language("en")
    monkeypatch.setattr(transcript, "SEEN_AFTER", 3600.0)
    clock = ManualClock(MORNING)
    server = DeskServer(MockOptions(seed=1, rate=0.0), clock)
    await server.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.aclose)
        yield Floor(server, clock, stack)


@pytest.fixture
async def ana(floor: Floor) -> Seat:
    """Ana, in front of a terminal of the usual size."""
    return await floor.seat("ana", SMALL)


@pytest.fixture
def shown(ana: Seat, snapshot: SnapshotAssertion) -> Shown:
    """Compare what Ana sees with the kept pictures: in each size, dark and light."""
    kept = snapshot.use_extension(Svg)

    async def compare(*sizes: tuple[int, int], themes: tuple[str, ...] = ("dark", "light")) -> None:
        different = []
        for width, height in sizes or (SMALL, LARGE):
            with running(ana.app):
                await ana.resize(width, height)
            for theme in themes:
                await ana.do(partial(setattr, ana.app, "theme", f"desk-{theme}"))
                name = f"{width}x{height}-{theme}"
                if await held_still(ana) != kept(name=name):
                    different.append(name)
        assert not different, (
            f"{', '.join(different)}: not as kept; if that is meant, run this test with"
            " --snapshot-update and look at the pictures"
        )

    return compare
