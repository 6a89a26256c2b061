"""The guide to canned replies says what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from canned_builders import FULL, ROOT, names_in

from agent_tui import canned
from agent_tui.canned import fill, load
from agent_tui.model import Channel

GUIDE = (ROOT / "docs" / "canned-replies.md").read_text(encoding="utf-8")


def test_the_guide_lists_exactly_the_variables_there_are() -> None:
    listed = re.findall(r"^\| `\{\{ ([a-z_.]+) \}\}` \|", GUIDE, re.MULTILINE)
    assert sorted(listed) == sorted(names_in(FULL))


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("Front matter", canned.KEYS),
        ("Channels", tuple(channel.value for channel in Channel)),
        ("Tags", canned.TAGS),
        ("Filters", canned.FILTERS),
        ("Groups", canned.GROUPS),
    ],
)
def test_the_guide_names_what_the_program_knows(heading: str, names: tuple[str, ...]) -> None:
    (line,) = re.findall(rf"^- \*\*{heading}\*\*: (.*)$", GUIDE, re.MULTILINE)
    assert tuple(re.findall(r"`([^`]+)`", line)) == names


def test_the_example_in_the_guide_is_a_reply(tmp_path: Path) -> None:
    (example,) = re.findall(r"```markdown\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "example.md").write_text(example, encoding="utf-8")
    library = load([tmp_path], "en")
    assert library.problems == ()
    assert fill(library.replies[0], FULL).blanks
