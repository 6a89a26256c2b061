"""Setting up a desk and forgetting it: asked, tried, kept; or refused with nothing kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent_tui.cli.login import Surroundings, log_in, log_out
from agent_tui.config import ConfigError, Profile, Target
from agent_tui.config.edit import store_profile
from agent_tui.config.file import read_config
from agent_tui.credentials import Ask, CredentialError
from agent_tui.credentials.key_ring import KeyRingError
from agent_tui.credentials.secret import Secret

URL = "wss://desk.example"
TOKEN = "correct-horse"


@dataclass
class Ring:
    """A key ring in memory; `trouble` makes every call fail."""

    trouble: str = ""
    kept: dict[str, Secret] = field(default_factory=dict)

    def get(self, account: str) -> Secret | None:
        self._check()
        return self.kept.get(account)

    def set(self, account: str, token: Secret) -> None:
        self._check()
        self.kept[account] = token

    def delete(self, account: str) -> None:
        self._check()
        self.kept.pop(account, None)

    def _check(self) -> None:
        if self.trouble:
            raise KeyRingError(self.trouble)


@dataclass
class World:
    """What a login touches, and what was said and tried."""

    path: Path
    ring: Ring = field(default_factory=Ring)
    environ: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    tried: list[Target] = field(default_factory=list)
    failure: Exception | None = None
    agent_typed: str | None = "ana\n"
    token_typed: str | None = TOKEN

    def surroundings(self) -> Surroundings:
        return Surroundings(
            path=self.path,
            environ=self.environ,
            key_ring=self.ring,
            ask=_answers(self.token_typed),
            ask_agent=_answers(self.agent_typed),
            say=self.said.append,
        )

    def log_in(self, url: str = URL, agent: str | None = None, name: str | None = None) -> None:
        log_in(url, agent, name, self.surroundings(), self.probe)

    def probe(self, target: Target) -> None:
        self.tried.append(target)
        if self.failure is not None:
            raise self.failure


def _answers(word: str | None) -> Ask | None:
    return None if word is None else lambda _question: word


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Nothing is set up yet."""
    return World(tmp_path / "agent-tui" / "config.toml")


def test_a_desk_is_set_up(world: World) -> None:
    """Asked for what is missing, tried with it, profile and token kept where they belong."""
    world.log_in()
    assert world.tried == [Target(URL, Secret(TOKEN), "ana", "profile default")]
    raw = read_config(world.path)
    assert raw.profiles == {"default": Profile("default", URL, "ana")}
    assert raw.default == "default"
    assert world.ring.kept == {f"ana {URL}": Secret(TOKEN)}
    assert TOKEN not in world.path.read_text()
    assert TOKEN not in "".join(world.said)


def test_a_script_can_set_up_a_desk(world: World) -> None:
    """With --as and the variable nobody is asked, and the variable is gone."""
    world.environ["AGENT_TUI_TOKEN"] = "from-script"
    world.agent_typed = world.token_typed = None
    world.log_in(agent="ben", name="shop")
    assert world.ring.kept == {f"ben {URL}": Secret("from-script")}
    assert read_config(world.path).default == "shop"
    assert world.environ == {}


def test_what_does_not_connect_is_not_kept(world: World) -> None:
    """Neither file, folder nor token."""
    world.failure = RuntimeError("refused")
    with pytest.raises(RuntimeError):
        world.log_in()
    assert not world.path.parent.exists()
    assert world.ring.kept == {}


def test_without_a_key_ring_the_desk_is_set_up_all_the_same(world: World) -> None:
    """The ways to give the token are named, and it is kept nowhere else."""
    world.ring.trouble = "none is running"
    world.log_in()
    assert read_config(world.path).default == "default"
    told = " ".join(world.said)
    for word in ("none is running", "AGENT_TUI_TOKEN", "token_command", "[profile.default]"):
        assert word in told
    assert TOKEN not in world.path.read_text()


@pytest.mark.parametrize(("agent", "token"), [(None, TOKEN), ("", TOKEN), ("ana", None)])
def test_nobody_to_ask_is_a_fault(world: World, agent: str | None, token: str | None) -> None:
    """Or nothing typed."""
    world.agent_typed, world.token_typed = agent, token
    with pytest.raises((ConfigError, CredentialError)):
        world.log_in()
    assert world.tried == []


def test_the_same_desk_again_keeps_its_name_agent_and_token_command(world: World) -> None:
    """A new login mends what is there instead of adding to it."""
    shop = Profile("shop", URL, "ana", ("echo", "from-command"))
    store_profile(world.path, shop)
    world.log_in()
    assert read_config(world.path).profiles == {"shop": shop}
    assert world.tried[0].token == Secret("from-command")
    assert world.ring.kept == {}


def test_another_desk_never_takes_the_place_of_one(world: World) -> None:
    """It needs a name of its own, and becomes the default."""
    world.log_in()
    with pytest.raises(ConfigError, match="--profile"):
        world.log_in("wss://other.example")
    world.log_in("wss://other.example", name="other")
    raw = read_config(world.path)
    assert sorted(raw.profiles) == ["default", "other"]
    assert raw.default == "other"


def test_a_desk_is_forgotten(world: World) -> None:
    """Its profile and its token go, those of others stay."""
    world.log_in()
    world.log_in("wss://other.example", name="other")
    log_out(None, world.surroundings())
    assert sorted(read_config(world.path).profiles) == ["default"]
    assert world.ring.kept == {f"ana {URL}": Secret(TOKEN)}
    log_out("default", world.surroundings())
    assert (dict(read_config(world.path).profiles), world.ring.kept) == ({}, {})


def test_nothing_to_forget_is_a_fault(world: World) -> None:
    """And makes no file."""
    with pytest.raises(ConfigError, match="no desk is set up"):
        log_out(None, world.surroundings())
    assert not world.path.exists()


def test_a_key_ring_that_cannot_forget_is_told_of(world: World) -> None:
    """The token may still be there."""
    store_profile(world.path, Profile("shop", URL, "ana"))
    world.ring.trouble = "it is locked"
    log_out("shop", world.surroundings())
    assert "it is locked" in " ".join(world.said)
    assert dict(read_config(world.path).profiles) == {}
