"""The TIME-WAIT table: four-tuples that rest until no old segment of theirs can still be on its way.

A busy server closes tens of thousands of connections a second and each rests a minute, so an entry must be small: 64
bytes of rows in a ring, in the order in which they expire, and a hash index that says where in the ring a four-tuple
stands. An entry whose wait begins anew is written again at the ring's end, and its old place is void.
"""

from array import array

from ..tcp.clock import NEVER
from ..tcp.isn import Secret
from ..tcp.time_wait import TimeWait
from ..wire.word import WORD

# What `_kinds` says of a place: 0 is void.
ALIVE = 1
IPV6 = 2
TIMESTAMPS = 4

KEY4 = 12
KEY6 = 36
# SND.NXT, RCV.NXT, TS.Recent, and the key's hash, so that nothing is compared in vain.
NUMBERS = 4

LEAST = 64
EMPTY = WORD  # no place


class TimeWaits:
    """Entries by key, and in the order in which they expire (all wait equally long).

    `secret` is what the connections' timestamp offsets come from.
    """

    __slots__ = (
        "_count",
        "_expires",
        "_head",
        "_index",
        "_keys",
        "_kinds",
        "_mask",
        "_numbers",
        "_room",
        "_secret",
        "_used",
        "_windows",
    )

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self._head = 0  # the oldest record's place
        self._used = 0  # records from there on, void ones included
        self._count = 0  # the living
        self._make_room(LEAST)

    def __len__(self) -> int:
        return self._count

    def __contains__(self, key: bytes) -> bool:
        return self._count > 0 and self.slot(key) >= 0

    @property
    def room(self) -> int:
        """How many records there is room for, void ones included."""
        return self._room

    def add(self, key: bytes, wait: TimeWait) -> None:
        """Begin a wait, or begin it anew."""
        self.remove(key)
        if self._used == self._room:
            # A peer that repeats its FIN makes void places; sweeping them out must not make the ring larger.
            self._resize(self._room + self._room // 4 if self._count * 2 > self._room else self._room)
        place = (self._head + self._used) % self._room
        self._used += 1
        self._count += 1
        hashed = hash(key) & WORD
        size = len(key)
        self._expires[place] = wait.expires
        self._windows[place] = wait.window
        self._kinds[place] = ALIVE | (IPV6 if size == KEY6 else 0) | (TIMESTAMPS if wait.timestamps else 0)
        self._numbers[NUMBERS * place] = wait.snd_nxt
        self._numbers[NUMBERS * place + 1] = wait.rcv_nxt
        self._numbers[NUMBERS * place + 2] = wait.ts_recent
        self._numbers[NUMBERS * place + 3] = hashed
        self._keys[KEY6 * place : KEY6 * place + size] = key
        self._enter(hashed, place)

    def find(self, key: bytes) -> TimeWait | None:
        """The entry of this four-tuple, if it rests."""
        if self._count == 0:
            return None
        slot = self.slot(key)
        return None if slot < 0 else self._wait(self._index[slot], key)

    def remove(self, key: bytes) -> None:
        """End a wait before its time: a newer connection takes the four-tuple."""
        if self._count == 0:
            return
        slot = self.slot(key)
        if slot >= 0:
            self._void(self._index[slot])
            self._leave(slot)

    def next(self) -> float:
        """When the next entry may expire; NEVER when there is none."""
        if self._used == 0:
            return NEVER
        expires: float = self._expires[self._head]
        return expires

    def pop(self, now: float) -> bytes | None:
        """Forget one entry whose wait is over and return its key; None when there is none left."""
        while self._used and self._expires[self._head] <= now:
            place = self._head
            self._head = (place + 1) % self._room
            self._used -= 1
            if not self._kinds[place]:
                continue
            key = self._key(place)
            self._leave(self.slot(key))
            self._void(place)
            if self._used * 4 < self._room and self._room > LEAST:
                self._resize(max(LEAST, self._used * 2))
            return key
        return None

    def items(self) -> list[tuple[bytes, TimeWait]]:
        """All entries, the oldest first."""
        places = [(self._head + i) % self._room for i in range(self._used)]
        return [(key := self._key(place), self._wait(place, key)) for place in places if self._kinds[place]]

    # --- records -------------------------------------------------------------------------------------------------

    def _key(self, place: int) -> bytes:
        size = KEY6 if self._kinds[place] & IPV6 else KEY4
        return bytes(self._keys[KEY6 * place : KEY6 * place + size])

    def _wait(self, place: int, key: bytes) -> TimeWait:
        wait = TimeWait()
        wait.timestamps = self._kinds[place] & TIMESTAMPS != 0
        wait.snd_nxt = self._numbers[NUMBERS * place]
        wait.rcv_nxt = self._numbers[NUMBERS * place + 1]
        wait.ts_recent = self._numbers[NUMBERS * place + 2]
        wait.ts_offset = self._secret.timestamp_offset(key) if wait.timestamps else 0
        wait.window = self._windows[place]
        wait.expires = self._expires[place]
        return wait

    def _void(self, place: int) -> None:
        self._kinds[place] = 0
        self._count -= 1

    def _make_room(self, room: int) -> None:
        self._room = room
        self._expires = array("d", [0.0]) * room
        self._windows = array("H", [0]) * room
        self._kinds = bytearray(room)
        self._numbers = array("I", [0]) * (NUMBERS * room)
        self._keys = bytearray(KEY6 * room)
        slots = LEAST * 2
        while slots * 2 < room * 3:
            slots *= 2
        self._mask = slots - 1
        self._index = array("I", [EMPTY]) * slots

    def _resize(self, room: int) -> None:
        """Write the living anew into a ring of another size."""
        head, used, was = self._head, self._used, self._room
        expires, windows, kinds = self._expires, self._windows, self._kinds
        numbers, keys = self._numbers, self._keys
        self._make_room(max(room, self._count + 1))
        self._head = 0
        place = 0
        for i in range(used):
            old = (head + i) % was
            if kinds[old]:
                self._expires[place] = expires[old]
                self._windows[place] = windows[old]
                self._kinds[place] = kinds[old]
                for n in range(NUMBERS):
                    self._numbers[NUMBERS * place + n] = numbers[NUMBERS * old + n]
                self._keys[KEY6 * place : KEY6 * place + KEY6] = keys[KEY6 * old : KEY6 * old + KEY6]
                self._enter(self._numbers[NUMBERS * place + 3], place)
                place += 1
        self._used = place

    # --- the index: open addressing, linear probing --------------------------------------------------------------

    def slot(self, key: bytes) -> int:
        """Where in the index the key's place stands; -1 when it isn't there."""
        hashed = hash(key) & WORD
        slot = hashed & self._mask
        while True:
            place = self._index[slot]
            if place == EMPTY:
                return -1
            if self._numbers[NUMBERS * place + 3] == hashed and self._key(place) == key:
                return slot
            slot = (slot + 1) & self._mask

    def _enter(self, hashed: int, place: int) -> None:
        slot = hashed & self._mask
        while self._index[slot] != EMPTY:
            slot = (slot + 1) & self._mask
        self._index[slot] = place

    def _leave(self, slot: int) -> None:
        """Empty a slot and close the gap, so that no probe ends too early (Knuth 6.4, algorithm R)."""
        gap = slot
        while True:
            slot = (slot + 1) & self._mask
            place = self._index[slot]
            if place == EMPTY:
                break
            home = self._numbers[NUMBERS * place + 3] & self._mask
            if (slot - home) & self._mask >= (slot - gap) & self._mask:
                self._index[gap] = place
                gap = slot
        self._index[gap] = EMPTY
