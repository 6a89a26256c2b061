"""The protocol's values into the model's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import protocol_page as page
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.backends.desk import values
from agent_tui.backends.desk.fields import Malformed
from agent_tui.model import (
    Activity,
    Attachment,
    AttachmentId,
    AuthorKind,
    Availability,
    Channel,
    Delivery,
    MessageKind,
    Priority,
    SafeText,
    Sla,
    Snooze,
    Status,
)

Json = dict[str, Any]
MOMENT = datetime(2026, 11, 23, 8, 41, 5, 120_000, UTC)
HOSTILE = "\x1b]0;pwned\x07\u202e[/b]\x9b31m"


def test_the_page_s_conversation() -> None:
    conv = values.conversation(page.conversation())
    assert (conv.id, conv.number, conv.channel) == ("c-1042", 1042, Channel.WHATSAPP)
    assert (conv.contact_id, conv.contact_name) == ("p-17", "Noah Brown")
    assert (conv.status, conv.ver, conv.seq, conv.unread) == (Status.OPEN, 4, 812, 3)
    assert conv.created_at == conv.last_at == conv.waiting_since == conv.window_closes_at == MOMENT
    assert (conv.assignee, conv.team, conv.priority) == (None, None, Priority.HIGH)
    assert (conv.labels, conv.snooze, conv.last_author) == (
        ("delivery",),
        None,
        AuthorKind.CUSTOMER,
    )
    assert conv.sla == Sla(MOMENT, None)
    assert conv.preview == "Where is my parcel?"
    assert conv.reason == "bot: handed over (order_status)"


def test_the_page_s_message() -> None:
    message = values.message(page.message())
    assert (message.id, message.conversation, message.seq) == ("m-9", "c-1042", 812)
    assert (message.kind, message.author.kind, message.author.id) == (
        MessageKind.TEXT,
        AuthorKind.CUSTOMER,
        "p-17",
    )
    assert (message.text, message.delivery, message.op_id) == ("Where is my parcel?", None, None)
    assert (message.activity, message.attachments, message.quick_replies) == (None, (), ())
    assert not message.hidden


def test_the_page_s_contact() -> None:
    contact = values.contact(page.contact())
    assert (contact.tier, contact.since, contact.language) == ("gold", 2021, "en")
    assert (contact.timezone, contact.city, contact.account_linked) == (
        "America/Denver",
        "Denver",
        True,
    )
    (identity,) = contact.identities
    assert (identity.channel, identity.verified, identity.preferred) == (
        Channel.WHATSAPP,
        True,
        True,
    )
    (order,) = contact.orders
    assert (order.id, order.total_cents, order.currency) == ("#W7678072", 48881, "EUR")
    assert order.items[0].options == "1000ml, glass"
    assert order.tracking[0].state == "held at depot"
    assert contact.cart is not None
    assert (contact.cart.total_cents, contact.cart.idle_since) == (6490, MOMENT)
    assert contact.notes[0].text == "prefers short answers"
    assert contact.earlier[0].rating == 2


def test_a_snooze_and_an_activity_as_the_page_describes_them() -> None:
    asleep = {**page.conversation(), "status": "snoozed"}
    asleep["snooze"] = {"until": page.MOMENT, "keep_asleep": True}
    assert values.conversation(asleep).snooze == Snooze(MOMENT, keep_asleep=True)
    asleep["snooze"] = {"until": None, "keep_asleep": False}
    assert values.conversation(asleep).snooze == Snooze(None)
    line = {**page.message(), "kind": "activity"}
    line["activity"] = {"what": "assigned", "subject": "Ben Keller", "until": None}
    assert values.message(line).activity == Activity(SafeText("assigned"), SafeText("Ben Keller"))


def test_an_attachment_is_described() -> None:
    photo = {"id": "m-9.1", "kind": "image", "name": "a.jpg", "size": 1234}
    message = values.message({**page.message(), "attachments": [photo, {"kind": "location"}]})
    assert message.attachments == (
        Attachment("image", SafeText("a.jpg"), 1234, AttachmentId("m-9.1")),
        Attachment("location"),
    )


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("channel", Channel),
        ("status", Status),
        ("priority", Priority),
        ("last_author", AuthorKind),
        ("kind", MessageKind),
        ("author.kind", AuthorKind),
        ("delivery", Delivery),
    ],
)
def test_the_page_names_the_same_words_as_the_model(field: str, kind: Any) -> None:
    assert set(page.words_after(field)) - {"null"} == {member.value for member in kind}


def test_colleagues_and_teams() -> None:
    (welcome,) = page.frames("welcome")
    agent = values.agent(welcome["agents"][0])
    assert (agent.id, agent.name, agent.availability) == ("ana", "Ana Weber", Availability.ONLINE)
    team = values.team(welcome["teams"][0])
    assert (team.id, team.name, team.members) == ("returns", "Returns", ("ana", "ben"))


# ── whatever else comes ─────────────────────────────────────────────────────────────────

MAKERS: dict[str, tuple[Callable[[Any], Any], Callable[[], Json]]] = {
    "conversation": (values.conversation, page.conversation),
    "message": (values.message, page.message),
    "contact": (values.contact, page.contact),
}
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in a value, with a key of it."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            found += [(value, key), *places(value[key])]
    return found


@pytest.mark.parametrize("name", MAKERS)
@given(data=st.data())
def test_a_value_with_anything_in_any_place_is_read_or_malformed(
    name: str, data: st.DataObject
) -> None:
    read, make = MAKERS[name]
    value = make()
    for _ in range(data.draw(st.integers(1, 3))):
        inside = places(value)
        container, key = inside[data.draw(st.integers(0, len(inside) - 1))]
        container[key] = data.draw(JUNK)
    try:
        read(value)
    except Malformed as error:
        assert str(error)


def strings(value: Any) -> list[str]:
    """Every text in a model value."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for inner in value for text in strings(inner)]
    fields = getattr(type(value), "__dataclass_fields__", {})
    return [text for name in fields for text in strings(getattr(value, name))]


