"""The file of settings: what it may say, what is made of it, and how it is changed."""

from __future__ import annotations

import stat
import tempfile
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.config import (
    AGENT_ID,
    PROFILE_NAME,
    ConfigError,
    Profile,
    RawConfig,
    Settings,
    check_agent,
    check_url,
    choose_profile,
    machine_zone,
    resolve,
)
from agent_tui.config.edit import remove_profile, store_profile
from agent_tui.config.file import MAX_BYTES, config_path, parse_config, read_config

HERE = Path("/home/ana/.config/agent-tui/config.toml")

FULL = """
default = "shop"

[settings]
theme = "light"
language = "de"
send_key = "ctrl+enter"
replies = ["more", "/srv/replies"]
time_zone = "Europe/Vienna"
opens = "08:30"
closes = 17:00:00
country = "AT"
region = "9"
company = "Nordlicht Versand"

[profile.shop]
url = "wss://desk.example/agent/"
agent = "ana"
token_command = ["pass", "show", "desk"]

[profile.test]
url = "ws://127.0.0.1:8765"
agent = "ben"
token_file = "token"
"""


def parse(text: str) -> RawConfig:
    return parse_config(HERE, text)


def settled(text: str = "", **asked: str) -> Settings:
    return resolve(parse(text), {}, lambda: ZoneInfo("UTC"), **asked)


# ── what the file says ──────────────────────────────────────────────────────────


def test_a_full_file_is_read() -> None:
    """Every key arrives, paths begin at the file, addresses have one spelling."""
    raw = parse(FULL)
    assert raw.settings.replies == (HERE.parent / "more", Path("/srv/replies"))
    assert (raw.settings.opens, raw.settings.closes) == (time(8, 30), time(17))
    assert raw.profiles["shop"] == Profile(
        "shop", "wss://desk.example/agent", "ana", ("pass", "show", "desk")
    )
    assert raw.profiles["test"].token_file == HERE.parent / "token"
    assert raw.default == "shop"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[settings]\nthem = "dark"', 2, ("settings.them", "'theme'")),
        ('[setings]\ntheme = "dark"', 1, ("setings", "'settings'")),
        ("[settings]\nxyz = 1", 2, ("settings.xyz", "theme, language")),
        ('[settings]\n\ntheme = "blue"', 3, ("settings.theme", "auto, dark, light")),
        ("[settings]\ntheme = 1", 2, ("settings.theme",)),
        ('[settings]\nlanguage = "fr"', 2, ("auto, en, de",)),
        ('[settings]\nsend_key = "f1"', 2, ("ctrl+s",)),
        ('[settings]\nreplies = "one"', 2, ("settings.replies", "list")),
        ("[settings]\nreplies = [1]", 2, ("settings.replies", "list")),
        ('[settings]\nreplies = ["~nobody-of-that-name/x"]', 2, ("home folder",)),
        ('[settings]\ntime_zone = "Mars/Base"', 2, ("settings.time_zone", "Europe/Berlin")),
        ('[settings]\ntime_zone = "../../etc/passwd"', 2, ("settings.time_zone",)),
        ('[settings]\nopens = "25:00"', 2, ("settings.opens", "09:00")),
        ("[settings]\ncompany = 7", 2, ("settings.company",)),
        ("settings = 1", 1, ("settings", "table")),
        ('default = "x"', 1, ("default", "profile")),
        ("[profile.a]\n", 1, ("profile.a", "url")),
        ('[profile.a]\nurl = "wss://x"\n', 1, ("profile.a", "agent")),
        ('[profile.a]\nurl = "https://x"\nagent = "a"', 2, ("profile.a.url", "wss://")),
        ('[profile.a]\nurl = "wss://x"\nagent = "a b"', 3, ("profile.a.agent",)),
        ('[profile.a]\nurl = "wss://x"\nagent = "a"\ntoken = "t"', 4, ("profile.a.token",)),
        ('[profile.a]\nurl = "wss://x"\nagent = "a"\ntoken_command = []', 4, ("program",)),
        ('[profile.a]\nurl = "wss://x"\nagent = "a"\ntoken_command = "pass"', 4, ("list",)),
        ('[profile."a b"]\nurl = "wss://x"\nagent = "a"', 1, ("profile.a b", "letters")),
        ('profile.a.url = "wss://x"\nprofile.a.agent = 1', 2, ("profile.a.agent",)),
    ],
)
def test_a_fault_names_the_line_the_key_and_the_way_out(
    text: str, line: int, words: tuple[str, ...]
) -> None:
    """One line of words, with what to look for."""
    with pytest.raises(ConfigError) as caught:
        parse(text)
    said = str(caught.value)
    assert said.startswith(f"{HERE}, line {line}: ")
    assert "\n" not in said
    assert all(word in said for word in words), said


