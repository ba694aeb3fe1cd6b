"""The data of a connection on its way: what the program gave us, and what it has not read yet.

Neither buffer copies what it can keep by reference: the pieces the program handed over are sliced into segments
straight from where they are, and an arrived frame waits whole until the program reads from it.
"""

from collections import deque

from ..wire.word import WORD
from .sequence import distance, signed_distance

# Under this size pieces are put together, so that a flood of tiny ones costs bytes and not objects.
SMALL = 2048
# Up to this size pieces from beyond a gap that follow each other are put together.
LARGE = 1 << 16
NO_VIEW = memoryview(b"")
# Gaps kept open at once. A sender that makes more of them than this isn't sending what it lost.
MOST_GAPS = 512


class SendBuffer:
    """Bytes from the first unacknowledged one on."""

    __slots__ = ("chunks", "cursor", "cursor_start", "first", "head", "last", "piece", "size", "skip", "view", "viewed")

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.head = 0  # index of the first chunk that still counts
        self.skip = 0  # how much of it is acknowledged
        self.size = 0
        # Where the last `locate` found its chunk: sending goes forward, so the next one is near.
        self.cursor = 0
        self.cursor_start = 0
        self.piece: bytes = b""
        self.first = self.last = 0
        # The chunk of which a part was handed over last, and the view of it, for the next part is mostly of the same.
        self.viewed = b""
        self.view = NO_VIEW

    def append(self, data: bytes) -> None:
        """Take more bytes at the end."""
        if self.head < len(self.chunks) and len(data) < SMALL and len(self.chunks[-1]) < SMALL:
            self.chunks[-1] += data
        else:
            self.chunks.append(data)
        self.size += len(data)

    def drop(self, count: int) -> None:
        """Forget the first `count` bytes: they are acknowledged."""
        self.size -= count
        self.cursor_start -= count
        count += self.skip
        while self.head < len(self.chunks) and count >= len(self.chunks[self.head]):
            count -= len(self.chunks[self.head])
            self.chunks[self.head] = b""
            self.head += 1
        self.skip = count
        if self.head == len(self.chunks):
            self.chunks.clear()
            self.head = self.skip = 0
        elif self.head > 64 and self.head * 2 > len(self.chunks):
            del self.chunks[: self.head]
            self.cursor -= self.head
            self.head = 0
        if self.cursor < self.head or self.cursor >= len(self.chunks):
            self.cursor = self.head
            self.cursor_start = -self.skip

    def locate(self, offset: int, count: int) -> None:
        """Point `piece[first:last]` at `count` bytes from `offset` on (counted from the first unacknowledged one)."""
        first = self._seek(offset)
        chunk = self.chunks[self.cursor]
        if first + count <= len(chunk):
            self.piece = chunk
            self.first = first
            self.last = first + count
        else:
            self.piece = b"".join(self.parts(offset, count))
            self.first = 0
            self.last = count

    def parts(self, offset: int, count: int) -> tuple[bytes | memoryview, ...]:
        """The same bytes where they are, piece by piece."""
        first = self._seek(offset)
        found: list[bytes | memoryview] = []
        at = self.cursor
        while count > 0:
            chunk = self.chunks[at]
            size = min(len(chunk) - first, count)
            if size == len(chunk):
                found.append(chunk)
            else:
                if self.viewed is not chunk:
                    self.viewed = chunk
                    self.view = memoryview(chunk)
                found.append(self.view[first : first + size])
            count -= size
            first = 0
            at += 1
        return tuple(found)

    def _seek(self, offset: int) -> int:
        """Move the cursor to the chunk that has the byte at `offset`; returns where in it."""
        if offset < self.cursor_start:
            self.cursor = self.head
            self.cursor_start = -self.skip
        at = self.cursor
        start = self.cursor_start
        size = len(self.chunks[at])
        while offset >= start + size:
            start += size
            at += 1
            size = len(self.chunks[at])
        self.cursor = at
        self.cursor_start = start
        return offset - start

    def release(self) -> None:
        """Let go of the piece once the segment is built."""
        self.piece = b""


