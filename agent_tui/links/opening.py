"""Handing an address or a file to the program that opens it, and to nothing else.

The standard library's way (`webbrowser`) takes what it is given as arguments of a command, and
once took ``--options`` (CVE-2026-4519). Here an address has to be of a scheme that is allowed and
of harmless characters, a file has to be named from the root, no shell reads either, and the
program gets neither our terminal nor our secrets.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from agent_tui.i18n import _
from agent_tui.links.host import LONGEST

SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})
"""The schemes of addresses that are opened; every other one belongs to some program's trust."""

PATIENCE: Final = 3.0
"""Seconds in which a program that cannot open something says so; one that runs on has opened it."""

Start = Callable[[Sequence[str], Mapping[str, str]], int | None]
"""Starts a program by its arguments, in an environment. Returns its exit status, or None when it
runs on. Raises OSError."""


class CannotOpen(Exception):
    """It was not opened; the message says why and what to do, in words."""


def start(arguments: Sequence[str], environ: Mapping[str, str]) -> int | None:
    """Start a program on its own: without our terminal, in a session of its own. Waits for at most
    `PATIENCE` seconds; not to be called in the screen's thread."""
    process = subprocess.Popen(  # noqa: S603 - a list, made here; no shell
        list(arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        close_fds=True,
        cwd="/",
        env=dict(environ),
    )
    with suppress(subprocess.TimeoutExpired):
        return process.wait(PATIENCE)
    # Somebody has to take note of its end, or it stays in the list of processes.
    threading.Thread(target=process.wait, name="opened", daemon=True).start()
    return None


def check_address(address: str) -> None:
    """Raises `CannotOpen` for whatever is no address of an allowed scheme in harmless ASCII."""
    scheme, colon, rest = address.partition(":")
    if not colon or not rest or scheme not in SCHEMES:
        raise CannotOpen(_("Only web, mail and telephone links are opened here."))
    plain = address.isascii() and address.isprintable() and " " not in address
    if not plain or address.startswith("-") or len(address) > LONGEST:
        raise CannotOpen(_("There are characters in it that no address has."))


class Opener:
    """Opens addresses and files with the programs of this desktop."""

    def __init__(
        self,
        start: Start = start,
        environ: Mapping[str, str] = os.environ,
        which: Callable[[str], str | None] = shutil.which,
        platform: str = sys.platform,
    ) -> None:
        self._start = start
        self._environ = environ
        self._which = which
        self._platform = platform

    def open_address(self, address: str) -> None:
        """Open an address. Waits `PATIENCE` seconds at most. Raises `CannotOpen`."""
        check_address(address)
        web = address.startswith(("http:", "https:"))
        command = (self._browser() if web else None) or self._desktop()
        if command is None:
            raise CannotOpen(_("There is no program here to open links; y copies it."))
        self._run([*command, address])

    def open_file(self, path: Path) -> None:
        """Open a file. Waits `PATIENCE` seconds at most. Raises `CannotOpen`."""
        if not path.is_absolute() or path.is_symlink() or not path.is_file():
            raise CannotOpen(_("The file is not there any more."))
        command = self._desktop()
        if command is None:
            raise CannotOpen(_("There is no program here to open files; y copies where it is."))
        self._run([*command, str(path)])

    def _run(self, arguments: Sequence[str]) -> None:
        environ = {k: v for k, v in self._environ.items() if not k.startswith("AGENT_TUI_")}
        program = Path(arguments[0]).name
        try:
            status = self._start(arguments, environ)
        except OSError as error:
            words = _("{program} could not be started ({reason}); y copies it.")
            reason = error.strerror or str(error)
            raise CannotOpen(words.format(program=program, reason=reason)) from error
        if status:
            words = _("{program} could not open it (status {status}); y copies it.")
            raise CannotOpen(words.format(program=program, status=status))

    def _browser(self) -> list[str] | None:
        """The browser that the agent has named in BROWSER, by its arguments."""
        for entry in self._environ.get("BROWSER", "").split(os.pathsep):
            with suppress(ValueError):  # quotation marks that do not end
                words = [word for word in shlex.split(entry) if word not in {"%s", "&"}]
                program = self._which(words[0]) if words else None
                if program is not None and "%s" not in entry.replace(" %s", ""):
                    return [program, *words[1:]]
        return None

    def _desktop(self) -> list[str] | None:
        """What opens things on this desktop; None: there is none."""
        if self._platform == "darwin":
            return ["/usr/bin/open"]
        windows = self._which("wslview")
        if windows is not None:
            return [windows]
        if not (self._environ.get("DISPLAY") or self._environ.get("WAYLAND_DISPLAY")):
            return None
        program = self._which("xdg-open")
        if program is not None:
            return [program]
        program = self._which("gio")
        return None if program is None else [program, "open"]
