"""What the composer tells: each message names the conversation and the mode it was written in."""

from __future__ import annotations

from textual.message import Message as TextualMessage

from agent_tui.model import ConversationId
from agent_tui.shown import Mode, Words


class _Written(TextualMessage):
    """Something about the words of one conversation."""

    def __init__(self, conversation: ConversationId, mode: Mode) -> None:
        super().__init__()
        self.conversation = conversation
        self.mode = mode


class _WithWords(_Written):
    def __init__(self, conversation: ConversationId, mode: Mode, words: Words) -> None:
        super().__init__(conversation, mode)
        self.words = words


class Edited(_WithWords, namespace="composer"):
    """The words changed."""


class Left(_WithWords, namespace="composer"):
    """The agent wants to leave; the draft is kept by whoever hears this."""


class ModeToggled(_WithWords, namespace="composer"):
    """The agent wants the other mode; `mode` is the one she comes from."""


class SendAsked(_Written, namespace="composer"):
    """These words are to go out. They have left the composer: asked once, sent once.

    Whoever cannot take them binds the composer again with the draft, which still stands as
    `Edited` last told it.
    """

    def __init__(self, conversation: ConversationId, mode: Mode, text: str, then: str = "") -> None:
        super().__init__(conversation, mode)
        self.text = text
        self.then = then
        """What to do after it: ``snooze``, ``resolve`` or nothing."""


class Refused(_Written, namespace="composer"):
    """Sending was asked for and cannot be; `reason` says why and what to do now."""

    def __init__(self, conversation: ConversationId, mode: Mode, reason: str) -> None:
        super().__init__(conversation, mode)
        self.reason = reason


class CannedAsked(_Written, namespace="composer"):
    """The agent wants a canned reply.

    `slash`: she typed a ``/``, which is not in the text; where she dismisses the picker it is
    put there with `Composer.insert`.
    """

    def __init__(
        self, conversation: ConversationId, mode: Mode, query: str = "", *, slash: bool = False
    ) -> None:
        super().__init__(conversation, mode)
        self.query = query
        self.slash = slash


class TypingChanged(_Written, namespace="composer"):
    """The agent writes (said again every 10 s), or has stopped."""

    def __init__(self, conversation: ConversationId, mode: Mode, *, on: bool) -> None:
        super().__init__(conversation, mode)
        self.on = on
