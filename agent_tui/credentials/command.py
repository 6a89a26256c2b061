"""A token that a program prints, such as ``pass show desk``; it never outlives this program."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from agent_tui.credentials.checking import CredentialError, checked
from agent_tui.credentials.secret import Secret
from agent_tui.i18n import _
from agent_tui.sanitise import plain_line

COMMAND_SECONDS: Final = 10.0
MOST_OUTPUT: Final = 64 * 1024

_running: set[int] = set()
"""Process ids of commands that have not ended."""
_running_lock = threading.Lock()


def from_command(command: tuple[str, ...], seconds: float = COMMAND_SECONDS) -> Secret:
    """The first line that `command` prints; it is started as it stands, without a shell.

    Raises:
        CredentialError: if it cannot be started, fails, takes longer than `seconds`, or prints
            no token. Its error output is quoted, what it printed never.
    """
    name = command[0]
    try:
        code, printed, complained = _run(command, seconds)
    except subprocess.TimeoutExpired:
        raise CredentialError(
            _("the token command {name!r} took longer than {seconds:g} s: try it by hand").format(
                name=name, seconds=seconds
            )
        ) from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else _("it is no command")
        raise CredentialError(
            _("the token command {name!r} cannot be started: {why}").format(name=name, why=why)
        ) from None
    if code:
        said = complained.decode(errors="replace").strip().split("\n")[0]
        raise CredentialError(
            _("the token command {name!r} failed with {code}: {said}").format(
                name=name, code=code, said=plain_line(said)
            )
        )
    line = printed.split(b"\n", 1)[0].decode("ascii", "replace")
    return checked(line, _("the token command {name!r}").format(name=name))


def end_commands() -> None:
    """End every command that still runs, and what it started: this program ends."""
    with _running_lock:
        running = tuple(_running)
    for process in running:
        _end(process)


def _run(command: tuple[str, ...], seconds: float) -> tuple[int, bytes, bytes]:
    """Exit code, output and error output, the outputs cut at `MOST_OUTPUT` bytes.

    A program that leaves a child behind, or prints without end, is held to the limit too.

    Raises:
        subprocess.TimeoutExpired: if it took longer than `seconds`; it was killed.
        OSError, ValueError: if it cannot be started.
    """
    deadline = time.monotonic() + seconds
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(  # noqa: S603 - the agent's own settings name the program
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
        ) as process,
    ):
        with _running_lock:
            _running.add(process.pid)
        try:
            printed = _output(process, deadline, seconds)
            code = process.wait(max(0.1, deadline - time.monotonic()))
        except BaseException:
            _end(process.pid)
            raise
        finally:
            with _running_lock:
                _running.discard(process.pid)
        complaints.seek(0)
        return code, printed, complaints.read(MOST_OUTPUT)


def _output(process: subprocess.Popen[bytes], deadline: float, seconds: float) -> bytes:
    """What it prints, until it has nothing more to print or that is enough."""
    assert process.stdout is not None
    printed = b""
    while len(printed) < MOST_OUTPUT:
        left = max(0.0, deadline - time.monotonic())
        if not select.select([process.stdout], [], [], left)[0]:
            raise subprocess.TimeoutExpired(process.args, seconds)
        chunk = os.read(process.stdout.fileno(), MOST_OUTPUT)
        if not chunk:
            break
        printed += chunk
    process.stdout.close()
    return printed


def _end(process: int) -> None:
    """Kill a process and whatever descends from it, where the system tells that."""
    family = [process, *_descendants(process)]
    for member in family:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(member, signal.SIGKILL)


def _descendants(process: int) -> Iterator[int]:
    with suppress(OSError, ValueError):
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        for child in map(int, children):
            yield child
            yield from _descendants(child)
