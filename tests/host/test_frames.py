"""What stands before the IP packet: link headers that are cut off or lie, and the kinds of bytes a link may bring."""

import pytest
from peer import Peer, engine, hear
from segments import mss, packet

from handshook import Framing, Outcome, State

ETHERNET4 = bytes.fromhex("0200000000010200000000020800")
ETHERNET6 = bytes.fromhex("02000000000102000000000286dd")
ETHERNET = Framing(ETHERNET4, ETHERNET6)
VNET = Framing(bytes(10), bytes(10), vnet=True)
BOTH = Framing(bytes(10) + ETHERNET4, bytes(10) + ETHERNET6, vnet=True)
FRAMINGS = pytest.mark.parametrize("framing", [ETHERNET, VNET, BOTH], ids=["ethernet", "vnet", "vnet and ethernet"])
NEEDS_CHECKSUM, DATA_VALID = b"\x01" + bytes(9), b"\x02" + bytes(9)

ARP = bytes.fromhex("ffffffffffff0200000000010806") + bytes.fromhex(
    "00010800060400010200000000016400010100000000000064000102"
)
LLDP = bytes.fromhex("0180c200000e02000000000188cc") + bytes.fromhex("0207040200000000010403020100") + bytes(40)
SPANNING_TREE = bytes.fromhex("0180c20000000200000000010026424203") + bytes(43)
VLAN = bytes.fromhex("020000000001020000000002810000640800") + packet(("198.51.100.1", 1), ("198.51.100.2", 80), "S")


@FRAMINGS
def test_a_frame_shorter_than_the_link_header(framing):
    stack = engine(framing=framing)
    stack.listen(80)
    for length in range(framing.headroom):
        assert hear(stack, bytes(length)).silently(Outcome.FRAME_TRUNCATED), length
    assert hear(stack, bytes(framing.headroom)).silently(Outcome.IP_TRUNCATED)


@FRAMINGS
@pytest.mark.parametrize("version, most", [(4, 65535), (6, 65575)])
def test_a_frame_longer_than_any_ip_packet(framing, version, most):
    stack = engine(framing=framing)
    peer = Peer(stack, version=version, before=bytes(framing.headroom))
    peer.opens(stack.listen(80))
    whole = peer.frame("PA", 1, 1, data=bytes(most - (40 if version == 4 else 60)))
    assert len(whole) == framing.headroom + most
    assert hear(stack, whole).outcome is Outcome.DATA_ACCEPTED
    # A little padding is a link's right, but not beyond what the largest packet of all would need.
    assert hear(stack, whole + bytes(65576 - most)).silently(Outcome.FRAME_LENGTH_BAD)
    assert hear(stack, bytes(1 << 20)).silently(Outcome.FRAME_LENGTH_BAD)


def test_an_oversize_packet_without_framing():
    stack = engine()
    stack.listen(80)
    assert hear(stack, Peer(stack).frame("S") + bytes(70_000)).silently(Outcome.FRAME_LENGTH_BAD)


@pytest.mark.parametrize(
    "frame, outcome",
    [
        (ARP, Outcome.IP_VERSION_UNKNOWN),
        (LLDP, Outcome.IP_VERSION_UNKNOWN),
        (SPANNING_TREE, Outcome.IP_HEADER_LENGTH_BAD),
        (VLAN, Outcome.IP_VERSION_UNKNOWN),
        (bytes(60), Outcome.IP_VERSION_UNKNOWN),
        (b"\xff" * 60, Outcome.IP_VERSION_UNKNOWN),
    ],
    ids=["ARP", "LLDP", "spanning tree", "VLAN tag", "zeros", "ones"],
)
def test_frames_that_hold_no_ip(frame, outcome):
    stack = engine(framing=ETHERNET)
    stack.listen(80)
    assert hear(stack, frame).silently(outcome)
    stack = engine(framing=BOTH)
    stack.listen(80)
    assert hear(stack, bytes(10) + frame).silently(outcome)


@FRAMINGS
@pytest.mark.parametrize("version", [4, 6])
def test_a_connection_behind_each_link_header(framing, version):
    stack = engine(framing=framing)
    peer = Peer(stack, version=version, before=bytes(framing.headroom))
    connection = peer.opens(stack.listen(80), options=mss(1000))
    assert peer.says("PA", 1, 1, data=b"hello").outcome is Outcome.DATA_ACCEPTED
    assert connection.recv(10) == b"hello"
    assert connection.send(bytes(5000)) == 5000
    (frame, *more) = stack.transmit(0.0)
    assert (
        frame[: framing.headroom][10 if framing.vnet else 0 :]
        == ((framing.header4 if version == 4 else framing.header6)[10 if framing.vnet else 0 :])
    )
    assert bool(more) != framing.vnet


