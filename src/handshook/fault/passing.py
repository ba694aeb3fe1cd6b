"""One segment on its way through the faults: what has become of it so far, and what else is to be sent."""

from collections.abc import Callable

from ..host.step import Direction, Effect, Injected
from ..wire.addresses import turned
from ..wire.alter import altered
from ..wire.build import Builder
from ..wire.flags import ACK, RST
from ..wire.segment import Segment
from ..wire.word import WORD
from .flow import Flow
from .tally import Tally

IN, OUT = Direction.IN, Direction.OUT
Later = Callable[[float, Callable[[float], None]], None]
Send = Callable[[Direction, Flow, bytes, Injected, float], None]


class Passing:
    """The segment, and the rule whose turn it is.

    `packets` are what goes on instead of it, each with the seconds it is held back: itself at first, none when it is
    dropped. `injected` is the first effect on it. `forged` is sent after it, (way, packet).
    """

    __slots__ = (
        "_later",
        "_send",
        "flow",
        "forged",
        "injected",
        "now",
        "packet",
        "packets",
        "place",
        "segment",
        "tally",
        "way",
    )

    def __init__(
        self, packet: bytes, segment: Segment, flow: Flow, way: Direction, now: float, later: Later, send: Send
    ) -> None:
        self.packet = packet
        self.segment = segment
        self.flow = flow
        self.way = way
        self.now = now
        self.place = flow.ways[way].note(segment)
        self.packets: list[tuple[float, bytes]] = [(0.0, packet)]
        self.forged: list[tuple[Direction, bytes, Injected]] = []
        self.injected: Injected | None = None
        self.tally: Tally | None = None
        self._later = later
        self._send = send

    @property
    def from_us(self) -> bool:
        """Whether it is the engine's."""
        return self.way is OUT

    def drop(self) -> None:
        """It never arrives."""
        self._note(Effect.DROPPED)
        self.packets = []

    def delay(self, seconds: float) -> None:
        """It arrives later."""
        self._note(Effect.DELAYED)
        self.packets = [(held + seconds, packet) for held, packet in self.packets]

    def copy(self) -> None:
        """It arrives twice."""
        self._note(Effect.COPIED)
        self.packets += self.packets

    def replace(self, packet: bytes) -> None:
        """Something else arrives in its place."""
        self._note(Effect.CHANGED)
        self.packets = [(held, packet) for held, _ in self.packets]

    def change(self, **fields: int) -> None:
        """It arrives with other fields; see `wire.alter.altered`."""
        self.replace(altered(self.packet, self.segment, **fields))

    def forge(self, way: Direction, packet: bytes) -> None:
        """A segment that nobody has sent follows it."""
        self.forged.append((way, packet, self._note(Effect.FORGED)))

    def forge_before(self, packet: bytes) -> None:
        """A segment that nobody has sent goes before it, the same way."""
        self._send(self.way, self.flow, packet, self._note(Effect.FORGED), self.now)

    def reset_receiver(self) -> None:
        """A RST as from its sender, which follows it and has just the number that the receiver then expects."""
        segment = self.segment
        self.forge(self.way, rst(segment.key, (segment.seq + segment.length) & WORD, segment.ack))

    def reset_sender(self) -> None:
        """A RST as from its receiver, with the number that the sender expects next."""
        segment = self.segment
        end = (segment.seq + segment.length) & WORD
        seq = segment.ack if segment.flags & ACK else 0
        self.forge(OUT if self.way is IN else IN, rst(turned(segment.key), seq, end))

    def later(self, moment: float, action: Callable[[float], None]) -> None:
        """Calls `action(now)` at that time."""
        self._later(moment, action)

    def send_later(self, tally: Tally, way: Direction, packet: bytes, now: float) -> None:
        """For such an action of this rule: a segment that nobody has sent."""
        injected = Injected(Effect.FORGED, tally.active.rule.text)
        self._send(way, self.flow, packet, injected, now)

    def _note(self, effect: Effect) -> Injected:
        assert self.tally is not None
        injected = Injected(effect, self.tally.active.rule.text)
        if self.injected is None and effect is not Effect.FORGED:
            self.injected = injected
        self.flow.mark(injected)
        return injected


def rst(key: bytes, seq: int, ack: int) -> bytes:
    """A RST in the direction that `key` has in packets."""
    return bare(key, seq, ack, RST | ACK, 0)


def bare(key: bytes, seq: int, ack: int, flags: int, window: int) -> bytes:
    """A segment without options or data, as a packet in the direction that `key` has in packets."""
    builder = Builder()
    builder.begin(4 if len(key) == 12 else 6)
    return builder.finish(turned(key), seq, ack, flags, window, b"", 0, 0, 0, 0)
