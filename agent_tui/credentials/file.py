"""A token in a file that the settings name, and that nobody else can read or put there."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from agent_tui.credentials.checking import LONGEST_TOKEN, CredentialError, checked
from agent_tui.credentials.secret import Secret
from agent_tui.i18n import _


def from_file(path: Path) -> Secret:
    """The first line of the file at `path`.

    A link is followed where it is the agent's own or the system's; what it leads to is held to
    the same rules.

    Raises:
        CredentialError: if it is not the agent's own, others may read it, or it has no token.
    """
    try:
        line = _first_line(path)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else _("it is no path")
        raise CredentialError(
            _("the token file {file} cannot be read: {why}").format(file=path, why=why)
        ) from None
    return checked(line.decode("ascii", "replace"), str(path))


def _first_line(path: Path) -> bytes:
    handle = _opened(path)
    try:
        _check_owner(path, os.fstat(handle))
        return os.read(handle, LONGEST_TOKEN + 2).split(b"\n", 1)[0]
    finally:
        os.close(handle)


def _opened(path: Path) -> int:
    """A handle on the file; through a link only where no stranger made the link."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        return os.open(path, flags | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno not in {errno.ELOOP, errno.EMLINK}:
            raise
    if path.lstat().st_uid not in {os.getuid(), 0}:
        raise CredentialError(
            _("the token file {file} is a link that somebody else made; name the file").format(
                file=path
            )
        )
    return os.open(path, flags)


def _check_owner(path: Path, facts: os.stat_result) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise CredentialError(_("the token file {file} is no file").format(file=path))
    if facts.st_uid != os.getuid():
        raise CredentialError(
            _("the token file {file} belongs to somebody else; make your own").format(file=path)
        )
    if facts.st_mode & 0o077:
        raise CredentialError(
            _("others may read the token file {file}: chmod 600 {file}").format(file=path)
        )
