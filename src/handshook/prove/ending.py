"""Does some way lead to where both sides are closed? It is looked for from every pair of hosts that was met.

The way begins with the loss of all that is in the network, which may happen at any time. From then on programs close
what they hold, time-outs go off, and nothing is lost, but what two hosts that disagree go on to tell each other: that
is limited (RFC 5961 7), here to so many segments without a time-out. On the way connections whose peer is gone must be
found out (RFC 9293 3.5.1): nobody's patience ends in so few steps.
"""

from collections.abc import Iterator

from .catalogue import SEGMENTS, Catalogue
from .host import Call

MOST_STEPS = 200
MOST_AT_ONCE = 12


class Ending:
    """What is known of the ends of one catalogue's pairs."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._fine: set[tuple[int, int]] = set()

    def is_there(self, client: int, server: int) -> bool:
        """Can both still come to an end?"""
        passed: list[tuple[int, int]] = []
        for pair in self._walk(client, server):
            if pair in self._fine or not any(self._catalogue.facts[host].busy for host in pair):
                self._fine.update([*passed, pair])
                return True
            passed.append(pair)
        return False

    def _walk(self, client: int, server: int, way: list[tuple[int, int]] | None = None) -> Iterator[tuple[int, int]]:
        """The pairs that are passed with nothing in the network; what happens between them goes to `way`."""
        hosts = [client, server]
        flying: list[int] = []
        at_once = calls = 0
        for _ in range(MOST_STEPS):
            if flying and at_once < MOST_AT_ONCE:
                at_once += 1
                segment = flying.pop(0)
                side, given = self._catalogue.destinations[segment], SEGMENTS + segment
            else:
                flying = []
                at_once = 0
                yield hosts[0], hosts[1]
                calls += 1
                found = self._next(hosts, calls)
                if found is None:
                    return
                side, given = found
            if way is not None:
                way.append((side, given))
            hosts[side], sent, _ = self._catalogue.step(hosts[side], given)
            flying += sent

    def _next(self, hosts: list[int], turn: int) -> tuple[int, int] | None:
        """What happens where nothing is on its way: each side in turn, what brings it on first."""
        # TIME-WAIT is longer than a time-out, and some time-outs wait for its end.
        order = (Call.REST, Call.TIMEOUT) if turn % 4 == 0 else (Call.TIMEOUT, Call.REST)
        for call in (Call.READ, Call.CLOSE, *order):
            for side in (turn % 2, 1 - turn % 2):
                if self._catalogue.possible[hosts[side]] >> call & 1:
                    if call == Call.REST and self._catalogue.outlived(hosts[side], hosts[1 - side]) < 0:
                        continue
                    return side, call
        return None

    def way(self, client: int, server: int) -> list[tuple[int, int]]:
        """The sides and inputs of the way, for whoever wants to see where it leads; as many as fit."""
        way: list[tuple[int, int]] = []
        for pair in self._walk(client, server, way):
            if not any(self._catalogue.facts[host].busy for host in pair):
                break
        return way
