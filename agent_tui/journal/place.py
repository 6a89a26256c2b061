"""Where a journal lies: a folder for each account, which only its owner may read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Final

_MOUNTS: Final = Path("/proc/self/mounts")
_SHARED: Final = frozenset(
    {
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "gpfs", "glusterfs",
        "ocfs2", "gfs2", "beegfs", "orangefs", "vboxsf", "prl_fs", "vmhgfs", "drvfs", "davfs",
    }
)  # fmt: skip
"""Kinds of file systems that several machines may write to at once."""


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of one account's journal."""

    folder: Path

    @property
    def file(self) -> Path:
        """The database."""
        return self.folder / "state.db"

    @property
    def lock(self) -> Path:
        """Held by the instance that has the journal open."""
        return self.folder / "state.lock"

    def beside(self, tail: str) -> Path:
        """A file that SQLite keeps beside the database: ``-wal``, ``-journal``."""
        return self.folder / f"state.db{tail}"

    def free_name(self, now: datetime) -> Path:
        """A name nobody has yet, for a damaged file."""
        name = f"state.db.corrupt-{now:%Y%m%d-%H%M%S}"
        number = 1
        while any(self.folder.glob(f"{name}*")):
            number += 1
            name = f"state.db.corrupt-{now:%Y%m%d-%H%M%S}-{number}"
        return self.folder / name


def place_of(folder: Path, account: str) -> Place:
    """Where the journal of `account` lies below `folder`."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", account).strip("-")[:40].rstrip("-")
    key = blake2b(account.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return Place(folder / f"{readable or 'account'}-{key}")


def make(place: Place) -> None:
    """Make the folder, for its owner alone whatever the umask says. Raises OSError."""
    place.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    place.folder.mkdir(exist_ok=True, mode=0o700)
    if place.folder.stat().st_mode & 0o777 != 0o700:
        place.folder.chmod(0o700)


def is_shared(folder: Path, mounts: Path = _MOUNTS) -> bool:
    """`folder` lies on a network disk, where a write-ahead log is not safe (sqlite.org/wal.html).

    False where the machine does not tell.
    """
    try:
        table = mounts.read_text("utf-8", "surrogateescape")
    except OSError:
        return False
    home = folder.resolve()
    kind = ""
    deepest = -1
    for line in table.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(_unescaped(fields[1]))
        if home.is_relative_to(point) and len(point.parts) >= deepest:
            kind, deepest = fields[2], len(point.parts)
    return kind in _SHARED or kind.startswith("fuse.")


def _unescaped(path: str) -> str:
    """A path as the table of mounts spells it: blanks are ``\\040``."""
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), path)
