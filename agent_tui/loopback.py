"""Whether a host is this machine: what goes there needs neither encryption nor a proxy."""

from __future__ import annotations

import ipaddress


def is_loopback(host: str) -> bool:
    """`localhost`, or an address that never leaves this machine; a name that only looks so is not.

    An IPv6 address comes without its brackets.
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
