"""The TIME-WAIT table: four-tuples that rest until no old segment of theirs can still be on its way.

A busy server closes tens of thousands of connections a second and each rests a minute, so an entry must be small:
48 bytes in a ring, in the order in which they expire, and a hash index that says where in the ring a four-tuple stands.
An entry whose wait begins anew is written again at the ring's end, and its old place is void.
"""

from array import array
from struct import Struct

from ..tcp.clock import NEVER
from ..tcp.isn import Secret
from ..tcp.time_wait import TimeWait

# expires, remote address (IPv4 in its first four bytes), local address by number, kind, remote port, local port,
# window, SND.NXT, RCV.NXT, TS.Recent
RECORD = Struct("<d16sHBxHHHxxIII")
# Bits of `kind`
ALIVE = 1
IPV6 = 2
TIMESTAMPS = 4

LEAST = 64
EMPTY = 0xFFFFFFFF


class TimeWaits:
    """Entries by key, and in the order in which they expire (all wait equally long).

    `addresses` are the stack's own, in their packed form; `secret` is what its timestamps' offsets come from.
    """

    __slots__ = ("_addresses", "_count", "_head", "_index", "_numbers", "_ring", "_room", "_secret", "_used")

    def __init__(self, addresses: list[bytes], secret: Secret) -> None:
        self._addresses = addresses
        self._numbers = {address: number for number, address in enumerate(addresses)}
        self._secret = secret
        self._room = LEAST  # records the ring has room for
        self._ring = bytearray(RECORD.size * LEAST)
        self._head = 0  # the oldest record's place
        self._used = 0  # records from there on, void ones included
        self._count = 0  # the living
        self._index = array("I", [EMPTY]) * (LEAST * 2)

    def __len__(self) -> int:
        return self._count

    def __contains__(self, key: bytes) -> bool:
        return self._count > 0 and self._slot(key) >= 0

    def add(self, key: bytes, wait: TimeWait) -> None:
        """Begin a wait, or begin it anew."""
        self.remove(key)
        if self._used == self._room:
            self._resize(self._room + self._room // 4)
        place = (self._head + self._used) % self._room
        self._used += 1
        self._count += 1
        self._write(place, key, wait)
        self._enter(key, place)

    def find(self, key: bytes) -> TimeWait | None:
        """The entry of this four-tuple, if it rests."""
        if self._count == 0:
            return None
        slot = self._slot(key)
        return None if slot < 0 else self._wait(self._index[slot], key)

    def remove(self, key: bytes) -> None:
        """End a wait before its time: a newer connection takes the four-tuple."""
        if self._count == 0:
            return
        slot = self._slot(key)
        if slot >= 0:
            place = self._index[slot]
            self._void(place)
            self._leave(slot)

    def next(self) -> float:
        """When the next entry may expire; NEVER when there is none."""
        if self._used == 0:
            return NEVER
        expires: float = RECORD.unpack_from(self._ring, self._head * RECORD.size)[0]
        return expires

    def pop(self, now: float) -> bytes | None:
        """Forget one entry whose wait is over and return its key; None when there is none left."""
        while self._used and self.next() <= now:
            place = self._head
            self._head = (self._head + 1) % self._room
            self._used -= 1
            if not self._alive(place):
                continue
            key = self._key(place)
            self._leave(self._slot(key))
            self._void(place)
            if self._used < self._room // 4 and self._room > LEAST:
                self._resize(max(LEAST, self._room // 2))
            return key
        return None

    def items(self) -> list[tuple[bytes, TimeWait]]:
        """All entries, the oldest first."""
        places = ((self._head + i) % self._room for i in range(self._used))
        return [(key := self._key(place), self._wait(place, key)) for place in places if self._alive(place)]

    # --- records -------------------------------------------------------------------------------------------------

    def _write(self, place: int, key: bytes, wait: TimeWait) -> None:
        width = (len(key) - 4) // 2
        kind = ALIVE | (IPV6 if width == 16 else 0) | (TIMESTAMPS if wait.timestamps else 0)
        RECORD.pack_into(
            self._ring,
            place * RECORD.size,
            wait.expires,
            key[:width],
            self._numbers[key[width : 2 * width]],
            kind,
            int.from_bytes(key[-4:-2], "big"),
            int.from_bytes(key[-2:], "big"),
            wait.window,
            wait.snd_nxt,
            wait.rcv_nxt,
            wait.ts_recent,
        )

    def _key(self, place: int) -> bytes:
        _, remote, number, kind, remote_port, local_port, *_ = RECORD.unpack_from(self._ring, place * RECORD.size)
        ports: bytes = remote_port.to_bytes(2, "big") + local_port.to_bytes(2, "big")
        key: bytes = (remote if kind & IPV6 else remote[:4]) + self._addresses[number] + ports
        return key

    def _wait(self, place: int, key: bytes) -> TimeWait:
        expires, _, _, kind, _, _, window, snd_nxt, rcv_nxt, ts_recent = RECORD.unpack_from(
            self._ring, place * RECORD.size
        )
        timestamps = kind & TIMESTAMPS != 0
        offset = self._secret.timestamp_offset(key) if timestamps else 0
        return TimeWait(snd_nxt, rcv_nxt, window, timestamps, offset, ts_recent, expires)

    def _alive(self, place: int) -> bool:
        return self._ring[place * RECORD.size + 26] != 0

    def _void(self, place: int) -> None:
        self._ring[place * RECORD.size + 26] = 0
        self._count -= 1

    def _resize(self, room: int) -> None:
        """Write the living anew into a ring of another size."""
        size = RECORD.size
        places = [(self._head + i) % self._room for i in range(self._used)]
        old = self._ring
        self._ring = bytearray(size * max(room, self._count + 1))
        self._room = len(self._ring) // size
        self._head = 0
        self._used = 0
        slots = LEAST * 2
        while slots * 2 < self._room * 3:
            slots *= 2
        self._index = array("I", [EMPTY]) * slots
        for place in places:
            if old[place * size + 26]:
                self._ring[self._used * size : (self._used + 1) * size] = old[place * size : (place + 1) * size]
                self._enter(self._key(self._used), self._used)
                self._used += 1

    # --- the index: open addressing, linear probing --------------------------------------------------------------

    def _slot(self, key: bytes) -> int:
        """Where in the index the key's place stands; -1 when it isn't there."""
        mask = len(self._index) - 1
        slot = hash(key) & mask
        while True:
            place = self._index[slot]
            if place == EMPTY:
                return -1
            if self._key(place) == key:
                return slot
            slot = (slot + 1) & mask

    def _enter(self, key: bytes, place: int) -> None:
        mask = len(self._index) - 1
        slot = hash(key) & mask
        while self._index[slot] != EMPTY:
            slot = (slot + 1) & mask
        self._index[slot] = place

    def _leave(self, slot: int) -> None:
        """Empty a slot and close the gap, so that no probe ends too early (Knuth 6.4, algorithm R)."""
        mask = len(self._index) - 1
        gap = slot
        while True:
            slot = (slot + 1) & mask
            place = self._index[slot]
            if place == EMPTY:
                break
            home = hash(self._key(place)) & mask
            if (slot - home) & mask >= (slot - gap) & mask:
                self._index[gap] = place
                gap = slot
        self._index[gap] = EMPTY
