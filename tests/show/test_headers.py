"""A segment drawn as its header."""

from show.script import ENGINE, KERNEL, frame, offer, served

from handshook.host.step import Direction, Step
from handshook.outcomes import Outcome
from handshook.show.headers import draw_headers
from handshook.show.ink import ASCII, Canvas
from handshook.tcp.states import State
from handshook.wire.framing import Framing

CANVAS = Canvas(80, ASCII)


def step(packet, framing=None):
    rest = {} if framing is None else {"framing": framing}
    return Step(0.0, Direction.IN, Outcome.ACKED, State.ESTABLISHED, State.ESTABLISHED, ENGINE, KERNEL, packet, **rest)


def text(packet):
    return "\n".join(draw_headers(step(packet), CANVAS))


def test_every_row_is_as_wide_as_32_bits():
    for one in served():
        for row in draw_headers(one, CANVAS)[3:]:
            assert len(row.strip()) == 65


def test_the_bits_are_numbered():
    indent = " " * ((80 - 65) // 2)
    tens, ones, *table = draw_headers(served()[0], CANVAS)[1:]
    assert table[0].strip().startswith("+-")
    assert [ones[len(indent) + 1 + 2 * bit] for bit in range(32)] == [str(bit % 10) for bit in range(32)]
    assert {bit: tens[len(indent) + 1 + 2 * bit] for bit in (0, 10, 20, 30)} == {0: "0", 10: "1", 20: "2", 30: "3"}


def test_flags_are_eight_cells():
    drawn = text(frame(KERNEL, ENGINE, 0b10100101, 1))
    assert "|C|E|U|A|P|R|S|F|" in drawn
    assert "|1|0|1|0|0|1|0|1|" in drawn


def test_options_stand_byte_by_byte():
    drawn = text(frame(KERNEL, ENGINE, "S", 1, options=offer(7, 9)))
    for part in (
        "kind 2 MSS",
        "1460 bytes",
        "kind 4 SACK ok",
        "kind 8 TS",
        "timestamp 7",
        "echo 9",
        "kind 3 WS",
        "shift 7",
    ):
        assert part in drawn


def test_sack_edges_and_data():
    drawn = text(frame(KERNEL, ENGINE, "A", 1, 2, options=[("add_sack", [(10, 20)])], data=b"GET /\x00" + b"z" * 40))
    assert "left edge 10" in drawn and "right edge 20" in drawn
    assert "47 45 54 20 2f 00" in drawn and "GET /.zz" in drawn and "16 more bytes of data" in drawn


def test_a_checksum_left_to_the_link_is_said_to_be():
    framing = Framing(bytes(10), bytes(10), vnet=True)
    drawn = "\n".join(draw_headers(step(b"\x01" + bytes(9) + frame(KERNEL, ENGINE, "A", 1, 1), framing), CANVAS))
    assert "(begun)" in drawn and "begun: so far the sum of addresses, protocol and length." in drawn
    assert "begun" not in text(frame(KERNEL, ENGINE, "A", 1, 1))


def test_what_is_no_segment_has_no_drawing():
    assert draw_headers(step(b"\x45" * 10), CANVAS) == []
