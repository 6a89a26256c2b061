"""Runs every row of the reliability promise in its full form and writes docs/reliability.md.

    python scripts/reliability.py [ROW …]      only these rows; the others keep their lines

Each line says what is demanded, what was reached, and how to run it again with the same chance.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reliability.md"
HEAD = """# Reliability, in numbers

What `make chaos` demanded and reached when it was run last (it writes this page). `make test` runs
the same checks in a quick form. Each row has planted defects: faults put in on purpose, which its
check has to find, so that a row that finds nothing means something.

| row | demanded | reached | again |
|---|---|---|---|
"""
Line = dict[str, Any]


def main(rows: list[str]) -> int:
    """Run, collect, write; the exit code is pytest's."""
    with tempfile.TemporaryDirectory() as folder:
        code = _run(rows, Path(folder))
        lines = [
            json.loads(text)
            for file in sorted(Path(folder).glob("*.jsonl"))
            for text in file.read_text(encoding="utf-8").splitlines()
        ]
    tables = _known() | _by_row(lines)
    words = HEAD + "".join(tables[row] for row in sorted(tables, key=_place))
    PAGE.write_text(words, encoding="utf-8")
    return code


def _run(rows: list[str], out: Path) -> int:
    names = [path for row in rows or ["?"] for path in _files(row)]
    command = [sys.executable, "-m", "pytest", "-n", "2", "--rows=full", f"--rows-out={out}"]
    return subprocess.run([*command, *names], cwd=ROOT, check=False).returncode  # noqa: S603


def _files(row: str) -> list[str]:
    folder = ROOT / "tests" / "rows"
    if row == "?":
        return [str(folder)]
    kind, number = row[0].lower(), int(row[1:])
    return [str(path) for path in sorted(folder.glob(f"test_{kind}{number:02}_*.py"))]


def _by_row(lines: list[Line]) -> dict[str, str]:
    reached: dict[str, list[Line]] = defaultdict(list)
    caught: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        if "planted" in line:
            caught[line["row"]].append(line["planted"])
        else:
            reached[line["row"]].append(line)
    return {row: _table(row, told, caught[row]) for row, told in reached.items()}


def _table(row: str, told: list[Line], caught: list[str]) -> str:
    """The line of a row; one more for what was planted."""
    told.sort(key=lambda line: str(line["test"]))
    required = "; ".join(dict.fromkeys(line["required"] for line in told))
    words = "<br>".join(("" if line["ok"] else "**MISSED** ") + line["words"] for line in told)
    again = "<br>".join(
        f"`pytest --rows=full --row-seed {line['seed']} {line['test']}`" for line in told
    )
    planted = "; ".join(sorted(set(caught))) or "none"
    first = f"| {row} | {_cell(required)} | {_cell(words)} | {_cell(again)} |\n"
    return first + f"| | *planted, and found* | {_cell(planted)} | |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _known() -> dict[str, str]:
    """The lines that are on the page already."""
    if not PAGE.exists():
        return {}
    found: dict[str, str] = {}
    row = ""
    for line in PAGE.read_text(encoding="utf-8").splitlines(keepends=True):
        named = re.match(r"\| ([SR]\d+) \|", line)
        if named is not None:
            row = named[1]
            found[row] = line
        elif row and line.startswith("| |"):
            found[row] += line
    return found


def _place(row: str) -> tuple[bool, int]:
    return row[0] != "S", int(row[1:])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
