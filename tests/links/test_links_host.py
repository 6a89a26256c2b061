"""Where a link leads: the host in ASCII, what is odd about it, and what is refused."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.i18n import use_language
from agent_tui.links.host import LONGEST, Doubt, NotOpened, examine

D = Doubt


@pytest.fixture(autouse=True)
def english() -> None:
    use_language("en")


@pytest.mark.parametrize(
    ("link", "address", "doubts"),
    [
        ("https://example.com", "https://example.com/", []),
        ("HTTPS://Example.COM:443/A?b#c", "https://example.com/A?b#c", []),
        ("https://example.com./x", "https://example.com./x", []),
        ("https://a_b.example.com/", "https://a_b.example.com/", []),
        ("https://аррӏе.com/", "https://xn--80ak6aa92e.com/", [D.FOREIGN, D.ALIKE]),
        ("https://xn--80ak6aa92e.com", "https://xn--80ak6aa92e.com/", [D.FOREIGN, D.ALIKE]),
        ("https://раураl.com", "https://xn--l-7sba6dbr.com/", [D.FOREIGN, D.MIXED, D.ALIKE]),
        ("https://bücher.example/ß?q=ä", "https://xn--bcher-kva.example/%C3%9F?q=%C3%A4",
         [D.FOREIGN]),
        ("https://пример.рф", "https://xn--e1afmkfd.xn--p1ai/", [D.FOREIGN]),
        ("https://例え.テスト/", "https://xn--r8jz45g.xn--zckzah/", [D.FOREIGN]),
        ("https://example。com", "https://example.com/", [D.FOREIGN]),
        ("https://ｅxample.com", "https://example.com/", [D.FOREIGN]),
        ("https://bank.example@evil.example/", "https://evil.example/", [D.USERINFO]),
        ("https://bank.example:443@evil.example", "https://evil.example/", [D.USERINFO]),
        ("https://a@b@evil.example", "https://evil.example/", [D.USERINFO]),
        ("https://bank.example/@evil", "https://bank.example/@evil", []),
        ("http://example.com/", "http://example.com/", [D.PLAIN]),
        ("https://example.com:8443/", "https://example.com:8443/", [D.PORT]),
        ("https://example.com:/", "https://example.com/", []),
        ("https://1.1.1.1/", "https://1.1.1.1/", [D.ADDRESS]),
        ("https://10.0.0.1/", "https://10.0.0.1/", [D.PRIVATE, D.ADDRESS]),
        ("https://169.254.169.254/", "https://169.254.169.254/", [D.PRIVATE, D.ADDRESS]),
        ("https://127.0.0.1/", "https://127.0.0.1/", [D.THIS_MACHINE, D.ADDRESS]),
        ("https://0x7f000001/", "https://127.0.0.1/", [D.FOREIGN, D.THIS_MACHINE, D.ADDRESS]),
        ("https://2130706433/", "https://127.0.0.1/", [D.FOREIGN, D.THIS_MACHINE, D.ADDRESS]),
        ("https://0177.1/", "https://127.0.0.1/", [D.FOREIGN, D.THIS_MACHINE, D.ADDRESS]),
        ("https://[::1]/", "https://[::1]/", [D.THIS_MACHINE, D.ADDRESS]),
        ("https://[::ffff:10.0.0.1]/", "https://[::ffff:a00:1]/",
         [D.FOREIGN, D.PRIVATE, D.ADDRESS]),
        ("https://localhost/", "https://localhost/", [D.THIS_MACHINE]),
        ("https://x.localhost./", "https://x.localhost./", [D.THIS_MACHINE]),
        ("https://intranet/", "https://intranet/", [D.PRIVATE]),
        ("https://nas.local/", "https://nas.local/", [D.PRIVATE]),
        ("https://x.example/" + "a" * 400, "https://x.example/" + "a" * 400, [D.LONG]),
        ("https://x.example/a\\b", "https://x.example/a%5Cb", []),
        ("mailto:A.b+c@Example.com", "mailto:A.b+c@example.com", []),
        ("mailto:a@b.example?subject=Hi%20you&BODY=x", "mailto:a@b.example?subject=Hi%20you&body=x",
         []),
        ("mailto:a@b.example?attach=/etc/passwd&bcc=c@d.example", "mailto:a@b.example",
         [D.LEFT_OUT]),
        ("tel:+49-(89)-12.34", "tel:+49891234", []),
        ("tel:+4989;ext=5", "tel:+4989", [D.LEFT_OUT]),
    ],
)  # fmt: skip
def test_what_is_opened_and_what_is_said_first(
    link: str, address: str, doubts: list[Doubt]
) -> None:
    target = examine(link)
    assert target.address == address
    assert list(target.doubts) == doubts


@pytest.mark.parametrize(
    "link",
    [
        "https://example.com%40evil.example/", r"https://example.com\@evil.example/", "https://",
        "https:///evil.example", "https://a..b/", "https://.example/", "https://-x.example/",
        "https://x-.example/", "https://x.example:0/", "https://x.example:99999/",
        "https://x.example:8o/", "https://x.example:٤/", "https://[::1", "https://[::1]x/",
        "https://[fe80::1%25eth0]/", "https://1.2.3.4.5/", "https://999.1.1.1/",
        "https://☃.example/", "https://xn--a.com/", "https://a b.example/", "https://a.example/\n",
        "https://a.example/\x1b", "https://" + "a" * 64 + ".example", "https://" + "a." * 127 + "a",
        "https://x.example/" + "a" * LONGEST, "https://x.example/" + "ä" * 700, "https:x.example",
        "file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "ssh://-oProxyCommand=x",
        "--help", "", "www.example.com", "ftp://x.example/", "mailto:", "mailto:a",
        "mailto:a@b.example,c@d.example", "mailto:-x@b.example", "mailto:a%0Ab@c.example",
        "mailto:a@b.example%3Fattach=x", "tel:*%2306%23", "tel:*#06#", "tel:", "tel:1", "tel:abc",
        "tel:" + "1" * 21,
    ],
)  # fmt: skip
def test_what_is_refused(link: str) -> None:
    """Each with words for the agent."""
    with pytest.raises(NotOpened) as refused:
        examine(link)
    assert str(refused.value).endswith(".")


def test_the_words_show_both_spellings() -> None:
    assert examine("https://аррӏе.com/").doubts == {
        D.FOREIGN: "аррӏе.com = xn--80ak6aa92e.com",
        D.ALIKE: "It looks like apple.com and is not.",
    }
    assert examine("https://xn--80ak6aa92e.com/").doubts[D.FOREIGN].startswith("аррӏе.com = ")
    assert "“bank.example”" in examine("https://bank.example@x.example/").doubts[D.USERINFO]


def test_german_and_polish_names_are_no_look_alikes() -> None:
    for host in ("müller.de", "łódź.pl", "straße.de", "café.fr"):
        assert D.MIXED not in examine(f"https://{host}/").doubts
    assert D.ALIKE not in examine("https://müller.de/").doubts


def test_what_an_ascii_form_hides_is_shown_harmless() -> None:
    """A name may decode to letters that draw over others: the words pass the sanitiser."""
    words = examine("https://xn--nrdlicht-versand-oxj.example/").doubts[D.FOREIGN]
    assert words.isprintable()


PIECES = [*"ab.:/@%\\[]?#&=0x7f-ä。аxn\u0338", "xn--", "a.example"]


@given(st.lists(st.sampled_from(PIECES)).map("".join), st.sampled_from(["https://", "mailto:a@"]))
def test_whatever_is_opened_is_plain_ascii_and_parses_to_the_shown_host(
    rest: str, scheme: str
) -> None:
    """What is shown is what another program will read out of it."""
    try:
        target = examine(scheme + rest)
    except NotOpened:
        return
    assert re.fullmatch(r"[!-~]+", target.address)
    assert len(target.address) <= LONGEST
    if target.address.startswith("http"):
        parts = urlsplit(target.address)
        assert parts.hostname == target.host.strip("[]")
        assert parts.username is None
    assert all(words.isprintable() for words in target.doubts.values())
    again = examine(target.address)
    assert (again.address, again.host) == (target.address, target.host)
