"""Everything that can happen, one thing at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from model.day import Day
from model.seat import mode_of

from agent_tui.desk import CannotDo
from agent_tui.model import AgentId, ConversationId, Priority
from agent_tui.ops import Note, Send
from agent_tui.sanitise import plain_line
from agent_tui.shown import SendState, Words

Step = Callable[[Day], None]


# ── the agent ───────────────────────────────────────────────────────────────────────


def write(day: Day) -> None:
    """She sends what is in the composer and a word more."""
    conv, mode = day.conversation(), day.mode()
    if conv is None:
        return
    _type(day, conv, mode)
    with suppress(CannotDo):
        day.life.desk.send(conv, day.life.desk.draft(conv, mode).text, mode)
        day.note_asked()
        if day.chance.random() < 0.5:
            _go(day, conv)


def type_on(day: Day) -> None:
    """She types a word and does not send it."""
    conv, mode = day.conversation(), day.mode()
    if conv is not None:
        _type(day, conv, mode)
        day.life.session.pump()


def _type(day: Day, conv: ConversationId, mode: Any) -> None:
    here = day.life.desk.draft(conv, mode).text
    text = f"{here} {day.new_word()}".strip()
    day.life.desk.keep_draft(conv, mode, Words(text, (0, 0)))


def cross_out(day: Day) -> None:
    """She crosses out what she was writing."""
    places = sorted(day.life.store.drafts)
    if not places:
        return
    conv, mode = day.chance.choice(places)
    for word in day.life.desk.draft(conv, mode).text.split():
        day.words[word].dropped = True
    day.life.desk.keep_draft(conv, mode, Words("", (0, 0)))
    day.life.session.pump()


def send_now(day: Day) -> None:
    """She does not wait for the undo time."""
    conv = day.conversation()
    if conv is not None:
        _go(day, conv)


def _go(day: Day, conv: ConversationId) -> None:
    with _her_word(day):
        day.life.desk.send_now(conv)


@contextmanager
def _her_word(day: Day) -> Iterator[None]:
    """Whatever is not held back any more after it goes because she said so."""
    outbox = day.life.store.outbox
    back = (SendState.HELD, SendState.HOLDING)
    held = [p.op.id for p in outbox if p.state in back]
    try:
        yield
    finally:
        for op_id in held:
            pending = outbox.get(op_id)
            if pending is not None and pending.state not in back:
                day.released(op_id)


def undo(day: Day) -> None:
    """She takes back what she did last."""
    with suppress(CannotDo):
        undone = day.life.desk.undo()
        if undone.text is not None:
            day.life.restore(undone.conversation, undone.mode, undone.text)
    day.life.session.pump()


def take_back(day: Day) -> None:
    """She takes something back that has not left; its words become a draft."""
    pending = [p for p in day.life.store.outbox if isinstance(p.op, Send | Note)]
    if not pending:
        return
    one = day.chance.choice(pending)
    if day.life.desk.take_back(one.op.id) is not None:
        day.life.desk.forget(one.op.id)
        assert isinstance(one.op, Send | Note)
        day.life.restore(one.op.conversation, mode_of(one.op), one.op.text)
    day.life.session.pump()


def let_go(day: Day) -> None:
    """She has read, and lets go what was held back."""
    held = [p.op.id for p in day.life.store.outbox if p.state is SendState.HELD]
    with _her_word(day):
        if held and day.chance.random() < 0.5:
            day.life.desk.release(day.chance.choice(held))
        elif held:
            day.life.desk.let_all_go()


def change(day: Day) -> None:
    """She changes the state of a conversation."""
    conv, desk = day.conversation(), day.life.desk
    if conv is None:
        return
    ana, ben = AgentId("ana"), AgentId("ben")
    later = day.clock.now() + timedelta(seconds=day.chance.choice((5, 60, 3600)))
    verbs: list[Callable[[], None]] = [
        lambda: desk.assign(day.chance.choice((ana, ben, None)), conv),
        lambda: desk.assign(ana, conv),
        lambda: desk.snooze(day.chance.choice((later, None)), conv),
        lambda: desk.resolve(conv),
        lambda: desk.reopen(conv),
        lambda: desk.prioritise(day.chance.choice(list(Priority)), conv),
        lambda: desk.label((plain_line(day.chance.choice("ab")),), (plain_line("c"),), conv),
        lambda: desk.label((), (plain_line(day.chance.choice("ab")),), conv),
        lambda: _read(day, conv),
    ]
    with suppress(CannotDo):
        day.chance.choice(verbs)()


def _read(day: Day, conv: ConversationId) -> None:
    shown = day.life.store.get(conv)
    assert shown is not None
    if day.chance.random() < 0.5:
        day.life.desk.mark_read(conv, shown.seq)
    else:
        day.life.desk.selected = conv
        day.life.desk.toggle_unread()


def look(day: Day) -> None:
    """She opens a conversation, or reads further back."""
    conv = day.conversation()
    if conv is None:
        return
    day.life.desk.selected = conv
    thread = day.life.store.threads.get(conv)
    if thread is not None and thread.seqs and day.chance.random() < 0.5:
        day.life.desk.older(conv, thread.seqs[0])
    else:
        day.life.desk.open_thread(conv)


# ── the console's threads ───────────────────────────────────────────────────────────


def breathe(day: Day) -> None:
    """The screen's turn."""
    day.breathe()


