"""Reading folders of replies: later ones replace by id, damaged files are set aside."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NoReturn

from agent_tui.canned.finding import Library, fold
from agent_tui.canned.front_matter import parse
from agent_tui.canned.reply import FALLBACK, MAX_FILES, CannedReply, DamagedError, Problem
from agent_tui.i18n import _
from agent_tui.sanitise import Field, sanitise

MAX_BYTES: Final = 64 * 1024
"""The largest file that is read."""

GROUPS: Final = (
    "greeting",
    "waiting",
    "delivery",
    "tracking",
    "stock",
    "returns",
    "complaint",
    "payment",
    "invoice",
    "account",
    "cart",
    "hours",
    "warranty",
    "bot-handover",
    "closing",
)
"""The program's own groups in the order in which they are listed: what is needed often first."""

_LANGUAGE: Final = re.compile(r"[a-z]{2}")


def built_in_folder() -> Path:
    """The replies that come with the program: in the package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "canned_replies"
    return installed if installed.is_dir() else package.parent / "canned_replies"


def load(folders: Sequence[Path], language: str) -> Library:
    """Read `folders`, in rising precedence, for `language` (``de``, ``de_AT``, ``de-AT``).

    A reply with the id of an earlier one replaces it; replies outside a language's folder
    count for every language; English stands in for ids the language lacks. A folder that
    does not exist is empty. The replies come in the order of `GROUPS`, then by the names of other
    groups, and by title within one. Never raises for what a file holds: each damaged one is a
    `Problem`, and the rest loads.
    """
    code = re.split(r"[-_.]", language)[0].lower()
    layers: dict[str, dict[str, CannedReply]] = {FALLBACK: {}, code: {}}
    problems: list[Problem] = []
    for folder in folders:
        found = _read_folder(folder, frozenset(layers), problems)
        for layer_language, layer in layers.items():
            for spoken in ("", layer_language):
                layer.update({r.id: r for r in found if r.language == spoken})
    merged = layers[FALLBACK] | layers[code]
    replies = sorted(merged.values(), key=_place_in_list)
    problems.extend(_shared_shortcuts(replies))
    return Library(tuple(replies), tuple(problems))


def _place_in_list(reply: CannedReply) -> tuple[int, str, str, str]:
    group = fold(reply.group)
    outermost = group.split("/")[0]
    rank = GROUPS.index(outermost) if outermost in GROUPS else len(GROUPS)
    return rank, group, fold(reply.title), reply.id


def _read_folder(
    folder: Path, languages: frozenset[str], problems: list[Problem]
) -> list[CannedReply]:
    """The replies of one folder in `languages` or in none; what is damaged goes to `problems`."""
    found: dict[tuple[str, str], CannedReply] = {}
    for path in _files(folder, problems):
        *parts, _name = path.relative_to(folder).parts
        language = parts.pop(0) if parts and _LANGUAGE.fullmatch(parts[0]) else ""
        if language and language not in languages:
            continue
        try:
            reply = parse(_read(path), path, "/".join(parts), language)
            twin = found.setdefault((language, reply.id), reply)
            if twin is not reply:
                _refuse_twin(reply, twin)
        except DamagedError as error:
            problems.append(_problem(path, error.line, error.message))
    return list(found.values())


def _refuse_twin(reply: CannedReply, twin: CannedReply) -> NoReturn:
    text = _("the id “{id}” is already taken by {other}. Give one of them another id.")
    raise DamagedError(None, text.format(id=reply.id, other=twin.source.name))


def _files(folder: Path, problems: list[Problem]) -> Iterator[Path]:
    """The ``*.md`` files under `folder` in a fixed order, without hidden ones and READMEs."""

    def unreadable(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            where = Path(error.filename or folder)
            problems.append(_problem(where, None, _cannot_read(error)))

    count = 0
    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.startswith(".") or not name.endswith(".md") or name.lower() == "readme.md":
                continue
            count += 1
            if count > MAX_FILES:
                text = _("more than {n} replies; the rest is left out. Choose a smaller folder.")
                problems.append(_problem(folder, None, text.format(n=MAX_FILES)))
                return
            yield Path(parent, name)


def _read(path: Path) -> str:
    try:
        if not path.is_file():
            raise DamagedError(None, _("not a regular file. Put the reply's text there itself."))
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DamagedError(None, _cannot_read(error)) from error
    if len(raw) > MAX_BYTES:
        text = _("larger than {n} KiB. Shorten it or split it into several replies.")
        raise DamagedError(None, text.format(n=MAX_BYTES // 1024))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DamagedError(line, _("not UTF-8 text. Save the file as UTF-8.")) from error


def _cannot_read(error: OSError) -> str:
    text = _("cannot be read ({reason}). Check that it exists and that you may read it.")
    return text.format(reason=error.strerror or type(error).__name__)


def _problem(path: Path, line: int | None, message: str) -> Problem:
    where = "/".join(path.parts[-3:]) + (f":{line}" if line else "")
    return Problem(path, line, sanitise(f"{where}: {message}", Field.TOAST))


def _shared_shortcuts(replies: Sequence[CannedReply]) -> Iterator[Problem]:
    first: dict[str, CannedReply] = {}
    for reply in replies:
        twin = first.setdefault(fold(reply.shortcut), reply)
        if twin is not reply:
            text = _("the shortcut “{shortcut}” is also that of “{other}”. Change one of them.")
            message = text.format(shortcut=reply.shortcut, other=twin.title)
            yield _problem(reply.source, None, message)
