"""The liar's messages are well made: what does nothing must fail for what it says, not for a wrong checksum."""

from random import Random

import pytest

from handshook import Outcome, Stack
from handshook.testing import Liar, Pair, RoughLink, Witness
from handshook.testing.pair import CLIENT4, CLIENT6, SERVER4, SERVER6
from handshook.wire.icmp import Trouble, read_icmp
from handshook.wire.segment import Segment, parse


def a_syn(ipv6):
    client = Stack([CLIENT4, CLIENT6], seed=1)
    connection = client.connect((SERVER6 if ipv6 else SERVER4, 80))
    return client.transmit(0.0)[0], connection.iss


@pytest.mark.parametrize("ipv6", [False, True])
def test_each_icmp_lie_can_be_read(ipv6):
    syn, iss = a_syn(ipv6)
    pair = Pair(1)
    said, numbers = set(), set()
    liar = Liar(RoughLink(pair.client, pair.server), Witness(), Random(1), 1.0, hard=True)
    for _ in range(300):
        segment = Segment()
        assert parse(liar._icmp(syn), 0, False, segment) == Outcome.IP_PROTOCOL_UNKNOWN
        error = read_icmp(segment)
        assert error is not None
        said.add(error.trouble)
        numbers.add(error.seq == iss)
    assert numbers == {True, False}
    # IPv6 has no source quench, and an unknown protocol is a parameter problem there (RFC 4443 3.4).
    assert said == set(Trouble) - ({Trouble.SOURCE_QUENCH, Trouble.PROTOCOL_UNREACHABLE} if ipv6 else set())
