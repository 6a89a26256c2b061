"""The words of the program: a complete German catalogue, and the choice of the language."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from agent_tui import i18n

PO = i18n.LOCALE_DIR / "de" / "LC_MESSAGES" / f"{i18n.DOMAIN}.po"
KEYWORDS = {"_": None, "mark": None, "ngettext": (1, 2)}


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    """No test leaves the program speaking another language."""
    yield
    i18n.use_language("en")


@pytest.fixture(scope="module")
def german() -> Catalog:
    """The German catalogue as it is committed."""
    with PO.open("rb") as file:
        return read_po(file, locale="de", domain=i18n.DOMAIN)


def in_source() -> set[str]:
    """Every message id that the source has, the first of its forms."""
    source = Path(i18n.__file__).parent
    rows = extract_from_dir(source, method_map=[("**.py", "python")], keywords=KEYWORDS)
    return {words if isinstance(words, str) else words[0] for _file, _line, words, *_rest in rows}


def forms(message: Message) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The message's forms in English and in German."""
    if isinstance(message.id, str):
        return (message.id,), (str(message.string or ""),)
    return tuple(message.id), tuple(message.string or ())


def key(message: Message) -> str:
    return forms(message)[0][0]


def messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def blanks(text: str) -> set[str]:
    """What is filled in later: the names in braces, and the old percent signs of argparse."""
    try:
        names = {name for _literal, name, _spec, _conversion in Formatter().parse(text) if name}
    except ValueError:
        names = {"a brace without its other half"}
    return names | set(re.findall(r"%\(\w+\)[sr]|%[sr]", text))


def test_the_catalogue_has_exactly_the_words_of_the_source(german: Catalog) -> None:
    """`make catalogue` has been run since the words changed."""
    there, wanted = {key(message) for message in messages(german)}, in_source()
    assert there - wanted == set(), "gone from the source: run `make catalogue`"
    assert wanted - there == set(), "not in the catalogue: run `make catalogue`"


def test_every_message_has_a_german_translation(german: Catalog) -> None:
    """None is empty, and none is a guess that nobody has looked at."""
    open_ones = [key(one) for one in messages(german) if one.fuzzy or not all(forms(one)[1])]
    assert open_ones == [], f"{len(open_ones)} without a German translation"


def test_translations_fill_in_what_the_english_does(german: Catalog) -> None:
    """A {name} that is missing or misspelt would lose a fact or stop the program."""
    wrong = []
    for message in messages(german):
        english, translated = forms(message)
        wanted = {name for form in english for name in blanks(form)}
        # The first of two forms speaks of one, and may do without its number.
        fits = blanks(translated[-1]) == wanted and all(blanks(one) <= wanted for one in translated)
        if all(translated) and not fits:
            wrong.append(key(message))
    assert wrong == []


def test_translations_keep_the_spaces_at_their_ends(german: Catalog) -> None:
    """Words that are joined to others on the screen stay apart."""
    wrong = [
        key(message)
        for message in messages(german)
        for english, translated in zip(*forms(message), strict=False)
        if translated
        and (english[:1].isspace(), english[-1:].isspace())
        != (translated[:1].isspace(), translated[-1:].isspace())
    ]
    assert wrong == []


def test_the_compiled_catalogue_is_that_of_the_source(german: Catalog) -> None:
    """`make catalogue` has been run since a translation changed."""
    compiled = io.BytesIO()
    write_mo(compiled, german)
    assert PO.with_suffix(".mo").read_bytes() == compiled.getvalue(), "run `make catalogue`"


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "de"),
        ({"LANG": "de"}, "de"),
        ({"LANG": "de-AT"}, "de"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "de_DE.UTF-8"}, "de"),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "de_DE.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "", "LC_ALL": "de_DE@euro"}, "de"),
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": "de_CH"}, "de"),
    ],
)
def test_the_surroundings_choose_the_language(environ: dict[str, str], language: str) -> None:
    """LC_ALL outranks LC_MESSAGES outranks LANG; what is empty is not set."""
    assert i18n.preferred_language(environ) == language


def test_german_is_spoken_once_chosen(german: Catalog) -> None:
    """What the catalogue says is what the program says."""
    i18n.use_language("de")
    assert i18n.language() == "de"
    translated = [one for one in messages(german) if all(forms(one)[1]) and not one.fuzzy]
    for message in translated:
        english, words = forms(message)
        if len(english) == 1:
            assert i18n._(english[0]) == words[0]
        else:
            assert i18n.ngettext(english[0], english[1], 1) == words[0]
            assert i18n.ngettext(english[0], english[1], 2) == words[1]


def test_an_unknown_language_means_english() -> None:
    """The program never fails for want of a language."""
    i18n.use_language("xx")
    assert i18n.language() == "en"
    assert i18n._("usage: ") == "usage: "
