"""Settings and desks: what the file may say, and what the program makes of it.

`RawConfig` is what the file says, with gaps; `Settings` is what holds, without any. The file is
read once, at the start, and both are handed to those who need them: nothing is global, and no
default is worked out before there is a file to ask (`agent_tui.config.file` reads and writes it).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from agent_tui.credentials.secret import Secret
from agent_tui.i18n import LANGUAGES, _, preferred_language
from agent_tui.loopback import is_loopback
from agent_tui.when import BusinessHours

THEMES: Final = ("auto", "dark", "light")
"""What ``theme`` may be; ``auto`` leaves the choice to the console."""

SEND_KEYS: Final = ("ctrl+s", "alt+enter", "ctrl+enter", "enter")
"""What ``send_key`` may be; the first is the default and every terminal can send it."""

PROFILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
AGENT_ID: Final = re.compile(r"[A-Za-z0-9._:#-]{1,64}")
"""What an id may look like (docs/protocol.md)."""

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\.?")
_LONGEST_URL = 2000


class ConfigError(Exception):
    """Something in the file or on the command line cannot stand; the message is one line
    that names the place and says what to do."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A desk that was set up, by the name the agent gave it."""

    name: str
    url: str
    agent: str
    token_command: tuple[str, ...] = ()
    """Program and arguments that print the token; empty: there is none. No shell reads it."""
    token_file: Path | None = None
    ca_file: Path | None = None
    """Holds the only certificates to trust (PEM), as of a company's own issuer; None: the
    system's, or those of ``SSL_CERT_FILE``."""


@dataclass(frozen=True, slots=True)
class RawSettings:
    """The settings as the file has them; ``None`` where it is silent."""

    theme: str | None = None
    language: str | None = None
    send_key: str | None = None
    replies: tuple[Path, ...] = ()
    time_zone: str | None = None
    opens: time | None = None
    closes: time | None = None
    country: str | None = None
    region: str | None = None
    company: str | None = None


@dataclass(frozen=True, slots=True)
class RawConfig:
    """One file of settings and profiles, checked, with nothing filled in."""

    path: Path
    exists: bool = False
    settings: RawSettings = RawSettings()
    profiles: Mapping[str, Profile] = field(default_factory=lambda: MappingProxyType({}))
    default: str | None = None
    """The profile the console opens on when none is named."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds in this run of the program: file, command line and surroundings together."""

    theme: str
    """One of `THEMES`."""
    language: str
    """One of `agent_tui.i18n.LANGUAGES`."""
    send_key: str
    replies: tuple[Path, ...]
    """Folders of canned replies that the file names; later ones win."""
    own_replies: Path
    """The agent's own folder of canned replies, beside the file; need not be there."""
    zone: ZoneInfo
    """The agent's own time zone: every time on the screen is in it."""
    hours: BusinessHours
    company: str
    """The company's name, as canned replies say it; empty when unknown."""


@dataclass(frozen=True, slots=True)
class Target:
    """A desk to connect to, as whom, and who said so."""

    url: str
    token: Secret
    agent: str
    source: str
    """What chose it: ``demo``, ``profile NAME`` or ``--url``."""
    ca_file: Path | None = None
    """As in `Profile`."""
    reread: Callable[[], Secret] | None = field(default=None, compare=False)
    """Reads the token again where it is kept (`agent_tui.credentials.Found.again`)."""


def reply_folders(settings: Settings) -> tuple[Path, ...]:
    """Where canned replies are looked for besides the program's own; later ones win."""
    return (settings.own_replies, *settings.replies)


