"""The other side, played by hand: it says what the test tells it to and hears what the engine answers.

    peer = Peer(engine)
    heard = peer.says("S", options=mss(1460))
    assert heard.outcome == Outcome.SYN_ANSWERED
    assert heard.answer.flags == "SA"

Sequence numbers are counted from each side's SYN: `seq=0` is ours, `ack=1` acknowledges theirs.
"""

from dataclasses import dataclass

from segments import MASK, Read, ReadIcmp, packet, read

from handshook import Config, Outcome, Stack

ENGINE4, PEER4 = "198.51.100.2", "198.51.100.1"
ENGINE6, PEER6 = "2001:db8::2", "2001:db8::1"
PEER_ISN = 3_735_928_559

# The outcomes that name what was sent; the rest name what was decided.
SENT = frozenset(outcome for outcome in Outcome if outcome.name.startswith("SENT_"))

QUIET = Config(timestamps=False, sack=False, window_scale=False)


def engine(*, config=QUIET, seed=1, addresses=(ENGINE4, ENGINE6), **more):
    """A stack at the engine's addresses, without options unless the config asks for them."""
    return Stack(addresses, config=config, seed=seed, **more)


@dataclass(frozen=True)
class Heard:
    """What came of one frame: the outcomes that were counted, and what the engine sent."""

    outcomes: dict[Outcome, int]
    answers: list[Read | ReadIcmp]

    @property
    def outcome(self):
        """The one outcome there must be."""
        assert list(self.outcomes.values()) == [1], self.outcomes
        return next(iter(self.outcomes))

    @property
    def answer(self):
        """The one answer there must be."""
        assert len(self.answers) == 1, self.answers
        return self.answers[0]

    def silently(self, outcome):
        """This outcome and no answer."""
        return self.outcome is outcome and not self.answers


def decided(stack):
    """The counters, without those of what was sent."""
    return {outcome: count for outcome, count in stack.counters().items() if outcome not in SENT}


def hear(stack, frame, now=None):
    """Give the stack a frame and collect what it does at once."""
    now = stack.now if now is None else now
    before = decided(stack)
    stack.receive(frame, now)
    answers = [read(sent, stack.framing) for sent in stack.transmit(now)]
    after = decided(stack)
    return Heard({name: n - before.get(name, 0) for name, n in after.items() if n != before.get(name, 0)}, answers)


class Peer:
    """One far end of one connection with a stack."""

    def __init__(self, stack, *, port=40000, to=80, version=4, isn=PEER_ISN, before=b""):
        self.stack = stack
        self.here = (PEER4 if version == 4 else PEER6, port)
        self.there = (ENGINE4 if version == 4 else ENGINE6, to)
        self.isn = isn
        self.their_isn = 0
        self.before = before

    def frame(self, flags, seq=0, ack=None, **fields):
        """What `says` would send."""
        number = 0 if ack is None else self.their_isn + ack
        return self.before + packet(self.here, self.there, flags, seq=self.isn + seq, ack=number & MASK, **fields)

    def says(self, flags, seq=0, ack=None, *, now=None, **fields):
        """Send one segment; what the engine does at once."""
        return hear(self.stack, self.frame(flags, seq, ack, **fields), now)

    def seq_of(self, read):
        """The engine's sequence number, counted from its SYN."""
        return (read.seq - self.their_isn) & MASK

    def ack_of(self, read):
        """What the engine acknowledges, counted from our SYN."""
        return (read.ack - self.isn) & MASK

    # --- ready-made ways into each state ---------------------------------------------------------------------------

    def half_opens(self, **fields):
        """SYN-RECEIVED."""
        answer = self.says("S", **fields).answer
        assert answer.flags == "SA"
        self.their_isn = answer.seq
        return answer

    def opens(self, listener, **fields):
        """ESTABLISHED; returns the connection that the program was handed."""
        self.half_opens(**fields)
        assert self.says("A", 1, 1).outcome is Outcome.ESTABLISHED_PASSIVE
        connection = listener.accept()
        assert connection is not None
        return connection

    def is_called(self, **connect):
        """SYN-SENT on the engine's side, with us as the server at `here`; returns its connection."""
        connection = self.stack.connect(self.here, **connect)
        (sent,) = self.stack.transmit(self.stack.now)
        syn = read(sent, self.stack.framing)
        assert syn.flags == "S"
        self.there = syn.source
        self.their_isn = syn.seq
        return connection
