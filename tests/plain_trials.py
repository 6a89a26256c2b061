"""Hostile strings through the command line: arguments, surroundings, files, and what desks say.

`trials` runs many command lines in one process whose outputs are pipes (this file, as a program),
and looks at the bytes that came out.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hostile_desk import TOKEN, HostileDesk, before, behind
from nasty import Nasty
from pty_seat import private_home
from rich.cells import cell_len
from terminal_tokens import INVISIBLE

from agent_tui.sanitise import sanitise

ROOT = Path(__file__).resolve().parents[1]
MARK = "=== case"
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
CODES = {0, 1, 2}
AT_ONCE = 2_000
"""Command lines of one process."""
PATIENCE = 240


@dataclass(slots=True)
class Told:
    """What came of it."""

    lines: int = 0
    ways: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Case:
    """A command line, and what is around it."""

    way: str
    argv: list[str]
    env: dict[str, str] = field(default_factory=dict)
    config: str | None = None
    reply: tuple[str, str] | None = None
    """The name of a file of canned replies, and what is in it."""
    seen: tuple[str, ...] = ()
    """What must be readable in what comes out."""


def cases(one: Nasty, url: str, number: int) -> Iterator[Case]:
    """Every way a string can come to the command line; `number` is its number at the desk."""
    text, mark = one.text[:400], f"K{number}K"
    marked = f"{mark}{text}{mark}"
    for flag in ("--profile", "--as", "--url", "--theme", "--lang", "--nonsense"):
        yield Case(flag, [flag, marked], seen=() if flag in {"--theme", "--url"} else (mark,))
    for verb in ("demo", "mock", "login", "logout", "doctor"):
        yield Case(f"{verb}, too much", [verb, "ws://127.0.0.1:1", marked])
    for flag in ("--corpus", "--seed", "--rate", "--port", "--latency"):
        yield Case(f"mock {flag}", ["mock", flag, marked])
    yield Case("mock --state", ["mock", "--state", f"/none/{marked}"])
    yield Case("home of nobody", ["mock", "--corpus", f"~{marked}"], seen=(mark,))
    yield Case("verb", [marked], seen=(mark,))
    yield Case("login", ["login", marked])
    if _fits_the_environment(text):
        for name in ("TERM", "LANG", "AGENT_TUI_TOKEN", "COLORTERM"):
            yield Case(f"{name}, doctor", ["doctor"], env={name: marked})
        yield Case("AGENT_TUI_CONFIG", ["doctor"], env={"AGENT_TUI_CONFIG": f"/none/{marked}"})
        yield Case("nobody's config", ["doctor"], env={"AGENT_TUI_CONFIG": f"~{marked}/c"})
        yield Case("TZ", ["doctor"], env={"TZ": marked})
        yield Case("token, refused", ["--url", url, "--as", "ana"], env={"AGENT_TUI_TOKEN": marked})
    written = json.dumps(marked.encode("utf-8", "replace").decode())
    for key in ("theme", "language", "send_key", "time_zone", "opens", "company", "country"):
        yield Case(f"setting {key}", ["doctor"], config=f"[settings]\n{key} = {written}\n")
    yield Case("unknown setting", ["doctor"], config=f"[settings]\n{written} = 1\n")
    yield Case("unknown table", ["doctor"], config=f"[{written}]\n")
    yield Case("no TOML", ["doctor"], config=marked.encode("utf-8", "replace").decode())
    profile = f"[profile.x]\nurl = {written}\nagent = {written}\n"
    yield Case("profile", ["--profile", "x"], config=profile)
    known = '[profile.x]\nurl = "ws://127.0.0.1:1"\nagent = "ana"\n'
    for key in ("token_file", "ca_file"):
        for value in (written, '"~nobody-at-all/x"'):
            yield Case(f"profile {key}", ["--profile", "x"], config=f"{known}{key} = {value}\n")
    command = f'{known}token_command = ["false", {written}]\n'
    yield Case("profile token_command", ["doctor"], config=command)
    name = _file_name(text)
    yield Case("canned reply, named", ["doctor"], reply=(f"{mark}{name}.md", "no front matter"))
    yield Case(
        "canned reply", ["doctor"], reply=("x.md", f"---\ntitle: {marked}\n{marked}: 1\n---\n")
    )
    yield Case("desk says go", ["--url", f"{url}/go/{number}", "--as", "ana"])
    yield Case("desk closes", ["--url", f"{url}/close/{number}", "--as", "ana"])
    yield Case("desk refuses", ["--url", f"{url}/no/{number}", "--as", "ana"])


def _fits_the_environment(text: str) -> bool:
    return "\0" not in text and text.encode("utf-8", "replace").decode() == text


def _file_name(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("/", "_").replace("\0", "_")[:40]


def trials(strings: Sequence[Nasty], home: Path, defects: str = "") -> Told:
    """Every string in every way; and the whole inbox of a hostile desk, printed."""
    told = Told()
    with HostileDesk([one.text[:400] for one in strings]) as desk:
        every = [case for n, one in enumerate(strings) for case in cases(one, desk.url, n)]
        every.append(Case("inbox", ["--url", desk.url, "--as", "ana"]))
        said: list[tuple[int, str]] = []
        for start in range(0, len(every), AT_ONCE):
            said += _run(every[start : start + AT_ONCE], home, defects)
        for case, (code, out) in zip(every, said, strict=False):
            told.lines += out.count("\n")
            told.ways.add(case.way)
            told.wrong += [f"{case.way} {case.argv}: {bad}" for bad in _faults(case, code, out)]
        if len(said) != len(every):
            last = every[len(said) - 1] if said else every[0]
            told.wrong.append(f"it ended at {last.way} {last.argv!r}: {said[-1:]!r}"[:1_500])
        else:
            rows = said[-1][1]
            for number in range(len(strings)):
                fits = cell_len(sanitise(strings[number].text)) <= 40
                marks = {before("N", number), behind("N", number) if fits else ""}
                if not all(mark in rows for mark in marks):
                    told.wrong.append(f"{strings[number].id}: not in the printed inbox")
    return told


def _faults(case: Case, code: int, out: str) -> Iterator[str]:
    control = CONTROLS.search(out)
    if control is not None:
        yield f"U+{ord(control.group()):04X} in {out[max(0, control.start() - 40) :][:80]!r}"
    hidden = INVISIBLE.search(out)
    if hidden is not None:
        yield f"U+{ord(hidden.group()):04X} in {out[max(0, hidden.start() - 40) :][:80]!r}"
    if code not in CODES:
        yield f"exit code {code}: {out[-300:]!r}"
    if "mistake of agent-tui's own" in out or "Traceback" in out:
        yield f"a mistake of its own: {out[-400:]!r}"
    for words in case.seen:
        if words not in out:
            yield f"{words!r} is not to be read: {out[:200]!r}"


def _run(every: Sequence[Case], home: Path, defects: str) -> list[tuple[int, str]]:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    env |= private_home(home) | {"AGENT_TUI_TOKEN": TOKEN}
    asked = json.dumps([[c.argv, c.env, c.config, c.reply] for c in every])
    done = subprocess.run(
        [sys.executable, __file__, defects],
        input=asked.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=env,
        cwd=home,
        timeout=PATIENCE,
        check=False,
    )
    text = done.stdout.decode("utf-8", "surrogateescape")
    parts = re.split(rf"^{MARK} (-?\d+) ===\n", text, flags=re.MULTILINE)
    return [(int(parts[i + 1]), parts[i]) for i in range(0, len(parts) - 1, 2)]


# As a program ------------------------------------------------------------------------------------


def _one(argv: list[str], env: dict[str, str], config: str | None, reply: list[str] | None) -> int:
    from agent_tui.cli.main import main  # noqa: PLC0415 - after the defects

    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "agent-tui"
    replies = folder / "replies"
    replies.mkdir(parents=True, exist_ok=True)
    for old in replies.iterdir():
        old.unlink()
    text = config or ""
    if reply is not None:
        (replies / reply[0]).write_text(reply[1], encoding="utf-8", errors="replace")
        text = f"[settings]\nreplies = [{json.dumps(str(replies))}]\n"
    (folder / "config.toml").write_text(text, encoding="utf-8", errors="replace")
    before = dict(os.environ)
    os.environ.update(env)
    try:
        return main(argv)
    finally:
        os.environ.clear()
        os.environ.update(before)


def _serve(asked: list[Any]) -> None:
    for argv, env, config, reply in asked:
        code = _one(argv, env, config, reply)
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(1, f"{MARK} {code} ===\n".encode())


if __name__ == "__main__":
    from planted_program import DEFECTS

    for name in filter(None, sys.argv[1].split(",")):
        DEFECTS[name]()
    cases_asked = json.load(sys.stdin)
    with Path(os.devnull).open(encoding="utf-8") as nothing:
        sys.stdin = nothing
        _serve(cases_asked)
