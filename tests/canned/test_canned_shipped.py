"""The replies that come with the program: complete, in good words, and fit for their channels."""

from __future__ import annotations

import re

import pytest
from canned_builders import FULL, contact, names_in, shipped, values

from agent_tui import canned
from agent_tui.canned import CannedReply, fill
from agent_tui.channels import RULES
from agent_tui.model import Channel

LANGUAGES = ("en", "de")
SHIPPED = [r for language in LANGUAGES for r in shipped(language).replies]
each = pytest.mark.parametrize("shown", SHIPPED, ids=[f"{r.language}-{r.id}" for r in SHIPPED])


BLANK_NAMES = re.compile(r"\{\{\s*blank\.(\w+)\s*\}\}")

SMS_ALPHABET = set(
    "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)
"""GSM 03.38 with its extension: one other character halves what fits into an SMS."""

EMPTY_PHRASES = re.compile(
    r"any inconvenience|your patience|hesitate|valued customer|we apologi[sz]e|reach out"
    r"|unannehmlichkeit|ihre geduld|deine geduld|gerne zur verfügung|zögern sie|wir bedauern",
    re.IGNORECASE,
)

TYPED_OUT = re.compile(
    r"\b\w*(?:(?<![aeqäu])ue|ae|oe)\w*|\w*str?asse\w*|\w*gruss\w*|\w*gruess\w*|gross\w*|heiss\w*"
    r"|\w*schliess\w*|aus?ser\w*|weiss\w*|\w*grösse\w*",
    re.IGNORECASE,
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shipped_file_loads_in_its_own_language(language: str) -> None:
    library = shipped(language)
    assert library.problems == ()
    assert {r.language for r in library.replies} == {language}
    files = (canned.built_in_folder() / language).rglob("*.md")
    assert {r.source for r in library.replies} == set(files)
    assert len(library.replies) >= 34
    assert {r.group for r in library.replies} == set(canned.GROUPS)


def test_both_languages_have_the_same_replies_for_the_same_channels() -> None:
    english, german = ({r.id: (r.group, r.channels) for r in shipped(x).replies} for x in LANGUAGES)
    assert english == german


@pytest.mark.parametrize("channel", Channel)
def test_there_is_something_to_say_on_every_channel(channel: Channel) -> None:
    for language in LANGUAGES:
        found = shipped(language).search("", channel)
        assert len(found) >= 20
        assert len({r.group for r in found}) >= 10


@each
def test_a_shipped_reply_is_found_by_its_shortcut_and_named_after_its_file(
    shown: CannedReply,
) -> None:
    assert shown.id == f"{shown.source.parent.name}-{shown.source.stem}"
    assert shipped(shown.language).search(shown.shortcut, None)[0] == shown


@each
def test_a_shipped_reply_fills_up_to_its_declared_blanks(shown: CannedReply) -> None:
    result = fill(shown, FULL)
    left = {result.text[start + 1 : end - 1] for start, end in result.blanks}
    assert left == {name.replace("_", " ") for name in BLANK_NAMES.findall(shown.body)}
    assert not re.search(r"\{\{|\}\}|\{%|%\}|  | \n", result.text)
    used = set(re.findall(r"[{|%(]\s*(?:if |case )?((?!blank\.)[a-z]+\.[a-z_.]+)", shown.body))
    assert used <= set(names_in(FULL))


@each
def test_a_shipped_reply_fits_its_channels(shown: CannedReply) -> None:
    text = fill(shown, FULL).text
    for channel in shown.channels or Channel:
        assert len(text) <= RULES[channel].max_chars
    if shown.fits(Channel.SMS):
        assert len(text) <= 320
        assert set(text) <= SMS_ALPHABET | {canned.OPEN, canned.CLOSE}
    if len(text) > 700:
        assert shown.channels == {Channel.EMAIL}


@each
def test_a_shipped_reply_holds_no_empty_phrase(shown: CannedReply) -> None:
    assert not EMPTY_PHRASES.search(shown.body)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "id", ["greeting-hello", "cart-idle", "bot-handover-person", "closing-thanks"]
)
def test_a_nameless_visitor_can_be_greeted_without_a_blank(id: str, language: str) -> None:
    (shown,) = (r for r in shipped(language).replies if r.id == id)
    text = fill(shown, values(contact(""))).text
    assert "name⟧" not in text
    assert not re.search(r"  | [,.]", text)


GERMAN = [r for r in SHIPPED if r.language == "de"]
each_german = pytest.mark.parametrize("shown", GERMAN, ids=[r.id for r in GERMAN])


@each_german
def test_german_is_written_with_umlauts(shown: CannedReply) -> None:
    prose = re.sub(r"\{%.*?%\}|\{\{\s*[a-z]+\.[a-z_]+\s*\}\}", "", shown.body)
    for text in (prose, shown.title, shown.shortcut):
        assert not TYPED_OUT.search(text)


@each_german
def test_german_says_sie_by_e_mail_and_du_on_messengers(shown: CannedReply) -> None:
    informal = re.search(r"\b(du|dir|dich|dein\w*)\b", shown.body, re.IGNORECASE)
    formal = re.search(r"\b(Ihnen|Ihr\w*)\b|\bSie\b", shown.body)
    if shown.fits(Channel.EMAIL):
        assert not informal
    if shown.channels != {Channel.EMAIL}:
        assert not formal