class ReceiveBuffer:
    """Bytes that came in order and wait for the program; and, apart, what came from beyond a gap."""

    __slots__ = ("beyond", "chunks", "newest", "repeated", "size")

    def __init__(self) -> None:
        self.chunks: deque[tuple[bytes, int, int] | bytearray] = deque()
        self.size = 0
        self.beyond: list[tuple[int, bytes]] | None = None
        self.newest = 0
        self.repeated = 0  # how many octets at the front of what was kept last had come before

    def append(self, frame: bytes, first: int, last: int) -> None:
        """Take frame[first:last], which comes next."""
        count = last - first
        self.size += count
        if count < SMALL:
            if self.chunks:
                tail = self.chunks[-1]
                if type(tail) is bytearray and len(tail) < SMALL:
                    tail += frame[first:last]
                    return
            self.chunks.append(bytearray(frame[first:last]))
        else:
            self.chunks.append((frame, first, last))

    def read(self, count: int) -> bytes:
        """At most `count` bytes, and none only when there are none."""
        parts: list[bytes] = []
        while count > 0 and self.chunks:
            chunk = self.chunks.popleft()
            if isinstance(chunk, tuple):
                frame, first, last = chunk
                if last - first > count:
                    self.chunks.appendleft((frame, first + count, last))
                    last = first + count
                part = frame[first:last]
            else:
                if len(chunk) > count:
                    self.chunks.appendleft(bytearray(chunk[count:]))
                part = bytes(chunk[:count])
            parts.append(part)
            count -= len(part)
            self.size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def keep(self, seq: int, data: bytes) -> bool:
        """Keep data from beyond a gap until the gap is filled; False when too many gaps are open.

        Where it overlaps with what is kept, what came first stays: a second version can't replace data that
        was acknowledged selectively (RFC 2018 8 lets us drop such data, not change it).
        """
        if self.beyond is None:
            self.beyond = []
        kept = self.beyond
        self.newest = seq
        self.repeated = 0
        at = len(kept)
        while at and signed_distance(seq, kept[at - 1][0]) > 0:
            at -= 1
        # kept[at-1] starts at or before seq, kept[at] after it.
        if at:
            before_seq, before_data = kept[at - 1]
            overlap = len(before_data) - signed_distance(before_seq, seq)
            if overlap >= len(data):
                self.repeated = len(data)
                return True
            if overlap > 0:
                self.repeated = overlap
                seq = (seq + overlap) & WORD
                data = data[overlap:]
        while data:
            room = signed_distance(seq, kept[at][0]) if at < len(kept) else len(data)
            if room > 0:
                if at and seq == (kept[at - 1][0] + len(kept[at - 1][1])) & WORD:
                    # It goes on where the one before it ends, and needs no gap of its own.
                    before_seq, before_data = kept[at - 1]
                    if len(before_data) < LARGE:
                        kept[at - 1] = (before_seq, before_data + data[:room])
                    else:
                        kept.insert(at, (seq, data[:room]))
                        at += 1
                elif len(kept) < MOST_GAPS:
                    kept.insert(at, (seq, data[:room]))
                    at += 1
                else:
                    return False
            if room >= len(data):
                break
            # Step over the piece that is there already and go on behind it.
            there = len(kept[at][1])
            seq = (seq + room + there) & WORD
            data = data[room + there :]
            at += 1
        return True

    def fill(self, next_seq: int, frame: bytes, first: int, last: int) -> int:
        """Take frame[first:last], which comes at `next_seq`, and all that then follows without a gap.

        Only what is missing is taken of it: what was kept stays, as in `keep`. Returns the number after it all.
        """
        start = next_seq
        at = first
        while at < last:
            room = last - at
            if self.beyond:
                room = min(room, signed_distance(next_seq, self.beyond[0][0]))
            self.append(frame, at, at + room)
            next_seq = self.join((next_seq + room) & WORD)
            at = first + distance(start, next_seq)
        return next_seq

    def join(self, next_seq: int) -> int:
        """Move what now follows `next_seq` without a gap to the readable part; returns the sequence number after it."""
        kept = self.beyond
        if not kept:
            return next_seq
        done = 0
        for seq, data in kept:
            behind = signed_distance(seq, next_seq)
            if behind < 0:
                break
            done += 1
            if behind < len(data):
                self.append(data, behind, len(data))
                next_seq = (seq + len(data)) & WORD
        if done:
            del kept[:done]
            if not kept:
                self.beyond = None
        return next_seq

    def blocks(self) -> list[tuple[int, int]]:
        """The edges of each run that was kept, the one that changed last first (RFC 2018 4)."""
        runs: list[tuple[int, int]] = []
        for seq, data in self.beyond or ():
            end = (seq + len(data)) & WORD
            if runs and runs[-1][1] == seq:
                runs[-1] = (runs[-1][0], end)
            else:
                runs.append((seq, end))
        for index, (left, right) in enumerate(runs):
            if signed_distance(left, self.newest) >= 0 and signed_distance(self.newest, right) > 0:
                runs.insert(0, runs.pop(index))
                break
        return runs
