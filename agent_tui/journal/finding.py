"""From rows to what the agent gets back: her requests and texts, and what she has to know."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from agent_tui.i18n import _, ngettext
from agent_tui.journal.fields import Unreadable
from agent_tui.journal.kept import Found, Kept, KeptDraft, KeptOp, key_of
from agent_tui.journal.reading import Damaged, Empty, Newer, Sound, Verdict
from agent_tui.journal.record import ASIDE, Row, make_row
from agent_tui.journal.rescue import Rescued
from agent_tui.journal.rows import spell, understand
from agent_tui.model import SafeText
from agent_tui.ops import Note, Send
from agent_tui.sanitise import plain_line
from agent_tui.shown import SendState


@dataclass(frozen=True, slots=True)
class Content:
    """What rows came to."""

    kept: tuple[Kept, ...] = ()
    rows: tuple[Row, ...] = ()
    """Those that the file has to hold from now on."""
    unclear: int = 0
    """Rows that were not understood; they are kept and told of this once."""
    held: int = 0
    """Texts that may be older than what was done to them last."""
    dropped: int = 0
    """Other requests of which that is so."""


def content_of(verdict: Verdict) -> Content:
    """What is in a file."""
    match verdict:
        case Empty():
            return Content()
        case Sound(rows=rows) | Newer(rows=rows):
            return _understood(rows)
        case Damaged(rescued=rescued):
            return _with_doubtful(_understood(rescued.certain), rescued)


def _understood(rows: tuple[Row, ...]) -> Content:
    """Rows as values; one that is not understood gets a name of its own and stays."""
    kept: list[Kept] = []
    keep: list[Row] = []
    unclear = 0
    for row in rows:
        if row.key.startswith(ASIDE):
            keep.append(row)
            continue
        value = _value(row)
        if value is None:
            unclear += 1
            keep.append(make_row(f"{ASIDE}{row.stamp}:{row.key}", row.stamp, row.body))
        else:
            kept.append(value)
            keep.append(row)
    return Content(tuple(kept), tuple(keep), unclear)


def _value(row: Row) -> Kept | None:
    """What a row says; None: nothing that this version understands."""
    try:
        value = understand(row.body)
    except Unreadable:
        return None
    return value if row.intact and key_of(value) == row.key else None


def _with_doubtful(content: Content, rescued: Rescued) -> Content:
    """Texts that may have been sent or changed since wait for her word; nothing else comes back,
    since nobody would see what it does."""
    kept: list[Kept] = []
    rows: list[Row] = []
    held = dropped = 0
    for row in rescued.doubtful:
        match _value(row):
            case KeptDraft() as draft:
                kept.append(draft)
            case KeptOp(op=Send() | Note()) as text:
                held += 1
                problem = plain_line(
                    _("saved from a damaged file; it may have left already: look before you send")
                )
                kept.append(replace(text, state=SendState.HELD, left=True, problem=problem))
            case _:
                dropped += 1
                continue
        rows.append(make_row(row.key, row.stamp, spell(kept[-1])))
    return replace(
        content,
        kept=(*content.kept, *kept),
        rows=(*content.rows, *rows),
        held=held,
        dropped=dropped,
    )


def found_of(content: Content, problems: tuple[SafeText, ...]) -> Found:
    """What a journal held when it was opened."""
    ops = [kept for kept in content.kept if isinstance(kept, KeptOp)]
    drafts = [kept for kept in content.kept if isinstance(kept, KeptDraft)]
    return Found(
        tuple(sorted(ops, key=lambda kept: (kept.order, kept.made_at, kept.op.id))),
        tuple(sorted(drafts, key=lambda kept: kept.changed_at)),
        problems,
    )


def told(verdict: Verdict, content: Content, file: Path) -> tuple[SafeText, ...]:
    """What the agent has to know; `file` is where that which was not saved can be found."""
    words: list[str] = []
    match verdict:
        case Damaged(rescued=rescued):
            words += _damage(rescued, content)
        case Newer():
            words.append(_("A newer agent-tui wrote down what is unsent; this one only reads it."))
        case Empty() | Sound():
            pass
    if content.unclear:
        words.append(
            ngettext(
                "{count} entry of what is unsent was not understood and is not shown.",
                "{count} entries of what is unsent were not understood and are not shown.",
                content.unclear,
            ).format(count=content.unclear)
        )
    if not words:
        return ()
    words.append(_("File: {file}").format(file=plain_line(file)))
    return tuple(plain_line(line) for line in words)


def _damage(rescued: Rescued, content: Content) -> list[str]:
    saved = len(content.kept)
    words = [
        ngettext(
            "The file of what is unsent was damaged; {count} entry was saved from it.",
            "The file of what is unsent was damaged; {count} entries were saved from it.",
            saved,
        ).format(count=saved)
    ]
    if rescued.missing is None:
        words.append(_("Whether there were more cannot be told: the damaged file is kept."))
    elif rescued.missing:
        words.append(
            ngettext(
                "{count} entry could not be saved: the damaged file is kept.",
                "{count} entries could not be saved: the damaged file is kept.",
                rescued.missing,
            ).format(count=rescued.missing)
        )
    else:
        words.append(_("Nothing was lost; the damaged file is kept."))
    if content.held:
        words.append(
            ngettext(
                "{count} text may have been sent or changed since: it waits until you look at it.",
                "{count} texts may have been sent or changed since: they wait until you look at "
                "them.",
                content.held,
            ).format(count=content.held)
        )
    if content.dropped:
        words.append(
            ngettext(
                "{count} other request is left out, since it may have been done already.",
                "{count} other requests are left out, since they may have been done already.",
                content.dropped,
            ).format(count=content.dropped)
        )
    return words
