"""Bring the catalogues of `agent_tui/locale` up to date with the source, and compile them.

New words come in without a translation; words that are gone go; where new words are much like
old ones, the old translation is put beside them as fuzzy, for somebody to look at. The tests
refuse what is empty or fuzzy.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from agent_tui import __version__, i18n

SOURCE = Path(i18n.__file__).parent
KEYWORDS = {"_": None, "mark": None, "ngettext": (1, 2)}


def words_of_source() -> Catalog:
    """Everything in the source that is to be translated, without translations."""
    found = Catalog(project="agent-tui", copyright_holder="agent-tui contributors")
    methods = [("**.py", "python")]
    for name, line, words, _comments, _context in sorted(
        extract_from_dir(SOURCE, method_map=methods, keywords=KEYWORDS), key=lambda row: row[:2]
    ):
        found.add(words, locations=[(f"{SOURCE.name}/{name}", line)])
    return found


def update(language: str, words: Catalog) -> str:
    """Write the catalogue of `language` anew, both forms; says in one line what is left to do."""
    place = i18n.LOCALE_DIR / language / "LC_MESSAGES" / f"{i18n.DOMAIN}.po"
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        with place.open("rb") as file:
            catalogue = read_po(file, locale=language, domain=i18n.DOMAIN)
    else:
        catalogue = Catalog(
            locale=language,
            domain=i18n.DOMAIN,
            fuzzy=False,
            project="agent-tui",
            version=__version__,
            msgid_bugs_address="-",
            last_translator="agent-tui contributors",
            language_team="agent-tui contributors",
        )
        catalogue.header_comment = f"# agent-tui: the words of the program, {language}"
    catalogue.update(words, update_header_comment=False, update_creation_date=False)
    messages = [message for message in catalogue if message.id]
    empty = [message for message in messages if not all(_forms(message))]
    for message in empty:  # much like an old one that had no translation either: no guess at all
        message.flags.discard("fuzzy")
        message.previous_id = []
    with place.open("wb") as file:
        write_po(file, catalogue, width=100, ignore_obsolete=True, include_lineno=False)
    with place.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue)
    fuzzy = sum(message.fuzzy for message in messages)
    return (
        f"{language}: {len(messages)} messages, {len(empty)} without a translation, {fuzzy} fuzzy"
    )


def _forms(message: Message) -> tuple[str, ...]:
    """The translations of a message: one, or one a number."""
    said = message.string or ""
    return (said,) if isinstance(said, str) else tuple(said)


def main() -> None:
    """Update every language but English, which is the source itself."""
    words = words_of_source()
    for language in i18n.LANGUAGES:
        if language != "en":
            sys.stdout.write(update(language, words) + "\n")


if __name__ == "__main__":
    main()
