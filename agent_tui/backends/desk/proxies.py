"""Which proxy the surroundings name for a desk, if any."""

from __future__ import annotations

import urllib.request
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from agent_tui.loopback import is_loopback

VARIABLES: Final = ("wss", "https", "socks", "all")
"""Whose proxy counts, the first one first: ``WSS_PROXY``, ``HTTPS_PROXY``, ..."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy to go through."""

    url: str = field(repr=False)
    """As it was given: it may hold a password."""

    @property
    def shown(self) -> str:
        """Kind, host and port; never what it takes to get in."""
        try:
            parts = urlsplit(self.url)
            port = f":{parts.port}" if parts.port else ""
            return f"{parts.scheme}://{parts.hostname or ''}{port}"
        except ValueError:
            return "?"


def proxy_for(url: str) -> Proxy | None:
    """The proxy on the way to `url`; None: straight there, as to everything on this machine.

    ``NO_PROXY`` names the hosts that are reached without one, as for other programs.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "wss" else 80)
    except ValueError:
        return None
    if is_loopback(host) or urllib.request.proxy_bypass(f"{host}:{port}"):
        return None
    given = urllib.request.getproxies()
    for kind in VARIABLES:
        if proxy := given.get(kind):
            if kind == "socks" and proxy.startswith("http://"):
                proxy = "socks5h://" + proxy.removeprefix("http://")
            return Proxy(proxy if "://" in proxy else f"http://{proxy}")
    return None
