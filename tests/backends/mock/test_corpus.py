"""Real conversations as a desk: all of them load, and damage costs only what is damaged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from agent_tui.backends.mock.corpus import CorpusError, load_corpus
from agent_tui.backends.mock.corpus_values import name_in
from agent_tui.backends.mock.opening import Opened, open_desk
from agent_tui.backends.mock.options import MockError, MockOptions
from agent_tui.backends.mock.records import Conversation
from agent_tui.model import Channel, MessageKind, Status

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
def retail(shared: Path) -> Path:
    return shared / "retail"


@pytest.fixture
def copy(retail: Path, tmp_path: Path) -> Path:
    """A corpus to be damaged: all conversations, and what belongs to their customers."""
    conversations = (retail / "conversations.jsonl").read_text(encoding="utf-8")
    wrote = {json.loads(line)["user_id"] for line in conversations.splitlines()}
    wrote |= {"james_li_5688", "ivan_santos_6635"}
    users = {key: one for key, one in read(retail / "users.json").items() if key in wrote}
    orders = read(retail / "orders.json")
    orders = {key: one for key, one in orders.items() if one["user_id"] in wrote}
    assert next(iter(orders)) == "#W2611340"
    products = dict(list(read(retail / "products.json").items())[:3])
    for name, whole in (("users", users), ("orders", orders), ("products", products)):
        (tmp_path / f"{name}.json").write_text(json.dumps(whole, indent=1), encoding="utf-8")
    (tmp_path / "conversations.jsonl").write_text(conversations, encoding="utf-8")
    return tmp_path


@cache
def read(file: Path) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return whole


@cache
def desk(folder: Path, count: int | None = None) -> Opened:
    return open_desk(MockOptions(corpus=folder, conversations=count, rate=0), NOW, "e1")


def edit(file: Path, change: Callable[[str], str]) -> None:
    file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")


def test_everything_loads(retail: Path) -> None:
    corpus = load_corpus(retail)
    assert len(corpus.customers) == 500
    assert len(corpus.orders) == 1000
    assert len(corpus.conversations) == 49
    assert corpus.problems == ()
    assert sum(map(len, corpus.orders_of.values())) == 1000


def test_customers_become_contacts_with_their_orders(retail: Path) -> None:
    world = desk(retail).world
    known = {one.name: one for one in world.contacts.values()}
    noah = next(one for one in world.contacts.values() if "noah.brown7922" in str(one.identities))
    assert (noah.name, noah.city, noah.timezone) == ("Noah Brown", "Denver", "America/Denver")
    assert noah.identities[0].channel is Channel.EMAIL
    assert "986 Sunset Drive, Suite 259, Denver CO 80279" in noah.notes[0].text
    assert [order.id for order in noah.orders] == ["#W7678072"]
    assert sum(len(contact.orders) for contact in world.contacts.values()) == 1000
    assert len(known) <= len(world.contacts)
    assert len(world.contacts) == 501  # one visitor whom nobody knows


def test_orders_have_what_the_pane_shows(retail: Path) -> None:
    order = load_corpus(retail).orders["#W2611340"]
    assert (order.status, order.currency, order.total_cents) == ("processed", "USD", 53665)
    assert [(item.name, item.cents) for item in order.items] == [
        ("Water Bottle", 4784), ("Office Chair", 48881),
    ]  # fmt: skip
    assert order.items[0].options == "1000ml, glass, blue"
    assert [one.number for one in order.tracking] == ["357962501027"]
    statuses = Counter(one.status for one in load_corpus(retail).orders.values())
    assert statuses == {"pending": 423, "processed": 102, "delivered": 373, "cancelled": 102}


def test_conversations_wait_on_all_kinds_of_channels(retail: Path) -> None:
    world = desk(retail).world
    inbox = list(world.conversations.values())
    assert len(inbox) == 49
    assert all(one.status is Status.OPEN and one.assignee is None for one in inbox)
    assert all(one.waiting_since and one.unread for one in inbox)
    assert len({one.channel for one in inbox}) >= 8
    for conv in inbox:
        ways = {one.channel for one in world.contacts[conv.contact_id].identities}
        assert conv.channel in ways
    visitors = [one for one in inbox if one.contact_name.startswith("Visitor")]
    assert len(visitors) == 1
    assert world.contacts[visitors[0].contact_id].account_linked is False


def test_the_first_lines_are_there_and_the_next_come_after_an_answer(retail: Path) -> None:
    opened = open_desk(MockOptions(corpus=retail, rate=0), NOW, "e1")
    source = {one.id: one for one in load_corpus(retail).conversations}
    conv = next(
        conv for conv in opened.world.conversations.values() if seat(opened, conv) == "retail-002"
    )
    script = [text for who, text in source["retail-002"].turns if who == "customer"]
    now = NOW
    for said in range(1, 4):
        assert lines(opened, conv) == script[:said]
        frame = {"id": f"x{said}", "op": "send", "conv": conv.id, "data": {"text": "Let me see."}}
        outcome = opened.world.command("ana", frame, now)
        opened.simulation.told(outcome.events, now)
        now += timedelta(minutes=5)
        opened.simulation.due(now)
    assert lines(opened, conv) == script[:4]


def seat(opened: Opened, conv: Conversation) -> str:
    return opened.simulation.seats[conv.id].persona.id


def lines(opened: Opened, conv: Conversation) -> list[str]:
    return [
        one.text
        for one in opened.world.threads[conv.id]
        if one.kind is MessageKind.TEXT and one.author.kind == "customer"
    ]


@pytest.mark.parametrize(("asked", "recorded", "others"), [(7, 7, 0), (None, 49, 0), (60, 49, 11)])
def test_other_customers_come_only_when_more_are_asked_for(
    retail: Path, asked: int | None, recorded: int, others: int
) -> None:
    opened = desk(retail, asked)
    parts = [one.persona.id.startswith("retail-") for one in opened.simulation.seats.values()]
    assert (sum(parts), len(parts) - sum(parts)) == (recorded, others)


def test_only_customers_of_the_corpus_arrive(retail: Path) -> None:
    opened = open_desk(MockOptions(corpus=retail, conversations=5, rate=5), NOW, "e1")
    opened.simulation.due(NOW + timedelta(seconds=60))
    parts = {one.persona.id for one in opened.simulation.seats.values()}
    assert len(parts) > 10
    assert all(part.startswith("retail-") for part in parts)


# ── damage ──────────────────────────────────────────────────────────────────────────────


def test_a_broken_line_is_named_and_the_rest_loads(copy: Path) -> None:
    def cut(text: str) -> str:
        kept = text.split("\n")
        kept[6] = kept[6][:100]
        return "\n".join(kept)

    edit(copy / "conversations.jsonl", cut)
    corpus = load_corpus(copy)
    assert len(corpus.conversations) == 48
    (problem,) = corpus.problems
    assert problem.startswith("conversations.jsonl line 7: ")


DAMAGED_LINES = [
    '{"id": 7, "user_id": null, "turns": [{"from": "customer", "text": "hi"}]}',
    '{"id": "a", "user_id": 7, "turns": [{"from": "customer", "text": "hi"}]}',
    '{"id": "a", "user_id": null, "turns": "hi"}',
    '{"id": "a", "user_id": null, "turns": []}',
    '{"id": "a", "user_id": null, "turns": [{"from": "agent", "text": "hi"}]}',
    '{"id": "a", "user_id": null, "turns": [{"from": "ghost", "text": "hi"}]}',
    '{"id": "a", "user_id": null, "turns": [{"from": ["customer"], "text": "hi"}]}',
    '{"id": "a", "user_id": null, "turns": [{"from": "customer", "text": null}]}',
    '{"id": "a", "user_id": null, "turns": [7]}',
    '["a"]',
    "null",
    "[" * 100_000,
    '{"id": "retail-002", "user_id": null, "turns": [{"from": "customer", "text": "twice"}]}',
]


@pytest.mark.parametrize("line", DAMAGED_LINES, ids=range(len(DAMAGED_LINES)))
def test_a_line_of_the_wrong_shape_is_named_and_left_out(copy: Path, line: str) -> None:
    edit(copy / "conversations.jsonl", lambda text: text.rstrip("\n") + "\n\n" + line + "\n")
    corpus = load_corpus(copy)
    assert len(corpus.conversations) == 49
    (problem,) = corpus.problems
    assert problem.startswith("conversations.jsonl line 51: ")


def test_broken_customers_are_named_after_their_ids_and_orders_still_load(copy: Path) -> None:
    edit(copy / "users.json", lambda text: text[: len(text) // 2])
    corpus = load_corpus(copy)
    (problem,) = corpus.problems
    assert problem.startswith("users.json line ")
    assert set(corpus.orders) == set(read(copy / "orders.json"))
    assert corpus.customers["aarav_anderson_8794"].name == "Aarav Anderson"
    assert len(corpus.conversations) == 49


def test_one_customer_of_the_wrong_shape(copy: Path) -> None:
    name, spoilt = '"first_name": "Ivan"', '"first_name": 7'
    edit(copy / "users.json", lambda text: text.replace(name, spoilt, 1))
    corpus = load_corpus(copy)
    (problem,) = corpus.problems
    line = (copy / "users.json").read_text().split('"ivan_santos_6635"')[0].count("\n") + 1
    assert problem.startswith(f"users.json line {line}: ivan_santos_6635: ")
    assert corpus.customers["ivan_santos_6635"].name == "Ivan Santos"
    assert corpus.customers["ivan_santos_6635"].email == ""
    assert set(corpus.customers) == set(read(copy / "users.json"))


@pytest.mark.parametrize("value", ["-5", "NaN", "1e999", '"47.84"', "null", "true", "{}"])
def test_one_order_with_an_impossible_price(copy: Path, value: str) -> None:
    edit(copy / "orders.json", lambda text: text.replace('"price": 47.84', f'"price": {value}', 1))
    corpus = load_corpus(copy)
    (problem,) = corpus.problems
    assert "orders.json line 2: #W2611340: " in problem
    assert "#W2611340" not in corpus.orders
    assert len(corpus.orders) > 50


@pytest.mark.parametrize("text", ["[]", "7", "", '{"a": ', "\x00", "[" * 100_000], ids=range(6))
@pytest.mark.parametrize("file", ["users.json", "orders.json", "products.json"])
def test_a_file_of_nonsense_costs_only_itself(copy: Path, file: str, text: str) -> None:
    (copy / file).write_text(text)
    corpus = load_corpus(copy)
    assert len(corpus.conversations) == 49
    assert len(corpus.customers) >= 35
    (problem,) = corpus.problems
    assert problem.startswith(f"{file} line 1: ")


@pytest.mark.parametrize(
    "file", ["users.json", "orders.json", "products.json", "conversations.jsonl"]
)
def test_a_missing_file_is_named(copy: Path, file: str) -> None:
    (copy / file).unlink()
    opened = open_desk(MockOptions(corpus=copy, rate=1), NOW, "e1")
    (problem,) = opened.problems
    assert problem.startswith(f"{file}: ")
    opened.simulation.due(NOW + timedelta(seconds=30))
    assert len(opened.world.conversations) >= (0 if file == "conversations.jsonl" else 49)


def test_bytes_that_are_no_text_are_replaced(copy: Path) -> None:
    file = copy / "conversations.jsonl"
    file.write_bytes(file.read_bytes().replace(b"Desk Lamp", b"Desk \xff\xfe Lamp", 1))
    corpus = load_corpus(copy)
    assert len(corpus.conversations) == 49
    assert corpus.problems[0].startswith("conversations.jsonl line 1: ")


def test_much_damage_does_not_make_many_lines(copy: Path) -> None:
    edit(copy / "orders.json", lambda text: text.replace('"user_id": "', '"user": "'))
    corpus = load_corpus(copy)
    assert len(corpus.problems) == 21
    assert corpus.orders == {}


def test_a_customer_in_no_list_gets_a_name_and_a_line(copy: Path) -> None:
    line = {"id": "x", "user_id": "zoe_quinn_1", "turns": [{"from": "customer", "text": "hi"}]}
    edit(copy / "conversations.jsonl", lambda text: text + json.dumps(line) + "\n")
    corpus = load_corpus(copy)
    assert corpus.customers["zoe_quinn_1"].name == "Zoe Quinn"
    assert "zoe_quinn_1" in corpus.problems[0]


def test_a_folder_that_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="nowhere"):
        load_corpus(tmp_path / "nowhere")
    with pytest.raises(MockError, match="holds no corpus"):
        load_corpus(tmp_path)


@pytest.mark.parametrize(
    ("user", "name"),
    [("noah_brown_6181", "Noah Brown"), ("x", "X"), ("12_34", "12_34"), ("", "")],
)
def test_names_in_ids(user: str, name: str) -> None:
    assert name_in(user) == name