def test_a_token_in_the_file_is_never_repeated() -> None:
    """A fault beside a token does not show it."""
    with pytest.raises(ConfigError) as caught:
        parse('[profile.a]\nurl = "wss://ana:geheim@x"\nagent = "a"\ntoken = "geheim"')
    assert "geheim" not in str(caught.value)


def test_broken_toml_names_the_place() -> None:
    """TOML's own words, with line and column."""
    with pytest.raises(ConfigError, match=r"not valid TOML: .*line 2"):
        parse("[settings]\ntheme = \n")


def test_toml_that_is_nested_too_deep_is_no_crash() -> None:
    """A file made to overflow the parser is a damaged file."""
    with pytest.raises(ConfigError, match="not valid TOML"):
        parse("x = " + "[" * 100_000)


@given(st.text(max_size=200))
def test_any_text_is_settings_or_a_fault_in_one_place(text: str) -> None:
    """No text whatever raises anything else."""
    try:
        assert isinstance(parse(text), RawConfig)
    except ConfigError as error:
        assert str(HERE) in str(error)


def test_a_file_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    """Looking for it makes neither file nor folder."""
    place = tmp_path / "none" / "config.toml"
    raw = read_config(place)
    assert not raw.exists
    assert raw == RawConfig(place)
    assert not place.parent.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"a = 1\n\xff", "line 2: .*UTF-8"), (b"#" * (MAX_BYTES + 1), "too large")],
    ids=["no text", "huge"],
)
def test_a_file_that_cannot_be_settings_is_a_fault(
    tmp_path: Path, content: bytes, words: str
) -> None:
    """Bytes that are no text, and a file of another kind."""
    place = tmp_path / "config.toml"
    place.write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        read_config(place)


def test_a_folder_in_place_of_the_file_is_a_fault(tmp_path: Path) -> None:
    """The system's reason is told."""
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(tmp_path)


def test_the_variable_moves_the_file(tmp_path: Path) -> None:
    """AGENT_TUI_CONFIG outranks the user's folder; empty means not set."""
    assert config_path({"AGENT_TUI_CONFIG": str(tmp_path / "x")}) == tmp_path / "x"
    assert config_path({"AGENT_TUI_CONFIG": ""}).name == "config.toml"


# ── what is made of it ──────────────────────────────────────────────────────────


def test_an_empty_file_gives_the_usual_settings() -> None:
    """Nothing needs to be set up."""
    usual = settled()
    assert (usual.theme, usual.language, usual.send_key) == ("auto", "en", "ctrl+s")
    assert (usual.hours.opens, usual.hours.closes) == (time(9), time(18))
    assert (usual.replies, usual.company, usual.zone) == ((), "", ZoneInfo("UTC"))


def test_a_full_file_settles_everything() -> None:
    """No default shows through."""
    full = settled(FULL)
    assert (full.theme, full.language, full.send_key) == ("light", "de", "ctrl+enter")
    assert full.zone == ZoneInfo("Europe/Vienna")
    assert (full.hours.opens, full.hours.closes) == (time(8, 30), time(17))
    assert (full.hours.country, full.hours.region) == ("AT", "9")
    assert full.company == "Nordlicht Versand"


def test_the_command_line_outranks_the_file() -> None:
    """--theme and --lang win."""
    asked = settled(FULL, theme="dark", language="en")
    assert (asked.theme, asked.language) == ("dark", "en")


def test_auto_asks_the_surroundings_for_the_language() -> None:
    """LANG decides where the file says auto or nothing."""
    for text in ("", '[settings]\nlanguage = "auto"'):
        assert resolve(parse(text), {"LANG": "de_DE"}, machine_zone).language == "de"


