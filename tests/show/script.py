"""Connections written by hand: each call is one step, as the engine would show it to an observer."""

from handshook.host.step import Direction, Step
from handshook.outcomes import Outcome
from handshook.tcp.states import State
from handshook.wire.addresses import make_key, pack
from handshook.wire.build import Builder
from handshook.wire.flags import ACK, FIN, PSH, RST, SYN

ENGINE = ("198.51.100.2", 80)
KERNEL = ("198.51.100.1", 40112)
ENGINE_ISN = 1122334455
KERNEL_ISN = 3735928559
NAMES = {"S": SYN, "A": ACK, "F": FIN, "R": RST, "P": PSH}


def frame(source, destination, flags, seq, ack=0, *, window=502, data=b"", options=(), version=4):
    """One IP packet. `flags` by their letters; `options` as (Builder method, arguments...)."""
    builder = Builder()
    builder.begin(version)
    for name, *arguments in options:
        getattr(builder, name)(*arguments)
    key = make_key(pack(destination[0]), pack(source[0]), destination[1], source[1])
    bits = sum(NAMES[letter] for letter in flags) if isinstance(flags, str) else flags
    mask = 0xFFFFFFFF
    return builder.finish(key, seq & mask, ack & mask, bits, window, data, 0, len(data), 65535, 0)


class Script:
    """Collects the steps of one connection, numbers counted from each side's SYN."""

    def __init__(self, local=ENGINE, remote=KERNEL, local_isn=ENGINE_ISN, remote_isn=KERNEL_ISN, start=100.0):
        self.local, self.remote = local, remote
        self.local_isn, self.remote_isn = local_isn, remote_isn
        self.start = self.time = start
        self.state = State.CLOSED
        self.steps = []

    def at(self, seconds):
        self.time = self.start + seconds
        return self

    def _add(self, direction, outcome, after=None, packet=None):
        before, self.state = self.state, self.state if after is None else after
        self.steps.append(Step(self.time, direction, outcome, before, self.state, self.local, self.remote, packet))
        return self

    def into(self, outcome, flags, seq, ack=None, after=None, **rest):
        ack = 0 if ack is None else self.local_isn + ack
        version = 6 if ":" in self.local[0] else 4
        packet = frame(self.remote, self.local, flags, self.remote_isn + seq, ack, version=version, **rest)
        return self._add(Direction.IN, outcome, after, packet)

    def out(self, outcome, flags, seq, ack=None, after=None, **rest):
        ack = 0 if ack is None else self.remote_isn + ack
        version = 6 if ":" in self.local[0] else 4
        packet = frame(self.local, self.remote, flags, self.local_isn + seq, ack, version=version, **rest)
        return self._add(Direction.OUT, outcome, after, packet)

    def timer(self, outcome, after=None):
        return self._add(Direction.TIMER, outcome, after)

    def call(self, outcome, after=None):
        return self._add(Direction.CALL, outcome, after)


def offer(tsval=4021334455, tsecr=0, shift=7, mss=1460):
    return [("add_mss", mss), ("add_sack_permitted",), ("add_timestamps", tsval, tsecr), ("add_scale", shift)]


def stamp(tsval, tsecr):
    return [("add_timestamps", tsval, tsecr)]


def served(**ends):
    """The kernel's client fetches a page: opened by the peer, closed first by us."""
    s = Script(**ends)
    s.state = State.LISTEN
    u, t = 77001122, 4021334455
    request, page = b"GET / HTTP/1.1\r\nHost: 198.51.100.2\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1429
    s.at(0.0).into(Outcome.SYN_ANSWERED, "S", 0, after=State.SYN_RECEIVED, window=64240, options=offer(t))
    s.at(0.000112).out(Outcome.SENT_SYN_ACK, "SA", 0, 1, window=65535, options=offer(u, t))
    s.at(0.000201).into(Outcome.ESTABLISHED_PASSIVE, "A", 1, 1, after=State.ESTABLISHED, options=stamp(t, u))
    s.at(0.000288).into(Outcome.DATA_ACCEPTED, "PA", 1, 1, data=request, options=stamp(t + 1, u))
    s.at(0.000391).out(Outcome.SENT_DATA, "PA", 1, 1 + len(request), data=page, window=512, options=stamp(u + 1, t + 1))
    s.at(0.000420).call(Outcome.CALLED_CLOSE, after=State.FIN_WAIT_1)
    s.at(0.000431).out(Outcome.SENT_FIN, "FA", 1 + len(page), 1 + len(request), window=512, options=stamp(u + 1, t + 1))
    end, done = 2 + len(page), 1 + len(request)
    s.at(0.000502).into(Outcome.ACKED, "A", done, end - 1, options=stamp(t + 1, u + 1))
    s.at(0.000544).into(Outcome.FIN_BOTH, "FA", done, end, after=State.TIME_WAIT, options=stamp(t + 2, u + 1))
    s.at(0.000570).out(Outcome.SENT_ACK, "A", end, done + 1, window=512, options=stamp(u + 1, t + 2))
    s.at(60.000570).timer(Outcome.TIME_WAIT_OVER, after=State.CLOSED)
    return s.steps


