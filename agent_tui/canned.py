"""Canned replies: read the files, check them, rank them for a query, fill their variables.

One reply is one Markdown file: front matter between two lines ``---``, then the text as it
will be sent, with Liquid variables. The front matter is read by a strict reader of its own,
not by a YAML library: ``key: value`` and ``key: [a, b]`` are all it knows, so a file means
the same to a person and to the program, and no file can hold more than words.

A variable without a value is never dropped: it becomes a visible blank ``⟦floor⟧`` that the
agent fills in, and `blanks` finds those that are left so that sending can be refused.
Values never pass through the Liquid parser and cannot hold the marks of a blank.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from agent_tui.channels import rules_of
from agent_tui.i18n import _
from agent_tui.model import Agent, Cart, Channel, Contact, Conversation, Order, SafeText
from agent_tui.sanitise import Field, sanitise

if TYPE_CHECKING:
    from liquid import BoundTemplate, Environment
    from liquid.token import Token

MAX_BYTES: Final = 64 * 1024
"""The largest file that is read."""

MAX_FILLED: Final = 60_000
"""The longest text a reply may grow to, in bytes of UTF-8: less than the composer takes."""

MAX_FILES: Final = 2000
"""How many replies one folder may hold; guards against a folder chosen by mistake."""

FALLBACK: Final = "en"
"""The language that stands in for replies missing in the one asked for."""

KEYS: Final = ("id", "title", "shortcut", "channels")
"""What the front matter may say; all but ``channels`` are required."""

TAGS: Final = ("if", "unless", "case", "assign", "comment")
"""The Liquid tags a reply may use: none that loops, none that reads another file."""

FILTERS: Final = ("append", "capitalize", "default", "downcase", "prepend", "strip", "upcase")
"""The Liquid filters a reply may use: none can cut a blank apart or decode one out of a value."""

OPEN, CLOSE = "⟦", "⟧"
"""The marks of a blank."""

_BLANK: Final = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
_UNFORGEABLE: Final = str.maketrans({OPEN: "[", CLOSE: "]"})
_FENCE: Final = "---"
_LANGUAGE: Final = re.compile(r"[a-z]{2}")
_ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SHORTCUT: Final = re.compile(r"[^\W_]+(-[^\W_]+)*")
_ANYTHING: Final = re.compile(r".+")
_LIST: Final = re.compile(r"\[(.*)\]")
_WORD: Final = re.compile(r"\w+")
_SHORTEST_INSIDE: Final = 3
"""Shorter words of a query are only looked for at the beginnings of words."""

_SHORTEST_MISSPELT: Final = 4
"""Shorter words of a query must be spelt right: three letters are similar to everything."""

_LIQUID: Final = re.compile(r"\{[{%][^{}]*\}+")
_MARKUP: Final = re.compile(r"\{(?P<kind>[{%])-?\s*(?P<name>#|\w*)")
_INNER_TAGS: Final = frozenset({"elsif", "else", "when"})
_LONGEST_MARKUP: Final = 300
"""Characters between two braces; Liquid's lexer takes minutes for 64 KiB of open ones."""

_BLANK_ROOT: Final = "Blank"
_BLANK_NAME: Final = re.compile(r"(\{\{-?\s*)blank(?=\s*[.\[])")
"""``blank`` at the head of a variable. It is a word of Liquid's own, so it is written otherwise
before, and just as long, so that errors stay where they are."""


