"""A folder of real conversations, customers and orders, read into values.

``users.json``, ``orders.json`` and ``products.json`` are objects by id; ``conversations.jsonl``
has one conversation a line. What is damaged is named in one line with file and line number and
left out; the rest loads.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from agent_tui.backends.mock.corpus_values import (
    Customer,
    Damaged,
    Recorded,
    customer_from,
    name_in,
    recorded_from,
    sale_from,
    variants_from,
)
from agent_tui.backends.mock.options import MockError
from agent_tui.backends.mock.records import Order
from agent_tui.i18n import _

MOST_PROBLEMS = 20
"""For one file; what is more is only counted."""
USERS, ORDERS = "users.json", "orders.json"
PRODUCTS, CONVERSATIONS = "products.json", "conversations.jsonl"
FILES = (USERS, ORDERS, PRODUCTS, CONVERSATIONS)

T = TypeVar("T")


class CorpusError(MockError):
    """There is no corpus where one was named."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """All that could be read."""

    customers: Mapping[str, Customer] = field(default_factory=dict)
    """Everybody in ``users.json``, and whoever else has ordered or written."""
    orders: Mapping[str, Order] = field(default_factory=dict)
    orders_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The ids of a customer's orders."""
    conversations: tuple[Recorded, ...] = ()
    problems: tuple[str, ...] = ()
    """What was left out and why, a line each."""


def load_corpus(folder: Path) -> Corpus:
    """The corpus in `folder`; raises `CorpusError` if there is none at all."""
    _must_be_there(folder)
    reader = _Reader(folder)
    products = reader.entries(PRODUCTS, variants_from)
    sold = {item: one for variants in products.values() for item, one in variants.items()}
    sales = reader.entries(ORDERS, lambda key, entry: sale_from(key, entry, sold))
    listed = reader.entries(USERS, customer_from)
    conversations = reader.conversations(CONVERSATIONS)
    orders_of: dict[str, list[str]] = {}
    for key, sale in sales.items():
        orders_of.setdefault(sale.user, []).append(key)
    wrote = {one.user for one in conversations if one.user is not None}
    nameless = sorted((wrote | set(orders_of)) - set(listed))
    if USERS not in reader.broken:
        reader.report_unlisted([user for user in nameless if user in wrote])
    return Corpus(
        customers={**listed, **{user: Customer(user, name_in(user)) for user in nameless}},
        orders={key: sale.order for key, sale in sales.items()},
        orders_of={user: tuple(keys) for user, keys in orders_of.items()},
        conversations=tuple(conversations),
        problems=tuple(reader.problems),
    )


def _must_be_there(folder: Path) -> None:
    if not folder.is_dir():
        message = _("There is no folder {folder}. Name the folder that holds {names}.")
    elif not any((folder / name).exists() for name in FILES):
        message = _("The folder {folder} holds no corpus. There should be {names}.")
    else:
        return
    raise CorpusError(message.format(folder=folder, names=", ".join(FILES)))


class _Reader:
    """Reads the files of one folder and collects what is wrong with them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[str] = []
        self.broken: set[str] = set()
        """Files of which nothing could be read."""
        self._counts: dict[str, int] = {}

    def entries(self, file: str, make: Callable[[str, Mapping[str, Any]], T]) -> dict[str, T]:
        """The entries of an object by id, each made into a value; damaged ones are left out."""
        text = self._text(file)
        if text is None:
            return {}
        try:
            whole = json.loads(text)
        except (ValueError, RecursionError) as error:
            self.broken.add(file)
            line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
            self._problem(file, line, _("this is not JSON ({why})").format(why=_why(error)))
            return {}
        if not isinstance(whole, dict):
            self.broken.add(file)
            self._problem(file, 1, _("an object by id belongs here"))
            return {}
        made = {}
        for key, entry in whole.items():
            try:
                if not isinstance(entry, dict):
                    raise Damaged(_("an object belongs here"))
                made[key] = make(key, entry)
            except Damaged as error:
                named = self._counts.get(file, 0) < MOST_PROBLEMS
                self._problem(file, _line_of(text, key) if named else 0, f"{key}: {error}")
        return made

    def conversations(self, file: str) -> list[Recorded]:
        """The conversations, one a line; damaged lines are left out."""
        found: dict[str, Recorded] = {}
        for number, line in enumerate((self._text(file) or "").split("\n"), 1):
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
                if not isinstance(entry, dict):
                    raise Damaged(_("an object belongs here"))
                one = recorded_from(entry)
                if one.id in found:
                    raise Damaged(_("the id {id} is there twice").format(id=one.id))
                found[one.id] = one
            except (ValueError, RecursionError) as error:
                self._problem(file, number, _why(error))
        return list(found.values())

    def report_unlisted(self, users: list[str]) -> None:
        """Name customers who write but are in no list."""
        for user in users[:MOST_PROBLEMS]:
            message = _("{file}: {user} is missing; the name is taken from the id.")
            self.problems.append(message.format(file=USERS, user=user))

    def _problem(self, file: str, line: int, what: str) -> None:
        """Note what is wrong at a line; too many of them are only mentioned."""
        count = self._counts[file] = self._counts.get(file, 0) + 1
        if count <= MOST_PROBLEMS:
            message = _("{file} line {line}: {what}; left out.")
            self.problems.append(message.format(file=file, line=line, what=what))
        elif count == MOST_PROBLEMS + 1:
            message = _("{file}: more of its lines are damaged than are named here.")
            self.problems.append(message.format(file=file))

    def _text(self, file: str) -> str | None:
        """The text of a file, with what is no UTF-8 replaced; None: it cannot be read."""
        try:
            data = (self.folder / file).read_bytes()
        except OSError as error:
            self.broken.add(file)
            message = _("{file}: the file cannot be read ({why}); going on without it.")
            self.problems.append(message.format(file=file, why=error.strerror))
            return None
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            message = _("{file} line {line}: this is not UTF-8; such characters are replaced.")
            self.problems.append(message.format(file=file, line=line))
            return data.decode("utf-8-sig", "replace")


def _line_of(text: str, key: str) -> int:
    """The line on which the entry `key` begins."""
    return text.count("\n", 0, max(text.find(json.dumps(key, ensure_ascii=False)), 0)) + 1


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return _("nested too deeply")
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, column {error.colno}"
    return str(error)
