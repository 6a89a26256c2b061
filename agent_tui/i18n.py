"""The words of the program in the agent's language.

English is written in the code, as the message id; other languages are gettext catalogues
in ``locale/<language>/LC_MESSAGES/agent_tui.po``, compiled by ``make catalogue``. The
language is chosen once, before the first word is shown.
"""

from __future__ import annotations

import gettext as _gettext
import os
from collections.abc import Mapping
from pathlib import Path

LANGUAGES = ("en", "de")
"""The languages there is a complete catalogue for."""

DOMAIN = "agent_tui"
LOCALE_DIR = Path(__file__).parent / "locale"

_current: _gettext.NullTranslations = _gettext.NullTranslations()
_language: str = "en"


def preferred_language(environ: Mapping[str, str] = os.environ) -> str:
    """The language the surroundings ask for, by the order POSIX gives the variables.

    ``LC_ALL`` outranks ``LC_MESSAGES`` outranks ``LANG``. Unknown languages mean English.
    """
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(variable, "")
        if value:
            code = value.replace("-", "_").split("_")[0].split(".")[0].lower()
            return code if code in LANGUAGES else "en"
    return "en"


def use_language(language: str) -> None:
    """Speak `language` (one of `LANGUAGES`) from now on; anything else means English."""
    global _current, _language  # noqa: PLW0603 - the one process-wide choice
    _language = language if language in LANGUAGES else "en"
    if _language == "en":
        _current = _gettext.NullTranslations()
    else:
        _current = _gettext.translation(DOMAIN, LOCALE_DIR, languages=[_language])


def language() -> str:
    """The language in use, as a two-letter code."""
    return _language


def _(message: str) -> str:
    """`message` in the language in use."""
    return _current.gettext(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    """The form of the message that fits the number `n`, in the language in use."""
    return _current.ngettext(singular, plural, n)


def mark(message: str) -> str:
    """Mark a literal for the catalogue where it is not yet to be translated."""
    return message
