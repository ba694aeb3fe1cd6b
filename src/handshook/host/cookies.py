"""The cookies of one stack: answering a SYN with one, and telling an ACK that knows from an ACK that guesses.

Nothing is kept of a SYN; the cookie is all (tcp/cookie.py). The secret under which they are made changes by itself and
when `rotate` says so. One that was changed stays good for as long as cookies made under it do, so that nobody is lost.

What becomes of an ACK at a listener that has sent cookies of late:

    COOKIE_ACCEPTED     the MAC is right, in this time slot or the last one
    COOKIE_EXPIRED      it was right once
    COOKIE_OPTIONS_BAD  it is right, but the timestamp beside it is none that we could have sent
    COOKIE_AHEAD        it is wrong, but the timestamp beside it is ours: the segment before this one was lost, and will
                        be repeated; a RST would end a connection that is good
    COOKIE_WRONG        none of this

All but the fourth are answered with RST, as every ACK that a listener can't place (RFC 9293 3.10.7.2); so does Linux.
"""

from ..outcomes import Outcome
from ..tcp.clock import NEVER
from ..tcp.cookie import Mac, mss_index, options_allowed, pack_options, stamp
from ..tcp.cookie_layout import (
    ECN_BIT,
    LIFE,
    MSS,
    MSS_INDICES,
    NO_SCALE,
    NO_TIMESTAMPS,
    OPTION_BITS,
    SACK_BIT,
    SLOT,
)
from ..tcp.half_open import HalfOpen
from ..tcp.isn import Secret, offset_of
from ..tcp.terms import Terms
from ..wire.build import Builder
from ..wire.flags import ACK, ECE, SYN
from ..wire.segment import Segment
from ..wire.word import WORD
from .seed import Secrets

COOKIE_ACCEPTED = Outcome.COOKIE_ACCEPTED
COOKIE_AHEAD = Outcome.COOKIE_AHEAD
COOKIE_EXPIRED = Outcome.COOKIE_EXPIRED
COOKIE_OPTIONS_BAD = Outcome.COOKIE_OPTIONS_BAD
COOKIE_WRONG = Outcome.COOKIE_WRONG
SENT_COOKIE = Outcome.SENT_COOKIE

# How long one secret is used. Each change makes one more number good in the slot in which it falls.
SECRET_LIFE = 600.0
# Slots back, beyond those that are good, for which an old cookie is still known as one.
KNOWN_SLOTS = 2
# More changes than this within the life of a cookie, and the oldest secret goes early.
MOST_SECRETS = 8


class Generation:
    """One secret: used from `since` to `until`."""

    __slots__ = ("secret", "since", "until")

    def __init__(self, secret: Secret, since: float) -> None:
        self.secret = secret
        self.since = since
        self.until = NEVER


class Cookies:
    """What makes and reads the cookies of one stack."""

    __slots__ = ("_builder", "_count", "_generations", "_index", "_isn", "_iss", "_mac", "_options", "_secrets")

    def __init__(self, secrets: Secrets, builder: Builder) -> None:
        self._secrets = secrets
        self._isn = secrets.initial_sequence
        self._builder = builder
        self._mac = Mac()
        self._count = 0
        self._generations: list[Generation] = []  # the newest first
        # What the last ACK said that was accepted.
        self._iss = 0
        self._index = 0
        self._options = NO_TIMESTAMPS

    def rotate(self, now: float) -> None:
        """Make cookies under a new secret from now on; the last one's stay good."""
        wanted = now - LIFE - KNOWN_SLOTS * SLOT
        kept: list[Generation] = []
        for generation in self._generations:
            generation.until = min(generation.until, now)
            if generation.until >= wanted:
                kept.append(generation)
        self._generations = [Generation(self._secrets.cookies(self._count), now), *kept[: MOST_SECRETS - 1]]
        self._count += 1

    def syn_ack(self, segment: Segment, terms: Terms, now: float) -> bytes:
        """The SYN,ACK that answers this SYN, with a cookie as its number."""
        if not self._generations or now - self._newest().since >= SECRET_LIFE:
            self.rotate(now)
        key = segment.key
        ipv6 = len(key) != 12
        builder = self._builder
        options = pack_options(segment, terms)
        slot = int(now / SLOT)
        iss = self._mac.of(self._newest().secret, key, segment.seq, slot, options)
        iss = (iss + mss_index(segment.mss, ipv6)) & WORD
        flags = SYN | ACK
        builder.begin(6 if ipv6 else 4)
        builder.mark(terms.ttl, terms.dscp)
        builder.add_mss(terms.mtu - (60 if ipv6 else 40))
        if options != NO_TIMESTAMPS:
            builder.set_clock(now)
            clock = (builder.clock + offset_of(self._isn.siphash(key))) & WORD
            if options & SACK_BIT:
                builder.add_sack_permitted()
            builder.add_timestamps(stamp(clock, options), segment.tsval)
            if options & NO_SCALE != NO_SCALE:
                builder.add_scale(terms.receive_scale)
            if options & ECN_BIT:
                flags |= ECE
        window = min(terms.receive_window, 0xFFFF)
        ack = (segment.seq + 1) & WORD
        frame: bytes = builder.finish(key, iss, ack, flags, window, b"", 0, 0, 0, SENT_COOKIE)
        return frame

    def judge(self, segment: Segment, terms: Terms, now: float) -> int:
        """What this ACK is. `recall` then has what an accepted one says."""
        options: int = NO_TIMESTAMPS
        recent = False
        if segment.timestamps and terms.timestamps:
            options = segment.tsecr & OPTION_BITS
            recent = self._recent(segment, now)
        self._options = options
        self._iss = (segment.ack - 1) & WORD
        current = int(now / SLOT)
        slot = current
        while slot > current - 2 - KNOWN_SLOTS:
            if self._made_in(slot, segment):
                if slot < current - 1:
                    return COOKIE_EXPIRED
                if (options != NO_TIMESTAMPS and not recent) or not options_allowed(options, terms):
                    return COOKIE_OPTIONS_BAD
                return COOKIE_ACCEPTED
            slot -= 1
        return COOKIE_AHEAD if recent else COOKIE_WRONG

    def recall(self, entry: HalfOpen, segment: Segment, now: float) -> None:
        """Fill in the entry that was never kept, after `judge` has accepted the segment."""
        options = self._options
        if options == NO_TIMESTAMPS:
            options |= NO_SCALE
        number = (segment.seq - 1) & WORD
        recent = segment.tsval if segment.timestamps else 0
        entry.recall((self._iss, number, recent), segment.window, MSS[self._index], options)
        entry.recall_time(self._isn, now, NEVER, 0)

    def _newest(self) -> Generation:
        return self._generations[0]

    def _made_in(self, slot: int, segment: Segment) -> bool:
        """Was this cookie made in that slot, under a secret that was in use then? Notes the MSS's index."""
        number = (segment.seq - 1) & WORD
        begin = slot * SLOT
        for generation in self._generations:
            if generation.since < begin + SLOT and generation.until >= begin:
                index = (self._iss - self._mac.of(generation.secret, segment.key, number, slot, self._options)) & WORD
                if index < MSS_INDICES:
                    self._index = index
                    return True
        return False

    def _recent(self, segment: Segment, now: float) -> bool:
        """Is what it echoes a timestamp that we could have sent this peer within the life of a cookie?"""
        self._builder.set_clock(now)
        clock = (self._builder.clock + offset_of(self._isn.siphash(segment.key))) & WORD
        age = (clock - segment.tsecr) & WORD
        return age <= LIFE * 1000 + OPTION_BITS + 1
