"""How a reply travels: what the channel reports about it, and when."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from agent_tui.backends.mock.phrases import FAILURES
from agent_tui.model import Channel, Delivery

FAILING_TOPIC = "wrong_number"
FAILS = 0.5
"""How likely a reply to a wrong number comes back."""
_FAILING_CHANNELS = frozenset({Channel.SMS, Channel.WHATSAPP})


@dataclass(frozen=True, slots=True)
class Plan:
    """The reports to come, each with the seconds until it and the reason for a failure."""

    reports: tuple[tuple[float, Delivery, str], ...]
    failed: bool
    arrives_after: float
    """Seconds until the customer can see it."""


def shows_reading(channel: Channel) -> bool:
    """Whether the channel reports that a message was read; SMS knows only that it arrived."""
    return channel is not Channel.SMS


def plan(channel: Channel, topic: str, rng: Random) -> Plan:
    """What happens to a reply to a customer who writes about `topic`."""
    sent = rng.uniform(0.2, 0.7)
    done = sent + rng.uniform(0.3, 1.2)
    first = (sent, Delivery.SENT, "")
    if channel in _FAILING_CHANNELS and topic == FAILING_TOPIC and rng.random() < FAILS:
        return Plan((first, (done, Delivery.FAILED, rng.choice(FAILURES))), True, done)
    return Plan((first, (done, Delivery.DELIVERED, "")), False, done + rng.uniform(0.1, 1.0))
