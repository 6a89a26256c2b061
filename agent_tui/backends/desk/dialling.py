"""Opening a connection to the desk: straight to the address that was named, under TLS that was
checked, with the token in the header and nowhere else."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from functools import partial
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect

from agent_tui.apart import apart
from agent_tui.backends.desk.proxies import Proxy, proxy_for
from agent_tui.credentials.secret import Secret
from agent_tui.i18n import _

LOG: Final = logging.getLogger(__name__)
LOG.addHandler(logging.NullHandler())
LOG.setLevel(logging.WARNING)  # at DEBUG the library writes headers, and with them the token

MAX_FRAME = 512 * 1024
OPEN_WITHIN = 10.0
"""Seconds for everything up to the desk's answer to the upgrade: names, proxy, TLS."""


class BadCaFile(Exception):
    """The file with the certificates to trust cannot be used; the message says why."""

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(why)
        self.file = file


class _Straight(connect):
    """A connection to the address itself: the token and what is said there go nowhere else."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class Dialling:
    """The way to one desk."""

    def __init__(self, url: str, ca_file: Path | None = None) -> None:
        """`ca_file` holds the only certificates to trust (PEM); None: those of the system, or of
        ``SSL_CERT_FILE``."""
        self._url = url
        self._ca_file = ca_file
        self._trusted: ssl.SSLContext | None = None

    @property
    def proxy(self) -> Proxy | None:
        """What stands in between, as the surroundings are now."""
        return proxy_for(self._url)

    async def dial(self, token: Secret) -> ClientConnection:
        """A fresh attempt with `token`. Raises one of `explain.LINK_ERRORS`."""
        _look_names_up_apart(asyncio.get_running_loop())
        secure: dict[str, Any] = {}
        if self._url.startswith("wss:"):
            secure["ssl"] = self._context()
        proxy = self.proxy
        return await _Straight(
            self._url,
            additional_headers={"Authorization": f"Bearer {token.reveal()}"},
            user_agent_header="agent-tui",
            proxy=None if proxy is None else proxy.url,
            compression=None,
            max_size=MAX_FRAME,
            ping_interval=10,
            ping_timeout=10,
            close_timeout=2,
            open_timeout=OPEN_WITHIN,
            logger=LOG,
            **secure,
        )

    def _context(self) -> ssl.SSLContext:
        if self._trusted is None:
            self._trusted = trusting(self._ca_file)
        return self._trusted


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """What is checked of a desk's certificate: its host, its time and who vouches for it.

    Raises:
        BadCaFile: if `ca_file` is none.
    """
    if ca_file is None:
        return ssl.create_default_context()
    try:
        if ca_file.exists() and not ca_file.is_file():
            raise BadCaFile(ca_file, _("it is no file"))
        return ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError as error:
        raise BadCaFile(ca_file, _("it holds no certificate in PEM form")) from error
    except OSError as error:
        raise BadCaFile(ca_file, error.strerror or str(error)) from error


def _look_names_up_apart(loop: asyncio.AbstractEventLoop) -> None:
    """Look names up in threads that nothing waits for, and not in the loop's own pool.

    A look-up cannot be stopped. The end of the loop and of the program would wait for the pool.
    """

    async def look_up(  # noqa: PLR0913 - the shape is asyncio's
        host: str | None,
        port: int | None,
        *,
        family: int = 0,
        type: int = 0,
        proto: int = 0,
        flags: int = 0,
    ) -> list[Any]:
        call = partial(socket.getaddrinfo, host, port, family, type, proto, flags)
        return await apart(call, "name look-up")

    vars(loop)["getaddrinfo"] = look_up
