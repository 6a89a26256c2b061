"""From a typed text to an answer: a moment, until the customer replies, or what is unclear.

A text is taken only when the whole of it says one moment that is still ahead; everything else
comes back as `Unclear` with a sentence for the agent. Nothing is rolled to another day in
silence, except clock times and weekdays alone, which mean their next occurrence.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from agent_tui.i18n import _
from agent_tui.when.answer import At, Unclear, UntilReply, When
from agent_tui.when.clocks import AMOUNTS, CLOCKS
from agent_tui.when.dates import DATES
from agent_tui.when.grammar import read
from agent_tui.when.hours import BusinessHours, aware, shown
from agent_tui.when.reading import Refusal
from agent_tui.when.resolve import Here, resolve, too_far
from agent_tui.when.tokens import corrected, tokens_of
from agent_tui.when.words import Kind

LONGEST_TEXT = 100
"""Characters of a text that are worth reading as a time."""

_WORDS_ABOUT_REPLIES = {Kind.REPLY, Kind.UNTIL, Kind.CUSTOMER, Kind.NEXT, Kind.NUMBER}


def parse(
    text: str,
    now: datetime,
    zone: ZoneInfo,
    hours: BusinessHours = BusinessHours(),  # noqa: B008 - frozen value
    last: When | None = None,
) -> When:
    """When `text`, typed at `now` (aware) by somebody in `zone`, says that it shall be.

    `last` is what "=" and "same as last" stand for. Without a time of day, opening is meant.

    Raises:
        ValueError: if `now` has no time zone. No text raises anything.
    """
    here = Here(aware(now), zone, hours)
    text = text.strip()
    try:
        return _parsed(text, here, last)
    except Refusal as refusal:
        reason = refusal.reason or _not_understood(text)
        offered = refusal.suggestion
        if offered and refusal.replaces:
            offered = text.replace(refusal.replaces, offered)
        if not refusal.reason and len(text) <= LONGEST_TEXT:
            offered = corrected(text)
        return Unclear(reason, offered if offered and _is_taken(offered, here, last) else None)
    except OverflowError:
        return Unclear(too_far().reason)


def _parsed(text: str, here: Here, last: When | None) -> When:
    if not text:
        raise Refusal(_("Type when it shall come back, for example “tomorrow 9” or “2h”."))
    if len(text) > LONGEST_TEXT:
        raise Refusal(_("That is too long for a time. Type it like “tomorrow 9” or “2h”."))
    tokens = tokens_of(text)
    kinds = {token.kind for token in tokens}
    if Kind.REPLY in kinds and kinds <= _WORDS_ABOUT_REPLIES:
        return UntilReply()
    if kinds & {Kind.LAST, Kind.SAME_TIME} and len(tokens) == 1:
        return _repeated(last, here)
    moment = resolve(read(tokens, here.today, (CLOCKS, DATES, AMOUNTS)), here)
    return At(moment, shown(moment, here.zone))


def _repeated(last: When | None, here: Here) -> When:
    if last is None or isinstance(last, Unclear):
        raise Refusal(_("There is no earlier choice to repeat. Type a time like “tomorrow 9”."))
    if isinstance(last, At) and last.moment <= here.now:
        raise Refusal(
            _("The last choice, {moment}, is past. Type a later time like “tomorrow 9”.").format(
                moment=shown(last.moment, here.zone)
            )
        )
    return last


def _is_taken(text: str, here: Here, last: When | None) -> bool:
    try:
        return not isinstance(_parsed(text, here, last), Unclear)
    except (Refusal, OverflowError):
        return False


def _not_understood(text: str) -> str:
    words = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    short = words if len(words) <= 40 else f"{words[:39]}…"
    sentence = _(
        "“{text}” is not a time that is known here. Try “tomorrow 9”, “2h” or “Fri 14:00”."
    )
    return sentence.format(text=short)
