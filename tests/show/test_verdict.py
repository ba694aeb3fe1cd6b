"""A verdict as rows."""

from types import SimpleNamespace

from handshook.outcomes import Outcome
from handshook.show.ink import Canvas
from handshook.show.verdict import draw_verdict


def test_a_verdict_and_its_evidence():
    verdict = SimpleNamespace(
        outcome=Outcome.CONNECT_TIMED_OUT,
        sentence="No answer to any of our 4 SYNs in 15.0 s.",
        evidence={"syns_sent": 4, "waited": 15.00042, "icmp": None},
    )
    assert draw_verdict(verdict, Canvas(80)) == [
        "CONNECT_TIMED_OUT  No answer to any of our 4 SYNs in 15.0 s.",
        "  syns sent 4 · waited 15.0 s",
    ]
