"""The tables of one host: every flow by its key, listeners, TIME-WAIT, timers, and what is owed to link and program.

What happens to a flow happens elsewhere; here it is put where its state then belongs.
"""

from array import array
from collections.abc import Iterable

from ..outcomes import Outcome
from ..tcp.challenges import ChallengeLimit
from ..tcp.closing import rest
from ..tcp.config import Config
from ..tcp.connection import Connection
from ..tcp.flow import Flow, Owner
from ..tcp.half_open import HalfOpen
from ..tcp.happened import ENDED, OPENED
from ..tcp.held import Held
from ..tcp.owed import ACK_NONE
from ..tcp.states import CLOSED, TIME_WAIT
from ..tcp.timeouts import start_keep_alive
from ..wire.addresses import is_unicast, pack
from ..wire.build import OUTCOMES, Builder
from ..wire.framing import PLAIN, Framing
from ..wire.icmp import write_error
from ..wire.kinds import PROTOCOL_TCP
from ..wire.segment import Segment
from .answers import Answers
from .bounds import Bounds
from .cookies import Cookies
from .listener import Listener
from .listeners import Listeners
from .observers import Observers
from .ports import Ports
from .seed import Secrets
from .share import ALONE, Share
from .step import Direction
from .syn_cache import SynCache
from .time_waits import TimeWaits
from .timers import Timers

CALLED_ACCEPT = Outcome.CALLED_ACCEPT
CALLED_REFUSE = Outcome.CALLED_REFUSE
CALLED_UNREACHABLE = Outcome.CALLED_UNREACHABLE
HOLD_OVER = Outcome.HOLD_OVER
CLOSED_NORMALLY = Outcome.CLOSED_NORMALLY
NOT_OURS = Outcome.NOT_OURS
SENT_UNREACHABLE = Outcome.SENT_UNREACHABLE
SOURCE_INVALID = Outcome.SOURCE_INVALID

# What one TSO unit may be, headers included; the IP length field's own limit.
OFFLOAD_FRAME = 65535


