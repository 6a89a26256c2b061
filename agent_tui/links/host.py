"""Where a link really leads: its host in ASCII, and whatever is odd about it, in words.

A link is read once, by the strictest of the readings that browsers and libraries have, and written
anew from what was read: what is shown and what is opened are the same ASCII text. What they read
differently (a backslash, an encoded sign in the host) is not opened at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote, unquote

from agent_tui.i18n import _
from agent_tui.links import numbers, scripts
from agent_tui.links.numbers import Reach
from agent_tui.model import SafeText
from agent_tui.sanitise import plain_line

LONGEST: Final = 2_000
"""Characters of an address; no honest one is longer, and programs begin to cut them."""
LONG: Final = 300
"""From here on the agent is told that it is long: the end is out of sight."""
LONGEST_HOST: Final = 253
"""Characters of a host name (RFC 1035); nothing longer reaches the library that reads names."""

_PORTS: Final = {"http": 80, "https": 443}
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_SAFE_IN_PATH: Final = "/;:@&=+$,!*'()~._-%"
_NUMBER: Final = re.compile(r"\+?[0-9]{2,20}")
_MAILBOX: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{0,63}")
_PRIVATE_ENDINGS: Final = (".local", ".internal", ".lan", ".home.arpa", ".intranet", ".corp")


class Doubt(StrEnum):
    """Something about a link that the agent should know before it is opened."""

    FOREIGN = "foreign"
    """The host is written in other letters than those of its ASCII form."""
    MIXED = "mixed"
    """Letters of scripts that no language writes together."""
    ALIKE = "alike"
    """Every letter looks like a Latin one."""
    USERINFO = "userinfo"
    """Something that may be taken for the host stands in front of it."""
    ADDRESS = "address"
    """A number instead of a name."""
    THIS_MACHINE = "this machine"
    PRIVATE = "private"
    """In the company's own network, or at home."""
    PORT = "port"
    PLAIN = "plain"
    """Not encrypted."""
    LONG = "long"
    LEFT_OUT = "left out"
    """A mail's or a call's parameters, of which only the harmless ones are kept."""


class NotOpened(ValueError):
    """This is no link that is opened here; the message says why, in words."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link leads."""

    address: str
    """What is opened: ASCII, no blanks, one of the schemes allowed here."""
    host: str
    """In ASCII; of a mail the host it goes to; of a telephone number nothing."""
    doubts: Mapping[Doubt, SafeText]
    """What is odd, in words, the gravest first."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A link as it was read, its doubts still in words that nobody has made harmless."""

    address: str
    host: str
    doubts: dict[Doubt, str]


def examine(link: str) -> Target:
    """Where `link` leads. Raises `NotOpened`, with words for the agent."""
    if len(link) > LONGEST:
        raise NotOpened(_("It is longer than 2,000 characters."))
    if not link.isprintable() or " " in link:
        raise NotOpened(_("There are characters in it that no address has."))
    scheme, colon, rest = link.partition(":")
    match scheme.lower() if colon else "":
        case "http" | "https" as web if rest.startswith("//"):
            read = _web(web, rest[2:])
        case "mailto":
            read = _mail(rest)
        case "tel":
            read = _call(rest)
        case _:
            raise NotOpened(_("Only web, mail and telephone links are opened here."))
    if len(read.address) > LONGEST:
        raise NotOpened(_("It is longer than 2,000 characters."))
    if len(read.address) > LONG:
        read.doubts[Doubt.LONG] = _("It is very long: look at its end, too.")
    doubts = {doubt: plain_line(words) for doubt, words in read.doubts.items()}
    return Target(read.address, read.host, doubts)


def _web(scheme: str, rest: str) -> _Read:
    cut = next((at for at, sign in enumerate(rest) if sign in "/?#"), len(rest))
    authority, path = rest[:cut], rest[cut:]
    if "\\" in authority:
        raise NotOpened(_("There is a backslash in it: programs do not agree where it leads."))
    userinfo, at, place = authority.rpartition("@")
    name, port = _parted(place)
    host, doubts = _host(name)
    if at:
        words = _("“{text}” in front of the host is no address; it is left out.")
        doubts = {Doubt.USERINFO: words.format(text=_shortened(userinfo)), **doubts}
    if port is not None and port != _PORTS[scheme]:
        doubts[Doubt.PORT] = _("Port {port} is unusual.").format(port=port)
        host_and_port = f"{host}:{port}"
    else:
        host_and_port = host
    if scheme == "http":
        doubts[Doubt.PLAIN] = _("http is not encrypted: others can read and change the page.")
    address = f"{scheme}://{host_and_port}{_in_ascii(path) or '/'}"
    return _Read(address, host, doubts)


def _parted(place: str) -> tuple[str, int | None]:
    """Host and port of what stands between the slashes, without the sign in front of the host."""
    if place.startswith("["):
        name, bracket, rest = place.partition("]")
        name += bracket
    else:
        name, _colon, rest = place.partition(":")
        rest = place[len(name) :]
    if rest in {"", ":"}:
        return name, None
    digits = rest[1:]
    if rest[0] != ":" or not (digits.isascii() and digits.isdigit()) or not _is_port(digits):
        raise NotOpened(_("Its host cannot be read."))
    return name, int(digits)


