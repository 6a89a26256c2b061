"""agent-tui with a defect planted in it: ``python planted_program.py DEFECT[,DEFECT] ARGUMENTS``.

A row's check that does not catch these would catch nothing. What is patched is imported where it is
patched: the program itself decides what it needs at its start.
"""
# ruff: noqa: B010, PLC0415

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def raw_names() -> None:
    """Names come from the wire as they are."""
    from agent_tui.backends.desk import fields
    from agent_tui.model import SafeText

    sound = fields.text

    def text(source: Any, key: str, *rest: Any) -> SafeText:
        return SafeText(source[key]) if key == "name" else sound(source, key, *rest)

    setattr(fields, "text", text)


def raw_paint() -> None:
    """Lines are drawn with the control characters that are in them."""
    from agent_tui.widgets import paint

    setattr(paint, "_flat", lambda text: text)


def open_wall() -> None:
    """What is written goes to the terminal as it is."""
    from agent_tui.terminal import driver

    setattr(driver, "walled", lambda data: data)


def markup() -> None:
    """The text of messages is read for markup."""
    from textual.content import Content

    from agent_tui.widgets import message_lines

    _read_first(message_lines, "wrap", lambda text: Content.from_markup(text).plain)


def vanishing() -> None:
    """Words in square brackets are taken out of messages."""
    import re

    from agent_tui.widgets import message_lines

    _read_first(message_lines, "wrap", lambda text: re.sub(r"\[[^\[\]]*\]", "", text))


def _read_first(module: Any, name: str, change: Callable[[str], str]) -> None:
    sound = getattr(module, name)
    setattr(module, name, lambda text, *rest: sound(change(text), *rest))


def dawdling() -> None:
    """Long messages are laid out thousands of times."""
    from agent_tui.widgets import message_lines

    sound: Callable[[str, int], list[str]] = vars(message_lines)["wrap"]

    def wrap(text: str, width: int) -> list[str]:
        times = 2_500 if len(text) > 1_000 else 1
        return [sound(text, width) for _time in range(times)][-1]

    setattr(message_lines, "wrap", wrap)


def hoarding() -> None:
    """Every message is kept as it came, many times over."""
    from agent_tui.backends.desk import values

    sound, hoard = vars(values)["examine"], list[str]()

    def examine(raw: str, field: Any) -> Any:
        hoard.extend(raw + str(time) for time in range(400))
        return sound(raw, field)

    setattr(values, "examine", examine)


def deaf() -> None:
    """Replies of the terminal go to the framework's parser, and pastes do too."""
    from agent_tui.terminal import input_wall

    def feed(wall: input_wall.InputWall, data: str, now: float) -> list[input_wall.Item]:
        return [input_wall.Typed(data)]

    setattr(input_wall.InputWall, "feed", feed)


def trusting() -> None:
    """The first mark of an end ends a paste, and keys count at once; bursts are typed."""
    from agent_tui.terminal import input_wall

    setattr(input_wall, "SHADOW", 0.0)
    setattr(input_wall, "is_burst", lambda _data: False)


def greedy() -> None:
    """Pastes are as long as they like."""
    from agent_tui.sanitise import Field
    from agent_tui.terminal import input_wall, pasting

    Field.COMPOSER.chars = Field.COMPOSER.lines = 10**9
    for module in (pasting, input_wall):
        setattr(module, "MOST", 10**9)


def raw_errors() -> None:
    """What the command line says is said as it is."""
    from agent_tui.cli import main

    setattr(main, "plain_line", str)


def open_plain_wall() -> None:
    """The outputs of the command line are the interpreter's own."""
    from contextlib import nullcontext

    from agent_tui.cli import main

    setattr(main, "walled_streams", nullcontext)


DEFECTS: dict[str, Callable[[], None]] = {
    defect.__name__: defect
    for defect in (
        *(raw_names, raw_paint, open_wall, markup, vanishing, dawdling, hoarding, deaf, trusting),
        *(greedy, raw_errors, open_plain_wall),
    )
}


if __name__ == "__main__":
    for name in filter(None, sys.argv[1].split(",")):
        DEFECTS[name]()
    from agent_tui.cli.main import main as run

    sys.exit(run(sys.argv[2:]))
