"""The brain of a simulated customer: it answers, grows impatient, thanks, and comes to an end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.backends.mock.customers import (
    COMES_BACK_AFTER,
    MOST_NAGS,
    Act,
    AgentTyping,
    AgentWrote,
    Leaves,
    Mood,
    Opened,
    Resolved,
    Says,
    Silence,
    Stimulus,
    StopsTyping,
    Types,
    Waits,
    Woken,
    react,
    script_persona,
    scripted,
)
from agent_tui.backends.mock.persona import Persona, Reply, load_personas
from agent_tui.model import Channel

PERSONAS = load_personas()

ASKER = Persona(
    id="en-asker",
    language="en",
    name="Ash",
    channel=Channel.WHATSAPP,
    address="+49 1555 0100000",
    topic="tracking",
    opening=("hi", "where is it"),
    replies=(Reply(("first",)), Reply(("it is 17",), ("number",)), Reply(("second", "bis"))),
    impatient=("hello?", "anyone?"),
    thanks=("thanks", "bye"),
    comes_back=("me again",),
    patience=100.0,
    typing=10.0,
)
VISITOR = replace(ASKER, channel=Channel.WEBCHAT)


def words(acts: Sequence[Act]) -> list[str]:
    return [act.text for act in acts if isinstance(act, Says)]


def timer(acts: Sequence[Act]) -> float | None:
    """What the reaction asks to be woken after; None: not at all."""
    waits = [act.until_impatient for act in acts if isinstance(act, Waits)]
    assert len(waits) <= 1
    return waits[0] if waits else None


def opened(persona: Persona = ASKER) -> Mood:
    return react(persona, Mood(), Opened(), Random(1))[0]


def told(persona: Persona, mood: Mood, *texts: str) -> tuple[Mood, list[list[str]]]:
    """The mood after the agent has answered with each of `texts`, and what came back."""
    heard = []
    for text in texts:
        mood, acts = react(persona, mood, AgentWrote(text), Random(2))
        heard.append(words(acts))
    return mood, heard


def silences(persona: Persona, mood: Mood, acts: Sequence[Act]) -> Iterator[tuple[Act, ...]]:
    """What she does while nobody ever answers, each time her timer runs out."""
    while (after := timer(acts)) is not None:
        mood, acts = react(persona, mood, Silence(after), Random(3))
        yield tuple(acts)


def test_the_first_line_opens_at_once_and_the_rest_is_typed() -> None:
    mood, acts = react(ASKER, Mood(), Opened(), Random(1))
    assert acts[0] == Says(0.0, "hi")
    assert words(acts) == ["hi", "where is it"]
    assert isinstance(acts[1], Types)
    assert mood.waiting


def test_it_opens_only_once() -> None:
    assert react(ASKER, opened(), Opened(), Random(1)) == (opened(), ())


def test_replies_come_in_turn_then_thanks_then_nothing() -> None:
    mood, heard = told(ASKER, opened(), "a", "b", "c", "d")
    assert heard == [["first"], ["second", "bis"], ["thanks", "bye"], []]
    assert mood.done


def test_a_keyword_is_answered_once_whatever_its_case_and_takes_nobodys_turn() -> None:
    _, heard = told(ASKER, opened(), "a", "The NUMBER, please?", "your number?", "c")
    assert heard == [["first"], ["it is 17"], ["second", "bis"], ["thanks", "bye"]]


def test_a_reply_is_typed_at_her_speed_after_she_has_read() -> None:
    _, acts = react(ASKER, opened(), AgentWrote("x" * 90), Random(2))
    started, finished = acts[0], next(act for act in acts if isinstance(act, Says))
    assert isinstance(started, Types)
    assert started.after >= 90 / 30
    assert finished.after - started.after >= len("first") / ASKER.typing


def test_a_pasted_novel_does_not_take_an_hour() -> None:
    novelist = replace(ASKER, replies=(Reply(("x" * 100_000,)),), typing=1.0)
    _, acts = react(novelist, opened(novelist), AgentWrote("y" * 100_000), Random(2))
    assert next(act.after for act in acts if isinstance(act, Says)) < 120


def test_writing_is_always_announced_and_always_ended() -> None:
    """Between two lines there is exactly one open typing mark, even where she hesitates."""
    hesitated = 0
    for seed in range(60):
        _, acts = react(ASKER, opened(), AgentWrote("hello"), Random(seed))
        typing = False
        for act in acts:
            match act:
                case Types():
                    assert not typing
                    typing = True
                case Says() | StopsTyping():
                    assert typing
                    typing = False
                    hesitated += isinstance(act, StopsTyping)
                case _:
                    assert not typing
    assert hesitated


def test_silence_makes_impatient_ever_more_slowly_and_then_stops() -> None:
    mood, acts = react(ASKER, Mood(), Opened(), Random(1))
    rounds = list(silences(ASKER, mood, acts))
    assert [words(acts) for acts in rounds] == [["hello?"], ["anyone?"], ["hello?"]]
    waits = [timer(acts) for acts in rounds]
    assert waits[0] is not None
    assert waits[1] is not None
    assert 2 * ASKER.patience <= waits[0] < 4 * ASKER.patience <= waits[1]
    assert waits[2] is None


def test_in_a_live_chat_she_leaves_instead_and_an_answer_finds_her_later() -> None:
    mood, acts = react(VISITOR, Mood(), Opened(), Random(1))
    *nags, last = silences(VISITOR, mood, acts)
    assert len(nags) == MOST_NAGS
    assert last == (Leaves(),)
    gone = replace(mood, away=True)
    _, late = react(VISITOR, gone, AgentWrote("sorry"), Random(2))
    _, soon = react(VISITOR, mood, AgentWrote("sorry"), Random(2))
    assert words(late) == words(soon) == ["first"]
    assert late[0] != soon[0]
    assert react(VISITOR, gone, Silence(1e9), Random(2)) == (gone, ())


def test_too_short_a_silence_changes_nothing_and_asks_again() -> None:
    mood = opened()
    assert react(ASKER, mood, Silence(99.0), Random(1)) == (mood, (Waits(100.0),))


def test_an_answer_gives_her_patience_back_and_other_words_for_the_next_time() -> None:
    mood, _ = react(ASKER, opened(), Silence(100.0), Random(1))
    mood, _ = react(ASKER, mood, AgentWrote("soon"), Random(1))
    assert mood.nags == 0
    mood, acts = react(ASKER, mood, Silence(100.0), Random(1))
    assert words(acts) == ["anyone?"]


@pytest.mark.parametrize("stimulus", [AgentTyping(), Woken()])
def test_somebody_writing_or_a_snooze_ending_only_starts_her_wait_anew(stimulus: Stimulus) -> None:
    mood = opened()
    assert react(ASKER, mood, stimulus, Random(1)) == (mood, (Waits(100.0),))
    done, _ = told(ASKER, mood, "a", "b", "c")
    assert react(ASKER, done, stimulus, Random(1)) == (done, ())


def test_after_thanks_silence_never_annoys() -> None:
    mood, _ = told(ASKER, opened(), "a", "b", "c")
    assert react(ASKER, mood, Silence(1e9), Random(1)) == (mood, ())


def test_she_comes_back_at_most_once_in_her_time_and_then_thanks_in_fewer_words() -> None:
    done, _ = told(ASKER, opened(), "a", "b", "c")
    came = 0
    for seed in range(40):
        mood, acts = react(ASKER, done, Resolved(), Random(seed))
        if not mood.came_back:
            assert acts == (Leaves(),)
            continue
        came += 1
        assert words(acts) == ["me again"]
        first = acts[0]
        assert isinstance(first, Types)
        assert COMES_BACK_AFTER[0] <= first.after <= COMES_BACK_AFTER[1]
        mood, heard = told(ASKER, mood, "oh")
        assert heard == [["bye"]]
        assert mood.done
        assert words(react(ASKER, mood, Resolved(), Random(seed))[1]) == []
    assert 20 <= came < 40


def test_resolved_too_early_she_is_quiet_but_goes_on_when_asked() -> None:
    stays = replace(ASKER, comes_back=())
    mood, acts = react(stays, opened(stays), Resolved(), Random(1))
    assert acts == (Leaves(),)
    assert react(stays, mood, Silence(1e9), Random(1)) == (mood, ())
    assert told(stays, mood, "are you still there?")[1] == [["first"]]


def test_whoever_is_written_to_first_waits_for_nothing_until_then() -> None:
    idle = replace(ASKER, opening=(), reason="cart idle 12 min")
    mood, acts = react(idle, Mood(), Opened(), Random(1))
    assert acts == ()
    assert told(idle, mood, "May I help?")[1] == [["first"]]


def test_nothing_to_say_and_no_thanks_is_done_at_once() -> None:
    spam = replace(ASKER, replies=(), thanks=())
    assert opened(spam).done


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: str(persona.id))
def test_every_persona_comes_to_an_end(persona: Persona) -> None:
    """Answered often enough she has said all of her turns, thanks last, and is content."""
    mood, heard = told(persona, opened(persona), *(["ok"] * (len(persona.replies) + 1)))
    assert mood.done
    assert not mood.waiting
    turns = [list(reply.say) for reply in persona.replies if not reply.keywords]
    expected = [*turns, list(persona.thanks)] if persona.thanks else turns
    assert [group for group in heard if group] == expected


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: str(persona.id))
def test_every_keyword_is_heard(persona: Persona) -> None:
    for reply in persona.replies:
        for keyword in reply.keywords:
            _, heard = told(persona, opened(persona), f"… {keyword.upper()} …")
            assert heard == [list(reply.say)], keyword


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: str(persona.id))
def test_every_persona_grows_tired_of_silence_and_stops(persona: Persona) -> None:
    mood, acts = react(persona, Mood(), Opened(), Random(5))
    rounds = list(silences(persona, mood, acts))
    nags = [words(acts) for acts in rounds if words(acts)]
    assert len(nags) == (MOST_NAGS if mood.waiting and persona.impatient else 0)


stimuli = st.one_of(
    st.builds(Opened),
    st.builds(AgentWrote, st.text()),
    st.builds(AgentTyping),
    st.builds(Silence, st.floats(0, 1e6)),
    st.builds(Resolved),
    st.builds(Woken),
)


@given(st.sampled_from(PERSONAS), st.lists(stimuli, max_size=30), st.integers(0, 1000))
def test_whatever_happens_acts_are_in_order_and_the_same_for_a_seed(
    persona: Persona, happens: list[Stimulus], seed: int
) -> None:
    one, two = Random(seed), Random(seed)
    mood = Mood()
    nagged = 0
    for stimulus in happens:
        reaction = react(persona, mood, stimulus, one)
        assert react(persona, mood, stimulus, two) == reaction
        mood, acts = reaction
        times = [act.until_impatient if isinstance(act, Waits) else act.after for act in acts]
        assert all(after >= 0 for after in times)
        assert all(earlier <= later for earlier, later in pairwise(times))
        if isinstance(stimulus, Silence):
            nagged += bool(words(acts))
        elif isinstance(stimulus, AgentWrote | Resolved):
            nagged = 0
        assert nagged <= MOST_NAGS
        assert not (mood.done and mood.waiting)


turns = st.lists(st.tuples(st.sampled_from(["customer", "agent"]), st.text(min_size=1)))


@given(turns)
def test_a_script_keeps_every_customer_line_in_order(talk: list[tuple[str, str]]) -> None:
    groups = scripted(talk)
    assert [line for group in groups for line in group] == [t for w, t in talk if w == "customer"]
    assert all(groups[1:])
    assert bool(groups[0]) == (bool(talk) and talk[0][0] == "customer")


def test_lines_of_one_speaker_in_a_row_belong_together() -> None:
    talk = [("customer", "a"), ("customer", "b"), ("agent", "-"), ("agent", "-"), ("customer", "c")]
    assert scripted(talk) == (("a", "b"), ("c",))
    assert scripted(talk[2:]) == ((), ("c",))


def test_only_two_can_talk_in_a_script() -> None:
    with pytest.raises(ValueError, match="system"):
        scripted([("system", "x")])


def test_real_conversations_are_said_line_by_line(shared: Path) -> None:
    """Answered once a turn, a scripted customer says exactly the lines of the real one."""
    lines = (shared / "retail" / "conversations.jsonl").read_text("utf-8").splitlines()
    talks = [json.loads(line) for line in lines]
    assert talks
    for talk in talks:
        turns = [(turn["from"], turn["text"]) for turn in talk["turns"]]
        persona = script_persona(talk["id"], talk["user_id"], turns)
        assert scripted(turns) == (persona.opening, *(reply.say for reply in persona.replies))
        mood, acts = react(persona, Mood(), Opened(), Random(7))
        heard = words(acts)
        for _ in persona.replies:
            mood, acts = react(persona, mood, AgentWrote("ok"), Random(7))
            heard += words(acts)
        assert heard == [text for who, text in turns if who == "customer"]
        assert mood.done
