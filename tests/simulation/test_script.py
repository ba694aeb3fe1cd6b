"""What the script says when something is different, or was mistyped."""

import pytest

from handshook.testing import Script


def opened():
    t = Script()
    return t, t.accepted(mss=1460)


@pytest.mark.parametrize("typed", ["SYNACK", "syn", "SYN ACK", "SYN,", ""])
def test_a_flag_that_there_is_not(typed):
    t = Script()
    for call in (t.send, t.expect):
        with pytest.raises(ValueError, match=r"known are SYN, FIN, .*CWR, joined as in 'SYN,ACK'"):
            call(typed)
    assert t.steps == []


def test_a_field_that_there_is_not():
    t, connection = opened()
    connection.send(b"abc")
    with pytest.raises(ValueError, match=r"a segment has no sequence; known are ack, .*seq, "):
        t.expect("ACK", sequence=0)
    t.expect("ACK", seq=1, length=3, options=b"", data=b"abc", ttl=64)


def test_other_data_is_told_by_its_first_difference():
    t, connection = opened()
    connection.send(bytes(1000))
    with pytest.raises(AssertionError) as told:
        t.expect("ACK", data=bytes(700) + b"x" + bytes(200))
    assert "data has 1000 bytes, expected 901; from byte 700 on it is" in str(told.value)
    assert len(str(told.value)) < 250


def test_shorter_data_differs_where_it_ends():
    t, connection = opened()
    connection.send(b"abc")
    with pytest.raises(AssertionError, match="has 3 bytes, expected 5; from byte 3 on it is b'', expected b'de'"):
        t.expect("ACK", data=b"abcde")


def test_a_segment_that_nobody_expected_is_described():
    t, connection = opened()
    connection.send(b"abc")
    with pytest.raises(AssertionError) as told:
        t.expect_nothing()
    first = str(told.value).splitlines()[0]
    assert first == "expected silence, got PSH,ACK seq=1 ack=1 window=65535 with 3 bytes at 0 s"


def test_other_flags_come_with_the_last_outcome():
    t = Script()
    t.send("SYN")
    with pytest.raises(AssertionError, match=r"expected SYN,ACK, got RST,ACK .*last outcome: CLOSED_PORT_RESET"):
        t.expect("SYN,ACK")
    with pytest.raises(AssertionError, match="the stack is silent; the stack's last outcome: CLOSED_PORT_RESET"):
        t.expect("SYN,ACK")
