"""The Internet checksum: the ones' complement of the ones' complement sum of 16-bit words (RFC 1071).

A running sum may be any number that is right modulo 65535 and is zero only where every word was zero; `fold` brings it
to 16 bits at the end.
"""

# The two builds add in the way that is quick for each, and a test holds them to the same bytes.
COMPILED = not __file__.endswith(".py")


def word_sum(data: bytes | bytearray, start: int, end: int) -> int:
    """The sum of the big-endian words in data[start:end]; a last odd byte counts as a word's high half."""
    if COMPILED:
        p = data
        total = 0
        i = start
        # Two words at a time: 65536 is 1 modulo 65535.
        while i + 3 < end:
            high = p[i]
            total += (high << 24) | (p[i + 1] << 16) | (p[i + 2] << 8) | p[i + 3]
            i += 4
        if i + 1 < end:
            total += (p[i] << 8) | p[i + 1]
            i += 2
        if i < end:
            total += p[i] << 8
        return total
    number = int.from_bytes(data[start:end], "big")
    if (end - start) & 1:
        number <<= 8
    return number and (number % 65535 or 65535)


def fold(total: int) -> int:
    """The ones' complement sum in 16 bits."""
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def checksum(data: bytes | bytearray) -> int:
    """The checksum of whole bytes, as it stands in a header."""
    return fold(word_sum(data, 0, len(data))) ^ 0xFFFF
