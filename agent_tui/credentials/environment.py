"""The token in the environment: read once, and gone from there afterwards."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Final

TOKEN_VARIABLE: Final = "AGENT_TUI_TOKEN"  # noqa: S105 - the name of one, not a token


def taken(environ: MutableMapping[str, str]) -> str:
    """What the variable holds; it is removed, so that no program started later inherits it.

    Where `environ` is this process's own, it goes from the memory too that the system shows to
    others as ``/proc/PID/environ``. Empty where it is not set.
    """
    given = environ.pop(TOKEN_VARIABLE, "")
    if given and environ is os.environ:
        with suppress(OSError, ValueError, ImportError, IndexError):
            _wipe(given.encode("utf-8", "surrogateescape"))
    return given


def _wipe(value: bytes) -> None:
    """Overwrite the variable where the system put it when this process began (Linux)."""
    # Fields 50 and 51 of proc_pid_stat(5); the second field may hold spaces, but not ")".
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    begin, end = int(fields[47]), int(fields[48])
    if not 0 < begin < end:
        return
    import ctypes  # noqa: PLC0415 - late: heavy

    block = ctypes.string_at(begin, end - begin)
    entry = TOKEN_VARIABLE.encode() + b"=" + value + b"\0"
    at = block.find(entry) if block.startswith(entry) else block.find(b"\0" + entry) + 1
    if at > 0 or block.startswith(entry):
        start = begin + at + len(TOKEN_VARIABLE) + 1
        ctypes.memset(start, ord("-"), len(value))
