"""Quarantine: a folder of our own in which files from outside lie, and nothing else does.

Everything happens relative to the opened folder, a name is only ever made, never followed or
written over, and until it is whole a file has another name (reference "Reliability and security",
§4.4). Raises `CannotSave` with words for the agent.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from agent_tui.files.naming import numbered
from agent_tui.i18n import _
from agent_tui.sanitise import plain_line

RESERVE: Final = 50_000_000
"""Bytes that stay free on the disk."""
MOST: Final = 1_000
"""Files of one name."""
PART: Final = ".part"

NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
"""How a file is made: it must not be there, not even as a link to somewhere."""


class CannotSave(Exception):
    """It was not saved; the message says why, in words."""


class Quarantine:
    """The folder of one session, made when the first file comes."""

    def __init__(self, root: Path, session: str) -> None:
        """`root` holds the folders of all sessions; `session` names this one, made by us."""
        self.folder = root / session

    def begin(self, name: str, size: int | None) -> Part:
        """A file that will be called `name` (made by `naming.safe_name`) or nearly so.

        `size` is how many bytes will come; None: nobody knows.
        """
        try:
            self._make()
            free = shutil.disk_usage(self.folder).free
            if free < (size or 0) + RESERVE:
                words = _("The disk is full: {free} MB are free. Make room, then try again.")
                raise CannotSave(words.format(free=free // 1_000_000))
            with _opened(self.folder) as folder:
                part, handle = _made(folder, name, PART)
                return Part(self.folder, name, part, handle)
        except OSError as error:
            raise self._failed(error) from error

    def _make(self) -> None:
        self.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileExistsError):
            self.folder.mkdir(mode=0o700)
        status = self.folder.lstat()
        ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
        if not ours or stat.S_IMODE(status.st_mode) & 0o077:
            words = _("{folder} is not a folder of yours alone; nothing was saved.")
            raise CannotSave(words.format(folder=plain_line(self.folder)))

    def _failed(self, error: OSError) -> CannotSave:
        words = _("It could not be saved in {folder} ({reason}).")
        reason = plain_line(error.strerror or error)
        return CannotSave(words.format(folder=plain_line(self.folder), reason=reason))


class Part:
    """A file while it comes in; leaving the context before `finish` removes it."""

    def __init__(self, folder: Path, name: str, part: str, handle: int) -> None:
        self._folder = folder
        self._name = name
        self._part = part
        self._file = os.fdopen(handle, "wb")
        self._done = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._done:
            with suppress(OSError):  # what cannot be written any more cannot be flushed either
                self._file.close()
            with suppress(OSError), _opened(self._folder) as folder:
                os.unlink(self._part, dir_fd=folder)

    def write(self, chunk: bytes) -> None:
        """Add bytes."""
        try:
            self._file.write(chunk)
        except OSError as error:
            raise _not_written(error) from error

    def finish(self, origin: str = "") -> Path:
        """It is whole: give it its name, or that with a number. Returns where it is.

        `origin` is where it came from, kept with the file where the disk can do that.
        """
        try:
            self._file.flush()
            if origin:
                _note_origin(self._file.fileno(), origin)
            self._file.close()
            with _opened(self._folder) as folder:
                # The name is taken first, so that nothing is ever replaced but our own empty file.
                name, handle = _made(folder, self._name)
                os.close(handle)
                os.replace(self._part, name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError as error:
            raise _not_written(error) from error
        self._done = True
        return self._folder / name


def _not_written(error: OSError) -> CannotSave:
    words = _("It could not be written to the disk ({reason}).")
    return CannotSave(words.format(reason=plain_line(error.strerror or error)))


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """The folder itself: what its name means may change, this does not."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield handle
    finally:
        os.close(handle)


def _made(folder: int, name: str, end: str = "") -> tuple[str, int]:
    """A new file in the folder, called `name` or that with a number, and `end`; and its handle."""
    for number in range(1, MOST + 1):
        tried = (name if number == 1 else numbered(name, number)) + end
        with suppress(FileExistsError):
            return tried, os.open(tried, NEW, 0o600, dir_fd=folder)
    words = _("There are too many files called {name} already.")
    raise CannotSave(words.format(name=plain_line(name)))


def _note_origin(handle: int, origin: str) -> None:
    """Where it came from, as other programs of the desktop note it."""
    if hasattr(os, "setxattr"):
        with suppress(OSError):  # this disk keeps no notes
            os.setxattr(handle, "user.xdg.origin.url", origin.encode())
