"""A script of segments against one stack: you are the peer, segment by segment."""

from dataclasses import dataclass

from ..host.listener import Listener
from ..host.stack import Stack
from ..host.step import Step
from ..outcomes import BY_NUMBER, Outcome
from ..tcp.config import Config
from ..tcp.connection import Connection
from ..tcp.states import State
from ..wire.addresses import make_key, pack
from ..wire.build import Builder
from ..wire.flags import NAMES, PSH, flag_names
from ..wire.segment import Segment, parse

STACK4, PEER4 = "198.51.100.2", "198.51.100.1"
STACK6, PEER6 = "2001:db8::2", "2001:db8::1"
_BITS = {name: bit for bit, name in NAMES.items()}
# How many octets of two payloads are shown from their first difference on.
_SHOWN = 16


@dataclass(frozen=True)
class Received:
    """A segment that the stack sent. `seq` is relative to its initial number, `ack` to the script's.

    `time` is when it left, in seconds of virtual time.
    """

    flags: str
    seq: int
    ack: int
    window: int
    data: bytes
    time: float
    segment: Segment
    packet: bytes

    def __str__(self) -> str:
        said = f"{self.flags} seq={self.seq} ack={self.ack} window={self.window}"
        return f"{said} with {len(self.data)} bytes at {self.time:g} s"


# What `expect` can be asked about.
_FIELDS = {*Received.__annotations__, *Segment.__slots__, "length", "options"}


