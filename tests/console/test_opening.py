"""What there is to open in a conversation, and what the agent is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from builders import NOW, message, safe

from agent_tui.console import about
from agent_tui.console.things import MOST, File, Link, choice_of, finding, said_by, things_in
from agent_tui.files.fetching import Progress, Saved
from agent_tui.files.kinds import judge
from agent_tui.i18n import use_language
from agent_tui.links.host import NotOpened, examine
from agent_tui.model import Attachment, AttachmentId, Message, MessageKind
from agent_tui.widgets.confirm import Confirmation, Tone

BERLIN = ZoneInfo("Europe/Berlin")
PHOTO = Attachment("image", safe("parcel.jpg"), 240_000, AttachmentId("m-1.1"))


@pytest.fixture(autouse=True)
def english() -> None:
    use_language("en")


def said(seq: int, text: str, *attachments: Attachment) -> Message:
    return replace(message(seq, text=text), attachments=attachments)


def names(messages: list[Message]) -> list[str]:
    return [
        thing.text if isinstance(thing, Link) else thing.attachment.name
        for thing in things_in(messages)
    ]


def test_the_newest_message_first_and_inside_it_as_one_reads() -> None:
    thread = [
        said(1, "https://old.example/"),
        said(2, "https://b.example/ or https://a.example/", PHOTO),
        said(3, "nothing"),
    ]
    assert names(thread) == [
        "parcel.jpg", "https://b.example/", "https://a.example/", "https://old.example/",
    ]  # fmt: skip


def test_a_link_that_comes_again_is_there_once_a_file_each_time() -> None:
    thread = [said(number, "https://a.example/", PHOTO) for number in (1, 2)]
    assert names(thread) == ["parcel.jpg", "https://a.example/", "parcel.jpg"]


def test_notes_have_links_too_and_what_the_desk_does_has_none() -> None:
    note = replace(said(1, "https://a.example/"), kind=MessageKind.NOTE)
    activity = replace(said(2, "https://b.example/"), kind=MessageKind.ACTIVITY)
    assert names([note, activity]) == ["https://a.example/"]


def test_there_are_at_most_so_many() -> None:
    thread = [said(n, f"https://x.example/{n}") for n in range(MOST + 5)]
    assert len(things_in(thread)) == MOST
    assert names(thread)[0] == f"https://x.example/{MOST + 4}"


def test_a_row_shows_where_a_link_leads() -> None:
    rows = [
        choice_of(thing, NOW, BERLIN)
        for thing in things_in([
            said(1, "https://example.com/a http://x.example/ https://аррӏе.com/login "
                    "https://bank.example@evil.example/ tel:*%2306%23")
        ])
    ]  # fmt: skip
    assert [row.title for row in rows] == [
        "example.com/a", "http://x.example", "! xn--80ak6aa92e.com/login", "! evil.example",
        "tel:*%2306%23",
    ]  # fmt: skip
    assert [row.faint for row in rows] == [False, False, False, False, True]
    assert rows[2].preview == (
        "https://аррӏе.com/login\n! аррӏе.com = xn--80ak6aa92e.com\n"
        "! It looks like apple.com and is not."
    )


def test_a_row_of_what_cannot_be_fetched_is_dim() -> None:
    (there, gone) = (File(said(1, ""), PHOTO), File(said(1, ""), Attachment("location")))
    assert choice_of(there, NOW, BERLIN).title == "[photo parcel.jpg · 240 kB]"
    assert not choice_of(there, NOW, BERLIN).faint
    assert choice_of(gone, NOW, BERLIN).faint


def test_what_is_typed_finds_what_is_shown_and_what_was_written() -> None:
    find = finding(
        things_in([said(1, "https://аррӏе.com/login https://example.com/x", PHOTO)]), NOW, BERLIN
    )
    assert [row.title for row in find("аррӏ")] == ["! xn--80ak6aa92e.com/login"]
    assert [row.title for row in find("parcel")] == ["[photo parcel.jpg · 240 kB]"]
    assert [row.title for row in find(" EXAMPLE ")] == ["example.com/x"]
    assert len(find("")) == 3
    assert find("zzzzzz") == []


def test_who_said_it_and_when() -> None:
    """The day as well, where it is not today."""
    thing = Link(said(1, "https://x.example/"), "https://x.example/")
    name = thing.message.author.name.split()[0]
    at = thing.message.at.astimezone(BERLIN).strftime("%H:%M")
    now = thing.message.at
    assert said_by(thing, now, BERLIN) == f"from {name}, {at}"
    assert said_by(thing, now + timedelta(days=1), BERLIN) == f"from {name}, Yesterday {at}"
    assert choice_of(thing, now + timedelta(days=1), BERLIN).right == f"{name} Yesterday {at}"


# What is told before


def words(asked: Confirmation) -> list[str]:
    return [("! " if fact.tone is Tone.WARN else "") + fact.text for fact in asked.facts]


def test_before_a_page_is_opened_its_host_stands_first() -> None:
    asked = about.about_link(examine("http://bank.example@10.0.0.1:81/a"), "from Noah, 09:12")
    assert asked.title == "Open this page?"
    assert asked.facts[0].tone is Tone.STRONG
    assert words(asked) == [
        "10.0.0.1",
        "! “bank.example” in front of the host is no address; it is left out.",
        "! It leads into your own network.",
        "! A number stands where companies have a name.",
        "! Port 81 is unusual.",
        "! http is not encrypted: others can read and change the page.",
        "http://10.0.0.1:81/a",
        "from Noah, 09:12",
    ]
    assert asked.keys == {"enter": "open", "y": "copy", "c": "copy"}


def test_a_mail_and_a_call_are_called_so() -> None:
    assert about.about_link(examine("mailto:a@b.example"), "").title == "Write this mail?"
    call = about.about_link(examine("tel:+4989123"), "by")
    assert (call.title, words(call)) == ("Call this number?", ["tel:+4989123", "by"])


def test_what_is_refused_can_only_be_copied() -> None:
    link = Link(said(1, ""), "tel:*%2306%23")
    with pytest.raises(NotOpened) as why:
        examine(link.text)
    asked = about.about_refused(link, why.value, "by")
    assert set(asked.keys.values()) == {"copy"}
    assert words(asked)[0].startswith("! It is no telephone number")


def saved(name: str, head: bytes, mime: str = "", size: int = 240_000) -> Saved:
    return Saved(Path("/q") / name, size, judge(name, mime, head, "image"))


def test_a_file_shows_suffix_type_size_and_sender() -> None:
    file = File(said(1, ""), PHOTO)
    asked = about.about_saved(file, saved("parcel.jpg", b"\xff\xd8\xff"), "from Noah, 09:12")
    assert words(asked) == [
        "parcel.jpg", "Content: JPEG picture", "Suffix: .jpg", "Size: 240 kB", "from Noah, 09:12",
        "/q",
    ]  # fmt: skip
    assert asked.keys["enter"] == "open"


def test_what_is_not_what_it_is_called_is_not_opened() -> None:
    file = File(said(1, ""), PHOTO)
    asked = about.about_saved(file, saved("parcel.jpg", b"\x7fELF", size=5), "by")
    assert asked.title == "Saved, not opened"
    assert "open" not in asked.keys.values()
    told = words(asked)
    assert "! Its name ends in .jpg, but its content is: program." in told
    assert "! Opening it would make it act: it is only saved." in told
    assert "! The message announced 240 kB." in told


def test_how_far_a_file_has_come() -> None:
    file = File(said(1, ""), PHOTO)
    unknown = File(said(1, ""), replace(PHOTO, size=None, name=safe("")))
    assert words(about.about_coming(file, Progress(60_000, 250_000))) == [
        "60 kB of 250 kB have come."
    ]
    assert words(about.about_coming(file, Progress())) == ["0 B of 240 kB have come."]
    assert words(about.about_coming(unknown, Progress(60_000))) == ["60 kB have come."]
    assert about.about_coming(unknown, Progress()).title == "Fetching attachment …"
