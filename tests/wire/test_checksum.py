"""The Internet checksum (RFC 1071), whatever the build adds it up with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from segments import internet_sum

from handshook.wire.checksum import checksum, fold, word_sum


@given(st.binary(max_size=200))
def test_it_is_the_ones_complement_of_the_sum_of_words(data):
    assert checksum(data) == internet_sum(data) ^ 0xFFFF


@given(st.binary(max_size=80), st.integers(0, 80), st.integers(0, 80))
def test_a_part_sums_up_like_the_part_alone(data, start, end):
    start, end = sorted((min(start, len(data)), min(end, len(data))))
    assert fold(word_sum(data, start, end)) == internet_sum(data[start:end])
    assert fold(word_sum(bytearray(data), start, end)) == internet_sum(data[start:end])


@pytest.mark.parametrize("length", [0, 1, 2, 3, 65534, 65535])
def test_odd_lengths_end_in_the_high_half_of_a_word(length):
    for byte in (b"\x00", b"\x01", b"\xff"):
        assert checksum(byte * length) == internet_sum(byte * length) ^ 0xFFFF


def test_the_example_of_rfc_1071_3():
    assert fold(word_sum(bytes.fromhex("0001f203f4f5f6f7"), 0, 8)) == 0xDDF2


def test_all_zeros_is_the_only_sum_of_zero():
    assert fold(word_sum(bytes(64), 0, 64)) == 0
    assert fold(word_sum(b"\xff" * 64, 0, 64)) == 0xFFFF
    assert fold(word_sum(b"\xff\xfe\x00\x01", 0, 4)) == 0xFFFF


@given(st.binary(max_size=40).filter(lambda data: len(data) % 2 == 0), st.binary(max_size=40))
def test_sums_of_parts_add_up(head, tail):
    whole = head + tail
    assert fold(word_sum(head, 0, len(head)) + word_sum(tail, 0, len(tail))) == fold(word_sum(whole, 0, len(whole)))


@given(st.binary(min_size=2, max_size=100))
def test_data_with_its_checksum_in_place_sums_up_to_all_ones(data):
    data = b"\x00\x00" + data
    data = checksum(data).to_bytes(2, "big") + data[2:]
    assert fold(word_sum(data, 0, len(data))) == 0xFFFF
