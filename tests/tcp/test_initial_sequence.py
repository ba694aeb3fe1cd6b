"""Initial sequence numbers: RFC 9293 3.4.1 (MUST-8, MUST-9, SHLD-1) and RFC 6528."""

from itertools import combinations

import pytest
from requirements import requirement
from tcp.ways import VERSIONS

from handshook import Stack
from handshook.tcp.isn import Secret
from handshook.testing import Script


def isn_of(*, now=0.0, seed=1, port=40000, stack_port=80, ipv6=False):
    """The sequence number of the SYN that a stack sends at `now`."""
    t = Script(seed=seed, port=port, stack_port=stack_port, ipv6=ipv6)
    t.wait(now)
    t.connecting()
    return t.expect("SYN").segment.seq


@requirement("MUST-8", "SHLD-1", "RFC 6528 3 clock")
@VERSIONS
@pytest.mark.parametrize("seconds", [0.001, 1.0, 60.0, 3600.0, 1e6])
def test_the_number_of_a_four_tuple_rises_by_250_000_a_second(ipv6, seconds):
    later = isn_of(now=seconds, ipv6=ipv6)
    assert (later - isn_of(ipv6=ipv6)) & 0xFFFFFFFF == int(seconds * 250_000) & 0xFFFFFFFF


def test_a_listener_numbers_by_the_same_clock():
    numbers = []
    for now in (0.0, 2.0):
        t = Script()
        t.wait(now)
        t.listening()
        t.send("SYN", seq=0)
        numbers.append(t.expect("SYN,ACK").segment.seq)
    assert (numbers[1] - numbers[0]) & 0xFFFFFFFF == 500_000


@requirement("MUST-9", "SHLD-1", "RFC 6528 3 function")
@VERSIONS
def test_the_numbers_of_neighbouring_four_tuples_say_nothing_of_each_other(ipv6):
    """No difference comes twice among 120 pairs of ports, and none is small."""
    numbers = [isn_of(port=40000 + i, ipv6=ipv6) for i in range(16)]
    gaps = {(b - a) & 0xFFFFFFFF for a, b in combinations(numbers, 2)}
    assert len(gaps) == 120
    assert all(1000 < gap < 2**32 - 1000 for gap in gaps)


@requirement("RFC 6528 3 function")
def test_every_bit_of_the_number_depends_on_the_four_tuple():
    numbers = [isn_of(port=port) for port in range(1, 65)]
    for bit in range(32):
        assert 12 < sum(number >> bit & 1 for number in numbers) < 52


@requirement("MUST-9", "RFC 6528 3 secret")
def test_the_number_depends_on_the_secret():
    numbers = {isn_of(seed=seed) for seed in range(50)}
    assert len(numbers) == 50


@requirement("MUST-9", "RFC 6528 3 secret")
def test_without_a_seed_the_secret_is_another_each_time():
    def syn():
        stack = Stack(["198.51.100.2"])
        stack.connect(("198.51.100.1", 80), local_port=1234)
        return stack.transmit(0.0)[0]

    assert len({syn()[24:28] for _ in range(10)}) == 10


def test_both_directions_of_a_pair_of_ports_have_numbers_of_their_own():
    assert isn_of(port=80, stack_port=81) != isn_of(port=81, stack_port=80)


@requirement("RFC 6528 3 function")
def test_the_keyed_hash_is_siphash_2_4():
    """The reference vectors of Aumasson and Bernstein's paper and code: key 00..0f, data 00, 0001, ..."""
    secret = Secret(bytes(range(16)))
    assert secret.siphash(bytes(range(15))) == 0xA129CA6149BE45E5
    assert secret.siphash(b"") == 0x726FDB47DD0E0E31
    assert secret.siphash(b"\x00") == 0x74F839C593DC67FD
    assert secret.siphash(bytes(range(8))) == 0x93F5F5799A932462
    assert secret.siphash(bytes(range(63))) == 0x958A324CEB064572


def test_a_key_of_another_size_is_an_error():
    with pytest.raises(ValueError, match="16 bytes"):
        Secret(bytes(15))


@requirement("RFC 7323 5.4")
def test_timestamps_start_at_an_offset_of_their_own_for_each_connection():
    """RFC 7323 5.4: the clock itself would tell how long this host has been up."""

    def tsval(port):
        t = Script(port=port)
        t.connecting()
        return t.expect("SYN").segment.tsval

    values = [tsval(port) for port in range(40000, 40016)]
    assert len({(b - a) & 0xFFFFFFFF for a, b in combinations(values, 2)}) == 120
