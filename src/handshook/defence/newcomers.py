"""Those who have proved their address, on probation: do they use what they have opened?

A finished handshake shows that whoever answers can hear what is sent to its address. What it does next is its own
doing, and counts for or against that address.
"""

from collections import deque

from ..tcp.connection import Connection
from ..wire.addresses import unpack
from ..wire.word import WORD
from .prefix import spell_prefix
from .sketch import HeavyHitters

# How many connections wait to be looked at. Beyond them some are not looked at, which takes 20,000 new ones a second.
MOST_WAITING = 8192
MOST_PEERS = 256
# A host has a whole /64 to choose its IPv6 address from (RFC 4291 2.5.4), so that is the peer.
PEER6 = 64


class Newcomers:
    """Connections that peers have opened, until they are old enough to have been used."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[float, Connection]] = deque()
        self.openings = HeavyHitters(MOST_PEERS)
        self.opened = HeavyHitters(MOST_PEERS)
        self.silent = HeavyHitters(MOST_PEERS)
        self.requests = HeavyHitters(MOST_PEERS)
        self._found: deque[tuple[bytes, Connection]] = deque(maxlen=MOST_WAITING)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, connections: list[Connection], now: float, prefix4: int, prefix6: int) -> None:
        """These were opened since the last time."""
        for connection in connections:
            packed = _remote(connection)
            octets = (prefix4 if len(packed) == 4 else prefix6) >> 3
            self.openings.add(bytes([len(packed)]) + packed[:octets])
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append((now, connection))

    def look(self, before: float) -> tuple[int, int]:
        """Look at those that were opened before a moment; returns how many were never used, and how many were."""
        silent = used = 0
        while self._waiting and self._waiting[0][0] <= before:
            _, connection = self._waiting.popleft()
            peer = peer_of(_remote(connection))
            self.opened.add(peer)
            if is_silent(connection):
                silent += 1
                self.silent.add(peer)
                self._found.append((peer, connection))
            else:
                used += 1
        return silent, used

    def peers(self, least: int) -> list[list[object]]:
        """The heaviest of those who don't use what they open: peer, unused, all."""
        return [
            [spell_peer(peer), count, max(count, self.opened.get(peer))]
            for peer, count, error in self.silent.top(16)
            if count - error >= least
        ]

    def prefixes(self, least: int) -> list[list[object]]:
        """The prefixes that have opened most."""
        return [
            [spell_prefix(key[1:], 8 * (len(key) - 1)), count]
            for key, count, error in self.openings.top(16)
            if count - error >= least
        ]

    def asking(self, least: int) -> list[list[object]]:
        """The peers with most requests."""
        return [[spell_peer(key), count] for key, count, error in self.requests.top(16) if count - error >= least]

    def dismiss(self, peer: str) -> int:
        """Abort what a peer holds without using it; returns how many connections that were."""
        ended = 0
        for found, connection in self._found:
            if spell_peer(found) == peer and connection.error is None and is_silent(connection):
                connection.abort()
                ended += 1
        return ended

    def clear(self) -> None:
        """A new window begins."""
        for each in (self.openings, self.opened, self.silent, self.requests):
            each.clear()
        self._found.clear()


def is_silent(connection: Connection) -> bool:
    """Has the peer neither sent anything nor taken anything? A service that speaks first is used by listening."""
    heard = (connection.rcv_nxt - connection.irs - 1) & WORD
    taken = (connection.snd_una - connection.iss - 1) & WORD
    return not heard and not taken


def peer_of(packed: bytes) -> bytes:
    """Under what a peer is known: its IPv4 address, or the /64 of its IPv6 address."""
    return packed if len(packed) == 4 else packed[: PEER6 // 8] + bytes(8)


def spell_peer(peer: bytes) -> str:
    """A peer as a prefix is written."""
    return unpack(peer) if len(peer) == 4 else f"{unpack(peer)}/{PEER6}"


def _remote(connection: Connection) -> bytes:
    key = connection.key
    return key[: (len(key) - 4) // 2]
