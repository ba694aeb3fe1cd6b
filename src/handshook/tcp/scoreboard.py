"""What is out: every stretch of sequence space that was sent and not acknowledged, and what became of it.

Selective acknowledgments (RFC 2018) mark stretches as arrived, RACK (RFC 8985) tells by the time that later ones needed
which of the earlier ones are lost, and whatever is lost is sent again before anything new. Without SACK the first
stretch is taken for lost at the third duplicate ACK (RFC 5681 3.2, RFC 6582).
"""

from ..wire.word import WORD
from .clock import NEVER
from .sequence import before, before_or_at, distance

# RFC 8985 6.2 step 4: the reordering window never spans more than this many quarters of the least round trip.
MOST_PATIENCE = 16
DUPLICATES = 3  # RFC 5681 3.2, RFC 8985 6.2 step 4
PERSISTENCE = 16  # RFC 8985 6.2 step 4: RACK.reo_wnd_persist
EMPTIED = 64


class Sent:
    """One stretch [seq, end) that left in one frame at `at`; `again` when that was not the first time."""

    __slots__ = ("again", "at", "end", "lost", "sacked", "seq")

    def __init__(self) -> None:
        self.seq = self.end = 0
        self.at = 0.0
        self.again = self.sacked = self.lost = False


def stretch(seq: int, end: int, at: float, again: bool) -> Sent:
    """[seq, end), as it left at `at`."""
    sent = Sent()
    sent.seq = seq
    sent.end = end
    sent.at = at
    sent.again = again
    return sent