def test_the_machine_is_not_asked_for_a_zone_that_is_given() -> None:
    """Asking it costs time."""

    def never() -> ZoneInfo:
        raise AssertionError

    assert resolve(parse(FULL), {}, never).zone == ZoneInfo("Europe/Vienna")


def test_a_desk_that_closes_before_it_opens_is_a_fault() -> None:
    """Both times are told."""
    with pytest.raises(ConfigError, match=r"opens at 19:00 but closes at 18:00"):
        settled('[settings]\nopens = "19:00"')


def test_the_machine_has_a_zone() -> None:
    """Whatever this machine says, a zone comes out."""
    assert isinstance(machine_zone(), ZoneInfo)


# ── which desk ──────────────────────────────────────────────────────────────────

TWO = FULL.replace('default = "shop"\n', "")


def test_the_default_profile_is_chosen() -> None:
    """A name outranks the default, and no profile at all is no fault."""
    chosen, named = choose_profile(parse(FULL), None), choose_profile(parse(FULL), "test")
    assert (chosen and chosen.name, named and named.name) == ("shop", "test")
    assert choose_profile(parse(""), None) is None


def test_the_only_profile_needs_no_default() -> None:
    """Who has one desk need not say which."""
    only = choose_profile(parse('[profile.a]\nurl = "wss://x"\nagent = "a"'), None)
    assert only is not None
    assert only.name == "a"


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [(TWO, None, "shop, test"), (FULL, "shpo", "shop, test"), ("", "shop", "agent-tui login")],
)
def test_a_desk_that_is_not_clear_is_a_fault(text: str, name: str | None, words: str) -> None:
    """The names there are, or how to make one."""
    with pytest.raises(ConfigError, match=words):
        choose_profile(parse(text), name)


@pytest.mark.parametrize(
    ("url", "spelling"),
    [
        ("wss://desk.example", "wss://desk.example"),
        ("WSS://Desk.Example:443/a/", "wss://desk.example:443/a"),
        ("ws://localhost:1", "ws://localhost:1"),
        ("ws://127.0.0.1:8765/", "ws://127.0.0.1:8765"),
        ("ws://127.9.9.9", "ws://127.9.9.9"),
        ("ws://[::1]:8765", "ws://[::1]:8765"),
        ("wss://10.0.0.1", "wss://10.0.0.1"),
    ],
)
def test_an_address_has_one_spelling(url: str, spelling: str) -> None:
    """The key ring finds the token again however the address was typed."""
    assert check_url(url) == spelling
    assert check_url(spelling) == spelling


@pytest.mark.parametrize(
    "url",
    [
        *("", "desk.example", "http://desk.example", "https://desk.example", "ws://", "wss:///x"),
        *("ws://desk.example", "ws://192.168.0.1", "ws://localhost.evil.example", "wss://:80"),
        *("wss://a:b@desk.example", "wss://a@desk.example", "wss://x/?token=t", "wss://x/#t"),
        *("wss://x:0", "wss://x:99999", "wss://x:y", "wss://[::1", "wss://x y", "wss://x\n"),
        *("wss://dësk.example", "wss://x\\y", "wss://-x", "wss://" + "a" * 2000, "ws://127.1"),
        *("wss://x?", "wss://x#", "ws://0x7f000001", "wss://\x1b]52;c;x\x07"),
    ],
)
def test_what_is_no_safe_address_is_refused(url: str) -> None:
    """Not encrypted to elsewhere, no host, or something in it that could be a token."""
    with pytest.raises(ConfigError) as caught:
        check_url(url)
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


@given(st.text(max_size=60), st.sampled_from(["", "ws://", "wss://", "wss://x"]))
def test_any_address_is_kept_or_refused(tail: str, head: str) -> None:
    """What is kept is stable, and holds neither user nor query."""
    try:
        kept = check_url(head + tail)
    except ConfigError:
        return
    assert check_url(kept) == kept
    assert not set(kept) & set("@?# \\")


def test_an_agent_is_an_id() -> None:
    """Names with spaces belong to people, not to ids."""
    assert check_agent("ana.weber-2") == "ana.weber-2"
    for wrong in ("", "Ana Weber", "a" * 65, "ana\n", "änne"):
        with pytest.raises(ConfigError, match="such as ana"):
            check_agent(wrong)


