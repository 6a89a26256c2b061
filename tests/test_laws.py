"""The laws of CONTRIBUTING.md that a look at the source can hold."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from markup_law import builds_markup

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "agent_tui"
FILES = sorted(SOURCE.rglob("*.py"))

Found = Iterator[tuple[int, str]]

MAKERS_OF_SAFE_TEXT = {"sanitise.py", "model.py"}
"""The sanitiser, and the model for the empty text."""

CLOCKS = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
    ("time", "time"), ("uuid", "uuid4"), ("uuid", "uuid7"), ("random", "random"),
}  # fmt: skip
"""Calls that ask the machine for time, ids or chance."""

BARE = {"uuid1", "uuid4", "uuid7", "monotonic", "perf_counter", "time_ns", "getnode"}
"""The same, imported by name."""

MAY_ASK_THE_MACHINE = {"clock.py"}


def name_of(node: ast.expr) -> str:
    """The last name of a call's target."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def makes_safe_text(tree: ast.AST) -> Found:
    """Law 3: only the sanitiser makes safe text."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = name_of(node.func)
        if name == "SafeText":
            yield node.lineno, "makes a SafeText without the sanitiser"
        if name == "cast" and "SafeText" in ast.dump(node.args[0]):
            yield node.lineno, "casts to SafeText"


def asks_the_machine(tree: ast.AST) -> Found:
    """Law 9: time, ids and chance come from the clock, or as parameters."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            unseeded = node.func.id == "Random" and not node.args
            if unseeded or node.func.id in BARE:
                yield node.lineno, f"asks the machine: {node.func.id}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            pair = (getattr(owner, "id", getattr(owner, "attr", "")), node.func.attr)
            if pair in CLOCKS:
                yield node.lineno, f"asks the machine: {'.'.join(pair)}"


def hides_an_import(tree: ast.AST, text: str) -> Found:
    """Law 12: an import inside a function says that it is late, and why."""
    lines = text.splitlines()
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(function):
            if not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            if "late:" not in lines[node.lineno - 1]:
                yield node.lineno, "an import inside a function that does not say it is late"


def test_only_the_sanitiser_makes_safe_text() -> None:
    faults = [
        f"{path.relative_to(ROOT)}:{line}: {what}"
        for path in FILES
        if path.name not in MAKERS_OF_SAFE_TEXT
        for line, what in makes_safe_text(ast.parse(path.read_text()))
    ]
    assert faults == []


def test_no_markup_is_built_from_data() -> None:
    faults = [
        f"{path.relative_to(ROOT)}:{line}: {what}"
        for path in FILES
        for line, what in builds_markup(ast.parse(path.read_text()))
    ]
    assert faults == []


def test_only_the_clock_asks_the_machine() -> None:
    faults = [
        f"{path.relative_to(ROOT)}:{line}: {what}"
        for path in FILES
        if path.name not in MAY_ASK_THE_MACHINE
        for line, what in asks_the_machine(ast.parse(path.read_text()))
    ]
    assert faults == []


def test_imports_inside_functions_say_why() -> None:
    faults = [
        f"{path.relative_to(ROOT)}:{line}: {what}"
        for path in FILES
        for line, what in hides_an_import(ast.parse(path.read_text()), path.read_text())
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("check", "planted"),
    [
        (makes_safe_text, "x = SafeText(raw)"),
        (makes_safe_text, "x = cast('SafeText', raw)"),
        (builds_markup, "Static(f'[b]{name}[/b]')"),
        (builds_markup, "Content.from_markup(f'[b]{name}')"),
        (asks_the_machine, "at = datetime.now(UTC)"),
        (asks_the_machine, "key = uuid4()"),
        (asks_the_machine, "random = Random()"),
    ],
)
def test_a_planted_fault_is_found(check: Callable[[ast.AST], Found], planted: str) -> None:
    """Each check finds what it is for: one that cannot fail would hold nothing."""
    assert list(check(ast.parse(planted)))


def test_a_planted_import_is_found() -> None:
    """An import inside a function without a reason is found, one with a reason is not."""
    bare = "def f():\n    import json\n"
    assert list(hides_an_import(ast.parse(bare), bare))
    told = "def f():\n    import json  # noqa: PLC0415 - late: heavy\n"
    assert not list(hides_an_import(ast.parse(told), told))
