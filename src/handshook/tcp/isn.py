"""Initial sequence numbers that nobody outside can guess (RFC 6528, RFC 9293 3.4.1).

    ISN = M + F(local address, local port, remote address, remote port, secret)

M is a clock that ticks every 4 microseconds, so the numbers of one four-tuple rise over time and a new connection's
don't fall among an old one's; F is SipHash-2-4 (Aumasson and Bernstein, 2012), keyed with a secret of this stack, so
the numbers of one four-tuple say nothing about another's.
"""

from ..wire.word import WORD

MASK = 0xFFFFFFFFFFFFFFFF
# SipHash's initial state: "somepseudorandomlygeneratedbytes".
SOME, PSEU, RAND, GENE = 0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573
TICKS_PER_SECOND = 250_000


class Secret:
    """A key of 128 bits, and the hash under it."""

    __slots__ = ("k0", "k1")

    def __init__(self, key: bytes) -> None:
        if len(key) != 16:
            raise ValueError("a SipHash key has 16 bytes")
        self.k0 = int.from_bytes(key[:8], "little")
        self.k1 = int.from_bytes(key[8:], "little")

    def siphash(self, data: bytes) -> int:
        """SipHash-2-4 of the data, 64 bits."""
        return self.hash(data, len(data))

    def hash(self, data: bytes | bytearray, n: int) -> int:
        """The same of the first `n` bytes."""
        v0 = self.k0 ^ SOME
        v1 = self.k1 ^ PSEU
        v2 = self.k0 ^ RAND
        v3 = self.k1 ^ GENE
        p = data
        whole = n - n % 8
        at = 0
        rounds = 2
        while True:
            word = 0
            if at < whole:
                for i in range(8):
                    byte = p[at + i]
                    word |= byte << (8 * i)
            elif at == whole:
                for i in range(n - whole):
                    byte = p[at + i]
                    word |= byte << (8 * i)
                byte = n & 0xFF
                word |= byte << 56
            else:
                # Finalisation: four rounds and no word.
                v2 ^= 0xFF
                rounds = 4
            v3 ^= word
            for _ in range(rounds):
                v0 = (v0 + v1) & MASK
                v1 = ((v1 << 13) & MASK) | (v1 >> 51)
                v1 ^= v0
                v0 = ((v0 << 32) & MASK) | (v0 >> 32)
                v2 = (v2 + v3) & MASK
                v3 = ((v3 << 16) & MASK) | (v3 >> 48)
                v3 ^= v2
                v0 = (v0 + v3) & MASK
                v3 = ((v3 << 21) & MASK) | (v3 >> 43)
                v3 ^= v0
                v2 = (v2 + v1) & MASK
                v1 = ((v1 << 17) & MASK) | (v1 >> 47)
                v1 ^= v2
                v2 = ((v2 << 32) & MASK) | (v2 >> 32)
            v0 ^= word
            if rounds == 4:
                return v0 ^ v1 ^ v2 ^ v3
            at += 8

    def initial_sequence(self, key: bytes, now: float) -> int:
        """The ISN of the connection `key` (wire.addresses) at `now` seconds."""
        return sequence_at(self.siphash(key), now)

    def timestamp_offset(self, key: bytes) -> int:
        """What this connection adds to the clock in its timestamps: they must not tell our uptime (RFC 7323 5.4)."""
        return offset_of(self.siphash(key))


def sequence_at(hashed: int, now: float) -> int:
    """M + F: the ISN of the connection whose key has this hash, at `now` seconds."""
    ticks = int(now * TICKS_PER_SECOND)
    return (ticks + hashed) & WORD


def offset_of(hashed: int) -> int:
    """The timestamp offset of the connection whose key has this hash: the half of it that the ISN doesn't use."""
    return (hashed >> 32) & WORD
