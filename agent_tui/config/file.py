"""The file of settings: where it is, how it is read and checked, and its one writer.

default = "shop"

[settings]
theme = "dark"                 # auto, dark, light
language = "de"                # auto, en, de
send_key = "ctrl+s"            # ctrl+s, alt+enter, ctrl+enter, enter
replies = ["~/replies"]        # more folders of canned replies
time_zone = "Europe/Berlin"    # else the machine's
opens = "09:00"
closes = "18:00"
country = "DE"                 # whose public holidays are free; "" for none
region = "BY"
company = "Nordlicht Versand"

[profile.shop]
url = "wss://desk.example/agent"
agent = "ana"
token_command = ["pass", "show", "desk"]
token_file = "~/.secrets/desk"
ca_file = "company-ca.pem"     # the only issuer to trust; else the system's
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import time
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from agent_tui.config import (
    PROFILE_NAME,
    SEND_KEYS,
    THEMES,
    ConfigError,
    Profile,
    RawConfig,
    RawSettings,
    check_agent,
    check_url,
)
from agent_tui.i18n import LANGUAGES, _

MAX_BYTES: Final = 1024 * 1024
"""A larger file is not read: it is not a file of settings."""

Check = Callable[[object], object]
"""Turns what the file says into what the program holds, or raises ValueError with the words."""


def config_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the file is or would be: ``AGENT_TUI_CONFIG``, else the user's config folder.

    Asking makes no folder.

    Raises:
        ConfigError: if the variable names somebody's home who is not there.
    """
    named = environ.get("AGENT_TUI_CONFIG", "")
    if named:
        try:
            return Path(named).expanduser()
        except RuntimeError:
            raise ConfigError(
                _("AGENT_TUI_CONFIG names {file}, but nobody here has that home").format(file=named)
            ) from None
    from platformdirs import user_config_path  # noqa: PLC0415 - late: heavy

    return user_config_path("agent-tui") / "config.toml"


def read_config(path: Path) -> RawConfig:
    """What the file at `path` says; a file that is not there says nothing.

    Raises:
        ConfigError: if it cannot be read, is no TOML, or has a key or value that means nothing.
    """
    text = _read(path)
    if text is None:
        return RawConfig(path)
    return parse_config(path, text)


def _read(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(
            _("{file} cannot be read: {why}").format(file=path, why=error.strerror)
        ) from None
    if len(data) > MAX_BYTES:
        raise ConfigError(_("{file} is too large for a file of settings").format(file=path))
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            _("{file}, line {line}: this is not UTF-8 text; save the file as UTF-8").format(
                file=path, line=line
            )
        ) from None


def parse_config(path: Path, text: str) -> RawConfig:
    """What `text` says; `path` is its place, for messages and for paths relative to it.

    Raises:
        ConfigError: as `read_config`.
    """
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise ConfigError(
            _("{file} is not valid TOML: {why}; mend that place or delete the file").format(
                file=path, why=str(error) or type(error).__name__
            )
        ) from None
    reader = _Reader(path, text)
    reader.known(data, ("settings", "profile", "default"), ())
    tables = reader.table(data.get("profile", {}), ("profile",))
    profiles = {name: reader.profile(name, value) for name, value in tables.items()}
    default = data.get("default")
    if default is not None and (not isinstance(default, str) or default not in profiles):
        known = ", ".join(sorted(profiles)) or _("none")
        raise reader.wrong(
            (), "default", _("must name a profile of this file ({names})").format(names=known)
        )
    settings = reader.settings(data.get("settings", {}))
    return RawConfig(path, True, settings, profiles, default)


