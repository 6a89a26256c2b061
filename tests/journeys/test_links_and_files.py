"""Opening what came with a message: chosen, looked at, then opened; and what never is."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from journeys.floor import Floor, Seat

from agent_tui.backends.mock import media, serving
from agent_tui.backends.mock.media import Content
from agent_tui.backends.mock.records import Attachment
from agent_tui.console import fetching
from agent_tui.console.fetching import Outside
from agent_tui.files.saving import Quarantine
from agent_tui.links.opening import Opener
from agent_tui.widgets import confirm
from agent_tui.widgets.confirm import Confirm
from agent_tui.widgets.picker_rows import ChoiceRows

ELF = b"\x7fELF" + bytes(996)
JPEG = b"\xff\xd8\xff" + bytes(997)


@dataclass
class Bench:
    """A seat with a desktop that only notes what it is asked to open."""

    seat: Seat
    floor: Floor
    folder: Path
    opened: list[str] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)
    status: int = 0

    @classmethod
    async def of(cls, floor: Floor, folder: Path, size: tuple[int, int] = (160, 45)) -> Bench:
        floor.hush()
        seat = await floor.seat("ana", size)
        bench = cls(seat, floor, folder)
        display = {"DISPLAY": ":0"}
        programs = {"xdg-open": "/usr/bin/xdg-open"}
        opener = Opener(bench._start, display, programs.get, "linux")
        ask = seat.app._session.ask_backend
        seat.console.open.outside = Outside(ask, Quarantine(folder, "session-1"), opener)
        seat.app.copy_to_clipboard = bench.copied.append  # type: ignore[assignment,method-assign]
        await seat.press("3", "enter")
        await seat.opened()
        return bench

    def _start(self, arguments: Sequence[str], _environ: Mapping[str, str]) -> int:
        self.opened.append(arguments[-1])
        return self.status

    async def says(self, text: str, *attachments: Attachment) -> None:
        """The customer on the screen writes."""
        now, conv = self.floor.clock.now(), self.seat.selected.id
        self.floor.server.floor.publish(
            self.floor.world.customer_writes(conv, text, now, attachments)
        )
        await self.floor.told(self.seat)

    async def is_asked(self, words: str) -> None:
        """Wait until this is asked, and keys count as answers."""
        await self.seat.sees(words)
        screen = self.seat.app.screen
        assert isinstance(screen, Confirm)
        await self.seat.until(lambda: screen._counts, "keys that count")

    @property
    def saved(self) -> dict[str, int]:
        """What lies in quarantine."""
        return {path.name: path.stat().st_size for path in (self.folder / "session-1").glob("*")}


@pytest.fixture(autouse=True)
def no_second_thoughts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys count soon, and progress is looked at often."""
    monkeypatch.setattr(confirm, "SETTLED", 0.01)
    monkeypatch.setattr(fetching, "LOOK", 0.01)


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_a_page_is_opened_after_its_host_was_shown(
    floor: Floor, tmp_path: Path, size: tuple[int, int]
) -> None:
    """o, a row, Enter: the host in ASCII and what is odd; Enter opens that and nothing else."""
    bench = await Bench.of(floor, tmp_path, size)
    await bench.says("schau https://аррӏе.com/login und https://dhl.example/track")
    await bench.seat.press("o")
    await bench.seat.sees("Links and attachments of")
    assert "xn--80ak6aa92e.com/login" in bench.seat.screen()
    await bench.seat.press("enter")
    await bench.seat.sees("Open this page?")
    await bench.seat.sees("аррӏе.com = xn--80ak6aa92e.com")
    await bench.seat.sees("It looks like apple.com and is not.")
    await bench.seat.sees("https://xn--80ak6aa92e.com/login")
    assert bench.opened == []
    await bench.seat.press("enter")
    await bench.seat.until(lambda: bench.opened, "the browser")
    assert bench.opened == ["https://xn--80ak6aa92e.com/login"]
    assert not bench.seat.in_picker


