"""The key ring of the desktop, if it is a real one.

The library settles on whatever it finds: on one that keeps nothing, or one that keeps words in
the open. Only those of `KEY_RINGS` count here. What is stored is read back, and every call has a
time limit, because a locked key ring may wait for a question that nobody can see.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from agent_tui.credentials.secret import Secret
from agent_tui.i18n import _
from agent_tui.sanitise import plain_line

SERVICE: Final = "agent-tui"
"""Under which name the key ring keeps tokens."""

KEY_RINGS: Final = (
    "keyring.backends.SecretService",
    "keyring.backends.kwallet",
    "keyring.backends.libsecret",
    "keyring.backends.macOS",
    "keyring.backends.Windows",
)
"""The modules whose key rings keep a secret secret."""

KEY_RING_SECONDS: Final = 5.0

_T = TypeVar("_T")


class KeyRingError(Exception):
    """The key ring cannot be used here and now; the message is one line that says why."""


class KeyRing(Protocol):
    """What is asked of a key ring; each of them may raise `KeyRingError`."""

    def get(self, account: str) -> Secret | None: ...

    def set(self, account: str, token: Secret) -> None: ...

    def delete(self, account: str) -> None: ...


class SystemKeyRing:
    """The desktop's key ring, if it is one of `KEY_RINGS`, each call within a time limit."""

    def __init__(self, seconds: float = KEY_RING_SECONDS) -> None:
        self._seconds = seconds

    def get(self, account: str) -> Secret | None:
        """The token kept for `account`.

        Raises:
            KeyRingError: if the key ring cannot be used.
        """
        kept = self._timed(lambda: _real_key_ring().get_password(SERVICE, account))
        return Secret(kept) if kept else None

    def set(self, account: str, token: Secret) -> None:
        """Keep `token` for `account`, and read it back.

        Raises:
            KeyRingError: if the key ring cannot be used, or did not keep it.
        """

        def keep() -> str | None:
            ring = _real_key_ring()
            ring.set_password(SERVICE, account, token.reveal())
            return ring.get_password(SERVICE, account)

        kept = self._timed(keep)
        if kept is None or Secret(kept) != token:
            raise KeyRingError(_("the key ring did not keep the token"))

    def delete(self, account: str) -> None:
        """Forget the token of `account`; no error where there is none.

        Raises:
            KeyRingError: if the key ring cannot be used.
        """

        def forget() -> None:
            ring = _real_key_ring()
            if ring.get_password(SERVICE, account) is not None:
                ring.delete_password(SERVICE, account)

        self._timed(forget)

    def _timed(self, call: Callable[[], _T]) -> _T:
        """What `call` returns, within the limit; it goes on in a thread that nothing waits for."""
        outcome: list[_T] = []
        failure: list[BaseException] = []

        def run() -> None:
            try:
                outcome.append(call())
            except BaseException as error:  # handed to the thread that waits
                failure.append(error)

        thread = threading.Thread(target=run, name="key ring", daemon=True)
        thread.start()
        thread.join(self._seconds)
        if outcome:
            return outcome[0]
        if not failure:
            raise KeyRingError(
                _("the key ring gave no answer in {seconds:g} s: unlock it first").format(
                    seconds=self._seconds
                )
            )
        if isinstance(failure[0], KeyRingError):
            raise failure[0]
        raise KeyRingError(
            _("the key ring failed: {why}").format(
                why=plain_line(f"{type(failure[0]).__name__}: {failure[0]}")
            )
        )


class _Backend(Protocol):
    """What a key ring of the library can do."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


def _real_key_ring() -> _Backend:
    """The first key ring at hand that is one of `KEY_RINGS`; a chain is looked into.

    Raises:
        KeyRingError: if there is none.
    """
    import keyring  # noqa: PLC0415 - late: heavy

    chosen = keyring.get_keyring()
    rings = getattr(chosen, "backends", None) or [chosen]
    for ring in rings:
        if type(ring).__module__ in KEY_RINGS:
            found: _Backend = ring
            return found
    raise KeyRingError(
        _(
            "no key ring of the desktop is running here; without a desktop, let a token_command"
            " such as pass print the token, or start by dbus-run-session with gnome-keyring"
        )
    )
