"""Setting up a desk, and forgetting one: profile in the settings, token in the key ring."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path

from agent_tui.config import ConfigError, Profile, RawConfig, Target, check_agent, choose_profile
from agent_tui.config.edit import remove_profile, store_profile
from agent_tui.config.file import read_config
from agent_tui.credentials import Account, Ask, find_token
from agent_tui.credentials.key_ring import KeyRing, KeyRingError
from agent_tui.credentials.secret import Secret
from agent_tui.i18n import _

USUAL_NAME = "default"
"""What the first desk is called that is set up without a name."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What logging in and out touch."""

    path: Path
    """The file of settings."""
    environ: MutableMapping[str, str]
    key_ring: KeyRing
    ask: Ask | None
    """Asks for a token unseen; None where nobody can be asked."""
    ask_agent: Ask | None
    """Asks for a word."""
    say: Callable[[str], None]
    """Tells the agent one line."""


def log_in(  # noqa: PLR0913 - what the command line says, and what it touches
    url: str,
    agent: str | None,
    name: str | None,
    around: Surroundings,
    probe: Callable[[Target], None],
    *,
    ca_file: Path | None = None,
) -> None:
    """Ask for what is missing, try the connection with `probe`, and keep what worked.

    Raises:
        ConfigError, CredentialError: if something is missing or cannot be kept.
        Exception: what `probe` raises; nothing was kept then.
    """
    raw = read_config(around.path)
    name, known = _place_for(raw, url, name)
    agent = agent or (known.agent if known else None) or _asked_agent(around)
    profile = Profile(
        name,
        url,
        agent,
        known.token_command if known else (),
        known.token_file if known else None,
        ca_file or (known.ca_file if known else None),
    )
    found = find_token(account_of(profile), around.environ, _Empty(), around.ask)
    probe(Target(url, found.token, agent, f"profile {name}", profile.ca_file))
    store_profile(around.path, profile)
    around.say(
        _("{agent} at {url} is set up, as profile {name} in {file}").format(
            agent=agent, url=url, name=name, file=around.path
        )
    )
    if profile.token_command or profile.token_file:
        around.say(_("its token comes from the settings, as before"))
        return
    try:
        around.key_ring.set(account_of(profile).key, found.token)
    except KeyRingError as error:
        around.say(_("the token was not kept: {why}").format(why=error))
        around.say(
            _(
                "each start will ask for it; or set AGENT_TUI_TOKEN, or name a token_command or"
                " token_file under [profile.{name}]"
            ).format(name=name)
        )
    else:
        around.say(_("the token is in the key ring; agent-tui opens the console"))


def log_out(name: str | None, around: Surroundings) -> None:
    """Forget the profile `name` (None: the one the console opens on) and its token.

    Raises:
        ConfigError: if there is none, or the file cannot be changed.
    """
    profile = choose_profile(read_config(around.path), name)
    if profile is None:
        raise ConfigError(_("no desk is set up: there is nothing to forget"))
    try:
        around.key_ring.delete(account_of(profile).key)
    except KeyRingError as error:
        around.say(_("the key ring was not asked to forget the token: {why}").format(why=error))
    remove_profile(around.path, profile.name)
    around.say(
        _("{agent} at {url} is forgotten, profile {name} is gone from {file}").format(
            agent=profile.agent, url=profile.url, name=profile.name, file=around.path
        )
    )


def account_of(profile: Profile, agent: str | None = None) -> Account:
    """Whose token the desk of `profile` wants; `agent` sits there instead of the usual one."""
    return Account(profile.url, agent or profile.agent, profile.token_command, profile.token_file)


def _place_for(raw: RawConfig, url: str, name: str | None) -> tuple[str, Profile | None]:
    """The name to keep this desk under, and what is known of it already."""
    if name is None:
        same = next((profile for profile in raw.profiles.values() if profile.url == url), None)
        if same is not None:
            return same.name, same
        name = USUAL_NAME
        if name in raw.profiles:
            raise ConfigError(
                _("profile {name} is {url} already: name this desk by --profile NAME").format(
                    name=name, url=raw.profiles[name].url
                )
            )
    known = raw.profiles.get(name)
    return name, known if known is not None and known.url == url else None


def _asked_agent(around: Surroundings) -> str:
    if around.ask_agent is None:
        raise ConfigError(_("who are you at that desk? Say it by --as AGENT"))
    return check_agent(around.ask_agent(_("Who are you at that desk (such as ana)?")).strip())


class _Empty:
    """A key ring with nothing in it: who logs in means a new token."""

    def get(self, account: str) -> Secret | None:  # noqa: ARG002 - the same for all
        return None

    def set(self, account: str, token: Secret) -> None: ...

    def delete(self, account: str) -> None: ...