class TestVnetHeader:
    """virtio 1.2 5.1.6.4: what an arriving header may say."""

    @pytest.mark.parametrize("header", [NEEDS_CHECKSUM, DATA_VALID, b"\x03" + bytes(9), b"\xff" * 10])
    def test_a_link_that_vouches_for_the_checksum_is_believed(self, header):
        stack = engine(framing=VNET)
        stack.listen(80)
        assert Peer(stack, before=header).says("S", wrong_checksum=0x1234).outcome is Outcome.SYN_ANSWERED

    @pytest.mark.parametrize("header", [bytes(10), b"\x00" + b"\xff" * 9, b"\x04" + bytes(9)])
    def test_one_that_does_not_is_not(self, header):
        stack = engine(framing=VNET)
        stack.listen(80)
        assert Peer(stack, before=header).says("S", wrong_checksum=0x1234).silently(Outcome.TCP_CHECKSUM_BAD)
        assert Peer(stack, before=header).says("S").outcome is Outcome.SYN_ANSWERED

    def test_the_ip_header_is_checked_all_the_same(self):
        stack = engine(framing=VNET)
        stack.listen(80)
        heard = Peer(stack, before=NEEDS_CHECKSUM).says("S", ip={"wrong_checksum": 1})
        assert heard.silently(Outcome.IP_CHECKSUM_BAD)

    def test_lengths_in_the_header_that_lie_are_not_believed(self):
        """hdr_len, gso_size, csum_start and csum_offset all 0xFFFF: the engine goes by the packet itself."""
        stack = engine(framing=VNET)
        peer = Peer(stack, before=b"\x01\x01" + b"\xff" * 8)
        connection = peer.opens(stack.listen(80))
        peer.says("PA", 1, 1, data=b"x" * 3000)
        assert connection.recv(10_000) == b"x" * 3000

    def test_a_frame_cut_off_anywhere_is_dropped_however_much_its_header_vouches(self):
        stack = engine(framing=VNET)
        peer = Peer(stack, before=NEEDS_CHECKSUM)
        connection = peer.opens(stack.listen(80))
        frame = peer.frame("PA", 1, 1, data=b"x")
        for length in range(len(frame)):
            assert not hear(stack, frame[:length]).answers
        assert connection.state is State.ESTABLISHED
        assert connection.recv(10) is None


class TestKindsOfBytes:
    @pytest.mark.parametrize(
        "kind",
        [
            bytes,
            bytearray,
            memoryview,
            lambda b: memoryview(bytearray(b)),
            lambda b: memoryview(b"??" + b + b"??")[2:-2],
            lambda b: memoryview(b"".join(bytes((x, 0)) for x in b))[::2],
        ],
        ids=["bytes", "bytearray", "memoryview", "writable view", "part of a view", "every other"],
    )
    @pytest.mark.parametrize("version", [4, 6])
    def test_a_whole_conversation_in_each(self, kind, version):
        stack = engine()
        peer = Peer(stack, version=version)
        listener = stack.listen(80)
        heard = hear(stack, kind(peer.frame("S")))
        assert heard.outcome is Outcome.SYN_ANSWERED
        peer.their_isn = heard.answer.seq
        hear(stack, kind(peer.frame("A", 1, 1)))
        hear(stack, kind(peer.frame("PA", 1, 1, data=b"hello")))
        connection = listener.accept()
        assert connection.recv(10) == b"hello"
        assert hear(stack, kind(peer.frame("FA", 6, 1))).outcome is Outcome.FIN_ACCEPTED

    @pytest.mark.parametrize("kind", [bytearray, memoryview])
    def test_bad_bytes_in_each(self, kind):
        stack = engine()
        assert hear(stack, kind(b"")).silently(Outcome.IP_TRUNCATED)
        assert hear(stack, kind(b"\x45" * 21)).silently(Outcome.IP_LENGTH_BAD)

    @pytest.mark.parametrize("size", [10, 5000])
    def test_a_link_may_use_its_buffer_again(self, size):
        """What was received is the engine's own; a buffer filled anew must not change data that waits to be read."""
        stack = engine()
        peer = Peer(stack)
        connection = peer.opens(stack.listen(80))
        buffer = bytearray(peer.frame("PA", 1, 1, data=b"a" * size))
        stack.receive(memoryview(buffer), 0.0)
        buffer[:] = b"\xff" * len(buffer)
        assert connection.recv(10_000) == b"a" * size

    def test_data_to_send_may_be_changed_after_the_call(self):
        stack = engine()
        peer = Peer(stack)
        connection = peer.opens(stack.listen(80))
        data = bytearray(b"before")
        connection.send(data)
        data[:] = b"after!"
        (frame,) = stack.transmit(0.0)
        assert frame.endswith(b"before")

    @pytest.mark.parametrize("kind", [bytearray, memoryview])
    def test_a_batch_may_hold_what_a_single_call_may(self, kind):
        stack = engine()
        stack.listen(80)
        stack.receive_many([kind(Peer(stack).frame("S")), kind(b"")], 0.0)
        assert stack.counters()[Outcome.SYN_ANSWERED] == 1
