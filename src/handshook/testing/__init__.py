"""What makes tests of TCP short: scripts of segments, two hosts on a bad link, and a checker of what must always hold.

    from handshook.testing import Script

    def test_the_third_segment_opens_the_connection():
        t = Script()
        listener = t.stack.listen(80)
        t.send("SYN", seq=0)
        t.expect("SYN,ACK", seq=0, ack=1)
        t.send("ACK", seq=1, ack=1)
        assert listener.accept().state is State.ESTABLISHED

Time is virtual, sequence numbers are relative to each side's initial one, and nothing depends on the machine's speed.
"""

from .invariants import check, check_idle
from .pair import Pair, Transfer, random_pair
from .script import Received, Script

__all__ = ["Pair", "Received", "Script", "Transfer", "check", "check_idle", "random_pair"]
