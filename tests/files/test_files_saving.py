"""Quarantine: one folder, new files only, whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent_tui.files import saving
from agent_tui.files.saving import CannotSave, Quarantine
from agent_tui.i18n import use_language


@pytest.fixture(autouse=True)
def english() -> None:
    use_language("en")


@pytest.fixture
def quarantine(tmp_path: Path) -> Quarantine:
    return Quarantine(tmp_path / "data" / "attachments", "session-1")


def save(quarantine: Quarantine, name: str, data: bytes = b"data", origin: str = "") -> Path:
    with quarantine.begin(name, len(data)) as part:
        part.write(data)
        return part.finish(origin)


def inside(quarantine: Quarantine) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in quarantine.folder.iterdir()}


def test_a_file_is_the_agent_s_alone(quarantine: Quarantine) -> None:
    path = save(quarantine, "photo.jpg", b"abc")
    assert path == quarantine.folder / "photo.jpg"
    assert path.is_absolute()
    assert path.read_bytes() == b"abc"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700


def test_another_of_that_name_stands_beside_it(quarantine: Quarantine) -> None:
    paths = [save(quarantine, "a.jpg", bytes([n])) for n in range(3)]
    assert [path.name for path in paths] == ["a.jpg", "a (2).jpg", "a (3).jpg"]
    assert [path.read_bytes() for path in paths] == [b"\0", b"\1", b"\2"]


def test_two_at_once_do_not_meet(quarantine: Quarantine) -> None:
    with quarantine.begin("a.jpg", 1) as first, quarantine.begin("a.jpg", 1) as second:
        first.write(b"1")
        second.write(b"2")
        assert second.finish().read_bytes() == b"2"
        assert first.finish().name == "a (2).jpg"
    assert inside(quarantine) == {"a.jpg": b"2", "a (2).jpg": b"1"}


def test_what_was_given_up_leaves_nothing(quarantine: Quarantine) -> None:
    with pytest.raises(RuntimeError), quarantine.begin("a.jpg", 9) as part:
        part.write(b"half")
        assert list(inside(quarantine)) == ["a.jpg.part"]
        raise RuntimeError
    assert inside(quarantine) == {}


@pytest.mark.parametrize("name", ["a.jpg", "a.jpg.part"])
def test_a_link_that_lies_in_wait_is_not_followed(
    quarantine: Quarantine, tmp_path: Path, name: str
) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    save(quarantine, "other")
    (quarantine.folder / name).symlink_to(victim)
    path = save(quarantine, "a.jpg")
    assert victim.read_bytes() == b"mine"
    assert path.read_bytes() == b"data"
    assert not path.is_symlink()
    assert (quarantine.folder / name).is_symlink()


def test_a_folder_that_is_none_of_ours_is_refused(quarantine: Quarantine, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    quarantine.folder.parent.mkdir(parents=True)
    quarantine.folder.symlink_to(elsewhere)
    with pytest.raises(CannotSave, match="not a folder of yours alone"):
        quarantine.begin("a.jpg", 1)
    quarantine.folder.unlink()
    quarantine.folder.mkdir()
    quarantine.folder.chmod(0o755)
    with pytest.raises(CannotSave, match="not a folder of yours alone"):
        quarantine.begin("a.jpg", 1)
    assert list(elsewhere.iterdir()) == []


def test_a_folder_that_is_swapped_in_between_is_refused(
    quarantine: Quarantine, tmp_path: Path
) -> None:
    """What was begun in one folder is not finished in another."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    with pytest.raises(CannotSave), quarantine.begin("a.jpg", 1) as part:
        part.write(b"x")
        quarantine.folder.rename(tmp_path / "moved")
        quarantine.folder.symlink_to(elsewhere)
        part.finish()
    assert list(elsewhere.iterdir()) == []


def test_a_full_disk_is_told_before_anything_is_fetched(
    quarantine: Quarantine, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = saving.RESERVE + 10_000_000
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=free))
    save(quarantine, "small.jpg")
    with pytest.raises(CannotSave, match="The disk is full: 60 MB are free"):
        quarantine.begin("large.jpg", 10_000_001)
    assert list(inside(quarantine)) == ["small.jpg"]


def raising(code: int) -> Callable[..., object]:
    def refuse(*_args: object, **_options: object) -> object:
        raise OSError(code, os.strerror(code))

    return refuse


@pytest.mark.parametrize("call", ["open", "replace"])
def test_a_disk_that_fails_is_told_in_words(
    quarantine: Quarantine, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    save(quarantine, "before.jpg")
    with monkeypatch.context() as patch:
        patch.setattr(os, call, raising(errno.ENOSPC))
        with pytest.raises(CannotSave, match="No space left on device"):
            save(quarantine, "a.jpg")
    assert inside(quarantine)["before.jpg"] == b"data"


def test_a_disk_that_fills_up_in_the_middle_is_told_in_words(quarantine: Quarantine) -> None:
    """What is there of it is taken away again."""
    with (
        pytest.raises(CannotSave, match="No space left on device"),
        quarantine.begin("a.jpg", None) as part,
    ):
        os.dup2(os.open("/dev/full", os.O_WRONLY), part._file.fileno())
        part.write(bytes(1_000_000))
    assert inside(quarantine) == {}


def test_a_thousand_of_one_name_are_enough(
    quarantine: Quarantine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "MOST", 2)
    save(quarantine, "a.jpg")
    save(quarantine, "a.jpg")
    with pytest.raises(CannotSave, match=r"too many files called a\.jpg"):
        save(quarantine, "a.jpg")
    assert sorted(inside(quarantine)) == ["a (2).jpg", "a.jpg"]


def test_where_it_came_from_is_kept_with_it(quarantine: Quarantine) -> None:
    path = save(quarantine, "a.jpg", origin="https://desk.example/attachments/m-1.1")
    try:
        noted = os.getxattr(path, "user.xdg.origin.url")
    except OSError:
        pytest.skip("this disk keeps no notes with files")
    assert noted == b"https://desk.example/attachments/m-1.1"
