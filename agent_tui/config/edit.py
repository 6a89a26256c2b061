"""The one writer of the file of settings: puts a profile in, takes one out.

Everything else in the file stays as its owner wrote it, comments too. The change is made on the
lines and then read back: where the outcome is not exactly what was meant, nothing is written.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from agent_tui.config import ConfigError, Profile, RawConfig
from agent_tui.config.file import HEADER, dotted_names, parse_config, read_config
from agent_tui.i18n import _

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600

_DEFAULT = re.compile(r"\s*(default|\"default\"|'default')\s*=")


def store_profile(path: Path, profile: Profile) -> RawConfig:
    """Put `profile` into the file at `path`, in place of one of that name, and make it the default.

    Makes the folder (0700) and the file (0600) where they are missing.

    Raises:
        ConfigError: if the file is damaged, cannot be written, or is laid out in a way that
            this writer cannot change.
    """
    before = read_config(path)
    meant = {**before.profiles, profile.name: profile}
    lines = _without_profile(_lines(path), profile.name)
    lines = [f"default = {_quoted(profile.name)}\n", *_without_default(lines)]
    if lines[-1].strip():
        lines.append("\n")
    lines += _profile_lines(profile)
    return _save(path, lines, replace(before, profiles=meant, default=profile.name))


def remove_profile(path: Path, name: str) -> RawConfig:
    """Take the profile `name` out of the file at `path`.

    Raises:
        ConfigError: as `store_profile`.
    """
    before = read_config(path)
    meant = {key: value for key, value in before.profiles.items() if key != name}
    lines = _without_profile(_lines(path), name)
    default = before.default
    if default == name:
        lines = _without_default(lines)
        default = None
    return _save(path, lines, replace(before, profiles=meant, default=default))


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return []
    return [line + "\n" for line in text.removesuffix("\n").split("\n")]


def _without_profile(lines: list[str], name: str) -> list[str]:
    """The lines without the table of that profile; the notes in front of the next table stay."""
    kept: list[str] = []
    inside = False
    notes: list[str] = []
    for line in lines:
        header = HEADER.match(line)
        if header:
            inside = dotted_names(header[1]) == ("profile", name)
            kept += [] if inside else notes
            notes = []
        if not inside:
            kept.append(line)
        elif not line.strip() or line.lstrip().startswith("#"):
            notes.append(line)
        else:
            notes = []
    return kept


def _without_default(lines: list[str]) -> list[str]:
    first = next((i for i, line in enumerate(lines) if HEADER.match(line)), len(lines))
    return [line for line in lines[:first] if not _DEFAULT.match(line)] + lines[first:]


def _profile_lines(profile: Profile) -> list[str]:
    said = [f"url = {_quoted(profile.url)}", f"agent = {_quoted(profile.agent)}"]
    if profile.token_command:
        said.append(f"token_command = [{', '.join(map(_quoted, profile.token_command))}]")
    if profile.token_file is not None:
        said.append(f"token_file = {_quoted(str(profile.token_file))}")
    if profile.ca_file is not None:
        said.append(f"ca_file = {_quoted(str(profile.ca_file))}")
    return [f"{line}\n" for line in (f"[profile.{profile.name}]", *said)]


def _quoted(text: str) -> str:
    """`text` as a TOML basic string: JSON's, but that TOML wants DEL escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _save(path: Path, lines: list[str], meant: RawConfig) -> RawConfig:
    text = "".join(lines)
    meant = replace(meant, exists=True, profiles=MappingProxyType(dict(meant.profiles)))
    try:
        made = parse_config(path, text)
    except ConfigError:
        made = None
    if made != meant:
        raise ConfigError(
            _("{file} is laid out in a way that only you can change: edit its profiles by hand")
            .format(file=path)
        )  # fmt: skip
    try:
        _write(path, text)
    except OSError as error:
        raise ConfigError(
            _("{file} cannot be written: {why}").format(file=path, why=error.strerror)
        ) from None
    return meant


def _write(path: Path, text: str) -> None:
    """Put `text` in place of the file in one step; a link stays a link."""
    place = path.resolve()
    place.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".config-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), FILE_MODE)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(place)
    except OSError:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
