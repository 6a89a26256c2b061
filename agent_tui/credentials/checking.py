"""What a token may look like, and the one error of everything that looks for one."""

from __future__ import annotations

import re
from typing import Final

from agent_tui.credentials.secret import Secret
from agent_tui.i18n import _

LONGEST_TOKEN: Final = 4096

_TOKEN = re.compile(r"[!-~]+")


class CredentialError(Exception):
    """There is no token to be had; the message is one line that says why and what to do."""


def checked(text: str, place: str) -> Secret:
    """`text` as a token: visible ASCII without spaces, as an HTTP header can carry it.

    Raises:
        CredentialError: if it is none; the message tells `place` and never the text.
    """
    text = text.strip()
    if not text:
        raise CredentialError(_("{place} holds no token: it is empty").format(place=place))
    if len(text) > LONGEST_TOKEN or not _TOKEN.fullmatch(text):
        raise CredentialError(
            _(
                "{place} holds no token: a token is one word of plain letters, digits and signs"
            ).format(place=place)
        )
    return Secret(text)
