"""Where a connection can stand: each state of RFC 9293 3.3.2, with what in it makes a difference to a segment.

`R` and `W` are RCV.NXT and RCV.WND, `U` and `N` are SND.UNA and SND.NXT, counted from each side's initial number. They
are written down here as the RFC makes them, and compared with what the stack has said by the time it is reached.
"""

from dataclasses import dataclass

from segments import read

from handshook import Config, State
from handshook.testing import Script

WINDOW = 1000
OURS = b"0123456789"
"""What the stack's program sends where data of it is out or waits."""
THEN = 1000
"""TSval of every segment on the way to a place: TS.Recent, where timestamps are agreed on."""

CONFIG = Config(receive_window=WINDOW, window_scale=False, sack=False, congestion="reno", delayed_ack=0)


def stream(first, count):
    """The peer's data: each octet is its own sequence number, so that a wrong piece shows."""
    return bytes((first + i) & 0xFF for i in range(count))


@dataclass(frozen=True)
class Place:
    """A state and its variant. `held` is whether the program still holds the connection, `unread` what it could read,
    `peer_window` what the peer's segments offer, `queued` what the program has handed over and could not leave."""

    state: State
    variant: str
    R: int = 1
    W: int = WINDOW
    U: int = 1
    N: int = 1
    held: bool = True
    unread: int = 0
    peer_window: int = 65535
    queued: bool = False

    @property
    def name(self):
        """`FIN-WAIT-1, let go`."""
        return f"{self.state.rfc_name}, {self.variant}" if self.variant else self.state.rfc_name


CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED = State.CLOSED, State.LISTEN, State.SYN_SENT, State.SYN_RECEIVED
ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2 = State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2
CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT = State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK, State.TIME_WAIT

ALL = [
    Place(CLOSED, "", U=0),
    Place(LISTEN, "", U=0),
    Place(SYN_SENT, "idle", U=0),
    Place(SYN_SENT, "data queued", U=0, queued=True),
    Place(SYN_RECEIVED, "passive", U=0),
    Place(SYN_RECEIVED, "active", U=0),
    Place(SYN_RECEIVED, "data queued", U=0, queued=True),
    Place(SYN_RECEIVED, "let go", U=0, held=False, queued=True),
    Place(ESTABLISHED, "idle"),
    Place(ESTABLISHED, "data out", N=11),
    Place(ESTABLISHED, "shut", R=WINDOW + 1, W=0, unread=WINDOW),
    Place(ESTABLISHED, "peer shut", peer_window=0, queued=True),
    Place(FIN_WAIT_1, "held", N=2),
    Place(FIN_WAIT_1, "let go", N=2, held=False),
    Place(FIN_WAIT_1, "data out", N=12),
    Place(FIN_WAIT_1, "shut", R=WINDOW + 1, W=0, N=2, unread=WINDOW),
    Place(FIN_WAIT_1, "SYN out", U=0, N=2),
    Place(FIN_WAIT_2, "held", U=2, N=2),
    Place(FIN_WAIT_2, "let go", U=2, N=2, held=False),
    Place(FIN_WAIT_2, "shut", R=WINDOW + 1, W=0, U=2, N=2, unread=WINDOW),
    Place(CLOSE_WAIT, "idle", R=2, W=WINDOW - 1),
    Place(CLOSE_WAIT, "data out", R=2, W=WINDOW - 1, N=11),
    Place(CLOSING, "held", R=2, W=WINDOW - 1, N=2),
    Place(CLOSING, "let go", R=2, W=WINDOW - 1, N=2, held=False),
    Place(CLOSING, "data out", R=2, W=WINDOW - 1, N=12),
    Place(LAST_ACK, "held", R=2, W=WINDOW - 1, N=2),
    Place(LAST_ACK, "let go", R=2, W=WINDOW - 1, N=2, held=False),
    Place(LAST_ACK, "data out", R=2, W=WINDOW - 1, N=12),
    Place(TIME_WAIT, "no listener", R=2, W=WINDOW - 1, U=2, N=2),
    Place(TIME_WAIT, "listener", R=2, W=WINDOW - 1, U=2, N=2),
]
BY_NAME = {place.name: place for place in ALL}


