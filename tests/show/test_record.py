"""Lines for machines."""

import json
from io import StringIO

from hypothesis import given
from hypothesis import strategies as st
from show.script import ENGINE_ISN, KERNEL_ISN, STORIES, served
from show.test_ladder import any_step

from handshook.outcomes import Outcome
from handshook.show.conversation import Conversation
from handshook.show.record import record
from handshook.show.watch import Watcher


def test_a_segment():
    steps = served()
    conversation = Conversation(steps[0])
    rows = [record(conversation.take(step), connection=1, sentence=True) for step in steps]
    sentence = rows[1].pop("sentence")
    assert sentence.startswith("Two things in one")
    assert rows[1] == {
        "time": 100.000112,
        "direction": "out",
        "outcome": "SENT_SYN_ACK",
        "section": "RFC 9293 3.10.7.2",
        "meaning": Outcome.SENT_SYN_ACK.meaning,
        "before": "SYN-RECEIVED",
        "after": "SYN-RECEIVED",
        "connection": 1,
        "elapsed": 0.000112,
        "peer_inferred": "SYN-SENT",
        "local": {"address": "198.51.100.2", "port": 80},
        "remote": {"address": "198.51.100.1", "port": 40112},
        "flags": ["SYN", "ACK"],
        "seq": ENGINE_ISN,
        "ack": KERNEL_ISN + 1,
        "seq_relative": 0,
        "ack_relative": 1,
        "length": 0,
        "window": 65535,
        "window_scaled": 65535,
        "ttl": 64,
        "ecn": 0,
        "options": {"mss": 1460, "scale": 7, "sack_permitted": True, "timestamps": [77001122, 4021334455]},
    }
    assert rows[0]["ack"] is None and rows[0]["ack_relative"] is None
    assert rows[2]["window_scaled"] == 502 * 128
    assert "flags" not in rows[-1] and rows[-1]["direction"] == "timer"


def test_one_line_a_step():
    stream = StringIO()
    watcher = Watcher(stream, json=True)
    watcher.say("not for machines")
    steps = [step for story in STORIES.values() for step in story()]
    for step in steps:
        watcher(step)
    watcher.close()
    rows = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [row["outcome"] for row in rows] == [step.outcome.name for step in steps]
    # The same four-tuple again, and a SYN with the same number: but the first connection was over.
    assert {row["connection"] for row in rows} == {1, 2, 3, 4, 5}


@given(st.lists(any_step(), min_size=1, max_size=6))
def test_json_round_trips(steps):
    conversation = Conversation(steps[0])
    for step in steps:
        row = record(conversation.take(step), connection=1, sentence=True)
        assert json.loads(json.dumps(row)) == row
