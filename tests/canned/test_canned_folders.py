"""Folders of canned replies: languages, precedence, order, and what is left out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from canned_builders import ROOT, ids, shipped, write

from agent_tui import canned
from agent_tui.canned import GROUPS, Library, folders, load


def test_a_later_folder_replaces_by_id(tmp_path: Path) -> None:
    write(tmp_path / "ours", "en/delivery/late.md", body="ours")
    write(tmp_path / "ours", "en/delivery/other.md", id="other", body="kept")
    write(tmp_path / "mine", "en/whatever/mine.md", body="mine")
    library = load([tmp_path / "ours", tmp_path / "mine"], "en")
    assert {r.id: r.body for r in library.replies} == {"late": "mine", "other": "kept"}
    assert not library.problems


def test_english_stands_in_for_what_the_language_lacks(tmp_path: Path) -> None:
    write(tmp_path, "en/a.md", id="a", body="English a")
    write(tmp_path, "en/b.md", id="b", body="English b")
    write(tmp_path, "de/a.md", id="a", body="deutsches a")
    for language in ("de", "de_AT", "de-CH", "DE"):
        bodies = {r.id: r.body for r in load([tmp_path], language).replies}
        assert bodies == {"a": "deutsches a", "b": "English b"}


def test_a_later_english_reply_does_not_push_out_the_language_asked_for(tmp_path: Path) -> None:
    write(tmp_path / "ours", "de/a.md", id="a", body="deutsch")
    write(tmp_path / "mine", "en/a.md", id="a", body="English")
    (found,) = load([tmp_path / "ours", tmp_path / "mine"], "de").replies
    assert found.body == "deutsch"


def test_a_reply_outside_a_language_counts_for_every_language(tmp_path: Path) -> None:
    write(tmp_path / "ours", "de/a.md", id="a", body="deutsch")
    write(tmp_path / "mine", "delivery/a.md", id="a", body="any")
    for language in ("de", "en", "fr"):
        (found,) = load([tmp_path / "ours", tmp_path / "mine"], language).replies
        assert (found.body, found.language, found.group) == ("any", "", "delivery")


def test_in_one_folder_the_language_is_nearer_than_none(tmp_path: Path) -> None:
    write(tmp_path, "a.md", id="a", body="any")
    write(tmp_path, "de/a.md", id="a", body="deutsch")
    assert [r.body for r in load([tmp_path], "de").replies] == ["deutsch"]
    assert [r.body for r in load([tmp_path], "en").replies] == ["any"]


def test_other_languages_hidden_files_and_readmes_are_not_read(tmp_path: Path) -> None:
    for place in ("fr/x.md", ".hidden.md", ".git/x.md", "README.md", "en/notes.txt"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text("not a reply", encoding="utf-8")
    assert load([tmp_path], "en") == Library((), ())


def test_a_folder_that_does_not_exist_is_empty_and_a_file_is_a_problem(tmp_path: Path) -> None:
    assert load([tmp_path / "none"], "en") == Library((), ())
    path = write(tmp_path, "late.md")
    (problem,) = load([path], "en").problems
    assert problem.path == path


def test_the_order_does_not_depend_on_the_order_of_files(tmp_path: Path) -> None:
    for place, id, title in (("b/1.md", "x", "Ä"), ("a/2.md", "y", "z"), ("b/0.md", "z", "B")):
        write(tmp_path, place, id=id, title=title)
    assert ids(load([tmp_path], "en")) == ["y", "x", "z"]


def test_groups_are_listed_as_often_as_they_are_needed_and_your_own_after_them(
    tmp_path: Path,
) -> None:
    groups = [".", "Ärger", "abc", "closing", "delivery", "delivery/abroad", "Greeting", "zoo"]
    for number, group in enumerate(groups):
        write(tmp_path, f"{group}/x.md", id=f"x{number}")
    listed = [reply.group for reply in load([tmp_path], "en").search("", None)]
    assert listed == [
        "Greeting", "delivery", "delivery/abroad", "closing", "", "abc", "Ärger", "zoo",
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_programs_own_replies_are_all_listed_in_the_order_of_the_groups(language: str) -> None:
    listed = shipped(language).search("", None)
    assert len(listed) == len(shipped(language).replies)
    assert tuple(dict.fromkeys(reply.group for reply in listed)) == GROUPS


def test_two_files_with_one_id_are_a_problem_and_the_first_stays(tmp_path: Path) -> None:
    write(tmp_path, "a.md", id="x", body="first")
    second = write(tmp_path, "b.md", id="x", body="second")
    library = load([tmp_path], "en")
    assert [r.body for r in library.replies] == ["first"]
    (problem,) = library.problems
    assert problem.path == second
    assert "a.md" in problem.message


def test_a_shortcut_of_two_replies_is_a_problem_but_both_are_there(tmp_path: Path) -> None:
    write(tmp_path, "a.md", id="a", shortcut="same")
    write(tmp_path, "b.md", id="b", shortcut="Same")
    library = load([tmp_path], "en")
    assert ids(library) == ["a", "b"]
    (problem,) = library.problems
    assert "Same" in problem.message


def test_a_folder_with_far_too_many_files_is_not_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "MAX_FILES", 3)
    for n in range(5):
        write(tmp_path, f"{n}.md", id=f"x{n}")
    library = load([tmp_path], "en")
    assert ids(library) == ["x0", "x1", "x2"]
    assert len(library.problems) == 1


def test_the_built_in_folder_is_there() -> None:
    assert (canned.built_in_folder() / "en").is_dir()
    assert (canned.built_in_folder() / "de").is_dir()


def test_the_built_in_folder_of_an_installed_package_is_inside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "__file__", str(tmp_path / "agent_tui" / "canned" / "folders.py"))
    assert canned.built_in_folder() == tmp_path / "canned_replies"
    inside = tmp_path / "agent_tui" / "canned_replies"
    inside.mkdir(parents=True)
    assert canned.built_in_folder() == inside


def test_importing_costs_nothing_heavy() -> None:
    heavy = ("textual", "liquid", "babel", "rapidfuzz")
    code = f"import sys, agent_tui.canned; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"
