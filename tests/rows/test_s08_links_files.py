"""S8: links and files. Whatever a customer writes or sends, only allowed schemes are opened, with
their host in ASCII, and nothing is written anywhere but into quarantine.

The addresses and names come from here and, where it is there, from the shared collection of
hostile strings; the sizes of the reference's size-015 and size-016 stand for hostile lengths.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import pytest
from row import Row

from agent_tui.backends.base import Download
from agent_tui.files import fetching, naming, saving
from agent_tui.files.saving import CannotSave, Quarantine
from agent_tui.links import find, host, opening
from agent_tui.links.opening import CannotOpen, Opener
from agent_tui.model import Attachment, AttachmentId, SafeText
from agent_tui.sanitise import Field, sanitise

REQUIRED = "0 opens of a non-allowed scheme, 0 writes outside quarantine, host shown in ASCII"
NEED = ("S8", REQUIRED)
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "nasty_strings.json"

URLS = (
    "https://аррӏе.com/", "https://раураl.com", "https://xn--80ak6aa92e.com",
    "https://example.com@evil.example/", "https://example.com%40evil.example/",
    "https://example.com\\@evil.example/", "https://example.com:443@evil.example",
    "https://evil.example/https://example.com", "https://example.com.evil.example/login",
    "https://example。com", "https://ｅxample.com", "https://exam\u200bple.com",
    "https://exam\u00adple.com", "http://0x7f000001/", "http://2130706433/", "http://0177.0.0.1/",
    "http://[::ffff:127.0.0.1]/", "http://[::1]:8000/%2e%2e/", "http://localhost:8765/ws",
    "file:///etc/passwd", "javascript:alert(1)", "data:text/html,<script>1</script>",
    "vbscript:msgbox", "ssh://-oProxyCommand=calc", "--help", "-oProxyCommand=calc",
    "smb://host/share", "vscode://file/etc/passwd", "tel:*%2306%23", "tel:*#06#",
    "mailto:a@b.example?attach=/etc/passwd", "mailto:a@b.example%0ABcc:c@d.example",
    "https://evil.example/\r\nSet-Cookie: a=b", "https://example.com/" + "a" * 100_000,
    "www.example.com)", "https://evil.example/\x1b]8;;x\x1b\\", "HTTPS://EXAMPLE.COM:99999/",
    "https://good.example/\u202emoc.live//:sptth", "ms-msdt:/id x", "intent://x#Intent;end",
    "tel:+4989123456", "mailto:help@example.com", "https://example.com/a?b=c#d",
)  # fmt: skip
NAMES = (
    "../../.ssh/authorized_keys", "..\\..\\x", "/etc/cron.d/x", "C:\\Windows\\x.dll",
    "\\\\server\\share\\x", "%2e%2e%2fx", "a/\x00.png", "photo.jpg.exe",
    "photo.jpg                    .exe", "cv\u202efdp.exe", "photo.jpg\u200b.exe", "-rf", "--help",
    ".bashrc", "~/.profile", "CON", "nul.txt", "COM1.pdf", "a:b", "trailing. ", "a\nb.png",
    "a\x1b[2Jb.png", "\x1b]52;c;eA==\x07.png", "`id`.png", "a;rm -rf ~;.png", "$(reboot).png", "",
    ".", "..", "é\u0301.png", "x" * 5_000 + ".exe", "ä" * 300 + ".pdf", "report.desktop",
    "page.html", "macro.docm", "archive.tar.gz", "invoice.pdf.lnk", "＂quote'.png", "\u3164",
    "parcel.jpg", "photo.jpg.part", "lie in wait.jpg",
)  # fmt: skip


def shared(kind: str) -> Iterator[str]:
    """The strings of a kind in the shared collection; none where that is missing."""
    if SHARED.exists():
        strings = json.loads(SHARED.read_text(encoding="utf-8"))["strings"]
        yield from (one["text"] for one in strings if one.get("ctx") == kind and "text" in one)


@dataclass
class Found:
    """What a check came to."""

    tried: int = 0
    opened: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


# Links


def check_links(texts: Sequence[str]) -> Found:
    """Every text as a message: each link in it is looked at and opened; then the text itself is
    handed to the opener, as if a mistake of ours had let it through."""
    found = Found()

    def start(arguments: Sequence[str], _environ: Mapping[str, str]) -> int:
        found.opened.append(arguments[-1])
        return 0

    opener = Opener(start, {"DISPLAY": ":0"}, {"xdg-open": "/usr/bin/xdg-open"}.get, "linux")
    for text in texts:
        found.tried += 1
        for link in find.links_in(sanitise(text, Field.BODY)):
            with suppress(host.NotOpened, CannotOpen):
                target = host.examine(link)
                found.faults += [f"host {target.host!r}"] * (not _is_ascii(target.host))
                opener.open_address(target.address)
        with suppress(CannotOpen):
            opener.open_address(text)
    found.faults += [f"opened {one!r}" for one in found.opened if not _is_allowed(one)]
    return found


def _is_ascii(shown: str) -> bool:
    return shown.isascii() and shown.isprintable() and " " not in shown


def _is_allowed(address: str) -> bool:
    """By the words of the reference, not by our own table."""
    scheme = address.partition(":")[0]
    return (
        scheme in {"http", "https", "mailto", "tel"}
        and _is_ascii(address)
        and len(address) <= 2_000
    )


@pytest.mark.row(*NEED)
def test_s8_links(row: Row) -> None:
    """Every hostile address: what is opened is of an allowed scheme and shown in ASCII."""
    texts = [*URLS, *shared("url")]
    found = check_links(texts)
    ok = found.tried >= 33 and len(found.opened) >= 15 and not found.faults
    words = f"{len(found.faults)} wrong opens ({found.tried} addresses, {len(found.opened)} opened)"
    row.reached(words, ok=ok)


@pytest.mark.row_defect("S8", "the scheme of an address is not checked before it is opened")
def test_s8_an_unchecked_scheme_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "check_address", lambda _address: None)
    assert any("file:///etc/passwd" in fault for fault in check_links(URLS).faults)


@pytest.mark.row_defect("S8", "the host is shown as it was written")
def test_s8_a_host_that_is_shown_as_written_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "_in_ascii_letters", lambda name: (name.lower(), {}))
    faults = check_links(URLS).faults
    assert any(fault.startswith("host") for fault in faults)


# Files


class World:
    """A home with things in it that nobody may touch, and a quarantine beside them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.quarantine = Quarantine(root / "data" / "attachments", "session-1")
        self.victims = [root / name for name in (".bashrc", "victim", "data/other.txt")]
        self.quarantine.folder.parent.mkdir(parents=True)
        self.quarantine.folder.mkdir(mode=0o700)
        for victim in self.victims:
            victim.write_bytes(b"mine")
        (self.quarantine.folder / "saved before.jpg").write_bytes(b"mine")
        for name in ("parcel.jpg.part", "lie in wait.jpg"):
            (self.quarantine.folder / name).symlink_to(root / "victim")

    def outside(self) -> dict[str, bytes]:
        """Everything but the quarantine, and what had been saved before."""
        folder = self.quarantine.folder
        files = [p for p in self.root.rglob("*") if p.is_file() and not p.is_symlink()]
        return {
            str(path): path.read_bytes()
            for path in files
            if path.parent != folder or path.name == "saved before.jpg"
        }


