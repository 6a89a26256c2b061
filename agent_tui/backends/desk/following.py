"""Following a desk's stream (docs/protocol.md §1, §3, §4, §7): a state machine, and nothing else.

It takes decoded frames and says what they mean: what to tell, what to answer, whether the link has
to end. It reads no socket and no clock and waits for nothing, so that a model can drive the same
rules that the console runs. It lives as long as the seat at the desk, over all its links.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, assert_never

from agent_tui.backends.desk import codec
from agent_tui.backends.desk.ending import Ending
from agent_tui.backends.desk.fields import Malformed
from agent_tui.events import Event, Link
from agent_tui.i18n import _
from agent_tui.sanitise import plain_line

MALFORMED_LIMIT: Final = 3
"""Resume once, then a snapshot, then stop (protocol §7)."""
LOST_AFTER: Final = 2
"""Heartbeats without another part after which the rest of a snapshot counts as lost."""
USUAL_BEAT: Final = 10.0
"""Seconds between heartbeats until a welcome says it."""

Resume = tuple[str, int]
"""The stream (its epoch) and the newest event of it that was applied."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a frame comes to. Everything in it is done in the order in which it stands here."""

    events: tuple[Event, ...] = ()
    """To be told, in this order."""
    link: Link | None = None
    """The state of the line, where the frame changed it; told behind the events."""
    send: codec.Heartbeat | None = None
    """To be sent: how far we are."""
    ending: Ending | None = None
    """The link has to end, and why; nothing that comes after it counts."""


class Follower:
    """What is known of one desk's stream. For each link: `hello`, any number of `take`, `lost`."""

    def __init__(self) -> None:
        self._resume: Resume | None = None
        self._welcomed = False
        self._live = False
        self._whole = False
        """The last snapshot came to its end, so that what we have can be resumed."""
        self._next_part = 0
        """The part of a snapshot that has to come now; 0: none."""
        self._at_seq = 0
        """What every part of that snapshot has to say."""
        self._beats = 0
        """Heartbeats since a part of a snapshot came that is not whole yet."""
        self._malformed = 0
        self._go: codec.Go | None = None
        self._hb = USUAL_BEAT

    @property
    def live(self) -> bool:
        """Everything there is has come: the desk may be asked."""
        return self._live

    @property
    def hb(self) -> float:
        """Seconds between the desk's heartbeats; before its welcome the usual ones."""
        return self._hb if self._welcomed else USUAL_BEAT

    @property
    def go(self) -> codec.Go | None:
        """What the desk said before it closes this link."""
        return self._go

    @property
    def seq(self) -> int:
        """The newest event that was applied; 0: none."""
        return self._resume[1] if self._resume else 0

    def hello(self) -> Resume | None:
        """A link has begun: what its first frame asks to resume."""
        return self._resume

    def take(self, frame: codec.Frame) -> Taken:
        """What a frame comes to. An answer (`codec.Res`) comes to nothing here: it is for whoever
        asked."""
        try:
            return self._take(frame)
        except Malformed as error:
            return Taken(ending=self.unreadable(str(error)))

    def unreadable(self, reason: object) -> Ending:
        """The desk sent what is no frame: how the link ends."""
        words = _("the desk sent something unreadable ({reason})").format(reason=reason)
        return self.misunderstood(Ending(plain_line(words)))

    def misunderstood(self, ending: Ending) -> Ending:
        """The two do not understand each other, and `ending` says which: how the link ends."""
        self._malformed += 1
        if self._malformed > 1:
            self._whole = False
        return replace(ending, final=self._malformed >= MALFORMED_LIMIT)

    def healthy(self) -> None:
        """The link has lived long enough: what could not be read before is forgiven."""
        self._malformed = 0

    def lost(self) -> None:
        """The link is over, whatever the reason."""
        self._welcomed = self._live = False
        self._next_part, self._go = 0, None
        if not self._whole:
            self._resume = None

    def _take(self, frame: codec.Frame) -> Taken:
        match frame:
            case codec.Ev():
                return self._event(frame)
            case codec.Sig() | codec.Unknown():
                return Taken((frame.event,))
            case codec.Heartbeat():
                return self._heartbeat(frame)
            case codec.Welcome():
                return self._welcome(frame)
            case codec.Snap():
                return self._snapshot(frame)
            case codec.Go():
                self._go = frame
            case codec.Res() | codec.AuthExpiring():
                pass
            case _:
                assert_never(frame)
        return Taken()

    def _heartbeat(self, frame: codec.Heartbeat) -> Taken:
        if self._live and frame.seq < self.seq:
            raise self._of_another_stream()
        self._beats += bool(self._next_part)
        if (self._live and frame.seq > self.seq) or self._beats >= LOST_AFTER:
            return Taken(ending=_missed())
        return Taken(send=codec.Heartbeat(self.seq))

    def _of_another_stream(self) -> Malformed:
        """The desk has not told yet what we have: it began anew, and did not say so."""
        self._whole = False
        return Malformed("seq")

    def _welcome(self, frame: codec.Welcome) -> Taken:
        resumed = frame.event.resumed
        if resumed and (self._resume is None or self._resume[0] != frame.epoch):
            raise Malformed("mode")
        if resumed and frame.seq < self.seq:
            raise self._of_another_stream()
        self._hb = frame.hb
        self._resume = (frame.epoch, self.seq if resumed else frame.seq)
        self._welcomed = True
        self._live = self._whole = resumed
        self._next_part, self._beats = 0 if resumed else 1, 0
        events: tuple[Event, ...] = (frame.event, *frame.left_out)
        return Taken(events, Link.LIVE if resumed else Link.CATCHING_UP)

    def _snapshot(self, frame: codec.Snap) -> Taken:
        part, parts = frame.event.part, frame.event.parts
        if self._resume is None or part != self._next_part or part > parts:
            raise Malformed("part")
        if part == 1:
            self._at_seq = frame.at_seq
            self._resume = (self._resume[0], frame.at_seq)
        elif frame.at_seq != self._at_seq:
            raise Malformed("at_seq")
        last = part == parts
        self._next_part, self._beats = 0 if last else part + 1, 0
        self._live = self._whole = last
        return Taken((frame.event, *frame.left_out), Link.LIVE if last else None)

    def _event(self, frame: codec.Ev) -> Taken:
        if self._resume is None or not self._welcomed:
            self._whole = False
            return Taken(ending=Ending(plain_line(_("the desk spoke before its welcome"))))
        epoch, seq = self._resume
        if frame.seq <= seq:
            return Taken()
        if frame.seq > seq + 1:
            return Taken(ending=_missed())
        self._resume = (epoch, frame.seq)
        return Taken((frame.event,))


def _missed() -> Ending:
    return Ending(plain_line(_("events were missed; fetching them")))
