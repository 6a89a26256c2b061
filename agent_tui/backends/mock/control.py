"""The desk's side door: a Unix socket for its owner, by which a tester makes it misbehave.

One JSON object a line each way. The request has the console's `token`, and `do`: ``set`` (with
`fault` and `with`), ``clear`` (with `fault` or without), ``faults`` or ``token``. The answer is
``{"ok": true, "said": [lines]}`` or ``{"ok": false, "said": [why]}``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import stat
from pathlib import Path
from typing import Any, Final

from agent_tui.backends.mock.control_place import (
    LONGEST_PATH,
    listens,
    need_sockets,
    place,
    running,
)
from agent_tui.backends.mock.faults.asking import FaultError, Order, understand
from agent_tui.backends.mock.options import MockError
from agent_tui.backends.mock.server import DeskServer
from agent_tui.backends.strict_json import NotJson, load_object
from agent_tui.i18n import _

MOST_BYTES: Final = 64 * 1024
SECONDS: Final = 5.0
"""How long a request may take to come."""


class Control:
    """Listens beside a desk that has been started, from `start` to `aclose`."""

    def __init__(self, server: DeskServer, path: Path | None = None) -> None:
        """`path` None: in the folder for control sockets, by the desk's port."""
        self._desk = server
        self._path = path
        self._server: asyncio.Server | None = None

    @property
    def path(self) -> Path:
        """Where it listens."""
        if self._path is None:
            self._path = place(self._desk.port)
        return self._path

    async def start(self) -> None:
        """Listen, and tidy away what killed desks left. Raises `MockError` if it cannot be."""
        need_sockets()
        if self._path is None:
            running()
        self._server = await asyncio.start_unix_server(
            self._serve, sock=_bound(self.path), limit=MOST_BYTES
        )

    async def aclose(self) -> None:
        """Stop listening, and leave no socket behind."""
        if self._server is not None:
            self._server.close()
            with contextlib.suppress(OSError):
                self.path.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                answer = self._answer(await reader.readuntil(b"\n"))
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError, TimeoutError):
            pass  # whoever it was has gone, or never meant to ask
        finally:
            writer.close()

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            said = self._do(load_object(line.decode()))
        except FaultError as error:
            return {"ok": False, "said": [str(error)]}
        except (NotJson, UnicodeDecodeError, MockError) as error:
            return {"ok": False, "said": [str(error)]}
        return {"ok": True, "said": said}

    def _do(self, request: dict[str, Any]) -> list[str]:
        """Do what is asked for; what to say about it. Raises `MockError` and `FaultError`."""
        token, fault = request.get("token"), request.get("fault")
        if not isinstance(token, str) or not self._desk.tokens.knows(token):
            raise MockError(_("The token is missing or wrong; it is what the desk printed."))
        faults = self._desk.faults
        match request.get("do"):
            case "set":
                given = request.get("with", {})
                order = understand(fault, given if isinstance(given, dict) else {})
                faults.order(order)
                return [_done(order)]
            case "clear" if fault is None or isinstance(fault, str):
                gone = faults.clear(fault)
                return [_("{fault} is off").format(fault=one) for one in gone] or [_nothing()]
            case "faults":
                return self._overview()
            case "token":
                return [self._token()]
        raise MockError(_("The desk does not know what that means; are both of one version?"))

    def _overview(self) -> list[str]:
        faults = self._desk.faults
        lines = [_on(order, left) for order, left in faults.on()]
        lines += [
            _("in {seconds:.0f} s: {fault}").format(
                seconds=max(0.0, step.at - faults.elapsed), fault=step.order
            )
            for step in faults.to_come
        ]
        return lines or [_nothing()]

    def _token(self) -> str:
        token = self._desk.tokens.current
        if token is None:
            raise MockError(
                _("Every token was taken back; agent-tui mock ctl renew makes a new one.")
            )
        return token


def _nothing() -> str:
    return _("nothing is on")


def _on(order: Order, left: float | None) -> str:
    if left is None:
        return _("{fault} is on until it is cleared").format(fault=order)
    return _("{fault} is on for {seconds:.0f} s").format(fault=order, seconds=left)


def _done(order: Order) -> str:
    if not order.fault.lasts:
        return _("{fault}: done").format(fault=order)
    return _on(order, order.seconds)


def _bound(path: Path) -> socket.socket:
    """A socket at `path` that only its owner may use. Raises `MockError`."""
    if len(os.fsencode(path)) > LONGEST_PATH:
        message = _("The path {path} is too long for a socket; name a shorter one with --control.")
        raise MockError(message.format(path=path))
    _make_room(path)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        made.bind(str(path))
        made.listen()  # at once: a socket behind which nobody listens is taken for a dead one
    except OSError as error:
        made.close()
        message = _("There can be no control socket at {path} ({why}); name another: --control.")
        raise MockError(message.format(path=path, why=error.strerror)) from None
    finally:
        os.umask(before)
    return made


def _make_room(path: Path) -> None:
    """Take away the socket of a desk that died; raises `MockError` for anything else."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return
    if not stat.S_ISSOCK(mode) or listens(path):
        message = _("{path} is in use already; name another with --control.")
        raise MockError(message.format(path=path))
    with contextlib.suppress(OSError):
        path.unlink()
