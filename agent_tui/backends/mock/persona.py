"""The simulated customers as values, and how they are read from the TOML files beside this module.

A persona is raw outside text (plain ``str``), some of it hostile on purpose: the wire carries
it as it is, and making it harmless is the console's work.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from agent_tui.i18n import _
from agent_tui.model import AuthorKind, Channel, Priority

FOLDER = Path(__file__).parent / "personas"

LANGUAGES = ("de", "en")
TIERS = ("", "silver", "gold", "platinum")
TOPICS = (
    "delivery_time", "tracking", "size", "return", "exchange", "complaint", "damaged", "invoice",
    "account_link", "opening_hours", "idle_cart", "handover", "refund", "payment_failed",
    "cancel_order", "change_address", "voucher", "warranty", "praise", "spam", "wrong_number",
    "opt_out", "hostile",
)  # fmt: skip
"""What customers write about; each is one file of the folder."""

_ID = re.compile(r"[a-z0-9-]{1,64}")
_BEFORE = (AuthorKind.BOT, AuthorKind.CUSTOMER, AuthorKind.AGENT)
_KEY = "key"
"""Metadata of a field that has another name in the files, as Python keeps the word for itself."""


class PersonaError(ValueError):
    """A persona that cannot be used; the message names the file, the persona and the fault."""


@dataclass(frozen=True, slots=True)
class Line:
    """Something said before the desk takes over."""

    author: AuthorKind = field(metadata={_KEY: "from"})
    """Customer, bot or agent."""
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a customer says after one answer of an agent."""

    say: tuple[str, ...]
    """One message each, sent one after the other."""
    keywords: tuple[str, ...] = field(default=(), metadata={_KEY: "if"})
    """Empty: said in its turn. Otherwise said once, as soon as an answer holds one of them."""


@dataclass(frozen=True, slots=True)
class PersonaIdentity:
    """Another way the same customer is known."""

    channel: Channel
    address: str


@dataclass(frozen=True, slots=True)
class PersonaItem:
    """A line of an order or a cart."""

    name: str
    quantity: int
    cents: int
    """Price of one piece."""
    options: str = ""


@dataclass(frozen=True, slots=True)
class PersonaOrder:
    """Something bought, dated backwards from whenever the desk starts."""

    id: str
    """As customers quote it (``#NV41023``)."""
    items: tuple[PersonaItem, ...]
    status: str
    days_ago: int
    carrier: str = ""
    """Empty: nothing has been sent."""
    tracking_number: str = ""
    tracking_state: str = ""


@dataclass(frozen=True, slots=True)
class PersonaCart:
    """What lies in the basket when the conversation opens."""

    items: tuple[PersonaItem, ...]
    idle_minutes: int


@dataclass(frozen=True, slots=True)
class PersonaNote:
    """A remark of an agent about the customer."""

    author: str
    text: str


@dataclass(frozen=True, slots=True)
class PersonaEarlier:
    """A former conversation."""

    channel: Channel
    subject: str
    days_ago: int
    rating: int | None = None
    """1 to 5, where one was given."""


@dataclass(frozen=True, slots=True)
class Persona:
    """One simulated customer: who she is, and everything she will ever say."""

    id: str
    language: str
    name: str
    channel: Channel
    address: str
    topic: str
    opening: tuple[str, ...]
    """Empty for those an agent writes to first."""
    replies: tuple[Reply, ...] = ()
    impatient: tuple[str, ...] = ()
    """Used in turn, over and over; empty: never impatient."""
    thanks: tuple[str, ...] = ()
    comes_back: tuple[str, ...] = ()
    before: tuple[Line, ...] = ()
    patience: float = 120.0
    """Seconds without an answer before the first impatient line."""
    typing: float = 6.0
    """Characters a second."""
    subject: str = ""
    reason: str = ""
    """Why it came to the desk, in the words of the shop's systems."""
    priority: Priority = Priority.NONE
    labels: tuple[str, ...] = ()
    other: tuple[PersonaIdentity, ...] = ()
    tier: str = ""
    since: int | None = None
    city: str = ""
    timezone: str = ""
    """IANA name; empty when unknown."""
    account_linked: bool = True
    orders: tuple[PersonaOrder, ...] = ()
    cart: PersonaCart | None = None
    notes: tuple[PersonaNote, ...] = ()
    earlier: tuple[PersonaEarlier, ...] = ()


def load_personas(folder: Path = FOLDER) -> tuple[Persona, ...]:
    """All personas of the ``*.toml`` files in `folder`, by file name and then as written.

    Raises `PersonaError` for a file that cannot be read, a fault in a persona, or an id twice.
    """
    found: dict[str, Persona] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise _error(path.name, _("the file cannot be read: {why}").format(why=error)) from None
        for persona in parse_personas(text, path.name):
            if persona.id in found:
                raise _error(f"{path.name}, {persona.id}", _("another persona has the same id"))
            found[persona.id] = persona
    return tuple(found.values())


