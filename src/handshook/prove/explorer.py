"""Everything that can happen to two hosts and the network between them, within bounds, nearest first.

A state is what the client knows, what the server knows, which segments are on their way, and what the bounds still
allow. From each, everything is tried that may happen next: any segment arrives, or arrives and leaves a copy behind, or
is lost; a program calls; a time-out goes off; a host loses its memory. Breadth first, so that the first state in which
a property fails is one of the nearest, and the way to it the shortest that shows the fault.
"""

from array import array

from .actions import CALL, DELIVER, FORGE, KEEP, KIND, LOSE, SIDE, WORD16
from .bounds import BITS, MOST, MOST_IN_FLIGHT, OF_A_SIDE, SHARED
from .catalogue import SEGMENTS, Catalogue
from .ending import Ending
from .host import Call
from .properties import Property, judge_pair
from .table import Table

LOW = 0xFFFFFFFF
ONE = 1  # of 64 bits, where C would have 32
LOSSES, COPIES, FORGED = (BITS * SHARED.index(name) for name in ("losses", "copies", "forged"))
# Where the budgets of the client begin and where those of the server, in bits; -1 where a call is free.
BUDGETS = (BITS * len(SHARED), BITS * (len(SHARED) + len(OF_A_SIDE)))
BUDGET_OF = [-1] * SEGMENTS
for _call, _name in (
    (Call.OPEN, "opens"),
    (Call.SEND, "sends"),
    (Call.SHUTDOWN, "shutdowns"),
    (Call.CLOSE, "closes"),
    (Call.ABORT, "aborts"),
    (Call.TIMEOUT, "timeouts"),
    (Call.CRASH_HIGH, "crashes"),
    (Call.CRASH_LOW, "crashes"),
):
    BUDGET_OF[_call] = BITS * OF_A_SIDE.index(_name)
FIRST_CALL, LAST_CALL = int(Call.OPEN), int(Call.CRASH_LOW)
REST = int(Call.REST)