class Script:
    """One peer and one stack, in virtual time.

    `port` is the script's port, `stack_port` the stack's. The script's initial sequence number is `isn`; the stack's is
    learned from its first SYN. With `timestamps` every segment of the script carries them, `tsval` being milliseconds
    of virtual time. `outcome` is what the stack made of the last segment sent.
    """

    def __init__(
        self,
        *,
        config: Config | None = None,
        ipv6: bool = False,
        port: int = 40000,
        stack_port: int = 80,
        isn: int = 1_000_000,
        timestamps: bool = False,
        seed: int = 1,
    ) -> None:
        self.stack = Stack([STACK4, STACK6], config=config, seed=seed)
        self.address, self.stack_address = (PEER6, STACK6) if ipv6 else (PEER4, STACK4)
        self.port = port
        self.stack_port = stack_port
        self.isn = isn
        self.stack_isn: int | None = None
        self.timestamps = timestamps
        self.now = 0.0
        self.outcome = Outcome.NOTHING
        self.steps: list[Step] = []
        self._builder = Builder()
        self._waiting: list[tuple[float, bytes]] = []
        self.stack.observe(self._note)

    # --- time ----------------------------------------------------------------------------------------------------

    def wait(self, seconds: float) -> None:
        """Let time pass, timer by timer."""
        self.at(self.now + seconds)

    def at(self, moment: float) -> None:
        """Go on at that moment of virtual time, which must not have passed; what is due until then happens."""
        if moment < self.now:
            raise ValueError(f"it is {self.now} s, and {moment} s is over")
        end = moment
        while True:
            self._collect()
            due = self.stack.deadline()
            if due is None or due > end:
                break
            self.now = max(self.now, due)
            self.stack.advance(self.now)
        self.now = end
        self.stack.advance(self.now)
        self._collect()

    # --- what the script sends -----------------------------------------------------------------------------------

    def send(
        self,
        flags: str,
        *,
        seq: int = 0,
        ack: int | None = None,
        data: bytes = b"",
        window: int = 65535,
        urgent: int = 0,
        mss: int | None = None,
        scale: int | None = None,
        sack_permitted: bool = False,
        sack: list[tuple[int, int]] | None = None,
        tsval: int | None = None,
        tsecr: int = 0,
    ) -> Outcome:
        """Send one segment; `flags` as in "SYN,ACK". `seq` counts from the script's ISN, `ack` from the stack's.

        `urgent` is the urgent pointer, and counts only with URG. SACK edges count from the stack's ISN too. Returns the
        outcome that the stack gave it. Raises `ValueError` for flags that there are not.
        """
        b = self._builder
        b.begin(4 if len(self._key) == 12 else 6)
        if mss is not None:
            b.add_mss(mss)
        if sack_permitted:
            b.add_sack_permitted()
        if tsval is None and self.timestamps:
            tsval = int(self.now * 1000) + 1
        if tsval is not None:
            b.add_timestamps(tsval & 0xFFFFFFFF, tsecr)
        if scale is not None:
            b.add_scale(scale)
        if sack:
            b.add_sack([(self._theirs(left), self._theirs(right)) for left, right in sack])
        bits = _bits(flags)
        absolute_ack = 0 if ack is None else self._theirs(ack)
        b.urgent = urgent
        packet = b.finish(
            self._key, (self.isn + seq) & 0xFFFFFFFF, absolute_ack, bits, window, data, 0, len(data), len(data), 0
        )
        b.urgent = 0
        return self.send_packet(packet)

    def send_packet(self, packet: bytes) -> Outcome:
        """Send a whole IP packet as it is."""
        before = len(self.steps)
        self.stack.receive(packet, self.now)
        arrived = [step.outcome for step in self.steps[before:] if step.frame is not None]
        self.outcome = arrived[0] if arrived else Outcome.NOTHING
        return self.outcome

    # --- what the stack sends ------------------------------------------------------------------------------------

    def receive(self) -> Received | None:
        """The next segment that the stack has sent, None when there is none."""
        self._collect()
        if not self._waiting:
            return None
        time, packet = self._waiting.pop(0)
        segment = Segment()
        why = parse(packet, 0, False, segment)
        if why:
            raise AssertionError(f"the stack sent a packet that is {BY_NUMBER[why].name}: {packet.hex()}")
        if segment.flags & _BITS["SYN"] and self.stack_isn is None:
            self.stack_isn = segment.seq
        seq = (segment.seq - (self.stack_isn or 0)) & 0xFFFFFFFF
        ack = (segment.ack - self.isn) & 0xFFFFFFFF if segment.flags & _BITS["ACK"] else segment.ack
        return Received(flag_names(segment.flags), seq, ack, segment.window, segment.data, time, segment, packet)

    def expect(self, flags: str, **fields: object) -> Received:
        """The next segment must have these flags and these fields: seq, ack, window, data, time, or any of Segment's.

        Returns it; `AssertionError` says what was different, `ValueError` that there is no such flag or field.
        """
        wanted = _bits(flags)
        if unknown := fields.keys() - _FIELDS:
            raise ValueError(f"a segment has no {', '.join(sorted(unknown))}; known are {', '.join(sorted(_FIELDS))}")
        received = self.receive()
        last = f"the stack's last outcome: {self.outcome.name}"
        assert received is not None, f"expected {flags}, and the stack is silent; {last}"
        found = received.segment.flags
        if not wanted & PSH:
            found &= ~PSH
        assert found == wanted, f"expected {flags}, got {received}; {last}"
        for name, value in fields.items():
            actual = getattr(received, name) if name in Received.__annotations__ else getattr(received.segment, name)
            if actual != value:
                # Not an assert, to which pytest would add both values whole.
                raise AssertionError(f"{received.flags}: {name} {_difference(actual, value)}")
        return received

    def expect_nothing(self) -> None:
        """The stack must have nothing to say."""
        received = self.receive()
        assert received is None, f"expected silence, got {received}"

    # --- ready-made beginnings -------------------------------------------------------------------------------------

    def accepted(self, **options: int | bool | None) -> Connection:
        """Shake hands with a listener of the stack; the connection is ESTABLISHED. `options` go on the script's SYN."""
        listener = self.listening()
        self.send("SYN", seq=0, **options)  # type: ignore[arg-type]
        self.expect("SYN,ACK", seq=0, ack=1)
        self.send("ACK", seq=1, ack=1, tsval=options.get("tsval"))
        connection = listener.accept()
        assert connection is not None
        assert connection.state is State.ESTABLISHED
        return connection

    def connected(self, **options: int | bool | None) -> Connection:
        """Let the stack connect to the script; the connection is ESTABLISHED. `options` go on the script's SYN,ACK."""
        connection = self.connecting()
        self.expect("SYN", seq=0)
        self.send("SYN,ACK", seq=0, ack=1, **options)  # type: ignore[arg-type]
        self.expect("ACK", seq=1, ack=1)
        assert connection.state is State.ESTABLISHED
        return connection

    def listening(self) -> Listener:
        """A listener at the script's `stack_port`."""
        return self.stack.listen(self.stack_port)

    def connecting(self) -> Connection:
        """Have the stack connect to the script; its SYN is the next segment."""
        return self.stack.connect((self.address, self.port), local_port=self.stack_port)

    # --- inside ----------------------------------------------------------------------------------------------------

    @property
    def _key(self) -> bytes:
        return make_key(pack(self.stack_address), pack(self.address), self.stack_port, self.port)

    def _theirs(self, relative: int) -> int:
        return ((self.stack_isn or 0) + relative) & 0xFFFFFFFF

    def _collect(self) -> None:
        self._waiting += [(self.now, packet) for packet in self.stack.transmit(self.now)]

    def _note(self, step: Step) -> None:
        self.steps.append(step)


def _bits(flags: str) -> int:
    """The control bits that "SYN,ACK" names; none of them is "none"."""
    names = [] if flags == "none" else flags.split(",")
    if unknown := [name for name in names if name not in _BITS]:
        said = " and ".join(repr(name) for name in unknown)
        raise ValueError(f"no flag is called {said}; known are {', '.join(_BITS)}, joined as in 'SYN,ACK', or 'none'")
    return sum(_BITS[name] for name in set(names))


def _difference(actual: object, expected: object) -> str:
    """What is different, in a line; payloads by their lengths and from their first difference on."""
    if not isinstance(actual, bytes) or not isinstance(expected, bytes):
        return f"is {actual!r}, expected {expected!r}"
    shorter = min(len(actual), len(expected))
    at = next((at for at in range(shorter) if actual[at] != expected[at]), shorter)
    here, there = actual[at : at + _SHOWN], expected[at : at + _SHOWN]
    return f"has {len(actual)} bytes, expected {len(expected)}; from byte {at} on it is {here!r}, expected {there!r}"
