"""Between the seat and the disk: what is unsent and what is being written, kept and brought back.

The outbox and the drafts say what became different; it goes to the journal as rows. At the next
start the rows become wishes and drafts again, each only where it still belongs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from agent_tui.change import NOTHING, Change, DiskTrouble, Strayed
from agent_tui.clock import Clock
from agent_tui.drafts import Place
from agent_tui.i18n import _
from agent_tui.journal.kept import Found, Kept, KeptDraft, KeptOp, Key, key_of, op_key
from agent_tui.model import NO_TEXT, ContactId, Conversation, OpId, SafeText
from agent_tui.ops import MarkRead
from agent_tui.outbox import Pending
from agent_tui.sanitise import literal, plain_line
from agent_tui.shown import SendState
from agent_tui.store import Store
from agent_tui.strays import Home, stray_of_draft, stray_of_op

TOO_OLD = timedelta(days=3)
"""A desk keeps ids for seven days (protocol §5.1): what may have left longer ago than this is not
asked again, because the desk might not know any more that it has it."""

_UNTOUCHED = frozenset({SendState.HOLDING, SendState.HELD, SendState.FAILED})


@dataclass(frozen=True, slots=True)
class ToKeep:
    """What has to reach the disk."""

    rows: dict[Key, Kept | None] = field(default_factory=dict)
    """By key; None: it is over."""
    ops: tuple[OpId, ...] = ()
    """Those of the rows that are asked for."""
    urgent: bool = False
    """More than drafts: at once."""


def to_keep(store: Store, clock: Clock) -> ToKeep:
    """What became different since last asked."""
    rows: dict[Key, Kept | None] = {}
    ops: list[OpId] = []
    for op_id in store.outbox.take_changed():
        key, pending = op_key(op_id), store.outbox.get(op_id)
        kept = None if pending is None else kept_op(pending, store.desk_id)
        if kept is not None:
            ops.append(op_id)
        if kept is not None or key not in store.strays:
            rows[key] = kept
    for key in store.strays.take_gone():
        rows[key] = None
    urgent = bool(rows)
    for place in store.drafts.take_changed():
        rows |= _draft_rows(store, place, clock)
    return ToKeep(rows, tuple(ops), urgent)


def _draft_rows(store: Store, place: Place, clock: Clock) -> dict[Key, Kept | None]:
    """What becomes different on disk for one draft."""
    conversation, mode = place
    words, before = store.drafts.get(place), store.drafts.kept_as.pop(place, None)
    gone: dict[Key, Kept | None] = {}
    if before is not None and before not in store.strays:
        gone[before] = None
    if words is None:
        return gone
    conv = store.get(conversation)
    kept = KeptDraft(
        conversation=conversation,
        mode=mode,
        words=words,
        desk_id=store.desk_id,
        contact_id=conv.contact_id if conv is not None else ContactId(""),
        contact_name=conv.contact_name if conv is not None else literal(conversation),
        changed_at=clock.now(),
    )
    key = key_of(kept)
    store.drafts.kept_as[place] = key
    return {**gone, key: kept}


def kept_op(pending: Pending, desk_id: str) -> KeptOp | None:
    """A wish as it is kept; None: the desk has it, or losing it costs nobody anything."""
    if pending.settled_at_seq is not None or isinstance(pending.op, MarkRead):
        return None
    before = pending.before
    return KeptOp(
        op=pending.op,
        made_at=pending.made_at,
        desk_id=desk_id,
        epoch=pending.epoch,
        contact_id=before.contact_id,
        contact_name=before.contact_name,
        channel=before.channel,
        state=pending.state if pending.state in _UNTOUCHED else SendState.QUEUED,
        left=pending.left,
        problem=pending.problem,
        order=pending.order,
    )


def bring_back(store: Store, found: Found, clock: Clock) -> Change:
    """Take in what an earlier run left; called once, when the inbox is whole."""
    change = NOTHING
    if found.problems:
        change = Change(news=(DiskTrouble(plain_line(" ".join(found.problems))),))
    before = len(store.strays)
    for draft in found.drafts:
        change |= _draft_back(store, draft)
    for kept in sorted(found.ops, key=lambda one: one.order):
        change |= _op_back(store, kept, clock)
    strays = len(store.strays) - before
    if strays:
        change |= Change(news=(Strayed(strays),))
    change |= store.hold_old(clock.steady())
    return change | Change(news=store.hold_outdated())


def _place_of(store: Store, kept: Kept) -> tuple[Conversation | None, SafeText]:
    """The conversation it belongs to, or why there is none."""
    if kept.desk_id and store.desk_id and kept.desk_id != store.desk_id:
        return None, plain_line(_("it was written at another desk"))
    conversation = kept.op.conversation if isinstance(kept, KeptOp) else kept.conversation
    conv = store.get(conversation)
    if conv is None or kept.contact_id not in {"", conv.contact_id}:
        return None, plain_line(_("the conversation is not at the desk any more"))
    return conv, NO_TEXT


def _draft_back(store: Store, kept: KeptDraft) -> Change:
    conv, why = _place_of(store, kept)
    if conv is None:
        home = Home(kept.desk_id, kept.conversation, kept.contact_id)
        stray = stray_of_draft(home, kept.mode, kept.words, kept.contact_name, why)
        store.strays[stray.key] = stray
        return NOTHING
    place = (conv.id, kept.mode)
    store.drafts.setdefault(place, kept.words)
    store.drafts.kept_as[place] = key_of(kept)
    return Change(conversations=frozenset({conv.id}))


def _op_back(store: Store, kept: KeptOp, clock: Clock) -> Change:
    conv, why = _place_of(store, kept)
    age = max(timedelta(0), clock.now() - kept.made_at)
    if conv is not None and kept.left and age > TOO_OLD:
        conv = None
        why = plain_line(_("it is older than three days"))
    if conv is None and kept.left:
        why = plain_line(_("{why}; it may have been sent: look there first").format(why=why))
    if conv is None:
        stray = stray_of_op(kept.op, kept.contact_name, kept.made_at, why)
        if stray is not None:
            store.strays[stray.key] = stray
        else:
            store.strays.let_go(op_key(kept.op.id))
        return NOTHING
    pending = Pending(
        op=kept.op,
        made_at=kept.made_at,
        since=clock.steady() - age,
        before=conv,
        state=kept.state if kept.state in {SendState.HELD, SendState.FAILED} else SendState.QUEUED,
        problem=kept.problem,
        unsure=kept.left,
        restored=True,
        epoch=kept.epoch,
        saved=True,
    )
    return store.restore(pending)