def commit(day: Day) -> None:
    """The journal's turn."""
    day.life.disk.commit()


def hear(day: Day) -> None:
    """The link's turn."""
    day.dial()
    day.hear(day.chance.choice((1, 1, 2, 5, 50)))


def serve(day: Day) -> None:
    """The desk's turn."""
    day.serve(day.chance.choice((1, 1, 2, 50)))


def flow(day: Day) -> None:
    """Everybody's turn."""
    day.flow(commit=day.chance.random() < day.disk_speed)


def wait(day: Day) -> None:
    """Some seconds pass."""
    day.wait(day.chance.choice((0.3, 1.0, 3.0, 4.0, 12.0, 16.0, 30.0)))


# ── the others ──────────────────────────────────────────────────────────────────────


def customer(day: Day) -> None:
    """A customer writes; sometimes a lot."""
    if not day.house.up:
        return
    many = 1 if day.chance.random() < 0.8 else day.chance.randint(5, 20)
    for _line in range(many):
        conv = day.favour(day.house.conversations)
        day.house.customer(conv, f"q{day.next_number()}")


def colleague(day: Day) -> None:
    """Ben does something, on the ground of what he saw last."""
    if not day.house.up:
        return
    conv = day.favour(day.house.conversations)
    ver = day.house.book.cases[conv].ver - (day.chance.random() < 0.2)
    op, data = day.chance.choice(
        [
            ("assign", {"agent": day.chance.choice(("ana", "ben", None))}),
            ("snooze", {"until": None, "keep_asleep": False}),
            ("resolve", {}),
            ("reopen", {}),
            ("priority", {"priority": "high"}),
            ("label", {"add": ["b"], "remove": ["a"]}),
            ("send", {"text": f"b{day.next_number()}", "quick_replies": []}),
            ("note", {"text": f"b{day.next_number()}"}),
        ]
    )
    frame = {"frame": "cmd", "id": f"ben-{day.next_number()}", "op": op, "conv": conv}
    day.house.colleague({**frame, "base_ver": ver, "data": data})


# ── what goes wrong ─────────────────────────────────────────────────────────────────


def cut(day: Day) -> None:
    """The line breaks."""
    if day.wire is not None:
        day.wire.cut(day.chance)


def freeze(day: Day) -> None:
    """The line is dead, and nobody can tell."""
    if day.wire is not None:
        day.wire.cut(day.chance, silent=True)


def away(day: Day) -> None:
    """No line for ten minutes and more."""
    cut(day)
    day.hear(50)
    day.breathe()
    for _minute in range(day.chance.choice((5, 11, 11))):
        day.wait(61.0)


def tunnel(day: Day) -> None:
    """No line for a while, and everybody goes on."""
    cut(day)
    day.hear(50)
    day.breathe()
    for _act in range(day.chance.randint(2, 5)):
        day.chance.choice((write, write, customer, colleague, change, wait))(day)
    if day.chance.random() < 0.4:
        restart_desk(day)


def kill(day: Day) -> None:
    """The console is killed, and started again: at once, or later."""
    if day.chance.random() < 0.3:
        day.life.disk.commit()
    day.end_life()


def stop_desk(day: Day) -> None:
    """The desk is killed."""
    if day.house.up:
        day.house.kill()


def restart_desk(day: Day) -> None:
    """The desk is killed and comes back; what it knows of its stream may be gone."""
    if day.house.up:
        day.house.kill()
    day.house.start(day.chance.choice(("kept", "lost", "anew", "anew")))
    if day.chance.random() < 0.3:
        write(day)  # before anybody has noticed


def token_ends(day: Day) -> None:
    """The token expires, or is taken back."""
    if day.chance.random() < 0.5:
        day.house.expire()
    else:
        day.house.revoke()


def log_in(day: Day) -> None:
    """She logs in again."""
    day.log_in()


def another_desk(day: Day) -> None:
    """Another desk answers under the address."""
    day.go_to("d-2" if day.at == "d-1" else "d-1")
    if day.chance.random() < 0.5:
        write(day)  # before anybody has noticed


AGENT: dict[Step, int] = {write: 24, type_on: 3, cross_out: 2, send_now: 5, undo: 4, take_back: 3,
                          let_go: 5, change: 14, look: 6}  # fmt: skip
CONSOLE: dict[Step, int] = {breathe: 16, commit: 10, hear: 16, flow: 24}
OTHERS: dict[Step, int] = {customer: 12, colleague: 10}
TIME: dict[Step, int] = {wait: 12, serve: 16}
FAULTS: dict[Step, int] = {cut: 8, freeze: 2, tunnel: 4, away: 2, kill: 3, stop_desk: 1,
                           restart_desk: 3, token_ends: 1, log_in: 2, another_desk: 2}  # fmt: skip
STEPS: dict[Step, int] = AGENT | CONSOLE | OTHERS | TIME | FAULTS
"""How often each happens."""

NAMED: dict[str, Step] = {step.__name__: step for step in STEPS}