class Explorer:
    """One exploration. `found` has for each property that fails the state at hand and what then happened to it.

    `expanded` of the states in the table have been gone on from; `cut` is how often a segment more would have been in
    the network than the bounds let be; `ways` how often something was tried. What is `exempt` may fail.
    """

    __slots__ = (
        "_after",
        "_destinations",
        "_judged",
        "_most",
        "_moves",
        "_net",
        "_possible",
        "_room",
        "catalogue",
        "cut",
        "ending",
        "exempt",
        "expanded",
        "found",
        "table",
        "ways",
    )

    def __init__(self, catalogue: Catalogue, exempt: tuple[Property, ...] = ()) -> None:
        bounds = catalogue.bounds
        self.catalogue = catalogue
        self.exempt = exempt
        self.ending = Ending(catalogue)
        self.table = Table()
        self.found: dict[Property, tuple[int, int]] = {}
        self.expanded = self.cut = self.ways = self._after = 0
        self._moves = catalogue.moves
        self._destinations = catalogue.destinations
        self._possible = catalogue.possible
        self._judged: set[int] = set()
        self._most = bounds.in_flight
        self._net = array("I", [0]) * (MOST_IN_FLIGHT + 1)
        self._room = array("I", [0]) * (2 * MOST_IN_FLIGHT + 64)
        client, server = catalogue.roots
        self._enter(server << 32 | client, bounds.packed(), 0, 0, 0, 0)

    def expand(self, most: int) -> int:
        """Go on from at most so many states; returns from how many."""
        first = self.expanded
        last = min(first + most, self.table.size)
        for place in range(first, last):
            self._expand(place)
        self.expanded = last
        return last - first

    def _expand(self, place: int) -> None:
        """Everything that can happen in one state."""
        w0 = self.table.word(place, 0)
        w1 = self.table.word(place, 1)
        count = self._unpack(place)
        last = 0
        for i in range(count):
            segment = self._net[i]
            if segment == last:
                continue  # another copy of the same
            last = segment
            side: int = self._destinations[segment]
            sent = self._move(place, DELIVER << KIND | side << SIDE | segment, w0, side, SEGMENTS + segment)
            after = self._after
            self._reach(place, DELIVER << KIND | side << SIDE | segment, after, w1, count, i, sent)
            if w1 >> COPIES & MOST:
                action = KEEP << KIND | side << SIDE | segment
                self._reach(place, action, after, w1 - (ONE << COPIES), count, -1, sent)
            if w1 >> LOSSES & MOST:
                self._reach(place, LOSE << KIND | side << SIDE | segment, w0, w1 - (ONE << LOSSES), count, i, ())
        for side in range(2):
            self._call(place, w0, w1, count, side)
        if w1 >> FORGED & MOST:
            for segment in self.catalogue.strangers:
                action = FORGE << KIND | 1 << SIDE | segment
                self._reach(place, action, w0, w1 - (ONE << FORGED), count, -1, (segment,))

    def _call(self, place: int, w0: int, w1: int, count: int, side: int) -> None:
        """What the program of one host, its clock and fate can do."""
        state = w0 >> 32 if side else w0 & LOW
        possible: int = self._possible[state]
        for call in range(FIRST_CALL, LAST_CALL + 1):
            if not possible >> call & 1:
                continue
            if call == REST:
                self._rest(place, w0, w1, side)
                continue
            budget: int = BUDGET_OF[call]
            left = w1
            if budget >= 0:
                budget += BUDGETS[side]
                if not w1 >> budget & MOST:
                    continue
                left = w1 - (ONE << budget)
            action = CALL << KIND | side << SIDE | call
            sent = self._move(place, action, w0, side, call)
            self._reach(place, action, self._after, left, count, -1, sent)

    def _rest(self, place: int, w0: int, w1: int, side: int) -> None:
        """TIME-WAIT ends; what the old connection had in the network is gone by then."""
        state, peer = (w0 >> 32, w0 & LOW) if side else (w0 & LOW, w0 >> 32)
        gone = self.catalogue.outlived(state, peer)
        if gone < 0:
            return
        stamps = self.catalogue.stamps
        action = CALL << KIND | side << SIDE | REST
        sent = self._move(place, action, w0, side, REST)
        kept = 0
        for i in range(self._unpack(place)):
            segment = self._net[i]
            if self._destinations[segment] == side and stamps[segment] > gone:
                self._net[kept] = segment
                kept += 1
        self._reach(place, action, self._after, w1, kept, -1, sent)
        self._unpack(place)

    def _move(self, place: int, action: int, w0: int, side: int, given: int) -> tuple[int, ...]:
        """One host takes an input: `_after` is then the first word of the next state. Returns what leaves."""
        state = w0 >> 32 if side else w0 & LOW
        move = self._moves[state].get(given)
        if move is None:
            move = self.catalogue.step(state, given)
        after = move[0]
        self._after = (w0 & LOW) | after << 32 if side else (w0 >> 32) << 32 | after
        if move[2] is not None and move[2] not in self.found:
            self.found[move[2]] = (place, action)
        return move[1]

    def _reach(self, place: int, action: int, w0: int, w1: int, count: int, skip: int, sent: tuple[int, ...]) -> None:
        """File what comes of it: the network without the segment at `skip`, with those that were sent."""
        self.ways += 1
        room = self._room
        size = 0
        for i in range(count):
            if i != skip:
                room[size] = self._net[i]
                size += 1
        if size + len(sent) > self._most:
            self.cut += 1
            return
        for segment in sent:
            i = size
            while i > 0 and room[i - 1] > segment:
                room[i] = room[i - 1]
                i -= 1
            room[i] = segment
            size += 1
        w2 = w3 = 0
        for i in range(size):
            if i < 4:
                wide = room[i]
                w2 |= wide << (16 * i)
            else:
                wide = room[i]
                w3 |= wide << (16 * (i - 4))
        self._enter(w0, w1, w2, w3, place, action)

    def _enter(self, w0: int, w1: int, w2: int, w3: int, place: int, action: int) -> None:
        """File a state, and judge it if its two hosts have not met like this before."""
        if self.table.add(w0, w1, w2, w3, place, action) and w0 not in self._judged:
            self._judged.add(w0)
            self._judge(self.table.size - 1, w0)

    def _judge(self, place: int, w0: int) -> None:
        client, server = w0 & LOW, w0 >> 32
        facts = self.catalogue.facts
        for wrong in judge_pair(facts[client], facts[server]):
            if wrong not in self.exempt:
                self.found.setdefault(wrong, (place, -1))
        if Property.AN_END not in self.found and not self.ending.is_there(client, server):
            self.found[Property.AN_END] = (place, -1)

    def _unpack(self, place: int) -> int:
        """The segments that are on their way in a state, into `_net`; returns how many."""
        w2 = self.table.word(place, 2)
        w3 = self.table.word(place, 3)
        count = 0
        while w2:
            self._net[count] = w2 & WORD16
            count += 1
            w2 >>= 16
        while w3:
            self._net[count] = w3 & WORD16
            count += 1
            w3 >>= 16
        return count

    # --- for whoever looks at it ---------------------------------------------------------------------------------

    @property
    def pairs(self) -> int:
        """How many pairs of hosts were judged."""
        return len(self._judged)

    def way_to(self, place: int, action: int = -1) -> list[int]:
        """The actions that lead to a state, and the one that then follows."""
        way = [] if action < 0 else [action]
        while place:
            way.append(self.table.action(place))
            place = self.table.before(place)
        return way[::-1]

    def depth(self, place: int) -> int:
        """How many actions lead to a state."""
        return len(self.way_to(place))
