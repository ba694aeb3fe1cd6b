"""More than 2^32 bytes over one connection, from an initial number near the wrap: RFC 9293 3.4.

In memory and in frames of 64 KB: some 70,000 of them.
"""

from handshook import Config, Stack, State
from handshook.testing import check_idle
from handshook.testing.scenario import OFFLOAD

SPACE = 1 << 32
TOTAL = SPACE + (64 << 20)
CONFIG = Config(mtu=65535, receive_window=16 << 20, send_buffer=4 << 20)
CLIENT, SERVER = "198.51.100.1", "198.51.100.2"
# A length that no power of two divides: a byte that is 2^32 too early or too late is another byte.
PERIOD = 1_000_003
PATTERN = (bytes(range(251)) * (PERIOD // 251 + 1))[:PERIOD]
LONG = PATTERN * 2
PIECE = 1 << 18
BEFORE = 70_000


def stretch(at, count):
    """The bytes of the stream from `at` on."""
    first = at % PERIOD
    return LONG[first : first + count]


def carry(a, b, now):
    """All that both have to say crosses the link, until they are silent."""
    spoken = True
    while spoken:
        spoken = False
        for sender, receiver in ((a, b), (b, a)):
            frames = sender.transmit(now)
            if frames:
                spoken = True
                receiver.receive_many(frames, now)


def test_more_than_all_sequence_numbers():
    client = Stack([CLIENT], seed=1, config=CONFIG, framing=OFFLOAD)
    server = Stack([SERVER], seed=2, config=CONFIG, framing=OFFLOAD)
    listener = server.listen(80)
    # The clock of RFC 6528 says when the client's own number is so near to the wrap.
    probe = Stack([CLIENT], seed=1, config=CONFIG).connect((SERVER, 80), local_port=40000)
    now = ((SPACE - BEFORE - probe.iss) % SPACE + 0.5) / 250_000
    client.advance(now)
    connection = client.connect((SERVER, 80), local_port=40000)
    assert connection.iss == SPACE - BEFORE
    carry(client, server, now)
    accepted = listener.accept()
    sent = read = 0
    while read < TOTAL:
        while sent < TOTAL and connection.writable() >= PIECE:
            sent += connection.send(stretch(sent, min(PIECE, TOTAL - sent)))
        now += 0.001
        client.advance(now)
        server.advance(now)
        carry(client, server, now)
        while (got := accepted.recv(PIECE)) is not None:
            assert got == stretch(read, len(got)), f"wrong at byte {read}"
            read += len(got)
    assert sent == read == TOTAL
    assert connection.verdict.evidence["retransmissions"] == 0
    connection.close()
    carry(client, server, now)
    accepted.close()
    carry(client, server, now)
    client.advance(now + 61)
    server.advance(now + 61)
    assert connection.state is accepted.state is State.CLOSED
    check_idle(client)
    check_idle(server)
