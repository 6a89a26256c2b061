"""The simulated customers: all load, cover what customers write about, and faults are named."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent_tui.backends.mock.persona import (
    FOLDER,
    LANGUAGES,
    TOPICS,
    Line,
    Persona,
    PersonaError,
    PersonaIdentity,
    PersonaItem,
    PersonaOrder,
    Reply,
    load_personas,
    parse_personas,
)
from agent_tui.model import AuthorKind, Channel, Priority

PERSONAS = load_personas()
HOSTILE = tuple(persona for persona in PERSONAS if persona.topic == "hostile")
FRIENDLY = tuple(persona for persona in PERSONAS if persona.topic != "hostile")

GOOD = """
[[persona]]
id = "en-x"
language = "en"
name = "Xenia"
channel = "whatsapp"
address = "+49 1555 0100000"
topic = "tracking"
opening = ["hi"]
"""


def said(persona: Persona) -> Iterator[str]:
    """Everything the persona may ever say at the desk."""
    yield from persona.opening
    for reply in persona.replies:
        yield from reply.say
    yield from (*persona.impatient, *persona.thanks, *persona.comes_back)


def fault_of(text: str) -> str:
    with pytest.raises(PersonaError) as caught:
        parse_personas(text, "some.toml")
    return str(caught.value)


def test_there_are_enough_and_half_of_them_are_german() -> None:
    languages = Counter(persona.language for persona in PERSONAS)
    assert len(PERSONAS) >= 44
    assert abs(languages["de"] - languages["en"]) <= len(PERSONAS) // 10


def test_ids_are_unique_and_addresses_too() -> None:
    assert len({persona.id for persona in PERSONAS}) == len(PERSONAS)
    ways = [(persona.channel, persona.address) for persona in PERSONAS]
    ways += [(other.channel, other.address) for persona in PERSONAS for other in persona.other]
    assert len(set(ways)) == len(ways)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_a_file_and_is_covered_in_both_languages(topic: str) -> None:
    in_file = parse_personas((FOLDER / f"{topic}.toml").read_text("utf-8"), topic)
    assert {persona.topic for persona in in_file} == {topic}
    assert {persona.language for persona in in_file} == set(LANGUAGES)


def test_no_file_is_outside_the_topics() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(TOPICS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_channel_is_used_by_both_languages(language: str) -> None:
    assert {p.channel for p in PERSONAS if p.language == language} == set(Channel)


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: str(persona.id))
def test_a_persona_is_somebody(persona: Persona) -> None:
    """A name that shows, a zone that exists, and texts that fit the desk's frame."""
    assert persona.name.strip()
    if persona.timezone:
        assert ZoneInfo(persona.timezone).key == persona.timezone
    assert all(0 < len(text) <= 25_000 for text in said(persona))
    assert persona.opening or persona.reason.startswith("cart idle")


@pytest.mark.parametrize("persona", FRIENDLY, ids=lambda persona: str(persona.id))
def test_addresses_are_made_up_and_fit_their_channel(persona: Persona) -> None:
    shapes = {
        Channel.WHATSAPP: r"\+49 1555 \d{7}|\+44 7700 900\d{3}",
        Channel.SMS: r"\+49 1555 \d{7}|\+44 7700 900\d{3}",
        Channel.EMAIL: r"[a-z.]+@example\.(com|org)",
        Channel.THREEMA: r"[A-Z0-9]{8}",
        Channel.X: r"@\w+",
        Channel.TELEGRAM: r"@\w+",
        Channel.WEBCHAT: r"visitor-[0-9a-f]+",
        Channel.INAPP: r"app-\d+",
    }
    own = PersonaIdentity(persona.channel, persona.address)
    for way in (own, *persona.other):
        assert re.fullmatch(shapes.get(way.channel, r"[\w.]+"), way.address), way


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: str(persona.id))
def test_links_and_mail_addresses_lead_nowhere(persona: Persona) -> None:
    for text in said(persona):
        for host in re.findall(r"https?://([^/\s?\")]+)", text):
            assert host.endswith(("example", "example.org", "[::1]:8000")), host
        for domain in re.findall(r"[\w.]+@([\w.-]+\w)", text):
            assert domain.endswith(("example.com", "example.org")), domain


def test_only_the_hostile_hide_characters() -> None:
    """A friendly persona with a control character would be a slip of the pen."""
    joiners = {"\n", "\u200d"}
    for persona in FRIENDLY:
        for text in (persona.name, persona.city, *said(persona)):
            hidden = {c for c in text if unicodedata.category(c) in {"Cc", "Cf"}} - joiners
            assert not hidden, (persona.id, text)


@pytest.mark.parametrize(
    "trap",
    [
        "\x1b]52;", "\x1b[2J", "\x1b]8;;", "\x1b[201~", "\x9b", "[/b]", "[@click=app.quit]",
        "[50%]", "%s %n", "{{ contact.name }}", "\u200b", "\U000e0041", "\u043e", "\r", "\x00",
        "-- Ben assigned this to you --", "👨‍👩‍👧‍👦", "🏳️‍🌈", '{"frame": "go"', "\u2066", "\uffff",
    ],
)  # fmt: skip
def test_a_trap_is_laid(trap: str) -> None:
    texts = [text for persona in HOSTILE for text in (persona.name, *said(persona))]
    assert any(trap in text for text in texts)


def test_names_are_traps_too() -> None:
    names = [persona.name for persona in HOSTILE]
    assert any("\n" in name for name in names)
    assert any("\u202e" in name for name in names)
    assert any(sum(map(bool, map(unicodedata.combining, name))) > 20 for name in names)
    assert "Ben Keller" in names


