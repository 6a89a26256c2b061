"""Earlier conversations: outlines are kept, and a thread is told from one when it is asked for."""

from __future__ import annotations

from datetime import timedelta
from zlib import crc32

from agent_tui.backends.mock import phrases
from agent_tui.backends.mock.ledger import happened
from agent_tui.backends.mock.records import Author, Contact, Earlier, Message
from agent_tui.backends.mock.staff import AGENTS
from agent_tui.model import AuthorKind, Delivery, MessageKind


def archived_thread(contact: Contact, earlier: Earlier) -> tuple[Message, ...]:
    """What was said in an earlier conversation, the same whenever one asks."""
    dice = crc32(earlier.id.encode())
    clerk = AGENTS[dice % len(AGENTS)]
    agent = Author(AuthorKind.AGENT, clerk.id, clerk.name)
    language = contact.language if contact.language in phrases.LAST else "en"
    words = phrases.LAST[language]
    done = happened(agent, "resolved").activity

    def message(nth: int, minutes: int, author: Author, text: str) -> Message:
        return Message(
            id=f"{earlier.id}.{nth}",
            conv=earlier.id,
            seq=nth,
            at=earlier.at + timedelta(minutes=minutes),
            kind=MessageKind.TEXT if text else MessageKind.ACTIVITY,
            author=author,
            text=text,
            delivery=Delivery.READ if text and author is agent else None,
            activity=None if text else done,
        )

    customer = Author(AuthorKind.CUSTOMER, contact.id, contact.name)
    return (
        message(1, 0, customer, earlier.subject or "…"),
        message(2, 4 + dice % 50, agent, words[dice % len(words)]),
        message(3, 60 + dice % 50, agent, ""),
    )
