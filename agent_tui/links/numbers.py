"""Hosts that are numbers, in all the spellings that browsers take for one."""

from __future__ import annotations

import ipaddress
import re
from enum import StrEnum
from typing import Final

_LAST: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")


class Reach(StrEnum):
    """Where a numbered host is."""

    PUBLIC = "public"
    PRIVATE = "private"
    THIS_MACHINE = "this machine"


def is_number(name: str) -> bool:
    """Browsers read it as an address of four bytes: its last part is a number (WHATWG URL, "ends
    in a number")."""
    return _LAST.fullmatch(name.removesuffix(".").rpartition(".")[2]) is not None


def fourth(name: str) -> tuple[str, Reach] | None:
    """`name` as four bytes in decimal, and where that is; None: it is no address.

    Reads octal and hexadecimal parts and fewer than four of them, as browsers do.
    """
    parts = name.removesuffix(".").split(".")
    if not 1 <= len(parts) <= 4:
        return None
    try:
        values = [_value(part) for part in parts]
    except ValueError:
        return None
    last = 256 ** (5 - len(values))
    if any(value > 255 for value in values[:-1]) or values[-1] >= last:
        return None
    whole = values[-1]
    for place, value in enumerate(values[:-1]):
        whole += value << 8 * (3 - place)
    address = ipaddress.IPv4Address(whole)
    return str(address), _reach(address)


def _value(part: str) -> int:
    if len(part) > 20:
        raise ValueError(part)
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    if not part.isdigit():
        raise ValueError(part)
    return int(part, 8) if len(part) > 1 and part.startswith("0") else int(part)


def sixth(name: str) -> tuple[str, Reach] | None:
    """`name`, with its brackets, as an address of sixteen bytes; None: it is no address."""
    if not name.endswith("]") or "%" in name:
        return None
    try:
        address = ipaddress.IPv6Address(name[1:-1])
    except ValueError:
        return None
    inner = address.ipv4_mapped or address.sixtofour or address
    return f"[{address}]", _reach(inner)


def _reach(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> Reach:
    if address.is_loopback or address.is_unspecified:
        return Reach.THIS_MACHINE
    return Reach.PUBLIC if address.is_global else Reach.PRIVATE
