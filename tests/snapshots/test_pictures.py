"""The main states of the console, as pictures; each test says what one should see.

After a change that is meant to be seen: ``make test ARGS="tests/snapshots --snapshot-update"``,
and look at every picture that is different.
"""

from __future__ import annotations

from gallery import arrived, known_as, meet, rename, writes
from journeys.floor import Floor, Seat
from snapshots.conftest import SMALL, Shown


async def test_inbox(ana: Seat, shown: Shown) -> None:
    """People who wait, the longest first, on all channels; the numbers stand in columns."""
    await ana.press("2")
    await arrived(ana)
    await shown()


async def test_conversation(ana: Seat, shown: Shown) -> None:
    """A customer left, the bot dim right, the activity centred; the newest words at the foot."""
    await meet(ana, "Noah Brandt")
    await shown()


async def test_composer_reply(ana: Seat, shown: Shown) -> None:
    """To whom, where and how long; the blank that is still to be filled stands out."""
    await meet(ana, "Noah Brandt")
    await ana.press("r")
    await ana.type("Hallo Noah, dein Paket liegt im Depot. Welche ")
    await ana.do(lambda: ana.console.composer.insert("⟦Etage⟧"))
    await shown()


async def test_composer_note(ana: Seat, shown: Shown) -> None:
    """Another ground and other words: nobody takes a note for a reply."""
    await meet(ana, "Noah Brandt")
    await ana.press("n")
    await ana.type("depot says address unclear, ask for floor")
    await shown()


async def test_thread_of_all_voices(ana: Seat, shown: Shown) -> None:
    """Customer, agent, note, activities and days, told apart without their colours."""
    await meet(ana, "Marketing Experten")
    await ana.press("n")
    await ana.type("asked the warehouse")
    await ana.press("ctrl+s")
    await ana.confirmed()
    await shown()


async def test_canned(ana: Seat, shown: Shown) -> None:
    """The replies that fit, best first, and under them what the highlighted one would say."""
    await meet(ana, "Noah Brandt")
    await ana.until(lambda: len(ana.console.library.replies), "the canned replies")
    await ana.press("R")
    await ana.type("par")
    await shown()


async def test_snooze(ana: Seat, shown: Shown) -> None:
    """A moment in the agent's words, and what it means, before Enter."""
    await meet(ana, "Noah Brandt")
    await ana.press("s")
    await ana.type("Fr 14:00")
    await shown()


async def test_snooze_presets(ana: Seat, shown: Shown) -> None:
    """A letter each, and when each would wake."""
    await meet(ana, "Noah Brandt")
    await ana.press("s")
    await shown()


async def test_assign(ana: Seat, shown: Shown) -> None:
    """Me, nobody, colleagues with presence and load, teams; who has it now is marked."""
    await meet(ana, "Fatima")
    await ana.press("a")
    await shown()


async def test_labels(ana: Seat, shown: Shown) -> None:
    """Those it has are marked; a new word would make a new label."""
    await meet(ana, "Noah Brandt")
    await ana.press("l", "down", "tab")
    await shown()


async def test_help(ana: Seat, shown: Shown) -> None:
    """The keys of this place, grouped by task; nothing of a row is hidden by the scroll bar."""
    await ana.press("?")
    await shown()


async def test_palette(ana: Seat, shown: Shown) -> None:
    """Every command by name, with its keys."""
    await ana.press("ctrl+p")
    await shown()


async def test_customer(ana: Seat, shown: Shown) -> None:
    """Who she is, where she can be reached, what she bought, what was before."""
    await meet(ana, "Noah Brandt")
    await ana.press("I")
    await shown()


async def test_nobody_waits(ana: Seat, shown: Shown) -> None:
    """An empty view says who sleeps and when the next one wakes."""
    await ana.press("1")
    while len(ana.desk.views["mine"]):
        await ana.press("e")
        await ana.confirmed()
    ana.clock.advance(60)
    await shown()


async def test_snoozed(ana: Seat, shown: Shown) -> None:
    """Who sleeps, and until when."""
    await ana.press("4")
    await arrived(ana)
    await shown()


