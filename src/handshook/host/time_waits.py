"""The TIME-WAIT table: four-tuples that rest until no old segment of theirs can still be on its way.

A busy server closes tens of thousands of connections a second and each rests a minute, so an entry must be small and
cheap: 60 bytes of rows in a page, in the order in which they expire, and in a hash index 8 bytes a slot that say where
a four-tuple stands. Pages are filled one after another, never moved, and let go when all in them is over. An entry
whose wait begins anew is written again at the end, and its old place is void.
"""

from array import array

from ..tcp.clock import NEVER
from ..tcp.isn import Secret
from ..tcp.time_wait import TimeWait
from ..wire.word import WORD

# The kind of a record, above the window that shares a number with it: 0 is void.
ALIVE = 1 << 16
IPV6 = 2 << 16
TIMESTAMPS = 4 << 16
WINDOW = 0xFFFF

KEY4 = 12
KEY6 = 36
# SND.NXT, RCV.NXT, TS.Recent; kind and window.
NUMBERS = 4
KIND = 3

# The first page's room, and the most of any, whose places are told by so many bits.
LEAST = 64
PLACE_BITS = 10
MOST = 1 << PLACE_BITS
# The least slots of the index. No page has the number 0, so 0 is an empty slot.
SLOTS = 128
EMPTY = 0


class Page:
    """Records in the order in which they were written: `used` of `room`."""

    __slots__ = ("expires", "following", "keys", "number", "numbers", "room", "used")

    def __init__(self, number: int, room: int) -> None:
        self.number = number
        self.room = room
        self.used = 0
        self.following: Page | None = None
        self.expires = array("d", [0.0]) * room
        self.numbers = array("I", [0]) * (NUMBERS * room)
        self.keys = bytearray(KEY6 * room)


