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


def open_script():
    script = Script()
    script.state = State.LISTEN
    script.into(Outcome.SYN_ANSWERED, "S", 0, after=State.SYN_RECEIVED).out(Outcome.SENT_SYN_ACK, "SA", 0, 1)
    return script.into(Outcome.ESTABLISHED_PASSIVE, "A", 1, 1, after=State.ESTABLISHED)


@pytest.mark.parametrize("outcome", [Outcome.SENT_FIN, Outcome.SENT_FIN_AGAIN])
@pytest.mark.parametrize("after", [State.FIN_WAIT_1, State.LAST_ACK])
def test_a_fin_of_ours_with_data_tells_of_both_and_of_the_ack(outcome, after):
    script = open_script().into(Outcome.DATA_ACCEPTED, "PA", 1, 1, data=b"x" * 76)
    script.state = after
    script.out(outcome, "FPA", 1, 77, data=b"y" * 251)
    text = explain(moments(script.steps)[-1])
    assert text.startswith("First 251 bytes, numbers 1 to 251, with ack 77. ")
    assert "number 252" in text


@pytest.mark.parametrize(
    ("outcome", "after"),
    [
        (Outcome.FIN_ACCEPTED, State.CLOSE_WAIT),
        (Outcome.FIN_ACCEPTED, State.CLOSING),
        (Outcome.FIN_ACCEPTED, State.TIME_WAIT),
        (Outcome.FIN_BOTH, State.TIME_WAIT),
    ],
)
def test_a_fin_of_the_peers_with_data_tells_of_both(outcome, after):
    script = open_script().into(outcome, "FPA", 1, 1, after=after, data=b"x" * 194)
    text = explain(moments(script.steps)[-1])
    assert text.startswith("First 194 bytes, numbers 1 to 194, with ack 1. ")
    assert "number 195" in text


def test_the_third_segment_may_carry_data():
    script = Script(local=("198.51.100.2", 49152), remote=("198.51.100.1", 81))
    script.call(Outcome.CALLED_CONNECT, after=State.SYN_SENT).out(Outcome.SENT_SYN, "S", 0)
    script.into(Outcome.ESTABLISHED_ACTIVE, "SA", 0, 1, after=State.ESTABLISHED)
    script.out(Outcome.SENT_DATA, "PA", 1, 1, data=b"x" * 85).out(Outcome.SENT_DATA, "PA", 86, 1, data=b"y")
    assert "The third segment" in said(script.steps, Outcome.SENT_DATA)
    assert "and 85 bytes with it" in said(script.steps, Outcome.SENT_DATA)
    assert "The third segment" not in said(script.steps, Outcome.SENT_DATA, 1)


def test_an_abort_promises_a_rst_only_where_one_is_sent():
    """RFC 9293 3.10.5: none in SYN-SENT, and none once both sides have finished."""

    def aborted(script):
        return explain(moments(script.call(Outcome.CALLED_ABORT, after=State.CLOSED).steps)[-1])

    assert "a RST tells the peer" in aborted(open_script())
    opening = Script()
    opening.call(Outcome.CALLED_CONNECT, after=State.SYN_SENT).out(Outcome.SENT_SYN, "S", 0)
    assert "No RST" in aborted(opening)
    for state in (State.CLOSING, State.LAST_ACK):
        script = open_script()
        script.state = state
        # Called to finish, and the FIN not sent yet: the peer doesn't know.
        assert "a RST tells the peer" in aborted(script)
        script = open_script()
        script.state = state
        script.out(Outcome.SENT_FIN, "FA", 1, 2)
        assert "none is sent" in aborted(script)
    script = open_script()
    script.state = State.TIME_WAIT
    assert "none is sent" in aborted(script)


def test_the_first_numbers_two_reasons():
    assert "a clock, so that late copies from an earlier connection" in said(fetched(), Outcome.SENT_SYN)
    assert "earlier connection" in said(served(), Outcome.SYN_ANSWERED)


def test_time_wait_has_a_length_where_it_is_known():
    steps = served()
    conversation = Conversation(steps[0], msl=30.0)
    known = next(text for step in steps if "2 MSL" in (text := explain(conversation.take(step))))
    assert "We wait 2 MSL (twice 30 s)" in known
    assert "We wait 2 MSL:" in said(steps, Outcome.FIN_BOTH)


def sacked(outcome, *blocks, ack=1000):
    script = open_script()
    own = [tuple((ENGINE_ISN + edge) & 0xFFFFFFFF for edge in block) for block in blocks]
    script.out(Outcome.SENT_DATA, "A", 1, 1, data=b"x" * 1400)
    script.into(outcome, "A", 1, ack, options=[("add_sack", own)])
    return explain(moments(script.steps)[-1])


@pytest.mark.parametrize(
    "outcome", [Outcome.ACKED, Outcome.ACK_NOTHING_NEW, Outcome.DUPLICATE_ACK, Outcome.DATA_ACCEPTED, Outcome.FIN_ACKED]
)
def test_what_sack_says_is_told_with_whatever_it_comes(outcome):
    """RFC 2883 4: the first block reports a copy when it lies below the ack, or within the second."""
    assert sacked(outcome, (500, 700)).endswith("SACK: 200 bytes came twice (D-SACK).")
    within = sacked(outcome, (1100, 1150), (1100, 1200))
    assert within.endswith("SACK: 50 bytes came twice (D-SACK). SACK: 100 bytes beyond the gap have arrived.")
    assert sacked(outcome, (1300, 1400), (1100, 1200)).endswith("SACK: 200 bytes beyond the gap have arrived.")


def test_what_is_not_believed_reports_nothing():
    assert "SACK" not in sacked(Outcome.PAWS_REJECTED, (500, 700))