async def test_esc_opens_nothing_and_y_copies(floor: Floor, tmp_path: Path) -> None:
    bench = await Bench.of(floor, tmp_path)
    await bench.says("https://bank.example@evil.example/x")
    await bench.seat.press("O")
    await bench.seat.sees("“bank.example” in front of the host is no address")
    await bench.seat.press("escape")
    assert not bench.seat.in_picker
    await bench.seat.press("O", "y")
    await bench.seat.sees("Copied.")
    assert bench.copied == ["https://evil.example/x"]
    assert bench.opened == []


async def test_what_is_no_link_of_ours_is_not_opened(floor: Floor, tmp_path: Path) -> None:
    """Other schemes are no links at all; what cannot be read is only shown."""
    bench = await Bench.of(floor, tmp_path)
    await bench.says("file:///etc/passwd javascript:alert(1) --help tel:*%2306%23")
    await bench.seat.press("o")
    await bench.seat.sees("tel:*%2306%23")
    picker = bench.seat.app.screen.query_one(ChoiceRows)
    assert [choice.title for choice in picker.choices] == ["tel:*%2306%23"]
    await bench.seat.press("enter")
    await bench.seat.sees("This link is not opened")
    await bench.seat.press("enter", "escape")
    assert bench.opened == []


async def test_without_anything_to_open_it_says_so(floor: Floor, tmp_path: Path) -> None:
    bench = await Bench.of(floor, tmp_path)
    customer = floor.opens(
        floor.truth(bench.seat.selected.id).contact_id, bench.seat.selected.channel, "Hallo"
    )
    await floor.told(bench.seat)
    await bench.seat.go_to(customer)
    await bench.seat.opened()
    await bench.seat.press("o")
    await bench.seat.sees("There is no link and no attachment in what is here of")
    assert not bench.seat.in_picker


async def test_a_program_that_fails_is_told_of(floor: Floor, tmp_path: Path) -> None:
    bench = await Bench.of(floor, tmp_path)
    bench.status = 4
    await bench.says("https://dhl.example/")
    await bench.seat.press("O", "enter")
    await bench.seat.sees("Not opened: xdg-open could not open it (status 4)")


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_a_picture_is_saved_shown_for_what_it_is_then_opened(
    floor: Floor, tmp_path: Path, size: tuple[int, int]
) -> None:
    bench = await Bench.of(floor, tmp_path, size)
    await bench.says("", Attachment("image", "../IMG_1.jpg", 250_000))
    await bench.seat.press("O")
    await bench.is_asked("Saved. Open it?")
    screen = bench.seat.screen()
    for words in ("IMG_1.jpg", "Content: JPEG picture", "Suffix: .jpg", "Size: 250 kB", "from "):
        assert words in screen
    path = tmp_path / "session-1" / "IMG_1.jpg"
    assert bench.saved == {"IMG_1.jpg": 250_000}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert bench.opened == []
    await bench.seat.press("enter")
    await bench.seat.until(lambda: bench.opened, "the viewer")
    assert bench.opened == [str(path)]