def fetched(**ends):
    """We fetch from a kernel server: opened by us, closed first by the peer, one segment lost on the way."""
    s = Script(local=("198.51.100.2", 49152), remote=("198.51.100.1", 8000), **ends)
    u, t = 55000000, 4021334455
    s.at(0.0).call(Outcome.CALLED_CONNECT, after=State.SYN_SENT)
    s.at(0.000021).out(Outcome.SENT_SYN, "S", 0, window=65535, options=offer(u))
    s.at(0.000093).into(
        Outcome.ESTABLISHED_ACTIVE, "SA", 0, 1, after=State.ESTABLISHED, window=65160, options=offer(t, u)
    )
    s.at(0.000118).out(Outcome.SENT_ACK, "A", 1, 1, window=512, options=stamp(u + 1, t))
    s.at(0.000142).out(Outcome.SENT_DATA, "PA", 1, 1, data=b"GET / HTTP/1.0\r\n\r\n", options=stamp(u + 1, t))
    s.at(0.201).timer(Outcome.RETRANSMISSION_TIMED_OUT)
    s.at(0.201020).out(Outcome.SENT_DATA_AGAIN, "PA", 1, 1, data=b"GET / HTTP/1.0\r\n\r\n", options=stamp(u + 202, t))
    s.at(0.201103).into(Outcome.ACKED, "A", 1, 19, options=stamp(t + 201, u + 202))
    s.at(0.202001).into(Outcome.DATA_OUT_OF_ORDER, "A", 1449, 19, data=b"y" * 1448, options=stamp(t + 202, u + 202))
    s.at(0.202030).out(
        Outcome.SENT_ACK,
        "A",
        19,
        1,
        options=[
            *stamp(u + 203, t + 201),
            ("add_sack", [((KERNEL_ISN + 1449) & 0xFFFFFFFF, (KERNEL_ISN + 2897) & 0xFFFFFFFF)]),
        ],
    )
    s.at(0.202060).into(Outcome.DATA_ACCEPTED, "A", 1, 19, data=b"y" * 1448, options=stamp(t + 202, u + 203))
    s.at(0.202080).out(Outcome.SENT_ACK, "A", 19, 2897, options=stamp(u + 203, t + 202))
    s.at(0.202900).into(Outcome.DUPLICATE_SEGMENT, "A", 1449, 19, data=b"y" * 1448, options=stamp(t + 202, u + 203))
    s.at(0.203).into(Outcome.FIN_ACCEPTED, "FA", 2897, 19, after=State.CLOSE_WAIT, options=stamp(t + 203, u + 203))
    s.at(0.203010).out(Outcome.SENT_ACK, "A", 19, 2898, options=stamp(u + 204, t + 203))
    s.at(0.203020).call(Outcome.CALLED_CLOSE, after=State.LAST_ACK)
    s.at(0.203041).out(Outcome.SENT_FIN, "FA", 19, 2898, options=stamp(u + 204, t + 203))
    s.at(0.203102).into(Outcome.FIN_ACKED, "A", 2898, 20, after=State.CLOSED, options=stamp(t + 203, u + 204))
    return s.steps


def silent():
    """An address that never answers."""
    s = Script(local=("2001:db8::2", 49153), remote=("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 8080))
    s.at(0.0).call(Outcome.CALLED_CONNECT, after=State.SYN_SENT)
    s.at(0.00002).out(Outcome.SENT_SYN, "S", 0, window=65535, options=offer())
    for wait in (1, 3, 7):
        s.at(wait).timer(Outcome.RETRANSMISSION_TIMED_OUT)
        s.at(wait + 0.00002).out(Outcome.SENT_SYN_AGAIN, "S", 0, window=65535, options=offer())
    s.at(15.0).timer(Outcome.CONNECT_TIMED_OUT, after=State.CLOSED)
    return s.steps


def refused():
    """A SYN to a port of ours where nobody listens."""
    s = Script(local=("198.51.100.2", 81))
    s.at(0.0).into(Outcome.CLOSED_PORT_RESET, "S", 0, window=64240, options=offer())
    s.local_isn = 0
    s.at(0.00003).out(Outcome.SENT_RST_FOR_NO_ONE, "RA", 0, 1, window=0)
    return s.steps


def crossed():
    """Both ends close at once, after a SYN that found the queue full and a RST that could be forged."""
    s = Script()
    s.state = State.LISTEN
    s.at(0.0).into(Outcome.DROPPED_SYN_QUEUE_FULL, "S", 0, window=64240, options=[("add_mss", 1460)])
    s.at(1.0).into(Outcome.SYN_ANSWERED, "S", 0, after=State.SYN_RECEIVED, window=64240, options=[("add_mss", 1460)])
    s.at(1.00001).out(Outcome.SENT_SYN_ACK, "SA", 0, 1, window=65535, options=[("add_mss", 1460)])
    s.at(1.0001).into(Outcome.ESTABLISHED_PASSIVE, "A", 1, 1, after=State.ESTABLISHED, window=64240)
    s.at(1.1).into(Outcome.CHALLENGE_ACK, "R", 90, None)
    s.at(1.10001).out(Outcome.SENT_CHALLENGE_ACK, "A", 1, 1, window=65535)
    s.at(1.2).call(Outcome.CALLED_CLOSE, after=State.FIN_WAIT_1)
    s.at(1.20001).out(Outcome.SENT_FIN, "FA", 1, 1, window=65535)
    s.at(1.20002).into(Outcome.FIN_ACCEPTED, "FA", 1, 1, after=State.CLOSING, window=64240)
    s.at(1.20003).out(Outcome.SENT_ACK, "A", 2, 2, window=65535)
    s.at(1.20010).into(Outcome.FIN_ACKED, "A", 2, 2, after=State.TIME_WAIT, window=64240)
    return s.steps


STORIES = {"served": served, "fetched": fetched, "silent": silent, "refused": refused, "crossed": crossed}
