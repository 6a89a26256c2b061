"""A real conversation of a shop, worked from the customer's first line to her last."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from journeys.floor import Floor, Seat

from agent_tui.backends.mock.options import MockOptions
from agent_tui.model import AuthorKind, MessageKind, Status


@pytest.fixture
def options(shared: Path) -> MockOptions:
    """The desk of the shop: real texts, customers and orders."""
    return MockOptions(seed=3, rate=0.0, corpus=shared / "retail")


def _recorded(shared: Path, number: str) -> dict[str, Any]:
    lines = (shared / "retail" / "conversations.jsonl").read_text("utf-8").splitlines()
    talks: Iterator[dict[str, Any]] = map(json.loads, lines)
    return next(talk for talk in talks if talk["id"] == number)


def _heard(floor: Floor, conversation: str) -> list[str]:
    """What the customer has said so far."""
    return [
        message.text
        for message in floor.world.threads[conversation]
        if message.author.kind is AuthorKind.CUSTOMER and message.kind is MessageKind.TEXT
    ]


async def _next_words(floor: Floor, ana: Seat, customer: str) -> list[str]:
    """Let time pass until the customer has answered; what she said."""
    before = _heard(floor, customer)
    for _time in range(120):
        await floor.pass_time(5)
        if floor.truth(customer).waiting_since is not None and _idle(floor, customer):
            break
    await floor.told(ana)
    return _heard(floor, customer)[len(before) :]


def _idle(floor: Floor, customer: str) -> bool:
    """She has written what she had to say for now."""
    until = floor.server.simulation.seats[customer].busy_until
    return until is None or until <= floor.clock.now()


async def test_from_the_first_line_to_the_last(floor: Floor, shared: Path) -> None:
    """The customer says the next line when the agent has answered, until she has said all; her
    lines stand in the thread as they were recorded, her orders beside it; then it is resolved."""
    talk = _recorded(shared, "retail-002")
    runs = [(who, list(turns)) for who, turns in groupby(talk["turns"], lambda t: t["from"])]
    lines = [turn["text"] for turn in talk["turns"] if turn["from"] == "customer"]
    answers = [turns[0]["text"].split(". ")[0][:50] for who, turns in runs if who == "agent"]

    ana = await floor.seat("ana")
    customer = floor.find(lambda c: floor.world.threads[c.id][-1].text == lines[0]).id
    await ana.go_to(customer)
    await ana.opened()
    await ana.sees(lines[0], "Transcript")
    orders = floor.world.contacts[floor.truth(customer).contact_id].orders
    assert orders
    assert all(order.id in ana.part("ContextPane") for order in orders[:2])

    await ana.press("A")
    said = 1
    for answer in answers:
        await ana.press("r")
        await ana.type(answer)
        await ana.press("ctrl+s", "ctrl+s", "escape")
        await ana.confirmed()
        assert floor.texts(customer)[-1] == answer
        assert floor.truth(customer).waiting_since is None
        for line in await _next_words(floor, ana, customer):
            assert line == lines[said]
            said += 1
            await ana.sees(" ".join(line.split())[:30], "Transcript")
    assert _heard(floor, customer) == lines
    assert floor.texts(customer) == answers
    assert floor.server.simulation.seats[customer].mood.done
    await ana.press("e")
    await ana.until(lambda: floor.truth(customer).status is Status.RESOLVED, "resolved")
    await floor.pass_time(3600)
    assert floor.truth(customer).status is Status.RESOLVED
    assert _heard(floor, customer) == lines
    await ana.press("z")
    await ana.until(lambda: floor.truth(customer).status is Status.OPEN, "open again")
