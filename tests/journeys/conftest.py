"""An open desk for each journey."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from functools import cache

import pytest
from journeys.floor import MORNING, Floor
from textual._compositor import Compositor

from agent_tui.backends.mock import opening
from agent_tui.backends.mock.options import MockOptions
from agent_tui.backends.mock.persona import load_personas
from agent_tui.backends.mock.server import DeskServer
from agent_tui.clock import ManualClock
from agent_tui.i18n import use_language

_personas = cache(load_personas)


@pytest.fixture(scope="session", autouse=True)
def _less_looking_for_garbage() -> Iterator[None]:
    """Dozens of consoles come and go; looking through all that lives for each takes its time."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _personas_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading all customers anew for each desk would take longer than most journeys."""
    monkeypatch.setattr(opening, "load_personas", _personas)


@pytest.fixture(autouse=True)
def painting(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no terminal to paint on, so that only what a test looks at is drawn, when it
    looks; a journey may say otherwise."""

    def unseen(compositor: Compositor, **_how: object) -> None:
        compositor._dirty_regions.clear()

    monkeypatch.setattr(Compositor, "render_update", unseen)


@pytest.fixture
def options() -> MockOptions:
    """How the desk is set up; a journey may say otherwise."""
    return MockOptions(seed=1, rate=0.0)


@pytest.fixture
async def floor(options: MockOptions) -> AsyncIterator[Floor]:
    """A desk, open."""
    use_language("en")
    clock = ManualClock(MORNING)
    server = DeskServer(options, clock)
    await server.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.aclose)
        yield Floor(server, clock, stack)