@dataclass(frozen=True, slots=True)
class CannedReply:
    """One reply as its file gives it."""

    id: str
    """The same in every language; a file with the same id in a later folder replaces this one."""
    language: str
    """Two letters; empty when the reply is valid for every language."""
    title: SafeText
    shortcut: SafeText
    channels: frozenset[Channel]
    """Where it may be sent; empty: everywhere."""
    group: SafeText
    """The folder the file lies in; empty at the top."""
    body: str
    """Liquid source, sanitised line by line, so that line numbers are those of the file."""
    source: Path

    def fits(self, channel: Channel | None) -> bool:
        """Whether it may be sent on `channel`; None asks for any channel."""
        return channel is None or not self.channels or channel in self.channels


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that could not be used, or not without doubt."""

    path: Path
    line: int | None
    """Counted from 1; None where no single line is to blame."""
    message: str
    """One translated line: the end of the path and the line, what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A reply as it is put into the composer."""

    text: SafeText
    blanks: tuple[tuple[int, int], ...]
    """Start and end of each blank in `text`, marks included."""


@dataclass(frozen=True, slots=True)
class Library:
    """The replies of one language, by group and title, and what was wrong on the way."""

    replies: tuple[CannedReply, ...]
    problems: tuple[Problem, ...] = ()

    def search(self, query: str, channel: Channel | None, limit: int = 50) -> list[CannedReply]:
        """Those that fit `query` and may be sent on `channel`, best first.

        An exact shortcut leads, then shortcuts that begin with the query, then everything in
        which each word of the query is found, misspelt or not. No query: all, by group.
        """
        fitting = [reply for reply in self.replies if reply.fits(channel)]
        wanted = _fold(query).strip()
        if not wanted:
            return fitting[:limit]
        ranked = [(rank, reply) for reply in fitting if (rank := _rank(wanted, reply))]
        ranked.sort(key=lambda pair: pair[0], reverse=True)
        return [pair[1] for pair in ranked[:limit]]


# -- reading ------------------------------------------------------------------------------


class _DamagedError(Exception):
    """A file that cannot be used: the line (None: all of it) and what to do about it."""

    def __init__(self, line: int | None, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


@dataclass(frozen=True, slots=True)
class _Entry:
    value: str
    line: int


def built_in_folder() -> Path:
    """The replies that come with the program: in the package, or beside it in a checkout."""
    package = Path(__file__).parent
    installed = package / "canned_replies"
    return installed if installed.is_dir() else package.parent / "canned_replies"


def load(folders: Sequence[Path], language: str) -> Library:
    """Read `folders`, in rising precedence, for `language` (``de``, ``de_AT``, ``de-AT``).

    A reply with the id of an earlier one replaces it; replies outside a language's folder
    count for every language; English stands in for ids the language lacks. A folder that
    does not exist is empty. Never raises for what a file holds: each damaged one is a
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
    replies = sorted(merged.values(), key=lambda r: (_fold(r.group), _fold(r.title), r.id))
    problems.extend(_shared_shortcuts(replies))
    return Library(tuple(replies), tuple(problems))


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
            reply = _parse(_read(path), path, "/".join(parts), language)
            twin = found.setdefault((language, reply.id), reply)
            if twin is not reply:
                _refuse_twin(reply, twin)
        except _DamagedError as error:
            problems.append(_problem(path, error.line, error.message))
    return list(found.values())


