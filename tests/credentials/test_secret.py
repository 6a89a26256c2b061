"""A secret shows itself to nobody who does not ask for it by name."""

from __future__ import annotations

import copy
import pickle
import traceback
from dataclasses import asdict, dataclass

import pytest

from agent_tui.credentials.secret import MASK, Secret

HIDDEN = "correct-horse-battery"


@dataclass(frozen=True, slots=True)
class Holder:
    """Something that has a secret among its values."""

    token: Secret


def test_only_reveal_gives_it_away() -> None:
    """repr, str, format and a holder's repr all show the same mask."""
    secret = Secret(HIDDEN)
    assert secret.reveal() == HIDDEN
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>40}", f"{secret!r}", f"{[secret]}"]
    shown += [repr(Holder(secret)), "%s" % secret]  # noqa: UP031 - this way of formatting too
    assert all(HIDDEN not in one and MASK in one for one in shown)


def test_the_mask_does_not_tell_the_length() -> None:
    """A short secret looks like a long one."""
    assert str(Secret("a")) == str(Secret("a" * 1000))


def test_a_traceback_with_all_its_values_shows_nothing() -> None:
    """Crash reports may be sent to others."""
    secret = Secret(HIDDEN)
    try:
        raise ValueError(f"wrong token {secret}")
    except ValueError as error:
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert HIDDEN not in "".join(told.format()).replace(repr(HIDDEN), "")
    assert "Secret(" in "".join(told.format())


def test_it_cannot_be_pickled_copied_or_hashed() -> None:
    """None of the quiet ways out of the process is open."""
    secret = Secret(HIDDEN)
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy, hash):
        with pytest.raises(TypeError) as caught:
            attempt(secret)
        assert HIDDEN not in str(caught.value)
    with pytest.raises(TypeError):
        asdict(Holder(secret))
    assert not hasattr(secret, "__dict__")


def test_equal_means_equal_inside() -> None:
    """Also for what is no ASCII, and never equal to the bare word."""
    assert Secret("ä\ud800") == Secret("ä\ud800")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert Secret("a")
    assert not Secret("")
