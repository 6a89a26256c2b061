"""A value that must never be seen by accident: not in a log, a traceback or a pickle."""

from __future__ import annotations

import hmac
import weakref
from typing import Final, NoReturn, final

MASK: Final = "••••"
"""What every accidental view of a secret shows; the same for all, so not even the length tells."""

_alive: dict[int, weakref.ref[Secret]] = {}
"""Every secret there is, so that what leaves the program can be searched for them."""


@final
class Secret:
    """A token in memory. Only `reveal` gives it away, so that each place that does can be found.

    Two secrets are equal when what they hide is equal; the comparison takes the same time
    whether they differ in the first character or in the last. A secret cannot be a key of a
    dict: a hash would tell whether two secrets are the same.
    """

    __slots__ = ("__hidden", "__weakref__")
    __hash__ = None  # type: ignore[assignment] # how a class says that it cannot be hashed

    def __init__(self, value: str) -> None:
        self.__hidden = value
        key = id(self)
        _alive[key] = weakref.ref(self, lambda _gone: _alive.pop(key, None))

    def reveal(self) -> str:
        """The secret itself, for the one call that needs it."""
        return self.__hidden

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, format_spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_bytes(self), _bytes(other))

    def __bool__(self) -> bool:
        return bool(self.__hidden)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled or copied")


def hidden_values() -> tuple[str, ...]:
    """What all secrets that are alive hide, the longest first: one may be part of another."""
    secrets = (known() for known in _alive.copy().values())
    values = {secret.reveal() for secret in secrets if secret is not None}
    return tuple(sorted(values, key=lambda value: (-len(value), value)))


def _bytes(secret: Secret) -> bytes:
    return secret.reveal().encode("utf-8", "surrogatepass")