@dataclass(frozen=True)
class Sent:
    """What a desk sends for an attachment."""

    data: bytes
    mime: str = "text/plain"
    origin: str = "http://127.0.0.1/attachments/x"

    @property
    def size(self) -> int:
        return len(self.data)

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self.data

    @asynccontextmanager
    async def source(self) -> AsyncIterator[Download]:
        yield self


async def save_all(names: Sequence[str], quarantine: Quarantine, found: Found) -> None:
    """Fetch a file for each name, as the console does."""
    for number, name in enumerate(names):
        found.tried += 1
        sent = Sent(f"file {number}".encode())
        ident = AttachmentId(f"m-{number}.1")
        wanted = Attachment("file", sanitise(name, Field.FILENAME), sent.size, ident)
        with suppress(CannotSave, OSError, ValueError):
            saved = await fetching.fetch(
                sent.source, wanted, quarantine, 1_000, fetching.Progress()
            )
            found.opened.append(saved.path.name)
            found.faults += _misplaced(saved.path, sent.data, quarantine.folder)


def check_names(names: Sequence[str], root: Path) -> Found:
    """Save a file under each name: all of them lie in the folder, and nothing else has changed."""
    world, found = World(root), Found()
    before = world.outside()
    asyncio.run(save_all([*names, "saved before.jpg"], world.quarantine, found))
    found.faults += [f"changed {path}" for path in _changed(before, world.outside())]
    return found