def _refuse_twin(reply: CannedReply, twin: CannedReply) -> NoReturn:
    text = _("the id “{id}” is already taken by {other}. Give one of them another id.")
    raise _DamagedError(None, text.format(id=reply.id, other=twin.source.name))


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
            raise _DamagedError(None, _("not a regular file. Put the reply's text there itself."))
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _DamagedError(None, _cannot_read(error)) from error
    if len(raw) > MAX_BYTES:
        text = _("larger than {n} KiB. Shorten it or split it into several replies.")
        raise _DamagedError(None, text.format(n=MAX_BYTES // 1024))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _DamagedError(line, _("not UTF-8 text. Save the file as UTF-8.")) from error


def _cannot_read(error: OSError) -> str:
    text = _("cannot be read ({reason}). Check that it exists and that you may read it.")
    return text.format(reason=error.strerror or type(error).__name__)


def _problem(path: Path, line: int | None, message: str) -> Problem:
    where = "/".join(path.parts[-3:]) + (f":{line}" if line else "")
    return Problem(path, line, sanitise(f"{where}: {message}", Field.TOAST))


def _parse(raw: str, path: Path, group: str, language: str) -> CannedReply:
    """The reply in a file's text; raises `_DamagedError`."""
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
        raise _DamagedError(None, _("there is no text after the front matter. Write the reply."))
    _check_liquid(body, start)
    return reply


def _front_matter(lines: Sequence[str]) -> tuple[dict[str, _Entry], int]:
    """The entries between the two lines ``---``, and the index of the line after them."""
    if lines[0].rstrip() != _FENCE:
        raise _DamagedError(1, _("the first line is not “---”. Begin with the front matter."))
    entries: dict[str, _Entry] = {}
    for number, line in enumerate(lines[1:], start=2):
        if line.rstrip() == _FENCE:
            return entries, number
        if not line.strip() or line.startswith("#"):
            continue
        key, value = _key_and_value(line, number)
        if key in entries:
            text = _("“{key}” is there twice. Remove one of the lines.")
            raise _DamagedError(number, text.format(key=key))
        entries[key] = _Entry(value, number)
    raise _DamagedError(1, _("the front matter has no end. Add a line “---” before the text."))


def _key_and_value(line: str, number: int) -> tuple[str, str]:
    key, colon, value = (part.strip() for part in line.partition(":"))
    if not colon or not value:
        text = _("“{line}” is not “key: value”. Write it like this: “title: Parcel is late”.")
        raise _DamagedError(number, text.format(line=line[:60]))
    if key not in KEYS:
        text = _("“{key}” is not known here. Use only {keys}.")
        raise _DamagedError(number, text.format(key=key[:60], keys=", ".join(KEYS)))
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
        raise _DamagedError(1, text.format(key=key))
    value = sanitise(entry.value, Field.LINE)
    if not pattern.fullmatch(value):
        text = _("“{value}” cannot be the {key}. Use {allowed}.")
        raise _DamagedError(entry.line, text.format(value=value[:60], key=key, allowed=allowed))
    return value


def _channels(entry: _Entry) -> frozenset[Channel]:
    listed = _LIST.fullmatch(entry.value)
    names = [_unquoted(name.strip()) for name in listed[1].split(",")] if listed else []
    if not any(names):
        text = _("“{value}” names no channels. Write “[whatsapp, sms]”, or leave the line out.")
        raise _DamagedError(entry.line, text.format(value=entry.value[:60]))
    known = {channel.value for channel in Channel}
    for name in names:
        if name not in known:
            text = _("“{name}” is not a channel. Use {known}.")
            raise _DamagedError(
                entry.line, text.format(name=name[:60], known=", ".join(sorted(known)))
            )
    return frozenset(Channel(name) for name in names)


def _shared_shortcuts(replies: Sequence[CannedReply]) -> Iterator[Problem]:
    first: dict[str, CannedReply] = {}
    for reply in replies:
        twin = first.setdefault(_fold(reply.shortcut), reply)
        if twin is not reply:
            text = _("the shortcut “{shortcut}” is also that of “{other}”. Change one of them.")
            message = text.format(shortcut=reply.shortcut, other=twin.title)
            yield _problem(reply.source, None, message)


# -- finding ------------------------------------------------------------------------------


def _fold(text: str) -> str:
    """`text` as it is compared: without case and without marks on letters."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in apart if not unicodedata.combining(char))


@lru_cache(maxsize=2 * MAX_FILES)
def _folded(reply: CannedReply) -> tuple[tuple[float, str, tuple[str, ...]], ...]:
    """What a query is compared with: how much a hit weighs, the text, its words."""
    prose = _LIQUID.sub(" ", reply.body)
    place = f"{reply.group} {reply.id}"
    fields = ((1.0, reply.shortcut), (0.95, reply.title), (0.8, place), (0.5, prose))
    folded = ((weight, _fold(text)) for weight, text in fields)
    return tuple((weight, text, tuple(_WORD.findall(text))) for weight, text in folded)


def _rank(wanted: str, reply: CannedReply) -> tuple[int, float] | None:
    """How well `reply` fits, higher is better; None when a word of `wanted` is nowhere in it."""
    fields = _folded(reply)
    shortcut = fields[0][1]
    if shortcut == wanted:
        return 3, 0.0
    if shortcut.startswith(wanted):
        return 2, -float(len(shortcut))
    scores = [
        max(weight * _likeness(word, text, words) for weight, text, words in fields)
        for word in _WORD.findall(wanted)
    ]
    return (1, sum(scores) / len(scores)) if scores and all(scores) else None


def _likeness(word: str, text: str, words: tuple[str, ...]) -> float:
    """0 to 100: 100 where one of `words` begins with `word`, 90 inside one, less if misspelt."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415 - late: heavy

    if any(candidate.startswith(word) for candidate in words):
        return 100.0
    if len(word) < _SHORTEST_INSIDE:
        return 0.0
    if word in text:
        return 90.0
    if len(word) < _SHORTEST_MISSPELT:
        return 0.0
    best = process.extractOne(word, words, scorer=fuzz.ratio, score_cutoff=80)
    return best[1] if best else 0.0


# -- filling ------------------------------------------------------------------------------


def blanks(text: str) -> tuple[tuple[int, int], ...]:
    """Start and end of each ``⟦…⟧`` still in `text`; while there is one, it must not be sent."""
    return tuple(match.span() for match in _BLANK.finditer(text))


def fill(reply: CannedReply, values: Mapping[str, object]) -> Filled:
    """`reply` with `values`, nested mappings of text, put in; what has no value is a blank.

    A value is used as one line of at most 200 characters. Never raises: a reply that cannot
    be filled comes out as one blank that says so.
    """
    facts = _facts("", values)
    if "blank" in facts:
        facts[_BLANK_ROOT] = facts.pop("blank")
    try:
        raw = _compile(reply.body).render(facts)
    except Exception:  # Liquid lets errors of all kinds through, and the agent has to go on
        raw = _blank(_("this reply cannot be filled, see its file"))
    text = sanitise(raw, Field.COMPOSER)
    return Filled(text, blanks(text))


def _blank(name: object) -> str:
    words = str(name).translate(_UNFORGEABLE).replace("_", " ").strip()
    return f"{OPEN}{words or '…'}{CLOSE}"


class _Facts(dict[str, object]):
    """A level of the values; printed by itself it is a blank, never Python's notation."""

    def __init__(self, name: str, values: Mapping[str, object]) -> None:
        super().__init__(values)
        self.name = name

    def __str__(self) -> str:
        return _blank(self.name)


def _facts(name: str, values: Mapping[str, object]) -> _Facts:
    """`values` without what is empty, and without the marks of a blank inside."""
    kept: dict[str, object] = {}
    for key, value in values.items():
        fact: object = ""
        if isinstance(value, Mapping):
            fact = _facts(str(key), value)
        elif value is not None:
            fact = sanitise(str(value), Field.LINE).translate(_UNFORGEABLE)
        if fact:
            kept[str(key)] = fact
    return _Facts(name, kept)


def _check_liquid(body: str, start: int) -> None:
    """Raise `_DamagedError` for Liquid that cannot work; `start`: lines before the body."""
    from liquid.exceptions import LiquidError  # noqa: PLC0415 - late: heavy

    try:
        used = _compile(body).analyze().filters
    except _DamagedError as error:
        raise _DamagedError((error.line or 1) + start, error.message) from error
    except LiquidError as error:
        at = error.token.start_index if error.token else -1
        line = body.count("\n", 0, at) + 1 + start if at >= 0 else None
        text = _("Liquid does not understand this ({detail}). Correct what is between the braces.")
        detail = str(error.message).replace("\n", " ")
        raise _DamagedError(line, text.format(detail=detail[:120])) from error
    if unknown := used.keys() - set(FILTERS):
        text = _("the Liquid filter “{name}” cannot be used here. Use {known}.")
        names = {"name": min(unknown), "known": ", ".join(FILTERS)}
        raise _DamagedError(None, text.format(**names))


def _compile(body: str) -> BoundTemplate:
    """`body` as a template; raises `_DamagedError` and Liquid's own errors."""
    for markup in _MARKUP.finditer(body):
        close = "}}" if markup["kind"] == "{" else "%}"
        line = body.count("\n", 0, markup.start()) + 1
        if body.find(close, markup.start(), markup.start() + _LONGEST_MARKUP) < 0:
            text = _("“{start}” is not closed within {n} characters. Add “{close}”.")
            start = "{" + markup["kind"]
            raise _DamagedError(line, text.format(start=start, n=_LONGEST_MARKUP, close=close))
        name = markup["name"]
        if close == "%}" and name.removeprefix("end") not in TAGS and name not in _INNER_TAGS:
            text = _("the Liquid tag “{name}” cannot be used here. Use {known}.")
            raise _DamagedError(line, text.format(name=name[:60], known=", ".join(TAGS)))
    return _environment().from_string(_BLANK_NAME.sub(rf"\1{_BLANK_ROOT}", body))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Liquid without loops, files and the clock, where what has no value is a blank."""
    import liquid  # noqa: PLC0415 - late: heavy
    from liquid.undefined import UNDEFINED  # noqa: PLC0415 - late: heavy
    from liquid.utils import ReadOnlyChainMap  # noqa: PLC0415 - late: heavy

    class Blank(liquid.Undefined):
        __slots__ = ()

        def __str__(self) -> str:
            return _blank(self.name)

    class Context(liquid.RenderContext):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            # Without Liquid's own “now” and “today”: time is a parameter in this program.
            self.scope = ReadOnlyChainMap(self.locals, self.globals)

        def get(
            self, path: list[object], *, token: Token | None, default: object = UNDEFINED
        ) -> object:
            found = super().get(path, token=token, default=default)
            return Blank(str(path[-1])) if type(found) is liquid.Undefined else found

        def get_item(self, obj: object, key: object) -> object:
            if not isinstance(obj, _Facts):
                raise TypeError(key)
            return obj[str(key)]

    class Template(liquid.BoundTemplate):
        context_class = Context

    class Sandbox(liquid.Environment):
        template_class = Template
        output_stream_limit = MAX_FILLED
        local_namespace_limit = MAX_FILLED

    sandbox = Sandbox()
    sandbox.filters = {name: sandbox.filters[name] for name in FILTERS}
    return sandbox


# -- values -------------------------------------------------------------------------------


def values_for(
    contact: Contact | None, conversation: Conversation, agent: Agent, company: str, locale: str
) -> dict[str, object]:
    """What the variables of a reply stand for in `conversation`; what is unknown is empty.

    `locale` (``de``, ``de_AT``) says how money is written. Orders, parcels and carts stay
    out while the contact's account is not linked: nothing of it may be told before.
    """
    known = contact if contact and contact.account_linked else None
    order = _newest(known.orders) if known else None
    name = contact.name if contact else conversation.contact_name
    return {
        "contact": {"name": name, "first_name": _first_name(name)},
        "agent": {"name": agent.name, "first_name": _first_name(agent.name)},
        "company": {"name": company},
        "channel": {"name": rules_of(conversation.channel).name},
        "conversation": {"number": f"#{conversation.number}"},
        "order": _order_values(order, locale),
        "tracking": _tracking_values(order),
        "cart": {"total": _total(known.cart if known else None, locale)},
    }


def _first_name(name: str) -> str:
    """The first word of `name`; nothing where it cannot be one: “Berg, Anna”, “Dr.”, “+49 160”."""
    first = next(iter(name.split()), "")
    is_name = any(char.isalpha() for char in first) and first[-1] not in ".,:;"
    return first if is_name else ""


def _newest(orders: Sequence[Order]) -> Order | None:
    """The order placed last; the first of the list where no moment is known."""
    dated = [(order.placed_at, order) for order in orders if order.placed_at]
    if dated:
        return max(dated, key=lambda pair: pair[0])[1]
    return orders[0] if orders else None


def _order_values(order: Order | None, locale: str) -> dict[str, str]:
    if order is None:
        return {"id": "", "status": "", "total": ""}
    return {"id": order.id, "status": order.status, "total": _total(order, locale)}


def _tracking_values(order: Order | None) -> dict[str, str]:
    """The parcel of `order` that was sent last."""
    if order is None or not order.tracking:
        return {"carrier": "", "number": "", "state": ""}
    parcel = order.tracking[-1]
    return {"carrier": parcel.carrier, "number": parcel.number, "state": parcel.state}


def _total(bought: Order | Cart | None, locale: str) -> str:
    """What it costs in `locale`'s way, with plain spaces: others make an SMS twice as long."""
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - late: heavy
    from babel.numbers import format_currency  # noqa: PLC0415 - late: heavy

    if bought is None:
        return ""
    try:
        spoken = Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        spoken = Locale(FALLBACK)
    amount = format_currency(Decimal(bought.total_cents) / 100, bought.currency, locale=spoken)
    return amount.replace("\xa0", " ").replace("\u202f", " ")
