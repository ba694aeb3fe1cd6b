"""An ICMP error is shown as a step of the connection that it is about, with what it says."""

import io
import json

import pytest

from handshook import Outcome, State
from handshook.show.watch import Watcher
from handshook.testing import Script
from handshook.wire.icmp import Trouble, write_error


def told(trouble, **fields):
    """(the last step, its row as JSON, the sentence and the ladder, the connection) of an error that quotes our SYN."""
    script = Script()
    rows, ladder, steps = io.StringIO(), io.StringIO(), []
    script.stack.observe(Watcher(rows, json=True))
    script.stack.observe(Watcher(ladder, sentences=True, width=100))
    connection = script.connecting()
    syn = script.expect("SYN", seq=0).packet
    script.stack.observe(steps.append)
    script.send_packet(write_error(trouble, syn, **fields))
    return steps[-1], json.loads(rows.getvalue().splitlines()[-1]), ladder.getvalue(), connection


def test_one_that_ends_it():
    step, row, ladder, connection = told(Trouble.PORT_UNREACHABLE)
    assert (step.outcome, step.before, step.after) == (Outcome.ICMP_REFUSED, State.SYN_SENT, State.CLOSED)
    assert (step.local, step.remote) == (connection.local, connection.remote)
    assert row["icmp"]
    assert Trouble.PORT_UNREACHABLE.value in ladder


@pytest.mark.parametrize(("trouble", "fields"), [(Trouble.HOST_UNREACHABLE, {}), (Trouble.TOO_BIG, {"mtu": 1000})])
def test_one_that_it_survives(trouble, fields):
    step, row, ladder, connection = told(trouble, **fields)
    assert step.before is step.after is State.SYN_SENT
    assert step.remote == connection.remote
    assert row["icmp"]
    assert trouble.value in ladder