def parse_personas(text: str, file: str) -> tuple[Persona, ...]:
    """The personas of one TOML document; `file` is what errors call it.

    Raises `PersonaError`. Keys nobody knows are faults too: they are misspelt ones.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _error(file, _("this is not TOML: {why}").format(why=error)) from None
    entries = document.get("persona")
    if not isinstance(entries, list) or set(document) != {"persona"}:
        raise _error(file, _("the file must hold [[persona]] tables and nothing else"))
    return tuple(_persona(entry, file, number) for number, entry in enumerate(entries, start=1))


def _persona(entry: object, file: str, number: int) -> Persona:
    name = entry.get("id") if isinstance(entry, dict) else None
    where = f"{file}, {name if isinstance(name, str) else f'#{number}'}"
    persona: Persona = _decode(Persona, entry, where)
    for key in _faults(persona):
        raise _error(where, _("“{key}” has a value that is not allowed").format(key=key))
    return persona


def _faults(persona: Persona) -> Iterator[str]:
    """The keys whose values have the right type and cannot be meant."""
    rules = {
        "id": _ID.fullmatch(persona.id) is not None,
        "language": persona.language in LANGUAGES,
        "name": any(map(str.isalnum, persona.name)),
        "address": persona.address != "",
        "topic": persona.topic in TOPICS,
        "tier": persona.tier in TIERS,
        "since": persona.since is None or 1900 <= persona.since < 3000,
        "opening": bool(persona.opening or persona.reason) and all(persona.opening),
        "replies": all(reply.say and all(reply.say) for reply in persona.replies),
        "if": all(all(reply.keywords) for reply in persona.replies),
        "impatient": all(persona.impatient),
        "thanks": all(persona.thanks),
        "comes_back": all(persona.comes_back),
        "before": all(line.author in _BEFORE for line in persona.before),
        "patience": 0 < persona.patience < math.inf,
        "typing": 0 < persona.typing < math.inf,
        "orders": all(order.days_ago >= 0 and order.items for order in persona.orders),
        "cart": persona.cart is None or persona.cart.idle_minutes >= 0,
        "items": all(item.quantity > 0 and item.cents >= 0 for item in _items(persona)),
        "rating": all(past.rating in {None, 1, 2, 3, 4, 5} for past in persona.earlier),
    }
    return (key for key, fine in rules.items() if not fine)


def _items(persona: Persona) -> Iterator[PersonaItem]:
    for order in persona.orders:
        yield from order.items
    if persona.cart is not None:
        yield from persona.cart.items


def _decode(kind: Any, value: object, where: str) -> Any:
    """`value` as `kind`: a plain type, enum or dataclass, a tuple of one kind, or "one or None"."""
    if isinstance(kind, UnionType):
        return _decode(get_args(kind)[0], value, where)
    if get_origin(kind) is tuple and isinstance(value, list):
        one = get_args(kind)[0]
        return tuple(_decode(one, each, f"{where}[{at}]") for at, each in enumerate(value))
    if is_dataclass(kind) and isinstance(value, dict):
        return _decode_table(kind, value, where)
    if kind is Reply and isinstance(value, list):
        return Reply(_decode(tuple[str, ...], value, where))
    if isinstance(kind, type) and issubclass(kind, StrEnum) and isinstance(value, str):
        return _member(kind, value, where)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is kind:
        return value
    raise _misplaced(value, where)


def _member(kind: type[StrEnum], value: str, where: str) -> StrEnum:
    try:
        return kind(value)
    except ValueError:
        raise _misplaced(value, where) from None


def _decode_table(kind: Any, table: dict[str, object], where: str) -> Any:
    hints = get_type_hints(kind)
    left = dict(table)
    values: dict[str, object] = {}
    for each in fields(kind):
        key = each.metadata.get(_KEY, each.name)
        if key in left:
            values[each.name] = _decode(hints[each.name], left.pop(key), f"{where}: {key}")
        elif each.default is MISSING:
            raise _error(where, _("“{key}” is missing").format(key=key))
    for key in left:
        raise _error(where, _("nobody knows the key “{key}”").format(key=key))
    return kind(**values)


def _misplaced(value: object, where: str) -> PersonaError:
    return _error(where, _("{value} is not what belongs here").format(value=repr(value)[:80]))


def _error(where: str, what: str) -> PersonaError:
    return PersonaError(_("{where}: {what}").format(where=where, what=what))