class Tables(Owner):
    """What one host knows."""

    __slots__ = (
        "_addresses",
        "_answers",
        "_bounds",
        "_builder",
        "_cache",
        "_cookies",
        "_counts",
        "_eventful",
        "_flows",
        "_half_open_held",
        "_headroom",
        "_isn",
        "_kept",
        "_listeners",
        "_most_frame",
        "_observers",
        "_ports",
        "_ready",
        "_secrets",
        "_segment",
        "_share",
        "_sharers",
        "_terms",
        "_time_waits",
        "_timers",
        "_transparent",
        "_vnet",
        "_watched",
        "config",
        "framing",
    )

    def __init__(
        self,
        addresses: Iterable[str],
        *,
        config: Config | None = None,
        seed: int | None = None,
        framing: Framing = PLAIN,
        transparent: bool = False,
        share: Share = ALONE,
    ) -> None:
        self.config = config or Config()
        self._secrets = Secrets(share.seed if seed is None else seed)
        Owner.__init__(self, ChallengeLimit(self._secrets.challenges, self.config.host_challenge_limit))
        self.framing = framing
        self._addresses: dict[bytes, str] = {pack(address): address for address in addresses}
        self._transparent = transparent
        if not (self._addresses or transparent) or not all(is_unicast(address) for address in self._addresses):
            raise ValueError("a stack needs addresses of its own, and each must be unicast")
        self._terms = self.config.terms
        self._headroom = framing.headroom
        self._vnet = framing.vnet
        self._most_frame = OFFLOAD_FRAME if framing.vnet else 0
        self._isn = self._secrets.initial_sequence
        self._share = share
        self._sharers = share.count
        self._ports = Ports(self._secrets.ports, share.index, share.count)
        self._builder = Builder(framing, self.config.ttl, self.config.dscp)
        self._segment = Segment()
        self._flows: dict[bytes, Flow] = {}
        self._bounds = Bounds(self._terms)
        self._listeners = Listeners()
        self._time_waits = TimeWaits(self._isn)
        self._timers = Timers()
        self._ready: list[Flow] = []
        self._answers = Answers(self._builder)
        self._cookies = Cookies(self._secrets, self._builder)
        self._cache = SynCache(self._secrets.syn_cache, self._isn, self)
        self._eventful: list[Connection | Held | Listener] = []
        self._half_open_held = 0
        self._counts = array("Q", [0]) * OUTCOMES
        self._observers = Observers(framing)
        self._watched = False
        self._kept: list[bytes] = []

    # --- what flows ask of their owner -------------------------------------------------------------------------

    def attend(self, flow: Flow, outcome: int) -> None:
        """A call of the program has changed `flow`."""
        if outcome:
            self._counts[outcome] += 1
            if self._watched:
                self._observers.show_flow(self.now, Direction.CALL, outcome, flow, None)
        if self._flows.get(flow.key) is flow:
            self._follow(flow, self.now)
        if self._watched:
            self._observers.tell()

    def report(self, flow: Flow) -> None:
        """List a connection whose news the program has not heard yet."""
        assert isinstance(flow, Connection)
        self._list_news(flow)

    def taken(self, key: bytes) -> bool:
        """Is this four-tuple in use, or resting?"""
        return key in self._flows or self._time_waits.holds(key) or self._cache.find(key, self.now) >= 0

    def patience(self, flow: Flow) -> int:
        """How often may this half-open entry's SYN,ACK be repeated, as full as its queue is?"""
        assert isinstance(flow, HalfOpen)
        listener = flow.listener
        assert isinstance(listener, Listener)
        return listener.patience()

    def still_waits(self, key: bytes) -> bool:
        """Is this four-tuple in TIME-WAIT?"""
        return self._time_waits.holds(key)

    # --- afterwards --------------------------------------------------------------------------------------------

    def _follow(self, flow: Flow, now: float) -> None:
        """Something has happened to a flow: let it speak with the next batch, and put it where its state belongs."""
        if type(flow) is Connection:
            connection = flow
            if connection.stage == CLOSED:
                self._end(connection)
            elif connection.stage == TIME_WAIT:
                self._rest(connection, now)
            elif connection.happened & OPENED:
                start_keep_alive(connection, now)
            self._list_news(connection)
        elif type(flow) is Held and flow.choice == CALLED_ACCEPT and flow.proved:
            self._open_held(flow, now)
            return
        elif flow.stage == CLOSED:
            assert isinstance(flow, HalfOpen)
            if type(flow) is Held:
                self._answer_held(flow)
            self._forget_half_open(flow)
            del self._flows[flow.key]
            return
        self._make_ready(flow)

    def _open_held(self, held: Held, now: float) -> None:
        """The program has accepted a peer that has proved itself; `Listening` knows how."""
        raise NotImplementedError

    def _make_ready(self, flow: Flow) -> None:
        """It may have something to say: the next `transmit` asks it."""
        if not flow.ready:
            flow.ready = True
            self._ready.append(flow)

    def _list_news(self, connection: Connection) -> None:
        if connection.happened and connection.owned and not connection.listed:
            connection.listed = True
            self._eventful.append(connection)

    def _list_held(self, held: Held) -> None:
        if held.happened and not held.listed:
            held.listed = True
            self._eventful.append(held)

    def _answer_held(self, held: Held) -> None:
        """What the program has decided for a SYN that is to be no connection. A peer that believes in one is reset."""
        if held.choice == CALLED_REFUSE or (held.proved and held.choice in (CALLED_UNREACHABLE, HOLD_OVER)):
            self._answers.refuse(held)
        elif held.choice == CALLED_UNREACHABLE and held.trouble is not None:
            header = self.framing.header4 if len(held.key) == 12 else self.framing.header6
            if self._answers.add(header + write_error(held.trouble, held.packet)):
                self._counts[SENT_UNREACHABLE] += 1

    def _end(self, connection: Connection) -> None:
        """A connection is over: out of the table, whatever it still has to say."""
        if self._flows.get(connection.key) is connection:
            del self._flows[connection.key]
            self._timers.disarm(connection)
            connection.happened |= ENDED
            if connection.by_cookie and connection.why == CLOSED_NORMALLY:
                # A late copy of the peer's first segment would open once more, for the cookie in it is still good. So
                # this side rests, too, for as long as there can be one.
                wait = rest(connection, self.now + 2 * self._terms.msl)
                self._time_waits.add(connection.key, wait)

    def _rest(self, connection: Connection, now: float) -> None:
        """A connection enters TIME-WAIT: a small entry takes its place (RFC 9293 3.6.1)."""
        if self._flows.get(connection.key) is not connection:
            return
        del self._flows[connection.key]
        self._timers.disarm(connection)
        connection.happened |= ENDED
        wait = rest(connection, now + 2 * self._terms.msl)
        self._time_waits.add(connection.key, wait)
        if connection.ack_owed != ACK_NONE:
            connection.ack_owed = ACK_NONE
            connection.segments_out += 1
            self._answers.last_ack(connection.key, wait)

    def _forget_half_open(self, entry: HalfOpen) -> None:
        listener = entry.listener
        assert isinstance(listener, Listener)
        entry.stage = CLOSED  # it may still be on the list of those with something to say
        proved = False
        if type(entry) is Held:
            held = entry
            held.leave()
            self._list_held(held)
            proved = held.proved
        if proved:
            listener.proved -= 1
        else:
            self._bounds.leave(listener, entry.key)
        if entry.data is not None:
            self._half_open_held -= len(entry.data)
        self._timers.disarm(entry)

    # --- what is shown of packets that find no table -----------------------------------------------------------

    def _drop(self, why: int, frame: bytes) -> int:
        """A packet that was not, or not for long, a segment."""
        if self._watched:
            known = why in (NOT_OURS, SOURCE_INVALID) and self._segment.protocol == PROTOCOL_TCP
            key = self._segment.key if known else None
            self._observers.show(self.now, Direction.IN, why, CLOSED, CLOSED, key, frame)
        return why
