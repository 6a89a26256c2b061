"""From a file's text to a reply.

The front matter is read by a strict reader of its own, not by a YAML library: ``key: value`` and
``key: [a, b]`` are all it knows, so a file means the same to a person and to the program, and no
file can hold more than words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent_tui.canned.reply import CannedReply, DamagedError
from agent_tui.canned.templates import check_liquid
from agent_tui.i18n import _
from agent_tui.model import Channel, SafeText
from agent_tui.sanitise import Field, sanitise

KEYS: Final = ("id", "title", "shortcut", "channels")
"""What the front matter may say; all but ``channels`` are required."""

_FENCE: Final = "---"
_ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SHORTCUT: Final = re.compile(r"[^\W_]+(-[^\W_]+)*")
_ANYTHING: Final = re.compile(r".+")
_LIST: Final = re.compile(r"\[(.*)\]")


@dataclass(frozen=True, slots=True)
class _Entry:
    value: str
    line: int


def parse(raw: str, path: Path, group: str, language: str) -> CannedReply:
    """The reply in a file's text; raises `DamagedError`."""
    lines = raw.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    entries, start = _front_matter(lines)
    while start < len(lines) and not lines[start].strip():
        start += 1
    body = "\n".join(sanitise(line, Field.COMPOSER) for line in lines[start:]).rstrip()
    reply = CannedReply(
        id=_matching("id", entries, _ID, _("small letters, digits and hyphens")),
        language=language,
        title=_matching("title", entries, _ANYTHING, _("a few words")),
        shortcut=_matching("shortcut", entries, _SHORTCUT, _("one word, hyphens allowed")),
        channels=_channels(entries["channels"]) if "channels" in entries else frozenset(),
        group=sanitise(group, Field.LINE),
        body=body,
        source=path,
    )
    if not body:
        raise DamagedError(None, _("there is no text after the front matter. Write the reply."))
    check_liquid(body, start)
    return reply


def _front_matter(lines: Sequence[str]) -> tuple[dict[str, _Entry], int]:
    """The entries between the two lines ``---``, and the index of the line after them."""
    if lines[0].rstrip() != _FENCE:
        raise DamagedError(1, _("the first line is not “---”. Begin with the front matter."))
    entries: dict[str, _Entry] = {}
    for number, line in enumerate(lines[1:], start=2):
        if line.rstrip() == _FENCE:
            return entries, number
        if not line.strip() or line.startswith("#"):
            continue
        key, value = _key_and_value(line, number)
        if key in entries:
            text = _("“{key}” is there twice. Remove one of the lines.")
            raise DamagedError(number, text.format(key=key))
        entries[key] = _Entry(value, number)
    raise DamagedError(1, _("the front matter has no end. Add a line “---” before the text."))


def _key_and_value(line: str, number: int) -> tuple[str, str]:
    key, colon, value = (part.strip() for part in line.partition(":"))
    if not colon or not value:
        text = _("“{line}” is not “key: value”. Write it like this: “title: Parcel is late”.")
        raise DamagedError(number, text.format(line=line[:60]))
    if key not in KEYS:
        text = _("“{key}” is not known here. Use only {keys}.")
        raise DamagedError(number, text.format(key=key[:60], keys=", ".join(KEYS)))
    return key, _unquoted(value)


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1].strip() if quoted else value


def _matching(
    key: str, entries: Mapping[str, _Entry], pattern: re.Pattern[str], allowed: str
) -> SafeText:
    entry = entries.get(key)
    if entry is None:
        text = _("“{key}” is missing. Add a line “{key}: …” between the lines “---”.")
        raise DamagedError(1, text.format(key=key))
    value = sanitise(entry.value, Field.LINE)
    if not pattern.fullmatch(value):
        text = _("“{value}” cannot be the {key}. Use {allowed}.")
        raise DamagedError(entry.line, text.format(value=value[:60], key=key, allowed=allowed))
    return value


def _channels(entry: _Entry) -> frozenset[Channel]:
    listed = _LIST.fullmatch(entry.value)
    names = [_unquoted(name.strip()) for name in listed[1].split(",")] if listed else []
    if not any(names):
        text = _("“{value}” names no channels. Write “[whatsapp, sms]”, or leave the line out.")
        raise DamagedError(entry.line, text.format(value=entry.value[:60]))
    known = {channel.value for channel in Channel}
    for name in names:
        if name not in known:
            text = _("“{name}” is not a channel. Use {known}.")
            raise DamagedError(
                entry.line, text.format(name=name[:60], known=", ".join(sorted(known)))
            )
    return frozenset(Channel(name) for name in names)
