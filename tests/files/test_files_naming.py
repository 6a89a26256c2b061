"""What a file is called here: never a path, an option or a device, and its suffix as it is."""

from __future__ import annotations

from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.files.naming import LONGEST, numbered, safe_name, suffix


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("photo.jpg", "photo.jpg"),
        ("Noah's Rechnung (2), März.pdf", "Noah's Rechnung (2), März.pdf"),
        ("../../.ssh/authorized_keys", "authorized_keys"),
        ("/etc/cron.d/x", "x"),
        ("C:\\Windows\\x.dll", "x.dll"),
        ("a/b\\c", "c"),
        ("%2e%2e%2fx", "_2e_2e_2fx"),
        ("a/\x00.png", "_.png"),
        ("photo.jpg                    .exe", "photo.jpg .exe"),
        ("cv\u202efdp.exe", "cv⟪RLO⟫fdp.exe"),
        ("photo.jpg\u200b.exe", "photo.jpg.exe"),
        ("-rf", "rf"),
        ("--help", "help"),
        (".bashrc", "bashrc"),
        ("~/.profile", "profile"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("Com1.tar.gz", "_Com1.tar.gz"),
        ("COM¹", "_COM¹"),
        ("console.txt", "console.txt"),
        ("a:b", "a_b"),
        ("trailing. ", "trailing"),
        ("a\nb.png", "a b.png"),
        ("a\x1b[2Jb.png", "a_[2Jb.png"),
        ("`id`;$(x)|y&.png", "_id___(x)_y_.png"),
        ("e\u0301.png", "é.png"),
        ("x" * 200 + ".pdf", "x" * 116 + ".pdf"),
        ("ä" * 100 + ".pdf", "ä" * 58 + ".pdf"),
        ("x" * 90 + "." + "y" * 90, "x" * 90 + "." + "y" * 29),
    ],
)
def test_a_name_is_made_harmless(told: str, name: str) -> None:
    made = safe_name(told, "m-1.1")
    assert made == name or (len(told) > 120 and made.replace("…", "x")[:40] == name[:40])
    assert suffix(made) == suffix(name)


@pytest.mark.parametrize(
    "told", ["", ".", "..", "...", "/", "a/", "\\", "--", "~", " ", "\u200b", "___"]
)
def test_what_leaves_nothing_is_named_by_its_id(told: str) -> None:
    assert safe_name(told, "m-1.1") == "file-m-1.1"
    assert safe_name(told, "m:1#2") == "file-m-1-2"


@given(st.text(max_size=300) | st.text(st.sampled_from("./\\-~ CONnul:*\x00\u202e"), max_size=40))
def test_any_name_becomes_one_file_in_one_folder(told: str) -> None:
    name = safe_name(told, "m-1.1")
    assert name
    assert len(name.encode()) <= LONGEST
    assert not set(name) & set('/\\\x00:<>"|?*`$;&')
    assert name[0] not in ".-~ "
    assert name[-1] not in ". "
    assert not any(category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in name)
    assert safe_name(name, "m-1.1") == name


@pytest.mark.parametrize(
    ("name", "end"),
    [("a.JPG", "jpg"), ("photo.jpg.exe", "exe"), ("a", ""), (".hidden", ""), ("a.b c", ""),
     ("photo.jpg .exe", "exe"), ("a." + "x" * 20, ""), ("a.", "")],
)  # fmt: skip
def test_the_suffix_is_what_a_desktop_goes_by(name: str, end: str) -> None:
    assert suffix(name) == end


def test_another_of_the_same_name_gets_a_number() -> None:
    assert numbered("photo.jpg", 2) == "photo (2).jpg"
    assert numbered("photo", 12) == "photo (12)"