IDS = {"id", "conv", "cmd_id", "assignee", "team"}
WORDS = {"channel", "status", "kind", "priority", "last_author"}


@pytest.mark.parametrize("name", MAKERS)
def test_hostile_text_in_every_field_comes_out_harmless(name: str) -> None:
    """Of what is a text in the example, all but ids, enumerations and times is free text."""
    read, make = MAKERS[name]
    value = make()
    if name == "message":
        value["attachments"] = [{"kind": "image", "name": "a", "size": 1}]
        value["quick_replies"] = ["yes"]
        value["activity"] = {"what": "labelled", "subject": "x", "until": None}
    free = 0
    for container, key in places(value):
        text = container[key]
        if isinstance(text, str) and text != page.MOMENT and key not in IDS | WORDS:
            container[key] = text + HOSTILE
            free += 1
    assert free >= 4
    read_texts = strings(read(value))
    assert sum("[/b]" in text for text in read_texts) >= free - 2
    for text in read_texts:
        assert not any(char in text for char in "\x1b\x07\x9b\u202e")


def test_hidden_characters_in_a_message_are_told_of() -> None:
    assert values.message({**page.message(), "text": "pay\u200b\u202epal"}).hidden
    assert not values.message({**page.message(), "text": "Grüße 👩‍👩‍👧"}).hidden


@pytest.mark.parametrize("name", MAKERS)
def test_fields_that_are_not_known_are_ignored(name: str) -> None:
    read, make = MAKERS[name]
    assert read({**make(), "mood": {"new": [1]}}) == read(make())


def test_an_unread_count_below_zero_counts_as_none() -> None:
    assert values.conversation({**page.conversation(), "unread": -3}).unread == 0