class Scoreboard:
    """The stretches of one connection, in order. Octets: `out` in the network, `lost`, `sacked`; they add up to all."""

    __slots__ = (
        "credit",
        "duplicate_round",
        "duplicates_seen",
        "fack",
        "head",
        "least_rtt",
        "lost",
        "lost_from",
        "newest_at",
        "newest_came",
        "newest_end",
        "out",
        "patience",
        "persist",
        "records",
        "reordering",
        "sacked",
    )

    def __init__(self) -> None:
        self.records: list[Sent] = []
        self.head = 0
        self.lost_from = 0  # before this index nothing is lost
        self.out = self.lost = self.sacked = 0
        self.credit = 0  # without SACK: octets that duplicate ACKs say have left the network
        # RFC 8985 5.2: when the most recently sent stretch that has arrived left, and when its ACK came.
        self.newest_at = -1.0
        self.newest_end = 0
        self.newest_came = 0.0
        self.least_rtt = NEVER
        self.fack = 0
        self.reordering = False
        self.patience = 1
        self.duplicates_seen = False
        self.duplicate_round = 0  # RACK.dsack_round: until this is acknowledged patience doesn't grow again
        self.persist = 0  # how many more recoveries the patience lasts

    def begin(self, start: int) -> None:
        """Nothing is out yet; `start` is the number that will be sent first."""
        self.newest_end = start
        self.fack = start
        self.duplicate_round = start

    # --- sending -------------------------------------------------------------------------------------------------

    def add(self, seq: int, end: int, now: float) -> None:
        """A new stretch has left."""
        self.records.append(stretch(seq, end, now, False))
        self.out += distance(seq, end)

    def first_lost(self) -> Sent | None:
        """The lost stretch to send again first."""
        if self.lost == 0:
            return None
        for index in range(max(self.head, self.lost_from), len(self.records)):
            record = self.records[index]
            if record.lost:
                self.lost_from = index
                return record
        return None

    def resend(self, record: Sent, most: int, now: float) -> None:
        """The first lost stretch leaves again, as far as `most` octets go: the rest of a longer one stays lost, and a
        shorter one takes what is lost behind it along (RFC 9293 SHLD-28: as large as can be)."""
        index = self.lost_from
        assert self.records[index] is record
        self.lost_from = index + 1
        size = distance(record.seq, record.end)
        if size > most:
            self._split(index, (record.seq + most) & WORD)
            size = most
        while size < most and index + 1 < len(self.records):
            behind = self.records[index + 1]
            if not behind.lost:
                break
            taken = min(distance(behind.seq, behind.end), most - size)
            size += taken
            record.end = (record.end + taken) & WORD
            behind.seq = record.end
            if behind.seq == behind.end:
                del self.records[index + 1]
        record.lost = False
        record.again = True
        record.at = now
        self.lost -= size
        self.out += size

    def last(self) -> Sent | None:
        """The stretch that was sent last in sequence, unless it has arrived."""
        if self.head == len(self.records):
            return None
        record = self.records[len(self.records) - 1]
        return None if record.sacked else record

    # --- arriving acknowledgments --------------------------------------------------------------------------------

    def advance(self, una: int, now: float) -> int:
        """Everything before `una` is acknowledged; returns how many octets that weren't known to have arrived."""
        delivered = 0
        while self.head < len(self.records):
            record = self.records[self.head]
            if before(una, record.end):
                break
            size = distance(record.seq, record.end)
            delivered += self._arrived(record, size, now)
            if record.sacked:
                self.sacked -= size
            self.head += 1
        if self.head < len(self.records):
            record = self.records[self.head]
            if before(record.seq, una):
                # A part of a stretch: what is left of it stays as it was.
                size = distance(record.seq, una)
                if record.sacked:
                    self.sacked -= size
                elif record.lost:
                    self.lost -= size
                    delivered += size
                else:
                    self.out -= size
                    delivered += size
                record.seq = una
        if self.head == len(self.records):
            # One at a time, for mostly there is but one.
            while self.records:
                self.records.pop()
            self.head = self.lost_from = 0
        elif self.head > EMPTIED and self.head * 2 > len(self.records):
            del self.records[: self.head]
            self.lost_from = max(self.lost_from - self.head, 0)
            self.head = 0
        self.credit = 0
        if before(self.fack, una):
            self.fack = una
        if before(self.duplicate_round, una):
            self.duplicate_round = una
        return delivered

    def _arrived(self, record: Sent, size: int, now: float) -> int:
        """Account for a stretch that has arrived; RFC 8985 6.2 steps 1 to 3. Returns its octets if that is news."""
        if record.sacked:
            return 0
        if record.lost:
            self.lost -= size
        else:
            self.out -= size
        rtt = now - record.at
        if record.again and rtt < self.least_rtt:
            # The ACK may be for the first copy: too quick to be for the second.
            return size
        if rtt < self.least_rtt:
            self.least_rtt = rtt
        if not record.again and before(record.end, self.fack):
            self.reordering = True
        if self.newest_at < record.at or (self.newest_at == record.at and before(self.newest_end, record.end)):
            self.newest_at = record.at
            self.newest_end = record.end
            self.newest_came = now
        return size

    def take_sack(self, blocks: tuple[tuple[int, int], ...], una: int, nxt: int, mss: int, now: float) -> int:
        """Mark what the blocks cover; returns the octets that are news.

        Blocks outside of what is out are lies or duplicates (RFC 2883) and mark nothing.
        """
        news = 0
        if len(blocks) > 1 and not before(blocks[0][0], blocks[1][0]) and not before(blocks[1][1], blocks[0][1]):
            # RFC 2883 4: a first block inside the second one is a D-SACK too.
            self.duplicates_seen = True
        for edges in blocks:
            left = edges[0]
            right = edges[1]
            if not before(left, right) or before(nxt, right):
                continue
            if before(left, una):
                # RFC 2883 4: a D-SACK, the peer got this twice.
                self.duplicates_seen = True
                continue
            news += self._mark(left, right, mss, now)
        return news

    def _mark(self, left: int, right: int, mss: int, now: float) -> int:
        """Mark [left, right) as arrived.

        A stretch is cut only where segments were, every `mss` octets from its start: else a peer that tells of single
        octets could shred it, and make each of its ACKs cost more than the one before (CVE-2019-11478).
        """
        news = 0
        index = self._find(left)
        while index < len(self.records):
            record = self.records[index]
            if before_or_at(right, record.seq):
                break
            if not record.sacked and before(left, record.end):
                if before(record.seq, left):
                    skipped = (distance(record.seq, left) + mss - 1) // mss * mss
                    if skipped < distance(record.seq, record.end):
                        self._split(index, (record.seq + skipped) & WORD)
                    index += 1
                    continue
                if before(right, record.end):
                    whole = distance(record.seq, right) // mss * mss
                    if whole == 0:
                        break
                    self._split(index, (record.seq + whole) & WORD)
                size = distance(record.seq, record.end)
                news += self._arrived(record, size, now)
                record.sacked = True
                record.lost = False
                self.sacked += size
                if before(self.fack, record.end):
                    self.fack = record.end
            index += 1
        return news

    def _find(self, seq: int) -> int:
        """The index of the first stretch that ends after this number; they stand in order."""
        first, last = self.head, len(self.records)
        while first < last:
            middle = (first + last) // 2
            if before(seq, self.records[middle].end):
                last = middle
            else:
                first = middle + 1
        return first

    def _split(self, index: int, at: int) -> None:
        """Cut one stretch in two at a sequence number inside it."""
        record = self.records[index]
        rest = stretch(at, record.end, record.at, record.again)
        rest.lost = record.lost
        rest.sacked = record.sacked
        record.end = at
        self.records.insert(index + 1, rest)

    # --- losses --------------------------------------------------------------------------------------------------

    def detect(self, now: float, srtt: float, mss: int, recovering: bool) -> float:
        """RFC 8985 6.2 step 5: mark what is lost by now; returns when to look again, NEVER when nothing is in doubt."""
        if self.sacked == 0 and self.newest_at < 0:
            return NEVER
        window = 0.0
        if self.reordering or not (recovering or self.sacked >= DUPLICATES * mss):
            window = min(self.patience * self.least_rtt / 4, srtt) if self.least_rtt != NEVER else 0.0
        latest = now
        for index in range(self.head, len(self.records)):
            record = self.records[index]
            if record.sacked or record.lost:
                continue
            if record.at > self.newest_at or (record.at == self.newest_at and before(self.newest_end, record.end)):
                if not record.again:
                    break
                continue
            if record.end == self.newest_end and record.at == self.newest_at:
                continue
            # A moment, not a time left: the timer that it sets must find the same moment come.
            due = self.newest_came + (record.at - self.newest_at) + window
            if due <= now:
                self._lose(index)
            elif due > latest:
                latest = due
        return latest if latest > now else NEVER

    def adapt(self, una: int, nxt: int, recovered: bool) -> None:
        """RFC 8985 6.2 step 4: patience grows once in each round that tells of needless retransmissions, and is gone
        after 16 recoveries without."""
        if self.duplicates_seen and not before(una, self.duplicate_round):
            self.duplicate_round = nxt
            self.patience = min(self.patience + 1, MOST_PATIENCE)
            self.persist = PERSISTENCE
        elif recovered and self.persist > 0:
            self.persist -= 1
            if self.persist == 0:
                self.patience = 1
        self.duplicates_seen = False

    def lose_first(self, most: int) -> None:
        """The first stretch, or its first `most` octets, is taken for lost."""
        if self.head == len(self.records):
            return
        record = self.records[self.head]
        if distance(record.seq, record.end) > most:
            self._split(self.head, (record.seq + most) & WORD)
        if not record.sacked:
            self._lose(self.head)

    def lose_all(self) -> None:
        """All that hasn't arrived is taken for lost: the retransmission timer has expired (RFC 6298 5.4)."""
        for index in range(self.head, len(self.records)):
            record = self.records[index]
            if not record.sacked:
                self._lose(index)
        self.credit = 0

    def find_all(self) -> None:
        """What was taken for lost is on its way after all."""
        for index in range(self.head, len(self.records)):
            record = self.records[index]
            if record.lost:
                record.lost = False
                size = distance(record.seq, record.end)
                self.lost -= size
                self.out += size

    def lose_longer(self, size: int) -> None:
        """Every stretch of more than `size` octets is taken for lost: the path has no room for it (RFC 1191 6.4)."""
        for index in range(self.head, len(self.records)):
            record = self.records[index]
            if not record.sacked and distance(record.seq, record.end) > size:
                self._lose(index)

    def reneged(self) -> bool:
        """Has the first of what is out arrived, and is not acknowledged? Then the peer has thrown it away."""
        return self.head < len(self.records) and self.records[self.head].sacked

    def renege(self) -> None:
        """Forget what was acknowledged selectively: the first of it never was for good (RFC 2018 8)."""
        for index in range(self.head, len(self.records)):
            record = self.records[index]
            if record.sacked:
                record.sacked = False
                size = distance(record.seq, record.end)
                self.sacked -= size
                self.out += size

    def _lose(self, index: int) -> None:
        record = self.records[index]
        self.lost_from = min(self.lost_from, index)
        if not record.lost:
            size = distance(record.seq, record.end)
            record.lost = True
            self.lost += size
            self.out -= size

    def duplicate(self, mss: int) -> None:
        """Without SACK: a duplicate ACK says that one more segment has left the network (RFC 5681 3.2)."""
        self.credit = min(self.credit + mss, self.out)

    def in_flight(self) -> int:
        """Octets that are believed to be in the network: RFC 6675's pipe."""
        return self.out - self.credit if self.out > self.credit else 0
