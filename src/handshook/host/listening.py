"""Who may come in: SEGMENT ARRIVES in LISTEN, and the half-open entries that come of it (RFC 9293 3.10.7.2).

    SYN -> an entry, and SYN,ACK owed -> its ACK -> a connection in the accept queue
        -> held for the program's word (tcp/held.py)
        -> a cookie, and nothing kept (tcp/cookie.py) -> the ACK that brings it back -> a connection, or held
        -> no room: something goes, and is named (bounds.py, crowding.py)

A listener that holds answers with cookies, too, when there is no room, and the program is asked at the ACK: so what it
is asked about under a flood comes from peers that are real.
"""

from ..outcomes import Outcome
from ..tcp.connection import Connection
from ..tcp.cookie_layout import LIFE
from ..tcp.half_open import HalfOpen
from ..tcp.happened import OPENED
from ..tcp.held import Held
from ..tcp.states import LISTEN
from ..tcp.timeouts import start_keep_alive
from ..wire.flags import ACK, FIN, RST, SYN
from ..wire.segment import Segment, parse
from .crowding import Crowding
from .listener import Listener
from .step import Direction

COOKIE_ACCEPTED = Outcome.COOKIE_ACCEPTED
COOKIE_AHEAD = Outcome.COOKIE_AHEAD
COOKIE_HELD = Outcome.COOKIE_HELD
DROPPED_ACCEPT_QUEUE_FULL = Outcome.DROPPED_ACCEPT_QUEUE_FULL
ESTABLISHED_PASSIVE = Outcome.ESTABLISHED_PASSIVE
FLAGS_NONSENSE = Outcome.FLAGS_NONSENSE
HALF_OPEN_RESET = Outcome.HALF_OPEN_RESET
LISTEN_ACK_RESET = Outcome.LISTEN_ACK_RESET
LISTEN_IGNORED = Outcome.LISTEN_IGNORED
LISTEN_RST_IGNORED = Outcome.LISTEN_RST_IGNORED
NOTHING = Outcome.NOTHING
SYN_ACK_ACK_BAD = Outcome.SYN_ACK_ACK_BAD
SYN_ANSWERED = Outcome.SYN_ANSWERED
SYN_COOKIE = Outcome.SYN_COOKIE
SYN_HELD = Outcome.SYN_HELD

# Data that came with SYNs and waits for their last ACK, in all; beyond it the client repeats it (RFC 9293 3.4).
MOST_HELD = 65536


