"""What each channel allows: marks, lengths, reply windows, media, quick replies, undo.

Numbers come from the vendors' published limits as collected in Appendix A and section 5.5
of the competitors' reference: Messenger 2,000, Instagram 1,000, SMS 320 over Twilio,
WhatsApp Cloud 4,096, Telegram 4,096, e-mail 25,000, general 10,000 characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from agent_tui.i18n import _, mark
from agent_tui.model import Channel

ALL_MEDIA = frozenset({"image", "audio", "video", "file", "location"})


@dataclass(frozen=True, slots=True)
class ChannelRules:
    """The rules of one channel."""

    channel: Channel
    mark: str
    """Two letters that name the channel in a row."""
    own_name: str
    """Its name in English; most channels are called the same everywhere."""
    max_chars: int
    reply_window: timedelta | None
    """How long after the customer's last message free text may be sent; None: always."""
    media: frozenset[str]
    quick_replies: int
    """How many options to tap a message may carry; 0: none."""
    live: bool
    """The customer sits and waits; seconds count."""
    undo_seconds: float
    """How long a reply is held before it leaves."""
    first_response: timedelta
    """The default promise for the first answer."""

    @property
    def name(self) -> str:
        """The channel's name in the agent's language."""
        return _(self.own_name)


_DAY = timedelta(hours=24)


def _rules(  # noqa: PLR0913, PLR0917 - a row of a table
    channel: Channel,
    mark: str,
    name: str,
    max_chars: int,
    window: timedelta | None,
    media: frozenset[str],
    quick: int,
    first_minutes: int,
    *,
    live: bool = False,
    undo: float = 3.0,
) -> ChannelRules:
    return ChannelRules(
        channel, mark, name, max_chars, window, media, quick, live, undo,
        timedelta(minutes=first_minutes),
    )  # fmt: skip


_PICTURES = frozenset({"image", "video", "audio"})

RULES: dict[Channel, ChannelRules] = {
    rules.channel: rules
    for rules in (
        _rules(Channel.WHATSAPP, "WA", "WhatsApp", 4096, _DAY, ALL_MEDIA, 10, 15),
        _rules(Channel.MESSENGER, "FB", "Messenger", 2000, _DAY, ALL_MEDIA, 10, 15),
        _rules(Channel.INSTAGRAM, "IG", "Instagram", 1000, _DAY, _PICTURES, 10, 15),
        _rules(Channel.TELEGRAM, "TG", "Telegram", 4096, None, ALL_MEDIA, 10, 15),
        _rules(Channel.SMS, "SM", "SMS", 320, None, frozenset(), 0, 30, undo=8.0),
        _rules(Channel.EMAIL, "MA", mark("E-mail"), 25000, None, ALL_MEDIA, 0, 240, undo=15.0),
        _rules(Channel.WEBCHAT, "WC", mark("Web chat"), 10000, None, ALL_MEDIA, 10, 2, live=True),
        _rules(Channel.X, "X ", "X", 10000, None, _PICTURES, 10, 30),
        _rules(Channel.THREEMA, "TH", "Threema", 3500, None, ALL_MEDIA, 0, 15),
        _rules(Channel.INAPP, "AP", mark("In-app"), 10000, None, ALL_MEDIA, 10, 5, live=True),
    )
}


def rules_of(channel: Channel) -> ChannelRules:
    """The rules of `channel`."""
    return RULES[channel]
