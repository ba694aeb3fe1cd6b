"""Every state in which a host was found, by number, and what each input makes of it: the engine is asked once.

Two hosts have nothing in common but the segments between them. So what a host does hangs on its own state and on what
comes, and has to be found out once for each such pair, by the engine itself; the explorer (explorer.py) then puts the
answers together in every order. A host in a state is made by repeating the inputs that led there.
"""

from collections.abc import Iterator

from ..wire.segment import Segment, parse
from ..wire.word import WORD
from .bounds import Bounds
from .host import KEYS, LEVEL, Facts, Host
from .properties import Property, judge_reset
from .variants import WINDOW, Variant, forged

# Inputs: calls by their number, then segments by theirs.
SEGMENTS = 16
MOST_SEGMENTS = 0xFFFF
# A stranger's guess at a number that he has no means to know.
WIDE = 0x1234567
STRANGER = 255  # what he sends is of no connection's time

Move = tuple[int, tuple[int, ...], "Property | None"]
"""What an input makes of a state: the next one, the segments that leave, and what is wrong with them."""


class Catalogue:
    """The states of both hosts. `roots` are those in which nothing has happened yet."""

    def __init__(self, variant: Variant, bounds: Bounds) -> None:
        self.variant = variant
        self.bounds = bounds
        self.facts: list[Facts] = []
        self.possible: list[int] = []
        self.moves: list[dict[int, Move]] = []
        self.frames: list[bytes] = [b""]
        self.destinations: list[int] = [0]
        self.stamps: list[int] = [0]
        self._ways: list[tuple[int, int] | None] = []
        self.others: dict[int, tuple[int, int]] = {}
        self._numbers: dict[tuple[object, ...], int] = {}
        self._segments: dict[tuple[int, bytes, int], int] = {}
        self._segment = Segment()
        self._live: list[tuple[int, Host] | None] = [None, None]
        self.executed = 0
        hosts = [Host(side, variant, bounds) for side in (0, 1)]
        self.roots = (self._file(hosts[0], None), self._file(hosts[1], None))
        self.strangers = self._forge(hosts[1]) if bounds.forged else []

    def __len__(self) -> int:
        return len(self.facts)

    def step(self, state: int, given: int) -> Move:
        """What an input makes of a state."""
        move = self.moves[state].get(given)
        if move is None:
            move = self.moves[state][given] = self._find_out(state, given, self._host_in(state))
        return move

    def _find_out(self, state: int, given: int, host: Host) -> Move:
        """Let the engine do it."""
        self.executed += 1
        frames = self._give(host, given)
        number = self._file(host, (state, given))
        self._live[host.side] = (number, host)
        sent = tuple(self.intern(1 - host.side, frame, len(host.births)) for frame in frames)
        wrong = self._judge(state, given, frames) if given >= SEGMENTS else None
        return number, sent, wrong

    def _judge(self, state: int, given: int, frames: list[bytes]) -> Property | None:
        segments = [_parse(frame) for frame in frames]
        listens = self.facts[state].side == 1 and self.bounds.listens
        fine = judge_reset(self.facts[state], WINDOW, listens, _parse(self.frames[given - SEGMENTS]), segments)
        return None if fine else Property.RESETS

    def _give(self, host: Host, given: int) -> list[bytes]:
        if given < SEGMENTS:
            return host.call(given)
        return host.deliver(self.frames[given - SEGMENTS], self.stamps[given - SEGMENTS])

    def _file(self, host: Host, way: tuple[int, int] | None) -> int:
        """The number of the state that a host is in; `way` is the state and the input that have led there."""
        memory = host.memory()
        number = self._numbers.get(memory)
        if number is None:
            number = self._numbers[memory] = len(self.facts)
            self.facts.append(host.facts())
            self.possible.append(host.possible())
            self.moves.append({})
            self._ways.append(way)
        elif way is not None and way != self._ways[number]:
            self.others[number] = way
        return number

    def intern(self, destination: int, frame: bytes, stamp: int) -> int:
        """The number of a segment; `stamp` is how many connections its sender had begun."""
        known = (destination, frame, stamp)
        number = self._segments.get(known)
        if number is None:
            number = self._segments[known] = len(self.frames)
            if number > MOST_SEGMENTS:
                raise OverflowError(f"more than {MOST_SEGMENTS} different segments: the bounds are too wide")
            self.frames.append(frame)
            self.destinations.append(destination)
            self.stamps.append(stamp)
        return number

    def _forge(self, server: Host) -> list[int]:
        """The segments that a stranger may send; he follows the server's numbers if the variant lets him."""
        wide = 0 if self.variant.guessable else WIDE
        guesses = [(server.number_of(birth) + wide) & WORD for birth in (0, 1)]
        return [self.intern(1, frame, STRANGER) for frame in forged(KEYS[0], (3 * LEVEL) & WORD, guesses)]

    # --- hosts ---------------------------------------------------------------------------------------------------

    def way_to(self, state: int) -> list[int]:
        """The inputs that lead to a state."""
        way = []
        while (step := self._ways[state]) is not None:
            state, given = step
            way.append(given)
        return way[::-1]

    def side_of(self, state: int) -> int:
        """Whose state it is."""
        return self.facts[state].side

    def _host_in(self, state: int) -> Host:
        """A host in this state, for one use."""
        side = self.side_of(state)
        live = self._live[side]
        if live is not None and live[0] == state:
            self._live[side] = None
            return live[1]
        return self.repeat(side, self.way_to(state))

    def repeat(self, side: int, way: list[int]) -> Host:
        """A host to which these inputs have happened."""
        host = Host(side, self.variant, self.bounds)
        for given in way:
            self._give(host, given)
        return host

    def audit(self) -> Iterator[tuple[int, int]]:
        """States met on two ways, and the inputs that have made different things of them: there must be none.

        It is what the catalogue stands on, that equal knowledge does equal things, put to the test.
        """
        for state, (before, given) in list(self.others.items()):
            way = [*self.way_to(before), given]
            for move, known in list(self.moves[state].items()):
                host = self.repeat(self.side_of(state), way)
                if self._find_out(state, move, host) != known:
                    yield state, move

    def is_in(self, host: Host, state: int) -> bool:
        """Is this host in that state?"""
        return self._numbers.get(host.memory()) == state

    # --- TIME-WAIT -------------------------------------------------------------------------------------------------

    def outlived(self, state: int, peer: int) -> int:
        """The stamp up to which the peer's segments are gone when TIME-WAIT ends here; -1 where it can't end yet.

        It lasts longer than its own connection's segments live (RFC 9293 3.4.2), and longer than a peer repeats its FIN
        in vain. Segments of what the peer has begun since may be on their way.
        """
        facts, other = self.facts[state], self.facts[peer]
        irs = facts.opened[-1][1]
        births = [birth for birth, number in enumerate(other.births) if number == irs]
        birth = births[-1] if births else 0
        if other.iss == irs and birth == len(other.births) - 1:
            return -1
        return birth + 1


def _parse(frame: bytes) -> Segment:
    segment = Segment()
    parse(frame, 0, True, segment)
    return segment
