"""What makes tests of TCP short: scripts of segments, two hosts on a bad link, and checkers of what must always hold.

    from handshook.testing import Script

    def test_the_third_segment_opens_the_connection():
        t = Script()
        listener = t.stack.listen(80)
        t.send("SYN", seq=0)
        t.expect("SYN,ACK", seq=0, ack=1)
        t.send("ACK", seq=1, ack=1)
        assert listener.accept().state is State.ESTABLISHED

Time is virtual, sequence numbers are relative to each side's initial one, and nothing depends on the machine's speed.

    Script      you are one stack's peer, segment by segment                                    (script.py)
    Pair        two hosts, a link that impairs packets, a transfer each way                     (pair.py)
    World       a scenario of hosts, path, connections and misfortunes, played and judged       (world.py, scenario.py)
    RoughLink   the path of such a scenario, for hosts of your own                              (network.py)
    Witness     works out from the packets alone what may have been accepted                    (witness.py)
    check, check_idle    what must hold for a connection at any time, and for a stack at the end (invariants.py)

`python -m handshook.testing.campaign` tries as many random scenarios as there is time for. docs/testing.md shows all.
"""

from ..wire.offload import cut
from .invariants import check, check_idle
from .liar import Liar
from .network import RoughLink, Weather
from .pair import Pair, Transfer, random_pair
from .program import Leaving, Manner, Program
from .scenario import Plan, Restart, Scenario, random_scenario
from .script import Received, Script
from .witness import Witness
from .world import World

__all__ = [
    "Leaving",
    "Liar",
    "Manner",
    "Pair",
    "Plan",
    "Program",
    "Received",
    "Restart",
    "RoughLink",
    "Scenario",
    "Script",
    "Transfer",
    "Weather",
    "Witness",
    "World",
    "check",
    "check_idle",
    "cut",
    "random_pair",
    "random_scenario",
]