async def test_what_was_fetched_is_not_fetched_again(floor: Floor, tmp_path: Path) -> None:
    bench = await Bench.of(floor, tmp_path)
    await bench.says("", Attachment("image", "a.jpg", 9_000))
    for _time in range(2):
        await bench.seat.press("O")
        await bench.is_asked("Saved. Open it?")
        await bench.seat.press("escape")
        await bench.seat.sees("Saved: ")
    assert bench.saved == {"a.jpg": 9_000}
    (tmp_path / "session-1" / "a.jpg").unlink()
    await bench.seat.press("O")
    await bench.is_asked("Saved. Open it?")
    assert bench.saved == {"a.jpg": 9_000}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("photo.jpg", Content("image/jpeg", ELF), "ends in .jpg, but its content is: program."),
        ("photo.jpg.exe", Content("image/jpeg", JPEG), "ends in .exe, but its content is: JPEG"),
        ("page.html", Content("text/html", b"<html>" + b" " * 994), "would make it act"),
    ],
)  # fmt: skip
async def test_what_is_not_what_it_is_called_is_saved_and_never_opened(  # noqa: PLR0917
    floor: Floor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: Content,
    reason: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(serving, "content", lambda _attachment: content)
    bench = await Bench.of(floor, tmp_path)
    await bench.says("", Attachment("file", name, 1_000))
    await bench.seat.press("O")
    await bench.is_asked("Saved, not opened")
    await bench.seat.sees(reason)
    await bench.seat.press("enter")
    assert not bench.seat.in_picker
    assert bench.saved == {name: 1_000}
    assert bench.opened == []


async def test_a_large_file_is_asked_for_and_a_larger_one_refused(
    floor: Floor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the message says is asked about; what really comes is counted."""
    bench = await Bench.of(floor, tmp_path)
    await bench.says("", Attachment("image", "a.png", 26_000_000))
    await bench.seat.press("O")
    await bench.seat.sees("It is large: 26 MB.")
    assert bench.saved == {}
    await bench.seat.press("escape")
    assert bench.saved == {}
    await bench.seat.press("O", "enter")
    await bench.is_asked("Saved. Open it?")
    await bench.seat.press("escape")
    monkeypatch.setattr(media, "LARGEST", 200_000_000)
    await bench.says("", Attachment("image", "b.png", 101_000_000))
    await bench.seat.press("O", "enter")
    await bench.seat.sees("b.png is not fetched: It is larger than 100 MB.")
    assert bench.saved == {"a.png": 26_000_000}


async def test_esc_gives_a_file_up_and_leaves_nothing(
    floor: Floor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = asyncio.Event()

    async def stuck(*_arguments: object) -> None:
        await never.wait()

    monkeypatch.setattr(fetching, "fetch", stuck)
    bench = await Bench.of(floor, tmp_path)
    await bench.says("", Attachment("image", "a.jpg", 9_000))
    await bench.seat.press("O", "enter", "e")
    await bench.seat.sees("Fetching a.jpg …")
    await bench.seat.sees("0 B of 9 kB have come.")
    await bench.seat.press("escape")
    await bench.seat.sees("a.jpg is not fetched.")
    assert bench.saved == {}
    assert bench.seat.selected.status == "open"


async def test_a_desk_that_does_not_have_it_is_told_of(floor: Floor, tmp_path: Path) -> None:
    bench = await Bench.of(floor, tmp_path)
    await bench.says("", Attachment("image", "a.jpg", 9_000), Attachment("location"))
    floor.world.files.clear()
    await bench.seat.press("O")
    await bench.seat.sees("a.jpg is not fetched: the desk does not have it any more")
    assert not bench.seat.in_picker
    await bench.seat.press("o", "down", "enter")
    await bench.seat.sees("The desk has nothing to fetch for it.")


async def test_a_mistake_of_ours_is_told_and_the_console_lives(
    floor: Floor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(fetching, "fetch", broken)
    bench = await Bench.of(floor, tmp_path)
    await bench.says("", Attachment("image", "a.jpg", 9_000))
    await bench.seat.press("O")
    await bench.seat.sees("a.jpg is not fetched: by a mistake of agent-tui (ZeroDivisionError())")
    await bench.seat.press("o")
    await bench.seat.sees("Links and attachments of")


async def test_ctrl_q_leaves_from_the_question(
    floor: Floor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = await Bench.of(floor, tmp_path)
    await bench.says("https://dhl.example/")
    await bench.seat.press("O")
    await bench.seat.sees("Open this page?")
    left: list[bool] = []
    monkeypatch.setattr(bench.seat.app, "exit", lambda: left.append(bench.seat.in_picker))
    await bench.seat.press("ctrl+q")
    await bench.seat.until(lambda: left, "the end")
    assert left == [False]
