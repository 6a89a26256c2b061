"""Where the control sockets of running mock desks are: a folder that only its owner may enter."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from agent_tui.backends.mock.options import MockError
from agent_tui.i18n import _

HAS_SOCKETS: Final = hasattr(socket, "AF_UNIX")
LONGEST_PATH: Final = 100
"""Bytes; what every system takes (Linux 107, macOS 103)."""

_NAME = re.compile(r"mock-([0-9]{1,5})\.sock")


def folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder, made if need be: in ``XDG_RUNTIME_DIR``, else where programs keep their state;
    where such a path is too long for a socket, in the folder for temporary files.

    Raises:
        MockError: if there can be none that only its owner may enter.
    """
    path = _wanted(environ)
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        facts = path.lstat()
        if stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.getuid():
            path.chmod(0o700)
            return path
    except OSError as error:
        message = _("The folder {path} for control sockets cannot be made ({why}).")
        raise MockError(message.format(path=path, why=error.strerror)) from None
    message = _("{path} is no folder of your own; move it away, or name a socket with --control.")
    raise MockError(message.format(path=path))


def _wanted(environ: Mapping[str, str]) -> Path:
    runtime = Path(environ.get("XDG_RUNTIME_DIR", ""))
    if runtime.is_absolute() and runtime.is_dir() and os.access(runtime, os.W_OK):
        path = runtime / "agent-tui"
    else:
        from platformdirs import user_state_path  # noqa: PLC0415 - late: heavy

        path = user_state_path("agent-tui") / "run"
    if len(os.fsencode(path / "mock-65535.sock")) <= LONGEST_PATH:
        return path
    return Path(tempfile.gettempdir()) / f"agent-tui-{os.getuid()}"


def place(port: int, environ: Mapping[str, str] = os.environ) -> Path:
    """Where the desk on `port` has its socket. Raises `MockError` as `folder`."""
    return folder(environ) / f"mock-{port}.sock"


def running(environ: Mapping[str, str] = os.environ) -> dict[int, Path]:
    """The sockets behind which a desk listens, by its port; what dead desks left is tidied away."""
    found = {}
    for path in sorted(folder(environ).iterdir()):
        name = _NAME.fullmatch(path.name)
        if name is None:
            continue
        if listens(path):
            found[int(name[1])] = path
        else:
            with contextlib.suppress(OSError):
                path.unlink()
    return found


def listens(path: Path) -> bool:
    """Whether somebody listens behind the socket at `path`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(2)
        try:
            probe.connect(str(path))
        except TimeoutError:
            return True  # somebody is there, and busy
        except OSError:
            return False
    return True


def need_sockets() -> None:
    """Raise `MockError` where the system has no Unix sockets."""
    if not HAS_SOCKETS:
        raise MockError(
            _(
                "This system has no Unix sockets, so a running mock desk cannot be spoken to."
                " Give it a script instead: agent-tui mock --faults FILE."
            )
        )
