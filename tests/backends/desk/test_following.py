"""The rules of following a stream, without a socket: what each frame comes to."""

from __future__ import annotations

import json
from typing import Any

from agent_tui.backends.desk.codec import Heartbeat, decode
from agent_tui.backends.desk.following import MALFORMED_LIMIT, USUAL_BEAT, Follower, Taken
from agent_tui.events import Link, MessageReceived, SnapshotPart, Welcomed

STAMP = "2026-11-23T08:00:00.000Z"


def say(follower: Follower, frame: str, **more: Any) -> Taken:
    """The desk says a frame."""
    return follower.take(decode(json.dumps({"frame": frame, **more})))


def welcome(follower: Follower, seq: int, mode: str = "snapshot", epoch: str = "e1") -> Taken:
    """The desk lets us in."""
    more = {"epoch": epoch, "seq": seq, "hb": 5, "server_time": STAMP, "me": "ana"}
    return say(follower, "welcome", mode=mode, **more)


def snap(follower: Follower, part: int, parts: int, at_seq: int) -> Taken:
    """A part of a snapshot without conversations."""
    return say(follower, "snap", part=part, parts=parts, at_seq=at_seq, conversations=[])


def ev(follower: Follower, seq: int) -> Taken:
    """An event of a kind that this version does not know."""
    return say(follower, "ev", seq=seq, type="poll", data={})


def seated(seq: int = 10) -> Follower:
    """A follower that has everything up to `seq` and is live."""
    follower = Follower()
    assert follower.hello() is None
    welcome(follower, seq)
    snap(follower, 1, 1, seq)
    assert follower.live
    return follower


def test_a_snapshot_is_the_truth_when_its_last_part_is_there() -> None:
    """Until then nothing may be asked, and what came is not resumed."""
    follower = Follower()
    first = welcome(follower, 12)
    assert [type(one) for one in first.events] == [Welcomed] and first.link is Link.CATCHING_UP
    half = snap(follower, 1, 2, 12)
    assert [type(one) for one in half.events] == [SnapshotPart] and half.link is None
    assert not follower.live
    cut = Follower()
    welcome(cut, 12)
    snap(cut, 1, 2, 12)
    cut.lost()
    assert cut.hello() is None
    assert snap(follower, 2, 2, 12).link is Link.LIVE
    follower.lost()
    assert follower.hello() == ("e1", 12)


def test_parts_of_two_snapshots_are_none() -> None:
    """All parts tell of the same point of the stream."""
    follower = Follower()
    welcome(follower, 12)
    snap(follower, 1, 2, 12)
    ending = snap(follower, 2, 2, 13).ending
    assert ending is not None and "at_seq" in ending.words
    follower.lost()
    assert follower.hello() is None


def test_each_event_once_and_none_left_out() -> None:
    """Known ones are dropped; a gap ends the link and is resumed in front of it."""
    follower = seated(10)
    assert len(ev(follower, 11).events) == 1
    assert ev(follower, 11) == ev(follower, 3) == Taken()
    gap = ev(follower, 13)
    assert gap.ending is not None and not gap.ending.final and gap.events == ()
    follower.lost()
    assert not follower.live and follower.hello() == ("e1", 11)


def test_a_heartbeat_is_answered_or_tells_of_a_lost_tail() -> None:
    """Answered with what was applied; one that is ahead ends the link."""
    follower = seated(10)
    assert say(follower, "hb", seq=10).send == Heartbeat(10)
    assert say(follower, "hb", seq=11).ending is not None


def test_nothing_counts_before_the_welcome_of_each_link() -> None:
    """Not even an event whose number would fit: it may be another stream's."""
    follower = seated(10)
    follower.lost()
    assert follower.hello() == ("e1", 10)
    early = ev(follower, 11)
    assert early.events == () and early.ending is not None
    follower.lost()
    assert follower.hello() is None


def test_another_stream_is_never_joined() -> None:
    """A resumption under another epoch is nonsense."""
    follower = seated(10)
    follower.lost()
    assert welcome(follower, 10, "resumed", "e2").ending is not None
    assert not follower.live


def test_nonsense_is_resumed_then_fetched_anew_then_final() -> None:
    """Protocol §7; a link that lived well forgives."""
    follower = seated(10)
    ended = []
    for _link in range(MALFORMED_LIMIT):
        ended.append(follower.unreadable("binary frame").final)
        follower.lost()
        ended.append(follower.hello() is None)
    assert ended == [False, False, False, True, True, True]
    follower = seated(10)
    for _link in range(MALFORMED_LIMIT + 1):
        assert not follower.unreadable("binary frame").final
        follower.lost()
        assert follower.hello() == ("e1", 10)
        welcome(follower, 10, "resumed")
        follower.healthy()


def test_an_answer_is_for_whoever_asked() -> None:
    """The stream has nothing to do with it."""
    follower = seated(10)
    assert say(follower, "res", id="op-1", ok=True, result={"seq": 99}) == Taken()
    assert follower.seq == 10


def test_events_are_told_in_their_order() -> None:
    """A message of the stream comes out as the event it is."""
    follower = seated(10)
    conv = {
        "id": "c-1", "number": 1, "channel": "webchat", "status": "open", "created_at": STAMP,
        "contact": {"id": "p-17", "name": "Noah Brown"}, "last_at": STAMP, "ver": 1, "seq": 11,
    }  # fmt: skip
    line = {
        "id": "m-1", "conv": "c-1", "seq": 11, "at": STAMP, "kind": "text", "text": "hello",
        "author": {"kind": "customer", "id": "p-17", "name": "Noah Brown"},
    }  # fmt: skip
    data = {"conversation": conv, "message": line}
    taken = say(follower, "ev", seq=11, type="message", conv="c-1", data=data)
    assert [type(one) for one in taken.events] == [MessageReceived]
    assert follower.seq == 11


def test_a_quick_heart_is_one_link_s_own() -> None:
    """The next welcome may take longer than this desk's heartbeats: it has the usual time."""
    follower = seated(10)
    assert follower.hb == 5
    follower.lost()
    assert follower.hb == USUAL_BEAT


def test_a_desk_that_has_not_told_yet_what_we_have_began_anew() -> None:
    """In a heartbeat or in a resumption: it is no desk to go on with, and everything is fetched."""
    follower = seated(10)
    behind = say(follower, "hb", seq=9)
    assert behind.send is None and behind.ending is not None and not behind.ending.final
    follower.lost()
    assert follower.hello() is None
    follower = seated(10)
    follower.lost()
    assert welcome(follower, 9, "resumed").ending is not None
    follower.lost()
    assert follower.hello() is None


def test_the_lost_end_of_a_snapshot_is_seen() -> None:
    """A heartbeat may come between two parts; a second one says that no part will come."""
    follower = Follower()
    welcome(follower, 12)
    assert say(follower, "hb", seq=12).ending is None
    snap(follower, 1, 2, 12)
    assert say(follower, "hb", seq=12).ending is None
    assert say(follower, "hb", seq=12).ending is not None
    follower.lost()
    assert follower.hello() is None