class TimeWaits:
    """Entries by key, and in the order in which they expire (all wait equally long).

    `secret` is what the connections' timestamp offsets come from.
    """

    __slots__ = (
        "_count",
        "_first",
        "_free",
        "_head",
        "_index",
        "_last",
        "_mask",
        "_pages",
        "_room",
        "_secret",
        "_void",
    )

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self._begin()

    def _begin(self) -> None:
        """Nobody is here yet."""
        self._count = 0  # the living
        self._void = 0  # records that are void and not yet over
        self._pages: list[Page | None] = [None]  # by number
        self._free: list[int] = []  # numbers that are none's
        self._room = 0
        self._index = array("Q", [EMPTY]) * SLOTS
        self._mask = SLOTS - 1
        self._head = 0  # the oldest record's place in the first page, where it always is one unless there is none
        self._first = self._last = self._open(LEAST)

    def __len__(self) -> int:
        return self._count

    def holds(self, key: bytes) -> bool:
        """Does this four-tuple rest?"""
        return self._count > 0 and self.slot(key) >= 0

    @property
    def room(self) -> int:
        """How many records there is room for, void ones included."""
        return self._room

    def add(self, key: bytes, wait: TimeWait) -> None:
        """Begin a wait, or begin it anew."""
        self.remove(key)
        if self._last.used == self._last.room:
            self._make_room()
        page = self._last
        at = page.used
        page.used = at + 1
        size = len(key)
        page.expires[at] = wait.expires
        page.numbers[NUMBERS * at] = wait.snd_nxt
        page.numbers[NUMBERS * at + 1] = wait.rcv_nxt
        page.numbers[NUMBERS * at + 2] = wait.ts_recent
        kind = ALIVE | (IPV6 if size == KEY6 else 0) | (TIMESTAMPS if wait.timestamps else 0)
        page.numbers[NUMBERS * at + KIND] = kind | wait.window
        p = page.keys
        k = key
        for i in range(size):
            p[KEY6 * at + i] = k[i]
        self._count += 1
        if self._count * 3 > self._mask * 2:
            self._spread(2 * (self._mask + 1))
        hashed = hash(key) & WORD
        self._enter(hashed << 32 | page.number << PLACE_BITS | at)

    def find(self, key: bytes) -> TimeWait | None:
        """The entry of this four-tuple, if it rests."""
        if self._count == 0:
            return None
        slot = self.slot(key)
        if slot < 0:
            return None
        place = self._index[slot] & WORD
        return self._wait(self._page(place), place & (MOST - 1), key)

    def remove(self, key: bytes) -> None:
        """End a wait before its time: a newer connection takes the four-tuple."""
        if self._count == 0:
            return
        slot = self.slot(key)
        if slot >= 0:
            place = self._index[slot] & WORD
            self._page(place).numbers[NUMBERS * (place & (MOST - 1)) + KIND] = 0
            self._void += 1
            self._leave(slot)

    def next(self) -> float:
        """When the next entry may expire; NEVER when there is none."""
        if self._head == self._first.used:
            return NEVER
        expires: float = self._first.expires[self._head]
        return expires

    def pop(self, now: float) -> bytes | None:
        """Forget one entry whose wait is over and return its key; None when there is none left."""
        while self.next() <= now:
            page = self._first
            at = self._head
            alive = page.numbers[NUMBERS * at + KIND] != 0
            key = _key(page, at)
            if alive:
                self._leave(self.slot(key))
                page.numbers[NUMBERS * at + KIND] = 0
            else:
                self._void -= 1
            self._head = at + 1
            if self._head == page.used:
                self._turn_page()
            if alive:
                return key
        return None

    def items(self) -> list[tuple[bytes, TimeWait]]:
        """All entries, the oldest first."""
        found = []
        page: Page | None = self._first
        while page is not None:
            for at in range(page.used):
                if page.numbers[NUMBERS * at + KIND]:
                    key = _key(page, at)
                    found.append((key, self._wait(page, at, key)))
            page = page.following
        return found

    # --- pages ---------------------------------------------------------------------------------------------------

    def _page(self, place: int) -> Page:
        page = self._pages[place >> PLACE_BITS]
        assert page is not None
        return page

    def _wait(self, page: Page, at: int, key: bytes) -> TimeWait:
        wait = TimeWait()
        wait.timestamps = page.numbers[NUMBERS * at + KIND] & TIMESTAMPS != 0
        wait.snd_nxt = page.numbers[NUMBERS * at]
        wait.rcv_nxt = page.numbers[NUMBERS * at + 1]
        wait.ts_recent = page.numbers[NUMBERS * at + 2]
        wait.ts_offset = self._secret.timestamp_offset(key) if wait.timestamps else 0
        wait.window = page.numbers[NUMBERS * at + KIND] & WINDOW
        wait.expires = page.expires[at]
        return wait

    def _open(self, room: int) -> Page:
        """A page for so many records, under a number that is free."""
        if self._free:
            number = self._free.pop()
        else:
            number = len(self._pages)
            self._pages.append(None)
        page = Page(number, room)
        self._pages[number] = page
        self._room += room
        return page

    def _shut(self, page: Page) -> None:
        self._pages[page.number] = None
        self._free.append(page.number)
        self._room -= page.room

    def _make_room(self) -> None:
        """The last page is full: another one, larger where many rest."""
        if self._void > self._count:
            # A peer that repeats its FIN makes void places, and must not make the table larger.
            self._sweep()
        if self._last.used == self._last.room:
            page = self._open(max(LEAST, min(self._count // 4, MOST)))
            self._last.following = page
            self._last = page

    def _turn_page(self) -> None:
        """All in the first page is over."""
        page = self._first
        self._head = 0
        if page.following is None:
            page.used = 0
            if page.room > LEAST:
                self._begin()
        else:
            self._first = page.following
            self._shut(page)

    def _sweep(self) -> None:
        """Write the living anew, without the void."""
        living = self.items()
        self._begin()
        for key, wait in living:
            self.add(key, wait)

    # --- the index: open addressing, linear probing; a slot has the key's hash above the place -------------------

    def slot(self, key: bytes) -> int:
        """Where in the index the key's place stands; -1 when it isn't there."""
        hashed = hash(key) & WORD
        slot = hashed & self._mask
        while True:
            entry = self._index[slot]
            if entry == EMPTY:
                return -1
            if entry >> 32 == hashed:
                place = entry & WORD
                if _key(self._page(place), place & (MOST - 1)) == key:
                    return slot
            slot = (slot + 1) & self._mask

    def _enter(self, entry: int) -> None:
        slot = (entry >> 32) & self._mask
        while self._index[slot] != EMPTY:
            slot = (slot + 1) & self._mask
        self._index[slot] = entry

    def _spread(self, slots: int) -> None:
        """An index of another size."""
        index = self._index
        self._index = array("Q", [EMPTY]) * slots
        self._mask = slots - 1
        for slot in range(len(index)):
            if index[slot] != EMPTY:
                self._enter(index[slot])

    def _leave(self, slot: int) -> None:
        """Empty a slot and close the gap, so that no probe ends too early (Knuth 6.4, algorithm R)."""
        gap = slot
        while True:
            slot = (slot + 1) & self._mask
            entry = self._index[slot]
            if entry == EMPTY:
                break
            home = (entry >> 32) & self._mask
            if (slot - home) & self._mask >= (slot - gap) & self._mask:
                self._index[gap] = entry
                gap = slot
        self._index[gap] = EMPTY
        self._count -= 1
        if self._count * 8 < self._mask and self._mask >= SLOTS:
            self._spread((self._mask + 1) // 2)


def _key(page: Page, at: int) -> bytes:
    size = KEY6 if page.numbers[NUMBERS * at + KIND] & IPV6 else KEY4
    keys = page.keys
    return bytes(keys[KEY6 * at : KEY6 * at + size])
