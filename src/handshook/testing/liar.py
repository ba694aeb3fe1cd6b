"""Someone who lies to both hosts: forged ICMP, forged segments, with numbers that were overheard or only guessed.

What may come of it is laid down: ICMP with a wrong number does nothing, with a right one no more than smaller segments
or a note once a connection is open (RFC 5927); a segment from outside the window is answered at most (RFC 9293
3.10.7.4, RFC 5961), and of one that reaches across the window's edge only what lies inside may be taken: those octets
are the true ones, what follows is not. So a simulation with a liar in it must end like one without, unless the liar
overhears an opening and says that the port is unreachable: that a TCP has to believe.
"""

from dataclasses import dataclass
from random import Random

from ..tcp.connection import Connection
from ..tcp.states import ESTABLISHED
from ..wire.addresses import turned
from ..wire.build import Builder
from ..wire.flags import ACK, FIN, PSH, RST, SYN
from ..wire.icmp import Trouble, write_error
from .network import RoughLink
from .witness import Stream, Witness

HARD = (Trouble.PORT_UNREACHABLE, Trouble.PROTOCOL_UNREACHABLE)
SOFT = (Trouble.NET_UNREACHABLE, Trouble.HOST_UNREACHABLE, Trouble.PROHIBITED, Trouble.TIME_EXCEEDED, Trouble.TOO_BIG)
# (type, code) of what no host of today should send, by IP version: source quench, parameter problem.
STRANGE = {4: ((4, 0), (12, 0)), 6: ((4, 0), (4, 2))}
# Beyond any window that a simulation offers.
FAR = 1 << 27
# How far a forged segment reaches back into the window, or stands beyond its edge.
NEAR = 100


