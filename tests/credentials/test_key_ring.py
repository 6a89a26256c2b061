"""Only a real key ring is used, it is read back, and none can hold the program up."""

from __future__ import annotations

import sys
import threading
from types import ModuleType
from typing import Any

import pytest

from agent_tui.credentials.key_ring import KEY_RINGS, KeyRingError, SystemKeyRing
from agent_tui.credentials.secret import Secret

ACCOUNT = "ana wss://desk.example"


class Ring:
    """A key ring as the library has them, in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Forgetful(Ring):
    """Accepts everything and keeps nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass


class Twisting(Ring):
    """Keeps something else."""

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, password[:-1])


class Locked(Ring):
    """Waits for a question that nobody sees."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.released.wait()
        return None


class Broken(Ring):
    """Fails with words from elsewhere."""

    def get_password(self, service: str, username: str) -> str | None:
        raise RuntimeError("no bus\n\x1b]52;c;x\x07")


class Chain(Ring):
    """Several key rings, one after the other."""

    def __init__(self, *backends: Ring) -> None:
        super().__init__()
        self.backends = backends


def made_by(module: str, ring: Ring) -> Ring:
    """`ring` as if its class came from `module`."""
    kind: Any = type(type(ring).__name__, (type(ring),), {"__module__": module})
    ring.__class__ = kind
    return ring


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes the library settle on the ring that is given."""

    def choose(ring: Ring) -> Ring:
        library = ModuleType("keyring")
        library.get_keyring = lambda: ring  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "keyring", library)
        return ring

    return choose


@pytest.mark.parametrize("module", KEY_RINGS)
def test_a_real_key_ring_keeps_and_forgets(use: Any, module: str) -> None:
    """Set, get, delete; deleting what is not there is no error."""
    use(made_by(module, Ring()))
    ring = SystemKeyRing()
    assert ring.get(ACCOUNT) is None
    ring.set(ACCOUNT, Secret("t-1"))
    assert ring.get(ACCOUNT) == Secret("t-1")
    assert ring.get("ben wss://desk.example") is None
    ring.delete(ACCOUNT)
    ring.delete(ACCOUNT)
    assert ring.get(ACCOUNT) is None


@pytest.mark.parametrize(
    "module",
    [
        "keyring.backends.fail",
        "keyring.backends.null",
        "keyrings.alt.file",
        "keyring.backends.evil",
    ],
)
def test_one_that_keeps_nothing_or_in_the_open_is_refused(use: Any, module: str) -> None:
    """Neither asked nor told, so that no token lands there."""
    inner = use(made_by(module, Ring()))
    with pytest.raises(KeyRingError, match="no key ring"):
        SystemKeyRing().set(ACCOUNT, Secret("t-1"))
    assert inner.kept == {}


def test_of_a_chain_only_the_real_one_is_used(use: Any) -> None:
    """The library's chain would fall back on the one that keeps words in the open."""
    plain = made_by("keyrings.alt.file", Ring())
    real = made_by(KEY_RINGS[0], Ring())
    use(made_by("keyring.backends.chainer", Chain(plain, real)))
    SystemKeyRing().set(ACCOUNT, Secret("t-1"))
    assert (plain.kept, len(real.kept)) == ({}, 1)
    use(made_by("keyring.backends.chainer", Chain(plain)))
    with pytest.raises(KeyRingError, match="no key ring"):
        SystemKeyRing().get(ACCOUNT)


@pytest.mark.parametrize("ring", [Forgetful(), Twisting()])
def test_what_is_stored_is_read_back(use: Any, ring: Ring) -> None:
    """A key ring that says yes and keeps something else is found out."""
    use(made_by(KEY_RINGS[0], ring))
    with pytest.raises(KeyRingError, match="did not keep"):
        SystemKeyRing().set(ACCOUNT, Secret("t-1"))


def test_a_locked_key_ring_does_not_hold_the_program_up(use: Any) -> None:
    """After the limit the agent is told to unlock it."""
    locked = Locked()
    use(made_by(KEY_RINGS[0], locked))
    with pytest.raises(KeyRingError, match="unlock it"):
        SystemKeyRing(seconds=0.01).get(ACCOUNT)
    locked.released.set()


def test_the_words_of_a_failure_are_made_harmless(use: Any) -> None:
    """They come from elsewhere."""
    use(made_by(KEY_RINGS[0], Broken()))
    with pytest.raises(KeyRingError, match="RuntimeError: no bus") as caught:
        SystemKeyRing().get(ACCOUNT)
    assert str(caught.value).isprintable()


def test_this_machine_s_own_key_ring_answers_or_says_why() -> None:
    """Whatever is installed here, no other exception comes out."""
    try:
        found = SystemKeyRing().get("agent-tui test: no such account")
    except KeyRingError as error:
        assert str(error)
    else:
        assert found is None