def test_some_texts_are_very_long_and_some_very_high() -> None:
    texts = [text for persona in HOSTILE for text in said(persona)]
    assert any(len(text) >= 3_000 for text in texts)
    assert any(text.count("\n") >= 70 for text in texts)
    assert any(max(map(len, text.split(" "))) > 300 for text in texts)


def test_the_bots_leave_their_lines_and_the_intent_they_failed_at() -> None:
    handed = [persona for persona in PERSONAS if persona.topic == "handover"]
    for persona in handed:
        assert {line.author for line in persona.before} == {AuthorKind.BOT, AuthorKind.CUSTOMER}
        assert re.fullmatch(r"bot: handed over \(.+\)", persona.reason)


def test_idle_carts_hold_something_and_nobody_has_asked() -> None:
    idle = [persona for persona in PERSONAS if persona.topic == "idle_cart"]
    for persona in idle:
        assert persona.reason == "cart idle 12 min"
        assert persona.opening == ()
        assert persona.cart is not None
        assert persona.cart.idle_minutes == 12
        assert persona.cart.items


def test_the_customer_who_knows_the_most_is_read_whole() -> None:
    (noah,) = (persona for persona in PERSONAS if persona.id == "de-bot-noah")
    assert noah.priority is Priority.HIGH
    assert noah.since == 2021
    assert noah.other[1] == PersonaIdentity(Channel.MESSENGER, "noah.brandt.9")
    assert noah.before[2] == Line(AuthorKind.BOT, "Ich sehe nach. Einen Moment bitte.")
    assert noah.replies[1].keywords == ("depot", "etage", "adresse")
    assert noah.orders[1] == PersonaOrder(
        "#NV40512", (PersonaItem("Fußmatte Watt", 1, 4784),), "delivered", 48
    )
    assert [past.rating for past in noah.earlier] == [2, None]


def test_what_is_left_out_has_a_default() -> None:
    (persona,) = parse_personas(GOOD, "some.toml")
    assert persona == Persona(
        "en-x", "en", "Xenia", Channel.WHATSAPP, "+49 1555 0100000", "tracking", ("hi",)
    )


def test_replies_are_lists_or_lists_with_keywords() -> None:
    text = GOOD + 'replies = [["a", "b"], {if = ["x"], say = ["c"]}]'
    (persona,) = parse_personas(text, "some.toml")
    assert persona.replies == (Reply(("a", "b")), Reply(("c",), ("x",)))


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('colour = "red"', "colour"),
        ("opning = []", "opning"),
        ('tier = "wood"', "tier"),
        ('priority = "very"', "priority"),
        ("patience = 0", "patience"),
        ("patience = nan", "patience"),
        ("typing = true", "typing"),
        ('since = "2021"', "since"),
        ('labels = "one"', "labels"),
        ("impatient = [1]", "impatient[0]"),
        ('thanks = [""]', "thanks"),
        ("replies = [[]]", "replies"),
        ('replies = [{say = ["a"], when = ["b"]}]', "when"),
        ('replies = [{if = [""], say = ["a"]}]', "if"),
        ('replies = [{if = ["b"]}]', "say"),
        ('before = [{from = "system", text = "x"}]', "before"),
        ('before = [{from = "me", text = "x"}]', "before[0]: from"),
        ('other = [{channel = "fax", address = "x"}]', "other[0]: channel"),
        ("other = [{channel = [], address = 'x'}]", "other[0]: channel"),
        ("[persona.cart]\nidle_minutes = 1\nitems = [{name = 'a', cents = 1}]", "quantity"),
        ("[[persona.orders]]\nid = 'a'\nitems = []\nstatus = 'a'\ndays_ago = 1", "orders"),
        ("[[persona.earlier]]\nchannel='x'\nsubject=''\ndays_ago=1\nrating=6", "rating"),
    ],
)
def test_a_fault_names_the_file_the_persona_and_the_key(line: str, named: str) -> None:
    message = fault_of(GOOD + line)
    assert message.startswith("some.toml, en-x")
    assert named in message.removeprefix("some.toml, en-x")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"en-x"', '"en x"'),
        ('"Xenia"', '"\\u200b"'),
        ('"en"', '"fr"'),
        ('"tracking"', '"weather"'),
        ('["hi"]', "[]"),
        ('"+49 1555 0100000"', '""'),
    ],
)
def test_a_value_that_cannot_be_meant_is_a_fault(old: str, new: str) -> None:
    assert "some.toml" in fault_of(GOOD.replace(old, new, 1))


@pytest.mark.parametrize("key", ["id", "language", "name", "channel", "address", "topic"])
def test_a_missing_key_is_a_fault(key: str) -> None:
    text = "\n".join(line for line in GOOD.splitlines() if not line.startswith(key))
    assert f"“{key}”" in fault_of(text)


@pytest.mark.parametrize("text", ["[[persona", "", "persona = 1", "persona = [1]", GOOD + "[x]"])
def test_a_file_of_another_kind_is_a_fault(text: str) -> None:
    assert fault_of(text).startswith("some.toml")


def test_the_same_id_in_two_files_is_a_fault(tmp_path: Path) -> None:
    for name in ("one.toml", "two.toml"):
        (tmp_path / name).write_text(GOOD, "utf-8")
    with pytest.raises(PersonaError, match=r"two\.toml, en-x"):
        load_personas(tmp_path)


def test_a_file_that_is_not_utf8_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b"# gr\xfc\xdfe")
    with pytest.raises(PersonaError, match=r"latin\.toml"):
        load_personas(tmp_path)