def _misplaced(path: Path, content: bytes, folder: Path) -> Iterator[str]:
    name = path.name
    if path.parent != folder or path.resolve().parent != folder.resolve():
        yield f"lies at {path}"
    if path.is_symlink() or path.read_bytes() != content:
        yield f"{name!r} is not what was saved"
    if len(name.encode()) > naming.LONGEST + 8 or name[0] in ".-~" or not name.isprintable():
        yield f"is called {name!r}"


def _changed(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[str]:
    return (path for path in {*before, *after} if before.get(path) != after.get(path))


@pytest.mark.row(*NEED)
def test_s8_files(row: Row, tmp_path: Path) -> None:
    """Every hostile name: one new file in quarantine, whatever lies in wait there."""
    found = check_names([*NAMES, *shared("filename")], tmp_path)
    ok = found.tried >= 37 and len(found.opened) == found.tried and not found.faults
    words = f"{len(found.faults)} writes outside quarantine ({found.tried} names)"
    row.reached(words, ok=ok)


@pytest.mark.row_defect("S8", "a file is saved under the name it was sent with")
def test_s8_a_name_that_is_kept_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_tui.files.fetching.safe_name", lambda told, _ident: told)
    assert check_names(NAMES, tmp_path).faults


@pytest.mark.row_defect("S8", "a file is made without O_EXCL and O_NOFOLLOW")
def test_s8_a_file_that_may_be_there_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "NEW", os.O_WRONLY | os.O_CREAT)
    faults = check_names(NAMES, tmp_path).faults
    assert any("changed" in fault and "victim" in fault for fault in faults)


@pytest.mark.row_defect("S8", "a file is made with O_NOFOLLOW, but over what is there")
def test_s8_a_file_over_another_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "NEW", os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW)
    faults = check_names(NAMES, tmp_path).faults
    assert any("saved before" in fault for fault in faults)


# Time

BAITS = (
    ("", "("), ("", "a@"), ("", "https://x.example/)"), ("", "http://["), ("", "https://"),
    ("", "tel:"), ("", "x.example/((("), ("https://x.example/", ")"), ("https://x.example/", "("),
    ("https://x.example/", ".,"), ("http://[", "1:"),
)  # fmt: skip
"""A beginning, and what is repeated behind it."""
LINEAR = 30
"""Eight times the text may take so many times as long; quadratic would be 64 times."""


def check_time(letters: int) -> Found:
    """Baits for scanners that go back: eight times the text takes about eight times as long."""
    found = Found()
    for begin, bait in BAITS:
        found.tried += 1
        few = letters // len(bait)
        short, long = (_seconds(SafeText(begin + bait * times)) for times in (few, 8 * few))
        if long > LINEAR * max(short, 2e-4):
            found.faults.append(f"{bait!r}: {short:.4f} s, then {long:.4f} s")
    return found


def _seconds(text: SafeText) -> float:
    """The best of three."""
    times = []
    for _attempt in range(3):
        begun = perf_counter()
        find.links_in(text)
        times.append(perf_counter() - begun)
    return min(times)


@pytest.mark.row(*NEED)
def test_s8_time(row: Row) -> None:
    """Looking for links takes linear time; size-015 and size-016 are 50,000 and 100,000 letters."""
    found = check_time(row.pick(quick=12_500, full=100_000))
    words = f"{len(found.faults)} of {found.tried} baits slower than linear"
    row.reached(words, ok=not found.faults)


@pytest.mark.row_defect("S8", "the end of a link is trimmed by counting brackets anew each time")
def test_s8_a_scanner_that_goes_back_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(link: str) -> str:
        while link.endswith(")") and link.count(")") > link.count("("):
            link = link[:-1]
        return link

    monkeypatch.setattr(find, "_trimmed", slow)
    assert check_time(2_500).faults