class Listening(Crowding):
    """The tables, and who is let into them."""

    __slots__ = ()

    def _meet_listener(self, listener: Listener, segment: Segment, resting: bool, now: float) -> int:
        """SEGMENT ARRIVES in LISTEN (RFC 9293 3.10.7.2).

        `resting` says that the four-tuple was in TIME-WAIT: its peer is real, and a cookie could not be made to lie
        beyond the old connection's numbers. So it gets an entry whatever the queue; as in Linux.
        """
        flags = segment.flags
        if flags & SYN and flags & (RST | FIN):
            return FLAGS_NONSENSE
        if flags & RST:
            return LISTEN_RST_IGNORED
        if flags & ACK:
            return self._meet_ack(listener, segment, now)
        if not flags & SYN:
            return LISTEN_IGNORED
        if len(listener.queue) >= listener.backlog:
            return DROPPED_ACCEPT_QUEUE_FULL
        terms = listener.terms
        full = self._bounds.full(listener, segment.key)
        if not resting and (terms.cookies_always or (full and terms.cookies_when_full)):
            if self._answers.room():
                self._answers.add(self._cookies.syn_ack(segment, terms, now))
                listener.cookies_until = now + LIFE
            return SYN_COOKIE
        if full and not (resting and terms.cookies_when_full):
            cached = terms.policy_cache and not listener.hold and not resting
            if not self._make_way(listener, segment.key):
                return self._cache_syn(listener, segment, now) if cached else full
        if listener.hold:
            return self._hold(listener, segment, now)
        key = segment.key
        entry = HalfOpen()
        entry.begin(key, listener, listener.terms, self)
        entry.take_syn(segment, self._isn, now)
        data = segment.data
        if data and len(data) <= entry.window() and self._half_open_held + len(data) <= MOST_HELD:
            entry.hold(data)
            self._half_open_held += len(data)
        self._bounds.enter(listener, key)
        self._queue_up(listener, entry)
        self._flows[key] = entry
        self._make_ready(entry)
        return SYN_ANSWERED

    def _meet_cached(self, listener: Listener, row: int, segment: Segment, now: float) -> int:
        """A segment for a four-tuple that has a row in the SYN cache."""
        entry = self._cache.stand_up(row, listener, listener.terms)
        outcome = entry.arrive(segment, now)
        if outcome == ESTABLISHED_PASSIVE:
            if len(listener.queue) < listener.backlog:
                self._cache.clear(row)
                return self._open(entry, listener, segment, NOTHING, now)
            outcome = DROPPED_ACCEPT_QUEUE_FULL
        elif outcome == HALF_OPEN_RESET:
            self._cache.clear(row)
        else:
            self._cache.lay(entry)
            self._make_ready(entry)
            if outcome == SYN_ACK_ACK_BAD:
                self._answers.reset(segment)
        if self._watched:
            self._observers.show_flow(self.now, Direction.IN, outcome, entry, segment.frame)
        return outcome

    def _hold(self, listener: Listener, segment: Segment, now: float) -> int:
        """A SYN for a listener whose program decides: remembered, and told. The peer will repeat its data, if any."""
        held = Held()
        held.begin(segment.key, listener, listener.terms, self)
        held.take_syn(segment, self._isn, now)
        held.wait(segment.frame[segment.packet_start :], now)
        self._bounds.enter(listener, held.key)
        self._keep(held)
        return SYN_HELD

    def _hold_by_cookie(self, listener: Listener, segment: Segment, now: float) -> int:
        """An ACK has brought a cookie back to a listener whose program decides: remembered, and told."""
        held = Held()
        held.begin(segment.key, listener, listener.terms, self)
        self._cookies.recall(held, segment, now)
        held.wait_proved(segment.frame, now)
        listener.proved += 1
        self._keep(held)
        if self._watched:
            held.seen = LISTEN
            self._observers.show_flow(self.now, Direction.IN, COOKIE_HELD, held, segment.frame)
        return COOKIE_HELD

    def _keep(self, held: Held) -> None:
        """It is the four-tuple's from now on, and the program is told."""
        self._flows[held.key] = held
        self._timers.arm(held)
        self._list_held(held)

    def _open_held(self, held: Held, now: float) -> None:
        """The program has accepted a peer whose ACK has come already: it gets all that has come since."""
        listener = held.listener
        assert isinstance(listener, Listener)
        held.open()
        self._forget_half_open(held)
        segment = Segment()
        parse(held.frames[0], self._headroom, True, segment)
        self._open(held, listener, segment, COOKIE_ACCEPTED, now)
        self._counts[COOKIE_ACCEPTED] += 1
        for frame in held.frames[1:]:
            connection = self._flows.get(held.key)
            if type(connection) is Connection:
                parse(frame, self._headroom, True, segment)
                outcome = connection.arrive(segment, now)
                if self._watched:
                    self._observers.show_flow(self.now, Direction.IN, outcome, connection, frame)
                self._follow(connection, now)

    def _promote(self, entry: HalfOpen, segment: Segment, now: float) -> int:
        """The last ACK of the handshake: the half-open entry becomes a connection, and the segment goes to it."""
        listener = entry.listener
        assert isinstance(listener, Listener)
        if len(listener.queue) + listener.proved >= listener.backlog:
            if self._watched:
                self._observers.show_flow(self.now, Direction.IN, DROPPED_ACCEPT_QUEUE_FULL, entry, segment.frame)
            return DROPPED_ACCEPT_QUEUE_FULL
        if type(entry) is Held:
            entry.open()
        self._forget_half_open(entry)
        return self._open(entry, listener, segment, NOTHING, now)

    def _meet_ack(self, listener: Listener, segment: Segment, now: float) -> int:
        """An ACK of nothing that is known here: it may bring a cookie back."""
        outcome: int = LISTEN_ACK_RESET
        if now < listener.cookies_until and not segment.flags & SYN:
            outcome = self._cookies.judge(segment, listener.terms, now)
            if outcome == COOKIE_ACCEPTED:
                if len(listener.queue) + listener.proved >= listener.backlog:
                    return DROPPED_ACCEPT_QUEUE_FULL
                if listener.hold:
                    return self._hold_by_cookie(listener, segment, now)
                return self._open_by_cookie(listener, segment, now)
        if outcome != COOKIE_AHEAD:
            self._answers.reset(segment)
        return outcome

    def _doubt(self, entry: HalfOpen, segment: Segment, now: float) -> int:
        """An ACK of another number than this entry's: its SYN may have been answered with a cookie, before it was
        repeated and found room here."""
        listener = entry.listener
        assert isinstance(listener, Listener)
        outcome = self._meet_ack(listener, segment, now)
        if outcome == COOKIE_ACCEPTED or outcome == COOKIE_HELD:
            self._forget_half_open(entry)
            return outcome
        if outcome != COOKIE_AHEAD and outcome != DROPPED_ACCEPT_QUEUE_FULL:
            outcome = SYN_ACK_ACK_BAD
        if self._watched:
            self._observers.show_flow(self.now, Direction.IN, outcome, entry, segment.frame)
        return outcome

    def _open_by_cookie(self, listener: Listener, segment: Segment, now: float) -> int:
        entry = HalfOpen()
        entry.begin(segment.key, listener, listener.terms, self)
        entry.seen = LISTEN
        self._cookies.recall(entry, segment, now)
        self._open(entry, listener, segment, COOKIE_ACCEPTED, now)
        return COOKIE_ACCEPTED

    def _open(self, entry: HalfOpen, listener: Listener, segment: Segment, why: int, now: float) -> int:
        """A connection is made of an entry, and gets the segment that brought the last ACK; `why` is what it was
        beyond that ACK, NOTHING where the connection itself says it."""
        connection = Connection()
        connection.begin(entry.key, listener.config, now, self._most_frame, self)
        connection.adopt(entry)
        connection.by_cookie = why == COOKIE_ACCEPTED
        self._flows[entry.key] = connection
        outcome = connection.arrive(segment, now)
        connection.happened &= ~OPENED  # `accept` tells the program that it is open
        start_keep_alive(connection, now)
        listener.queue.append(connection)
        listener.note(connection)
        if not listener.listed:
            listener.listed = True
            self._eventful.append(listener)
        if self._watched:
            self._observers.show_flow(self.now, Direction.IN, why or outcome, connection, segment.frame)
        self._follow(connection, now)
        return outcome
