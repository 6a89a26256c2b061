"""Filling a canned reply: values, blanks, and what a hostile value cannot do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from canned_builders import filled, reply
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_tui import canned
from agent_tui.canned import blanks, fill
from agent_tui.canned.templates import template_of
from agent_tui.model import SafeText
from agent_tui.sanitise import Field, sanitise


def test_values_are_put_in_and_missing_ones_become_blanks() -> None:
    result = fill(
        reply("Hi {{ contact.first_name }}, {{ order.id }}: which {{ blank.your_floor }}?"),
        {"contact": {"first_name": "Noah"}, "order": {"id": ""}},
    )
    assert result.text == "Hi Noah, ⟦id⟧: which ⟦your floor⟧?"
    assert type(result.text) is SafeText
    assert [result.text[start:end] for start, end in result.blanks] == ["⟦id⟧", "⟦your floor⟧"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{{ a.b }}", "⟦b⟧"),
        ("{{ a }}", "⟦a⟧"),
        ("{{ none.of.this }}", "⟦this⟧"),
        ("{{ blank.Öffnungszeiten }}", "⟦Öffnungszeiten⟧"),
        ("{{blank['two words']}}", "⟦two words⟧"),
        ('{{ blank["⟦x⟧"] }}', "⟦[x]⟧"),
        ('{{ blank[""] }}', "⟦…⟧"),
        ("{{ a.c.size }}", "⟦size⟧"),
        ("{{ a.first }}", "⟦first⟧"),
        ("{{ a.c[0] }}", "⟦0⟧"),
        ("{{ now }} {{ today }}", "⟦now⟧ ⟦today⟧"),
        ("{{ a.b | default: 'you' }}", "you"),
        ("{{ a.c | default: 'you' | upcase }}", "SEA"),
        ("{{ a.b | upcase }}", "⟦B⟧"),
        ("{{ a.b | append: '!' }}", "⟦b⟧!"),
        ("{% if a.b %}1{% else %}2{% endif %}", "2"),
        ("{% if a.c %}1{% else %}2{% endif %}", "1"),
        ("{% if a %}1{% endif %}{% if e %}2{% endif %}", "1"),
        ("{% case a.c %}{% when 'sea' %}1{% else %}2{% endcase %}", "1"),
        ("{% case a.b %}{% when 'sea' %}1{% else %}2{% endcase %}", "2"),
        ("{% assign x = a.b %}{{ x }}", "⟦b⟧"),
        ("{% comment %}x{% endcomment %}y", "y"),
        ("{{ n }}", "3"),
        ("⟦typed by hand⟧", "⟦typed by hand⟧"),
    ],
)
def test_what_comes_out(body: str, expected: str) -> None:
    assert filled(body, a={"c": "sea"}, e={"x": " ", "y": None}, n=3) == expected


def test_a_blank_may_be_given_a_value() -> None:
    assert filled("{{ blank.floor }} {{ blank.name }}", blank={"floor": "3"}) == "3 ⟦name⟧"


@pytest.mark.parametrize(
    "body", ["{{ a b }}", "{% include 'x' %}", "{{" * 20000, "{{ 'x' | zork }}", "{{ a | append }}"]
)
def test_a_reply_that_cannot_be_filled_is_one_blank(body: str) -> None:
    result = fill(reply(body), {})
    assert result.blanks == ((0, len(result.text)),)


def test_a_reply_cannot_grow_without_bound() -> None:
    doubling = "{% assign x = x | append: x %}" * 14
    result = fill(reply("{% assign x = '0123456789' %}" + doubling + "ok"), {})
    assert result.blanks == ((0, len(result.text)),)
    assert len(fill(reply("{{ a }}" * 9000), {"a": "x" * 10**6}).text) < canned.MAX_FILLED


HOSTILE_NAMES = [
    "{{ agent.name }}",
    "{% if true %}x{% endif %}",
    "{{ 'x' | upcase }}{{ blank.x }}",
    "}} {{ agent.name",
    "{{",
    "{%",
    "[bold]{{[/bold]",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_liquid_in_a_name_stays_text(name: str) -> None:
    body = "{% assign n = contact.name %}{{ n }}|{{ contact.name }}"
    assert filled(body, contact={"name": name}, agent={"name": "Ana"}) == f"{name}|{name}"


def test_a_name_cannot_forge_or_break_a_blank() -> None:
    result = fill(reply("{{ a }} {{ b }} {{ c }}"), {"a": "⟦x⟧", "b": "⟧"})
    assert result.text == "[x] ] ⟦c⟧"
    assert len(result.blanks) == 1


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "\n", "\u200e \ufeff"])
def test_a_name_nobody_can_see_is_a_blank(name: str) -> None:
    assert filled("{{ a }}", a=name) == "⟦a⟧"


VALUES = st.recursive(
    st.text(max_size=60) | st.none(),
    lambda inner: st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.text(), st.text(), VALUES)
@settings(max_examples=300)
def test_no_value_whatsoever_raises_or_gets_through_unsanitised(
    name: str, first: str, other: object
) -> None:
    body = "Hi {{ contact.first_name }} {{ contact.name | capitalize }}, {{ o }}{{ o.p }}"
    result = fill(reply(body), {"contact": {"name": name, "first_name": first}, "o": other})
    assert sanitise(result.text, Field.COMPOSER) == result.text
    assert result.blanks == blanks(result.text)
    marked = sum(end - start for start, end in result.blanks)
    assert marked <= len("⟦first name⟧⟦Name⟧⟦o⟧⟦p⟧"), "only the reply itself makes blanks"


def test_hostile_strings_pass_through_a_reply_sanitised(shared: Path) -> None:
    known = json.loads((shared / "nasty_strings.json").read_text(encoding="utf-8"))["strings"]
    texts = [entry["text"] for entry in known if "text" in entry]
    assert len(texts) > 100
    for text in texts:
        result = fill(reply("Hi {{ name }}, {{ blank.x }}"), {"name": text})
        assert sanitise(result.text, Field.COMPOSER) == result.text
        assert result.blanks[-1][1] == len(result.text)


@given(st.text(alphabet="⟦⟧ab\n", max_size=30))
def test_blanks_are_all_there_and_where_they_say(text: str) -> None:
    found = blanks(text)
    assert all(re.fullmatch("⟦[ab\n]*⟧", text[start:end]) for start, end in found)
    starts, ends = [start for start, _ in found], [end for _, end in found]
    between = [text[a:b] for a, b in zip([0, *ends], [*starts, len(text)], strict=True)]
    assert not any(re.search("⟦[ab\n]*⟧", part) for part in between)


def test_a_template_is_read_once_however_often_it_is_filled() -> None:
    """The picker fills a reply with each step of the cursor."""
    assert template_of("Hello {{ contact.name }}") is template_of("Hello {{ contact.name }}")