# ── the one writer ──────────────────────────────────────────────────────────────

SHOP = Profile("shop", "wss://desk.example", "ana")


def test_the_writer_makes_private_folder_and_file(tmp_path: Path) -> None:
    """0700 and 0600, and what was written is what is read."""
    place = tmp_path / "agent-tui" / "config.toml"
    stored = store_profile(place, SHOP)
    assert read_config(place) == stored
    assert (stored.default, stored.profiles["shop"]) == ("shop", SHOP)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert [one.name for one in place.parent.iterdir()] == ["config.toml"]


def test_the_writer_leaves_everything_else_as_it_was(tmp_path: Path) -> None:
    """Comments, order and other profiles stay; the profile of that name is replaced."""
    place = tmp_path / "config.toml"
    place.write_text("# mine\n" + FULL + '\n# the end\n[profile.z]\nurl="wss://z"\nagent="z"\n')
    store_profile(place, Profile("test", "wss://other.example", "cem"))
    text = place.read_text()
    assert all(kept in text for kept in ("# mine\n", "# the end\n", 'company = "Nordlicht'))
    raw = read_config(place)
    assert raw.profiles["test"] == Profile("test", "wss://other.example", "cem")
    assert raw.profiles["shop"] == parse_config(place, FULL).profiles["shop"]
    assert (list(raw.profiles), raw.default) == (["shop", "z", "test"], "test")


def test_a_profile_can_be_taken_out(tmp_path: Path) -> None:
    """The default goes with the profile it names, and only then."""
    place = tmp_path / "config.toml"
    place.write_text(FULL)
    assert remove_profile(place, "test").default == "shop"
    left = remove_profile(place, "shop")
    assert (dict(left.profiles), left.default) == ({}, None)
    assert read_config(place).settings == parse_config(place, FULL).settings


@pytest.mark.parametrize(
    "text",
    [
        'profile = {shop = {url = "wss://x", agent = "a"}}',
        '[profile]\nshop.url = "wss://x"\nshop.agent = "a"\n',
        '[settings]\ncompany = """\n[profile.shop]\ndefault = 1\n"""\n[profile.shop]\nurl="wss://x"'
        '\nagent="a"',
    ],
    ids=["inline", "dotted", "in a text"],
)
def test_what_the_writer_cannot_change_it_leaves_alone(tmp_path: Path, text: str) -> None:
    """Nothing is lost to a guess: the file is as it was, and the agent is told."""
    place = tmp_path / "config.toml"
    place.write_text(text)
    read_config(place)
    with pytest.raises(ConfigError, match="by hand"):
        store_profile(place, SHOP)
    assert place.read_text() == text


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    """Settings are often kept elsewhere and linked to."""
    real, link = tmp_path / "real.toml", tmp_path / "config.toml"
    real.write_text("")
    link.symlink_to(real)
    store_profile(link, SHOP)
    assert link.is_symlink()
    assert "desk.example" in real.read_text()


def test_a_file_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    """The system's reason is told."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be"):
        store_profile(tmp_path / "file" / "config.toml", SHOP)


@given(
    st.lists(
        st.builds(
            Profile,
            st.from_regex(PROFILE_NAME, fullmatch=True),
            st.just("wss://desk.example"),
            st.from_regex(AGENT_ID, fullmatch=True),
            st.lists(st.text(st.characters(codec="utf-8"), min_size=1), max_size=3).map(tuple),
        ),
        max_size=4,
    )
)
def test_profiles_that_are_stored_are_read_again(profiles: list[Profile]) -> None:
    """Whatever a command's words are, quotes and controls too."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "config.toml"
        for profile in profiles:
            store_profile(place, profile)
        assert dict(read_config(place).profiles) == {one.name: one for one in profiles}


def test_a_ca_file_begins_at_the_settings_and_is_kept(tmp_path: Path) -> None:
    """Whose certificates count is said per desk, and setting up another one leaves it there."""
    place = tmp_path / "config.toml"
    place.write_text(
        '[profile.shop]\nurl = "wss://desk.example"\nagent = "ana"\nca_file = "company.pem"\n'
    )
    shop = read_config(place).profiles["shop"]
    assert shop.ca_file == tmp_path / "company.pem"
    store_profile(place, shop)
    assert read_config(place).profiles["shop"] == shop
