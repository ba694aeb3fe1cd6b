"""Two hosts on a link that loses, copies, delays and reorders up to 30 % of the packets: 1,000 runs, each of a seed.

Every byte arrives once and in order, both ends reach CLOSED, nothing is left behind (`Pair.run` checks it), and
the same seed gives the same bytes, in either build.
"""

from hashlib import blake2b

import pytest
from requirements import requirement

from handshook.testing import Pair, Transfer, random_pair

SEEDS = 1000
CHUNK = 50

# What the first 200 runs put on the wire, all of it. It moves when the engine says anything at another time or in other
# words, and is then to be replaced on purpose; the compiled and the uncompiled build must always agree in it.
ON_THE_WIRE = "b454fd3811c5920768be59e5cd9d8e58"
MEASURED = 200


def run(seed):
    """One run to its end, and the hash of its wire; a failure shows its seed and the server's ladder."""
    pair, client, server = random_pair(seed)
    try:
        pair.run(client, server)
    except Exception as failure:
        from handshook.show.ink import Canvas
        from handshook.show.ladder import draw

        pair, client, server = random_pair(seed)
        pair.observe()
        with pytest.raises(type(failure)):
            pair.run(client, server)
        failure.add_note(f"random_pair({seed}), the server's side:\n{draw(pair.steps, Canvas(100))}")
        raise
    return pair.digest


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_every_byte_arrives_once_and_in_order_and_both_ends_close(first):
    for seed in range(first, first + CHUNK):
        run(seed)


def test_both_builds_put_the_same_bytes_on_the_wire():
    whole = blake2b(digest_size=16)
    for seed in range(MEASURED):
        whole.update(run(seed).encode())
    assert whole.hexdigest() == ON_THE_WIRE


def test_the_same_seed_gives_the_same_bytes():
    assert [run(seed) for seed in range(10)] == [run(seed) for seed in range(10)]


def test_watching_changes_nothing():
    for seed in range(10):
        pair, client, server = random_pair(seed)
        pair.observe()
        pair.run(client, server)
        assert pair.digest == run(seed)


@pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])
def test_on_a_sound_link_nothing_is_sent_twice(ipv6):
    pair = Pair(1, ipv6=ipv6)
    pair.run(Transfer(bytes(300_000)), Transfer(bytes(200_000)))
    for connection in (pair.connection, pair.accepted):
        assert connection.verdict.evidence["retransmissions"] == 0


@requirement("MUST-3")
@pytest.mark.parametrize("seed", range(20))
def test_packets_with_bits_turned_are_not_believed(seed):
    """MUST-3: what the checksum finds is as if it had been lost."""
    pair = Pair(seed, corrupt=0.1, loss=0.05)
    pair.run(Transfer(bytes(range(256)) * 100), Transfer(bytes(range(255, -1, -1)) * 100))
