"""What a file is called on this machine, whatever the other side calls it.

The rule is that of the project reference "Reliability and security", §4.4: no path, nothing that a
shell, a desktop or Windows takes for something else, and the suffix stays what it is.
"""

from __future__ import annotations

import re
from typing import Final
from unicodedata import normalize

from agent_tui.sanitise import Field, sanitise

LONGEST: Final = 120
"""Bytes of a name in UTF-8, suffix included."""
LONGEST_SUFFIX: Final = 20
"""Bytes of a suffix, with its dot; what is longer is no suffix."""

_FORBIDDEN: Final = re.compile(r"""[<>:"/\\|?*`$;&!%\u2400-\u243f\ufffd]""")
"""What Windows forbids, what shells read, and the sanitiser's stand-ins for controls."""
_RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"}
)
"""Names of devices on Windows, with any suffix."""


def safe_name(told: str, ident: str) -> str:
    """The name under which a file is saved that is called `told`; `ident` names it at the desk.

    At most `LONGEST` bytes; never empty, a path, or hidden.
    """
    last = re.split(r"[/\\]", told)[-1]
    name = _bare(_FORBIDDEN.sub("_", normalize("NFC", sanitise(last, Field.FILENAME))))
    if not name.strip("._ "):
        name = "file-" + _bare(re.sub(r"[^A-Za-z0-9._-]", "-", ident))
    if name.split(".")[0].rstrip(" ").casefold() in _RESERVED:
        name = "_" + name
    return _shortened(name)


def suffix(name: str) -> str:
    """The suffix of a name, which is what desktops go by: lower case, without the dot; or nothing.

    As it is, not as it is meant: of ``photo.jpg.exe`` it is ``exe``.
    """
    return _suffix(name)[1:].casefold()


def numbered(name: str, number: int) -> str:
    """`name` for a file of which there are others: ``photo (2).jpg``."""
    end = _suffix(name)
    return f"{name[: len(name) - len(end)]} ({number}){end}"


def _bare(name: str) -> str:
    """Without what makes a name an option, hidden, a home, or another name on Windows."""
    return name.lstrip(" .-~").rstrip(" .")


def _suffix(name: str) -> str:
    stem, dot, end = name.rpartition(".")
    whole = dot + end
    if not stem or not end or " " in end or len(whole.encode()) > LONGEST_SUFFIX:
        return ""
    return whole


def _shortened(name: str) -> str:
    if len(name.encode()) <= LONGEST:
        return name
    end = _suffix(name)
    room = LONGEST - len(end.encode())
    stem = name[: len(name) - len(end)].encode()[:room].decode(errors="ignore")
    return stem.rstrip(" .") + end