class _Reader:
    """Checks the tables of one file; knows the file's text, to name the line of a fault."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text

    def wrong(self, table: tuple[str, ...], key: str, why: str) -> ConfigError:
        """The error for `key` in `table`, with its place in the file."""
        line = _line_of(self.text, table, key)
        place = _("{file}, line {line}").format(file=self.path, line=line) if line else self.path
        name = ".".join((*table, key))
        return ConfigError(f"{place}: {name} {why}")

    def table(self, value: object, name: tuple[str, ...]) -> dict[str, Any]:
        """`value` as the table it must be."""
        if isinstance(value, dict):
            return value
        raise self.wrong(name[:-1], name[-1], _("must be a table of keys and values"))

    def known(self, data: Mapping[str, Any], keys: Iterable[str], table: tuple[str, ...]) -> None:
        """Refuse a key that means nothing, and say which one it nearly is."""
        for key in data:
            if key in keys:
                continue
            near = difflib.get_close_matches(key, keys, n=1)
            hint = (
                _("is not known here; did you mean {near!r}?").format(near=near[0])
                if near
                else _("is not known here; there is: {keys}").format(keys=", ".join(keys))
            )
            raise self.wrong(table, key, hint)

    def values(
        self, data: dict[str, Any], table: tuple[str, ...], checks: Mapping[str, Check]
    ) -> dict[str, Any]:
        """Every value of `data` as its check makes it."""
        self.known(data, checks, table)
        made = {}
        for key, value in data.items():
            try:
                made[key] = checks[key](value)
            except (ValueError, ConfigError) as error:
                raise self.wrong(table, key, str(error)) from None
        return made

    def settings(self, value: object) -> RawSettings:
        """The table of settings."""
        table = ("settings",)
        checks: dict[str, Check] = {
            "theme": _one_of(THEMES),
            "language": _one_of(("auto", *LANGUAGES)),
            "send_key": _one_of(SEND_KEYS),
            "replies": lambda said: tuple(self.place(word) for word in _words(said)),
            "time_zone": _zone,
            "opens": _time,
            "closes": _time,
            "country": _word,
            "region": _word,
            "company": _word,
        }
        return RawSettings(**self.values(self.table(value, table), table, checks))

    def profile(self, name: str, value: object) -> Profile:
        """One table of a desk."""
        table = ("profile", name)
        if not PROFILE_NAME.fullmatch(name):
            raise self.wrong(
                ("profile",), name, _("is no name of a profile: use letters, digits, - and _")
            )
        checks: dict[str, Check] = {
            "url": lambda said: check_url(_word(said)),
            "agent": lambda said: check_agent(_word(said)),
            "token_command": _command,
            "token_file": lambda said: self.place(_word(said)),
            "ca_file": lambda said: self.place(_word(said)),
        }
        made = self.values(self.table(value, table), table, checks)
        for key in ("url", "agent"):
            if key not in made:
                raise self.wrong(("profile",), name, _("has no {key}").format(key=key))
        return Profile(name=name, **made)

    def place(self, word: str) -> Path:
        """A path of the file: ``~`` is the home folder, a relative one begins at the file."""
        try:
            return self.path.parent / Path(word).expanduser()
        except RuntimeError:
            raise ValueError(_("names a home folder that is not there")) from None


def _word(said: object) -> str:
    if isinstance(said, str):
        return said
    raise ValueError(_('must be text in quotes, such as "…"'))


def _words(said: object) -> list[str]:
    if isinstance(said, list) and all(isinstance(word, str) for word in said):
        return said
    raise ValueError(_('must be a list of texts, such as ["…", "…"]'))


def _command(said: object) -> tuple[str, ...]:
    words = _words(said)
    if not words or not words[0]:
        raise ValueError(_('must name a program, such as ["pass", "show", "desk"]'))
    return tuple(words)


def _one_of(allowed: tuple[str, ...]) -> Check:
    def check(said: object) -> str:
        if isinstance(said, str) and said in allowed:
            return said
        raise ValueError(_("must be one of: {words}").format(words=", ".join(allowed)))

    return check


def _time(said: object) -> time:
    if isinstance(said, str) and re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", said):
        said = time.fromisoformat(said)
    if isinstance(said, time) and said.tzinfo is None:
        return said
    raise ValueError(_('must be a time of day, such as "09:00"'))


def _zone(said: object) -> str:
    name = _word(said)
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        raise ValueError(_('must be a time zone, such as "Europe/Berlin"')) from None
    return name


HEADER: Final = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?$")
"""A line that begins a table, as far as plain reading tells."""


def dotted_names(dotted: str) -> tuple[str, ...]:
    """The parts of a TOML key or header, as far as plain reading tells."""
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _line_of(text: str, table: tuple[str, ...], key: str) -> int | None:
    """The line, from 1, where `key` of `table` stands, as far as plain reading tells."""
    current: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), 1):
        header = HEADER.match(line)
        if header:
            current = dotted_names(header[1])
            if current[: len(table) + 1] == (*table, key):
                return number
        elif "=" in line and (*current, *dotted_names(line.split("=")[0]))[: len(table) + 1] == (
            *table,
            key,
        ):
            return number
    return None
