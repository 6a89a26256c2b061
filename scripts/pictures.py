"""Make the pictures of the README: a desk whose time stands still, consoles without a terminal.

The same source makes the same pictures.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "docs" / "pictures"
sys.path.insert(0, str(ROOT / "tests"))

from gallery import arrived, held_still, known_as, meet, writes  # noqa: E402 - of the tests
from journeys.floor import MORNING, Floor, Seat  # noqa: E402

from agent_tui.backends.mock.options import MockOptions  # noqa: E402
from agent_tui.backends.mock.server import DeskServer  # noqa: E402
from agent_tui.clock import ManualClock  # noqa: E402
from agent_tui.i18n import use_language  # noqa: E402
from agent_tui.widgets import transcript  # noqa: E402

CUSTOMER = "Noah Brandt"


@asynccontextmanager
async def desk() -> AsyncIterator[Floor]:
    """The demo desk on a Monday morning."""
    clock = ManualClock(MORNING)
    server = DeskServer(MockOptions(seed=1, rate=0.0), clock)
    await server.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.aclose)
        yield Floor(server, clock, stack)


async def console(floor: Floor) -> Seat:
    """Ana answers a customer, Ben helps with a note."""
    ana, ben = await floor.seat("ana"), await floor.seat("ben")
    floor.hush()
    await ana.press("3")
    await meet(ana, CUSTOMER)
    await ana.press("A", "r")
    await ana.type("Hallo Noah, das tut mir leid. Ich frage sofort beim Depot nach.")
    await ana.press("ctrl+s", "escape")
    await floor.pass_time(10)
    await ana.confirmed()
    await floor.pass_time(30)
    await writes(floor, ana, CUSTOMER, "Danke! Bin ab 17 Uhr zu Hause.")
    await floor.pass_time(30)
    await meet(ben, CUSTOMER)
    await ben.press("n")
    await ben.type("depot says the address is unclear, ask for the floor")
    await ben.press("ctrl+s")
    await ben.confirmed()
    await floor.pass_time(30)
    await ben.second()  # Ben's console tells again that he is here
    await ana.press("g", "g")
    await meet(ana, CUSTOMER)
    await ana.until(lambda: not ana.selected.unread, "what is in sight read")
    await ana.sees("Ben is here")
    await ana.press("r")
    await ana.type("Hallo Noah, dein Paket liegt im Depot. Auf welcher ")
    await ana.do(lambda: ana.console.composer.insert("⟦Etage⟧ wohnst du?"))
    await ana.press("end")
    return ana


async def light(floor: Floor) -> Seat:
    """The same in the light theme."""
    ana = await console(floor)
    await ana.do(ana.console.toggle_theme)
    return ana


async def narrow(floor: Floor) -> Seat:
    """Who waits, in a terminal of the usual size."""
    ana = await floor.seat("ana", (80, 24))
    await ana.press("2", "j", "j")
    await arrived(ana)
    return ana


async def snooze(floor: Floor) -> Seat:
    """A moment in words, and what it means."""
    ana = await floor.seat("ana", (100, 24))
    await ana.press("2")
    await ana.go_to(known_as(ana, CUSTOMER))
    await ana.press("enter")
    await arrived(ana)
    await ana.press("s")
    await ana.type("Fr 14:00")
    return ana


async def main() -> None:
    """Make all of them."""
    use_language("en")
    transcript.SEEN_AFTER = 0.05  # nobody waits a second for a picture
    PLACE.mkdir(parents=True, exist_ok=True)
    for scene in (console, light, narrow, snooze):
        async with desk() as floor:
            path = PLACE / f"{scene.__name__}.svg"
            path.write_text(await held_still(await scene(floor)), encoding="utf-8")
            sys.stdout.write(f"{path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    asyncio.run(main())