async def test_resolved(ana: Seat, shown: Shown) -> None:
    """Who is done, and how long ago; the last words are dim."""
    await ana.press("5")
    await arrived(ana)
    await shown()


async def test_second_key(ana: Seat, shown: Shown) -> None:
    """After g: all that may follow, over the last lines."""
    await ana.press("g")
    await shown(SMALL)


async def test_search(ana: Seat, shown: Shown) -> None:
    """The list holds only what fits, and says so above."""
    await ana.press("3", "/")
    await ana.type("voucher")
    await arrived(ana)
    await shown()


async def test_hostile(ana: Seat, floor: Floor, shown: Shown) -> None:
    """Markup, escape codes and turned letters are only text; hidden characters are named."""
    name = "Noah"
    rename(floor, known_as(ana, name), "[/b]\x1b[31mNoah \u202egnp.ecioVNI\u202c\nAna took this")
    await writes(
        floor, ana, name,
        "[/b] [bold red]urgent[/] [@click=app.quit]invoice[/]",
        "\x1b[2J\x1b]0;logged out\x07 type your password",
        "open \u202efdp.ecioVNI-1204\u202c.scr \u2066now\u2069",
    )  # fmt: skip
    await meet(ana, "[/b]")
    await shown()


async def test_offline(ana: Seat, floor: Floor, shown: Shown) -> None:
    """Since when, in alarm; a reply waits and says so."""
    await meet(ana, "Noah Brandt")
    await floor.server.aclose()
    await ana.sees("offline")
    await ana.press("r")
    await ana.type("Ich sehe nach.")
    await ana.press("ctrl+s")
    ana.clock.advance(30)
    await ana.sees("waits for the line")
    await shown()


async def test_undo(ana: Seat, shown: Shown) -> None:
    """A reply that has not left: how long it can still be taken back, in two places."""
    await meet(ana, "Noah Brandt")
    await ana.press("r")
    await ana.type("Dein Paket liegt im Depot, ich rufe dort an.")
    await ana.press("ctrl+s")
    ana.clock.advance(1)
    await shown()


async def test_failed(ana: Seat, floor: Floor, shown: Shown) -> None:
    """She wrote while a reply waited: it is held, and the reason stands under it."""
    await meet(ana, "Noah Brandt")
    await ana.press("r")
    await ana.type("Dein Paket liegt im Depot.")
    await ana.press("ctrl+s")
    await writes(floor, ana, "Noah", "hat sich erledigt, danke!")
    ana.clock.advance(10)
    await ana.sees("something new came")
    await shown()


async def test_long_notice(ana: Seat, floor: Floor, shown: Shown) -> None:
    """What happened is told whole, over the lines above where one is too short."""
    long = "Friedhelm-Maximilian Donaudampfschifffahrt-Untermoser"
    rename(floor, known_as(ana, "Noah Brandt"), long)
    await writes(floor, ana, "Noah Brandt", "Hallo?")
    await meet(ana, "Friedhelm")
    await ana.press("S")
    await ana.confirmed()
    await shown(SMALL)


async def test_smallest_list(ana: Seat, shown: Shown) -> None:
    """60 × 15: one line a row, and still how, who, how urgent."""
    await ana.press("2")
    await arrived(ana)
    await shown((60, 15), themes=("dark",))


async def test_smallest_conversation(ana: Seat, shown: Shown) -> None:
    """60 × 15: room for the last words and a reply."""
    await meet(ana, "Noah Brandt")
    await ana.press("r")
    await ana.type("Hallo Noah")
    await shown((60, 15), themes=("dark",))


async def test_medium(ana: Seat, shown: Shown) -> None:
    """100 × 30: list and conversation side by side."""
    await meet(ana, "Noah Brandt")
    await shown((100, 30), (120, 30), themes=("dark",))


async def test_huge(ana: Seat, shown: Shown) -> None:
    """200 × 50: wider panes, not wider letters."""
    await meet(ana, "Noah Brandt")
    await shown((200, 50), themes=("dark",))
