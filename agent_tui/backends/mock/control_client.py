"""The other side of a desk's control socket: finds it, asks, and hands back what the desk says."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from agent_tui.backends.mock.control_place import need_sockets, running
from agent_tui.backends.mock.options import MockError
from agent_tui.i18n import _

SECONDS: Final = 10.0
MOST_BYTES: Final = 1024 * 1024


def find(port: int | None, environ: Mapping[str, str] = os.environ) -> Path:
    """The socket of the desk on `port`; None: of the only one that runs.

    Raises:
        MockError: if there is none, or which one is meant cannot be told.
    """
    need_sockets()
    desks = running(environ)
    if port is not None:
        if port not in desks:
            message = _("No mock desk runs on port {port}; there is: {ports}.")
            raise MockError(message.format(port=port, ports=_ports(desks)))
        return desks[port]
    if not desks:
        raise MockError(_("No mock desk runs here; agent-tui mock starts one."))
    if len(desks) > 1:
        message = _("Several mock desks run here ({ports}): say which one with --port.")
        raise MockError(message.format(ports=_ports(desks)))
    return next(iter(desks.values()))


def ask(path: Path, token: str, request: Mapping[str, Any]) -> list[str]:
    """What the desk behind the socket at `path` says to `request`, line by line.

    Raises:
        MockError: if nobody answers, or the desk refuses; the message says why.
    """
    need_sockets()
    line = json.dumps({**request, "token": token}).encode() + b"\n"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line_to:
            line_to.settimeout(SECONDS)
            line_to.connect(str(path))
            line_to.sendall(line)
            answer = _answer(line_to)
        ok, said = answer["ok"] is True, [str(one) for one in answer["said"]]
    except OSError as error:
        message = _("Nobody answers at {path} ({why}); does that desk still run?")
        why = error.strerror or error
        raise MockError(message.format(path=path, why=why)) from None
    except (ValueError, LookupError, TypeError):
        message = _("What answers at {path} is no mock desk of this version.")
        raise MockError(message.format(path=path)) from None
    if not ok:
        raise MockError(" ".join(said))
    return said


def _answer(line_to: socket.socket) -> Any:
    data = b""
    while len(data) < MOST_BYTES and (chunk := line_to.recv(65_536)):
        data += chunk
    return json.loads(data)


def _ports(desks: Mapping[int, Path]) -> str:
    return ", ".join(map(str, sorted(desks))) or _("none")
