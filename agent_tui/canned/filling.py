"""Putting values into a reply. They never pass through the Liquid parser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent_tui.canned.marks import blank, blanks, unmarked
from agent_tui.canned.reply import CannedReply
from agent_tui.canned.templates import BLANK_ROOT, Facts, template_of
from agent_tui.i18n import _
from agent_tui.model import SafeText
from agent_tui.sanitise import Field, sanitise


@dataclass(frozen=True, slots=True)
class Filled:
    """A reply as it is put into the composer."""

    text: SafeText
    blanks: tuple[tuple[int, int], ...]
    """Start and end of each blank in `text`, marks included."""


def fill(reply: CannedReply, values: Mapping[str, object]) -> Filled:
    """`reply` with `values`, nested mappings of text, put in; what has no value is a blank.

    A value is used as one line of at most 200 characters. Never raises: a reply that cannot
    be filled comes out as one blank that says so.
    """
    facts = _facts("", values)
    if "blank" in facts:
        facts[BLANK_ROOT] = facts.pop("blank")
    try:
        raw = template_of(reply.body).render(facts)
    except Exception:  # Liquid lets errors of all kinds through, and the agent has to go on
        raw = blank(_("this reply cannot be filled, see its file"))
    text = sanitise(raw, Field.COMPOSER)
    return Filled(text, blanks(text))


def _facts(name: str, values: Mapping[str, object]) -> Facts:
    """`values` without what is empty, and without the marks of a blank inside."""
    kept: dict[str, object] = {}
    for key, value in values.items():
        fact: object = ""
        if isinstance(value, Mapping):
            fact = _facts(str(key), value)
        elif value is not None:
            fact = unmarked(sanitise(str(value), Field.LINE))
        if fact:
            kept[str(key)] = fact
    return Facts(name, kept)