@dataclass
class Liar:
    """Lies about a `share` of the packets that leave. `hard` lets it say the one lie that ends an opening."""

    link: RoughLink
    witness: Witness
    chance: Random
    share: float
    hard: bool = False
    lies: int = 0

    def heard(self, side: int, packet: bytes) -> None:
        """A packet has left; perhaps a lie about it is due."""
        if self.chance.random() >= self.share:
            return
        self.lies += 1
        if self.chance.random() < 0.5:
            self.link.inject(side, self._icmp(packet), self.chance.random() * 0.05)
        else:
            key = _key_of(packet)
            self.link.at(self.link.now + self.chance.random() * 0.05, lambda: self._forge(side, key))

    def _icmp(self, packet: bytes) -> bytes:
        guessed = self.chance.random() < 0.5
        if guessed:
            at = (packet[0] & 15) * 4 + 4 if packet[0] >> 4 == 4 else 44
            number = int.from_bytes(packet[at : at + 4], "big") + FAR + self.chance.randrange(1 << 30)
            packet = packet[:at] + (number & 0xFFFFFFFF).to_bytes(4, "big") + packet[at + 4 :]
        troubles = SOFT + HARD if guessed or self.hard else SOFT
        trouble = self.chance.choice(troubles)
        message = write_error(trouble, packet, mtu=self.chance.choice([0, 68, 552, 1280, 1400, 65535]))
        if self.chance.random() < 0.2:
            version = packet[0] >> 4
            return _restated(message, *self.chance.choice(STRANGE[version]))
        return message

    def _forge(self, side: int, key: bytes) -> None:
        """A segment that side 1 - `side` takes for one of `side`'s, from where its window is not."""
        to = 1 - side
        stream, answers = self.witness.latest(key), self.witness.latest(turned(key))
        if stream is None or answers is None or answers.program is None or self.link.off[to]:
            return
        connection = None if answers.program.lost else answers.program.connection
        if connection is None or connection.state is not ESTABLISHED or connection.irs != stream.isn:
            return
        if self.chance.random() < 0.5:
            packet = self._at_the_edge(key, stream, connection)
        else:
            packet = self._elsewhere(key, stream, connection)
        self.witness.spoken_to(key)
        framing = self.link.ends[to].framing
        self.link.ends[to].receive((framing.header4 if len(key) == 12 else framing.header6) + packet, self.link.now)

    def _at_the_edge(self, key: bytes, stream: Stream, connection: Connection) -> bytes:
        """Across the edge of the window, or just beyond it. All but the number and the text is as in a true segment.

        The edge is the largest that the receiver has told of; it may take back less than a unit (RFC 7323 2.4). Octets
        inside must be some that have been sent: an ACK of others would not be believed. Where the window is shut, a RST
        at its edge is at RCV.NXT, and would be obeyed.
        """
        position, flags = stream.edge, self.chance.choice([ACK, ACK | PSH, ACK | FIN, RST, RST | ACK, SYN, SYN | ACK])
        back = self.chance.randrange(1, NEAR + 1)
        if not flags & (RST | SYN) and stream.program is not None and back <= stream.edge <= stream.sent:
            position -= back
            text = stream.program.manner.data[position : stream.edge]
            text += self.chance.randbytes(self.chance.choice([1, NEAR, 10 * NEAR]))
            stream.arrived(position, stream.edge)
        else:
            position += self.chance.choice([0, 1, NEAR]) + (stream.here == stream.edge)
            text = b"" if flags & (RST | SYN) else self.chance.randbytes(self.chance.choice([1, NEAR]))
        window = min(connection.snd_wnd >> connection.snd_scale, 0xFFFF)
        builder = self._begun(key, connection, 0)
        return _finished(builder, key, stream, position, connection.snd_una, flags, window, text)

    def _elsewhere(self, key: bytes, stream: Stream, connection: Connection) -> bytes:
        """Far from the window, or a RST inside it that is to be challenged."""
        position, flags = self._choose(stream)
        builder = self._begun(key, connection, self.chance.randrange(1 << 16))
        text = b"" if flags & (RST | SYN) else self.chance.randbytes(self.chance.choice([1, 100]))
        acknowledged = (connection.snd_una + self.chance.choice([0, 1, FAR])) & 0xFFFFFFFF
        window = self.chance.choice([0, 65535])
        return _finished(builder, key, stream, position, acknowledged, flags, window, text)

    def _begun(self, key: bytes, connection: Connection, later: int) -> Builder:
        """A segment with its options; its timestamp, as a rule there is one, is so much later than the last one."""
        builder = Builder()
        builder.begin(4 if len(key) == 12 else 6)
        if connection.timestamps and self.chance.random() < 0.8:
            builder.add_timestamps((connection.ts_recent + later) & 0xFFFFFFFF, 0)
        return builder

    def _choose(self, stream: Stream) -> tuple[int, int]:
        """Where the forged segment stands, and its flags."""
        flags = self.chance.choice([ACK, ACK | PSH, ACK | FIN, RST, RST | ACK, SYN, SYN | ACK])
        places = [stream.edge + FAR + self.chance.randrange(1 << 29)]
        if stream.acked >= 200:
            places.append(self.chance.randrange(stream.acked - 150))
        handed = 0 if stream.program is None else stream.program.sent
        if flags & RST and stream.edge > handed + 2:
            # Inside the window, and not the next number: to be challenged (RFC 5961 3.2).
            places.append(stream.edge - 1)
        return self.chance.choice(places), flags


def _finished(
    builder: Builder, key: bytes, stream: Stream, position: int, ack: int, flags: int, window: int, text: bytes
) -> bytes:
    number = (stream.isn + 1 + position) & 0xFFFFFFFF
    return builder.finish(turned(key), number, ack, flags, window, text, 0, len(text), len(text), 0)


def _key_of(packet: bytes) -> bytes:
    """The four-tuple of a TCP packet as it stands in it."""
    if packet[0] >> 4 == 4:
        header = (packet[0] & 15) * 4
        return packet[12:20] + packet[header : header + 4]
    return packet[8:44]


def _restated(message: bytes, kind: int, code: int) -> bytes:
    """The same ICMP packet with another type and code; the checksum follows (RFC 1624 3)."""
    at = 20 if message[0] >> 4 == 4 else 40
    old = int.from_bytes(message[at : at + 2], "big")
    new = kind << 8 | code
    total = (int.from_bytes(message[at + 2 : at + 4], "big") ^ 0xFFFF) + (old ^ 0xFFFF) + new
    total = (total & 0xFFFF) + (total >> 16)
    total = ((total & 0xFFFF) + (total >> 16)) ^ 0xFFFF
    return message[:at] + bytes((kind, code)) + total.to_bytes(2, "big") + message[at + 4 :]
