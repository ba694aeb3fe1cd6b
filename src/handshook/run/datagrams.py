"""UDP and pings: each flow of the program's has a socket of the machine's, and what that says is said inside.

It stands between the pump and the engine. A datagram from inside is sent by the flow's socket, an answer becomes a
packet; an error that the socket tells becomes the ICMP message that the machine itself was told. A flow that is quiet
is forgotten; so is the one that has been quiet longest, where there are too many.
"""

import errno
import select
import socket
import struct
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from ..io.relay import Loop
from ..link.pump import Engine
from ..wire.addresses import is_unicast, unpack
from ..wire.checksum import checksum
from ..wire.datagram import Datagram, read_datagram, write_datagram
from ..wire.flags import ACK, SYN
from ..wire.framing import Framing
from ..wire.icmp import EchoRequest, Trouble, write_echo_reply, write_error
from ..wire.kinds import PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP
from .learned import DNS_PORT
from .names import Names, socket_address

MOST_FLOWS = 1024
QUIET = 60.0
"""Seconds. RFC 4787 REQ-5 asks NATs for two minutes at least by default, and less for ports such as DNS's; who needs a
flow for longer keeps it alive more often than this."""
MOST_WAITING = 1024
_LARGEST = 1 << 16
# No SYN is longer, with all headers and the options that there is room for, unless it has data, as none has.
_SHORT = 256

TROUBLES = {
    errno.ECONNREFUSED: Trouble.PORT_UNREACHABLE,
    errno.ENETUNREACH: Trouble.NET_UNREACHABLE,
    errno.ENETDOWN: Trouble.NET_UNREACHABLE,
    errno.EHOSTUNREACH: Trouble.HOST_UNREACHABLE,
    errno.EHOSTDOWN: Trouble.HOST_UNREACHABLE,
    errno.EADDRNOTAVAIL: Trouble.HOST_UNREACHABLE,
    errno.EINVAL: Trouble.HOST_UNREACHABLE,
    errno.ENOPROTOOPT: Trouble.PROTOCOL_UNREACHABLE,
    errno.EACCES: Trouble.PROHIBITED,
    errno.EPERM: Trouble.PROHIBITED,
    errno.EAFNOSUPPORT: Trouble.NET_UNREACHABLE,
}
"""What the machine's errors say, in ICMP's words."""

Key = tuple[bytes, bytes, int, int]


@dataclass
class Flow:
    """A socket of the machine's, what it is for, and since when it has been quiet; `asked` is what was sent last."""

    key: Key
    outside: socket.socket
    packet: bytes
    asked: Datagram | EchoRequest
    quiet_since: float = 0.0