def _is_port(digits: str) -> bool:
    return len(digits) <= 5 and 0 < int(digits) < 65_536


def _host(name: str) -> tuple[str, dict[Doubt, str]]:
    """The host in ASCII, and what is odd about it."""
    if not name or len(name) > LONGEST_HOST:
        raise NotOpened(_("Its host cannot be read."))
    if name.startswith("["):
        return _numbered(name, numbers.sixth(name))
    ascii_name, doubts = _in_ascii_letters(name)
    if numbers.is_number(ascii_name):
        return _numbered(name, numbers.fourth(ascii_name))
    bare = ascii_name.rstrip(".")
    if bare == "localhost" or bare.endswith(".localhost"):
        doubts[Doubt.THIS_MACHINE] = _("It leads to a program on this machine.")
    elif "." not in bare or bare.endswith(_PRIVATE_ENDINGS):
        doubts[Doubt.PRIVATE] = _("It leads into your own network.")
    return ascii_name, doubts


def _numbered(name: str, found: tuple[str, Reach] | None) -> tuple[str, dict[Doubt, str]]:
    if found is None:
        raise NotOpened(_("Its host cannot be read."))
    address, reach = found
    doubts = {}
    if address != name:
        doubts[Doubt.FOREIGN] = _equation(name, address)
    if reach is Reach.THIS_MACHINE:
        doubts[Doubt.THIS_MACHINE] = _("It leads to a program on this machine.")
    elif reach is Reach.PRIVATE:
        doubts[Doubt.PRIVATE] = _("It leads into your own network.")
    doubts[Doubt.ADDRESS] = _("A number stands where companies have a name.")
    return address, doubts


def _in_ascii_letters(name: str) -> tuple[str, dict[Doubt, str]]:
    """A name as it is looked up, and what its letters hide."""
    import idna  # noqa: PLC0415 - late: heavy

    try:
        ascii_name = _encoded(name)
        shown = idna.decode(ascii_name) if "xn--" in ascii_name else ascii_name
    except (idna.IDNAError, UnicodeError) as error:
        raise NotOpened(_("Its host cannot be read.")) from error
    if not all(_LABEL.fullmatch(label) for label in ascii_name.removesuffix(".").split(".")):
        raise NotOpened(_("Its host cannot be read."))
    doubts = {}
    written = name.lower()
    if written != ascii_name or shown != ascii_name:
        doubts[Doubt.FOREIGN] = _equation(written if written != ascii_name else shown, ascii_name)
    if any(scripts.mixed(label) for label in shown.split(".")):
        doubts[Doubt.MIXED] = _("Letters of different alphabets stand in one word of the host.")
    if alike := scripts.skeleton(shown):
        words = _("It looks like {name} and is not.")
        doubts[Doubt.ALIKE] = words.format(name=alike)
    return ascii_name, doubts


def _encoded(name: str) -> str:
    """`name` as the domain name system has it. Raises idna.IDNAError."""
    import idna  # noqa: PLC0415 - late: heavy

    if name.isascii():
        return name.lower()
    # Mapped first, as browsers do: full-width letters and ideographic stops are ASCII in disguise.
    mapped = idna.uts46_remap(name, std3_rules=False, transitional=False)
    if mapped.isascii():
        return mapped
    return idna.encode(mapped).decode("ascii")


def _equation(written: str, ascii_name: str) -> str:
    return f"{_shortened(written)} = {ascii_name}"


def _shortened(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"


def _in_ascii(path: str) -> str:
    """Path, query and fragment in ASCII; what is encoded already stays as it is."""
    start, sign, fragment = path.partition("#")
    return quote(start, safe=_SAFE_IN_PATH + "?") + sign + quote(fragment, safe=_SAFE_IN_PATH + "?")


def _mail(rest: str) -> _Read:
    """A mail to one address; of its parameters only subject and text are kept, since some
    programs attach files that a link names."""
    whom, question, query = rest.partition("?")
    mailbox, at, place = unquote(whom).rpartition("@")
    if not at or not _MAILBOX.fullmatch(mailbox):
        raise NotOpened(_("It is not one mail address."))
    host, doubts = _host(place)
    given = [part.partition("=") for part in query.split("&")] if question else []
    kept = [f"{name.lower()}={_in_ascii(value)}" for name, _sign, value in given if _harmless(name)]
    if len(kept) < len(given):
        doubts[Doubt.LEFT_OUT] = _("Only its subject and text are kept; the rest is left out.")
    address = f"mailto:{quote(mailbox, safe=_SAFE_IN_PATH)}@{host}"
    return _Read("?".join((address, "&".join(kept))) if kept else address, host, doubts)


def _harmless(parameter: str) -> bool:
    return parameter.lower() in {"subject", "body"}


def _call(rest: str) -> _Read:
    """A telephone number; never a code, which would make the telephone do something else."""
    written, semicolon, _parameters = unquote(rest).partition(";")
    number = re.sub(r"[-.()/]", "", written)
    if not _NUMBER.fullmatch(number):
        raise NotOpened(_("It is no telephone number; codes for the telephone are not dialled."))
    doubts = {}
    if semicolon:
        doubts[Doubt.LEFT_OUT] = _("Only the number is kept; the rest is left out.")
    return _Read(f"tel:{number}", "", doubts)
