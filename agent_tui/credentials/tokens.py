"""The token of one seat over time: what it is now, and reading it again where it is kept.

A token may end while the console runs. Whoever keeps it (the key ring, a command, a file) has the
next one by then; what came from the environment or from a prompt cannot be read again.
"""

from __future__ import annotations

from collections.abc import Callable

from agent_tui.apart import apart
from agent_tui.credentials.secret import Secret

Reread = Callable[[], Secret]
"""Reads a token where it is kept; may take seconds. Raises `CredentialError`."""


class Tokens:
    """The token of one seat. Never asks the agent anything."""

    def __init__(self, token: Secret, reread: Reread | None = None) -> None:
        """`reread` None: this token is all there will be."""
        self._current = token
        self._reread = reread

    @property
    def current(self) -> Secret:
        """The token that was read last."""
        return self._current

    @property
    def renewable(self) -> bool:
        """Whether it can be read again."""
        return self._reread is not None

    async def read(self) -> Secret:
        """Read it again, in a thread of its own: it may be the same one still.

        Raises:
            CredentialError: if it cannot be read now.
        """
        if self._reread is not None:
            self._current = await apart(self._reread, "token")
        return self._current