class Datagrams:
    """An `Engine` around `engine`, which is given all that is TCP's.

    `own` are the engine's addresses, whose pings it answers itself. `asked(key, isn, now)` hears of every SYN.
    """

    def __init__(
        self,
        engine: Engine,
        framing: Framing,
        names: Names,
        own: set[bytes],
        asked: Callable[[bytes, int, float], object],
    ) -> None:
        self.flows: OrderedDict[Key, Flow] = OrderedDict()
        self.sent = self.received = 0
        self._engine = engine
        self._framing = framing
        self._names = names
        self._own = own
        self._asked = asked
        self._loop: Loop | None = None
        self._leaving: list[bytes] = []

    def begin(self, loop: Loop) -> None:
        """Let the loop say when a socket has an answer."""
        self._loop = loop

    def close(self) -> None:
        """Forget every flow."""
        while self.flows:
            self._forget(next(iter(self.flows.values())))

    # --- what the pump asks ------------------------------------------------------------------------------------

    def receive_many(self, frames: list[bytes], now: float) -> None:
        start = self._framing.headroom
        at4, at6 = start + 9, start + 6
        passed = []
        for frame in frames:
            if len(frame) <= at4 or frame[at4 if frame[start] < 0x60 else at6] == PROTOCOL_TCP:
                # Nearly all of it.
                if len(frame) < _SHORT:
                    self._look_for_syn(frame, start, now)
                passed.append(frame)
            elif not self._take(frame[start:], now):
                passed.append(frame)
        if passed:
            self._engine.receive_many(passed, now)

    def transmit(self, now: float) -> list[bytes]:
        frames = self._engine.transmit(now)
        if self._leaving:
            frames = frames + self._leaving
            self._leaving = []
        return frames

    def deadline(self) -> float | None:
        # Whatever is in the past is due.
        return 0.0 if self._leaving else self._engine.deadline()

    def advance(self, now: float) -> None:
        self._engine.advance(now)

    @property
    def news(self) -> bool:
        return self._engine.news

    # --- from inside -------------------------------------------------------------------------------------------

    def _look_for_syn(self, frame: bytes, start: int, now: float) -> None:
        """Tell of what the program's kernel asks for, before anybody may lose it."""
        wide = frame[start] >= 0x60
        at = start + (40 if wide else (frame[start] & 15) * 4)
        if len(frame) >= at + 20 and frame[at + 13] & (SYN | ACK) == SYN:
            addresses = frame[start + 8 : start + 40] if wide else frame[start + 12 : start + 20]
            self._asked(addresses + frame[at : at + 4], int.from_bytes(frame[at + 4 : at + 8], "big"), now)

    def _take(self, packet: bytes, now: float) -> bool:
        """False for what is the engine's."""
        asked = read_datagram(packet)
        if asked is None:
            # ICMP's errors are about the engine's segments; what else is no datagram is nobody's.
            return packet[9 if packet[0] < 0x60 else 6] in (PROTOCOL_ICMP, PROTOCOL_ICMPV6)
        if isinstance(asked, EchoRequest):
            if asked.destination in self._own:
                return False
            key: Key = (asked.source, asked.destination, -1, int.from_bytes(asked.body[:2], "big"))
        else:
            key = (asked.source, asked.destination, asked.source_port, asked.destination_port)
        if not is_unicast(asked.destination):
            return True
        try:
            flow = self.flows.get(key) or self._open(key, asked)
            flow.quiet_since = now
            flow.packet, flow.asked = packet[:_QUOTABLE], asked
            self.flows.move_to_end(key)
            self._send(flow)
        except OSError as error:
            self._complain(error, packet)
        self.forget_quiet(now)
        return True

    def _send(self, flow: Flow) -> None:
        asked = flow.asked
        try:
            if isinstance(asked, Datagram):
                flow.outside.send(asked.data)
            else:
                # All but a raw IPv4 socket fill in the checksum themselves, and users' sockets the identifier.
                kind = 8 if len(asked.source) == 4 else 128
                total = checksum(bytes((kind, 0, 0, 0)) + asked.body)
                flow.outside.send(bytes((kind, 0)) + total.to_bytes(2, "big") + asked.body)
        except BlockingIOError:
            return
        self.sent += 1

    def _open(self, key: Key, asked: Datagram | EchoRequest) -> Flow:
        address = self._names.outside(unpack(asked.destination))
        if address is None:
            raise OSError(errno.EHOSTUNREACH, "an address that nobody has")
        if isinstance(asked, Datagram):
            family, where = socket_address(address, asked.destination_port)
            outside = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        else:
            family, where = socket_address(address, 0)
            outside = _ping_socket(family, key[3])
        try:
            outside.connect(where)
        except OSError:
            outside.close()
            raise
        flow = self.flows[key] = Flow(key, outside, b"", asked)
        assert self._loop is not None
        self._loop.watch(outside.fileno(), select.EPOLLIN, lambda _: self._hear(flow))
        if len(self.flows) > MOST_FLOWS:
            self._forget(next(iter(self.flows.values())))
        return flow

    # --- from outside ------------------------------------------------------------------------------------------

    def _hear(self, flow: Flow) -> None:
        """Everything that waits at a socket, as packets."""
        while len(self._leaving) < MOST_WAITING:
            try:
                data = flow.outside.recv(_LARGEST)
            except BlockingIOError:
                return
            except OSError as error:
                self._complain(error, flow.packet)
                return
            flow.quiet_since = time.monotonic()
            if isinstance(flow.asked, Datagram):
                if flow.key[3] == DNS_PORT:
                    self._names.learned.hear(data)
                answer = Datagram(flow.key[1], flow.key[0], flow.key[3], flow.key[2], data)
                self._leave(write_datagram(answer))
            elif (body := _ping_answer(flow, data)) is not None:
                self._leave(write_echo_reply(EchoRequest(flow.key[0], flow.key[1], body)))
            self.received += 1

    def _complain(self, error: OSError, packet: bytes) -> None:
        """What the machine was told is told inside; what is only this machine's own matter (no memory) is not."""
        trouble = TROUBLES.get(error.errno or 0)
        if trouble is not None:
            self._leave(write_error(trouble, packet))

    def _leave(self, packet: bytes) -> None:
        self._leaving.append((self._framing.header4 if packet[0] < 0x60 else self._framing.header6) + packet)

    # --- afterwards --------------------------------------------------------------------------------------------

    def forget_quiet(self, now: float) -> None:
        """Forget the flows that have been quiet for too long."""
        while self.flows:
            flow = next(iter(self.flows.values()))
            if now - flow.quiet_since < QUIET:
                return
            self._forget(flow)

    def _forget(self, flow: Flow) -> None:
        del self.flows[flow.key]
        assert self._loop is not None
        self._loop.unwatch(flow.outside.fileno())
        flow.outside.close()


# As much of a packet as an ICMP error quotes (RFC 1812 4.3.2.3, RFC 4443 2.4), at most.
_QUOTABLE = 1280
# linux/socket.h, linux/icmp.h
_SOL_RAW = 255
_ICMP_FILTER = 1


def _ping_socket(family: int, identifier: int) -> socket.socket:
    """A socket that pings. Where users may not have one, root may have one that hears every answer.

    Raises PermissionError where there is neither.
    """
    protocol = socket.IPPROTO_ICMP if family == socket.AF_INET else socket.IPPROTO_ICMPV6
    try:
        return socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, protocol)
    except PermissionError:
        raw = socket.socket(family, socket.SOCK_RAW | socket.SOCK_NONBLOCK, protocol)
    if family == socket.AF_INET:
        # One bit for each type that is not to be heard: all but the answers to pings, type 0.
        raw.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("I", 0xFFFFFFFE))
    return raw


def _ping_answer(flow: Flow, message: bytes) -> bytes | None:
    """The body of the answer as the program expects it, None for what is none."""
    raw = flow.outside.type == socket.SOCK_RAW
    if raw and len(flow.key[0]) == 4:
        message = message[(message[0] & 15) * 4 :]
    identifier = flow.key[3].to_bytes(2, "big")
    if len(message) < 8 or message[0] not in (0, 129) or (raw and message[4:6] != identifier):
        return None
    return identifier + message[6:]
