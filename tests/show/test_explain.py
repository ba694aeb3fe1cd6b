"""The sentences: one for everything that can happen in a ladder, with this connection's own numbers."""

import re

import pytest
from show.script import ENGINE_ISN, KERNEL_ISN, STORIES, Script, fetched, refused, served, silent

from handshook.outcomes import Outcome
from handshook.show.conversation import Conversation, Moment
from handshook.show.explain import NOT_IN_A_LADDER, explain
from handshook.show.sentences import SENTENCES
from handshook.show.words import Words, duration
from handshook.tcp.states import State


def moments(steps):
    conversation = Conversation(steps[0])
    return [conversation.take(step) for step in steps]


def said(steps, outcome, nth=0):
    return [explain(moment) for moment in moments(steps) if moment.step.outcome is outcome][nth]


def test_every_outcome_has_a_sentence_or_a_reason_to_have_none():
    plain = {key for key in SENTENCES if isinstance(key, Outcome)}
    assert plain | set(NOT_IN_A_LADDER) == set(Outcome)
    assert not plain & set(NOT_IN_A_LADDER)


def test_every_name_in_a_sentence_is_known():
    known = set(Words(Moment(served()[0])))
    for template in SENTENCES.values():
        assert set(re.findall(r"{(\w+)}", template)) <= known


@pytest.mark.parametrize("outcome", Outcome)
def test_a_sentence_needs_nothing_that_may_be_missing(outcome):
    script = Script()
    script.into(outcome, "PA", 1, 1, data=b"data").out(outcome, "R", 1).timer(outcome).call(outcome)
    for moment in moments(script.steps):
        text = explain(moment)
        assert text[-1] in ".)" and "None" not in text and "{" not in text


@pytest.mark.parametrize("story", STORIES)
def test_sentences_are_short(story):
    for moment in moments(STORIES[story]()):
        flags = moment.segment.flags if moment.segment else 0
        assert len(explain(moment)) <= (330 if flags & 2 else 200), explain(moment)


def test_the_handshake_as_the_server_sees_it():
    steps = served()
    assert f"its numbers start at {KERNEL_ISN}" in said(steps, Outcome.SYN_ANSWERED)
    assert "its ack field (0) is unused" in said(steps, Outcome.SYN_ANSWERED)
    assert "segments up to 1460 bytes (MSS), windows times 128 (WS)" in said(steps, Outcome.SYN_ANSWERED)
    assert f"ack {KERNEL_ISN + 1} = the peer's {KERNEL_ISN} + 1" in said(steps, Outcome.SENT_SYN_ACK)
    assert "Both SYNs have WS, SACK and TS: agreed." in said(steps, Outcome.SENT_SYN_ACK)
    assert f"ack {ENGINE_ISN + 1} = our {ENGINE_ISN} + 1" in said(steps, Outcome.ESTABLISHED_PASSIVE)


def test_the_handshake_as_the_client_sees_it():
    steps = fetched()
    assert "unpredictable" in said(steps, Outcome.SENT_SYN) and "RFC 6528" in said(steps, Outcome.SENT_SYN)
    assert "The third segment" in said(steps, Outcome.SENT_ACK)
    assert "The third segment" not in said(steps, Outcome.SENT_ACK, 1)


def test_data_and_what_becomes_of_it():
    steps = fetched()
    assert "18 bytes, numbers 1 to 18" in said(steps, Outcome.SENT_DATA)
    assert "Numbers 1 to 18 again, try 2" in said(steps, Outcome.SENT_DATA_AGAIN)
    assert "ack 19: 18 bytes more of ours" in said(steps, Outcome.ACKED)
    assert "It starts at 1449, but 1 is still missing" in said(steps, Outcome.DATA_OUT_OF_ORDER)
    assert "SACK: 1448 bytes beyond the gap have arrived." in said(steps, Outcome.SENT_ACK, 1)
    assert "Numbers 1449 to 2896 were here before" in said(steps, Outcome.DUPLICATE_SEGMENT)


def test_the_release():
    steps = served()
    assert "It takes number 1449" in said(steps, Outcome.SENT_FIN)
    assert "with 1450" in said(steps, Outcome.SENT_FIN)
    assert "ack 1450 acknowledges our FIN" in said(steps, Outcome.FIN_BOTH)
    assert "2 MSL" in said(steps, Outcome.FIN_BOTH)
    assert "ack 40 = 39 + 1" in said(steps, Outcome.SENT_ACK)
    assert "2 MSL (60.0 s) have passed" in said(steps, Outcome.TIME_WAIT_OVER)


def test_silence_is_a_fact_and_its_cause_a_guess():
    text = said(silent(), Outcome.CONNECT_TIMED_OUT)
    assert "sent 4 times" in text and "15.0 s" in text and "cannot be told from silence" in text
    assert "No answer in 4.0 s" in said(silent(), Outcome.SENT_SYN_AGAIN, 2)
    script = Script(local=("198.51.100.2", 49152), remote=("198.51.100.1", 81))
    script.call(Outcome.CALLED_CONNECT, after=State.SYN_SENT).out(Outcome.SENT_SYN, "S", 0)
    script.into(Outcome.CONNECTION_REFUSED, "RA", 0, 1, after=State.CLOSED)
    assert "A guess: nothing listens on port 81" in said(script.steps, Outcome.CONNECTION_REFUSED)


def test_why_a_reset_is_sent():
    assert f"ack {KERNEL_ISN + 1} shows which segment" in said(refused(), Outcome.SENT_RST_FOR_NO_ONE)
    script = Script()
    script.state = State.ESTABLISHED
    script.call(Outcome.CALLED_ABORT, after=State.CLOSED).out(Outcome.SENT_RST, "RA", 1, 1)
    assert "Why: the program aborts." in said(script.steps, Outcome.SENT_RST)


def test_durations():
    assert [duration(s) for s in (0.000031, 0.0124, 0.99999, 3, 61)] == [
        "0.031 ms",
        "12.4 ms",
        "1.0 s",
        "3.0 s",
        "61.0 s",
    ]