class Ground:
    """One stack brought to a place; the peer's side of it is played here.

    `passive` says who began where the place leaves that open. `stamped` is whether timestamps were agreed on: the stack
    always offers them.
    """

    def __init__(self, place, *, ipv6=False, passive=False, stamped=False, config=CONFIG):
        self.place = place
        self.t = Script(config=config, ipv6=ipv6)
        self.stack = self.t.stack
        self.passive = passive
        self.tsval = THEN if stamped else None
        self.connection = None
        self.listener = None
        self.edge = 0
        _WAYS[place.state](self, place.variant)
        assert self.t.receive() is None
        if self.connection is not None:
            assert self.connection.state is place.state
        self.stack.events()

    # --- the peer --------------------------------------------------------------------------------------------------

    def say(self, flags, seq, ack=None, data=b"", window=65535):
        """Send a segment."""
        self.t.send(flags, seq=seq, ack=ack, data=data, window=window, tsval=self.tsval)

    def hear(self, flags, seq, ack=0, data=b""):
        """The stack's next segment must be this one."""
        received = self.t.expect(flags, seq=seq, ack=ack, data=data)
        read(received.packet)
        if ack:
            self.edge = ack + received.window

    # --- the ways --------------------------------------------------------------------------------------------------

    def closed(self, _):
        """Nothing there."""

    def listen(self, _):
        self.listener = self.stack.listen(80)

    def syn_sent(self, variant):
        self.connection = self.t.connecting()
        self.hear("SYN", 0)
        if variant == "data queued":
            self.connection.send(OURS)

    def syn_received(self, variant):
        if variant == "passive":
            self.listen("")
            self.say("SYN", 0)
        else:
            self.syn_sent(variant)
            self.say("SYN", 0)
        self.hear("SYN,ACK", 0, 1)
        if variant == "let go":
            self.connection.send(OURS)
            self.connection.close()

    def established(self, variant):
        if self.passive:
            self.syn_received("passive")
            self.say("ACK", 1, 1)
            self.connection = self.listener.accept()
            self.listener.close()
            self.listener = None
        else:
            self.syn_sent("")
            self.say("SYN,ACK", 0, 1)
            self.hear("ACK", 1, 1)
        if variant == "data out":
            self.connection.send(OURS)
            self.hear("ACK", 1, 1, OURS)
        elif variant == "shut":
            self.say("ACK", 1, 1, stream(1, WINDOW))
            self.t.wait(self.stack.config.delayed_ack)
            self.hear("ACK", 1, WINDOW + 1)
        elif variant == "peer shut":
            self.say("ACK", 1, 1, window=0)
            self.connection.send(OURS)

    def finish(self, variant):
        """The program finishes, and lets go where the variant says so."""
        if variant == "let go":
            self.connection.close()
        else:
            self.connection.shutdown()

    def fin_wait_1(self, variant):
        if variant == "SYN out":
            self.syn_received("active")
            self.finish("")
            self.hear("FIN,ACK", 1, 1)
        elif variant == "data out":
            self.established(variant)
            self.finish(variant)
            self.hear("FIN,ACK", 11, 1)
        else:
            self.established(variant)
            self.finish(variant)
            self.hear("FIN,ACK", 1, WINDOW + 1 if variant == "shut" else 1)

    def fin_wait_2(self, variant):
        self.fin_wait_1(variant)
        self.say("ACK", WINDOW + 1 if variant == "shut" else 1, 2)

    def close_wait(self, variant):
        self.established(variant)
        nxt = 11 if variant == "data out" else 1
        self.say("FIN,ACK", 1, 1)
        self.hear("ACK", nxt, 2)

    def closing(self, variant):
        self.fin_wait_1(variant)
        nxt = 12 if variant == "data out" else 2
        self.say("FIN,ACK", 1, 1)
        self.hear("ACK", nxt, 2)

    def last_ack(self, variant):
        self.close_wait(variant)
        self.finish(variant)
        self.hear("FIN,ACK", 11 if variant == "data out" else 1, 2)

    def time_wait(self, variant):
        self.fin_wait_2("held")
        self.say("FIN,ACK", 1, 2)
        self.hear("ACK", 2, 2)
        if variant == "listener":
            self.listen("")

    # --- what can be seen ------------------------------------------------------------------------------------------

    def state(self):
        """The state of the four-tuple; of the port where the four-tuple has none."""
        entries = self.stack.snapshot()
        assert len(entries) <= 1
        if entries:
            return entries[0].state
        listening = self.listener is not None and not self.listener.closed
        return LISTEN if listening and self.place.state in (LISTEN, SYN_RECEIVED) else CLOSED


_WAYS = {
    CLOSED: Ground.closed,
    LISTEN: Ground.listen,
    SYN_SENT: Ground.syn_sent,
    SYN_RECEIVED: Ground.syn_received,
    ESTABLISHED: Ground.established,
    FIN_WAIT_1: Ground.fin_wait_1,
    FIN_WAIT_2: Ground.fin_wait_2,
    CLOSE_WAIT: Ground.close_wait,
    CLOSING: Ground.closing,
    LAST_ACK: Ground.last_ack,
    TIME_WAIT: Ground.time_wait,
}