def resolve(
    raw: RawConfig,
    environ: Mapping[str, str],
    machine_zone: Callable[[], ZoneInfo],
    theme: str | None = None,
    language: str | None = None,
) -> Settings:
    """Fill the gaps of `raw`; `theme` and `language` are the command line's and outrank it.

    `machine_zone` is asked only when the file names no zone.

    Raises:
        ConfigError: if the desk would close before it opens.
    """
    said = raw.settings
    spoken = language or said.language or "auto"
    usual = BusinessHours()
    opens, closes = said.opens or usual.opens, said.closes or usual.closes
    if opens >= closes:
        raise ConfigError(
            _("{file}: [settings] opens at {opens} but closes at {closes}; opens must be earlier")
            .format(file=raw.path, opens=f"{opens:%H:%M}", closes=f"{closes:%H:%M}")
        )  # fmt: skip
    return Settings(
        theme=theme or said.theme or "auto",
        language=spoken if spoken in LANGUAGES else preferred_language(environ),
        send_key=said.send_key or SEND_KEYS[0],
        replies=said.replies,
        own_replies=raw.path.parent / "canned_replies",
        zone=ZoneInfo(said.time_zone) if said.time_zone else machine_zone(),
        hours=BusinessHours(
            opens=opens,
            closes=closes,
            country=usual.country if said.country is None else said.country,
            region=said.region,
        ),
        company=said.company or "",
    )


def machine_zone() -> ZoneInfo:
    """The time zone this machine is set to; UTC where it does not say."""
    from tzlocal import get_localzone  # noqa: PLC0415 - late: heavy

    try:
        return get_localzone()
    except (OSError, ValueError, LookupError):
        return ZoneInfo("UTC")


def choose_profile(raw: RawConfig, name: str | None) -> Profile | None:
    """The profile called `name`; without a name the default, or the only one there is.

    Raises:
        ConfigError: if `name` is unknown, or there are several and none is the default.
    """
    known = ", ".join(sorted(raw.profiles))
    if name is not None:
        if name not in raw.profiles:
            raise ConfigError(_unknown_profile(raw, name, known))
        return raw.profiles[name]
    if raw.default is not None:
        return raw.profiles[raw.default]
    if len(raw.profiles) > 1:
        raise ConfigError(
            _('{file} has several profiles ({names}): give one by --profile or default = "NAME"')
            .format(file=raw.path, names=known)
        )  # fmt: skip
    return next(iter(raw.profiles.values()), None)


def _unknown_profile(raw: RawConfig, name: str, known: str) -> str:
    if not known:
        return _(
            "there is no profile {name!r}, nor any other: agent-tui login URL sets one up"
        ).format(name=name)
    return _("there is no profile {name!r} in {file}; there is: {names}").format(
        name=name, file=raw.path, names=known
    )


def check_agent(text: str) -> str:
    """`text` if it can be the id of an agent.

    Raises:
        ConfigError: if it cannot.
    """
    if AGENT_ID.fullmatch(text):
        return text
    raise ConfigError(
        _("{agent!r} cannot be an agent: use the id the desk knows you by, such as ana").format(
            agent=text[:80]
        )
    )


def check_url(text: str) -> str:
    """The address of a desk, in one spelling: ``wss://`` anywhere, ``ws://`` on this machine.

    No user, password, query or fragment: an address is shown and stored, and must hold nothing
    that could be a token.

    Raises:
        ConfigError: if it is no such address.
    """
    if set(text) & set("@?#"):
        raise ConfigError(
            _(
                "an address must hold no user, password, ? or #: give the token by"
                " AGENT_TUI_TOKEN or agent-tui login"
            )
        )
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _bad_url(text, _("it cannot be read")) from None
    scheme = parts.scheme.lower()
    if len(text) > _LONGEST_URL or not text.isascii() or re.search(r"[\x00-\x20\x7f\\]", text):
        raise _bad_url(text, _("it is too long, or holds spaces or letters that no address has"))
    if scheme not in ("ws", "wss"):
        raise _bad_url(text, _("it must begin with wss:// (or, on this machine, ws://)"))
    if not host or not (_HOST.fullmatch(host) or ":" in host) or port == 0:
        raise _bad_url(text, _("it names no host, or no port from 1 to 65535"))
    if scheme == "ws" and not is_loopback(host):
        raise _bad_url(
            text, _("ws:// is not encrypted, so it is for this machine only: use wss://")
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def _bad_url(text: str, why: str) -> ConfigError:
    return ConfigError(
        _("{url!r} is not the address of a desk: {why}").format(url=text[:200], why=why)
    )
