"""Which proxy is used, and how it is shown."""

from __future__ import annotations

import pytest

from agent_tui.backends.desk.proxies import VARIABLES, Proxy, proxy_for

DESK = "wss://desk.example.com"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy is named."""
    for kind in (*VARIABLES, "no", "http"):
        monkeypatch.delenv(f"{kind}_proxy", raising=False)
        monkeypatch.delenv(f"{kind}_PROXY".upper(), raising=False)


def test_without_one_it_goes_straight_there() -> None:
    """And so it does to what is no address at all."""
    assert proxy_for(DESK) is None
    assert proxy_for("wss://[::1") is None


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "WSS_PROXY", "ALL_PROXY"])
def test_the_surroundings_name_one(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the spellings that other programs read."""
    monkeypatch.setenv(variable, "http://proxy.example:3128")
    assert proxy_for(DESK) == Proxy("http://proxy.example:3128")


def test_a_bare_host_is_an_http_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example:3128")
    assert proxy_for(DESK) == Proxy("http://proxy.example:3128")


@pytest.mark.parametrize("url", ["ws://127.0.0.1:1", "ws://localhost:1", "wss://[::1]:1"])
def test_this_machine_needs_none(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where somebody names one for everything."""
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    assert proxy_for(url) is None


@pytest.mark.parametrize(
    ("listed", "straight"),
    [
        ("desk.example.com", True), (".example.com", True), ("example.com", True), ("*", True),
        ("desk.example.com:443", True), ("other.com", False), ("sk.example.com", False),
    ],
)  # fmt: skip
def test_hosts_may_be_left_out(
    listed: str, straight: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By name or by domain, never by a part of a name."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    monkeypatch.setenv("NO_PROXY", listed)
    assert (proxy_for(DESK) is None) is straight


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://ana:hunter2@proxy.example:3128/x", "http://proxy.example:3128"),
        ("socks5h://hunter2@proxy.example", "socks5h://proxy.example"),
        ("http://hunter2@[::1", "?"),
        ("http://proxy.example:hunter2", "?"),
    ],
)
def test_what_it_takes_to_get_in_is_never_shown(url: str, shown: str) -> None:
    """Neither in words nor by accident."""
    assert Proxy(url).shown == shown
    assert "hunter2" not in repr(Proxy(url))
