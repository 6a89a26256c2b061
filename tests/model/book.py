"""A desk as small as the protocol allows (docs/protocol.md §2, §3, §5), to hold the real
one against.

It shares no code with the mock desk and knows no frames but a command's. Each line of a thread
remembers its number in every stream there was, so that one can ask later what an agent who had
seen up to some number of some stream had not seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STATE_OPS = {"assign", "snooze", "resolve", "reopen", "priority"}

Heard = tuple[int, str, str | None, str | None]
"""An event: number, type, conversation, the command that caused it."""


@dataclass
class Written:
    """A line of a thread."""

    who: str
    kind: str
    text: str
    cmd_id: str | None
    numbers: dict[str, int]
    """By epoch."""


@dataclass
class Case:
    """A conversation."""

    ver: int = 1
    status: str = "open"
    assignee: str | None = None
    snooze: Mapping[str, Any] | None = None
    priority: str = "none"
    labels: list[str] = field(default_factory=list)
    unread: int = 0
    thread: list[Written] = field(default_factory=list)


@dataclass(frozen=True)
class Answered:
    """What a command comes to: `code` is empty for a yes."""

    code: str
    seq: int = 0


@dataclass
class Book:
    """The whole desk."""

    epoch: str
    seq: int = 0
    cases: dict[str, Case] = field(default_factory=dict)
    answers: dict[tuple[str, str], Answered] = field(default_factory=dict)
    ring: list[Heard] = field(default_factory=list)
    """Every event so far."""

    # What happens by itself

    def customer(self, conv: str, text: str) -> None:
        """The customer writes: wakes what sleeps until then, opens what was resolved."""
        case = self.cases[conv]
        asleep = case.snooze is not None and not case.snooze["keep_asleep"]
        if case.status == "resolved" or asleep:
            self.wake(conv)
        case.unread += 1
        self._write(conv, "customer", "text", text, None)

    def wake(self, conv: str) -> None:
        """It opens by itself."""
        case = self.cases[conv]
        case.status, case.snooze, case.ver = "open", None, case.ver + 1
        self._write(conv, "desk", "activity", "", None)

    def other(self, kind: str, conv: str | None) -> None:
        """An event that changes nothing that is kept here."""
        self.seq += 1
        self.ring.append((self.seq, kind, conv, None))

    def begin_anew(self, epoch: str, numbers: Mapping[int, int], seq: int) -> None:
        """Another stream begins and stands at `seq`; in it the lines have other `numbers`."""
        for case in self.cases.values():
            for line in case.thread:
                line.numbers[epoch] = numbers[line.numbers[self.epoch]]
        self.epoch, self.seq = epoch, seq

    # Commands

    def command(self, agent: str, frame: Mapping[str, Any], now: str) -> Answered:
        """Carry out a command or refuse it; the same id gets the first answer."""
        key = agent, frame["id"]
        if key not in self.answers:
            self.answers[key] = self._attempt(agent, frame, now)
        return self.answers[key]

    def _attempt(self, agent: str, frame: Mapping[str, Any], now: str) -> Answered:
        conv, op = frame["conv"], frame["op"]
        case = self.cases.get(conv)
        if case is None:
            return Answered("unknown_conversation")
        if op == "snooze" and (frame["data"]["until"] or "~") <= now:
            return Answered("in_the_past")
        if op in STATE_OPS and frame["base_ver"] != case.ver:
            return Answered("conflict")
        seen = frame.get("seen_seq")
        if op == "send" and seen is not None and self.unseen(agent, conv, self.epoch, seen):
            return Answered("stale")
        if op in STATE_OPS:
            case.ver += 1
        self._do(agent, case, frame)
        return Answered("", self.seq)

    def unseen(self, agent: str, conv: str, epoch: str, seen: int) -> list[Written]:
        """Texts of others that an agent who saw up to number `seen` of `epoch` has not seen."""
        return [
            line
            for line in self.cases[conv].thread
            if line.kind == "text"
            and line.who != agent
            and line.numbers.get(epoch, seen + 1) > seen
        ]

    def _do(self, agent: str, case: Case, frame: Mapping[str, Any]) -> None:
        conv, op, data = frame["conv"], frame["op"], frame["data"]
        before = case.assignee, case.status, case.priority, case.unread
        match op:
            case "send":
                case.unread = 0
                self._write(conv, agent, "text", data["text"], frame["id"])
            case "note":
                self._write(conv, agent, "note", data["text"], frame["id"])
            case "label":
                self._label(agent, case, frame)
            case "assign":
                case.assignee = data["agent"]
            case "snooze":
                case.status, case.snooze = "snoozed", data
            case "resolve":
                case.status, case.snooze = "resolved", None
            case "reopen":
                case.status, case.snooze = "open", None
            case "priority":
                case.priority = data["priority"]
            case "read":
                case.unread = min(case.unread, self._after(case, data["seq"]))
            case "unread":
                case.unread = max(case.unread, 1)
        after = case.assignee, case.status, case.priority, case.unread
        if op in STATE_OPS and (after != before or op == "snooze"):
            self._write(conv, agent, "activity", "", frame["id"])
        elif op in STATE_OPS or (op in {"read", "unread"} and after != before):
            self._tell("conversation", conv, frame["id"])

    def _label(self, agent: str, case: Case, frame: Mapping[str, Any]) -> None:
        add, remove = frame["data"]["add"], frame["data"]["remove"]
        for label in remove:
            if label in case.labels and label not in add:
                case.labels.remove(label)
                self._write(frame["conv"], agent, "activity", "", frame["id"])
        for label in add:
            if label not in case.labels:
                case.labels.append(label)
                self._write(frame["conv"], agent, "activity", "", frame["id"])

    def _after(self, case: Case, seq: int) -> int:
        here = (line.numbers[self.epoch] for line in case.thread if line.who == "customer")
        return sum(number > seq for number in here)

    def _write(self, conv: str, who: str, kind: str, text: str, cmd_id: str | None) -> None:
        line = Written(who, kind, text, cmd_id, {self.epoch: self.seq + 1})
        self.cases[conv].thread.append(line)
        self._tell("conversation" if kind == "activity" else "message", conv, cmd_id)

    def _tell(self, kind: str, conv: str, cmd_id: str | None) -> None:
        self.seq += 1
        self.ring.append((self.seq, kind, conv, cmd_id))
